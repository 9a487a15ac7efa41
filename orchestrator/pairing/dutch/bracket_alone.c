/* A bracket without those below it, and the proof that they would not have changed it. */
#include "orchestrator/pairing/dutch/bracket_state.h"

#include <stddef.h>

/* Kinds of vertices in the question whether the next bracket can take those moved down. */
enum taker { TAKER_FLOAT_DOWN, TAKER_NEXT, TAKER_BYE, TAKER_FURTHER, TAKER_COUNT };

static const uint8_t TAKERS_ABSENT[TAKER_COUNT * TAKER_COUNT] = {
    1, 0, 0, 1, /* those moved down do not meet each other; nor may they go further down */
    0, 0, 0, 0, /* the next score's players may do anything */
    0, 0, 1, 1, /* the bye goes to one of these */
    1, 0, 1, 1, /* a stand-in for going further down is for the next score's players */
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

/* Whether the players from `first` on, and some more, can be paired among themselves. */
static bool can_complete(struct bracket *b, int first, const int *more, int more_count)
{
    struct dutch_round *round = b->round;
    struct blossom *blossom = plain_problem(round);
    if (blossom == NULL)
        return false;
    for (int i = 0; i < more_count; i++)
        add_plain(blossom, more[i], TAKER_NEXT);
    for (int seat = first; seat < round->seat_count; seat++)
        add_plain(blossom, seat, TAKER_NEXT);
    if (round->with_bye && first < round->seat_count &&
        round->bye_score_x10 <= round->seats[first].score_x10)
        add_plain(blossom, round_bye(round), TAKER_BYE);
    return solve_plain(round, blossom);
}

/* Pairs the next score's players, with those who move down from here or without, so that as few as
 * possible go further down. Returns how many, or -1 where it cannot be done; `out_blossom` has it.
 */
static int pair_next(struct bracket *b, bool with_floats, struct blossom **out_blossom)
{
    struct dutch_round *round = b->round;
    const struct dutch_bracket_job *job = b->job;
    struct blossom *blossom = plain_problem(round);
    if (blossom == NULL)
        return -1;
    for (int i = 0; with_floats && i < b->result->unpaired_count; i++)
        add_plain(blossom, b->result->unpaired[i], TAKER_FLOAT_DOWN);
    for (int seat = job->next_first; seat < job->low_first; seat++)
        add_plain(blossom, seat, TAKER_NEXT);
    bool bye_with_next =
        round->with_bye && round->bye_score_x10 == round->seats[job->next_first].score_x10;
    if (bye_with_next || (with_floats && bracket_has_bye(b)))
        add_plain(blossom, round_bye(round), TAKER_BYE);
    int further = 0;
    if (blossom->active_count % 2 != 0)
        add_plain(blossom, round_bye(round) + 1 + further++, TAKER_FURTHER);
    while (!solve_plain(round, blossom)) {
        if (further + 2 > BRACKET_FLOATS_MAX)
            return -1;
        add_plain(blossom, round_bye(round) + 1 + further++, TAKER_FURTHER);
        add_plain(blossom, round_bye(round) + 1 + further++, TAKER_FURTHER);
    }
    *out_blossom = blossom;
    return further;
}

/* Whether those who go further down, and everybody below, can be paired. */
static bool can_go_on(struct bracket *b, const struct blossom *blossom, int further)
{
    int more[BRACKET_FLOATS_MAX];
    for (int i = 0; i < further; i++)
        more[i] = blossom->mate[round_bye(b->round) + 1 + i];
    return can_complete(b, b->job->low_first, more, further);
}

/* Whether the rest can take those left over here with the best C8 that so many could have. All of
 * them are paired at the next score; and no more of its players go further down than must for the
 * numbers' sake, or because they cannot be paired among themselves: each one moved down saves one
 * of these at most. Where nobody moves down, C8 is the same whatever is done here. */
static bool rest_takes_floats(struct bracket *b)
{
    int floats = b->result->unpaired_count - (bracket_has_bye(b) ? 1 : 0);
    if (floats == 0)
        return can_complete(b, b->job->next_first, NULL, 0);
    struct blossom *with = NULL;
    struct blossom *without = NULL;
    int further = pair_next(b, true, &with);
    if (further < 0)
        return false;
    if (further > 1 && further > pair_next(b, false, &without) - floats)
        return false;
    return can_go_on(b, with, further);
}

/* Finds the fewest stand-ins with which the bracket alone can be paired, and its best candidates.
 */
static enum status solve_alone(struct bracket *b)
{
    const struct dutch_bracket_job *job = b->job;
    int members = job->mdp_count + job->next_first - job->resident_first + bracket_has_bye(b);
    enum status status = STATUS_INTERNAL;
    b->alone = true;
    for (b->float_count = members % 2; b->float_count <= BRACKET_FLOATS_MAX; b->float_count += 2) {
        b->single_bye = bracket_has_bye(b) && b->float_count == 0;
        status = bracket_solve(b);
        if (status != STATUS_INTERNAL)
            return status;
    }
    return status;
}

enum status bracket_settle_alone(struct bracket *b)
{
    if (b->round->method == DUTCH_WHOLE || b->job->next_first == b->round->seat_count)
        return STATUS_INTERNAL;
    enum status status = solve_alone(b);
    if (status == STATUS_OK)
        status = bracket_choose(b);
    if (status != STATUS_OK)
        return status;
    b->result->proof = DUTCH_PROOF_ALONE;
    return rest_takes_floats(b) ? STATUS_OK : STATUS_INTERNAL;
}
