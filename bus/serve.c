/* Answering: requests are checked, held, given to the generated service, and answered once. */
#include "bus/bus.h"

#include "base/clock.h"
#include "base/log.h"
#include "bus/member.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_TEXT_MAX = 512 };

/* Another place that waits for the same answer. */
struct waiter {
    struct waiter *next;
    char *reply;
};

struct bus_request {
    struct bus *bus;
    struct bus_service *service;
    struct bus_method *method;
    struct bus_request *previous;
    struct bus_request *next;
    struct arena arena; /* everything below lives in it */
    char *reply;        /* "" where no answer is wanted */
    struct waiter *waiters;
    struct envelope_request envelope;
    const ProtobufCMessage *input;
    struct fingerprint fingerprint;
    int64_t arrived_us;
};

/* ---- what is on offer --------------------------------------------------------------------------
 */

static int compare_methods(const void *a, const void *b)
{
    const struct bus_method *left = a;
    const struct bus_method *right = b;
    return strcmp(left->name, right->name);
}

static struct bus_method *method_find(const struct bus_service *service, const char *subject)
{
    const char *word = strrchr(subject, '.');
    struct bus_method key = {.name = word != NULL ? word + 1 : subject};
    return bsearch(&key, service->methods, service->method_count, sizeof key, compare_methods);
}

static void service_free(struct bus_service *service)
{
    if (service == NULL)
        return;
    free(service->names);
    free(service->methods);
    free(service);
}

/* Copies the last words of the methods' subjects and sorts the methods by them. */
static bool methods_fill(struct bus_service *service, const ProtobufCServiceDescriptor *type)
{
    service->methods = calloc(type->n_methods + 1, sizeof *service->methods);
    service->names = calloc(type->n_methods + 1, BUS_SUBJECT_MAX);
    if (service->methods == NULL || service->names == NULL)
        return false;
    service->method_count = type->n_methods;
    for (unsigned i = 0; i < type->n_methods; i++) {
        char *name = service->names + (size_t)i * BUS_SUBJECT_MAX;
        enum status status = bus_subject(type, type->methods[i].name, name, BUS_SUBJECT_MAX);
        if (status != STATUS_OK)
            return false;
        service->methods[i] = (struct bus_method){.name = strrchr(name, '.') + 1, .index = i};
    }
    qsort(service->methods, service->method_count, sizeof *service->methods, compare_methods);
    return true;
}

static void on_request(const struct bus_incoming *message, void *user);

enum status bus_serve(struct bus *bus, ProtobufCService *service)
{
    char subject[BUS_SUBJECT_MAX];
    enum status status = bus_subject(service->descriptor, "*", subject, sizeof subject);
    if (status != STATUS_OK)
        return status;
    struct bus_service *offer = calloc(1, sizeof *offer);
    if (bus->service_count == BUS_SERVICES_MAX || offer == NULL ||
        !methods_fill(offer, service->descriptor)) {
        service_free(offer);
        return STATUS_FULL;
    }
    offer->bus = bus;
    offer->service = service;
    memcpy(offer->prefix, subject, strlen(subject) - strlen(".*"));
    const char *queue_group = strrchr(offer->prefix, '.') + 1;
    status = member_listen(bus, subject, queue_group, on_request, offer);
    if (status != STATUS_OK) {
        service_free(offer);
        return status;
    }
    bus->services[bus->service_count++] = offer;
    return STATUS_OK;
}

/* ---- replies -----------------------------------------------------------------------------------
 */

static void send_bytes(struct bus *bus, const char *to, const void *data, size_t size)
{
    if (to[0] == '\0')
        return;
    struct bus_outgoing message = {.subject = to, .data = data, .size = size};
    (void)member_send(bus, &message);
    /* With the connection away the asker is told so at its own end, and may ask again. */
}

static struct envelope_bytes encode_reply(struct bus *bus, const struct envelope_reply *reply)
{
    struct envelope_bytes bytes;
    if (envelope_encode_reply(&bus->scratch, reply, &bytes) == STATUS_OK)
        return bytes;
    struct envelope_reply too_large = {.status = STATUS_FULL,
                                       .message = "the answer is too large for one message"};
    enum status status = envelope_encode_reply(&bus->scratch, &too_large, &bytes);
    assert(status == STATUS_OK);
    return bytes;
}

static void refuse(struct bus *bus, const char *to, enum status status, const char *text)
{
    bus->stats.requests_refused++;
    struct envelope_bytes bytes =
        encode_reply(bus, &(struct envelope_reply){.status = status, .message = text});
    send_bytes(bus, to, bytes.data, bytes.size);
}

static void request_unlink(struct bus_request *request)
{
    struct bus *bus = request->bus;
    if (request->previous != NULL)
        request->previous->next = request->next;
    else
        bus->held = request->next;
    if (request->next != NULL)
        request->next->previous = request->previous;
    bus->held_count--;
}

