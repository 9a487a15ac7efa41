/* Reads rows into a field and keeps its books: who is paired, who rests, what is noted. Which pairs
 * are good is the methods' business. */
#include "orchestrator/pairing/field.h"

#include "orchestrator/pairing/lots.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 512

int *field_ints(struct field *field, int count)
{
    int *ints = arena_array(field->arena, (size_t)(count > 0 ? count : 1), sizeof *ints);
    if (ints == NULL)
        field->full = true;
    return ints;
}

const char *field_text(struct field *field, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0)
        return "";
    size_t kept = (size_t)size < sizeof text ? (size_t)size : sizeof text - 1;
    const char *copy = arena_copy(field->arena, text, kept);
    if (copy == NULL)
        field->full = true;
    return copy != NULL ? copy : "";
}

const char *field_name(struct field *field, int player)
{
    const struct pairing_player *row = &field->players[player];
    return row->name != NULL ? row->name : field_text(field, "#%d", row->seed);
}

void field_note(struct field *field, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a long line is cut */
    va_end(arguments);
    if (field->notes_count == field->notes_max) {
        int room = field->notes_max == 0 ? 16 : field->notes_max * 2;
        const char **notes = arena_array(field->arena, (size_t)room, sizeof *notes);
        if (notes == NULL) {
            field->full = true;
            return;
        }
        for (int i = 0; i < field->notes_count; i++)
            notes[i] = field->notes[i];
        field->notes = notes;
        field->notes_max = room;
    }
    field->notes[field->notes_count++] = field_text(field, "%s", text);
}

/* Heap sort by a comparison that knows the field: no allocation, no recursion, and with ties broken
 * by the callers the same order everywhere. */
typedef bool (*field_before)(const struct field *field, int one, int other);

static void sift(const struct field *field, int *list, int count, int at, field_before before)
{
    for (;;) {
        int child = 2 * at + 1;
        if (child >= count)
            return;
        if (child + 1 < count && before(field, list[child], list[child + 1]))
            child++;
        if (!before(field, list[at], list[child]))
            return;
        int kept = list[at];
        list[at] = list[child];
        list[child] = kept;
        at = child;
    }
}

static void sort(const struct field *field, int *list, int count, field_before before)
{
    for (int i = count / 2 - 1; i >= 0; i--)
        sift(field, list, count, i, before);
    for (int i = count - 1; i > 0; i--) {
        int kept = list[0];
        list[0] = list[i];
        list[i] = kept;
        sift(field, list, i, 0, before);
    }
}

static bool seed_before(const struct field *field, int one, int other)
{
    const struct pairing_player *a = &field->players[one];
    const struct pairing_player *b = &field->players[other];
    return a->seed != b->seed ? a->seed < b->seed : one < other;
}

static bool place_before(const struct field *field, int one, int other)
{
    const struct pairing_player *a = &field->players[one];
    const struct pairing_player *b = &field->players[other];
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->points != b->points)
        return a->points > b->points;
    if (a->spread != b->spread)
        return a->spread > b->spread;
    return seed_before(field, one, other);
}

static bool is_within(int value, int max)
{
    return value >= -max && value <= max;
}

/* Far from the bounds of their types, so that no method's sums overflow. */
static bool is_measured(const struct pairing_player *player)
{
    const int values[] = {player->points, player->spread,     player->rating,
                          player->misses, player->rating_min, player->rating_max};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        if (!is_within(values[i], PAIRING_VALUE_MAX))
            return false;
    return true;
}

static enum status players_check(const struct field *field)
{
    const struct pairing_input *input = field->input;
    int ranked = 0;
    for (int i = 0; i < field->count; i++) {
        ranked += input->players[i].rank != 0;
        if (!is_measured(&input->players[i]))
            return fault_set(field->fault, 0, 0,
                             "points, spread or ratings of seed %d are not within plus or minus %d",
                             input->players[i].seed, PAIRING_VALUE_MAX);
    }
    if (ranked != 0 && ranked != field->count)
        return fault_set(field->fault, 0, 0, "%d of %d players have a rank: give all or none",
                         ranked, field->count);
    for (int i = 1; i < field->count; i++)
        if (input->players[field->by_seed[i]].seed == input->players[field->by_seed[i - 1]].seed)
            return fault_set(field->fault, 0, 0, "two players have seed %d",
                             input->players[field->by_seed[i]].seed);
    return STATUS_OK;
}

static bool is_player(const struct field *field, int index)
{
    return index >= 0 && index < field->count;
}

