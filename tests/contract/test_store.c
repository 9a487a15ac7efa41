/* The store's contract: one suite for every database behind it. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "base/attr.h"
#include "bus/bus_memory.h"
#include "store/sql_memory.h"
#include "tests/contract/store_stage.h"
#include "tests/support/postgres.h"

static const struct stage_backend *backend; /* of the running suite */

/* ---- setting a test up ------------------------------------------------------------------- */

enum {
    SOON_MS = 2000, /* time enough for what a test does before */
    LOOK_MS = 100,
    PATIENCE_MS = 30000
};

static int open_stage(void **state)
{
    struct stage *stage = stage_open(backend);
    if (stage == NULL)
        return -1;
    stage_start(stage, 0);
    *state = stage;
    return 0;
}

static int close_stage(void **state)
{
    stage_close(*state);
    return 0;
}

#define REPLY(asked, type) ((const Arbiter__V1__##type##Reply *)(asked).output)

static void create_players(struct stage *stage, const char *letters)
{
    for (const char *c = letters; *c != '\0'; c++) {
        char id[2] = {*c, '\0'};
        Arbiter__V1__Player player = ARBITER__V1__PLAYER__INIT;
        player.player_id = id;
        player.name = id;
        player.status = "active";
        Arbiter__V1__CreatePlayerRequest request = ARBITER__V1__CREATE_PLAYER_REQUEST__INIT;
        request.player = &player;
        struct asked asked = stage_call(stage, "CreatePlayer", &request.base, NULL);
        assert_int_equal(asked.status, STATUS_OK);
        asked_free(&asked);
    }
}

/* A step with everything a test does not care about filled in. */
static Arbiter__V1__CommitStepRequest step_of(char *instance_id, int64_t expected_seq)
{
    Arbiter__V1__CommitStepRequest step = ARBITER__V1__COMMIT_STEP_REQUEST__INIT;
    step.instance_id = instance_id;
    step.expected_seq = expected_seq;
    step.machine = "seek";
    step.machine_hash = "h1";
    step.snapshot = (ProtobufCBinaryData){5, (uint8_t *)"state"};
    step.effects = "WRITE x";
    step.now_ms = 1790000000000;
    return step;
}

static Arbiter__V1__InboxEvent event_of(char *event_id, char *name)
{
    Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
    event.event_id = event_id;
    event.name = name;
    return event;
}

static enum status commit(struct stage *stage, const Arbiter__V1__CommitStepRequest *step)
{
    struct asked asked = stage_call(stage, "CommitStep", &step->base, NULL);
    asked_free(&asked);
    return asked.status;
}

/* Commits a step that carries one write. */
static struct asked commit_write(struct stage *stage, char *instance_id, int64_t expected_seq,
                                 Arbiter__V1__Write *write)
{
    Arbiter__V1__CommitStepRequest step = step_of(instance_id, expected_seq);
    step.writes = &write;
    step.n_writes = 1;
    return stage_call(stage, "CommitStep", &step.base, NULL);
}

/* Writes as instance "w:<number of writes so far>", each a step of its own. */
static struct asked write_one(struct stage *stage, Arbiter__V1__Write *write)
{
    char instance_id[32];
    (void)snprintf(instance_id, sizeof instance_id, "w:%d", stage->asked++); /* fits */
    return commit_write(stage, instance_id, 0, write);
}

static enum status write_status(struct stage *stage, const char *command, const char *input)
{
    struct asked asked = write_one(stage, stage_write(command, input));
    if (asked.status != STATUS_OK)
        assert_string_equal(asked.detail_key, "write");
    if (getenv("STORE_TEST_VERBOSE") != NULL)
        print_message("%s(%s): %s %s\n", command, input, status_name(asked.status), asked.message);
    asked_free(&asked);
    return asked.status;
}

static Arbiter__V1__LoadInstanceReply *load(struct stage *stage, char *instance_id,
                                            struct asked *asked)
{
    Arbiter__V1__LoadInstanceRequest request = ARBITER__V1__LOAD_INSTANCE_REQUEST__INIT;
    request.instance_id = instance_id;
    request.pending_max = 100;
    *asked = stage_call(stage, "LoadInstance", &request.base, NULL);
    return (Arbiter__V1__LoadInstanceReply *)asked->output;
}

/* Runs the loop until a query's answer is `wanted`: how long it takes is the machine's affair. */
static void run_until(struct stage *stage, const char *sql, int64_t wanted)
{
    int64_t until_ms = stage_now(stage) + PATIENCE_MS;
    while (stage->backend->query(stage, sql) != wanted && stage_now(stage) < until_ms)
        stage_run(stage, LOOK_MS);
    assert_int_equal(stage->backend->query(stage, sql), wanted);
}

/* ---- steps ------------------------------------------------------------------------------- */

static void step_begins_an_instance_and_moves_it_on(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__InboxEvent arrived = event_of("req-1", "$start");
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    step.arrived = &arrived;
    step.answer = (ProtobufCBinaryData){2, (uint8_t *)"ok"};
    assert_int_equal(commit(stage, &step), STATUS_OK);
    Arbiter__V1__CommitStepRequest next = step_of("seek:a", 1);
    next.snapshot = (ProtobufCBinaryData){6, (uint8_t *)"state2"};
    next.finished = true;
    assert_int_equal(commit(stage, &next), STATUS_OK);

    struct asked asked;
    const Arbiter__V1__LoadInstanceReply *reply = load(stage, "seek:a", &asked);
    assert_int_equal(asked.status, STATUS_OK);
    assert_int_equal(reply->seq, 2);
    assert_true(reply->finished);
    assert_string_equal(reply->machine, "seek");
    assert_memory_equal(reply->snapshot.data, "state2", 6);
    asked_free(&asked);
}

static void stale_step_is_aborted_and_changes_nothing(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    assert_int_equal(commit(stage, &step), STATUS_OK);
    Arbiter__V1__TimerSet timer = ARBITER__V1__TIMER_SET__INIT;
    Arbiter__V1__TimerSet *timers[] = {&timer};
    timer.timer_id = "t";
    timer.event = "$timer.t";
    timer.due_at_ms = stage_now(stage) + 1000000;
    step.timers_set = timers;
    step.n_timers_set = 1;
    assert_int_equal(commit(stage, &step), STATUS_ABORTED);
    step.expected_seq = 7;
    assert_int_equal(commit(stage, &step), STATUS_ABORTED);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM timers"), 0);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM journal"), 1);
}

static void repeated_event_is_answered_as_before(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__InboxEvent arrived = event_of("req-1", "go");
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    step.arrived = &arrived;
    step.answer = (ProtobufCBinaryData){5, (uint8_t *)"first"};
    assert_int_equal(commit(stage, &step), STATUS_OK);
    step.answer = (ProtobufCBinaryData){6, (uint8_t *)"second"};
    for (int64_t seq = 0; seq < 2; seq++) { /* stale, and as if nothing had been noticed */
        step.expected_seq = seq;
        struct asked asked = stage_call(stage, "CommitStep", &step.base, NULL);
        assert_int_equal(asked.status, STATUS_OK);
        assert_true(REPLY(asked, CommitStep)->repeated_event);
        assert_int_equal(REPLY(asked, CommitStep)->answer.len, 5);
        assert_memory_equal(REPLY(asked, CommitStep)->answer.data, "first", 5);
        asked_free(&asked);
    }
    assert_int_equal(stage->backend->query(stage, "SELECT seq FROM instances"), 1);
}

static void sends_wait_in_the_inbox_until_consumed_once(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__Send send = ARBITER__V1__SEND__INIT;
    Arbiter__V1__Send *sends[] = {&send};
    send.to = "board:b";
    send.event_id = "seek:a/1/0";
    send.name = "game.final";
    send.data = stage_map("game_id=g7 first_score=#300");
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    step.sends = sends;
    step.n_sends = 1;
    assert_int_equal(commit(stage, &step), STATUS_OK);

    Arbiter__V1__CommitStepRequest board = step_of("board:b", 0);
    assert_int_equal(commit(stage, &board), STATUS_OK);
    struct asked asked;
    const Arbiter__V1__LoadInstanceReply *reply = load(stage, "board:b", &asked);
    assert_int_equal(reply->n_pending, 1);
    assert_string_equal(reply->pending[0]->name, "game.final");
    assert_int_equal(reply->pending[0]->data->entries[1]->value->int_value, 300);
    asked_free(&asked);

    char *consumed[] = {"seek:a/1/0"};
    board.expected_seq = 1;
    board.consumed = consumed;
    board.n_consumed = 1;
    assert_int_equal(commit(stage, &board), STATUS_OK);
    board.expected_seq = 2;
    asked = stage_call(stage, "CommitStep", &board.base, NULL);
    assert_true(REPLY(asked, CommitStep)->repeated_event);
    asked_free(&asked);
    reply = load(stage, "board:b", &asked);
    assert_int_equal(reply->n_pending, 0);
    assert_int_equal(reply->seq, 2);
    asked_free(&asked);
}

/* Instance number i has i % 4 rows waiting. */
static void put_crowd(struct stage *stage, int count)
{
    char id[32], events[3][8] = {"e0", "e1", "e2"};
    for (int i = 0; i < count; i++) {
        (void)snprintf(id, sizeof id, "board:%d", i); /* fits */
        Arbiter__V1__CommitStepRequest board = step_of(id, 0);
        assert_int_equal(commit(stage, &board), STATUS_OK);
        Arbiter__V1__Send sends[3];
        Arbiter__V1__Send *list[3];
        char sender[32];
        (void)snprintf(sender, sizeof sender, "seek:%d", i); /* fits */
        Arbiter__V1__CommitStepRequest step = step_of(sender, 0);
        for (int j = 0; j < i % 4; j++) {
            sends[j] = (Arbiter__V1__Send)ARBITER__V1__SEND__INIT;
            sends[j].to = id;
            sends[j].event_id = sends[j].name = events[j];
            list[j] = &sends[j];
        }
        step.sends = list;
        step.n_sends = (size_t)(i % 4);
        assert_int_equal(commit(stage, &step), STATUS_OK);
    }
}

