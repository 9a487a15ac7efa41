/* What each read method asks, and how rows become its answer. */
#include <string.h>

#include "proto/game_events.h"
#include "store/rows.h"
#include "store/state.h"

#define JOURNAL_BYTES_MAX (BUS_MESSAGE_MAX / 2) /* the events come on top */

static int64_t limit_of(int32_t asked)
{
    return asked > 0 && asked < STORE_LIST_MAX ? asked : STORE_LIST_MAX;
}

/* Makes room for a result's rows in a repeated field. */
static void *new_list(struct op *op, const struct sql_result *result)
{
    return arena_array(&op->arena, result->row_count, sizeof(void *));
}

/* Gives each row of a result to `read`, which makes a message of it; the list's place in the answer
 * follows. A macro because every repeated field of protobuf-c has a type of its own. */
#define FILL(list, count, read)                                                                    \
    do {                                                                                           \
        (list) = new_list(op, result);                                                             \
        for (size_t row = 0; (list) != NULL && row < result->row_count; row++) {                   \
            (list)[row] = read(op, result, row);                                                   \
            if ((list)[row] == NULL)                                                               \
                break;                                                                             \
            (count) = row + 1;                                                                     \
        }                                                                                          \
    } while (false)

/* ---- instances --------------------------------------------------------------------------- */

#define INPUT(type) ((const Arbiter__V1__##type##Request *)op->input)
#define REPLY(type) ((Arbiter__V1__##type##Reply *)op->output)

/* Begins every callback: the op, its answer, and nothing to do where something has gone wrong. */
#define BEGIN_CALLBACK()                                                                           \
    struct op *op = user;                                                                          \
    if (!op_check(op, result) || op->output == NULL)                                               \
    return

static void refuse_instance(struct op *op)
{
    (void)op_refuse(op, STATUS_NOT_FOUND, "there is no instance '%s'",
                    INPUT(LoadInstance)->instance_id);
}

static void on_instance(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        if (game_of_instance(INPUT(LoadInstance)->instance_id) == NULL)
            refuse_instance(op);
        return;
    }
    Arbiter__V1__LoadInstanceReply *reply = REPLY(LoadInstance);
    const size_t row = 0;
    reply->machine = TEXT(0);
    reply->machine_hash = TEXT(1);
    reply->seq = INTEGER(2);
    reply->snapshot = op_bytes(op, result, row, 3);
    reply->finished = INTEGER(4) != 0;
    reply->updated_at_ms = INTEGER(5);
}

static void on_waiting(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__LoadInstanceReply *reply = REPLY(LoadInstance);
    FILL(reply->pending, reply->n_pending, read_inbox);
}

static void on_event_asked(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0 || sql_is_null(result, 0, 0))
        return;
    REPLY(LoadInstance)->event_consumed = true;
    REPLY(LoadInstance)->answer = op_bytes(op, result, 0, 1);
}

/* Puts an event before the others. */
static Arbiter__V1__InboxEvent **with_first(struct op *op, Arbiter__V1__InboxEvent *first,
                                            Arbiter__V1__InboxEvent **rest, size_t rest_count)
{
    Arbiter__V1__InboxEvent **events =
        arena_array(&op->arena, rest_count + 1, sizeof(Arbiter__V1__InboxEvent *));
    if (events == NULL)
        return NULL;
    events[0] = first;
    if (rest_count > 0)
        memcpy(events + 1, rest, rest_count * sizeof(Arbiter__V1__InboxEvent *));
    return events;
}

/* Where the game's machine has not begun. */
static void on_game_to_begin(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__LoadInstanceReply *reply = REPLY(LoadInstance);
    if (reply->machine[0] != '\0')
        return;
    const Arbiter__V1__Game *game = result->row_count > 0 ? read_game(op, result, 0) : NULL;
    Arbiter__V1__InboxEvent *start = game != NULL ? game_start(&op->arena, game) : NULL;
    if (start == NULL) {
        refuse_instance(op);
        return;
    }
    reply->machine = op_text(op, GAME_MACHINE);
    reply->updated_at_ms = game->created_at_ms;
    if (INPUT(LoadInstance)->pending_max == 0)
        return;
    reply->pending = with_first(op, start, reply->pending, reply->n_pending);
    reply->n_pending = reply->pending != NULL ? reply->n_pending + 1 : 0;
}

