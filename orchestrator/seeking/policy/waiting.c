/* Holds expressions against waiting: a proof by their form, and examples for people by trying. */
#include "orchestrator/seeking/policy/waiting.h"

#include <math.h>

#include "base/random.h"
#include "orchestrator/seeking/frame.h"

enum { TRIES = 400, BUDGET = 20000 };

/* ---- what is known of attributes --------------------------------------------------------- */

static struct expr_trend attribute_trend(void *user, unsigned bank, unsigned index)
{
    const struct reader *reader = user;
    (void)bank; /* either player's */
    return reader->trends[index];
}

static struct expr_trend said_trend(const struct seeking_attribute *attribute)
{
    bool is_bounded = attribute->kind == SEEKING_NUMBER && attribute->min < attribute->max;
    struct expr_trend trend = {EXPR_STEADY, -INFINITY, INFINITY, false};
    if (!is_bounded || attribute->source != SEEKING_FROM_CLIENT)
        return trend;
    bool has_initial = attribute->initial.kind == VALUE_DOUBLE;
    trend.low = has_initial ? fmin(attribute->min, attribute->initial.as.real) : attribute->min;
    trend.high = has_initial ? fmax(attribute->max, attribute->initial.as.real) : attribute->max;
    return trend;
}

void waiting_note(struct reader *reader)
{
    int index = reader->policy->attribute_count - 1;
    const struct seeking_attribute *attribute = &reader->policy->attributes[index];
    struct expr_trend *trend = &reader->trends[index];
    switch (attribute->source) {
    case SEEKING_FROM_WAITED:
    case SEEKING_FROM_MISSES:
        *trend = (struct expr_trend){EXPR_RISES, 0, INFINITY, false};
        return;
    case SEEKING_FROM_VALUE:
        *trend = expr_trend(attribute->program, attribute_trend, reader);
        trend->may_fail = false; /* a ticket without its value is in no wave */
        return;
    case SEEKING_FROM_CLIENT:
    case SEEKING_FROM_RATING:
    case SEEKING_FROM_DEVIATION:
    case SEEKING_FROM_GAMES:
    case SEEKING_FROM_CONDUCT:
    case SEEKING_FROM_BALANCE:
        *trend = said_trend(attribute);
        return;
    }
}

/* ---- examples ---------------------------------------------------------------------------- */

/* One ticket's values while it waits. */
struct trial {
    struct value values[SEEKING_ATTRIBUTES_MAX];
};

static const double waits_s[] = {0, 5, 10, 20, 30, 45, 60, 90, 120, 300, 600, 1800};

static double draw_number(const struct seeking_attribute *attribute, struct random *random)
{
    static const double usual[] = {-200, -10, 0, 1, 3, 50, 400, 900, 1100, 1500, 1700, 2200};
    double number = usual[random_below(random, COUNT_OF(usual))];
    if (attribute->min < attribute->max)
        number = fmin(fmax(number, attribute->min), attribute->max);
    return number;
}

static void draw(const struct seeking_policy *policy, struct random *random, struct trial *trial)
{
    for (int i = 0; i < policy->attribute_count; i++) {
        const struct seeking_attribute *attribute = &policy->attributes[i];
        if (attribute->kind == SEEKING_NUMBER)
            trial->values[i] = value_double(draw_number(attribute, random));
        else if (attribute->initial.kind != VALUE_UNSET)
            trial->values[i] = attribute->initial;
        else
            trial->values[i] =
                attribute->kind == SEEKING_TEXT ? value_text("x") : value_list(NULL, 0);
    }
}

static struct value worked_out(const struct reader *reader, const struct expr_program *program,
                               const struct trial *one, const struct trial *other)
{
    const struct expr_input input = {
        .banks = {[BANK_ONE] = one->values, [BANK_OTHER] = other->values},
        .arena = reader->arena,
        .budget = BUDGET};
    return expr_evaluate(program, &input);
}