static void request_free(struct bus_request *request)
{
    arena_deinit(&request->arena);
    free(request);
}

static void count_outcome(struct bus_request *request, const struct envelope_reply *reply)
{
    struct bus_method *method = request->method;
    method->busy_us += clock_monotonic_us() - request->arrived_us;
    if (reply->status == STATUS_OK)
        return;
    method->errors++;
    (void)snprintf(method->last_error, sizeof method->last_error, "%s: %s",
                   status_name(reply->status), reply->message != NULL ? reply->message : "");
}

/* What one of us got wrong is loud; everything else is there for who follows a trace. */
static void log_outcome(const struct bus_request *request, const struct envelope_reply *reply)
{
    bool is_ours = reply->status == STATUS_INTERNAL || reply->status == STATUS_DATA_LOSS;
    log_event(is_ours ? LOG_ERROR : LOG_DEBUG, "request", "method=%s code=%s us=%lld trace=%s",
              request->method->name, status_name(reply->status),
              (long long)(clock_monotonic_us() - request->arrived_us),
              request->envelope.traceparent);
}

static void request_end(struct bus_request *request, const struct envelope_reply *reply)
{
    struct bus *bus = request->bus;
    count_outcome(request, reply);
    log_outcome(request, reply);
    struct envelope_bytes bytes = encode_reply(bus, reply);
    send_bytes(bus, request->reply, bytes.data, bytes.size);
    for (const struct waiter *w = request->waiters; w != NULL; w = w->next)
        send_bytes(bus, w->reply, bytes.data, bytes.size);
    bool keep = reply->status == STATUS_OK;
    answers_settle(&bus->answers, request->fingerprint, keep ? bytes.data : NULL, bytes.size);
    request_unlink(request);
    request_free(request);
}

/* The closure of every generated method. */
static void on_output(const ProtobufCMessage *output, void *user)
{
    struct bus_request *request = user;
    struct envelope_reply reply = {.status = STATUS_OK};
    if (output == NULL)
        reply = (struct envelope_reply){.status = STATUS_INTERNAL,
                                        .message = "the service gave no answer"};
    else if (envelope_encode(&request->bus->scratch, output, &reply.payload) != STATUS_OK)
        reply = (struct envelope_reply){.status = STATUS_FULL,
                                        .message = "the answer is too large for one message"};
    request_end(request, &reply);
}

void bus_fail(void *user, enum status status, const struct bus_detail *details, size_t detail_count,
              const char *format, ...)
{
    assert(status != STATUS_OK);
    char text[MESSAGE_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments); /* a longer sentence is cut */
    va_end(arguments);
    request_end(user, &(struct envelope_reply){.status = status,
                                               .message = text,
                                               .details = details,
                                               .detail_count = detail_count});
}

void bus_fail_like(void *user, const struct bus_answer *answer)
{
    assert(answer->status != STATUS_OK);
    request_end(user, &(struct envelope_reply){.status = answer->status,
                                               .message = answer->message,
                                               .details = answer->details,
                                               .detail_count = answer->detail_count});
}

void bus_answer_again(void *user, const void *output, size_t output_size)
{
    request_end(user, &(struct envelope_reply){.payload = {output, output_size}});
}

/* ---- requests ----------------------------------------------------------------------------------
 */

/* Decodes the envelope and the input, and copies the answer's address. */
static enum status request_read(struct bus_request *request, const struct bus_incoming *message)
{
    struct arena *arena = &request->arena;
    struct envelope_bytes bytes = {message->data, message->size};
    enum status status = envelope_decode_request(arena, bytes, &request->envelope);
    if (status != STATUS_OK)
        return status;
    const ProtobufCServiceDescriptor *type = request->service->service->descriptor;
    const ProtobufCMessageDescriptor *input = type->methods[request->method->index].input;
    status = envelope_decode(arena, input, request->envelope.payload, &request->input);
    if (status != STATUS_OK)
        return status;
    request->reply = arena_copy(arena, message->reply, strlen(message->reply));
    return request->reply != NULL ? STATUS_OK : STATUS_FULL;
}

static struct fingerprint request_fingerprint(const struct bus_request *request)
{
    struct fingerprint print = {0};
    print = fingerprint_of(print, request->service->prefix, strlen(request->service->prefix));
    print = fingerprint_of(print, request->method->name, strlen(request->method->name));
    print =
        fingerprint_of(print, request->envelope.request_id, strlen(request->envelope.request_id));
    return fingerprint_of(print, request->envelope.payload.data, request->envelope.payload.size);
}