static enum op_next load_instance(struct op *op)
{
    const Arbiter__V1__LoadInstanceRequest *request = INPUT(LoadInstance);
    struct sql_value id = sql_text(request->instance_id);
    (void)OP_OUTPUT(op, Arbiter__V1__LoadInstanceReply, arbiter__v1__load_instance_reply__init);
    op_send(op, STATEMENT_INSTANCE_LOAD, SQL_PARAMETERS(id), on_instance);
    if (request->pending_max > 0)
        op_send(op, STATEMENT_INBOX_WAITING,
                SQL_PARAMETERS(id, sql_integer(limit_of(request->pending_max))), on_waiting);
    if (request->event_id[0] != '\0')
        op_send(op, STATEMENT_INBOX_STATE, SQL_PARAMETERS(id, sql_text(request->event_id)),
                on_event_asked);
    const char *game_id = game_of_instance(request->instance_id);
    if (game_id != NULL)
        op_send(op, STATEMENT_GAME_GET, SQL_PARAMETERS(sql_text(game_id)), on_game_to_begin);
    return OP_LAST;
}

static void on_forgotten(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListPendingReply *reply = REPLY(ListPending);
    reply->instance_ids = new_list(op, result);
    for (size_t row = 0; reply->instance_ids != NULL && row < result->row_count; row++)
        reply->instance_ids[reply->n_instance_ids++] = TEXT(0);
}

static enum op_next list_pending(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__ListPendingReply, arbiter__v1__list_pending_reply__init);
    op_send(op, STATEMENT_INBOX_FORGOTTEN,
            SQL_PARAMETERS(sql_integer(INPUT(ListPending)->older_than_ms),
                           sql_integer(limit_of(INPUT(ListPending)->limit))),
            on_forgotten);
    return OP_LAST;
}

static Arbiter__V1__LiveInstance *read_live(struct op *op, const struct sql_result *result,
                                            size_t row)
{
    Arbiter__V1__LiveInstance *live =
        NEW(op, Arbiter__V1__LiveInstance, arbiter__v1__live_instance__init);
    if (live == NULL)
        return NULL;
    live->instance_id = TEXT(0);
    live->machine_hash = TEXT(1);
    live->seq = INTEGER(2);
    live->snapshot = op_bytes(op, result, row, 3);
    return live;
}

static void on_live(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListInstancesReply *reply = REPLY(ListInstances);
    FILL(reply->instances, reply->n_instances, read_live);
    size_t size = 0;
    for (size_t i = 0; i < reply->n_instances; i++) {
        size += arbiter__v1__live_instance__get_packed_size(reply->instances[i]);
        if (size > JOURNAL_BYTES_MAX && i > 0) {
            reply->n_instances = i;
            break;
        }
    }
}

static enum op_next list_instances(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__ListInstancesReply, arbiter__v1__list_instances_reply__init);
    op_send(op, STATEMENT_INSTANCES_LIVE,
            SQL_PARAMETERS(sql_text(INPUT(ListInstances)->machine),
                           sql_text(INPUT(ListInstances)->after),
                           sql_integer(limit_of(INPUT(ListInstances)->limit))),
            on_live);
    return OP_LAST;
}

static Arbiter__V1__JournalEntry *read_entry(struct op *op, const struct sql_result *result,
                                             size_t row)
{
    Arbiter__V1__JournalEntry *entry =
        NEW(op, Arbiter__V1__JournalEntry, arbiter__v1__journal_entry__init);
    if (entry == NULL)
        return NULL;
    entry->seq = INTEGER(0);
    entry->machine_hash = TEXT(1);
    entry->snapshot = op_bytes(op, result, row, 2);
    entry->effects = TEXT(3);
    entry->now_ms = INTEGER(4);
    entry->actor = TEXT(5);
    entry->note = TEXT(6);
    return entry;
}

/* A reply must fit into one message: what does not is for the next page. */
static void on_journal(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ReadJournalReply *reply = REPLY(ReadJournal);
    FILL(reply->entries, reply->n_entries, read_entry);
    size_t size = 0;
    for (size_t i = 0; i < reply->n_entries; i++) {
        size += arbiter__v1__journal_entry__get_packed_size(reply->entries[i]);
        if (size > JOURNAL_BYTES_MAX && i > 0) {
            reply->n_entries = i;
            break;
        }
    }
}

