/* Builds the four services around one loop, and runs it. */
#include "tests/support/house.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "archive/archive.h"
#include "base/buffer.h"
#include "base/log.h"
#include "bus/bus_memory.h"
#include "bus/bus_nats.h"
#include "gamesvc/gamesvc.h"
#include "gamesvc/seal.h"
#include "bus/worker.h"
#include "seeks/api.h"
#include "seeks/key_ring.h"
#include "store/sql_memory.h"
#include "store/store.h"
#include "tests/support/brains.h"

enum { TOKENS_MAX = 1024, PATH_BYTES = 64, PATIENCE_MS = 10000 };

struct part {
    struct bus *bus;
    void *self;
};

struct house {
    struct house_options options;
    struct loop *loop;
    struct bus_network *network; /* NULL: NATS */
    struct sql_memory *database;
    struct token_keys *keys;
    struct key_ring *ring; /* NULL: the API has the keys from the start */
    struct seal_keys seals;
    struct bus *archive_bus;
    struct archive *archive; /* keeps no copies */
    struct part parts[HOUSE_PARTS];
    uint16_t port;
    uint64_t starts; /* so that each store draws from a seed of its own */
    char url[PATH_BYTES];
    char folder[PATH_BYTES];
    char *tokens[TOKENS_MAX];
    size_t token_count;

    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t is_done;
    void (*order)(struct house *house, void *user); /* for the loop's thread; NULL: none */
    void *order_user;
};

/* ---- the parts ---------------------------------------------------------------------------------
 */

static void *start_store(struct house *house, struct bus *bus)
{
    struct store_options options = {
        .writer = sql_memory_open(house->database, house->loop, 0),
        .readers = {sql_memory_open(house->database, house->loop, 0),
                    sql_memory_open(house->database, house->loop, 0)},
        .reader_count = 2,
        .seed = 42 + house->starts++,
        .sweep_ms = 200,
    };
    return store_create(bus, &options);
}

static void *start_orchestrator(struct house *house, struct bus *bus)
{
    struct worker *worker = worker_create(house->loop, 1);
    assert_non_null(worker);
    return brains_create(
        bus, &(struct brains_options){.policies = house->options.machines, .worker = worker});
}

static void stop_orchestrator(void *self)
{
    brains_destroy(self);
}

static void *start_gamesvc(struct house *house, struct bus *bus)
{
    const struct gamesvc_options options = {house->options.shelf, &house->seals, NULL,
                                            (size_t)1 << 20};
    return gamesvc_create(bus, &options);
}

static void *start_api(struct house *house, struct bus *bus)
{
    struct fault fault = {0};
    struct api_options options = {.bus = bus,
                                  .keys = house->keys,
                                  .address = "127.0.0.1",
                                  .port = house->port,
                                  .policies_folder = "policies",
                                  .look_seconds = 15,
                                  .cors_origins = house->options.cors_origins,
                                  .limits = house->options.limits != NULL ? house->options.limits
                                                                          : "default"};
    if (house->options.keys_place != NULL) {
        house->ring = key_ring_create(house->loop, house->options.keys_place, 60, &fault);
        if (house->ring == NULL)
            fail_msg("%s", fault.text);
        options.ring = house->ring;
        options.keys = key_ring_keys(house->ring);
    }
    struct api *api = api_create(&options, &fault);
    if (api == NULL)
        fail_msg("%s", fault.text);
    house->port = api_port(api);
    return api;
}

static void stop_store(void *self)
{
    store_destroy(self);
}

static void stop_gamesvc(void *self)
{
    gamesvc_destroy(self);
}

static void stop_api(void *self)
{
    api_destroy(self);
}

static const struct {
    const char *name;
    void *(*start)(struct house *house, struct bus *bus);
    void (*stop)(void *self);
} makers[HOUSE_PARTS] = {
    [HOUSE_STORE] = {"store", start_store, stop_store},
    [HOUSE_ORCHESTRATOR] = {"orchestrator", start_orchestrator, stop_orchestrator},
    [HOUSE_GAMESVC] = {"gamesvc", start_gamesvc, stop_gamesvc},
    [HOUSE_API] = {"seeks", start_api, stop_api},
};

static struct bus *join_bus(struct house *house, const char *name)
{
    struct fault fault = {0};
    if (house->network != NULL)
        return bus_memory_create(house->network, name);
    struct bus_nats_options options = {
        .url = house->options.nats_url, .name = name, .version = "0.1.0"};
    struct bus *bus = bus_nats_create(house->loop, &options, &fault);
    if (bus == NULL)
        fail_msg("%s", fault.text);
    return bus;
}

