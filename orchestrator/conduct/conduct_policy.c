/* Keys of conduct policies, and their expressions checked. */
#include "orchestrator/conduct/conduct_policy.h"

#include <string.h>

#include "orchestrator/conduct/conduct_names.h"

enum { KEEP_DEFAULT = 30, POINTS_MAX = 1000000 };

/* ---- the shape --------------------------------------------------------------------------- */

static const struct yaml_shape text = {.type = YAML_T_TEXT};
static const struct yaml_shape name = {.type = YAML_T_NAME};
static const struct yaml_shape expression = {.type = YAML_T_EXPRESSION};
static const struct yaml_shape number = {.type = YAML_T_DOUBLE};
static const struct yaml_shape duration = {.type = YAML_T_DURATION};
static const struct yaml_shape version = {.type = YAML_T_INT, .min = 1, .max = 1000000};
static const struct yaml_shape keep = {.type = YAML_T_INT, .min = 1, .max = CONDUCT_ENTRIES_MAX};
static const struct yaml_shape from = {
    .type = YAML_T_ENUM, .words = (const char *const[]){"all", "rated"}, .count = 2};
static const struct yaml_shape after = {
    .type = YAML_T_ENUM, .words = (const char *const[]){"keep", "forget"}, .count = 2};

#define OBJECT(table)                                                                              \
    {                                                                                              \
        .type = YAML_T_OBJECT, .keys = table, .count = COUNT_OF(table)                             \
    }

static const struct yaml_key outcome_keys[] = {
    {"outcome", &name, true, "what it is called"},
    {"if", &expression, true, "over `game.`: when a game is that"},
    {"points", &number, true, "how heavy it is"},
};
static const struct yaml_shape outcome = OBJECT(outcome_keys);
static const struct yaml_shape outcomes = {.type = YAML_T_LIST, .item = &outcome};

static const struct yaml_key sanction_keys[] = {
    {"if", &expression, true, "over `player.`, right after an outcome"},
    {"warn", &text, false, "a sentence for the player; nothing else happens"},
    {"suspend", &expression, false, "for how many minutes"},
    {"from", &from, false, "what the player may not start meanwhile"},
    {"because", &text, false, "a sentence for the player who is refused"},
};
static const struct yaml_shape sanction = OBJECT(sanction_keys);
static const struct yaml_shape sanctions = {.type = YAML_T_LIST, .item = &sanction};

static const struct yaml_key good_keys[] = {
    {"takes", &number, true, "points that a good game takes away, never below 0"}};
static const struct yaml_shape good = OBJECT(good_keys);

static const struct yaml_key decay_keys[] = {
    {"every", &duration, true, "time that takes points away"},
    {"takes", &number, true, "how many"}};
static const struct yaml_shape decay = OBJECT(decay_keys);

static const struct yaml_key immunity_keys[] = {
    {"before", &duration, false, "games that ended so long before an incident of the service"},
    {"after", &duration, false, "and so long after it are excused"}};
static const struct yaml_shape immunity = OBJECT(immunity_keys);

static const struct yaml_key policy_keys[] = {
    {"conduct", &name, true, "the policy's name"},
    {"version", &version, true, "raise it with every change"},
    {"doc", &text, false, "for people"},
    {"judged", &expression, false, "over `game.`: which games count; all, if nothing is said"},
    {"outcomes", &outcomes, true, "the first whose condition holds; otherwise `good`"},
    {"sanctions", &sanctions, true, "the first whose condition holds"},
    {"keep", &keep, false, "how many outcomes count, the newest; 30"},
    {"good", &good, false, "what good games take away"},
    {"decay", &decay, false, "what time takes away"},
    {"after_suspension", &after, false, "whether the list of outcomes begins anew; keep"},
    {"immunity", &immunity, false, "around the service's own incidents"},
};
const struct yaml_shape conduct_policy_shape = {.name = "conduct",
                                                .type = YAML_T_OBJECT,
                                                .doc = "How players behave, and what follows.",
                                                .keys = policy_keys,
                                                .count = COUNT_OF(policy_keys)};

/* ---- reading ----------------------------------------------------------------------------- */

struct reader {
    struct arena *arena;
    struct yaml_faults *faults;
    struct conduct_policy *policy;
};

static bool copy_name(struct reader *reader, const struct yaml_node *node, char *out, size_t size)
{
    if (node == NULL)
        return true;
    if (node->size >= size)
        return yaml_error(reader->faults, node, "longer than %zu bytes", size - 1);
    memcpy(out, node->text, node->size + 1);
    return true;
}

/* Compiles an expression over one bank's names; false after a fault at its place. */
static bool compile(struct reader *reader, const struct yaml_node *node, enum conduct_bank bank,
                    const struct expr_type *want, const struct expr_program **out_program)
{
    struct expr_scope *scope = arena_alloc(reader->arena, sizeof *scope);
    struct fault fault = {0};
    if (scope == NULL)
        return false;
    *scope = (struct expr_scope){0};
    scope->variables = conduct_names(bank, &scope->variable_count);
    struct expr_request request = {
        .text = node->text, .size = node->size, .scope = scope, .want = want};
    if (expr_compile(reader->arena, &request, out_program, &fault) == STATUS_OK)
        return true;
    yaml_error(reader->faults, node, "%s", fault.text);
    if (fault.hint[0] != '\0')
        yaml_hint(reader->faults, "%s", fault.hint);
    return false;
}

