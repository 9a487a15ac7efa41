/* The table of methods, by enum pairing_method, and the defaults of their policies. */
#include "orchestrator/pairing/method.h"

#include <assert.h>
#include <string.h>

static const struct method methods[PAIRING_METHOD_COUNT] = {
    [PAIRING_MANUAL] = {.name = "manual", .pair = method_manual},
    [PAIRING_RANDOM] = {.name = "random", .pair = method_random, .takes_bye = true},
    [PAIRING_ROUND_ROBIN] = {.name = "round_robin",
                             .pair = method_round_robin,
                             .by_table = true,
                             .keeps_everyone = true},
    [PAIRING_TEAM] = {.name = "team_round_robin",
                      .pair = method_team,
                      .by_table = true,
                      .keeps_everyone = true},
    [PAIRING_INTERLEAVED] = {.name = "interleaved_round_robin",
                             .pair = method_interleaved,
                             .by_table = true,
                             .keeps_everyone = true},
    [PAIRING_KING_OF_THE_HILL] = {.name = "king_of_the_hill",
                                  .pair = method_king_of_the_hill,
                                  .takes_bye = true,
                                  .gibsonizes = true},
    [PAIRING_FACTOR] = {.name = "factor",
                        .pair = method_factor,
                        .takes_bye = true,
                        .gibsonizes = true},
    [PAIRING_FONTES] = {.name = "initial_fontes",
                        .pair = method_fontes,
                        .by_table = true,
                        .keeps_everyone = true},
    [PAIRING_SWISS] = {.name = "swiss",
                       .pair = method_swiss,
                       .takes_bye = true,
                       .gibsonizes = true},
    [PAIRING_QUICKPAIR] = {.name = "quickpair", .pair = method_quickpair},
    [PAIRING_AUSTRALIAN] = {.name = "australian_draw", .pair = method_australian},
    [PAIRING_COP] = {.name = "cop", .pair = method_cop},
    [PAIRING_CHEW] = {.name = "chew", .pair = method_chew, .takes_bye = false},
    [PAIRING_ELIMINATION] = {.name = "single_elimination",
                             .pair = method_elimination,
                             .keeps_everyone = true},
    [PAIRING_DOUBLE_ELIMINATION] = {.name = "double_elimination",
                                    .pair = method_double_elimination},
    [PAIRING_ARENA] = {.name = "arena", .pair = method_arena},
    [PAIRING_DUTCH] = {.name = "dutch", .pair = method_dutch},
};

const struct method *method_row(enum pairing_method method)
{
    return &methods[method];
}

const char *pairing_method_name(enum pairing_method method)
{
    assert((int)method >= 0 && method < PAIRING_METHOD_COUNT);
    return methods[method].name;
}

bool pairing_method_find(const char *name, enum pairing_method *out)
{
    for (int i = 0; i < PAIRING_METHOD_COUNT; i++)
        if (methods[i].name != NULL && strcmp(methods[i].name, name) == 0) {
            *out = (enum pairing_method)i;
            return true;
        }
    return false;
}

bool pairing_method_needs_no_results(enum pairing_method method)
{
    return method_row(method)->by_table;
}

#define SUGGESTED_FONTES 3
#define SUGGESTED_STEPS 40000000 /* simulated games: about a second */

enum pairing_method pairing_method_suggest(int players, int rounds_total, int round_number)
{
    int cycle = players + players % 2 - 1;
    int in_cycles = cycle > 0 ? rounds_total / cycle * cycle : 0;
    if (in_cycles > 0)
        return round_number <= in_cycles ? PAIRING_ROUND_ROBIN : PAIRING_COP;
    if (round_number <= SUGGESTED_FONTES && players > SUGGESTED_FONTES + 1)
        return PAIRING_FONTES;
    return 2 * round_number <= rounds_total ? PAIRING_SWISS : PAIRING_COP;
}

struct pairing_policy pairing_policy_default(enum pairing_method method)
{
    struct pairing_policy policy = {
        .method = method,
        .first = method_row(method)->by_table ? PAIRING_FIRST_TABLE
                 : method == PAIRING_MANUAL   ? PAIRING_FIRST_LISTED
                                              : PAIRING_FIRST_BALANCED,
        .points_win = 2,
        .repeats_max = 1,
        .repeats_over_allowed = true,
        .repeat_weight = 1,
        .win_weight = 1,
        .legs = 1,
        .factor = 2,
        .fontes_rounds = 3,
        .cop = {.place_prizes = 1,
                .gibson_spread = 250,
                .hopefulness_ppm = 20000,
                .control_loss_ppm = 250000,
                .division_simulations = 100000,
                .control_loss_simulations = 10000,
                .step_budget = SUGGESTED_STEPS},
        .chew = {.place_prizes = 1},
        .bracket = {.games_per_round = 1, .reset_final = true},
    };
    return policy;
}
