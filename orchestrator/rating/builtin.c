/* The policies known by name, as a table, and the check that any policy passes before it is used.
 * policies/ratings/ holds the same ones as files; a test compares them. */
#include "orchestrator/rating/rating.h"

#include "base/attr.h"

#include <string.h>

#define DAY_MS ((int64_t)86400000)

/* One lichess period is so many milliseconds: 0.21436 periods a day. */
#define LICHESS_PERIOD_MS ((int64_t)403060272)

static const struct rating_policy POLICIES[] = {
    {
        .name = "none",
        .system = RATING_NONE,
        .initial_rating = 1500,
        .rating_max = 10000,
        .period_ms = DAY_MS,
        .gain_factor = 1,
        .bot_factor = 1,
    },
    {
        .name = "glicko2",
        .system = RATING_GLICKO2,
        .timing = RATING_PER_GAME,
        .growth = RATING_GROWTH_ELAPSED,
        .initial_rating = 1500,
        .initial_deviation = 350,
        .initial_volatility = 0.06,
        .rating_min = 100,
        .rating_max = 10000,
        .deviation_min = 30,
        .deviation_max = 350,
        .volatility_max = 0.1,
        .tau = 0.5,
        .tolerance = 1e-6,
        .iterations_max = 1000,
        .period_ms = 7 * DAY_MS,
        .gain_factor = 1,
        .provisional_deviation = 110,
        .bot_factor = 1,
    },
    {
        .name = "lichess",
        .system = RATING_GLICKO2,
        .timing = RATING_PER_GAME,
        .growth = RATING_GROWTH_BEFORE,
        .initial_rating = 1500,
        .initial_deviation = 500,
        .initial_volatility = 0.09,
        .rating_min = 400,
        .rating_max = 4000,
        .deviation_min = 45,
        .deviation_max = 500,
        .volatility_max = 0.1,
        .change_max = 700,
        .tau = 0.75,
        .tolerance = 1e-6,
        .iterations_max = 1000,
        .period_ms = LICHESS_PERIOD_MS,
        .gain_factor = 1,
        .provisional_deviation = 110,
        .bot_factor = 0.5,
        .turns_min = 2,
    },
    {
        .name = "woogles",
        .system = RATING_WOOGLES,
        .timing = RATING_PER_GAME,
        .growth = RATING_GROWTH_ELAPSED,
        .initial_rating = 1500,
        .initial_deviation = 350,
        .initial_volatility = 0.06,
        .rating_min = -10000,
        .rating_max = 10000,
        .deviation_min = 60,
        .deviation_max = 350,
        .volatility_max = 0.1,
        .tau = 0.5,
        .tolerance = 1e-6,
        .iterations_max = 1000,
        .period_ms = 4 * DAY_MS,
        .gain_factor = 1,
        .provisional_deviation = 90,
        .bot_factor = 1,
        .spread_scale = 125,
        .spread_boost_min = 1.0 / 3.0,
        .spread_steepness = 0.005,
    },
    {
        .name = "elo",
        .system = RATING_ELO,
        .timing = RATING_PER_GAME,
        .initial_rating = 1500,
        .rating_min = 100,
        .rating_max = 10000,
        .period_ms = DAY_MS,
        .gain_factor = 1,
        .provisional_games = 20,
        .bot_factor = 1,
        .steps = {{.factor = 40, .games_below = 20}, {.factor = 20}},
        .step_count = 2,
    },
    {
        .name = "fide",
        .system = RATING_FIDE,
        .timing = RATING_PER_PERIOD,
        .rating_min = 1400,
        .rating_max = 10000,
        .period_ms = 30 * DAY_MS,
        .gain_factor = 1,
        .provisional_games = 30,
        .steps = {{.factor = 40, .games_below = 30},
                  {.factor = 40, .rating_below = 2300, .juniors_only = true},
                  {.factor = 20, .peak_below = 2400},
                  {.factor = 10}},
        .step_count = 4,
        .gap_max = 400,
        .gap_max_below = 2650,
        .initial_games = 5,
        .initial_rating_max = 2200,
    },
    {
        .name = "uscf",
        .system = RATING_USCF,
        .timing = RATING_PER_EVENT,
        .initial_rating = 1300,
        .rating_min = 100,
        .rating_max = 10000,
        .period_ms = 30 * DAY_MS,
        .gain_factor = 1,
        .provisional_games = 26,
        .uscf_bonus = 14,
        .uscf_established_games = 25,
    },
};

enum status rating_policy_named(const char *name, struct rating_policy *out_policy)
{
    for (size_t i = 0; i < COUNT_OF(POLICIES); i++)
        if (strcmp(POLICIES[i].name, name) == 0) {
            *out_policy = POLICIES[i];
            return STATUS_OK;
        }
    return STATUS_NOT_FOUND;
}

