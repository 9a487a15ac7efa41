/* Runners of the files about schedules, lots and the standing's order. */
#include "orchestrator/pairing/gibson.h"
#include "orchestrator/pairing/lots.h"
#include "orchestrator/pairing/matching/matching.h"
#include "orchestrator/pairing/table.h"
#include "tests/conformance/woogles/round.h"
#include "tests/conformance/woogles/woogles.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static struct round table_round;

static uint64_t seed_of(const json_t *object, const char *key)
{
    const json_t *seed = json_object_get(object, key);
    return json_is_string(seed) ? strtoull(json_string_value(seed), NULL, 10)
                                : (uint64_t)json_integer_value(seed);
}

/* Pairs one round of a vector and compares it with the opponents it lists. */
static bool vector_round(const json_t *vector, enum pairing_method method, int number,
                         const json_t *expected)
{
    struct round *round = &table_round;
    round_init(round, method, (int)woogles_int(vector, "players"));
    round->input.seed = seed_of(vector, "seed");
    round->input.round_number = number + 1;
    if (json_object_get(vector, "games_per_matchup") != NULL)
        round->policy.legs = (int)woogles_int(vector, "games_per_matchup");
    if (json_object_get(vector, "ntiles") != NULL)
        round->policy.fontes_rounds = (int)woogles_int(vector, "ntiles") - 1;
    bool made = round_pair(round);
    bool same = expected == NULL ? !made
                                 : made && woogles_ints_equal(expected, round->opponents,
                                                              round->input.players_count);
    round_deinit(round);
    return same;
}

static void run_cycles(const json_t *root, struct woogles_tally *tally, enum pairing_method method)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        const json_t *rounds = json_object_get(vector, "rounds");
        bool same = json_array_size(rounds) > 0;
        int cycle = (int)json_array_size(rounds);
        for (int r = 0; r < 2 * cycle && same; r++) /* the second cycle repeats the first */
            same = vector_round(vector, method, r, json_array_get(rounds, (size_t)(r % cycle)));
        woogles_case(tally, same, "vector %zu: %" PRId64 " players, seed %s", index,
                     woogles_int(vector, "players"), woogles_text(vector, "seed"));
    }
}

void run_round_robin(const json_t *root, struct woogles_tally *tally)
{
    run_cycles(root, tally, PAIRING_ROUND_ROBIN);
}

void run_team(const json_t *root, struct woogles_tally *tally)
{
    run_cycles(root, tally, PAIRING_TEAM);
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "error_cases"), index, vector)
    {
        woogles_case(tally, vector_round(vector, PAIRING_TEAM, 0, NULL),
                     "error case %zu: %" PRId64 " players", index, woogles_int(vector, "players"));
    }
}

void run_interleaved(const json_t *root, struct woogles_tally *tally)
{
    run_cycles(root, tally, PAIRING_INTERLEAVED);
}

void run_fontes(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        woogles_case(tally,
                     vector_round(vector, PAIRING_FONTES, (int)woogles_int(vector, "round"),
                                  json_object_get(vector, "expect")),
                     "vector %zu: %" PRId64 " players, %" PRId64 " groups' size", index,
                     woogles_int(vector, "players"), woogles_int(vector, "ntiles"));
    }
}

static void run_single(const json_t *root, struct woogles_tally *tally, enum pairing_method method)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        bool same = vector_round(vector, method, 0, json_object_get(vector, "expect"));
        /* an empty or single field rests, which is no failure */
        woogles_case(tally, same, "vector %zu: %" PRId64 " players, seed %s", index,
                     woogles_int(vector, "players"), woogles_text(vector, "seed"));
    }
}

void run_random(const json_t *root, struct woogles_tally *tally)
{
    run_single(root, tally, PAIRING_RANDOM);
}

void run_king_of_the_hill(const json_t *root, struct woogles_tally *tally)
{
    run_single(root, tally, PAIRING_KING_OF_THE_HILL);
}

