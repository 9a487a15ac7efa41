/* The certificate's checker: arithmetic on the input, the matching and the duals. It shares nothing
 * with the search, so that a mistake there cannot hide here. */
#include "orchestrator/pairing/matching/matching.h"

#include <string.h>

#define ROW_MAX (MATCHING_LEVELS_MAX + 1)

struct check {
    const struct matching_input *input;
    const struct matching_output *output;
    const struct matching_certificate *proof;
    int32_t *sets_at; /* [vertices + 1], the odd sets of each vertex in ascending order … */
    int32_t *latest;  /* 1 + the set that was last added to each vertex's list */
    int32_t *sets;    /* … are sets[sets_at[v]] to sets[sets_at[v + 1]] */
};

static int sign(const int64_t *numbers, int levels)
{
    for (int i = 0; i < levels; i++)
        if (numbers[i] != 0)
            return numbers[i] < 0 ? -1 : 1;
    return 0;
}

/* Adds `times` times a row; false when the sum is too large to be trusted. */
static bool add(int64_t *sum, const int64_t *numbers, int64_t times, int levels)
{
    const int64_t safe = INT64_MAX / 4;
    for (int i = 0; i < levels; i++) {
        int64_t most = safe / (times == 0 ? 1 : (times < 0 ? -times : times));
        if (numbers[i] > most || numbers[i] < -most)
            return false;
        sum[i] += numbers[i] * times;
        if (sum[i] > safe || sum[i] < -safe)
            return false;
    }
    return true;
}

/* Subtracts twice the weight of an edge, with its cardinality level where there is one. */
static bool subtract_weight(const struct check *check, int32_t edge, int64_t *sum)
{
    const struct matching_input *input = check->input;
    const int64_t *weight = input->weights + (int64_t)edge * input->levels;
    if (input->max_cardinality)
        *sum++ -= 2;
    return add(sum, weight, -2, input->levels);
}

static bool is_matching(const struct check *check)
{
    const struct matching_input *input = check->input;
    const struct matching_output *output = check->output;
    int64_t total[ROW_MAX] = {0};
    int32_t pairs = 0;
    for (int32_t v = 0; v < input->vertices_count; v++) {
        int32_t mate = output->mates[v];
        int32_t edge = output->mate_edges[v];
        if (mate == MATCHING_NOBODY && edge == MATCHING_NOBODY)
            continue;
        if (mate < 0 || mate >= input->vertices_count || output->mates[mate] != v || edge < 0 ||
            edge >= input->edges_count || output->mate_edges[mate] != edge)
            return false;
        const struct matching_edge *ends = &input->edges[edge];
        if (!((ends->one == v && ends->other == mate) || (ends->one == mate && ends->other == v)))
            return false;
        if (mate < v)
            continue;
        pairs++;
        if (!add(total, input->weights + (int64_t)edge * input->levels, 1, input->levels))
            return false;
    }
    return pairs == output->pairs_count &&
           memcmp(total, output->total, (size_t)input->levels * sizeof *total) == 0;
}

/* Notes that a vertex is in a set; false when it is listed there twice. While the lists grow,
 * sets_at[v + 1] is the end of v's. */
static bool set_add(struct check *check, int32_t vertex, int32_t set)
{
    if (check->latest[vertex] == set + 1)
        return false;
    check->latest[vertex] = set + 1;
    check->sets[check->sets_at[vertex + 1]++] = set;
    return true;
}

/* Lists, for every vertex, the odd sets it is in. */
static bool sets_list(struct check *check, struct arena *arena)
{
    const struct matching_certificate *proof = check->proof;
    int32_t vertices = check->input->vertices_count;
    int64_t members = 0;
    check->sets_at = arena_array(arena, (size_t)vertices + 2, sizeof *check->sets_at);
    check->latest = arena_array(arena, (size_t)vertices, sizeof *check->latest);
    if (check->sets_at == NULL || check->latest == NULL)
        return false;
    int32_t *count = check->sets_at + 1;
    for (int32_t s = 0; s < proof->odd_sets_count; s++)
        for (int32_t i = 0; i < proof->odd_sets[s].vertices_count; i++) {
            int32_t vertex = proof->odd_sets[s].vertices[i];
            if (vertex < 0 || vertex >= vertices)
                return false;
            count[vertex]++;
            members++;
        }
    check->sets = arena_array(arena, (size_t)members, sizeof *check->sets);
    if (check->sets == NULL)
        return false;
    int32_t sum = 0;
    for (int32_t v = 0; v < vertices; v++) {
        int32_t here = count[v];
        count[v] = sum;
        sum += here;
    }
    for (int32_t s = 0; s < proof->odd_sets_count; s++)
        for (int32_t i = 0; i < proof->odd_sets[s].vertices_count; i++)
            if (!set_add(check, proof->odd_sets[s].vertices[i], s))
                return false;
    return true;
}

/* Whether an edge's duals cover twice its weight. */
static bool edge_is_covered(const struct check *check, int32_t edge)
{
    int levels = check->proof->levels;
    const struct matching_edge *ends = &check->input->edges[edge];
    int64_t sum[ROW_MAX] = {0};
    if (!add(sum, check->proof->vertex_duals + (int64_t)ends->one * levels, 1, levels) ||
        !add(sum, check->proof->vertex_duals + (int64_t)ends->other * levels, 1, levels))
        return false;
    int32_t i = check->sets_at[ends->one];
    int32_t j = check->sets_at[ends->other];
    while (i < check->sets_at[ends->one + 1] && j < check->sets_at[ends->other + 1]) {
        int32_t one = check->sets[i];
        int32_t other = check->sets[j];
        if (one == other && !add(sum, check->proof->odd_sets[one].dual, 1, levels))
            return false;
        i += one <= other;
        j += other <= one;
    }
    return subtract_weight(check, edge, sum) && sign(sum, levels) >= 0;
}

/* Whether all duals are at least zero and sum up to twice the matching's weight. */
static bool duals_meet_weight(const struct check *check)
{
    const struct matching_certificate *proof = check->proof;
    const struct matching_output *output = check->output;
    int64_t sum[ROW_MAX] = {0};
    for (int32_t v = 0; v < check->input->vertices_count; v++) {
        const int64_t *dual = proof->vertex_duals + (int64_t)v * proof->levels;
        if (sign(dual, proof->levels) < 0 || !add(sum, dual, 1, proof->levels))
            return false;
    }
    for (int32_t s = 0; s < proof->odd_sets_count; s++) {
        const struct matching_odd_set *set = &proof->odd_sets[s];
        if (set->vertices_count % 2 == 0 || sign(set->dual, proof->levels) < 0 ||
            !add(sum, set->dual, (set->vertices_count - 1) / 2, proof->levels))
            return false;
    }
    for (int32_t v = 0; v < check->input->vertices_count; v++)
        if (output->mates[v] > v && !subtract_weight(check, output->mate_edges[v], sum))
            return false;
    return sign(sum, proof->levels) == 0;
}

bool matching_check(const struct matching_input *input, const struct matching_output *output,
                    struct arena *arena)
{
    struct check check = {.input = input, .output = output, .proof = &output->certificate};
    if (check.proof->levels != input->levels + (input->max_cardinality ? 1 : 0))
        return false;
    if (!is_matching(&check) || !sets_list(&check, arena) || !duals_meet_weight(&check))
        return false;
    for (int32_t e = 0; e < input->edges_count; e++)
        if (!edge_is_covered(&check, e))
            return false;
    return true;
}
