/*
 * What is secret in a running game stays in the game service: every message on the bus and every
 * row of the store is searched for racks and for the seed while a game is played, and every method
 * that can tell of a game is asked by both players, a watcher and a stranger. Afterwards everything
 * is told. Argument: a folder of lexicons with EN80.
 */
#include "gamesvc/gamesvc.h"

#include "bus/bus_memory.h"
#include "cli/bot.h"
#include "gamesvc/lexicon/lexicon_shelf.h"
#include "gamesvc/seal.h"
#include "orchestrator/host.h"
#include "proto/reflect.h"
#include "simulation/world.h"
#include "store/sql_memory.h"
#include "tests/contract/store_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/rpc.pb-c.h"

enum {
    RACK_FULL = 7,
    RACKS_MAX = 128,
    TURNS_MAX = 100,
    WAIT_MS = 10000,
    ASK_EVERY = 6 /* turns between two rounds of asking everything */
};

static struct world_policies policies;
static struct lexicon_shelf shelf;

/* One message as it went over the bus. */
struct message {
    struct message *next;
    const char *asker; /* for whom it was made: a player's id, or "" */
    size_t size;
    char subject[128];
    uint8_t data[];
};

struct scene {
    struct stage *stage;
    struct bus *host_bus;
    struct host *host;
    struct bus *bus;
    struct gamesvc *gamesvc;
    struct bus *tap;
    struct seal_keys keys;
    struct message *messages;
    size_t message_count;
    char racks[2][RACKS_MAX][RACK_FULL + 1]; /* whatever each seat has held */
    int rack_count[2];
    char seats[2][8];
    char game_id[40];
    const char *asker;
    struct buffer answer; /* the last answer's view */
    struct buffer seed;
    char status[20];
    int turn_count;
    char request_id[80];
    bool is_answered;
    enum status answer_status;
    int asked;
    int methods_asked;
};

static void on_message(const char *subject, const void *data, size_t size, void *user)
{
    struct scene *scene = user;
    struct message *message = calloc(1, sizeof *message + size + 1);
    assert_non_null(message);
    message->asker = scene->asker;
    message->size = size;
    (void)snprintf(message->subject, sizeof message->subject, "%s", subject);
    if (size > 0)
        memcpy(message->data, data, size);
    message->next = scene->messages;
    scene->messages = message;
    scene->message_count++;
}

/* ---- the house --------------------------------------------------------------------------- */

static int open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof *scene);
    assert_non_null(scene);
    scene->asker = "";
    scene->stage = stage_open(&stage_memory);
    stage_start(scene->stage, 0);
    scene->tap = bus_memory_create(scene->stage->network, "tap");
    assert_int_equal(bus_subscribe(scene->tap, ">", NULL, on_message, scene), STATUS_OK);
    scene->host_bus = bus_memory_create(scene->stage->network, "orchestrator");
    scene->host = host_create(&(struct host_options){
        .bus = scene->host_bus, .catalogue = policies.catalogue, .ratings = policies.ratings});
    seal_keys_draw(&scene->keys);
    const struct gamesvc_options options = {&shelf, &scene->keys, NULL, 0};
    scene->bus = bus_memory_create(scene->stage->network, "gamesvc");
    scene->gamesvc = gamesvc_create(scene->bus, &options);
    assert_non_null(scene->host);
    assert_non_null(scene->gamesvc);
    stage_register_player(scene->stage, "ann");
    stage_register_player(scene->stage, "bob");
    *state = scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;
    bus_destroy(scene->bus);
    gamesvc_destroy(scene->gamesvc);
    bus_destroy(scene->host_bus);
    host_destroy(scene->host);
    bus_destroy(scene->tap);
    stage_close(scene->stage);
    while (scene->messages != NULL) {
        struct message *next = scene->messages->next;
        free(scene->messages);
        scene->messages = next;
    }
    buffer_deinit(&scene->answer);
    buffer_deinit(&scene->seed);
    free(scene);
    return 0;
}