static void give_event(struct op *op, Arbiter__V1__JournalEntry *entry,
                       Arbiter__V1__InboxEvent *event)
{
    Arbiter__V1__InboxEvent **events =
        arena_array(&op->arena, entry->n_events + 1, sizeof(Arbiter__V1__InboxEvent *));
    if (events == NULL || event == NULL)
        return;
    if (entry->n_events > 0)
        memcpy(events, entry->events, entry->n_events * sizeof(Arbiter__V1__InboxEvent *));
    events[entry->n_events++] = event;
    entry->events = events;
}

/* Both lists are in the order of their steps. */
static void on_consumed(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ReadJournalReply *reply = REPLY(ReadJournal);
    size_t at = 0;
    for (size_t row = 0; row < result->row_count; row++) {
        int64_t seq = INTEGER(8);
        while (at < reply->n_entries && reply->entries[at]->seq < seq)
            at++;
        if (at < reply->n_entries && reply->entries[at]->seq == seq)
            give_event(op, reply->entries[at], read_inbox(op, result, row));
    }
}

/* A game's first step took its start, which is no row. */
static void on_game_that_began(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ReadJournalReply *reply = REPLY(ReadJournal);
    Arbiter__V1__JournalEntry *entry = reply->n_entries > 0 ? reply->entries[0] : NULL;
    if (result->row_count == 0 || entry == NULL || entry->seq != 1 ||
        (entry->n_events > 0 && strcmp(entry->events[0]->event_id, GAME_START) == 0))
        return;
    const Arbiter__V1__Game *game = read_game(op, result, 0);
    Arbiter__V1__InboxEvent *start = game != NULL ? game_start(&op->arena, game) : NULL;
    if (start == NULL)
        return; /* the read notices the full arena */
    entry->events = with_first(op, start, entry->events, entry->n_events);
    entry->n_events = entry->events != NULL ? entry->n_events + 1 : 0;
}

static enum op_next read_journal(struct op *op)
{
    const Arbiter__V1__ReadJournalRequest *request = INPUT(ReadJournal);
    struct sql_value id = sql_text(request->instance_id);
    struct sql_value after = sql_integer(request->after_seq);
    struct sql_value limit = sql_integer(limit_of(request->limit));
    (void)OP_OUTPUT(op, Arbiter__V1__ReadJournalReply, arbiter__v1__read_journal_reply__init);
    op_send(op, STATEMENT_JOURNAL_READ, SQL_PARAMETERS(id, after, limit), on_journal);
    op_send(op, STATEMENT_INBOX_CONSUMED, SQL_PARAMETERS(id, after, limit), on_consumed);
    const char *game_id = game_of_instance(request->instance_id);
    if (game_id != NULL && request->after_seq == 0)
        op_send(op, STATEMENT_GAME_GET, SQL_PARAMETERS(sql_text(game_id)), on_game_that_began);
    return OP_LAST;
}

/* ---- games and people -------------------------------------------------------------------- */

static void on_game(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no game '%s'", INPUT(LoadGame)->game_id);
        return;
    }
    Arbiter__V1__LoadGameReply *reply = REPLY(LoadGame);
    reply->game = read_game(op, result, 0);
    if (reply->game != NULL)
        reply->game->state = op_bytes(op, result, 0, 19);
    reply->sealed_seed = op_bytes(op, result, 0, 20);
    reply->commitment = op_text(op, sql_read_text(result, 0, 21));
    reply->commitment_id = op_text(op, sql_read_text(result, 0, 22));
    reply->requests = op_text(op, sql_read_text(result, 0, 23));
    reply->request_count = (int32_t)sql_read_integer(result, 0, 24);
}

static void on_turns(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(LoadGame)->turns, REPLY(LoadGame)->n_turns, read_turn);
}

static enum op_next load_game(struct op *op)
{
    struct sql_value id = sql_text(INPUT(LoadGame)->game_id);
    (void)OP_OUTPUT(op, Arbiter__V1__LoadGameReply, arbiter__v1__load_game_reply__init);
    op_send(op, STATEMENT_GAME_GET, SQL_PARAMETERS(id), on_game);
    op_send(op, STATEMENT_TURNS_AFTER,
            SQL_PARAMETERS(id, sql_integer(INPUT(LoadGame)->turns_after)), on_turns);
    return OP_LAST;
}

