/* Runs the scripted divisions: each step is an operation or an expectation (script_expect.c). */
#include "orchestrator/pairing/bracket.h"
#include "tests/conformance/woogles/script.h"
#include "tests/conformance/woogles/woogles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 256

struct division script_division;

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
        settings->suspended_result =
            division_result_named(woogles_text(object, "suspended_result"));
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
    return division_find(&script_division, woogles_text(step, key));
}

static bool op_start_round(const json_t *step)
{
    return op_ended(step, division_start_round(&script_division));
}

static bool op_submit_result(const json_t *step)
{
    struct division_submission what = {
        .round = (int)woogles_int(step, "round"),
        .one = player_of(step, "p1"),
        .other = player_of(step, "p2"),
        .scores = {(int)woogles_int(step, "p1_score"), (int)woogles_int(step, "p2_score")},
        .results = {division_result_named(woogles_text(step, "p1_result")),
                    division_result_named(woogles_text(step, "p2_result"))},
        .reason = woogles_text(step, "reason"),
        .amend = woogles_bool(step, "amend"),
        .game_index = (int)woogles_int(step, "game_index")};
    return op_ended(step, division_submit(&script_division, &what));
}

static bool op_set_pairing(const json_t *step)
{
    return op_ended(
        step, division_set_pairing(&script_division, (int)woogles_int(step, "round"),
                                   player_of(step, "p1"), player_of(step, "p2"),
                                   division_result_named(woogles_text(step, "self_play_result"))));
}

static bool op_pair_round(const json_t *step)
{
    return op_ended(step, division_pair(&script_division, (int)woogles_int(step, "round"),
                                        woogles_bool(step, "preserve_byes")));
}

static bool op_delete_pairings(const json_t *step)
{
    division_clear(&script_division, (int)woogles_int(step, "round"));
    return op_ended(step, NULL);
}

static bool op_add_players(const json_t *step)
{
    struct division_player players[DIVISION_PLAYERS_MAX];
    int count = players_read(json_object_get(step, "players"), players);
    return op_ended(step, division_add(&script_division, players, count));
}

static bool op_remove_players(const json_t *step)
{
    int players[DIVISION_PLAYERS_MAX];
    int count = 0;
    size_t index;
    const json_t *id;
    json_array_foreach(json_object_get(step, "players"), index, id)
    {
        players[count] = division_find(&script_division, json_string_value(id));
        if (players[count++] == DIVISION_NONE)
            return op_ended(step, "TOURNAMENT_NONEXISTENT_PLAYER");
    }
    return op_ended(step, division_remove(&script_division, players, count));
}

static bool op_set_fields(const json_t *step)
{
    settings_patch(&script_division.settings, step);
    return true;
}

static bool op_set_controls(const json_t *step)
{
    struct division_settings fresh = {0};
    settings_patch(&fresh, json_object_get(step, "controls"));
    const char *error = settings_check(&fresh);
    if (error == NULL)
        script_division.settings = fresh;
    return op_ended(step, error);
}

