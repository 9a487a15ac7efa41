/* Keys of a division's points, order, matches and games, seen in two events that differ in one
 * key. Whoever comes first in the alphabet wins by ten points for each place between them. */
#include "base/attr.h"
#include "tests/contract/keys_scene.h"

#include <string.h>

enum { MINUTE_MS = 60 * 1000 };

/* ---- plays --------------------------------------------------------------------------------- */

static const char *four(struct clockwork *house)
{
    play_event(house, 4);
    return standings(house);
}

static const char *five_in_order(struct clockwork *house)
{
    play_event(house, 5);
    return ranking(house);
}

/* The byes of an odd number are games against a dummy. */
static const char *buchholz_of_five(struct clockwork *house)
{
    play_event(house, 5);
    const struct clockwork_answer *answer =
        clockwork_ask(house, "dora", "GET", EVENT "/standings", "%s", "");
    const char *seen = "";
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(answer->json, "standings"), i, row)
    {
        const json_t *term = json_array_get(json_object_get(row, "tie_breaks"), 0);
        seen = text_of("%s%s%s %s", seen, i > 0 ? ", " : "",
                       json_string_value(json_object_get(row, "player_id")),
                       json_string_value(json_object_get(term, "value")));
    }
    return seen;
}

static const char *a_draw(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    direct(house, "{'action': 'set_result', 'round': 1, 'board': 1, 'data': {'outcome': 'draw', "
                  "'first_score': 1, 'second_score': 1}}");
    return standings(house);
}

static const char *a_forfeit(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    direct(house, "{'action': 'forfeit', 'round': 1, 'board': 1, 'data': {'absent': 'second'}}");
    clockwork_pass(house, 1000);
    return standings(house);
}

/* How many games a match of two has. */
static const char *games_of_two(struct clockwork *house)
{
    play_event(house, 2);
    return text_of("%s", clockwork_read(house, "SELECT count(*) FROM games"));
}

static const char *match_standings(struct clockwork *house)
{
    play_event(house, 2);
    return standings(house);
}

/* Ann's is the red team; `mate` is in it, too. */
static const char *pairings_with_a_team(struct clockwork *house, int mate)
{
    for (int i = 0; i < 4; i++) {
        static const char *const names[] = {"ann", "bob", "cat", "dan"};
        (void)clockwork_ask(house, "dora", "POST", EVENT "/entrants",
                            "{'entrants': [{'player': '%s', 'name': 'x', 'seed': %d, 'rating': "
                            "%d.5, 'team': '%s'}]}",
                            names[i], i + 1, 2000 - 100 * i,
                            i == 0 || i == mate ? "red" : names[i]);
    }
    start(house);
    return pairings(house);
}

static const char *a_team_of_two(struct clockwork *house)
{
    return pairings_with_a_team(house, 1);
}

/* The two whom FIDE's system would pair, and why it does not. */
static const char *why_a_team_does_not_meet(struct clockwork *house)
{
    const char *paired = text_of("%s", pairings_with_a_team(house, 2));
    const struct clockwork_answer *why = clockwork_ask(
        house, "dora", "GET", EVENT "/divisions/1/rounds/1/why-not?a=ann&b=cat", "%s", "");
    return text_of("%s; %s", paired, json_string_value(json_object_get(why->json, "text")));
}

#define HILL(rounds) "    pairing: [{rounds: " rounds ", method: king_of_the_hill, repeats: 9}]\n"

/* ---- games --------------------------------------------------------------------------------- */

#define GAME(keys) "{rules: breakthrough, rated: false, " keys "}"

/* What has become of a game in which nobody moves for five minutes. */
static const char *five_idle_minutes(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    clockwork_pass(house, 5 * MINUTE_MS);
    const char *status = text_of("%s", clockwork_read(house, "SELECT status FROM games"));
    return text_of("%s %s", status, clockwork_read(house, "SELECT reason FROM results"));
}

static json_int_t initial_time(struct clockwork *house, int round)
{
    const char *id = text_of(
        "%s", clockwork_read(house, text_of("SELECT game_id FROM games WHERE round = %d", round)));
    const struct clockwork_answer *game =
        clockwork_ask(house, "ann", "GET", text_of("/v1/games/%s", id), "%s", "");
    return json_integer_value(
               json_object_get(json_object_get(game->json, "request"), "initial_time_ms")) /
           MINUTE_MS;
}

/* The minutes of a game in the first round and, with a policy that says three hours by then, in the
 * second. */