static void many_loads_at_once_get_what_is_theirs(void **state)
{
    enum { COUNT = 24 };
    struct stage *stage = *state;
    put_crowd(stage, COUNT);
    struct asked asked[COUNT + 2];
    for (int i = 0; i < COUNT + 2; i++) { /* the last two are not there, and there twice */
        char id[32];
        (void)snprintf(id, sizeof id, "board:%d", i == COUNT ? 999 : i % (COUNT + 1)); /* fits */
        Arbiter__V1__LoadInstanceRequest request = ARBITER__V1__LOAD_INSTANCE_REQUEST__INIT;
        request.instance_id = id;
        request.pending_max = 2;
        stage_ask(stage, "LoadInstance", &request.base, NULL, &asked[i]);
    }
    stage_wait(stage, asked, COUNT + 2);
    assert_int_equal(asked[COUNT].status, STATUS_NOT_FOUND);
    assert_int_equal(asked[COUNT + 1].status, STATUS_OK);
    for (int i = 0; i < COUNT; i++) {
        const Arbiter__V1__LoadInstanceReply *reply = REPLY(asked[i], LoadInstance);
        assert_int_equal(asked[i].status, STATUS_OK);
        assert_int_equal(reply->seq, 1);
        assert_int_equal(reply->n_pending, i % 4 < 2 ? i % 4 : 2);
        for (size_t j = 0; j < reply->n_pending; j++)
            assert_int_equal(reply->pending[j]->name[1], '0' + (int)j);
    }
    for (int i = 0; i < COUNT + 2; i++)
        asked_free(&asked[i]);
}

static void journal_tells_what_each_step_consumed(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__InboxEvent arrived = event_of("req-1", "go");
    arrived.actor = "ada";
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    step.arrived = &arrived;
    step.actor = "ada";
    step.note = "because";
    assert_int_equal(commit(stage, &step), STATUS_OK);
    Arbiter__V1__InboxEvent second = event_of("req-2", "stop");
    step.arrived = &second;
    step.expected_seq = 1;
    assert_int_equal(commit(stage, &step), STATUS_OK);

    Arbiter__V1__ReadJournalRequest request = ARBITER__V1__READ_JOURNAL_REQUEST__INIT;
    request.instance_id = "seek:a";
    struct asked asked = stage_call(stage, "ReadJournal", &request.base, NULL);
    const Arbiter__V1__ReadJournalReply *reply = REPLY(asked, ReadJournal);
    assert_int_equal(reply->n_entries, 2);
    assert_string_equal(reply->entries[0]->events[0]->name, "go");
    assert_string_equal(reply->entries[0]->note, "because");
    assert_string_equal(reply->entries[1]->events[0]->event_id, "req-2");
    asked_free(&asked);
}

static void answers_had_ahead_go_with_the_event_that_caused_them(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__InboxEvent arrived = event_of("req-1", "go");
    Arbiter__V1__InboxEvent first = event_of("seek:a/1/0", "done.invoke.start");
    Arbiter__V1__InboxEvent second = event_of("seek:a/1/1", "done.invoke.seat");
    Arbiter__V1__InboxEvent *answered[] = {&first, &second};
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    step.arrived = &arrived;
    step.answered = answered;
    step.n_answered = 2;
    assert_int_equal(commit(stage, &step), STATUS_OK);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM inbox"), 1);

    Arbiter__V1__ReadJournalRequest request = ARBITER__V1__READ_JOURNAL_REQUEST__INIT;
    request.instance_id = "seek:a";
    struct asked asked = stage_call(stage, "ReadJournal", &request.base, NULL);
    const Arbiter__V1__JournalEntry *entry = REPLY(asked, ReadJournal)->entries[0];
    assert_int_equal(entry->n_events, 3);
    assert_string_equal(entry->events[0]->event_id, "req-1");
    assert_string_equal(entry->events[1]->event_id, "seek:a/1/0");
    assert_string_equal(entry->events[2]->name, "done.invoke.seat");
    asked_free(&asked);
}

static void many_steps_at_once_lose_only_the_refused(void **state)
{
    enum { COUNT = 60 };
    struct stage *stage = *state;
    create_players(stage, "ab");
    struct asked asked[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char instance_id[32], seek[64];
        (void)snprintf(instance_id, sizeof instance_id, "seek:%d", i);
        /* every tenth names a player who does not exist */
        (void)snprintf(seek, sizeof seek, "id=s%d owner=%s", i, i % 10 == 3 ? "nobody" : "a");
        Arbiter__V1__Write *write = stage_write("seek.open", seek);
        stage_map_add(write->input, "request", stage_value_map(stage_map("rules=reported")));
        Arbiter__V1__CommitStepRequest step = step_of(instance_id, 0);
        step.writes = &write;
        step.n_writes = 1;
        stage_ask(stage, "CommitStep", &step.base, NULL, &asked[i]);
    }
    stage_wait(stage, asked, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(asked[i].status, i % 10 == 3 ? STATUS_FAILED_PRECONDITION : STATUS_OK);
        asked_free(&asked[i]);
    }
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM seeks"), COUNT - 6);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM instances"), COUNT - 6);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM journal"), COUNT - 6);
}

static void two_hundred_accept_a_seek_and_one_has_it(void **state)
{
    enum { COUNT = 200 };
    struct stage *stage = *state;
    create_players(stage, "abcdefghij");
    Arbiter__V1__Write *open = stage_write("seek.open", "id=s owner=a");
    stage_map_add(open->input, "request", stage_value_map(stage_map("rules=reported")));
    struct asked opened = commit_write(stage, "seek:s", 0, open);
    assert_int_equal(opened.status, STATUS_OK);
    asked_free(&opened);
    struct asked asked[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char input[32], event_id[32];
        (void)snprintf(input, sizeof input, "id=s player=%c", "bcdefghij"[i % 9]);
        (void)snprintf(event_id, sizeof event_id, "accept-%d", i);
        Arbiter__V1__Write *write = stage_write("seek.claim", input);
        Arbiter__V1__InboxEvent arrived = event_of(event_id, "seek.accept");
        Arbiter__V1__CommitStepRequest step = step_of("seek:s", 1);
        step.arrived = &arrived;
        step.writes = &write;
        step.n_writes = 1;
        stage_ask(stage, "CommitStep", &step.base, NULL, &asked[i]);
    }
    stage_wait(stage, asked, COUNT);
    int won = 0;
    for (int i = 0; i < COUNT; i++) {
        won += asked[i].status == STATUS_OK;
        assert_true(asked[i].status == STATUS_OK || asked[i].status == STATUS_ABORTED);
        asked_free(&asked[i]);
    }
    assert_int_equal(won, 1);
    assert_int_equal(stage->backend->query(stage, "SELECT seq FROM instances"), 2);
}

/* ---- writes ------------------------------------------------------------------------------ */

static Arbiter__V1__Write *seek_write(const char *input)
{
    Arbiter__V1__Write *write = stage_write("seek.open", input);
    stage_map_add(write->input, "request",
                  stage_value_map(stage_map("rules=crossword initial_time_ms=#1500000")));
    return write;
}

static void seeks_are_opened_claimed_and_closed(void **state)
{
    struct stage *stage = *state;
    create_players(stage, "abc");
    struct asked asked = write_one(stage, seek_write("id=s1 owner=a rating_min=%1200.0"));
    assert_int_equal(asked.status, STATUS_OK);
    asked_free(&asked);
    assert_int_equal(write_status(stage, "seek.claim", "id=s1 player=b"), STATUS_OK);
    assert_int_equal(write_status(stage, "seek.claim", "id=s1 player=c"), STATUS_ABORTED);
    assert_int_equal(write_status(stage, "seek.release", "id=s1"), STATUS_OK);
    assert_int_equal(write_status(stage, "seek.claim", "id=s1 player=a"), STATUS_ABORTED);
    assert_int_equal(write_status(stage, "seek.claim", "id=s1 player=c"), STATUS_OK);
    assert_int_equal(write_status(stage, "seek.close", "id=s1 status=matched game=g1"), STATUS_OK);
    assert_int_equal(write_status(stage, "seek.close", "id=s1 status=cancelled"),
                     STATUS_FAILED_PRECONDITION);

    Arbiter__V1__GetSeekRequest request = ARBITER__V1__GET_SEEK_REQUEST__INIT;
    request.seek_id = "s1";
    asked = stage_call(stage, "GetSeek", &request.base, NULL);
    const Arbiter__V1__Seek *seek = REPLY(asked, GetSeek)->seek;
    assert_string_equal(seek->status, "matched");
    assert_string_equal(seek->claimed_by, "c");
    assert_string_equal(seek->request->rules, "crossword");
    assert_int_equal(seek->request->initial_time_ms, 1500000);
    assert_true(seek->rating_min == 1200.0);
    asked_free(&asked);
}

