/* Bytes as two stored rating states; what is accepted can be rated by every policy, and what comes
 * out can be stored again. */
#include "base/attr.h"
#include "orchestrator/rating/rating.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rate(const char *name, const struct rating_state before[2], int64_t ended_at_ms)
{
    struct rating_policy policy;
    if (rating_policy_named(name, &policy) != STATUS_OK)
        abort();
    policy.timing = RATING_PER_GAME;
    for (int winner = RATING_WINNER_FIRST; winner <= RATING_WINNER_NONE; winner++) {
        struct rating_game game = {.winner = (enum rating_winner)winner,
                                   .ended_at_ms = ended_at_ms};
        struct rating_state after[2];
        (void)rating_rate_game(&policy, before, &game, after);
        for (int seat = 0; seat < 2; seat++) {
            uint8_t bytes[RATING_STATE_SIZE];
            struct rating_state back;
            rating_state_encode(&after[seat], bytes);
            if (rating_state_decode(bytes, sizeof bytes, &back) != STATUS_OK)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"none", "glicko2", "lichess", "woogles",
                                        "elo",  "fide",    "uscf"};
    struct rating_state states[2];
    if (size != 2 * (size_t)RATING_STATE_SIZE ||
        rating_state_decode(data, RATING_STATE_SIZE, &states[0]) != STATUS_OK ||
        rating_state_decode(data + RATING_STATE_SIZE, RATING_STATE_SIZE, &states[1]) != STATUS_OK)
        return 0;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        rate(names[i], states, 0);
        rate(names[i], states, INT64_MAX);
    }
    return 0;
}
