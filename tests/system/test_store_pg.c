/* The store on a PostgreSQL that dies, several stores on one database, and a restored dump. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "store/sql_pg.h"
#include "tests/contract/store_stage.h"
#include "tests/support/postgres.h"

#define REPLY(asked, type) ((const Arbiter__V1__##type##Reply *)(asked).output)

static int open_stage(void **state)
{
    struct stage *stage = stage_open(&stage_pg);
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

/* Asks for the first step of instance "seek:<i>", taking in an event of its own. */
static void ask_step(struct stage *stage, int i, struct asked *asked)
{
    char instance_id[32], event_id[32];
    (void)snprintf(instance_id, sizeof instance_id, "seek:%d", i); /* fits */
    (void)snprintf(event_id, sizeof event_id, "event-%d", i);      /* fits */
    Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
    event.event_id = event_id;
    event.name = "go";
    Arbiter__V1__CommitStepRequest step = ARBITER__V1__COMMIT_STEP_REQUEST__INIT;
    step.instance_id = instance_id;
    step.machine = "seek";
    step.arrived = &event;
    step.now_ms = stage_now(stage);
    stage_ask(stage, "CommitStep", &step.base, NULL, asked);
}

static struct asked take_step(struct stage *stage, int i)
{
    struct asked asked;
    ask_step(stage, i, &asked);
    stage_wait(stage, &asked, 1);
    asked_free(&asked);
    return asked;
}

static void wait_until_ready(struct stage *stage)
{
    for (int i = 0; i < 1000 && !store_is_ready(stage->stores[0]); i++)
        stage_run(stage, 20);
    assert_true(store_is_ready(stage->stores[0]));
}

/* ---- a database that goes away ----------------------------------------------------------- */

static void requests_are_refused_while_postgres_is_away(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(take_step(stage, 0).status, STATUS_OK);
    postgres_kill(stage_cluster);
    for (int i = 1; i < 4; i++) {
        struct asked asked = take_step(stage, i);
        assert_int_equal(asked.status, STATUS_UNAVAILABLE);
        assert_string_equal(asked.detail_key, "retry_after_ms");
    }
    stage_run(stage, 300);
    assert_true(postgres_start(stage_cluster));
    wait_until_ready(stage);
    assert_int_equal(take_step(stage, 1).status, STATUS_OK);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM journal"), 2);
}

static void what_was_acknowledged_survives_a_crash(void **state)
{
    enum { COUNT = 400, WAVES = 3 };
    struct stage *stage = *state;
    static struct asked asked[COUNT];
    for (int wave = 0; wave < WAVES; wave++) {
        int first = wave * COUNT;
        for (int i = 0; i < COUNT; i++)
            ask_step(stage, first + i, &asked[i]);
        stage_wait(stage, asked, (size_t)(1 + wave * 150)); /* the others are anywhere */
        postgres_kill(stage_cluster);
        stage_wait(stage, asked, COUNT);
        assert_true(postgres_start(stage_cluster));
        wait_until_ready(stage);
        int acknowledged = 0;
        for (int i = 0; i < COUNT; i++) {
            acknowledged += asked[i].status == STATUS_OK;
            assert_true(asked[i].status == STATUS_OK || asked[i].status == STATUS_UNAVAILABLE);
        }
        char sql[128];
        (void)snprintf(sql, sizeof sql, "SELECT count(*) FROM instances"); /* fits */
        int64_t stored = stage->backend->query(stage, sql);
        assert_true(stored >= first + acknowledged);
        for (int i = 0; i < COUNT; i++) { /* asking again does each once */
            bool was_acknowledged = asked[i].status == STATUS_OK;
            asked_free(&asked[i]);
            ask_step(stage, first + i, &asked[i]);
            stage_wait(stage, &asked[i], 1);
            assert_int_equal(asked[i].status, STATUS_OK);
            if (was_acknowledged)
                assert_true(REPLY(asked[i], CommitStep)->repeated_event);
            asked_free(&asked[i]);
        }
        assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM journal"),
                         first + COUNT);
        assert_int_equal(stage->backend->query(stage, "SELECT max(seq) FROM instances"), 1);
    }
}

/* ---- two stores -------------------------------------------------------------------------- */

