/* Reads policies/ratings/NAME.yaml: one table of keys, where each goes, and one loop. */
#include "orchestrator/rating/rating_policy.h"

#include <stddef.h>
#include <string.h>

static const char *const SYSTEMS[] = {"none", "glicko2", "woogles", "elo", "fide", "uscf"};
static const char *const TIMINGS[] = {"game", "event", "period"};
static const char *const GROWTHS[] = {"period", "elapsed", "before"};

static const struct yaml_shape NAME = {.type = YAML_T_NAME};
static const struct yaml_shape NUMBER = {.type = YAML_T_DOUBLE};
static const struct yaml_shape COUNT = {.type = YAML_T_INT, .min = 0, .max = 1000000};
static const struct yaml_shape FLAG = {.type = YAML_T_BOOL};
static const struct yaml_shape DURATION = {.type = YAML_T_DURATION};
static const struct yaml_shape TEXT = {.type = YAML_T_TEXT};
static const struct yaml_shape SYSTEM = {
    .type = YAML_T_ENUM, .words = SYSTEMS, .count = COUNT_OF(SYSTEMS)};
static const struct yaml_shape TIMING = {
    .type = YAML_T_ENUM, .words = TIMINGS, .count = COUNT_OF(TIMINGS)};
static const struct yaml_shape GROWTH = {
    .type = YAML_T_ENUM, .words = GROWTHS, .count = COUNT_OF(GROWTHS)};

#define KEY(key, kind, text)                                                                       \
    {                                                                                              \
        .name = key, .shape = &(kind), .doc = text                                                 \
    }
#define SECTION(name, keys_of)                                                                     \
    static const struct yaml_shape name = {                                                        \
        .type = YAML_T_OBJECT, .keys = keys_of, .count = COUNT_OF(keys_of)}

static const struct yaml_key INITIAL_KEYS[] = {
    KEY("rating", NUMBER, "the rating of somebody who has never played"),
    KEY("deviation", NUMBER, "how uncertain that is, in rating points"),
    KEY("volatility", NUMBER, "how erratic results are expected to be"),
};
SECTION(INITIAL, INITIAL_KEYS);

static const struct yaml_key RANGE_KEYS[] = {
    KEY("min", NUMBER, "never below this"),
    KEY("max", NUMBER, "never above this"),
};
SECTION(RANGE, RANGE_KEYS);

static const struct yaml_key PROVISIONAL_KEYS[] = {
    KEY("deviation", NUMBER, "provisional while the deviation is above this; 0 = never"),
    KEY("games", COUNT, "provisional while fewer games than this"),
};
SECTION(PROVISIONAL, PROVISIONAL_KEYS);

static const struct yaml_key SPREAD_KEYS[] = {
    KEY("scale", NUMBER, "a win by this many points is a full result"),
    KEY("boost_min", NUMBER, "what a bare win is worth above a draw among beginners, 0 to 0.5"),
    KEY("steepness", NUMBER, "how fast that grows with strength"),
};
SECTION(SPREAD, SPREAD_KEYS);

static const struct yaml_key STEP_KEYS[] = {
    {.name = "factor", .shape = &NUMBER, .is_required = true, .doc = "K"},
    KEY("games_below", COUNT, "for players with fewer rated games than this"),
    KEY("rating_below", NUMBER, "for players rated below this"),
    KEY("peak_below", NUMBER, "for players who never reached this"),
    KEY("juniors", FLAG, "for players under 18 only"),
};
SECTION(STEP, STEP_KEYS);
static const struct yaml_shape STEPS = {.type = YAML_T_LIST, .item = &STEP};

static const struct yaml_key GAP_KEYS[] = {
    KEY("max", NUMBER, "larger differences of rating count as this"),
    KEY("max_below", NUMBER, "only for players rated below this; 0 = for all"),
    KEY("refuse", NUMBER, "games with this difference or more are not rated"),
    KEY("refuse_above", NUMBER, "... where one of the two is rated above this"),
};
SECTION(GAP, GAP_KEYS);

