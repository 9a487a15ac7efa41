#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

/*
 * golden — what is kept in files and must stay so: a folder of bad policies, NAME.yaml, each with
 * the text its author is to read, NAME.expect; single texts. With ARBITER_UPDATE=1 in the
 * environment the files are written instead.
 */

#include "base/buffer.h"

#include <stddef.h>

/* Appends what is wrong with `text`, a file of that name, to `out`. */
typedef void (*golden_on_file)(const char *file, const struct buffer *text, struct buffer *out);

/* Runs every NAME.yaml of the folder; fails the test where a text differs or is empty. Returns how
 * many there were. */
size_t golden_folder(const char *folder, golden_on_file on_file);

/* Holds one file to a text. */
void golden_file(const char *path, const struct buffer *want);

#endif
