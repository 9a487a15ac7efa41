/* Glicko-2 after Glickman, with the two ways others let deviations grow and the bounded spread of
 * Glicko-225. Which games count and what is stored is decided in rating.c. */
#include "orchestrator/rating/meeting.h"

#include "orchestrator/rating/rating_math.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>

static const double SCALE = 173.7178;
static const double CENTRE = 1500.0;
static const double PI_SQUARED = 0x1.3bd3cc9be45dep+3;
static const int BRACKET_STEPS_MAX = 1000;

/* What the games say, before anything is concluded from it. One minus the expectation is written as
 * odds times expectation, which stays above zero however far apart the players are. */
struct evidence {
    double variance;    /* v */
    double improvement; /* the sum of g * (score - expectation) */
};

static double impact(double phi)
{
    return 1.0 / sqrt(1.0 + 3.0 * phi * phi / PI_SQUARED);
}

static double to_mu(double rating)
{
    return (rating - CENTRE) / SCALE;
}

double rating_glicko_expectation(const struct rating_policy *policy,
                                 const struct rating_state *player,
                                 const struct rating_state *opponent)
{
    double lead = player->rating + policy->first_advantage - opponent->rating;
    double g = impact(opponent->deviation / SCALE);
    return 1.0 / (1.0 + rating_exp(-g * lead / SCALE));
}

double rating_win_boost(const struct rating_policy *policy, double average_rating)
{
    double base = policy->spread_boost_min;
    double slope = rating_exp(-policy->spread_steepness * (average_rating - CENTRE));
    return (0.5 - base) / (1.0 + slope) + base;
}

/* Glicko-225: a bare win is worth the boost above a draw, the rest grows with the spread up to the
 * scale. */
static double spread_score(const struct rating_policy *policy, double average, double spread)
{
    double boost = rating_win_boost(policy, average);
    double k = 4.0 * policy->spread_scale * boost / (1.0 - 2.0 * boost);
    double sign = spread > 0 ? 1.0 : spread < 0 ? -1.0 : 0.0;
    double raw = spread / (2.0 * policy->spread_scale + k) + sign * boost;
    return rating_clamp(raw, -0.5, 0.5) + 0.5;
}

static double score_of(const struct rating_update *update, const struct rating_meeting *meeting)
{
    if (update->policy->system != RATING_WOOGLES)
        return meeting->points_x2 / 2.0;
    double average = (update->before->rating + meeting->opponent->rating) / 2.0;
    return spread_score(update->policy, average, meeting->spread);
}

static struct evidence gather(const struct rating_update *update)
{
    double information = 0;
    double improvement = 0;
    for (int i = 0; i < update->count; i++) {
        const struct rating_meeting *meeting = &update->meetings[i];
        double edge = update->policy->first_advantage;
        double mu = to_mu(update->before->rating + (meeting->moved_first ? edge : 0.0));
        double other = to_mu(meeting->opponent->rating + (meeting->moved_first ? 0.0 : edge));
        double g = impact(meeting->opponent->deviation / SCALE);
        double odds = rating_exp(-g * (mu - other));
        double expected = 1.0 / (1.0 + odds);
        information += meeting->weight * (g * g * expected * (odds * expected));
        improvement += meeting->weight * (g * (score_of(update, meeting) - expected));
    }
    return (struct evidence){.variance = 1.0 / information, .improvement = improvement};
}

/* The function whose root is the new ln(volatility squared). */
struct volatility_function {
    double delta_squared;
    double phi_squared;
    double variance;
    double start; /* a */
    double tau_squared;
};

static double evaluate(const struct volatility_function *f, double x)
{
    double power = rating_exp(x);
    double spread = f->phi_squared + f->variance + power;
    double top = power * (f->delta_squared - f->phi_squared - f->variance - power);
    return top / (2.0 * spread * spread) - (x - f->start) / f->tau_squared;
}

static double bracket_end(const struct volatility_function *f, double tau)
{
    double excess = f->delta_squared - f->phi_squared - f->variance;
    if (excess > 0)
        return rating_log(excess);
    int k = 1;
    while (k < BRACKET_STEPS_MAX && evaluate(f, f->start - k * tau) < 0)
        k++;
    return f->start - k * tau;
}

