/* Serves Desk.Act: completes the action, has its step planned, says what follows, and commits it
 * once whoever asks has confirmed just that. Explaining and exporting are in explain.c and
 * export.c. */
#include "orchestrator/desk/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "fsm/value_codec.h"
#include "orchestrator/desk/actions.h"
#include "orchestrator/desk/applied.h"
#include "orchestrator/desk/consequences.h"
#include "orchestrator/desk/desk_private.h"
#include "orchestrator/division_standing.h"
#include "orchestrator/plan.h"
#include "proto/copy.h"

#include "arbiter/v1/orchestrator.pb-c.h"

enum { MATTER_BYTES_MAX = 256 << 20, TRIES_MAX = 8, UNDO_LOOKS_BACK = 200, TOKEN_SIZE = 33 };

/* One action on its way. Everything lives in `arena`. */
struct matter {
    struct desk *desk;
    void *request;
    Arbiter__V1__ActReply_Closure closure;
    const Arbiter__V1__ActRequest *asked; /* as it came */
    struct arena arena;
    int tries;

    const struct desk_action *action;
    struct desk_case question;
    const char *name; /* "undo", or the action's */
    int64_t undoes;   /* number of the action that is taken back */
    int64_t number;   /* what this one will be */
    const struct format *format;
    const char *instance_id;
    Arbiter__V1__ValueMap *data;
    struct consequences consequences;
    enum format_level level;
    bool needs_reason;
};

/* ---- ending a matter --------------------------------------------------------------------- */

static void matter_destroy(struct matter *matter)
{
    arena_deinit(&matter->arena);
    free(matter);
}

static void matter_fail(struct matter *matter, enum status status, const char *message)
{
    bus_fail(matter->request, status, NULL, 0, "%s", message);
    matter_destroy(matter);
}

static void matter_fail_fault(struct matter *matter, enum status status, const struct fault *fault)
{
    matter_fail(matter, status, fault->text[0] != '\0' ? fault->text : status_name(status));
}

/* Whether a part of the house has answered; otherwise its problem is the director's. */
static bool matter_check(struct matter *matter, const struct bus_answer *answer)
{
    if (answer->status == STATUS_OK)
        return true;
    bus_fail_like(matter->request, answer);
    matter_destroy(matter);
    return false;
}

static void ask(struct matter *matter, const ProtobufCServiceDescriptor *service,
                const char *method, const ProtobufCMessage *input, bus_on_answer on_answer)
{
    bus_call(matter->desk->bus,
             &(struct bus_call){.service = service,
                                .method = method,
                                .input = input,
                                .traceparent = bus_request_traceparent(matter->request)},
             on_answer, matter);
}

static void begin(struct matter *matter);

/* ---- tokens ------------------------------------------------------------------------------ */

/* Names the consequences: whoever echoes it has been told just these. */
static const char *token_of(struct matter *matter, const char *step)
{
    const ProtobufCMessage *parts[] = {&matter->consequences.message->base, &matter->data->base};
    uint64_t hashes[] = {hash_text(HASH_START, step), hash_text(HASH_START, "arbiter")};
    for (int h = 0; h < 2; h++) {
        hashes[h] = hash_text(hashes[h], matter->name);
        hashes[h] = hash_text(hashes[h], matter->instance_id);
        hashes[h] = hash_text(hashes[h], step);
        hashes[h] = hash_text(hashes[h], matter->asked->actor);
        hashes[h] = hash_bytes(hashes[h], &matter->number, sizeof matter->number);
    }
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        size_t size = protobuf_c_message_get_packed_size(parts[i]);
        uint8_t *bytes = arena_alloc(&matter->arena, size);
        if (bytes == NULL)
            return "";
        (void)protobuf_c_message_pack(parts[i], bytes); /* sized above */
        for (int h = 0; h < 2; h++)
            hashes[h] = hash_bytes(hashes[h], bytes, size);
    }
    char text[TOKEN_SIZE];
    (void)snprintf(text, sizeof text, "%016llx%016llx", (unsigned long long)hashes[0],
                   (unsigned long long)hashes[1]); /* fits exactly */
    const char *token = arena_copy(&matter->arena, text, strlen(text));
    return token != NULL ? token : "";
}

static bool has_token(const struct matter *matter, const char *token)
{
    for (size_t i = 0; i < matter->asked->n_confirm; i++)
        if (strcmp(matter->asked->confirm[i], token) == 0)
            return token[0] != '\0';
    return false;
}

/* ---- the answer -------------------------------------------------------------------------- */

