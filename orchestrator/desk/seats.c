/* Actions on who sits where in a round: each becomes the rows that change (`director.seats`). */
#include "orchestrator/desk/actions.h"

#include <string.h>

#include "orchestrator/division_record.h"
#include "orchestrator/division_standing.h"

/* A change of seats being put together. */
struct seating {
    struct desk_case *question;
    const struct format_division *format;
    int64_t round;
    struct value *rows;    /* of pairing.seats: new and changed */
    struct value *removed; /* {board, version} */
    size_t row_count;
    size_t removed_count;
    int64_t opened; /* games that are new in the round */
    int64_t closed; /* games that are no longer */
    int64_t loose;  /* players who lose a seat, less those who get one */
    int64_t board_next;
};

static enum status begin(struct desk_case *question, struct seating *seating)
{
    const Arbiter__V1__Division *division = question->division;
    int64_t round = desk_int(question->said, "round", question->request->round);
    *seating = (struct seating){
        .question = question, .round = round != 0 ? round : division->round, .board_next = 1};
    enum status status = division_format(question->arena, division, NULL, &seating->format);
    if (status != STATUS_OK)
        return status;
    size_t rows_max = division->n_pairings + division->n_entrants + 4;
    seating->rows = arena_array(question->arena, rows_max, sizeof(struct value));
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

/* The absent player's: a round without a game that counts as lost. */
static bool is_lost_rest(const Arbiter__V1__BoardPairing *row)
{
    return row->second[0] == '\0' && strcmp(row->outcome, "second") == 0;
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
    bool is_lost;    /* a rest that counts as a lost round */
    int64_t version; /* of the row it replaces; 0: a new one */
};

/* Whoever rests has his result as soon as he sits there, as the policy's own byes have. */
static enum status put(struct seating *seating, const struct new_seat *seat)
{
    bool is_game = seat->second[0] != '\0';
    bool is_bye = !is_game && !seat->is_lost && strcmp(seat->kind, "bye") == 0;
    if (seat->version == 0)
        seating->loose -= is_game ? 2 : 1;
    struct value_entry entries[] = {
        ENTRY("board", value_int(seat->board)),
        ENTRY("first", value_text(seat->first)),
        ENTRY("second", value_text(seat->second)),
        ENTRY("kind", value_text(seat->kind)),
        ENTRY("status", value_text(is_game ? "paired" : "final")),
        ENTRY("outcome", value_text(is_game         ? ""
                                    : seat->is_lost ? "second"
                                                    : "bye")),
        ENTRY("first_score", value_int(is_bye ? seating->format->byes.spread : 0)),
        ENTRY("second_score", value_int(seat->is_lost ? seating->format->forfeit_spread : 0)),
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
    seating->loose += row->second[0] != '\0' ? 2 : 1;
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
        ENTRY("loose", value_int(seating->loose)),
    };
    seating->question->data = desk_map(seating->question, entries, COUNT_OF(entries));
    return seating->question->data.kind == VALUE_MAP ? STATUS_OK : STATUS_FULL;
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
                                           .is_lost = is_lost_rest(row),
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
        status = desk_set_undo(question, "swap_players", back, COUNT_OF(back));
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
        status = desk_set_undo(question, "prepair", back, COUNT_OF(back));
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
        status = desk_set_undo(question, "unpair_board", back, COUNT_OF(back));
    return status == STATUS_OK ? end(&seating) : status;
}

/* ---- a bye ------------------------------------------------------------------------------- */

static bool is_bye_kind(const char *kind)
{
    return strcmp(kind, "bye") == 0 || strcmp(kind, "half_bye") == 0 ||
           strcmp(kind, "zero_bye") == 0 || strcmp(kind, "loss") == 0;
}

/* {round?, player, kind?}: the player rests; an opponent he had is left without one. What a bye is
 * worth is the policy's; a rest of kind "loss" counts as a lost round, with a forfeit's spread. */
enum status desk_fill_bye(struct desk_case *question, struct fault *out_fault)
{
    struct seating seating;
    const char *player = desk_text(question, question->said, "player");
    const char *kind = desk_text(question, question->said, "kind");
    kind = kind[0] != '\0' ? kind : "bye";
    if (!is_bye_kind(kind))
        return fault_set(out_fault, 0, 0, "'kind' is bye, half_bye, zero_bye or loss, not %s",
                         kind);
    enum status status = begin(question, &seating);
    if (status == STATUS_OK)
        status = check_player(&seating, player, out_fault);
    if (status == STATUS_OK)
        status = leave_seat(&seating, player, out_fault);
    bool is_lost = strcmp(kind, "loss") == 0;
    if (status == STATUS_OK)
        status = put(&seating, &(struct new_seat){.board = seating.board_next,
                                                  .first = player,
                                                  .second = "",
                                                  .kind = is_lost ? "bye" : kind,
                                                  .is_lost = is_lost});
    struct value_entry back[] = {
        ENTRY("round", value_int(seating.round)),
        ENTRY("board", value_int(seating.board_next)),
    };
    if (status == STATUS_OK && seating.removed_count == 0)
        status = desk_set_undo(question, "unpair_board", back, COUNT_OF(back));
    return status == STATUS_OK ? end(&seating) : status;
}

/* ---- the whole round --------------------------------------------------------------------- */

static bool is_open(const struct seating *seating, const Arbiter__V1__BoardPairing *row)
{
    return row->round == seating->round && strcmp(row->status, "void") != 0 && !has_result(row);
}

/* The way back from a change of the whole round: everybody without a result sits as he does now.
 * A rest that is worth less than a bye is not given back as one: then there is no way back. */
static enum status set_undo_seats(const struct seating *seating)
{
    struct desk_case *question = seating->question;
    const Arbiter__V1__Division *division = question->division;
    struct value *pairs = arena_array(question->arena, division->n_pairings + 1, sizeof *pairs);
    size_t count = 0;
    if (pairs == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (!is_open(seating, row))
            continue;
        if (row->second[0] == '\0' && (strcmp(row->kind, "bye") != 0 || is_lost_rest(row)))
            return STATUS_OK;
        struct value_entry pair[] = {
            ENTRY("first", value_text(row->first)),
            ENTRY("second", value_text(row->second)),
        };
        pairs[count] = desk_map(question, pair, COUNT_OF(pair));
        if (pairs[count++].kind != VALUE_MAP)
            return STATUS_FULL;
    }
    struct value_entry back[] = {
        ENTRY("round", value_int(seating->round)),
        ENTRY("pairs", value_list(pairs, count)),
    };
    return count > 0 ? desk_set_undo(question, "re_pair", back, COUNT_OF(back)) : STATUS_OK;
}

/* {round?}: whoever has no result yet sits nowhere. */
enum status desk_fill_unpair(struct desk_case *question, struct fault *out_fault)
{
    struct seating seating;
    enum status status = begin(question, &seating);
    for (size_t i = 0; status == STATUS_OK && i < question->division->n_pairings; i++)
        if (is_open(&seating, question->division->pairings[i]))
            status = take_away(&seating, question->division->pairings[i]);
    if (status == STATUS_OK && seating.removed_count == 0)
        return fault_set(out_fault, 0, 0, "round %lld has no board without a result",
                         (long long)seating.round);
    if (status == STATUS_OK)
        status = set_undo_seats(&seating);
    return status == STATUS_OK ? end(&seating) : status;
}

/* Boards with a result are settled; the policy pairs the others. */
static enum status pair_the_rest(struct seating *seating, struct pairing_output *out,
                                 struct fault *out_fault)
{
    struct desk_case *question = seating->question;
    const Arbiter__V1__Division *division = question->division;
    const struct format_division *format = NULL;
    struct pairing_input input;
    struct pairing_fixed *fixed = arena_array(question->arena, division->n_pairings, sizeof *fixed);
    int count = 0;
    enum status status = division_format(question->arena, division, NULL, &format);
    if (status == STATUS_OK && (seating->round < 1 || seating->round > format->rounds))
        return fault_set(out_fault, 0, 0, "the policy pairs rounds 1 to %d", format->rounds);
    if (status == STATUS_OK)
        status =
            division_to_pairing(question->arena, division, format, (int)seating->round, &input);
    if (status != STATUS_OK || fixed == NULL)
        return status != STATUS_OK ? status : STATUS_FULL;
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        if (row->round == seating->round && has_result(row))
            fixed[count++] =
                (struct pairing_fixed){division_find_player(division, row->first),
                                       division_find_player(division, row->second), true};
    }
    input.fixed = fixed;
    input.fixed_count = count;
    status = pairing_make(&input, question->arena, out, out_fault);
    if (status != STATUS_OK || out->verdict == PAIRING_MADE)
        return status;
    return fault_set(out_fault, 0, 0, "%s",
                     out->conflicts_count > 0 ? out->conflicts[0].text : "no legal pairing exists");
}

