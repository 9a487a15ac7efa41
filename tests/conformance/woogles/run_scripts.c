/* Runs the scripted divisions: each step is an operation or an expectation. */
#include "orchestrator/pairing/bracket.h"
#include "tests/conformance/woogles/division.h"
#include "tests/conformance/woogles/woogles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 256

static struct division division;

struct word {
    const char *name;
    int value;
};

static int word_value(const struct word *words, const char *name)
{
    for (; words->name != NULL; words++)
        if (strcmp(words->name, name) == 0)
            return words->value;
    return 0;
}

static const struct word results[] = {{"NO_RESULT", RESULT_NONE},
                                      {"WIN", RESULT_WIN},
                                      {"LOSS", RESULT_LOSS},
                                      {"DRAW", RESULT_DRAW},
                                      {"BYE", RESULT_BYE},
                                      {"FORFEIT_WIN", RESULT_FORFEIT_WIN},
                                      {"FORFEIT_LOSS", RESULT_FORFEIT_LOSS},
                                      {"ELIMINATED", RESULT_ELIMINATED},
                                      {"VOID", RESULT_VOID},
                                      {NULL, 0}};

static const struct word methods[] = {{"RANDOM", PAIRING_RANDOM},
                                      {"ROUND_ROBIN", PAIRING_ROUND_ROBIN},
                                      {"KING_OF_THE_HILL", PAIRING_KING_OF_THE_HILL},
                                      {"ELIMINATION", PAIRING_ELIMINATION},
                                      {"FACTOR", PAIRING_FACTOR},
                                      {"INITIAL_FONTES", PAIRING_FONTES},
                                      {"SWISS", PAIRING_SWISS},
                                      {"QUICKPAIR", PAIRING_QUICKPAIR},
                                      {"MANUAL", PAIRING_MANUAL},
                                      {"TEAM_ROUND_ROBIN", PAIRING_TEAM},
                                      {"INTERLEAVED_ROUND_ROBIN", PAIRING_INTERLEAVED},
                                      {"COP", PAIRING_COP},
                                      {"AUSTRALIAN_DRAW", PAIRING_AUSTRALIAN},
                                      {NULL, 0}};

static const struct word firsts[] = {{"MANUAL_FIRST", PAIRING_FIRST_LISTED},
                                     {"RANDOM_FIRST", PAIRING_FIRST_LOT},
                                     {"AUTOMATIC_FIRST", PAIRING_FIRST_BALANCED},
                                     {NULL, 0}};

static enum division_result result_of(const char *name)
{
    return (enum division_result)word_value(results, name);
}

static const char *result_name(enum division_result result)
{
    for (const struct word *word = results; word->name != NULL; word++)
        if (word->value == (int)result)
            return word->name;
    return "";
}

static void patch_int(const json_t *object, const char *key, int *out)
{
    if (json_object_get(object, key) != NULL)
        *out = (int)woogles_int(object, key);
}

static void patch_bool(const json_t *object, const char *key, bool *out)
{
    if (json_object_get(object, key) != NULL)
        *out = woogles_bool(object, key);
}

static void control_patch(struct division_control *control, const json_t *object)
{
    if (json_object_get(object, "pairing_method") != NULL)
        control->method =
            (enum pairing_method)word_value(methods, woogles_text(object, "pairing_method"));
    if (json_object_get(object, "first_method") != NULL)
        control->first =
            (enum pairing_first)word_value(firsts, woogles_text(object, "first_method"));
    patch_int(object, "games_per_round", &control->games_per_round);
    patch_int(object, "factor", &control->factor);
    patch_int(object, "initial_fontes", &control->initial_fontes);
    patch_int(object, "max_repeats", &control->max_repeats);
    patch_bool(object, "allow_over_max_repeats", &control->allow_over_max_repeats);
    patch_int(object, "repeat_relative_weight", &control->repeat_relative_weight);
    patch_int(object, "win_difference_relative_weight", &control->win_difference_relative_weight);
    patch_int(object, "reset_round", &control->reset_round);
    const json_t *cap = json_object_get(object, "spread_cap_override");
    if (cap != NULL) {
        control->has_cap_override = !json_is_null(cap);
        control->cap_override = (int)woogles_value(cap);
    }
}