static void fill_answer(const struct matter *matter, Arbiter__V1__ActReply *reply)
{
    arbiter__v1__act_reply__init(reply);
    reply->action = (char *)matter->name;
    reply->level = (int32_t)matter->level;
    reply->number = matter->number;
    reply->target = (char *)matter->instance_id;
    reply->consequences = (Arbiter__V1__Consequences *)matter->consequences.message;
}

/* What is still missing before the action may be committed; "" for nothing. */
static const char *missing(struct matter *matter, const char **out_token)
{
    const char *first = token_of(matter, "first");
    *out_token = first;
    if (matter->level <= FORMAT_L1)
        return "";
    if (!has_token(matter, first))
        return matter->level == FORMAT_L2 ? "acknowledge" : "confirm";
    if (matter->level < FORMAT_L4)
        return "";
    *out_token = token_of(matter, "second");
    return has_token(matter, *out_token) ? "" : "confirm_again";
}

static void answer_preview(struct matter *matter, const char *needs, const char *token)
{
    Arbiter__V1__ActReply reply;
    fill_answer(matter, &reply);
    reply.needs = (char *)needs;
    reply.confirm = (char *)(needs[0] != '\0' ? token : "");
    reply.is_stale =
        matter->asked->n_confirm > 0 && needs[0] != '\0' && strcmp(needs, "confirm_again") != 0;
    matter->closure(&reply, matter->request);
    matter_destroy(matter);
}

/* Somebody acted since the preview. Without an expectation or a token there is nothing to break. */
static void answer_conflict(struct matter *matter, int64_t number, const char *action,
                            const char *actor)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)number); /* fits */
    struct bus_detail details[] = {{"number", text}, {"action", action}, {"by", actor}};
    bus_fail(matter->request, STATUS_ABORTED, details, COUNT_OF(details),
             "another director has acted: action %s is '%s' by %s; look at the event as it is now "
             "and ask again",
             text, action, actor);
    matter_destroy(matter);
}

/* ---- committing -------------------------------------------------------------------------- */

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

static struct value place_map(struct matter *matter, const char *action, struct value data)
{
    const Arbiter__V1__ActRequest *request = matter->question.request;
    struct value_entry entries[] = {
        ENTRY("action", value_text(action)),
        ENTRY("division", value_int(request->division)),
        ENTRY("round", value_int(request->round)),
        ENTRY("board", value_int(request->board)),
        ENTRY("data", data.kind == VALUE_MAP ? data : value_map(NULL, 0)),
    };
    return desk_map(&matter->question, entries, COUNT_OF(entries));
}

/* The row that puts the action on record, and takes its number. */
static enum status make_record(struct matter *matter, Arbiter__V1__Write *out_write)
{
    const struct desk_case *question = &matter->question;
    struct value said = place_map(matter, matter->action->name, question->said);
    struct value undo = question->undo_action != NULL
                            ? place_map(matter, question->undo_action, question->undo_data)
                            : value_map(NULL, 0);
    struct value_entry input[] = {ENTRY("said", said), ENTRY("undo", undo)};
    struct value_entry entries[] = {
        ENTRY("tournament", value_text(question->request->tournament_id)),
        ENTRY("number", value_int(matter->number)),
        ENTRY("action", value_text(matter->name)),
        ENTRY("level", value_int((int64_t)matter->level)),
        ENTRY("target", value_text(matter->instance_id)),
        ENTRY("input", value_map(input, COUNT_OF(input))),
        ENTRY("undoes", value_int(matter->undoes)),
        ENTRY("actor", value_text(matter->asked->actor)),
        ENTRY("note", value_text(matter->asked->note)),
    };
    arbiter__v1__write__init(out_write);
    out_write->command = "desk.record";
    return value_codec_map(&matter->arena, value_map(entries, COUNT_OF(entries)),
                           &out_write->input);
}

static void on_committed(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    const char *write = bus_answer_detail(answer, "write");
    if (answer->status == STATUS_FAILED_PRECONDITION && write != NULL &&
        strcmp(write, "desk.record") == 0) {
        begin(matter); /* somebody took the number: look again, at everything */
        return;
    }
    if (!matter_check(matter, answer))
        return;
    const Arbiter__V1__SendEventReply *sent = (const Arbiter__V1__SendEventReply *)answer->output;
    Arbiter__V1__ActReply reply;
    fill_answer(matter, &reply);
    reply.committed = true;
    reply.active = sent->active;
    reply.n_active = sent->n_active;
    matter->closure(&reply, matter->request);
    matter_destroy(matter);
}

