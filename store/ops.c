/* The small writes: players, policies, remembered answers, pairings. */
#include <string.h>

#include "proto/copy.h"
#include "store/state.h"

/* ---- CreatePlayer ------------------------------------------------------------------------ */

struct creation {
    bool is_new;
    Arbiter__V1__Player *player;
};

static void on_player_put(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct creation *creation = op->data;
    if (op_check(op, result))
        creation->is_new = result->changed == 1;
}

static void on_player(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct creation *creation = op->data;
    if (!op_check(op, result) || result->row_count != 1)
        return;
    Arbiter__V1__Player *player = arena_alloc(&op->arena, sizeof *player);
    if (player == NULL)
        return; /* the batch notices the full arena */
    arbiter__v1__player__init(player);
    player->player_id = op_text(op, sql_read_text(result, 0, 0));
    player->name = op_text(op, sql_read_text(result, 0, 1));
    player->status = op_text(op, sql_read_text(result, 0, 2));
    player->created_at_ms = sql_read_integer(result, 0, 3);
    creation->player = player;
}

static enum op_next advance_player(struct op *op)
{
    const Arbiter__V1__Player *player =
        ((const Arbiter__V1__CreatePlayerRequest *)op->input)->player;
    const struct creation *creation = op->data;
    if (op->phase == 0) {
        if (player == NULL || player->player_id[0] == '\0')
            return op_refuse(op, STATUS_INVALID_ARGUMENT, "player_id is missing");
        op_send(op, STATEMENT_PLAYER_PUT,
                SQL_PARAMETERS(sql_text(player->player_id), sql_text(player->name),
                               sql_text(player->status[0] != '\0' ? player->status : "active"),
                               sql_integer(player->created_at_ms > 0 ? player->created_at_ms
                                                                     : store_now_ms(op->store))),
                on_player_put);
        op_send(op, STATEMENT_PLAYER_GET, SQL_PARAMETERS(sql_text(player->player_id)), on_player);
        return OP_AGAIN;
    }
    Arbiter__V1__CreatePlayerReply *reply =
        OP_OUTPUT(op, Arbiter__V1__CreatePlayerReply, arbiter__v1__create_player_reply__init);
    reply->player = creation->player;
    reply->existed = !creation->is_new;
    return OP_READY;
}

const struct op_kind op_create_player = {"CreatePlayer", advance_player, NULL,
                                         sizeof(struct creation), NULL};

/* ---- PutPolicy --------------------------------------------------------------------------- */

struct publication {
    bool is_new;
    int32_t moving;
};

static void on_policy_put(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct publication *publication = op->data;
    if (op_check(op, result))
        publication->is_new = result->changed == 1;
}

static void on_told(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct publication *publication = op->data;
    if (op_check(op, result))
        publication->moving += (int32_t)result->changed;
}

/* Tells the instances of one version to move. There may be very many: no bell is rung for each, the
 * orchestrators' sweep hands them out at a pace of its own. */
static void tell_instances(struct op *op, const Arbiter__V1__PutPolicyRequest *request,
                           int32_t version)
{
    char *event_id = arena_format(&op->arena, "migrate:%s", bus_request_id(op->request));
    op_send(op, STATEMENT_INSTANCES_MOVE,
            SQL_PARAMETERS(sql_text(request->name), sql_text(request->hash), sql_integer(version),
                           sql_text(event_id), sql_text(request->published_by),
                           sql_integer(store_now_ms(op->store)), op_position(op)),
            on_told);
}