static const char *minutes_before_and_after_a_change(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    json_int_t before = initial_time(house, 1);
    const char *changed =
        try_to_change(house, text_of("initial_time: %s", row_value()), "initial_time: 3h");
    if (strcmp(changed, "200") != 0)
        return changed;
    const char *game = text_of("%s", clockwork_read(house, "SELECT game_id FROM games"));
    const char *first = text_of("%s", clockwork_read(house, "SELECT first_player FROM games"));
    (void)asked(house, first, "POST", text_of("/v1/games/%s/moves", game), "{'move': 'resign'}");
    clockwork_pass(house, 2000);
    return text_of("%d %d", (int)before, (int)initial_time(house, 2));
}

/* Each moves once, and nobody again for five minutes. */
static const char *five_minutes_after_a_move(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    const char *game =
        text_of("/v1/games/%s/moves", clockwork_read(house, "SELECT game_id FROM games"));
    const char *first = text_of("%s", clockwork_read(house, "SELECT first_player FROM games"));
    const char *second = text_of("%s", clockwork_read(house, "SELECT second_player FROM games"));
    (void)asked(house, first, "POST", game, "{'move': 'move b2b3', 'expected_turn': 0}");
    (void)asked(house, second, "POST", game, "{'move': 'move b7b6', 'expected_turn': 1}");
    clockwork_pass(house, 5 * MINUTE_MS);
    return text_of("%s", clockwork_read(house, "SELECT status FROM games"));
}

/* Makes a move of one of two, after so many minutes; a refusal is what is seen of it. */
static void move_after(struct clockwork *house, int minutes, int seat, const char *move, int turn)
{
    const char *game =
        text_of("/v1/games/%s/moves", clockwork_read(house, "SELECT game_id FROM games"));
    const char *player =
        text_of("%s", clockwork_read(house, seat == 0 ? "SELECT first_player FROM games"
                                                      : "SELECT second_player FROM games"));
    for (int i = 0; i < minutes; i++) /* longer than a token lives, otherwise */
        clockwork_pass(house, MINUTE_MS);
    (void)asked(house, player, "POST", game,
                text_of("{'move': '%s', 'expected_turn': %d}", move, turn));
}

static const char *two_turns_of_40_minutes(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    move_after(house, 40, 0, "move b2b3", 0);
    move_after(house, 0, 1, "move b7b6", 1);
    move_after(house, 40, 0, "move b3b4", 2);
    clockwork_pass(house, MINUTE_MS);
    return text_of("%s", clockwork_read(house, "SELECT status FROM games"));
}

static const char *a_turn_of_90_minutes(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    move_after(house, 90, 0, "move b2b3", 0);
    return text_of("%s", clockwork_read(house, "SELECT status FROM games"));
}

static const char *first_moves(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    const char *game =
        text_of("/v1/games/%s/moves", clockwork_read(house, "SELECT game_id FROM games"));
    const char *first = text_of("%s", clockwork_read(house, "SELECT first_player FROM games"));
    return asked(house, first, "POST", game, "{'move': 'move b2b3', 'expected_turn': 0}");
}

/* ---- words ------------------------------------------------------------------------------- */

#define WORDS_GAME(keys) "{rules: crossword, rated: false, initial_time: 1h, " keys "}"

/* What the first player sees of his game. */
static const json_t *view_of_first(struct clockwork *house, const char *game, const char *player)
{
    return json_object_get(clockwork_ask(house, player, "GET", game, "%s", "")->json, "view");
}

/* Two letters of the rack are a word in PAIRS, and none in SLEEP. */
static const char *two_letters(struct clockwork *house)
{
    char letters[8] = "";
    enter(house, 2);
    start(house);
    const char *game = text_of("/v1/games/%s", clockwork_read(house, "SELECT game_id FROM games"));
    const char *player = text_of("%s", clockwork_read(house, "SELECT first_player FROM games"));
    const json_t *racks = json_object_get(view_of_first(house, game, player), "racks");
    const char *rack = json_string_value(json_array_get(racks, 0));
    for (size_t i = 0; rack != NULL && rack[i] != '\0' && strlen(letters) < 2; i++)
        if (rack[i] != '?')
            letters[strlen(letters)] = rack[i];
    const char *seen = asked(house, player, "POST", text_of("%s/moves", game),
                             text_of("{'move': 'place 8H %s', 'expected_turn': 0}", letters));
    return text_of("%.3s", seen);
}

static const char *lines_of_the_board(struct clockwork *house)
{
    enter(house, 2);
    start(house);
    const char *game = text_of("/v1/games/%s", clockwork_read(house, "SELECT game_id FROM games"));
    const json_t *board = json_object_get(view_of_first(house, game, "ann"), "board");
    return text_of("%zu", json_array_size(board));
}