static bool factor_vector(const json_t *vector)
{
    struct round *round = &table_round;
    round_init(round, PAIRING_FACTOR, (int)woogles_int(vector, "players"));
    round->policy.factor = (int)woogles_int(vector, "factor");
    bool made = round_pair(round);
    bool same = made;
    const json_t *part = json_object_get(vector, "factor_part");
    if (strcmp(woogles_text(vector, "expect"), "error") == 0) {
        same = !made && round->status == STATUS_INVALID_ARGUMENT;
    } else if (part != NULL) {
        int count = (int)json_array_size(part);
        same = made && woogles_ints_equal(part, round->opponents, count);
        for (int i = count; i < round->input.players_count; i++)
            same = same && (round->opponents[i] >= count || round->opponents[i] == -1);
    }
    round_deinit(round);
    return same;
}

void run_factor(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        woogles_case(tally, factor_vector(vector),
                     "vector %zu: %" PRId64 " players, factor %" PRId64, index,
                     woogles_int(vector, "players"), woogles_int(vector, "factor"));
    }
}

static bool switches(const char *method, int players, int round, int one, int other)
{
    if (strcmp(method, "TEAM_ROUND_ROBIN") == 0)
        return table_halves_switches(players, round, one, other);
    if (strcmp(method, "INTERLEAVED_ROUND_ROBIN") == 0)
        return table_interleaved_switches(players, round, one, other);
    return table_circle_switches(players, round, one, other);
}

static enum pairing_method schedule_named(const char *method)
{
    if (strcmp(method, "TEAM_ROUND_ROBIN") == 0)
        return PAIRING_TEAM;
    return strcmp(method, "INTERLEAVED_ROUND_ROBIN") == 0 ? PAIRING_INTERLEAVED
                                                          : PAIRING_ROUND_ROBIN;
}

/* After every whole cycle: firsts equal seconds where both counts can be equal, else they differ by
 * one at most. */
static bool cycles_balance(enum pairing_method method, int players, int cycle_rounds)
{
    struct round *round = &table_round;
    int balance[ROUND_PLAYERS_MAX] = {0};
    bool balanced = true;
    for (int r = 0; r < 3 * cycle_rounds && balanced; r++) {
        round_init(round, method, players);
        round->input.round_number = r + 1;
        round->input.seed = 10;
        balanced = round_pair(round);
        for (int i = 0; balanced && i < round->output.pairs_count; i++) {
            balance[round->output.pairs[i].first]++;
            balance[round->output.pairs[i].second]--;
        }
        round_deinit(round);
        bool whole = (r + 1) % cycle_rounds == 0;
        bool even = players % 2 == 0 && (r + 1) % 2 == 0;
        for (int i = 0; whole && i < players; i++)
            balanced = balanced && abs(balance[i]) <= (even ? 0 : 1);
    }
    return balanced;
}

static void schedule_properties(const json_t *properties, struct woogles_tally *tally)
{
    size_t index;
    const json_t *property;
    json_array_foreach(properties, index, property)
    {
        const char *name = woogles_text(property, "method");
        enum pairing_method method = schedule_named(name);
        int step = method == PAIRING_TEAM ? 2 : 1;
        for (int players = 2; players <= 20; players += step) {
            int rounds =
                method == PAIRING_ROUND_ROBIN ? players + players % 2 - 1 : (players + 1) / 2;
            woogles_case(tally, cycles_balance(method, players, rounds),
                         "balance of %s with %d players", name, players);
        }
    }
}

void run_first_second(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        bool same = true;
        size_t at;
        const json_t *pair;
        json_array_foreach(json_object_get(vector, "first_of"), at, pair)
        {
            int one = (int)woogles_int(pair, "a");
            int other = (int)woogles_int(pair, "b");
            bool turned =
                switches(woogles_text(vector, "method"), (int)woogles_int(vector, "players"),
                         (int)woogles_int(vector, "round"), one, other);
            same = same && woogles_int(pair, "first") == (turned ? other : one);
        }
        woogles_case(tally, same, "vector %zu: %s, %" PRId64 " players, round %" PRId64, index,
                     woogles_text(vector, "method"), woogles_int(vector, "players"),
                     woogles_int(vector, "round"));
    }
    schedule_properties(json_object_get(root, "properties"), tally);
}

static struct gibson_record gibson_record_of(const json_t *object)
{
    return (struct gibson_record){
        .half_wins = (int)(2 * woogles_int(object, "wins") + woogles_int(object, "draws")),
        .spread = (int)woogles_int(object, "spread")};
}