/* The next board whose players may change; NULL where a new one is needed. */
static const Arbiter__V1__BoardPairing *next_open(const struct seating *seating, size_t *at,
                                                  bool is_game)
{
    const Arbiter__V1__Division *division = seating->question->division;
    while (*at < division->n_pairings) {
        const Arbiter__V1__BoardPairing *row = division->pairings[(*at)++];
        if (is_open(seating, row) && (row->second[0] != '\0') == is_game)
            return row;
    }
    return NULL;
}

static enum status reseat(struct seating *seating, const Arbiter__V1__BoardPairing *row,
                          const char *first, const char *second)
{
    if (row != NULL && strcmp(row->first, first) == 0 && strcmp(row->second, second) == 0)
        return STATUS_OK;
    seating->opened += row == NULL && second[0] != '\0';
    return put(seating,
               &(struct new_seat){.board = row != NULL ? row->board : seating->board_next++,
                                  .first = first,
                                  .second = second,
                                  .kind = second[0] != '\0' ? "game" : "bye",
                                  .version = row != NULL ? row->version : 0});
}

/* Open boards that nobody was given. */
static enum status take_the_rest(struct seating *seating, size_t games, size_t byes)
{
    enum status status = STATUS_OK;
    const Arbiter__V1__BoardPairing *left;
    while (status == STATUS_OK && (left = next_open(seating, &games, true)) != NULL)
        status = take_away(seating, left);
    while (status == STATUS_OK && (left = next_open(seating, &byes, false)) != NULL)
        status = take_away(seating, left);
    return status;
}

