/* Who plays: entered, withdrawn, moved, checked in; and what rounds count that somebody missed. */
#include "orchestrator/desk/applied_private.h"

#include <string.h>

#include "fsm/value_codec.h"
#include "orchestrator/desk/actions.h"
#include "orchestrator/division_standing.h"
#include "orchestrator/event_input.h"

static Arbiter__V1__Entrant *find_entrant(const struct applied *applied, const char *player)
{
    Arbiter__V1__Division *division = applied->division;
    for (size_t i = 0; i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->player_id, player) == 0)
            return division->entrants[i];
    return NULL;
}

/* The player whom the write is about, with `*out_player`; NULL where he is not in this division. */
static Arbiter__V1__Entrant *entrant_of(const struct write_at_hand *write, const char *division,
                                        const char **out_player)
{
    *out_player = write_text(write->applied, write->input, "player");
    return *out_player != NULL && write_is_here(write, division)
               ? find_entrant(write->applied, *out_player)
               : NULL;
}

static enum status add_entrant(struct applied *applied, struct value item)
{
    Arbiter__V1__Division *division = applied->division;
    char *player = write_text(applied, item, "player");
    Arbiter__V1__Entrant *entrant = player != NULL ? find_entrant(applied, player) : NULL;
    if (entrant == NULL) {
        Arbiter__V1__Entrant **entrants =
            arena_array(applied->arena, division->n_entrants + 1, sizeof(*entrants));
        entrant = arena_alloc(applied->arena, sizeof *entrant);
        if (entrants == NULL || entrant == NULL)
            return STATUS_FULL;
        if (division->n_entrants > 0)
            memcpy(entrants, division->entrants, division->n_entrants * sizeof(*entrants));
        arbiter__v1__entrant__init(entrant);
        entrant->player_id = player;
        entrant->name = write_text(applied, item, "name");
        int64_t seed = write_int(item, "seed");
        entrant->seed = (int32_t)(seed > 0 ? seed : (int64_t)division->n_entrants + 1);
        entrant->rating = write_number(item, "rating");
        entrant->from_round = division->round + 1;
        entrants[division->n_entrants++] = entrant;
        division->entrants = entrants;
    }
    entrant->status = "registered";
    entrant->to_round = 0;
    return arena_full(applied->arena)
               ? STATUS_FULL
               : applied_say(applied,
                             arena_format(applied->arena, "%s enters %s, for rounds from %d",
                                          entrant->player_id, division->name, division->round + 1));
}

enum status applied_add_all(struct write_at_hand *write)
{
    struct value list = write_member(write->input, "entrants");
    enum status status = STATUS_OK;
    if (!write_is_here(write, "division") || list.kind != VALUE_LIST)
        return STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < list.size; i++)
        status = add_entrant(write->applied, list.as.items[i]);
    return status;
}

enum status applied_add(struct write_at_hand *write)
{
    return write_is_here(write, "division") ? add_entrant(write->applied, write->input) : STATUS_OK;
}

/* Seats of later rounds that were settled for somebody who leaves. */
static enum status drop_later_seats(struct applied *applied, const char *player)
{
    Arbiter__V1__Division *division = applied->division;
    enum status status = STATUS_OK;
    for (size_t i = division->n_pairings; status == STATUS_OK && i-- > 0;) {
        Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round > division->round && strcmp(row->status, "void") != 0 &&
            (strcmp(row->first, player) == 0 || strcmp(row->second, player) == 0))
            status = applied_drop_row(applied, row);
    }
    return status;
}

enum status applied_withdraw(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    const char *player;
    Arbiter__V1__Entrant *entrant = entrant_of(write, "division", &player);
    if (entrant == NULL)
        return STATUS_OK;
    entrant->status = "withdrawn";
    entrant->to_round = applied->division->round;
    enum status status = drop_later_seats(applied, player);
    if (status != STATUS_OK)
        return status;
    return applied_say(applied, arena_format(applied->arena, "%s plays no round after %d", player,
                                             applied->division->round));
}

static enum status apply_absence(struct write_at_hand *write, const char *member)
{
    struct applied *applied = write->applied;
    const char *player;
    if (entrant_of(write, member, &player) == NULL)
        return STATUS_OK;
    Arbiter__V1__Division *division = applied->division;
    size_t kept = 0;
    for (size_t i = 0; i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->player_id, player) != 0)
            division->entrants[kept++] = division->entrants[i];
    division->n_entrants = kept;
    return applied_say(applied,
                       arena_format(applied->arena, "%s leaves %s", player, division->name));
}

enum status applied_delete(struct write_at_hand *write)
{
    return apply_absence(write, "division");
}

enum status applied_move_out(struct write_at_hand *write)
{
    return apply_absence(write, "from");
}

enum status applied_move_in(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    const char *player = write_text(applied, write->input, "player");
    const char *to = write_text(applied, write->input, "to");
    if (player == NULL || to == NULL)
        return STATUS_FULL;
    return applied_say(applied,
                       arena_format(applied->arena, "%s comes into division %s", player, to));
}