static void on_player(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no player '%s'",
                        INPUT(GetPlayer)->player_id);
        return;
    }
    const size_t row = 0;
    Arbiter__V1__Player *player = NEW(op, Arbiter__V1__Player, arbiter__v1__player__init);
    REPLY(GetPlayer)->player = player;
    if (player == NULL)
        return;
    player->player_id = TEXT(0);
    player->name = TEXT(1);
    player->status = TEXT(2);
    player->created_at_ms = INTEGER(3);
    if (INTEGER(4) <= store_now_ms(op->store))
        return;
    player->suspension = NEW(op, Arbiter__V1__Suspension, arbiter__v1__suspension__init);
    if (player->suspension == NULL)
        return;
    player->suspension->until_ms = INTEGER(4);
    player->suspension->from = TEXT(5);
    player->suspension->because = TEXT(6);
}

static void on_player_ratings(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Player *player = REPLY(GetPlayer)->player;
    if (player != NULL)
        FILL(player->ratings, player->n_ratings, read_rating);
}

static enum op_next get_player(struct op *op)
{
    struct sql_value id = sql_text(INPUT(GetPlayer)->player_id);
    (void)OP_OUTPUT(op, Arbiter__V1__GetPlayerReply, arbiter__v1__get_player_reply__init);
    op_send(op, STATEMENT_PLAYER_GET, SQL_PARAMETERS(id), on_player);
    op_send(op, STATEMENT_RATINGS_OF_PLAYER, SQL_PARAMETERS(id, sql_text("")), on_player_ratings);
    return OP_LAST;
}

/* The query brings one row more than was asked for where there are more. */
static void on_player_games(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListPlayerGamesReply *reply = REPLY(ListPlayerGames);
    FILL(reply->games, reply->n_games, read_game);
    size_t limit = (size_t)limit_of(INPUT(ListPlayerGames)->limit);
    reply->more = reply->n_games > limit;
    reply->n_games = reply->more ? limit : reply->n_games;
}

static enum op_next list_player_games(struct op *op)
{
    const Arbiter__V1__ListPlayerGamesRequest *request = INPUT(ListPlayerGames);
    (void)OP_OUTPUT(op, Arbiter__V1__ListPlayerGamesReply,
                    arbiter__v1__list_player_games_reply__init);
    op_send(op, STATEMENT_GAMES_OF_PLAYER,
            SQL_PARAMETERS(sql_text(request->player_id), sql_text(request->before),
                           sql_integer(limit_of(request->limit) + 1)),
            on_player_games);
    return OP_LAST;
}

static Arbiter__V1__Rating *no_rating(struct op *op, const char *player_id)
{
    Arbiter__V1__Rating *rating = NEW(op, Arbiter__V1__Rating, arbiter__v1__rating__init);
    if (rating == NULL)
        return NULL;
    rating->player_id = op_text(op, player_id);
    rating->pool = op_text(op, INPUT(GetRatings)->pool);
    return rating;
}

/* Called once a player asked for, in order. */
static void on_rating(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__GetRatingsReply *reply = REPLY(GetRatings);
    const char *player_id = INPUT(GetRatings)->player_ids[reply->n_ratings];
    reply->ratings[reply->n_ratings] =
        result->row_count > 0 ? read_rating(op, result, 0) : no_rating(op, player_id);
    if (reply->ratings[reply->n_ratings] != NULL)
        reply->n_ratings++;
}

static enum op_next get_ratings(struct op *op)
{
    const Arbiter__V1__GetRatingsRequest *request = INPUT(GetRatings);
    if (request->pool[0] == '\0' || request->n_player_ids > STORE_LIST_MAX)
        return op_fail(op, STATUS_INVALID_ARGUMENT, "a pool and at most %d players, please",
                       STORE_LIST_MAX);
    Arbiter__V1__GetRatingsReply *reply =
        OP_OUTPUT(op, Arbiter__V1__GetRatingsReply, arbiter__v1__get_ratings_reply__init);
    reply->ratings = arena_array(&op->arena, request->n_player_ids, sizeof *reply->ratings);
    for (size_t i = 0; reply->ratings != NULL && i < request->n_player_ids; i++)
        op_send(op, STATEMENT_RATINGS_OF_PLAYER,
                SQL_PARAMETERS(sql_text(request->player_ids[i]), sql_text(request->pool)),
                on_rating);
    return OP_LAST;
}

/* ---- seeks ------------------------------------------------------------------------------- */

static void on_seeks(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListSeeksReply *reply = REPLY(ListSeeks);
    FILL(reply->seeks, reply->n_seeks, read_seek);
    size_t limit = (size_t)limit_of(INPUT(ListSeeks)->limit);
    reply->more = reply->n_seeks > limit;
    reply->n_seeks = reply->more ? limit : reply->n_seeks;
}