static void send_event(struct matter *matter, bool is_dry, bus_on_answer on_answer)
{
    Arbiter__V1__SendEventRequest request = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    Arbiter__V1__Write record;
    Arbiter__V1__Write *also[] = {&record};
    request.instance_id = (char *)matter->instance_id;
    request.event_id = (char *)bus_request_id(matter->request);
    request.name =
        (char *)(matter->question.event != NULL ? matter->question.event : matter->action->event);
    request.data = matter->data;
    request.actor = matter->asked->actor;
    request.note = matter->asked->note;
    request.dry_run = is_dry;
    if (!is_dry) {
        if (make_record(matter, &record) != STATUS_OK) {
            matter_fail(matter, STATUS_FULL, "the action is too large");
            return;
        }
        request.also = also;
        request.n_also = COUNT_OF(also);
    }
    ask(matter, &arbiter__v1__orchestrator__descriptor, "SendEvent", &request.base, on_answer);
}

/* ---- the preview ------------------------------------------------------------------------- */

static enum format_level higher(enum format_level one, enum format_level other)
{
    return one > other ? one : other;
}

/* The policy's level, raised by what the action would do to this very event. */
static enum format_level level_of(const struct matter *matter)
{
    enum format_level level =
        higher(matter->format->authority[matter->question.right].level, matter->question.level_min);
    if (matter->undoes > 0)
        level = higher(level, matter->format->authority[FORMAT_ACTION_undo].level);
    if (matter->consequences.stops_games)
        level = higher(level, FORMAT_L3);
    if (matter->consequences.touches_later)
        level = higher(level, FORMAT_L3);
    if (matter->consequences.touches_bracket)
        level = higher(level, FORMAT_L4);
    return level;
}

static void decide(struct matter *matter)
{
    const char *token = "";
    const char *needs = missing(matter, &token);
    if (matter->level == FORMAT_L5) {
        matter_fail(matter, STATUS_PERMISSION_DENIED,
                    "the event's policy does not allow this (level L5)");
    } else if (matter->asked->dry_run || needs[0] != '\0') {
        answer_preview(matter, needs, token);
    } else if (matter->needs_reason && matter->asked->note[0] == '\0') {
        matter_fail(matter, STATUS_INVALID_ARGUMENT, "say why: this action needs a 'note'");
    } else {
        send_event(matter, false, on_committed);
    }
}

/* A retry of what was committed before is answered as it was then. */
static void answer_again(struct matter *matter, const Arbiter__V1__SendEventReply *sent)
{
    Arbiter__V1__ActReply reply = ARBITER__V1__ACT_REPLY__INIT;
    reply.action = (char *)matter->name;
    reply.committed = true;
    reply.target = (char *)matter->instance_id;
    reply.active = sent->active;
    reply.n_active = sent->n_active;
    matter->closure(&reply, matter->request);
    matter_destroy(matter);
}

static void on_planned(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    if (!matter_check(matter, answer))
        return;
    const Arbiter__V1__SendEventReply *sent = (const Arbiter__V1__SendEventReply *)answer->output;
    if (sent->planned == NULL) {
        answer_again(matter, sent);
        return;
    }
    enum status status = consequences_find(&matter->arena, matter->question.division, sent->planned,
                                           &matter->consequences);
    if (status == STATUS_OK) {
        /* `planned` is the bus's, and gone after this: what is kept has been copied out. */
        ProtobufCMessage *copy = proto_copy_in(&matter->arena, &matter->consequences.message->base);
        matter->consequences.message = (const Arbiter__V1__Consequences *)copy;
        status = copy != NULL ? STATUS_OK : STATUS_FULL;
    }
    if (status != STATUS_OK) {
        matter_fail(matter, status, "the consequences are too large to be told");
        return;
    }
    matter->level = level_of(matter);
    decide(matter);
}

/* ---- completing the action --------------------------------------------------------------- */

/* Admins may act in every event, directors in their own: those that name them, or for which their
 * token was made. */
static bool is_director_here(const struct matter *matter)
{
    const Arbiter__V1__ActRequest *asked = matter->asked;
    const Arbiter__V1__Tournament *tournament = matter->question.tournament;
    if ((asked->roles & DESK_TOKEN_ADMIN) != 0)
        return true;
    if ((asked->roles & DESK_TOKEN_DIRECTOR) == 0 || !asked->is_covered)
        return false;
    for (size_t i = 0; i < tournament->n_directors; i++)
        if (strcmp(tournament->directors[i], asked->actor) == 0)
            return true;
    return asked->is_named || tournament->n_directors == 0;
}

