#ifndef FSM_EXPR_PATTERN_CODE_H
#define FSM_EXPR_PATTERN_CODE_H

/*
 * pattern_code — what a pattern is compiled into: instructions for a machine that follows all
 * alternatives at once. Shared by the reader and the matcher only.
 */

#include "fsm/expr/pattern.h"

enum pattern_op {
    PATTERN_RANGE, /* one character from a to b */
    PATTERN_CLASS, /* one character of (or, negated, out of) ranges a … a + b - 1 */
    PATTERN_SPLIT, /* go on at +a and at +b */
    PATTERN_JUMP,  /* go on at +a */
    PATTERN_TEXT_BEGIN,
    PATTERN_TEXT_END,
    PATTERN_LINE_BEGIN,
    PATTERN_LINE_END,
    PATTERN_WORD_EDGE,
    PATTERN_NO_WORD_EDGE,
    PATTERN_NOTHING, /* matches nothing: an empty class */
    PATTERN_MATCH
};

struct pattern_instruction {
    uint8_t op;
    bool is_negated;
    int32_t a;
    int32_t b;
};

struct pattern_range {
    uint32_t first;
    uint32_t last;
};

struct pattern {
    const struct pattern_instruction *code;
    const struct pattern_range *ranges;
    uint32_t size;
};

/* Whether first <= c <= last. */
static inline bool pattern_is_between(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

#endif