static void writes_with_wrong_input_are_refused(void **state)
{
    struct stage *stage = *state;
    static const struct {
        const char *command;
        const char *input;
    } cases[] = {
        {"seek.claim", "id=s1"},                   /* a parameter is missing */
        {"seek.claim", "id=s1 player=#7"},         /* one has the wrong type */
        {"seek.claim", "id=s1 player=b extra=#1"}, /* one is unknown */
        {"seek.steal", "id=s1 player=b"},          /* the command is unknown */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(write_status(stage, cases[i].command, cases[i].input),
                         STATUS_INVALID_ARGUMENT);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM instances"), 0);
}

static void ratings_change_by_version_or_not_at_all(void **state)
{
    struct stage *stage = *state;
    create_players(stage, "ab");
    assert_int_equal(write_status(stage, "rating.set",
                                  "player=a pool=x expected_version=#0 rating=%1500.5 games=#1 "
                                  "game=g1 state=ff"),
                     STATUS_OK);
    assert_int_equal(
        write_status(stage, "rating.set", "player=a pool=x expected_version=#0 rating=%1.0"),
        STATUS_ABORTED);
    assert_int_equal(
        write_status(stage, "rating.set", "player=b pool=x expected_version=#3 rating=%1.0"),
        STATUS_ABORTED);
    assert_int_equal(write_status(stage, "rating.set",
                                  "player=a pool=x expected_version=#1 rating=%1510.0 game=g1"),
                     STATUS_FAILED_PRECONDITION); /* a game counts once */
    assert_int_equal(
        write_status(stage, "rating.set",
                     "player=a pool=x expected_version=#1 rating=%1510.0 games=#2 game=g2"),
        STATUS_OK);
    Arbiter__V1__GetRatingsRequest request = ARBITER__V1__GET_RATINGS_REQUEST__INIT;
    char *players[] = {"b", "a"};
    request.player_ids = players;
    request.n_player_ids = 2;
    request.pool = "x";
    struct asked asked = stage_call(stage, "GetRatings", &request.base, NULL);
    const Arbiter__V1__GetRatingsReply *reply = REPLY(asked, GetRatings);
    assert_int_equal(reply->n_ratings, 2);
    assert_int_equal(reply->ratings[0]->version, 0);
    assert_string_equal(reply->ratings[0]->player_id, "b");
    assert_int_equal(reply->ratings[1]->version, 2);
    assert_true(reply->ratings[1]->rating == 1510.0);
    asked_free(&asked);
}

static void set_up_division(struct stage *stage)
{
    assert_int_equal(write_status(stage, "tournament.create", "id=t name=Open director=dora"),
                     STATUS_OK);
    assert_int_equal(write_status(stage, "division.create", "id=t-1 tournament=t name=A rounds=#3"),
                     STATUS_OK);
    static const char *const entrants[] = {"a", "b", "c", "d", "e"};
    for (int i = 0; i < 5; i++) {
        char input[80];
        (void)snprintf(input, sizeof input, "division=t-1 player=%s name=%s seed=#%d rating=%%1500",
                       entrants[i], entrants[i], i + 1);
        assert_int_equal(write_status(stage, "entrant.add", input), STATUS_OK);
    }
}

static Arbiter__V1__BoardPairing pairing_of(char *first, char *second)
{
    Arbiter__V1__BoardPairing pairing = ARBITER__V1__BOARD_PAIRING__INIT;
    pairing.first = first;
    pairing.second = second;
    if (second[0] == '\0') {
        pairing.kind = "bye";
        pairing.status = "final";
        pairing.outcome = "bye";
    }
    return pairing;
}

/* The division's machine, at `seq`, withdraws a command (NULL: none) and asks for a pairing. */
static void ask_pairing(struct stage *stage, int64_t seq, char *withdrawn, char *command_id)
{
    Arbiter__V1__RetryPolicy retry = ARBITER__V1__RETRY_POLICY__INIT;
    Arbiter__V1__Command command = ARBITER__V1__COMMAND__INIT;
    Arbiter__V1__Command *commands[] = {&command};
    retry.delay_ms = 100;
    command.command_id = command_id;
    command.invoke_id = "pair";
    command.subject = "arbiter.v1.pairing.make";
    command.retry = &retry;
    Arbiter__V1__CommitStepRequest step = step_of("division:t-1", seq);
    step.machine = "division";
    step.commands = commands;
    step.n_commands = 1;
    step.commands_cancelled = &withdrawn;
    step.n_commands_cancelled = withdrawn != NULL;
    assert_int_equal(commit(stage, &step), STATUS_OK);
}

static struct asked save_pairings(struct stage *stage, char *command_id,
                                  Arbiter__V1__BoardPairing **pairings, size_t count)
{
    Arbiter__V1__SavePairingsRequest request = ARBITER__V1__SAVE_PAIRINGS_REQUEST__INIT;
    request.division_id = "t-1";
    request.round = 1;
    request.pairings = pairings;
    request.n_pairings = count;
    return stage_call(stage, "SavePairings", &request.base, command_id);
}

static void pairings_hold_each_player_once(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    ask_pairing(stage, 0, NULL, "division:t-1/1/0");
    Arbiter__V1__BoardPairing p1 = pairing_of("a", "b"), p2 = pairing_of("c", "a"),
                              p3 = pairing_of("c", "d"), p4 = pairing_of("e", ""),
                              stranger = pairing_of("x", "y");
    Arbiter__V1__BoardPairing *twice[] = {&p1, &p2};
    Arbiter__V1__BoardPairing *unknown[] = {&stranger};
    Arbiter__V1__BoardPairing *good[] = {&p1, &p3, &p4};
    struct asked asked = save_pairings(stage, "division:t-1/1/0", twice, 2);
    assert_int_equal(asked.status, STATUS_FAILED_PRECONDITION);
    asked = save_pairings(stage, "division:t-1/1/0", unknown, 1);
    assert_int_equal(asked.status, STATUS_FAILED_PRECONDITION);
    static char *const commands[] = {"division:t-1/1/0", "division:t-1/2/0", "division:t-1/3/0"};
    for (int i = 0; i < 2; i++) { /* saving again replaces */
        asked = save_pairings(stage, commands[i], good, 3);
        assert_int_equal(asked.status, STATUS_OK);
        assert_int_equal(REPLY(asked, SavePairings)->games, 2);
        assert_int_equal(REPLY(asked, SavePairings)->byes, 1);
        asked_free(&asked);
        ask_pairing(stage, i + 1, commands[i], commands[i + 1]);
    }
    assert_int_equal(write_status(stage, "pairing.game", "division=t-1 round=#1 board=#1 game=g1"),
                     STATUS_OK);
    asked = save_pairings(stage, commands[2], good, 3);
    assert_int_equal(asked.status, STATUS_FAILED_PRECONDITION);
    assert_string_equal(asked.message, "a game of this round has begun");
}

/* A pairing is computed, and its answer held back; meanwhile the director has the round paired
 * anew. What the first has computed arrives last. */
static void pairing_that_was_overtaken_is_not_saved(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    Arbiter__V1__BoardPairing old1 = pairing_of("a", "b"), old2 = pairing_of("c", "d"),
                              new1 = pairing_of("a", "c"), new2 = pairing_of("b", "d");
    Arbiter__V1__BoardPairing *old_rows[] = {&old1, &old2}, *new_rows[] = {&new1, &new2};
    const char *rows = "SELECT count(*) FROM pairings WHERE round = 1 AND (first_player, "
                       "second_player) IN (VALUES ('a', 'c'), ('b', 'd'))";
    ask_pairing(stage, 0, NULL, "division:t-1/1/0");
    ask_pairing(stage, 1, "division:t-1/1/0", "division:t-1/2/0");
    struct asked asked = save_pairings(stage, "division:t-1/2/0", new_rows, 2);
    assert_int_equal(asked.status, STATUS_OK);
    asked_free(&asked);
    asked = save_pairings(stage, "division:t-1/1/0", old_rows, 2);
    assert_int_equal(asked.status, STATUS_ABORTED);
    assert_int_equal(stage->backend->query(stage, rows), 2);

    ask_pairing(stage, 2, "division:t-1/2/0", "division:t-1/3/0"); /* it has its answer */
    asked = save_pairings(stage, "division:t-1/2/0", old_rows, 2);
    assert_int_equal(asked.status, STATUS_ABORTED);
    assert_int_equal(stage->backend->query(stage, rows), 2);
}

/* Who waited too long asks again; both attempts compute, from what was known at different times. */
static void of_two_attempts_to_pair_the_first_is_saved(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    Arbiter__V1__BoardPairing p1 = pairing_of("a", "b"), p2 = pairing_of("c", "d"),
                              p3 = pairing_of("e", ""), other = pairing_of("a", "c");
    Arbiter__V1__BoardPairing *first[] = {&p1, &p2, &p3}, *second[] = {&other};
    ask_pairing(stage, 0, NULL, "division:t-1/1/0");
    for (int attempt = 1; attempt <= 2; attempt++) {
        struct asked asked = save_pairings(stage, "division:t-1/1/0", attempt == 1 ? first : second,
                                           attempt == 1 ? 3 : 1);
        assert_int_equal(asked.status, STATUS_OK);
        assert_int_equal(REPLY(asked, SavePairings)->games, 2);
        assert_int_equal(REPLY(asked, SavePairings)->byes, 1);
        asked_free(&asked);
        assert_int_equal(
            stage->backend->query(stage, "SELECT count(*) FROM pairings WHERE round = 1"), 3);
    }
}

static void results_are_final_until_amended(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    Arbiter__V1__BoardPairing p1 = pairing_of("a", "b"), p2 = pairing_of("e", "");
    Arbiter__V1__BoardPairing *pairings[] = {&p1, &p2};
    ask_pairing(stage, 0, NULL, "division:t-1/1/0");
    struct asked asked = save_pairings(stage, "division:t-1/1/0", pairings, 2);
    asked_free(&asked);
    assert_int_equal(write_status(stage, "round.open", "division=t-1 round=#1"), STATUS_OK);
    const char *result = "division=t-1 round=#1 board=#1 outcome=first first_score=#400 "
                         "second_score=#350";
    assert_int_equal(
        write_status(stage, "pairing.amend", "division=t-1 round=#1 board=#1 outcome=draw"),
        STATUS_FAILED_PRECONDITION);
    assert_int_equal(write_status(stage, "pairing.result", result), STATUS_OK);
    assert_int_equal(write_status(stage, "pairing.result", result), STATUS_ABORTED);
    assert_int_equal(
        write_status(stage, "pairing.amend", "division=t-1 round=#1 board=#1 outcome=draw"),
        STATUS_OK);
    assert_int_equal(write_status(stage, "round.close", "division=t-1 round=#1"), STATUS_OK);
    assert_int_equal(write_status(stage, "round.close", "division=t-1 round=#1"),
                     STATUS_FAILED_PRECONDITION);
    assert_int_equal(write_status(stage, "entrant.withdraw", "division=t-1 player=c"), STATUS_OK);

    Arbiter__V1__GetDivisionRequest request = ARBITER__V1__GET_DIVISION_REQUEST__INIT;
    request.division_id = "t-1";
    asked = stage_call(stage, "GetDivision", &request.base, NULL);
    const Arbiter__V1__Division *division = REPLY(asked, GetDivision)->division;
    assert_int_equal(division->round, 1);
    assert_int_equal(division->n_entrants, 5);
    assert_string_equal(division->entrants[2]->status, "withdrawn");
    assert_int_equal(division->entrants[2]->to_round, 1);
    assert_int_equal(division->n_pairings, 2);
    assert_string_equal(division->pairings[0]->outcome, "draw");
    assert_int_equal(division->pairings[0]->version, 3);
    assert_string_equal(division->pairings[1]->kind, "bye");
    asked_free(&asked);
    Arbiter__V1__GetTournamentRequest tournament = ARBITER__V1__GET_TOURNAMENT_REQUEST__INIT;
    tournament.tournament_id = "t";
    asked = stage_call(stage, "GetTournament", &tournament.base, NULL);
    assert_int_equal(REPLY(asked, GetTournament)->tournament->n_divisions, 1);
    assert_string_equal(REPLY(asked, GetTournament)->tournament->directors[0], "dora");
    asked_free(&asked);
}

static void late_entrants_play_from_the_next_round(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    assert_int_equal(write_status(stage, "round.open", "division=t-1 round=#2"), STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.add", "division=t-1 player=z name=Zoe seed=#9"),
                     STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.add", "division=t-1 player=z name=Zoe seed=#9"),
                     STATUS_FAILED_PRECONDITION);
    assert_int_equal(
        stage->backend->query(stage, "SELECT from_round FROM entrants WHERE player_id = 'z'"), 3);
}

static int64_t entrants_who_are(struct stage *stage, const char *status)
{
    char sql[120];
    (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM entrants WHERE status = '%s'", status);
    return stage->backend->query(stage, sql);
}

static void players_past_the_capacity_wait_for_a_place(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    assert_int_equal(write_status(stage, "entrant.enter", "division=t-1 player=f capacity=#5"),
                     STATUS_FAILED_PRECONDITION); /* full, and nobody may wait */
    assert_int_equal(write_status(stage, "entrant.enter", "division=t-1 player=f capacity=#6"),
                     STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.enter", "division=t-1 player=f capacity=#6"),
                     STATUS_FAILED_PRECONDITION); /* has entered already */
    assert_int_equal(
        write_status(stage, "entrant.enter", "division=t-1 player=g event_capacity=#6"),
        STATUS_FAILED_PRECONDITION);
    assert_int_equal(
        write_status(stage, "entrant.enter", "division=t-1 player=g capacity=#6 waiting_list=?yes"),
        STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "waiting"), 1);
    assert_int_equal(write_status(stage, "entrant.promote", "division=t-1 capacity=#6"), STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "waiting"), 1); /* nobody has left */
    assert_int_equal(write_status(stage, "entrant.withdraw", "division=t-1 player=a"), STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.promote", "division=t-1 capacity=#6"), STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "waiting"), 0);
    assert_int_equal(entrants_who_are(stage, "registered"), 6);
}

static void as_many_move_up_as_there_is_room_for(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    static const char *const comes[] = {"i", "h", "g"};
    for (size_t i = 0; i < sizeof comes / sizeof *comes; i++) {
        char words[80];
        (void)snprintf(words, sizeof words, "division=t-1 player=%s capacity=#5 waiting_list=?yes",
                       comes[i]);
        assert_int_equal(write_status(stage, "entrant.enter", words), STATUS_OK);
    }
    assert_int_equal(entrants_who_are(stage, "waiting"), 3);
    assert_int_equal(write_status(stage, "entrant.promote", "division=t-1 capacity=#2"), STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "registered"), 5); /* nobody is put out */
    assert_int_equal(
        write_status(stage, "entrant.promote", "division=t-1 capacity=#9 event_capacity=#6"),
        STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "waiting' AND player_id <> 'i"), 2);
    assert_int_equal(write_status(stage, "entrant.promote", "division=t-1 capacity=#7"), STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "waiting' AND player_id = 'g"), 1);
    assert_int_equal(write_status(stage, "entrant.promote", "division=t-1"), STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "registered"), 8);
}