/* ---- asking ------------------------------------------------------------------------------ */

static void keep_text(struct buffer *out, const char *text)
{
    buffer_reset(out);
    buffer_append_text(out, text);
}

static void on_answer(const struct bus_answer *answer, void *user)
{
    struct scene *scene = user;
    scene->is_answered = true;
    scene->answer_status = answer->status;
    loop_stop(scene->stage->loop);
    keep_text(&scene->answer, answer->status != STATUS_OK ? answer->message : "");
    if (answer->status != STATUS_OK)
        return;
    if (answer->output->descriptor == &arbiter__v1__start_game_reply__descriptor) {
        const Arbiter__V1__StartGameReply *reply =
            (const Arbiter__V1__StartGameReply *)answer->output;
        (void)snprintf(scene->game_id, sizeof scene->game_id, "%s", reply->game_id);
        (void)snprintf(scene->seats[0], sizeof scene->seats[0], "%s", reply->first);
        (void)snprintf(scene->seats[1], sizeof scene->seats[1], "%s", reply->second);
    } else if (answer->output->descriptor == &arbiter__v1__view_reply__descriptor) {
        const Arbiter__V1__ViewReply *reply = (const Arbiter__V1__ViewReply *)answer->output;
        keep_text(&scene->answer, reply->view);
        keep_text(&scene->seed, reply->seed);
        (void)snprintf(scene->status, sizeof scene->status, "%s", reply->game->status);
        scene->turn_count = reply->game->turn_count;
    } else if (answer->output->descriptor == &arbiter__v1__play_reply__descriptor) {
        const Arbiter__V1__PlayReply *reply = (const Arbiter__V1__PlayReply *)answer->output;
        keep_text(&scene->answer, reply->last_turn);
        (void)snprintf(scene->status, sizeof scene->status, "%s", reply->status);
        if (reply->requests != NULL)
            (void)snprintf(scene->request_id, sizeof scene->request_id, "%s",
                           reply->requests->open_id);
    }
}

/* Asks for `asker`, whose answer may tell of their own rack; waits for it and for what follows. */
static void ask(struct scene *scene, const char *asker, const ProtobufCServiceDescriptor *service,
                const char *method, const ProtobufCMessage *input)
{
    char id[24];
    (void)snprintf(id, sizeof id, "ask-%d", scene->asked++); /* fits */
    scene->asker = asker;
    scene->is_answered = false;
    bus_call(scene->stage->asker,
             &(struct bus_call){.service = service,
                                .method = method,
                                .input = input,
                                .request_id = id,
                                .timeout_ms = WAIT_MS},
             on_answer, scene);
    while (!scene->is_answered)
        loop_run_until(scene->stage->loop, stage_now(scene->stage) + 2 * WAIT_MS);
    scene->asker = "";
    stage_run(scene->stage, 20);
}

static void view(struct scene *scene, const char *viewer, const char *format)
{
    Arbiter__V1__ViewRequest input = ARBITER__V1__VIEW_REQUEST__INIT;
    input.game_id = scene->game_id;
    input.viewer = (char *)(uintptr_t)viewer;
    input.format = (char *)(uintptr_t)format;
    ask(scene, viewer, &arbiter__v1__gamesvc__descriptor, "View", &input.base);
}

static void say(struct scene *scene, const char *player, const char *event)
{
    Arbiter__V1__PlayRequest input = ARBITER__V1__PLAY_REQUEST__INIT;
    input.game_id = scene->game_id;
    input.player_id = (char *)(uintptr_t)player;
    input.event = (char *)(uintptr_t)event;
    input.expected_turn = -1;
    ask(scene, player, &arbiter__v1__gamesvc__descriptor, "Play", &input.base);
    if (scene->answer_status != STATUS_OK)
        fail_msg("%s says '%s': %s", player, event, buffer_text(&scene->answer));
}