static enum status rows_check(const struct field *field)
{
    const struct pairing_input *input = field->input;
    for (int i = 0; i < input->past_count; i++) {
        const struct pairing_past *past = &input->past[i];
        if (!is_player(field, past->first) ||
            (past->second != PAIRING_NOBODY && !is_player(field, past->second)) ||
            past->first == past->second || past->round_number < 1 ||
            past->round_number > PAIRING_ROUNDS_MAX)
            return fault_set(field->fault, 0, 0, "past game %d is between no two players", i + 1);
        if (!is_within(past->score_first, PAIRING_SCORE_MAX) ||
            !is_within(past->score_second, PAIRING_SCORE_MAX))
            return fault_set(field->fault, 0, 0,
                             "scores of past game %d are not within plus or minus %d", i + 1,
                             PAIRING_SCORE_MAX);
    }
    for (int i = 0; i < input->forbidden_count; i++)
        if (!is_player(field, input->forbidden[i].one) ||
            !is_player(field, input->forbidden[i].other))
            return fault_set(field->fault, 0, 0, "forbidden pair %d names no two players", i + 1);
    return STATUS_OK;
}

static bool tables_make(struct field *field)
{
    int count = field->count;
    size_t rows = (size_t)(count > 0 ? count : 1);
    field->by_seed = field_ints(field, count);
    field->position = field_ints(field, count);
    field->by_place = field_ints(field, count);
    field->place = field_ints(field, count);
    field->pool = field_ints(field, count);
    field->mate = field_ints(field, count);
    field->fixed = arena_array(field->arena, rows, sizeof *field->fixed);
    field->in_forbidden = arena_array(field->arena, rows, sizeof *field->in_forbidden);
    field->history = arena_array(field->arena, rows, sizeof *field->history);
    field->pairs = arena_array(field->arena, rows, sizeof *field->pairs);
    field->rests = arena_array(field->arena, rows, sizeof *field->rests);
    return !field->full && field->fixed != NULL && field->in_forbidden != NULL &&
           field->history != NULL && field->pairs != NULL && field->rests != NULL;
}

/* Whether a past row tells of two players who have met before this round. */
static bool is_meeting(const struct field *field, const struct pairing_past *past)
{
    bool forfeit = past->result_first == PAIRING_RESULT_FORFEIT_WIN ||
                   past->result_first == PAIRING_RESULT_FORFEIT_LOSS;
    return past->second != PAIRING_NOBODY && past->round_number < field->input->round_number &&
           past->result_first != PAIRING_RESULT_VOID && (!forfeit || field->policy->forfeits_meet);
}

static void game_add(struct field_history *history, int opponent, int round)
{
    const struct field_game *last =
        history->games_count > 0 ? &history->games[history->games_count - 1] : NULL;
    if (last == NULL || last->round != round || last->opponent != opponent)
        history->games[history->games_count++] = (struct field_game){round, opponent};
}

static void meeting_add(struct field_history *history, int opponent, int round)
{
    game_add(history, opponent, round);
    int low = 0;
    int high = history->met_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (history->met[middle].opponent < opponent)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < history->met_count && history->met[low].opponent == opponent) {
        if (history->met[low].last_round != round)
            history->met[low].times++;
        if (history->met[low].last_round < round)
            history->met[low].last_round = round;
        return;
    }
    memmove(&history->met[low + 1], &history->met[low],
            (size_t)(history->met_count - low) * sizeof *history->met);
    history->met[low] = (struct field_meeting){opponent, 1, round};
    history->met_count++;
}

static void side_add(struct field_history *history, int round, bool first, int opponent)
{
    int run = first ? 1 : -1;
    bool same = (history->side_run > 0) == first && history->side_run != 0;
    history->side_run = same ? history->side_run + run : run;
    history->firsts += first;
    history->seconds += !first;
    if (round >= history->last_round) {
        history->last_round = round;
        history->last_side = first ? 1 : -1;
        history->latest_opponent = opponent;
    }
}

/* Rounds whose points came without a game; the other platform counts those without points too. */
static bool is_bye(enum pairing_result result)
{
    return result == PAIRING_RESULT_BYE || result == PAIRING_RESULT_FULL_BYE;
}