static enum status read_policy(struct matter *matter)
{
    struct yaml_faults faults = {.arena = &matter->arena};
    const char *text = matter->question.tournament->settings;
    enum status status = format_read(&matter->arena, text, strlen(text), &faults, &matter->format);
    return status == STATUS_OK ? STATUS_OK : STATUS_DATA_LOSS;
}

static void find_row(struct matter *matter)
{
    struct desk_case *question = &matter->question;
    for (size_t i = 0; question->division != NULL && i < question->division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = question->division->pairings[i];
        if (row->round == question->request->round && row->board == question->request->board)
            question->row = row;
    }
}

static void plan_action(struct matter *matter)
{
    struct desk_case *question = &matter->question;
    struct fault fault = {0};
    find_row(matter);
    enum status status =
        value_codec_from_map(&matter->arena, question->request->data, &question->said);
    if (status == STATUS_OK)
        status = desk_action_fill(matter->action, question, &fault);
    if (status == STATUS_OK)
        status = value_codec_map(&matter->arena, question->data, &matter->data);
    if (status == STATUS_OK) {
        matter->instance_id = desk_action_instance(matter->action, question);
        matter->needs_reason = matter->format->authority[question->right].needs_reason;
        status = matter->instance_id != NULL ? STATUS_OK : STATUS_FULL;
    }
    if (status != STATUS_OK)
        matter_fail_fault(matter, status, &fault);
    else
        send_event(matter, true, on_planned);
}

static void on_division(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    if (answer->status != STATUS_NOT_FOUND && !matter_check(matter, answer))
        return;
    if (answer->status == STATUS_OK) {
        const Arbiter__V1__GetDivisionReply *reply =
            (const Arbiter__V1__GetDivisionReply *)answer->output;
        matter->question.division =
            (const Arbiter__V1__Division *)proto_copy_in(&matter->arena, &reply->division->base);
        if (matter->question.division == NULL) {
            matter_fail(matter, STATUS_FULL, "the division is too large");
            return;
        }
    }
    plan_action(matter);
}

static void ask_division(struct matter *matter)
{
    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    int division = matter->question.request->division;
    request.division_id = (char *)desk_division_id(&matter->question, division > 0 ? division : 1);
    if (request.division_id == NULL)
        matter_fail(matter, STATUS_FULL, "the request is too large");
    else
        ask(matter, &arbiter__v1__store__descriptor, "GetDivision", &request.base, on_division);
}

/* ---- undo -------------------------------------------------------------------------------- */

static struct value member(struct value map, const char *name)
{
    const struct value *found = map.kind == VALUE_MAP ? value_find(map, value_text(name)) : NULL;
    return found != NULL ? *found : value_null();
}

/* The newest action that stands: neither taken back, nor a taking back itself. */
static const Arbiter__V1__DirectorAction *last_standing(const Arbiter__V1__ListActionsReply *reply)
{
    for (size_t i = 0; i < reply->n_actions; i++)
        if (reply->actions[i]->undoes == 0 && reply->actions[i]->undone_by == 0)
            return reply->actions[i];
    return NULL;
}

/* Makes the request into the one that takes the last action back. */
static enum status turn_back(struct matter *matter, const Arbiter__V1__ListActionsReply *reply,
                             struct fault *out_fault)
{
    const Arbiter__V1__DirectorAction *last = last_standing(reply);
    struct value input = value_null();
    if (last == NULL)
        return fault_set(out_fault, 0, 0, "there is no action to take back");
    enum status status = value_codec_from_map(&matter->arena, last->input, &input);
    if (status != STATUS_OK)
        return status;
    struct value undo = member(input, "undo");
    const char *name = desk_text(&matter->question, undo, "action");
    matter->action = desk_action_find(name);
    if (matter->action == NULL)
        return fault_set(out_fault, 0, 0,
                         "action %lld, '%s' by %s, cannot be taken back: what followed from it "
                         "has happened",
                         (long long)last->number, last->action, last->actor);
    Arbiter__V1__ActRequest *request =
        (Arbiter__V1__ActRequest *)proto_copy_in(&matter->arena, &matter->asked->base);
    Arbiter__V1__ValueMap *data = NULL;
    status = value_codec_map(&matter->arena, member(undo, "data"), &data);
    if (request == NULL || status != STATUS_OK)
        return STATUS_FULL;
    request->division = (int32_t)desk_int(undo, "division", 0);
    request->round = (int32_t)desk_int(undo, "round", 0);
    request->board = (int32_t)desk_int(undo, "board", 0);
    request->data = data;
    matter->question.request = request;
    matter->undoes = last->number;
    return STATUS_OK;
}

