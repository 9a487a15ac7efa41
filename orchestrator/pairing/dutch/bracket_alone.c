/* A bracket without those below it, or with the nearest of them only, and the proof that the others
 * would not have changed it. */
#include "orchestrator/pairing/dutch/bracket_rest.h"

#include <assert.h>
#include <stddef.h>

/* Pairs the next score's players, with those who move down from here or without, so that as few as
 * possible go further down, but no fewer than `least`. Returns how many, or -1 where it cannot be
 * done; `out_blossom` has it. */
static int pair_next(struct bracket *b, bool with_floats, int least, struct blossom **out_blossom)
{
    struct dutch_round *round = b->round;
    const struct dutch_bracket_job *job = b->job;
    struct blossom *blossom = rest_problem(round, false);
    if (blossom == NULL)
        return -1;
    for (int i = 0; with_floats && i < b->result->unpaired_count; i++)
        rest_add(blossom, b->result->unpaired[i], TAKER_FLOAT_DOWN);
    for (int seat = job->next_first; seat < job->low_first; seat++)
        rest_add(blossom, seat, TAKER_NEXT);
    bool bye_with_next =
        round->with_bye && round->bye_score_x10 == round->seats[job->next_first].score_x10;
    if (bye_with_next || (with_floats && bracket_has_bye(b)))
        rest_add(blossom, round_bye(round), TAKER_BYE);
    int further = 0;
    int wanted = least > 0 ? least : blossom->active_count % 2;
    for (;; wanted += blossom_open_count(blossom)) { /* each one more saves one of these at most */
        if (wanted > BRACKET_FLOATS_MAX)
            return -1;
        while (further < wanted)
            rest_add(blossom, round_bye(round) + 1 + further++, TAKER_FURTHER);
        if (rest_solve(round, blossom))
            break;
    }
    *out_blossom = blossom;
    return further;
}

/* Whether those who go further down, and everybody below, can be paired; if not these, then others
 * of the next score, no more of them. */
static bool can_go_on(struct bracket *b, const struct blossom *blossom, int further)
{
    int more[BRACKET_FLOATS_MAX];
    for (int i = 0; i < further; i++)
        more[i] = blossom->mate[round_bye(b->round) + 1 + i];
    if (rest_can_complete(b, b->job->low_first, more, further))
        return true;
    size_t room = (size_t)b->result->unpaired_count + 1;
    enum taker *takers = arena_array(b->round->arena, room, sizeof *takers);
    for (int i = 0; takers != NULL && i < b->result->unpaired_count; i++)
        takers[i] = TAKER_FLOAT_DOWN;
    return takers != NULL && rest_has_pairs(b, takers, rest_next_pairs(blossom));
}

/* What the rest says to those left over. */
enum answer {
    ANSWER_TAKEN,   /* can go on with them, and no C8 would be better */
    ANSWER_REFUSED, /* cannot go on with them */
    ANSWER_UNSURE   /* there might be a better C8 */
};

/* Whether the rest can take those left over here with the best C8 that so many could have. All of
 * them are paired at the next score; and no more of its players go further down than must: for the
 * numbers' sake, or because they cannot be paired among themselves (each one moved down saves one
 * of these at most), or because those further down need them. Where nobody moves down, C8 is the
 * same whatever is done here. */
static enum answer rest_takes_floats(struct bracket *b)
{
    int floats = b->result->unpaired_count - (bracket_has_bye(b) ? 1 : 0);
    if (floats == 0)
        return rest_can_complete(b, b->job->next_first, NULL, 0) ? ANSWER_TAKEN : ANSWER_REFUSED;
    struct blossom *with = NULL;
    struct blossom *without = NULL;
    int further = pair_next(b, true, 0, &with);
    if (further < 0)
        return ANSWER_REFUSED;
    bool fewest = further <= 1 || further <= pair_next(b, false, 0, &without) - floats;
    if (fewest && can_go_on(b, with, further))
        return ANSWER_TAKEN;
    b->needed_count = rest_least_open(b, b->job->low_first);
    if (b->needed_count > further)
        further = pair_next(b, true, b->needed_count, &with);
    else if (fewest)
        return ANSWER_REFUSED;
    if (further != b->needed_count)
        return ANSWER_UNSURE;
    return can_go_on(b, with, further) ? ANSWER_TAKEN : ANSWER_REFUSED;
}

/* Finds the fewest stand-ins, `least` or more, with which the bracket alone can be paired, and its
 * best candidates. */
