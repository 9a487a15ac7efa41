/* How long a wave takes and what it is worth: rule sets beside lichess's own on the same tickets
 * and the same arrivals.
 *
 *     bench-seeks [FOLDER]     policies, default policies/seeks
 */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/random.h"
#include "orchestrator/seeking/policy/seeking_policy.h"
#include "orchestrator/seeking/rehearsal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SIZES = 4, RUNS = 5, NOW_MS = 100000000, MINUTES = 30, ARRIVALS_MAX = 100000 };

static const int32_t sizes[SIZES] = {200, 500, 2000, 10000};
static const double targets_ms[SIZES] = {0, 0, 60, 1000};
static const char *const names[] = {"lichess-pool", "flexmatch-style"};

static double user_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static const struct seeking_policy *read_policy(struct arena *arena, const char *folder,
                                                const char *name)
{
    struct buffer text = {0};
    const struct seeking_policy *policy = NULL;
    const char *path = arena_format(arena, "%s/%s.yaml", folder, name);
    struct yaml_faults faults = {.arena = arena};
    if (path == NULL || buffer_read_file(&text, path) != STATUS_OK ||
        seeking_policy_read(arena, buffer_text(&text), text.size, NULL, &faults, &policy) !=
            STATUS_OK) {
        fprintf(stderr, "bench-seeks: no policy %s/%s.yaml\n", folder, name);
        exit(EXIT_FAILURE);
    }
    buffer_deinit(&text);
    return policy;
}

static struct seeking_facts draw_facts(struct random *random)
{
    double rating = 300;
    for (int i = 0; i < 6; i++)
        rating += (double)random_below(random, 400);
    return (struct seeking_facts){
        .rating = rating,
        .deviation = random_below(random, 6) == 0 ? 180 : 60,
        .games = 100,
        .conduct = random_below(random, 20) == 0 ? -(double)random_below(random, 50) : 0,
        .balance = (double)random_below(random, 5) - 2};
}

/* ---- one wave ---------------------------------------------------------------------------- */

static struct seeking_ticket *draw_tickets(struct arena *arena, int32_t count, uint64_t seed)
{
    struct random random;
    struct seeking_ticket *tickets = arena_array(arena, (size_t)count, sizeof *tickets);
    random_init(&random, seed);
    for (int32_t i = 0; i < count; i++) {
        const char **blocks = arena_array(arena, 3, sizeof *blocks);
        for (int b = 0; b < 3; b++)
            blocks[b] = arena_format(arena, "p%llu",
                                     (unsigned long long)random_below(&random, (uint64_t)count));
        tickets[i] =
            (struct seeking_ticket){.id = arena_format(arena, "t%d", i),
                                    .player = arena_format(arena, "p%d", i),
                                    .since_ms = NOW_MS - (int64_t)random_below(&random, 90000),
                                    .misses = (int64_t)random_below(&random, 8),
                                    .facts = draw_facts(&random),
                                    .blocks = blocks,
                                    .block_count = 3};
    }
    return tickets;
}

static int by_time(const void *one, const void *other)
{
    double a = *(const double *)one;
    double b = *(const double *)other;
    return (a > b) - (a < b);
}

static bool time_wave(const struct seeking_policy *policy, int size)
{
    double times[RUNS];
    double gap = 0;
    struct seeking_wave wave = {0};
    struct arena arena;
    arena_init(&arena, (size_t)4 << 30);
    for (int run = 0; run < RUNS; run++) {
        arena_reset(&arena);
        struct seeking_wave_input input = {.policy = policy,
                                           .tickets = draw_tickets(&arena, sizes[size], 11),
                                           .count = sizes[size],
                                           .now_ms = NOW_MS};
        double start = user_ms();
        if (seeking_wave(&input, &arena, &wave) != STATUS_OK)
            return false;
        times[run] = user_ms() - start;
        gap = 0;
        for (int32_t i = 0; i < wave.pair_count; i++)
            gap += fabs(input.tickets[wave.pairs[i].first].facts.rating -
                        input.tickets[wave.pairs[i].second].facts.rating);
    }
    qsort(times, RUNS, sizeof *times, by_time);
    double target = targets_ms[size];
    printf("%-18s %7d %8d %7d %7.1f %9.1f %9.1f  %s\n", policy->name, sizes[size], wave.edge_count,
           wave.pair_count, wave.pair_count > 0 ? gap / wave.pair_count : 0, times[0],
           times[RUNS / 2],
           target <= 0                 ? ""
           : times[RUNS / 2] <= target ? "within the aim"
                                       : "OVER THE AIM");
    arena_deinit(&arena);
    return target <= 0 || times[RUNS / 2] <= target;
}