static enum status change_status(struct write_at_hand *write, const char *status, const char *words)
{
    struct applied *applied = write->applied;
    const char *player;
    Arbiter__V1__Entrant *entrant = entrant_of(write, "division", &player);
    if (entrant == NULL)
        return STATUS_OK;
    entrant->status = (char *)status;
    return applied_say(applied, arena_format(applied->arena, "%s is %s", player, words));
}

enum status applied_check_in(struct write_at_hand *write)
{
    return change_status(write, "checked_in", "checked in");
}

enum status applied_undo_check_in(struct write_at_hand *write)
{
    return change_status(write, "registered", "not checked in any more");
}

/* ---- rounds that were missed ------------------------------------------------------------- */

/* Returns how many boards the round has; 0: it has not been paired. */
static int boards_of(const Arbiter__V1__Division *division, int round)
{
    int boards = 0;
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->round == round && division->pairings[i]->board > boards)
            boards = division->pairings[i]->board;
    return boards;
}

static bool sits_in(const Arbiter__V1__Division *division, int round, const char *player)
{
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round == round && strcmp(row->status, "void") != 0 &&
            (strcmp(row->first, player) == 0 || strcmp(row->second, player) == 0))
            return true;
    }
    return false;
}

static enum status miss(struct write_at_hand *write, const char *player, int round)
{
    struct applied *applied = write->applied;
    Arbiter__V1__BoardPairing *row = arena_alloc(applied->arena, sizeof *row);
    if (row == NULL)
        return STATUS_FULL;
    arbiter__v1__board_pairing__init(row);
    row->round = round;
    row->board = boards_of(applied->division, round) + 1;
    row->first = (char *)player;
    row->kind = write_text(applied, write->input, "kind");
    row->outcome = write_text(applied, write->input, "outcome");
    row->status = "final";
    row->first_score = (int32_t)write_int(write->input, "first_score");
    row->second_score = (int32_t)write_int(write->input, "second_score");
    row->version = 1;
    if (row->kind == NULL || row->outcome == NULL)
        return STATUS_FULL;
    enum status status = applied_add_row(applied, row);
    bool is_loss = strcmp(row->outcome, "second") == 0;
    return status == STATUS_OK
               ? applied_say(applied, arena_format(applied->arena,
                                                   "round %d, which %s has missed: %s, %d–%d",
                                                   round, player, is_loss ? "lost" : row->kind,
                                                   row->first_score, row->second_score))
               : status;
}

static enum status miss_all(struct write_at_hand *write, const char *player, int64_t before)
{
    const Arbiter__V1__Division *division = write->applied->division;
    enum status status = player != NULL ? STATUS_OK : STATUS_FULL;
    for (int round = 1; status == STATUS_OK && round < before && round <= division->round; round++)
        if (boards_of(division, round) > 0 && !sits_in(division, round, player))
            status = miss(write, player, round);
    return status;
}

/* Where the policy says nothing of missed rounds, they count nothing and have no row. */
static bool do_count(const struct write_at_hand *write)
{
    const struct value kind = write_member(write->input, "kind");
    return write_is_here(write, "division") && kind.kind == VALUE_STRING && kind.size > 0;
}

enum status applied_missed(struct write_at_hand *write)
{
    if (!do_count(write))
        return STATUS_OK;
    return miss_all(write, write_text(write->applied, write->input, "player"),
                    write_int(write->input, "before"));
}

static enum status missed_by_all(struct write_at_hand *write)
{
    struct value list = write_member(write->input, "entrants");
    enum status status = STATUS_OK;
    if (!do_count(write) || list.kind != VALUE_LIST)
        return STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < list.size; i++)
        status = miss_all(write, write_text(write->applied, list.as.items[i], "player"), INT32_MAX);
    return status;
}

/* The division writes `entrant.missed_all` in a step of its own, by what its policy says. */
enum status applied_added(struct applied *applied, const Arbiter__V1__Send *send)
{
    const struct format *format = NULL;
    const struct format_division *division = NULL;
    struct write_at_hand write = {.applied = applied};
    struct value data;
    struct value missed;
    enum status status = division_format(applied->arena, applied->division, &format, &division);
    if (status == STATUS_OK)
        status = value_codec_from_map(applied->arena, send->data, &data);
    if (status == STATUS_OK)
        status = event_missed_input(applied->arena, format, division, &missed);
    if (status != STATUS_OK)
        return status;
    struct value none = value_int(0);
    struct value score = write_member(missed, "missed_score");
    struct value outcome = write_member(missed, "missed_outcome");
    bool is_loss = value_equal(outcome, value_text("second"));
    const struct value_entry input[] = {
        ENTRY("division", value_text(applied->division->division_id)),
        ENTRY("entrants", write_member(data, "entrants")),
        ENTRY("kind", write_member(missed, "missed_kind")),
        ENTRY("outcome", outcome),
        ENTRY("first_score", is_loss ? none : score),
        ENTRY("second_score", is_loss ? score : none),
    };
    write.input = value_map(input, COUNT_OF(input));
    return missed_by_all(&write);
}