static void start(struct scene *scene)
{
    char *players[] = {"ann", "bob"};
    Arbiter__V1__GameRequest game = ARBITER__V1__GAME_REQUEST__INIT;
    Arbiter__V1__StartGameRequest input = ARBITER__V1__START_GAME_REQUEST__INIT;
    game.rules = "crossword";
    game.lexicon = "EN80";
    game.challenge_rule = "single";
    game.initial_time_ms = 3600000;
    input.players = players;
    input.n_players = 2;
    input.request = &game;
    ask(scene, "", &arbiter__v1__gamesvc__descriptor, "StartGame", &input.base);
    if (scene->answer_status != STATUS_OK)
        fail_msg("%s", buffer_text(&scene->answer));
}

/* ---- searching --------------------------------------------------------------------------- */

static bool contains(const void *data, size_t size, const char *needle)
{
    size_t needle_size = strlen(needle);
    const char *at = data;
    for (size_t i = 0; needle_size > 0 && i + needle_size <= size; i++)
        if (at[i] == needle[0] && memcmp(at + i, needle, needle_size) == 0)
            return true;
    return false;
}

/* The game service's own answer to the player whose rack it is: the one place where it may be. */
static bool may_tell(const struct scene *scene, const struct message *message, int seat)
{
    return strcmp(message->asker, scene->seats[seat]) == 0 &&
           strncmp(message->subject, "arbiter.", 8) != 0 &&
           (contains(message->data, message->size, "\"rack_sizes\"") ||
            contains(message->data, message->size, "\"turn_number\""));
}

static void search_messages(const struct scene *scene)
{
    for (const struct message *m = scene->messages; m != NULL; m = m->next)
        for (int seat = 0; seat < 2; seat++)
            for (int i = 0; i < scene->rack_count[seat]; i++)
                if (contains(m->data, m->size, scene->racks[seat][i]) && !may_tell(scene, m, seat))
                    fail_msg("rack %s of %s is on %s, asked by '%s'", scene->racks[seat][i],
                             scene->seats[seat], m->subject, m->asker);
}

static void note_rack(struct scene *scene, int seat)
{
    json_t *json = json_loads(buffer_text(&scene->answer), 0, NULL);
    const json_t *racks = json_object_get(json, "racks");
    const char *rack = json_string_value(json_array_get(racks, (size_t)seat));
    assert_non_null(rack);
    assert_true(json_is_null(json_array_get(racks, (size_t)(1 - seat))));
    if (strlen(rack) == RACK_FULL && scene->rack_count[seat] < RACKS_MAX)
        memcpy(scene->racks[seat][scene->rack_count[seat]++], rack, RACK_FULL + 1);
    json_decref(json);
}

/* ---- the store's rows -------------------------------------------------------------------- */

struct search {
    const struct scene *scene;
    struct buffer columns;
    const char *table;
    int rows;
};

static void add_column(int count, char **columns, void *user)
{
    struct search *search = user;
    assert_true(count > 1);
    buffer_format(&search->columns, "%shex(%s)", search->columns.size > 0 ? " || '20' || " : "",
                  columns[1]);
}

static bool hex_contains(const char *hex, const char *needle)
{
    char text[2 * RACK_FULL + 1];
    for (size_t i = 0; i < RACK_FULL; i++)
        (void)snprintf(text + 2 * i, 3, "%02X", (unsigned char)needle[i]);
    return strstr(hex, text) != NULL;
}

static void search_row(int count, char **columns, void *user)
{
    struct search *search = user;
    search->rows++;
    for (int seat = 0; seat < 2 && count > 0 && columns[0] != NULL; seat++)
        for (int i = 0; i < search->scene->rack_count[seat]; i++)
            if (hex_contains(columns[0], search->scene->racks[seat][i]))
                fail_msg("rack %s is in table %s", search->scene->racks[seat][i], search->table);
}

static void query(const struct scene *scene, const char *sql, sql_memory_on_row on_row, void *user)
{
    assert_int_equal(sql_memory_query(scene->stage->database, sql, on_row, user), STATUS_OK);
}

