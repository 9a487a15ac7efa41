/* Store commands on a division's rows in memory: the same rows as the statements of the store would
 * leave behind, for those commands that a director's action can carry. Others become a sentence. */
#include "orchestrator/desk/applied_private.h"

#include <string.h>

#include "orchestrator/desk/actions.h"

#include "fsm/value_codec.h"

/* ---- one write --------------------------------------------------------------------------- */

struct value write_member(struct value map, const char *name)
{
    const struct value *found = map.kind == VALUE_MAP ? value_find(map, value_text(name)) : NULL;
    return found != NULL ? *found : value_null();
}

char *write_text(struct applied *applied, struct value map, const char *name)
{
    struct value found = write_member(map, name);
    return found.kind == VALUE_STRING ? arena_copy(applied->arena, found.as.text, found.size)
                                      : arena_copy(applied->arena, "", 0);
}

int64_t write_int(struct value map, const char *name)
{
    struct value found = write_member(map, name);
    return found.kind == VALUE_INT ? found.as.integer : 0;
}

double write_number(struct value map, const char *name)
{
    struct value found = write_member(map, name);
    return found.kind == VALUE_DOUBLE ? found.as.real
           : found.kind == VALUE_INT  ? (double)found.as.integer
                                      : 0;
}

enum status applied_say(struct applied *applied, char *sentence)
{
    return plan_push(applied->arena, &applied->changes, sentence);
}

bool write_is_here(const struct write_at_hand *write, const char *name)
{
    const Arbiter__V1__Division *division = write->applied->division;
    struct value id = write_member(write->input, name);
    return division != NULL && id.kind == VALUE_STRING &&
           strlen(division->division_id) == id.size &&
           memcmp(division->division_id, id.as.text, id.size) == 0;
}

/* ---- results ----------------------------------------------------------------------------- */

static const char *result_text(struct applied *applied, const Arbiter__V1__BoardPairing *row)
{
    if (strcmp(row->status, "void") == 0)
        return "void";
    if (row->outcome[0] == '\0')
        return "no result";
    return arena_format(applied->arena, "%s, %d–%d", row->outcome, row->first_score,
                        row->second_score);
}

static enum status set_result(struct write_at_hand *write, const char *kind)
{
    struct applied *applied = write->applied;
    Arbiter__V1__BoardPairing *row = NULL;
    if (write_is_here(write, "division"))
        row = desk_find_row(applied->division, write_int(write->input, "round"),
                            write_int(write->input, "board"));
    if (row == NULL)
        return STATUS_OK;
    const char *before = result_text(applied, row);
    const char *status = write_text(applied, write->input, "status");
    row->outcome = write_text(applied, write->input, "outcome");
    row->first_score = (int32_t)write_int(write->input, "first_score");
    row->second_score = (int32_t)write_int(write->input, "second_score");
    row->status = status != NULL && status[0] != '\0'               ? (char *)status
                  : row->outcome != NULL && row->outcome[0] != '\0' ? "final"
                                                                    : "void";
    if (kind != NULL)
        row->kind = (char *)kind;
    const char *after = result_text(applied, row);
    return applied_say(
        applied, arena_format(applied->arena, "round %d, board %d, %s against %s: %s becomes %s",
                              row->round, row->board, row->first, row->second,
                              before != NULL ? before : "", after != NULL ? after : ""));
}

static enum status apply_result(struct write_at_hand *write)
{
    return set_result(write, NULL);
}

static enum status apply_forfeit(struct write_at_hand *write)
{
    return set_result(write, "forfeit");
}

/* ---- matches ----------------------------------------------------------------------------- */

/* What the store's match.amend makes of the row. */
static void count_match(Arbiter__V1__BoardPairing *row)
{
    int won[2] = {0, 0};
    int counted = 0;
    row->first_score = 0;
    row->second_score = 0;
    for (size_t i = 0; i < row->n_games; i++) {
        const Arbiter__V1__MatchGame *game = row->games[i];
        if (strcmp(game->status, "final") != 0)
            continue;
        counted++;
        won[0] += strcmp(game->outcome, "first") == 0;
        won[1] += strcmp(game->outcome, "second") == 0;
        row->first_score += game->first_score;
        row->second_score += game->second_score;
    }
    if (strcmp(row->status, "playing") == 0)
        return;
    row->outcome = won[0] > won[1] ? "first" : won[1] > won[0] ? "second" : "draw";
    row->status = counted > 0 ? "final" : "void";
}

