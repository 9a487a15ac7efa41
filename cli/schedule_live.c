/* Begins and ends series in the running house. */
#include "cli/schedule_live.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/live.h"
#include "fsm/value_codec.h"

#include "arbiter/v1/orchestrator.pb-c.h"

enum { INPUT_BYTES = 4 << 20, ID_SIZE = 128 };

static void on_done(const struct bus_answer *answer, void *user)
{
    (void)answer;
    puts(user);
}

static bool call(const char *nats_url, const char *folder, const char *method,
                 const ProtobufCMessage *input, const char *done)
{
    struct fault fault = {0};
    struct live *live = live_open(nats_url, folder, &fault);
    bool is_good = live != NULL &&
                   live_call(live,
                             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                                .method = method,
                                                .input = input},
                             on_done, (void *)done, &fault) == STATUS_OK;
    if (!is_good)
        fprintf(stderr, "arbiter schedule: %s\n", fault.text);
    live_close(live);
    return is_good;
}

static const char *actor(void)
{
    return getenv("USER") != NULL ? getenv("USER") : "";
}

bool schedule_start(const char *nats_url, const char *folder, const struct policy_file *file,
                    const char *id)
{
    Arbiter__V1__StartInstanceRequest request = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    struct arena arena;
    char instance[ID_SIZE];
    const struct value_entry entries[] = {
        {value_text("policy"), value_text(buffer_text(&file->text))},
        {value_text("name"), value_text(file->format->name)},
        {value_text("prefix"), value_text(id)},
        {value_text("actor"), value_text(actor())},
    };
    arena_init(&arena, INPUT_BYTES);
    (void)snprintf(instance, sizeof instance, "series:%s", id); /* ids are short */
    request.machine = "series";
    request.instance_id = instance;
    request.actor = (char *)actor();
    bool is_good = value_codec_map(&arena, value_map(entries, COUNT_OF(entries)), &request.input) ==
                       STATUS_OK &&
                   call(nats_url, folder, "StartInstance", &request.base, "the series has begun");
    arena_deinit(&arena);
    return is_good;
}

bool schedule_stop(const char *nats_url, const char *folder, const char *id)
{
    Arbiter__V1__SendEventRequest request = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    char instance[ID_SIZE];
    (void)snprintf(instance, sizeof instance, "series:%s", id); /* ids are short */
    request.instance_id = instance;
    request.name = "director.stop";
    request.actor = (char *)actor();
    return call(nats_url, folder, "SendEvent", &request.base,
                "the series has ended; events that have appeared are played");
}
