/* One instance with a virtual clock: for simulations, tests and questions. */
#include "fsm/sandbox.h"

#include <stdlib.h>
#include <string.h>

struct waiting {
    const char *name;
    const char *id;
    const struct value *data;
    int64_t due_ms;
};

struct fsm_sandbox {
    const struct fsm_machine *machine;
    const struct fsm_instance *instance;
    struct arena arena;
    int64_t now_ms;
    fsm_sandbox_listener on_step;
    void *user;
    struct waiting sends[FSM_SANDBOX_SENDS_MAX]; /* in the order they were sent */
    int send_count;
};

struct fsm_sandbox *fsm_sandbox_create(const struct fsm_machine *machine, int64_t now_ms,
                                       fsm_sandbox_listener on_step, void *user)
{
    struct fsm_sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (sandbox == NULL)
        return NULL;
    sandbox->machine = machine;
    sandbox->now_ms = now_ms;
    sandbox->on_step = on_step;
    sandbox->user = user;
    arena_init(&sandbox->arena, FSM_SANDBOX_MEMORY_MAX);
    return sandbox;
}

void fsm_sandbox_destroy(struct fsm_sandbox *sandbox)
{
    if (sandbox == NULL)
        return;
    arena_deinit(&sandbox->arena);
    free(sandbox);
}

static void forget_sends(struct fsm_sandbox *sandbox, const char *id)
{
    int kept = 0;
    for (int i = 0; i < sandbox->send_count; i++)
        if (sandbox->sends[i].id == NULL || strcmp(sandbox->sends[i].id, id) != 0)
            sandbox->sends[kept++] = sandbox->sends[i];
    sandbox->send_count = kept;
}

static bool is_to_itself(const struct fsm_sandbox *sandbox, const struct fsm_effect *effect)
{
    return effect->to == NULL || strcmp(effect->to, sandbox->instance->id) == 0;
}

static enum status settle(struct fsm_sandbox *sandbox, const char *event,
                          const struct fsm_step *step)
{
    if (step->after != NULL)
        sandbox->instance = step->after;
    for (size_t i = 0; i < step->effect_count; i++) {
        const struct fsm_effect *effect = &step->effects[i];
        if (effect->kind == FSM_EFFECT_SEND_CANCEL)
            forget_sends(sandbox, effect->id);
        if (effect->kind != FSM_EFFECT_SEND || !is_to_itself(sandbox, effect))
            continue;
        if (sandbox->send_count == FSM_SANDBOX_SENDS_MAX)
            return STATUS_FULL;
        sandbox->sends[sandbox->send_count++] =
            (struct waiting){effect->name, effect->id, effect->data, effect->due_ms};
    }
    if (sandbox->on_step != NULL)
        sandbox->on_step(sandbox->user, event, step);
    return STATUS_OK;
}

enum status fsm_sandbox_start(struct fsm_sandbox *sandbox, const char *id,
                              const struct value *input, struct fsm_step *out)
{
    enum status status =
        fsm_start(sandbox->machine, id, input, sandbox->now_ms, FSM_TRACE, &sandbox->arena, out);
    if (status == STATUS_OK && out->after != NULL)
        status = settle(sandbox, "", out);
    if (status != STATUS_OK || sandbox->instance == NULL)
        return status;
    return fsm_sandbox_advance(sandbox, sandbox->now_ms);
}

void fsm_sandbox_adopt(struct fsm_sandbox *sandbox, const struct fsm_instance *instance)
{
    sandbox->instance = instance;
    if (instance->now_ms > sandbox->now_ms)
        sandbox->now_ms = instance->now_ms;
}

static enum status step(struct fsm_sandbox *sandbox, struct fsm_event event, struct fsm_step *out)
{
    event.now_ms = sandbox->now_ms;
    enum status status =
        fsm_step(sandbox->machine, sandbox->instance, &event, FSM_TRACE, &sandbox->arena, out);
    return status == STATUS_OK ? settle(sandbox, event.name, out) : status;
}

enum status fsm_sandbox_give(struct fsm_sandbox *sandbox, struct fsm_event event,
                             struct fsm_step *out)
{
    enum status status = step(sandbox, event, out);
    return status == STATUS_OK ? fsm_sandbox_advance(sandbox, sandbox->now_ms) : status;
}

/* The send that is due first, -1 where none is due by `until_ms`. */
static int first_send(const struct fsm_sandbox *sandbox, int64_t until_ms)
{
    int first = -1;
    for (int i = 0; i < sandbox->send_count; i++)
        if (sandbox->sends[i].due_ms <= until_ms &&
            (first < 0 || sandbox->sends[i].due_ms < sandbox->sends[first].due_ms))
            first = i;
    return first;
}

static enum status deliver(struct fsm_sandbox *sandbox, int index)
{
    struct waiting send = sandbox->sends[index];
    struct fsm_step out;
    memmove(&sandbox->sends[index], &sandbox->sends[index + 1],
            (size_t)(--sandbox->send_count - index) * sizeof send);
    if (send.due_ms > sandbox->now_ms)
        sandbox->now_ms = send.due_ms;
    return step(sandbox, (struct fsm_event){.name = send.name, .data = send.data}, &out);
}

static enum status fire(struct fsm_sandbox *sandbox, struct fsm_pending timer)
{
    struct fsm_step out;
    if (timer.due_ms > sandbox->now_ms)
        sandbox->now_ms = timer.due_ms;
    return step(
        sandbox,
        (struct fsm_event){.kind = FSM_EVENT_TIMER, .name = timer.id, .due_ms = timer.due_ms},
        &out);
}

enum status fsm_sandbox_advance(struct fsm_sandbox *sandbox, int64_t until_ms)
{
    for (;;) {
        struct fsm_pending timer = {.due_ms = INT64_MAX};
        int send = first_send(sandbox, until_ms);
        bool has_timer = fsm_pending_timers(sandbox->machine, sandbox->instance, &timer, 1) > 0 &&
                         timer.due_ms <= until_ms;
        enum status status = STATUS_OK;
        if (has_timer && (send < 0 || timer.due_ms < sandbox->sends[send].due_ms))
            status = fire(sandbox, timer);
        else if (send >= 0)
            status = deliver(sandbox, send);
        else
            break;
        if (status != STATUS_OK)
            return status;
    }
    if (until_ms > sandbox->now_ms)
        sandbox->now_ms = until_ms;
    return STATUS_OK;
}

const struct fsm_instance *fsm_sandbox_instance(const struct fsm_sandbox *sandbox)
{
    return sandbox->instance;
}

int64_t fsm_sandbox_now(const struct fsm_sandbox *sandbox)
{
    return sandbox->now_ms;
}

struct arena *fsm_sandbox_arena(struct fsm_sandbox *sandbox)
{
    return &sandbox->arena;
}
