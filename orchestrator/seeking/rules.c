/* Holds two tickets against the rules, each as wide as their wait has made it. */
#include "orchestrator/seeking/frame.h"

#include <math.h>
#include <stdlib.h>

/* ---- how wide a rule is ------------------------------------------------------------------ */

static int64_t shared_wait(const struct frame *frame, int32_t one, int32_t other)
{
    int64_t a = frame->tickets[one].waited_ms;
    int64_t b = frame->tickets[other].waited_ms;
    bool takes_first = frame->policy->age == SEEKING_NEWEST ? a < b : a > b;
    return takes_first ? a : b;
}

/* The rule's number after a wait; false where the rule asks for nothing any more. */
static bool bound_after(const struct seeking_rule *rule, int64_t wait_ms, double *out_bound)
{
    double bound = rule->base;
    if (rule->every_ms > 0) {
        double widened = rule->base + rule->by * (double)(wait_ms / rule->every_ms);
        bool is_past = rule->by > 0 ? widened > rule->to : widened < rule->to;
        bound = is_past ? rule->to : widened;
    }
    for (int i = 0; i < rule->step_count && rule->steps[i].after_ms <= wait_ms; i++) {
        if (rule->steps[i].is_dropped)
            return false;
        bound = rule->steps[i].to;
    }
    *out_bound = bound;
    return true;
}

/* ---- the kinds --------------------------------------------------------------------------- */

static bool has_word(struct word_set set, int32_t word)
{
    int32_t low = 0;
    for (int32_t high = set.count; low < high;) {
        int32_t middle = low + (high - low) / 2;
        if (set.items[middle] < word)
            low = middle + 1;
        else
            high = middle;
    }
    return low < set.count && set.items[low] == word;
}

static int32_t count_common(struct word_set one, struct word_set other)
{
    int32_t count = 0;
    for (int32_t i = 0, j = 0; i < one.count && j < other.count;) {
        if (one.items[i] == other.items[j]) {
            count++;
            i++;
            j++;
        } else if (one.items[i] < other.items[j]) {
            i++;
        } else {
            j++;
        }
    }
    return count;
}

static int band_of(const struct seeking_rule *rule, double number)
{
    int band = 0;
    while (band < rule->band_count && number >= rule->bands[band])
        band++;
    return band;
}

/* The numbers here are numbers: what fmax() does for those that are none takes longer than all
 * else. */
static double larger(double one, double other)
{
    return one > other ? one : other;
}

/* How far a number lies outside a player's own bounds; 0 inside. */
static double outside(const struct frame_ticket *host, const struct frame_ticket *guest,
                      const struct seeking_rule *rule)
{
    double number = guest->numbers[rule->attribute];
    double below = host->numbers[rule->low] - number;
    double above = number - host->numbers[rule->high];
    return larger(0, larger(below, above));
}

/* When they last met, as far as the rule counts it; INT64_MIN: never. */
static int64_t last_meeting(const struct frame_ticket *one, const struct frame_ticket *other,
                            bool aborted_only)
{
    int64_t last = INT64_MIN;
    for (size_t i = 0; i < one->meeting_count; i++) {
        const struct frame_meeting *meeting = &one->meetings[i];
        if (meeting->opponent == other->player && (meeting->is_aborted || !aborted_only) &&
            meeting->at_ms > last)
            last = meeting->at_ms;
    }
    return last;
}

static bool admits_repeat(const struct frame *frame, const struct seeking_rule *rule,
                          const struct frame_ticket *one, const struct frame_ticket *other,
                          struct measure *measure)
{
    int64_t first = last_meeting(one, other, rule->aborted_only);
    int64_t second = last_meeting(other, one, rule->aborted_only);
    int64_t last = first > second ? first : second;
    if (last == INT64_MIN)
        return true;
    measure->value = (double)(frame->now_ms - last);
    return measure->value >= measure->bound;
}

static bool admits_colours(const struct seeking_rule *rule, const struct frame_ticket *one,
                           const struct frame_ticket *other, struct measure *measure)
{
    double a = one->numbers[rule->attribute];
    double b = other->numbers[rule->attribute];
    measure->value = a * b > 0 ? fmin(fabs(a), fabs(b)) : 0;
    return measure->value < measure->bound;
}

