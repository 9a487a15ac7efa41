/* Sets up a round of numbered players and reads its pairs back. */
#include "tests/conformance/woogles/round.h"

#include <assert.h>

void round_init(struct round *round, enum pairing_method method, int count)
{
    assert(count <= ROUND_PLAYERS_MAX);
    round->policy = pairing_policy_default(method);
    round->policy.compat = PAIRING_COMPAT_LIWORDS;
    round->policy.bye_order = PAIRING_BYE_LEFT_OVER;
    for (int i = 0; i < count; i++)
        round->players[i] = (struct pairing_player){.id = i, .seed = i + 1, .rank = i + 1};
    round->input = (struct pairing_input){.players = round->players,
                                          .players_count = count,
                                          .round_number = 1,
                                          .policy = &round->policy};
    round->fault = (struct fault){0};
    arena_init(&round->arena, (size_t)1 << 30);
}

void round_deinit(struct round *round)
{
    arena_deinit(&round->arena);
}

bool round_pair(struct round *round)
{
    for (int i = 0; i < round->input.players_count; i++)
        round->opponents[i] = -1;
    round->status = pairing_make(&round->input, &round->arena, &round->output, &round->fault);
    if (round->status != STATUS_OK || round->output.verdict != PAIRING_MADE)
        return false;
    for (int i = 0; i < round->output.pairs_count; i++) {
        const struct pairing_pair *pair = &round->output.pairs[i];
        round->opponents[pair->first] = pair->second;
        round->opponents[pair->second] = pair->first;
    }
    return true;
}