#define RATED                                                                                      \
    "SELECT player_id || ' ' || pool || ' ' || round(rating) FROM ratings ORDER BY player_id"

static const char *ratings_of_two(struct clockwork *house)
{
    play_event(house, 2);
    return text_of("%s", clockwork_read(house, RATED));
}

static const char *third_in_a_division_of_two(struct clockwork *house)
{
    create(house, 3);
    (void)asked(house, "ann", "POST", EVENT "/registration", "{}");
    (void)asked(house, "bob", "POST", EVENT "/registration", "{}");
    (void)asked(house, "cat", "POST", EVENT "/registration", "{}");
    return text_of("%s", clockwork_read(house, "SELECT status FROM entrants ORDER BY player_id"));
}

static const struct key_case cases[] = {
    KEY(a_draw_is_worth, .a = "1", .b = "1.5", .division = "    points: {win: 3, draw: $}\n",
        .play = a_draw, .seen_a = "ann 2 +0, bob 2 +0", .seen_b = "ann 3 +0, bob 3 +0"),
    KEY(a_loss_is_worth, .a = "0", .b = "1",
        .division = "    points: {win: 3, draw: 1, loss: $}\n" HILL("1"), .play = four,
        .seen_a = "ann 6 +10, cat 6 +10, bob 0 -10, dan 0 -10",
        .seen_b = "ann 6 +10, cat 6 +10, bob 2 -10, dan 2 -10"),
    KEY(a_win_by_forfeit_is_worth, .a = "1", .b = "0.5",
        .division = "    points: {forfeit_win: $}\n", .play = a_forfeit,
        .seen_a = "bob 2 +50, ann 0 -50", .seen_b = "bob 1 +50, ann 0 -50"),
    KEY(a_loss_by_forfeit_is_worth, .a = "0", .b = "0.5",
        .division = "    points: {forfeit_loss: $}\n", .play = a_forfeit,
        .seen_a = "bob 2 +50, ann 0 -50", .seen_b = "bob 2 +50, ann 1 -50"),
    KEY(equals_are_put_in_order, .a = "SPREAD", .b = "TPN", .division = "    order: $\n" HILL("1"),
        .play = five_in_order, .seen_a = "eve ann cat bob dan", .seen_b = "ann cat eve bob dan"),
    KEY(the_order_has_an_edition, .a = "2024", .b = "2026",
        .division = "    order: BH\n    order_edition: $\n" HILL("1-3"), .rounds = 3,
        .play = buchholz_of_five, .seen_a = "ann 4, bob 6, cat 5, eve 6, dan 6",
        .seen_b = "ann 4, bob 6, cat 4.5, eve 6, dan 6"),
    KEY(a_game_counts_so_much_spread, .a = "0", .b = "5",
        .division = "    spread_cap: $\n" HILL("1"), .play = four,
        .seen_a = "ann 2 +10, cat 2 +10, bob 0 -10, dan 0 -10",
        .seen_b = "ann 2 +5, cat 2 +5, bob 0 -5, dan 0 -5"),
    KEY(a_game_of_some_rounds_counts_so_much, .a = "20", .b = "5",
        .division = "    pairing: [{rounds: 1, method: king_of_the_hill, spread_cap: $}]\n",
        .play = four, .seen_a = "ann 2 +10, cat 2 +10, bob 0 -10, dan 0 -10",
        .seen_b = "ann 2 +5, cat 2 +5, bob 0 -5, dan 0 -5"),
    KEY(two_play_so_many_games, .a = "1", .b = "3", .division = "    games_per_round: $\n",
        .play = games_of_two, .seen_a = "1", .seen_b = "2"),
    KEY(a_match_ends, .a = "decided", .b = "all_games",
        .division = "    games_per_round: 3\n    match_ends: $\n", .play = games_of_two,
        .seen_a = "2", .seen_b = "3"),
    KEY(a_match_counts, .a = "matches", .b = "games",
        .division = "    games_per_round: 3\n    match_counts: $\n", .play = match_standings,
        .seen_a = "ann 2 +20, bob 0 -20", .seen_b = "ann 4 +20, bob 0 -20"),
    KEY(a_team_is_kept_apart, .a = "2", .b = "1",
        .division = "    team_avoidance: $\n    pairing: [{rounds: 1-2, method: swiss}]\n",
        .rounds = 2, .play = a_team_of_two, .seen_a = "1:bob-ann 1:cat-dan",
        .seen_b = "1:cat-ann 1:bob-dan"),
    KEY(a_team_is_kept_apart_on_the_hill, .a = "2", .b = "1",
        .division = "    team_avoidance: $\n" HILL("1-2"), .rounds = 2, .play = a_team_of_two,
        .seen_a = "1:bob-ann 1:cat-dan", .seen_b = "1:cat-ann 1:bob-dan"),
    KEY(a_team_is_kept_apart_by_fides_system, .a = "2", .b = "1",
        .division = "    players_min: 4\n    team_avoidance: $\n    pairing: [{rounds: 1-2, "
                    "method: dutch}]\n",
        .rounds = 2, .play = why_a_team_does_not_meet,
        .seen_a = "1:ann-cat 1:dan-bob; they are paired",
        .seen_b = "1:ann-dan 1:cat-bob; they may not meet: they are of one team"),
    KEY(a_division_has_room, .a = "2", .b = "3", .division = "    capacity: $\n",
        .play = third_in_a_division_of_two, .seen_a = "registered registered waiting",
        .seen_b = "registered registered registered"),
    KEY(a_game_has_its_rules, .a = "reported", .b = "breakthrough",
        .game = "{rules: $, rated: false, initial_time: 1h}", .play = first_moves,
        .seen_a = "400 report FIRST SECOND, agree or dispute", .seen_b = "200"),
    KEY(words_are_those_of_a_lexicon, .a = "PAIRS", .b = "SLEEP",
        .game = WORDS_GAME("lexicon: $, challenge_rule: void"), .play = two_letters,
        .seen_a = "200", .seen_b = "409"),
    KEY(a_word_that_is_none_is_refused_or_played, .a = "void", .b = "double",
        .game = WORDS_GAME("lexicon: SLEEP, challenge_rule: $"), .play = two_letters,
        .seen_a = "409", .seen_b = "200"),
    KEY(a_game_has_its_variant, .a = "classic", .b = "classic_super",
        .game = WORDS_GAME("lexicon: PAIRS, variant: $"), .play = lines_of_the_board,
        .seen_a = "15", .seen_b = "21"),
    KEY(clocks_begin_with, .a = "1m", .b = "20m", .game = GAME("initial_time: $"),
        .play = five_idle_minutes, .seen_a = "final timeout", .seen_b = "playing "),
    KEY(clocks_change_with_the_policy_from_the_next_round, .a = "1h", .b = "2h", .rounds = 2,
        .division = "    pairing: [{rounds: 1-2, method: swiss, repeats: 2}]\n",
        .game = GAME("initial_time: $"), .play = minutes_before_and_after_a_change,
        .seen_a = "60 180", .seen_b = "120 180"),
    KEY(a_turn_adds, .a = "0s", .b = "1m", .game = GAME("initial_time: 5m, increment: $"),
        .play = five_minutes_after_a_move, .seen_a = "final", .seen_b = "playing"),
    KEY(past_zero_there_is, .a = "0s", .b = "10m", .game = GAME("initial_time: 1m, overtime: $"),
        .play = five_minutes_after_a_move, .seen_a = "final", .seen_b = "playing"),
    KEY(a_clock_is_for_the_game_or_for_a_turn, .a = "real_time", .b = "correspondence",
        .game = GAME("initial_time: 1h, clock: $"), .play = two_turns_of_40_minutes,
        .seen_a = "final", .seen_b = "playing"),
    KEY(a_bank_is_for_longer_turns, .a = "0s", .b = "1h",
        .game = GAME("initial_time: 1h, clock: correspondence, time_bank: $"),
        .play = a_turn_of_90_minutes, .seen_a = "final", .seen_b = "playing"),
    KEY(a_first_turn_comes_in_time, .a = "0s", .b = "1m",
        .game = GAME("initial_time: 20m, start_within: $"), .play = five_idle_minutes,
        .seen_a = "playing ", .seen_b = "final cancelled"),
    KEY(results_change_ratings, .a = "false", .b = "true", .game = "{rules: reported, rated: $}",
        .play = ratings_of_two, .seen_a = "", .seen_b = "ann reported 1662.0 bob reported 1338.0"),
    KEY(results_are_rated_by, .a = "glicko2", .b = "elo",
        .game = "{rules: reported, rating_policy: $}", .play = ratings_of_two,
        .seen_a = "ann reported 1662.0 bob reported 1338.0",
        .seen_b = "ann reported 1520.0 bob reported 1480.0"),
    KEY(results_change_one_rating, .a = "club", .b = "cup",
        .game = "{rules: reported, rating_pool: $}", .play = ratings_of_two,
        .seen_a = "ann club 1662.0 bob club 1338.0", .seen_b = "ann cup 1662.0 bob cup 1338.0"),
};

int main(void)
{
    return keys_run(cases, COUNT_OF(cases));
}
