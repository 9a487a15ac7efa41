/* Bytes as a policy of seeks: faults, or a policy that makes waves, says why, and judges requests.
 */
#include "orchestrator/seeking/checks.h"
#include "orchestrator/seeking/policy/seeking_policy.h"

#include <stdint.h>
#include <stdlib.h>

enum { TICKETS = 7, WAIT_MS = 300000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nobody is paired twice, or with himself. */
static void check_wave(const struct seeking_wave *wave)
{
    bool is_paired[TICKETS] = {false};
    for (int32_t i = 0; i < wave->pair_count; i++) {
        int32_t seats[2] = {wave->pairs[i].first, wave->pairs[i].second};
        for (int seat = 0; seat < 2; seat++) {
            if (seats[seat] < 0 || seats[seat] >= TICKETS || is_paired[seats[seat]])
                abort();
            is_paired[seats[seat]] = true;
        }
    }
}

static void use(const struct seeking_policy *policy, struct arena *arena)
{
    static const char *const names[TICKETS] = {"a", "b", "c", "d", "e", "f", "g"};
    struct seeking_ticket tickets[TICKETS];
    static const struct value nothing = {.kind = VALUE_MAP};
    struct seeking_wave wave;
    struct seeking_why why;
    const char *message;
    for (int i = 0; i < TICKETS; i++)
        tickets[i] = (struct seeking_ticket){
            .id = names[i],
            .player = names[i],
            .since_ms = (int64_t)i * WAIT_MS / TICKETS,
            .facts = {.rating = 1500 + 37.5 * i, .deviation = 60 * i, .games = i, .balance = i - 3},
            .said = nothing};
    struct seeking_wave_input input = {
        .policy = policy, .tickets = tickets, .count = TICKETS, .now_ms = WAIT_MS, .seed = 1};
    if (seeking_check_said(policy, nothing, arena, &message)) {
        if (seeking_wave(&input, arena, &wave) == STATUS_OK)
            check_wave(&wave);
        enum status status = seeking_why(&input, 0, TICKETS - 1, arena, &why);
        (void)status; /* the arena may be full by now */
    }
    struct seeking_request request = {.rules = "crossword",
                                      .variant = "",
                                      .lexicon = "CSW24",
                                      .challenge_rule = "",
                                      .clock = "",
                                      .bot = ""};
    struct seeking_seek seek = {.owner = "a", .opponent = "", .tournament = "", .club = ""};
    struct seeking_person who = {.id = "b", .place = "", .rating = 1500};
    struct seeking_case what = {policy, &request, &seek, &who};
    struct seeking_refusal refusal;
    (void)seeking_passes(&what, &policy->request, arena, &refusal); /* either is fine */
    (void)seeking_passes(&what, &policy->post, arena, &refusal);
    (void)seeking_passes(&what, &policy->accept, arena, &refusal);
    (void)seeking_passes(&what, &policy->see, arena, &refusal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    const struct seeking_policy *policy = NULL;
    arena_init(&arena, (size_t)16 << 20);
    struct yaml_faults faults = {.arena = &arena};
    enum status status =
        seeking_policy_read(&arena, (const char *)data, size, NULL, &faults, &policy);
    if (status == STATUS_OK)
        use(policy, &arena);
    else if (status == STATUS_INVALID_ARGUMENT && faults.error_count == 0)
        abort(); /* whoever is refused is told why */
    arena_deinit(&arena);
    return 0;
}
