/* One bracket: sets up its matching problem, then fixes in turn which MDPs are paired, with whom,
 * who is in the upper half of the rest, and who meets whom there, each choice the first that keeps
 * every criterion at its best. */
#include "orchestrator/pairing/dutch/bracket.h"

#include "orchestrator/pairing/dutch/criteria.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define TYPES_MAX 4096

struct bracket {
    struct dutch_round *round;
    const struct dutch_bracket_job *job;
    struct dutch_bracket_result *result;
    struct blossom *blossom;
    struct criteria criteria;
    struct seat_type *types; /* [type_count] */
    int type_count;
    int score_count; /* of the MDPs */
    int *scores;     /* [score_count] highest first */
    int *score_members;
    bool alone;
    int float_count; /* stand-ins in use, when alone */
    bool single_bye;
    bool *upper_half; /* [seat_count] */
    int *rest;        /* the remainder, in rank order */
    int rest_count;
    int64_t target[BLOSSOM_LIMBS_MAX];
    int64_t total[BLOSSOM_LIMBS_MAX];
};

int round_bye(const struct dutch_round *round)
{
    return round->seat_count;
}

/* ---- the problem ---- */

static bool bye_is_here(const struct bracket *b)
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

static enum role role_of(const struct bracket *b, int vertex)
{
    if (vertex == round_bye(b->round))
        return ROLE_BYE;
    if (vertex > b->round->seat_count)
        return ROLE_FLOAT;
    if (vertex < b->job->resident_first)
        return ROLE_MDP;
    if (vertex < b->job->next_first)
        return ROLE_RESIDENT;
    return vertex < b->job->low_first ? ROLE_NEXT : ROLE_LOW;
}

static struct seat_type type_of(const struct bracket *b, int vertex)
{
    enum role role = role_of(b, vertex);
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

/* Gives each active vertex its type and fills the table of weights. */
static bool set_weights(struct bracket *b)
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
    if (table == NULL || absent == NULL || blossom->row == NULL)
        return false;
    for (size_t x = 0; x < types; x++)
        for (size_t y = 0; y < types; y++)
            absent[x * types + y] = !criteria_weigh(&b->criteria, &b->types[x], &b->types[y],
                                                    &table[(x * types + y) * limbs]);
    blossom->type_count = b->type_count;
    blossom->table = table;
    blossom->absent = absent;
    return true;
}

static void activate(struct bracket *b, int vertex)
{
    struct blossom *blossom = b->blossom;
    blossom->active[blossom->active_count++] = vertex;
    blossom->rule[vertex] = BLOSSOM_ANY;
    blossom->place[vertex] = BLOSSOM_NONE;
    enum role role = role_of(b, vertex);
    blossom->in_bracket[vertex] = role == ROLE_MDP || role == ROLE_RESIDENT;
    if (vertex < b->round->seat_count)
        b->upper_half[vertex] = false;
}

static void activate_all(struct bracket *b)
{
    const struct dutch_bracket_job *job = b->job;
    const struct dutch_round *round = b->round;
    int end = b->alone ? job->next_first : round->seat_count;
    for (int i = 0; i < job->mdp_count; i++)
        activate(b, job->mdps[i]);
    for (int seat = job->resident_first; seat < end; seat++)
        activate(b, seat);
    if (b->alone ? bye_is_here(b) : round->with_bye)
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
        .with_whole = !b->alone,
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
    return set_weights(b);
}

/* Finds the best candidates' common value, and one of them. */
static enum status solve(struct bracket *b)
{
    if (!set_up(b))
        return STATUS_FULL;
    blossom_reset(b->blossom);
    return blossom_solve(b->blossom) ? STATUS_OK : STATUS_INTERNAL;
}

/* ---- choices ---- */

static bool is_optimal(struct bracket *b)
{
    blossom_total(b->blossom, b->total);
    return blossom_compare(b->total, b->target, b->blossom->limbs) == 0;
}