static bool read_points(struct reader *reader, const struct yaml_node *node, double *out)
{
    if (node == NULL)
        return true;
    if (!yaml_double(node, reader->faults, out))
        return false;
    return (*out >= 0.0 && *out <= POINTS_MAX) ||
           yaml_error(reader->faults, node, "points are from 0 to %d", POINTS_MAX);
}

static bool read_outcome(struct reader *reader, const struct yaml_node *node)
{
    struct conduct_policy *policy = reader->policy;
    if (policy->outcome_count == CONDUCT_OUTCOMES_MAX)
        return yaml_error(reader->faults, node, "more than %d outcomes", CONDUCT_OUTCOMES_MAX);
    struct conduct_outcome *out = &policy->outcomes[policy->outcome_count++];
    const struct yaml_node *called = yaml_get(node, "outcome");
    if (strcmp(called->text, CONDUCT_GOOD) == 0)
        return yaml_error(reader->faults, called, "`%s` is what is left when no outcome holds",
                          CONDUCT_GOOD);
    bool is_read = copy_name(reader, called, out->name, sizeof out->name);
    is_read = read_points(reader, yaml_get(node, "points"), &out->points) && is_read;
    return compile(reader, yaml_get(node, "if"), CONDUCT_BANK_GAME, &expr_bool, &out->condition) &&
           is_read;
}

static bool read_sanction(struct reader *reader, const struct yaml_node *node)
{
    struct conduct_policy *policy = reader->policy;
    const struct yaml_node *warn = yaml_get(node, "warn");
    const struct yaml_node *suspend = yaml_get(node, "suspend");
    if (policy->rule_count == CONDUCT_SANCTIONS_MAX)
        return yaml_error(reader->faults, node, "more than %d sanctions", CONDUCT_SANCTIONS_MAX);
    if ((warn == NULL) == (suspend == NULL))
        return yaml_error(reader->faults, node, "a sanction either warns or suspends");
    struct conduct_rule *out = &policy->rules[policy->rule_count++];
    out->measure = warn != NULL ? CONDUCT_WARNED : CONDUCT_SUSPENDED;
    memcpy(out->from, "all", sizeof "all");
    bool is_read =
        compile(reader, yaml_get(node, "if"), CONDUCT_BANK_STANDING, &expr_bool, &out->condition);
    if (suspend != NULL)
        is_read =
            compile(reader, suspend, CONDUCT_BANK_STANDING, &expr_int, &out->minutes) && is_read;
    is_read = copy_name(reader, yaml_get(node, "from"), out->from, sizeof out->from) && is_read;
    return copy_name(reader, warn != NULL ? warn : yaml_get(node, "because"), out->because,
                     sizeof out->because) &&
           is_read;
}

static bool read_duration(struct reader *reader, const struct yaml_node *node, int64_t *out_ms)
{
    return node == NULL || yaml_duration(node, reader->faults, out_ms);
}

static bool read_rest(struct reader *reader, const struct yaml_node *root)
{
    struct conduct_policy *policy = reader->policy;
    const struct yaml_node *kept = yaml_get(root, "keep");
    const struct yaml_node *after_suspension = yaml_get(root, "after_suspension");
    const struct yaml_node *time = yaml_get(root, "decay");
    const struct yaml_node *immune = yaml_get(root, "immunity");
    int64_t count = KEEP_DEFAULT;
    bool is_read = kept == NULL || yaml_int(kept, 1, CONDUCT_ENTRIES_MAX, reader->faults, &count);
    policy->keep = (int)count;
    policy->forgets_when_suspended =
        after_suspension != NULL && strcmp(after_suspension->text, "forget") == 0;
    is_read = read_points(reader, yaml_get(yaml_get(root, "good"), "takes"), &policy->good_takes) &&
              is_read;
    is_read = read_points(reader, yaml_get(time, "takes"), &policy->decay_takes) && is_read;
    is_read = read_duration(reader, yaml_get(time, "every"), &policy->decay_every_ms) && is_read;
    is_read =
        read_duration(reader, yaml_get(immune, "before"), &policy->immune_before_ms) && is_read;
    return read_duration(reader, yaml_get(immune, "after"), &policy->immune_after_ms) && is_read;
}

static bool read_policy(struct reader *reader, const struct yaml_node *root)
{
    const struct yaml_node *list = yaml_get(root, "outcomes");
    const struct yaml_node *judged = yaml_get(root, "judged");
    bool is_read = copy_name(reader, yaml_get(root, "conduct"), reader->policy->name,
                             sizeof reader->policy->name);
    if (judged != NULL)
        is_read = compile(reader, judged, CONDUCT_BANK_GAME, &expr_bool, &reader->policy->judged) &&
                  is_read;
    for (size_t i = 0; i < list->count; i++)
        is_read = read_outcome(reader, &list->items[i]) && is_read;
    list = yaml_get(root, "sanctions");
    for (size_t i = 0; i < list->count; i++)
        is_read = read_sanction(reader, &list->items[i]) && is_read;
    return read_rest(reader, root) && is_read;
}

enum status conduct_policy_read(struct arena *arena, const char *source, size_t size,
                                struct yaml_faults *faults, struct conduct_policy *out_policy)
{
    const struct yaml_node *root = NULL;
    struct conduct_policy policy = {0};
    struct reader reader = {arena, faults, &policy};
    enum status status = yaml_parse(arena, source, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    if (!yaml_check(root, &conduct_policy_shape, faults) || !read_policy(&reader, root))
        return arena_full(arena) ? STATUS_FULL : STATUS_INVALID_ARGUMENT;
    *out_policy = policy;
    return STATUS_OK;
}
