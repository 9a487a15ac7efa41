/* Which games count, whom they concern, and which system is asked. The formulas are in the files
 * named after the systems. */
#include "orchestrator/rating/rating.h"

#include "base/attr.h"
#include "orchestrator/rating/meeting.h"

#include <assert.h>
#include <string.h>

/* US Chess: estimates of newcomers before all are rated, and their first rating by age. */
enum { USCF_PASSES = 2, USCF_AGE_MIN = 3, USCF_AGE_MAX = 20 };
static const double USCF_AGE_BASE = 300.0;
static const double USCF_AGE_STEP = 50.0;

/* Less than this is not a Glicko state but another system's. */
static const double LEAST_DEVIATION = 1e-3;
static const double LEAST_VOLATILITY = 1e-6;

struct reason_text {
    const char *name;
    const char *text;
};

static const struct reason_text REASONS[] = {
    [RATING_RATED] = {"rated", "rated"},
    [RATING_UNRATED_SYSTEM] = {"no_system", "this policy does not rate games"},
    [RATING_UNRATED_CASUAL] = {"casual", "the game was casual"},
    [RATING_UNRATED_ABORTED] = {"aborted", "the game was aborted or cancelled"},
    [RATING_UNRATED_FORFEIT] = {"forfeit", "the game was forfeited without play"},
    [RATING_UNRATED_SHORT] = {"short", "the game ended after too few turns"},
    [RATING_UNRATED_BOT] = {"bot", "games against bots are not rated here"},
    [RATING_UNRATED_NO_WINNER] = {"no_winner", "the game has no recorded winner"},
    [RATING_UNRATED_CONTRADICTION] = {"contradiction", "the recorded winner has fewer points"},
    [RATING_UNRATED_GAP] = {"gap", "the players' ratings are too far apart"},
    [RATING_UNRATED_SELF] = {"self", "both players are the same"},
    [RATING_UNRATED_LATER] = {"later", "rated when the event or period ends"},
};

const char *rating_unrated_text(enum rating_unrated reason)
{
    assert((size_t)reason < COUNT_OF(REASONS));
    return REASONS[reason].text;
}

const char *rating_unrated_name(enum rating_unrated reason)
{
    assert((size_t)reason < COUNT_OF(REASONS));
    return REASONS[reason].name;
}

double rating_clamp(double value, double low, double high)
{
    if (value < low)
        return low;
    return value > high ? high : value;
}

