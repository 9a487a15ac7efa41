/* Turns effects into the lists of a CommitStepRequest. */
#include "orchestrator/plan.h"

#include <assert.h>
#include <string.h>

#include "fsm/value_codec.h"
#include "proto/event_names.h"
#include "proto/reflect.h"

enum status plan_push(struct arena *arena, struct plan_list *list, void *item)
{
    if (item == NULL || list->count == PLAN_ITEMS_MAX)
        return STATUS_FULL;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity != 0 ? 2 * list->capacity : 8;
        void **items = arena_array(arena, capacity, sizeof *items);
        if (items == NULL)
            return STATUS_FULL;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = item;
    return STATUS_OK;
}

/* ---- copies ------------------------------------------------------------------------------ */

const char *plan_instance_key(const char *instance_id)
{
    const char *colon = strchr(instance_id, ':');
    return colon != NULL ? colon + 1 : instance_id;
}

static char *copy_text(const struct plan *plan, const char *text)
{
    return arena_copy(plan->arena, text, strlen(text));
}

static char *key_text(const struct plan *plan, struct fsm_key key)
{
    char text[FSM_KEY_TEXT_MAX];
    return copy_text(plan, fsm_key_text(plan->instance_id, key, text));
}

static struct value data_of(const struct value *data)
{
    return data != NULL ? *data : value_map(NULL, 0);
}

/* ---- writes, sends, events --------------------------------------------------------------- */

enum status plan_add_write(struct plan *plan, const char *command, struct value data)
{
    Arbiter__V1__Write *write = arena_alloc(plan->arena, sizeof *write);
    if (write == NULL)
        return STATUS_FULL;
    arbiter__v1__write__init(write);
    write->command = copy_text(plan, command);
    enum status status = value_codec_map(plan->arena, data, &write->input);
    if (status != STATUS_OK || write->command == NULL)
        return STATUS_FULL;
    return plan_push(plan->arena, &plan->writes, write);
}

enum status plan_add_send(struct plan *plan, const char *to, const char *event_id, const char *name,
                          const struct value *data)
{
    Arbiter__V1__Send *send = arena_alloc(plan->arena, sizeof *send);
    if (send == NULL)
        return STATUS_FULL;
    arbiter__v1__send__init(send);
    send->to = copy_text(plan, to);
    send->event_id = copy_text(plan, event_id);
    send->name = copy_text(plan, name);
    enum status status = value_codec_map(plan->arena, data_of(data), &send->data);
    if (status != STATUS_OK || arena_full(plan->arena))
        return STATUS_FULL;
    return plan_push(plan->arena, &plan->sends, send);
}

/* An event is about what its first text field names (seek_id, game_id, player_id …); where it has
 * none, about the instance that emits it. */
static const char *event_subject(const struct plan *plan, const ProtobufCMessage *payload)
{
    const ProtobufCFieldDescriptor *first = &payload->descriptor->fields[0];
    if (first->type != PROTOBUF_C_TYPE_STRING)
        return plan_instance_key(plan->instance_id);
    return *(const char *const *)((const char *)payload + first->offset);
}

/* Finds the field of EventPayload for "game.finished": `game_finished`. */
static const ProtobufCFieldDescriptor *payload_field(const struct plan *plan, const char *name)
{
    char *field_name = copy_text(plan, name);
    if (field_name == NULL)
        return NULL;
    for (char *c = field_name; *c != '\0'; c++)
        if (*c == '.')
            *c = '_';
    return protobuf_c_message_descriptor_get_field_by_name(&arbiter__v1__event_payload__descriptor,
                                                           field_name);
}

static enum status make_payload(struct plan *plan, const char *name, const struct value *data,
                                Arbiter__V1__EventPayload **out_payload,
                                const ProtobufCMessage **out_message, struct fault *out_fault)
{
    const ProtobufCFieldDescriptor *field = payload_field(plan, name);
    if (field == NULL)
        return fault_set(out_fault, 0, 0, "the contract has no event '%s'", name);
    ProtobufCMessage *message = NULL;
    enum status status =
        reflect_from_value(plan->arena, field->descriptor, data_of(data), &message, out_fault);
    if (status != STATUS_OK)
        return status;
    Arbiter__V1__EventPayload *payload = arena_alloc(plan->arena, sizeof *payload);
    if (payload == NULL)
        return STATUS_FULL;
    arbiter__v1__event_payload__init(payload);
    payload->payload_case = (Arbiter__V1__EventPayload__PayloadCase)field->id;
    *(ProtobufCMessage **)((char *)payload + field->offset) = message;
    *out_payload = payload;
    *out_message = message;
    return STATUS_OK;
}

