/* Runners of the files about COP and the other platform's pairing service. */
#include "tests/conformance/woogles/cop_request.h"
#include "tests/conformance/woogles/woogles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct request request;

static json_t *requests_load(struct woogles_tally *tally, json_t **out_file)
{
    *out_file = woogles_load(tally, "cop_requests.json");
    if (*out_file == NULL)
        woogles_skip(tally, "needs cop_requests.json beside it");
    return *out_file == NULL ? NULL : json_object_get(*out_file, "requests");
}

/* Whether everybody who is in the event has a symmetric answer. */
static bool response_is_complete(const struct request *answered)
{
    for (int i = 0; i < answered->input.players_count; i++) {
        int opponent = answered->response[i];
        bool removed = answered->players[i].state == PAIRING_WITHDRAWN;
        if (removed ? opponent != -1 : opponent < 0 || answered->response[opponent] != i)
            return false;
    }
    return true;
}

/* Every request is valid and is answered; twice the same. */
void run_cop_requests(const json_t *root, struct woogles_tally *tally)
{
    const char *name;
    json_t *object;
    json_object_foreach(json_object_get(root, "requests"), name, object)
    {
        struct arena arena;
        int first[REQUEST_PLAYERS_MAX];
        const char *error = request_check(object);
        woogles_case(tally,
                     strcmp(error, "SUCCESS") == 0 || strcmp(error, "ALL_ROUNDS_PAIRED") == 0,
                     "%s: %s", name, error);
        request_read(object, &request);
        if (strcmp(error, "SUCCESS") != 0 ||
            request.input.round_number > request.input.rounds_total)
            continue;
        arena_init(&arena, (size_t)1 << 28);
        error = request_pair(&request, &arena);
        bool complete = strcmp(error, "SUCCESS") == 0 && response_is_complete(&request);
        memcpy(first, request.response, sizeof first);
        arena_reset(&arena);
        (void)request_pair(&request, &arena); /* compared with the first answer below */
        woogles_case(tally,
                     complete && memcmp(first, request.response,
                                        (size_t)request.input.players_count * sizeof *first) == 0,
                     "%s: %s, or not the same twice", name, error);
        arena_deinit(&arena);
    }
}

static bool standings_are(const json_t *rows)
{
    if (json_array_size(rows) != (size_t)request.ranked)
        return false;
    for (int r = 0; r < request.ranked; r++) {
        const json_t *row = json_array_get(rows, (size_t)r);
        if (woogles_value(json_array_get(row, 0)) != request.order[r] ||
            (int)(2 * json_number_value(json_array_get(row, 1))) != request.records[r].half_wins ||
            woogles_value(json_array_get(row, 2)) != request.records[r].spread)
            return false;
    }
    return true;
}

static bool ranks_are(const json_t *ranks, const struct cop *cop)
{
    size_t marked = 0;
    for (int r = 0; r < request.ranked; r++)
        marked += cop->gibson[r];
    for (size_t i = 0; i < json_array_size(ranks); i++)
        if (!cop->gibson[woogles_value(json_array_get(ranks, i))])
            return false;
    return marked == json_array_size(ranks);
}

static bool rounds_are(const json_t *rounds, const struct cop *cop, int max_factor)
{
    int pairs[REQUEST_PLAYERS_MAX + 2];
    int left = (int)json_array_size(rounds);
    for (size_t i = 0; i < json_array_size(rounds); i++, left--) {
        cop_simulated_pairs(cop, left, max_factor, pairs);
        if (!woogles_ints_equal(json_array_get(rounds, i), pairs, cop->size))
            return false;
    }
    return true;
}

/* How often two players have met in rounds with results; with itself: byes. */
static int times_met(int one, int other)
{
    int times = 0;
    for (int i = 0; i < request.input.past_count; i++) {
        const struct pairing_past *past = &request.past[i];
        int second = past->second == PAIRING_NOBODY ? past->first : past->second;
        times +=
            past->result_first != PAIRING_RESULT_OPEN &&
            ((past->first == one && second == other) || (past->first == other && second == one));
    }
    return times;
}

static bool count_matches(const char *key, int64_t expected)
{
    char *end;
    int one = (int)strtol(key, &end, 10);
    int other = strcmp(end, ":BYE") == 0 ? one : (int)strtol(end + 1, NULL, 10);
    return times_met(one, other) == expected;
}

