/* The rules by trying everything. */
#include "literal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = LITERAL_PLAYERS_MAX, VALUES_MAX = 160, INFINITE = 1000000, MASKS = 1 << MAX };

struct values {
    int count;
    int value[VALUES_MAX]; /* less is better, the first one first */
};

struct state {
    const struct dutch_seat *seats;
    int count;
    bool compatible[MAX][MAX];
    int bye_score;                /* C5; -1 = even field */
    signed char completes[MASKS]; /* -1 = not known yet */
    /* the bracket */
    unsigned mdps;
    unsigned residents;
    unsigned next;
    unsigned lower; /* everybody below the residents */
    bool ahead_known[MASKS];
    struct values ahead[MASKS];
    bool bye_for_sure[MASKS]; /* one left: has the bye in every best completion */
    /* the candidate being built and the best one so far */
    int pairs[MAX][2];
    int pair_count;
    bool any;
    struct values best;
    int best_pairs[MAX][2];
    int best_count;
};

static int bit_count(unsigned mask)
{
    int count = 0;
    for (; mask != 0; mask &= mask - 1)
        count++;
    return count;
}

static bool has(unsigned mask, int seat)
{
    return ((mask >> seat) & 1) != 0;
}

static int list(unsigned mask, int *out)
{
    int count = 0;
    for (int i = 0; i < MAX; i++)
        if (has(mask, i))
            out[count++] = i;
    return count;
}

static void push(struct values *values, int value)
{
    assert(values->count < VALUES_MAX);
    values->value[values->count++] = value;
}

static int compare_down(const void *one, const void *two)
{
    return *(const int *)two - *(const int *)one;
}

/* Adds a list, largest first, in a fixed room; what is not there is less than anything. */
static void push_list(struct values *values, int *items, int count)
{
    qsort(items, (size_t)count, sizeof *items, compare_down);
    for (int i = 0; i < MAX; i++)
        push(values, i < count ? items[i] : -1);
}

static int compare_values(const struct values *a, const struct values *b)
{
    for (int i = 0; i < a->count; i++)
        if (a->value[i] != b->value[i])
            return a->value[i] < b->value[i] ? -1 : 1;
    return 0;
}

/* ---- who may meet, and completion -------------------------------------------------------- */

static bool may_meet(const struct record *record, int round, const struct dutch_seat *a,
                     const struct dutch_seat *b)
{
    for (int past = 1; past < round; past++) {
        const struct record_result *result = record_result(record, a->player, past);
        if (record_was_played(result) && result->opponent == b->player)
            return false;
    }
    if (record_is_forbidden(record, a->player, b->player, round))
        return false;
    bool clash = a->strength == DUTCH_ABSOLUTE && b->strength == DUTCH_ABSOLUTE &&
                 a->preference == b->preference;
    return !clash || a->topscorer || b->topscorer;
}

static bool may_rest(const struct state *state, int seat)
{
    return state->seats[seat].may_get_bye && state->seats[seat].score_x10 <= state->bye_score;
}

static bool completes(struct state *state, unsigned mask)
{
    if (mask == 0)
        return true;
    if (state->completes[mask] >= 0)
        return state->completes[mask] != 0;
    bool found = false;
    bool odd = bit_count(mask) % 2 != 0;
    int first = 0;
    while (!has(mask, first))
        first++;
    unsigned rest = mask & ~(1u << first);
    for (int other = first + 1; other < state->count && !found; other++)
        if (has(rest, other) && state->compatible[first][other])
            found = completes(state, rest & ~(1u << other));
    if (!found && odd && may_rest(state, first))
        found = completes(state, rest);
    state->completes[mask] = found;
    return found;
}

static bool find_bye_score(struct state *state)
{
    unsigned all = (1u << state->count) - 1;
    state->bye_score = -1;
    memset(state->completes, -1, sizeof state->completes);
    if (state->count % 2 == 0)
        return completes(state, all);
    for (int i = state->count - 1; i >= 0; i--) {
        state->bye_score = state->seats[i].score_x10;
        memset(state->completes, -1, sizeof state->completes);
        if (completes(state, all))
            return true;
    }
    return false;
}

/* ---- C8: what the next bracket can make of those moved down ------------------------------ */

struct ahead_search {
    struct state *state;
    unsigned downs;
    bool any;
    struct values best;
    bool any_without_bye; /* the only one moved down is paired in a best completion */
};