enum status plan_add_event(struct plan *plan, const char *name, const struct value *data,
                           struct fault *out_fault)
{
    Arbiter__V1__OutEvent *event = arena_alloc(plan->arena, sizeof *event);
    const char *dot = strchr(name, '.');
    if (event == NULL)
        return STATUS_FULL;
    if (dot == NULL)
        return fault_set(out_fault, 0, 0, "event '%s' should be <kind>.<name>", name);
    arbiter__v1__out_event__init(event);
    const ProtobufCMessage *message = NULL;
    enum status status = make_payload(plan, name, data, &event->payload, &message, out_fault);
    if (status != STATUS_OK)
        return status;
    event->kind = arena_copy(plan->arena, name, (size_t)(dot - name));
    event->name = copy_text(plan, dot + 1);
    event->id = copy_text(plan, event_subject(plan, message));
    if (arena_full(plan->arena))
        return STATUS_FULL;
    return plan_push(plan->arena, &plan->events, event);
}

/* ---- commands ---------------------------------------------------------------------------- */

static char **copy_codes(struct plan *plan, const char *const *codes, size_t count)
{
    char **copies = arena_array(plan->arena, count, sizeof *copies);
    for (size_t i = 0; copies != NULL && i < count; i++)
        copies[i] = copy_text(plan, codes[i]);
    return copies;
}

static Arbiter__V1__RetryPolicy *make_retry(struct plan *plan, const struct fsm_effect *effect)
{
    Arbiter__V1__RetryPolicy *retry = arena_alloc(plan->arena, sizeof *retry);
    if (retry == NULL)
        return NULL;
    arbiter__v1__retry_policy__init(retry);
    retry->timeout_ms = effect->timeout_ms;
    retry->max_attempts = 1;
    const struct fsm_retry *from = effect->retry;
    if (from == NULL)
        return retry;
    retry->delay_ms = from->delay_ms;
    retry->backoff = from->backoff;
    retry->max_delay_ms = from->max_delay_ms;
    retry->max_attempts = from->max_attempts;
    retry->jitter = from->jitter;
    retry->errors = copy_codes(plan, from->errors, from->error_count);
    retry->n_errors = from->error_count;
    retry->except = copy_codes(plan, from->except, from->except_count);
    retry->n_except = from->except_count;
    return retry;
}

static enum status pack_input(struct plan *plan, const struct fsm_effect *effect,
                              Arbiter__V1__Command *command, struct fault *out_fault)
{
    struct reflect_method found;
    if (reflect_find_method(effect->name, &found) != STATUS_OK)
        return fault_set(out_fault, 0, 0, "no service offers the command '%s'", effect->name);
    ProtobufCMessage *input = NULL;
    enum status status = reflect_from_value(plan->arena, found.method->input, data_of(effect->data),
                                            &input, out_fault);
    if (status != STATUS_OK)
        return status;
    command->payload.len = protobuf_c_message_get_packed_size(input);
    command->payload.data = arena_alloc(plan->arena, command->payload.len);
    if (command->payload.data == NULL)
        return STATUS_FULL;
    (void)protobuf_c_message_pack(input, command->payload.data); /* sized above */
    return STATUS_OK;
}

/* `run` and `invoke` differ only in whether somebody waits for the answer. */
static enum status add_command(struct plan *plan, const struct fsm_effect *effect,
                               const char *invoke_id, struct fault *out_fault)
{
    Arbiter__V1__Command *command = arena_alloc(plan->arena, sizeof *command);
    if (command == NULL)
        return STATUS_FULL;
    arbiter__v1__command__init(command);
    enum status status = pack_input(plan, effect, command, out_fault);
    if (status != STATUS_OK)
        return status;
    command->command_id = key_text(plan, effect->key);
    command->invoke_id = copy_text(plan, invoke_id);
    command->subject = arena_format(plan->arena, "arbiter.v1.%s", effect->name);
    command->retry = make_retry(plan, effect);
    command->deadline_at_ms =
        effect->deadline_ms > 0 ? plan->now_ms + effect->deadline_ms * plan->haste : 0;
    if (arena_full(plan->arena))
        return STATUS_FULL;
    return plan_push(plan->arena, &plan->commands, command);
}

