/* Builds the four services around one virtual loop, and turns it. */
#include "tests/support/clockwork.h"

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
#include "gamesvc/gamesvc.h"
#include "gamesvc/lexicon/lexicon_shelf.h"
#include "gamesvc/seal.h"
#include "http/http_memory.h"
#include "seeks/api.h"
#include "store/sql_memory.h"
#include "store/store.h"
#include "tests/support/brains.h"

enum {
    BODY_SIZE = 16384,
    SWEEP_MS = 10 * 60 * 1000,
    PATIENCE_MS = 30 * 1000,
    NAP_MS = 2 * 60 * 1000,
    TOKEN_LIFE_MS = 60 * 60 * 1000
};

enum member { STORE, ORCHESTRATOR, GAMESVC, EDGE, ARCHIVE, MEMBERS };

struct clockwork {
    struct loop *loop;
    struct bus_network *network;
    struct sql_memory *database;
    struct bus *members[MEMBERS];
    struct store *store;
    struct brains *brains;
    struct seal_keys seals;
    struct gamesvc *gamesvc;
    struct archive *archive;
    struct api *api;
    struct token_keys *keys;
    struct clockwork_answer answers[CLOCKWORK_ANSWERS];
    size_t asked;
    struct buffer read;
};

/* ---- life ---------------------------------------------------------------------------------- */

/* Keys are drawn once: every clockwork of a program has the same. */
static struct token_keys *keys_load(void)
{
    char folder[] = "/tmp/arbiter-clockwork-XXXXXX";
    char private_path[sizeof folder + 8];
    char public_path[sizeof folder + 8];
    struct fault fault = {0};
    assert_non_null(mkdtemp(folder));
    (void)snprintf(private_path, sizeof private_path, "%s/private", folder); /* fits */
    (void)snprintf(public_path, sizeof public_path, "%s/public", folder);
    if (token_keys_generate(private_path, public_path, &fault) != STATUS_OK)
        fail_msg("%s", fault.text);
    struct token_keys *keys = token_keys_load(private_path, &fault);
    (void)unlink(private_path); /* they are in memory now */
    (void)unlink(public_path);
    (void)rmdir(folder);
    assert_non_null(keys);
    return keys;
}

static struct store *open_store(struct clockwork *clockwork)
{
    struct store_options options = {
        .writer = sql_memory_open(clockwork->database, clockwork->loop, 0),
        .readers = {sql_memory_open(clockwork->database, clockwork->loop, 0)},
        .reader_count = 1,
        .seed = 42,
        .sweep_ms = SWEEP_MS,
    };
    return store_create(clockwork->members[STORE], &options);
}

/* What files say is read once in a program, and kept to its end. */
static struct brains *open_brains(struct clockwork *clockwork)
{
    static struct brains_shelves *shelves;
    if (shelves == NULL)
        shelves = brains_shelves_read(NULL);
    return brains_create(clockwork->members[ORCHESTRATOR],
                         &(struct brains_options){.shelves = shelves, .sweep_ms = SWEEP_MS});
}

static struct api *open_api(struct clockwork *clockwork)
{
    struct fault fault = {0};
    const struct api_options options = {.bus = clockwork->members[EDGE],
                                        .keys = clockwork->keys,
                                        .policies_folder = "policies",
                                        .look_seconds = 15};
    struct api *api = api_create(&options, &fault);
    if (api == NULL)
        fail_msg("%s", fault.text);
    return api;
}

/* Two lists of words, made once and kept: PAIRS has every pair of letters, SLEEP only this word. */
static const struct lexicon_shelf *open_shelf(void)
{
    enum { LETTERS = 26, SHELF_BYTES = 1 << 20 };
    static struct lexicon_shelf shelf;
    struct fault fault = {0};
    char pairs[LETTERS * LETTERS * 3];
    if (shelf.count > 0)
        return &shelf;
    for (size_t i = 0; i < LETTERS * LETTERS; i++)
        memcpy(&pairs[3 * i],
               (const char[]){(char)('A' + i / LETTERS), (char)('A' + i % LETTERS), '\n'}, 3);
    arena_init(&shelf.files[0].arena, SHELF_BYTES);
    arena_init(&shelf.files[1].arena, SHELF_BYTES);
    assert_int_equal(lexicon_from_words(&shelf.files[0].arena, "PAIRS", pairs, sizeof pairs,
                                        &shelf.files[0].lexicon, &fault),
                     STATUS_OK);
    assert_int_equal(lexicon_from_words(&shelf.files[1].arena, "SLEEP", "SLEEP\n", 6,
                                        &shelf.files[1].lexicon, &fault),
                     STATUS_OK);
    shelf.count = 2;
    return &shelf;
}

