/* Asking: the table of open calls, their deadlines, and the answers that end them. */
#include "bus/bus.h"

#include "bus/member.h"
#include "bus/trace.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum call_kind { CALL_TYPED, CALL_RAW, CALL_DURABLE, CALL_GATHER };

struct bus_open_call {
    struct bus *bus;
    struct bus_open_call *next; /* free, or refused */
    uint32_t index;             /* in the table; BUS_CALLS_MAX: refused, outside of it */
    uint32_t generation;        /* tells an answer to this call from a late one to an earlier */
    bool open;
    bool failing; /* ends with `ending` in the next round whatever arrives */
    enum call_kind kind;
    const ProtobufCMessageDescriptor *output; /* CALL_TYPED */
    union {
        bus_on_answer answer;
        bus_on_raw_answer raw;
        bus_on_stored stored;
        struct {
            bus_on_message message;
            bus_on_done end;
        } gather;
    } on;
    void *user;
    loop_timer timer;
    enum status ending; /* what it ends with when the timer fires */
    const char *ending_message;
    size_t gathered;
    uint64_t sequence; /* CALL_DURABLE: of the message in the stream */
};

/* ---- the table ---------------------------------------------------------------------------------
 */

static _Noreturn void out_of_memory(void)
{
    /* A call must end in a callback; without memory to remember it that promise cannot be kept,
     * and a killed process is what everything around it is built to survive. */
    (void)fputs("bus: out of memory for an open call\n", stderr);
    abort();
}

static struct bus_open_call *call_create(struct bus *bus, uint32_t index)
{
    struct bus_open_call *call = calloc(1, sizeof *call);
    if (call == NULL)
        out_of_memory();
    call->bus = bus;
    call->index = index;
    return call;
}

/* Returns a free place, or NULL where all are taken. */
static struct bus_open_call *place_take(struct bus *bus)
{
    if (bus->calls == NULL) {
        bus->calls = calloc(BUS_CALLS_MAX, sizeof(struct bus_open_call *));
        if (bus->calls == NULL)
            out_of_memory();
    }
    struct bus_open_call *call = bus->calls_free;
    if (call != NULL) {
        bus->calls_free = call->next;
    } else {
        if (bus->calls_made == BUS_CALLS_MAX)
            return NULL;
        call = call_create(bus, (uint32_t)bus->calls_made);
        bus->calls[bus->calls_made++] = call;
    }
    bus->stats.calls_open++;
    return call;
}

static void refused_unlink(struct bus *bus, struct bus_open_call *call)
{
    struct bus_open_call **place = &bus->calls_refused;
    while (*place != call)
        place = &(*place)->next;
    *place = call->next;
}

/* Gives the place back. The call's callback has been copied by then. */
static void call_close(struct bus_open_call *call)
{
    struct bus *bus = call->bus;
    loop_cancel(bus->loop, call->timer);
    call->open = call->failing = false;
    if (call->index == BUS_CALLS_MAX) {
        refused_unlink(bus, call);
        free(call);
        return;
    }
    call->generation++;
    call->next = bus->calls_free;
    bus->calls_free = call;
    bus->stats.calls_open--;
}

/* Ends a call: closes it, then tells whoever asked. */
static void call_end(struct bus_open_call *call, const struct bus_raw_answer *answer)
{
    struct bus_open_call ended = *call;
    call_close(call);
    if (answer->head.status != STATUS_OK && ended.kind != CALL_GATHER)
        ended.bus->stats.calls_failed++;
    switch (ended.kind) {
    case CALL_TYPED:
        ended.on.answer(&answer->head, ended.user);
        break;
    case CALL_RAW:
        ended.on.raw(answer, ended.user);
        break;
    case CALL_DURABLE:
        ended.on.stored(answer->head.status, ended.sequence, ended.user);
        break;
    case CALL_GATHER:
        ended.on.gather.end(answer->head.status, ended.user);
        break;
    }
}

static void call_end_with(struct bus_open_call *call, enum status status, const char *message)
{
    call_end(call, &(struct bus_raw_answer){.head = {.status = status, .message = message}});
}

static void on_timer(void *user)
{
    struct bus_open_call *call = user;
    call->timer = 0;
    call_end_with(call, call->ending, call->ending_message);
}

