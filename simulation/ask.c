/* Asks again until there is an answer. */
#include "simulation/ask.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/copy.h"

enum { TIMEOUT_MS = 2000, WAIT_MS = 150, WAIT_MAX_MS = 2000 };

struct ask {
    struct asks *asks;
    struct ask *previous;
    struct ask *next;
    const ProtobufCServiceDescriptor *service;
    const char *method;
    ProtobufCMessage *input;
    char request_id[32];
    int tries;
    enum status last; /* how the last try ended */
    char why[128];
    ask_on_answer on_answer;
    void *user;
};

static void ask_free(struct ask *ask)
{
    struct asks *asks = ask->asks;
    if (ask->previous != NULL)
        ask->previous->next = ask->next;
    else
        asks->first = ask->next;
    if (ask->next != NULL)
        ask->next->previous = ask->previous;
    asks->open--;
    protobuf_c_message_free_unpacked(ask->input, NULL);
    free(ask);
}

/* Whether the same request may fare better later. */
static bool may_try_again(enum status status)
{
    return status == STATUS_UNAVAILABLE || status == STATUS_DEADLINE_EXCEEDED ||
           status == STATUS_ABORTED || status == STATUS_INTERNAL;
}

static void try_again(void *user);

static void on_answered(const struct bus_answer *answer, void *user)
{
    struct ask *ask = user;
    if (answer->status == STATUS_CANCELLED)
        return; /* the world ends; asks_deinit() follows */
    if (may_try_again(answer->status)) {
        ask->last = answer->status;
        (void)snprintf(ask->why, sizeof ask->why, "%s", answer->message); /* for people */
        int64_t wait_ms = WAIT_MS * (int64_t)ask->tries;
        loop_timer timer;
        enum status status =
            loop_after(bus_loop(ask->asks->bus), wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS,
                       try_again, ask, &timer);
        assert(status == STATUS_OK);
        (void)status; /* only asserted */
        return;
    }
    ask->on_answer(answer, ask->user);
    ask_free(ask);
}

static void on_second_answer(const struct bus_answer *answer, void *user)
{
    (void)answer; /* the first one counts; this one must do no harm */
    (void)user;
}

static struct bus_call call_of(const struct ask *ask)
{
    return (struct bus_call){.service = ask->service,
                             .method = ask->method,
                             .input = ask->input,
                             .request_id = ask->request_id,
                             .timeout_ms = TIMEOUT_MS};
}

static void try_again(void *user)
{
    struct ask *ask = user;
    struct bus_call call = call_of(ask);
    ask->tries++;
    ask->asks->tries++;
    bus_call(ask->asks->bus, &call, on_answered, ask);
}

void ask(struct asks *asks, const struct ask_what *what, ask_on_answer on_answer, void *user)
{
    struct ask *made = calloc(1, sizeof *made);
    assert(made != NULL);
    *made = (struct ask){.asks = asks,
                         .next = asks->first,
                         .service = what->service,
                         .method = what->method,
                         .input = proto_copy(what->input),
                         .on_answer = on_answer,
                         .user = user};
    assert(made->input != NULL);
    (void)snprintf(made->request_id, sizeof made->request_id, "ask-%llu",
                   (unsigned long long)++asks->made); /* fits */
    if (asks->first != NULL)
        asks->first->previous = made;
    asks->first = made;
    asks->open++;
    try_again(made);
    if (what->is_twice) {
        struct bus_call call = call_of(made);
        bus_call(asks->bus, &call, on_second_answer, NULL);
    }
}

void asks_describe(const struct asks *asks, struct buffer *out_text)
{
    for (const struct ask *ask = asks->first; ask != NULL; ask = ask->next)
        buffer_format(out_text, "    no answer to %s %s after %d tries, the last: %s, %s\n",
                      ask->method, ask->request_id, ask->tries, status_name(ask->last), ask->why);
}

void asks_deinit(struct asks *asks)
{
    while (asks->first != NULL)
        ask_free(asks->first);
}
