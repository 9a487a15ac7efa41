#ifndef TESTS_SUPPORT_CLOCKWORK_H
#define TESTS_SUPPORT_CLOCKWORK_H

/*
 * clockwork — all four services in one process, in virtual time: an event of days takes
 * milliseconds, and time stands still between two requests.
 *
 * The handlers, machines and policies are those of the programs; the bus and the database are the
 * ones in memory; requests come to the API without sockets (http_memory.h). Games with words have
 * two lexicons: PAIRS, in which every pair of letters is a word and nothing else, and SLEEP, which
 * is the only word in it.
 *
 * Owns:     the services, and answers until the next but CLOCKWORK_ANSWERS.
 * Threads:  none: everything runs in the caller's.
 * Errors:   what cannot be built fails the test.
 */

#include "base/attr.h"

#include <jansson.h>
#include <stdint.h>

/* 2026-11-28 12:00 UTC, a Saturday: when a clockwork usually begins. */
#define CLOCKWORK_START_MS INT64_C(1795867200000)

enum { CLOCKWORK_ANSWERS = 64 };

struct clockwork;

struct bus;

struct clockwork_answer {
    unsigned code;
    char *body;
    json_t *json; /* NULL where the body is not JSON */
};

/* It begins at `start_ms`; 0: at the usual time. */
struct clockwork *clockwork_open(int64_t start_ms);
void clockwork_close(struct clockwork *clockwork);

/* Makes a request as a player, or as "dora", who directs and administrates; waits for the answer.
 * The path may have a query. In the body ' stands for ". */
const struct clockwork_answer *clockwork_ask(struct clockwork *clockwork, const char *who,
                                             const char *method, const char *path,
                                             const char *format, ...) PRINTF_LIKE(5, 6);

/* Lets so much time pass. */
void clockwork_pass(struct clockwork *clockwork, int64_t ms);

/* The orchestrator dies, and is back after so much time. */
void clockwork_outage(struct clockwork *clockwork, int64_t ms);

/* The bus, as the edge sees it. */
struct bus *clockwork_bus(struct clockwork *clockwork);

/* Returns the columns and rows of a query, each followed by a blank but the last; NULL is "-".
 * Lives until the next call. */
const char *clockwork_read(struct clockwork *clockwork, const char *sql);

/* The same as a number. */
int64_t clockwork_count(struct clockwork *clockwork, const char *sql);

#endif
