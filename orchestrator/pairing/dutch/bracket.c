/* One bracket as a matching problem: who takes part, of what type, with which weights; and settling
 * it together with everybody below. The other ways are in bracket_alone.c, the choice among equals
 * in bracket_choose.c. */
#include "orchestrator/pairing/dutch/bracket_state.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define TYPES_MAX 4096

int round_bye(const struct dutch_round *round)
{
    return round->seat_count;
}

/* ---- the problem ------------------------------------------------------------------------- */

bool bracket_has_bye(const struct bracket *b)
{
    const struct dutch_round *round = b->round;
    return round->with_bye &&
           round->bye_score_x10 >= round->seats[b->job->resident_first].score_x10;
}

static bool may_have_bye(const struct bracket *b, int seat)
{
    const struct dutch_round *round = b->round;
    return round->seats[seat].may_get_bye && round->seats[seat].score_x10 == round->bye_score_x10;
}

static bool list_scores(struct bracket *b)
{
    const struct dutch_bracket_job *job = b->job;
    size_t room = (size_t)job->mdp_count + 1;
    b->scores = arena_array(b->round->arena, room, sizeof *b->scores);
    b->score_members = arena_array(b->round->arena, room, sizeof *b->score_members);
    if (b->scores == NULL || b->score_members == NULL)
        return false;
    for (int i = 0; i < job->mdp_count; i++) {
        int score = b->round->seats[job->mdps[i]].score_x10;
        if (b->score_count == 0 || b->scores[b->score_count - 1] != score)
            b->scores[b->score_count++] = score;
        b->score_members[b->score_count - 1]++;
    }
    return true;
}

static int score_index_of(const struct bracket *b, int seat)
{
    int index = 0;
    while (b->scores[index] != b->round->seats[seat].score_x10)
        index++;
    return index;
}

/* Alone, there are no more stand-ins than are used. */
static bool is_needed(const struct bracket *b, int vertex)
{
    return b->with == DUTCH_PROOF_AHEAD && vertex - round_bye(b->round) <= b->needed_count;
}

enum role bracket_role(const struct bracket *b, int vertex)
{
    if (vertex == round_bye(b->round))
        return ROLE_BYE;
    if (vertex > b->round->seat_count)
        return is_needed(b, vertex) ? ROLE_NEEDED : ROLE_FLOAT;
    if (vertex < b->job->resident_first)
        return ROLE_MDP;
    if (vertex < b->job->next_first)
        return ROLE_RESIDENT;
    return vertex < b->job->low_first ? ROLE_NEXT : ROLE_LOW;
}

static struct seat_type type_of(const struct bracket *b, int vertex)
{
    enum role role = bracket_role(b, vertex);
    if (role > ROLE_RESIDENT)
        return (struct seat_type){.role = role};
    struct seat_type type = criteria_type_of(&b->round->seats[vertex]);
    type.role = role;
    if (role == ROLE_MDP)
        type.score_index = score_index_of(b, vertex);
    if (b->single_bye && may_have_bye(b, vertex))
        type.bye_games = b->round->seats[vertex].games;
    type.upper_half = b->upper_half[vertex];
    return type;
}

static int intern_type(struct bracket *b, const struct seat_type *type)
{
    for (int i = 0; i < b->type_count; i++)
        if (criteria_same_type(&b->types[i], type))
            return i;
    if (b->type_count == TYPES_MAX)
        return BLOSSOM_NONE;
    b->types[b->type_count] = *type;
    return b->type_count++;
}

bool bracket_set_weights(struct bracket *b)
{
    struct blossom *blossom = b->blossom;
    b->type_count = 0;
    for (int i = 0; i < blossom->active_count; i++) {
        int v = blossom->active[i];
        struct seat_type type = type_of(b, v);
        int index = intern_type(b, &type);
        if (index == BLOSSOM_NONE)
            return false;
        blossom->type[v] = (uint16_t)index;
    }
    size_t types = (size_t)b->type_count;
    size_t limbs = (size_t)b->criteria.limbs;
    int64_t *table = arena_array(b->round->arena, types * types * limbs, sizeof *table);
    uint8_t *absent = arena_array(b->round->arena, types * types, 1);
    blossom->row = arena_array(b->round->arena, types * limbs, sizeof *blossom->row);
    int64_t *potential = arena_array(b->round->arena, types * limbs, sizeof *potential);
    if (table == NULL || absent == NULL || potential == NULL || blossom->row == NULL)
        return false;
    for (size_t x = 0; x < types; x++)
        criteria_potential(&b->criteria, &b->types[x], &potential[x * limbs]);
    for (size_t x = 0; x < types; x++)
        for (size_t y = x; y < types; y++) {
            int64_t *weight = &table[(x * types + y) * limbs];
            absent[x * types + y] =
                !criteria_weigh(&b->criteria, &b->types[x], &b->types[y], weight);
            absent[y * types + x] = absent[x * types + y];
            memcpy(&table[(y * types + x) * limbs], weight, limbs * sizeof *weight);
        }
    blossom->type_count = b->type_count;
    blossom->table = table;
    blossom->absent = absent;
    blossom->potential = potential;
    return true;
}