static void search_table(int count, char **columns, void *user)
{
    struct search *search = user;
    char sql[4096];
    assert_int_equal(count, 1);
    search->table = columns[0];
    buffer_reset(&search->columns);
    (void)snprintf(sql, sizeof sql, "PRAGMA table_info(%s)", columns[0]);
    query(search->scene, sql, add_column, search);
    (void)snprintf(sql, sizeof sql, "SELECT %s FROM %s", buffer_text(&search->columns), columns[0]);
    query(search->scene, sql, search_row, search);
}

static void search_store(struct scene *scene)
{
    struct search search = {.scene = scene};
    query(scene, "SELECT name FROM sqlite_master WHERE type = 'table'", search_table, &search);
    assert_true(search.rows > 10);
    buffer_deinit(&search.columns);
}

/* ---- every method that tells ------------------------------------------------------------- */

static bool is_read(const char *method)
{
    static const char *const verbs[] = {"Get", "List", "Load", "Read", "View", "Recall", "Compute"};
    for (size_t i = 0; i < COUNT_OF(verbs); i++)
        if (strncmp(method, verbs[i], strlen(verbs[i])) == 0)
            return true;
    return false;
}

/* What a field of this name is best asked with. */
static const char *text_for(const struct scene *scene, const char *field, const char *viewer)
{
    static char instance[64];
    (void)snprintf(instance, sizeof instance, "game:%s", scene->game_id); /* fits */
    if (strcmp(field, "game_id") == 0)
        return scene->game_id;
    if (strcmp(field, "instance_id") == 0)
        return instance;
    if (strcmp(field, "viewer") == 0)
        return viewer;
    if (strcmp(field, "player_id") == 0)
        return "ann";
    if (strcmp(field, "machine") == 0)
        return "game";
    return "";
}

static ProtobufCMessage *fill(const struct scene *scene, struct arena *arena,
                              const ProtobufCMessageDescriptor *descriptor, const char *viewer)
{
    ProtobufCMessage *message = arena_alloc(arena, descriptor->sizeof_message);
    assert_non_null(message);
    protobuf_c_message_init(descriptor, message);
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        char *at = (char *)message + field->offset;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        if (field->type == PROTOBUF_C_TYPE_STRING)
            *(const char **)at = text_for(scene, field->name, viewer);
        else if (strcmp(field->name, "limit") == 0 || strcmp(field->name, "pending_max") == 0)
            *(int32_t *)at = 100;
    }
    return message;
}

/* What would happen if an event came: the whole step, as a director is shown it. */
static void ask_what_would_be(struct scene *scene)
{
    char instance[64];
    Arbiter__V1__SendEventRequest input = ARBITER__V1__SEND_EVENT_REQUEST__INIT;
    (void)snprintf(instance, sizeof instance, "game:%s", scene->game_id); /* fits */
    input.instance_id = instance;
    input.name = "game.flag";
    input.actor = "wes";
    input.dry_run = true;
    ask(scene, "wes", &arbiter__v1__orchestrator__descriptor, "SendEvent", &input.base);
}

/* An answer to a command that the game never made. */
static void answer_out_of_turn(struct scene *scene)
{
    char instance[64];
    Arbiter__V1__TakeReplyRequest input = ARBITER__V1__TAKE_REPLY_REQUEST__INIT;
    Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
    (void)snprintf(instance, sizeof instance, "game:%s", scene->game_id); /* fits */
    event.event_id = "nobody/1/0";
    event.name = "done.invoke.nothing";
    input.instance_id = instance;
    input.event = &event;
    ask(scene, "wes", &arbiter__v1__orchestrator__descriptor, "TakeReply", &input.base);
}