static enum op_next list_seeks(struct op *op)
{
    const Arbiter__V1__ListSeeksRequest *request = INPUT(ListSeeks);
    (void)OP_OUTPUT(op, Arbiter__V1__ListSeeksReply, arbiter__v1__list_seeks_reply__init);
    op_send(op, STATEMENT_SEEKS_LIST,
            SQL_PARAMETERS(sql_text(request->status[0] != '\0' ? request->status : "open"),
                           sql_text(request->player_id), sql_integer(limit_of(request->limit) + 1),
                           sql_text(request->before)),
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
    op_send(op, STATEMENT_SEEKS_CLOSED,
            SQL_PARAMETERS(sql_integer(request->after_ms), sql_integer(limit_of(request->limit))),
            on_closed_seeks);
    return OP_LAST;
}

/* The version is read before the rows that it stands for: one that is too old is refused and looked
 * at again, one that is too new would let a change through that nobody has seen. */
static void ask_version(struct op *op, const char *machine, const char *other, const char *id,
                        sql_on_result on_result)
{
    const char *first = arena_format(&op->arena, "%s:%s", machine, id);
    const char *second = arena_format(&op->arena, "%s:%s", other, id);
    if (first != NULL && second != NULL)
        op_send(op, STATEMENT_INSTANCE_SEQ, SQL_PARAMETERS(sql_text(first), sql_text(second)),
                on_result);
}

static int64_t version_of(const struct sql_result *result)
{
    return result->row_count > 0 ? sql_read_integer(result, 0, 0) : 0;
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
    REPLY(GetSeek)->version = version_of(result);
}

static enum op_next get_seek(struct op *op)
{
    const char *id = INPUT(GetSeek)->seek_id;
    (void)OP_OUTPUT(op, Arbiter__V1__GetSeekReply, arbiter__v1__get_seek_reply__init);
    ask_version(op, "seek", "match", id, on_seek_version);
    op_send(op, STATEMENT_SEEK_GET, SQL_PARAMETERS(sql_text(id)), on_seek);
    return OP_LAST;
}

/* ---- tournaments ------------------------------------------------------------------------- */

static void on_tournaments(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListTournamentsReply *reply = REPLY(ListTournaments);
    FILL(reply->tournaments, reply->n_tournaments, read_tournament);
    size_t limit = (size_t)limit_of(INPUT(ListTournaments)->limit);
    reply->more = reply->n_tournaments > limit;
    reply->n_tournaments = reply->more ? limit : reply->n_tournaments;
}

static enum op_next list_tournaments(struct op *op)
{
    const Arbiter__V1__ListTournamentsRequest *request = INPUT(ListTournaments);
    (void)OP_OUTPUT(op, Arbiter__V1__ListTournamentsReply,
                    arbiter__v1__list_tournaments_reply__init);
    op_send(op, STATEMENT_TOURNAMENTS_LIST,
            SQL_PARAMETERS(sql_text(request->status), sql_integer(limit_of(request->limit) + 1),
                           sql_text(request->before)),
            on_tournaments);
    return OP_LAST;
}

static void on_tournament(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0)
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no tournament '%s'",
                        INPUT(GetTournament)->tournament_id);
    else
        REPLY(GetTournament)->tournament = read_tournament(op, result, 0);
}

static void on_directors(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Tournament *tournament = REPLY(GetTournament)->tournament;
    if (tournament == NULL)
        return;
    tournament->directors = new_list(op, result);
    tournament->assistants = new_list(op, result);
    tournament->scorers = new_list(op, result);
    if (tournament->directors == NULL || tournament->assistants == NULL ||
        tournament->scorers == NULL)
        return;
    for (size_t row = 0; row < result->row_count; row++) {
        const char *role = TEXT(1);
        if (strcmp(role, "director") == 0)
            tournament->directors[tournament->n_directors++] = TEXT(0);
        else if (strcmp(role, "assistant") == 0)
            tournament->assistants[tournament->n_assistants++] = TEXT(0);
        else
            tournament->scorers[tournament->n_scorers++] = TEXT(0);
    }
}

static void on_divisions(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Tournament *tournament = REPLY(GetTournament)->tournament;
    if (tournament != NULL)
        FILL(tournament->divisions, tournament->n_divisions, read_division);
}

