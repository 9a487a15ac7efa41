/*
 * Requests of any content to the services that are not the store: the first byte chooses the
 * service, the second its method, the rest is its input. Each is answered once, by its own word;
 * the store behind them is one in memory. Run it from the project's root: the machines are read
 * from policies/.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/log.h"
#include "bus/bus_memory.h"
#include "fsm/value_codec.h"
#include "gamesvc/gamesvc.h"
#include "gamesvc/seal.h"
#include "orchestrator/conduct_desk.h"
#include "orchestrator/deciders.h"
#include "orchestrator/desk/desk.h"
#include "orchestrator/host.h"
#include "orchestrator/matchmaker.h"
#include "orchestrator/vocabulary.h"
#include "store/sql_memory.h"
#include "store/store.h"

#include "arbiter/v1/desk.pb-c.h"
#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"

#define START_MS INT64_C(1790000000000)
#define DEPTH_MAX 64 /* the bus lets nothing deeper through */

/* In the world's time of the house: longer than any call waits for its answer. */
enum { PATIENCE_MS = 60000, STEP_MS = 50 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct house {
    struct loop *loop;
    struct bus_network *network;
    struct bus *asker;
    struct arena words;
    struct fsm_host vocabulary;
    struct seal_keys seals;
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "%s\n", what);
    abort();
}

static void open_store(struct house *house)
{
    struct sql_memory *memory = sql_memory_create();
    const struct store_options options = {
        .writer = sql_memory_open(memory, house->loop, 0),
        .readers = {sql_memory_open(memory, house->loop, 0)},
        .reader_count = 1,
        .seed = 1,
    };
    if (store_create(bus_memory_create(house->network, "store"), &options) == NULL)
        give_up("no store");
}

static void open_orchestrator(struct house *house)
{
    struct bus *bus = bus_memory_create(house->network, "orchestrator");
    struct buffer report = {0};
    arena_init(&house->words, VOCABULARY_BYTES_MAX);
    if (vocabulary_host(&house->words, &house->vocabulary) != STATUS_OK)
        give_up("no vocabulary");
    struct catalogue *catalogue = catalogue_create(&house->vocabulary);
    if (catalogue == NULL ||
        catalogue_add_folder(catalogue, "policies/machines", &report) != STATUS_OK)
        give_up(buffer_text(&report));
    struct host_options options = {.bus = bus,
                                   .catalogue = catalogue,
                                   .ratings = ratings_shelf_load("policies/ratings", &report),
                                   .conduct = conduct_shelf_load("policies/conduct", &report)};
    const struct seeking_shelf *seeking = seeking_shelf_load("policies/seeks", &report);
    if (options.ratings == NULL || options.conduct == NULL || seeking == NULL)
        give_up(buffer_text(&report));
    if (host_create(&options) == NULL || deciders_create(bus, NULL) == NULL ||
        desk_create(&(struct desk_options){.bus = bus}) == NULL ||
        matchmaker_create(bus, NULL, seeking) == NULL ||
        conduct_desk_create(bus, options.conduct) == NULL)
        give_up("no orchestrator");
    buffer_deinit(&report);
}

/* One house for the whole run: what earlier inputs have left in it is part of the test. */
static struct house *open_house(void)
{
    static struct house house;
    const struct bus_network_options faultless = {.seed = 1};
    if (house.loop != NULL)
        return &house;
    log_init("fuzz", LOG_ERROR);
    house.loop = loop_create_virtual(START_MS);
    house.network = bus_network_create(house.loop, &faultless);
    house.asker = bus_memory_create(house.network, "asker");
    seal_keys_draw(&house.seals);
    open_store(&house);
    open_orchestrator(&house);
    const struct gamesvc_options options = {.keys = &house.seals, .hands_bytes_max = 1 << 20};
    if (gamesvc_create(bus_memory_create(house.network, "gamesvc"), &options) == NULL)
        give_up("no gamesvc");
    loop_run_until(house.loop, START_MS + 1000);
    return &house;
}

static void on_answer(const struct bus_answer *answer, void *user)
{
    if (answer->status == STATUS_INTERNAL)
        give_up(answer->message);
    *(int *)user += 1;
}

static void ask(const ProtobufCServiceDescriptor *service, const ProtobufCMethodDescriptor *method,
                const ProtobufCMessage *input)
{
    struct house *house = open_house();
    int answers = 0;
    bus_call(house->asker,
             &(struct bus_call){.service = service, .method = method->name, .input = input},
             on_answer, &answers);
    int64_t end_ms = loop_now_ms(house->loop) + PATIENCE_MS;
    while (answers == 0 && loop_now_ms(house->loop) < end_ms)
        loop_run_until(house->loop, loop_now_ms(house->loop) + STEP_MS);
    if (answers != 1) {
        fprintf(stderr, "%s.%s was answered %d times\n", service->short_name, method->name,
                answers);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const ProtobufCServiceDescriptor *const services[] = {
        &arbiter__v1__orchestrator__descriptor, &arbiter__v1__gamesvc__descriptor,
        &arbiter__v1__pairing__descriptor,      &arbiter__v1__standings__descriptor,
        &arbiter__v1__matchmaking__descriptor,  &arbiter__v1__conduct__descriptor,
        &arbiter__v1__schedule__descriptor,     &arbiter__v1__desk__descriptor,
    };
    if (size < 2)
        return 0;
    const ProtobufCServiceDescriptor *service = services[data[0] % COUNT_OF(services)];
    const ProtobufCMethodDescriptor *method = &service->methods[data[1] % service->n_methods];
    if (!value_codec_nests_within(method->input, data + 2, size - 2, DEPTH_MAX))
        return 0;
    ProtobufCMessage *input = protobuf_c_message_unpack(method->input, NULL, size - 2, data + 2);
    if (input == NULL)
        return 0;
    ask(service, method, input);
    protobuf_c_message_free_unpacked(input, NULL);
    return 0;
}