/* Holds `vertex` to a rule if the optimum allows that; else leaves everything as it was. */
static bool try_rule(struct bracket *b, int vertex, enum blossom_rule rule)
{
    struct blossom *blossom = b->blossom;
    uint8_t before = blossom->rule[vertex];
    blossom_save(blossom);
    blossom->rule[vertex] = (uint8_t)rule;
    if (blossom_solve(blossom) && is_optimal(b))
        return true;
    blossom->rule[vertex] = before;
    blossom_restore(blossom);
    return false;
}

/* Exchanges partners of two pairs where that costs nothing. */
static bool try_swap(struct bracket *b, int one, int two)
{
    struct blossom *blossom = b->blossom;
    int x = blossom->mate[one];
    int y = blossom->mate[two];
    if (!blossom_allows(blossom, one, two) || !blossom_allows(blossom, x, y))
        return false;
    memset(b->total, 0, (size_t)blossom->limbs * sizeof b->total[0]);
    blossom_add_weight(blossom, one, two, 1, b->total);
    blossom_add_weight(blossom, x, y, 1, b->total);
    blossom_add_weight(blossom, one, x, -1, b->total);
    blossom_add_weight(blossom, two, y, -1, b->total);
    for (int i = 0; i < blossom->limbs; i++)
        if (b->total[i] != 0)
            return false;
    blossom->mate[one] = two;
    blossom->mate[two] = one;
    blossom->mate[x] = y;
    blossom->mate[y] = x;
    return true;
}

static void deactivate(struct blossom *blossom, int vertex)
{
    int at = 0;
    while (blossom->active[at] != vertex)
        at++;
    blossom->active_count--;
    memmove(&blossom->active[at], &blossom->active[at + 1],
            (size_t)(blossom->active_count - at) * sizeof blossom->active[0]);
}

/* The pair stands: it leaves the problem. */
static void fix_pair(struct bracket *b, int one, int two)
{
    blossom_add_weight(b->blossom, one, two, -1, b->target);
    deactivate(b->blossom, one);
    deactivate(b->blossom, two);
    b->result->pairs[2 * b->result->pair_count] = one;
    b->result->pairs[2 * b->result->pair_count + 1] = two;
    b->result->pair_count++;
}

/* Fixes the pair of `vertex` with the first of `candidates` that the optimum allows. */
static void choose_opponent(struct bracket *b, int vertex, const int *candidates, int count)
{
    struct blossom *blossom = b->blossom;
    for (int i = 0; i < count; i++) {
        int other = candidates[i];
        if (other == blossom->mate[vertex]) {
            fix_pair(b, vertex, other);
            return;
        }
        if (!blossom_allows(blossom, vertex, other) || !blossom_is_tight(blossom, vertex, other))
            continue;
        if (try_swap(b, vertex, other) || blossom_favour(blossom, vertex, other)) {
            fix_pair(b, vertex, other);
            return;
        }
    }
    assert(!"the witness's own partner is among the candidates");
}

/* Article 4.4: which MDPs are paired. */
static void choose_mdps(struct bracket *b)
{
    struct blossom *blossom = b->blossom;
    for (int i = 0; i < b->job->mdp_count; i++) {
        int mdp = b->job->mdps[i];
        if (blossom->in_bracket[blossom->mate[mdp]])
            blossom->rule[mdp] = BLOSSOM_INSIDE;
        else if (!try_rule(b, mdp, BLOSSOM_INSIDE))
            blossom->rule[mdp] = BLOSSOM_OUTSIDE;
    }
}

/* Lists the residents that are still in the problem. */
static void list_rest(struct bracket *b)
{
    b->rest_count = 0;
    for (int i = 0; i < b->blossom->active_count; i++)
        if (role_of(b, b->blossom->active[i]) == ROLE_RESIDENT)
            b->rest[b->rest_count++] = b->blossom->active[i];
}

static void drop_from_rest(struct bracket *b, int seat)
{
    int at = 0;
    while (b->rest[at] != seat)
        at++;
    b->rest_count--;
    memmove(&b->rest[at], &b->rest[at + 1], (size_t)(b->rest_count - at) * sizeof b->rest[0]);
}