static void settings_patch(struct division_settings *settings, const json_t *object)
{
    patch_bool(object, "auto_start", &settings->auto_start);
    if (json_object_get(object, "suspended_result") != NULL)
        settings->suspended_result = result_of(woogles_text(object, "suspended_result"));
    patch_int(object, "suspended_spread", &settings->suspended_spread);
    patch_int(object, "spread_cap", &settings->spread_cap);
    patch_bool(object, "gibsonize", &settings->gibsonize);
    patch_int(object, "gibson_spread", &settings->gibson_spread);
    patch_int(object, "minimum_placement", &settings->minimum_placement);
    patch_int(object, "maximum_bye_placement", &settings->maximum_bye_placement);
}

static const char *settings_check(const struct division_settings *settings)
{
    if (settings->maximum_bye_placement < 0)
        return "TOURNAMENT_NEGATIVE_MAX_BYE_PLACEMENT";
    if (settings->minimum_placement < 0)
        return "TOURNAMENT_NEGATIVE_MIN_PLACEMENT";
    if (settings->gibson_spread < 0)
        return "TOURNAMENT_NEGATIVE_GIBSON_SPREAD";
    switch (settings->suspended_result) {
    case RESULT_FORFEIT_WIN:
    case RESULT_FORFEIT_LOSS:
    case RESULT_BYE:
    case RESULT_VOID:
        return NULL;
    case RESULT_NONE:
    case RESULT_WIN:
    case RESULT_LOSS:
    case RESULT_DRAW:
    case RESULT_ELIMINATED:
        break;
    }
    return "TOURNAMENT_INVALID_FORFEIT_RESULT";
}

static int players_read(const json_t *array, struct division_player *out)
{
    size_t index;
    const json_t *player;
    json_array_foreach(array, index, player)
    {
        if (index >= DIVISION_PLAYERS_MAX)
            return DIVISION_PLAYERS_MAX;
        out[index] = (struct division_player){.rating = (int)woogles_int(player, "rating")};
        snprintf(out[index].id, sizeof out[index].id, "%s", woogles_text(player, "id"));
    }
    return (int)json_array_size(array);
}

/* Whether an operation ended as the case says: "ok", or an error. Where the case notes that the
 * other platform's test asserts no particular code, any error is right. */
static bool ended_as(const json_t *expected, const char *error)
{
    if (expected == NULL || json_is_null(expected) || json_is_string(expected)) {
        bool wants_error =
            json_is_string(expected) && strcmp(json_string_value(expected), "ok") != 0;
        return wants_error ? error != NULL && strcmp(error, json_string_value(expected)) == 0
                           : error == NULL;
    }
    if (error == NULL)
        return false;
    return json_object_get(expected, "note") != NULL ||
           strcmp(error, woogles_text(expected, "error")) == 0;
}

/* An operation's error, for the report. */
static char last_error[TEXT_MAX];

static bool op_ended(const json_t *step, const char *error)
{
    snprintf(last_error, sizeof last_error, "%s", error == NULL ? "ok" : error);
    return ended_as(json_object_get(step, "expect"), error);
}

static int player_of(const json_t *step, const char *key)
{
    return division_find(&division, woogles_text(step, key));
}

static bool op_start_round(const json_t *step)
{
    return op_ended(step, division_start_round(&division));
}

static bool op_submit_result(const json_t *step)
{
    struct division_submission what = {
        .round = (int)woogles_int(step, "round"),
        .one = player_of(step, "p1"),
        .other = player_of(step, "p2"),
        .scores = {(int)woogles_int(step, "p1_score"), (int)woogles_int(step, "p2_score")},
        .results = {result_of(woogles_text(step, "p1_result")),
                    result_of(woogles_text(step, "p2_result"))},
        .reason = woogles_text(step, "reason"),
        .amend = woogles_bool(step, "amend"),
        .game_index = (int)woogles_int(step, "game_index")};
    return op_ended(step, division_submit(&division, &what));
}