/* ---- reading the event ------------------------------------------------------------------- */

static void check_number(struct matter *matter, const Arbiter__V1__ListActionsReply *reply)
{
    const Arbiter__V1__DirectorAction *last = reply->n_actions > 0 ? reply->actions[0] : NULL;
    struct fault fault = {0};
    matter->number = last != NULL ? last->number + 1 : 1;
    int64_t expected = matter->asked->expected_number;
    if (expected > 0 && expected != matter->number) {
        answer_conflict(matter, last != NULL ? last->number : 0, last != NULL ? last->action : "",
                        last != NULL ? last->actor : "nobody");
        return;
    }
    if (matter->action == NULL || matter->undoes > 0) {
        enum status status = turn_back(matter, reply, &fault);
        if (status != STATUS_OK) {
            matter_fail_fault(
                matter, status == STATUS_INVALID_ARGUMENT ? STATUS_FAILED_PRECONDITION : status,
                &fault);
            return;
        }
    }
    ask_division(matter);
}

static void on_actions(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    if (matter_check(matter, answer))
        check_number(matter, (const Arbiter__V1__ListActionsReply *)answer->output);
}

static void ask_actions(struct matter *matter)
{
    Arbiter__V1__ListActionsRequest request = ARBITER__V1__LIST_ACTIONS_REQUEST__INIT;
    request.tournament_id = matter->asked->tournament_id;
    request.limit = matter->action == NULL || matter->undoes > 0 ? UNDO_LOOKS_BACK : 1;
    ask(matter, &arbiter__v1__store__descriptor, "ListActions", &request.base, on_actions);
}

static void on_tournament(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    if (!matter_check(matter, answer))
        return;
    const Arbiter__V1__GetTournamentReply *reply =
        (const Arbiter__V1__GetTournamentReply *)answer->output;
    matter->question.tournament =
        (const Arbiter__V1__Tournament *)proto_copy_in(&matter->arena, &reply->tournament->base);
    if (matter->question.tournament == NULL)
        matter_fail(matter, STATUS_FULL, "the event is too large");
    else if (!is_director_here(matter))
        matter_fail(matter, STATUS_PERMISSION_DENIED,
                    "you are not a director of this event; one of its directors can add you");
    else if (read_policy(matter) != STATUS_OK)
        matter_fail(matter, STATUS_DATA_LOSS, "the event's policy does not read");
    else
        ask_actions(matter);
}

/* Reads everything (again). A confirmed action that lost its number does not get here a second time
 * with the same token: the number is part of it. */
static void begin(struct matter *matter)
{
    Arbiter__V1__GetTournamentRequest request = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    if (matter->tries++ == TRIES_MAX) {
        matter_fail(matter, STATUS_ABORTED, "too many directors act at once; try again");
        return;
    }
    matter->question = (struct desk_case){.arena = &matter->arena, .request = matter->asked};
    request.tournament_id = matter->asked->tournament_id;
    ask(matter, &arbiter__v1__store__descriptor, "GetTournament", &request.base, on_tournament);
}

void desk_serve_act(Arbiter__V1__Desk_Service *service, const Arbiter__V1__ActRequest *input,
                    Arbiter__V1__ActReply_Closure closure, void *request)
{
    struct desk *desk = desk_of(service);
    const struct desk_action *action = desk_action_find(input->action);
    bool is_undo = strcmp(input->action, "undo") == 0;
    if (action == NULL && !is_undo) {
        bus_fail(request, STATUS_INVALID_ARGUMENT, NULL, 0,
                 "there is no action '%s'; see docs/directors.md", input->action);
        return;
    }
    struct matter *matter = calloc(1, sizeof *matter);
    if (matter == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return;
    }
    matter->desk = desk;
    matter->request = request;
    matter->closure = closure;
    matter->asked = input;
    matter->action = action;
    matter->name = is_undo ? "undo" : action->name;
    arena_init(&matter->arena, MATTER_BYTES_MAX);
    begin(matter);
}

/* ---- life -------------------------------------------------------------------------------- */

struct desk *desk_create(struct bus *bus)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL)
        return NULL;
    desk->bus = bus;
    desk->service =
        (struct desk_service){.base = ARBITER__V1__DESK__INIT(desk_serve_), .desk = desk};
    if (bus_serve(bus, &desk->service.base.base) == STATUS_OK)
        return desk;
    free(desk);
    return NULL;
}

void desk_destroy(struct desk *desk)
{
    free(desk);
}
