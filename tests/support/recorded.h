#ifndef TESTS_SUPPORT_RECORDED_H
#define TESTS_SUPPORT_RECORDED_H

/*
 * recorded — a recorded crossword game as something to play again: what each draw brought, and who
 * did what.
 */

#include "base/arena.h"
#include "gamesvc/rules/crossword/gcg.h"
#include "gamesvc/rules/crossword/gcg_replay.h"

#define RECORDED_DRAWS_MAX 256

/* What each draw must have brought; numbered as gamesvc/rules/draws.h has it. */
struct recorded_draws {
    struct tiles drawn[RECORDED_DRAWS_MAX];
    bool known[RECORDED_DRAWS_MAX]; /* what was drawn after a play that was taken back is not */
};

void recorded_find_draws(const struct gcg *gcg, const struct placement *placements,
                         struct recorded_draws *out_draws);

/* Returns how the challenge rule of a game is called: "double", "five-point", "ten-point". */
const char *recorded_challenge_rule(const struct gcg *gcg);

/* The options of the game for the rules. */
const char *recorded_options(const struct gcg *gcg);

/* Returns what event `i` asks somebody to do, NULL for nothing; `*out_seat` is who. What is asked
 * at GCG_RACK_POINTS is only needed where the game is not over already. */
const char *recorded_move(struct arena *arena, const struct gcg *gcg, int i,
                          const struct placement *placement, int *out_seat);

#endif
