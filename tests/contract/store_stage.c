/* The stage of the store's contract tests. */
#include "tests/contract/store_stage.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "bus/bus_memory.h"
#include "store/sql_memory.h"

#define START_MS INT64_C(1790000000000)
#define WAIT_MS 30000

static struct arena maps; /* values of the running test */

/* ---- memory ------------------------------------------------------------------------------ */

static struct loop *open_memory(struct stage *stage)
{
    stage->database = sql_memory_create();
    assert_non_null(stage->database);
    return loop_create_virtual(START_MS);
}

static void close_memory(struct stage *stage)
{
    sql_memory_destroy(stage->database);
}

static struct sql_session *memory_session(struct stage *stage, bool is_writer)
{
    (void)is_writer; /* all are alike */
    return sql_memory_open(stage->database, stage->loop, 1);
}

static void read_integer(int count, char **columns, void *user)
{
    (void)count; /* the first will do */
    *(int64_t *)user = columns[0] != NULL ? strtoll(columns[0], NULL, 10) : -1;
}

static int64_t query_memory(struct stage *stage, const char *sql)
{
    int64_t found = -1;
    assert_int_equal(sql_memory_query(stage->database, sql, read_integer, &found), STATUS_OK);
    return found;
}

const struct stage_backend stage_memory = {"memory", open_memory, close_memory, memory_session,
                                           query_memory};

/* ---- the stage --------------------------------------------------------------------------- */

struct stage *stage_open(const struct stage_backend *backend)
{
    struct stage *stage = calloc(1, sizeof *stage);
    assert_non_null(stage);
    stage->backend = backend;
    stage->loop = backend->open(stage);
    if (stage->loop == NULL) {
        free(stage);
        return NULL;
    }
    arena_deinit(&maps);
    arena_init(&maps, (size_t)64 << 20);
    const struct bus_network_options faultless = {.seed = 7};
    stage->network = bus_network_create(stage->loop, &faultless);
    stage->asker = bus_memory_create(stage->network, "asker");
    stage->options = (struct store_options){.seed = 42, .sweep_ms = 200};
    return stage;
}

void stage_close(struct stage *stage)
{
    for (int i = 0; i < STAGE_STORES_MAX; i++)
        stage_kill(stage, i);
    bus_destroy(stage->asker);
    bus_network_destroy(stage->network);
    loop_destroy(stage->loop);
    stage->backend->close(stage);
    arena_deinit(&maps);
    free(stage);
}

void stage_start(struct stage *stage, int i)
{
    char name[16];
    (void)snprintf(name, sizeof name, "store%d", i); /* fits */
    struct store_options options = stage->options;
    options.seed += (uint64_t)i;
    options.writer = stage->backend->session(stage, true);
    options.readers[0] = stage->backend->session(stage, false);
    options.readers[1] = stage->backend->session(stage, false);
    options.reader_count = 2;
    stage->store_buses[i] = bus_memory_create(stage->network, name);
    stage->stores[i] = store_create(stage->store_buses[i], &options);
    assert_non_null(stage->stores[i]);
    for (int tries = 0; tries < 1000 && !store_is_ready(stage->stores[i]); tries++)
        stage_run(stage, 10);
    assert_true(store_is_ready(stage->stores[i]));
    stage_run(stage, 20);
}

void stage_kill(struct stage *stage, int i)
{
    if (stage->stores[i] == NULL)
        return;
    bus_destroy(stage->store_buses[i]);
    store_destroy(stage->stores[i]);
    stage->store_buses[i] = NULL;
    stage->stores[i] = NULL;
}

int64_t stage_now(const struct stage *stage)
{
    return loop_now_ms(stage->loop);
}

void stage_run(struct stage *stage, int64_t duration_ms)
{
    loop_run_until(stage->loop, loop_now_ms(stage->loop) + duration_ms);
}

/* ---- asking ------------------------------------------------------------------------------ */

static ProtobufCMessage *copy_of(const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    assert_non_null(bytes);
    (void)protobuf_c_message_pack(message, bytes); /* sized above */
    ProtobufCMessage *copy = protobuf_c_message_unpack(message->descriptor, NULL, size, bytes);
    free(bytes);
    return copy;
}

struct question {
    struct stage *stage;
    struct asked *asked;
};

static void on_answer(const struct bus_answer *answer, void *user)
{
    struct question *question = user;
    struct asked *asked = question->asked;
    asked->is_answered = true;
    asked->status = answer->status;
    if (answer->status == STATUS_OK) {
        asked->output = copy_of(answer->output);
    } else {
        (void)snprintf(asked->message, sizeof asked->message, "%s", answer->message);
        if (answer->detail_count > 0) {
            (void)snprintf(asked->detail_key, sizeof asked->detail_key, "%s",
                           answer->details[0].key);
            (void)snprintf(asked->detail_value, sizeof asked->detail_value, "%s",
                           answer->details[0].value);
        }
    }
    loop_stop(question->stage->loop);
    free(question);
}

void stage_ask(struct stage *stage, const char *method, const ProtobufCMessage *input,
               const char *request_id, struct asked *asked)
{
    struct question *question = malloc(sizeof *question);
    assert_non_null(question);
    *question = (struct question){stage, asked};
    *asked = (struct asked){0};
    bus_call(stage->asker,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = method,
                                .input = input,
                                .request_id = request_id,
                                .timeout_ms = WAIT_MS},
             on_answer, question);
}