static enum status refuse(struct fault *out_fault, const char *key, const char *must)
{
    enum status status = fault_set(out_fault, 0, 0, "%s must be %s", key, must);
    fault_hint(out_fault, "look at `%s`", key);
    return status;
}

/* True for a number inside the bounds; false for a NaN. */
static bool within(double value, double low, double high)
{
    return value >= low && value <= high;
}

static enum status check_glicko(const struct rating_policy *policy, struct fault *out_fault)
{
    if (!within(policy->deviation_min, 1e-3, 1000) ||
        !within(policy->deviation_max, policy->deviation_min, 1000))
        return refuse(out_fault, "deviation.min", "above 0 and not above deviation.max <= 1000");
    if (!within(policy->initial_deviation, policy->deviation_min, policy->deviation_max))
        return refuse(out_fault, "initial.deviation", "within deviation.min and deviation.max");
    if (!within(policy->volatility_max, 1e-6, 10))
        return refuse(out_fault, "volatility_max", "between 0.000001 and 10");
    if (!within(policy->initial_volatility, 1e-6, policy->volatility_max))
        return refuse(out_fault, "initial.volatility", "above 0 and not above volatility_max");
    if (!within(policy->tau, 0.01, 10))
        return refuse(out_fault, "tau", "between 0.01 and 10");
    if (!within(policy->tolerance, 1e-12, 0.1))
        return refuse(out_fault, "tolerance", "between 1e-12 and 0.1");
    if (policy->iterations_max < 1 || policy->iterations_max > 100000)
        return refuse(out_fault, "iterations_max", "between 1 and 100000");
    if (policy->system != RATING_WOOGLES)
        return STATUS_OK;
    if (!within(policy->spread_scale, 1, RATING_SCORE_MAX))
        return refuse(out_fault, "spread.scale", "between 1 and 1000000");
    if (!within(policy->spread_boost_min, 0, 0.499))
        return refuse(out_fault, "spread.boost_min", "between 0 and 0.499");
    if (!within(policy->spread_steepness, 0, 0.05))
        return refuse(out_fault, "spread.steepness", "between 0 and 0.05");
    return STATUS_OK;
}

static enum status check_steps(const struct rating_policy *policy, struct fault *out_fault)
{
    if (policy->step_count < 1 || policy->step_count > RATING_STEPS_MAX)
        return refuse(out_fault, "k", "a list of 1 to 8 steps");
    for (int i = 0; i < policy->step_count; i++)
        if (!within(policy->steps[i].factor, 0, 1000))
            return refuse(out_fault, "k.factor", "between 0 and 1000");
    const struct rating_step *last = &policy->steps[policy->step_count - 1];
    if (last->games_below != 0 || last->rating_below != 0 || last->peak_below != 0 ||
        last->juniors_only)
        return refuse(out_fault, "k", "a list whose last step is for everybody");
    return STATUS_OK;
}

static enum status check_system(const struct rating_policy *policy, struct fault *out_fault)
{
    bool whole_games = policy->bot_factor == 0 || policy->bot_factor == 1;
    switch (policy->system) {
    case RATING_GLICKO2:
    case RATING_WOOGLES:
        return check_glicko(policy, out_fault);
    case RATING_ELO:
        return check_steps(policy, out_fault);
    case RATING_FIDE:
        if (!whole_games)
            return refuse(out_fault, "bots", "0 or 1 in the FIDE system");
        return check_steps(policy, out_fault);
    case RATING_USCF:
        if (!whole_games)
            return refuse(out_fault, "bots", "0 or 1 in the US Chess system");
        break;
    case RATING_NONE:
        break;
    }
    return STATUS_OK;
}

enum status rating_policy_check(const struct rating_policy *policy, struct fault *out_fault)
{
    if (!within(policy->rating_min, RATING_VALUE_MIN, RATING_VALUE_MAX) ||
        !within(policy->rating_max, policy->rating_min, RATING_VALUE_MAX))
        return refuse(out_fault, "rating.min", "at least -10000 and not above rating.max <= 20000");
    bool starts_unrated = policy->system == RATING_FIDE && policy->initial_rating == 0;
    if (!starts_unrated && policy->system != RATING_NONE &&
        !within(policy->initial_rating, policy->rating_min, policy->rating_max))
        return refuse(out_fault, "initial.rating", "within rating.min and rating.max");
    if (policy->period_ms < 1)
        return refuse(out_fault, "period", "a positive duration");
    if (!within(policy->bot_factor, 0, 1))
        return refuse(out_fault, "bots", "between 0 and 1");
    if (!within(policy->gain_factor, 0.5, 2))
        return refuse(out_fault, "gain_factor", "between 0.5 and 2");
    if (!within(policy->first_advantage, -1000, 1000))
        return refuse(out_fault, "first_advantage", "between -1000 and 1000");
    if (!within(policy->change_max, 0, 100000))
        return refuse(out_fault, "change_max", "between 0 and 100000");
    return check_system(policy, out_fault);
}