/* The file lists pairs who met twice or more, and byes. */
static bool counts_are(const json_t *counts, bool all)
{
    const char *key;
    json_t *value;
    size_t listed = 0;
    json_object_foreach((json_t *)(uintptr_t)counts, key, value)
    {
        if (!count_matches(key, woogles_value(value)))
            return false;
        listed++;
    }
    size_t found = 0;
    for (int i = 0; i < request.input.players_count; i++)
        for (int j = i; j < request.input.players_count; j++)
            found += times_met(i, j) >= (i == j ? 1 : 2);
    return !all || found == listed;
}

static int repeats_of(int player)
{
    int repeats = 0;
    for (int j = 0; j < request.input.players_count; j++) {
        int times = times_met(player, j);
        repeats += times > 1 ? times - 1 : 0;
    }
    return repeats;
}

static bool repeats_are(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (repeats_of((int)i) != woogles_value(json_array_get(list, i)))
            return false;
    return true;
}

static void deterministic_case(const json_t *object, const json_t *requests,
                               struct woogles_tally *tally)
{
    const char *name = woogles_text(object, "request");
    const json_t *source = json_object_get(requests, name);
    if (source == NULL) {
        woogles_skip(tally, "%s is not among the requests", name);
        return;
    }
    request_read(source, &request);
    /* The state this file describes is the one after the rounds with results. */
    int results = (int)json_array_size(json_object_get(source, "division_results"));
    struct cop_setting setting = request_setting(&request);
    setting.rounds_left = (int)woogles_int(object, "rounds_remaining");
    struct arena arena;
    struct cop cop;
    arena_init(&arena, (size_t)1 << 26);
    bool started = cop_start(&cop, &setting, &arena) == STATUS_OK;
    woogles_case(tally, started && standings_are(json_object_get(object, "standings")),
                 "%s: standings", name);
    woogles_case(tally, setting.rounds_left == request.input.rounds_total - results,
                 "%s: rounds remaining", name);
    woogles_case(tally, ranks_are(json_object_get(object, "gibsonized_ranks"), &cop),
                 "%s: gibsonized ranks", name);
    woogles_case(tally,
                 woogles_ints_equal(json_object_get(object, "gibson_groups"), cop.group,
                                    cop.setting->players),
                 "%s: gibson groups", name);
    woogles_case(
        tally,
        rounds_are(json_object_get(object, "simulation_pairings_max_factor_rounds_remaining"), &cop,
                   setting.rounds_left),
        "%s: simulation pairings", name);
    woogles_case(tally, repeats_are(json_object_get(object, "repeat_counts_by_player")),
                 "%s: repeat counts", name);
    woogles_case(tally, counts_are(json_object_get(object, "pairing_counts"), true),
                 "%s: pairing counts", name);
    arena_deinit(&arena);
}

/* What the other platform's tests assert literally. */
static void asserted_case(const char *what, const json_t *object, const json_t *requests,
                          struct woogles_tally *tally)
{
    const char *name = woogles_text(object, "request");
    const json_t *source = json_object_get(requests, name);
    if (source == NULL) {
        woogles_skip(tally, "%s is not among the requests", name);
        return;
    }
    request_read(source, &request);
    struct cop_setting setting = request_setting(&request);
    struct arena arena;
    struct cop cop;
    arena_init(&arena, (size_t)1 << 26);
    bool passed = cop_start(&cop, &setting, &arena) == STATUS_OK;
    if (strcmp(what, "standings") == 0)
        passed = passed && standings_are(json_object_get(object, "rows"));
    else if (strcmp(what, "gibsonized") == 0)
        passed = passed && ranks_are(json_object_get(object, "ranks"), &cop);
    else if (strcmp(what, "factor_pairings") == 0)
        passed =
            passed &&
            woogles_ints_equal(json_object_get(object, "groups"), cop.group, setting.players) &&
            rounds_are(json_object_get(object, "rounds"), &cop,
                       (int)woogles_int(object, "max_factor"));
    else
        passed =
            passed &&
            cop_can_catch(&setting, (int)woogles_int(object, "rounds_remaining"),
                          woogles_int(object, "cumulative_spread"), (int)woogles_int(object, "i"),
                          (int)woogles_int(object, "j")) == woogles_bool(object, "expect");
    char *text = passed ? NULL : woogles_dump(object);
    woogles_case(tally, passed, "%s: %s", what, text);
    free(text);
    arena_deinit(&arena);
}