static bool all_answered(const struct asked *asked, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!asked[i].is_answered)
            return false;
    return true;
}

void stage_wait(struct stage *stage, struct asked *asked, size_t count)
{
    int64_t until_ms = stage_now(stage) + 2 * WAIT_MS;
    while (!all_answered(asked, count)) {
        assert_true(stage_now(stage) < until_ms);
        loop_run_until(stage->loop, until_ms);
    }
}

struct asked stage_call(struct stage *stage, const char *method, const ProtobufCMessage *input,
                        const char *request_id)
{
    struct asked asked;
    stage_ask(stage, method, input, request_id, &asked);
    stage_wait(stage, &asked, 1);
    return asked;
}

void asked_free(struct asked *asked)
{
    if (asked->output != NULL)
        protobuf_c_message_free_unpacked(asked->output, NULL);
    asked->output = NULL;
}

/* ---- values ------------------------------------------------------------------------------ */

static Arbiter__V1__Value *new_value(void)
{
    Arbiter__V1__Value *value = arena_alloc(&maps, sizeof *value);
    assert_non_null(value);
    arbiter__v1__value__init(value);
    return value;
}

static Arbiter__V1__Value *text_value(const char *text, size_t size)
{
    Arbiter__V1__Value *value = new_value();
    value->kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    value->string_value = arena_copy(&maps, text, size);
    for (char *c = value->string_value; *c != '\0'; c++)
        if (*c == '+')
            *c = ' ';
    return value;
}

static Arbiter__V1__Value *read_value(const char *text, size_t size)
{
    Arbiter__V1__Value *value = new_value();
    if (*text == '#') {
        value->kind_case = ARBITER__V1__VALUE__KIND_INT_VALUE;
        value->int_value = strtoll(text + 1, NULL, 10);
    } else if (*text == '%') {
        value->kind_case = ARBITER__V1__VALUE__KIND_DOUBLE_VALUE;
        value->double_value = strtod(text + 1, NULL);
    } else if (*text == '?') {
        value->kind_case = ARBITER__V1__VALUE__KIND_BOOL_VALUE;
        value->bool_value = text[1] == 'y';
    } else {
        return text_value(text, size);
    }
    return value;
}

void stage_map_add(Arbiter__V1__ValueMap *map, const char *key, Arbiter__V1__Value *value)
{
    Arbiter__V1__ValueEntry *entry = arena_alloc(&maps, sizeof *entry);
    arbiter__v1__value_entry__init(entry);
    entry->key = text_value(key, strlen(key));
    entry->value = value;
    Arbiter__V1__ValueEntry **entries =
        arena_array(&maps, map->n_entries + 1, sizeof(Arbiter__V1__ValueEntry *));
    if (map->n_entries > 0)
        memcpy(entries, map->entries, map->n_entries * sizeof *entries);
    entries[map->n_entries++] = entry;
    map->entries = entries;
}

Arbiter__V1__ValueMap *stage_map(const char *text)
{
    Arbiter__V1__ValueMap *map = arena_alloc(&maps, sizeof *map);
    assert_non_null(map);
    arbiter__v1__value_map__init(map);
    for (text += strspn(text, " "); *text != '\0'; text += strspn(text, " ")) {
        size_t size = strcspn(text, " ");
        size_t name = strcspn(text, "=");
        char *key = arena_copy(&maps, text, name);
        stage_map_add(map, key, read_value(text + name + 1, size - name - 1));
        text += size;
    }
    return map;
}

Arbiter__V1__Value *stage_value_map(Arbiter__V1__ValueMap *map)
{
    Arbiter__V1__Value *value = new_value();
    value->kind_case = ARBITER__V1__VALUE__KIND_MAP_VALUE;
    value->map_value = map;
    return value;
}

Arbiter__V1__Value *stage_value_list(Arbiter__V1__Value **items, size_t count)
{
    Arbiter__V1__ValueList *list = arena_alloc(&maps, sizeof *list);
    arbiter__v1__value_list__init(list);
    list->items = arena_array(&maps, count, sizeof(Arbiter__V1__Value *));
    if (count > 0)
        memcpy(list->items, items, count * sizeof(Arbiter__V1__Value *));
    list->n_items = count;
    Arbiter__V1__Value *value = new_value();
    value->kind_case = ARBITER__V1__VALUE__KIND_LIST_VALUE;
    value->list_value = list;
    return value;
}

Arbiter__V1__Write *stage_write(const char *command, const char *input)
{
    Arbiter__V1__Write *write = arena_alloc(&maps, sizeof *write);
    assert_non_null(write);
    arbiter__v1__write__init(write);
    write->command = arena_copy(&maps, command, strlen(command));
    write->input = stage_map(input);
    return write;
}

void stage_register_player(struct stage *stage, const char *id)
{
    Arbiter__V1__CreatePlayerRequest request = ARBITER__V1__CREATE_PLAYER_REQUEST__INIT;
    Arbiter__V1__Player player = ARBITER__V1__PLAYER__INIT;
    player.player_id = player.name = (char *)(uintptr_t)id;
    player.status = "active";
    request.player = &player;
    struct asked asked = stage_call(stage, "CreatePlayer", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_OK);
    asked_free(&asked);
}
