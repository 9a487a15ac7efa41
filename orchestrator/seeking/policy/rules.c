/* Reads the section `rules`: what each kind needs, and that waiting only ever widens it. */
#include "orchestrator/seeking/policy/reader.h"
#include "orchestrator/seeking/policy/waiting.h"

#include <string.h>

/* What the kinds are made of. */
static const struct kind {
    const char *name;
    const char *number; /* the key with the number that widening changes; NULL: none */
    double initial;     /* where the key may be missing; below 0: it may not */
    int direction;      /* +1: a greater number is wider; -1: a smaller one */
    bool needs_attribute;
    enum seeking_kind attribute;
    bool may_drop;
    bool is_duration;
} kinds[] = {
    [SEEKING_DISTANCE] = {"distance", "max", -1, +1, true, SEEKING_NUMBER, true, false},
    [SEEKING_RANGE] = {"range", "margin", 0, +1, true, SEEKING_NUMBER, true, false},
    [SEEKING_EQUAL] = {"equal", NULL, 0, +1, true, SEEKING_TEXT, true, false},
    [SEEKING_OVERLAP] = {"overlap", "min", -1, -1, true, SEEKING_TEXTS, true, false},
    [SEEKING_BLOCKS] = {"blocks", NULL, 0, +1, false, SEEKING_TEXT, false, false},
    [SEEKING_REPEATS] = {"repeats", "within", -1, -1, false, SEEKING_TEXT, true, true},
    [SEEKING_BANDS] = {"bands", "apart", 0, +1, true, SEEKING_NUMBER, true, false},
    [SEEKING_COLOURS] = {"colours", "max", -1, +1, true, SEEKING_NUMBER, true, false},
    [SEEKING_CONDITION] = {"condition", NULL, 0, +1, false, SEEKING_TEXT, true, false},
};

/* ---- numbers ----------------------------------------------------------------------------- */

static bool read_amount(struct reader *reader, const struct kind *kind,
                        const struct yaml_node *node, double *out)
{
    int64_t ms = 0;
    if (!kind->is_duration)
        return yaml_double(node, reader->faults, out) &&
               (*out >= 0 || yaml_error(reader->faults, node, "a rule's number is not negative"));
    if (!yaml_duration(node, reader->faults, &ms))
        return false;
    *out = (double)ms;
    return true;
}

static bool read_base(struct reader *reader, const struct yaml_pair *pair, const struct kind *kind,
                      struct seeking_rule *rule)
{
    if (kind->number == NULL)
        return true;
    const struct yaml_node *node = yaml_get(&pair->value, kind->number);
    rule->base = kind->initial;
    if (node != NULL)
        return read_amount(reader, kind, node, &rule->base);
    return kind->initial >= 0 ||
           yaml_error(reader->faults, &pair->key, "a rule of kind `%s` needs `%s`", kind->name,
                      kind->number);
}

/* ---- widening ---------------------------------------------------------------------------- */

static bool complain_narrowing(struct reader *reader, const struct yaml_node *node,
                               const struct seeking_rule *rule, double before)
{
    const struct kind *kind = &kinds[rule->kind];
    double unit = kind->is_duration ? 1000 : 1;
    yaml_error(reader->faults, node,
               "`%s` may only widen with waiting: %s is narrower than %g%s before it", rule->name,
               node->text, before / unit, kind->is_duration ? "s" : "");
    yaml_hint(reader->faults, "a wait must never cost a player an opponent: %s than %g%s",
              kind->direction > 0 ? "take more" : "take less", before / unit,
              kind->is_duration ? "s" : "");
    return false;
}

static bool read_steady(struct reader *reader, const struct yaml_node *node,
                        struct seeking_rule *rule)
{
    const struct kind *kind = &kinds[rule->kind];
    const struct yaml_node *by = yaml_get(node, "by");
    const struct yaml_node *to = yaml_get(node, "to");
    const struct yaml_node *every = yaml_get(node, "every");
    if (by == NULL || to == NULL)
        return yaml_error(reader->faults, every, "`every` needs `by` and `to`");
    if (rule->step_count > 0 || rule->every_ms > 0)
        return yaml_error(reader->faults, every, "`every` comes first and alone, but for a `drop`");
    if (!yaml_duration(every, reader->faults, &rule->every_ms) ||
        !read_amount(reader, kind, by, &rule->by) || !read_amount(reader, kind, to, &rule->to))
        return false;
    if (rule->every_ms == 0 || rule->by <= 0)
        return yaml_error(reader->faults, rule->by <= 0 ? by : every, "nothing would ever widen");
    rule->by *= kind->direction;
    return (rule->to - rule->base) * kind->direction > 0 ||
           complain_narrowing(reader, to, rule, rule->base);
}

static double widest_so_far(const struct seeking_rule *rule)
{
    if (rule->step_count > 0)
        return rule->steps[rule->step_count - 1].to;
    return rule->every_ms > 0 ? rule->to : rule->base;
}

