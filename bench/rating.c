/* bench-rating: game updates a second on one core, by system; one update rates both players. */
#include "base/attr.h"
#include "base/random.h"
#include "orchestrator/rating/rating.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define PLAYERS 10000
#define GAMES 1000000

static double user_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

static void make_games(struct rating_game *games)
{
    struct random random;
    random_init(&random, 1);
    for (int i = 0; i < GAMES; i++) {
        int first = (int)random_below(&random, PLAYERS);
        int32_t score = (int32_t)random_below(&random, 600);
        games[i] = (struct rating_game){
            .players = {first, (first + 1 + (int)random_below(&random, PLAYERS - 1)) % PLAYERS},
            .has_scores = true,
            .scores = {score, (int32_t)random_below(&random, 600)},
            .ended_at_ms = (int64_t)i * 60000,
        };
    }
}

static void measure(const char *name, const struct rating_game *games)
{
    static struct rating_state states[PLAYERS];
    struct rating_policy policy;
    struct arena arena;
    if (rating_policy_named(name, &policy) != STATUS_OK)
        return;
    policy.timing = RATING_PER_GAME;
    arena_init(&arena, (size_t)256 << 20);
    for (int i = 0; i < PLAYERS; i++)
        states[i] = rating_seeded(&policy, 1500, 30);
    double start = user_seconds();
    enum status status = rating_rate_games(&policy, states, PLAYERS, games, GAMES, 0, &arena, NULL);
    double seconds = user_seconds() - start;
    printf("%-10s %12.0f games/s   %6.3f us a game   (%s, player 1 at %.2f)\n", name,
           GAMES / seconds, seconds * 1e6 / GAMES, status_name(status), states[0].rating);
    arena_deinit(&arena);
}

int main(void)
{
    static const char *const names[] = {"glicko2", "lichess", "woogles", "elo", "fide", "uscf"};
    struct rating_game *games = malloc(GAMES * sizeof *games);
    if (games == NULL)
        return EXIT_FAILURE;
    make_games(games);
    printf("%d games among %d players, user CPU time, one core; aim: 1000000 games/s\n", GAMES,
           PLAYERS);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        measure(names[i], games);
    free(games);
    return EXIT_SUCCESS;
}