static bool op_set_pairing(const json_t *step)
{
    return op_ended(step, division_set_pairing(&division, (int)woogles_int(step, "round"),
                                               player_of(step, "p1"), player_of(step, "p2"),
                                               result_of(woogles_text(step, "self_play_result"))));
}

static bool op_pair_round(const json_t *step)
{
    return op_ended(step, division_pair(&division, (int)woogles_int(step, "round"),
                                        woogles_bool(step, "preserve_byes")));
}

static bool op_delete_pairings(const json_t *step)
{
    division_clear(&division, (int)woogles_int(step, "round"));
    return op_ended(step, NULL);
}

static bool op_add_players(const json_t *step)
{
    struct division_player players[DIVISION_PLAYERS_MAX];
    int count = players_read(json_object_get(step, "players"), players);
    return op_ended(step, division_add(&division, players, count));
}

static bool op_remove_players(const json_t *step)
{
    int players[DIVISION_PLAYERS_MAX];
    int count = 0;
    size_t index;
    const json_t *id;
    json_array_foreach(json_object_get(step, "players"), index, id)
    {
        players[count] = division_find(&division, json_string_value(id));
        if (players[count++] == DIVISION_NONE)
            return op_ended(step, "TOURNAMENT_NONEXISTENT_PLAYER");
    }
    return op_ended(step, division_remove(&division, players, count));
}

static bool op_set_fields(const json_t *step)
{
    settings_patch(&division.settings, step);
    return true;
}

static bool op_set_controls(const json_t *step)
{
    struct division_settings fresh = {0};
    settings_patch(&fresh, json_object_get(step, "controls"));
    const char *error = settings_check(&fresh);
    if (error == NULL)
        division.settings = fresh;
    return op_ended(step, error);
}

static bool op_edit_round_control(const json_t *step)
{
    control_patch(&division.controls[woogles_int(step, "round")], step);
    return true;
}

static bool op_play_round(const json_t *step)
{
    int round = (int)woogles_int(step, "round");
    int scores[2] = {0};
    (void)woogles_ints(json_object_get(step, "score"), scores, 2); /* two by the format */
    const json_t *pairs = json_object_get(step, "pairs");
    const char *error = NULL;
    size_t index;
    const json_t *pair;
    division_clear(&division, round);
    json_array_foreach(pairs, index, pair)
    {
        const char *one = json_string_value(json_array_get(pair, 0));
        const char *other = json_string_value(json_array_get(pair, json_array_size(pair) - 1));
        error = error != NULL
                    ? error
                    : division_set_pairing(&division, round, division_find(&division, one),
                                           division_find(&division, other), RESULT_NONE);
    }
    if (error == NULL && division.current < round)
        error = division_start_round(&division);
    json_array_foreach(pairs, index, pair)
    {
        struct division_submission what = {
            .round = round,
            .one = division_find(&division, json_string_value(json_array_get(pair, 0))),
            .other = division_find(
                &division, json_string_value(json_array_get(pair, json_array_size(pair) - 1))),
            .scores = {scores[0], scores[1]},
            .results = {RESULT_WIN, RESULT_LOSS},
            .reason = "STANDARD"};
        if (error == NULL && what.one != what.other)
            error = division_submit(&division, &what);
    }
    return op_ended(step, error);
}

static bool op_nothing(const json_t *step)
{
    (void)step;
    return true;
}

static bool op_get_standings(const json_t *step)
{
    int64_t round = woogles_int(step, "round");
    bool exists = round >= 0 && round < division.rounds;
    return op_ended(step, exists ? NULL : "TOURNAMENT_ROUND_NUMBER_OUT_OF_RANGE");
}