/* Article 4.2: the opponents of the MDPs. */
static void choose_mdp_opponents(struct bracket *b)
{
    list_rest(b);
    for (int i = 0; i < b->job->mdp_count; i++) {
        int mdp = b->job->mdps[i];
        if (b->blossom->rule[mdp] != BLOSSOM_INSIDE)
            continue;
        choose_opponent(b, mdp, b->rest, b->rest_count);
        drop_from_rest(b, b->result->pairs[2 * b->result->pair_count - 1]);
    }
}

static int rest_pairs(const struct bracket *b)
{
    int ends = 0;
    for (int i = 0; i < b->rest_count; i++)
        ends += b->blossom->in_bracket[b->blossom->mate[b->rest[i]]];
    return ends / 2;
}

static bool is_top(const struct bracket *b, int place)
{
    int mate = b->blossom->place[b->blossom->mate[b->rest[place]]];
    return mate != BLOSSOM_NONE && mate > place;
}

/* Makes exchanges (Article 4.3) count: fewest tops from the lower half, then the smallest sum of
 * the tops' places. Duals of the upper half rise with the new weights, which keeps them feasible.
 */
static bool weigh_exchanges(struct bracket *b, int pairs)
{
    struct blossom *blossom = b->blossom;
    for (int i = 0; i < b->rest_count; i++) {
        blossom->place[b->rest[i]] = i;
        b->upper_half[b->rest[i]] = i < pairs;
    }
    blossom->pivot = pairs;
    if (!set_weights(b))
        return false;
    struct weight_field field = b->criteria.exchange;
    for (int i = 0; i < pairs; i++) {
        int64_t *dual = &blossom->dual[(size_t)b->rest[i] * (size_t)blossom->limbs];
        dual[field.limb] += 2 * ((int64_t)1 << field.shift);
        dual[blossom->limbs - 1] += 4 * (int64_t)(pairs - i);
    }
    return true;
}

static int exchange_count(const struct bracket *b, int pairs)
{
    int count = 0;
    for (int i = pairs; i < b->rest_count; i++)
        count += is_top(b, i);
    return count;
}

/* Whether the optimum may have the member at `place` as wanted, as far as the duals tell. */
static bool may_be_top(const struct bracket *b, int place, bool top)
{
    const struct blossom *blossom = b->blossom;
    int vertex = b->rest[place];
    for (int i = 0; i < blossom->active_count; i++) {
        int other = blossom->active[i];
        bool later = blossom->place[other] != BLOSSOM_NONE && blossom->place[other] > place;
        if (other != vertex && later == top && blossom_allows(blossom, vertex, other) &&
            blossom_is_tight(blossom, vertex, other))
            return true;
    }
    return false;
}

/* Settles whether a member is a top: as wanted where the optimum allows. */
static bool settle_top(struct bracket *b, int place, bool top)
{
    struct blossom *blossom = b->blossom;
    int vertex = b->rest[place];
    enum blossom_rule wanted = top ? BLOSSOM_TOP : BLOSSOM_NOT_TOP;
    enum blossom_rule other = top ? BLOSSOM_NOT_TOP : BLOSSOM_TOP;
    if (is_top(b, place) == top) {
        blossom->rule[vertex] = (uint8_t)wanted;
        return true;
    }
    if (may_be_top(b, place, top) && try_rule(b, vertex, wanted))
        return true;
    blossom->rule[vertex] = (uint8_t)other;
    return false;
}

/* Chooses who are the tops of the remainder's pairs. */
static void choose_tops(struct bracket *b, int pairs)
{
    struct blossom *blossom = b->blossom;
    int exchanges = exchange_count(b, pairs);
    int left = exchanges;
    for (int i = pairs - 1; i >= 0; i--) {
        if (left == 0)
            blossom->rule[b->rest[i]] = BLOSSOM_TOP;
        else if (settle_top(b, i, false))
            left--;
    }
    left = exchanges;
    for (int i = pairs; i < b->rest_count; i++) {
        if (left == 0)
            blossom->rule[b->rest[i]] = BLOSSOM_NOT_TOP;
        else if (settle_top(b, i, true))
            left--;
    }
}

