#ifndef FSM_EXPR_EXPR_H
#define FSM_EXPR_EXPR_H

/*
 * expr — the guard language: a statically typed subset of CEL, checked once, evaluated often.
 *
 * In:       source text and a scope (the declared variables, functions and states) → a program;
 *           then, per evaluation, the variables' values.
 * Out:      a value or an error that is itself a value. Nothing else happens: no clock (`now` is a
 *           variable), no randomness, no allocation but from the arena in the input.
 * Owns:     nothing. A program lives in the arena it was compiled into and borrows from the scope
 *           only its host functions' `call` and `user`.
 * Threads:  a program is constant after compilation: any number of threads may evaluate it, each
 *           with its own input.
 * Errors:   STATUS_INVALID_ARGUMENT with line, column and hint for a source that is wrong,
 *           STATUS_FULL past a limit below (fault set as well) or where the arena is full.
 *
 * docs/expressions.md describes the language for those who write policies.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "fsm/expr/value.h"

#define EXPR_SOURCE_MAX 65536 /* bytes of source */
#define EXPR_DEPTH_MAX 200    /* nested parts of an expression, nested parts of a type */
#define EXPR_NODES_MAX 20000  /* parts of one expression */
#define EXPR_LOCALS_MAX 16    /* macros inside each other */
#define EXPR_ARGUMENTS_MAX 8  /* of a host function */
#define EXPR_BANKS 8          /* arrays of variables, see struct expr_input */
#define EXPR_SIZE_MAX 65536   /* assumed size of strings, lists, maps declared without one */
#define EXPR_COST_MAX 1000000 /* default bound on static cost and on run-time budget */

/* --- types ----------------------------------------------------------------------------------- */

enum expr_type_kind {
    EXPR_DYN, /* anything; checked while evaluating */
    EXPR_NULL,
    EXPR_BOOL,
    EXPR_INT,
    EXPR_UINT,
    EXPR_DOUBLE,
    EXPR_STRING,
    EXPR_ENUM, /* a string out of a declared few; comparing with another is refused */
    EXPR_LIST,
    EXPR_MAP,
    EXPR_DURATION,
    EXPR_TIMESTAMP,
    EXPR_TYPE,    /* the type of type(x) */
    EXPR_VARIABLE /* not declarable: a type parameter while checking */
};

/* A declared type. Plain data, shared freely, constant once a scope refers to it. */
struct expr_type {
    enum expr_type_kind kind;
    const struct expr_type *key; /* MAP: bool, int, uint, string or dyn */
    const struct expr_type
        *item; /* LIST: of the items · MAP: of the values · TYPE: NULL or of what */
    const char *const *names; /* ENUM: its values */
    uint32_t names_count;
    uint32_t size_max; /* STRING code points, LIST items, MAP entries; 0 = EXPR_SIZE_MAX */
};

/* The types without parameters: &expr_int and so on. */
extern const struct expr_type expr_dyn, expr_null, expr_bool, expr_int, expr_uint, expr_double,
    expr_string, expr_duration, expr_timestamp;

/* Reads a declared type: bool int uint double string null duration timestamp dyn list(T)
 * map(K, V) type(T). The result lives in `arena`. */
enum status expr_type_parse(struct arena *arena, const char *text, size_t size,
                            const struct expr_type **out_type, struct fault *out_fault) MUST_CHECK;

/* Returns the type as expr_type_parse() reads it (an enum as "enum('a', 'b')"), in `arena`; NULL
 * where that is full. */
const char *expr_type_text(struct arena *arena, const struct expr_type *type);

/* Whether two types are the same, sizes aside. */
bool expr_type_equal(const struct expr_type *a, const struct expr_type *b);

/* Whether `value` may be stored in a variable of `type`: kinds all the way down, sizes, names of an
 * enum, no more than EXPR_DEPTH_MAX levels. For what comes from outside: event payloads, inputs,
 * snapshots. */
bool expr_type_admits(const struct expr_type *type, struct value value);

/* --- scopes ---------------------------------------------------------------------------------- */

/* A variable by its full, possibly dotted name ("now", "ctx.players", "event.game"). At run time it
 * is input.banks[bank][index]. A prefix of a dotted name ("ctx") is not itself a value. */
struct expr_variable {
    const char *name;
    const struct expr_type *type;
    uint8_t bank; /* below EXPR_BANKS */
    uint16_t index;
};

/* A function of the host: pure, total or failing with VALUE_ERROR_HOST. Arguments are of the
 * declared kinds. Results are allocated in `arena`. */