static void who_has_not_checked_in_does_not_play(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    assert_int_equal(write_status(stage, "entrant.check_in", "division=t-1 player=a"), STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.check_in", "division=t-1 player=a"),
                     STATUS_FAILED_PRECONDITION);
    assert_int_equal(write_status(stage, "entrant.check_in", "division=t-1 player=b"), STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.undo_check_in", "division=t-1 player=b"),
                     STATUS_OK);
    assert_int_equal(write_status(stage, "entrants.settle", "division=t-1"), STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "withdrawn"), 0);
    assert_int_equal(write_status(stage, "entrants.settle", "division=t-1 check_in=?yes"),
                     STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "withdrawn"), 4);
    assert_int_equal(entrants_who_are(stage, "checked_in"), 1);
}

static void missed_rounds_get_a_row_each(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    assert_int_equal(write_status(stage, "round.open", "division=t-1 round=#1"), STATUS_OK);
    assert_int_equal(write_status(stage, "round.open", "division=t-1 round=#2"), STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.join", "division=t-1 player=z from_round=#3"),
                     STATUS_FAILED_PRECONDITION); /* without a name: never entered */
    assert_int_equal(
        write_status(stage, "entrant.join", "division=t-1 player=z name=Zoe from_round=#3"),
        STATUS_OK);
    for (int again = 0; again < 2; again++)
        assert_int_equal(write_status(stage, "entrant.missed",
                                      "division=t-1 player=z before=#3 kind=half_bye outcome=bye"),
                         STATUS_OK);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM round_players WHERE "
                                                  "player_id = 'z'"),
                     2);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM pairings WHERE "
                                                  "first_player = 'z' AND kind = 'half_bye'"),
                     2);
}

static void no_shows_in_a_row_take_a_player_out(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    assert_int_equal(write_status(stage, "entrant.no_show", "division=t-1 player=a limit=#2"),
                     STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.present", "division=t-1 player=a"), STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.no_show", "division=t-1 player=a limit=#2"),
                     STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "withdrawn"), 0);
    assert_int_equal(write_status(stage, "entrant.no_show", "division=t-1 player=a limit=#2"),
                     STATUS_OK);
    assert_int_equal(entrants_who_are(stage, "withdrawn"), 1);
}

static void nobody_enters_two_events_at_once_where_that_is_refused(void **state)
{
    struct stage *stage = *state;
    set_up_division(stage);
    assert_int_equal(write_status(stage, "tournament.create", "id=u name=Other"), STATUS_OK);
    assert_int_equal(write_status(stage, "division.create", "id=u-1 tournament=u name=A rounds=#3"),
                     STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.alone", "division=u-1 player=a"), STATUS_OK);
    assert_int_equal(write_status(stage, "tournament.status", "tournament=t status=running"),
                     STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.alone", "division=u-1 player=a"),
                     STATUS_FAILED_PRECONDITION);
    assert_int_equal(write_status(stage, "entrant.alone", "division=t-1 player=a"), STATUS_OK);
    assert_int_equal(write_status(stage, "entrant.alone", "division=u-1 player=x"), STATUS_OK);
}

/* ---- games ------------------------------------------------------------------------------- */

static Arbiter__V1__CreateGameRequest game_of(char *first, char *second)
{
    static Arbiter__V1__GameRequest rules = ARBITER__V1__GAME_REQUEST__INIT;
    rules.rules = "reported";
    rules.rated = true;
    Arbiter__V1__CreateGameRequest request = ARBITER__V1__CREATE_GAME_REQUEST__INIT;
    request.first = first;
    request.second = second;
    request.request = &rules;
    request.owner = "seek:s";
    return request;
}

static void same_request_is_the_same_game(void **state)
{
    struct stage *stage = *state;
    create_players(stage, "ab");
    Arbiter__V1__CreateGameRequest request = game_of("a", "b");
    struct asked asked[3];
    for (int i = 0; i < 2; i++)
        stage_ask(stage, "CreateGame", &request.base, "request-1", &asked[i]);
    stage_wait(stage, asked, 2);
    stage_kill(stage, 0); /* and with it what the bus remembers of requests */
    stage_start(stage, 0);
    asked[2] = stage_call(stage, "CreateGame", &request.base, "request-1");
    const char *game_id = REPLY(asked[0], CreateGame)->game_id;
    assert_int_equal(strlen(game_id), 8);
    for (int i = 1; i < 3; i++)
        assert_string_equal(REPLY(asked[i], CreateGame)->game_id, game_id);
    assert_true(REPLY(asked[2], CreateGame)->existed);
    char instance_id[64];
    (void)snprintf(instance_id, sizeof instance_id, "game:%s", game_id);
    struct asked loaded;
    const Arbiter__V1__LoadInstanceReply *instance = load(stage, instance_id, &loaded);
    assert_string_equal(instance->machine, "game");
    assert_int_equal(instance->seq, 0);
    assert_int_equal(instance->n_pending, 1);
    assert_string_equal(instance->pending[0]->name, "$start");
    asked_free(&loaded);
    for (int i = 0; i < 3; i++)
        asked_free(&asked[i]);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM events"), 1);
}

static void strangers_get_no_game(void **state)
{
    struct stage *stage = *state;
    create_players(stage, "a");
    Arbiter__V1__CreateGameRequest request = game_of("a", "nobody");
    struct asked asked = stage_call(stage, "CreateGame", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_FAILED_PRECONDITION);
    request = game_of("a", "a");
    asked = stage_call(stage, "CreateGame", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_INVALID_ARGUMENT);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM games"), 0);
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void tiny_alphabet_loses_and_doubles_no_game(void **state)
{
    enum { COUNT = 3000 };
    struct stage *stage = *state;
    stage->options.id_alphabet = "ab";
    stage_start(stage, 1); /* two replicas share the work */
    stage_kill(stage, 0);
    stage_start(stage, 0);
    create_players(stage, "ab");
    struct asked *asked = calloc(COUNT, sizeof *asked);
    char **ids = calloc(COUNT, sizeof *ids);
    Arbiter__V1__CreateGameRequest request = game_of("a", "b");
    for (int i = 0; i < COUNT; i++)
        stage_ask(stage, "CreateGame", &request.base, NULL, &asked[i]);
    stage_wait(stage, asked, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(asked[i].status, STATUS_OK);
        ids[i] = REPLY(asked[i], CreateGame)->game_id;
    }
    qsort(ids, COUNT, sizeof *ids, by_text);
    for (int i = 1; i < COUNT; i++)
        assert_string_not_equal(ids[i - 1], ids[i]);
    struct store_stats stats[2];
    store_stats(stage->stores[0], &stats[0]);
    store_stats(stage->stores[1], &stats[1]);
    assert_true(stats[0].id_retries + stats[1].id_retries > 0);
    assert_true(stats[0].id_size > 8 || stats[1].id_size > 8);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM games"), COUNT);
    for (int i = 0; i < COUNT; i++)
        asked_free(&asked[i]);
    free(ids);
    free(asked);
}

static char *create_game(struct stage *stage, char *first, char *second, int64_t deadline_ms)
{
    Arbiter__V1__CreateGameRequest request = game_of(first, second);
    request.deadline_at_ms = deadline_ms;
    struct asked asked = stage_call(stage, "CreateGame", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_OK);
    char *game_id = strdup(REPLY(asked, CreateGame)->game_id);
    asked_free(&asked);
    return game_id;
}

static void turns_are_appended_one_after_another(void **state)
{
    struct stage *stage = *state;
    create_players(stage, "ab");
    char *game_id = create_game(stage, "a", "b", 0);
    Arbiter__V1__Turn turn = ARBITER__V1__TURN__INIT;
    turn.player_id = "a";
    turn.event = (ProtobufCBinaryData){4, (uint8_t *)"8D X"};
    turn.played_at_ms = stage_now(stage);
    Arbiter__V1__AppendTurnRequest request = ARBITER__V1__APPEND_TURN_REQUEST__INIT;
    request.game_id = game_id;
    request.turn = &turn;
    request.state = (ProtobufCBinaryData){2, (uint8_t *)"s1"};

    turn.event_id = "e1";
    struct asked asked = stage_call(stage, "AppendTurn", &request.base, NULL);
    assert_int_equal(REPLY(asked, AppendTurn)->turn_count, 1);
    asked_free(&asked);
    asked = stage_call(stage, "AppendTurn", &request.base, NULL); /* the same event again */
    assert_true(REPLY(asked, AppendTurn)->existed);
    asked_free(&asked);
    turn.event_id = "e2"; /* another one that has not seen the first */
    asked = stage_call(stage, "AppendTurn", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_ABORTED);
    assert_string_equal(asked.detail_key, "turn_count");
    assert_string_equal(asked.detail_value, "1");

    Arbiter__V1__GameResult ended = ARBITER__V1__GAME_RESULT__INIT;
    ended.winner = "nobody";
    ended.reason = "played";
    request.ended = &ended;
    request.expected_turn = 1;
    asked = stage_call(stage, "AppendTurn", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_INVALID_ARGUMENT);
    ended.winner = "b";
    ended.first_score = 321;
    asked = stage_call(stage, "AppendTurn", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_OK);
    asked_free(&asked);
    turn.event_id = "e3";
    request.expected_turn = 2;
    request.ended = NULL;
    asked = stage_call(stage, "AppendTurn", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_FAILED_PRECONDITION);

    Arbiter__V1__LoadGameRequest ask = ARBITER__V1__LOAD_GAME_REQUEST__INIT;
    ask.game_id = game_id;
    ask.turns_after = 1;
    asked = stage_call(stage, "LoadGame", &ask.base, NULL);
    const Arbiter__V1__LoadGameReply *reply = REPLY(asked, LoadGame);
    assert_string_equal(reply->game->status, "ended");
    assert_int_equal(reply->game->result->first_score, 321);
    assert_int_equal(reply->n_turns, 1);
    assert_string_equal(reply->turns[0]->event_id, "e2");
    asked_free(&asked);
    char input[64];
    (void)snprintf(input, sizeof input, "game=%s winner=b first_score=#321 reason=played", game_id);
    assert_int_equal(write_status(stage, "game.finish", input), STATUS_OK);
    assert_int_equal(write_status(stage, "game.finish", input), STATUS_FAILED_PRECONDITION);
    assert_int_equal(
        stage->backend->query(stage, "SELECT count(*) FROM inbox WHERE name = 'game.ended'"), 1);
    free(game_id);
}

/* A step of the game's machine that brings the last turn and finishes the game. */
static struct asked end_game(struct stage *stage, char *game_id, Arbiter__V1__Turn *turn,
                             int32_t expected_turn)
{
    char instance_id[64];
    char input[96];
    Arbiter__V1__GameResult ended = ARBITER__V1__GAME_RESULT__INIT;
    Arbiter__V1__AppendTurnRequest last = ARBITER__V1__APPEND_TURN_REQUEST__INIT;
    Arbiter__V1__InboxEvent arrived = event_of("game.ended", "game.ended");
    char *consumed[] = {"$start"};
    ended.winner = "b";
    ended.first_score = 321;
    ended.reason = "played";
    last.game_id = game_id;
    last.expected_turn = expected_turn;
    last.turn = turn;
    last.ended = &ended;
    (void)snprintf(instance_id, sizeof instance_id, "game:%s", game_id); /* fits */
    (void)snprintf(input, sizeof input, "game=%s winner=b first_score=#321 reason=played",
                   game_id); /* fits */
    Arbiter__V1__Write *write = stage_write("game.finish", input);
    Arbiter__V1__CommitStepRequest step = step_of(instance_id, 0);
    step.consumed = consumed;
    step.n_consumed = COUNT_OF(consumed);
    step.arrived = &arrived;
    step.turn = &last;
    step.writes = &write;
    step.n_writes = 1;
    return stage_call(stage, "CommitStep", &step.base, NULL);
}

static void last_turn_comes_with_the_step_that_ends_the_game(void **state)
{
    struct stage *stage = *state;
    create_players(stage, "ab");
    char *game_id = create_game(stage, "a", "b", stage_now(stage) + 60000);
    Arbiter__V1__Turn turn = ARBITER__V1__TURN__INIT;
    turn.player_id = "a";
    turn.event = (ProtobufCBinaryData){4, (uint8_t *)"8D X"};
    turn.played_at_ms = stage_now(stage);

    struct asked asked = end_game(stage, game_id, &turn, 0); /* without an event id */
    assert_int_equal(asked.status, STATUS_INVALID_ARGUMENT);
    turn.event_id = "e1";
    asked = end_game(stage, game_id, &turn, 1); /* not seen the same as the store */
    assert_int_equal(asked.status, STATUS_ABORTED);
    assert_string_equal(asked.detail_key, "turn");
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM instances"), 0);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM results"), 0);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM turns"), 0);

    asked = end_game(stage, game_id, &turn, 0);
    assert_int_equal(asked.status, STATUS_OK);
    asked_free(&asked);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM turns AS t JOIN games AS g "
                                                  "ON g.game_id = t.game_id AND g.turn_count = 1 "
                                                  "AND g.status = 'final' AND g.flag_at_ms IS NULL "
                                                  "JOIN results AS r ON r.game_id = g.game_id AND "
                                                  "r.first_score = 321"),
                     1);
    asked = end_game(stage, game_id, &turn, 0); /* the same again is answered as before */
    assert_true(REPLY(asked, CommitStep)->repeated_event);
    asked_free(&asked);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM turns"), 1);
    free(game_id);
}

