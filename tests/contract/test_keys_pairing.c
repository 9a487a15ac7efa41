/* Keys of a division's pairing: who plays whom, who does not play, who moves first; seen in two
 * events that differ in one key. Whoever comes first in the alphabet is rated higher, and wins. */
#include "base/attr.h"
#include "tests/contract/keys_scene.h"

#include <string.h>

/* ---- plays --------------------------------------------------------------------------------- */

static const char *four(struct clockwork *house)
{
    play_event(house, 4);
    return pairings(house);
}

/* Who cannot be caught any more, with one round to go. */
static const char *caught_after_two(struct clockwork *house)
{
    enter(house, 6);
    start(house);
    (void)report_games(house);
    (void)report_games(house);
    const struct clockwork_answer *answer =
        clockwork_ask(house, "dora", "GET", EVENT "/standings", "%s", "");
    const json_t *leader = json_array_get(json_object_get(answer->json, "standings"), 0);
    return text_of("%s%s", json_string_value(json_object_get(leader, "player_id")),
                   json_is_true(json_object_get(leader, "gibsonized")) ? " cannot" : " can");
}

static const char *six_gibsonized(struct clockwork *house)
{
    play_event(house, 6);
    return text_of("%s; last round %s", standings(house), pairings_of(house, 6));
}

static const char *eight(struct clockwork *house)
{
    play_event(house, 8);
    return pairings(house);
}

/* The last of them beats everybody. */
static const char *eight_with_an_upset(struct clockwork *house)
{
    let_win("hal");
    play_event(house, 8);
    return pairings(house);
}

/* Who has the bye of each round, and what the standings say after it. */
static const char *byes(struct clockwork *house)
{
    play_event(house, 5);
    return text_of("%s", clockwork_read(house, "SELECT round || ':' || first_player FROM pairings "
                                               "WHERE kind = 'bye' ORDER BY round"));
}

static const char *five_standings(struct clockwork *house)
{
    play_event(house, 5);
    return standings(house);
}

static const char *three_divisions(struct clockwork *house)
{
    enter(house, 4);
    return text_of("%s", clockwork_read(house, "SELECT name FROM divisions ORDER BY division_id"));
}

/* Two players, and whether their event has come to its end. */
/* Fewer than the policy is good for: the director begins all the same. */
static const char *two_of_three(struct clockwork *house)
{
    enter(house, 2);
    start_short(house);
    play_on(house);
    const char *met = pairings(house);
    return text_of("%s; %s", met, clockwork_read(house, "SELECT status FROM tournaments"));
}

static const char *two_again(struct clockwork *house)
{
    play_event(house, 2);
    const char *met = pairings(house);
    return text_of("%s; %s", met, clockwork_read(house, "SELECT status FROM tournaments"));
}

/* Four in the first division, two in another. */
static const char *four_and_two(struct clockwork *house)
{
    enter(house, 4);
    for (int i = 0; i < 2; i++)
        (void)clockwork_ask(
            house, "dora", "POST", EVENT "/entrants",
            "{'division': 2, 'entrants': [{'player': '%s', 'name': 'x', 'seed': %d}]}",
            i == 0 ? "eve" : "fay", i + 1);
    start(house);
    return pairings(house);
}

static const char *why_not(struct clockwork *house)
{
    enter(house, 4);
    start(house);
    const struct clockwork_answer *answer = clockwork_ask(
        house, "dora", "GET", EVENT "/divisions/1/rounds/1/why-not?a=ann&b=bob", "%s", "");
    return strstr(answer->body, "a quarrel") != NULL    ? "a quarrel"
           : strstr(answer->body, "a marriage") != NULL ? "a marriage"
                                                        : answer->body;
}

static const char *eight_in_round_1(struct clockwork *house)
{
    enter(house, 8);
    start(house);
    return pairings_of(house, 1);
}

/* Virtual points in the file: how many lines of them, and the first. */
static const char *eight_in_a_file(struct clockwork *house)
{
    enter(house, 8);
    start(house);
    const struct clockwork_answer *file =
        clockwork_ask(house, "dora", "GET", EVENT "/export?format=trf", "%s", "");
    const char *line = strstr(file->body, "250 ");
    return line != NULL ? text_of("%.*s", (int)strcspn(line, "\r\n"), line) : "none";
}

#define HILL(rounds) "    pairing: [{rounds: " rounds ", method: king_of_the_hill, repeats: 9}]\n"
#define MEET(rounds) "    pairing: [{rounds: " rounds ", method: swiss, repeats: 9}]\n"

