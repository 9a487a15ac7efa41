/* The frame of a round: who may meet whom, whether a legal pairing exists, where the bye may go
 * (C5), the brackets from the top down, colours and board order. Brackets are settled by bracket.c.
 */
#include "orchestrator/pairing/dutch/dutch.h"

#include "orchestrator/pairing/dutch/bracket.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static void set_bit(struct dutch_round *round, int a, int b, bool value)
{
    uint64_t *word = &round->compatible[(size_t)a * (size_t)round->row_words + (size_t)(b / 64)];
    uint64_t bit = (uint64_t)1 << (b % 64);
    *word = value ? *word | bit : *word & ~bit;
}

static void set_pair(struct dutch_round *round, int a, int b, bool value)
{
    set_bit(round, a, b, value);
    set_bit(round, b, a, value);
}

/* C3: two absolute preferences for the same colour, and no topscorer among the two. */
static bool colours_clash(const struct dutch_seat *a, const struct dutch_seat *b)
{
    return a->strength == DUTCH_ABSOLUTE && b->strength == DUTCH_ABSOLUTE &&
           a->preference == b->preference && !a->topscorer && !b->topscorer;
}

static void allow_by_colours(struct dutch_round *round)
{
    for (int a = 0; a < round->seat_count; a++)
        for (int b = a + 1; b < round->seat_count; b++)
            if (!colours_clash(&round->seats[a], &round->seats[b]))
                set_pair(round, a, b, true);
}

static void forbid_rematches(struct dutch_round *round, const struct dutch_input *input,
                             const int *seat_of)
{
    for (int seat = 0; seat < round->seat_count; seat++)
        for (int past = 1; past < input->round; past++) {
            const struct record_result *result =
                record_result(input->record, round->seats[seat].player, past);
            if (record_was_played(result) && seat_of[result->opponent] >= 0)
                set_pair(round, seat, seat_of[result->opponent], false);
        }
}

static void forbid_lists(struct dutch_round *round, const struct dutch_input *input,
                         const int *seat_of)
{
    for (int i = 0; i < input->record->forbidden_count; i++) {
        const struct record_forbidden *list = &input->record->forbidden[i];
        if (input->round < list->first_round || input->round > list->last_round)
            continue;
        for (int a = 0; a < list->count; a++)
            for (int b = 0; b < a; b++)
                if (seat_of[list->players[a]] >= 0 && seat_of[list->players[b]] >= 0)
                    set_pair(round, seat_of[list->players[a]], seat_of[list->players[b]], false);
    }
}

/* Whether the bye may go to a seat: by right, or as a director insists. */
static bool may_rest(const struct dutch_round *round, int seat)
{
    int held = round->held_for[seat];
    return held == BLOSSOM_NONE ? round->seats[seat].may_get_bye : held == round_bye(round);
}

/* Lets the bye go to those who may have it and have at most this score. */
static void allow_bye(struct dutch_round *round, int score_x10)
{
    for (int seat = 0; seat < round->seat_count; seat++)
        set_pair(round, seat, round_bye(round),
                 may_rest(round, seat) && round->seats[seat].score_x10 <= score_x10);
}

/* Leaves a seat nobody but the partner insisted on. */
static void hold(struct dutch_round *round, int seat, int partner)
{
    for (int other = 0; other < round->seat_count; other++)
        set_pair(round, seat, other, other == partner);
    round->held_for[seat] = partner;
}

static bool hold_insisted(struct dutch_round *round, const struct dutch_input *input,
                          const int *seat_of)
{
    for (int i = 0; i < input->insisted_count; i++) {
        struct dutch_pair pair = input->insisted[i];
        int one = seat_of[pair.first];
        int other = pair.second == RECORD_NOBODY ? round_bye(round) : seat_of[pair.second];
        if (one < 0 || other < 0 || one == other)
            return false;
        hold(round, one, other);
        if (other != round_bye(round))
            hold(round, other, one);
    }
    return true;
}

static void allow_floats(struct dutch_round *round)
{
    for (int seat = 0; seat < round->seat_count; seat++)
        for (int v = round_bye(round) + 1; v < round->vertex_count; v++)
            set_pair(round, seat, v, true);
    for (int v = round_bye(round) + 1; v < round->vertex_count; v++)
        for (int w = v + 1; w < round->vertex_count; w++)
            set_pair(round, v, w, true);
}

