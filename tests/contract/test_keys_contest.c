/* Keys of the methods that look ahead (COP, Chew) and of Swiss pairing's prices, seen in two events
 * that differ in one key. Whoever comes first in the alphabet wins by ten points for each place
 * between them. */
#include "base/attr.h"
#include "tests/contract/keys_scene.h"

#include <string.h>

/* ---- plays --------------------------------------------------------------------------------- */

static const char *ten(struct clockwork *house)
{
    play_event(house, 10);
    return pairings(house);
}

static const char *nine(struct clockwork *house)
{
    play_event(house, 9);
    return pairings(house);
}

static const char *six(struct clockwork *house)
{
    play_event(house, 6);
    return pairings(house);
}

static const char *five(struct clockwork *house)
{
    play_event(house, 5);
    return pairings(house);
}

static const char *eight(struct clockwork *house)
{
    play_event(house, 8);
    return pairings(house);
}

/* The final's loser comes from the losers' side and wins. */
static const char *four_with_an_upset(struct clockwork *house)
{
    enter(house, 4);
    start(house);
    for (int i = 0; i < 3; i++)
        (void)report_games(house);
    let_win("bob");
    play_on(house);
    return pairings(house);
}

/* A game of the first round was forfeited. */
static const char *after_a_forfeit(struct clockwork *house)
{
    enter(house, 2);
    start_short(house);
    direct(house, "{'action': 'forfeit', 'round': 1, 'board': 1, 'data': {'absent': 'second'}}");
    play_on(house);
    return pairings(house);
}

/* What the explanation of the second round says after these words: "1000 simulations". */
static const char *simulations_after(struct clockwork *house, const char *words)
{
    enter(house, 10);
    start(house);
    (void)report_games(house);
    const struct clockwork_answer *answer =
        clockwork_ask(house, "dora", "GET", EVENT "/divisions/1/rounds/2/explain", "%s", "");
    const char *at = strstr(answer->body, words);
    if (at == NULL)
        return answer->body;
    at += strlen(words);
    return text_of("%.*s", (int)(strcspn(at, " ") + strlen(" simulations")), at);
}

static const char *simulations_of_the_event(struct clockwork *house)
{
    return simulations_after(house, "\"notes\":[\"");
}

static const char *simulations_of_control(struct clockwork *house)
{
    return simulations_after(house, "control loss, by ");
}

#define COP(rounds, keys)                                                                          \
    "    pairing: [{rounds: 1-" rounds ", method: cop, cop_simulations: 1000, " keys "}]\n"
#define CHEW(keys) "    pairing: [{rounds: 1-5, method: chew, " keys "}]\n"
#define SWISS(keys) "    pairing: [{rounds: 1-5, method: swiss, " keys "}]\n"

