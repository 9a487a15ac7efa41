#ifndef BASE_FAULT_H
#define BASE_FAULT_H

/*
 * fault — where and why something a person wrote is wrong: line, column and one sentence.
 *
 * Passed as the last parameter `out_fault` of functions that read files, requests or policies.
 * Line and column count from 1; 0 means "the whole input". Columns count bytes. The text says what
 * is wrong; the hint, where not empty, says what to do about it.
 */

#include "base/attr.h"
#include "base/status.h"

#define FAULT_TEXT_MAX 512
#define FAULT_HINT_MAX 160

struct fault {
    int line;
    int column;
    char text[FAULT_TEXT_MAX];
    char hint[FAULT_HINT_MAX];
};

/* Fills `*out` with a place and a printf-style sentence (cut at FAULT_TEXT_MAX, never within a
 * UTF-8 sequence) and no hint; `out` may be NULL. Returns STATUS_INVALID_ARGUMENT, so that a reader
 * can say `return fault_set(...)`. */
enum status fault_set(struct fault *out, int line, int column, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Adds a hint to a fault already set; `fault` may be NULL. */
void fault_hint(struct fault *fault, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