static enum status set_up_round(struct dutch_round *round, const struct dutch_input *input,
                                struct fault *out_fault)
{
    const struct record *record = input->record;
    size_t players = (size_t)record->player_count;
    int *seat_of = arena_array(round->arena, players + 1, sizeof *seat_of);
    round->vertex_count = round->seat_count + 1 + BRACKET_FLOATS_MAX;
    round->row_words = (round->vertex_count + 63) / 64;
    round->compatible = arena_array(
        round->arena, (size_t)round->vertex_count * (size_t)round->row_words, sizeof(uint64_t));
    round->held_for = arena_array(round->arena, (size_t)round->seat_count + 1, sizeof(int));
    round->open_from = arena_array(round->arena, (size_t)round->seat_count + 1, sizeof(int));
    round->partner = arena_array(round->arena, (size_t)round->vertex_count, sizeof(int));
    if (seat_of == NULL || round->compatible == NULL || round->held_for == NULL ||
        round->open_from == NULL || round->partner == NULL)
        return STATUS_FULL;
    for (int v = 0; v < round->vertex_count; v++)
        round->partner[v] = BLOSSOM_NONE;
    for (int seat = 0; seat <= round->seat_count; seat++)
        round->open_from[seat] = -1;
    for (int seat = 0; seat < round->seat_count; seat++)
        round->held_for[seat] = BLOSSOM_NONE;
    for (size_t i = 0; i < players; i++)
        seat_of[i] = -1;
    for (int seat = 0; seat < round->seat_count; seat++)
        seat_of[round->seats[seat].player] = seat;
    allow_by_colours(round);
    forbid_rematches(round, input, seat_of);
    forbid_lists(round, input, seat_of);
    if (!hold_insisted(round, input, seat_of))
        return fault_set(out_fault, 0, 0, "a pair insisted on is not of two players present");
    allow_floats(round);
    return STATUS_OK;
}

/* ---- is there a pairing at all, and where may the bye go (C5) ---------------------------- */

/* Returns the next higher score of a player with a right to the bye, or -1. */
static int next_bye_score(const struct dutch_round *round, int above)
{
    for (int seat = round->seat_count - 1; seat >= 0; seat--)
        if (may_rest(round, seat) && round->seats[seat].score_x10 > above)
            return round->seats[seat].score_x10;
    return -1;
}

/* A matching problem in which only who may meet whom counts. */
static struct blossom *completion_problem(struct dutch_round *round)
{
    static const int64_t no_weight[1] = {0};
    static const uint8_t never_absent[1] = {0};
    struct blossom *blossom = blossom_create(round->arena, round->vertex_count, 1);
    if (blossom == NULL)
        return NULL;
    blossom->compatible = round->compatible;
    blossom->row_words = round->row_words;
    blossom->type_count = 1;
    blossom->table = no_weight;
    blossom->absent = never_absent;
    blossom->row = arena_array(round->arena, 1, sizeof *blossom->row);
    for (int v = 0; v < round->seat_count + (round->with_bye ? 1 : 0); v++) {
        blossom->active[blossom->active_count++] = v;
        blossom->place[v] = BLOSSOM_NONE;
    }
    blossom_clear(blossom);
    return blossom->row == NULL ? NULL : blossom;
}

/* The matching is as large as can be: those left over, paired against the rules, are the fewest
 * pairs (or byes) that must be allowed. */
static bool list_relaxations(struct dutch_round *round, const struct blossom *blossom,
                             struct dutch_output *out)
{
    out->relax = arena_array(round->arena, (size_t)round->seat_count + 1, sizeof *out->relax);
    if (out->relax == NULL)
        return false;
    int open = BLOSSOM_NONE;
    for (int v = 0; v < round->seat_count + (round->with_bye ? 1 : 0); v++) {
        if (blossom->mate[v] != BLOSSOM_NONE)
            continue;
        if (open == BLOSSOM_NONE) {
            open = v;
            continue;
        }
        out->relax[out->relax_count++] = (struct dutch_pair){
            .first = round->seats[open].player,
            .second = v == round_bye(round) ? RECORD_NOBODY : round->seats[v].player,
        };
        open = BLOSSOM_NONE;
    }
    return true;
}

/* Finds out whether there is a legal pairing and sets C5's score for the bye. */
static enum status find_completion(struct dutch_round *round, struct dutch_output *out)
{
    struct arena_mark mark = arena_mark(round->arena);
    struct blossom *blossom = completion_problem(round);
    if (blossom == NULL)
        return STATUS_FULL;
    int score = round->with_bye ? next_bye_score(round, -1) : -1;
    out->possible = score < 0 && blossom_solve(blossom);
    for (; score >= 0 && !out->possible; score = next_bye_score(round, score)) {
        allow_bye(round, score);
        round->bye_score_x10 = score;
        out->possible = blossom_solve(blossom);
    }
    for (int i = 0; i < blossom->active_count; i++)
        round->partner[blossom->active[i]] = blossom->mate[blossom->active[i]];
    if (out->possible)
        arena_rewind(round->arena, mark);
    else if (!list_relaxations(round, blossom, out))
        return STATUS_FULL;
    return STATUS_OK;
}