static bool read_target(struct reader *reader, const struct yaml_node *node,
                        const struct seeking_rule *rule, struct seeking_step *step)
{
    const struct kind *kind = &kinds[rule->kind];
    const struct yaml_node *to = yaml_get(node, "to");
    const struct yaml_node *drop = yaml_get(node, "drop");
    if ((to == NULL) == (drop == NULL))
        return yaml_error(reader->faults, node, "a step has either `to` or `drop: true`");
    if (drop != NULL)
        return yaml_bool(drop, reader->faults, &step->is_dropped) &&
               (step->is_dropped ||
                yaml_error(reader->faults, drop, "`drop` is true or not there"));
    if (kind->number == NULL) {
        yaml_error(reader->faults, to, "a rule of kind `%s` has no number to widen", kind->name);
        yaml_hint(reader->faults, "`drop: true` ends it after a wait");
        return false;
    }
    if (!read_amount(reader, kind, to, &step->to))
        return false;
    double before = widest_so_far(rule);
    return (step->to - before) * kind->direction > 0 ||
           complain_narrowing(reader, to, rule, before);
}

static bool read_step(struct reader *reader, const struct yaml_node *node,
                      struct seeking_rule *rule)
{
    const struct yaml_node *after = yaml_get(node, "after");
    struct seeking_step step = {0};
    if (yaml_get(node, "every") != NULL)
        return read_steady(reader, node, rule);
    if (after == NULL)
        return yaml_error(reader->faults, node, "a step says `after` which wait");
    if (!yaml_duration(after, reader->faults, &step.after_ms))
        return false;
    const struct seeking_step *last =
        rule->step_count > 0 ? &rule->steps[rule->step_count - 1] : NULL;
    if (last != NULL && last->is_dropped)
        return yaml_error(reader->faults, node, "`%s` is dropped already", rule->name);
    if (last != NULL && step.after_ms <= last->after_ms)
        return yaml_error(reader->faults, after,
                          "steps come in order: each later than the one before");
    if (rule->every_ms > 0 && yaml_get(node, "to") != NULL)
        return yaml_error(reader->faults, node, "after `every` only a `drop` may follow");
    if (!read_target(reader, node, rule, &step))
        return false;
    rule->steps[rule->step_count++] = step;
    return true;
}

static bool read_widening(struct reader *reader, const struct yaml_node *list,
                          struct seeking_rule *rule)
{
    if (list == NULL)
        return true;
    if (!kinds[rule->kind].may_drop) {
        yaml_error(reader->faults, list, "waiting does not widen a rule of kind `%s`",
                   kinds[rule->kind].name);
        yaml_hint(reader->faults, "whom a player has blocked stays blocked");
        return false;
    }
    if (list->count > SEEKING_STEPS_MAX)
        return yaml_error(reader->faults, list, "at most %d steps", SEEKING_STEPS_MAX);
    for (size_t i = 0; i < list->count; i++)
        if (!read_step(reader, &list->items[i], rule))
            return false;
    return true;
}

/* ---- what only some kinds have ----------------------------------------------------------- */

static bool read_bands(struct reader *reader, const struct yaml_pair *pair,
                       struct seeking_rule *rule)
{
    const struct yaml_node *at = yaml_get(&pair->value, "at");
    if (at == NULL || at->count == 0 || at->count > SEEKING_BANDS_MAX)
        return yaml_error(reader->faults, at != NULL ? at : &pair->key,
                          "a rule of bands needs `at`, 1 to %d numbers", SEEKING_BANDS_MAX);
    for (size_t i = 0; i < at->count; i++) {
        if (!yaml_double(&at->items[i], reader->faults, &rule->bands[i]))
            return false;
        if (i > 0 && rule->bands[i] <= rule->bands[i - 1])
            return yaml_error(reader->faults, &at->items[i], "bands begin at rising numbers");
    }
    rule->band_count = (int)at->count;
    return true;
}

static bool read_range(struct reader *reader, const struct yaml_pair *pair,
                       struct seeking_rule *rule)
{
    const struct yaml_node *low = yaml_get(&pair->value, "low");
    const struct yaml_node *high = yaml_get(&pair->value, "high");
    if (low == NULL || high == NULL)
        return yaml_error(reader->faults, &pair->key,
                          "a rule of kind `range` needs `low` and `high`");
    return reader_attribute(reader, low, SEEKING_NUMBER, &rule->low) &&
           reader_attribute(reader, high, SEEKING_NUMBER, &rule->high) &&
           waiting_attribute_goes(reader, low, rule->low, EXPR_FALLS) &&
           waiting_attribute_goes(reader, high, rule->high, EXPR_RISES);
}

