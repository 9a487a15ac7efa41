#ifndef CLI_PROCESS_H
#define CLI_PROCESS_H

/*
 * process — starting programs, knowing when they are ready, ending them.
 *
 * PostgreSQL refuses to run as root: a program may be started as the user `postgres` instead.
 */

#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_ARGUMENTS_MAX 32
#define PROCESS_VARIABLES_MAX 16

struct process {
    const char *arguments[PROCESS_ARGUMENTS_MAX + 1]; /* the program first; NULL at the end */
    const char *variables[PROCESS_VARIABLES_MAX + 1]; /* "NAME=value"; NULL at the end */
    const char *log_path;                             /* output is appended to it */
    bool as_postgres;                                 /* where we are root */
};

/* Starts a program; -1 where it cannot be started. */
pid_t process_start(const struct process *process);

/* Runs a program to its end; true where it exited with 0. */
bool process_run(const struct process *process);

/* Asks a process to end and waits up to `patience_ms`, then kills it. */
void process_end(pid_t pid, int signal, int64_t patience_ms);

/* Whether somebody listens on a loopback port. */
bool process_listens(uint16_t port);

/* Whether whoever listens there begins with a line that has this text in it, as nats-server does
 * with its name: the port may be another's by now. */
bool process_greets(uint16_t port, const char *text);

/* Waits until GET http://127.0.0.1:port/path answers 200; false after `patience_ms`, or when the
 * process has ended. */
bool process_wait_http(pid_t pid, uint16_t port, const char *path, int64_t patience_ms);

void process_sleep_ms(int64_t ms);

#endif
