/* Starts games within the step that asks for them, where the game service can prepare them. */
#include "orchestrator/ahead.h"

#include <string.h>

#include "fsm/value_codec.h"
#include "proto/copy.h"
#include "proto/reflect.h"

#define STARTS "arbiter.v1.gamesvc.start_game"
#define PREPARES "arbiter.v1.gamesvc.prepare_game"
#define ANSWER_DEPTH_MAX 100 /* messages inside each other */
#define PATIENCE_MS 500      /* then the outbox is the better way */
#define PAUSE_MS 10000       /* without trying, after a game service could not be asked */

/* ---- what can be tried ------------------------------------------------------------------- */

static Arbiter__V1__Command *next_start(const struct turn *turn)
{
    for (size_t i = 0; i < turn->plan.commands.count; i++) {
        Arbiter__V1__Command *command = turn->plan.commands.items[i];
        if (command->invoke_id[0] != '\0' && strcmp(command->subject, STARTS) == 0)
            return command;
    }
    return NULL;
}

static bool may_try(const struct actor *actor)
{
    const struct job *job = actor->first;
    return !job->is_dry && !job->is_patient &&
           loop_now_ms(actor->host->loop) >= actor->host->patient_until_ms;
}

/* ---- taking the answer ------------------------------------------------------------------- */

/* The same command draws the same id, so that a turn made again draws the same but after a
 * collision. */
static char *draw_id(struct actor *actor, const Arbiter__V1__Command *command)
{
    struct random random;
    char id[SHORT_ID_SIZE_MAX + 1];
    random_init_stream(&random, 0, command->command_id, (uint64_t)actor->first->tries);
    short_id_draw(&actor->host->ids, &random, id);
    return arena_copy(&actor->turn.arena, id, strlen(id));
}

/* What the outbox would have brought. */
static Arbiter__V1__InboxEvent *make_answer(struct turn *turn, const Arbiter__V1__Command *command,
                                            const Arbiter__V1__NewGame *new_game)
{
    Arbiter__V1__StartGameReply reply = ARBITER__V1__START_GAME_REPLY__INIT;
    Arbiter__V1__InboxEvent *event = arena_alloc(&turn->arena, sizeof *event);
    struct value map;
    if (event == NULL)
        return NULL;
    reply.game_id = new_game->game_id;
    reply.first = new_game->game->first;
    reply.second = new_game->game->second;
    arbiter__v1__inbox_event__init(event);
    event->event_id = command->command_id;
    event->name = arena_format(&turn->arena, "done.invoke.%s", command->invoke_id);
    event->received_at_ms = turn->plan.now_ms;
    if (reflect_to_value(&turn->arena, &reply.base, &map) != STATUS_OK ||
        value_codec_map(&turn->arena, map, &event->data) != STATUS_OK || event->name == NULL)
        return NULL;
    return event;
}

static Arbiter__V1__NewGame *read_game(struct actor *actor, const Arbiter__V1__Command *command,
                                       const struct bus_raw_answer *answer)
{
    struct arena *arena = &actor->turn.arena;
    const ProtobufCMessageDescriptor *type = &arbiter__v1__prepare_game_reply__descriptor;
    if (!value_codec_nests_within(type, answer->payload, answer->payload_size, ANSWER_DEPTH_MAX))
        return NULL; /* the game service may be anybody's */
    const Arbiter__V1__PrepareGameReply *reply =
        proto_unpack_in(arena, type, answer->payload, answer->payload_size);
    Arbiter__V1__NewGame *new_game = arena_alloc(arena, sizeof *new_game);
    if (reply == NULL || reply->game == NULL || new_game == NULL)
        return NULL;
    arbiter__v1__new_game__init(new_game);
    new_game->game_id = draw_id(actor, command);
    new_game->request_id = command->command_id;
    new_game->game = reply->game;
    return new_game->game_id != NULL ? new_game : NULL;
}

static void on_prepared(const struct bus_raw_answer *answer, void *user)
{
    struct actor *actor = user;
    struct turn *turn = &actor->turn;
    Arbiter__V1__Command *command = next_start(turn);
    Arbiter__V1__NewGame *new_game = NULL;
    Arbiter__V1__InboxEvent *event = NULL;
    if (answer->head.status == STATUS_CANCELLED) { /* the bus is closing */
        actor_fail(actor, STATUS_UNAVAILABLE, "%s", "the orchestrator ends; try again");
        return;
    }
    if (answer->head.status == STATUS_OK)
        new_game = read_game(actor, command, answer);
    else if (answer->head.status != STATUS_INVALID_ARGUMENT &&
             answer->head.status != STATUS_FAILED_PRECONDITION)
        actor->host->patient_until_ms =
            loop_now_ms(actor->host->loop) + loop_span_ms(actor->host->loop, PAUSE_MS);
    if (new_game != NULL)
        event = make_answer(turn, command, new_game);
    actor->first->is_patient = event == NULL;
    if (event == NULL || turn_take_answer(actor, command, event, new_game) == STATUS_OK) {
        turn_commit(actor);
        return;
    }
    actor->first->is_patient = true;
    actor_retry(actor);
}

bool ahead_try(struct actor *actor)
{
    const Arbiter__V1__Command *command = may_try(actor) ? next_start(&actor->turn) : NULL;
    if (command == NULL)
        return false;
    bus_call_raw(actor->host->bus,
                 &(struct bus_raw_call){.subject = PREPARES,
                                        .payload = command->payload.data,
                                        .payload_size = command->payload.len,
                                        .request_id = command->command_id,
                                        .traceparent = actor_trace(actor),
                                        .timeout_ms = PATIENCE_MS},
                 on_prepared, actor);
    return true;
}

/* ---- after the commit -------------------------------------------------------------------- */

void ahead_note(struct host *host, const struct turn *turn, const struct bus_answer *answer)
{
    for (size_t i = 0; i < turn->plan.games.count; i++) {
        const Arbiter__V1__NewGame *new_game = turn->plan.games.items[i];
        if (answer->status == STATUS_OK)
            short_id_taken(&host->ids);
        else if (answer->status == STATUS_ABORTED && bus_answer_detail(answer, "game_id") != NULL)
            short_id_collided(&host->ids, (int)strlen(new_game->game_id));
    }
}