void run_cop_deterministic(const json_t *root, struct woogles_tally *tally)
{
    json_t *file;
    const json_t *requests = requests_load(tally, &file);
    if (requests == NULL)
        return;
    const char *what;
    json_t *list;
    size_t index;
    const json_t *object;
    json_object_foreach(json_object_get(root, "asserted_by_liwords"), what, list)
    {
        json_array_foreach(list, index, object)
        {
            asserted_case(what, object, requests, tally);
        }
    }
    json_array_foreach(json_object_get(root, "requests"), index, object)
    {
        deterministic_case(object, requests, tally);
    }
    json_decref(file);
}

static bool pairings_are(const json_t *expected)
{
    if (json_is_array(expected))
        return woogles_ints_equal(expected, request.response, request.input.players_count);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)expected, key, value)
    {
        if (request.response[atoi(key)] != woogles_value(value))
            return false;
    }
    return true;
}

static bool is_one_of(const json_t *expected)
{
    const char *key;
    json_t *list;
    json_object_foreach((json_t *)(uintptr_t)expected, key, list)
    {
        bool found = false;
        for (size_t i = 0; i < json_array_size(list); i++)
            found = found || woogles_value(json_array_get(list, i)) == request.response[atoi(key)];
        if (!found)
            return false;
    }
    return true;
}

static bool none_paired(const json_t *pairs)
{
    size_t index;
    const json_t *pair;
    json_array_foreach(pairs, index, pair)
    {
        if (request.response[woogles_value(json_array_get(pair, 0))] ==
            woogles_value(json_array_get(pair, 1)))
            return false;
    }
    return true;
}

static int byes_given(void)
{
    int byes = 0;
    for (int i = 0; i < request.input.players_count; i++)
        byes += request.response[i] == i;
    return byes;
}

/* Answers the request and compares what the case lists. */
static bool pair_as(const json_t *object, const json_t *expected, const char **out_error)
{
    struct arena arena;
    *out_error = request_check(object);
    if (strcmp(*out_error, "SUCCESS") == 0) {
        request_read(object, &request);
        arena_init(&arena, (size_t)1 << 28);
        *out_error = request_pair(&request, &arena);
        arena_deinit(&arena);
    }
    const json_t *code = json_object_get(expected, "error_code");
    if (strcmp(*out_error, code == NULL ? "SUCCESS" : json_string_value(code)) != 0)
        return false;
    if (strcmp(*out_error, "SUCCESS") != 0)
        return true;
    if (json_object_get(expected, "byes") != NULL && byes_given() != woogles_int(expected, "byes"))
        return false;
    return response_is_complete(&request) && pairings_are(json_object_get(expected, "pairings")) &&
           is_one_of(json_object_get(expected, "one_of")) &&
           none_paired(json_object_get(expected, "not_paired"));
}

static json_t *last_pairings(json_t *object)
{
    json_t *rounds = json_object_get(object, "division_pairings");
    return json_array_get(rounds, json_array_size(rounds) - 1);
}

/* Changes the request as a step says; false where the step is unknown. */
static bool step_apply(json_t *object, const json_t *step)
{
    const char *op = woogles_text(step, "op");
    const char *key = woogles_text(step, "field");
    json_t *value = json_object_get(step, "value");
    size_t index = (size_t)woogles_int(step, "index");
    json_t *rounds = json_object_get(object, "division_pairings");
    if (strcmp(op, "set") == 0)
        return json_object_set(object, key, json_deep_copy(value)) == 0;
    if (strcmp(op, "set_element") == 0)
        return json_array_set(json_object_get(object, key), index, value) == 0;
    if (strcmp(op, "append_pairings") == 0)
        return json_array_append_new(rounds, json_deep_copy(json_object_get(step, "pairings"))) ==
               0;
    if (strcmp(op, "append_results") == 0)
        return json_array_append_new(json_object_get(object, "division_results"),
                                     json_deep_copy(json_object_get(step, "results"))) == 0;
    if (strcmp(op, "drop_last_pairings") == 0)
        return json_array_remove(rounds, json_array_size(rounds) - 1) == 0;
    if (strcmp(op, "drop_last_results") == 0) {
        json_t *results = json_object_get(object, "division_results");
        return json_array_remove(results, json_array_size(results) - 1) == 0;
    }
    if (strcmp(op, "set_last_pairings_element") == 0)
        return json_array_set(last_pairings(object), index, value) == 0;
    if (strcmp(op, "patch_last_response_pairings") == 0) {
        request.response[index] = (int)woogles_value(value);
        return true;
    }
    if (strcmp(op, "append_last_response_pairings") == 0) {
        json_t *round = json_array();
        for (int i = 0; i < request.input.players_count; i++)
            json_array_append_new(round, json_integer(request.response[i]));
        return json_array_append_new(rounds, round) == 0;
    }
    return false;
}

