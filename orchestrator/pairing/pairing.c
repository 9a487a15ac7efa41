/* Pairs one round: settles what is given, hands the rest to the policy's method, then firsts,
 * boards and the explanation. What makes a good pair is in the method_*.c files. */
#include "orchestrator/pairing/pairing.h"

#include "orchestrator/pairing/field.h"
#include "orchestrator/pairing/method.h"

#include <assert.h>

#define BYE_TRIES_MAX 64

static enum status input_check(const struct pairing_input *input, struct fault *fault)
{
    if (input->players_count < 0 || input->past_count < 0 || input->fixed_count < 0 ||
        input->forbidden_count < 0)
        return fault_set(fault, 0, 0, "a count is negative");
    if (input->players_count > PAIRING_PLAYERS_MAX)
        return STATUS_FULL;
    if (input->round_number < 1 || input->round_number > PAIRING_ROUNDS_MAX)
        return fault_set(fault, 0, 0, "round %d is not between 1 and %d", input->round_number,
                         PAIRING_ROUNDS_MAX);
    if (input->rounds_total != 0 && input->rounds_total < input->round_number)
        return fault_set(fault, 0, 0, "round %d of only %d", input->round_number,
                         input->rounds_total);
    if ((int)input->policy->method < 0 || input->policy->method >= PAIRING_METHOD_COUNT)
        return fault_set(fault, 0, 0, "no pairing method %d", (int)input->policy->method);
    return STATUS_OK;
}

/* Why a player does not play this round whatever the method, or PAIRING_REST_BYE for none. */
static enum pairing_rest_kind away_kind(const struct field *field, int player)
{
    const struct pairing_player *row = &field->players[player];
    switch (row->state) {
    case PAIRING_ABSENT:
        return PAIRING_REST_ABSENT;
    case PAIRING_WITHDRAWN:
        return PAIRING_REST_WITHDRAWN;
    case PAIRING_SUSPENDED:
        return PAIRING_REST_SUSPENDED;
    case PAIRING_ACTIVE:
        break;
    }
    return row->joined_round > field->input->round_number ? PAIRING_REST_NOT_YET : PAIRING_REST_BYE;
}

static const char *away_text(enum pairing_rest_kind kind)
{
    switch (kind) {
    case PAIRING_REST_ABSENT:
        return "asked not to play this round";
    case PAIRING_REST_WITHDRAWN:
        return "has withdrawn";
    case PAIRING_REST_SUSPENDED:
        return "is suspended";
    case PAIRING_REST_NOT_YET:
        return "joins in a later round";
    case PAIRING_REST_BYE:
    case PAIRING_REST_REQUESTED:
    case PAIRING_REST_OPPONENT_AWAY:
    case PAIRING_REST_ELIMINATED:
    case PAIRING_REST_WAITING:
    case PAIRING_REST_UNPAIRED:
        break;
    }
    return "";
}

/* Nobody is paired who does not play. */
static enum status fixed_check_away(struct field *field, const struct pairing_fixed *fixed,
                                    int number)
{
    int players[] = {fixed->first, fixed->second};
    for (int i = 0; i < 2 && fixed->second != PAIRING_NOBODY; i++) {
        enum pairing_rest_kind kind = away_kind(field, players[i]);
        if (kind != PAIRING_REST_BYE)
            return fault_set(field->fault, 0, 0, "fixed pair %d: %s %s", number,
                             field_name(field, players[i]), away_text(kind));
    }
    return STATUS_OK;
}