static bool expect_pairings_valid(const json_t *step)
{
    int round = (int)woogles_int(step, "round");
    for (int i = 0; i < division.players_count; i++) {
        const struct division_pairing *pairing = division_pairing_of(&division, round, i);
        if (pairing == NULL)
            return false;
        if (pairing->players[0] == DIVISION_NONE)
            continue;
        if (pairing->players[0] != i && pairing->players[1] != i)
            return false;
    }
    return true;
}

static bool side_matches(const json_t *array, int side, const char *text)
{
    const char *expected = json_string_value(json_array_get(array, (size_t)side));
    return expected != NULL && strcmp(expected, text) == 0;
}

static bool game_matches(const json_t *expected, const struct division_game *game)
{
    const json_t *scores = json_object_get(expected, "scores");
    for (int side = 0; side < 2; side++)
        if (woogles_value(json_array_get(scores, (size_t)side)) != game->scores[side] ||
            !side_matches(json_object_get(expected, "results"), side,
                          result_name(game->results[side])))
            return false;
    const char *reason = woogles_text(expected, "reason");
    return reason[0] == '\0' || strcmp(reason, game->reason) == 0;
}

static bool expect_pairing(const json_t *step)
{
    const struct division_pairing *pairing =
        division_pairing_of(&division, (int)woogles_int(step, "round"), player_of(step, "player"));
    if (pairing == NULL)
        return json_is_null(json_object_get(step, "players"));
    const json_t *players = json_object_get(step, "players");
    const json_t *outcomes = json_object_get(step, "outcomes");
    for (int side = 0; side < 2; side++) {
        if (json_array_size(players) == 2 && pairing->players[side] != DIVISION_NONE &&
            !side_matches(players, side, division.players[pairing->players[side]].id))
            return false;
        if (json_array_size(outcomes) == 2 &&
            !side_matches(outcomes, side, result_name(pairing->outcomes[side])))
            return false;
    }
    const json_t *games = json_object_get(step, "games");
    if (games != NULL && json_array_size(games) != (size_t)pairing->games_count)
        return false;
    for (size_t g = 0; g < json_array_size(games); g++)
        if (!game_matches(json_array_get(games, g), &pairing->games[g]))
            return false;
    return true;
}

static bool expect_round_complete(const json_t *step)
{
    return division_round_complete(&division, (int)woogles_int(step, "round")) ==
           woogles_bool(step, "value");
}

static bool expect_finished(const json_t *step)
{
    return division_finished(&division) == woogles_bool(step, "value");
}

static struct division_standing standings[DIVISION_PLAYERS_MAX];

static bool column_matches(const char *column, const json_t *value,
                           const struct division_standing *standing)
{
    if (strcmp(column, "player") == 0)
        return strcmp(json_string_value(value), division.players[standing->player].id) == 0;
    int64_t number = woogles_value(value);
    if (strcmp(column, "wins") == 0)
        return number == standing->wins;
    if (strcmp(column, "losses") == 0)
        return number == standing->losses;
    if (strcmp(column, "draws") == 0)
        return number == standing->draws;
    return strcmp(column, "spread") == 0 && number == standing->spread;
}

static bool expect_standings(const json_t *step)
{
    int count = division_standings(&division, (int)woogles_int(step, "round"), standings);
    const json_t *rows = json_object_get(step, "standings");
    const json_t *columns = json_object_get(step, "columns");
    if (json_array_size(rows) != (size_t)count)
        return false;
    for (int i = 0; i < count; i++)
        for (size_t c = 0; c < json_array_size(columns); c++)
            if (!column_matches(json_string_value(json_array_get(columns, c)),
                                json_array_get(json_array_get(rows, (size_t)i), c), &standings[i]))
                return false;
    return true;
}

/* The cases list a set, in no particular order. */
static bool expect_gibsonized(const json_t *step)
{
    int count = division_standings(&division, (int)woogles_int(step, "round"), standings);
    const json_t *players = json_object_get(step, "players");
    size_t marked = 0;
    for (int i = 0; i < count; i++)
        marked += standings[i].gibsonized;
    size_t found = 0;
    size_t index;
    const json_t *id;
    json_array_foreach(players, index, id)
    {
        for (int i = 0; i < count; i++)
            found += standings[i].gibsonized &&
                     strcmp(division.players[standings[i].player].id, json_string_value(id)) == 0;
    }
    return found == marked && found == json_array_size(players);
}