static void open_services(struct clockwork *clockwork)
{
    struct fault fault = {0};
    clockwork->store = open_store(clockwork);
    clockwork->brains = open_brains(clockwork);
    clockwork->gamesvc = gamesvc_create(
        clockwork->members[GAMESVC], &(struct gamesvc_options){.shelf = open_shelf(),
                                                               .keys = &clockwork->seals,
                                                               .hands_bytes_max = (size_t)1 << 20});
    clockwork->archive =
        archive_create(clockwork->members[ARCHIVE], &(struct archive_options){.place = ""}, &fault);
    clockwork->api = open_api(clockwork);
    assert_non_null(clockwork->store);
    assert_non_null(clockwork->gamesvc);
    assert_non_null(clockwork->archive);
}

struct clockwork *clockwork_open(int64_t start_ms)
{
    static const char *const names[MEMBERS] = {"store", "orchestrator", "gamesvc", "seeks",
                                               "archive"};
    struct clockwork *clockwork = calloc(1, sizeof *clockwork);
    assert_non_null(clockwork);
    log_init("clockwork", LOG_ERROR);
    clockwork->loop = loop_create_virtual(start_ms > 0 ? start_ms : CLOCKWORK_START_MS);
    assert_non_null(clockwork->loop);
    clockwork->network =
        bus_network_create(clockwork->loop, &(struct bus_network_options){.seed = 1});
    clockwork->database = sql_memory_create();
    assert_non_null(clockwork->database);
    clockwork->keys = keys_load();
    seal_keys_draw(&clockwork->seals);
    for (int i = 0; i < MEMBERS; i++) {
        clockwork->members[i] = bus_memory_create(clockwork->network, names[i]);
        assert_non_null(clockwork->members[i]);
    }
    open_services(clockwork);
    clockwork_pass(clockwork, 100);
    return clockwork;
}

static void forget(struct clockwork_answer *answer)
{
    free(answer->body);
    json_decref(answer->json);
    *answer = (struct clockwork_answer){0};
}

void clockwork_close(struct clockwork *clockwork)
{
    for (int i = MEMBERS - 1; i >= 0; i--)
        bus_destroy(clockwork->members[i]);
    api_destroy(clockwork->api);
    archive_destroy(clockwork->archive);
    gamesvc_destroy(clockwork->gamesvc);
    brains_destroy(clockwork->brains);
    store_destroy(clockwork->store);
    bus_network_destroy(clockwork->network);
    loop_destroy(clockwork->loop);
    sql_memory_destroy(clockwork->database);
    token_keys_destroy(clockwork->keys);
    for (size_t i = 0; i < CLOCKWORK_ANSWERS; i++)
        forget(&clockwork->answers[i]);
    buffer_deinit(&clockwork->read);
    free(clockwork);
}

/* The edge polls, and remembers nothing: while nobody asks for long, there is none. */
void clockwork_pass(struct clockwork *clockwork, int64_t ms)
{
    bool is_long = ms > NAP_MS;
    if (is_long) {
        bus_destroy(clockwork->members[EDGE]);
        api_destroy(clockwork->api);
    }
    loop_run_until(clockwork->loop, loop_now_ms(clockwork->loop) + ms);
    if (!is_long)
        return;
    clockwork->members[EDGE] = bus_memory_create(clockwork->network, "seeks");
    assert_non_null(clockwork->members[EDGE]);
    clockwork->api = open_api(clockwork);
    loop_run_until(clockwork->loop, loop_now_ms(clockwork->loop) + 100);
}

void clockwork_outage(struct clockwork *clockwork, int64_t ms)
{
    bus_destroy(clockwork->members[ORCHESTRATOR]);
    brains_destroy(clockwork->brains);
    clockwork->members[ORCHESTRATOR] = NULL;
    clockwork->brains = NULL;
    clockwork_pass(clockwork, ms);
    clockwork->members[ORCHESTRATOR] = bus_memory_create(clockwork->network, "orchestrator");
    assert_non_null(clockwork->members[ORCHESTRATOR]);
    clockwork->brains = open_brains(clockwork);
    clockwork_pass(clockwork, 100);
}