/* ---- brackets ---------------------------------------------------------------------------- */

static int end_of_score(const struct dutch_round *round, int first)
{
    int end = first;
    while (end < round->seat_count && round->seats[end].score_x10 == round->seats[first].score_x10)
        end++;
    return end;
}

static void add_pairs(const struct dutch_bracket_result *result, struct dutch_output *out)
{
    for (int i = 0; i < result->pair_count; i++)
        out->by_bracket[out->pair_count++] =
            (struct dutch_pair){.first = result->pairs[2 * i], .second = result->pairs[2 * i + 1]};
}

static void add_bracket(const struct dutch_round *round, const struct dutch_bracket_job *job,
                        const struct dutch_bracket_result *result, struct dutch_output *out)
{
    out->brackets[out->bracket_count++] = (struct dutch_bracket){
        .score_x10 = round->seats[job->resident_first].score_x10,
        .mdp_count = job->mdp_count,
        .resident_count = job->next_first - job->resident_first,
        .pair_count = result->pair_count,
        .first_pair = out->pair_count,
        .proof = result->proof,
    };
    add_pairs(result, out);
}

static enum status settle_brackets(struct dutch_round *round, struct dutch_output *out)
{
    size_t seats = (size_t)round->seat_count + 1;
    int *mdps = arena_array(round->arena, seats, sizeof *mdps);
    struct dutch_bracket_result result = {
        .pairs = arena_array(round->arena, 2 * seats, sizeof *result.pairs),
        .unpaired = arena_array(round->arena, seats, sizeof *result.unpaired),
    };
    if (mdps == NULL || result.pairs == NULL || result.unpaired == NULL)
        return STATUS_FULL;
    struct dutch_bracket_job job = {.mdps = mdps};
    for (int first = 0; first < round->seat_count; first = job.next_first) {
        job.resident_first = first;
        job.next_first = end_of_score(round, first);
        job.low_first = end_of_score(round, job.next_first);
        enum status status = bracket_settle(round, &job, &result);
        if (status != STATUS_OK)
            return status;
        add_bracket(round, &job, &result, out);
        job.mdp_count = result.unpaired_count;
        memcpy(mdps, result.unpaired, (size_t)result.unpaired_count * sizeof *mdps);
    }
    assert(job.mdp_count == (round->with_bye ? 1 : 0));
    if (round->with_bye)
        out->by_bracket[out->pair_count++] =
            (struct dutch_pair){.first = mdps[0], .second = RECORD_NOBODY};
    return STATUS_OK;
}

/* ---- boards ------------------------------------------------------------------------------ */

/* A pair with what its board follows from. */
struct board {
    struct dutch_pair pair;
    int upper_x10; /* score of the higher ranked */
    int lower_x10; /* of the other; below everything for the bye */
    int number;    /* of the higher ranked */
    bool is_bye;
};

