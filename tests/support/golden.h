#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

/*
 * golden — a folder of bad policies, NAME.yaml, each with the text its author is to read,
 * NAME.expect. With ARBITER_UPDATE=1 in the environment the expected texts are written instead.
 */

#include "base/buffer.h"

#include <stddef.h>

/* Appends what is wrong with `text`, a file of that name, to `out`. */
typedef void (*golden_on_file)(const char *file, const struct buffer *text, struct buffer *out);

/* Runs every NAME.yaml of the folder; fails the test where a text differs or is empty. Returns how
 * many there were. */
size_t golden_folder(const char *folder, golden_on_file on_file);

#endif