static const struct yaml_key FIDE_KEYS[] = {
    KEY("initial_games", COUNT, "results against rated players before the first rating"),
    KEY("initial_max", NUMBER, "highest first rating"),
};
SECTION(FIDE, FIDE_KEYS);

static const struct yaml_key USCF_KEYS[] = {
    KEY("bonus", NUMBER, "threshold of the bonus for surprising events"),
    KEY("established_games", COUNT, "established with more games than this"),
};
SECTION(USCF, USCF_KEYS);

static const struct yaml_key POLICY_KEYS[] = {
    {.name = "name", .shape = &NAME, .is_required = true, .doc = "what formats call it"},
    KEY("about", TEXT, "one sentence for people who choose"),
    {.name = "system", .shape = &SYSTEM, .is_required = true, .doc = "whose formula"},
    KEY("per", TIMING, "when results become ratings"),
    KEY("growth", GROWTH, "how uncertainty grows with time away"),
    KEY("period", DURATION, "length of a rating period"),
    KEY("initial", INITIAL, "newcomers"),
    KEY("rating", RANGE, "bounds of ratings"),
    KEY("deviation", RANGE, "bounds of deviations"),
    KEY("volatility_max", NUMBER, "highest volatility"),
    KEY("tau", NUMBER, "how much volatility may change"),
    KEY("tolerance", NUMBER, "when the search for the new volatility stops"),
    KEY("iterations_max", COUNT, "... at the latest"),
    KEY("change_max", NUMBER, "most one update moves a rating; 0 = no limit"),
    KEY("first_advantage", NUMBER, "rating points that moving first is worth"),
    KEY("gain_factor", NUMBER, "multiplies gains"),
    KEY("provisional", PROVISIONAL, "when a rating is shown with a question mark"),
    KEY("bots", NUMBER, "share a game against a bot counts with, 0 to 1"),
    KEY("forfeits", FLAG, "games won without play are rated"),
    KEY("turns_min", COUNT, "shorter games outside tournaments are not rated"),
    KEY("spread", SPREAD, "results by margin (system woogles)"),
    KEY("k", STEPS, "K factors (elo, fide); the first step that fits counts"),
    KEY("gap", GAP, "players far apart (elo, fide)"),
    KEY("fide", FIDE, "first ratings (fide)"),
    KEY("uscf", USCF, "bonus and floors (uscf)"),
};

const struct yaml_shape rating_policy_shape = {
    .name = "rating_policy",
    .type = YAML_T_OBJECT,
    .doc = "what a result is worth",
    .keys = POLICY_KEYS,
    .count = COUNT_OF(POLICY_KEYS),
};

/* Where a key's value goes. */
enum field_kind { FIELD_DOUBLE, FIELD_INT, FIELD_BOOL, FIELD_DURATION };

struct field {
    const char *section; /* NULL: a key of the policy itself */
    const char *key;
    enum field_kind kind;
    size_t offset;
};

#define AT(member) offsetof(struct rating_policy, member)