/* Whether the pair named in the case is one of the round's. */
static bool has_pair(int round, const json_t *pair)
{
    int one = division_find(&division, json_string_value(json_array_get(pair, 0)));
    int other = division_find(&division,
                              json_string_value(json_array_get(pair, json_array_size(pair) - 1)));
    if (one == DIVISION_NONE || other == DIVISION_NONE)
        return false;
    const struct division_pairing *pairing = division_pairing_of(&division, round, one);
    return pairing != NULL && ((pairing->players[0] == one && pairing->players[1] == other) ||
                               (pairing->players[0] == other && pairing->players[1] == one));
}

static bool expect_pairings(const json_t *step)
{
    int round = (int)woogles_int(step, "round");
    const json_t *pairs = json_object_get(step, "pairs");
    size_t index;
    const json_t *pair;
    int players = 0;
    json_array_foreach(pairs, index, pair)
    {
        if (!has_pair(round, pair))
            return false;
        players += (int)json_array_size(pair);
    }
    int paired = 0;
    for (int i = 0; i < division.players_count; i++)
        paired += division_pairing_of(&division, round, i) != NULL;
    return players == paired;
}

static int meetings(int one, int other, int last_round, int *out_rounds)
{
    int count = 0;
    for (int r = 0; r <= last_round; r++) {
        const struct division_pairing *pairing = division_pairing_of(&division, r, one);
        if (pairing != NULL && pairing->players[0] != pairing->players[1] &&
            (pairing->players[0] == other || pairing->players[1] == other))
            out_rounds[count++] = r;
    }
    return count;
}

static bool expect_meetings(const json_t *step, const char *key, bool lists_rounds)
{
    int rounds[DIVISION_ROUNDS_MAX];
    int through = (int)woogles_int(step, "through_round");
    int listed = 0;
    const char *pair;
    json_t *value;
    json_object_foreach(json_object_get(step, key), pair, value)
    {
        char first[DIVISION_NAME_MAX];
        const char *split = strstr(pair, "::");
        if (split == NULL || split - pair >= DIVISION_NAME_MAX)
            return false;
        snprintf(first, sizeof first, "%.*s", (int)(split - pair), pair);
        int one = division_find(&division, first);
        int other = division_find(&division, split + 2);
        int count = meetings(one, other, through, rounds);
        if (lists_rounds ? !woogles_ints_equal(value, rounds, count)
                         : woogles_value(value) != count)
            return false;
        listed += count > 0;
    }
    int met = 0;
    for (int i = 0; i < division.players_count; i++)
        for (int j = i + 1; j < division.players_count; j++)
            met += meetings(i, j, through, rounds) > 0;
    return met == listed;
}

static bool expect_repeats(const json_t *step)
{
    return expect_meetings(step, "repeats", false);
}

static bool expect_repeat_rounds(const json_t *step)
{
    return expect_meetings(step, "rounds", true);
}

static bool expect_same_record(const json_t *step)
{
    int count = division_standings(&division, (int)woogles_int(step, "standings_round"), standings);
    int points[DIVISION_PLAYERS_MAX] = {0};
    for (int i = 0; i < count; i++)
        points[standings[i].player] = 2 * standings[i].wins + standings[i].draws;
    for (int i = 0; i < division.players_count; i++) {
        const struct division_pairing *pairing =
            division_pairing_of(&division, (int)woogles_int(step, "pairing_round"), i);
        if (pairing == NULL || points[pairing->players[0]] != points[pairing->players[1]])
            return false;
    }
    return true;
}

static int rests(int player, int last_round)
{
    int count = 0;
    for (int r = 0; r <= last_round; r++) {
        const struct division_pairing *pairing = division_pairing_of(&division, r, player);
        count += pairing != NULL && pairing->players[0] == player && pairing->players[1] == player;
    }
    return count;
}