/* Sets when the call ends by itself, and how. */
static void call_end_after(struct bus_open_call *call, int64_t delay_ms, enum status ending,
                           const char *message)
{
    loop_cancel(call->bus->loop, call->timer);
    call->timer = 0;
    call->ending = ending;
    call->ending_message = message;
    if (loop_after(call->bus->loop, delay_ms, on_timer, call, &call->timer) != STATUS_OK)
        out_of_memory();
}

static void call_fail_soon(struct bus_open_call *call, enum status status, const char *message)
{
    call->failing = true;
    call_end_after(call, 0, status, message);
}

/* Opens a call. Where the table is full it will be told UNAVAILABLE in the next round. */
static struct bus_open_call *call_open(struct bus *bus, enum call_kind kind, int64_t timeout_ms,
                                       void *user)
{
    bus->stats.calls++;
    struct bus_open_call *call = place_take(bus);
    bool refused = call == NULL;
    if (refused) {
        call = call_create(bus, BUS_CALLS_MAX);
        call->next = bus->calls_refused;
        bus->calls_refused = call;
    }
    call->open = true;
    call->kind = kind;
    call->user = user;
    call->gathered = 0;
    call->sequence = 0;
    call->timer = 0;
    if (refused)
        call_fail_soon(call, STATUS_UNAVAILABLE, "too many requests are open here; try again");
    else
        call_end_after(call, timeout_ms, STATUS_DEADLINE_EXCEEDED,
                       "no answer came within the time allowed");
    return call;
}

/* ---- sending -----------------------------------------------------------------------------------
 */