static void start_part(struct house *house, enum house_part part)
{
    assert_null(house->parts[part].bus);
    house->parts[part].bus = join_bus(house, makers[part].name);
    assert_non_null(house->parts[part].bus);
    house->parts[part].self = makers[part].start(house, house->parts[part].bus);
    assert_non_null(house->parts[part].self);
}

static void kill_part(struct house *house, enum house_part part)
{
    if (house->parts[part].bus == NULL)
        return;
    bus_destroy(house->parts[part].bus);
    makers[part].stop(house->parts[part].self);
    if (part == HOUSE_API) {
        key_ring_destroy(house->ring);
        house->ring = NULL;
    }
    house->parts[part] = (struct part){0};
}

/* ---- the thread --------------------------------------------------------------------------------
 */

/* Carries out what the test's thread asks for, between two rounds of the loop. */
static void on_round_end(void *user)
{
    struct house *house = user;
    pthread_mutex_lock(&house->mutex);
    if (house->order != NULL) {
        house->order(house, house->order_user);
        house->order = NULL;
        pthread_cond_signal(&house->is_done);
    }
    pthread_mutex_unlock(&house->mutex);
}

static void *run(void *user)
{
    loop_run(((struct house *)user)->loop);
    return NULL;
}

static void order(struct house *house, void (*what)(struct house *house, void *user), void *user)
{
    pthread_mutex_lock(&house->mutex);
    house->order = what;
    house->order_user = user;
    loop_wake(house->loop);
    while (house->order != NULL)
        pthread_cond_wait(&house->is_done, &house->mutex);
    pthread_mutex_unlock(&house->mutex);
}

static void order_kill(struct house *house, void *user)
{
    kill_part(house, *(enum house_part *)user);
}

static void order_start(struct house *house, void *user)
{
    start_part(house, *(enum house_part *)user);
}

void house_kill(struct house *house, enum house_part part)
{
    order(house, order_kill, &part);
}

static bool is_up(const struct house *house)
{
    for (int i = 0; i < HOUSE_PARTS; i++)
        if (house->parts[i].bus != NULL && !bus_connected(house->parts[i].bus))
            return false;
    if (house->parts[HOUSE_STORE].self == NULL)
        return true; /* nothing can be ready without it */
    const struct brains *brains = house->parts[HOUSE_ORCHESTRATOR].self;
    return store_is_ready(house->parts[HOUSE_STORE].self) &&
           (brains == NULL || brains_are_serving(brains)) &&
           (house->parts[HOUSE_API].self == NULL || api_is_ready(house->parts[HOUSE_API].self));
}

static void order_is_up(struct house *house, void *user)
{
    *(bool *)user = is_up(house);
}

void house_start(struct house *house, enum house_part part)
{
    bool is_ready = false;
    order(house, order_start, &part);
    for (int i = 0; i < PATIENCE_MS && !is_ready; i++) {
        order(house, order_is_up, &is_ready);
        (void)usleep(1000); /* too short a sleep does no harm */
    }
    assert_true(is_ready);
}

/* ---- looking in --------------------------------------------------------------------------------
 */

struct question {
    const char *sql;
    int64_t answer;
};

static void read_integer(int count, char **columns, void *user)
{
    (void)count; /* the first will do */
    *(int64_t *)user = columns[0] != NULL ? strtoll(columns[0], NULL, 10) : -1;
}

static void order_query(struct house *house, void *user)
{
    struct question *question = user;
    if (sql_memory_query(house->database, question->sql, read_integer, &question->answer) !=
        STATUS_OK)
        question->answer = -1;
}

int64_t house_query(struct house *house, const char *sql)
{
    struct question question = {sql, -1};
    order(house, order_query, &question);
    return question.answer;
}

const char *house_url(const struct house *house)
{
    return house->url;
}

/* ---- tokens ------------------------------------------------------------------------------------
 */

static const char *sign(struct house *house, const struct token_claims *claims)
{
    struct buffer text = {0};
    assert_true(house->token_count < TOKENS_MAX);
    assert_int_equal(token_sign(house->keys, claims, loop_now_ms(house->loop), &text), STATUS_OK);
    char *token = strdup(buffer_text(&text));
    assert_non_null(token);
    buffer_deinit(&text);
    house->tokens[house->token_count++] = token;
    return token;
}

