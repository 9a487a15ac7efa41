/* What the scripted divisions expect of the model's state. */
#include "tests/conformance/woogles/script.h"

#include <stdio.h>
#include <string.h>

static bool expect_pairings_valid(const json_t *step)
{
    int round = (int)woogles_int(step, "round");
    for (int i = 0; i < script_division.players_count; i++) {
        const struct division_pairing *pairing = division_pairing_of(&script_division, round, i);
        if (pairing == NULL)
            return false;
        if (pairing->players[0] == DIVISION_NONE)
            continue;
        if (pairing->players[0] != i && pairing->players[1] != i)
            return false;
    }
    return true;
}

bool script_side_is(const json_t *array, int side, const char *text)
{
    const char *expected = json_string_value(json_array_get(array, (size_t)side));
    return expected != NULL && strcmp(expected, text) == 0;
}

static bool game_matches(const json_t *expected, const struct division_game *game)
{
    const json_t *scores = json_object_get(expected, "scores");
    for (int side = 0; side < 2; side++)
        if (woogles_value(json_array_get(scores, (size_t)side)) != game->scores[side] ||
            !script_side_is(json_object_get(expected, "results"), side,
                            division_result_name(game->results[side])))
            return false;
    const char *reason = woogles_text(expected, "reason");
    return reason[0] == '\0' || strcmp(reason, game->reason) == 0;
}

static bool expect_pairing(const json_t *step)
{
    const struct division_pairing *pairing =
        division_pairing_of(&script_division, (int)woogles_int(step, "round"),
                            division_find(&script_division, woogles_text(step, "player")));
    if (pairing == NULL)
        return json_is_null(json_object_get(step, "players"));
    const json_t *players = json_object_get(step, "players");
    const json_t *outcomes = json_object_get(step, "outcomes");
    for (int side = 0; side < 2; side++) {
        if (json_array_size(players) == 2 && pairing->players[side] != DIVISION_NONE &&
            !script_side_is(players, side, script_division.players[pairing->players[side]].id))
            return false;
        if (json_array_size(outcomes) == 2 &&
            !script_side_is(outcomes, side, division_result_name(pairing->outcomes[side])))
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
    return division_round_complete(&script_division, (int)woogles_int(step, "round")) ==
           woogles_bool(step, "value");
}

static bool expect_finished(const json_t *step)
{
    return division_finished(&script_division) == woogles_bool(step, "value");
}

static struct division_standing standings[DIVISION_PLAYERS_MAX];

static bool column_matches(const char *column, const json_t *value,
                           const struct division_standing *standing)
{
    if (strcmp(column, "player") == 0)
        return strcmp(json_string_value(value), script_division.players[standing->player].id) == 0;
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
    int count = division_standings(&script_division, (int)woogles_int(step, "round"), standings);
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
    int count = division_standings(&script_division, (int)woogles_int(step, "round"), standings);
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
            found +=
                standings[i].gibsonized &&
                strcmp(script_division.players[standings[i].player].id, json_string_value(id)) == 0;
    }
    return found == marked && found == json_array_size(players);
}

/* Whether the pair named in the case is one of the round's. */
static bool has_pair(int round, const json_t *pair)
{
    int one = division_find(&script_division, json_string_value(json_array_get(pair, 0)));
    int other = division_find(&script_division,
                              json_string_value(json_array_get(pair, json_array_size(pair) - 1)));
    if (one == DIVISION_NONE || other == DIVISION_NONE)
        return false;
    const struct division_pairing *pairing = division_pairing_of(&script_division, round, one);
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
    for (int i = 0; i < script_division.players_count; i++)
        paired += division_pairing_of(&script_division, round, i) != NULL;
    return players == paired;
}

static int meetings(int one, int other, int last_round, int *out_rounds)
{
    int count = 0;
    for (int r = 0; r <= last_round; r++) {
        const struct division_pairing *pairing = division_pairing_of(&script_division, r, one);
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
        int one = division_find(&script_division, first);
        int other = division_find(&script_division, split + 2);
        int count = meetings(one, other, through, rounds);
        if (lists_rounds ? !woogles_ints_equal(value, rounds, count)
                         : woogles_value(value) != count)
            return false;
        listed += count > 0;
    }
    int met = 0;
    for (int i = 0; i < script_division.players_count; i++)
        for (int j = i + 1; j < script_division.players_count; j++)
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
    int count =
        division_standings(&script_division, (int)woogles_int(step, "standings_round"), standings);
    int points[DIVISION_PLAYERS_MAX] = {0};
    for (int i = 0; i < count; i++)
        points[standings[i].player] = 2 * standings[i].wins + standings[i].draws;
    for (int i = 0; i < script_division.players_count; i++) {
        const struct division_pairing *pairing =
            division_pairing_of(&script_division, (int)woogles_int(step, "pairing_round"), i);
        if (pairing == NULL || points[pairing->players[0]] != points[pairing->players[1]])
            return false;
    }
    return true;
}

static int rests(int player, int last_round)
{
    int count = 0;
    for (int r = 0; r <= last_round; r++) {
        const struct division_pairing *pairing = division_pairing_of(&script_division, r, player);
        count += pairing != NULL && pairing->players[0] == player && pairing->players[1] == player;
    }
    return count;
}

static bool expect_each_pair_meets(const json_t *step)
{
    int rounds[DIVISION_ROUNDS_MAX];
    for (int i = 0; i < script_division.players_count; i++) {
        if (json_object_get(step, "byes_each") != NULL &&
            rests(i, script_division.rounds - 1) != woogles_int(step, "byes_each"))
            return false;
        for (int j = i + 1; j < script_division.players_count; j++)
            if (meetings(i, j, script_division.rounds - 1, rounds) != woogles_int(step, "times"))
                return false;
    }
    return true;
}

static bool expect_no_repeat_opponents(const json_t *step)
{
    int rounds[DIVISION_ROUNDS_MAX];
    for (int i = 0; i < script_division.players_count; i++)
        for (int j = i + 1; j < script_division.players_count; j++)
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
            int player = division_find(&script_division, json_string_value(id));
            if (player == DIVISION_NONE ||
                (division_pairing_of(&script_division, round, player) != NULL) != (paired == 1))
                return false;
        }
    }
    return true;
}

static bool expect_players(const json_t *step)
{
    const json_t *players = json_object_get(step, "players");
    if (json_array_size(players) != (size_t)script_division.players_count)
        return false;
    for (int i = 0; i < script_division.players_count; i++)
        if (!script_side_is(players, i, script_division.players[i].id))
            return false;
    return true;
}

static bool expect_bye_counts(const json_t *step)
{
    const char *id;
    json_t *count;
    json_object_foreach(json_object_get(step, "byes"), id, count)
    {
        int player = division_find(&script_division, id);
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
        int player = division_find(&script_division, id);
        int counts[2] = {0};
        for (int r = 0; r <= woogles_int(step, "through_round"); r++) {
            const struct division_pairing *pairing =
                division_pairing_of(&script_division, r, player);
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

const struct script_operation script_expectations[] = {
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