static char *append_number(char *at, uint32_t number)
{
    char digits[10];
    int count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    *at++ = '.';
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

/* Writes "<inbox>.<slot>.<generation>"; by hand, since it happens for every request. */
static void format_reply(const struct bus_open_call *call, char *out, size_t out_size)
{
    size_t inbox_size = strlen(call->bus->inbox);
    assert(inbox_size + 2 * (1 + 10) < out_size);
    memcpy(out, call->bus->inbox, inbox_size);
    char *at = append_number(out + inbox_size, call->index);
    *append_number(at, call->generation) = '\0';
}

static void call_send(struct bus_open_call *call, struct bus_outgoing *message)
{
    if (call->failing)
        return;
    struct bus *bus = call->bus;
    char reply[BUS_SUBJECT_MAX];
    format_reply(call, reply, sizeof reply);
    message->reply = reply;
    message->slot = &call->index;
    enum status status = member_send(bus, message);
    if (status == STATUS_OK)
        return;
    call_fail_soon(call, status,
                   status == STATUS_UNAVAILABLE ? "the message bus is away; try again"
                                                : "the request could not be sent");
}

struct request_head {
    const char *request_id;
    const char *traceparent;
    int64_t timeout_ms;
};

static void send_request(struct bus_open_call *call, const char *subject,
                         const struct request_head *head, struct envelope_bytes payload)
{
    struct bus *bus = call->bus;
    char fresh_id[TRACE_ID_SIZE];
    char traceparent[TRACE_PARENT_SIZE];
    if (head->request_id == NULL)
        trace_new_id(&bus->random, fresh_id);
    trace_new_span(&bus->random, head->traceparent, traceparent);
    struct envelope_request request = {
        .request_id = head->request_id != NULL ? head->request_id : fresh_id,
        .deadline_ms = loop_wall_ms(bus->loop) + head->timeout_ms,
        .traceparent = traceparent,
        .payload = payload,
    };
    struct envelope_bytes bytes;
    if (envelope_encode_request(&bus->scratch, &request, &bytes) != STATUS_OK)
        call_fail_soon(call, STATUS_FULL, "the request is too large for one message");
    else
        call_send(call, &(struct bus_outgoing){
                            .subject = subject, .data = bytes.data, .size = bytes.size});
}

static int64_t timeout_or_default(int64_t timeout_ms)
{
    return timeout_ms > 0 ? timeout_ms : BUS_TIMEOUT_DEFAULT_MS;
}

void bus_call(struct bus *bus, const struct bus_call *call, bus_on_answer on_answer, void *user)
{
    assert(on_answer != NULL);
    struct request_head head = {call->request_id, call->traceparent,
                                timeout_or_default(call->timeout_ms)};
    struct bus_open_call *open = call_open(bus, CALL_TYPED, head.timeout_ms, user);
    open->on.answer = on_answer;
    const ProtobufCMethodDescriptor *method =
        protobuf_c_service_descriptor_get_method_by_name(call->service, call->method);
    char subject[BUS_SUBJECT_MAX];
    struct envelope_bytes payload;
    if (method == NULL || bus_subject(call->service, call->method, subject, sizeof subject) != 0) {
        call_fail_soon(open, STATUS_UNIMPLEMENTED, "the service has no such method");
        return;
    }
    assert(call->input->descriptor == method->input);
    open->output = method->output;
    if (envelope_encode(&bus->scratch, call->input, &payload) != STATUS_OK)
        call_fail_soon(open, STATUS_FULL, "the request is too large for one message");
    else
        send_request(open, subject, &head, payload);
}

void bus_call_raw(struct bus *bus, const struct bus_raw_call *call, bus_on_raw_answer on_answer,
                  void *user)
{
    assert(on_answer != NULL);
    struct request_head head = {call->request_id, call->traceparent,
                                timeout_or_default(call->timeout_ms)};
    struct bus_open_call *open = call_open(bus, CALL_RAW, head.timeout_ms, user);
    open->on.raw = on_answer;
    struct envelope_bytes payload = {call->payload, call->payload_size};
    if (!subject_is_valid(call->subject, false))
        call_fail_soon(open, STATUS_INVALID_ARGUMENT, "the subject is malformed");
    else
        send_request(open, call->subject, &head, payload);
}

void bus_publish_durable(struct bus *bus, const struct bus_durable *message,
                         bus_on_stored on_stored, void *user)
{
    assert(on_stored != NULL && subject_is_valid(message->subject, false));
    struct bus_open_call *open = call_open(bus, CALL_DURABLE, BUS_TIMEOUT_DEFAULT_MS, user);
    open->on.stored = on_stored;
    if (message->size > BUS_MESSAGE_MAX)
        call_fail_soon(open, STATUS_FULL, "the message is too large");
    else
        call_send(open, &(struct bus_outgoing){.subject = message->subject,
                                               .message_id = message->message_id,
                                               .data = message->data,
                                               .size = message->size});
}

void bus_publish_unasked(struct bus *bus, const struct bus_durable *message)
{
    assert(subject_is_valid(message->subject, false));
    if (message->size > BUS_MESSAGE_MAX)
        return;
    (void)member_send(bus, &(struct bus_outgoing){.subject = message->subject,
                                                  .message_id = message->message_id,
                                                  .data = message->data,
                                                  .size = message->size});
    /* Where it was not sent, the next sequence tells. */
}

void bus_gather(struct bus *bus, const struct bus_question *question, bus_on_message on_message,
                bus_on_done on_end, void *user)
{
    assert(on_message != NULL && on_end != NULL && subject_is_valid(question->subject, false));
    struct bus_open_call *open =
        call_open(bus, CALL_GATHER, timeout_or_default(question->timeout_ms), user);
    open->on.gather.message = on_message;
    open->on.gather.end = on_end;
    if (!open->failing)
        open->ending = STATUS_OK; /* the time is up: that is how it is meant to end */
    call_send(open, &(struct bus_outgoing){.subject = question->subject,
                                           .data = question->data,
                                           .size = question->size});
}

/* ---- answers -----------------------------------------------------------------------------------
 */

static bool slot_waits(const struct bus *bus, size_t slot)
{
    return slot < bus->calls_made && bus->calls[slot]->open && !bus->calls[slot]->failing;
}

bool bus_slot_is_open(const struct bus *bus, uint32_t slot, char *out_reply, size_t out_size)
{
    if (!slot_waits(bus, slot))
        return false;
    if (out_reply != NULL)
        format_reply(bus->calls[slot], out_reply, out_size);
    return true;
}

/* The open call that an answer's subject names, or NULL. */
static struct bus_open_call *call_of(struct bus *bus, const char *subject)
{
    size_t inbox_size = strlen(bus->inbox);
    if (strncmp(subject, bus->inbox, inbox_size) != 0 || subject[inbox_size] != '.')
        return NULL;
    char *end;
    unsigned long slot = strtoul(subject + inbox_size + 1, &end, 10);
    if (*end != '.' || !slot_waits(bus, slot))
        return NULL;
    unsigned long generation = strtoul(end + 1, &end, 10);
    struct bus_open_call *call = bus->calls[slot];
    return *end == '\0' && call->generation == generation ? call : NULL;
}

static void take_reply(struct bus_open_call *call, const struct bus_incoming *message)
{
    struct arena *arena = &call->bus->answer_arena;
    struct envelope_reply reply;
    struct bus_raw_answer answer = {0};
    enum status status =
        envelope_decode_reply(arena, (struct envelope_bytes){message->data, message->size}, &reply);
    if (status == STATUS_OK && reply.status == STATUS_OK && call->kind == CALL_TYPED)
        status = envelope_decode(arena, call->output, reply.payload, &answer.head.output);
    if (status != STATUS_OK) {
        answer.head = (struct bus_answer){.status = STATUS_INTERNAL,
                                          .message = "the answer could not be understood"};
    } else {
        answer.head.status = reply.status;
        answer.head.message = reply.message;
        answer.head.details = reply.details;
        answer.head.detail_count = reply.detail_count;
        answer.payload = reply.payload.data;
        answer.payload_size = reply.payload.size;
    }
    call_end(call, &answer);
    arena_reset(arena);
}

/* A stream acknowledges in JSON: {"stream": …, "seq": …} or {"error": {…}}. */
static enum status read_acknowledgement(const struct bus_incoming *message, uint64_t *out_sequence)
{
    json_t *root = json_loadb(message->data, message->size, JSON_REJECT_DUPLICATES, NULL);
    json_t *error = json_object_get(root, "error");
    const json_t *sequence = json_object_get(root, "seq");
    json_int_t code = json_integer_value(json_object_get(error, "code"));
    enum status status = STATUS_INTERNAL;
    if (error != NULL)
        status = code == 503 ? STATUS_UNAVAILABLE : STATUS_FAILED_PRECONDITION;
    else if (json_is_integer(sequence))
        status = STATUS_OK;
    *out_sequence = (uint64_t)json_integer_value(sequence);
    json_decref(root);
    return status;
}

void calls_take_answer(struct bus *bus, const struct bus_incoming *message)
{
    struct bus_open_call *call = call_of(bus, message->subject);
    if (call == NULL)
        return; /* late, or doubled: its caller has been told already */
    if (message->no_responders) {
        if (call->kind == CALL_GATHER)
            call_end_with(call, STATUS_OK, NULL);
        else
            call_end_with(call, STATUS_UNAVAILABLE, "nobody serves this request now; try again");
        return;
    }
    switch (call->kind) {
    case CALL_TYPED:
    case CALL_RAW:
        take_reply(call, message);
        break;
    case CALL_DURABLE:
        call_end_with(call, read_acknowledgement(message, &call->sequence),
                      "the stream refused the message");
        break;
    case CALL_GATHER:
        if (call->gathered++ < BUS_GATHERED_MAX)
            call->on.gather.message(message->subject, message->data, message->size, call->user);
        break;
    }
}

/* ---- ending them all ---------------------------------------------------------------------------
 */

static void end_open(struct bus *bus, bool failing_too, enum status status, const char *message)
{
    /* What callbacks open meanwhile is behind `count`, or failing in the next round. */
    size_t count = bus->calls_made;
    for (size_t i = 0; i < count; i++) {
        struct bus_open_call *call = bus->calls[i];
        if (call->open && (failing_too || !call->failing))
            call_end_with(call, status, message);
    }
}

void calls_lose_connection(struct bus *bus)
{
    end_open(bus, false, STATUS_UNAVAILABLE,
             "the connection went away; the request may or may not have been carried out");
}

void calls_end_all(struct bus *bus, enum status status, const char *message)
{
    end_open(bus, true, status, message);
    while (bus->calls_refused != NULL)
        call_end_with(bus->calls_refused, status, message);
}

void calls_deinit(struct bus *bus)
{
    for (size_t i = 0; i < bus->calls_made; i++) {
        loop_cancel(bus->loop, bus->calls[i]->timer);
        free(bus->calls[i]);
    }
    while (bus->calls_refused != NULL)
        call_close(bus->calls_refused);
    free(bus->calls);
    bus->calls = NULL;
    bus->calls_made = 0;
}

const char *bus_answer_detail(const struct bus_answer *answer, const char *key)
{
    for (size_t i = 0; i < answer->detail_count; i++) {
        if (strcmp(answer->details[i].key, key) == 0)
            return answer->details[i].value;
    }
    return NULL;
}