static enum op_next advance_policy(struct op *op)
{
    const Arbiter__V1__PutPolicyRequest *request = (const Arbiter__V1__PutPolicyRequest *)op->input;
    const struct publication *publication = op->data;
    if (op->phase == 0) {
        if (request->kind[0] == '\0' || request->name[0] == '\0' || request->hash[0] == '\0')
            return op_refuse(op, STATUS_INVALID_ARGUMENT, "kind, name and hash are needed");
        op_send(op, STATEMENT_POLICY_PUT,
                SQL_PARAMETERS(sql_text(request->kind), sql_text(request->name),
                               sql_text(request->hash), sql_integer(request->version),
                               sql_text(request->text), sql_text(request->published_by),
                               sql_integer(store_now_ms(op->store)), sql_text(request->warnings)),
                on_policy_put);
        return OP_AGAIN;
    }
    if (op->phase == 1 && request->n_migrate_versions > 0) {
        for (size_t i = 0; i < request->n_migrate_versions; i++)
            tell_instances(op, request, request->migrate_versions[i]);
        return OP_AGAIN;
    }
    Arbiter__V1__PutPolicyReply *reply =
        OP_OUTPUT(op, Arbiter__V1__PutPolicyReply, arbiter__v1__put_policy_reply__init);
    reply->existed = !publication->is_new;
    reply->moving = publication->moving;
    return OP_READY;
}

static void announce_policy(struct op *op)
{
    const Arbiter__V1__PutPolicyRequest *request = (const Arbiter__V1__PutPolicyRequest *)op->input;
    const struct publication *publication = op->data;
    if (op->is_committed && op->status == STATUS_OK && publication->is_new)
        bus_publish(op->store->bus, STORE_BELL_POLICIES, request->name, strlen(request->name));
}

const struct op_kind op_put_policy = {"PutPolicy", advance_policy, announce_policy,
                                      sizeof(struct publication), "name"};

/* ---- RememberAnswer ---------------------------------------------------------------------- */

struct remembrance {
    bool is_new;
    ProtobufCBinaryData answer;
};

static void on_answer_put(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct remembrance *remembrance = op->data;
    if (op_check(op, result))
        remembrance->is_new = result->changed == 1;
}

static void on_answer(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct remembrance *remembrance = op->data;
    if (op_check(op, result) && result->row_count == 1)
        remembrance->answer = op_bytes(op, result, 0, 0);
}

static enum op_next advance_answer(struct op *op)
{
    const Arbiter__V1__RememberAnswerRequest *request =
        (const Arbiter__V1__RememberAnswerRequest *)op->input;
    const struct remembrance *remembrance = op->data;
    if (op->phase == 0) {
        if (request->key[0] == '\0')
            return op_refuse(op, STATUS_INVALID_ARGUMENT, "key is missing");
        op_send(op, STATEMENT_ANSWER_PUT,
                SQL_PARAMETERS(sql_text(request->key),
                               sql_bytes(request->answer.data, request->answer.len),
                               sql_integer(store_now_ms(op->store))),
                on_answer_put);
        op_send(op, STATEMENT_ANSWER_GET, SQL_PARAMETERS(sql_text(request->key)), on_answer);
        return OP_AGAIN;
    }
    Arbiter__V1__RememberAnswerReply *reply =
        OP_OUTPUT(op, Arbiter__V1__RememberAnswerReply, arbiter__v1__remember_answer_reply__init);
    reply->answer = remembrance->answer;
    reply->existed = !remembrance->is_new;
    return OP_READY;
}

const struct op_kind op_remember_answer = {"RememberAnswer", advance_answer, NULL,
                                           sizeof(struct remembrance), "key"};

/* ---- SavePairings ------------------------------------------------------------------------ */

/* A pairing that takes long is asked for again, or withdrawn; what is late then changes nothing. */
struct saving {
    bool is_wanted;             /* its command waits for an answer */
    bool is_saved;              /* by an attempt that came first */
    ProtobufCBinaryData answer; /* what that one heard */
};

static void on_command(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct saving *saving = op->data;
    if (op_check(op, result))
        saving->is_wanted = result->row_count == 1;
}

static void on_first_save(const struct sql_result *result, void *user)
{
    struct op *op = user;
    struct saving *saving = op->data;
    if (!op_check(op, result) || result->row_count == 0)
        return;
    saving->is_saved = true;
    saving->answer = op_bytes(op, result, 0, 0);
}

static struct sql_value saving_key(struct op *op)
{
    const char *key = arena_format(&op->arena, "pairing/%s", bus_request_id(op->request));
    return sql_text(key != NULL ? key : ""); /* the batch notices the full arena */
}

