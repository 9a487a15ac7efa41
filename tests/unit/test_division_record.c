/* division_record: rows of a division become a record and an input for pairing; byes, forfeits,
 * void boards, withdrawals and late entries each as they count. */
#include "orchestrator/division_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_MAX = 16, TEXT_MAX_BYTES = 2000 };

struct scene {
    struct arena arena;
    Arbiter__V1__Division division;
    Arbiter__V1__Entrant entrants[ROWS_MAX];
    Arbiter__V1__Entrant *entrant_list[ROWS_MAX];
    Arbiter__V1__BoardPairing pairings[ROWS_MAX];
    Arbiter__V1__BoardPairing *pairing_list[ROWS_MAX];
    struct format_division format;
    char text[TEXT_MAX_BYTES];
};

/* Entrants a, b, c … in order of their seeds. */
static int open_scene(void **state)
{
    static struct scene scene;
    static char *const names[] = {"a", "b", "c", "d"};
    static struct format_range range;
    range = (struct format_range){
        .first_round = 1, .last_round = 5, .pairing = pairing_policy_default(PAIRING_SWISS)};
    scene = (struct scene){.format = {.rounds = 5, .ranges = &range, .range_count = 1}};
    arena_init(&scene.arena, 1 << 20);
    arbiter__v1__division__init(&scene.division);
    scene.division.division_id = "d1";
    scene.division.rounds = 5;
    scene.division.entrants = scene.entrant_list;
    scene.division.pairings = scene.pairing_list;
    for (int i = 0; i < 4; i++) {
        arbiter__v1__entrant__init(&scene.entrants[i]);
        scene.entrants[i].player_id = names[i];
        scene.entrants[i].name = names[i];
        scene.entrants[i].seed = i + 1;
        scene.entrant_list[i] = &scene.entrants[i];
    }
    scene.division.n_entrants = 4;
    *state = &scene;
    return 0;
}

static int close_scene(void **state)
{
    arena_deinit(&((struct scene *)*state)->arena);
    return 0;
}

static Arbiter__V1__BoardPairing *pair(struct scene *scene, int round, const char *first,
                                       const char *second, const char *kind, const char *outcome,
                                       int first_score, int second_score)
{
    size_t n = scene->division.n_pairings++;
    Arbiter__V1__BoardPairing *row = &scene->pairings[n];
    arbiter__v1__board_pairing__init(row);
    row->round = round;
    row->board = (int)n + 1;
    row->first = (char *)(uintptr_t)first;
    row->second = (char *)(uintptr_t)second;
    row->kind = (char *)(uintptr_t)kind;
    row->outcome = (char *)(uintptr_t)outcome;
    row->status = (char *)(uintptr_t)(outcome[0] != '\0' ? "final" : "paired");
    row->first_score = first_score;
    row->second_score = second_score;
    scene->pairing_list[n] = row;
    return row;
}

static const char *kind_text(int kind)
{
    switch ((enum record_kind)kind) {
    case RECORD_PENDING:
        return "pending";
    case RECORD_PLAYED:
        return "played";
    case RECORD_FORFEIT:
        return "forfeit";
    case RECORD_BYE_PAIRING:
        return "bye";
    case RECORD_BYE_HALF:
        return "half";
    case RECORD_BYE_ZERO:
        return "zero";
    default:
        return "-";
    }
}

/* "a played = c 400:350" for one player's round. */
static const char *record_text(struct scene *scene, int player, int round)
{
    struct record *record = NULL;
    assert_int_equal(division_to_record(&scene->arena, &scene->division, &record), STATUS_OK);
    const struct record_result *result = record_result(record, player, round);
    const char *outcome = result->outcome == RECORD_WIN    ? "win"
                          : result->outcome == RECORD_DRAW ? "draw"
                          : result->outcome == RECORD_LOSS ? "loss"
                                                           : "open";
    (void)snprintf(scene->text, sizeof scene->text, "%s %s %s %d:%d", kind_text(result->kind),
                   outcome, result->opponent >= 0 ? scene->entrants[result->opponent].name : "-",
                   result->own_score, result->other_score); /* short */
    return scene->text;
}

static struct pairing_input input_of(struct scene *scene, int round)
{
    struct pairing_input input = {0};
    assert_int_equal(
        division_to_pairing(&scene->arena, &scene->division, &scene->format, round, &input),
        STATUS_OK);
    return input;
}

static void games_count_for_both_players(void **state)
{
    struct scene *scene = *state;
    pair(scene, 1, "a", "c", "game", "first", 400, 350);
    pair(scene, 1, "b", "d", "game", "draw", 300, 300);
    assert_string_equal(record_text(scene, 0, 1), "played win c 400:350");
    assert_string_equal(record_text(scene, 2, 1), "played loss a 350:400");
    assert_string_equal(record_text(scene, 3, 1), "played draw b 300:300");
    struct pairing_input input = input_of(scene, 2);
    assert_int_equal(input.players[0].points, 2);
    assert_int_equal(input.players[0].spread, 50);
    assert_int_equal(input.players[1].points, 1);
    assert_int_equal(input.players[2].points, 0);
    assert_int_equal(input.players[2].spread, -50);
    assert_int_equal(input.past_count, 2);
    assert_int_equal(input.past[0].result_second, PAIRING_RESULT_LOSS);
}

