/* Serves Desk.Act: reads the event and completes the action from what is on record; preview.c says
 * what follows and commits it. Explaining and exporting are in explain.c and export.c. */
#include "orchestrator/desk/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fsm/value_codec.h"
#include "orchestrator/desk/actions.h"
#include "orchestrator/desk/desk_private.h"
#include "orchestrator/desk/matter.h"
#include "proto/copy.h"

enum { MATTER_BYTES_MAX = 256 << 20, TRIES_MAX = 8, UNDO_LOOKS_BACK = 200 };

/* ---- completing the action --------------------------------------------------------------- */

static enum status read_policy(struct matter *matter)
{
    struct yaml_faults faults = {.arena = &matter->arena};
    const char *text = matter->question.tournament->settings;
    enum status status = format_read(&matter->arena, text, strlen(text), &faults, &matter->format);
    return status == STATUS_OK ? STATUS_OK : STATUS_DATA_LOSS;
}

/* Runs beside the loop: everything it reads and writes is the matter's own, or never changes. */
static void complete(void *user)
{
    struct matter *matter = user;
    matter->status = desk_action_fill(matter->action, &matter->question, &matter->fault);
}

static void on_completed(bool is_done, void *user)
{
    struct matter *matter = user;
    struct desk_case *question = &matter->question;
    enum status status = matter->status;
    if (!is_done) {
        matter_destroy(matter); /* we are closing; who asks asks another replica */
        return;
    }
    const enum format_action rights[] = {question->right, question->also_right};
    for (size_t i = 0; i < COUNT_OF(rights); i++)
        if (!matter_may(matter, rights[i])) { /* said before what else is wrong */
            matter_refuse(matter, rights[i]);
            return;
        }
    if (status == STATUS_OK)
        status = value_codec_map(&matter->arena, question->data, &matter->data);
    if (status == STATUS_OK) {
        matter->instance_id = desk_action_instance(question);
        matter->needs_reason = matter->format->authority[question->right].needs_reason ||
                               matter->format->authority[question->also_right].needs_reason;
        status = matter->instance_id != NULL ? STATUS_OK : STATUS_FULL;
    }
    if (status != STATUS_OK && matter->question.refuted != NULL)
        matter_refute(matter);
    else if (status != STATUS_OK)
        matter_fail_fault(matter, status, &matter->fault);
    else
        matter_preview(matter);
}

/* Completes the action from what is on record. */
static void plan_action(struct matter *matter)
{
    struct desk_case *question = &matter->question;
    question->is_undo = matter->undoes > 0;
    question->row =
        desk_find_row(question->division, question->request->round, question->request->board);
    enum status status =
        value_codec_from_map(&matter->arena, question->request->data, &question->said);
    if (status == STATUS_OK &&
        !proof_names(&matter->arena, &matter->desk->shelves, &question->names))
        status = STATUS_FULL;
    if (status != STATUS_OK) {
        matter_fail(matter, status, status_name(status));
        return;
    }
    matter_aside(matter, complete, on_completed);
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
        matter_ask(matter, &arbiter__v1__store__descriptor, "GetDivision", &request.base,
                   on_division);
}

/* ---- reading the event ------------------------------------------------------------------- */

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
        enum status status = matter_turn_back(matter, reply, &fault);
        if (status != STATUS_OK) {
            matter_fail_fault(
                matter, status == STATUS_INVALID_ARGUMENT ? STATUS_FAILED_PRECONDITION : status,
                &fault);
            return;
        }
    }
    if (strcmp(matter->action->name, "change_policy") == 0)
        matter_read_divisions(matter, plan_action); /* it is about each of them */
    else
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
    matter_ask(matter, &arbiter__v1__store__descriptor, "ListActions", &request.base, on_actions);
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
    else if (matter_roles(matter) == 0)
        matter_fail(matter, STATUS_PERMISSION_DENIED,
                    "you are not a director of this event; one of its directors can add you");
    else if (read_policy(matter) != STATUS_OK)
        matter_fail(matter, STATUS_DATA_LOSS, "the event's policy does not read");
    else if (matter->action == NULL && !matter_may(matter, FORMAT_ACTION_undo))
        matter_refuse(matter, FORMAT_ACTION_undo);
    else
        ask_actions(matter);
}

static void ask_tournament(struct matter *matter)
{
    Arbiter__V1__GetTournamentRequest request = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    request.tournament_id = matter->asked->tournament_id;
    matter_ask(matter, &arbiter__v1__store__descriptor, "GetTournament", &request.base,
               on_tournament);
}

static void on_found(const struct bus_answer *answer, void *user)
{
    struct matter *matter = user;
    if (!matter_check(matter, answer))
        return;
    const Arbiter__V1__FindActionReply *found =
        (const Arbiter__V1__FindActionReply *)answer->output;
    if (found->existed)
        matter_answer_again(matter, found->answer);
    else
        ask_tournament(matter);
}

/* Before anything is compared with the event: what has been done is what its sender expected. */
static void ask_whether_done(struct matter *matter)
{
    Arbiter__V1__FindActionRequest request = ARBITER__V1__FIND_ACTION_REQUEST__INIT;
    request.tournament_id = matter->asked->tournament_id;
    request.request_id = (char *)bus_request_id(matter->request);
    request.actor = matter->asked->actor;
    matter_ask(matter, &arbiter__v1__store__descriptor, "FindAction", &request.base, on_found);
}

/* A confirmed action that lost its number does not get here a second time with the same token: the
 * number is part of it. */
void matter_begin(struct matter *matter)
{
    if (matter->tries++ == TRIES_MAX) {
        matter_fail(matter, STATUS_ABORTED, "too many directors act at once; try again");
        return;
    }
    matter->question = (struct desk_case){.arena = &matter->arena, .request = matter->asked};
    if (matter->asked->dry_run)
        ask_tournament(matter);
    else
        ask_whether_done(matter);
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
    matter_begin(matter);
}

/* ---- life -------------------------------------------------------------------------------- */

struct desk *desk_create(const struct desk_options *options)
{
    struct desk *desk = calloc(1, sizeof *desk);
    if (desk == NULL)
        return NULL;
    desk->bus = options->bus;
    desk->worker = options->worker;
    desk->shelves = options->shelves;
    desk->service =
        (struct desk_service){.base = ARBITER__V1__DESK__INIT(desk_serve_), .desk = desk};
    if (bus_serve(desk->bus, &desk->service.base.base) == STATUS_OK)
        return desk;
    free(desk);
    return NULL;
}

void desk_destroy(struct desk *desk)
{
    free(desk);
}