static void on_tournament_version(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(GetTournament)->version = version_of(result);
}

static enum op_next get_tournament(struct op *op)
{
    struct sql_value id = sql_text(INPUT(GetTournament)->tournament_id);
    (void)OP_OUTPUT(op, Arbiter__V1__GetTournamentReply, arbiter__v1__get_tournament_reply__init);
    ask_version(op, "tournament", "tournament", INPUT(GetTournament)->tournament_id,
                on_tournament_version);
    op_send(op, STATEMENT_TOURNAMENT_GET, SQL_PARAMETERS(id), on_tournament);
    op_send(op, STATEMENT_DIRECTORS_LIST, SQL_PARAMETERS(id), on_directors);
    op_send(op, STATEMENT_DIVISIONS_OF_TOURNAMENT, SQL_PARAMETERS(id), on_divisions);
    return OP_LAST;
}

static void on_division(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0)
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no division '%s'",
                        INPUT(GetDivision)->division_id);
    else
        REPLY(GetDivision)->division = read_division(op, result, 0);
}

static void on_entrants(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Division *division = REPLY(GetDivision)->division;
    if (division != NULL)
        FILL(division->entrants, division->n_entrants, read_entrant);
}

static void on_pairings(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Division *division = REPLY(GetDivision)->division;
    if (division != NULL)
        FILL(division->pairings, division->n_pairings, read_pairing);
}

enum { MATCH_GAMES_MAX = 200 }; /* as policies/machines/board.yaml has it */

/* Games come in the order of the pairings. */
static void on_match_games(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__Division *division = REPLY(GetDivision)->division;
    size_t at = 0;
    for (size_t row = 0; division != NULL && row < result->row_count; row++) {
        while (at < division->n_pairings && (division->pairings[at]->round != INTEGER(0) ||
                                             division->pairings[at]->board != INTEGER(1)))
            at++;
        if (at == division->n_pairings)
            return;
        Arbiter__V1__BoardPairing *pairing = division->pairings[at];
        if (pairing->games == NULL)
            pairing->games = arena_array(&op->arena, MATCH_GAMES_MAX, sizeof(void *));
        Arbiter__V1__MatchGame *game = read_match_game(op, result, row);
        if (pairing->games != NULL && game != NULL && pairing->n_games < MATCH_GAMES_MAX)
            pairing->games[pairing->n_games++] = game;
    }
}

static void on_division_version(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(GetDivision)->version = version_of(result);
}

static enum op_next get_division(struct op *op)
{
    struct sql_value id = sql_text(INPUT(GetDivision)->division_id);
    (void)OP_OUTPUT(op, Arbiter__V1__GetDivisionReply, arbiter__v1__get_division_reply__init);
    ask_version(op, "division", "division", INPUT(GetDivision)->division_id, on_division_version);
    op_send(op, STATEMENT_DIVISION_GET, SQL_PARAMETERS(id), on_division);
    op_send(op, STATEMENT_ENTRANTS_LIST, SQL_PARAMETERS(id), on_entrants);
    op_send(op, STATEMENT_PAIRINGS_LIST, SQL_PARAMETERS(id, sql_integer(INPUT(GetDivision)->round)),
            on_pairings);
    op_send(op, STATEMENT_MATCH_GAMES_LIST,
            SQL_PARAMETERS(id, sql_integer(INPUT(GetDivision)->round)), on_match_games);
    return OP_LAST;
}

/* ---- policies, events, answers ----------------------------------------------------------- */

static void on_policy(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        (void)op_refuse(op, STATUS_NOT_FOUND, "there is no %s policy '%s'", INPUT(GetPolicy)->kind,
                        INPUT(GetPolicy)->name);
        return;
    }
    Arbiter__V1__GetPolicyReply *reply = REPLY(GetPolicy);
    const size_t row = 0;
    reply->hash = TEXT(0);
    reply->text = TEXT(1);
    reply->version = (int32_t)INTEGER(2);
    reply->published_at_ms = INTEGER(3);
}

static enum op_next get_policy(struct op *op)
{
    const Arbiter__V1__GetPolicyRequest *request = INPUT(GetPolicy);
    (void)OP_OUTPUT(op, Arbiter__V1__GetPolicyReply, arbiter__v1__get_policy_reply__init);
    op_send(
        op, STATEMENT_POLICY_GET,
        SQL_PARAMETERS(sql_text(request->kind), sql_text(request->name), sql_text(request->hash)),
        on_policy);
    return OP_LAST;
}