static const struct key_case cases[] = {
    KEY(files_have_virtual_points, .a = "false", .b = "true",
        .division = "    players_min: 8\n    pairing: [{rounds: 1-4, method: dutch, baku: $}]\n",
        .rounds = 4, .play = eight_in_a_file, .seen_a = "none",
        .seen_b = "250       1.0   1   1    1    4"),
    /* C.04.7: the upper half has a point more in the first rounds, in pairing only. */
    KEY(dutch_is_accelerated, .a = "false", .b = "true",
        .division = "    players_min: 8\n    pairing: [{rounds: 1-4, method: dutch, baku: $}]\n",
        .rounds = 4, .play = eight_in_round_1, .seen_a = "ann-eve fay-bob cat-gil hal-dan",
        .seen_b = "ann-cat dan-bob eve-gil hal-fay"),
    KEY(a_division_has_its_name, .a = "open", .b = "masters",
        .more = "  - {name: $-2, rounds: 1, game: {rules: reported}}\n", .play = three_divisions,
        .seen_a = "open open-2", .seen_b = "open masters-2"),
    KEY(a_division_has_its_rounds, .a = "1", .b = "2", .division = "    rounds: $\n", .rounds = -1,
        .play = four, .seen_a = "1:bob-ann 1:cat-dan",
        .seen_b = "1:bob-ann 1:cat-dan 2:ann-cat 2:dan-bob"),
    KEY(a_method_pairs_its_rounds, .a = "1, method: king_of_the_hill}, {rounds: 2-3",
        .b = "1-2, method: king_of_the_hill}, {rounds: 3",
        .division = "    players_min: 8\n    pairing: [{rounds: $, method: factor, factor: 4}]\n",
        .rounds = 3, .play = eight,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 2:ann-bob 2:dan-cat 2:eve-fay 2:hal-gil "
                  "3:bob-ann 3:cat-dan 3:fay-eve 3:gil-hal",
        .seen_b = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 2:ann-cat 2:eve-gil 2:dan-bob 2:hal-fay "
                  "3:cat-ann 3:gil-eve 3:bob-dan 3:fay-hal"),
    KEY(a_method_pairs_in_its_way, .a = "king_of_the_hill", .b = "initial_fontes",
        .division = "    players_min: 8\n    pairing: [{rounds: 1-3, method: $}]\n", .rounds = 3,
        .play = eight,
        .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal 2:ann-cat 2:eve-gil 2:dan-bob 2:hal-fay "
                  "3:ann-eve 3:bob-fay 3:cat-gil 3:dan-hal",
        .seen_b = "1:cat-ann 1:bob-dan 1:gil-eve 1:hal-fay 2:ann-gil 2:bob-hal 2:eve-cat 2:fay-dan "
                  "3:ann-eve 3:fay-bob 3:cat-gil 3:dan-hal"),
    KEY(two_meet_so_often, .a = "1", .b = "2",
        .division = "    players_min: 3\n"
                    "    pairing: [{rounds: 1-2, method: swiss, repeats_over_allowed: false, "
                    "repeats: $}]\n",
        .rounds = 2, .play = two_of_three, .seen_a = "1:bob-ann; running",
        .seen_b = "1:bob-ann 2:ann-bob; finished"),
    KEY(further_meetings_have_a_price, .a = "false", .b = "true",
        .division = "    players_min: 3\n"
                    "    pairing: [{rounds: 1-2, method: swiss, repeats: 1, "
                    "repeats_over_allowed: $}]\n",
        .rounds = 2, .play = two_of_three, .seen_a = "1:bob-ann; running",
        .seen_b = "1:bob-ann 2:ann-bob; finished"),
    KEY(what_is_not_legal_is_asked_or_allowed, .a = "ask_director", .b = "allow_repeats",
        .division = "    players_min: 3\n"
                    "    on_no_legal_pairing: $\n"
                    "    pairing: [{rounds: 1-2, method: swiss, repeats: 1}]\n",
        .rounds = 2, .play = two_of_three, .seen_a = "1:bob-ann; running",
        .seen_b = "1:bob-ann 2:ann-bob; finished"),
    KEY(the_director_pairs, .a = "policy", .b = "director", .division = "    paired_by: $\n",
        .play = two_again, .seen_a = "1:bob-ann; finished", .seen_b = "; running"),
    KEY(factor_pairs_so_many_of_the_top, .a = "1", .b = "3",
        .division = "    players_min: 8\n    pairing: [{rounds: 1, method: factor, factor: $}]\n",
        .play = eight, .seen_a = "1:bob-ann 1:cat-dan 1:fay-eve 1:gil-hal",
        .seen_b = "1:dan-ann 1:bob-eve 1:cat-fay 1:gil-hal"),
    KEY(a_round_robin_has_legs, .a = "1", .b = "2",
        .division =
            "    capacity: 4\n"
            "    pairing: [{rounds: 1-6, method: round_robin, legs_in_a_row: true, legs: $}]\n",
        .rounds = 6, .play = four,
        .seen_a = "1:bob-ann 1:dan-cat 2:dan-ann 2:cat-bob 3:ann-cat 3:bob-dan 4:ann-bob 4:cat-dan "
                  "5:ann-dan 5:bob-cat 6:cat-ann 6:dan-bob",
        .seen_b = "1:bob-ann 1:dan-cat 2:ann-bob 2:cat-dan 3:dan-ann 3:cat-bob 4:ann-dan 4:bob-cat "
                  "5:ann-cat 5:bob-dan 6:cat-ann 6:dan-bob"),
    KEY(legs_follow_each_other, .a = "false", .b = "true",
        .division = "    capacity: 4\n"
                    "    pairing: [{rounds: 1-6, method: round_robin, legs: 2, legs_in_a_row: "
                    "$}]\n",
        .rounds = 6, .play = four,
        .seen_a = "1:bob-ann 1:dan-cat 2:dan-ann 2:cat-bob 3:ann-cat 3:bob-dan 4:ann-bob 4:cat-dan "
                  "5:ann-dan 5:bob-cat 6:cat-ann 6:dan-bob",
        .seen_b = "1:bob-ann 1:dan-cat 2:ann-bob 2:cat-dan 3:dan-ann 3:cat-bob 4:ann-dan 4:bob-cat "
                  "5:ann-cat 5:bob-dan 6:cat-ann 6:dan-bob"),
    KEY(fontes_plays_so_many_rounds, .a = "1", .b = "3",
        .division = "    players_min: 8\n"
                    "    pairing: [{rounds: 1-3, method: initial_fontes, fontes_rounds: $}]\n",
        .rounds = 3, .play = eight,
        .seen_a = "1:eve-ann 1:bob-fay 1:cat-gil 1:hal-dan 2:ann-eve 2:fay-bob 2:gil-cat 2:dan-hal "
                  "3:eve-ann 3:bob-fay 3:cat-gil 3:hal-dan",
        .seen_b = "1:cat-ann 1:bob-dan 1:gil-eve 1:hal-fay 2:ann-gil 2:bob-hal 2:eve-cat 2:fay-dan "
                  "3:ann-eve 3:fay-bob 3:cat-gil 3:dan-hal"),
    KEY(the_bye_goes_to, .a = "lowest", .b = "highest",
        .division = "    byes: {to: $}\n" HILL("1-2"), .rounds = 2, .play = byes,
        .seen_a = "1:eve 2:dan", .seen_b = "1:ann 2:bob"),
    KEY(the_bye_of_some_rounds_goes_to, .a = "lowest", .b = "highest",
        .division = "    pairing: [{rounds: 1-2, method: king_of_the_hill, bye: $}]\n", .rounds = 2,
        .play = byes, .seen_a = "1:eve 2:dan", .seen_b = "1:ann 2:bob"),
    KEY(byes_are_for_the_low, .a = "1", .b = "4",
        .division = "    byes: {to: highest, rank_min: $}\n" HILL("1-2"), .rounds = 2, .play = byes,
        .seen_a = "1:ann 2:bob", .seen_b = "1:dan 2:bob"),
    KEY(a_bye_brings_spread, .a = "50", .b = "7", .division = "    byes: {spread: $}\n" HILL("1"),
        .play = five_standings, .seen_a = "eve 2 +50, ann 2 +10, cat 2 +10, bob 0 -10, dan 0 -10",
        .seen_b = "ann 2 +10, cat 2 +10, eve 2 +7, bob 0 -10, dan 0 -10"),
    KEY(the_first_move_is, .a = "balanced", .b = "listed",
        .division = "    first_move: $\n    pairing: [{rounds: 1-3, method: king_of_the_hill, "
                    "repeats: 3}]\n",
        .rounds = 3, .play = four,
        .seen_a = "1:bob-ann 1:cat-dan 2:ann-cat 2:dan-bob 3:bob-ann 3:cat-dan",
        .seen_b = "1:ann-bob 1:cat-dan 2:ann-cat 2:bob-dan 3:ann-bob 3:cat-dan"),
    KEY(the_first_move_of_some_rounds_is, .a = "balanced", .b = "listed",
        .division =
            "    pairing: [{rounds: 1-3, method: king_of_the_hill, repeats: 3, first: $}]\n",
        .rounds = 3, .play = four,
        .seen_a = "1:bob-ann 1:cat-dan 2:ann-cat 2:dan-bob 3:bob-ann 3:cat-dan",
        .seen_b = "1:ann-bob 1:cat-dan 2:ann-cat 2:bob-dan 3:ann-bob 3:cat-dan"),
    KEY(a_forbidden_pair_has_one, .a = "ann", .b = "cat",
        .division = "    players_min: 4\n    forbidden_pairs: [{one: $, other: bob}]\n" HILL("1"),
        .play = four, .seen_a = "1:cat-ann 1:bob-dan", .seen_b = "1:bob-ann 1:cat-dan"),
    KEY(a_forbidden_pair_has_another, .a = "bob", .b = "cat",
        .division = "    players_min: 4\n    forbidden_pairs: [{one: ann, other: $}]\n" HILL("1"),
        .play = four, .seen_a = "1:cat-ann 1:bob-dan", .seen_b = "1:bob-ann 1:cat-dan"),
    KEY(a_pair_is_forbidden_in_its_rounds, .a = "1", .b = "2",
        .division =
            "    players_min: 4\n    forbidden_pairs: [{one: ann, other: bob, rounds: $}]\n" HILL(
                "1-2"),
        .rounds = 2, .play = four, .seen_a = "1:cat-ann 1:bob-dan 2:ann-bob 2:dan-cat",
        .seen_b = "1:bob-ann 1:cat-dan 2:ann-cat 2:dan-bob"),
    KEY(a_forbidden_pair_says_why, .a = "a quarrel", .b = "a marriage",
        .division =
            "    players_min: 4\n    forbidden_pairs: [{one: ann, other: bob, reason: $}]\n" HILL(
                "1"),
        .play = why_not, .seen_a = "a quarrel", .seen_b = "a marriage"),
    KEY(a_prepaired_pair_has_its_round, .a = "1", .b = "2",
        .division = "    prepaired: [{round: $, first: ann, second: dan}]\n" HILL("1-2"),
        .rounds = 2, .play = four, .seen_a = "1:dan-ann 1:bob-cat 2:ann-bob 2:cat-dan",
        .seen_b = "1:bob-ann 1:cat-dan 2:ann-dan 2:bob-cat"),
    KEY(a_prepaired_pair_has_a_first, .a = "ann", .b = "bob",
        .division = "    prepaired: [{round: 1, first: $, second: dan}]\n" HILL("1"), .play = four,
        .seen_a = "1:dan-ann 1:bob-cat", .seen_b = "1:cat-ann 1:bob-dan"),
    KEY(a_prepaired_pair_has_a_second, .a = "cat", .b = "dan",
        .division = "    prepaired: [{round: 1, first: ann, second: $}]\n" HILL("1"), .play = four,
        .seen_a = "1:cat-ann 1:bob-dan", .seen_b = "1:dan-ann 1:bob-cat"),
    KEY(a_prepaired_pair_keeps_its_order, .a = "false", .b = "true",
        .division = "    prepaired: [{round: 2, first: dan, second: ann, keeps_order: $}]\n"
                    "    first_move: balanced\n" HILL("1-2"),
        .rounds = 2, .play = four, .seen_a = "1:bob-ann 1:cat-dan 2:ann-dan 2:bob-cat",
        .seen_b = "1:bob-ann 1:cat-dan 2:dan-ann 2:bob-cat"),
    KEY(what_a_director_said_is_of_a_division, .a = "open", .b = "other",
        .policy = "director_pairs: [{division: $, one: ann, other: bob}]\n", .division = HILL("1"),
        .more = "  - {name: other, rounds: 1, game: {rules: reported}}\n", .play = four_and_two,
        .seen_a = "1:cat-ann 1:bob-dan 1:eve-fay", .seen_b = "1:bob-ann 1:cat-dan 1:eve-fay"),
    KEY(what_a_director_said_is_of_one, .a = "ann", .b = "cat",
        .policy = "director_pairs: [{division: open, one: $, other: bob}]\n", .division = HILL("1"),
        .play = four, .seen_a = "1:cat-ann 1:bob-dan", .seen_b = "1:bob-ann 1:cat-dan"),
    KEY(what_a_director_said_is_of_another, .a = "bob", .b = "cat",
        .policy = "director_pairs: [{division: open, one: ann, other: $}]\n", .division = HILL("1"),
        .play = four, .seen_a = "1:cat-ann 1:bob-dan", .seen_b = "1:bob-ann 1:cat-dan"),
    KEY(what_a_director_said_is_of_rounds, .a = "1", .b = "2",
        .policy = "director_pairs: [{division: open, one: ann, other: bob, rounds: $}]\n",
        .division = HILL("1-2"), .rounds = 2, .play = four,
        .seen_a = "1:cat-ann 1:bob-dan 2:ann-bob 2:dan-cat",
        .seen_b = "1:bob-ann 1:cat-dan 2:ann-cat 2:dan-bob"),
    KEY(a_director_lets_two_meet, .a = "false", .b = "true",
        .policy = "director_pairs: [{division: open, one: ann, other: bob, meet: $}]\n",
        .division = "    players_min: 4\n    forbidden_pairs: [{one: ann, other: bob}]\n" HILL("1"),
        .play = four, .seen_a = "1:cat-ann 1:bob-dan", .seen_b = "1:bob-ann 1:cat-dan"),
    KEY(a_director_says_why, .a = "a quarrel", .b = "a marriage",
        .policy = "director_pairs: [{division: open, one: ann, other: bob, reason: $}]\n",
        .division = HILL("1"), .play = why_not, .seen_a = "a quarrel", .seen_b = "a marriage"),
    KEY(a_meeting_before_a_round_is_forgotten, .a = "0", .b = "2",
        .division = "    pairing: [{rounds: 1-3, method: australian_draw, reset_round: $}]\n",
        .rounds = 3, .play = four,
        .seen_a = "1:cat-ann 1:bob-dan 2:ann-bob 2:dan-cat 3:ann-dan 3:bob-cat",
        .seen_b = "1:cat-ann 1:bob-dan 2:ann-bob 2:dan-cat 3:cat-ann 3:bob-dan"),
    KEY(leaders_who_cannot_be_caught, .a = "false", .b = "true",
        .division = "    gibsonization: {enabled: $}\n" MEET("1-6"), .rounds = 6,
        .play = six_gibsonized,
        .seen_a = "ann 12 +110, bob 8 +100, dan 6 +10, cat 6 -10, eve 4 -100, fay 0 -110; last "
                  "round cat-ann eve-bob dan-fay",
        .seen_b = "ann 12 +100, cat 8 +30, bob 6 +60, dan 6 +10, eve 4 -90, fay 0 -110; last round "
                  "ann-bob cat-eve dan-fay"),
    KEY(a_leader_is_caught_by_spread, .a = "5", .b = "500",
        .division = "    gibsonization: {enabled: true, spread_per_round: $}\n" MEET("1-3"),
        .rounds = 3, .play = caught_after_two, .seen_a = "ann cannot", .seen_b = "ann can"),
    KEY(a_place_that_still_matters, .a = "1", .b = "3",
        .division = "    gibsonization: {enabled: true, place_min: $}\n" MEET("1-6"), .rounds = 6,
        .play = six_gibsonized,
        .seen_a = "ann 12 +100, cat 8 +30, bob 6 +60, dan 6 +10, eve 4 -90, fay 0 -110; last round "
                  "ann-bob cat-eve dan-fay",
        .seen_b = "ann 12 +140, bob 8 +80, cat 6 +0, dan 6 +0, eve 4 -80, fay 0 -140; last round "
                  "ann-fay cat-bob dan-eve"),
    KEY(survivors_are_seeded_anew, .a = "false", .b = "true",
        .division = "    capacity: 8\n"
                    "    pairing: [{rounds: 1-3, method: single_elimination, reseed: $}]\n",
        .rounds = 3, .play = eight_with_an_upset,
        .seen_a = "1:hal-ann 1:bob-gil 1:cat-fay 1:eve-dan 2:bob-cat 2:dan-hal 3:hal-bob",
        .seen_b = "1:hal-ann 1:bob-gil 1:cat-fay 1:eve-dan 2:bob-hal 2:dan-cat 3:cat-hal"),
    KEY(losers_of_semifinals_play, .a = "false", .b = "true",
        .division = "    capacity: 4\n"
                    "    pairing: [{rounds: 1-2, method: single_elimination, third_place: $}]\n",
        .rounds = 2, .play = four, .seen_a = "1:dan-ann 1:bob-cat 2:ann-bob",
        .seen_b = "1:dan-ann 1:bob-cat 2:ann-bob 2:cat-dan"),
};

int main(void)
{
    return keys_run(cases, COUNT_OF(cases));
}