typedef struct value (*expr_host_call)(void *user, const struct value *arguments,
                                       struct arena *arena);

/* What its arguments do to a host function's result: for fsm/expr/trend.h. */
enum expr_growth {
    EXPR_ANYHOW,   /* nothing is promised */
    EXPR_GROWS,    /* of doubles: it never falls where one of them rises */
    EXPR_MAGNITUDE /* the one double without its sign */
};

struct expr_function {
    const char *name; /* may be dotted: "pairing.strength" */
    bool is_method;   /* called as first.name(rest…) */
    uint8_t parameter_count;
    const struct expr_type *parameters[EXPR_ARGUMENTS_MAX];
    const struct expr_type *result;
    uint32_t cost; /* in steps, for the static bound */
    enum expr_growth growth;
    expr_host_call call;
    void *user;
};

/* Turns the text of active('…') into the number of a state; returns false where there is none and
 * may then suggest a name (static or in the caller's keeping). */
typedef bool (*expr_resolve_state)(void *user, const char *name, size_t size, uint32_t *out_state,
                                   const char **out_suggestion);

/* What an expression may name. Scopes chain: an event handler's scope holds the event's fields and
 * has the machine's scope as its parent; the nearest declaration wins. */
struct expr_scope {
    const struct expr_scope *parent; /* NULL at the end */
    const struct expr_variable *variables;
    size_t variable_count;
    const struct expr_function *functions;
    size_t function_count;
    expr_resolve_state resolve_state; /* NULL: active() is not available (unless a parent has it) */
    void *resolve_user;
};

/* --- programs -------------------------------------------------------------------------------- */

struct expr_program;

struct expr_request {
    const char *text;
    size_t size;
    const struct expr_scope *scope;
    const struct expr_type *want; /* what the result must be assignable to; NULL = anything */
    uint64_t cost_max;            /* 0 = EXPR_COST_MAX */
};

/* Reads, checks, folds and prepares an expression. The program lives in `arena`. The fault's line
 * and column count from 1 within the text; the hint proposes the nearest declared name where there
 * is one. Errors: STATUS_INVALID_ARGUMENT (syntax, unknown name, type, cost bound, invalid UTF-8),
 * STATUS_FULL (a limit above, or the arena). */
enum status expr_compile(struct arena *arena, const struct expr_request *request,
                         const struct expr_program **out_program,
                         struct fault *out_fault) MUST_CHECK;

/* Returns the type the checker found. */
const struct expr_type *expr_result_type(const struct expr_program *program);

/* Returns an upper bound on the steps one evaluation takes, from the declared sizes. */
uint64_t expr_cost(const struct expr_program *program);

/* Returns the value where the expression reads nothing that can change (a constant guard is worth a
 * warning), a VALUE_ERROR where it always fails, else NULL. */
const struct value *expr_constant(const struct expr_program *program);

/* Returns the first part of the expression that always fails, e.g. timestamp('2026-13-01'), as a
 * VALUE_ERROR with its column; NULL where there is none. Worth refusing at load: && and || may
 * still absorb it. */
const struct value *expr_constant_error(const struct expr_program *program);

/* Returns the variables the program reads, in order of first appearance: for messages that show
 * why a guard refused. Names live as long as the program. */
const struct expr_variable *expr_reads(const struct expr_program *program, size_t *out_count);

/* --- evaluation ------------------------------------------------------------------------------ */

/* Finds the UTC offset in seconds (east positive) of a named zone at a time in seconds since 1970;
 * returns false where the zone is unknown. Offsets like "+02:00" and "UTC" never come here. */
typedef bool (*expr_zone_offset)(void *user, const char *name, size_t size, int64_t seconds,
                                 int32_t *out_offset);

/* What one evaluation reads. */
struct expr_input {
    const struct value *banks[EXPR_BANKS]; /* arrays of variables' values; unused ones NULL */
    const uint64_t *active;                /* bit n: state n of the resolver is active */
    struct arena *arena; /* for results that need memory; NULL: those fail, others do not */
    uint64_t budget;     /* steps allowed in loops and long texts; 0 = EXPR_COST_MAX */
    expr_zone_offset zone_offset; /* NULL: named zones are unknown */
    void *zone_user;
};

/* Evaluates a program. The result may point into the banks, the program and input->arena. Without
 * a value it is a VALUE_ERROR; the caller decides what that means (a guard: false and
 * error.execution). */
struct value expr_evaluate(const struct expr_program *program, const struct expr_input *input);

#endif
