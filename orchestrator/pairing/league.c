/* A league's arithmetic, and the games of a division's season. */
#include "orchestrator/pairing/league.h"

#include "base/random.h"
#include "orchestrator/pairing/lots.h"
#include "orchestrator/pairing/table.h"

#include <assert.h>

static int divided_up(int number, int by)
{
    return (number + by - 1) / by;
}

int league_promotions(enum league_formula formula, int size)
{
    if (size <= 0)
        return 0;
    switch (formula) {
    case LEAGUE_SIXTH:
        return divided_up(size, 6);
    case LEAGUE_FIFTH:
        return divided_up(size, 5);
    case LEAGUE_FIFTH_PLUS:
        return divided_up(size + 1, 5);
    case LEAGUE_THIRD:
        break;
    }
    return divided_up(size, 3);
}

int league_virtual_division(enum league_status status, int previous, int lowest)
{
    switch (status) {
    case LEAGUE_PROMOTED:
        return previous > 1 ? previous - 1 : 1;
    case LEAGUE_RELEGATED:
        return previous + 1;
    case LEAGUE_NEW:
        return lowest;
    case LEAGUE_STAYED:
    case LEAGUE_SHORT_HIATUS:
    case LEAGUE_LONG_HIATUS:
        break;
    }
    return previous;
}

int league_ceiling(enum league_status status, int previous, int lowest)
{
    switch (status) {
    case LEAGUE_PROMOTED:
        return previous > 1 ? previous - 1 : 1;
    case LEAGUE_STAYED:
        return previous < lowest ? previous : 0;
    case LEAGUE_NEW:
    case LEAGUE_RELEGATED:
    case LEAGUE_SHORT_HIATUS:
    case LEAGUE_LONG_HIATUS:
        break;
    }
    return 0;
}

static int64_t bonus_of(enum league_status status)
{
    switch (status) {
    case LEAGUE_RELEGATED:
        return 50000;
    case LEAGUE_STAYED:
        return 40000;
    case LEAGUE_PROMOTED:
        return 30000;
    case LEAGUE_SHORT_HIATUS:
    case LEAGUE_LONG_HIATUS:
        return 10000;
    case LEAGUE_NEW:
        break;
    }
    return 5000;
}

int64_t league_priority(const struct league_entry *entry)
{
    int64_t priority = 100000 * (int64_t)(entry->virtual_divisions - entry->virtual_division + 1) +
                       bonus_of(entry->status) + (entry->previous_size - entry->previous_rank);
    if (entry->status == LEAGUE_NEW)
        priority += entry->rating;
    for (int i = 0; i < entry->hiatus_seasons; i++)
        priority = (priority * 933 + 500) / 1000;
    return priority;
}

int league_division_count(int players, int ideal)
{
    assert(ideal > 0);
    int count = (2 * players + ideal) / (2 * ideal);
    return players > 0 && count == 0 ? 1 : count;
}

int league_division_size(int players, int divisions, int ideal, int number)
{
    int before = ideal * (number - 1);
    int left = players > before ? players - before : 0;
    return number == divisions || left < ideal ? left : ideal;
}

bool league_merges_up(int size)
{
    return size < LEAGUE_DIVISION_MIN;
}

struct league_outcome league_outcomes(int division, int lowest, int size,
                                      enum league_formula formula)
{
    int moving = league_promotions(formula, size);
    struct league_outcome outcome = {.champions = division == 1 && size > 0 ? 1 : 0,
                                     .promoted = division > 1 ? moving : 0,
                                     .relegated = division < lowest ? moving : 0};
    int settled = outcome.champions + outcome.promoted;
    if (settled + outcome.relegated > size)
        outcome.relegated = size > settled ? size - settled : 0;
    outcome.stayed = size - settled - outcome.relegated;
    return outcome;
}

static void lots_shuffle(const struct league_ask *ask, int *list, int count)
{
    if (ask->like_liwords) {
        struct lots_pcg pcg = {.high = ask->seed, .low = 0};
        lots_pcg_shuffle(&pcg, list, count);
        return;
    }
    struct random random;
    random_init_stream(&random, ask->seed, "league", 0);
    for (int i = count - 1; i > 0; i--) {
        int j = (int)random_below(&random, (uint64_t)i + 1);
        int kept = list[i];
        list[i] = list[j];
        list[j] = kept;
    }
}

static bool seeded_tie(uint64_t seed, int one, int other, int round)
{
    struct random random;
    random_init_stream(&random, seed, "league tie",
                       ((uint64_t)round * LEAGUE_PLAYERS_MAX + (uint64_t)one) * LEAGUE_PLAYERS_MAX +
                           (uint64_t)other);
    return random_below(&random, 2) == 0;
}