static const struct field FIELDS[] = {
    {NULL, "period", FIELD_DURATION, AT(period_ms)},
    {"initial", "rating", FIELD_DOUBLE, AT(initial_rating)},
    {"initial", "deviation", FIELD_DOUBLE, AT(initial_deviation)},
    {"initial", "volatility", FIELD_DOUBLE, AT(initial_volatility)},
    {"rating", "min", FIELD_DOUBLE, AT(rating_min)},
    {"rating", "max", FIELD_DOUBLE, AT(rating_max)},
    {"deviation", "min", FIELD_DOUBLE, AT(deviation_min)},
    {"deviation", "max", FIELD_DOUBLE, AT(deviation_max)},
    {NULL, "volatility_max", FIELD_DOUBLE, AT(volatility_max)},
    {NULL, "tau", FIELD_DOUBLE, AT(tau)},
    {NULL, "tolerance", FIELD_DOUBLE, AT(tolerance)},
    {NULL, "iterations_max", FIELD_INT, AT(iterations_max)},
    {NULL, "change_max", FIELD_DOUBLE, AT(change_max)},
    {NULL, "first_advantage", FIELD_DOUBLE, AT(first_advantage)},
    {NULL, "gain_factor", FIELD_DOUBLE, AT(gain_factor)},
    {"provisional", "deviation", FIELD_DOUBLE, AT(provisional_deviation)},
    {"provisional", "games", FIELD_INT, AT(provisional_games)},
    {NULL, "bots", FIELD_DOUBLE, AT(bot_factor)},
    {NULL, "forfeits", FIELD_BOOL, AT(rates_forfeits)},
    {NULL, "turns_min", FIELD_INT, AT(turns_min)},
    {"spread", "scale", FIELD_DOUBLE, AT(spread_scale)},
    {"spread", "boost_min", FIELD_DOUBLE, AT(spread_boost_min)},
    {"spread", "steepness", FIELD_DOUBLE, AT(spread_steepness)},
    {"gap", "max", FIELD_DOUBLE, AT(gap_max)},
    {"gap", "max_below", FIELD_DOUBLE, AT(gap_max_below)},
    {"gap", "refuse", FIELD_DOUBLE, AT(refuse_gap)},
    {"gap", "refuse_above", FIELD_DOUBLE, AT(refuse_above)},
    {"fide", "initial_games", FIELD_INT, AT(initial_games)},
    {"fide", "initial_max", FIELD_DOUBLE, AT(initial_rating_max)},
    {"uscf", "bonus", FIELD_DOUBLE, AT(uscf_bonus)},
    {"uscf", "established_games", FIELD_INT, AT(uscf_established_games)},
};

/* The tree has been held against the shape: values read as their types. */
static bool put_field(const struct field *field, const struct yaml_node *node,
                      struct yaml_faults *faults, struct rating_policy *policy)
{
    void *place = (char *)policy + field->offset;
    int64_t whole = 0;
    switch (field->kind) {
    case FIELD_DOUBLE:
        return yaml_double(node, faults, place);
    case FIELD_BOOL:
        return yaml_bool(node, faults, place);
    case FIELD_DURATION:
        return yaml_duration(node, faults, place);
    case FIELD_INT:
        break;
    }
    if (!yaml_int(node, COUNT.min, COUNT.max, faults, &whole))
        return false;
    *(int *)place = (int)whole;
    return true;
}

static bool put_fields(const struct yaml_node *root, struct yaml_faults *faults,
                       struct rating_policy *policy)
{
    bool good = true;
    for (size_t i = 0; i < COUNT_OF(FIELDS); i++) {
        const struct field *field = &FIELDS[i];
        const struct yaml_node *holder =
            field->section != NULL ? yaml_get(root, field->section) : root;
        const struct yaml_node *node = yaml_get(holder, field->key);
        if (node != NULL)
            good = put_field(field, node, faults, policy) && good;
    }
    return good;
}

static bool put_step(const struct yaml_node *node, struct yaml_faults *faults,
                     struct rating_step *step)
{
    int64_t games = 0;
    bool good = yaml_double(yaml_get(node, "factor"), faults, &step->factor);
    const struct yaml_node *value = yaml_get(node, "games_below");
    if (value != NULL)
        good = yaml_int(value, COUNT.min, COUNT.max, faults, &games) && good;
    step->games_below = (int)games;
    value = yaml_get(node, "rating_below");
    if (value != NULL)
        good = yaml_double(value, faults, &step->rating_below) && good;
    value = yaml_get(node, "peak_below");
    if (value != NULL)
        good = yaml_double(value, faults, &step->peak_below) && good;
    value = yaml_get(node, "juniors");
    if (value != NULL)
        good = yaml_bool(value, faults, &step->juniors_only) && good;
    return good;
}