static enum status check_pair(const struct seating *seating, struct value pairs, size_t index,
                              const char *const players[2], struct fault *out_fault)
{
    struct desk_case *question = seating->question;
    for (int p = 0; p < (players[1][0] != '\0' ? 2 : 1); p++) {
        const Arbiter__V1__BoardPairing *row = seat_of(seating, players[p]);
        enum status status = check_player(seating, players[p], out_fault);
        if (status == STATUS_OK && row != NULL)
            status = check_open(row, out_fault);
        if (status != STATUS_OK)
            return status;
        int seats = 0;
        for (size_t i = 0; i <= index; i++)
            seats += (strcmp(desk_text(question, pairs.as.items[i], "first"), players[p]) == 0) +
                     (strcmp(desk_text(question, pairs.as.items[i], "second"), players[p]) == 0);
        if (seats > 1)
            return fault_set(out_fault, 0, 0, "'%s' sits twice in 'pairs'", players[p]);
    }
    return STATUS_OK;
}

static enum status seat_output(struct seating *seating, const struct pairing_output *output)
{
    const Arbiter__V1__Division *division = seating->question->division;
    size_t games = 0;
    size_t byes = 0;
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < output->pairs_count; i++)
        if (!output->pairs[i].fixed)
            status = reseat(seating, next_open(seating, &games, true),
                            division->entrants[output->pairs[i].first]->player_id,
                            division->entrants[output->pairs[i].second]->player_id);
    for (int i = 0; status == STATUS_OK && i < output->rests_count; i++)
        if (output->rests[i].kind == PAIRING_REST_BYE)
            status = reseat(seating, next_open(seating, &byes, false),
                            division->entrants[output->rests[i].player]->player_id, "");
    return status == STATUS_OK ? take_the_rest(seating, games, byes) : status;
}

/* A list of {first, second}, "" for a bye; everybody once, and nobody who has his result. */
static enum status seat_pairs(struct seating *seating, struct value pairs, struct fault *out_fault)
{
    struct desk_case *question = seating->question;
    size_t games = 0;
    size_t byes = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < pairs.size; i++) {
        const char *players[] = {desk_text(question, pairs.as.items[i], "first"),
                                 desk_text(question, pairs.as.items[i], "second")};
        bool is_game = players[1][0] != '\0';
        status = check_pair(seating, pairs, i, players, out_fault);
        if (status == STATUS_OK)
            status = reseat(seating, next_open(seating, is_game ? &games : &byes, is_game),
                            players[0], players[1]);
    }
    return status == STATUS_OK ? take_the_rest(seating, games, byes) : status;
}

static struct value pairs_said(const struct desk_case *question)
{
    const struct value *pairs =
        question->said.kind == VALUE_MAP ? value_find(question->said, value_text("pairs")) : NULL;
    return pairs != NULL && pairs->kind == VALUE_LIST ? *pairs : value_list(NULL, 0);
}

/* Pairs by the policy; nobody is left without a seat then, whoever was before. */
static enum status seat_by_policy(struct seating *seating, struct fault *out_fault)
{
    struct pairing_output output;
    enum status status = pair_the_rest(seating, &output, out_fault);
    if (status == STATUS_OK)
        status = seat_output(seating, &output);
    seating->loose = -(int64_t)seating->question->division->n_entrants;
    return status;
}

/* {round?, pairs?}: the policy pairs the round again, as results and entries are now; or `pairs`
 * are the round's. What has been played stays. */
enum status desk_fill_re_pair(struct desk_case *question, struct fault *out_fault)
{
    struct seating seating;
    struct value pairs = pairs_said(question);
    enum status status = begin(question, &seating);
    if (status == STATUS_OK)
        status = pairs.size > 0 ? seat_pairs(&seating, pairs, out_fault)
                                : seat_by_policy(&seating, out_fault);
    if (status == STATUS_OK && seating.row_count + seating.removed_count == 0)
        return fault_set(out_fault, 0, 0, "paired again, round %lld is as it is",
                         (long long)seating.round);
    if (status == STATUS_OK)
        status = set_undo_seats(&seating);
    return status == STATUS_OK ? end(&seating) : status;
}