/* Article 4.2 again: opponents of the tops. */
static void choose_rest_opponents(struct bracket *b, int *lower, int *tops)
{
    int top_count = 0;
    int lower_count = 0;
    for (int i = 0; i < b->rest_count; i++)
        if (b->blossom->rule[b->rest[i]] == BLOSSOM_TOP)
            tops[top_count++] = b->rest[i];
        else
            lower[lower_count++] = b->rest[i];
    for (int i = 0; i < top_count; i++) {
        choose_opponent(b, tops[i], lower, lower_count);
        int taken = b->result->pairs[2 * b->result->pair_count - 1];
        int at = 0;
        while (lower[at] != taken)
            at++;
        lower_count--;
        memmove(&lower[at], &lower[at + 1], (size_t)(lower_count - at) * sizeof lower[0]);
    }
}

static bool pair_rest(struct bracket *b)
{
    list_rest(b);
    int pairs = rest_pairs(b);
    if (pairs == 0)
        return true;
    size_t room = (size_t)b->rest_count;
    int *lower = arena_array(b->round->arena, room, sizeof *lower);
    int *tops = arena_array(b->round->arena, room, sizeof *tops);
    if (lower == NULL || tops == NULL || !weigh_exchanges(b, pairs) || !blossom_solve(b->blossom))
        return false;
    blossom_total(b->blossom, b->target);
    choose_tops(b, pairs);
    choose_rest_opponents(b, lower, tops);
    return true;
}

static void list_unpaired(struct bracket *b)
{
    for (int i = 0; i < b->blossom->active_count; i++)
        if (b->blossom->in_bracket[b->blossom->active[i]])
            b->result->unpaired[b->result->unpaired_count++] = b->blossom->active[i];
}

/* From the solved problem to the first of the best candidates. */
static enum status choose(struct bracket *b)
{
    blossom_total(b->blossom, b->target);
    b->result->pair_count = 0;
    b->result->unpaired_count = 0;
    choose_mdps(b);
    choose_mdp_opponents(b);
    if (!pair_rest(b))
        return STATUS_FULL;
    list_unpaired(b);
    return STATUS_OK;
}

/* ---- together with everybody below ---- */