static void an_open_game_is_pending(void **state)
{
    struct scene *scene = *state;
    pair(scene, 1, "a", "c", "game", "", 0, 0);
    assert_string_equal(record_text(scene, 0, 1), "pending open c 0:0");
    assert_int_equal(input_of(scene, 2).past[0].result_first, PAIRING_RESULT_OPEN);
}

static void byes_count_by_their_kind(void **state)
{
    struct scene *scene = *state;
    pair(scene, 1, "a", "", "bye", "first", 50, 0);
    pair(scene, 1, "b", "", "half_bye", "draw", 0, 0);
    pair(scene, 1, "c", "", "zero_bye", "second", 0, 50);
    assert_string_equal(record_text(scene, 0, 1), "bye win - 50:0");
    assert_string_equal(record_text(scene, 1, 1), "half draw - 0:0");
    assert_string_equal(record_text(scene, 2, 1), "zero loss - 0:50");
    struct pairing_input input = input_of(scene, 2);
    assert_int_equal(input.players[0].points, 2);
    assert_int_equal(input.players[1].points, 1);
    assert_int_equal(input.players[2].points, 0);
    assert_int_equal(input.past[0].second, PAIRING_NOBODY);
    assert_int_equal(input.past[0].result_first, PAIRING_RESULT_BYE);
    assert_int_equal(input.past[1].result_first, PAIRING_RESULT_HALF_BYE);
    assert_int_equal(input.past[2].result_first, PAIRING_RESULT_ZERO_BYE);
}

static void a_round_missed_and_lost_is_nobodys_bye(void **state)
{
    struct scene *scene = *state;
    pair(scene, 1, "a", "", "bye", "second", 0, 50);
    assert_int_equal(input_of(scene, 2).past[0].result_first, PAIRING_RESULT_FORFEIT_LOSS);
}

static void a_forfeit_is_no_meeting(void **state)
{
    struct scene *scene = *state;
    pair(scene, 1, "a", "b", "forfeit", "first", 50, 0);
    pair(scene, 1, "c", "d", "game", "double_forfeit", 0, 0);
    assert_string_equal(record_text(scene, 0, 1), "forfeit win b 50:0");
    assert_string_equal(record_text(scene, 2, 1), "forfeit loss d 0:0");
    assert_string_equal(record_text(scene, 3, 1), "forfeit loss c 0:0");
    struct pairing_input input = input_of(scene, 2);
    assert_int_equal(input.past[0].result_first, PAIRING_RESULT_FORFEIT_WIN);
    assert_int_equal(input.past[0].result_second, PAIRING_RESULT_FORFEIT_LOSS);
    assert_int_equal(input.past[1].result_first, PAIRING_RESULT_FORFEIT_LOSS);
    assert_int_equal(input.past[1].result_second, PAIRING_RESULT_FORFEIT_LOSS);
}

static void a_void_board_leaves_no_trace(void **state)
{
    struct scene *scene = *state;
    pair(scene, 1, "a", "b", "game", "first", 9, 1)->status = "void";
    pair(scene, 1, "c", "d", "game", "first", 9, 1);
    assert_string_equal(record_text(scene, 0, 1), "- open - 0:0");
    struct pairing_input input = input_of(scene, 2);
    assert_int_equal(input.past_count, 1);
    assert_int_equal(input.players[0].points, 0);
}

static void a_matchs_games_are_in_the_record(void **state)
{
    struct scene *scene = *state;
    Arbiter__V1__MatchGame games[3];
    Arbiter__V1__MatchGame *list[] = {&games[0], &games[1], &games[2]};
    struct record *record = NULL;
    for (int i = 0; i < 3; i++)
        arbiter__v1__match_game__init(list[i]);
    Arbiter__V1__BoardPairing *match = pair(scene, 1, "c", "b", "game", "first", 2, 1);
    match->games = list;
    match->n_games = 3;
    games[0].starts = "c";
    games[0].status = "final";
    games[0].outcome = "first";
    games[0].first_score = 400;
    games[0].second_score = 350;
    games[1].starts = "b";
    games[1].status = "void";
    games[2].starts = "c";
    games[2].status = "final";
    games[2].outcome = "double_forfeit";
    assert_int_equal(division_to_record(&scene->arena, &scene->division, &record), STATUS_OK);
    assert_int_equal(record->match_game_count, 3);
    const struct record_match_game *first = &record->match_games[0];
    assert_int_equal(first->player, 1); /* b comes first among the players */
    assert_int_equal(first->own_score, 350);
    assert_int_equal(first->outcome, RECORD_LOSS);
    assert_int_equal(first->other_outcome, RECORD_WIN);
    assert_int_equal(first->side, RECORD_SECOND);
    assert_true(record->match_games[1].is_void);
    assert_int_equal(record->match_games[1].side, RECORD_FIRST);
    assert_int_equal(record->match_games[2].outcome, RECORD_LOSS);
    assert_int_equal(record->match_games[2].other_outcome, RECORD_LOSS);
}

