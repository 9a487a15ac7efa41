#ifndef DUTCH_ENGINE_H
#define DUTCH_ENGINE_H

/*
 * engine — a pairing engine as tournament programs know it: a TRF file in, text and an exit code
 * out.
 *
 * In:       the bytes of a TRF file.
 * Out:      text in the caller's buffers; on any failure only `error` is written to.
 * Threads:  none inside.
 * Errors:   are exit codes here; the line in `error` says what and where.
 */

#include "base/arena.h"
#include "base/buffer.h"
#include "orchestrator/pairing/dutch/dutch.h"

#include <stddef.h>

/* Exit codes that programs calling a pairing engine expect. */
enum dutch_exit {
    DUTCH_EXIT_DONE = 0,
    DUTCH_EXIT_NO_PAIRING = 1,
    DUTCH_EXIT_UNEXPECTED = 2,
    DUTCH_EXIT_REQUEST = 3, /* bad request or bad file */
    DUTCH_EXIT_SIZE = 4,
    DUTCH_EXIT_ACCESS = 5
};

struct dutch_engine {
    const char *bytes; /* the file */
    size_t size;
    const char *path; /* as errors name it */
    const char *stem; /* as the check's lines name it */
    enum dutch_compat compat;
    enum dutch_method method;
    bool prove;            /* as in dutch_input, when pairing */
    struct arena *arena;   /* for the record and the pairing, reset by the caller */
    struct arena *scratch; /* for one round of a check; not used when pairing */
    struct buffer *out;
    struct buffer *list; /* may be NULL */
    struct buffer *error;
};

/* What was paired, for those who want more than the text. */
struct dutch_engine_result {
    struct dutch_input input; /* its record lives in the engine's arena */
    struct dutch_output output;
};

/* Pairs the next round. `out_result` may be NULL. */
enum dutch_exit dutch_engine_pair(const struct dutch_engine *engine,
                                  struct dutch_engine_result *out_result);

/* Checks all rounds played. */
enum dutch_exit dutch_engine_check(const struct dutch_engine *engine);

#endif