static void judge_ahead(struct ahead_search *search, unsigned left, int pairs)
{
    struct state *state = search->state;
    unsigned below = state->lower & ~state->next;
    if (!completes(state, left | below))
        return;
    struct values values = {0};
    int scores[MAX];
    int count = 0;
    push(&values, -pairs);
    for (int i = 0; i < state->count; i++)
        if (has(left, i))
            scores[count++] = state->seats[i].score_x10;
    push_list(&values, scores, count);
    int order = search->any ? compare_values(&values, &search->best) : -1;
    if (order > 0)
        return;
    /* With one moved down, left over here and best so: does he have the bye whatever follows? */
    bool paired = (left & search->downs) == 0;
    bool may_go_on = false;
    for (int i = 0; i < state->count && !paired; i++)
        if (has(search->downs, i))
            for (int j = 0; j < state->count; j++)
                if (has((left | below) & ~(1u << i), j) && state->compatible[i][j] &&
                    completes(state, (left | below) & ~(1u << i) & ~(1u << j)))
                    may_go_on = true;
    if (order < 0) {
        search->best = values;
        search->any_without_bye = false;
    }
    search->any = true;
    search->any_without_bye = search->any_without_bye || paired || may_go_on;
}

static void try_ahead(struct ahead_search *search, unsigned open, unsigned left, int pairs)
{
    struct state *state = search->state;
    if (open == 0) {
        judge_ahead(search, left, pairs);
        return;
    }
    int first = 0;
    while (!has(open, first))
        first++;
    unsigned rest = open & ~(1u << first);
    for (int other = first + 1; other < state->count; other++) {
        bool both_down = has(search->downs, first) && has(search->downs, other);
        if (has(rest, other) && !both_down && state->compatible[first][other])
            try_ahead(search, rest & ~(1u << other), left, pairs + 1);
    }
    try_ahead(search, rest, left | (1u << first), pairs);
}

static const struct values *look_ahead(struct state *state, unsigned downs)
{
    if (!state->ahead_known[downs]) {
        struct ahead_search search = {.state = state, .downs = downs};
        try_ahead(&search, downs | state->next, 0, 0);
        assert(search.any);
        state->ahead[downs] = search.best;
        state->bye_for_sure[downs] = bit_count(downs) == 1 && !search.any_without_bye;
        state->ahead_known[downs] = true;
    }
    return &state->ahead[downs];
}

/* ---- a candidate's worth ----------------------------------------------------------------- */

static bool same_wish(const struct dutch_seat *a, const struct dutch_seat *b)
{
    return a->preference != DUTCH_NO_COLOUR && a->preference == b->preference;
}

static bool both_absolute(const struct dutch_seat *a, const struct dutch_seat *b)
{
    return same_wish(a, b) && a->strength == DUTCH_ABSOLUTE && b->strength == DUTCH_ABSOLUTE;
}

/* C10, C11: look at who would get which colour. */
static bool gives_difference_of_three(const struct dutch_seat *a, const struct dutch_seat *b)
{
    return both_absolute(a, b) && abs(a->difference) >= 2 && abs(b->difference) >= 2;
}

static bool gives_three_in_a_row(const struct dutch_seat *a, const struct dutch_seat *b)
{
    if (!both_absolute(a, b))
        return false;
    enum dutch_colour other = a->preference == DUTCH_WHITE ? DUTCH_BLACK : DUTCH_WHITE;
    if (abs(a->difference) > abs(b->difference))
        return b->repeated == other;
    if (abs(a->difference) < abs(b->difference))
        return a->repeated == other;
    return a->repeated != DUTCH_NO_COLOUR && a->repeated == b->repeated;
}

static void push_colours(const struct state *state, struct values *values)
{
    int count[4] = {0};
    for (int i = 0; i < state->pair_count; i++) {
        const struct dutch_seat *a = &state->seats[state->pairs[i][0]];
        const struct dutch_seat *b = &state->seats[state->pairs[i][1]];
        count[0] += gives_difference_of_three(a, b);
        count[1] += gives_three_in_a_row(a, b);
        count[2] += same_wish(a, b);
        count[3] += same_wish(a, b) && !both_absolute(a, b) && a->strength >= DUTCH_STRONG &&
                    b->strength >= DUTCH_STRONG;
    }
    for (int i = 0; i < 4; i++)
        push(values, count[i]);
}

/* Returns the resident an MDP is paired with, or -1. */
static int opponent_of(const struct state *state, int mdp)
{
    for (int i = 0; i < state->pair_count; i++)
        if (state->pairs[i][0] == mdp)
            return state->pairs[i][1];
    return -1;
}

static void push_floats(const struct state *state, unsigned downs, int back, struct values *values)
{
    int residents_down = 0;
    int opponents_up = 0;
    for (int i = 0; i < state->count; i++) {
        residents_down +=
            has(downs & state->residents, i) && state->seats[i].floated[back] == DUTCH_DOWN;
        if (!has(state->mdps, i) || opponent_of(state, i) < 0)
            continue;
        opponents_up += state->seats[opponent_of(state, i)].floated[back] == DUTCH_UP;
    }
    push(values, residents_down);
    push(values, opponents_up);
}