static enum status fixed_settle(struct field *field)
{
    const struct pairing_input *input = field->input;
    for (int i = 0; i < input->fixed_count; i++) {
        const struct pairing_fixed *fixed = &input->fixed[i];
        if (fixed->first < 0 || fixed->first >= field->count || fixed->second < PAIRING_NOBODY ||
            fixed->second >= field->count || fixed->first == fixed->second)
            return fault_set(field->fault, 0, 0, "fixed pair %d names no two players", i + 1);
        if (field_is_settled(field, fixed->first) ||
            (fixed->second != PAIRING_NOBODY && field_is_settled(field, fixed->second)))
            return fault_set(field->fault, 0, 0, "a player is in two fixed pairs: %s",
                             field_name(field, field_is_settled(field, fixed->first)
                                                   ? fixed->first
                                                   : fixed->second));
        enum status status = fixed_check_away(field, fixed, i + 1);
        if (status != STATUS_OK)
            return status;
        if (fixed->second == PAIRING_NOBODY) {
            field_rest(field, fixed->first, PAIRING_REST_REQUESTED, "bye given beforehand");
            field->fixed[fixed->first] = true;
            continue;
        }
        struct pairing_pair *pair =
            field_pair(field, fixed->first, fixed->second, "fixed beforehand");
        pair->fixed = true;
        field->fixed[fixed->first] = true;
        field->fixed[fixed->second] = true;
        if (fixed->keeps_order || field->policy->first == PAIRING_FIRST_LISTED) {
            pair->first = fixed->first;
            pair->second = fixed->second;
            pair->first_reason = "as fixed";
        }
    }
    return STATUS_OK;
}

static void away_settle(struct field *field)
{
    for (int i = 0; i < field->count; i++) {
        enum pairing_rest_kind kind = away_kind(field, i);
        if (kind != PAIRING_REST_BYE && !field_is_settled(field, i))
            field_rest(field, i, kind, away_text(kind));
    }
}

static void pool_fill(struct field *field)
{
    field->pool_count = 0;
    for (int i = 0; i < field->count; i++)
        if (!field_is_settled(field, field->by_place[i]))
            field->pool[field->pool_count++] = field->by_place[i];
}

static void leftovers_rest(struct field *field)
{
    for (int i = 0; i < field->count; i++)
        if (!field_is_settled(field, i))
            field_rest(field, i, PAIRING_REST_BYE, "left over by the pairing");
}

static int best_place(const struct field *field, const struct pairing_pair *pair)
{
    int first = field->place[pair->first];
    int second = field->place[pair->second];
    return first < second ? first : second;
}

/* Whether the method has numbered the boards itself, 1, 2, …. */
static bool has_boards(const struct field *field)
{
    for (int i = 0; i < field->pairs_count; i++)
        if (field->pairs[i].board == 0)
            return false;
    return true;
}

/* Puts pairs in the order of their boards, or of their better player's place, and numbers the
 * boards. */
static enum status boards_number(struct field *field)
{
    bool are_numbered = has_boards(field);
    struct pairing_pair *by_place =
        arena_array(field->arena, (size_t)(field->count > 0 ? field->count : 1), sizeof *by_place);
    if (by_place == NULL)
        return STATUS_FULL;
    for (int i = 0; i < field->pairs_count; i++)
        by_place[are_numbered ? field->pairs[i].board - 1 : best_place(field, &field->pairs[i])] =
            field->pairs[i];
    int count = 0;
    for (int i = 0; i < field->count; i++)
        if (by_place[i].first != by_place[i].second) {
            field->pairs[count] = by_place[i];
            field->pairs[count].board = count + 1;
            count++;
        }
    assert(count == field->pairs_count);
    return STATUS_OK;
}

static enum status rests_order(struct field *field)
{
    int *at = field_ints(field, field->count);
    struct pairing_rest *rests = arena_array(
        field->arena, (size_t)(field->rests_count > 0 ? field->rests_count : 1), sizeof *rests);
    if (at == NULL || rests == NULL)
        return STATUS_FULL;
    for (int i = 0; i < field->rests_count; i++)
        at[field->rests[i].player] = i + 1;
    int count = 0;
    for (int i = 0; i < field->count; i++)
        if (at[i] > 0)
            rests[count++] = field->rests[at[i] - 1];
    field->rests = rests;
    return STATUS_OK;
}

