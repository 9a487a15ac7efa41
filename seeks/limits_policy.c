/* Keys of limits policies, and which budget a request is for. */
#include "seeks/limits_policy.h"

#include <string.h>

enum { CLIENTS_DEFAULT = 65536, CLIENTS_MIN = 64 };

/* ---- the shape --------------------------------------------------------------------------- */

#define OBJECT(table)                                                                              \
    {                                                                                              \
        .type = YAML_T_OBJECT, .keys = table, .count = COUNT_OF(table)                             \
    }
#define WORDS(list)                                                                                \
    {                                                                                              \
        .type = YAML_T_ENUM, .words = list, .count = COUNT_OF(list)                                \
    }

static const char *const who_words[] = {"anonymous", "player", "director", "admin"};
static const char *const method_words[] = {"reads", "writes"};

static const struct yaml_shape text = {.type = YAML_T_TEXT};
static const struct yaml_shape name = {.type = YAML_T_NAME};
static const struct yaml_shape duration = {.type = YAML_T_DURATION};
static const struct yaml_shape version = {.type = YAML_T_INT, .min = 1, .max = 1000000};
static const struct yaml_shape requests = {.type = YAML_T_INT, .min = 1, .max = QUOTA_REQUESTS_MAX};
static const struct yaml_shape clients = {
    .type = YAML_T_INT, .min = CLIENTS_MIN, .max = QUOTA_CLIENTS_MAX};
static const struct yaml_shape one_of_us = WORDS(who_words);
static const struct yaml_shape who = {.type = YAML_T_LIST, .item = &one_of_us};
static const struct yaml_shape method = WORDS(method_words);
static const struct yaml_shape methods = {.type = YAML_T_LIST, .item = &method};
static const struct yaml_shape routes = {.type = YAML_T_LIST, .item = &text};

static const struct yaml_key budget_keys[] = {
    {"budget", &name, true, "what it is called, in RateLimit headers too"},
    {"for", &who, false, "whose requests: anonymous are those without a token, by address; all"},
    {"methods", &methods, false, "reads (GET, HEAD), writes (the others); both"},
    {"routes", &routes, false,
     "as docs/openapi.yaml writes them, or their beginning with a `*`; every route"},
    {"requests", &requests, true, "how many at once, and again in every window"},
    {"window", &duration, true, "in which they come back, evenly; 1s to 1d"},
};
static const struct yaml_shape budget = OBJECT(budget_keys);
static const struct yaml_shape budgets = {.type = YAML_T_LIST, .item = &budget};

static const struct yaml_key policy_keys[] = {
    {"limits", &name, true, "the policy's name"},
    {"version", &version, true, "raise it with every change"},
    {"doc", &text, false, "for people"},
    {"clients_max", &clients, false,
     "how many clients are remembered at once, 16 bytes each; 65536"},
    {"budgets", &budgets, true, "a request counts in the first that it fits; in none: no limit"},
};
const struct yaml_shape limits_policy_shape = {.name = "limits",
                                               .type = YAML_T_OBJECT,
                                               .doc = "How many requests who may send.",
                                               .keys = policy_keys,
                                               .count = COUNT_OF(policy_keys)};

/* ---- reading ----------------------------------------------------------------------------- */

struct reader {
    struct yaml_faults *faults;
    struct limits_policy *policy;
};

/* Words as bits, in their order; `otherwise` where the list is absent. */
static bool read_words(struct reader *reader, const struct yaml_node *list,
                       const char *const *words, size_t count, unsigned *bits)
{
    if (list == NULL)
        return true;
    *bits = 0;
    for (size_t i = 0; i < list->count; i++) {
        int index;
        if (!yaml_enum(&list->items[i], words, count, reader->faults, &index))
            return false;
        *bits |= 1u << index;
    }
    return *bits != 0 || yaml_error(reader->faults, list, "an empty list lets nothing in");
}

static bool read_routes(struct reader *reader, const struct yaml_node *list,
                        struct limits_budget *out)
{
    if (list == NULL)
        return true;
    if (list->count == 0 || list->count > LIMITS_ROUTES_MAX)
        return yaml_error(reader->faults, list, "from 1 to %d routes", LIMITS_ROUTES_MAX);
    for (size_t i = 0; i < list->count; i++) {
        const char *route = list->items[i].text;
        if (route[0] != '/' || strcspn(route, "*?") + 1 < strlen(route))
            return yaml_error(reader->faults, &list->items[i],
                              "a route begins with `/`; a `*` is at most its end");
        out->routes[out->route_count++] = route;
    }
    return true;
}