/* Past rows in the order of their rounds, so that "the latest" is what it says. */
static int *past_order(struct field *field)
{
    const struct pairing_input *input = field->input;
    int *starts = field_ints(field, PAIRING_ROUNDS_MAX + 2);
    int *order = field_ints(field, input->past_count);
    if (field->full)
        return NULL;
    for (int i = 0; i < input->past_count; i++)
        starts[input->past[i].round_number + 1]++;
    for (int r = 1; r < PAIRING_ROUNDS_MAX + 2; r++)
        starts[r] += starts[r - 1];
    for (int i = 0; i < input->past_count; i++)
        order[starts[input->past[i].round_number]++] = i;
    return order;
}

static bool history_make(struct field *field)
{
    const struct pairing_input *input = field->input;
    bool liwords = field->policy->compat == PAIRING_COMPAT_LIWORDS;
    int *rows = field_ints(field, field->count);
    int *order = past_order(field);
    if (field->full)
        return false;
    for (int i = 0; i < input->past_count; i++)
        if (input->past[i].second != PAIRING_NOBODY) {
            rows[input->past[i].first]++;
            rows[input->past[i].second]++;
        }
    for (int i = 0; i < field->count; i++) {
        struct field_history *history = &field->history[i];
        history->latest_opponent = PAIRING_NOBODY;
        history->met = arena_array(field->arena, (size_t)rows[i] + 1, sizeof *history->met);
        history->games = arena_array(field->arena, (size_t)rows[i] + 1, sizeof *history->games);
        if (history->met == NULL || history->games == NULL)
            return false;
    }
    for (int i = 0; i < input->past_count; i++) {
        const struct pairing_past *past = &input->past[order[i]];
        struct field_history *first = &field->history[past->first];
        if (past->round_number >= input->round_number)
            continue;
        if (past->second == PAIRING_NOBODY) {
            first->byes += liwords || is_bye(past->result_first);
            continue;
        }
        if (!is_meeting(field, past))
            continue;
        meeting_add(first, past->second, past->round_number);
        meeting_add(&field->history[past->second], past->first, past->round_number);
        if (past->result_first == PAIRING_RESULT_FORFEIT_WIN ||
            past->result_first == PAIRING_RESULT_FORFEIT_LOSS)
            continue;
        side_add(first, past->round_number, true, past->second);
        side_add(&field->history[past->second], past->round_number, false, past->first);
    }
    return true;
}

enum status field_init(struct field *field, const struct pairing_input *input, struct arena *arena,
                       struct pairing_output *out, struct fault *fault)
{
    *field = (struct field){.input = input,
                            .policy = input->policy,
                            .players = input->players,
                            .count = input->players_count,
                            .arena = arena,
                            .insist_one = PAIRING_NOBODY,
                            .insist_other = PAIRING_NOBODY,
                            .out = out,
                            .fault = fault};
    if (!tables_make(field))
        return STATUS_FULL;
    for (int i = 0; i < field->count; i++) {
        field->by_seed[i] = i;
        field->by_place[i] = i;
        field->mate[i] = PAIRING_NOBODY;
    }
    sort(field, field->by_seed, field->count, seed_before);
    sort(field, field->by_place, field->count, place_before);
    enum status status = players_check(field);
    if (status == STATUS_OK)
        status = rows_check(field);
    if (status != STATUS_OK)
        return status;
    for (int i = 0; i < field->count; i++) {
        field->position[field->by_seed[i]] = i;
        field->place[field->by_place[i]] = i;
    }
    for (int i = 0; i < input->forbidden_count; i++) {
        field->in_forbidden[input->forbidden[i].one] = true;
        field->in_forbidden[input->forbidden[i].other] = true;
    }
    return history_make(field) ? STATUS_OK : STATUS_FULL;
}

int field_meetings(const struct field *field, int one, int other)
{
    const struct field_history *history = &field->history[one];
    int low = 0;
    int high = history->met_count;
    while (low < high) {
        int middle = (low + high) / 2;
        if (history->met[middle].opponent < other)
            low = middle + 1;
        else
            high = middle;
    }
    return low < history->met_count && history->met[low].opponent == other ? history->met[low].times
                                                                           : 0;
}

int field_meetings_since(const struct field *field, int one, int other, int round)
{
    const struct field_history *history = &field->history[one];
    int times = 0;
    for (int i = 0; i < history->games_count; i++)
        times += history->games[i].opponent == other && history->games[i].round >= round;
    return times;
}