static enum status apply_match_amend(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    Arbiter__V1__BoardPairing *row = NULL;
    if (write_is_here(write, "division"))
        row = desk_find_row(applied->division, write_int(write->input, "round"),
                            write_int(write->input, "board"));
    const char *before = row != NULL ? result_text(applied, row) : NULL;
    int64_t number = write_int(write->input, "game");
    for (size_t i = 0; row != NULL && i < row->n_games; i++) {
        Arbiter__V1__MatchGame *game = row->games[i];
        if (game->number != number)
            continue;
        game->outcome = write_text(applied, write->input, "outcome");
        if (game->outcome == NULL)
            return STATUS_FULL;
        game->status = game->outcome[0] != '\0' ? "final" : "void";
        game->first_score = (int32_t)write_int(write->input, "first_score");
        game->second_score = (int32_t)write_int(write->input, "second_score");
        count_match(row);
    }
    const char *after = row != NULL ? result_text(applied, row) : NULL;
    return row == NULL
               ? STATUS_OK
               : applied_say(applied,
                             arena_format(applied->arena,
                                          "round %d, board %d, game %d of the match: %s becomes "
                                          "%s",
                                          row->round, row->board, (int)number,
                                          before != NULL ? before : "",
                                          after != NULL ? after : ""));
}

/* ---- seats ------------------------------------------------------------------------------- */

static void remove_row(Arbiter__V1__Division *division, const Arbiter__V1__BoardPairing *row)
{
    size_t kept = 0;
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i] != row)
            division->pairings[kept++] = division->pairings[i];
    division->n_pairings = kept;
}

enum status applied_add_row(struct applied *applied, Arbiter__V1__BoardPairing *row)
{
    Arbiter__V1__Division *division = applied->division;
    Arbiter__V1__BoardPairing **rows =
        arena_array(applied->arena, division->n_pairings + 1, sizeof(*rows));
    if (rows == NULL || row == NULL)
        return STATUS_FULL;
    if (division->n_pairings > 0)
        memcpy(rows, division->pairings, division->n_pairings * sizeof(*rows));
    rows[division->n_pairings++] = row;
    division->pairings = rows;
    return STATUS_OK;
}

static const char *pair_text(struct applied *applied, const Arbiter__V1__BoardPairing *row)
{
    const char *text = row->second[0] != '\0'
                           ? arena_format(applied->arena, "%s against %s", row->first, row->second)
                           : arena_format(applied->arena, "%s has a %s", row->first, row->kind);
    return text != NULL ? text : "";
}

static enum status touch_game(struct applied *applied, const Arbiter__V1__BoardPairing *row,
                              const char *what)
{
    Arbiter__V1__GameTouched *const *games =
        (Arbiter__V1__GameTouched *const *)applied->games.items;
    for (size_t i = 0; i < applied->games.count; i++)
        if (games[i]->round == row->round && games[i]->board == row->board &&
            strcmp(games[i]->what, what) == 0)
            return STATUS_OK; /* its row and its machine both say so */
    Arbiter__V1__GameTouched *game = arena_alloc(applied->arena, sizeof *game);
    if (game == NULL)
        return STATUS_FULL;
    arbiter__v1__game_touched__init(game);
    game->round = row->round;
    game->board = row->board;
    game->game_id = row->game_id;
    game->what = (char *)what;
    return plan_push(applied->arena, &applied->games, game);
}

static bool is_in_play(const Arbiter__V1__BoardPairing *row)
{
    return strcmp(row->status, "playing") == 0 && row->game_id[0] != '\0';
}

enum status applied_drop_row(struct applied *applied, Arbiter__V1__BoardPairing *row)
{
    enum status status = is_in_play(row) ? touch_game(applied, row, "stopped") : STATUS_OK;
    if (status == STATUS_OK)
        status =
            applied_say(applied, arena_format(applied->arena, "round %d, board %d: %s no longer",
                                              row->round, row->board, pair_text(applied, row)));
    remove_row(applied->division, row);
    return status;
}