static void ask_command(struct op *op)
{
    op_send(op, STATEMENT_OUTBOX_STANDS, SQL_PARAMETERS(sql_text(bus_request_id(op->request))),
            on_command);
    op_send(op, STATEMENT_ANSWER_GET, SQL_PARAMETERS(saving_key(op)), on_first_save);
}

static void on_draft(const struct sql_result *result, void *user)
{
    struct op *op = user;
    if (op_check(op, result) && result->changed != 1)
        (void)op_fail(op, STATUS_FAILED_PRECONDITION, "a game of this round has begun");
}

static void put_pairing(struct op *op, const Arbiter__V1__BoardPairing *pairing, size_t index)
{
    const Arbiter__V1__SavePairingsRequest *request =
        (const Arbiter__V1__SavePairingsRequest *)op->input;
    op_send(op, STATEMENT_PAIRING_PUT,
            SQL_PARAMETERS(sql_text(request->division_id), sql_integer(request->round),
                           sql_integer(pairing->board > 0 ? pairing->board : (int64_t)index + 1),
                           sql_text(pairing->first), sql_text(pairing->second),
                           sql_text(pairing->kind), sql_text(pairing->game_id),
                           sql_integer(pairing->first_score), sql_integer(pairing->second_score),
                           sql_text(pairing->outcome), sql_text(pairing->status),
                           sql_text(pairing->explanation)),
            NULL);
}

/* Whether a game is still to be played here: a recorded round comes with its results. */
static bool is_game(const Arbiter__V1__BoardPairing *pairing)
{
    if (pairing->second[0] == '\0' || strcmp(pairing->status, "final") == 0)
        return false;
    return pairing->kind[0] == '\0' || strcmp(pairing->kind, "game") == 0;
}

static void write_round(struct op *op, Arbiter__V1__SavePairingsReply *reply)
{
    const Arbiter__V1__SavePairingsRequest *request =
        (const Arbiter__V1__SavePairingsRequest *)op->input;
    struct sql_value division = sql_text(request->division_id);
    struct sql_value round = sql_integer(request->round);
    op_send(op, STATEMENT_ROUND_DRAFT, SQL_PARAMETERS(division, round), on_draft);
    op_send(op, request->keep ? STATEMENT_PAIRINGS_CLEAR_UNSETTLED : STATEMENT_PAIRINGS_CLEAR,
            SQL_PARAMETERS(division, round), NULL);
    for (size_t i = 0; i < request->n_pairings; i++) {
        put_pairing(op, request->pairings[i], i);
        if (is_game(request->pairings[i]))
            reply->games++;
        else if (request->pairings[i]->second[0] == '\0')
            reply->byes++;
    }
    op_send(op, STATEMENT_ROUND_PLAYERS_PUT, SQL_PARAMETERS(division, round), NULL);
    op_send(op, STATEMENT_ANSWER_PUT,
            SQL_PARAMETERS(saving_key(op), op_packed(op, &reply->base),
                           sql_integer(store_now_ms(op->store))),
            NULL);
}

static enum op_next advance_pairings(struct op *op)
{
    const Arbiter__V1__SavePairingsRequest *request =
        (const Arbiter__V1__SavePairingsRequest *)op->input;
    const struct saving *saving = op->data;
    if (op->phase == 0) {
        if (request->division_id[0] == '\0' || request->round < 1)
            return op_refuse(op, STATUS_INVALID_ARGUMENT, "division_id and round are needed");
        ask_command(op);
        return OP_AGAIN;
    }
    if (op->phase > 1)
        return OP_READY;
    if (!saving->is_wanted)
        return op_refuse(op, STATUS_ABORTED, "this pairing is not waited for any more");
    if (saving->is_saved) {
        op->output = proto_unpack_in(&op->arena, &arbiter__v1__save_pairings_reply__descriptor,
                                     saving->answer.data, saving->answer.len);
        return OP_READY; /* one that cannot be read is the full arena, which the batch notices */
    }
    write_round(
        op, OP_OUTPUT(op, Arbiter__V1__SavePairingsReply, arbiter__v1__save_pairings_reply__init));
    return OP_AGAIN;
}

const struct op_kind op_save_pairings = {"SavePairings", advance_pairings, NULL,
                                         sizeof(struct saving), "division_id"};
