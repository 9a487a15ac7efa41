/* Actions on who sits where in a round: each becomes the rows that change (`director.seats`). */
#include "orchestrator/desk/actions.h"

#include <string.h>

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

/* A change of seats being put together. */
struct seating {
    struct desk_case *question;
    int64_t round;
    struct value *rows;    /* of pairing.seats: new and changed */
    struct value *removed; /* {board, version} */
    size_t row_count;
    size_t removed_count;
    int64_t opened; /* games that are new in the round */
    int64_t closed; /* games that are no longer */
    int64_t board_next;
};

static enum status begin(struct desk_case *question, struct seating *seating)
{
    const Arbiter__V1__Division *division = question->division;
    int64_t round = desk_int(question->said, "round", question->request->round);
    *seating = (struct seating){
        .question = question, .round = round != 0 ? round : division->round, .board_next = 1};
    seating->rows = arena_array(question->arena, division->n_pairings + 4, sizeof(struct value));
    seating->removed = arena_array(question->arena, division->n_pairings + 4, sizeof(struct value));
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->round == seating->round &&
            division->pairings[i]->board >= seating->board_next)
            seating->board_next = division->pairings[i]->board + 1;
    return seating->rows != NULL && seating->removed != NULL ? STATUS_OK : STATUS_FULL;
}

/* The row of the round in which a player sits; NULL where he sits nowhere. */
static const Arbiter__V1__BoardPairing *seat_of(const struct seating *seating, const char *player)
{
    const Arbiter__V1__Division *division = seating->question->division;
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round == seating->round && strcmp(row->status, "void") != 0 &&
            (strcmp(row->first, player) == 0 || strcmp(row->second, player) == 0))
            return row;
    }
    return NULL;
}

static bool has_result(const Arbiter__V1__BoardPairing *row)
{
    return strcmp(row->status, "final") == 0 && strcmp(row->kind, "game") == 0;
}

static enum status check_open(const Arbiter__V1__BoardPairing *row, struct fault *out_fault)
{
    if (!has_result(row))
        return STATUS_OK;
    return fault_set(out_fault, 0, 0,
                     "board %d of round %d has a result: amend it, or void the board first",
                     row->board, row->round);
}

struct new_seat {
    int64_t board;
    const char *first;
    const char *second; /* "": a bye */
    const char *kind;
    int64_t version; /* of the row it replaces; 0: a new one */
};

static enum status put(struct seating *seating, const struct new_seat *seat)
{
    bool is_game = seat->second[0] != '\0';
    struct value_entry entries[] = {
        ENTRY("board", value_int(seat->board)),
        ENTRY("first", value_text(seat->first)),
        ENTRY("second", value_text(seat->second)),
        ENTRY("kind", value_text(seat->kind)),
        ENTRY("status", value_text(is_game ? "paired" : "final")),
        ENTRY("outcome", value_text(is_game ? "" : "bye")),
        ENTRY("version", value_int(seat->version)),
    };
    seating->rows[seating->row_count] = desk_map(seating->question, entries, COUNT_OF(entries));
    return seating->rows[seating->row_count++].kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}

static enum status take_away(struct seating *seating, const Arbiter__V1__BoardPairing *row)
{
    struct value_entry entries[] = {
        ENTRY("board", value_int(row->board)),
        ENTRY("version", value_int(row->version)),
    };
    seating->closed += strcmp(row->kind, "game") == 0;
    seating->removed[seating->removed_count] =
        desk_map(seating->question, entries, COUNT_OF(entries));
    return seating->removed[seating->removed_count++].kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}

static enum status end(struct seating *seating)
{
    struct value_entry entries[] = {
        ENTRY("round", value_int(seating->round)),
        ENTRY("rows", value_list(seating->rows, seating->row_count)),
        ENTRY("removed", value_list(seating->removed, seating->removed_count)),
        ENTRY("opened", value_int(seating->opened)),
        ENTRY("closed", value_int(seating->closed)),
    };
    seating->question->data = desk_map(seating->question, entries, COUNT_OF(entries));
    return seating->question->data.kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}