struct bus *clockwork_bus(struct clockwork *clockwork)
{
    return clockwork->members[EDGE];
}

/* ---- asking -------------------------------------------------------------------------------- */

static void on_answer(const struct http_answer *answer, void *user)
{
    struct clockwork_answer *kept = user;
    if (answer == NULL)
        return; /* the end of the clockwork */
    struct buffer body = {0};
    buffer_append(&body, answer->body != NULL ? answer->body : "", answer->body_size);
    kept->code = answer->code;
    kept->body = strdup(buffer_text(&body));
    kept->json = json_loads(kept->body, JSON_DECODE_ANY, NULL);
    buffer_deinit(&body);
}

static const char *bearer_of(struct clockwork *clockwork, const char *who, struct buffer *out)
{
    int64_t now_ms = loop_now_ms(clockwork->loop);
    struct token_claims claims = {.roles = TOKEN_PLAYER, .expires_at_ms = now_ms + TOKEN_LIFE_MS};
    if (strcmp(who, "dora") == 0)
        claims.roles = TOKEN_DIRECTOR | TOKEN_ADMIN;
    (void)snprintf(claims.subject, sizeof claims.subject, "%s", who); /* short ids */
    buffer_append_text(out, "Bearer ");
    assert_int_equal(token_sign(clockwork->keys, &claims, now_ms, out), STATUS_OK);
    return buffer_text(out);
}

/* Hands the request over and turns the loop until it is answered. */
static void carry_out(struct clockwork *clockwork, struct http_memory_request *request,
                      const char *path, struct clockwork_answer *out)
{
    char plain[512];
    const char *query = strchr(path, '?');
    size_t size = query != NULL ? (size_t)(query - path) : strlen(path);
    assert_true(size < sizeof plain);
    memcpy(plain, path, size);
    plain[size] = '\0';
    request->path = plain;
    request->query = query != NULL ? query + 1 : NULL;
    assert_int_equal(http_memory_ask(api_http(clockwork->api), request, on_answer, out), STATUS_OK);
    for (int i = 0; i < PATIENCE_MS && out->code == 0; i++)
        clockwork_pass(clockwork, 1);
    if (out->code == 0)
        fail_msg("no answer to %s %s", request->method, path);
}

const struct clockwork_answer *clockwork_ask(struct clockwork *clockwork, const char *who,
                                             const char *method, const char *path,
                                             const char *format, ...)
{
    char body[BODY_SIZE];
    char key[32];
    struct buffer bearer = {0};
    va_list arguments;
    struct clockwork_answer *out = &clockwork->answers[clockwork->asked++ % CLOCKWORK_ANSWERS];
    forget(out);
    va_start(arguments, format);
    assert_in_range(vsnprintf(body, sizeof body, format, arguments), 0, sizeof body - 1);
    va_end(arguments);
    for (char *c = body; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    (void)snprintf(key, sizeof key, "ask-%zu", clockwork->asked); /* fits */
    struct http_memory_request request = {
        .method = method,
        .headers = {{"Authorization", bearer_of(clockwork, who, &bearer)},
                    {"Content-Type", "application/json"},
                    {"Idempotency-Key", key}},
        .header_count = 3,
        .body = body[0] != '\0' ? body : NULL,
    };
    carry_out(clockwork, &request, path, out);
    buffer_deinit(&bearer);
    return out;
}

/* ---- looking in ---------------------------------------------------------------------------- */

static void on_row(int count, char **columns, void *user)
{
    struct buffer *out = user;
    for (int i = 0; i < count; i++) {
        if (out->size > 0)
            buffer_append_text(out, " ");
        buffer_append_text(out, columns[i] != NULL ? columns[i] : "-");
    }
}

const char *clockwork_read(struct clockwork *clockwork, const char *sql)
{
    buffer_deinit(&clockwork->read);
    clockwork->read = (struct buffer){0};
    if (sql_memory_query(clockwork->database, sql, on_row, &clockwork->read) != STATUS_OK)
        fail_msg("refused: %s", sql);
    return buffer_text(&clockwork->read);
}

int64_t clockwork_count(struct clockwork *clockwork, const char *sql)
{
    return strtoll(clockwork_read(clockwork, sql), NULL, 10);
}
