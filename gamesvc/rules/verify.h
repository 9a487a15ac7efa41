#ifndef RULES_VERIFY_H
#define RULES_VERIFY_H

/*
 * verify — whether a finished game was fair: anybody runs it again from what was published.
 *
 * Checks that the seed is the one committed to before the game, that every draw follows from it,
 * and that every turn follows by the rules from those before it: tiles, scores, clocks, the result.
 * Words are not judged again; which lexicon was used is published beside the game.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "gamesvc/rules/draws.h"
#include "gamesvc/rules/rules.h"

#include <stdint.h>

/* What is published of a game. */
struct verify_game {
    const char *rules;
    const char *options;
    const char *commitment_id; /* what the commitment binds the seed to */
    bool has_chance;           /* false: neither commitment nor seed */
    struct timing_control control;
    int64_t start_ms;
    int64_t start_within_ms;
    uint8_t commitment[DRAWS_COMMITMENT_SIZE];
    uint8_t seed[DRAWS_SEED_SIZE];
    const uint8_t *nonces; /* of both players, one after the other; NULL for none */
    const struct rules_turn *turns;
    uint32_t turn_count;
};

/* Runs the game again in `arena` and says how it ended. Errors: STATUS_DATA_LOSS with a fault (line
 * 0: the seed does not fit the commitment; otherwise the number of the first turn that diverges,
 * from 1, and in what: the line as recorded and as it is), STATUS_INVALID_ARGUMENT for rules or
 * options that do not exist, STATUS_FULL. */
enum status verify_game(struct arena *arena, const struct verify_game *game,
                        struct rules_result *out_result, struct fault *out_fault) MUST_CHECK;

#endif
