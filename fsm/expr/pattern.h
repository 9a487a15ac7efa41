#ifndef FSM_EXPR_PATTERN_H
#define FSM_EXPR_PATTERN_H

/*
 * pattern — regular expressions in RE2's syntax, matched in linear time.
 *
 * In:       literals, . [classes] \d \w \s and their opposites, [[:alpha:]], groups (named or not),
 *           | * + ? {n,m} lazy or not, ^ $ \A \z \b \B, \Q…\E, escapes, flags (?i) (?s) (?m) (?U).
 * Not in:   back-references and look-around (as in RE2), Unicode classes \p{…}, \C.
 * Owns:     nothing: a pattern lives in the arena it was compiled into.
 * Threads:  a compiled pattern is constant.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATTERN_SIZE_MAX 4096         /* bytes of a pattern */
#define PATTERN_INSTRUCTIONS_MAX 8192 /* after {n,m} is written out */
#define PATTERN_REPEAT_MAX 1000       /* n and m of {n,m}, as in RE2 */
#define PATTERN_DEPTH_MAX 100         /* groups inside each other */

struct pattern;

/* Reads a pattern (valid UTF-8). STATUS_INVALID_ARGUMENT with the byte offset and a static sentence
 * where it cannot be read; STATUS_FULL past a limit (sentence set) or where the arena is full. */
enum status expr_pattern_compile(struct arena *arena, const char *text, size_t size,
                                 const struct pattern **out_pattern, size_t *out_offset,
                                 const char **out_sentence) MUST_CHECK;

/* Number of instructions: one match takes at most text size times this many steps. */
uint32_t expr_pattern_size(const struct pattern *pattern);

/* Whether the pattern matches anywhere in `text` (valid UTF-8). Takes scratch memory from `arena`
 * and gives it back. STATUS_FULL where there is none. */
enum status expr_pattern_search(const struct pattern *pattern, struct arena *arena,
                                const char *text, size_t size, bool *out_found) MUST_CHECK;

#endif