static size_t find_command(const struct plan *plan, const char *command_id)
{
    size_t at = 0;
    while (at < plan->commands.count &&
           strcmp(((const Arbiter__V1__Command *)plan->commands.items[at])->command_id,
                  command_id) != 0)
        at++;
    return at;
}

void plan_drop_command(struct plan *plan, const char *command_id)
{
    struct plan_list *commands = &plan->commands;
    size_t at = find_command(plan, command_id);
    if (at == commands->count)
        return;
    commands->count--;
    memmove(commands->items + at, commands->items + at + 1,
            (commands->count - at) * sizeof *commands->items);
}

/* One that was given earlier in the same turn has not left yet. */
static enum status cancel_command(struct plan *plan, char *command_id)
{
    if (command_id != NULL && find_command(plan, command_id) < plan->commands.count) {
        plan_drop_command(plan, command_id);
        return STATUS_OK;
    }
    return plan_push(plan->arena, &plan->commands_cancelled, command_id);
}

/* ---- timers ------------------------------------------------------------------------------ */

static enum status add_timer(struct plan *plan, char *timer_id, char *event, int64_t due_ms,
                             const struct value *data)
{
    Arbiter__V1__TimerSet *timer = arena_alloc(plan->arena, sizeof *timer);
    if (timer == NULL)
        return STATUS_FULL;
    arbiter__v1__timer_set__init(timer);
    timer->timer_id = timer_id;
    timer->event = event;
    timer->due_at_ms = due_ms;
    enum status status = value_codec_map(plan->arena, data_of(data), &timer->data);
    if (status != STATUS_OK || arena_full(plan->arena))
        return STATUS_FULL;
    return plan_push(plan->arena, &plan->timers_set, timer);
}

/* Several events may be handled in one plan, and the store cancels before it sets: what an earlier
 * one has set is taken out again here. */
static void drop_timers(struct plan *plan, const char *prefix, bool is_whole)
{
    size_t kept = 0;
    size_t size = strlen(prefix) + (is_whole ? 1 : 0);
    for (size_t i = 0; i < plan->timers_set.count; i++) {
        Arbiter__V1__TimerSet *timer = plan->timers_set.items[i];
        if (strncmp(timer->timer_id, prefix, size) != 0)
            plan->timers_set.items[kept++] = timer;
    }
    plan->timers_set.count = kept;
}

static enum status cancel_timer(struct plan *plan, char *timer_id)
{
    if (timer_id == NULL)
        return STATUS_FULL;
    drop_timers(plan, timer_id, true);
    return plan_push(plan->arena, &plan->timers_cancelled, timer_id);
}

static enum status cancel_sends(struct plan *plan, char *prefix)
{
    if (prefix == NULL)
        return STATUS_FULL;
    drop_timers(plan, prefix, false);
    return plan_push(plan->arena, &plan->timer_prefixes, prefix);
}

/* A send to another instance is an inbox row of its own; one to itself, or a delayed one, is a
 * timer, because it must not be handled within the step that sent it. */
static enum status add_send(struct plan *plan, const struct fsm_effect *effect,
                            struct fault *out_fault)
{
    bool is_delayed = effect->due_ms > plan->now_ms;
    if (effect->to != NULL && !is_delayed)
        return plan_add_send(plan, effect->to, key_text(plan, effect->key), effect->name,
                             effect->data);
    if (effect->to != NULL)
        return fault_set(out_fault, 0, 0, "send '%s': only a send to itself can be delayed",
                         effect->name);
    char *timer_id =
        arena_format(plan->arena, "send.%s#%llu.%u", effect->id != NULL ? effect->id : "",
                     (unsigned long long)effect->key.seq, effect->key.index);
    return add_timer(plan, timer_id, copy_text(plan, effect->name), effect->due_ms, effect->data);
}

/* ---- the list of effects ----------------------------------------------------------------- */