static enum status seat_row(struct applied *applied, struct value item, int64_t round)
{
    Arbiter__V1__BoardPairing *row =
        desk_find_row(applied->division, round, write_int(item, "board"));
    const char *before = row != NULL ? pair_text(applied, row) : "nobody";
    enum status status = STATUS_OK;
    if (row != NULL && is_in_play(row))
        status = touch_game(applied, row, "stopped");
    if (row == NULL) {
        row = arena_alloc(applied->arena, sizeof *row);
        if (row == NULL)
            return STATUS_FULL;
        arbiter__v1__board_pairing__init(row);
        status = applied_add_row(applied, row);
    }
    row->round = (int32_t)round;
    row->board = (int32_t)write_int(item, "board");
    row->first = write_text(applied, item, "first");
    row->second = write_text(applied, item, "second");
    row->kind = write_text(applied, item, "kind");
    row->status = write_text(applied, item, "status");
    row->outcome = write_text(applied, item, "outcome");
    row->game_id = "";
    row->first_score = (int32_t)write_int(item, "first_score");
    row->second_score = (int32_t)write_int(item, "second_score");
    if (arena_full(applied->arena) || status != STATUS_OK)
        return STATUS_FULL;
    return applied_say(applied,
                       arena_format(applied->arena, "round %d, board %d: %s instead of %s",
                                    row->round, row->board, pair_text(applied, row), before));
}

static enum status apply_bye(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    const char *player = write_text(applied, write->input, "player");
    int round = (int)write_int(write->input, "round");
    Arbiter__V1__BoardPairing *row = arena_alloc(applied->arena, sizeof *row);
    if (row == NULL || player == NULL)
        return STATUS_FULL;
    if (!write_is_here(write, "division"))
        return STATUS_OK;
    arbiter__v1__board_pairing__init(row);
    row->round = round;
    row->board = 10001; /* as store/statements.def has it: after those that are played */
    for (size_t i = 0; i < applied->division->n_pairings; i++)
        if (applied->division->pairings[i]->round == round &&
            applied->division->pairings[i]->board >= row->board)
            row->board = applied->division->pairings[i]->board + 1;
    row->first = (char *)player;
    row->kind = "requested_bye";
    row->status = "final";
    row->outcome = "bye";
    row->version = 2; /* settled beforehand */
    enum status status = applied_add_row(applied, row);
    return status == STATUS_OK
               ? applied_say(applied,
                             arena_format(applied->arena, "%s has round %d off", player, round))
               : status;
}

static enum status apply_no_bye(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    const char *player = write_text(applied, write->input, "player");
    int round = (int)write_int(write->input, "round");
    if (player == NULL)
        return STATUS_FULL;
    if (!write_is_here(write, "division"))
        return STATUS_OK;
    Arbiter__V1__Division *division = applied->division;
    size_t kept = 0;
    for (size_t i = 0; i < division->n_pairings; i++) {
        Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round != round || strcmp(row->first, player) != 0 ||
            strcmp(row->kind, "requested_bye") != 0)
            division->pairings[kept++] = row;
    }
    division->n_pairings = kept;
    return applied_say(applied,
                       arena_format(applied->arena, "%s plays in round %d", player, round));
}

static enum status apply_seats(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    int64_t round = write_int(write->input, "round");
    struct value removed = write_member(write->input, "removed");
    struct value rows = write_member(write->input, "rows");
    enum status status = STATUS_OK;
    if (!write_is_here(write, "division"))
        return STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && removed.kind == VALUE_LIST && i < removed.size; i++) {
        Arbiter__V1__BoardPairing *row =
            desk_find_row(applied->division, round, write_int(removed.as.items[i], "board"));
        status = row != NULL ? applied_drop_row(applied, row) : STATUS_OK;
    }
    for (size_t i = 0; status == STATUS_OK && rows.kind == VALUE_LIST && i < rows.size; i++)
        status = seat_row(applied, rows.as.items[i], round);
    return status;
}

