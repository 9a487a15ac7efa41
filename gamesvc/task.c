/* What all requests to the game service have in common. */
#include "gamesvc/task.h"

#include <stdlib.h>
#include <string.h>

enum { GAME_BYTES_MAX = 16 << 20, PATIENCE_MS = 2000 };

struct task *task_create(Arbiter__V1__Gamesvc_Service *service, void *request)
{
    struct task *task = calloc(1, sizeof *task);
    if (task == NULL) {
        bus_fail(request, STATUS_UNAVAILABLE, NULL, 0, "out of memory; try again");
        return NULL;
    }
    task->gamesvc = (struct gamesvc *)service;
    task->request = request;
    task->tools.shelf = task->gamesvc->options.shelf;
    task->tools.keys = task->gamesvc->options.keys;
    task->tools.unsafe_draws = task->gamesvc->options.unsafe_draws;
    arena_init(&task->arena, GAME_BYTES_MAX);
    return task;
}

void task_destroy(struct task *task)
{
    if (task->line != NULL)
        line_leave(&task->gamesvc->lines, task);
    hand_destroy(task->hand);
    table_tools_forget(&task->tools);
    arena_deinit(&task->arena);
    free(task);
}

void task_fail(struct task *task, enum status status, const struct fault *fault)
{
    bus_fail(task->request, status, NULL, 0, "%s",
             fault != NULL && fault->text[0] != '\0' ? fault->text : status_name(status));
    task_destroy(task);
}

void task_fail_like(struct task *task, const struct bus_answer *answer)
{
    bus_fail_like(task->request, answer);
    task_destroy(task);
}

void task_answer_play(struct task *task)
{
    task->on_played(&task->played, task->request);
    task_destroy(task);
}

const char *task_keep(struct task *task, const char *text)
{
    const char *copy = arena_copy(&task->arena, text, strlen(text));
    return copy != NULL ? copy : "";
}

static void ask(struct task *task, struct bus_call call, bus_on_answer on_answer)
{
    call.traceparent = bus_request_traceparent(task->request);
    bus_call(task->gamesvc->bus, &call, on_answer, task);
}

void task_ask_store(struct task *task, const char *method, const ProtobufCMessage *input,
                    bus_on_answer on_answer)
{
    ask(task,
        (struct bus_call){.service = &arbiter__v1__store__descriptor,
                          .method = method,
                          .input = input,
                          .request_id = bus_request_id(task->request)},
        on_answer);
}

void task_ask_orchestrator(struct task *task, const char *method, const ProtobufCMessage *input,
                           bus_on_answer on_answer)
{
    ask(task,
        (struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                          .method = method,
                          .input = input,
                          .request_id = bus_request_id(task->request),
                          .timeout_ms = PATIENCE_MS},
        on_answer);
}

void task_load(struct task *task, const char *game_id, bus_on_answer on_answer)
{
    Arbiter__V1__LoadGameRequest load = ARBITER__V1__LOAD_GAME_REQUEST__INIT;
    load.game_id = (char *)game_id;
    ask(task,
        (struct bus_call){
            .service = &arbiter__v1__store__descriptor, .method = "LoadGame", .input = &load.base},
        on_answer);
}

int64_t task_now_ms(const struct task *task)
{
    return loop_now_ms(bus_loop(task->gamesvc->bus));
}

int64_t task_later_ms(const struct task *task, int64_t wall_ms)
{
    return task_now_ms(task) + loop_span_ms(bus_loop(task->gamesvc->bus), wall_ms);
}