/* Whether everything that `late` is for goes to `early` before. */
static bool is_shadowed(const struct limits_budget *late, const struct limits_budget *early)
{
    if ((late->who & ~early->who) != 0 || (late->methods & ~early->methods) != 0)
        return false;
    bool is_covered = early->route_count == 0 || late->route_count > 0;
    for (size_t i = 0; early->route_count > 0 && is_covered && i < late->route_count; i++) {
        bool is_found = false;
        for (size_t j = 0; j < early->route_count; j++)
            is_found = is_found || limits_route_is(early->routes[j], late->routes[i]);
        is_covered = is_found;
    }
    return is_covered;
}

static bool check_order(struct reader *reader, const struct yaml_node *node)
{
    const struct limits_policy *policy = reader->policy;
    const struct limits_budget *late = &policy->budgets[policy->budget_count - 1];
    for (const struct limits_budget *early = policy->budgets; early < late; early++) {
        if (strcmp(early->name, late->name) == 0)
            return yaml_error(reader->faults, node, "a second budget `%s`", late->name);
        if (is_shadowed(late, early)) {
            yaml_error(reader->faults, node, "nothing comes here: `%s` takes it all before",
                       early->name);
            yaml_hint(reader->faults, "put the narrower budget first");
            return false;
        }
    }
    return true;
}

static bool read_budget(struct reader *reader, const struct yaml_node *node)
{
    struct limits_policy *policy = reader->policy;
    const struct yaml_node *window = yaml_get(node, "window");
    if (policy->budget_count == LIMITS_BUDGETS_MAX)
        return yaml_error(reader->faults, node, "more than %d budgets", LIMITS_BUDGETS_MAX);
    struct limits_budget *out = &policy->budgets[policy->budget_count++];
    *out = (struct limits_budget){
        .name = yaml_get(node, "budget")->text, .who = LIMITS_EVERYBODY, .methods = LIMITS_BOTH};
    if (!read_words(reader, yaml_get(node, "for"), who_words, COUNT_OF(who_words), &out->who) ||
        !read_words(reader, yaml_get(node, "methods"), method_words, COUNT_OF(method_words),
                    &out->methods) ||
        !read_routes(reader, yaml_get(node, "routes"), out) ||
        !yaml_int(yaml_get(node, "requests"), 1, QUOTA_REQUESTS_MAX, reader->faults,
                  &out->quota.requests) ||
        !yaml_duration(window, reader->faults, &out->quota.window_ms))
        return false;
    if (out->quota.window_ms < QUOTA_WINDOW_MIN_MS || out->quota.window_ms > QUOTA_WINDOW_MAX_MS ||
        out->quota.window_ms % 1000 != 0)
        return yaml_error(reader->faults, window, "a window is whole seconds, from 1s to 1d");
    return check_order(reader, node);
}

static bool read_policy(struct reader *reader, const struct yaml_node *root)
{
    const struct yaml_node *list = yaml_get(root, "budgets");
    const struct yaml_node *size = yaml_get(root, "clients_max");
    int64_t clients_max = CLIENTS_DEFAULT;
    bool is_read = size == NULL ||
                   yaml_int(size, CLIENTS_MIN, QUOTA_CLIENTS_MAX, reader->faults, &clients_max);
    reader->policy->name = yaml_get(root, "limits")->text;
    reader->policy->clients_max = (size_t)clients_max;
    for (size_t i = 0; i < list->count; i++)
        is_read = read_budget(reader, &list->items[i]) && is_read;
    return is_read;
}

enum status limits_policy_read(struct arena *arena, const char *source, size_t size,
                               struct yaml_faults *faults, struct limits_policy *out_policy)
{
    const struct yaml_node *root = NULL;
    struct limits_policy policy = {0};
    struct reader reader = {faults, &policy};
    enum status status = yaml_parse(arena, source, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    if (!yaml_check(root, &limits_policy_shape, faults) || !read_policy(&reader, root))
        return arena_full(arena) ? STATUS_FULL : STATUS_INVALID_ARGUMENT;
    *out_policy = policy;
    return STATUS_OK;
}

/* ---- finding ----------------------------------------------------------------------------- */

bool limits_route_is(const char *route, const char *pattern)
{
    size_t size = strcspn(route, "*");
    if (route[size] == '*')
        return strncmp(route, pattern, size) == 0;
    return strncmp(route, pattern, size) == 0 && (pattern[size] == '\0' || pattern[size] == '?');
}

static bool is_for(const struct limits_budget *one, const char *pattern)
{
    if (one->route_count == 0)
        return true;
    for (size_t i = 0; pattern != NULL && i < one->route_count; i++)
        if (limits_route_is(one->routes[i], pattern))
            return true;
    return false;
}

const struct limits_budget *limits_find(const struct limits_policy *policy, unsigned held,
                                        enum limits_method kind, const char *pattern)
{
    for (size_t i = 0; i < policy->budget_count; i++) {
        const struct limits_budget *one = &policy->budgets[i];
        if ((one->who & held) != 0 && (one->methods & (unsigned)kind) != 0 && is_for(one, pattern))
            return one;
    }
    return NULL;
}