const char *field_forbidden(const struct field *field, int one, int other)
{
    int team = field->players[one].team;
    if (field->policy->teams_apart && team != 0 && team == field->players[other].team)
        return "they are of one team";
    if (!field->in_forbidden[one] || !field->in_forbidden[other])
        return NULL;
    for (int i = 0; i < field->input->forbidden_count; i++) {
        const struct pairing_forbidden *pair = &field->input->forbidden[i];
        if ((pair->one == one && pair->other == other) ||
            (pair->one == other && pair->other == one))
            return pair->reason != NULL ? pair->reason : "";
    }
    return NULL;
}

bool field_is_settled(const struct field *field, int player)
{
    return field->mate[player] != PAIRING_NOBODY;
}

struct pairing_pair *field_pair(struct field *field, int one, int other, const char *reason)
{
    assert(one != other && !field_is_settled(field, one) && !field_is_settled(field, other));
    field->mate[one] = other;
    field->mate[other] = one;
    bool in_order = field->place[one] < field->place[other];
    struct pairing_pair *pair = &field->pairs[field->pairs_count++];
    *pair = (struct pairing_pair){.first = in_order ? one : other,
                                  .second = in_order ? other : one,
                                  .meetings = field_meetings(field, one, other),
                                  .reason = reason,
                                  .first_reason = ""};
    return pair;
}

void field_rest(struct field *field, int player, enum pairing_rest_kind kind, const char *reason)
{
    assert(!field_is_settled(field, player));
    field->mate[player] = player;
    field->rests[field->rests_count++] =
        (struct pairing_rest){.player = player, .kind = kind, .reason = reason};
}

void field_conflict(struct field *field, enum pairing_conflict_kind kind, int one, int other)
{
    static const char *const texts[] = {
        [PAIRING_CONFLICT_FORBIDDEN] = "%s and %s may not meet",
        [PAIRING_CONFLICT_REPEAT] = "%s and %s have met as often as is allowed",
        [PAIRING_CONFLICT_FIXED] = "%s against %s was fixed beforehand",
        [PAIRING_CONFLICT_BYE] = "%s may not have the bye%s",
        [PAIRING_CONFLICT_RANGE] = "%s and %s do not accept each other's ratings",
        [PAIRING_CONFLICT_RULE] = "a rule of the method keeps %s and %s apart",
        [PAIRING_CONFLICT_RESULT] = "the result of %s against %s is missing",
    };
    struct pairing_output *out = field->out;
    struct pairing_conflict *conflicts =
        arena_array(field->arena, (size_t)out->conflicts_count + 1, sizeof *conflicts);
    if (conflicts == NULL) {
        field->full = true;
        return;
    }
    for (int i = 0; i < out->conflicts_count; i++)
        conflicts[i] = out->conflicts[i];
    const char *second = other == PAIRING_NOBODY ? "" : field_name(field, other);
    conflicts[out->conflicts_count++] = (struct pairing_conflict){
        .kind = kind,
        .one = one,
        .other = other,
        .text = field_text(field, texts[kind], field_name(field, one), second)};
    out->conflicts = conflicts;
    out->verdict = kind == PAIRING_CONFLICT_RESULT ? PAIRING_NOT_READY : PAIRING_IMPOSSIBLE;
}

bool field_plays(const struct field *field, int player)
{
    const struct pairing_player *row = &field->players[player];
    return row->state == PAIRING_ACTIVE && row->joined_round <= field->input->round_number;
}

void field_pool_refresh(struct field *field)
{
    int kept = 0;
    for (int i = 0; i < field->pool_count; i++)
        if (!field_is_settled(field, field->pool[i]))
            field->pool[kept++] = field->pool[i];
    field->pool_count = kept;
}

int field_half_wins_apart(const struct field *field, int one, int other)
{
    int win = field->policy->points_win > 0 ? field->policy->points_win : 2;
    int64_t apart = 2 * ((int64_t)field->players[one].points - field->players[other].points) / win;
    return (int)(apart < 0 ? -apart : apart);
}

void field_lots(const struct field *field, const char *purpose, int number, struct random *out)
{
    random_init_stream(out, field->input->seed, purpose, (uint64_t)number);
}

void field_shuffle(const struct field *field, const char *purpose, int number, int *list, int count)
{
    if (field->policy->compat == PAIRING_COMPAT_LIWORDS) {
        struct lots_pcg pcg = {.high = field->input->seed, .low = 0};
        lots_pcg_shuffle(&pcg, list, count);
        return;
    }
    struct random random;
    field_lots(field, purpose, number, &random);
    for (int i = count - 1; i > 0; i--) {
        int j = (int)random_below(&random, (uint64_t)i + 1);
        int kept = list[i];
        list[i] = list[j];
        list[j] = kept;
    }
}
