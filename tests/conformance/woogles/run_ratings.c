/* Runners of the files about ratings: updates with given spreads, and which spread a game's end
 * gives. */
#include "orchestrator/rating/rating.h"
#include "tests/conformance/woogles/woogles.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double TOLERANCE = 1e-9;
static const double SCALE_LIMIT = 60.0; /* "within 60" of the opponent */

static struct rating_policy woogles_policy(void)
{
    struct rating_policy policy = {0};
    if (rating_policy_named("woogles", &policy) != STATUS_OK)
        policy.system = RATING_NONE;
    return policy;
}

static bool near(double actual, double expected)
{
    return fabs(actual - expected) <= TOLERANCE * (1.0 + fabs(expected));
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static double at(const json_t *array, size_t index)
{
    return json_number_value(json_array_get(array, index));
}

static struct rating_state state_of(double rating, double deviation, double volatility)
{
    return (struct rating_state){
        .rating = rating, .deviation = deviation, .volatility = volatility, .rated_at_ms = 0};
}

/* Rates one game that the player won by `spread` after so many seconds. */
static struct rating_state play(struct rating_state player, struct rating_state opponent,
                                int32_t spread, double seconds)
{
    const struct rating_policy policy = woogles_policy();
    struct rating_game game = {
        .has_scores = true,
        .scores = {spread > 0 ? spread : 0, spread < 0 ? -spread : 0},
        .ended_at_ms = (int64_t)(seconds * 1000.0),
    };
    struct rating_state before[2] = {player, opponent};
    struct rating_state after[2];
    before[0].rated_at_ms = 0;
    if (rating_rate_game(&policy, before, &game, after) != RATING_RATED)
        after[0].rating = NAN;
    return after[0];
}

static bool matches(const struct rating_state *state, const json_t *expected)
{
    if (json_is_array(expected))
        return near(state->rating, at(expected, 0)) && near(state->deviation, at(expected, 1)) &&
               near(state->volatility, at(expected, 2));
    return near(state->rating, number(expected, "rating")) &&
           near(state->deviation, number(expected, "rd")) &&
           near(state->volatility, number(expected, "volatility"));
}

static void run_vectors(const json_t *vectors, struct woogles_tally *tally)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(vectors, index, vector)
    {
        const json_t *player = json_object_get(vector, "player");
        const json_t *opponent = json_object_get(vector, "opponent");
        struct rating_state after = play(
            state_of(number(player, "rating"), number(player, "rd"), number(player, "volatility")),
            state_of(number(opponent, "rating"), number(opponent, "rd"), 0.06),
            (int32_t)woogles_int(vector, "spread"), number(vector, "seconds_since_last_game"));
        woogles_case(tally, matches(&after, json_object_get(vector, "expect")),
                     "vector %zu: %.13g %.13g %.17g", index, after.rating, after.deviation,
                     after.volatility);
    }
}

static struct rating_state opponent_of(const json_t *object)
{
    const json_t *opponent = json_object_get(object, "opponent");
    return state_of(at(opponent, 0), at(opponent, 1), 0.06);
}

static void run_sequences(const json_t *sequences, struct woogles_tally *tally)
{
    size_t index;
    const json_t *row;
    json_array_foreach(sequences, index, row)
    {
        const json_t *start = json_object_get(row, "start");
        const json_t *then = json_object_get(row, "then");
        int64_t games = woogles_int(row, "games");
        int64_t until = woogles_int(row, "games_until_within_60");
        struct rating_state player = state_of(at(start, 0), at(start, 1), at(start, 2));
        struct rating_state opponent = opponent_of(row);
        int64_t played = 0;
        bool reached = false;
        while (played < (games > 0 ? games : until) && !reached) {
            player =
                play(player, opponent, (int32_t)woogles_int(row, "spread"), number(row, "seconds"));
            played++;
            reached = games == 0 && fabs(player.rating - opponent.rating) <= SCALE_LIMIT;
        }
        bool same = matches(&player, json_object_get(row, "after")) &&
                    (games > 0 || (reached && played == until));
        woogles_case(tally, same, "sequence %s: %" PRId64 " games, %.13g %.13g %.17g",
                     woogles_text(row, "name"), played, player.rating, player.deviation,
                     player.volatility);
        if (then == NULL)
            continue;
        player = play(player, opponent_of(then), (int32_t)woogles_int(then, "spread"),
                      number(then, "seconds"));
        woogles_case(tally, matches(&player, json_object_get(then, "after")),
                     "sequence %s, then: %.13g %.13g %.17g", woogles_text(row, "name"),
                     player.rating, player.deviation, player.volatility);
    }
}

static double rating_after(double opponent, int32_t spread)
{
    return play(state_of(1500, 350, 0.06), state_of(opponent, 60, 0.06), spread, 345600).rating;
}

static bool less_for_smaller_spread(void)
{
    return rating_after(1500, 75) < rating_after(1500, 125);
}

static bool no_more_past_the_scale(void)
{
    return rating_after(1500, 125) == rating_after(1500, 126);
}

