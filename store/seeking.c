/* What finding a game asks the store: seekers, seeks, circles, tickets, bulks. */
#include <string.h>

#include "base/buffer.h"
#include "store/reads.h"

static const int64_t BALANCE_MS = INT64_C(30) * 24 * 3600 * 1000;

/* ---- GetSeeker --------------------------------------------------------------------------- */

static void on_seeker(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    const size_t row = 0;
    Arbiter__V1__GetSeekerReply *reply = REPLY(GetSeeker);
    if (result->row_count == 0) {
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no player '%s'",
                        INPUT(GetSeeker)->player_id);
        return;
    }
    reply->status = TEXT(0);
    reply->balance = INTEGER(1);
    reply->live = INTEGER(2);
    reply->correspondence = INTEGER(3);
    reply->ticket_id = TEXT(4);
}

static void on_seeker_seek(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count > 0)
        REPLY(GetSeeker)->seek = read_seek(op, result, 0);
}

/* The pool that a game of the request counts for. */
static const char *pool_of(const Arbiter__V1__GameRequest *request)
{
    if (request == NULL)
        return "";
    return request->rating_pool[0] != '\0' ? request->rating_pool : request->rules;
}

/* Of all the player's ratings the one for the pool asked for, or for that of the seek, which has
 * been read by now. */
static void on_seeker_ratings(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__GetSeekerReply *reply = REPLY(GetSeeker);
    const char *pool =
        reply->seek != NULL ? pool_of(reply->seek->request) : INPUT(GetSeeker)->rating_pool;
    for (size_t row = 0; row < result->row_count && reply->rating == NULL; row++)
        if (strcmp(sql_read_text(result, row, 1), pool) == 0)
            reply->rating = read_rating(op, result, row);
}

static void on_seeker_event(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    const size_t row = 0;
    if (result->row_count == 0)
        return;
    REPLY(GetSeeker)->event_at_ms = INTEGER(0);
    REPLY(GetSeeker)->event_id = TEXT(1);
}

/* Makes room in four lists at once: a circle has as many names as rows at most. */
static void on_circles(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__GetSeekerReply *reply = REPLY(GetSeeker);
    reply->blocks = arena_array(&op->arena, result->row_count, sizeof(char *));
    reply->blocked_by = arena_array(&op->arena, result->row_count, sizeof(char *));
    reply->follows = arena_array(&op->arena, result->row_count, sizeof(char *));
    reply->followed_by = arena_array(&op->arena, result->row_count, sizeof(char *));
    if (arena_full(&op->arena))
        return;
    for (size_t row = 0; row < result->row_count; row++) {
        const char *kind = sql_read_text(result, row, 0);
        if (strcmp(kind, "block") == 0)
            reply->blocks[reply->n_blocks++] = TEXT(1);
        else if (strcmp(kind, "follow") == 0)
            reply->follows[reply->n_follows++] = TEXT(1);
        else if (strcmp(kind, "blocked_by") == 0)
            reply->blocked_by[reply->n_blocked_by++] = TEXT(1);
        else
            reply->followed_by[reply->n_followed_by++] = TEXT(1);
    }
}

static void on_member(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(GetSeeker)->is_member = result->row_count > 0;
}

static void on_seeker_player(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    const size_t row = 0;
    if (result->row_count == 0)
        return;
    REPLY(GetSeeker)->conduct = NUMBER(7);
    if (INTEGER(4) <= store_now_ms(op->store))
        return;
    Arbiter__V1__Suspension *suspension =
        NEW(op, Arbiter__V1__Suspension, arbiter__v1__suspension__init);
    REPLY(GetSeeker)->suspension = suspension;
    if (suspension == NULL)
        return;
    suspension->until_ms = INTEGER(4);
    suspension->from = TEXT(5);
    suspension->because = TEXT(6);
}

