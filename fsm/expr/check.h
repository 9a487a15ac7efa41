#ifndef FSM_EXPR_CHECK_H
#define FSM_EXPR_CHECK_H

/*
 * check — what every name in a syntax tree means and which type every part has.
 */

#include "fsm/expr/library.h"
#include "fsm/expr/syntax.h"
#include "fsm/expr/unify.h"

/* Fills in the checked half of `tree`. Errors: STATUS_INVALID_ARGUMENT with the fault,
 * STATUS_FULL. Types that stay open are dyn in out_type. */
enum status expr_check_tree(struct arena *arena, const struct expr_request *request,
                            struct syntax *tree, const struct expr_type **out_type,
                            struct fault *out_fault) MUST_CHECK;

/* Looks a variable, function or resolver up through the chain of scopes; NULL where there is none.
 */
const struct expr_variable *expr_scope_variable(const struct expr_scope *scope, struct value name);
const struct expr_scope *expr_scope_with_states(const struct expr_scope *scope);

/* Returns the declared or built-in name nearest to a misspelt one, "" where none is near. */
const char *expr_scope_nearest_variable(const struct expr_scope *scope, struct value name);
const char *expr_scope_nearest_function(const struct expr_scope *scope, struct value name,
                                        bool is_method);

/* Whether any declared variable's name begins with `name` and a dot. */
const struct expr_variable *expr_scope_member(const struct expr_scope *scope, struct value name);

#endif