/* The round is paired anew: what has no result goes; with results "void" all of it does. */
static enum status apply_unpair(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    int64_t round = write_int(write->input, "round");
    const char *results = write_text(applied, write->input, "results");
    bool is_void = results != NULL && strcmp(results, "void") == 0;
    enum status status = STATUS_OK;
    if (!write_is_here(write, "division"))
        return STATUS_OK;
    for (size_t i = applied->division->n_pairings; status == STATUS_OK && i > 0; i--) {
        Arbiter__V1__BoardPairing *row = applied->division->pairings[i - 1];
        if (row->round == round && (is_void || strcmp(row->status, "final") != 0))
            status = applied_drop_row(applied, row);
    }
    return status;
}

static struct value excused_row(struct write_at_hand *write, const struct value_entry *own,
                                size_t count)
{
    struct value_entry *entries = arena_array(write->applied->arena, count + 3, sizeof *entries);
    if (entries == NULL)
        return value_null();
    for (size_t i = 0; i < count; i++)
        entries[i] = own[i];
    entries[count] = (struct value_entry){value_text("second"), value_text("")};
    entries[count + 1] = (struct value_entry){value_text("status"), value_text("final")};
    entries[count + 2] = (struct value_entry){value_text("first_score"), value_int(0)};
    return value_map(entries, count + 3);
}

/* Who came has a bye in the board's row, who did not has lost in one of his own. */
static enum status apply_excuse(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    int64_t round = write_int(write->input, "round");
    int64_t last = 0;
    if (!write_is_here(write, "division"))
        return STATUS_OK;
    for (size_t i = 0; i < applied->division->n_pairings; i++)
        if (applied->division->pairings[i]->round == round &&
            applied->division->pairings[i]->board > last)
            last = applied->division->pairings[i]->board;
    const struct value_entry present[] = {
        {value_text("board"), write_member(write->input, "board")},
        {value_text("first"), write_member(write->input, "present")},
        {value_text("kind"), write_member(write->input, "kind")},
        {value_text("outcome"), value_text("bye")},
    };
    const struct value_entry absent[] = {
        {value_text("board"), value_int(last + 1)},
        {value_text("first"), write_member(write->input, "absent")},
        {value_text("kind"), value_text("bye")},
        {value_text("outcome"), value_text("second")},
        {value_text("second_score"), write_member(write->input, "lost_by")},
    };
    enum status status = seat_row(applied, excused_row(write, present, COUNT_OF(present)), round);
    if (status == STATUS_OK)
        status = seat_row(applied, excused_row(write, absent, COUNT_OF(absent)), round);
    return status;
}

/* ---- the event, ratings, games ----------------------------------------------------------- */

static enum status apply_status(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    const char *status = write_text(applied, write->input, "status");
    bool is_division = write_is_here(write, "division");
    return applied_say(applied, arena_format(applied->arena, "the %s is %s",
                                             is_division ? "division" : "event",
                                             status != NULL ? status : ""));
}

static enum status apply_rating(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    Arbiter__V1__RatingChange *change = arena_alloc(applied->arena, sizeof *change);
    if (change == NULL)
        return STATUS_FULL;
    arbiter__v1__rating_change__init(change);
    change->player_id = write_text(applied, write->input, "player");
    change->pool = write_text(applied, write->input, "pool");
    change->after = write_number(write->input, "rating");
    change->before = change->after - write_number(write->input, "change");
    return plan_push(applied->arena, &applied->ratings, change);
}

static enum status apply_start(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    struct value input = write_member(write->input, "input");
    Arbiter__V1__BoardPairing *row = NULL;
    const char *machine = write_text(applied, write->input, "machine");
    if (machine == NULL || strcmp(machine, "board") != 0 || applied->division == NULL)
        return STATUS_OK;
    row = desk_find_row(applied->division, write_int(input, "round"), write_int(input, "board"));
    return row != NULL ? touch_game(applied, row, "begins") : STATUS_OK;
}

static enum status apply_directors(struct write_at_hand *write)
{
    struct applied *applied = write->applied;
    const char *add = value_literal(applied->arena, write_member(write->input, "add"));
    const char *remove = value_literal(applied->arena, write_member(write->input, "remove"));
    const char *role = write_text(applied, write->input, "role");
    return applied_say(applied, arena_format(applied->arena, "%ss: %s added, %s removed",
                                             role != NULL ? role : "", add != NULL ? add : "",
                                             remove != NULL ? remove : ""));
}

