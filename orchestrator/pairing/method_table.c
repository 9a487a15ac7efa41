/* Round robins and initial fontes: the seeds and a table say who meets whom, whatever has happened.
 * Those who are away keep their line, so that the others' schedules do not change. */
#include "orchestrator/pairing/graph.h"
#include "orchestrator/pairing/method.h"
#include "orchestrator/pairing/table.h"

#include <assert.h>

typedef bool (*switch_function)(int count, int round, int one, int other);

/* A table: lines in seed order, one more for the bye where the number is odd. */
struct lines {
    int *players;  /* player of each line */
    int *opponent; /* line of each line's opponent; the bye's line is `count` */
    int count;
    int even;    /* count rounded up to even */
    int round;   /* from 0 */
    int turn;    /* the round that the table of firsts goes by */
    bool turned; /* the other one of each pair moves first, for legs in a row */
};

static bool lines_make(struct field *field, struct lines *out)
{
    *out = (struct lines){.players = field_ints(field, field->count + 1),
                          .opponent = field_ints(field, field->count + 1),
                          .round = field->input->round_number - 1};
    if (out->players == NULL || out->opponent == NULL)
        return false;
    for (int i = 0; i < field->count; i++) {
        int player = field->by_seed[i];
        if (field->players[player].joined_round <= field->input->round_number)
            out->players[out->count++] = player;
    }
    out->even = out->count + out->count % 2;
    return true;
}

/* Numbers 0..count-1 in the order drawn for this division, the same in every round. */
static int *drawn_lines(struct field *field, int from, int count)
{
    int *list = field_ints(field, count);
    for (int i = 0; list != NULL && i < count; i++)
        list[i] = from + i;
    if (list != NULL)
        field_shuffle(field, "table", 0, list, count);
    return list;
}

static void leftover_price(const struct field *field, const int *list, int one, int other,
                           struct graph_price *out, const void *user)
{
    (void)user;
    int apart = field->position[list[one]] - field->position[list[other]];
    out->cost[0] = field_meetings(field, list[one], list[other]);
    out->cost[1] = (int64_t)apart * apart;
}

/* Those whose opponents were taken by fixed pairs play each other. */
static enum status leftovers_pair(struct field *field, int *list, int count)
{
    static const char *const names[] = {"repeat", "seeds"};
    struct graph_ask ask = {.list = list,
                            .count = count,
                            .names = names,
                            .levels = 2,
                            .leave_over = count % 2 == 1,
                            .price = leftover_price};
    enum status status = graph_pair(field, &ask, NULL);
    for (int i = 0; i < count && field->out->verdict == PAIRING_MADE; i++)
        if (!field_is_settled(field, list[i]))
            field_rest(field, list[i], PAIRING_REST_BYE, "the table's opponent was paired by hand");
    return status;
}

static void line_pair(struct field *field, const struct lines *lines, int one, int other,
                      switch_function switches)
{
    int a = lines->players[one];
    int b = lines->players[other];
    if (field_forbidden(field, a, b) != NULL) {
        if (one < other) /* the pair comes again from the other line */
            field_conflict(field, PAIRING_CONFLICT_FORBIDDEN, a, b);
        return;
    }
    struct pairing_pair *pair =
        field_pair(field, a, b, field_text(field, "table: lines %d and %d", one + 1, other + 1));
    if (field->policy->first != PAIRING_FIRST_TABLE || switches == NULL)
        return;
    bool turned = switches(lines->count, lines->turn, one, other) != lines->turned;
    pair->first = turned ? b : a;
    pair->second = turned ? a : b;
    pair->first_reason = "by the table";
}

/* Makes the pairs of the table, lower line first. */
static enum status lines_pair(struct field *field, const struct lines *lines,
                              switch_function switches)
{
    int *left = field_ints(field, lines->count);
    int left_count = 0;
    if (left == NULL)
        return STATUS_FULL;
    for (int one = 0; one < lines->count; one++) {
        int player = lines->players[one];
        int other = lines->opponent[one];
        int opponent = other < lines->count ? lines->players[other] : PAIRING_NOBODY;
        if (!field_plays(field, player) || field_is_settled(field, player))
            continue;
        if (opponent == PAIRING_NOBODY)
            field_rest(field, player, PAIRING_REST_BYE, "the table's bye");
        else if (field->fixed[opponent])
            left[left_count++] = player;
        else if (!field_plays(field, opponent))
            field_rest(field, player, PAIRING_REST_OPPONENT_AWAY,
                       field_text(field, "%s, whom the table gives, does not play",
                                  field_name(field, opponent)));
        else
            line_pair(field, lines, one, other, switches);
    }
    if (field->out->verdict != PAIRING_MADE)
        return STATUS_OK;
    return leftovers_pair(field, left, left_count);
}

static int legs_of(const struct field *field)
{
    return field->policy->legs > 0 ? field->policy->legs : 1;
}

/* Of several rounds that a pair plays in a row the two move first in turn; not so on the other
 * platform. */
static void legs_turn(const struct field *field, struct lines *lines, bool in_a_row)
{
    bool ours = in_a_row && field->policy->compat != PAIRING_COMPAT_LIWORDS;
    lines->turn = ours ? lines->round / legs_of(field) : lines->round;
    lines->turned = ours && lines->round % legs_of(field) % 2 == 1;
}