static void flag_falls_are_announced_once(void **state)
{
    struct stage *stage = *state;
    create_players(stage, "ab");
    char *game_id = create_game(stage, "a", "b", stage_now(stage) + SOON_MS);
    stage_run(stage, 300);
    assert_int_equal(
        stage->backend->query(stage, "SELECT count(*) FROM inbox WHERE name = 'game.flag'"), 0);
    run_until(stage, "SELECT count(*) FROM inbox WHERE name = 'game.flag'", 1);
    stage_run(stage, 1500);
    assert_int_equal(
        stage->backend->query(stage, "SELECT count(*) FROM inbox WHERE name = 'game.flag'"), 1);
    assert_true(stage->backend->query(
                    stage, "SELECT fired_at_ms - due_at_ms FROM inbox WHERE name = 'game.flag'") >=
                0);
    free(game_id);
}

static void profiles_list_games_newest_first(void **state)
{
    enum { COUNT = 7 };
    struct stage *stage = *state;
    create_players(stage, "abc");
    for (int i = 0; i < COUNT; i++) {
        char *game_id =
            i % 2 == 0 ? create_game(stage, "a", "b", 0) : create_game(stage, "c", "a", 0);
        free(game_id);
        stage_run(stage, 5);
    }
    Arbiter__V1__ListPlayerGamesRequest request = ARBITER__V1__LIST_PLAYER_GAMES_REQUEST__INIT;
    request.player_id = "a";
    request.limit = 3;
    char before[64] = "";
    int seen = 0;
    int64_t last_ms = INT64_MAX;
    for (bool more = true; more;) {
        request.before = before;
        struct asked asked = stage_call(stage, "ListPlayerGames", &request.base, NULL);
        const Arbiter__V1__ListPlayerGamesReply *reply = REPLY(asked, ListPlayerGames);
        for (size_t i = 0; i < reply->n_games; i++, seen++) {
            assert_true(reply->games[i]->created_at_ms < last_ms);
            last_ms = reply->games[i]->created_at_ms;
            (void)snprintf(before, sizeof before, "%s", reply->games[i]->game_id);
        }
        more = reply->more;
        asked_free(&asked);
    }
    assert_int_equal(seen, COUNT);
}

/* ---- timers ------------------------------------------------------------------------------ */

static void set_timer(struct stage *stage, char *instance_id, int64_t seq, char *timer_id,
                      int64_t due_at_ms)
{
    Arbiter__V1__TimerSet timer = ARBITER__V1__TIMER_SET__INIT;
    Arbiter__V1__TimerSet *timers[] = {&timer};
    timer.timer_id = timer_id;
    timer.event = "$timer.t";
    timer.due_at_ms = due_at_ms;
    Arbiter__V1__CommitStepRequest step = step_of(instance_id, seq);
    step.timers_set = timers;
    step.n_timers_set = 1;
    assert_int_equal(commit(stage, &step), STATUS_OK);
}

static void timers_fire_once_with_their_due_time(void **state)
{
    struct stage *stage = *state;
    int64_t due_ms = stage_now(stage) + SOON_MS;
    set_timer(stage, "seek:a", 0, "t", due_ms);
    stage_run(stage, 200);
    struct asked asked;
    assert_int_equal(load(stage, "seek:a", &asked)->n_pending, 0);
    asked_free(&asked);
    run_until(stage, "SELECT count(*) FROM inbox", 1);
    const Arbiter__V1__LoadInstanceReply *reply = load(stage, "seek:a", &asked);
    assert_int_equal(reply->n_pending, 1);
    assert_string_equal(reply->pending[0]->name, "$timer.t");
    assert_int_equal(reply->pending[0]->due_at_ms, due_ms);
    assert_true(reply->pending[0]->fired_at_ms >= due_ms);
    assert_true(reply->pending[0]->fired_at_ms < due_ms + PATIENCE_MS);
    asked_free(&asked);
    set_timer(stage, "seek:a", 1, "t", due_ms); /* set again, it is another event */
    run_until(stage, "SELECT count(*) FROM inbox", 2);
    assert_int_equal(load(stage, "seek:a", &asked)->n_pending, 2);
    asked_free(&asked);
}

static void cancelled_timers_never_fire(void **state)
{
    struct stage *stage = *state;
    int64_t due_ms = stage_now(stage) + SOON_MS;
    set_timer(stage, "seek:a", 0, "send.x#1.0", due_ms);
    set_timer(stage, "seek:a", 1, "send.x#1.1", due_ms);
    set_timer(stage, "seek:a", 2, "after", due_ms);
    set_timer(stage, "seek:a", 3, "kept", due_ms);
    char *cancelled[] = {"after"};
    char *prefixes[] = {"send.x#"};
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 4);
    step.timers_cancelled = cancelled;
    step.n_timers_cancelled = 1;
    step.timer_prefixes_cancelled = prefixes;
    step.n_timer_prefixes_cancelled = 1;
    assert_int_equal(commit(stage, &step), STATUS_OK);
    run_until(stage, "SELECT count(*) FROM inbox", 1);
    stage_run(stage, 1000);
    struct asked asked;
    const Arbiter__V1__LoadInstanceReply *reply = load(stage, "seek:a", &asked);
    assert_int_equal(reply->n_pending, 1);
    assert_string_equal(reply->pending[0]->event_id, "timer/kept/4");
    asked_free(&asked);
}

static void ten_thousand_overdue_timers_fire_in_order(void **state)
{
    enum { INSTANCES = 100, EACH = 100 };
    struct stage *stage = *state;
    int64_t base_ms = stage_now(stage) + 3000000;
    static char ids[EACH][16];
    static Arbiter__V1__TimerSet timers[EACH];
    Arbiter__V1__TimerSet *list[EACH];
    for (int i = 0; i < INSTANCES; i++) {
        char instance_id[32];
        (void)snprintf(instance_id, sizeof instance_id, "seek:%d", i);
        for (int t = 0; t < EACH; t++) {
            (void)snprintf(ids[t], sizeof ids[t], "t%d", t);
            arbiter__v1__timer_set__init(&timers[t]);
            timers[t].timer_id = ids[t];
            timers[t].event = "$timer.t";
            timers[t].due_at_ms = base_ms + (int64_t)t * INSTANCES + i;
            list[t] = &timers[t];
        }
        Arbiter__V1__CommitStepRequest step = step_of(instance_id, 0);
        step.timers_set = list;
        step.n_timers_set = EACH;
        assert_int_equal(commit(stage, &step), STATUS_OK);
    }
    stage_kill(stage, 0);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM timers"), INSTANCES * EACH);
    /* While everything was down the hour has passed. */
    (void)stage->backend->query(stage, "UPDATE timers SET due_at_ms = due_at_ms - 4000000");
    stage_start(stage, 0);
    run_until(stage, "SELECT count(*) FROM timers", 0);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM inbox"), INSTANCES * EACH);
    /* No row has a later one before it that was due earlier. */
    assert_int_equal(
        stage->backend->query(stage, "SELECT count(*) FROM (SELECT due_at_ms, lag(due_at_ms) OVER "
                                     "(ORDER BY position) AS before FROM inbox) AS i "
                                     "WHERE before > due_at_ms"),
        0);
}