static enum status set_undo(struct desk_case *question, const char *action,
                            const struct value_entry *entries, size_t count)
{
    question->undo_action = action;
    question->undo_data = desk_map(question, entries, count);
    return question->undo_data.kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}

/* ---- swap -------------------------------------------------------------------------------- */

static const char *exchanged(const char *player, const char *one, const char *other)
{
    return strcmp(player, one) == 0 ? other : strcmp(player, other) == 0 ? one : player;
}

static enum status put_exchanged(struct seating *seating, const Arbiter__V1__BoardPairing *row,
                                 const char *one, const char *other)
{
    return put(seating, &(struct new_seat){.board = row->board,
                                           .first = exchanged(row->first, one, other),
                                           .second = exchanged(row->second, one, other),
                                           .kind = row->kind,
                                           .version = row->version});
}

/* {round?, one, other}: each takes the other's seat; on one board they change sides. */
enum status desk_fill_swap(struct desk_case *question, struct fault *out_fault)
{
    struct seating seating;
    const char *one = desk_text(question, question->said, "one");
    const char *other = desk_text(question, question->said, "other");
    enum status status = begin(question, &seating);
    if (status != STATUS_OK)
        return status;
    const Arbiter__V1__BoardPairing *rows[] = {seat_of(&seating, one), seat_of(&seating, other)};
    if (rows[0] == NULL || rows[1] == NULL || strcmp(one, other) == 0)
        return fault_set(out_fault, 0, 0, "'one' and 'other' are two players of round %lld",
                         (long long)seating.round);
    for (int i = 0; status == STATUS_OK && i < 2; i++)
        status = check_open(rows[i], out_fault);
    for (int i = 0; status == STATUS_OK && i < (rows[0] == rows[1] ? 1 : 2); i++)
        status = put_exchanged(&seating, rows[i], one, other);
    struct value_entry back[] = {
        ENTRY("round", value_int(seating.round)),
        ENTRY("one", value_text(one)),
        ENTRY("other", value_text(other)),
    };
    if (status == STATUS_OK)
        status = set_undo(question, "swap_players", back, COUNT_OF(back));
    return status == STATUS_OK ? end(&seating) : status;
}

/* ---- unpair a board ---------------------------------------------------------------------- */

/* {round?, board}: the two sit nowhere in the round. */
enum status desk_fill_unpair_board(struct desk_case *question, struct fault *out_fault)
{
    struct seating seating;
    int64_t board = desk_int(question->said, "board", question->request->board);
    enum status status = begin(question, &seating);
    const Arbiter__V1__BoardPairing *row = NULL;
    for (size_t i = 0; status == STATUS_OK && i < question->division->n_pairings; i++)
        if (question->division->pairings[i]->round == seating.round &&
            question->division->pairings[i]->board == board)
            row = question->division->pairings[i];
    if (status == STATUS_OK && row == NULL)
        return fault_set(out_fault, 0, 0, "round %lld has no board %lld", (long long)seating.round,
                         (long long)board);
    if (status == STATUS_OK)
        status = check_open(row, out_fault);
    if (status == STATUS_OK)
        status = take_away(&seating, row);
    if (status != STATUS_OK)
        return status;
    struct value_entry back[] = {
        ENTRY("round", value_int(seating.round)),
        ENTRY("first", value_text(row->first)),
        ENTRY("second", value_text(row->second)),
    };
    if (row->second[0] != '\0')
        status = set_undo(question, "prepair", back, COUNT_OF(back));
    return status == STATUS_OK ? end(&seating) : status;
}

/* ---- a pair by hand ---------------------------------------------------------------------- */

static enum status check_player(const struct seating *seating, const char *player,
                                struct fault *out_fault)
{
    const Arbiter__V1__Division *division = seating->question->division;
    for (size_t i = 0; i < division->n_entrants; i++)
        if (strcmp(division->entrants[i]->player_id, player) == 0) {
            if (strcmp(division->entrants[i]->status, "withdrawn") != 0)
                return STATUS_OK;
            return fault_set(out_fault, 0, 0, "'%s' has withdrawn", player);
        }
    return fault_set(out_fault, 0, 0, "'%s' has not entered this division", player);
}

