/* Prints a recorded game as something to play again, for tests that play it through the house:
 *
 *     challenge five-point
 *     draw 0 AEKRSTV           what draw 0 brings; draws that are not told may bring anything
 *     move 0 place 8G STREAK   what seat 0 does; "end" instead of "move": only where it is not over
 *
 * Usage: recorded_game FILE.gcg */
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "gamesvc/rules/text.h"
#include "tests/support/recorded.h"

static struct gcg gcg;
static struct placement placements[GCG_EVENTS_MAX];
static struct recorded_draws draws;

static enum status read_game(const char *path, struct arena *arena, struct fault *out_fault)
{
    struct buffer file = {0};
    struct gcg_replay replay;
    enum status status = buffer_read_file(&file, path);
    const char *text = arena_copy(arena, buffer_text(&file), file.size);
    if (status == STATUS_OK)
        status = text != NULL ? gcg_read(arena, text, file.size, &gcg, out_fault) : STATUS_FULL;
    buffer_deinit(&file);
    if (status == STATUS_OK)
        gcg_replay_init(&replay, &gcg);
    for (int i = 0; status == STATUS_OK && i < gcg.event_count; i++) {
        struct gcg_step step;
        status = gcg_replay_step(&replay, &gcg.events[i], &step, out_fault);
        if (status == STATUS_OK && gcg.events[i].type == GCG_PLACE)
            placements[i] = step.placement;
    }
    return status;
}

static void print_draws(struct arena *arena)
{
    recorded_find_draws(&gcg, placements, &draws);
    for (int number = 0; number < RECORDED_DRAWS_MAX; number++) {
        struct text tiles;
        if (!draws.known[number] || tiles_total(&draws.drawn[number]) == 0)
            continue;
        text_start(&tiles, arena);
        tiles_write(&draws.drawn[number], &tiles);
        printf("draw %d %s\n", number, text_end(&tiles));
    }
}

int main(int argc, char **argv)
{
    struct arena arena;
    struct fault fault = {0};
    arena_init(&arena, (size_t)16 << 20);
    if (argc != 2 || read_game(argv[1], &arena, &fault) != STATUS_OK) {
        fprintf(stderr, "recorded_game FILE.gcg: line %d: %s\n", fault.line, fault.text);
        return EXIT_FAILURE;
    }
    printf("challenge %s\n", recorded_challenge_rule(&gcg));
    print_draws(&arena);
    for (int i = 0; i < gcg.event_count; i++) {
        int seat;
        const char *move = recorded_move(&arena, &gcg, i, &placements[i], &seat);
        if (move != NULL)
            printf("%s %d %s\n", gcg.events[i].type == GCG_RACK_POINTS ? "end" : "move", seat,
                   move);
    }
    arena_deinit(&arena);
    return EXIT_SUCCESS;
}