static void two_stores_let_one_step_win(void **state)
{
    enum { COUNT = 300 };
    struct stage *stage = *state;
    stage_start(stage, 1);
    static struct asked asked[COUNT];
    for (int i = 0; i < COUNT; i++) { /* a hundred instances, three who begin each */
        char instance_id[32], event_id[32];
        (void)snprintf(instance_id, sizeof instance_id, "seek:%d", i / 3); /* fits */
        (void)snprintf(event_id, sizeof event_id, "event-%d", i);          /* fits */
        Arbiter__V1__InboxEvent event = ARBITER__V1__INBOX_EVENT__INIT;
        event.event_id = event_id;
        event.name = "go";
        Arbiter__V1__CommitStepRequest step = ARBITER__V1__COMMIT_STEP_REQUEST__INIT;
        step.instance_id = instance_id;
        step.arrived = &event;
        step.now_ms = stage_now(stage);
        stage_ask(stage, "CommitStep", &step.base, NULL, &asked[i]);
    }
    stage_wait(stage, asked, COUNT);
    for (int i = 0; i < COUNT; i += 3) {
        int won = 0;
        for (int j = i; j < i + 3; j++) {
            won += asked[j].status == STATUS_OK;
            assert_true(asked[j].status == STATUS_OK || asked[j].status == STATUS_ABORTED);
            asked_free(&asked[j]);
        }
        assert_int_equal(won, 1);
    }
    struct store_stats stats[2];
    store_stats(stage->stores[0], &stats[0]);
    store_stats(stage->stores[1], &stats[1]);
    assert_true(stats[0].operations > 0 && stats[1].operations > 0);
}

static void two_stores_fire_each_timer_once(void **state)
{
    enum { COUNT = 3000 };
    struct stage *stage = *state;
    char sql[256];
    stage_start(stage, 1);
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO timers SELECT 'seek:' || i, 't', '$timer.t', %lld + i / 10, NULL, 1 "
        "FROM generate_series(1, %d) AS i",
        (long long)(stage_now(stage) + 500), COUNT); /* fits */
    (void)stage->backend->query(stage, sql);
    stage_run(stage, 3000);
    struct store_stats stats[2];
    store_stats(stage->stores[0], &stats[0]);
    store_stats(stage->stores[1], &stats[1]);
    assert_int_equal(stats[0].timers_fired + stats[1].timers_fired, COUNT);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM inbox"), COUNT);
}

/* ---- events ------------------------------------------------------------------------------ */

static void emit(struct stage *stage, char *instance_id)
{
    Arbiter__V1__OutEvent event = ARBITER__V1__OUT_EVENT__INIT;
    Arbiter__V1__OutEvent *events[] = {&event};
    event.kind = "tournament";
    event.id = instance_id;
    event.name = "started";
    Arbiter__V1__CommitStepRequest step = ARBITER__V1__COMMIT_STEP_REQUEST__INIT;
    step.instance_id = instance_id;
    step.events = events;
    step.n_events = 1;
    struct asked asked = stage_call(stage, "CommitStep", &step.base, NULL);
    assert_int_equal(asked.status, STATUS_OK);
    asked_free(&asked);
}

/* Lists events after a position; returns how many, and where to go on. */
static size_t list_events(struct stage *stage, int64_t *position)
{
    Arbiter__V1__ListEventsRequest request = ARBITER__V1__LIST_EVENTS_REQUEST__INIT;
    request.after = *position;
    struct asked asked = stage_call(stage, "ListEvents", &request.base, NULL);
    assert_int_equal(asked.status, STATUS_OK);
    size_t count = REPLY(asked, ListEvents)->n_events;
    for (size_t i = 0; i < count; i++)
        assert_true(REPLY(asked, ListEvents)->events[i]->position > *position);
    *position = REPLY(asked, ListEvents)->position;
    asked_free(&asked);
    return count;
}

static void on_position(const struct sql_result *result, void *user)
{
    assert_int_equal(result->status, STATUS_OK);
    *(int64_t *)user = sql_read_integer(result, 0, 0);
}

static void on_done(enum status status, void *user)
{
    assert_int_equal(status, STATUS_OK);
    *(bool *)user = true;
}

static void finish(struct stage *stage, struct sql_session *session)
{
    bool is_done = false;
    sql_sync(session, on_done, &is_done);
    for (int i = 0; i < 500 && !is_done; i++)
        stage_run(stage, 10);
    assert_true(is_done);
}