static bool expect_each_pair_meets(const json_t *step)
{
    int rounds[DIVISION_ROUNDS_MAX];
    for (int i = 0; i < division.players_count; i++) {
        if (json_object_get(step, "byes_each") != NULL &&
            rests(i, division.rounds - 1) != woogles_int(step, "byes_each"))
            return false;
        for (int j = i + 1; j < division.players_count; j++)
            if (meetings(i, j, division.rounds - 1, rounds) != woogles_int(step, "times"))
                return false;
    }
    return true;
}

static bool expect_no_repeat_opponents(const json_t *step)
{
    int rounds[DIVISION_ROUNDS_MAX];
    for (int i = 0; i < division.players_count; i++)
        for (int j = i + 1; j < division.players_count; j++)
            if (meetings(i, j, (int)woogles_int(step, "rounds") - 1, rounds) > 1)
                return false;
    return true;
}

static bool expect_unpaired(const json_t *step)
{
    int round = (int)woogles_int(step, "round");
    for (int paired = 0; paired < 2; paired++) {
        size_t index;
        const json_t *id;
        json_array_foreach(json_object_get(step, paired == 1 ? "paired" : "unpaired"), index, id)
        {
            int player = division_find(&division, json_string_value(id));
            if (player == DIVISION_NONE ||
                (division_pairing_of(&division, round, player) != NULL) != (paired == 1))
                return false;
        }
    }
    return true;
}

static bool expect_players(const json_t *step)
{
    const json_t *players = json_object_get(step, "players");
    if (json_array_size(players) != (size_t)division.players_count)
        return false;
    for (int i = 0; i < division.players_count; i++)
        if (!side_matches(players, i, division.players[i].id))
            return false;
    return true;
}

static bool expect_bye_counts(const json_t *step)
{
    const char *id;
    json_t *count;
    json_object_foreach(json_object_get(step, "byes"), id, count)
    {
        int player = division_find(&division, id);
        if (player == DIVISION_NONE ||
            rests(player, (int)woogles_int(step, "through_round")) != woogles_value(count))
            return false;
    }
    return true;
}

/* Games in which who moved first counts. */
static bool counts_side(enum division_result outcome)
{
    return outcome == RESULT_NONE || outcome == RESULT_WIN || outcome == RESULT_LOSS ||
           outcome == RESULT_DRAW;
}

static bool expect_firsts_seconds(const json_t *step)
{
    const char *id;
    json_t *expected;
    json_object_foreach(json_object_get(step, "counts"), id, expected)
    {
        int player = division_find(&division, id);
        int counts[2] = {0};
        for (int r = 0; r <= woogles_int(step, "through_round"); r++) {
            const struct division_pairing *pairing = division_pairing_of(&division, r, player);
            if (pairing == NULL || pairing->players[0] == pairing->players[1])
                continue;
            int side = pairing->players[0] == player ? 0 : 1;
            counts[side] += counts_side(pairing->outcomes[side]);
        }
        if (!woogles_ints_equal(expected, counts, 2))
            return false;
    }
    return true;
}

struct operation {
    const char *name;
    bool (*run)(const json_t *step);
};

static const struct operation operations[] = {
    {"start_round", op_start_round},
    {"submit_result", op_submit_result},
    {"set_pairing", op_set_pairing},
    {"pair_round", op_pair_round},
    {"delete_pairings", op_delete_pairings},
    {"add_players", op_add_players},
    {"remove_players", op_remove_players},
    {"set_division_control_fields", op_set_fields},
    {"set_division_controls", op_set_controls},
    {"edit_round_control", op_edit_round_control},
    {"play_round", op_play_round},
    {"recompute_standings", op_nothing}, /* ours are computed when asked for */
    {"note", op_nothing},
    {"get_standings", op_get_standings},
    {"expect_pairings_valid", expect_pairings_valid},
    {"expect_pairing", expect_pairing},
    {"expect_round_complete", expect_round_complete},
    {"expect_finished", expect_finished},
    {"expect_standings", expect_standings},
    {"expect_gibsonized", expect_gibsonized},
    {"expect_pairings", expect_pairings},
    {"expect_repeats", expect_repeats},
    {"expect_repeat_rounds", expect_repeat_rounds},
    {"expect_opponents_have_same_record", expect_same_record},
    {"expect_each_pair_meets", expect_each_pair_meets},
    {"expect_no_repeat_opponents", expect_no_repeat_opponents},
    {"expect_unpaired", expect_unpaired},
    {"expect_players", expect_players},
    {"expect_bye_counts", expect_bye_counts},
    {"expect_firsts_seconds", expect_firsts_seconds},
    {NULL, NULL},
};

