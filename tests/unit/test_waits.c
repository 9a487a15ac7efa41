/* waits: seeks of one kind teach how long others will wait. */
#include "seeks/waits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

static struct waits *waits;
static struct arena arena;

static int begin(void **state)
{
    (void)state;
    waits = waits_create();
    arena_init(&arena, 1 << 20);
    return waits != NULL ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    waits_destroy(waits);
    arena_deinit(&arena);
    return 0;
}

/* A seek that waited so long, with the estimate it was told. */
static void add(const char *id, int32_t minutes, const char *status, int64_t waited_ms,
                int64_t high_ms)
{
    Arbiter__V1__GameRequest game = ARBITER__V1__GAME_REQUEST__INIT;
    Arbiter__V1__Seek seek = ARBITER__V1__SEEK__INIT;
    game.rules = (char *)"crossword";
    game.initial_time_ms = minutes * 60000;
    seek.seek_id = (char *)id;
    seek.policy = (char *)"default";
    seek.request = &game;
    seek.status = (char *)status;
    seek.created_at_ms = 1000000;
    seek.closed_at_ms = 1000000 + waited_ms;
    seek.high_ms = high_ms;
    waits_add(waits, &seek);
}

static struct seeking_estimate ask(int32_t minutes, int64_t waited_ms)
{
    Arbiter__V1__GameRequest game = ARBITER__V1__GAME_REQUEST__INIT;
    struct seeking_estimate rest = {0};
    game.rules = (char *)"crossword";
    game.initial_time_ms = minutes * 60000;
    assert_int_equal(waits_estimate(waits, "default", &game, waited_ms, &arena, &rest), STATUS_OK);
    return rest;
}

static void a_kind_that_is_not_known_has_some_estimate(void **state)
{
    (void)state;
    struct seeking_estimate rest = ask(3, 0);
    assert_int_equal(rest.samples, 0);
    assert_true(rest.low_ms > 0 && rest.low_ms < rest.middle_ms && rest.middle_ms < rest.high_ms);
}

static void kinds_learn_apart(void **state)
{
    char id[32];
    (void)state;
    for (int i = 0; i < 50; i++) {
        (void)snprintf(id, sizeof id, "quick%d", i);
        add(id, 3, "matched", 1000 + 10 * i, 0);
        (void)snprintf(id, sizeof id, "slow%d", i);
        add(id, 60, "matched", 600000 + 1000 * i, 0);
    }
    assert_int_equal(ask(3, 0).samples, 50);
    assert_in_range(ask(3, 0).middle_ms, 1000, 1500);
    assert_in_range(ask(60, 0).middle_ms, 600000, 650000);
    /* Whoever has waited is told the rest. */
    assert_in_range(ask(60, 500000).middle_ms, 100000, 150000);
}

static void a_seek_counts_once_and_an_open_one_not_at_all(void **state)
{
    (void)state;
    add("one", 3, "matched", 1000, 0);
    add("one", 3, "matched", 1000, 0);
    assert_int_equal(ask(3, 0).samples, 1);
    Arbiter__V1__Seek open = ARBITER__V1__SEEK__INIT;
    open.seek_id = (char *)"open";
    waits_add(waits, &open);
    assert_int_equal(ask(3, 0).samples, 1);
}

static void the_newest_are_kept(void **state)
{
    char id[16];
    (void)state;
    for (int i = 0; i < 2 * WAITS_KEPT; i++) {
        (void)snprintf(id, sizeof id, "s%d", i);
        add(id, 3, "matched", i < WAITS_KEPT ? 900000 : 2000, 0);
    }
    assert_int_equal(ask(3, 0).samples, WAITS_KEPT);
    assert_int_equal(ask(3, 0).high_ms, 2000);
}

static void more_kinds_than_fit_push_out_the_oldest(void **state)
{
    (void)state;
    add("first", 1, "matched", 1000, 0);
    for (int32_t minutes = 2; minutes < WAITS_KINDS_MAX + 2; minutes++)
        add("more", minutes, "matched", 1000, 0);
    assert_int_equal(ask(WAITS_KINDS_MAX + 1, 0).samples, 1);
    assert_int_equal(ask(1, 0).samples, 0);
}

static void what_was_promised_is_counted(void **state)
{
    uint64_t told;
    uint64_t held;
    (void)state;
    add("within", 3, "matched", 1000, 2000);
    add("later", 3, "matched", 3000, 2000);
    add("untold", 3, "matched", 3000, 0);
    add("gave_up", 3, "cancelled", 1000, 2000);
    waits_calibration(waits, &told, &held);
    assert_int_equal(told, 2);
    assert_int_equal(held, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_kind_that_is_not_known_has_some_estimate),    TEST(kinds_learn_apart),
        TEST(a_seek_counts_once_and_an_open_one_not_at_all), TEST(the_newest_are_kept),
        TEST(more_kinds_than_fit_push_out_the_oldest),       TEST(what_was_promised_is_counted),
    };
    return cmocka_run_group_tests_name("waits", tests, NULL, NULL);
}
