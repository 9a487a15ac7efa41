#ifndef FSM_EXPR_SYNTAX_H
#define FSM_EXPR_SYNTAX_H

/*
 * syntax — source text to syntax tree. Knows CEL's grammar and its macros, not what names mean.
 */

#include "fsm/expr/expr.h"

enum syntax_kind {
    SYNTAX_LITERAL, /* literal */
    SYNTAX_NAME,    /* name; is_absolute for ".name" */
    SYNTAX_SELECT,  /* parts[0].name */
    SYNTAX_HAS,     /* has(parts[0].name) */
    SYNTAX_CALL,    /* name(parts…): functions, and operators by their names "_+_" */
    SYNTAX_METHOD,  /* parts[0].name(parts[1]…) */
    SYNTAX_AND,     /* parts… */
    SYNTAX_OR,      /* parts… */
    SYNTAX_LIST,    /* [parts…] */
    SYNTAX_MAP,     /* {parts[0]: parts[1], …} */
    SYNTAX_ALL,     /* parts[0].all(name, parts[1]) */
    SYNTAX_EXISTS,  /* likewise */
    SYNTAX_EXISTS_ONE,
    SYNTAX_FILTER,
    SYNTAX_TRANSFORM, /* parts[0].map(name, parts[1]), or with a filter .map(name, parts[2], …[1])
                       */
    SYNTAX_BIND       /* cel.bind(name, parts[0], parts[1]) */
};

/* A part of an expression. The checker fills in the lower half. */
struct syntax {
    enum syntax_kind kind;
    uint32_t offset; /* of its most telling character in the source */
    bool is_absolute;
    uint8_t depth; /* of the tree below it */
    struct value literal;
    struct value name; /* VALUE_STRING */
    struct syntax **parts;
    uint32_t count;

    const struct expr_type *type;
    const struct expr_variable *variable; /* NAME, SELECT, HAS that is a declared variable */
    const struct expr_function *host;     /* CALL of a host function */
    const struct library_function *function;
    uint32_t local; /* NAME of a macro's variable: its slot + 1; macros: the slot of theirs */
    uint32_t state; /* CALL of active() */
    bool is_state;
    bool is_constant_name; /* NAME or SELECT that is a type: literal holds it */
};

/* Reads an expression. Errors: STATUS_INVALID_ARGUMENT, STATUS_FULL; the fault says where. */
enum status expr_syntax_parse(struct arena *arena, const char *text, size_t size,
                              struct syntax **out_tree, struct fault *out_fault) MUST_CHECK;

/* Fills a fault with the line and column of a byte offset. */
enum status expr_syntax_fault(const char *text, uint32_t offset, struct fault *out_fault,
                              const char *format, ...) PRINTF_LIKE(4, 5);

/* Returns "a.b.c" for a chain of selections down to a name, as a VALUE_STRING in `arena`; a
 * VALUE_UNSET for other trees or where the arena is full. */
struct value expr_syntax_dotted_name(struct arena *arena, const struct syntax *tree);

#endif
