#ifndef FSM_EXPR_CHECKER_H
#define FSM_EXPR_CHECKER_H

/*
 * checker — one check under way, shared by the parts of the checker: check.c (literals, macros, the
 * result), check_name.c (names and fields), check_call.c (operators and functions).
 */

#include "fsm/expr/check.h"

/* The variable of a macro. */
struct local {
    struct value name;
    const struct expr_type *type;
};

struct checker {
    struct arena *arena;
    const char *text;
    const struct expr_scope *scope;
    struct fault *fault;
    struct unify unify;
    struct local locals[EXPR_LOCALS_MAX];
    uint32_t local_count;
};

/* Sets the fault at a part of the tree; its value is STATUS_INVALID_ARGUMENT. */
#define WRONG(checker, tree, ...)                                                                  \
    expr_syntax_fault((checker)->text, (tree)->offset, (checker)->fault, __VA_ARGS__)

/* Whether a name is `wanted`. */
bool expr_checker_is_named(struct value name, const char *wanted);

/* Whether a type is of a kind; an enum is a string too. */
bool expr_checker_is_kind(const struct expr_type *type, enum expr_type_kind kind);

/* Returns a type as text for a fault; "?" where the arena is full. */
const char *expr_checker_type_text(struct checker *checker, const struct expr_type *type);

/* Returns what is known by now of a checked part's type. */
const struct expr_type *expr_checker_type(struct checker *checker, const struct syntax *tree);

/* Returns the dotted name of a chain of selections that may be a variable; VALUE_UNSET for other
 * trees. */
struct value expr_checker_global_name(struct checker *checker, const struct syntax *tree);

/* Whether the name, or the beginning of it before a dot, names a variable or a type. */
bool expr_checker_any_prefix(struct checker *checker, struct value name);

/* Each sets the type of a tree of its kind and of the parts below it. */
enum status expr_check_part(struct checker *checker, struct syntax *tree);
enum status expr_check_parts(struct checker *checker, struct syntax *tree);
enum status expr_check_name(struct checker *checker, struct syntax *tree);
enum status expr_check_select(struct checker *checker, struct syntax *tree);
enum status expr_check_has(struct checker *checker, struct syntax *tree);
enum status expr_check_call(struct checker *checker, struct syntax *tree);
enum status expr_check_method(struct checker *checker, struct syntax *tree);

/* Refuses a string literal that is none of an enum's values. */
enum status expr_check_member(struct checker *checker, const struct expr_type *type,
                              const struct syntax *tree);

#endif