static void forgotten_rows_are_found_by_the_sweep(void **state)
{
    struct stage *stage = *state;
    set_timer(stage, "seek:a", 0, "t", stage_now(stage));
    stage_run(stage, 1000);
    Arbiter__V1__ListPendingRequest request = ARBITER__V1__LIST_PENDING_REQUEST__INIT;
    request.older_than_ms = stage_now(stage) - 100;
    struct asked asked = stage_call(stage, "ListPending", &request.base, NULL);
    assert_int_equal(REPLY(asked, ListPending)->n_instance_ids, 1);
    assert_string_equal(REPLY(asked, ListPending)->instance_ids[0], "seek:a");
    asked_free(&asked);
    request.older_than_ms = stage_now(stage) - 1000000;
    asked = stage_call(stage, "ListPending", &request.base, NULL);
    assert_int_equal(REPLY(asked, ListPending)->n_instance_ids, 0);
    asked_free(&asked);
}

static void live_instances_of_a_machine_are_listed_in_pages(void **state)
{
    struct stage *stage = *state;
    static const char *const ids[] = {"seek:d", "seek:a", "seek:c", "game:a", "seek:b"};
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        Arbiter__V1__CommitStepRequest step = step_of((char *)ids[i], 0);
        step.machine = i == 3 ? "game" : "seek";
        step.finished = i == 2;
        assert_int_equal(commit(stage, &step), STATUS_OK);
    }
    Arbiter__V1__ListInstancesRequest request = ARBITER__V1__LIST_INSTANCES_REQUEST__INIT;
    request.machine = "seek";
    request.limit = 2;
    struct asked asked = stage_call(stage, "ListInstances", &request.base, NULL);
    const Arbiter__V1__ListInstancesReply *reply = REPLY(asked, ListInstances);
    assert_int_equal(reply->n_instances, 2);
    assert_string_equal(reply->instances[0]->instance_id, "seek:a");
    assert_string_equal(reply->instances[0]->machine_hash, "h1");
    assert_int_equal(reply->instances[0]->seq, 1);
    assert_int_equal(reply->instances[0]->snapshot.len, 5);
    assert_string_equal(reply->instances[1]->instance_id, "seek:b");
    asked_free(&asked);
    request.after = "seek:b";
    asked = stage_call(stage, "ListInstances", &request.base, NULL);
    assert_int_equal(REPLY(asked, ListInstances)->n_instances, 1);
    assert_string_equal(REPLY(asked, ListInstances)->instances[0]->instance_id, "seek:d");
    asked_free(&asked);
}

/* ---- commands ---------------------------------------------------------------------------- */

/* A game service that refuses the first `refusals` requests and counts them all. */
struct fake {
    ProtobufCService service;
    struct bus *bus;
    int refusals;
    int requests;
    enum status refusal;
    char request_id[64];
    void *silent; /* the request that waits for an answer */
};

static void answer_command(ProtobufCService *service, unsigned method_index,
                           const ProtobufCMessage *input, ProtobufCClosure closure, void *request)
{
    (void)method_index, (void)input; /* one method is asked */
    struct fake *fake = (struct fake *)service;
    (void)snprintf(fake->request_id, sizeof fake->request_id, "%s", bus_request_id(request));
    if (fake->requests++ < fake->refusals) {
        bus_fail(request, fake->refusal, NULL, 0, "not now");
        return;
    }
    Arbiter__V1__StartGameReply reply = ARBITER__V1__START_GAME_REPLY__INIT;
    reply.game_id = "g42";
    closure(&reply.base, request);
}

/* Takes the request and says nothing. */
static void keep_silent(ProtobufCService *service, unsigned method_index,
                        const ProtobufCMessage *input, ProtobufCClosure closure, void *request)
{
    struct fake *fake = (struct fake *)service;
    (void)method_index, (void)input, (void)closure;
    fake->requests++;
    fake->silent = request;
}

static void start_fake(struct stage *stage, struct fake *fake)
{
    fake->service = (ProtobufCService){.descriptor = &arbiter__v1__gamesvc__descriptor,
                                       .invoke = answer_command};
    fake->bus = bus_memory_create(stage->network, "gamesvc");
    assert_int_equal(bus_serve(fake->bus, &fake->service), STATUS_OK);
}

static void send_command_to(struct stage *stage, char *subject, char *command_id, int attempts_max,
                            int64_t timeout_ms)
{
    static Arbiter__V1__RetryPolicy retry;
    arbiter__v1__retry_policy__init(&retry);
    retry.delay_ms = 100;
    retry.backoff = 2.0;
    retry.max_attempts = attempts_max;
    retry.timeout_ms = timeout_ms;
    Arbiter__V1__Command command = ARBITER__V1__COMMAND__INIT;
    Arbiter__V1__Command *commands[] = {&command};
    command.command_id = command_id;
    command.invoke_id = "start";
    command.subject = subject;
    command.retry = &retry;
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    step.commands = commands;
    step.n_commands = 1;
    assert_int_equal(commit(stage, &step), STATUS_OK);
}

static void send_command(struct stage *stage, char *command_id, int attempts_max)
{
    send_command_to(stage, "arbiter.v1.gamesvc.start_game", command_id, attempts_max, 500);
}

static void command_is_tried_until_its_answer_is_committed(void **state)
{
    struct stage *stage = *state;
    struct fake fake = {.refusals = 2, .refusal = STATUS_UNAVAILABLE};
    start_fake(stage, &fake);
    send_command(stage, "seek:a/1/0", 5);
    run_until(stage, "SELECT count(*) FROM outbox", 0);
    assert_int_equal(fake.requests, 3);
    assert_string_equal(fake.request_id, "seek:a/1/0");
    struct asked asked;
    const Arbiter__V1__LoadInstanceReply *reply = load(stage, "seek:a", &asked);
    assert_int_equal(reply->n_pending, 1);
    assert_string_equal(reply->pending[0]->name, "done.invoke.start");
    assert_string_equal(reply->pending[0]->event_id, "seek:a/1/0");
    assert_string_equal(reply->pending[0]->data->entries[0]->value->string_value, "g42");
    asked_free(&asked);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM outbox"), 0);
    bus_destroy(fake.bus);
}

/* A house without an archive: nobody takes that command, and nobody waits for its answer. */
static void command_that_nobody_takes_is_not_kept(void **state)
{
    struct stage *stage = *state;
    stage_kill(stage, 0);
    stage->options.unserved = "arbiter.v1.archive.save";
    stage_start(stage, 0);
    Arbiter__V1__Command command = ARBITER__V1__COMMAND__INIT;
    Arbiter__V1__Command *commands[] = {&command};
    Arbiter__V1__CommitStepRequest step = step_of("game:a", 0);
    step.commands = commands;
    step.n_commands = 1;
    command.command_id = "game:a/1/0";
    command.subject = "arbiter.v1.archive.save";
    assert_int_equal(commit(stage, &step), STATUS_OK);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM outbox"), 0);
    struct store_stats stats;
    store_stats(stage->stores[0], &stats);
    assert_int_equal(stats.commands_sent, 0);
    step = step_of("game:a", 1);
    step.commands = commands;
    step.n_commands = 1;
    command.command_id = "game:a/2/0";
    command.invoke_id = "save"; /* the machine waits */
    assert_int_equal(commit(stage, &step), STATUS_OK);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM outbox"), 1);
}

static void command_that_fails_for_good_is_told(void **state)
{
    struct stage *stage = *state;
    struct fake fake = {.refusals = 100, .refusal = STATUS_INVALID_ARGUMENT};
    start_fake(stage, &fake);
    send_command(stage, "seek:a/1/0", 5);
    run_until(stage, "SELECT count(*) FROM outbox", 0);
    assert_int_equal(fake.requests, 1);
    struct asked asked;
    const Arbiter__V1__LoadInstanceReply *reply = load(stage, "seek:a", &asked);
    assert_int_equal(reply->n_pending, 1);
    assert_string_equal(reply->pending[0]->name, "error.invoke.start.invalid_argument");
    assert_int_equal(reply->pending[0]->data->entries[2]->value->int_value, 1);
    asked_free(&asked);
    bus_destroy(fake.bus);
}

static void answer_deeply(ProtobufCService *service, unsigned method_index,
                          const ProtobufCMessage *input, ProtobufCClosure closure, void *request)
{
    (void)input;
    if (strcmp(service->descriptor->methods[method_index].name, "TakeReply") == 0) {
        bus_fail(request, STATUS_FAILED_PRECONDITION, NULL, 0, "it goes through the inbox");
        return;
    }
    Arbiter__V1__ValueMap *map = stage_map("bottom=1");
    for (int i = 0; i < 1000; i++) {
        Arbiter__V1__Value *inner = stage_value_map(map);
        map = stage_map("");
        stage_map_add(map, "in", inner);
    }
    Arbiter__V1__GetInstanceReply reply = ARBITER__V1__GET_INSTANCE_REPLY__INIT;
    reply.context = map;
    closure(&reply.base, request);
}

/* Unpacking is recursion: a stranger's answer must not choose its depth. */
static void answer_nested_without_end_is_refused(void **state)
{
    struct stage *stage = *state;
    struct fake fake = {
        .service = {.descriptor = &arbiter__v1__orchestrator__descriptor, .invoke = answer_deeply}};
    fake.bus = bus_memory_create(stage->network, "orchestrator");
    assert_int_equal(bus_serve(fake.bus, &fake.service), STATUS_OK);
    send_command_to(stage, "arbiter.v1.orchestrator.get_instance", "seek:a/1/0", 1, 500);
    stage_run(stage, 1000);
    struct asked asked;
    const Arbiter__V1__LoadInstanceReply *reply = load(stage, "seek:a", &asked);
    assert_int_equal(reply->n_pending, 1);
    assert_string_equal(reply->pending[0]->name, "error.invoke.start.data_loss");
    asked_free(&asked);
    bus_destroy(fake.bus);
}

