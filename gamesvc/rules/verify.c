/* Runs a published game again. */
#include "gamesvc/rules/verify.h"

#include <sodium.h>
#include <string.h>

#include "gamesvc/rules/text.h"

static bool fits_commitment(const struct verify_game *game)
{
    uint8_t commitment[DRAWS_COMMITMENT_SIZE];
    draws_commitment(game->seed, game->commitment_id, commitment);
    return sodium_memcmp(commitment, game->commitment, sizeof commitment) == 0;
}

/* Says in which line two records part. */
static void tell_divergence(const struct rules_turn *turn, const char *again,
                            struct fault *out_fault)
{
    struct text_reader recorded = text_reader(turn->record, strlen(turn->record));
    struct text_reader replayed = text_reader(again, strlen(again));
    for (;;) {
        struct text_reader left = {0};
        struct text_reader right = {0};
        bool has_left = text_read_line(&recorded, &left);
        bool has_right = text_read_line(&replayed, &right);
        if (!has_left && !has_right)
            return;
        size_t left_size = has_left ? (size_t)(left.end - left.next) : 0;
        size_t right_size = has_right ? (size_t)(right.end - right.next) : 0;
        if (has_left && has_right && left_size == right_size &&
            memcmp(left.next, right.next, left_size) == 0)
            continue;
        (void)fault_set(out_fault, (int)turn->number + 1, 0,
                        "recorded is '%.*s', but it comes to '%.*s'", (int)left_size,
                        has_left ? left.next : "", (int)right_size, has_right ? right.next : "");
        return;
    }
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
        .start_within_ms = game->start_within_ms,
    };
    const char *record = NULL;
    if (game->has_chance)
        options.draws = draws_source(draws);
    enum status status = rules_create(arena, set, &options, &again, out_fault);
    for (uint32_t i = 0; status == STATUS_OK && i < game->turn_count; i++) {
        status = rules_replay_record(again, &game->turns[i], &record, out_fault);
        if (record != NULL)
            tell_divergence(&game->turns[i], record, out_fault);
    }
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
    if (game->has_chance && !fits_commitment(game)) {
        (void)fault_set(out_fault, 0, 0, "the seed is not the one that was committed to");
        return STATUS_DATA_LOSS;
    }
    draws_init(&draws, game->seed, game->nonces);
    enum status status = run_again(arena, game, set, &draws, out_result, out_fault);
    draws_forget(&draws);
    return status;
}