/* Whoever sat somewhere leaves that board; his opponent there is left without one. */
static enum status leave_seat(struct seating *seating, const char *player, struct fault *out_fault)
{
    const Arbiter__V1__BoardPairing *row = seat_of(seating, player);
    if (row == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < seating->removed_count; i++)
        if (desk_int(seating->removed[i], "board", 0) == row->board)
            return STATUS_OK;
    enum status status = check_open(row, out_fault);
    return status == STATUS_OK ? take_away(seating, row) : status;
}

/* {round?, first, second}: a pair of a later round, settled beforehand, or one more pair of the
 * round that is played. */
enum status desk_fill_prepair(struct desk_case *question, struct fault *out_fault)
{
    struct seating seating;
    const char *players[] = {desk_text(question, question->said, "first"),
                             desk_text(question, question->said, "second")};
    enum status status = begin(question, &seating);
    if (status == STATUS_OK && strcmp(players[0], players[1]) == 0)
        return fault_set(out_fault, 0, 0, "'first' and 'second' are two players");
    for (int i = 0; status == STATUS_OK && i < 2; i++)
        status = check_player(&seating, players[i], out_fault);
    for (int i = 0; status == STATUS_OK && i < 2; i++)
        status = leave_seat(&seating, players[i], out_fault);
    if (status == STATUS_OK)
        status = put(&seating, &(struct new_seat){.board = seating.board_next,
                                                  .first = players[0],
                                                  .second = players[1],
                                                  .kind = "game"});
    seating.opened = 1;
    struct value_entry back[] = {
        ENTRY("round", value_int(seating.round)),
        ENTRY("board", value_int(seating.board_next)),
    };
    if (status == STATUS_OK && seating.removed_count == 0)
        status = set_undo(question, "unpair_board", back, COUNT_OF(back));
    return status == STATUS_OK ? end(&seating) : status;
}

/* ---- a bye ------------------------------------------------------------------------------- */

static bool is_bye_kind(const char *kind)
{
    return strcmp(kind, "bye") == 0 || strcmp(kind, "half_bye") == 0 ||
           strcmp(kind, "zero_bye") == 0;
}

/* {round?, player, kind?}: the player rests; an opponent he had is left without one. */
enum status desk_fill_bye(struct desk_case *question, struct fault *out_fault)
{
    struct seating seating;
    const char *player = desk_text(question, question->said, "player");
    const char *kind = desk_text(question, question->said, "kind");
    kind = kind[0] != '\0' ? kind : "bye";
    if (!is_bye_kind(kind))
        return fault_set(out_fault, 0, 0, "'kind' is bye, half_bye or zero_bye, not %s", kind);
    enum status status = begin(question, &seating);
    if (status == STATUS_OK)
        status = check_player(&seating, player, out_fault);
    if (status == STATUS_OK)
        status = leave_seat(&seating, player, out_fault);
    if (status == STATUS_OK)
        status = put(&seating,
                     &(struct new_seat){
                         .board = seating.board_next, .first = player, .second = "", .kind = kind});
    struct value_entry back[] = {
        ENTRY("round", value_int(seating.round)),
        ENTRY("board", value_int(seating.board_next)),
    };
    if (status == STATUS_OK && seating.removed_count == 0)
        status = set_undo(question, "unpair_board", back, COUNT_OF(back));
    return status == STATUS_OK ? end(&seating) : status;
}

/* ---- the whole round --------------------------------------------------------------------- */

/* {results?}: "keep" what has been played, or "void" it too. */
enum status desk_fill_re_pair(struct desk_case *question, struct fault *out_fault)
{
    const char *results = desk_text(question, question->said, "results");
    if (results[0] != '\0' && strcmp(results, "keep") != 0 && strcmp(results, "void") != 0)
        return fault_set(out_fault, 0, 0, "'results' is keep or void, not %s", results);
    struct value_entry entries[] = {
        ENTRY("results", value_text(results[0] != '\0' ? results : "keep"))};
    question->data = desk_map(question, entries, COUNT_OF(entries));
    return question->data.kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
}
