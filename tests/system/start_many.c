/*
 * start-many: begins instances of the machine `alarm`, each with a time of its own to ring at.
 *
 *     start-many NATS_URL COUNT FIRST_DUE_MS SPREAD_MS
 *
 * The times are spread evenly, in another order than the instances' ids.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus_nats.h"
#include "fsm/value_codec.h"

#include "arbiter/v1/orchestrator.pb-c.h"

enum { IN_FLIGHT = 64, INPUT_BYTES = 1 << 16 };

struct starting {
    struct loop *loop;
    struct bus *bus;
    struct arena arena;
    int64_t first_due_ms;
    int64_t spread_ms;
    int count;
    int next;
    int done;
    int failed;
};

static void start_next(struct starting *starting);

static void on_started(const struct bus_answer *answer, void *user)
{
    struct starting *starting = user;
    if (answer->status != STATUS_OK && starting->failed++ == 0)
        fprintf(stderr, "start-many: %s\n", answer->message);
    if (++starting->done == starting->count)
        loop_stop(starting->loop);
    else
        start_next(starting);
}

static void start_next(struct starting *starting)
{
    if (starting->next == starting->count)
        return;
    int number = starting->next++;
    int64_t place = (int64_t)number * 7919 % starting->count;
    char id[64];
    (void)snprintf(id, sizeof id, "alarm:%d", number); /* fits */
    int64_t due_ms = starting->first_due_ms + place * starting->spread_ms / starting->count;
    struct value_entry entries[] = {{value_text("due"), value_timestamp_ms(due_ms)}};
    arena_reset(&starting->arena);
    Arbiter__V1__StartInstanceRequest request = ARBITER__V1__START_INSTANCE_REQUEST__INIT;
    if (value_codec_map(&starting->arena, value_map(entries, 1), &request.input) != STATUS_OK)
        exit(1);
    request.machine = "alarm";
    request.instance_id = id;
    bus_call(starting->bus,
             &(struct bus_call){.service = &arbiter__v1__orchestrator__descriptor,
                                .method = "StartInstance",
                                .input = &request.base,
                                .timeout_ms = 30000},
             on_started, starting);
}

int main(int argc, char **argv)
{
    struct fault fault = {0};
    if (argc != 5) {
        fputs("Usage: start-many NATS_URL COUNT FIRST_DUE_MS SPREAD_MS\n", stderr);
        return 2;
    }
    struct starting starting = {.loop = loop_create(),
                                .count = atoi(argv[2]),
                                .first_due_ms = atoll(argv[3]),
                                .spread_ms = atoll(argv[4])};
    arena_init(&starting.arena, INPUT_BYTES);
    starting.bus = bus_nats_create(
        starting.loop, &(struct bus_nats_options){.url = argv[1], .name = "start-many"}, &fault);
    while (starting.bus != NULL && !bus_connected(starting.bus))
        loop_run_until(starting.loop, loop_wall_ms(starting.loop) + 10);
    if (starting.bus == NULL) {
        fprintf(stderr, "start-many: %s\n", fault.text);
        return 1;
    }
    for (int i = 0; i < IN_FLIGHT; i++)
        start_next(&starting);
    loop_run(starting.loop);
    bus_destroy(starting.bus);
    loop_destroy(starting.loop);
    arena_deinit(&starting.arena);
    printf("%d begun, %d failed\n", starting.done - starting.failed, starting.failed);
    return starting.failed == 0 ? 0 : 1;
}
