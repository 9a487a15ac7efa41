/* Rates every game again, each as soon as both players' histories have come to it. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/rating/rating.h"
#include "simulation/checks.h"

enum { RATED_GAMES_MAX = 256, STATES_MAX = 64, ID_MAX = 16 };

/* What SQLite prints of a double has fifteen digits. */
static const double TOLERANCE = 1e-9;

struct rated {
    char game_id[32];
    char players[2][ID_MAX];
    char winner[ID_MAX];
    int64_t scores[2];
    int64_t versions[2];
    int64_t rated_at_ms;
    double ratings[2];
    double deviations[2];
    enum rating_end end;
    bool is_done;
};

struct standing_rating {
    char player[ID_MAX];
    int64_t version;
    struct rating_state state;
};

struct ledger {
    struct world *world;
    const struct rating_policy *policy;
    struct rated games[RATED_GAMES_MAX];
    size_t game_count;
    struct standing_rating states[STATES_MAX];
    size_t state_count;
};

static void copy_id(char out[ID_MAX], const char *text)
{
    assert(strlen(text) < ID_MAX);
    memcpy(out, text, strlen(text) + 1);
}

static enum rating_end end_of(const char *reason)
{
    return strcmp(reason, "resigned") == 0  ? RATING_END_RESIGNED
           : strcmp(reason, "timeout") == 0 ? RATING_END_TIME
                                            : RATING_END_STANDARD;
}

/* game, winner, scores, time; player, version, rating and deviation of either; reason */
static void read_game(int count, char **columns, void *user)
{
    struct ledger *ledger = user;
    assert(count == 14 && ledger->game_count < RATED_GAMES_MAX);
    struct rated *game = &ledger->games[ledger->game_count++];
    assert(strlen(columns[0]) < sizeof game->game_id);
    memcpy(game->game_id, columns[0], strlen(columns[0]) + 1);
    copy_id(game->winner, columns[1]);
    game->rated_at_ms = strtoll(columns[4], NULL, 10);
    game->end = end_of(columns[13]);
    for (int i = 0; i < 2; i++) {
        game->scores[i] = strtoll(columns[2 + i], NULL, 10);
        copy_id(game->players[i], columns[5 + 4 * i]);
        game->versions[i] = strtoll(columns[6 + 4 * i], NULL, 10);
        game->ratings[i] = strtod(columns[7 + 4 * i], NULL);
        game->deviations[i] = strtod(columns[8 + 4 * i], NULL);
    }
}

static struct standing_rating *find_state(struct ledger *ledger, const char *player)
{
    for (size_t i = 0; i < ledger->state_count; i++)
        if (strcmp(ledger->states[i].player, player) == 0)
            return &ledger->states[i];
    assert(ledger->state_count < STATES_MAX);
    struct standing_rating *state = &ledger->states[ledger->state_count++];
    copy_id(state->player, player);
    state->version = 0;
    state->state = rating_initial(ledger->policy);
    return state;
}

static enum rating_winner winner_of(const struct rated *game)
{
    for (int i = 0; i < 2; i++)
        if (strcmp(game->winner, game->players[i]) == 0)
            return i == 0 ? RATING_WINNER_FIRST : RATING_WINNER_SECOND;
    return RATING_WINNER_NONE;
}

static void rate_again(struct ledger *ledger, struct rated *rated)
{
    struct rating_state before[2];
    struct rating_state after[2];
    struct rating_game game = {.end = rated->end,
                               .winner = winner_of(rated),
                               .has_scores = true,
                               .scores = {(int32_t)rated->scores[0], (int32_t)rated->scores[1]},
                               .ended_at_ms = rated->rated_at_ms};
    for (int i = 0; i < 2; i++)
        before[i] = find_state(ledger, rated->players[i])->state;
    if (rating_rate_game(ledger->policy, before, &game, after) != RATING_RATED) {
        world_fail(ledger->world, "ratings equal a replay: %s was rated but cannot be",
                   rated->game_id);
        return;
    }
    for (int i = 0; i < 2; i++) {
        struct standing_rating *state = find_state(ledger, rated->players[i]);
        state->state = after[i];
        state->version++;
        if (fabs(after[i].rating - rated->ratings[i]) > TOLERANCE * fabs(rated->ratings[i]) ||
            fabs(after[i].deviation - rated->deviations[i]) > TOLERANCE * rated->deviations[i])
            world_fail(ledger->world,
                       "ratings equal a replay: %s: it rates %s %.9f, the books say %.9f",
                       rated->game_id, rated->players[i], after[i].rating, rated->ratings[i]);
    }
}

/* Whether the game is next in both histories. */
static bool is_next(struct ledger *ledger, const struct rated *game)
{
    return find_state(ledger, game->players[0])->version + 1 == game->versions[0] &&
           find_state(ledger, game->players[1])->version + 1 == game->versions[1];
}

static bool rate_what_is_next(struct ledger *ledger)
{
    bool has_moved = false;
    for (size_t i = 0; i < ledger->game_count; i++) {
        struct rated *game = &ledger->games[i];
        if (game->is_done || !is_next(ledger, game))
            continue;
        game->is_done = has_moved = true;
        rate_again(ledger, game);
    }
    return has_moved;
}

/* player, version, rating */
static void check_current(int count, char **columns, void *user)
{
    struct ledger *ledger = user;
    (void)count; /* as the query says */
    const struct standing_rating *state = find_state(ledger, columns[0]);
    double rating = strtod(columns[2], NULL);
    if (state->version != strtoll(columns[1], NULL, 10) ||
        fabs(state->state.rating - rating) > TOLERANCE * fabs(rating))
        world_fail(ledger->world,
                   "ratings equal a replay: %s is rated %s after %s games; the replay says %.9f "
                   "after %lld",
                   columns[0], columns[2], columns[1], state->state.rating,
                   (long long)state->version);
}

/* The how-manieth game of its player a row is: corrections have versions of their own. */
#define PLACE_OF(row)                                                                              \
    "(SELECT count(*) FROM rating_history AS n WHERE n.player_id = " row ".player_id AND "         \
    "n.pool = " row ".pool AND n.game_id <> '' AND n.version <= " row ".version)"

void check_ratings(struct world *world)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    assert(ledger != NULL);
    ledger->world = world;
    ledger->policy = ratings_shelf_find(world->options.policies->ratings, "glicko2");
    assert(ledger->policy != NULL);
    world_rows(
        world,
        "SELECT g.game_id, r.winner, r.first_score, r.second_score, a.rated_at_ms, "
        "g.first_player, " PLACE_OF("a") ", a.rating, a.deviation, g.second_player, " PLACE_OF(
            "b") ", "
                 "b.rating, b.deviation, r.reason FROM games AS g JOIN results AS r USING "
                 "(game_id) JOIN "
                 "rating_history AS a ON a.game_id = g.game_id AND a.player_id = g.first_player "
                 "JOIN "
                 "rating_history AS b ON b.game_id = g.game_id AND b.player_id = g.second_player "
                 "ORDER BY a.rated_at_ms, g.game_id",
        read_game, ledger);
    while (rate_what_is_next(ledger))
        continue;
    for (size_t i = 0; i < ledger->game_count; i++)
        if (!ledger->games[i].is_done)
            world_fail(world,
                       "ratings equal a replay: %s has no place in its players' rating histories",
                       ledger->games[i].game_id);
    world_rows(world,
               "SELECT player_id, (SELECT count(*) FROM rating_history AS h WHERE h.player_id = "
               "r.player_id AND h.pool = r.pool AND h.game_id <> ''), rating FROM ratings AS r",
               check_current, ledger);
    free(ledger);
}