static void only_rounds_before_are_past(void **state)
{
    struct scene *scene = *state;
    pair(scene, 1, "a", "b", "game", "first", 9, 1);
    pair(scene, 2, "a", "c", "game", "first", 9, 1);
    struct pairing_input input = input_of(scene, 2);
    assert_int_equal(input.past_count, 1);
    assert_int_equal(input.players[0].points, 2);
    assert_int_equal(input.round_number, 2);
    assert_int_equal(input.rounds_total, 5);
}

static void who_is_gone_is_not_paired(void **state)
{
    struct scene *scene = *state;
    scene->entrants[0].status = "withdrawn";
    scene->entrants[1].status = "suspended";
    scene->entrants[2].to_round = 2;
    scene->entrants[3].from_round = 3;
    struct pairing_input second = input_of(scene, 2);
    assert_int_equal(second.players[0].state, PAIRING_WITHDRAWN);
    assert_int_equal(second.players[1].state, PAIRING_SUSPENDED);
    assert_int_equal(second.players[2].state, PAIRING_ACTIVE);
    assert_int_equal(second.players[3].joined_round, 3);
    assert_int_equal(input_of(scene, 3).players[2].state, PAIRING_WITHDRAWN);
}

static void spread_is_capped_a_game(void **state)
{
    struct scene *scene = *state;
    scene->format.spread_cap = 100;
    pair(scene, 1, "a", "b", "game", "first", 500, 100);
    pair(scene, 2, "a", "c", "game", "first", 310, 300);
    struct pairing_input input = input_of(scene, 3);
    assert_int_equal(input.players[0].spread, 110);
    assert_int_equal(input.players[1].spread, -100);
}

static void a_division_draws_lots_of_its_own(void **state)
{
    struct scene *scene = *state;
    uint64_t seed = input_of(scene, 1).seed;
    assert_true(seed == input_of(scene, 2).seed);
    scene->division.division_id = "d2";
    assert_true(seed != input_of(scene, 1).seed);
}

static void a_stranger_on_a_board_is_data_loss(void **state)
{
    struct scene *scene = *state;
    struct record *record = NULL;
    struct pairing_input input = {.round_number = 7};
    pair(scene, 1, "a", "zoe", "game", "first", 9, 1);
    assert_int_equal(division_to_record(&scene->arena, &scene->division, &record),
                     STATUS_DATA_LOSS);
    assert_null(record);
    assert_int_equal(
        division_to_pairing(&scene->arena, &scene->division, &scene->format, 2, &input),
        STATUS_DATA_LOSS);
    assert_int_equal(input.round_number, 7);
}

static void players_are_found_by_id(void **state)
{
    struct scene *scene = *state;
    assert_int_equal(division_find_player(&scene->division, "c"), 2);
    assert_int_equal(division_find_player(&scene->division, ""), -1);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

/* a–d is the policy's; where the director has settled b–a already, nothing is left of it. */
static void prepaired_pairs_are_fixed_where_nothing_else_is_settled(void **state)
{
    struct scene *scene = *state;
    static const struct format_prepaired prepaired[] = {
        {.round = 1, .first = "a", .second = "d", .keeps_order = true},
        {.round = 1, .first = "b", .second = "stranger"},
        {.round = 2, .first = "b", .second = "c"},
    };
    struct pairing_input input;
    scene->format.prepaired = prepaired;
    scene->format.prepaired_count = COUNT_OF(prepaired);
    assert_int_equal(
        division_to_pairing(&scene->arena, &scene->division, &scene->format, 1, &input), STATUS_OK);
    assert_int_equal(
        division_fix_settled(&scene->arena, &scene->division, &scene->format, 1, &input),
        STATUS_OK);
    assert_int_equal(input.fixed_count, 1);
    assert_int_equal(input.fixed[0].first, 0);
    assert_int_equal(input.fixed[0].second, 3);
    assert_true(input.fixed[0].keeps_order);
    pair(scene, 1, "b", "a", "game", "", 0, 0)->version = 2;
    assert_int_equal(
        division_fix_settled(&scene->arena, &scene->division, &scene->format, 1, &input),
        STATUS_OK);
    assert_int_equal(input.fixed_count, 1);
    assert_int_equal(input.fixed[0].first, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(games_count_for_both_players),
        CASE(an_open_game_is_pending),
        CASE(byes_count_by_their_kind),
        CASE(a_forfeit_is_no_meeting),
        CASE(a_round_missed_and_lost_is_nobodys_bye),
        CASE(a_void_board_leaves_no_trace),
        CASE(a_matchs_games_are_in_the_record),
        CASE(only_rounds_before_are_past),
        CASE(who_is_gone_is_not_paired),
        CASE(spread_is_capped_a_game),
        CASE(a_division_draws_lots_of_its_own),
        CASE(a_stranger_on_a_board_is_data_loss),
        CASE(players_are_found_by_id),
        CASE(prepaired_pairs_are_fixed_where_nothing_else_is_settled),
    };
    return cmocka_run_group_tests_name("division_record", tests, NULL, NULL);
}