static void ask_everything(struct scene *scene)
{
    static const char *const viewers[] = {"ann", "bob", "wes", ""};
    static const char *const formats[] = {"json", "gcg", "record"};
    for (const ProtobufCServiceDescriptor *const *s = reflect_services(); *s != NULL; s++)
        for (unsigned i = 0; i < (*s)->n_methods; i++)
            for (size_t v = 0; v < COUNT_OF(viewers) && is_read((*s)->methods[i].name); v++) {
                struct arena arena;
                arena_init(&arena, (size_t)1 << 20);
                ask(scene, viewers[v], *s, (*s)->methods[i].name,
                    fill(scene, &arena, (*s)->methods[i].input, viewers[v]));
                arena_deinit(&arena);
                scene->methods_asked++;
            }
    ask_what_would_be(scene);
    answer_out_of_turn(scene);
    for (size_t v = 0; v < COUNT_OF(viewers); v++)
        for (size_t f = 0; f < COUNT_OF(formats); f++) {
            view(scene, viewers[v], formats[f]);
            assert_int_equal(scene->answer_status == STATUS_OK, f == 0);
        }
}

/* ---- what has been seen ------------------------------------------------------------------ */

/* Whether messages of this type can hold something of a game, at any depth. */
static bool carries_game(const ProtobufCMessageDescriptor *descriptor, int depth)
{
    static const ProtobufCMessageDescriptor *const carriers[] = {
        &arbiter__v1__game__descriptor, &arbiter__v1__turn__descriptor,
        &arbiter__v1__game_turn__descriptor, &arbiter__v1__game_result__descriptor,
        &arbiter__v1__inbox_event__descriptor};
    for (size_t i = 0; i < COUNT_OF(carriers); i++)
        if (descriptor == carriers[i])
            return true;
    for (unsigned i = 0; i < descriptor->n_fields && depth < 8; i++)
        if (descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE &&
            carries_game(descriptor->fields[i].descriptor, depth + 1))
            return true;
    return false;
}

static bool was_seen(const struct scene *scene, const char *subject)
{
    for (const struct message *m = scene->messages; m != NULL; m = m->next)
        if (strcmp(m->subject, subject) == 0)
            return true;
    return false;
}

/* Every method that can carry a game has been on the bus, so it has been searched. */
static void assert_all_methods_seen(const struct scene *scene)
{
    for (const ProtobufCServiceDescriptor *const *s = reflect_services(); *s != NULL; s++)
        for (unsigned i = 0; i < (*s)->n_methods; i++) {
            const ProtobufCMethodDescriptor *method = &(*s)->methods[i];
            char service[64];
            char name[64];
            char subject[160];
            if (!carries_game(method->input, 0) && !carries_game(method->output, 0))
                continue;
            (void)snprintf(subject, sizeof subject, "arbiter.v1.%s.%s",
                           reflect_snake_case((*s)->short_name, service, sizeof service),
                           reflect_snake_case(method->name, name, sizeof name));
            if (!was_seen(scene, subject))
                fail_msg("nobody has looked at %s, which can carry a game", subject);
        }
}

/* Every event about games has been on the bus: a field of EventPayload that begins with "game_". */
static void assert_all_events_seen(const struct scene *scene)
{
    const ProtobufCMessageDescriptor *payload = &arbiter__v1__event_payload__descriptor;
    int count = 0;
    for (unsigned i = 0; i < payload->n_fields; i++) {
        char subject[128];
        if (strncmp(payload->fields[i].name, "game_", 5) != 0)
            continue;
        (void)snprintf(subject, sizeof subject, "arbiter.v1.evt.game.%s.%s", scene->game_id,
                       payload->fields[i].name + 5);
        if (!was_seen(scene, subject))
            fail_msg("nobody has looked at %s", subject);
        count++;
    }
    assert_true(count >= 4);
}

/* ---- the game ---------------------------------------------------------------------------- */

static void play_turn(struct scene *scene, int seat)
{
    struct arena arena;
    const char *move = NULL;
    arena_init(&arena, (size_t)1 << 20);
    json_t *json = json_loads(buffer_text(&scene->answer), 0, NULL);
    assert_int_equal(bot_move(&arena, &shelf.files[0].lexicon, json, seat, &move), STATUS_OK);
    say(scene, scene->seats[seat], move);
    json_decref(json);
    arena_deinit(&arena);
}