static bool is_equal(const struct frame *frame, const struct seeking_rule *rule,
                     const struct frame_ticket *one, const struct frame_ticket *other)
{
    int index = rule->attribute;
    return frame->policy->attributes[index].kind == SEEKING_NUMBER
               ? one->numbers[index] == other->numbers[index]
               : one->words[index] == other->words[index];
}

static bool holds(const struct frame *frame, const struct expr_program *program, int32_t one,
                  int32_t other)
{
    struct expr_input input = {
        .banks =
            {[BANK_ONE] = frame->tickets[one].values, [BANK_OTHER] = frame->tickets[other].values},
        .arena = frame->arena};
    struct value value = expr_evaluate(program, &input);
    return value.kind == VALUE_BOOL && value.as.boolean;
}

/* ---- one rule, all rules ----------------------------------------------------------------- */

bool rule_admits(const struct frame *frame, const struct seeking_rule *rule, int32_t one,
                 int32_t other, struct measure *out_measure)
{
    struct measure local = {0};
    struct measure *measure = out_measure != NULL ? out_measure : &local;
    const struct frame_ticket *a = &frame->tickets[one];
    const struct frame_ticket *b = &frame->tickets[other];
    if (!bound_after(rule, shared_wait(frame, one, other), &measure->bound))
        return true;
    switch (rule->kind) {
    case SEEKING_DISTANCE:
        measure->value = fabs(a->numbers[rule->attribute] - b->numbers[rule->attribute]);
        return measure->value <= measure->bound;
    case SEEKING_RANGE:
        measure->value = larger(outside(a, b, rule), outside(b, a, rule));
        return measure->value <= measure->bound;
    case SEEKING_EQUAL:
        return is_equal(frame, rule, a, b);
    case SEEKING_OVERLAP:
        measure->value = count_common(a->sets[rule->attribute], b->sets[rule->attribute]);
        return measure->value >= measure->bound;
    case SEEKING_BLOCKS:
        return !has_word(a->blocks, b->player) && !has_word(b->blocks, a->player);
    case SEEKING_REPEATS:
        return admits_repeat(frame, rule, a, b, measure);
    case SEEKING_BANDS:
        measure->value = abs(band_of(rule, a->numbers[rule->attribute]) -
                             band_of(rule, b->numbers[rule->attribute]));
        return measure->value <= measure->bound;
    case SEEKING_COLOURS:
        return admits_colours(rule, a, b, measure);
    case SEEKING_CONDITION:
        return holds(frame, rule->program, one, other);
    }
    return false;
}

bool pair_admitted(const struct frame *frame, int32_t one, int32_t other)
{
    if (frame->tickets[one].player == frame->tickets[other].player ||
        frame->tickets[one].is_left_out || frame->tickets[other].is_left_out)
        return false;
    for (int i = 0; i < frame->policy->rule_count; i++)
        if (!rule_admits(frame, &frame->policy->rules[i], one, other, NULL))
            return false;
    return true;
}

/* ---- the price --------------------------------------------------------------------------- */

static bool evaluate(const struct frame *frame, const struct expr_program *program, int32_t one,
                     int32_t other, double *out)
{
    struct expr_input input = {
        .banks =
            {[BANK_ONE] = frame->tickets[one].values, [BANK_OTHER] = frame->tickets[other].values},
        .arena = frame->arena};
    struct value value = expr_evaluate(program, &input);
    if (value.kind != VALUE_DOUBLE || !isfinite(value.as.real))
        return false;
    *out = value.as.real;
    return true;
}

bool pair_cost(const struct frame *frame, int32_t one, int32_t other, double *out_cost,
               double *out_limit)
{
    const struct seeking_policy *policy = frame->policy;
    double cost = 0;
    double limit = INFINITY;
    if (policy->cost == NULL && policy->near >= 0)
        cost = fabs(frame->tickets[one].numbers[policy->near] -
                    frame->tickets[other].numbers[policy->near]);
    if (policy->cost != NULL && !evaluate(frame, policy->cost, one, other, &cost))
        return false;
    if (policy->limit != NULL && !evaluate(frame, policy->limit, one, other, &limit))
        return false;
    *out_cost = cost;
    *out_limit = limit;
    return cost <= limit;
}