static void command_survives_the_store_that_sent_it(void **state)
{
    struct stage *stage = *state;
    send_command(stage, "seek:a/1/0", 0); /* nobody is there to take it */
    stage_kill(stage, 0);
    struct fake fake = {0};
    start_fake(stage, &fake);
    stage_start(stage, 0);
    run_until(stage, "SELECT count(*) FROM outbox", 0);
    assert_true(fake.requests >= 1);
    assert_int_equal(
        stage->backend->query(stage, "SELECT count(*) FROM inbox WHERE name = 'done.invoke.start'"),
        1);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM outbox"), 0);
    bus_destroy(fake.bus);
}

/* Who waits for a slow answer holds on to the row; who is dead lets go of it long before the
 * attempt would have been given up. */
static void slow_command_is_asked_again_only_after_its_store_has_died(void **state)
{
    struct stage *stage = *state;
    struct fake fake = {0};
    start_fake(stage, &fake);
    fake.service.invoke = keep_silent;
    stage_start(stage, 1);
    send_command_to(stage, "arbiter.v1.gamesvc.start_game", "seek:a/1/0", 1, 60000);
    stage_run(stage, 7000);
    assert_int_equal(fake.requests, 1);
    for (int i = 0; i < 2; i++)
        stage_kill(stage, i);
    bus_fail(fake.silent, STATUS_UNAVAILABLE, NULL, 0, "nobody listens");
    fake.service.invoke = answer_command;
    stage_start(stage, 0);
    run_until(stage, "SELECT count(*) FROM outbox", 0);
    assert_int_equal(fake.requests, 2);
    assert_int_equal(
        stage->backend->query(stage, "SELECT count(*) FROM inbox WHERE name = 'done.invoke.start'"),
        1);
    bus_destroy(fake.bus);
}

static void step_that_takes_an_answer_settles_its_command(void **state)
{
    struct stage *stage = *state;
    send_command(stage, "seek:a/1/0", 0); /* nobody is there to take it */
    Arbiter__V1__InboxEvent answer = event_of("seek:a/1/0", "done.invoke.start");
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 1);
    step.arrived = &answer;
    step.settles = true;
    assert_int_equal(commit(stage, &step), STATUS_OK);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(commit(stage, &step), STATUS_OK); /* as before */
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM journal"), 2);
}

static void step_with_an_answer_settled_before_changes_nothing(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__CommitStepRequest first = step_of("seek:a", 0);
    assert_int_equal(commit(stage, &first), STATUS_OK);
    Arbiter__V1__InboxEvent answer = event_of("seek:a/1/0", "done.invoke.start");
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 1);
    step.arrived = &answer;
    step.settles = true;
    assert_int_equal(commit(stage, &step), STATUS_FAILED_PRECONDITION);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM journal"), 1);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM inbox"), 0);
}

/* Not even the sweep looks at it within the day. */
/* Tells the game's machine something, as if the bell were lost. */
static void tell_game(struct stage *stage, char *instance_id)
{
    Arbiter__V1__Send send = ARBITER__V1__SEND__INIT;
    Arbiter__V1__Send *sends[] = {&send};
    send.to = instance_id;
    send.event_id = "seek:a/1/0";
    send.name = "game.flag";
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    step.sends = sends;
    step.n_sends = 1;
    assert_int_equal(commit(stage, &step), STATUS_OK);
}

static size_t count_pending(struct stage *stage)
{
    Arbiter__V1__ListPendingRequest request = ARBITER__V1__LIST_PENDING_REQUEST__INIT;
    request.older_than_ms = stage_now(stage) + INT64_C(25) * 3600 * 1000;
    struct asked asked = stage_call(stage, "ListPending", &request.base, NULL);
    size_t count = REPLY(asked, ListPending)->n_instance_ids;
    asked_free(&asked);
    return count;
}

static void machine_of_a_game_begins_with_its_first_event(void **state)
{
    struct stage *stage = *state;
    char instance_id[64];
    create_players(stage, "ab");
    Arbiter__V1__CreateGameRequest game = game_of("a", "b");
    struct asked created = stage_call(stage, "CreateGame", &game.base, "request-1");
    assert_int_equal(created.status, STATUS_OK);
    (void)snprintf(instance_id, sizeof instance_id, "game:%s",
                   REPLY(created, CreateGame)->game_id); /* fits */
    asked_free(&created);
    assert_int_equal(count_pending(stage), 0);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM instances"), 0);

    tell_game(stage, instance_id);
    assert_int_equal(count_pending(stage), 1);
    struct asked asked;
    const Arbiter__V1__LoadInstanceReply *loaded = load(stage, instance_id, &asked);
    assert_int_equal(loaded->seq, 0);
    assert_int_equal(loaded->n_pending, 2);
    assert_string_equal(loaded->pending[0]->name, "$start");
    assert_string_equal(loaded->pending[1]->name, "game.flag");
    asked_free(&asked);

    char *consumed[] = {"$start", "seek:a/1/0"};
    Arbiter__V1__CommitStepRequest step = step_of(instance_id, 0);
    step.consumed = consumed;
    step.n_consumed = 2;
    assert_int_equal(commit(stage, &step), STATUS_OK);
    assert_int_equal(count_pending(stage), 0);
    asked = stage_call(stage, "CommitStep", &step.base, NULL);
    assert_true(REPLY(asked, CommitStep)->repeated_event);
    asked_free(&asked);

    Arbiter__V1__ReadJournalRequest request = ARBITER__V1__READ_JOURNAL_REQUEST__INIT;
    request.instance_id = instance_id;
    asked = stage_call(stage, "ReadJournal", &request.base, NULL);
    const Arbiter__V1__ReadJournalReply *journal = REPLY(asked, ReadJournal);
    assert_int_equal(journal->n_entries, 1);
    assert_int_equal(journal->entries[0]->n_events, 2);
    assert_string_equal(journal->entries[0]->events[0]->name, "$start");
    assert_int_equal(journal->entries[0]->events[0]->data->n_entries, 7);
    asked_free(&asked);
}

static void game_that_is_not_there_has_no_machine(void **state)
{
    struct stage *stage = *state;
    struct asked asked;
    assert_null(load(stage, "game:none", &asked));
    assert_int_equal(asked.status, STATUS_NOT_FOUND);
    asked_free(&asked);
    tell_game(stage, "game:none");
    assert_int_equal(count_pending(stage), 0);
}

static void withdrawn_command_has_no_answer(void **state)
{
    struct stage *stage = *state;
    send_command(stage, "seek:a/1/0", 0);
    char *cancelled[] = {"seek:a/1/0"};
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 1);
    step.commands_cancelled = cancelled;
    step.n_commands_cancelled = 1;
    assert_int_equal(commit(stage, &step), STATUS_OK);
    struct fake fake = {0};
    start_fake(stage, &fake);
    stage_run(stage, 3000);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM inbox"), 0);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM outbox"), 0);
    bus_destroy(fake.bus);
}

/* ---- events ------------------------------------------------------------------------------ */

static void emit(struct stage *stage, char *instance_id, int64_t seq, char *kind, char *id)
{
    Arbiter__V1__TournamentStarted started = ARBITER__V1__TOURNAMENT_STARTED__INIT;
    started.tournament_id = id;
    Arbiter__V1__EventPayload payload = ARBITER__V1__EVENT_PAYLOAD__INIT;
    payload.payload_case = ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_TOURNAMENT_STARTED;
    payload.tournament_started = &started;
    Arbiter__V1__OutEvent event = ARBITER__V1__OUT_EVENT__INIT;
    Arbiter__V1__OutEvent *events[] = {&event, &event};
    event.kind = kind;
    event.id = id;
    event.name = "started";
    event.payload = &payload;
    Arbiter__V1__CommitStepRequest step = step_of(instance_id, seq);
    step.events = events;
    step.n_events = 2;
    assert_int_equal(commit(stage, &step), STATUS_OK);
}

static void events_count_within_their_topic(void **state)
{
    struct stage *stage = *state;
    for (int64_t i = 0; i < 3; i++) {
        emit(stage, "t:x", i, "tournament", "x");
        emit(stage, "t:y", i, "division", "y");
    }
    Arbiter__V1__ListEventsRequest request = ARBITER__V1__LIST_EVENTS_REQUEST__INIT;
    char *topics[] = {"tournament.x"};
    request.topics = topics;
    for (size_t n_topics = 0; n_topics < 2; n_topics++) {
        int64_t next[2] = {1, 1};
        request.n_topics = n_topics;
        request.after = 0;
        request.limit = 5;
        size_t seen = 0;
        for (size_t got = 5; got == 5;) {
            struct asked asked = stage_call(stage, "ListEvents", &request.base, NULL);
            const Arbiter__V1__ListEventsReply *reply = REPLY(asked, ListEvents);
            got = reply->n_events;
            seen += got;
            for (size_t i = 0; i < got; i++) {
                const Arbiter__V1__Event *event = reply->events[i];
                assert_true(event->position > request.after);
                request.after = event->position;
                assert_int_equal(event->sequence, next[event->id[0] == 'y']++);
            }
            assert_true(reply->position >= request.after);
            request.after = reply->position;
            asked_free(&asked);
        }
        assert_int_equal(seen, n_topics == 0 ? 12 : 6);
    }
}

struct heard {
    int count;
    int64_t last_position;
    bool is_in_order;
};

static enum status on_heard(const char *subject, const void *data, size_t size,
                            uint64_t stream_sequence, void *user)
{
    (void)stream_sequence; /* the event has its own */
    struct heard *heard = user;
    Arbiter__V1__Event *event = arbiter__v1__event__unpack(NULL, size, data);
    assert_non_null(event);
    assert_non_null(strstr(subject, "arbiter.v1.evt.tournament.x.started"));
    heard->is_in_order = heard->is_in_order && event->position > heard->last_position;
    heard->last_position = event->position;
    heard->count++;
    arbiter__v1__event__free_unpacked(event, NULL);
    return STATUS_OK;
}

static void listeners_hear_every_event_once_in_order(void **state)
{
    struct stage *stage = *state;
    struct heard heard = {.is_in_order = true};
    stage_run(stage, 500);
    assert_int_equal(
        bus_consume(stage->asker, "ARBITER_EVENTS", "test", "arbiter.v1.evt.>", on_heard, &heard),
        STATUS_OK);
    for (int64_t i = 0; i < 10; i++) {
        emit(stage, "t:x", i, "tournament", "x");
        if (i == 5) { /* dies with events on the way */
            stage_kill(stage, 0);
            stage_start(stage, 0);
        }
    }
    for (int64_t until_ms = stage_now(stage) + PATIENCE_MS;
         heard.count < 20 && stage_now(stage) < until_ms;)
        stage_run(stage, LOOK_MS);
    stage_run(stage, 1000);
    assert_int_equal(heard.count, 20);
    assert_true(heard.is_in_order);
}

