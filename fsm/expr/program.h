#ifndef FSM_EXPR_PROGRAM_H
#define FSM_EXPR_PROGRAM_H

/*
 * program — what a compiled expression is made of: a tree of nodes in one block, ready to evaluate.
 *
 * A node is one step. Evaluation walks the tree: values of sixteen bytes travel in registers, && ||
 * ?: and macros evaluate only what they need, and nothing has to be pushed or popped. Typed, fused
 * nodes (OP_VARIABLE_LESS and its kin: a variable against a constant int) make the common guard a
 * single step.
 */

#include "fsm/expr/expr.h"
#include "fsm/expr/pattern.h"

enum expr_op {
    OP_CONSTANT,     /* constant */
    OP_VARIABLE,     /* banks[bank][index] */
    OP_LOCAL,        /* locals[index] */
    OP_HAS_VARIABLE, /* whether banks[bank][index] is set */
    OP_ACTIVE,       /* whether state `index` is active */
    OP_NOT,
    OP_NEGATE,
    OP_AND, /* list… */
    OP_OR,
    OP_CONDITION, /* a ? b : c */
    OP_EQUAL,
    OP_UNEQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_ADD,
    OP_SUBTRACT,
    OP_MULTIPLY,
    OP_DIVIDE,
    OP_REMAINDER,
    OP_IN,
    OP_INDEX,   /* a[b] */
    OP_SELECT,  /* a[constant] */
    OP_HAS,     /* constant in a, a map */
    OP_LIST,    /* list… */
    OP_MAP,     /* list…: key, value, key, value */
    OP_CALL,    /* function(list…) */
    OP_HOST,    /* host(list…) */
    OP_MATCHES, /* a against `pattern` */
    OP_ALL,     /* a range; b for each, in locals[index] */
    OP_EXISTS,
    OP_EXISTS_ONE,
    OP_FILTER,
    OP_TRANSFORM, /* b, of those where c (may be NULL) */
    OP_BIND,      /* b with a in locals[index] */

    /* Fused: a is OP_VARIABLE and b an int constant, both kept for the slow path. In the order of
     * OP_EQUAL…OP_GREATER_EQUAL, OP_ADD, OP_SUBTRACT. */
    OP_VARIABLE_EQUAL,
    OP_VARIABLE_UNEQUAL,
    OP_VARIABLE_LESS,
    OP_VARIABLE_LESS_EQUAL,
    OP_VARIABLE_GREATER,
    OP_VARIABLE_GREATER_EQUAL,
    OP_VARIABLE_ADD,
    OP_VARIABLE_SUBTRACT,
    OP_VARIABLE_IS, /* the same with a constant string: == and != */
    OP_VARIABLE_IS_NOT
};

struct expr_run;

/* A function of the language. Returns an error with column 0; the caller fills in the column. */
typedef struct value (*expr_call)(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);

struct expr_node {
    uint8_t op; /* enum expr_op */
    uint8_t bank;
    uint16_t index;
    uint32_t column;
    uint32_t count;  /* of list */
    uint32_t weight; /* nodes in this tree but not in the bodies of its macros: what a round of a
                        macro charges for it */
    struct value constant;
    const struct expr_node *a;
    const struct expr_node *b;
    const struct expr_node *c;
    const struct expr_node *const *list;
    union {
        expr_call function;
        const struct expr_function *host;
        const struct pattern *pattern;
    } as;
};

struct expr_program {
    const struct expr_node *root;
    const struct expr_type *type;
    uint64_t cost;
    const struct value *constant_error;
    const struct expr_variable *reads;
    size_t read_count;
};

/* One evaluation under way. */
struct expr_run {
    const struct expr_input *input;
    struct arena *arena;
    uint64_t budget;
    struct value locals[EXPR_LOCALS_MAX]; /* not cleared: a macro sets its own before it reads */
};

/* Evaluates a tree. */
struct value expr_run_node(struct expr_run *run, const struct expr_node *node);

/* Takes `steps` off the budget; false where it does not hold them. */
static inline bool expr_charge(struct expr_run *run, uint64_t steps)
{
    if (run->budget < steps) {
        run->budget = 0;
        return false;
    }
    run->budget -= steps;
    return true;
}

/* Bytes that count as one step. */
#define EXPR_STEP_BYTES 64

#endif
