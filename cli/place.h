#ifndef CLI_PLACE_H
#define CLI_PLACE_H

/*
 * place — where `arbiter up` keeps its things: one folder, ./.arbiter unless --dir says otherwise.
 *
 *     house.json         addresses and process ids of what runs; written when all of it is up
 *     lock               held by the supervisor while it lives
 *     keys-private.json  signs tokens (only its owner may read it)
 *     keys-public.json   verifies them
 *     nats/ postgres/    what the two servers store
 *     logs/              one file a process
 *
 * Owns:     the lock, until the process ends; nothing else.
 * Threads:  one a process: a POSIX lock is given up by the first close() of its file.
 * Errors:   STATUS_NOT_FOUND where nothing is up, STATUS_UNAVAILABLE where a file cannot be
 * written.
 */

#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PLACE_PATH_MAX 4096
#define PLACE_TEXT_MAX 256
#define PLACE_PROCESSES_MAX 64

struct place {
    char folder[PLACE_PATH_MAX / 2]; /* absolute */
};

/* What house.json says. */
struct place_house {
    char http_url[PLACE_TEXT_MAX];
    char nats_url[PLACE_TEXT_MAX];
    char database[PLACE_TEXT_MAX];
    pid_t supervisor;
    int process_count;
    struct place_process {
        char name[32];
        pid_t pid;
        uint16_t health_port; /* 0: has none */
    } processes[PLACE_PROCESSES_MAX];
};

/* Makes the folder where it is missing. */
enum status place_open(const char *folder, struct place *out_place,
                       struct fault *out_fault) MUST_CHECK;

/* The same for a folder that must be there. */
enum status place_find(const char *folder, struct place *out_place,
                       struct fault *out_fault) MUST_CHECK;

/* Writes `folder`/`name` into `out`; returns it. */
const char *place_path(const struct place *place, const char *name, char out[PLACE_PATH_MAX]);

/* Whether a supervisor holds the lock; its process id goes to `out_pid` (may be NULL). */
bool place_is_taken(const struct place *place, pid_t *out_pid);

/* Takes the lock for as long as this process lives; false where somebody has it. */
bool place_take(const struct place *place);

/* Writes and reads house.json. STATUS_NOT_FOUND: nothing is up. */
enum status place_write_house(const struct place *place,
                              const struct place_house *house) MUST_CHECK;
enum status place_read_house(const struct place *place, struct place_house *out_house) MUST_CHECK;

#endif
