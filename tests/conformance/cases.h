#ifndef CONFORMANCE_CASES_H
#define CONFORMANCE_CASES_H

/*
 * cases — counting, files and the closing line, for programs that hold our libraries against cases.
 */

#include "base/attr.h"
#include "base/buffer.h"

#include <jansson.h>
#include <stdbool.h>

#define CASES_NAMES_MAX 1024
#define CASES_EXIT_SKIPPED 77

struct cases_tally {
    int passed;
    int failed;
    int skipped;
};

/* Counts one case; prints the sentence where it failed. */
void cases_count(struct cases_tally *tally, bool passed, const char *format, ...) PRINTF_LIKE(3, 4);

/* Counts a case that says nothing about us, and prints why. */
void cases_skip(struct cases_tally *tally, const char *format, ...) PRINTF_LIKE(2, 3);

/* Prints the closing line; returns the program's exit status. */
int cases_finish(const struct cases_tally *tally);

/* Lists the file names of a directory that end in `ending`, sorted; returns how many, -1 where
 * there is no such directory. The caller frees each name. */
int cases_list(const char *directory, const char *ending, char *out[CASES_NAMES_MAX]);

/* Reads a whole file into a buffer (reset first); false where it cannot be read. */
bool cases_read(const char *directory, const char *name, struct buffer *out);

/* Reads a JSON file; NULL where it cannot be read. The caller drops it. */
json_t *cases_read_json(const char *directory, const char *name);

#endif
