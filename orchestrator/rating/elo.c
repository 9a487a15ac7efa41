/* Elo: a logistic expectation and a K factor by steps. */
#include "orchestrator/rating/meeting.h"

#include "orchestrator/rating/rating_math.h"

static const double LN10_OVER_400 = 0x1.79416b2d3a01cp-8;

double rating_logistic(double difference)
{
    return 1.0 / (1.0 + rating_exp(-difference * LN10_OVER_400));
}

static bool step_fits(const struct rating_step *step, const struct rating_state *state)
{
    if (step->games_below > 0 && state->games >= step->games_below)
        return false;
    if (step->rating_below > 0 && state->rating >= step->rating_below)
        return false;
    if (step->peak_below > 0 && state->peak >= step->peak_below)
        return false;
    return !step->juniors_only || (state->flags & RATING_FLAG_JUNIOR) != 0;
}

double rating_step_factor(const struct rating_policy *policy, const struct rating_state *state)
{
    for (int i = 0; i < policy->step_count; i++)
        if (step_fits(&policy->steps[i], state))
            return policy->steps[i].factor;
    return 0.0;
}

struct rating_state rating_update_elo(const struct rating_update *update)
{
    const struct rating_policy *policy = update->policy;
    struct rating_state after = *update->before;
    double surplus = 0.0;
    for (int i = 0; i < update->count; i++) {
        const struct rating_meeting *meeting = &update->meetings[i];
        double edge = meeting->moved_first ? policy->first_advantage : -policy->first_advantage;
        double difference = update->before->rating - meeting->opponent->rating;
        if (policy->gap_max > 0)
            difference = rating_clamp(difference, -policy->gap_max, policy->gap_max);
        double expected = rating_logistic(difference + edge);
        surplus += meeting->weight * (meeting->points_x2 / 2.0 - expected);
    }
    double change = rating_step_factor(policy, update->before) * surplus;
    if (policy->change_max > 0)
        change = rating_clamp(change, -policy->change_max, policy->change_max);
    after.rating = rating_clamp(after.rating + change, policy->rating_min, policy->rating_max);
    return after;
}