static void on_word(const char *subject, const void *data, size_t size, void *user)
{
    (void)data, (void)size;
    int *words = user;
    assert_string_equal(subject, "arbiter.v1.word.seek.a.closed");
    ++*words;
}

static void what_closes_is_said_at_once_unless_its_cause_is_told(void **state)
{
    struct stage *stage = *state;
    int words = 0;
    Arbiter__V1__OutEvent opened = ARBITER__V1__OUT_EVENT__INIT;
    opened.kind = "seek";
    opened.id = "a";
    opened.name = "opened";
    Arbiter__V1__OutEvent closed = opened;
    closed.name = "closed";
    Arbiter__V1__OutEvent *events[] = {&opened, &closed};
    assert_int_equal(bus_subscribe(stage->asker, "arbiter.v1.word.>", NULL, on_word, &words),
                     STATUS_OK);
    Arbiter__V1__CommitStepRequest step = step_of("seek:a", 0);
    step.events = events;
    step.n_events = 2;
    assert_int_equal(commit(stage, &step), STATUS_OK);
    stage_run(stage, LOOK_MS);
    assert_int_equal(words, 1);
    step.expected_seq = 1;
    step.is_told = true;
    assert_int_equal(commit(stage, &step), STATUS_OK);
    stage_run(stage, LOOK_MS);
    assert_int_equal(words, 1);
}

/* ---- policies, answers, being killed ----------------------------------------------------- */

static void policies_are_published_once(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__PutPolicyRequest request = ARBITER__V1__PUT_POLICY_REQUEST__INIT;
    request.kind = "format";
    request.name = "club";
    static char *const hashes[] = {"h1", "h2", "h1"};
    for (size_t i = 0; i < 3; i++) {
        request.hash = hashes[i];
        request.text = hashes[i];
        struct asked asked = stage_call(stage, "PutPolicy", &request.base, NULL);
        assert_int_equal(asked.status, STATUS_OK);
        assert_int_equal(REPLY(asked, PutPolicy)->existed, i == 2);
        asked_free(&asked);
    }
    Arbiter__V1__GetPolicyRequest get = ARBITER__V1__GET_POLICY_REQUEST__INIT;
    get.kind = "format";
    get.name = "club";
    struct asked asked = stage_call(stage, "GetPolicy", &get.base, NULL);
    assert_string_equal(REPLY(asked, GetPolicy)->text, "h2");
    assert_int_equal(REPLY(asked, GetPolicy)->version, 2);
    asked_free(&asked);
    get.hash = "h1";
    asked = stage_call(stage, "GetPolicy", &get.base, NULL);
    assert_string_equal(REPLY(asked, GetPolicy)->text, "h1");
    asked_free(&asked);
    get.hash = "h3";
    asked = stage_call(stage, "GetPolicy", &get.base, NULL);
    assert_int_equal(asked.status, STATUS_NOT_FOUND);
}

static void first_answer_is_remembered(void **state)
{
    struct stage *stage = *state;
    Arbiter__V1__RememberAnswerRequest request = ARBITER__V1__REMEMBER_ANSWER_REQUEST__INIT;
    request.key = "k";
    static char *const answers[] = {"one", "two"};
    for (size_t i = 0; i < 2; i++) {
        request.answer = (ProtobufCBinaryData){3, (uint8_t *)answers[i]};
        struct asked asked = stage_call(stage, "RememberAnswer", &request.base, NULL);
        assert_memory_equal(REPLY(asked, RememberAnswer)->answer.data, "one", 3);
        assert_int_equal(REPLY(asked, RememberAnswer)->existed, i == 1);
        asked_free(&asked);
    }
}

static void what_was_answered_survives_a_kill(void **state)
{
    enum { COUNT = 100 };
    struct stage *stage = *state;
    struct asked asked[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char instance_id[32];
        (void)snprintf(instance_id, sizeof instance_id, "seek:%d", i);
        Arbiter__V1__CommitStepRequest step = step_of(instance_id, 0);
        stage_ask(stage, "CommitStep", &step.base, NULL, &asked[i]);
    }
    stage_wait(stage, asked, 1); /* the first has its answer, the others may be anywhere */
    stage_kill(stage, 0);
    stage_start(stage, 0);
    for (int i = 0; i < COUNT; i++) {
        char instance_id[32];
        (void)snprintf(instance_id, sizeof instance_id, "seek:%d", i);
        struct asked loaded;
        const Arbiter__V1__LoadInstanceReply *reply = load(stage, instance_id, &loaded);
        if (asked[i].is_answered && asked[i].status == STATUS_OK)
            assert_int_equal(reply->seq, 1);
        asked_free(&loaded);
    }
    stage_wait(stage, asked, COUNT); /* the bus tells the rest that nobody answers */
    for (int i = 0; i < COUNT; i++)
        asked_free(&asked[i]);
}

/* Ends a request's life as a client does that was told to come back. */
static int ask_until_answered(struct stage *stage, const char *method,
                              const ProtobufCMessage *input, const char *request_id,
                              struct asked *asked)
{
    int tries = 0;
    do {
        char again[64]; /* the bus would repeat what it answered to the same id */
        (void)snprintf(again, sizeof again, "%s-%d", request_id, tries); /* fits */
        *asked = stage_call(stage, method, input, again);
        assert_true(asked->status == STATUS_OK || asked->status == STATUS_UNAVAILABLE);
    } while (asked->status != STATUS_OK && ++tries < 100);
    assert_int_equal(asked->status, STATUS_OK);
    return tries;
}

static void lost_answers_and_failures_are_made_good_by_asking_again(void **state)
{
    enum { COUNT = 300 };
    struct stage *stage = *state;
    if (backend != &stage_memory)
        skip(); /* PostgreSQL's troubles have a test of their own */
    const struct sql_memory_faults faults = {
        .seed = 11, .fail_per_million = 200000, .lose_per_million = 200000};
    sql_memory_set_faults(stage->database, &faults);
    int tries = 0, repeats = 0;
    for (int i = 0; i < COUNT; i++) {
        char instance_id[32], event_id[32];
        (void)snprintf(instance_id, sizeof instance_id, "seek:%d", i % 10); /* fits */
        (void)snprintf(event_id, sizeof event_id, "event-%d", i);           /* fits */
        Arbiter__V1__InboxEvent arrived = event_of(event_id, "go");
        Arbiter__V1__CommitStepRequest step = step_of(instance_id, i / 10);
        step.arrived = &arrived;
        struct asked asked;
        tries += ask_until_answered(stage, "CommitStep", &step.base, event_id, &asked);
        repeats += REPLY(asked, CommitStep)->repeated_event;
        asked_free(&asked);
    }
    assert_true(tries > 0 && repeats > 0);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM journal"), COUNT);
    assert_int_equal(stage->backend->query(stage, "SELECT min(seq) FROM instances"), COUNT / 10);
}

/* Durability is not what these cases are about; the kill test has fsync on. */
static int open_cluster(void **state)
{
    (void)state; /* cases have stages */
    stage_cluster = postgres_create("fsync = off");
    return stage_cluster != NULL ? 0 : -1;
}

static int close_cluster(void **state)
{
    (void)state; /* cases have stages */
    postgres_destroy(stage_cluster);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(int argc, char **argv)
{
    static const struct CMUnitTest cases[] = {
        CASE(step_begins_an_instance_and_moves_it_on),
        CASE(stale_step_is_aborted_and_changes_nothing),
        CASE(repeated_event_is_answered_as_before),
        CASE(sends_wait_in_the_inbox_until_consumed_once),
        CASE(many_loads_at_once_get_what_is_theirs),
        CASE(journal_tells_what_each_step_consumed),
        CASE(answers_had_ahead_go_with_the_event_that_caused_them),
        CASE(many_steps_at_once_lose_only_the_refused),
        CASE(two_hundred_accept_a_seek_and_one_has_it),
        CASE(seeks_are_opened_claimed_and_closed),
        CASE(writes_with_wrong_input_are_refused),
        CASE(ratings_change_by_version_or_not_at_all),
        CASE(pairings_hold_each_player_once),
        CASE(pairing_that_was_overtaken_is_not_saved),
        CASE(of_two_attempts_to_pair_the_first_is_saved),
        CASE(results_are_final_until_amended),
        CASE(late_entrants_play_from_the_next_round),
        CASE(players_past_the_capacity_wait_for_a_place),
        CASE(as_many_move_up_as_there_is_room_for),
        CASE(who_has_not_checked_in_does_not_play),
        CASE(missed_rounds_get_a_row_each),
        CASE(no_shows_in_a_row_take_a_player_out),
        CASE(nobody_enters_two_events_at_once_where_that_is_refused),
        CASE(same_request_is_the_same_game),
        CASE(strangers_get_no_game),
        CASE(tiny_alphabet_loses_and_doubles_no_game),
        CASE(turns_are_appended_one_after_another),
        CASE(last_turn_comes_with_the_step_that_ends_the_game),
        CASE(flag_falls_are_announced_once),
        CASE(profiles_list_games_newest_first),
        CASE(timers_fire_once_with_their_due_time),
        CASE(cancelled_timers_never_fire),
        CASE(ten_thousand_overdue_timers_fire_in_order),
        CASE(forgotten_rows_are_found_by_the_sweep),
        CASE(live_instances_of_a_machine_are_listed_in_pages),
        CASE(command_is_tried_until_its_answer_is_committed),
        CASE(command_that_nobody_takes_is_not_kept),
        CASE(command_that_fails_for_good_is_told),
        CASE(answer_nested_without_end_is_refused),
        CASE(command_survives_the_store_that_sent_it),
        CASE(slow_command_is_asked_again_only_after_its_store_has_died),
        CASE(step_that_takes_an_answer_settles_its_command),
        CASE(step_with_an_answer_settled_before_changes_nothing),
        CASE(machine_of_a_game_begins_with_its_first_event),
        CASE(game_that_is_not_there_has_no_machine),
        CASE(withdrawn_command_has_no_answer),
        CASE(events_count_within_their_topic),
        CASE(listeners_hear_every_event_once_in_order),
        CASE(what_closes_is_said_at_once_unless_its_cause_is_told),
        CASE(policies_are_published_once),
        CASE(first_answer_is_remembered),
        CASE(what_was_answered_survives_a_kill),
        CASE(lost_answers_and_failures_are_made_good_by_asking_again),
    };
    bool is_pg = argc > 1 && strcmp(argv[1], "pg") == 0;
    if (is_pg && postgres_missing()) {
        (void)fprintf(stderr, "skipped: PostgreSQL is not installed\n");
        return 77;
    }
    backend = is_pg ? &stage_pg : &stage_memory;
    return cmocka_run_group_tests_name(backend->name, cases, is_pg ? open_cluster : NULL,
                                       is_pg ? close_cluster : NULL);
}
