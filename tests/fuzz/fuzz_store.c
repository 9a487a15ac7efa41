/*
 * Requests of any content against a store in memory: the first byte chooses the method, the rest is
 * its input message. The store must answer every one, and hold to its schema.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/bus_memory.h"
#include "fsm/value_codec.h"
#include "store/sql_memory.h"
#include "store/store.h"

#include "arbiter/v1/store.pb-c.h"

#define START_MS INT64_C(1790000000000)
#define DEPTH_MAX 64 /* the bus lets nothing deeper through */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct house {
    struct loop *loop;
    struct bus_network *network;
    struct bus *bus;
    struct bus *asker;
    struct sql_memory *memory;
    struct store *store;
};

/* One house for the whole run: what earlier inputs have left in it is part of the test. */
static struct house *open_house(void)
{
    static struct house house;
    const struct bus_network_options faultless = {.seed = 1};
    if (house.loop != NULL)
        return &house;
    house.loop = loop_create_virtual(START_MS);
    house.network = bus_network_create(house.loop, &faultless);
    house.bus = bus_memory_create(house.network, "store");
    house.asker = bus_memory_create(house.network, "asker");
    house.memory = sql_memory_create();
    const struct store_options options = {
        .writer = sql_memory_open(house.memory, house.loop, 0),
        .readers = {sql_memory_open(house.memory, house.loop, 0)},
        .reader_count = 1,
        .seed = 1,
    };
    house.store = store_create(house.bus, &options);
    loop_run_until(house.loop, START_MS + 1000);
    return &house;
}

static void on_answer(const struct bus_answer *answer, void *user)
{
    if (answer->status == STATUS_INTERNAL) {
        fprintf(stderr, "internal: %s\n", answer->message);
        abort();
    }
    *(int *)user += 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ProtobufCServiceDescriptor *service = &arbiter__v1__store__descriptor;
    if (size < 1)
        return 0;
    const ProtobufCMethodDescriptor *method = &service->methods[data[0] % service->n_methods];
    if (!value_codec_nests_within(method->input, data + 1, size - 1, DEPTH_MAX))
        return 0;
    ProtobufCMessage *input = protobuf_c_message_unpack(method->input, NULL, size - 1, data + 1);
    if (input == NULL)
        return 0;
    struct house *house = open_house();
    int answers = 0;
    bus_call(house->asker,
             &(struct bus_call){.service = service, .method = method->name, .input = input},
             on_answer, &answers);
    loop_run_until(house->loop, loop_now_ms(house->loop) + 100);
    protobuf_c_message_free_unpacked(input, NULL);
    if (answers != 1) {
        fprintf(stderr, "%s was answered %d times\n", method->name, answers);
        abort();
    }
    return 0;
}