static const struct operation *operation_of(const char *name)
{
    for (const struct operation *row = operations; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return row;
    return NULL;
}

static const char *division_set_up(const json_t *script)
{
    memset(&division, 0, sizeof division);
    arena_init(&division.arena, (size_t)1 << 28);
    division.current = -1;
    division.seed = 1;
    for (int r = 0; r < DIVISION_ROUNDS_MAX; r++)
        division_clear(&division, r);
    struct division_player players[DIVISION_PLAYERS_MAX];
    int count = players_read(json_object_get(script, "players"), players);
    settings_patch(&division.settings, json_object_get(script, "division_controls"));
    const char *error = division_add(&division, players, count);
    size_t index;
    const json_t *control;
    json_array_foreach(json_object_get(script, "round_controls"), index, control)
    {
        if (index >= DIVISION_ROUNDS_MAX)
            return "the script has more rounds than the model";
        control_patch(&division.controls[index], control);
        division.rounds = (int)index + 1;
    }
    return error != NULL ? error : division_set_controls(&division);
}

static void script_run(const json_t *script, struct woogles_tally *tally)
{
    const char *name = woogles_text(script, "name");
    const char *error = division_set_up(script);
    woogles_case(tally, ended_as(json_object_get(script, "expect_setup_error"), error),
                 "%s: set-up ended in %s", name, error == NULL ? "ok" : error);
    size_t index;
    const json_t *step;
    json_array_foreach(json_object_get(script, "steps"), index, step)
    {
        const struct operation *row = operation_of(woogles_text(step, "op"));
        last_error[0] = '\0';
        bool passed = row != NULL && row->run(step);
        char *text = passed ? NULL : woogles_dump(step);
        woogles_case(tally, passed, "%s: step %zu %s%s: %s", name, index,
                     row == NULL ? "is unknown" : "", last_error, text);
        free(text);
    }
    arena_deinit(&division.arena);
}

void run_scripts(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *script;
    json_array_foreach(json_object_get(root, "scripts"), index, script)
    {
        script_run(script, tally);
    }
}

void run_elimination(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        struct bracket_score score = {.games_per_round =
                                          (int)woogles_int(vector, "games_per_round")};
        size_t at;
        const json_t *game;
        json_array_foreach(json_object_get(vector, "games"), at, game)
        {
            const json_t *scores = json_object_get(game, "scores");
            score.games++;
            score.spread += (int)(woogles_value(json_array_get(scores, 0)) -
                                  woogles_value(json_array_get(scores, 1)));
            for (int side = 0; side < 2; side++) {
                const json_t *result =
                    json_array_get(json_object_get(game, "results"), (size_t)side);
                enum division_result value = result_of(json_string_value(result));
                score.half_points[side] +=
                    value == RESULT_WIN || value == RESULT_BYE || value == RESULT_FORFEIT_WIN ? 2
                    : value == RESULT_DRAW                                                    ? 1
                                                                                              : 0;
            }
        }
        int winner = bracket_winner(&score);
        const json_t *expected = json_object_get(vector, "expect");
        bool same = true;
        for (int side = 0; side < 2; side++)
            same = same && side_matches(expected, side,
                                        winner < 0       ? "NO_RESULT"
                                        : winner == side ? "WIN"
                                                         : "ELIMINATED");
        woogles_case(tally, same, "vector %zu", index);
    }
}