static struct token_claims claims_of(const char *subject, const char *roles, int64_t expires_at_ms)
{
    struct token_claims claims = {.expires_at_ms = expires_at_ms};
    assert_true(strlen(subject) < sizeof claims.subject);
    memcpy(claims.subject, subject, strlen(subject) + 1);
    assert_true(token_roles_parse(roles, &claims.roles));
    return claims;
}

const char *house_token(struct house *house, const char *subject, const char *roles,
                        const char *event)
{
    struct token_claims claims =
        claims_of(subject, roles, loop_now_ms(house->loop) + INT64_C(3600000));
    if (event != NULL) {
        assert_true(strlen(event) < sizeof claims.events[0]);
        memcpy(claims.events[0], event, strlen(event) + 1);
        claims.event_count = 1;
    }
    return sign(house, &claims);
}

const char *house_expired_token(struct house *house, const char *subject)
{
    struct token_claims claims = claims_of(subject, "player", loop_now_ms(house->loop) - 60000);
    return sign(house, &claims);
}

static void make_keys(struct house *house)
{
    struct fault fault = {0};
    char private_path[PATH_BYTES + 16];
    char public_path[PATH_BYTES + 16];
    (void)snprintf(house->folder, sizeof house->folder, "/tmp/arbiter-house-XXXXXX"); /* fits */
    assert_non_null(mkdtemp(house->folder));
    (void)snprintf(private_path, sizeof private_path, "%s/private", house->folder); /* fits */
    (void)snprintf(public_path, sizeof public_path, "%s/public", house->folder);    /* fits */
    if (token_keys_generate(private_path, public_path, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    seal_keys_draw(&house->seals);
    house->keys = token_keys_load(private_path, &fault);
    (void)unlink(private_path); /* they are in memory now */
    (void)unlink(public_path);
    (void)rmdir(house->folder);
    assert_non_null(house->keys);
}

/* ---- life --------------------------------------------------------------------------------------
 */

/* Not started parts are played by somebody who may still be coming: only ours are waited for. */
static void wait_until_up(struct house *house)
{
    int64_t end_ms = loop_now_ms(house->loop) + PATIENCE_MS;
    while (!is_up(house) && loop_now_ms(house->loop) < end_ms)
        loop_run_until(house->loop, loop_now_ms(house->loop) + 5);
    assert_true(is_up(house));
    loop_run_until(house->loop, loop_now_ms(house->loop) + 20); /* first sweeps, the feed */
}

static void open_archive(struct house *house)
{
    struct fault fault = {0};
    const struct archive_options options = {
        .place = house->options.archive != NULL ? house->options.archive : ""};
    house->archive_bus = join_bus(house, "archive");
    house->archive = archive_create(house->archive_bus, &options, &fault);
    if (house->archive == NULL)
        fail_msg("%s", fault.text);
}

struct house *house_open(const struct house_options *options)
{
    struct house *house = calloc(1, sizeof *house);
    assert_non_null(house);
    log_init("house", LOG_ERROR);
    if (options != NULL)
        house->options = *options;
    house->loop = loop_create();
    assert_non_null(house->loop);
    if (house->options.nats_url == NULL)
        house->network = bus_network_create(house->loop, &(struct bus_network_options){.seed = 1});
    house->database = sql_memory_create();
    assert_non_null(house->database);
    make_keys(house);
    open_archive(house);
    for (int i = 0; i < HOUSE_PARTS; i++)
        if (!house->options.without[i])
            start_part(house, (enum house_part)i);
    wait_until_up(house);
    (void)snprintf(house->url, sizeof house->url, "http://127.0.0.1:%u", house->port); /* fits */
    assert_int_equal(pthread_mutex_init(&house->mutex, NULL), 0);
    assert_int_equal(pthread_cond_init(&house->is_done, NULL), 0);
    assert_int_equal(loop_at_round_end(house->loop, on_round_end, house), STATUS_OK);
    assert_int_equal(pthread_create(&house->thread, NULL, run, house), 0);
    return house;
}

void house_close(struct house *house)
{
    loop_stop(house->loop);
    (void)pthread_join(house->thread, NULL); /* it is ours and running */
    for (int i = HOUSE_PARTS - 1; i >= 0; i--)
        kill_part(house, (enum house_part)i);
    bus_destroy(house->archive_bus);
    archive_destroy(house->archive);
    bus_network_destroy(house->network);
    loop_destroy(house->loop);
    sql_memory_destroy(house->database);
    token_keys_destroy(house->keys);
    for (size_t i = 0; i < house->token_count; i++)
        free(house->tokens[i]);
    pthread_mutex_destroy(&house->mutex);
    pthread_cond_destroy(&house->is_done);
    free(house);
}