/* The Illinois variant of regula falsi, as Glickman's paper gives it. */
static double solve(const struct volatility_function *f, const struct rating_policy *policy)
{
    double low = f->start;
    double high = bracket_end(f, policy->tau);
    double f_low = evaluate(f, low);
    double f_high = evaluate(f, high);
    for (int i = 0; i < policy->iterations_max && fabs(high - low) > policy->tolerance; i++) {
        double next = low + (low - high) * f_low / (f_high - f_low);
        double f_next = evaluate(f, next);
        if (f_next * f_high <= 0) {
            low = high;
            f_low = f_high;
        } else {
            f_low /= 2.0;
        }
        high = next;
        f_high = f_next;
    }
    return low;
}

static double new_volatility(const struct rating_policy *policy, double volatility, double phi,
                             const struct evidence *evidence)
{
    double delta = evidence->variance * evidence->improvement;
    struct volatility_function f = {
        .delta_squared = delta * delta,
        .phi_squared = phi * phi,
        .variance = evidence->variance,
        .start = rating_log(volatility * volatility),
        .tau_squared = policy->tau * policy->tau,
    };
    double solved = rating_exp(solve(&f, policy) / 2.0);
    return solved < policy->volatility_max ? solved : policy->volatility_max;
}

double rating_grown_deviation(const struct rating_policy *policy, double deviation,
                              double volatility, double periods)
{
    double phi = deviation / SCALE;
    double grown = SCALE * sqrt(phi * phi + periods * volatility * volatility);
    return rating_clamp(grown, policy->deviation_min, policy->deviation_max);
}

/* Periods since the player's last game; none for a newcomer or a clock set back. */
static double periods_away(const struct rating_update *update)
{
    int64_t since = update->before->rated_at_ms;
    if (since == RATING_NEVER_MS || update->end_ms <= since)
        return 0.0;
    return ((double)update->end_ms - (double)since) / (double)update->policy->period_ms;
}

/* How many periods of growth go inside the update, with the new volatility. */
static double periods_inside(const struct rating_update *update)
{
    switch (update->policy->growth) {
    case RATING_GROWTH_PERIOD:
        return 1.0;
    case RATING_GROWTH_ELAPSED:
        return periods_away(update);
    case RATING_GROWTH_BEFORE:
        break;
    }
    return 0.0;
}

static double bounded_rating(const struct rating_policy *policy, double before, double after)
{
    double most = policy->change_max;
    if (most > 0)
        after = rating_clamp(after, before - most, before + most);
    if (policy->gain_factor != 1.0 && after > before)
        after = before + (after - before) * policy->gain_factor;
    return rating_clamp(after, policy->rating_min, policy->rating_max);
}

struct rating_state rating_update_glicko(const struct rating_update *update)
{
    const struct rating_policy *policy = update->policy;
    struct rating_state after = *update->before;
    if (policy->growth == RATING_GROWTH_BEFORE)
        after.deviation =
            rating_grown_deviation(policy, after.deviation, after.volatility, periods_away(update));
    if (update->count == 0) {
        after.deviation = rating_grown_deviation(policy, after.deviation, after.volatility,
                                                 periods_inside(update));
        return after;
    }
    double phi = after.deviation / SCALE;
    struct evidence evidence = gather(update);
    after.volatility = new_volatility(policy, after.volatility, phi, &evidence);
    double growth = periods_inside(update) * after.volatility * after.volatility;
    double precision = 1.0 / (phi * phi + growth) + 1.0 / evidence.variance;
    double new_phi = 1.0 / sqrt(precision);
    double mu = to_mu(update->before->rating) + new_phi * new_phi * evidence.improvement;
    after.rating = bounded_rating(policy, update->before->rating, mu * SCALE + CENTRE);
    after.deviation = rating_clamp(new_phi * SCALE, policy->deviation_min, policy->deviation_max);
    assert(after.rating == after.rating && after.deviation > 0);
    return after;
}