/* Deals with a request that has been seen before; false where it is new. */
static bool repeat_answered(struct bus_request *request)
{
    struct bus *bus = request->bus;
    struct answer_known known = answers_find(&bus->answers, request->fingerprint);
    if (known.reply != NULL) {
        send_bytes(bus, request->reply, known.reply, known.reply_size);
    } else if (known.held != NULL) {
        /* A doubled message, or the asker's next attempt: whichever waits hears the one answer. */
        struct arena *arena = &known.held->arena;
        struct waiter *waiter = arena_alloc(arena, sizeof *waiter);
        char *reply = arena_copy(arena, request->reply, strlen(request->reply));
        if (waiter != NULL && reply != NULL && strcmp(reply, known.held->reply) != 0) {
            *waiter = (struct waiter){known.held->waiters, reply};
            known.held->waiters = waiter;
        }
    } else {
        return false;
    }
    bus->stats.repeats++;
    return true;
}

static bool method_is_offered(const struct bus_request *request)
{
    ProtobufCService *service = request->service->service;
    if (service->invoke != protobuf_c_service_invoke_internal)
        return true; /* a hand-made service decides for itself */
    /* The generated struct is the base followed by one function a method. */
    void (*function)(void);
    memcpy(&function, (const char *)(service + 1) + request->method->index * sizeof function,
           sizeof function);
    return function != NULL;
}

/* Notes the request as held and gives it to the service, which may answer at once. */
static void request_start(struct bus_request *request)
{
    struct bus *bus = request->bus;
    request->next = bus->held;
    if (bus->held != NULL)
        bus->held->previous = request;
    bus->held = request;
    bus->held_count++;
    answers_hold(&bus->answers, request->fingerprint, request);
    request->method->requests++;
    if (!method_is_offered(request)) {
        bus_fail(request, STATUS_UNIMPLEMENTED, NULL, 0, "%s does not offer this",
                 request->service->prefix);
        return;
    }
    ProtobufCService *service = request->service->service;
    service->invoke(service, request->method->index, request->input, on_output, request);
}

static struct bus_request *request_create(struct bus_service *service, struct bus_method *method)
{
    struct bus_request *request = calloc(1, sizeof *request);
    if (request == NULL)
        return NULL;
    request->bus = service->bus;
    request->service = service;
    request->method = method;
    request->arrived_us = clock_monotonic_us();
    arena_init(&request->arena, ENVELOPE_MEMORY_MAX);
    return request;
}

/* Whether the request may go on to the service; otherwise it has been dealt with here. */
static bool request_is_admitted(struct bus_request *request, const struct bus_incoming *message)
{
    struct bus *bus = request->bus;
    switch (request_read(request, message)) {
    case STATUS_OK:
        break;
    case STATUS_FULL:
        refuse(bus, message->reply, STATUS_FULL, "the request takes too much memory to decode");
        return false;
    default: /* a status of the decoder: there is no other way to be wrong */
        refuse(bus, message->reply, STATUS_INVALID_ARGUMENT, "the request cannot be decoded");
        return false;
    }
    int64_t deadline_ms = request->envelope.deadline_ms;
    if (deadline_ms > 0 && deadline_ms < loop_wall_ms(bus->loop)) {
        bus->stats.requests_refused++;
        return false; /* nobody waits any more */
    }
    if (request->envelope.request_id[0] == '\0') {
        refuse(bus, message->reply, STATUS_INVALID_ARGUMENT, "the request has no request_id");
        return false;
    }
    request->fingerprint = request_fingerprint(request);
    return !repeat_answered(request);
}

static void on_request(const struct bus_incoming *message, void *user)
{
    struct bus_service *service = user;
    struct bus *bus = service->bus;
    bus->stats.messages_in++;
    bus->stats.requests++;
    struct bus_method *method = method_find(service, message->subject);
    if (method == NULL) {
        refuse(bus, message->reply, STATUS_UNIMPLEMENTED, "the service has no such method");
        return;
    }
    if (bus->held_count >= BUS_HELD_MAX) {
        refuse(bus, message->reply, STATUS_UNAVAILABLE, "the service is busy; try again");
        return;
    }
    struct bus_request *request = request_create(service, method);
    if (request == NULL)
        refuse(bus, message->reply, STATUS_UNAVAILABLE, "the service is out of memory");
    else if (request_is_admitted(request, message))
        request_start(request);
    else
        request_free(request);
}

void bus_set_answers_kept(struct bus *bus, size_t count)
{
    assert(bus->held_count == 0);
    answers_init(&bus->answers, count);
}

const char *bus_request_id(const void *request)
{
    return ((const struct bus_request *)request)->envelope.request_id;
}

const char *bus_request_traceparent(const void *request)
{
    return ((const struct bus_request *)request)->envelope.traceparent;
}

int64_t bus_request_deadline_ms(const void *request)
{
    return ((const struct bus_request *)request)->envelope.deadline_ms;
}

void serve_deinit(struct bus *bus)
{
    while (bus->held != NULL) {
        struct bus_request *request = bus->held;
        request_unlink(request);
        request_free(request);
    }
    for (size_t i = 0; i < bus->service_count; i++)
        service_free(bus->services[i]);
    bus->service_count = 0;
}