static enum status output_fill(struct field *field)
{
    struct pairing_output *out = field->out;
    enum status status = boards_number(field);
    if (status == STATUS_OK)
        status = rests_order(field);
    if (status != STATUS_OK)
        return status;
    if (out->verdict == PAIRING_MADE) {
        out->pairs = field->pairs;
        out->pairs_count = field->pairs_count;
        out->rests = field->rests;
        out->rests_count = field->rests_count;
    }
    out->notes = field->notes;
    out->notes_count = field->notes_count;
    out->summary =
        field_text(field, "round %d by %s, seed %llu: %d pairs, %d not playing",
                   field->input->round_number, pairing_method_name(field->policy->method),
                   (unsigned long long)field->input->seed, out->pairs_count, out->rests_count);
    return field->full ? STATUS_FULL : STATUS_OK;
}

static enum status round_pair(struct field *field)
{
    const struct method *method = method_row(field->policy->method);
    if (method->pair == NULL) {
        (void)fault_set(field->fault, 0, 0, "this build does not pair by %s", method->name);
        return STATUS_UNIMPLEMENTED;
    }
    enum status status = fixed_settle(field);
    if (status != STATUS_OK)
        return status;
    if (!method->keeps_everyone)
        away_settle(field);
    pool_fill(field);
    if (method->takes_bye)
        field_bye(field);
    if (method->gibsonizes)
        field_gibsonize(field);
    if (field->out->verdict == PAIRING_MADE)
        status = method->pair(field);
    if (status != STATUS_OK)
        return status;
    if (field->out->verdict == PAIRING_MADE) {
        away_settle(field);
        leftovers_rest(field);
        field_assign_firsts(field);
    }
    return output_fill(field);
}

enum status pairing_make(const struct pairing_input *input, struct arena *arena,
                         struct pairing_output *out, struct fault *out_fault)
{
    return pairing_make_insisting(input, PAIRING_NOBODY, PAIRING_NOBODY, arena, out, out_fault);
}

/* Pairs with the bye going to the candidate number `bye_choice`. */
static enum status round_try(const struct pairing_input *input, int one, int other, int bye_choice,
                             struct arena *arena, struct pairing_output *out, int *out_byes,
                             struct fault *fault)
{
    struct field field;
    *out = (struct pairing_output){.verdict = PAIRING_MADE};
    enum status status = field_init(&field, input, arena, out, fault);
    field.insist_one = one;
    field.insist_other = other;
    field.bye_choice = bye_choice;
    if (status == STATUS_OK)
        status = round_pair(&field);
    *out_byes = field.bye_candidates;
    return status;
}

enum status pairing_make_insisting(const struct pairing_input *input, int one, int other,
                                   struct arena *arena, struct pairing_output *out,
                                   struct fault *out_fault)
{
    assert(input != NULL && input->policy != NULL && arena != NULL && out != NULL);
    enum status status = input_check(input, out_fault);
    if (status != STATUS_OK)
        return status;
    struct pairing_output best;
    int byes;
    status = round_try(input, one, other, 0, arena, &best, &byes, out_fault);
    if (status != STATUS_OK)
        return status;
    /* Another bye may leave the others a legal pairing; else the fewest conflicts are told. */
    for (int choice = 1;
         choice < byes && choice < BYE_TRIES_MAX && best.verdict == PAIRING_IMPOSSIBLE; choice++) {
        struct arena_mark mark = arena_mark(arena);
        struct pairing_output next;
        int unused;
        status = round_try(input, one, other, choice, arena, &next, &unused, out_fault);
        if (status != STATUS_OK)
            return status;
        if (next.verdict == PAIRING_MADE || next.conflicts_count < best.conflicts_count)
            best = next;
        else
            arena_rewind(arena, mark);
    }
    *out = best;
    return STATUS_OK;
}