static void wait_for(const struct reader *reader, size_t step, struct trial *trial)
{
    for (int i = 0; i < reader->policy->attribute_count; i++) {
        const struct seeking_attribute *attribute = &reader->policy->attributes[i];
        if (attribute->source == SEEKING_FROM_WAITED)
            trial->values[i] = value_double(waits_s[step]);
        else if (attribute->source == SEEKING_FROM_MISSES)
            trial->values[i] = value_double((double)step);
        else if (attribute->source == SEEKING_FROM_VALUE)
            trial->values[i] = worked_out(reader, attribute->program, trial, trial);
    }
}

/* A bool as a number, a failure as less than any; false where it is neither bool nor number. */
static bool as_number(struct value value, double *out)
{
    if (value.kind == VALUE_BOOL)
        *out = value.as.boolean;
    else if (value.kind == VALUE_DOUBLE && isfinite(value.as.real))
        *out = value.as.real;
    else
        return false;
    return true;
}

static const char *shown(struct reader *reader, struct value value)
{
    if (value.kind == VALUE_BOOL)
        return value.as.boolean ? "true" : "false";
    return arena_format(reader->arena, "%g", value.as.real);
}

/* Finds two waits between which the value goes against `wanted`; "" where none is found. */
static const char *find_example(struct reader *reader, const struct expr_program *program,
                                enum expr_direction wanted)
{
    struct random random;
    random_init(&random, 1);
    for (int i = 0; i < TRIES; i++) {
        struct trial one, other;
        struct value before = {0};
        draw(reader->policy, &random, &one);
        draw(reader->policy, &random, &other);
        for (size_t step = 0; step < COUNT_OF(waits_s); step++) {
            double was, is;
            wait_for(reader, step, &one);
            wait_for(reader, step, &other);
            struct value now = worked_out(reader, program, &one, &other);
            if (as_number(before, &was) && as_number(now, &is) &&
                (wanted == EXPR_RISES ? is < was : is > was)) {
                const char *text = arena_format(
                    reader->arena, ": after %g s it may be %s and after %g s %s", waits_s[step - 1],
                    shown(reader, before), waits_s[step], shown(reader, now));
                return text != NULL ? text : "";
            }
            before = now;
        }
    }
    return "";
}

/* ---- holding against --------------------------------------------------------------------- */

static bool is_as_wanted(enum expr_direction direction, enum expr_direction wanted)
{
    return direction == EXPR_STEADY || direction == wanted;
}

bool waiting_goes(struct reader *reader, const struct yaml_node *node, const char *what,
                  const struct expr_program *program, enum expr_direction wanted)
{
    struct expr_trend trend = expr_trend(program, attribute_trend, reader);
    if (is_as_wanted(trend.direction, wanted))
        return true;
    const char *example = find_example(reader, program, wanted);
    yaml_error(reader->faults, node, "%s, and %s%s", what,
               example[0] != '\0' ? "here it does" : "that it does not cannot be seen", example);
    yaml_hint(reader->faults,
              "waiting may come in by + - * / < <= > >= && || ! ?: min max abs clamp; compare it "
              "with what does not change, and let it only help");
    return false;
}

bool waiting_attribute_goes(struct reader *reader, const struct yaml_node *node, int attribute,
                            enum expr_direction wanted)
{
    static const char *const ways[] = {[EXPR_STEADY] = "must not change with waiting",
                                       [EXPR_RISES] = "may only grow with waiting",
                                       [EXPR_FALLS] = "may only fall with waiting",
                                       [EXPR_WANDERS] = "may do anything"};
    if (attribute < 0 || is_as_wanted(reader->trends[attribute].direction, wanted))
        return true;
    yaml_error(reader->faults, node, "here `%s` %s, or a wait might cost a player an opponent",
               reader->policy->attributes[attribute].name, ways[wanted]);
    yaml_hint(reader->faults, "widen the rule itself, by `widen`");
    return false;
}