/* Rounds of the circle, each round's games by their lower player. */
static int circle_games(const struct league_ask *ask, int rounds, const int *list, int *opponent,
                        struct league_game *out)
{
    int even = ask->players + ask->players % 2;
    int count = 0;
    for (int round = 0; round < rounds; round++) {
        table_circle(list, even, round, opponent);
        for (int i = 0; i < ask->players; i++)
            if (opponent[i] > i && opponent[i] < ask->players)
                out[count++] = (struct league_game){.one = i, .other = opponent[i], .round = round};
    }
    return count;
}

/* A full cycle takes its firsts from the table; otherwise whoever has fewer goes first. */
static void firsts_assign(const struct league_ask *ask, bool full, int *firsts,
                          struct league_game *games, int count)
{
    league_tie tie = ask->tie != NULL ? ask->tie : seeded_tie;
    for (int g = 0; g < count; g++) {
        struct league_game *game = &games[g];
        if (full)
            game->one_first =
                !table_circle_switches(ask->players, game->round, game->one, game->other);
        else if (firsts[game->one] != firsts[game->other])
            game->one_first = firsts[game->one] < firsts[game->other];
        else
            game->one_first = tie(ask->seed, game->one, game->other, game->round);
        firsts[game->one_first ? game->one : game->other]++;
    }
}

/* An odd field on a circle: everybody meets those at half of LEAGUE_GAMES_MAX distances on either
 * side and goes first against one side, so games and firsts are equal for all. Round r of the round
 * robin holds the pairs whose places sum to r, one for each distance. */
static int distance_games(const struct league_ask *ask, const int *list, int *distances,
                          struct league_game *out)
{
    int players = ask->players;
    int games = ask->rounds_max > 0 && ask->rounds_max < LEAGUE_GAMES_MAX ? ask->rounds_max
                                                                          : LEAGUE_GAMES_MAX;
    for (int i = 0; i < players / 2; i++)
        distances[i] = i;
    lots_shuffle(ask, distances, players / 2);
    int count = 0;
    for (int round = 0; round < players; round++)
        for (int d = 0; d < games / 2; d++) { /* two games a distance */
            int distance = distances[d] + 1;
            /* Places p and p + distance sum to the round: halve in arithmetic modulo players. */
            int twice = (round - distance + players) % players;
            int place = twice % 2 == 0 ? twice / 2 : (twice + players) / 2;
            int first = list[place];
            int second = list[(place + distance) % players];
            out[count++] = (struct league_game){.one = first < second ? first : second,
                                                .other = first < second ? second : first,
                                                .one_first = first < second,
                                                .round = round};
        }
    return count;
}

enum status league_schedule(const struct league_ask *ask, struct arena *arena,
                            struct league_game **out_games, int *out_count, struct fault *out_fault)
{
    int players = ask->players;
    if (players < 2 || players > LEAGUE_PLAYERS_MAX)
        return fault_set(out_fault, 0, 0, "a division has 2 to %d players, not %d",
                         LEAGUE_PLAYERS_MAX, players);
    int even = players + players % 2;
    int cycle = even - 1;
    size_t most = (size_t)even * (size_t)cycle / 2;
    struct league_game *games = arena_array(arena, most, sizeof *games);
    int *list = arena_array(arena, (size_t)even, sizeof *list);
    int *scratch = arena_array(arena, (size_t)even, sizeof *scratch);
    int *firsts = arena_array(arena, (size_t)even, sizeof *firsts);
    if (games == NULL || list == NULL || scratch == NULL || firsts == NULL)
        return STATUS_FULL;
    bool part = players % 2 == 1 && players - 1 > LEAGUE_GAMES_MAX;
    int drawn = part ? players : even;
    for (int i = 0; i < drawn; i++)
        list[i] = i;
    lots_shuffle(ask, list, drawn);
    if (part) {
        *out_count = distance_games(ask, list, scratch, games);
        *out_games = games;
        return STATUS_OK;
    }
    int rounds = players - 1 > LEAGUE_GAMES_MAX ? LEAGUE_GAMES_MAX : cycle;
    if (ask->rounds_max > 0 && ask->rounds_max < rounds)
        rounds = ask->rounds_max;
    *out_count = circle_games(ask, rounds, list, scratch, games);
    firsts_assign(ask, rounds == cycle, firsts, games, *out_count);
    *out_games = games;
    return STATUS_OK;
}
