/* bench-standing: milliseconds to order a field by five tie-breaks after nine rounds. */
#include "base/attr.h"
#include "base/random.h"
#include "orchestrator/standing/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define ROUNDS 9
#define REPEATS 20

static double user_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6;
}

/* Score groups of random neighbours meet each round; 2 in 100 stay away. */
static struct record *random_event(struct arena *arena, int players)
{
    struct record *record = record_create(arena, players, ROUNDS);
    int *order = arena_array(arena, (size_t)players, sizeof *order);
    struct random random;
    random_init(&random, 3);
    for (int i = 0; i < players; i++) {
        order[i] = i;
        record->players[i].rating = 2600 - i * 1600 / players;
    }
    for (int round = 1; round <= ROUNDS; round++) {
        for (int i = players - 1; i > 0; i--) {
            int reach = i < 200 ? i : 200;
            int j = i - (int)random_below(&random, (uint64_t)reach + 1);
            int swap = order[i];
            order[i] = order[j];
            order[j] = swap;
        }
        for (int i = 0; i + 1 < players; i += 2) {
            uint8_t outcome = (uint8_t)(1 + random_below(&random, 3));
            bool away = random_below(&random, 100) < 2;
            for (int side = 0; side < 2; side++)
                *record_result(record, order[i + side], round) = (struct record_result){
                    .opponent = away ? RECORD_NOBODY : order[i + 1 - side],
                    .kind = away ? RECORD_BYE_HALF : RECORD_PLAYED,
                    .outcome = away ? RECORD_DRAW : (uint8_t)(side == 0 ? outcome : 4 - outcome),
                    .side = (uint8_t)(away ? RECORD_SIDE_NONE : 1 + side),
                };
        }
    }
    record->rounds_played = ROUNDS;
    return record;
}

static void measure(int players, const char *order)
{
    struct arena arena;
    struct standing_options options = {0};
    struct standing_table table;
    struct fault fault = {0};
    arena_init(&arena, (size_t)1 << 30);
    struct record *record = random_event(&arena, players);
    enum status status = standing_order_parse(order, &options, &fault);
    double start = user_seconds();
    for (int i = 0; i < REPEATS && status == STATUS_OK; i++) {
        struct arena_mark mark = arena_mark(&arena);
        status = standing_table_build(record, &options, &arena, &table);
        arena_rewind(&arena, mark);
    }
    double milliseconds = (user_seconds() - start) * 1e3 / REPEATS;
    printf("%8d  %-24s %8.2f ms  %s\n", players, order, milliseconds, status_name(status));
    arena_deinit(&arena);
}

int main(void)
{
    static const char *const orders[] = {"BH/C1,BH,SB,DE,WIN", "DE,BH/C1,SB,PS,WON",
                                         "ARO,TPR,PTP,APRO,APPO"};
    static const int sizes[] = {100, 1000, 5000, 20000};
    printf("%d rounds, user CPU time a table; aim: 5000 players in 20 ms\n", ROUNDS);
    for (size_t k = 0; k < COUNT_OF(orders); k++)
        for (size_t i = 0; i < COUNT_OF(sizes); i++)
            measure(sizes[i], orders[k]);
    return EXIT_SUCCESS;
}
