/* Bytes as a rating policy; what is accepted rates games to numbers that can be stored. */
#include "orchestrator/rating/rating_policy.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rate(struct rating_policy *policy)
{
    struct rating_state states[2] = {rating_initial(policy), rating_seeded(policy, 1800, 40)};
    policy->timing = RATING_PER_GAME;
    for (int i = 0; i < 20; i++) {
        struct rating_game game = {.winner = (enum rating_winner)(1 + i % 3),
                                   .ended_at_ms = (int64_t)i * 86400000,
                                   .bots = {i % 4 == 0, false}};
        (void)rating_rate_game(policy, states, &game, states);
    }
    for (int seat = 0; seat < 2; seat++) {
        uint8_t bytes[RATING_STATE_SIZE];
        struct rating_state back;
        rating_state_encode(&states[seat], bytes);
        if (rating_state_decode(bytes, sizeof bytes, &back) != STATUS_OK)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    struct rating_policy policy;
    arena_init(&arena, (size_t)16 << 20);
    struct yaml_faults faults = {.arena = &arena};
    if (rating_policy_read((const char *)data, size, &arena, &faults, &policy) == STATUS_OK)
        rate(&policy);
    arena_deinit(&arena);
    return 0;
}
