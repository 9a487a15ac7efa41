#ifndef WOOGLES_WOOGLES_H
#define WOOGLES_WOOGLES_H

/*
 * woogles — what the runners of conformance-woogles share: counting, and reading expected values.
 *
 * A runner gets one parsed file and calls woogles_case() for each case in it. A new runner is a
 * function in one of the run_*.c files and a row in files.def.
 */

#include "base/attr.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct woogles_tally {
    const char *directory; /* where the file lies */
    const char *file;
    int passed;
    int failed;
    int skipped;
};

typedef void (*woogles_runner)(const json_t *root, struct woogles_tally *tally);

#define WOOGLES_FILE(name, runner) void runner(const json_t *root, struct woogles_tally *tally);
#include "tests/conformance/woogles/files.def"
#undef WOOGLES_FILE

/* Counts one case; prints the sentence where it failed. */
void woogles_case(struct woogles_tally *tally, bool passed, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Counts one case that cannot be run here; prints why. */
void woogles_skip(struct woogles_tally *tally, const char *format, ...) PRINTF_LIKE(2, 3);

/* Loads another file of the same directory; NULL where it is not there. The caller releases it. */
json_t *woogles_load(const struct woogles_tally *tally, const char *name);

/* Members of an object; 0, false, "" or NULL where they are missing. Whole numbers may be written
 * as strings. */
int64_t woogles_int(const json_t *object, const char *key);
bool woogles_bool(const json_t *object, const char *key);
const char *woogles_text(const json_t *object, const char *key);

/* The value itself as a whole number. */
int64_t woogles_value(const json_t *value);

/* Copies an array of whole numbers, at most `max`; returns how many. */
int woogles_ints(const json_t *array, int *out, int max);

/* Whether an array of whole numbers equals a list. */
bool woogles_ints_equal(const json_t *array, const int *list, int count);

/* The same text as the array's JSON; the caller frees it. */
char *woogles_dump(const json_t *value);

#endif
