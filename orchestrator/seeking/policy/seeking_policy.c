/* Reads policies/seeks/NAME.yaml: shapes for the keys, then one reader a section. */
#include "orchestrator/seeking/policy/seeking_policy.h"

#include <assert.h>
#include <string.h>

#include "orchestrator/seeking/policy/reader.h"
#include "orchestrator/seeking/policy/waiting.h"

/* ---- the keys ---------------------------------------------------------------------------- */

static const struct yaml_shape text = {.type = YAML_T_TEXT};
static const struct yaml_shape name = {.type = YAML_T_NAME};
static const struct yaml_shape number = {.type = YAML_T_DOUBLE};
static const struct yaml_shape whole = {.type = YAML_T_INT, .min = 0, .max = 1000000};
static const struct yaml_shape boolean = {.type = YAML_T_BOOL};
static const struct yaml_shape duration = {.type = YAML_T_DURATION};
static const struct yaml_shape expression = {.type = YAML_T_EXPRESSION};
static const struct yaml_shape any = {.type = YAML_T_ANY};
static const struct yaml_shape version = {.type = YAML_T_INT, .min = 1, .max = INT32_MAX};

#define WORDS(shape, ...)                                                                          \
    static const char *const shape##_words[] = {__VA_ARGS__};                                      \
    static const struct yaml_shape shape = {                                                       \
        .type = YAML_T_ENUM, .words = shape##_words, .count = COUNT_OF(shape##_words)}

WORDS(type_shape, "number", "text", "texts");
WORDS(source_shape, "client", "rating", "deviation", "games", "conduct", "balance", "waited",
      "misses");
WORDS(kind_shape, "distance", "range", "equal", "overlap", "blocks", "repeats", "bands", "colours",
      "condition");
WORDS(games_shape, "any", "aborted");
WORDS(age_shape, "newest", "oldest");
WORDS(aim_shape, "most", "best");

static const struct yaml_key attribute_keys[] = {
    {"type", &type_shape, true, "number, text or texts (a list)"},
    {"from", &source_shape, false, "who knows it: client (default), or the house"},
    {"default", &any, false, "where the client says nothing; without one it must"},
    {"value", &expression, false, "worked out from the attributes above it, as player.x"},
    {"min", &number, false, "least number a client may say"},
    {"max", &number, false, "greatest"},
    {"doc", &text, false, "one sentence for people"},
};
static const struct yaml_shape attribute_shape = {.name = "attribute",
                                                  .type = YAML_T_OBJECT,
                                                  .keys = attribute_keys,
                                                  .count = COUNT_OF(attribute_keys)};
static const struct yaml_shape attributes_shape = {.type = YAML_T_MAP, .item = &attribute_shape};

static const struct yaml_key step_keys[] = {
    {"after", &duration, false, "once both have waited so long"},
    {"to", &any, false, "the rule's number is this"},
    {"drop", &boolean, false, "the rule asks for nothing any more"},
    {"every", &duration, false, "steadily instead of at once: with each such time"},
    {"by", &any, false, "so much wider, no further than `to`"},
};
static const struct yaml_shape step_shape = {
    .name = "step", .type = YAML_T_OBJECT, .keys = step_keys, .count = COUNT_OF(step_keys)};
static const struct yaml_shape steps_shape = {.type = YAML_T_LIST, .item = &step_shape};
static const struct yaml_shape numbers_shape = {.type = YAML_T_LIST, .item = &number};

static const struct yaml_key rule_keys[] = {
    {"kind", &kind_shape, true, "what is compared"},
    {"of", &name, false, "the attribute it looks at"},
    {"max", &number, false, "distance: how far apart; colours: how many games owed the same side"},
    {"min", &number, false, "overlap: how many texts in common"},
    {"low", &name, false, "range: the attribute with a player's own lower bound"},
    {"high", &name, false, "range: ... and upper bound"},
    {"margin", &number, false, "range: how far outside is still good; default 0"},
    {"within", &duration, false, "repeats: how long two who have met stay apart"},
    {"games", &games_shape, false, "repeats: any game (default), or only aborted ones"},
    {"at", &numbers_shape, false, "bands: the numbers at which a new band begins, rising"},
    {"apart", &number, false, "bands: how many bands apart two may be; default 0"},
    {"if", &expression, false, "condition: over one.x and other.x, the same in both orders"},
    {"widen", &steps_shape, false, "what waiting does to the rule; it may only widen"},
    {"doc", &text, false, "one sentence for people"},
};
static const struct yaml_shape rule_shape = {
    .name = "rule", .type = YAML_T_OBJECT, .keys = rule_keys, .count = COUNT_OF(rule_keys)};
static const struct yaml_shape rules_shape = {.type = YAML_T_MAP, .item = &rule_shape};

static const struct yaml_key pair_keys[] = {
    {"cost", &expression, false, "a number over one.x and other.x: less is better"},
    {"limit", &expression, false, "no pair costs more than this"},
    {"near", &name, false, "candidates are looked for in the order of this attribute"},
    {"candidates", &whole, false,
     "how many possible opponents above each are looked at; default 8"},
    {"aim", &aim_shape, false,
     "most: as many pairs as possible (default); best: greatest total below the limit"},
};
static const struct yaml_shape pair_shape = {
    .name = "pair", .type = YAML_T_OBJECT, .keys = pair_keys, .count = COUNT_OF(pair_keys)};

static const struct yaml_key wave_keys[] = {
    {"period", &duration, false, "time between waves; default 10s"},
    {"jitter", &duration, false, "up to so much later, by lot"},
    {"size", &whole, false, "so many waiting make a wave at once; 0: none do"},
    {"pairs", &whole, false, "most pairs of one wave; 0: any number"},
};
static const struct yaml_shape wave_shape = {
    .name = "wave", .type = YAML_T_OBJECT, .keys = wave_keys, .count = COUNT_OF(wave_keys)};

static const struct yaml_key offer_keys[] = {
    {"within", &duration, true,
     "both must say yes within this; who did waits on with the old wait"},
};
static const struct yaml_shape offer_shape = {
    .type = YAML_T_OBJECT, .keys = offer_keys, .count = COUNT_OF(offer_keys)};

static const struct yaml_key pool_keys[] = {
    {"request", &any, true, "the game, as POST /v1/seeks takes it"},
    {"wave", &wave_shape, false, "what differs from the policy's own"},
};
static const struct yaml_shape pool_shape = {
    .name = "pool", .type = YAML_T_OBJECT, .keys = pool_keys, .count = COUNT_OF(pool_keys)};
static const struct yaml_shape pools_shape = {.type = YAML_T_MAP, .item = &pool_shape};

static const struct yaml_key limits_keys[] = {
    {"open", &whole, false,
     "live seeks and pool places a player may have at a time; 0: any number"},
    {"correspondence", &whole, false, "seeks by letter, counted apart; 0: any number"},
    {"expires", &duration, false, "a live seek ends after this"},
    {"expires_correspondence", &duration, false, "a seek by letter does"},
    {"gone", &duration, false,
     "a live seek or place in a pool ends when its owner has had no connection for so long"},
    {"before_event", &duration, false, "no seek so shortly before a paired round of an event"},
};
static const struct yaml_shape limits_shape = {
    .name = "limits", .type = YAML_T_OBJECT, .keys = limits_keys, .count = COUNT_OF(limits_keys)};

static const struct yaml_key check_keys[] = {
    {"name", &name, true, "stable, for programs"},
    {"if", &expression, true, "what must hold"},
    {"message", &expression, false, "what the person is told where it does not"},
};
static const struct yaml_shape check_shape = {
    .name = "check", .type = YAML_T_OBJECT, .keys = check_keys, .count = COUNT_OF(check_keys)};
static const struct yaml_shape checks_shape = {.type = YAML_T_LIST, .item = &check_shape};
static const struct yaml_shape flags_shape = {.type = YAML_T_MAP, .item = &boolean};
static const struct yaml_shape values_shape = {.type = YAML_T_MAP, .item = &expression};

static const struct yaml_key policy_keys[] = {
    {"seeks", &name, true, "the policy's name"},
    {"version", &version, false, "grows with every published change; default 1"},
    {"doc", &text, false, "one sentence for people"},
    {"compat", &flags_shape, false, "named deviations, on or off, as compat.x in expressions"},
    {"attributes", &attributes_shape, false, "what is known of a player who waits"},
    {"rules", &rules_shape, false, "what keeps two players apart"},
    {"age", &age_shape, false,
     "whose wait counts for a pair: the newest's (default) or the oldest's"},
    {"pair", &pair_shape, false, "what makes one pair better than another"},
    {"wave", &wave_shape, false, "when pairs are made"},
    {"offer", &offer_shape, false, "pairs are offered, and begin when both have accepted"},
    {"pools", &pools_shape, false, "what can be waited for"},
    {"limits", &limits_shape, false, "how many seeks, and how long"},
    {"define", &values_shape, false, "values worked out from a request, as define.x below them"},
    {"rating_pool", &name, false, "which defined value names the rating pool of a request"},
    {"request", &checks_shape, false,
     "what a game's request must keep; the first that fails refuses"},
    {"post", &checks_shape, false, "... and whoever posts a seek"},
    {"accept", &checks_shape, false, "... and whoever accepts one"},
    {"see", &checks_shape, false, "... and whoever is shown one"},
};
const struct yaml_shape seeking_policy_shape = {.name = "seeks",
                                                .type = YAML_T_OBJECT,
                                                .doc = "Who may play whom, and when",
                                                .keys = policy_keys,
                                                .count = COUNT_OF(policy_keys)};

/* ---- attributes -------------------------------------------------------------------------- */

static const enum seeking_kind source_kind = SEEKING_NUMBER; /* of whatever the house knows */

static bool read_default(struct reader *reader, const struct yaml_node *node,
                         struct seeking_attribute *attribute)
{
    double read = 0;
    switch (attribute->kind) {
    case SEEKING_NUMBER:
        if (!yaml_double(node, reader->faults, &read))
            return false;
        attribute->initial = value_double(read);
        return true;
    case SEEKING_TEXT:
        if (node->kind != YAML_SCALAR)
            return yaml_error(reader->faults, node, "a text, not a list");
        attribute->initial = value_text(node->text);
        return true;
    case SEEKING_TEXTS:
        break;
    }
    if (node->kind != YAML_SEQUENCE || node->count > SEEKING_WORDS_MAX)
        return yaml_error(reader->faults, node, "a list of at most %d texts", SEEKING_WORDS_MAX);
    struct value *items = arena_array(reader->arena, node->count, sizeof *items);
    for (size_t i = 0; items != NULL && i < node->count; i++)
        items[i] = value_text(node->items[i].text);
    attribute->initial = value_list(items, items != NULL ? node->count : 0);
    return items != NULL;
}

static bool read_attribute(struct reader *reader, const struct yaml_pair *pair)
{
    struct seeking_policy *policy = reader->policy;
    struct seeking_attribute *attribute = &policy->attributes[policy->attribute_count];
    const struct yaml_node *from = yaml_get(&pair->value, "from");
    const struct yaml_node *value = yaml_get(&pair->value, "value");
    const struct yaml_node *initial = yaml_get(&pair->value, "default");
    int kind = 0, source = 0;
    *attribute = (struct seeking_attribute){.name = pair->key.text};
    if (!yaml_enum(yaml_get(&pair->value, "type"), type_shape.words, type_shape.count,
                   reader->faults, &kind) ||
        (from != NULL &&
         !yaml_enum(from, source_shape.words, source_shape.count, reader->faults, &source)))
        return false;
    attribute->kind = (enum seeking_kind)kind;
    attribute->source = (enum seeking_source)source;
    if (value != NULL && (from != NULL || initial != NULL))
        return yaml_error(reader->faults, value, "an attribute with a `value` has no `%s`",
                          from != NULL ? "from" : "default");
    if (source != SEEKING_FROM_CLIENT && attribute->kind != source_kind)
        return yaml_error(reader->faults, from, "`%s` is a number", from->text);
    if (initial != NULL && !read_default(reader, initial, attribute))
        return false;
    if (value != NULL) {
        attribute->source = SEEKING_FROM_VALUE;
        attribute->program =
            reader_compile(reader, value, READER_PLAYER, reader_attribute_type(attribute->kind));
        if (attribute->program == NULL)
            return false;
    }
    policy->attribute_count++;
    bool good = reader_number(reader, &pair->value, "min", &attribute->min) &&
                reader_number(reader, &pair->value, "max", &attribute->max);
    waiting_note(reader);
    return good;
}

static bool read_attributes(struct reader *reader, const struct yaml_node *node)
{
    bool good = true;
    if (node == NULL)
        return true;
    if (node->count > SEEKING_ATTRIBUTES_MAX)
        return yaml_error(reader->faults, node, "at most %d attributes", SEEKING_ATTRIBUTES_MAX);
    for (size_t i = 0; i < node->count; i++)
        good = read_attribute(reader, &node->pairs[i]) && good;
    return good;
}

/* ---- pairs, waves, pools, limits --------------------------------------------------------- */

/* Where a limit holds, a pair that it admits is admitted for good. */
static bool check_price(struct reader *reader, const struct yaml_node *node)
{
    const struct seeking_policy *policy = reader->policy;
    if (policy->limit == NULL)
        return true;
    bool good = waiting_goes(reader, yaml_get(node, "limit"), "a limit may not fall with waiting",
                             policy->limit, EXPR_RISES);
    if (policy->cost == NULL)
        return waiting_attribute_goes(reader, yaml_get(node, "near"), policy->near, EXPR_STEADY) &&
               good;
    return waiting_goes(reader, yaml_get(node, "cost"), "a price may not grow with waiting",
                        policy->cost, EXPR_FALLS) &&
           good;
}

static bool read_pair(struct reader *reader, const struct yaml_node *node)
{
    struct seeking_policy *policy = reader->policy;
    const struct yaml_node *aim = yaml_get(node, "aim");
    const struct yaml_node *cost = yaml_get(node, "cost");
    const struct yaml_node *limit = yaml_get(node, "limit");
    int index = 0;
    bool good = reader_attribute(reader, yaml_get(node, "near"), SEEKING_NUMBER, &policy->near);
    good = reader_whole(reader, node, "candidates", &policy->candidates) && good;
    if (aim != NULL)
        good = yaml_enum(aim, aim_shape.words, aim_shape.count, reader->faults, &index) && good;
    policy->aim = (enum seeking_aim)index;
    if (cost != NULL)
        policy->cost = reader_compile(reader, cost, READER_PAIR, &expr_double);
    if (limit != NULL)
        policy->limit = reader_compile(reader, limit, READER_PAIR, &expr_double);
    if (policy->aim == SEEKING_BEST_PAIRS && limit == NULL) {
        yaml_error(reader->faults, aim,
                   "`aim: best` measures pairs by what they stay below `limit`");
        yaml_hint(reader->faults, "give a `limit`, or aim for the most pairs");
        return false;
    }
    return good && (cost == NULL || policy->cost != NULL) &&
           (limit == NULL || policy->limit != NULL) && check_price(reader, node);
}

static bool read_clock(struct reader *reader, const struct yaml_node *node,
                       struct seeking_clock *clock)
{
    int64_t size = clock->size;
    const struct yaml_node *period = yaml_get(node, "period");
    bool good = reader_duration(reader, node, "period", &clock->period_ms) &&
                reader_duration(reader, node, "jitter", &clock->jitter_ms) &&
                reader_whole(reader, node, "size", &size);
    clock->size = (int32_t)size;
    if (good && period != NULL && clock->period_ms < 100)
        return yaml_error(reader->faults, period, "waves come at least 100ms apart");
    return good;
}

static bool read_pool(struct reader *reader, const struct yaml_pair *pair)
{
    struct seeking_policy *policy = reader->policy;
    struct seeking_pool *pool = &policy->pools[policy->pool_count];
    const struct yaml_node *request = yaml_get(&pair->value, "request");
    *pool = (struct seeking_pool){.name = pair->key.text, .clock = policy->clock};
    if (pair->key.size >= 40)
        return yaml_error(reader->faults, &pair->key, "a pool's name has at most 39 letters");
    if (request->kind != YAML_MAPPING)
        return yaml_error(reader->faults, request, "a request is a mapping");
    if (!reader_value(reader, request, &pool->request) ||
        !read_clock(reader, yaml_get(&pair->value, "wave"), &pool->clock))
        return false;
    policy->pool_count++;
    return true;
}

static bool read_pools(struct reader *reader, const struct yaml_node *node)
{
    bool good = true;
    if (node == NULL)
        return true;
    if (node->count > SEEKING_POOLS_MAX)
        return yaml_error(reader->faults, node, "at most %d pools", SEEKING_POOLS_MAX);
    for (size_t i = 0; i < node->count; i++)
        good = read_pool(reader, &node->pairs[i]) && good;
    return good;
}

static bool read_limits(struct reader *reader, const struct yaml_node *node)
{
    struct seeking_limits *limits = &reader->policy->limits;
    bool good = reader_whole(reader, node, "open", &limits->open);
    good = reader_whole(reader, node, "correspondence", &limits->correspondence) && good;
    good = reader_duration(reader, node, "expires", &limits->expires_ms) && good;
    good = reader_duration(reader, node, "expires_correspondence",
                           &limits->expires_correspondence_ms) &&
           good;
    good = reader_duration(reader, node, "gone", &limits->gone_ms) && good;
    return reader_duration(reader, node, "before_event", &limits->event_ms) && good;
}

/* ---- compat, values, checks -------------------------------------------------------------- */

static bool is_listed(const char *const *list, const char *word)
{
    for (; list != NULL && *list != NULL; list++)
        if (strcmp(*list, word) == 0)
            return true;
    return false;
}

static bool read_compat(struct reader *reader, const struct yaml_node *node,
                        const char *const *switched_on)
{
    struct seeking_policy *policy = reader->policy;
    if (node == NULL)
        return true;
    if (node->count > COUNT_OF(policy->compat))
        return yaml_error(reader->faults, node, "at most %zu deviations", COUNT_OF(policy->compat));
    for (size_t i = 0; i < node->count; i++) {
        bool is_on = false;
        if (!yaml_bool(&node->pairs[i].value, reader->faults, &is_on))
            return false;
        policy->compat_names[i] = node->pairs[i].key.text;
        policy->compat[i] = value_bool(is_on || is_listed(switched_on, policy->compat_names[i]));
        policy->compat_count++;
    }
    return true;
}

static bool read_values(struct reader *reader, const struct yaml_node *node)
{
    struct seeking_policy *policy = reader->policy;
    if (node == NULL)
        return true;
    if (node->count > SEEKING_VALUES_MAX)
        return yaml_error(reader->faults, node, "at most %d values", SEEKING_VALUES_MAX);
    for (size_t i = 0; i < node->count; i++) {
        struct seeking_value *value = &policy->values[policy->value_count];
        value->name = node->pairs[i].key.text;
        value->program = reader_compile(reader, &node->pairs[i].value, READER_REQUEST, NULL);
        if (value->program == NULL)
            return false;
        value->type = expr_result_type(value->program);
        policy->value_count++;
    }
    return true;
}

static bool read_rating_pool(struct reader *reader, const struct yaml_node *node)
{
    struct seeking_policy *policy = reader->policy;
    const char *words[SEEKING_VALUES_MAX];
    if (node == NULL)
        return true;
    policy->rating_pool = seeking_value_find(policy, node->text);
    if (policy->rating_pool >= 0)
        return policy->values[policy->rating_pool].type->kind == EXPR_STRING ||
               yaml_error(reader->faults, node, "`%s` is no text", node->text);
    for (int i = 0; i < policy->value_count; i++)
        words[i] = policy->values[i].name;
    yaml_error(reader->faults, node, "`define` has no value `%s`", node->text);
    yaml_hint_nearest(reader->faults, node->text, words, (size_t)policy->value_count);
    return false;
}

static bool read_checks(struct reader *reader, const struct yaml_node *node,
                        enum reader_scope scope, struct seeking_checks *out)
{
    bool good = true;
    if (node == NULL)
        return true;
    if (node->count > SEEKING_CHECKS_MAX)
        return yaml_error(reader->faults, node, "at most %d checks", SEEKING_CHECKS_MAX);
    struct seeking_check *items = arena_array(reader->arena, node->count, sizeof *items);
    for (size_t i = 0; items != NULL && i < node->count; i++) {
        const struct yaml_node *message = yaml_get(&node->items[i], "message");
        items[i].name = yaml_get(&node->items[i], "name")->text;
        items[i].program =
            reader_compile(reader, yaml_get(&node->items[i], "if"), scope, &expr_bool);
        if (message != NULL)
            items[i].message = reader_compile(reader, message, scope, &expr_string);
        good = items[i].program != NULL && (message == NULL || items[i].message != NULL) && good;
    }
    *out = (struct seeking_checks){items, node->count};
    return items != NULL && good;
}

/* ---- the file ---------------------------------------------------------------------------- */

static bool read_head(struct reader *reader, const struct yaml_node *root)
{
    struct seeking_policy *policy = reader->policy;
    const struct yaml_node *doc = yaml_get(root, "doc");
    const struct yaml_node *age = yaml_get(root, "age");
    int index = 0;
    policy->name = yaml_get(root, "seeks")->text;
    policy->doc = doc != NULL ? doc->text : "";
    if (age != NULL && !yaml_enum(age, age_shape.words, age_shape.count, reader->faults, &index))
        return false;
    policy->age = (enum seeking_age)index;
    const struct yaml_node *number_of = yaml_get(root, "version");
    return number_of == NULL ||
           yaml_int(number_of, version.min, version.max, reader->faults, &policy->version);
}

static bool read_waves(struct reader *reader, const struct yaml_node *root)
{
    struct seeking_policy *policy = reader->policy;
    const struct yaml_node *wave = yaml_get(root, "wave");
    bool good = read_clock(reader, wave, &policy->clock);
    good = reader_whole(reader, wave, "pairs", &policy->pairs_max) && good;
    good = reader_duration(reader, yaml_get(root, "offer"), "within", &policy->accept_ms) && good;
    return read_pools(reader, yaml_get(root, "pools")) && good;
}

static bool read_lists(struct reader *reader, const struct yaml_node *root)
{
    struct seeking_policy *policy = reader->policy;
    bool good = read_checks(reader, yaml_get(root, "request"), READER_REQUEST, &policy->request);
    good = read_checks(reader, yaml_get(root, "post"), READER_SEEK, &policy->post) && good;
    good = read_checks(reader, yaml_get(root, "accept"), READER_SEEK, &policy->accept) && good;
    return read_checks(reader, yaml_get(root, "see"), READER_SEEK, &policy->see) && good;
}

/* Later sections name what earlier ones declare: an error there would only repeat itself. */
static bool read_all(struct reader *reader, const struct yaml_node *root, const char *const *compat)
{
    return read_head(reader, root) && read_compat(reader, yaml_get(root, "compat"), compat) &&
           read_attributes(reader, yaml_get(root, "attributes")) &&
           reader_rules(reader, yaml_get(root, "rules")) &&
           read_pair(reader, yaml_get(root, "pair")) && read_waves(reader, root) &&
           read_limits(reader, yaml_get(root, "limits")) &&
           read_values(reader, yaml_get(root, "define")) &&
           read_rating_pool(reader, yaml_get(root, "rating_pool")) && read_lists(reader, root);
}

enum status seeking_policy_read(struct arena *arena, const char *source, size_t size,
                                const char *const *compat, struct yaml_faults *faults,
                                const struct seeking_policy **out_policy)
{
    const struct yaml_node *root;
    enum status status = yaml_parse(arena, source, size, faults, &root);
    if (status != STATUS_OK)
        return status;
    if (!yaml_check(root, &seeking_policy_shape, faults))
        return STATUS_INVALID_ARGUMENT;
    struct seeking_policy *policy = arena_alloc(arena, sizeof *policy);
    if (policy == NULL)
        return STATUS_FULL;
    *policy = (struct seeking_policy){.version = 1,
                                      .near = -1,
                                      .candidates = 8,
                                      .rating_pool = -1,
                                      .clock = {.period_ms = 10000}};
    struct reader reader = {.arena = arena, .faults = faults, .policy = policy};
    if (!read_all(&reader, root, compat))
        return arena_full(arena) ? STATUS_FULL : STATUS_INVALID_ARGUMENT;
    *out_policy = policy;
    return STATUS_OK;
}