static enum op_next get_seeker(struct op *op)
{
    const Arbiter__V1__GetSeekerRequest *request = INPUT(GetSeeker);
    struct sql_value player = sql_text(request->player_id);
    int64_t now_ms = request->now_ms > 0 ? request->now_ms : store_now_ms(op->store);
    (void)OP_OUTPUT(op, Arbiter__V1__GetSeekerReply, arbiter__v1__get_seeker_reply__init);
    op_send(op, STATEMENT_SEEKER, SQL_PARAMETERS(player, sql_integer(now_ms - BALANCE_MS)),
            on_seeker);
    if (request->seek_id[0] != '\0')
        op_send(op, STATEMENT_SEEK_GET, SQL_PARAMETERS(sql_text(request->seek_id)), on_seeker_seek);
    if (request->rating_pool[0] != '\0' || request->seek_id[0] != '\0')
        op_send(op, STATEMENT_RATINGS_OF_PLAYER,
                SQL_PARAMETERS(player, sql_text(request->rating_pool)), on_seeker_ratings);
    op_send(op, STATEMENT_PLAYER_GET, SQL_PARAMETERS(player), on_seeker_player);
    if (request->place[0] != '\0')
        op_send(op, STATEMENT_SEEKER_MEMBER, SQL_PARAMETERS(player, sql_text(request->place)),
                on_member);
    op_send(op, STATEMENT_SEEKER_EVENT, SQL_PARAMETERS(player, sql_integer(now_ms)),
            on_seeker_event);
    op_send(op, STATEMENT_CIRCLES_OF, SQL_PARAMETERS(player), on_circles);
    return OP_LAST;
}

/* ---- seeks ------------------------------------------------------------------------------- */

static void on_seeks(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListSeeksReply *reply = REPLY(ListSeeks);
    FILL(reply->seeks, reply->n_seeks, read_seek);
    size_t limit = (size_t)reads_limit(INPUT(ListSeeks)->limit);
    reply->more = reply->n_seeks > limit;
    reply->n_seeks = reply->more ? limit : reply->n_seeks;
}

static enum op_next list_seeks(struct op *op)
{
    const Arbiter__V1__ListSeeksRequest *request = INPUT(ListSeeks);
    (void)OP_OUTPUT(op, Arbiter__V1__ListSeeksReply, arbiter__v1__list_seeks_reply__init);
    op_send(op, STATEMENT_SEEKS_LIST,
            SQL_PARAMETERS(sql_text(request->status[0] != '\0' ? request->status : "open"),
                           sql_text(request->player_id),
                           sql_integer(reads_limit(request->limit) + 1), sql_text(request->before)),
            on_seeks);
    return OP_LAST;
}

static void on_closed_seeks(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(ListClosedSeeks)->seeks, REPLY(ListClosedSeeks)->n_seeks, read_seek);
}

static enum op_next list_closed_seeks(struct op *op)
{
    const Arbiter__V1__ListClosedSeeksRequest *request = INPUT(ListClosedSeeks);
    (void)OP_OUTPUT(op, Arbiter__V1__ListClosedSeeksReply,
                    arbiter__v1__list_closed_seeks_reply__init);
    op_send(
        op, STATEMENT_SEEKS_CLOSED,
        SQL_PARAMETERS(sql_integer(request->after_ms), sql_integer(reads_limit(request->limit))),
        on_closed_seeks);
    return OP_LAST;
}

static void on_seek(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0)
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no seek '%s'", INPUT(GetSeek)->seek_id);
    else
        REPLY(GetSeek)->seek = read_seek(op, result, 0);
}

static void on_seek_version(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(GetSeek)->version = reads_version(result);
}

static enum op_next get_seek(struct op *op)
{
    const char *id = INPUT(GetSeek)->seek_id;
    (void)OP_OUTPUT(op, Arbiter__V1__GetSeekReply, arbiter__v1__get_seek_reply__init);
    reads_ask_version(op, "seek", "match", id, on_seek_version);
    op_send(op, STATEMENT_SEEK_GET, SQL_PARAMETERS(sql_text(id)), on_seek);
    return OP_LAST;
}

/* ---- ChangeCircle ------------------------------------------------------------------------ */

static void on_changed(const struct sql_result *result, void *user)
{
    (void)op_check(user, result); /* a failure ends the op; there is nothing to read */
}

static enum op_next change_circle(struct op *op)
{
    const Arbiter__V1__ChangeCircleRequest *request = INPUT(ChangeCircle);
    struct sql_value player = sql_text(request->player_id);
    struct sql_value other = sql_text(request->other);
    struct sql_value kind = sql_text(request->kind);
    (void)OP_OUTPUT(op, Arbiter__V1__ChangeCircleReply, arbiter__v1__change_circle_reply__init);
    if (strcmp(request->kind, "block") != 0 && strcmp(request->kind, "follow") != 0)
        return op_refuse(op, STATUS_INVALID_ARGUMENT, "a circle is 'block' or 'follow'");
    if (request->other[0] == '\0' || strcmp(request->player_id, request->other) == 0)
        return op_refuse(op, STATUS_INVALID_ARGUMENT, "a circle is of other players");
    if (request->drop)
        op_send(op, STATEMENT_CIRCLE_DROP, SQL_PARAMETERS(player, other, kind), on_changed);
    else
        op_send(op, STATEMENT_CIRCLE_PUT,
                SQL_PARAMETERS(player, other, kind, sql_integer(store_now_ms(op->store))),
                on_changed);
    return OP_LAST;
}

