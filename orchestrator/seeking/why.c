/* Tells what keeps two tickets apart, in a sentence, and which wave will find it gone. */
#include "orchestrator/seeking/frame.h"

#include <math.h>

enum { HORIZON_MS = 3600 * 1000 }; /* nobody is told of later */

/* The two tickets as they will be after so many more waves. */
struct prospect {
    const struct seeking_wave_input *input;
    struct seeking_ticket tickets[2];
    int64_t period_ms;
};

static enum status look_ahead(const struct prospect *prospect, int64_t waves, struct arena *arena,
                              struct frame *out_frame, struct seeking_ticket later[2])
{
    for (int i = 0; i < 2; i++) {
        later[i] = prospect->tickets[i];
        later[i].misses += waves;
    }
    struct seeking_wave_input input = *prospect->input;
    input.tickets = later;
    input.count = 2;
    input.now_ms += waves * prospect->period_ms;
    return frame_init(out_frame, &input, arena);
}

static bool is_left_out(const struct frame *frame)
{
    return frame->tickets[0].is_left_out || frame->tickets[1].is_left_out;
}

/* Whether a rule (NULL: the price) is in the way after so many waves. */
static bool is_in_the_way(const struct prospect *prospect, const struct seeking_rule *rule,
                          int64_t waves, struct arena *arena)
{
    struct frame frame;
    struct seeking_ticket later[2];
    double cost, limit;
    struct arena_mark mark = arena_mark(arena);
    bool stands = true;
    if (look_ahead(prospect, waves, arena, &frame, later) == STATUS_OK)
        stands = is_left_out(&frame) ? true
                 : rule != NULL      ? !rule_admits(&frame, rule, 0, 1, NULL)
                                     : !pair_cost(&frame, 0, 1, &cost, &limit);
    arena_rewind(arena, mark);
    return stands;
}

/* Waiting only widens, so the first wave without the obstacle is found by halving. */
static int64_t find_end(const struct prospect *prospect, const struct seeking_rule *rule,
                        struct arena *arena)
{
    int64_t low = 0;
    int64_t high = HORIZON_MS / prospect->period_ms + 1;
    if (is_in_the_way(prospect, rule, high, arena))
        return SEEKING_NEVER;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (is_in_the_way(prospect, rule, middle, arena))
            low = middle;
        else
            high = middle;
    }
    return prospect->input->now_ms + high * prospect->period_ms;
}

static const char *sentence(const struct seeking_policy *policy, const struct seeking_rule *rule,
                            const struct measure *measure, struct arena *arena)
{
    const char *what = rule->attribute >= 0 ? policy->attributes[rule->attribute].name : "";
    switch (rule->kind) {
    case SEEKING_DISTANCE:
        return arena_format(arena, "%s: %g apart, %g allowed now", what, measure->value,
                            measure->bound);
    case SEEKING_RANGE:
        return arena_format(arena, "%s: %g outside the other's range, %g allowed now", what,
                            measure->value, measure->bound);
    case SEEKING_EQUAL:
        return arena_format(arena, "%s: not the same", what);
    case SEEKING_OVERLAP:
        return arena_format(arena, "%s: %g in common, %g asked for now", what, measure->value,
                            measure->bound);
    case SEEKING_BLOCKS:
        return "one of the two does not want to play the other";
    case SEEKING_REPEATS:
        return arena_format(arena, "they met %.0f s ago; %.0f s must pass",
                            floor(measure->value / 1000), measure->bound / 1000);
    case SEEKING_BANDS:
        return arena_format(arena, "%s: %g bands apart, %g allowed now", what, measure->value,
                            measure->bound);
    case SEEKING_COLOURS:
        return arena_format(arena, "both are owed the same side by %g games; below %g is allowed",
                            measure->value, measure->bound);
    case SEEKING_CONDITION:
        return arena_format(arena, "'%s' does not hold for the two", rule->name);
    }
    return "";
}

static enum status add(struct seeking_why *why, struct seeking_obstacle obstacle)
{
    if (obstacle.text == NULL)
        return STATUS_FULL;
    why->obstacles[why->count++] = obstacle;
    if (obstacle.until_ms > why->until_ms)
        why->until_ms = obstacle.until_ms;
    return STATUS_OK;
}

static enum status add_missing(struct seeking_why *why)
{
    return add(why, (struct seeking_obstacle){
                        "attributes", "something the policy asks for has no value for one of them",
                        SEEKING_NEVER});
}

static enum status add_price(struct seeking_why *why, const struct prospect *prospect,
                             const struct frame *frame, struct arena *arena)
{
    double cost = NAN;
    double limit = NAN;
    if (pair_cost(frame, 0, 1, &cost, &limit))
        return STATUS_OK;
    return add(why,
               (struct seeking_obstacle){
                   "cost", arena_format(arena, "the pair costs %g, the limit is %g", cost, limit),
                   find_end(prospect, NULL, arena)});
}

enum status seeking_why(const struct seeking_wave_input *input, int32_t one, int32_t other,
                        struct arena *arena, struct seeking_why *out_why)
{
    const struct seeking_policy *policy = input->policy;
    struct prospect prospect = {.input = input,
                                .tickets = {input->tickets[one], input->tickets[other]},
                                .period_ms =
                                    policy->clock.period_ms > 0 ? policy->clock.period_ms : 1000};
    struct frame frame;
    struct seeking_ticket now[2];
    struct seeking_why why = {.until_ms = input->now_ms};
    why.obstacles = arena_array(arena, SEEKING_RULES_MAX + 1, sizeof *why.obstacles);
    enum status status =
        why.obstacles != NULL ? look_ahead(&prospect, 0, arena, &frame, now) : STATUS_FULL;
    if (status == STATUS_OK && is_left_out(&frame)) {
        status = add_missing(&why);
        *out_why = why;
        return status;
    }
    for (int i = 0; status == STATUS_OK && i < policy->rule_count; i++) {
        const struct seeking_rule *rule = &policy->rules[i];
        struct measure measure = {0};
        if (rule_admits(&frame, rule, 0, 1, &measure))
            continue;
        status =
            add(&why, (struct seeking_obstacle){rule->name, sentence(policy, rule, &measure, arena),
                                                find_end(&prospect, rule, arena)});
    }
    if (status == STATUS_OK)
        status = add_price(&why, &prospect, &frame, arena);
    if (status == STATUS_OK)
        *out_why = why;
    return status;
}