static void expectation_case(const json_t *object, const json_t *requests,
                             struct woogles_tally *tally, size_t number)
{
    const char *base = woogles_text(object, "base_request");
    const json_t *source = json_object_get(requests, base);
    if (source == NULL) {
        woogles_skip(tally, "case %zu: %s is not among the requests", number, base);
        return;
    }
    json_t *copy = json_deep_copy(source);
    size_t index;
    const json_t *step;
    json_array_foreach(json_object_get(object, "steps"), index, step)
    {
        const char *op = woogles_text(step, "op");
        const char *error = "";
        if (strcmp(op, "pair") == 0) {
            bool passed = pair_as(copy, json_object_get(step, "expect"), &error);
            char *text = passed ? NULL : woogles_dump(json_object_get(step, "expect"));
            woogles_case(tally, passed, "case %zu (%s): %s, expected %s", number, base, error,
                         text);
            free(text);
        } else if (strcmp(op, "expect_request_valid") == 0) {
            error = request_check(copy);
            woogles_case(tally, strcmp(error, "SUCCESS") == 0, "case %zu (%s): %s", number, base,
                         error);
        } else if (!step_apply(copy, step)) {
            woogles_case(tally, false, "case %zu: no operation %s", number, op);
        }
    }
    json_decref(copy);
}

static bool list_is(const json_t *expected, const int *by_rank)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)expected, key, value)
    {
        if (by_rank[atoi(key)] != woogles_value(value))
            return false;
    }
    return true;
}

static bool groups_are(const json_t *expected, const struct cop *cop)
{
    if (expected == NULL || json_is_array(expected))
        return expected == NULL ||
               woogles_ints_equal(expected, cop->group, (int)json_array_size(expected));
    for (int r = 0; r < cop->setting->players; r++)
        if (cop->group[r] != 0)
            return false;
    return true;
}

static bool repeats_by_player_are(const json_t *expected)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)expected, key, value)
    {
        if (repeats_of(atoi(key)) != woogles_value(value))
            return false;
    }
    return true;
}

static void precomputed_case(const json_t *object, const json_t *requests,
                             struct woogles_tally *tally)
{
    const char *name = woogles_text(object, "request");
    const json_t *source = json_object_get(requests, name);
    if (source == NULL) {
        woogles_skip(tally, "%s is not among the requests", name);
        return;
    }
    json_t *copy = json_deep_copy(source);
    json_object_update(copy, json_object_get(object, "patch"));
    request_read(copy, &request);
    const json_t *expected = json_object_get(object, "expect");
    struct cop_setting setting = request_setting(&request);
    struct arena arena;
    struct cop cop;
    arena_init(&arena, (size_t)1 << 26);
    bool started = cop_start(&cop, &setting, &arena) == STATUS_OK;
    cop_simulate(&cop);
    if (started && setting.rounds_left > 1 && !cop.gibson[0] &&
        request.complete_rounds >= request.policy.cop.control_loss_from_round)
        cop_control_loss(&cop);
    woogles_case(tally, counts_are(json_object_get(expected, "pairing_counts"), false),
                 "precomputed %s: pairing counts", name);
    woogles_case(tally, repeats_by_player_are(json_object_get(expected, "repeat_counts")),
                 "precomputed %s: repeat counts", name);
    woogles_case(tally, groups_are(json_object_get(expected, "gibson_groups"), &cop),
                 "precomputed %s: gibson groups", name);
    woogles_case(
        tally,
        list_is(json_object_get(expected, "highest_rank_hopefully"), cop.highest_hopefully) &&
            list_is(json_object_get(expected, "highest_rank_absolutely"), cop.highest_absolutely) &&
            list_is(json_object_get(expected, "lowest_rank_absolutely"), cop.lowest_absolutely),
        "precomputed %s: rank limits", name);
    if (json_object_get(expected, "destinys_child") != NULL)
        woogles_case(tally, woogles_int(expected, "destinys_child") == cop.child,
                     "precomputed %s: the leader must meet rank %d", name, cop.child);
    arena_deinit(&arena);
    json_decref(copy);
}