static int seat_on_turn(const struct scene *scene)
{
    json_t *json = json_loads(buffer_text(&scene->answer), 0, NULL);
    const char *on_turn = json_string_value(json_object_get(json, "on_turn"));
    int seat = on_turn == NULL ? -1 : strcmp(on_turn, "second") == 0;
    json_decref(json);
    return seat;
}

static void ask_and_deny(struct scene *scene)
{
    char deny[100];
    say(scene, "ann", "request abort");
    (void)snprintf(deny, sizeof deny, "deny %s", scene->request_id); /* fits */
    say(scene, "bob", deny);
}

static void play_to_the_end(struct scene *scene)
{
    start(scene);
    ask_and_deny(scene);
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        for (int seat = 0; seat < 2; seat++) {
            view(scene, scene->seats[seat], "");
            note_rack(scene, seat);
        }
        assert_string_equal(scene->status, "playing");
        assert_int_equal(scene->seed.size, 0);
        int seat = seat_on_turn(scene);
        if (turn % ASK_EVERY == 0)
            ask_everything(scene);
        view(scene, scene->seats[seat], "");
        search_messages(scene); /* all so far; what comes with the last move may tell */
        search_store(scene);
        play_turn(scene, seat);
        if (strcmp(scene->status, "playing") != 0)
            return;
    }
    fail_msg("the game does not end");
}

static void assert_seed_was_secret(const struct scene *scene, const struct message *before_end)
{
    uint8_t seed[32];
    char *hex =
        buffer_text(&scene->seed) != NULL ? (char *)(uintptr_t)buffer_text(&scene->seed) : NULL;
    assert_int_equal(strlen(hex), 64);
    for (size_t i = 0; i < sizeof seed; i++) {
        const char digits[] = {hex[2 * i], hex[2 * i + 1], '\0'};
        seed[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    for (const struct message *m = before_end; m != NULL; m = m->next) {
        assert_false(contains(m->data, m->size, hex));
        for (size_t i = 0; i + sizeof seed <= m->size; i++)
            assert_false(memcmp(m->data + i, seed, sizeof seed) == 0);
    }
}

static void nothing_is_told_before_the_end_and_everything_after(void **state)
{
    struct scene *scene = *state;
    play_to_the_end(scene);
    const struct message *last = scene->messages;
    stage_run(scene->stage, 2000);
    assert_all_methods_seen(scene);
    assert_all_events_seen(scene);
    assert_true(scene->methods_asked > 60);
    assert_true(scene->rack_count[0] > 5 && scene->rack_count[1] > 5);
    /* Everybody may know everything now. */
    view(scene, "", "record");
    assert_int_equal(scene->answer_status, STATUS_OK);
    for (int seat = 0; seat < 2; seat++)
        for (int i = 0; i < scene->rack_count[seat]; i++)
            assert_true(
                contains(buffer_text(&scene->answer), scene->answer.size, scene->racks[seat][i]));
    /* The last move's own messages reveal the seed: those before it must not. */
    while (last != NULL && strcmp(last->subject, "arbiter.v1.gamesvc.play") != 0)
        last = last->next;
    assert_non_null(last);
    assert_seed_was_secret(scene, last);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        nothing_is_told_before_the_end_and_everything_after, open_scene, close_scene)};
    struct fault fault = {0};
    if (argc != 2 || lexicon_shelf_open(&shelf, argv[1], &fault) != STATUS_OK ||
        lexicon_shelf_find(&shelf, "EN80") != &shelf.files[0].lexicon) {
        fprintf(stderr, "usage: test_secrets FOLDER-WITH-EN80 %s\n", fault.text);
        return EXIT_FAILURE;
    }
    if (!world_policies_load("policies", &policies))
        return EXIT_FAILURE;
    int failed = cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
    world_policies_deinit(&policies);
    lexicon_shelf_close(&shelf);
    return failed;
}