const struct op_kind op_change_circle = {"ChangeCircle", change_circle, NULL, 1, NULL};

/* ---- tickets ----------------------------------------------------------------------------- */

enum {
    TICKETS_BYTES_MAX = BUS_MESSAGE_MAX / 2, /* what they have to do with each other comes on top */
    MEETINGS_BYTES_MAX = BUS_MESSAGE_MAX / 4,
    MEETING_TAG_BYTES = 2,
    ENDED_MAX = 200
};

static size_t listed_max(struct op *op)
{
    int32_t limit = INPUT(ListTickets)->limit;
    return limit > 0 && limit < STORE_TICKETS_MAX ? (size_t)limit : STORE_TICKETS_MAX;
}

static void on_waiting(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListTicketsReply *reply = REPLY(ListTickets);
    size_t bytes = 0;
    reply->tickets = arena_array(&op->arena, result->row_count, sizeof(void *));
    for (size_t row = 0; reply->tickets != NULL && row < result->row_count; row++) {
        reply->tickets[row] = read_ticket(op, result, row);
        if (reply->tickets[row] == NULL)
            return;
        bytes += arbiter__v1__ticket__get_packed_size(reply->tickets[row]);
        if (bytes > TICKETS_BYTES_MAX || row == listed_max(op)) {
            reply->is_cut = true;
            return;
        }
        reply->n_tickets = row + 1;
    }
}

static Arbiter__V1__Ticket *ticket_of(const Arbiter__V1__ListTicketsReply *reply,
                                      const char *player)
{
    for (size_t i = 0; i < reply->n_tickets; i++)
        if (strcmp(reply->tickets[i]->player_id, player) == 0)
            return reply->tickets[i];
    return NULL;
}

/* Repeated fields grow by doubling: room is made whenever the count is a power of two. */
static void *grown(struct op *op, void *items, size_t count)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return items;
    void **room = arena_array(&op->arena, count == 0 ? 1 : count * 2, sizeof(void *));
    if (room != NULL && count > 0)
        memcpy(room, items, count * sizeof(void *));
    return room;
}

static void on_blocks(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    for (size_t row = 0; row < result->row_count; row++) {
        Arbiter__V1__Ticket *ticket = ticket_of(REPLY(ListTickets), sql_read_text(result, row, 0));
        if (ticket == NULL)
            continue;
        ticket->blocks = grown(op, ticket->blocks, ticket->n_blocks);
        if (ticket->blocks == NULL)
            return;
        ticket->blocks[ticket->n_blocks++] = TEXT(1);
    }
}

/* The latest first: those that do not fit are the oldest. */
static void on_ticket_meetings(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    size_t bytes = 0;
    for (size_t row = 0; row < result->row_count && bytes < MEETINGS_BYTES_MAX; row++) {
        Arbiter__V1__Ticket *ticket = ticket_of(REPLY(ListTickets), sql_read_text(result, row, 0));
        Arbiter__V1__Meeting *meeting = NEW(op, Arbiter__V1__Meeting, arbiter__v1__meeting__init);
        if (ticket == NULL || meeting == NULL)
            continue;
        meeting->opponent = TEXT(1);
        meeting->at_ms = INTEGER(2);
        meeting->aborted = INTEGER(3) != 0;
        bytes += MEETING_TAG_BYTES + arbiter__v1__meeting__get_packed_size(meeting);
        ticket->meetings = grown(op, ticket->meetings, ticket->n_meetings);
        if (ticket->meetings == NULL)
            return;
        ticket->meetings[ticket->n_meetings++] = meeting;
    }
}

static Arbiter__V1__EndedWait *read_ended(struct op *op, const struct sql_result *result,
                                          size_t row)
{
    Arbiter__V1__EndedWait *wait = NEW(op, Arbiter__V1__EndedWait, arbiter__v1__ended_wait__init);
    if (wait == NULL)
        return NULL;
    wait->since_ms = INTEGER(0);
    wait->ended_at_ms = INTEGER(1);
    wait->status = TEXT(2);
    wait->low_ms = INTEGER(3);
    wait->high_ms = INTEGER(4);
    return wait;
}

static void on_ended(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(ListTickets)->ended, REPLY(ListTickets)->n_ended, read_ended);
}

