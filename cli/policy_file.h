#ifndef CLI_POLICY_FILE_H
#define CLI_POLICY_FILE_H

/*
 * policy_file — a tournament policy read from a file; its faults are printed.
 *
 * Owns:     text and format, until policy_file_close().
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/status.h"
#include "orchestrator/format/format_check.h"

struct policy_file {
    struct arena arena;
    struct buffer text;
    const struct format *format;
};

/* Finds the names that the policy in `path` may use: the games there are, and the policies in the
 * folders `ratings` and `conduct` beside the policy's own (not checked where there is none). */
void policy_names(struct arena *arena, const char *path, struct format_names *out_names);

/* Reads and checks a file; faults and warnings go to stderr. Close it whatever the answer. */
enum status policy_file_open(struct policy_file *file, const char *path) MUST_CHECK;

/* The same of a text; `name` is for messages and for where its rating policies are looked for. */
enum status policy_file_read(struct policy_file *file, const char *name, const char *text,
                             size_t size) MUST_CHECK;
void policy_file_close(struct policy_file *file);

#endif