void run_gibson(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        int left =
            (int)(woogles_int(vector, "total_rounds") - woogles_int(vector, "rounds_completed"));
        bool can = gibson_can_catch(gibson_record_of(json_object_get(vector, "ahead")),
                                    gibson_record_of(json_object_get(vector, "behind")), left,
                                    woogles_int(vector, "gibson_spread_per_round"));
        woogles_case(tally, can == woogles_bool(vector, "can_catch"), "vector %zu", index);
    }
}

static bool permutation_is(struct lots_pcg *pcg, const json_t *vector)
{
    int list[ROUND_PLAYERS_MAX];
    int count = (int)woogles_int(vector, "n");
    for (int i = 0; i < count; i++)
        list[i] = i;
    lots_pcg_shuffle(pcg, list, count);
    return woogles_ints_equal(json_object_get(vector, "permutation"), list, count);
}

static bool draws_are(struct lots_pcg *pcg, const json_t *hexes)
{
    size_t index;
    const json_t *hex;
    json_array_foreach(hexes, index, hex)
    {
        if (lots_pcg_next(pcg) != strtoull(json_string_value(hex), NULL, 16))
            return false;
    }
    return true;
}

void run_rng(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *vector;
    struct lots_pcg pcg = {1, 2};
    const json_t *golden = json_object_get(root, "pcg_seed_1_2_hex");
    if (golden != NULL)
        woogles_case(tally, draws_are(&pcg, golden), "draws of seed 1, 2");
    pcg = (struct lots_pcg){1, 2};
    json_array_foreach(json_object_get(root, "go_perm_golden_seed_1_2_sequential"), index, vector)
    {
        woogles_case(tally, permutation_is(&pcg, vector), "sequential permutation %zu", index);
    }
    json_array_foreach(json_object_get(root, "raw"), index, vector)
    {
        pcg = (struct lots_pcg){seed_of(vector, "seed_hi"), seed_of(vector, "seed_lo")};
        woogles_case(tally, draws_are(&pcg, json_object_get(vector, "first8_hex")), "draws %zu",
                     index);
    }
    json_array_foreach(json_object_get(root, "shuffles_seed_n"), index, vector)
    {
        pcg = (struct lots_pcg){seed_of(vector, "seed"), 0};
        woogles_case(tally, permutation_is(&pcg, vector), "shuffle %zu", index);
    }
}

#define EDGES_MAX 4096

static bool matching_vector(const json_t *vector, struct arena *arena)
{
    struct matching_edge edges[EDGES_MAX];
    int64_t weights[EDGES_MAX];
    struct matching_input input = {.edges = edges,
                                   .weights = weights,
                                   .levels = 1,
                                   .max_cardinality = woogles_bool(vector, "max_cardinality")};
    size_t index;
    const json_t *edge;
    json_array_foreach(json_object_get(vector, "edges"), index, edge)
    {
        int ends[3] = {0};
        if (index >= EDGES_MAX)
            return false;
        (void)woogles_ints(edge, ends, 3); /* three numbers by the file's format */
        edges[index] = (struct matching_edge){.one = ends[0], .other = ends[1]};
        weights[index] = ends[2];
        for (int i = 0; i < 2; i++)
            if (ends[i] >= input.vertices_count)
                input.vertices_count = ends[i] + 1;
        input.edges_count++;
    }
    struct matching_output output;
    enum status status = matching_solve(&input, arena, &output);
    if (woogles_bool(vector, "expect_error"))
        return status == STATUS_INVALID_ARGUMENT;
    return status == STATUS_OK && matching_check(&input, &output, arena) &&
           output.total[0] == woogles_int(vector, "weight") &&
           woogles_ints_equal(json_object_get(vector, "mates"), output.mates, input.vertices_count);
}

void run_matching(const json_t *root, struct woogles_tally *tally)
{
    size_t index;
    const json_t *vector;
    json_array_foreach(json_object_get(root, "vectors"), index, vector)
    {
        struct arena arena;
        arena_init(&arena, (size_t)1 << 28);
        woogles_case(tally, matching_vector(vector, &arena), "vector %zu (%s)", index,
                     woogles_text(vector, "name"));
        arena_deinit(&arena);
    }
}