static enum status solve_alone(struct bracket *b, int least)
{
    const struct dutch_bracket_job *job = b->job;
    int members = job->mdp_count + job->next_first - job->resident_first + bracket_has_bye(b);
    enum status status = STATUS_INTERNAL;
    b->with = DUTCH_PROOF_ALONE;
    b->float_count = least > members % 2 ? least : members % 2;
    assert((b->float_count - members) % 2 == 0);
    while (b->float_count <= BRACKET_FLOATS_MAX) {
        b->single_bye = bracket_has_bye(b) && b->float_count == 0;
        status = bracket_solve(b);
        if (status != STATUS_INTERNAL)
            return status;
        b->float_count += blossom_open_count(b->blossom); /* one more saves one of these at most */
    }
    return status;
}

static enum status settle_alone(struct bracket *b, int least, enum answer *out_answer)
{
    enum status status = solve_alone(b, least);
    if (status == STATUS_OK)
        status = bracket_choose(b);
    if (status != STATUS_OK)
        return status;
    b->result->proof = DUTCH_PROOF_ALONE;
    *out_answer = rest_takes_floats(b);
    return *out_answer == ANSWER_TAKEN ? STATUS_OK : STATUS_INTERNAL;
}

enum status bracket_settle_alone(struct bracket *b)
{
    if (b->round->method == DUTCH_WHOLE || b->job->next_first == b->round->seat_count)
        return STATUS_INTERNAL;
    enum answer answer = ANSWER_UNSURE;
    enum status status = settle_alone(b, 0, &answer);
    if (status != STATUS_INTERNAL || answer != ANSWER_REFUSED)
        return status;
    /* No candidate may leave over fewer than those below need. */
    int least = rest_least_open(b, b->job->next_first);
    return least > b->float_count ? settle_alone(b, least, &answer) : STATUS_INTERNAL;
}

/* ---- with the next score's players ------------------------------------------------------- */

/* Whether everybody below the next score can be paired with those whom the optimum at hand sends
 * there. */
static bool low_takes_floats(struct bracket *b)
{
    const struct blossom *blossom = b->blossom;
    int more[BRACKET_FLOATS_MAX];
    int count = 0;
    for (int i = 0; i < b->float_count; i++) {
        int mate = blossom->mate[round_bye(b->round) + 1 + i];
        if (mate < round_bye(b->round))
            more[count++] = mate;
    }
    return rest_can_complete(b, b->job->low_first, more, count);
}

/* What each of those left over does in the optimum at hand. False where all stand-ins are in use,
 * so that more of them might have given a better one. */
static bool list_takers(const struct bracket *b, enum taker *out)
{
    const struct blossom *blossom = b->blossom;
    int bye = round_bye(b->round);
    bool spare = false;
    for (int i = 0; i < b->float_count; i++)
        spare = spare || blossom->mate[bye + 1 + i] > bye;
    for (int i = 0; i < b->result->unpaired_count; i++) {
        int mate = blossom->mate[b->result->unpaired[i]];
        out[i] = mate > bye ? TAKER_FLOAT_FAR : mate == bye ? TAKER_RESTS : TAKER_FLOAT_NEXT;
    }
    return spare;
}

static int pairs_at_next(const struct bracket *b)
{
    int ends = 0;
    for (int i = 0; i < b->blossom->active_count; i++) {
        int v = b->blossom->active[i];
        int lower = b->blossom->mate[v] > v ? b->blossom->mate[v] : v;
        ends += bracket_role(b, lower) == ROLE_NEXT;
    }
    return ends / 2;
}

enum status bracket_settle_ahead(struct bracket *b)
{
    const struct dutch_bracket_job *job = b->job;
    if (b->round->method == DUTCH_WHOLE || job->low_first == b->round->seat_count)
        return STATUS_INTERNAL;
    b->with = DUTCH_PROOF_AHEAD;
    if (b->needed_count > BRACKET_FLOATS_MAX)
        return STATUS_INTERNAL;
    int members = job->mdp_count + job->low_first - job->resident_first + bracket_takes_bye(b);
    enum status status =
        bracket_settle_with(b, DUTCH_PROOF_AHEAD, BRACKET_FLOATS_MAX - members % 2);
    if (status != STATUS_OK)
        return status;
    size_t room = (size_t)b->result->unpaired_count + 1;
    enum taker *takers = arena_array(b->round->arena, room, sizeof *takers);
    if (takers == NULL)
        return STATUS_FULL;
    bool shown = list_takers(b, takers) &&
                 (low_takes_floats(b) || rest_has_pairs(b, takers, pairs_at_next(b)));
    return shown ? STATUS_OK : STATUS_INTERNAL;
}