static enum op_next list_tickets(struct op *op)
{
    const Arbiter__V1__ListTicketsRequest *request = INPUT(ListTickets);
    struct sql_value pool = sql_text(request->pool);
    struct sql_value after_ms = sql_integer(request->after_ms);
    struct sql_value after = sql_text(request->after);
    struct sql_value limit =
        sql_integer((int64_t)listed_max(op) + 1); /* one more says that there are more */
    (void)OP_OUTPUT(op, Arbiter__V1__ListTicketsReply, arbiter__v1__list_tickets_reply__init);
    op_send(op, STATEMENT_TICKETS_AFTER, SQL_PARAMETERS(pool, after_ms, after, limit), on_waiting);
    op_send(op, STATEMENT_TICKETS_BLOCKS, SQL_PARAMETERS(pool, after_ms, after, limit), on_blocks);
    op_send(op, STATEMENT_TICKETS_MEETINGS,
            SQL_PARAMETERS(pool, after_ms, after, limit, sql_integer(request->meetings_after_ms)),
            on_ticket_meetings);
    op_send(op, STATEMENT_TICKETS_ENDED, SQL_PARAMETERS(pool, sql_integer(ENDED_MAX)), on_ended);
    return OP_LAST;
}

static void on_places(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListPlacesReply *reply = REPLY(ListPlaces);
    FILL(reply->tickets, reply->n_tickets, read_ticket);
    size_t limit = (size_t)reads_limit(INPUT(ListPlaces)->limit);
    reply->more = reply->n_tickets > limit;
    reply->n_tickets = reply->more ? limit : reply->n_tickets;
}

static void on_ended_places(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(ListPlaces)->ended, REPLY(ListPlaces)->n_ended, read_ended);
}

static enum op_next list_places(struct op *op)
{
    const Arbiter__V1__ListPlacesRequest *request = INPUT(ListPlaces);
    struct sql_value pool = sql_text(request->pool);
    struct sql_value after = sql_text(request->after);
    struct sql_value limit = sql_integer(reads_limit(request->limit) + 1);
    (void)OP_OUTPUT(op, Arbiter__V1__ListPlacesReply, arbiter__v1__list_places_reply__init);
    if (request->pool[0] == '\0') {
        op_send(op, STATEMENT_TICKETS_ATTENDED, SQL_PARAMETERS(after, limit), on_places);
        return OP_LAST;
    }
    op_send(op, STATEMENT_TICKETS_AFTER,
            SQL_PARAMETERS(pool, sql_integer(request->after_ms), after, limit), on_places);
    op_send(op, STATEMENT_TICKETS_ENDED, SQL_PARAMETERS(pool, sql_integer(ENDED_MAX)),
            on_ended_places);
    return OP_LAST;
}

static void on_ticket(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0)
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no place '%s' in a pool",
                        INPUT(GetTicket)->ticket_id);
    else
        REPLY(GetTicket)->ticket = read_ticket(op, result, 0);
}

static enum op_next get_ticket(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__GetTicketReply, arbiter__v1__get_ticket_reply__init);
    op_send(op, STATEMENT_TICKET_GET, SQL_PARAMETERS(sql_text(INPUT(GetTicket)->ticket_id)),
            on_ticket);
    return OP_LAST;
}

/* ---- bulks ------------------------------------------------------------------------------- */

static void on_bulk(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    const size_t row = 0;
    if (result->row_count == 0) {
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no bulk '%s'", INPUT(GetBulk)->bulk_id);
        return;
    }
    Arbiter__V1__Bulk *bulk = NEW(op, Arbiter__V1__Bulk, arbiter__v1__bulk__init);
    if (bulk == NULL)
        return;
    bulk->bulk_id = TEXT(0);
    bulk->owner = TEXT(1);
    bulk->request = PACKED(2, game_request);
    bulk->pair_at_ms = INTEGER(3);
    bulk->clocks_at_ms = INTEGER(4);
    bulk->status = TEXT(5);
    bulk->created_at_ms = INTEGER(6);
    REPLY(GetBulk)->bulk = bulk;
}

static void on_bulk_games(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Bulk *bulk = REPLY(GetBulk)->bulk;
    if (bulk == NULL)
        return;
    bulk->games = arena_array(&op->arena, result->row_count, sizeof(void *));
    for (size_t row = 0; bulk->games != NULL && row < result->row_count; row++) {
        Arbiter__V1__BulkGame *game = NEW(op, Arbiter__V1__BulkGame, arbiter__v1__bulk_game__init);
        if (game == NULL)
            return;
        game->number = (int32_t)INTEGER(0);
        game->first = TEXT(1);
        game->second = TEXT(2);
        game->game_id = TEXT(3);
        bulk->games[bulk->n_games++] = game;
    }
}

