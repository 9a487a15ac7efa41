/* Whether those below can go on with what a bracket leaves over. */
#include "orchestrator/pairing/dutch/bracket_rest.h"

#include <stddef.h>

static const uint8_t TAKERS_ABSENT[TAKER_COUNT * TAKER_COUNT] = {
    /* columns: down next far rests | NEXT LOW | bye further */
    1, 1, 1, 1, 0, 1, 0, 1, /* those moved down do not meet each other */
    1, 1, 1, 1, 0, 1, 1, 1, /* */
    1, 1, 1, 1, 1, 0, 1, 1, /* */
    1, 1, 1, 1, 1, 1, 0, 1, /* */
    0, 0, 1, 1, 0, 0, 0, 0, /* the next score */
    1, 1, 0, 1, 0, 0, 0, 1, /* further down */
    0, 1, 1, 0, 0, 0, 1, 1, /* the bye goes to one of these */
    1, 1, 1, 1, 0, 1, 1, 1, /* a stand-in for going further down */
};

static const int64_t NO_WEIGHTS[TAKER_COUNT * TAKER_COUNT] = {0};

enum { PAIR_WEIGHT = CRITERIA_UNIT };
static const int64_t WEIGHTS[TAKER_COUNT * TAKER_COUNT] = {
    [TAKER_FLOAT_DOWN * TAKER_COUNT + TAKER_NEXT] = PAIR_WEIGHT,
    [TAKER_FLOAT_NEXT * TAKER_COUNT + TAKER_NEXT] = PAIR_WEIGHT,
    [TAKER_NEXT * TAKER_COUNT + TAKER_FLOAT_DOWN] = PAIR_WEIGHT,
    [TAKER_NEXT * TAKER_COUNT + TAKER_FLOAT_NEXT] = PAIR_WEIGHT,
    [TAKER_NEXT * TAKER_COUNT + TAKER_NEXT] = PAIR_WEIGHT,
};

struct blossom *rest_problem(struct dutch_round *round, bool weighed)
{
    struct blossom *blossom = blossom_create(round->arena, round->vertex_count, 1);
    if (blossom == NULL)
        return NULL;
    blossom->compatible = round->compatible;
    blossom->row_words = round->row_words;
    blossom->type_count = TAKER_COUNT;
    blossom->table = weighed ? WEIGHTS : NO_WEIGHTS;
    blossom->absent = TAKERS_ABSENT;
    blossom->row = arena_array(round->arena, TAKER_COUNT, sizeof *blossom->row);
    return blossom->row == NULL ? NULL : blossom;
}

void rest_add(struct blossom *blossom, int vertex, enum taker type)
{
    blossom->active[blossom->active_count++] = vertex;
    blossom->type[vertex] = (uint16_t)type;
    blossom->place[vertex] = BLOSSOM_NONE;
}

/* Starts from partners that are known, where both take part. */
static void match_partners(const struct dutch_round *round, struct blossom *blossom)
{
    for (int i = 0; i < blossom->active_count; i++)
        blossom->mark[blossom->active[i]] = 1;
    for (int i = 0; i < blossom->active_count; i++) {
        int v = blossom->active[i];
        int w = round->partner[v];
        if (w != BLOSSOM_NONE && blossom->mark[w] && round->partner[w] == v)
            blossom->mate[v] = w;
    }
    for (int i = 0; i < blossom->active_count; i++)
        blossom->mark[blossom->active[i]] = 0;
}

bool rest_solve(struct dutch_round *round, struct blossom *blossom)
{
    if (blossom->table == WEIGHTS)
        blossom_reset(blossom);
    else
        blossom_clear(blossom);
    match_partners(round, blossom);
    bool possible = blossom_solve(blossom);
    round->searches += blossom->stages;
    for (int i = 0; i < blossom->active_count; i++)
        round->partner[blossom->active[i]] = blossom->mate[blossom->active[i]];
    if (round->arena->used > round->memory_max)
        round->memory_max = round->arena->used;
    return possible;
}

int rest_next_pairs(const struct blossom *blossom)
{
    int ends = 0;
    for (int i = 0; i < blossom->active_count; i++) {
        int v = blossom->active[i];
        ends += WEIGHTS[blossom->type[v] * TAKER_COUNT + blossom->type[blossom->mate[v]]] > 0;
    }
    return ends / 2;
}

/* The problem of those from `first` on. */
static struct blossom *low_problem(struct dutch_round *round, int first)
{
    struct blossom *blossom = rest_problem(round, false);
    if (blossom == NULL)
        return NULL;
    for (int seat = first; seat < round->seat_count; seat++)
        rest_add(blossom, seat, TAKER_LOW);
    if (round->with_bye && first < round->seat_count &&
        round->bye_score_x10 <= round->seats[first].score_x10)
        rest_add(blossom, round_bye(round), TAKER_BYE);
    return blossom;
}

static int least_open(struct bracket *b, int first)
{
    struct blossom *blossom = low_problem(b->round, first);
    if (blossom == NULL)
        return 0;
    int guest = round_bye(b->round) + 1;
    int guests = blossom->active_count % 2;
    if (guests > 0)
        rest_add(blossom, guest, TAKER_NEXT);
    if (rest_solve(b->round, blossom))
        return guests;
    if (guests > 0 && blossom->mate[guest] == BLOSSOM_NONE)
        return 0;
    return guests + blossom_open_count(blossom);
}

int rest_least_open(struct bracket *b, int first)
{
    int *known = &b->round->open_from[first];
    if (*known < 0)
        *known = least_open(b, first);
    return *known;
}

bool rest_can_complete(struct bracket *b, int first, const int *more, int more_count)
{
    struct blossom *blossom = low_problem(b->round, first);
    if (blossom == NULL)
        return false;
    for (int i = 0; i < more_count; i++)
        rest_add(blossom, more[i], TAKER_LOW);
    return rest_solve(b->round, blossom);
}

bool rest_has_pairs(struct bracket *b, const enum taker *takers, int next_pairs)
{
    struct dutch_round *round = b->round;
    const struct dutch_bracket_job *job = b->job;
    struct blossom *blossom = rest_problem(round, true);
    if (blossom == NULL)
        return false;
    for (int i = 0; i < b->result->unpaired_count; i++)
        rest_add(blossom, b->result->unpaired[i], takers[i]);
    for (int seat = job->next_first; seat < round->seat_count; seat++)
        rest_add(blossom, seat, seat < job->low_first ? TAKER_NEXT : TAKER_LOW);
    if (round->with_bye)
        rest_add(blossom, round_bye(round), TAKER_BYE);
    return rest_solve(round, blossom) && rest_next_pairs(blossom) >= next_pairs;
}