double rating_round(double value)
{
    return (double)(int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

static bool is_glicko(const struct rating_policy *policy)
{
    return policy->system == RATING_GLICKO2 || policy->system == RATING_WOOGLES;
}

struct rating_state rating_initial(const struct rating_policy *policy)
{
    bool glicko = is_glicko(policy);
    return (struct rating_state){
        .rating = policy->initial_rating,
        .deviation = glicko ? policy->initial_deviation : 0.0,
        .volatility = glicko ? policy->initial_volatility : 0.0,
        .peak = policy->system == RATING_USCF ? 0.0 : policy->initial_rating,
        .rated_at_ms = RATING_NEVER_MS,
    };
}

struct rating_state rating_initial_aged(const struct rating_policy *policy, int age)
{
    struct rating_state state = rating_initial(policy);
    if (policy->system != RATING_USCF || age < 0)
        return state;
    double years = rating_clamp(age, USCF_AGE_MIN, USCF_AGE_MAX);
    state.rating = USCF_AGE_BASE + USCF_AGE_STEP * years;
    return state;
}

struct rating_state rating_seeded(const struct rating_policy *policy, double rating, int games)
{
    struct rating_state state = rating_initial(policy);
    state.games = games > 0 ? games : 0;
    bool below_list = policy->system == RATING_FIDE && rating < policy->rating_min;
    if (rating > 0 && !below_list)
        state.rating = rating_clamp(rating, policy->rating_min, policy->rating_max);
    bool established = policy->system != RATING_USCF || games > policy->uscf_established_games;
    state.peak = established ? state.rating : 0.0;
    return state;
}

/* A state from another system may lack what Glicko needs; a NaN lacks it too. Ratings that no
 * policy allows are brought within RATING_VALUE_MIN and RATING_VALUE_MAX, where no formula
 * overflows. */
static struct rating_state usable(const struct rating_policy *policy,
                                  const struct rating_state *state)
{
    struct rating_state copy = *state;
    copy.rating = rating_clamp(copy.rating, RATING_VALUE_MIN, RATING_VALUE_MAX);
    if (!is_glicko(policy))
        return copy;
    if (!(copy.deviation >= LEAST_DEVIATION))
        copy.deviation = policy->initial_deviation;
    if (!(copy.volatility >= LEAST_VOLATILITY))
        copy.volatility = policy->initial_volatility;
    return copy;
}

double rating_deviation_at(const struct rating_policy *policy, const struct rating_state *state,
                           int64_t now_ms)
{
    bool grows = is_glicko(policy) && policy->growth != RATING_GROWTH_PERIOD;
    if (!grows || state->rated_at_ms == RATING_NEVER_MS || now_ms <= state->rated_at_ms)
        return state->deviation;
    double periods = ((double)now_ms - (double)state->rated_at_ms) / (double)policy->period_ms;
    struct rating_state complete = usable(policy, state);
    return rating_grown_deviation(policy, complete.deviation, complete.volatility, periods);
}

bool rating_is_provisional(const struct rating_policy *policy, const struct rating_state *state,
                           int64_t now_ms)
{
    if (state->games < policy->provisional_games)
        return true;
    return policy->provisional_deviation > 0 &&
           rating_deviation_at(policy, state, now_ms) > policy->provisional_deviation;
}

double rating_expectation(const struct rating_policy *policy, const struct rating_state *player,
                          const struct rating_state *opponent)
{
    struct rating_state mine = usable(policy, player);
    struct rating_state other = usable(policy, opponent);
    switch (policy->system) {
    case RATING_GLICKO2:
    case RATING_WOOGLES:
        return rating_glicko_expectation(policy, &mine, &other);
    case RATING_FIDE:
        return rating_fide_expectation_x100((int64_t)rating_round(mine.rating - other.rating)) /
               100.0;
    case RATING_NONE:
    case RATING_ELO:
    case RATING_USCF:
        break;
    }
    return rating_logistic(mine.rating + policy->first_advantage - other.rating);
}

static int32_t clipped(int64_t value)
{
    if (value > RATING_SCORE_MAX)
        return RATING_SCORE_MAX;
    return value < -RATING_SCORE_MAX ? -RATING_SCORE_MAX : (int32_t)value;
}

static int32_t score_difference(const struct rating_game *game)
{
    return clipped((int64_t)game->scores[0] - game->scores[1]);
}

/* Who won, from the scores where nobody said. */
static enum rating_winner winner_of(const struct rating_game *game)
{
    if (game->winner != RATING_WINNER_UNKNOWN || !game->has_scores)
        return game->winner;
    int32_t difference = score_difference(game);
    if (difference == 0)
        return RATING_WINNER_NONE;
    return difference > 0 ? RATING_WINNER_FIRST : RATING_WINNER_SECOND;
}

/* Whether the end gives the winner the full result whatever the scores. */
static bool end_was_decided(enum rating_end end)
{
    switch (end) {
    case RATING_END_TIME:
    case RATING_END_RESIGNED:
    case RATING_END_CHALLENGE:
    case RATING_END_FORFEIT:
    case RATING_END_NO_SHOW:
        return true;
    case RATING_END_STANDARD:
    case RATING_END_ZEROES:
    case RATING_END_ADJUDICATED:
    case RATING_END_ABORTED:
    case RATING_END_CANCELLED:
        break;
    }
    return false;
}

static enum rating_unrated decided_spread(const struct rating_policy *policy,
                                          const struct rating_game *game, int32_t *out_spread)
{
    int32_t full = (int32_t)policy->spread_scale;
    if (game->winner != RATING_WINNER_FIRST && game->winner != RATING_WINNER_SECOND)
        return RATING_UNRATED_NO_WINNER;
    *out_spread = game->winner == RATING_WINNER_FIRST ? full : -full;
    return RATING_RATED;
}

enum rating_unrated rating_spread(const struct rating_policy *policy,
                                  const struct rating_game *game, int32_t *out_spread)
{
    if (game->end == RATING_END_ABORTED || game->end == RATING_END_CANCELLED)
        return RATING_UNRATED_ABORTED;
    if (end_was_decided(game->end) || !game->has_scores) {
        if (game->winner == RATING_WINNER_NONE && !end_was_decided(game->end)) {
            *out_spread = 0;
            return RATING_RATED;
        }
        return decided_spread(policy, game, out_spread);
    }
    int32_t difference = score_difference(game);
    bool agrees = game->winner == RATING_WINNER_UNKNOWN ||
                  (game->winner == RATING_WINNER_NONE && difference == 0) ||
                  (game->winner == RATING_WINNER_FIRST && difference > 0) ||
                  (game->winner == RATING_WINNER_SECOND && difference < 0);
    if (!agrees)
        return RATING_UNRATED_CONTRADICTION;
    *out_spread = difference;
    return RATING_RATED;
}

static bool too_far_apart(const struct rating_policy *policy, const struct rating_state before[2])
{
    if (policy->refuse_gap <= 0 || before == NULL)
        return false;
    double difference = before[0].rating - before[1].rating;
    double distance = difference < 0 ? -difference : difference;
    double stronger = difference < 0 ? before[1].rating : before[0].rating;
    return distance >= policy->refuse_gap && stronger > policy->refuse_above;
}

enum rating_unrated rating_refusal(const struct rating_policy *policy,
                                   const struct rating_state before[2],
                                   const struct rating_game *game)
{
    int32_t ignored;
    if (policy->system == RATING_NONE)
        return RATING_UNRATED_SYSTEM;
    if (game->end == RATING_END_ABORTED || game->end == RATING_END_CANCELLED)
        return RATING_UNRATED_ABORTED;
    if (game->casual)
        return RATING_UNRATED_CASUAL;
    if (game->end == RATING_END_NO_SHOW && !policy->rates_forfeits)
        return RATING_UNRATED_FORFEIT;
    if ((game->bots[0] || game->bots[1]) && policy->bot_factor <= 0)
        return RATING_UNRATED_BOT;
    if (game->turns > 0 && game->turns < policy->turns_min && !game->tournament)
        return RATING_UNRATED_SHORT;
    if (winner_of(game) == RATING_WINNER_UNKNOWN)
        return RATING_UNRATED_NO_WINNER;
    if (too_far_apart(policy, before))
        return RATING_UNRATED_GAP;
    if (policy->system == RATING_WOOGLES)
        return rating_spread(policy, game, &ignored);
    return RATING_RATED;
}

/* The game as seat 0 or 1 sees it; the game is known to be ratable. */
static struct rating_meeting meeting_of(const struct rating_policy *policy,
                                        const struct rating_game *game, int seat,
                                        const struct rating_state *opponent)
{
    enum rating_winner winner = winner_of(game);
    enum rating_winner own = seat == 0 ? RATING_WINNER_FIRST : RATING_WINNER_SECOND;
    int32_t spread = 0;
    if (policy->system == RATING_WOOGLES) {
        enum rating_unrated reason = rating_spread(policy, game, &spread);
        assert(reason == RATING_RATED);
    }
    bool bot = game->bots[0] || game->bots[1];
    return (struct rating_meeting){
        .opponent = opponent,
        .points_x2 = winner == RATING_WINNER_NONE ? 1
                     : winner == own              ? 2
                                                  : 0,
        .spread = seat == 0 ? spread : -spread,
        .moved_first = seat == 0,
        .weight = bot ? policy->bot_factor : 1.0,
    };
}

static struct rating_state updated(const struct rating_update *update)
{
    switch (update->policy->system) {
    case RATING_GLICKO2:
    case RATING_WOOGLES:
        return rating_update_glicko(update);
    case RATING_ELO:
        return rating_update_elo(update);
    case RATING_FIDE:
        return rating_update_fide(update);
    case RATING_USCF:
        return rating_update_uscf(update);
    case RATING_NONE:
        break;
    }
    return *update->before;
}

/* Counts the games and keeps the peak, which a US Chess player has only once established. */
static void keep_books(const struct rating_update *update, struct rating_state *state)
{
    const struct rating_policy *policy = update->policy;
    for (int i = 0; i < update->count; i++) {
        if (policy->system == RATING_FIDE && update->meetings[i].opponent->rating <= 0)
            continue;
        int points_x2 = update->meetings[i].points_x2;
        state->games += state->games < RATING_COUNT_MAX;
        state->wins += points_x2 == 2 && state->wins < RATING_COUNT_MAX;
        state->losses += points_x2 == 0 && state->losses < RATING_COUNT_MAX;
    }
    bool established =
        policy->system != RATING_USCF || state->games > policy->uscf_established_games;
    if (established && state->rating > state->peak)
        state->peak = state->rating;
    if (update->count > 0 && update->end_ms > state->rated_at_ms)
        state->rated_at_ms = update->end_ms;
}

static struct rating_state rate(const struct rating_update *update)
{
    struct rating_state after = updated(update);
    keep_books(update, &after);
    return after;
}

enum rating_unrated rating_rate_game(const struct rating_policy *policy,
                                     const struct rating_state before[2],
                                     const struct rating_game *game, struct rating_state after[2])
{
    enum rating_unrated reason = rating_refusal(policy, before, game);
    if (reason == RATING_RATED && policy->timing != RATING_PER_GAME)
        reason = RATING_UNRATED_LATER;
    struct rating_state sides[2] = {before[0], before[1]};
    if (reason == RATING_RATED) {
        const struct rating_state ready[2] = {usable(policy, &before[0]),
                                              usable(policy, &before[1])};
        for (int seat = 0; seat < 2; seat++) {
            struct rating_meeting meeting = meeting_of(policy, game, seat, &ready[1 - seat]);
            struct rating_update update = {
                .policy = policy,
                .before = &ready[seat],
                .meetings = &meeting,
                .count = 1,
                .end_ms = game->ended_at_ms,
            };
            sides[seat] = rate(&update);
        }
    }
    after[0] = sides[0];
    after[1] = sides[1];
    return reason;
}

static enum status check_players(const struct rating_game *games, int game_count, int state_count)
{
    for (int i = 0; i < game_count; i++)
        for (int seat = 0; seat < 2; seat++)
            if (games[i].players[seat] < 0 || games[i].players[seat] >= state_count)
                return STATUS_INVALID_ARGUMENT;
    return STATUS_OK;
}

static enum rating_unrated refusal_in_list(const struct rating_policy *policy,
                                           const struct rating_state *states,
                                           const struct rating_game *game)
{
    if (game->players[0] == game->players[1])
        return RATING_UNRATED_SELF;
    const struct rating_state pair[2] = {states[game->players[0]], states[game->players[1]]};
    return rating_refusal(policy, pair, game);
}

static void rate_one_by_one(const struct rating_policy *policy, struct rating_state *states,
                            const struct rating_game *games, int game_count,
                            enum rating_unrated *reasons)
{
    for (int i = 0; i < game_count; i++) {
        const struct rating_game *game = &games[i];
        reasons[i] = RATING_UNRATED_SELF;
        if (game->players[0] == game->players[1])
            continue;
        struct rating_state pair[2] = {states[game->players[0]], states[game->players[1]]};
        reasons[i] = rating_rate_game(policy, pair, game, pair);
        states[game->players[0]] = pair[0];
        states[game->players[1]] = pair[1];
    }
}

/* The rated games of a list, sorted by player: those of player p are meetings[starts[p]] up to
 * meetings[starts[p + 1]], in the list's order. */
struct batch {
    struct rating_state *before;
    struct rating_meeting *meetings;
    int *starts;
};

static enum status batch_alloc(struct arena *arena, int state_count, int game_count,
                               struct batch *out_batch)
{
    size_t states = (size_t)state_count;
    out_batch->before = arena_array(arena, states + 1, sizeof *out_batch->before);
    out_batch->starts = arena_array(arena, states + 2, sizeof *out_batch->starts);
    out_batch->meetings =
        arena_array(arena, 2 * (size_t)game_count + 1, sizeof *out_batch->meetings);
    bool full = out_batch->before == NULL || out_batch->starts == NULL;
    return full || out_batch->meetings == NULL ? STATUS_FULL : STATUS_OK;
}

static void batch_fill(struct batch *batch, const struct rating_policy *policy, int state_count,
                       const struct rating_game *games, int game_count,
                       const enum rating_unrated *reasons)
{
    int *next = batch->starts + 1; /* next[p]: where p's coming meeting goes */
    for (int i = 0; i < game_count; i++)
        for (int seat = 0; seat < 2 && reasons[i] == RATING_RATED; seat++)
            batch->starts[games[i].players[seat] + 2]++;
    for (int p = 2; p <= state_count + 1; p++)
        batch->starts[p] += batch->starts[p - 1];
    for (int i = 0; i < game_count; i++)
        for (int seat = 0; seat < 2 && reasons[i] == RATING_RATED; seat++) {
            int other = games[i].players[1 - seat];
            batch->meetings[next[games[i].players[seat]]++] =
                meeting_of(policy, &games[i], seat, &batch->before[other]);
        }
}

static bool met_thrice(const struct rating_meeting *meetings, int count)
{
    for (int i = 0; i < count; i++) {
        int times = 1;
        for (int j = 0; j < i; j++)
            times += meetings[j].opponent == meetings[i].opponent;
        if (times > 2)
            return true;
    }
    return false;
}

static void rate_batch(const struct rating_policy *policy, const struct batch *batch,
                       struct rating_state *states, int state_count, int64_t end_ms)
{
    for (int p = 0; p < state_count; p++) {
        const struct rating_meeting *own = batch->meetings + batch->starts[p];
        int count = batch->starts[p + 1] - batch->starts[p];
        bool idle = count == 0 && !(is_glicko(policy) && policy->growth == RATING_GROWTH_PERIOD);
        if (idle)
            continue;
        const struct rating_state own_before = usable(policy, &states[p]);
        struct rating_update update = {
            .policy = policy,
            .before = &own_before,
            .meetings = own,
            .count = count,
            .end_ms = end_ms,
            .met_thrice = policy->system == RATING_USCF && met_thrice(own, count),
        };
        states[p] = rate(&update);
    }
}

/* US Chess: two passes find out what newcomers were worth to their opponents: each time from their
 * scores against what the others are taken for so far. Nobody's own state changes. */
static enum status estimate_newcomers(const struct rating_policy *policy, struct batch *batch,
                                      const struct rating_state *states, int state_count,
                                      struct arena *arena)
{
    double *estimates = arena_array(arena, (size_t)state_count + 1, sizeof *estimates);
    if (estimates == NULL)
        return STATUS_FULL;
    for (int pass = 0; pass < USCF_PASSES; pass++) {
        for (int p = 0; p < state_count; p++) {
            const struct rating_state own = usable(policy, &states[p]);
            struct rating_update update = {
                .policy = policy,
                .before = &own,
                .meetings = batch->meetings + batch->starts[p],
                .count = batch->starts[p + 1] - batch->starts[p],
            };
            bool newcomer = states[p].games == 0 && update.count > 0;
            estimates[p] = newcomer ? rating_update_uscf(&update).rating : batch->before[p].rating;
        }
        for (int p = 0; p < state_count; p++)
            batch->before[p].rating = estimates[p];
    }
    return STATUS_OK;
}

enum status rating_rate_games(const struct rating_policy *policy, struct rating_state *states,
                              int state_count, const struct rating_game *games, int game_count,
                              int64_t end_ms, struct arena *arena, enum rating_unrated *out_reasons)
{
    struct batch batch;
    if (state_count < 0 || game_count < 0 || game_count > RATING_GAMES_MAX)
        return STATUS_FULL;
    if (check_players(games, game_count, state_count) != STATUS_OK)
        return STATUS_INVALID_ARGUMENT;
    if (out_reasons == NULL)
        out_reasons = arena_array(arena, (size_t)game_count + 1, sizeof *out_reasons);
    if (out_reasons == NULL)
        return STATUS_FULL;
    if (policy->timing == RATING_PER_GAME) {
        rate_one_by_one(policy, states, games, game_count, out_reasons);
        return STATUS_OK;
    }
    if (batch_alloc(arena, state_count, game_count, &batch) != STATUS_OK)
        return STATUS_FULL;
    for (int p = 0; p < state_count; p++)
        batch.before[p] = usable(policy, &states[p]);
    for (int i = 0; i < game_count; i++)
        out_reasons[i] = refusal_in_list(policy, states, &games[i]);
    batch_fill(&batch, policy, state_count, games, game_count, out_reasons);
    if (policy->system == RATING_USCF &&
        estimate_newcomers(policy, &batch, states, state_count, arena) != STATUS_OK)
        return STATUS_FULL;
    rate_batch(policy, &batch, states, state_count, end_ms);
    return STATUS_OK;
}

int rating_time_penalty(int64_t overtime_ms, int max_minutes)
{
    if (overtime_ms <= 0 || max_minutes <= 0)
        return 0;
    int64_t started = (overtime_ms - 1) / 60000 + 1;
    if (started > max_minutes)
        started = max_minutes;
    return (int)(started * 10);
}
