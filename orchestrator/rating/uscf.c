/* US Chess (2017 text): a K factor that falls with experience and strength, a bonus for surprising
 * events, and for newcomers the rating at which their expectation equals their score. */
#include "orchestrator/rating/meeting.h"

#include <assert.h>
#include <math.h>

static const double STANDARD_GAMES_MAX = 50.0;
static const double STANDARD_BELOW = 2355.0; /* from here on experience counts in full */
static const int SPECIAL_GAMES_MAX = 8;
static const double SPECIAL_WINDOW = 400.0;
static const double SPECIAL_MAX = 2700.0;
static const double RATING_FLOOR_LOW = 1200.0;
static const double RATING_FLOOR_HIGH = 2100.0;

/* Games of experience the present rating stands for. */
static double effective_games(const struct rating_state *state)
{
    double limit = STANDARD_GAMES_MAX;
    if (state->rating <= STANDARD_BELOW) {
        double below = 2569.0 - state->rating;
        limit = STANDARD_GAMES_MAX / sqrt(0.662 + 0.00000739 * below * below);
    }
    return state->games < limit ? state->games : limit;
}

static double standard(const struct rating_update *update)
{
    double surplus = 0.0;
    for (int i = 0; i < update->count; i++) {
        const struct rating_meeting *meeting = &update->meetings[i];
        double difference = update->before->rating - meeting->opponent->rating;
        surplus += meeting->points_x2 / 2.0 - rating_logistic(difference);
    }
    double factor = 800.0 / (effective_games(update->before) + update->count);
    double change = factor * surplus;
    double bonus = 0.0;
    if (update->count >= 3 && !update->met_thrice)
        bonus = change - update->policy->uscf_bonus * sqrt(update->count > 4 ? update->count : 4);
    return update->before->rating + change + (bonus > 0 ? bonus : 0.0);
}

/* The newcomer's expectation: linear within the window, certain outside. */
static double linear_expectation(double rating, double opponent)
{
    return rating_clamp(0.5 + (rating - opponent) / (2.0 * SPECIAL_WINDOW), 0.0, 1.0);
}

/* The sum of expectations minus the score, earlier games counted as draws against the own rating
 * (wins against 400 less, losses against 400 more, where there was nothing else). */
struct special {
    const struct rating_update *update;
    double prior_games;
    double prior_rating;
    double score;
};

static double special_excess(const struct special *special, double rating)
{
    double sum = special->prior_games * linear_expectation(rating, special->prior_rating);
    for (int i = 0; i < special->update->count; i++)
        sum += linear_expectation(rating, special->update->meetings[i].opponent->rating);
    return sum - special->score;
}

static struct special special_of(const struct rating_update *update)
{
    const struct rating_state *before = update->before;
    struct special special = {
        .update = update,
        .prior_games = effective_games(before),
        .prior_rating = before->rating,
    };
    for (int i = 0; i < update->count; i++)
        special.score += update->meetings[i].points_x2 / 2.0;
    bool won_all = before->games > 0 && before->wins == before->games;
    bool lost_all = before->games > 0 && before->losses == before->games;
    if (won_all) {
        special.prior_rating -= SPECIAL_WINDOW;
        special.score += special.prior_games;
    } else if (lost_all) {
        special.prior_rating += SPECIAL_WINDOW;
    } else {
        special.score += special.prior_games / 2.0;
    }
    return special;
}

/* The excess never falls, so its zeros are one interval; returns the end of it that lies to the
 * right (`upper`) or left, to a ten-thousandth, by a fixed number of halvings. */
static double zero_end(const struct special *special, bool upper)
{
    double low = -SPECIAL_WINDOW;
    double high = SPECIAL_MAX + 2.0 * SPECIAL_WINDOW;
    for (int i = 0; i < 48; i++) {
        double middle = (low + high) / 2.0;
        double excess = special_excess(special, middle);
        bool right = upper ? excess <= 1e-9 : excess < -1e-9;
        if (right)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Where a whole interval of ratings would explain the score, the one nearest the old rating. */
static double special_rating(const struct rating_update *update)
{
    struct special special = special_of(update);
    double left = zero_end(&special, false);
    double right = zero_end(&special, true);
    double nearest = rating_clamp(update->before->rating, left, right < left ? left : right);
    return nearest < SPECIAL_MAX ? nearest : SPECIAL_MAX;
}

/* Highest established rating less 200, cut to the hundred. */
static double floor_of(const struct rating_policy *policy, const struct rating_state *state)
{
    double hundreds = (double)((int64_t)((state->peak - 200.0) / 100.0)) * 100.0;
    if (hundreds < RATING_FLOOR_LOW)
        return policy->rating_min;
    return hundreds < RATING_FLOOR_HIGH ? hundreds : RATING_FLOOR_HIGH;
}

struct rating_state rating_update_uscf(const struct rating_update *update)
{
    const struct rating_state *before = update->before;
    struct rating_state after = *before;
    if (update->count == 0)
        return after;
    bool one_sided =
        before->games > 0 && (before->wins == before->games || before->losses == before->games);
    bool special = before->games <= SPECIAL_GAMES_MAX || one_sided;
    double rating = special ? special_rating(update) : standard(update);
    after.rating = rating_clamp(rating_round(rating), floor_of(update->policy, before),
                                update->policy->rating_max);
    assert(after.rating == after.rating);
    return after;
}