static void activate(struct bracket *b, int vertex)
{
    struct blossom *blossom = b->blossom;
    blossom->active[blossom->active_count++] = vertex;
    blossom->rule[vertex] = BLOSSOM_ANY;
    blossom->place[vertex] = BLOSSOM_NONE;
    enum role role = bracket_role(b, vertex);
    blossom->in_bracket[vertex] = role == ROLE_MDP || role == ROLE_RESIDENT;
    if (vertex < b->round->seat_count)
        b->upper_half[vertex] = false;
}

/* Returns where those end who take part. */
static int end_of_part(const struct bracket *b)
{
    switch (b->with) {
    case DUTCH_PROOF_ALONE:
        return b->job->next_first;
    case DUTCH_PROOF_AHEAD:
        return b->job->low_first;
    case DUTCH_PROOF_WHOLE:
        break;
    }
    return b->round->seat_count;
}

bool bracket_takes_bye(const struct bracket *b)
{
    const struct dutch_round *round = b->round;
    return round->with_bye && round->bye_score_x10 >= round->seats[end_of_part(b) - 1].score_x10;
}

static void activate_all(struct bracket *b)
{
    const struct dutch_bracket_job *job = b->job;
    const struct dutch_round *round = b->round;
    int end = end_of_part(b);
    for (int i = 0; i < job->mdp_count; i++)
        activate(b, job->mdps[i]);
    for (int seat = job->resident_first; seat < end; seat++)
        activate(b, seat);
    if (bracket_takes_bye(b))
        activate(b, round_bye(round));
    for (int i = 0; i < b->float_count; i++)
        activate(b, round_bye(round) + 1 + i);
}

static bool set_up(struct bracket *b)
{
    const struct dutch_bracket_job *job = b->job;
    const struct dutch_round *round = b->round;
    int residents = job->next_first - job->resident_first;
    struct criteria_counts counts = {
        .vertices = round->vertex_count,
        .bracket = job->mdp_count + residents,
        .residents = residents,
        .next = job->low_first - job->next_first,
        .score_count = b->score_count,
        .mdps = b->score_members,
        .rounds = round->rounds_played,
        .with_below = b->with != DUTCH_PROOF_ALONE,
        .single_bye = b->single_bye,
    };
    if (!criteria_init(&b->criteria, round->arena, &counts))
        return false;
    b->blossom = blossom_create(round->arena, round->vertex_count, b->criteria.limbs);
    if (b->blossom == NULL)
        return false;
    b->blossom->compatible = round->compatible;
    b->blossom->row_words = round->row_words;
    activate_all(b);
    return bracket_set_weights(b);
}

void bracket_check(struct bracket *b)
{
    if (b->round->prove && !blossom_check(b->blossom))
        b->round->disproved = true;
}

enum status bracket_solve(struct bracket *b)
{
    if (b->blossom != NULL)
        b->round->searches += b->blossom->stages;
    if (!set_up(b))
        return STATUS_FULL;
    blossom_reset(b->blossom);
    if (!blossom_solve(b->blossom))
        return STATUS_INTERNAL;
    bracket_check(b);
    return STATUS_OK;
}

/* ---- together with others below ---------------------------------------------------------- */

/* C9 counts where the bye must stay in this bracket and everybody else is paired in it. */
static enum status find_single_bye(struct bracket *b)
{
    if (!bracket_has_bye(b))
        return STATUS_OK;
    enum status status = bracket_solve(b);
    if (status != STATUS_OK)
        return status;
    int outside = 0;
    for (int i = 0; i < b->blossom->active_count; i++) {
        int v = b->blossom->active[i];
        outside += b->blossom->in_bracket[v] && !b->blossom->in_bracket[b->blossom->mate[v]];
    }
    b->single_bye = outside == 1;
    return STATUS_OK;
}

enum status bracket_settle_with(struct bracket *b, enum dutch_proof with, int float_count)
{
    b->with = with;
    b->float_count = float_count;
    b->single_bye = false;
    enum status status = find_single_bye(b);
    if (status != STATUS_OK)
        return status;
    status = bracket_solve(b);
    if (status != STATUS_OK)
        return status;
    b->result->proof = with;
    return bracket_choose(b);
}

enum status bracket_settle(struct dutch_round *round, const struct dutch_bracket_job *job,
                           struct dutch_bracket_result *out)
{
    struct arena_mark mark = arena_mark(round->arena);
    struct bracket b = {.round = round, .job = job, .result = out};
    size_t seats = (size_t)round->seat_count;
    b.types = arena_array(round->arena, TYPES_MAX, sizeof *b.types);
    b.upper_half = arena_array(round->arena, seats, sizeof *b.upper_half);
    b.rest = arena_array(round->arena, seats, sizeof *b.rest);
    enum status status = STATUS_FULL;
    if (b.types != NULL && b.upper_half != NULL && b.rest != NULL && list_scores(&b))
        status = bracket_settle_alone(&b);
    if (status == STATUS_INTERNAL)
        status = bracket_settle_ahead(&b);
    if (status == STATUS_INTERNAL)
        status = bracket_settle_with(&b, DUTCH_PROOF_WHOLE, 0);
    if (b.blossom != NULL)
        round->searches += b.blossom->stages;
    if (round->arena->used > round->memory_max)
        round->memory_max = round->arena->used;
    arena_rewind(round->arena, mark);
    return status;
}