static bool put_steps(const struct yaml_node *root, struct yaml_faults *faults,
                      struct rating_policy *policy)
{
    const struct yaml_node *list = yaml_get(root, "k");
    bool good = true;
    if (list == NULL)
        return true;
    if (list->count > RATING_STEPS_MAX)
        return yaml_error(faults, list, "at most %d steps", RATING_STEPS_MAX);
    memset(policy->steps, 0, sizeof policy->steps);
    policy->step_count = (int)list->count;
    for (size_t i = 0; i < list->count; i++)
        good = put_step(&list->items[i], faults, &policy->steps[i]) && good;
    return good;
}

/* One of the words of a key; `out` as it was where the key is missing. */
static bool put_word(const struct yaml_node *root, const char *key, const struct yaml_shape *shape,
                     struct yaml_faults *faults, int *out)
{
    const struct yaml_node *node = yaml_get(root, key);
    return node == NULL || yaml_enum(node, shape->words, shape->count, faults, out);
}

static bool put_name(const struct yaml_node *root, struct yaml_faults *faults,
                     struct rating_policy *policy)
{
    const struct yaml_node *node = yaml_get(root, "name");
    const char *name;
    if (!yaml_name(node, false, faults, &name))
        return false;
    if (strlen(name) >= RATING_NAME_MAX)
        return yaml_error(faults, node, "a name has at most %d letters", RATING_NAME_MAX - 1);
    memset(policy->name, 0, sizeof policy->name);
    memcpy(policy->name, name, strlen(name));
    return true;
}

/* The tree into a policy that starts as its system's built-in one. */
static bool fill(const struct yaml_node *root, struct yaml_faults *faults,
                 struct rating_policy *policy)
{
    int system = 0;
    int timing;
    int growth;
    if (!put_word(root, "system", &SYSTEM, faults, &system) ||
        rating_policy_named(SYSTEMS[system], policy) != STATUS_OK)
        return false;
    timing = (int)policy->timing;
    growth = (int)policy->growth;
    bool good = put_word(root, "per", &TIMING, faults, &timing);
    good = put_word(root, "growth", &GROWTH, faults, &growth) && good;
    policy->timing = (enum rating_timing)timing;
    policy->growth = (enum rating_growth)growth;
    good = put_name(root, faults, policy) && good;
    good = put_fields(root, faults, policy) && good;
    return put_steps(root, faults, policy) && good;
}

/* Puts the fault of the check at the key it names, as far as the file has it. */
static void report_check(const struct yaml_node *root, const struct fault *fault,
                         struct yaml_faults *faults)
{
    char key[FAULT_TEXT_MAX];
    size_t size = strcspn(fault->text, " ");
    memcpy(key, fault->text, size);
    key[size] = '\0';
    char *dot = strchr(key, '.');
    if (dot != NULL)
        *dot = '\0';
    const struct yaml_node *node = yaml_get(root, key);
    const struct yaml_node *inner = dot != NULL ? yaml_get(node, dot + 1) : NULL;
    yaml_error(faults, inner != NULL ? inner : node, "%s", fault->text);
}

enum status rating_policy_read(const char *text, size_t size, struct arena *arena,
                               struct yaml_faults *faults, struct rating_policy *out_policy)
{
    const struct yaml_node *root;
    struct rating_policy policy;
    struct fault fault = {0};
    enum status status = yaml_parse(arena, text, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    if (!yaml_check(root, &rating_policy_shape, faults) || !fill(root, faults, &policy))
        return STATUS_INVALID_ARGUMENT;
    if (rating_policy_check(&policy, &fault) != STATUS_OK) {
        report_check(root, &fault, faults);
        return STATUS_INVALID_ARGUMENT;
    }
    *out_policy = policy;
    return STATUS_OK;
}