static void simple_case(const json_t *object, struct woogles_tally *tally)
{
    const json_t *source = json_object_get(object, "request");
    const json_t *expected = json_object_get(object, "expect");
    const char *name = woogles_text(object, "name");
    const char *error = "";
    if (json_object_get(expected, "multiround_rounds") != NULL) {
        int rounds = (int)woogles_int(source, "rounds");
        int same = 0;
        while (same < rounds &&
               pairing_method_suggest(8, rounds, same + 1) == pairing_method_suggest(8, rounds, 1))
            same++;
        woogles_case(tally, same == woogles_int(expected, "multiround_rounds"), "%s: %d rounds",
                     name, same);
        return;
    }
    bool passed = pair_as(source, expected, &error);
    woogles_case(tally, passed, "%s: %s", name, error);
}

/* Builds a request of a scenario: the same pairs every round, results by round. */
static json_t *scenario_request(const json_t *object)
{
    static const char *const same[] = {
        "rounds",        "place_prizes",           "class_prizes",
        "gibson_spread", "control_loss_threshold", "hopefulness_threshold",
        "division_sims", "control_loss_sims",      "control_loss_activation_round",
        "seed"};
    json_t *made = json_object();
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        json_object_set(made, same[i], json_object_get(object, same[i]));
    int players = (int)woogles_int(object, "players");
    json_t *names = json_array();
    json_t *classes = json_array();
    json_t *pairs = json_array();
    for (int i = 0; i < players; i++) {
        json_array_append_new(names, json_sprintf("player %d", i));
        json_array_append_new(classes, json_integer(0));
        json_array_append_new(pairs, json_integer(i ^ 1));
    }
    json_t *rounds = json_array();
    for (int64_t r = 0; r < woogles_int(object, "rounds_completed"); r++)
        json_array_append(rounds, pairs);
    json_decref(pairs);
    json_object_set_new(made, "player_names", names);
    json_object_set_new(made, "player_classes", classes);
    json_object_set_new(made, "division_pairings", rounds);
    json_object_set(made, "division_results", json_object_get(object, "results"));
    json_object_set_new(made, "all_players", json_integer(players));
    json_object_set_new(made, "valid_players", json_integer(players));
    json_object_set_new(made, "pair_method", json_string("COP"));
    json_object_set_new(made, "removed_players", json_array());
    return made;
}

static void scenario_case(const json_t *object, struct woogles_tally *tally)
{
    json_t *made = scenario_request(object);
    json_t *expected = json_object();
    json_object_set(expected, "error_code", json_object_get(object, "expect_error_code"));
    const char *error = "";
    bool passed = pair_as(made, expected, &error);
    woogles_case(tally, passed, "scenario %s: %s", woogles_text(object, "name"), error);
    json_decref(expected);
    json_decref(made);
}

void run_cop_expectations(const json_t *root, struct woogles_tally *tally)
{
    json_t *file;
    const json_t *requests = requests_load(tally, &file);
    size_t index;
    const json_t *object;
    json_array_foreach(json_object_get(root, "simple_methods"), index, object)
    {
        simple_case(object, tally);
    }
    json_array_foreach(json_object_get(root, "scenarios"), index, object)
    {
        scenario_case(object, tally);
    }
    if (requests == NULL)
        return;
    json_array_foreach(json_object_get(root, "cases"), index, object)
    {
        expectation_case(object, requests, tally, index);
    }
    json_array_foreach(json_object_get(root, "precomputed"), index, object)
    {
        precomputed_case(object, requests, tally);
    }
    json_decref(file);
}
