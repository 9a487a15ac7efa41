/* Any bytes as rows and policy: pairing answers or refuses, and never loses or doubles a player. */
#include "orchestrator/pairing/pairing.h"

#include <stdlib.h>

#define PLAYERS 20
#define ROWS 60
#define PAIRS 6

struct bytes {
    const uint8_t *data;
    size_t size;
};

static int take(struct bytes *bytes, int bound)
{
    if (bytes->size == 0)
        return 0;
    bytes->size--;
    return *bytes->data++ % bound;
}

static void policy_take(struct bytes *bytes, struct pairing_policy *policy)
{
    *policy = pairing_policy_default((enum pairing_method)take(bytes, PAIRING_METHOD_COUNT));
    policy->first = (enum pairing_first)take(bytes, PAIRING_FIRST_TABLE + 1);
    policy->bye_order = (enum pairing_bye_order)take(bytes, PAIRING_BYE_LEFT_OVER + 1);
    policy->compat = (enum pairing_compat)take(bytes, PAIRING_COMPAT_BBP + 1);
    policy->bye_rank_min = take(bytes, 8);
    policy->repeats_max = take(bytes, 4);
    policy->repeats_over_allowed = take(bytes, 2) == 1;
    policy->legs = take(bytes, 3);
    policy->factor = take(bytes, 12);
    policy->fontes_rounds = take(bytes, 8);
    policy->reset_round = take(bytes, 6);
    policy->forfeits_meet = take(bytes, 2) == 1;
    policy->baku = take(bytes, 2) == 1;
    policy->gibson = (struct pairing_gibson){take(bytes, 2) == 1, take(bytes, 100), take(bytes, 6)};
    policy->cop.place_prizes = take(bytes, 6);
    policy->cop.control_loss_from_round = take(bytes, 4);
    policy->cop.division_simulations = 20;
    policy->cop.control_loss_simulations = 20;
    policy->cop.step_budget = 5000;
    policy->cop.byes_from_the_top = take(bytes, 2) == 1;
    policy->chew.place_prizes = take(bytes, 6);
    policy->bracket = (struct pairing_bracket){take(bytes, 2) == 1, take(bytes, 2) == 1,
                                               take(bytes, 2) == 1, take(bytes, 3)};
    policy->arena.opening = take(bytes, 2) == 1;
}

static void check(const struct pairing_input *input, const struct pairing_output *output)
{
    int seen[PLAYERS] = {0};
    if (output->verdict != PAIRING_MADE) {
        if (output->pairs_count != 0 || output->conflicts_count == 0)
            abort();
        return;
    }
    for (int i = 0; i < output->pairs_count; i++) {
        seen[output->pairs[i].first]++;
        seen[output->pairs[i].second]++;
    }
    for (int i = 0; i < output->rests_count; i++)
        seen[output->rests[i].player]++;
    for (int i = 0; i < input->players_count; i++)
        if (seen[i] != 1)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size};
    struct pairing_player players[PLAYERS] = {0};
    struct pairing_past past[ROWS] = {0};
    struct pairing_fixed fixed[PAIRS] = {0};
    struct pairing_forbidden forbidden[PAIRS] = {0};
    struct pairing_policy policy;
    policy_take(&bytes, &policy);
    struct pairing_input input = {.players = players,
                                  .past = past,
                                  .fixed = fixed,
                                  .forbidden = forbidden,
                                  .policy = &policy};
    input.players_count = take(&bytes, PLAYERS + 1);
    input.round_number = 1 + take(&bytes, 8);
    input.rounds_total = take(&bytes, 2) == 0 ? 0 : input.round_number + take(&bytes, 4);
    input.seed = (uint64_t)take(&bytes, 256);
    bool ranked = take(&bytes, 2) == 1;
    for (int i = 0; i < input.players_count; i++)
        players[i] = (struct pairing_player){.seed = i + 1,
                                             .rank = ranked ? 1 + take(&bytes, PLAYERS) : 0,
                                             .rating = 10 * take(&bytes, 256),
                                             .team = take(&bytes, 3),
                                             .state = (enum pairing_state)(take(&bytes, 8) % 5 % 4),
                                             .points = take(&bytes, 16),
                                             .spread = take(&bytes, 200) - 100,
                                             .bye_barred = take(&bytes, 9) == 0,
                                             .joined_round = take(&bytes, 4),
                                             .class_number = take(&bytes, 3)};
    input.fixed_count = take(&bytes, PAIRS);
    for (int i = 0; i < input.fixed_count; i++)
        fixed[i] = (struct pairing_fixed){.first = take(&bytes, PLAYERS),
                                          .second = take(&bytes, PLAYERS + 1) - 1,
                                          .keeps_order = take(&bytes, 2) == 1};
    input.forbidden_count = take(&bytes, PAIRS);
    for (int i = 0; i < input.forbidden_count; i++)
        forbidden[i] =
            (struct pairing_forbidden){take(&bytes, PLAYERS), take(&bytes, PLAYERS), NULL};
    while (bytes.size > 0 && input.past_count < ROWS)
        past[input.past_count++] = (struct pairing_past){
            .round_number = 1 + take(&bytes, 8),
            .first = take(&bytes, PLAYERS),
            .second = take(&bytes, PLAYERS + 1) - 1,
            .result_first = (enum pairing_result)take(&bytes, PAIRING_RESULT_VOID + 1),
            .result_second = (enum pairing_result)take(&bytes, PAIRING_RESULT_VOID + 1),
            .score_first = take(&bytes, 200),
            .score_second = take(&bytes, 200)};
    struct arena arena;
    struct pairing_output output;
    struct fault fault;
    arena_init(&arena, (size_t)1 << 28);
    if (pairing_make(&input, &arena, &output, &fault) == STATUS_OK) {
        check(&input, &output);
        struct pairing_why why;
        if (input.players_count > 1 && output.verdict == PAIRING_MADE &&
            pairing_why_not(&input, &output, 0, 1, &arena, &why, &fault) == STATUS_OK &&
            why.text == NULL)
            abort();
    }
    arena_deinit(&arena);
    return 0;
}