static void push_differences(const struct state *state, int back, struct values *values)
{
    int downs[MAX];
    int ups[MAX];
    int down_count = 0;
    int up_count = 0;
    for (int i = 0; i < state->count; i++) {
        if (!has(state->mdps, i))
            continue;
        int other = opponent_of(state, i);
        int difference =
            other < 0 ? INFINITE : state->seats[i].score_x10 - state->seats[other].score_x10;
        if (state->seats[i].floated[back] == DUTCH_DOWN)
            downs[down_count++] = difference;
        if (other >= 0 && state->seats[other].floated[back] == DUTCH_UP)
            ups[up_count++] = difference;
    }
    push_list(values, downs, down_count);
    push_list(values, ups, up_count);
}

static int unplayed_of(const struct state *state, unsigned downs)
{
    int who[MAX];
    (void)list(downs, who); /* one, by the caller's test */
    return -state->seats[who[0]].games;
}

static void judge(struct state *state)
{
    unsigned used = 0;
    for (int i = 0; i < state->pair_count; i++)
        used |= 1u << state->pairs[i][0] | 1u << state->pairs[i][1];
    unsigned downs = (state->mdps | state->residents) & ~used;
    if (!completes(state, downs | state->lower))
        return;
    struct values values = {0};
    int scores[MAX];
    int count = 0;
    for (int i = 0; i < state->count; i++)
        if (has(downs, i))
            scores[count++] = state->seats[i].score_x10;
    push(&values, count);
    push_list(&values, scores, count);
    const struct values *ahead = look_ahead(state, downs);
    for (int i = 0; i < ahead->count; i++)
        push(&values, ahead->value[i]);
    push(&values, state->bye_for_sure[downs] ? unplayed_of(state, downs) : 0);
    push_colours(state, &values);
    push_floats(state, downs, 0, &values);
    push_floats(state, downs, 1, &values);
    push_differences(state, 0, &values);
    push_differences(state, 1, &values);
    if (state->any && compare_values(&values, &state->best) >= 0)
        return;
    state->any = true;
    state->best = values;
    state->best_count = state->pair_count;
    memcpy(state->best_pairs, state->pairs, sizeof state->pairs);
}

/* ---- generation (Articles 3 and 4) ------------------------------------------------------- */

typedef void (*continuation)(struct state *state, const int *s2, unsigned taken, int s2_count);

/* Gives s1[at..] opponents from s2 in lexicographic order; each full assignment goes on. */
static void transpose(struct state *state, const int *s1, int s1_count, const int *s2, int s2_count,
                      int at, unsigned taken, continuation go_on)
{
    if (at == s1_count) {
        go_on(state, s2, taken, s2_count);
        return;
    }
    for (int i = 0; i < s2_count; i++) {
        if (has(taken, i) || !state->compatible[s1[at]][s2[i]])
            continue;
        state->pairs[state->pair_count][0] = s1[at];
        state->pairs[state->pair_count][1] = s2[i];
        state->pair_count++;
        transpose(state, s1, s1_count, s2, s2_count, at + 1, taken | 1u << i, go_on);
        state->pair_count--;
    }
}

static void judge_now(struct state *state, const int *s2, unsigned taken, int s2_count)
{
    (void)s2;
    (void)taken;
    (void)s2_count;
    judge(state);
}

struct exchange {
    unsigned s1; /* places */
    int moved;
    int sum;
};

/* The order of Article 4.3 between two ways to split places 0..count-1; `first` is the original
 * upper part. */
static unsigned original_part;

static int compare_exchanges(const void *one, const void *two)
{
    const struct exchange *a = one;
    const struct exchange *b = two;
    if (a->moved != b->moved)
        return a->moved - b->moved;
    if (a->sum != b->sum)
        return a->sum - b->sum;
    unsigned a_out = original_part & ~a->s1;
    unsigned b_out = original_part & ~b->s1;
    for (int i = MAX - 1; i >= 0; i--) /* the largest different one leaves first */
        if (has(a_out, i) != has(b_out, i))
            return has(a_out, i) ? -1 : 1;
    unsigned a_in = a->s1 & ~original_part;
    unsigned b_in = b->s1 & ~original_part;
    for (int i = 0; i < MAX; i++) /* the smallest different one enters first */
        if (has(a_in, i) != has(b_in, i))
            return has(a_in, i) ? -1 : 1;
    return 0;
}