static void late_commits_are_never_skipped(void **state)
{
    struct stage *stage = *state;
    struct sql_session *slow = stage->backend->session(stage, true);
    for (int i = 0; i < 500 && !sql_is_ready(slow); i++)
        stage_run(stage, 10);
    int64_t base = 0;
    emit(stage, "t:1");
    sql_send(slow, STATEMENT_BEGIN, NULL, 0, NULL, NULL);
    sql_send(slow, STATEMENT_POSITION_BASE, NULL, 0, on_position, &base);
    finish(stage, slow);
    emit(stage, "t:2"); /* commits before the slow one, with a later position */
    int64_t position = 0;
    assert_int_equal(list_events(stage, &position), 1);
    sql_send(slow, STATEMENT_TOPIC_LOCK, SQL_PARAMETERS(sql_text("slow.x")), NULL, NULL);
    sql_send(slow, STATEMENT_EVENT_PUT,
             SQL_PARAMETERS(sql_text("slow.x"), sql_integer(base), sql_text("slow"), sql_text("x"),
                            sql_text("came"), sql_integer(1), sql_null()),
             NULL, NULL);
    sql_send(slow, STATEMENT_COMMIT, NULL, 0, NULL, NULL);
    finish(stage, slow);
    assert_int_equal(list_events(stage, &position), 2);
    assert_int_equal(list_events(stage, &position), 0);
    sql_destroy(slow);
}

struct heard {
    size_t count;
    int64_t position;
    bool is_in_order;
};

static enum status on_heard(const char *subject, const void *data, size_t size,
                            uint64_t stream_sequence, void *user)
{
    (void)subject, (void)stream_sequence; /* the event has both */
    struct heard *heard = user;
    Arbiter__V1__Event *event = arbiter__v1__event__unpack(NULL, size, data);
    assert_non_null(event);
    assert_true(event->sequence > 0);
    heard->is_in_order = heard->is_in_order && event->position > heard->position &&
                         (heard->count == 0 || event->after == heard->position);
    heard->position = event->position;
    heard->count++;
    arbiter__v1__event__free_unpacked(event, NULL);
    return STATUS_OK;
}

/* Sixty steps at once, to whichever store takes them; each on a topic of its own, or all on one. */
static void emit_many(struct stage *stage, int round, char *topic)
{
    enum { COUNT = 60 };
    static struct asked asked[COUNT];
    for (int i = 0; i < COUNT; i++) {
        char instance_id[32];
        (void)snprintf(instance_id, sizeof instance_id, "t:%d-%d", round, i); /* fits */
        Arbiter__V1__OutEvent event = ARBITER__V1__OUT_EVENT__INIT;
        Arbiter__V1__OutEvent *events[] = {&event};
        event.kind = "tournament";
        event.id = topic != NULL ? topic : instance_id;
        event.name = "started";
        Arbiter__V1__CommitStepRequest step = ARBITER__V1__COMMIT_STEP_REQUEST__INIT;
        step.instance_id = instance_id;
        step.events = events;
        step.n_events = 1;
        stage_ask(stage, "CommitStep", &step.base, NULL, &asked[i]);
    }
    stage_wait(stage, asked, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(asked[i].status, STATUS_OK);
        asked_free(&asked[i]);
    }
}

/* What is published without being read back is what would have been read. */
static void stores_publish_in_order_beside_a_slow_one(void **state)
{
    enum { ROUNDS = 6 };
    struct stage *stage = *state;
    struct heard heard = {.is_in_order = true};
    stage_run(stage, 1500); /* one of them has the lease */
    assert_int_equal(
        bus_consume(stage->asker, "ARBITER_EVENTS", "test", "arbiter.v1.evt.>", on_heard, &heard),
        STATUS_OK);
    struct sql_session *slow = stage->backend->session(stage, true);
    for (int i = 0; i < 500 && !sql_is_ready(slow); i++)
        stage_run(stage, 10);
    for (int round = 0; round < ROUNDS; round++) {
        int64_t base = 0;
        if (round == 2)
            stage_start(stage, 1);
        emit_many(stage, 3 * round, NULL);
        sql_send(slow, STATEMENT_BEGIN, NULL, 0, NULL, NULL);
        sql_send(slow, STATEMENT_POSITION_BASE, NULL, 0, on_position, &base);
        finish(stage, slow);
        emit_many(stage, 3 * round + 1, NULL);
        sql_send(slow, STATEMENT_TOPIC_LOCK, SQL_PARAMETERS(sql_text("slow.x")), NULL, NULL);
        sql_send(slow, STATEMENT_EVENT_PUT,
                 SQL_PARAMETERS(sql_text("slow.x"), sql_integer(base), sql_text("slow"),
                                sql_text("x"), sql_text("came"), sql_integer(1), sql_null()),
                 NULL, NULL);
        sql_send(slow, STATEMENT_COMMIT, NULL, 0, NULL, NULL);
        finish(stage, slow);
        emit_many(stage, 3 * round + 2, NULL);
    }
    int64_t count = stage->backend->query(stage, "SELECT count(*) FROM events");
    for (int i = 0; i < 1000 && heard.count < (size_t)count; i++)
        stage_run(stage, 10);
    struct store_stats stats;
    store_stats(stage->stores[0], &stats);
    assert_int_equal(heard.count, count);
    assert_true(heard.is_in_order);
    assert_true(stats.events_kept > 0 && stats.events_kept < (uint64_t)count);
    sql_destroy(slow);
}

