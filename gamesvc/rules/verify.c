/* Runs a published game again. */
#include "gamesvc/rules/verify.h"

#include <sodium.h>

static bool fits_commitment(const struct verify_game *game)
{
    uint8_t commitment[DRAWS_COMMITMENT_SIZE];
    draws_commitment(game->seed, game->game_id, commitment);
    return sodium_memcmp(commitment, game->commitment, sizeof commitment) == 0;
}

static enum status run_again(struct arena *arena, const struct verify_game *game,
                             const struct rules_set *set, struct draws_seeded *draws,
                             struct rules_result *out_result, struct fault *out_fault)
{
    struct rules_game *again = NULL;
    struct rules_options options = {
        .text = game->options,
        .control = game->control,
        .start_ms = game->start_ms,
        .draws = draws_source(draws),
    };
    enum status status = rules_create(arena, set, &options, &again, out_fault);
    for (uint32_t i = 0; status == STATUS_OK && i < game->turn_count; i++)
        status = rules_replay(again, &game->turns[i], out_fault);
    if (status == STATUS_OK)
        *out_result = rules_result(again);
    return status;
}

enum status verify_game(struct arena *arena, const struct verify_game *game,
                        struct rules_result *out_result, struct fault *out_fault)
{
    const struct rules_set *set = rules_find(game->rules);
    struct draws_seeded draws;
    if (set == NULL)
        return fault_set(out_fault, 0, 0, "no rules are called '%s'", game->rules);
    if (!fits_commitment(game)) {
        (void)fault_set(out_fault, 0, 0, "the seed is not the one that was committed to");
        return STATUS_DATA_LOSS;
    }
    draws_init(&draws, game->seed, game->nonces);
    enum status status = run_again(arena, game, set, &draws, out_result, out_fault);
    draws_forget(&draws);
    return status;
}
