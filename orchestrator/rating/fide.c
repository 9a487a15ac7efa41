/* FIDE B.02: expectations and differences by table, K limited by the number of games, first ratings
 * from a pool of results. Whole numbers throughout; a period's change is rounded once, at its end.
 */
#include "orchestrator/rating/meeting.h"

#include "base/attr.h"

#include <assert.h>

static const double CHANGE_BASE = 700.0; /* K times games stays within this */
static const int VIRTUAL_RATING = 1800;  /* of the two drawn games added to a first result */
static const int VIRTUAL_GAMES = 2;

/* Rating difference for a score fraction of 1.00, .99, ... .50. */
static const int16_t DIFFERENCES[] = {
    800, 677, 589, 538, 501, 470, 444, 422, 401, 383, 366, 351, 336, 322, 309, 296, 284,
    273, 262, 251, 240, 230, 220, 211, 202, 193, 184, 175, 166, 158, 149, 141, 133, 125,
    117, 110, 102, 95,  87,  80,  72,  65,  57,  50,  43,  36,  29,  21,  14,  7,   0};

/* Largest difference at which the stronger player is expected to score .50, .51, ... .99. */
static const int16_t BOUNDS[] = {3,   10,  17,  25,  32,  39,  46,  53,  61,  68,  76,  83,  91,
                                 98,  106, 113, 121, 129, 137, 145, 153, 162, 170, 179, 188, 197,
                                 206, 215, 225, 235, 245, 256, 267, 278, 290, 302, 315, 328, 344,
                                 357, 374, 391, 411, 432, 456, 484, 517, 559, 619, 735};

int rating_fide_difference(int64_t points_x2, int64_t games)
{
    assert(games > 0 && points_x2 >= 0 && points_x2 <= 2 * games);
    int hundredths = (int)((100 * points_x2 + games) / (2 * games)); /* halves up */
    return hundredths >= 50 ? DIFFERENCES[100 - hundredths] : -DIFFERENCES[hundredths];
}

int rating_fide_expectation_x100(int64_t difference)
{
    int64_t distance = difference < 0 ? -difference : difference;
    int low = (int)(distance < 400 ? distance / 10 : 40); /* near the answer, from below */
    while (low > 0 && BOUNDS[low - 1] >= distance)
        low--;
    while (low < (int)COUNT_OF(BOUNDS) && BOUNDS[low] < distance)
        low++;
    return difference < 0 ? 50 - low : 50 + low;
}

static int64_t whole(double rating)
{
    return (int64_t)rating_round(rating);
}

static int64_t counted_difference(const struct rating_policy *policy,
                                  const struct rating_state *player,
                                  const struct rating_state *opponent)
{
    int64_t difference = whole(player->rating) - whole(opponent->rating);
    bool limited = policy->gap_max > 0 &&
                   (policy->gap_max_below <= 0 || player->rating < policy->gap_max_below);
    if (!limited)
        return difference;
    return (int64_t)rating_clamp((double)difference, -policy->gap_max, policy->gap_max);
}

static struct rating_state update_rated(const struct rating_update *update)
{
    const struct rating_policy *policy = update->policy;
    struct rating_state after = *update->before;
    int64_t surplus_x100 = 0;
    int games = 0;
    for (int i = 0; i < update->count; i++) {
        const struct rating_meeting *meeting = &update->meetings[i];
        if (meeting->opponent->rating <= 0)
            continue; /* an unrated opponent proves nothing */
        int64_t difference = counted_difference(policy, update->before, meeting->opponent);
        surplus_x100 += 50 * meeting->points_x2 - rating_fide_expectation_x100(difference);
        games++;
    }
    double factor = rating_step_factor(policy, update->before);
    if (games > 0 && factor * games > CHANGE_BASE)
        factor = (double)((int64_t)CHANGE_BASE / games);
    after.rating += rating_round(factor * (double)surplus_x100 / 100.0);
    if (after.rating > policy->rating_max)
        after.rating = policy->rating_max;
    if (after.rating < policy->rating_min)
        after.rating = 0; /* off the list */
    return after;
}

/* Ends the pool: the first rating, or another wait for results where it would be below the floor.
 */
static void settle_pool(const struct rating_policy *policy, struct rating_state *state)
{
    int64_t games = (int64_t)state->pool_games + VIRTUAL_GAMES;
    int64_t sum = state->pool_rating_sum + (int64_t)VIRTUAL_GAMES * VIRTUAL_RATING;
    int64_t average = (2 * sum + games) / (2 * games); /* halves up */
    int64_t points_x2 = (int64_t)state->pool_points_x2 + VIRTUAL_GAMES;
    double rating = (double)(average + rating_fide_difference(points_x2, games));
    if (rating > policy->initial_rating_max)
        rating = policy->initial_rating_max;
    state->rating = rating < policy->rating_min ? 0.0 : rating;
    state->pool_games = 0;
    state->pool_points_x2 = 0;
    state->pool_rating_sum = 0;
}

static struct rating_state update_unrated(const struct rating_update *update)
{
    struct rating_state after = *update->before;
    for (int i = 0; i < update->count; i++) {
        const struct rating_meeting *meeting = &update->meetings[i];
        if (meeting->opponent->rating <= 0)
            continue;
        after.pool_games++;
        after.pool_points_x2 += meeting->points_x2;
        after.pool_rating_sum += whole(meeting->opponent->rating);
    }
    if (after.pool_games >= update->policy->initial_games)
        settle_pool(update->policy, &after);
    return after;
}

struct rating_state rating_update_fide(const struct rating_update *update)
{
    return update->before->rating > 0 ? update_rated(update) : update_unrated(update);
}