/* ---- an evening -------------------------------------------------------------------------- */

static int32_t draw_arrivals(struct rehearsal_arrival *arrivals, double a_minute, int32_t players,
                             struct seeking_facts *facts)
{
    struct random random;
    double now_s = 0;
    int32_t count = 0;
    random_init(&random, 5);
    for (int32_t i = 0; i < players; i++)
        facts[i] = draw_facts(&random);
    for (int32_t i = 0; count < ARRIVALS_MAX; i++) {
        double share = ((double)(random_next(&random) >> 11) + 0.5) / 9007199254740992.0;
        now_s -= log(share) * 60 / a_minute;
        if (now_s > MINUTES * 60)
            break;
        int32_t player = i % players; /* in turn: nobody comes again for eight minutes */
        arrivals[count++] = (struct rehearsal_arrival){.at_ms = (int64_t)(now_s * 1000),
                                                       .player = player,
                                                       .patience_ms = 180000,
                                                       .facts = facts[player]};
    }
    return count;
}

static void play_evening(const struct seeking_policy *policy, double a_minute)
{
    struct arena arena;
    struct rehearsal rehearsal;
    double gap = 0, wait = 0;
    int matched = 0, repeats = 0;
    int32_t players = (int32_t)(a_minute * 8);
    arena_init(&arena, (size_t)4 << 30);
    struct rehearsal_arrival *arrivals = arena_array(&arena, ARRIVALS_MAX, sizeof *arrivals);
    struct seeking_facts *facts = arena_array(&arena, (size_t)players, sizeof *facts);
    struct rehearsal_input input = {.policy = policy,
                                    .clock = policy->pools[0].clock,
                                    .arrivals = arrivals,
                                    .player_count = players,
                                    .acceptance = 1,
                                    .repeat_ms = 3600000,
                                    .seed = 5};
    input.count = draw_arrivals(arrivals, a_minute, players, facts);
    if (rehearsal_run(&input, &arena, &rehearsal) == STATUS_OK) {
        for (int32_t i = 0; i < input.count; i++) {
            const struct rehearsal_outcome *outcome = &rehearsal.outcomes[i];
            if (outcome->end != REHEARSAL_MATCHED)
                continue;
            matched++;
            gap += outcome->gap;
            wait += (double)outcome->waited_ms / 1000;
            repeats += outcome->is_repeat;
        }
        printf("%-18s %9.0f %8d %7d %9.1f %9.1f %8.2f %10.1f\n", policy->name, a_minute,
               input.count, matched / 2, matched > 0 ? wait / matched : 0,
               matched > 0 ? gap / matched : 0, matched > 0 ? 100.0 * repeats / matched : 0,
               input.count > 0 ? 100.0 * (input.count - matched) / input.count : 0);
    }
    arena_deinit(&arena);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "policies/seeks";
    const struct seeking_policy *policies[COUNT_OF(names)];
    struct arena arena;
    bool good = true;
    arena_init(&arena, (size_t)64 << 20);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        policies[i] = read_policy(&arena, folder, names[i]);
    printf("One wave (CPU time of %d runs):\n%-18s %7s %8s %7s %7s %9s %9s\n", RUNS, "policy",
           "tickets", "edges", "pairs", "gap", "best ms", "median");
    for (int size = 0; size < SIZES; size++)
        for (size_t i = 0; i < COUNT_OF(names); i++)
            good = time_wave(policies[i], size) && good;
    printf("\n%d minutes, the same arrivals:\n%-18s %9s %8s %7s %9s %9s %8s %10s\n", MINUTES,
           "policy", "a minute", "arrivals", "games", "wait s", "gap", "repeats%", "unmatched%");
    static const double rates[] = {20, 100, 500};
    for (size_t r = 0; r < COUNT_OF(rates); r++)
        for (size_t i = 0; i < COUNT_OF(names); i++)
            play_evening(policies[i], rates[r]);
    arena_deinit(&arena);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
