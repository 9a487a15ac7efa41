#ifndef FSM_EXPR_TOKEN_H
#define FSM_EXPR_TOKEN_H

/*
 * token — the words of an expression: CEL's lexis.
 */

#include "fsm/expr/expr.h"

enum token_kind {
    TOKEN_END,
    TOKEN_NAME,        /* text; reserved words too */
    TOKEN_QUOTED_NAME, /* `text` in backticks */
    TOKEN_LITERAL,     /* literal; for INT and UINT the magnitude in literal.as.natural */
    TOKEN_SIGN         /* sign: one of the operators and brackets */
};

struct token {
    enum token_kind kind;
    uint32_t offset;
    uint32_t size;
    struct value literal; /* LITERAL; a name's text as a VALUE_STRING */
    char sign[4];         /* NUL-terminated */
};

struct token_reader {
    struct arena *arena; /* for unescaped strings */
    const char *text;
    size_t size;
    size_t at;
    struct fault *fault;
};

/* Reads the next token. Errors: STATUS_INVALID_ARGUMENT with the fault, STATUS_FULL. */
enum status expr_token_next(struct token_reader *reader, struct token *out) MUST_CHECK;

/* Whether the word cannot name a variable or function. */
bool expr_token_is_reserved(const char *word, size_t size);

#endif