static void on_rated(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(ListRated)->rows, REPLY(ListRated)->n_rows, read_rated);
}

static enum op_next list_rated(struct op *op)
{
    const Arbiter__V1__ListRatedRequest *request = INPUT(ListRated);
    (void)OP_OUTPUT(op, Arbiter__V1__ListRatedReply, arbiter__v1__list_rated_reply__init);
    op_send(op, STATEMENT_RATED_SINCE,
            SQL_PARAMETERS(sql_text(request->game_id), sql_integer(limit_of(request->limit)),
                           sql_integer(request->offset)),
            on_rated);
    return OP_LAST;
}

static void on_actions(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListActionsReply *reply = REPLY(ListActions);
    FILL(reply->actions, reply->n_actions, read_director_action);
    size_t limit = (size_t)limit_of(INPUT(ListActions)->limit);
    reply->more = reply->n_actions > limit;
    reply->n_actions = reply->more ? limit : reply->n_actions;
}

static enum op_next list_actions(struct op *op)
{
    const Arbiter__V1__ListActionsRequest *request = INPUT(ListActions);
    (void)OP_OUTPUT(op, Arbiter__V1__ListActionsReply, arbiter__v1__list_actions_reply__init);
    op_send(op, STATEMENT_DIRECTOR_ACTIONS_LIST,
            SQL_PARAMETERS(sql_text(request->tournament_id),
                           sql_integer(limit_of(request->limit) + 1), sql_integer(request->before)),
            on_actions);
    return OP_LAST;
}

static void on_action_found(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    enum { row = 0 };
    if (result->row_count == 0)
        return;
    REPLY(FindAction)->existed = true;
    REPLY(FindAction)->answer = PACKED(0, value);
}

static void on_untold(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListUntoldReply *reply = REPLY(ListUntold);
    reply->players = new_list(op, result);
    for (size_t row = 0; reply->players != NULL && row < result->row_count; row++)
        reply->players[reply->n_players++] = TEXT(0);
}

static enum op_next list_untold(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__ListUntoldReply, arbiter__v1__list_untold_reply__init);
    op_send(op, STATEMENT_ENTRANTS_UNTOLD, SQL_PARAMETERS(sql_text(INPUT(ListUntold)->division_id)),
            on_untold);
    return OP_LAST;
}

static enum op_next find_action(struct op *op)
{
    const Arbiter__V1__FindActionRequest *request = INPUT(FindAction);
    (void)OP_OUTPUT(op, Arbiter__V1__FindActionReply, arbiter__v1__find_action_reply__init);
    op_send(op, STATEMENT_DIRECTOR_ACTION_FIND,
            SQL_PARAMETERS(sql_text(request->tournament_id), sql_text(request->request_id),
                           sql_text(request->actor)),
            on_action_found);
    return OP_LAST;
}

static Arbiter__V1__PutPolicyRequest *read_policy(struct op *op, const struct sql_result *result,
                                                  size_t row)
{
    Arbiter__V1__PutPolicyRequest *policy =
        NEW(op, Arbiter__V1__PutPolicyRequest, arbiter__v1__put_policy_request__init);
    if (policy == NULL)
        return NULL;
    policy->kind = TEXT(0);
    policy->name = TEXT(1);
    policy->hash = TEXT(2);
    policy->version = (int32_t)INTEGER(3);
    policy->published_by = TEXT(4);
    return policy;
}

static void on_policies(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    FILL(REPLY(ListPolicies)->policies, REPLY(ListPolicies)->n_policies, read_policy);
}

static enum op_next list_policies(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__ListPoliciesReply, arbiter__v1__list_policies_reply__init);
    op_send(op, STATEMENT_POLICIES_LIST, SQL_PARAMETERS(sql_text(INPUT(ListPolicies)->kind)),
            on_policies);
    return OP_LAST;
}

static void on_horizon(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(ListEvents)->position = sql_read_integer(result, 0, 0) - 1;
}

/* Where the page is full the next one begins after its last event; otherwise everything up to the
 * horizon has been seen, matching or not. */
static void on_events(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    Arbiter__V1__ListEventsReply *reply = REPLY(ListEvents);
    FILL(reply->events, reply->n_events, read_event);
    if (reply->n_events > 0 && reply->n_events == (size_t)limit_of(INPUT(ListEvents)->limit))
        reply->position = reply->events[reply->n_events - 1]->position;
    else if (reply->position < INPUT(ListEvents)->after)
        reply->position = INPUT(ListEvents)->after;
}

