#ifndef SEEKS_LIMITS_POLICY_H
#define SEEKS_LIMITS_POLICY_H

/*
 * limits_policy — reads the files under policies/limits/: how many requests who may send.
 *
 * In:       the text of one file.
 * Out:      a struct limits_policy, or faults with line and column.
 * Owns:     nothing: texts live in the arena given.
 * Errors:   STATUS_INVALID_ARGUMENT with faults, STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "fsm/yaml/yaml.h"
#include "seeks/quota.h"

#include <stdbool.h>
#include <stddef.h>

#define LIMITS_BUDGETS_MAX 16
#define LIMITS_ROUTES_MAX 32 /* of one budget */

/* Who a budget is for; players, directors and admins by their tokens' roles. */
enum limits_who {
    LIMITS_ANONYMOUS = 1, /* without a token that verifies: counted by address */
    LIMITS_PLAYER = 2,
    LIMITS_DIRECTOR = 4,
    LIMITS_ADMIN = 8,
    LIMITS_EVERYBODY = 15
};

enum limits_method { LIMITS_READS = 1, LIMITS_WRITES = 2, LIMITS_BOTH = 3 };

struct limits_budget {
    const char *name;
    unsigned who;     /* of enum limits_who */
    unsigned methods; /* of enum limits_method */
    const char *routes[LIMITS_ROUTES_MAX];
    size_t route_count; /* 0: every route */
    struct quota_budget quota;
};

struct limits_policy {
    const char *name;
    size_t clients_max;
    struct limits_budget budgets[LIMITS_BUDGETS_MAX];
    size_t budget_count;
};

/* The shape of the file: the same table checks it and prints its JSON Schema. */
extern const struct yaml_shape limits_policy_shape;

enum status limits_policy_read(struct arena *arena, const char *text, size_t size,
                               struct yaml_faults *faults,
                               struct limits_policy *out_policy) MUST_CHECK;

/* Whether a budget's route, "/v1/seeks/{seek_id}" or "/v1/tournaments/" and "*", means this one of
 * the API's. */
bool limits_route_is(const char *route, const char *pattern);

/* Returns the first budget that a request is for, NULL where there is none. `pattern` is the
 * route's, without its query; NULL: of no route. */
const struct limits_budget *limits_find(const struct limits_policy *policy, unsigned who,
                                        enum limits_method method, const char *pattern);

#endif
