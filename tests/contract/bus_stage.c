/* The bus in memory as a stage, and running the loop until something has happened. */
#include "bus_stage.h"

#include "bus/bus_memory.h"
#include "bus/bus_nats.h"
#include "tests/support/nats.h"

#include <assert.h>
#include <stddef.h>

enum { STEP_MS = 5 };

bool stage_run_until(struct stage *stage, bool (*done)(void *user), void *user, int64_t limit_ms)
{
    int64_t end_ms = loop_now_ms(stage->loop) + limit_ms;
    while (!done(user)) {
        int64_t now_ms = loop_now_ms(stage->loop);
        if (now_ms >= end_ms)
            return false;
        loop_run_until(stage->loop, now_ms + STEP_MS);
    }
    return true;
}

void stage_run_for(struct stage *stage, int64_t duration_ms)
{
    loop_run_until(stage->loop, loop_now_ms(stage->loop) + duration_ms);
}

static void memory_open(struct stage *stage)
{
    stage->loop = loop_create_virtual(INT64_C(1790000000000));
    stage->network = bus_network_create(
        stage->loop,
        &(struct bus_network_options){.seed = 7, .delay_min_ms = 0, .delay_max_ms = 2});
    assert(stage->loop != NULL && stage->network != NULL);
}

static void members_close(struct stage *stage)
{
    for (int i = 0; i < stage->member_count; i++)
        bus_destroy(stage->members[i]);
    stage->member_count = 0;
}

static void memory_close(struct stage *stage)
{
    members_close(stage);
    bus_network_destroy(stage->network);
    loop_destroy(stage->loop);
}

static struct bus *memory_member(struct stage *stage, const char *name)
{
    struct bus *bus = bus_memory_create(stage->network, name);
    assert(bus != NULL && stage->member_count < 16);
    return stage->members[stage->member_count++] = bus;
}

static void memory_server_kill(struct stage *stage)
{
    for (int i = 0; i < stage->member_count; i++)
        bus_network_partition(stage->network, stage->members[i], true);
}

static void memory_server_start(struct stage *stage)
{
    for (int i = 0; i < stage->member_count; i++)
        bus_network_partition(stage->network, stage->members[i], false);
}

static void memory_settle(struct stage *stage)
{
    stage_run_for(stage, 60);
}

const struct stage_backend stage_memory = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .member = memory_member,
    .server_kill = memory_server_kill,
    .server_start = memory_server_start,
    .settle = memory_settle,
};

static void nats_open(struct stage *stage)
{
    stage->loop = loop_create();
    stage->nats = nats_server_create(NULL);
    assert(stage->loop != NULL && stage->nats != NULL);
}

static void nats_close(struct stage *stage)
{
    members_close(stage);
    nats_server_destroy(stage->nats);
    loop_destroy(stage->loop);
}

static struct bus *nats_member(struct stage *stage, const char *name)
{
    struct bus_nats_options options = {.url = nats_server_url(stage->nats), .name = name};
    struct bus *bus = bus_nats_create(stage->loop, &options, NULL);
    assert(bus != NULL && stage->member_count < 16);
    return stage->members[stage->member_count++] = bus;
}

static void nats_kill(struct stage *stage)
{
    nats_server_kill(stage->nats);
}

static void nats_start(struct stage *stage)
{
    bool started = nats_server_start(stage->nats);
    assert(started);
}

static bool is_flushed(void *user)
{
    return *(bool *)user;
}

static void on_nothing(const char *subject, const void *data, size_t size, void *user)
{
    (void)subject;
    (void)data;
    (void)size;
    (void)user;
}

static void on_flushed(enum status status, void *user)
{
    (void)status;
    *(bool *)user = true;
}

/* A server answers "no responders" after all that the same connection has sent before. */
static void nats_settle(struct stage *stage)
{
    for (int i = 0; i < 4 * stage->member_count; i++) {
        bool flushed = false;
        struct bus_question question = {.subject = "nobody.listens.here", .timeout_ms = 10000};
        bus_gather(stage->members[i % stage->member_count], &question, on_nothing, on_flushed,
                   &flushed);
        bool done = stage_run_until(stage, is_flushed, &flushed, 20000);
        assert(done);
    }
}

const struct stage_backend stage_nats = {
    .name = "nats",
    .open = nats_open,
    .close = nats_close,
    .member = nats_member,
    .server_kill = nats_kill,
    .server_start = nats_start,
    .settle = nats_settle,
};