/* C9 counts where the bye must stay in this bracket and everybody else is paired in it. */
static enum status find_single_bye(struct bracket *b)
{
    if (!bye_is_here(b))
        return STATUS_OK;
    enum status status = solve(b);
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

static enum status settle_whole(struct bracket *b)
{
    b->alone = false;
    b->float_count = 0;
    b->single_bye = false;
    enum status status = find_single_bye(b);
    if (status != STATUS_OK)
        return status;
    status = solve(b);
    if (status != STATUS_OK)
        return status;
    b->result->proof = DUTCH_PROOF_WHOLE;
    return choose(b);
}

/* ---- alone ---- */

/* Kinds of vertices in the question whether the next bracket can take those moved down. */
enum taker { TAKER_FLOAT_DOWN, TAKER_NEXT, TAKER_BYE, TAKER_FURTHER, TAKER_COUNT };

static const uint8_t TAKERS_ABSENT[TAKER_COUNT * TAKER_COUNT] = {
    1, 0, 0, 1, /* those moved down do not meet each other; nor may they go further down */
    0, 0, 0, 0, /* the next score's players may do anything */
    0, 0, 1, 1, /* */
    1, 0, 1, 1, /* one of the next score's players may go further down */
};
static const int64_t NO_WEIGHTS[TAKER_COUNT * TAKER_COUNT] = {0};

/* A matching problem in which all edges weigh the same. */
static struct blossom *plain_problem(struct dutch_round *round)
{
    struct blossom *blossom = blossom_create(round->arena, round->vertex_count, 1);
    if (blossom == NULL)
        return NULL;
    blossom->compatible = round->compatible;
    blossom->row_words = round->row_words;
    blossom->type_count = TAKER_COUNT;
    blossom->table = NO_WEIGHTS;
    blossom->absent = TAKERS_ABSENT;
    blossom->row = arena_array(round->arena, TAKER_COUNT, sizeof *blossom->row);
    return blossom->row == NULL ? NULL : blossom;
}

static void add_plain(struct blossom *blossom, int vertex, enum taker type)
{
    blossom->active[blossom->active_count++] = vertex;
    blossom->type[vertex] = (uint16_t)type;
    blossom->place[vertex] = BLOSSOM_NONE;
}

static bool solve_plain(struct dutch_round *round, struct blossom *blossom)
{
    blossom_clear(blossom);
    bool possible = blossom_solve(blossom);
    round->searches += blossom->stages;
    return possible;
}

/* Whether the players from `first` on, and one more, can be paired among themselves. */
static bool can_complete(struct bracket *b, int first, int one_more)
{
    struct dutch_round *round = b->round;
    struct blossom *blossom = plain_problem(round);
    if (blossom == NULL)
        return false;
    if (one_more != BLOSSOM_NONE)
        add_plain(blossom, one_more, TAKER_NEXT);
    for (int seat = first; seat < round->seat_count; seat++)
        add_plain(blossom, seat, TAKER_NEXT);
    if (round->with_bye && first < round->seat_count &&
        round->bye_score_x10 <= round->seats[first].score_x10)
        add_plain(blossom, round_bye(round), TAKER_BYE);
    return solve_plain(round, blossom);
}

/* Whether the rest can take those left over here with the best C8 that so many could have: all of
 * them paired at the next score, its other players too, but for one where numbers are odd. */
static bool rest_takes_floats(struct bracket *b)
{
    struct dutch_round *round = b->round;
    const struct dutch_bracket_job *job = b->job;
    struct blossom *blossom = plain_problem(round);
    if (blossom == NULL)
        return false;
    for (int i = 0; i < b->result->unpaired_count; i++)
        add_plain(blossom, b->result->unpaired[i], TAKER_FLOAT_DOWN);
    for (int seat = job->next_first; seat < job->low_first; seat++)
        add_plain(blossom, seat, TAKER_NEXT);
    if (round->with_bye && round->bye_score_x10 >= round->seats[job->next_first].score_x10)
        add_plain(blossom, round_bye(round), TAKER_BYE);
    int further = round_bye(round) + 1;
    bool odd = blossom->active_count % 2 != 0;
    if (odd)
        add_plain(blossom, further, TAKER_FURTHER);
    return solve_plain(round, blossom) &&
           can_complete(b, job->low_first, odd ? blossom->mate[further] : BLOSSOM_NONE);
}

/* Finds the fewest stand-ins with which the bracket alone can be paired, and its best candidates.
 */
static enum status solve_alone(struct bracket *b)
{
    const struct dutch_bracket_job *job = b->job;
    int members = job->mdp_count + job->next_first - job->resident_first + bye_is_here(b);
    enum status status = STATUS_INTERNAL;
    b->alone = true;
    for (b->float_count = members % 2; b->float_count <= BRACKET_FLOATS_MAX; b->float_count += 2) {
        b->single_bye = bye_is_here(b) && b->float_count == 0;
        status = solve(b);
        if (status != STATUS_INTERNAL)
            return status;
    }
    return status;
}

/* STATUS_INTERNAL stands for "not shown", and the whole has to be asked. */
static enum status settle_alone(struct bracket *b)
{
    if (b->round->method == DUTCH_WHOLE || b->job->next_first == b->round->seat_count)
        return STATUS_INTERNAL;
    enum status status = solve_alone(b);
    if (status == STATUS_OK)
        status = choose(b);
    if (status != STATUS_OK)
        return status;
    b->result->proof = DUTCH_PROOF_ALONE;
    return rest_takes_floats(b) ? STATUS_OK : STATUS_INTERNAL;
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
        status = settle_alone(&b);
    if (status == STATUS_INTERNAL)
        status = settle_whole(&b);
    if (b.blossom != NULL)
        round->searches += b.blossom->stages;
    if (round->arena->used > round->memory_max)
        round->memory_max = round->arena->used;
    arena_rewind(round->arena, mark);
    return status;
}