/* Where the players are two teams of one size: puts the first team's lines before the second's. */
static void lines_by_team(const struct field *field, struct lines *lines, int *scratch)
{
    int first = lines->count > 0 ? field->players[lines->players[0]].team : 0;
    int own = 0;
    for (int i = 0; i < lines->count; i++)
        own += field->players[lines->players[i]].team == first;
    if (2 * own != lines->count)
        return;
    int at[2] = {0, own};
    for (int i = 0; i < lines->count; i++) {
        int player = lines->players[i];
        scratch[at[field->players[player].team != first]++] = player;
    }
    for (int i = 0; i < lines->count; i++)
        lines->players[i] = scratch[i];
}

enum status method_round_robin(struct field *field)
{
    struct lines lines;
    if (!lines_make(field, &lines))
        return STATUS_FULL;
    int *list = drawn_lines(field, 0, lines.even);
    if (list == NULL)
        return STATUS_FULL;
    int round = field->policy->legs_in_a_row ? lines.round / legs_of(field) : lines.round;
    legs_turn(field, &lines, field->policy->legs_in_a_row);
    if (lines.count > 0)
        table_circle(list, lines.even, round, lines.opponent);
    return lines_pair(field, &lines, table_circle_switches);
}

enum status method_team(struct field *field)
{
    struct lines lines;
    if (!lines_make(field, &lines))
        return STATUS_FULL;
    if (lines.count % 2 != 0)
        return fault_set(field->fault, 0, 0, "two teams of one size need an even number, not %d",
                         lines.count);
    int *list = drawn_lines(field, lines.count / 2, lines.count / 2);
    int *both = field_ints(field, lines.count);
    if (list == NULL || both == NULL)
        return STATUS_FULL;
    lines_by_team(field, &lines, both);
    legs_turn(field, &lines, true);
    for (int i = 0; i < lines.count / 2; i++) {
        both[i] = i;
        both[lines.count / 2 + i] = list[i];
    }
    if (lines.count > 0)
        table_halves(both, lines.count, lines.round / legs_of(field), lines.opponent);
    return lines_pair(field, &lines, table_halves_switches);
}

enum status method_interleaved(struct field *field)
{
    struct lines lines;
    if (!lines_make(field, &lines))
        return STATUS_FULL;
    int half = lines.even / 2;
    int *seeds = field_ints(field, lines.even);
    int *order = drawn_lines(field, 0, half);
    int *both = field_ints(field, lines.even);
    if (seeds == NULL || order == NULL || both == NULL)
        return STATUS_FULL;
    legs_turn(field, &lines, true);
    int at = 0;
    for (int i = 0; i < lines.count; i += 2)
        seeds[at++] = i;
    for (int i = 1; i < lines.count; i += 2)
        seeds[at++] = i;
    if (at < lines.even)
        seeds[at] = lines.count; /* the bye */
    for (int i = 0; i < half; i++) {
        both[i] = seeds[i];
        both[half + i] = seeds[half + order[i]];
    }
    if (lines.count > 0)
        table_halves(both, lines.even, lines.round / legs_of(field), lines.opponent);
    return lines_pair(field, &lines, table_interleaved_switches);
}

/* Plays the circle inside one group. */
static bool group_pair(struct field *field, struct lines *lines, const int *group, int number)
{
    int *members = field_ints(field, lines->even);
    int *opponent = field_ints(field, lines->even);
    int count = 0;
    for (int i = 0; members != NULL && i < lines->even; i++)
        if (group[i] == number)
            members[count++] = i;
    int *list = drawn_lines(field, 0, count);
    if (members == NULL || opponent == NULL || list == NULL)
        return false;
    table_circle(list, count, lines->round, opponent);
    for (int i = 0; i < count; i++)
        if (members[i] < lines->count)
            lines->opponent[members[i]] = members[opponent[i]];
    return true;
}

static int group_count(const int *group, int count, int number)
{
    int members = 0;
    for (int i = 0; i < count; i++)
        members += group[i] == number;
    return members;
}

enum status method_fontes(struct field *field)
{
    struct lines lines;
    if (!lines_make(field, &lines))
        return STATUS_FULL;
    int size = field->policy->fontes_rounds + 1;
    if (lines.count < size || size < 2) {
        field_note(field, "%d rounds of fontes need at least %d players", size - 1, size);
        for (int i = 0; i < lines.count; i++)
            if (!field_is_settled(field, lines.players[i]) && field_plays(field, lines.players[i]))
                field_rest(field, lines.players[i], PAIRING_REST_UNPAIRED, "too few for fontes");
        return STATUS_OK;
    }
    int *group = field_ints(field, lines.even);
    if (group == NULL)
        return STATUS_FULL;
    int groups = table_deal(lines.even, size, group);
    if (groups < 2)
        return fault_set(field->fault, 0, 0,
                         "%d rounds of fontes are too many for %d players: fewer than half as many "
                         "rounds as players",
                         size - 1, lines.count);
    for (int g = 0; g < groups; g++) {
        int members = group_count(group, lines.even, g);
        if (members % 2 != 0)
            return fault_set(field->fault, 0, 0,
                             "fontes: %d players in %d groups leave one of %d, an odd number",
                             lines.even, groups, members);
        if (!group_pair(field, &lines, group, g))
            return STATUS_FULL;
    }
    return lines_pair(field, &lines, NULL);
}