static int compare_boards(const void *one, const void *two)
{
    const struct board *a = one;
    const struct board *b = two;
    if (a->is_bye != b->is_bye)
        return a->is_bye ? 1 : -1;
    if (a->upper_x10 != b->upper_x10)
        return a->upper_x10 > b->upper_x10 ? -1 : 1;
    if (a->lower_x10 != b->lower_x10)
        return a->lower_x10 > b->lower_x10 ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* `second` is NULL for the bye. Sets all but the pair itself. */
static struct board board_of(const struct dutch_input *input, const struct dutch_seat *first,
                             const struct dutch_seat *second)
{
    bool real = input->compat == DUTCH_BBP;
    int first_x10 = real ? first->points_x10 : first->score_x10;
    if (second == NULL)
        return (struct board){.upper_x10 = first_x10, .number = first->player, .is_bye = true};
    int second_x10 = real ? second->points_x10 : second->score_x10;
    bool first_is_upper =
        first_x10 != second_x10 ? first_x10 > second_x10 : first->player < second->player;
    return (struct board){
        .upper_x10 = first_is_upper ? first_x10 : second_x10,
        .lower_x10 = first_is_upper ? second_x10 : first_x10,
        .number = first_is_upper ? first->player : second->player,
    };
}

bool dutch_order_boards(const struct dutch_input *input, const struct dutch_seat *seats,
                        int seat_count, struct arena *arena, struct dutch_pair *pairs, int count)
{
    size_t players = (size_t)input->record->player_count;
    const struct dutch_seat **seat_of = arena_array(arena, players + 1, sizeof(void *));
    struct board *boards = arena_array(arena, (size_t)count + 1, sizeof *boards);
    if (seat_of == NULL || boards == NULL)
        return false;
    for (int i = 0; i < seat_count; i++)
        seat_of[seats[i].player] = &seats[i];
    for (int i = 0; i < count; i++) {
        int second = pairs[i].second;
        boards[i] = board_of(input, seat_of[pairs[i].first],
                             second == RECORD_NOBODY ? NULL : seat_of[second]);
        boards[i].pair = pairs[i];
    }
    qsort(boards, (size_t)count, sizeof *boards, compare_boards);
    for (int i = 0; i < count; i++)
        pairs[i] = boards[i].pair;
    return true;
}

/* From seats to players, with colours. */
static struct dutch_pair colour_pair(const struct dutch_round *round, struct dutch_pair seats,
                                     enum record_side initial_side)
{
    const struct dutch_seat *a = &round->seats[seats.first];
    if (seats.second == RECORD_NOBODY)
        return (struct dutch_pair){a->player, RECORD_NOBODY};
    const struct dutch_seat *b = &round->seats[seats.second];
    if (dutch_first_has_white(a, b, initial_side))
        return (struct dutch_pair){a->player, b->player};
    return (struct dutch_pair){b->player, a->player};
}

static bool set_boards(const struct dutch_round *round, const struct dutch_input *input,
                       struct dutch_output *out)
{
    enum record_side initial_side = input->initial_side != RECORD_SIDE_NONE
                                        ? input->initial_side
                                        : dutch_initial_side(input->record);
    for (int i = 0; i < out->pair_count; i++) {
        out->by_bracket[i] = colour_pair(round, out->by_bracket[i], initial_side);
        out->pairs[i] = out->by_bracket[i];
    }
    return dutch_order_boards(input, round->seats, round->seat_count, round->arena, out->pairs,
                              out->pair_count);
}

/* ---- the round --------------------------------------------------------------------------- */

static enum status check_input(const struct dutch_input *input, struct fault *out_fault)
{
    const struct record *record = input->record;
    if (record->player_count > DUTCH_PLAYERS_MAX)
        return STATUS_FULL;
    if (input->round < 1 || input->round - 1 > record->round_capacity)
        return fault_set(out_fault, 0, 0, "there is no round %d to pair", input->round);
    if (input->initial_side == RECORD_SIDE_NONE && dutch_initial_side(record) == RECORD_SIDE_NONE)
        return fault_set(out_fault, 0, 0, "the colour of the first player is not known");
    return STATUS_OK;
}

static bool set_up_output(struct dutch_round *round, struct dutch_output *out)
{
    size_t room = (size_t)round->seat_count + 1;
    *out = (struct dutch_output){
        .pairs = arena_array(round->arena, room, sizeof *out->pairs),
        .by_bracket = arena_array(round->arena, room, sizeof *out->by_bracket),
        .brackets = arena_array(round->arena, room, sizeof *out->brackets),
        .seats = round->seats,
        .seat_count = round->seat_count,
        .bye_score_x10 = -1,
    };
    return out->pairs != NULL && out->by_bracket != NULL && out->brackets != NULL;
}

enum status dutch_pair(const struct dutch_input *input, struct arena *arena,
                       struct dutch_output *out, struct fault *out_fault)
{
    enum status status = check_input(input, out_fault);
    if (status != STATUS_OK)
        return status;
    struct dutch_round round = {.arena = arena,
                                .method = input->method,
                                .prove = input->prove,
                                .rounds_played = input->round - 1};
    struct dutch_output result = {0};
    size_t used_before = arena->used;
    round.memory_max = used_before;
    round.seats = dutch_seats(input, arena, &round.seat_count);
    round.with_bye = round.seat_count % 2 != 0;
    if (round.seats == NULL || !set_up_output(&round, &result))
        return STATUS_FULL;
    status = set_up_round(&round, input, out_fault);
    if (status == STATUS_OK)
        status = find_completion(&round, &result);
    if (status == STATUS_OK && result.possible) {
        if (round.with_bye)
            result.bye_score_x10 = round.bye_score_x10;
        status = settle_brackets(&round, &result);
        if (status == STATUS_OK && !set_boards(&round, input, &result))
            status = STATUS_FULL;
    }
    result.proved = input->prove && result.possible && !round.disproved;
    result.searches = round.searches;
    result.memory_max = round.memory_max - used_before;
    if (status == STATUS_OK)
        *out = result;
    return status;
}