static int list_exchanges(int count, int pairs, struct exchange *out)
{
    int found = 0;
    original_part = (1u << pairs) - 1;
    for (unsigned mask = 0; mask < 1u << count; mask++) {
        if (bit_count(mask) != pairs)
            continue;
        struct exchange exchange = {.s1 = mask, .moved = bit_count(mask & ~original_part)};
        for (int i = 0; i < count; i++)
            exchange.sum += has(mask, i) ? i : 0;
        out[found++] = exchange;
    }
    qsort(out, (size_t)found, sizeof *out, compare_exchanges);
    return found;
}

/* All ways to make `pairs` pairs among `members`, in the order of the rules. */
static void pair_homogeneous(struct state *state, const int *members, int count, int pairs)
{
    static struct exchange exchanges[MASKS];
    struct exchange *own = exchanges;
    struct exchange *copy = NULL;
    int found = list_exchanges(count, pairs, own);
    copy = malloc((size_t)found * sizeof *copy);
    assert(copy != NULL);
    memcpy(copy, own, (size_t)found * sizeof *copy);
    for (int i = 0; i < found; i++) {
        int s1[MAX];
        int s2[MAX];
        int s1_count = 0;
        int s2_count = 0;
        for (int k = 0; k < count; k++)
            if (has(copy[i].s1, k))
                s1[s1_count++] = members[k];
            else
                s2[s2_count++] = members[k];
        transpose(state, s1, s1_count, s2, s2_count, 0, 0, judge_now);
    }
    free(copy);
}

static int remainder_pairs; /* wanted in the remainder now being paired */

static void pair_remainder(struct state *state, const int *s2, unsigned taken, int s2_count)
{
    int members[MAX];
    int count = 0;
    for (int i = 0; i < s2_count; i++)
        if (!has(taken, i))
            members[count++] = s2[i];
    if (2 * remainder_pairs <= count)
        pair_homogeneous(state, members, count, remainder_pairs);
}

/* Sets of `wanted` MDPs in the order of Article 4.4. */
static void choose_mdps(struct state *state, const int *mdps, int count, int at, int *chosen,
                        int chosen_count, int wanted)
{
    if (chosen_count == wanted) {
        int s2[MAX];
        int s2_count = list(state->residents, s2);
        transpose(state, chosen, wanted, s2, s2_count, 0, 0, pair_remainder);
        return;
    }
    for (int i = at; i < count; i++) {
        chosen[chosen_count] = mdps[i];
        choose_mdps(state, mdps, count, i + 1, chosen, chosen_count + 1, wanted);
    }
}

static void pair_bracket(struct state *state)
{
    int mdps[MAX];
    int chosen[MAX];
    int mdp_count = list(state->mdps, mdps);
    int all = bit_count(state->mdps | state->residents);
    state->any = false;
    memset(state->ahead_known, 0, sizeof state->ahead_known);
    for (int pairs = all / 2; pairs >= 0 && !state->any; pairs--)
        for (int with_mdp = mdp_count < pairs ? mdp_count : pairs; with_mdp >= 0; with_mdp--) {
            remainder_pairs = pairs - with_mdp;
            state->pair_count = 0;
            choose_mdps(state, mdps, mdp_count, 0, chosen, 0, with_mdp);
        }
}

static unsigned seats_of_score(const struct state *state, int first)
{
    unsigned mask = 0;
    for (int i = first; i < state->count; i++)
        if (state->seats[i].score_x10 == state->seats[first].score_x10)
            mask |= 1u << i;
    return mask;
}

struct literal_result literal_pair(const struct record *record, int round,
                                   const struct dutch_seat *seats, int count)
{
    static struct state state;
    struct literal_result result = {0};
    assert(count <= MAX);
    state = (struct state){.seats = seats, .count = count};
    for (int a = 0; a < count; a++) {
        result.partner[a] = a;
        for (int b = 0; b < count; b++)
            state.compatible[a][b] = a != b && may_meet(record, round, &seats[a], &seats[b]);
    }
    if (!find_bye_score(&state))
        return result;
    result.possible = true;
    for (int first = 0; first < count; first += bit_count(state.residents)) {
        state.residents = seats_of_score(&state, first);
        int next = first + bit_count(state.residents);
        state.next = next < count ? seats_of_score(&state, next) : 0;
        state.lower = ((1u << count) - 1) & ~((1u << next) - 1);
        pair_bracket(&state);
        unsigned left = state.mdps | state.residents;
        for (int i = 0; i < state.best_count; i++) {
            int a = state.best_pairs[i][0];
            int b = state.best_pairs[i][1];
            result.partner[a] = b;
            result.partner[b] = a;
            left &= ~(1u << a) & ~(1u << b);
        }
        state.mdps = left;
    }
    return result;
}