static bool read_condition(struct reader *reader, const struct yaml_pair *pair,
                           struct seeking_rule *rule)
{
    const struct yaml_node *condition = yaml_get(&pair->value, "if");
    if (condition == NULL)
        return yaml_error(reader->faults, &pair->key, "a rule of kind `condition` needs `if`");
    rule->program = reader_compile(reader, condition, READER_PAIR, &expr_bool);
    return rule->program != NULL &&
           waiting_goes(reader, condition, "a condition may not cease to hold with waiting",
                        rule->program, EXPR_RISES);
}

static bool read_repeats(struct reader *reader, const struct yaml_pair *pair,
                         struct seeking_rule *rule)
{
    static const char *const words[] = {"any", "aborted"};
    const struct yaml_node *games = yaml_get(&pair->value, "games");
    int index = 0;
    if (games != NULL && !yaml_enum(games, words, COUNT_OF(words), reader->faults, &index))
        return false;
    rule->aborted_only = index == 1;
    return true;
}

static bool read_particulars(struct reader *reader, const struct yaml_pair *pair,
                             struct seeking_rule *rule)
{
    switch (rule->kind) {
    case SEEKING_RANGE:
        return read_range(reader, pair, rule);
    case SEEKING_REPEATS:
        return read_repeats(reader, pair, rule);
    case SEEKING_BANDS:
        return read_bands(reader, pair, rule);
    case SEEKING_CONDITION:
        return read_condition(reader, pair, rule);
    case SEEKING_DISTANCE:
    case SEEKING_EQUAL:
    case SEEKING_OVERLAP:
    case SEEKING_BLOCKS:
    case SEEKING_COLOURS:
        return true;
    }
    return false;
}

/* Equality is asked of texts and of numbers. */
static bool read_attribute(struct reader *reader, const struct yaml_pair *pair,
                           const struct kind *kind, struct seeking_rule *rule)
{
    const struct yaml_node *of = yaml_get(&pair->value, "of");
    if (!kind->needs_attribute)
        return of == NULL || yaml_error(reader->faults, of,
                                        "a rule of kind `%s` looks at no attribute", kind->name);
    if (of == NULL)
        return yaml_error(reader->faults, &pair->key, "a rule of kind `%s` needs `of`", kind->name);
    int index = seeking_attribute_find(reader->policy, of->text);
    bool is_number = index >= 0 && reader->policy->attributes[index].kind == SEEKING_NUMBER;
    enum seeking_kind wanted =
        rule->kind == SEEKING_EQUAL && is_number ? SEEKING_NUMBER : kind->attribute;
    return reader_attribute(reader, of, wanted, &rule->attribute) &&
           waiting_attribute_goes(reader, of, rule->attribute, EXPR_STEADY);
}

/* Keys that another kind has would be silently forgotten. */
static bool check_keys(struct reader *reader, const struct yaml_pair *pair, const struct kind *kind)
{
    static const struct {
        const char *key;
        const char *kind; /* the only one with it; NULL: the one whose number it is */
    } own[] = {{"max", NULL},   {"min", NULL},      {"margin", NULL},  {"within", NULL},
               {"apart", NULL}, {"low", "range"},   {"high", "range"}, {"games", "repeats"},
               {"at", "bands"}, {"if", "condition"}};
    for (size_t i = 0; i < COUNT_OF(own); i++) {
        const struct yaml_pair *found = yaml_get_pair(&pair->value, own[i].key);
        bool belongs = own[i].kind != NULL
                           ? strcmp(own[i].kind, kind->name) == 0
                           : kind->number != NULL && strcmp(kind->number, own[i].key) == 0;
        if (found != NULL && !belongs)
            return yaml_error(reader->faults, &found->key, "a rule of kind `%s` has no `%s`",
                              kind->name, own[i].key);
    }
    return true;
}

static bool read_rule(struct reader *reader, const struct yaml_pair *pair)
{
    const char *words[COUNT_OF(kinds)];
    struct seeking_policy *policy = reader->policy;
    struct seeking_rule *rule = &policy->rules[policy->rule_count];
    int index = 0;
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        words[i] = kinds[i].name;
    *rule = (struct seeking_rule){.name = pair->key.text, .attribute = -1};
    if (!yaml_enum(yaml_get(&pair->value, "kind"), words, COUNT_OF(words), reader->faults, &index))
        return false;
    rule->kind = (enum seeking_rule_kind)index;
    const struct kind *kind = &kinds[index];
    if (!check_keys(reader, pair, kind) || !read_attribute(reader, pair, kind, rule) ||
        !read_base(reader, pair, kind, rule) || !read_particulars(reader, pair, rule) ||
        !read_widening(reader, yaml_get(&pair->value, "widen"), rule))
        return false;
    policy->rule_count++;
    return true;
}

bool reader_rules(struct reader *reader, const struct yaml_node *node)
{
    bool good = true;
    if (node == NULL)
        return true;
    if (node->count > SEEKING_RULES_MAX)
        return yaml_error(reader->faults, node, "at most %d rules", SEEKING_RULES_MAX);
    for (size_t i = 0; i < node->count; i++)
        good = read_rule(reader, &node->pairs[i]) && good;
    return good;
}