static bool op_edit_round_control(const json_t *step)
{
    control_patch(&script_division.controls[woogles_int(step, "round")], step);
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
    division_clear(&script_division, round);
    json_array_foreach(pairs, index, pair)
    {
        const char *one = json_string_value(json_array_get(pair, 0));
        const char *other = json_string_value(json_array_get(pair, json_array_size(pair) - 1));
        error = error != NULL
                    ? error
                    : division_set_pairing(&script_division, round,
                                           division_find(&script_division, one),
                                           division_find(&script_division, other), RESULT_NONE);
    }
    if (error == NULL && script_division.current < round)
        error = division_start_round(&script_division);
    json_array_foreach(pairs, index, pair)
    {
        struct division_submission what = {
            .round = round,
            .one = division_find(&script_division, json_string_value(json_array_get(pair, 0))),
            .other =
                division_find(&script_division,
                              json_string_value(json_array_get(pair, json_array_size(pair) - 1))),
            .scores = {scores[0], scores[1]},
            .results = {RESULT_WIN, RESULT_LOSS},
            .reason = "STANDARD"};
        if (error == NULL && what.one != what.other)
            error = division_submit(&script_division, &what);
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
    bool exists = round >= 0 && round < script_division.rounds;
    return op_ended(step, exists ? NULL : "TOURNAMENT_ROUND_NUMBER_OUT_OF_RANGE");
}

static const struct script_operation operations[] = {
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
    {NULL, NULL},
};

static const struct script_operation *find(const struct script_operation *rows, const char *name)
{
    for (; rows->name != NULL; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

static const struct script_operation *operation_of(const char *name)
{
    const struct script_operation *row = find(operations, name);
    return row != NULL ? row : find(script_expectations, name);
}

static const char *division_set_up(const json_t *script)
{
    memset(&script_division, 0, sizeof script_division);
    arena_init(&script_division.arena, (size_t)1 << 28);
    script_division.current = -1;
    script_division.seed = 1;
    for (int r = 0; r < DIVISION_ROUNDS_MAX; r++)
        division_clear(&script_division, r);
    struct division_player players[DIVISION_PLAYERS_MAX];
    int count = players_read(json_object_get(script, "players"), players);
    settings_patch(&script_division.settings, json_object_get(script, "division_controls"));
    const char *error = division_add(&script_division, players, count);
    size_t index;
    const json_t *control;
    json_array_foreach(json_object_get(script, "round_controls"), index, control)
    {
        if (index >= DIVISION_ROUNDS_MAX)
            return "the script has more rounds than the model";
        control_patch(&script_division.controls[index], control);
        script_division.rounds = (int)index + 1;
    }
    return error != NULL ? error : division_set_controls(&script_division);
}

/* Plays a round to its end: the coin falls by round and board. */
static const char *round_play(int round)
{
    const char *error = NULL;
    for (int i = 0; i < script_division.players_count && error == NULL; i++) {
        const struct division_pairing *pairing = division_pairing_of(&script_division, round, i);
        if (pairing == NULL)
            return "a player has no pairing";
        if (pairing->players[0] != i || pairing->players[1] == i ||
            pairing->outcomes[0] != RESULT_NONE)
            continue;
        bool first_wins = (round * 7 + i * 5) % 3 != 0;
        struct division_submission what = {
            .round = round,
            .one = i,
            .other = pairing->players[1],
            .scores = {400 + (first_wins ? i : 0), 400 - round + (first_wins ? 0 : i + 1 + round)},
            .results = {first_wins ? RESULT_WIN : RESULT_LOSS,
                        first_wins ? RESULT_LOSS : RESULT_WIN},
            .reason = "STANDARD"};
        error = division_submit(&script_division, &what);
    }
    return error;
}

#define REMOVED_BEFORE 16

/* "Swiss with a removed player": he plays the round that is on when he is removed, and rests with
 * the suspended result from the next one on; nobody else rests then. */
static const char *removal_property(void)
{
    int gone = division_find(&script_division, "1");
    const char *error =
        gone == DIVISION_NONE ? "no player 1" : division_start_round(&script_division);
    for (int r = 0; r < script_division.rounds && error == NULL; r++) {
        if (r == REMOVED_BEFORE)
            error = division_remove(&script_division, &gone, 1);
        if (error == NULL)
            error = round_play(r);
        for (int i = 0; i < script_division.players_count && error == NULL; i++) {
            const struct division_pairing *pairing = division_pairing_of(&script_division, r, i);
            bool rests = pairing->players[0] == pairing->players[1];
            bool forfeit = rests && pairing->outcomes[0] == RESULT_FORFEIT_LOSS &&
                           pairing->outcomes[1] == RESULT_FORFEIT_LOSS;
            if (i == gone ? forfeit != (r > REMOVED_BEFORE) : rests && r > REMOVED_BEFORE)
                error = "a player rests who should not, or plays who should rest";
        }
    }
    return error;
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
        const struct script_operation *row = operation_of(woogles_text(step, "op"));
        last_error[0] = '\0';
        bool passed = row != NULL && row->run(step);
        char *text = passed ? NULL : woogles_dump(step);
        woogles_case(tally, passed, "%s: step %zu %s%s: %s", name, index,
                     row == NULL ? "is unknown" : "", last_error, text);
        free(text);
    }
    if (strcmp(name, "swiss_removed_property") == 0) {
        error = removal_property();
        woogles_case(tally, error == NULL, "%s: %s", name, error);
    } else if (json_object_get(script, "property") != NULL) {
        woogles_skip(tally, "%s: its property is only told in words", name);
    }
    arena_deinit(&script_division.arena);
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
                enum division_result value = division_result_named(json_string_value(result));
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
            same = same && script_side_is(expected, side,
                                          winner < 0       ? "NO_RESULT"
                                          : winner == side ? "WIN"
                                                           : "ELIMINATED");
        woogles_case(tally, same, "vector %zu", index);
    }
}