static void two_stores_count_a_topic_together(void **state)
{
    struct stage *stage = *state;
    stage_start(stage, 1);
    stage_run(stage, 500);
    for (int round = 0; round < 4; round++)
        emit_many(stage, round, "busy");
    struct store_stats stats;
    for (int i = 0; i < 2; i++) {
        store_stats(stage->stores[i], &stats);
        assert_true(stats.commits > 0);
    }
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM events"), 240);
    assert_int_equal(stage->backend->query(
                         stage, "SELECT max(sequence) FROM events WHERE topic = 'tournament.busy'"),
                     240);
}

static void restored_dump_goes_on_from_its_positions(void **state)
{
    struct stage *stage = *state;
    emit(stage, "t:1");
    /* As if the cluster that wrote it had been much busier. */
    (void)stage->backend->query(stage, "UPDATE events SET position = position + (1::bigint << 60)");
    stage_kill(stage, 0);
    const char *conninfo = stage_pg_conninfo(stage);
    struct fault fault;
    int applied = -1;
    assert_int_equal(sql_pg_migrate(conninfo, &applied, &fault), STATUS_OK);
    assert_int_equal(applied, 0);
    stage_start(stage, 0);
    int64_t position = 0;
    assert_int_equal(list_events(stage, &position), 1);
    emit(stage, "t:2");
    assert_int_equal(list_events(stage, &position), 1);
    assert_int_equal(list_events(stage, &position), 0);
}

static void newer_database_is_refused(void **state)
{
    struct stage *stage = *state;
    (void)stage->backend->query(stage, "INSERT INTO migrations VALUES (9999, 'of the future')");
    struct fault fault;
    int applied = 0;
    assert_int_equal(sql_pg_migrate(stage_pg_conninfo(stage), &applied, &fault),
                     STATUS_FAILED_PRECONDITION);
    assert_non_null(strstr(fault.text, "9999"));
}

/* ---- partitions -------------------------------------------------------------------------- */

static void journal_has_partitions_ahead(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(take_step(stage, 0).status, STATUS_OK);
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM pg_inherits WHERE "
                                                  "inhparent = 'journal'::regclass"),
                     4); /* three months and the rest */
    assert_int_equal(stage->backend->query(stage, "SELECT count(*) FROM journal_other"), 0);
}

static int open_cluster(void **state)
{
    (void)state; /* cases have stages */
    stage_cluster = postgres_create(NULL);
    return stage_cluster != NULL ? 0 : -1;
}

static int close_cluster(void **state)
{
    (void)state; /* cases have stages */
    postgres_destroy(stage_cluster);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
    static const struct CMUnitTest cases[] = {
        CASE(requests_are_refused_while_postgres_is_away),
        CASE(what_was_acknowledged_survives_a_crash),
        CASE(two_stores_let_one_step_win),
        CASE(two_stores_fire_each_timer_once),
        CASE(late_commits_are_never_skipped),
        CASE(stores_publish_in_order_beside_a_slow_one),
        CASE(two_stores_count_a_topic_together),
        CASE(restored_dump_goes_on_from_its_positions),
        CASE(newer_database_is_refused),
        CASE(journal_has_partitions_ahead),
    };
    if (postgres_missing()) {
        (void)fprintf(stderr, "skipped: PostgreSQL is not installed\n");
        return 77;
    }
    return cmocka_run_group_tests(cases, open_cluster, close_cluster);
}