static enum op_next get_bulk(struct op *op)
{
    struct sql_value id = sql_text(INPUT(GetBulk)->bulk_id);
    (void)OP_OUTPUT(op, Arbiter__V1__GetBulkReply, arbiter__v1__get_bulk_reply__init);
    op_send(op, STATEMENT_BULK_GET, SQL_PARAMETERS(id), on_bulk);
    op_send(op, STATEMENT_BULK_GAMES, SQL_PARAMETERS(id), on_bulk_games);
    return OP_LAST;
}

/* The players' ids as one text with a space around each. */
static const char *players_text(struct op *op)
{
    struct buffer text = {0};
    const Arbiter__V1__CheckBulkRequest *request = INPUT(CheckBulk);
    for (size_t i = 0; i < request->n_player_ids; i++)
        buffer_format(&text, " %s ", request->player_ids[i]);
    const char *kept = arena_copy(&op->arena, buffer_text(&text), text.size);
    buffer_deinit(&text);
    return kept != NULL ? kept : "";
}

static bool is_among(const struct sql_result *result, const char *player, const char **out_status)
{
    for (size_t row = 0; row < result->row_count; row++)
        if (strcmp(sql_read_text(result, row, 0), player) == 0) {
            *out_status = sql_read_text(result, row, 1);
            return true;
        }
    return false;
}

static void on_bulk_players(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    const Arbiter__V1__CheckBulkRequest *request = INPUT(CheckBulk);
    Arbiter__V1__CheckBulkReply *reply = REPLY(CheckBulk);
    reply->unknown = arena_array(&op->arena, request->n_player_ids, sizeof(char *));
    reply->suspended = arena_array(&op->arena, request->n_player_ids, sizeof(char *));
    if (arena_full(&op->arena))
        return;
    for (size_t i = 0; i < request->n_player_ids; i++) {
        const char *status = "";
        char *player = op_text(op, request->player_ids[i]);
        if (!is_among(result, player, &status))
            reply->unknown[reply->n_unknown++] = player;
        else if (strcmp(status, "active") != 0)
            reply->suspended[reply->n_suspended++] = player;
    }
}

static void on_clashes(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__CheckBulkReply *reply = REPLY(CheckBulk);
    reply->clashes = arena_array(&op->arena, result->row_count, sizeof(void *));
    for (size_t row = 0; reply->clashes != NULL && row < result->row_count; row++) {
        Arbiter__V1__BulkClash *clash =
            NEW(op, Arbiter__V1__BulkClash, arbiter__v1__bulk_clash__init);
        if (clash == NULL)
            return;
        clash->player_id = TEXT(0);
        clash->bulk_id = TEXT(1);
        clash->from_ms = INTEGER(2);
        clash->to_ms = INTEGER(3);
        reply->clashes[reply->n_clashes++] = clash;
    }
}

static enum op_next check_bulk(struct op *op)
{
    const Arbiter__V1__CheckBulkRequest *request = INPUT(CheckBulk);
    struct sql_value players = sql_text(players_text(op));
    (void)OP_OUTPUT(op, Arbiter__V1__CheckBulkReply, arbiter__v1__check_bulk_reply__init);
    op_send(op, STATEMENT_BULK_PLAYERS, SQL_PARAMETERS(players), on_bulk_players);
    op_send(op, STATEMENT_BULK_CLASHES,
            SQL_PARAMETERS(players, sql_integer(request->from_ms), sql_integer(request->to_ms),
                           sql_text(request->bulk_id)),
            on_clashes);
    return OP_LAST;
}

const struct op_kind seek_reads[] = {
    {"GetSeeker", get_seeker, NULL, 1, NULL},
    {"ListSeeks", list_seeks, NULL, 1, NULL},
    {"ListClosedSeeks", list_closed_seeks, NULL, 1, NULL},
    {"GetSeek", get_seek, NULL, 1, NULL},
    {"ListTickets", list_tickets, NULL, 1, NULL},
    {"ListPlaces", list_places, NULL, 1, NULL},
    {"GetTicket", get_ticket, NULL, 1, NULL},
    {"GetBulk", get_bulk, NULL, 1, NULL},
    {"CheckBulk", check_bulk, NULL, 1, NULL},
    {NULL, NULL, NULL, 0, NULL},
};