/* The topics as one text with a space around each. */
static const char *topics_text(struct op *op)
{
    const Arbiter__V1__ListEventsRequest *request = INPUT(ListEvents);
    const char *text = "";
    for (size_t i = 0; text != NULL && i < request->n_topics; i++)
        text = arena_format(&op->arena, "%s %s ", text, request->topics[i]);
    return text;
}

static enum op_next list_events(struct op *op)
{
    const Arbiter__V1__ListEventsRequest *request = INPUT(ListEvents);
    bool is_one = request->n_topics == 1 && strchr(request->topics[0], '.') != NULL;
    (void)OP_OUTPUT(op, Arbiter__V1__ListEventsReply, arbiter__v1__list_events_reply__init);
    op_send(op, STATEMENT_HORIZON, NULL, 0, on_horizon);
    op_send(op, is_one ? STATEMENT_EVENTS_OF_TOPIC : STATEMENT_EVENTS_AFTER,
            SQL_PARAMETERS(sql_integer(request->after), sql_integer(limit_of(request->limit)),
                           sql_text(is_one ? request->topics[0] : topics_text(op))),
            on_events);
    return OP_LAST;
}

static void on_recalled(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    REPLY(RecallAnswer)->existed = result->row_count == 1;
    if (result->row_count == 1)
        REPLY(RecallAnswer)->answer = op_bytes(op, result, 0, 0);
}

static enum op_next recall_answer(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__RecallAnswerReply, arbiter__v1__recall_answer_reply__init);
    op_send(op, STATEMENT_ANSWER_GET, SQL_PARAMETERS(sql_text(INPUT(RecallAnswer)->key)),
            on_recalled);
    return OP_LAST;
}

/* ---- GetPace ----------------------------------------------------------------------------- */

static void on_pace(const struct sql_result *result, void *user)
{
    BEGIN_CALLBACK();
    if (result->row_count == 0) {
        (void)op_fail(op, STATUS_NOT_FOUND, "there is no such game");
        return;
    }
    const size_t row = 0;
    REPLY(GetPace)->status = TEXT(0);
    REPLY(GetPace)->turn_count = (int32_t)INTEGER(1);
    REPLY(GetPace)->acted_at_ms = INTEGER(2);
}

static enum op_next get_pace(struct op *op)
{
    (void)OP_OUTPUT(op, Arbiter__V1__GetPaceReply, arbiter__v1__get_pace_reply__init);
    op_send(op, STATEMENT_GAME_PACE, SQL_PARAMETERS(sql_text(INPUT(GetPace)->game_id)), on_pace);
    return OP_LAST;
}

const struct op_kind read_kinds[] = {
    {"LoadInstance", load_instance, NULL, 1, NULL},
    {"ListPending", list_pending, NULL, 1, NULL},
    {"ListInstances", list_instances, NULL, 1, NULL},
    {"ReadJournal", read_journal, NULL, 1, NULL},
    {"LoadGame", load_game, NULL, 1, NULL},
    {"GetPace", get_pace, NULL, 1, NULL},
    {"GetPlayer", get_player, NULL, 1, NULL},
    {"ListPlayerGames", list_player_games, NULL, 1, NULL},
    {"GetRatings", get_ratings, NULL, 1, NULL},
    {"ListSeeks", list_seeks, NULL, 1, NULL},
    {"ListClosedSeeks", list_closed_seeks, NULL, 1, NULL},
    {"GetSeek", get_seek, NULL, 1, NULL},
    {"ListTournaments", list_tournaments, NULL, 1, NULL},
    {"GetTournament", get_tournament, NULL, 1, NULL},
    {"GetDivision", get_division, NULL, 1, NULL},
    {"ListActions", list_actions, NULL, 1, NULL},
    {"FindAction", find_action, NULL, 1, NULL},
    {"ListUntold", list_untold, NULL, 1, NULL},
    {"ListRated", list_rated, NULL, 1, NULL},
    {"GetPolicy", get_policy, NULL, 1, NULL},
    {"ListPolicies", list_policies, NULL, 1, NULL},
    {"ListEvents", list_events, NULL, 1, NULL},
    {"RecallAnswer", recall_answer, NULL, 1, NULL},
};
const size_t read_kind_count = COUNT_OF(read_kinds);