/* ---- the table --------------------------------------------------------------------------- */

static const struct {
    const char *command;
    enum status (*apply)(struct write_at_hand *write);
} appliers[] = {
    {"pairing.amend", apply_result},
    {"pairing.result", apply_result},
    {"pairing.forfeit", apply_forfeit},
    {"pairing.seats", apply_seats},
    {"pairing.excuse", apply_excuse},
    {"match.amend", apply_match_amend},
    {"round.unpair", apply_unpair},
    {"entrant.add_all", applied_add_all},
    {"entrant.add", applied_add},
    {"entrant.join", applied_add},
    {"entrant.enter", applied_add},
    {"entrant.return", applied_add},
    {"entrant.missed", applied_missed},
    {"entrant.withdraw", applied_withdraw},
    {"entrant.delete", applied_delete},
    {"entrant.move_out", applied_move_out},
    {"entrant.move_in", applied_move_in},
    {"entrant.check_in", applied_check_in},
    {"entrant.undo_check_in", applied_undo_check_in},
    {"tournament.status", apply_status},
    {"division.status", apply_status},
    {"rating.set", apply_rating},
    {"rating.correct", apply_rating},
    {"bye.put", apply_bye},
    {"bye.withdraw", apply_no_bye},
    {"instance.start", apply_start},
    {"directors.change", apply_directors},
};

static enum status apply(struct applied *applied, const Arbiter__V1__Write *planned)
{
    struct write_at_hand write = {.applied = applied};
    enum status status = value_codec_from_map(applied->arena, planned->input, &write.input);
    for (size_t i = 0; status == STATUS_OK && i < COUNT_OF(appliers); i++)
        if (strcmp(appliers[i].command, planned->command) == 0)
            return appliers[i].apply(&write);
    return status;
}

/* A board that is told to end stops its game. */
static enum status follow_send(struct applied *applied, const Arbiter__V1__Send *send)
{
    int round = 0;
    int board = 0;
    const char *place = strstr(send->to, "-r");
    bool stops = strcmp(send->name, "director.void") == 0 ||
                 strcmp(send->name, "director.drop") == 0 ||
                 strcmp(send->name, "director.reseat") == 0;
    if (!stops || strncmp(send->to, "board:", 6) != 0 || place == NULL || applied->division == NULL)
        return STATUS_OK;
    for (const char *next; (next = strstr(place + 1, "-r")) != NULL;)
        place = next;
    for (place += 2; *place >= '0' && *place <= '9' && round < 100000; place++)
        round = round * 10 + (*place - '0');
    for (place += strncmp(place, "-b", 2) == 0 ? 2 : 0;
         *place >= '0' && *place <= '9' && board < 1000000; place++)
        board = board * 10 + (*place - '0');
    const Arbiter__V1__BoardPairing *row = desk_find_row(applied->division, round, board);
    return row != NULL && is_in_play(row) ? touch_game(applied, row, "stopped") : STATUS_OK;
}

/* Whether the division that was copied is told. */
static bool is_ours(const struct applied *applied, const Arbiter__V1__Send *send)
{
    const char *id = strncmp(send->to, "division:", 9) == 0 ? send->to + 9 : "";
    return applied->division != NULL && strcmp(id, applied->division->division_id) == 0;
}

enum status applied_step(struct applied *applied, const Arbiter__V1__CommitStepRequest *planned)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < planned->n_sends; i++)
        status = follow_send(applied, planned->sends[i]);
    for (size_t i = 0; status == STATUS_OK && i < planned->n_writes; i++)
        status = apply(applied, planned->writes[i]);
    for (size_t i = 0; status == STATUS_OK && i < planned->n_sends; i++)
        if (is_ours(applied, planned->sends[i]) &&
            strcmp(planned->sends[i]->name, "entrant.added") == 0)
            status = applied_added(applied, planned->sends[i]);
    return status == STATUS_OK && arena_full(applied->arena) ? STATUS_FULL : status;
}