static const struct key_case cases[] = {
    KEY(cop_has_places, .a = "1", .b = "4", .division = COP("5", "cop_place_prizes: $"),
        .rounds = 5, .play = ten,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:ann-ida 3:bob-eve 3:dan-hal 3:cat-gil 3:fay-jon 4:ann-dan "
                  "4:cat-bob 4:hal-eve 4:ida-fay 4:jon-gil 5:bob-ann 5:eve-fay 5:jon-cat 5:gil-dan "
                  "5:ida-hal",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:ann-ida 3:bob-eve 3:dan-hal 3:cat-gil 3:fay-jon 4:ann-dan "
                  "4:cat-bob 4:hal-eve 4:ida-fay 4:jon-gil 5:bob-ann 5:eve-fay 5:dan-cat 5:gil-hal "
                  "5:jon-ida"),
    KEY(cop_has_a_spread, .a = "1", .b = "2000",
        .division = COP("5", "cop_place_prizes: 2, cop_gibson_spread: $"), .rounds = 5, .play = ten,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:ann-hal 3:bob-eve 3:gil-dan 3:cat-ida 3:fay-jon 4:ann-bob "
                  "4:eve-cat 4:dan-hal 4:ida-fay 4:jon-gil 5:fay-ann 5:cat-dan 5:bob-gil 5:jon-eve "
                  "5:hal-ida",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:ann-ida 3:bob-eve 3:dan-hal 3:cat-gil 3:fay-jon 4:ann-dan "
                  "4:cat-bob 4:hal-eve 4:ida-fay 4:jon-gil 5:bob-ann 5:eve-fay 5:dan-cat 5:gil-hal "
                  "5:jon-ida"),
    KEY(cop_hopes, .a = "0.001", .b = "0.9",
        .division = COP("5", "cop_place_prizes: 2, cop_hopefulness: $"), .rounds = 5, .play = ten,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:ann-ida 3:bob-eve 3:dan-hal 3:cat-gil 3:fay-jon 4:ann-dan "
                  "4:cat-bob 4:hal-eve 4:ida-fay 4:jon-gil 5:bob-ann 5:eve-fay 5:dan-cat 5:gil-hal "
                  "5:jon-ida",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:ann-eve 3:bob-dan 3:cat-hal 3:gil-ida 3:fay-jon 4:ann-cat "
                  "4:gil-bob 4:hal-eve 4:ida-fay 4:dan-jon 5:bob-ann 5:eve-dan 5:cat-fay 5:hal-gil "
                  "5:jon-ida"),
    KEY(cop_loses_control, .a = "0.01", .b = "1",
        .division = COP("4", "cop_place_prizes: 2, cop_control_loss_from: 0, cop_control_loss: $"),
        .rounds = 4, .play = ten,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-bob 2:eve-cat 2:ida-gil "
                  "2:dan-fay 2:hal-jon 3:cat-gil 3:ann-dan 3:eve-hal 3:bob-ida 3:fay-jon 4:ann-cat "
                  "4:gil-eve 4:fay-bob 4:dan-jon 4:ida-hal",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:ann-dan 3:eve-hal 3:bob-cat 3:gil-ida 3:fay-jon 4:ann-eve "
                  "4:gil-bob 4:cat-fay 4:dan-jon 4:ida-hal"),
    KEY(cop_tests_control_from, .a = "0", .b = "500",
        .division =
            COP("4", "cop_place_prizes: 2, cop_control_loss: 0.01, cop_control_loss_from: $"),
        .rounds = 4, .play = ten,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-bob 2:eve-cat 2:ida-gil "
                  "2:dan-fay 2:hal-jon 3:cat-gil 3:ann-dan 3:eve-hal 3:bob-ida 3:fay-jon 4:ann-cat "
                  "4:gil-eve 4:fay-bob 4:dan-jon 4:ida-hal",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:ann-eve 3:bob-dan 3:cat-hal 3:gil-ida 3:fay-jon 4:ann-bob "
                  "4:gil-cat 4:eve-fay 4:dan-jon 4:ida-hal"),
    KEY(cop_has_a_budget, .a = "0", .b = "20", .division = COP("4", "cop_step_budget: $"),
        .rounds = 4, .play = ten,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-cat 2:eve-gil 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:bob-ann 3:eve-dan 3:cat-hal 3:gil-ida 3:fay-jon 4:ann-cat "
                  "4:dan-eve 4:bob-gil 4:hal-fay 4:ida-jon",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:jon-ida 2:ann-eve 2:gil-cat 2:ida-bob "
                  "2:dan-fay 2:hal-jon 3:cat-ann 3:bob-dan 3:eve-hal 3:ida-gil 3:fay-jon 4:ann-bob "
                  "4:eve-cat 4:gil-fay 4:dan-jon 4:hal-ida"),
    KEY(cop_repeats_byes, .a = "false", .b = "true", .division = COP("7", "cop_repeat_byes: $"),
        .rounds = 7, .play = five,
        .seen_a = "1:bob-ann 1:cat-dan 1:eve- 2:ann-eve 2:bob-cat 2:dan- 3:dan-ann 3:eve-bob "
                  "3:cat- 4:ann-cat 4:dan-eve 4:bob- 5:cat-ann 5:bob-dan 5:eve- 6:ann-bob "
                  "6:eve-cat 6:dan- 7:cat-bob 7:dan-eve 7:ann-",
        .seen_b = "1:bob-ann 1:cat-dan 1:eve- 2:ann-eve 2:bob-cat 2:dan- 3:dan-ann 3:eve-bob "
                  "3:cat- 4:ann-cat 4:dan-bob 4:eve- 5:cat-ann 5:bob-eve 5:dan- 6:ann-bob "
                  "6:eve-dan 6:cat- 7:bob-dan 7:cat-eve 7:ann-"),
    KEY(cop_gives_byes_to_the_top, .a = "false", .b = "true",
        .division = COP("4", "cop_byes_from_the_top: $"), .rounds = 4, .play = nine,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 1:ida- 2:ida-fay 2:ann-cat 2:eve-gil "
                  "2:dan-bob 2:hal- 3:fay-ann 3:eve-ida 3:hal-bob 3:cat-gil 3:dan- 4:ann-eve "
                  "4:bob-cat 4:dan-hal 4:gil-ida 4:fay-",
        .seen_b = "1:bob-cat 1:eve-dan 1:gil-fay 1:hal-ida 1:ann- 2:ann-gil 2:dan-fay 2:cat-hal "
                  "2:ida-eve 2:bob- 3:cat-ann 3:eve-bob 3:fay-hal 3:gil-ida 3:dan- 4:ann-bob "
                  "4:dan-cat 4:gil-eve 4:ida-hal 4:fay-"),
    KEY(chew_has_places, .a = "1", .b = "4", .division = CHEW("chew_place_prizes: $"), .rounds = 5,
        .play = ten,
        .seen_a = "1:jon-ann 1:bob-ida 1:cat-hal 1:gil-dan 1:fay-eve 2:ann-ida 2:bob-jon 2:gil-cat "
                  "2:dan-hal 2:eve-fay 3:hal-ann 3:bob-gil 3:cat-fay 3:dan-eve 3:ida-jon 4:ann-dan "
                  "4:cat-bob 4:eve-ida 4:fay-hal 4:jon-gil 5:ann-bob 5:dan-cat 5:gil-eve 5:ida-fay "
                  "5:hal-jon",
        .seen_b = "1:jon-ann 1:bob-ida 1:cat-hal 1:gil-dan 1:fay-eve 2:ann-ida 2:bob-jon 2:gil-cat "
                  "2:dan-hal 2:eve-fay 3:hal-ann 3:bob-gil 3:cat-fay 3:dan-eve 3:ida-jon 4:ann-dan "
                  "4:cat-bob 4:eve-ida 4:fay-hal 4:jon-gil 5:eve-ann 5:dan-bob 5:ida-cat 5:gil-fay "
                  "5:hal-jon"),
    KEY(chew_has_a_swing, .a = "1", .b = "1000",
        .division = "    pairing: [{rounds: 1-4, method: "
                    "chew, chew_swing: $}]\n",
        .rounds = 4, .play = six,
        .seen_a = "1:fay-ann 1:bob-eve 1:cat-dan 2:ann-eve 2:bob-fay 2:dan-cat 3:cat-ann 3:dan-bob "
                  "3:eve-fay 4:ann-bob 4:eve-cat 4:fay-dan",
        .seen_b = "1:fay-ann 1:bob-eve 1:cat-dan 2:ann-eve 2:bob-fay 2:dan-cat 3:ann-dan 3:cat-bob "
                  "3:eve-fay 4:bob-ann 4:eve-cat 4:dan-fay"),
    KEY(cop_simulates_so_often, .a = "1000", .b = "2000",
        .division = "    pairing: [{rounds: 1-4, method: cop, cop_simulations: $}]\n", .rounds = 4,
        .play = simulations_of_the_event, .seen_a = "1000 simulations",
        .seen_b = "2000 simulations"),
    KEY(cop_tests_control_so_often, .a = "1000", .b = "2000",
        .division =
            COP("4", "cop_place_prizes: 2, cop_control_loss: 0.01, cop_control_loss_from: 0, "
                     "cop_control_simulations: $"),
        .rounds = 4, .play = simulations_of_control, .seen_a = "1000 simulations",
        .seen_b = "2000 simulations"),
    KEY(places_win_something, .a = "1", .b = "4",
        .division = "    prizes: {places: $}\n    pairing: [{rounds: 1-5, method: chew}]\n",
        .rounds = 5, .play = ten,
        .seen_a = "1:jon-ann 1:bob-ida 1:cat-hal 1:gil-dan 1:fay-eve 2:ann-ida 2:bob-jon 2:gil-cat "
                  "2:dan-hal 2:eve-fay 3:hal-ann 3:bob-gil 3:cat-fay 3:dan-eve 3:ida-jon 4:ann-dan "
                  "4:cat-bob 4:eve-ida 4:fay-hal 4:jon-gil 5:ann-bob 5:dan-cat 5:gil-eve 5:ida-fay "
                  "5:hal-jon",
        .seen_b = "1:jon-ann 1:bob-ida 1:cat-hal 1:gil-dan 1:fay-eve 2:ann-ida 2:bob-jon 2:gil-cat "
                  "2:dan-hal 2:eve-fay 3:hal-ann 3:bob-gil 3:cat-fay 3:dan-eve 3:ida-jon 4:ann-dan "
                  "4:cat-bob 4:eve-ida 4:fay-hal 4:jon-gil 5:eve-ann 5:dan-bob 5:ida-cat 5:gil-fay "
                  "5:hal-jon"),
    KEY(a_class_has_prizes, .a = "1", .b = "3",
        .division = "    prizes: {places: 1, classes: [{name: b, rating_max: 1600, prizes: $}]}\n"
                    "    pairing: [{rounds: 1-5, method: chew}]\n",
        .rounds = 5, .play = ten,
        .seen_a = "1:jon-ann 1:bob-ida 1:cat-hal 1:gil-dan 1:fay-eve 2:ann-ida 2:bob-jon 2:gil-cat "
                  "2:dan-hal 2:eve-fay 3:hal-ann 3:bob-gil 3:cat-fay 3:dan-eve 3:ida-jon 4:ann-dan "
                  "4:cat-bob 4:jon-eve 4:ida-hal 4:fay-gil 5:ann-bob 5:dan-cat 5:hal-eve 5:ida-fay "
                  "5:gil-jon",
        .seen_b = "1:jon-ann 1:bob-ida 1:cat-hal 1:gil-dan 1:fay-eve 2:ann-ida 2:bob-jon 2:gil-cat "
                  "2:dan-hal 2:eve-fay 3:hal-ann 3:bob-gil 3:cat-fay 3:dan-eve 3:ida-jon 4:ann-dan "
                  "4:cat-bob 4:jon-eve 4:ida-hal 4:fay-gil 5:ann-bob 5:dan-cat 5:eve-gil 5:jon-fay "
                  "5:hal-ida"),
    KEY(a_repeat_is_dear, .a = "1", .b = "100",
        .division = SWISS("repeats: 1, repeats_over_allowed: true, repeat_weight: $"), .rounds = 5,
        .play = eight,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 2:ann-cat 2:eve-gil 2:dan-bob 2:hal-fay "
                  "3:ann-eve 3:bob-cat 3:fay-gil 3:dan-hal 4:ann-fay 4:eve-bob 4:gil-dan 4:hal-cat "
                  "5:bob-ann 5:dan-fay 5:cat-eve 5:hal-gil",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 2:ann-cat 2:eve-gil 2:dan-bob 2:hal-fay "
                  "3:ann-eve 3:bob-cat 3:fay-gil 3:dan-hal 4:ann-fay 4:eve-bob 4:gil-dan 4:hal-cat "
                  "5:hal-ann 5:bob-fay 5:dan-eve 5:cat-gil"),
    KEY(a_difference_is_dear, .a = "1", .b = "100",
        .division = SWISS("repeats: 1, repeats_over_allowed: true, win_weight: $"), .rounds = 5,
        .play = six,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 2:ann-cat 2:eve-bob 2:dan-fay 3:ann-eve 3:bob-dan "
                  "3:cat-fay 4:fay-ann 4:cat-bob 4:dan-eve 5:bob-ann 5:dan-cat 5:eve-fay",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 2:ann-cat 2:eve-bob 2:dan-fay 3:ann-eve 3:bob-dan "
                  "3:cat-fay 4:ann-bob 4:eve-cat 4:dan-fay 5:cat-ann 5:bob-dan 5:fay-eve"),
    KEY(a_forfeited_game_is_a_meeting, .a = "false", .b = "true",
        .division = "    players_min: 3\n"
                    "    pairing: [{rounds: 1-2, method: swiss, repeats_over_allowed: false, "
                    "repeats: 1, forfeits_meet: $}]\n",
        .rounds = 2, .play = after_a_forfeit, .seen_a = "1:bob-ann 2:bob-ann",
        .seen_b = "1:bob-ann"),
    KEY(a_method_is_read_as_another_program, .a = "none", .b = "liwords",
        .division = "    pairing: [{rounds: 1-3, method: random, compat: $}]\n", .rounds = 3,
        .play = eight,
        .seen_a = "1:hal-ann 1:bob-fay 1:cat-gil 1:eve-dan 2:ann-dan 2:gil-bob 2:eve-cat 2:fay-hal "
                  "3:bob-ann 3:cat-hal 3:dan-fay 3:gil-eve",
        .seen_b = "1:dan-ann 1:bob-hal 1:cat-gil 1:fay-eve 2:eve-bob 2:hal-cat 2:ann-gil 2:fay-dan "
                  "3:ann-dan 3:bob-hal 3:gil-cat 3:eve-fay"),
    KEY(the_unbeaten_is_beaten_twice, .a = "false", .b = "true",
        .division = "    capacity: 4\n"
                    "    pairing: [{rounds: 1-6, method: double_elimination, reset_final: $}]\n",
        .rounds = 6, .play = four_with_an_upset,
        .seen_a = "1:dan-ann 1:bob-cat 2:ann-bob 2:cat-dan 3:bob-cat 4:ann-bob",
        .seen_b = "1:dan-ann 1:bob-cat 2:ann-bob 2:cat-dan 3:bob-cat 4:ann-bob 5:bob-ann"),
};

int main(void)
{
    return keys_run(cases, COUNT_OF(cases));
}