static bool first_point_is_worth_most(void)
{
    double step[3];
    for (int32_t i = 0; i < 3; i++)
        step[i] = rating_after(1700, i + 1) - rating_after(1700, i);
    return fabs(step[1] - step[2]) < 1e-7 && step[1] < step[0] && step[2] < step[0];
}

static const struct {
    const char *text;
    bool (*holds)(void);
} INEQUALITIES[] = {
    {"spread 75 gains less than 125", less_for_smaller_spread},
    {"spread 125 equals 126 exactly", no_more_past_the_scale},
    {"opponent +200: rating(3)-rating(2)==rating(2)-rating(1) within 1e-7 and both smaller than "
     "rating(1)-rating(0)",
     first_point_is_worth_most},
};

static void run_inequality(const char *text, struct woogles_tally *tally)
{
    for (size_t i = 0; i < COUNT_OF(INEQUALITIES); i++)
        if (strcmp(INEQUALITIES[i].text, text) == 0) {
            woogles_case(tally, INEQUALITIES[i].holds(), "%s", text);
            return;
        }
    printf("skipped %s: no check is known for \"%s\"\n", tally->file, text);
    tally->skipped++;
}

void run_glicko(const json_t *root, struct woogles_tally *tally)
{
    const struct rating_policy policy = woogles_policy();
    size_t index;
    const json_t *row;
    run_vectors(json_object_get(root, "vectors"), tally);
    run_sequences(json_object_get(root, "sequences"), tally);
    json_array_foreach(json_object_get(root, "adjusted_win_boost"), index, row)
    {
        double boost = rating_win_boost(&policy, number(row, "rating"));
        woogles_case(tally, near(boost, number(row, "value")), "win boost at %g: %.17g",
                     number(row, "rating"), boost);
    }
    json_array_foreach(json_object_get(root, "inequalities"), index, row)
        run_inequality(json_string_value(row), tally);
}

static const struct {
    const char *name;
    enum rating_end end;
} ENDS[] = {
    {"TIME", RATING_END_TIME},
    {"STANDARD", RATING_END_STANDARD},
    {"CONSECUTIVE_ZEROES", RATING_END_ZEROES},
    {"RESIGNED", RATING_END_RESIGNED},
    {"ABORTED", RATING_END_ABORTED},
    {"TRIPLE_CHALLENGE", RATING_END_CHALLENGE},
    {"CANCELLED", RATING_END_CANCELLED},
    {"FORCE_FORFEIT", RATING_END_FORFEIT},
    {"ADJUDICATED", RATING_END_ADJUDICATED},
};

static bool find_end(const char *name, enum rating_end *out_end)
{
    for (size_t i = 0; i < COUNT_OF(ENDS); i++)
        if (strcmp(ENDS[i].name, name) == 0) {
            *out_end = ENDS[i].end;
            return true;
        }
    return false;
}

static enum rating_winner winner_of(const json_t *winner)
{
    if (!json_is_integer(winner))
        return RATING_WINNER_UNKNOWN;
    int64_t value = woogles_value(winner);
    if (value < 0)
        return RATING_WINNER_NONE;
    return value == 0 ? RATING_WINNER_FIRST : RATING_WINNER_SECOND;
}

static void run_spread(const json_t *row, struct woogles_tally *tally)
{
    const struct rating_policy policy = woogles_policy();
    const json_t *expected = json_object_get(row, "spread");
    struct rating_game game = {.winner = winner_of(json_object_get(row, "winner"))};
    int scores[2] = {0, 0};
    int32_t spread = 0;
    game.has_scores = woogles_ints(json_object_get(row, "scores"), scores, 2) == 2;
    game.scores[0] = scores[0];
    game.scores[1] = scores[1];
    if (!find_end(woogles_text(row, "end_reason"), &game.end)) {
        woogles_case(tally, false, "unknown end %s", woogles_text(row, "end_reason"));
        return;
    }
    enum rating_unrated reason = rating_spread(&policy, &game, &spread);
    bool same = json_is_integer(expected)
                    ? reason == RATING_RATED && spread == woogles_value(expected)
                    : reason != RATING_RATED;
    woogles_case(tally, same, "%s %d-%d: %s, spread %" PRId32, woogles_text(row, "end_reason"),
                 scores[0], scores[1], rating_unrated_name(reason), spread);
}

void run_rate_inputs(const json_t *root, struct woogles_tally *tally)
{
    const json_t *penalties = json_object_get(json_object_get(root, "time_penalty"), "cases");
    size_t index;
    const json_t *row;
    json_array_foreach(json_object_get(root, "cases"), index, row) run_spread(row, tally);
    json_array_foreach(penalties, index, row)
    {
        int penalty =
            rating_time_penalty(woogles_int(row, "overtime_ms"), (int)woogles_int(row, "max_min"));
        woogles_case(tally, penalty == woogles_int(row, "penalty"), "overtime %" PRId64 ": %d",
                     woogles_int(row, "overtime_ms"), penalty);
    }
}