static enum status add_effect(struct plan *plan, const struct fsm_effect *effect,
                              struct fault *out_fault)
{
    switch (effect->kind) {
    case FSM_EFFECT_RUN:
        return add_command(plan, effect, "", out_fault);
    case FSM_EFFECT_WRITE:
        return plan_add_write(plan, effect->name, data_of(effect->data));
    case FSM_EFFECT_INVOKE_START:
        return add_command(plan, effect, effect->id, out_fault);
    case FSM_EFFECT_INVOKE_CANCEL:
        return cancel_command(plan, key_text(plan, effect->key));
    case FSM_EFFECT_TIMER_SET:
        return add_timer(plan, copy_text(plan, effect->id),
                         arena_format(plan->arena, "$timer.%s", effect->id), effect->due_ms, NULL);
    case FSM_EFFECT_TIMER_CANCEL:
        return cancel_timer(plan, copy_text(plan, effect->id));
    case FSM_EFFECT_SEND:
        return add_send(plan, effect, out_fault);
    case FSM_EFFECT_SEND_CANCEL:
        return cancel_sends(plan, arena_format(plan->arena, "send.%s#", effect->id));
    case FSM_EFFECT_EMIT:
        return plan_add_event(plan, effect->name, effect->data, out_fault);
    case FSM_EFFECT_FINISHED:
        return STATUS_OK;
    }
    return STATUS_INTERNAL;
}

static char *journal_line(struct plan *plan, const struct fsm_effect *effect)
{
    const char *name = effect->name != NULL ? effect->name : effect->id != NULL ? effect->id : "";
    const char *data = effect->data != NULL ? value_literal(plan->arena, *effect->data) : "";
    return arena_format(plan->arena, "%s %s%s%s %s", fsm_effect_kind_name(effect->kind), name,
                        effect->to != NULL ? " to " : "", effect->to != NULL ? effect->to : "",
                        data != NULL ? data : "");
}

/* An instance's time never runs back, though the machine's clock may: what is due at the instance's
 * own now is due at once. */
enum status plan_add_step(struct plan *plan, const struct fsm_step *step, struct fault *out_fault)
{
    if (step->after != NULL && step->after->now_ms > plan->now_ms)
        plan->now_ms = step->after->now_ms;
    for (size_t i = 0; i < step->effect_count; i++) {
        enum status status = add_effect(plan, &step->effects[i], out_fault);
        if (status == STATUS_OK)
            status = plan_push(plan->arena, &plan->journal, journal_line(plan, &step->effects[i]));
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

void plan_fill(const struct plan *plan, Arbiter__V1__CommitStepRequest *request)
{
    request->writes = (Arbiter__V1__Write **)plan->writes.items;
    request->n_writes = plan->writes.count;
    request->sends = (Arbiter__V1__Send **)plan->sends.items;
    request->n_sends = plan->sends.count;
    request->commands = (Arbiter__V1__Command **)plan->commands.items;
    request->n_commands = plan->commands.count;
    request->games = (Arbiter__V1__NewGame **)plan->games.items;
    request->n_games = plan->games.count;
    request->events = (Arbiter__V1__OutEvent **)plan->events.items;
    request->n_events = plan->events.count;
    request->timers_set = (Arbiter__V1__TimerSet **)plan->timers_set.items;
    request->n_timers_set = plan->timers_set.count;
    request->timers_cancelled = (char **)plan->timers_cancelled.items;
    request->n_timers_cancelled = plan->timers_cancelled.count;
    request->timer_prefixes_cancelled = (char **)plan->timer_prefixes.items;
    request->n_timer_prefixes_cancelled = plan->timer_prefixes.count;
    request->commands_cancelled = (char **)plan->commands_cancelled.items;
    request->n_commands_cancelled = plan->commands_cancelled.count;
}

void plan_tell_closed(const struct plan *plan, Arbiter__V1__SendEventReply *answer)
{
    if (plan->events.count == 0)
        return;
    Arbiter__V1__ClosedEvents *closed = arena_alloc(plan->arena, sizeof *closed);
    Arbiter__V1__Event **events = arena_array(plan->arena, plan->events.count, sizeof *events);
    if (closed == NULL || events == NULL)
        return;
    arbiter__v1__closed_events__init(closed);
    closed->events = events;
    for (size_t i = 0; i < plan->events.count; i++) {
        const Arbiter__V1__OutEvent *event = plan->events.items[i];
        if (strcmp(event->name, EVENT_CLOSED) != 0)
            continue;
        Arbiter__V1__Event *told = arena_alloc(plan->arena, sizeof *told);
        if (told == NULL)
            return;
        arbiter__v1__event__init(told);
        told->kind = event->kind;
        told->id = event->id;
        told->name = event->name;
        told->at_ms = plan->now_ms;
        told->payload = event->payload;
        events[closed->n_events++] = told;
    }
    if (closed->n_events > 0)
        answer->closed = closed;
}
