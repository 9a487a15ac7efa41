/* meta: requests between players, answers, silence, and what each may not do. */
#include "gamesvc/rules/meta.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

static struct timing timing;
static struct meta_game game;
static struct meta meta;
static struct meta_outcome outcome;
static int64_t now_ms;

static int setup(void **state)
{
    static const struct timing_control control = {TIMING_REAL_TIME, 600000, 0, 60000, 0};
    (void)state;
    now_ms = 0;
    timing = timing_full(&control);
    timing_start(&timing, 0, 0);
    game = (struct meta_game){.timing = &timing};
    meta = (struct meta){0};
    return 0;
}

/* Returns "" or the reason of the refusal; checks that the state survives its line. */
static const char *say(enum rules_party actor, enum meta_kind kind, const char *id,
                       const char *answers)
{
    struct meta before = meta;
    struct meta_event event = {kind, actor, id, answers, now_ms};
    meta_apply(&meta, &game, &event, &outcome);
    if (outcome.verdict == RULES_REFUSED)
        assert_memory_equal(&before, &meta, sizeof meta);
    char memory[4096];
    struct arena arena;
    struct text text;
    struct meta read;
    struct text again;
    arena_init_fixed(&arena, memory, sizeof memory);
    text_start(&text, &arena);
    meta_encode(&meta, &text);
    assert_true(meta_decode(text_reader(text.data, text.size), &read));
    text_start(&again, &arena);
    meta_encode(&read, &again);
    assert_string_equal(text_end(&text), text_end(&again));
    return outcome.reason;
}

static void an_abort_is_granted_by_the_other_player_only(void **state)
{
    (void)state;
    assert_string_equal(say(RULES_FIRST, META_REQUEST_ABORT, "a", NULL), "");
    assert_int_equal(outcome.deadline_ms, 60000);
    assert_string_equal(say(RULES_FIRST, META_ABORT_ACCEPTED, "b", "a"), "NOT_ALLOWED");
    assert_string_equal(say(RULES_WATCHER, META_ABORT_ACCEPTED, "b", "a"), "NOT_ALLOWED");
    assert_string_equal(say(RULES_SECOND, META_ABORT_ACCEPTED, "b", "x"), "NO_SUCH_REQUEST");
    assert_string_equal(say(RULES_SECOND, META_ADJUDICATION_ACCEPTED, "b", "a"), "NO_SUCH_REQUEST");
    assert_string_equal(say(RULES_SECOND, META_ABORT_ACCEPTED, "b", "a"), "");
    assert_int_equal(outcome.effect, META_ABORTS);
    assert_int_equal(outcome.deadline_ms, TIMING_NEVER);
}

static void a_request_can_be_withdrawn_or_denied(void **state)
{
    (void)state;
    (void)say(RULES_FIRST, META_REQUEST_ABORT, "a", NULL);
    assert_string_equal(say(RULES_FIRST, META_ABORT_DENIED, "b", "a"), "");
    assert_false(meta.has_denied[0]);
    assert_string_equal(say(RULES_FIRST, META_REQUEST_ABORT, "c", NULL), "TOO_MANY_REQUESTS");
    (void)say(RULES_SECOND, META_REQUEST_ABORT, "d", NULL);
    assert_string_equal(say(RULES_FIRST, META_ABORT_DENIED, "e", "d"), "");
    assert_true(meta.has_denied[0]);
    assert_int_equal(outcome.effect, META_NO_EFFECT);
}

static void silence_grants(void **state)
{
    (void)state;
    (void)say(RULES_SECOND, META_REQUEST_ADJUDICATION, "a", NULL);
    now_ms = 119999;
    assert_string_equal(say(RULES_SECOND, META_TIMER_EXPIRED, "b", "a"), "NOT_EXPIRED");
    now_ms = 120000;
    assert_string_equal(say(RULES_CLOCK, META_TIMER_EXPIRED, "b", "a"), "");
    assert_int_equal(outcome.effect, META_FORFEITS);
    assert_int_equal(outcome.seat, RULES_FIRST);
}

static void only_the_player_who_waits_nudges(void **state)
{
    (void)state;
    assert_string_equal(say(RULES_FIRST, META_REQUEST_ADJUDICATION, "a", NULL), "NOT_ALLOWED");
    for (int i = 0; i < META_NUDGES_MAX; i++) {
        assert_string_equal(say(RULES_SECOND, META_REQUEST_ADJUDICATION, "b", NULL), "");
        assert_true(meta_turn_played(&meta));
        assert_false(meta_turn_played(&meta));
    }
    assert_string_equal(say(RULES_SECOND, META_REQUEST_ADJUDICATION, "c", NULL),
                        "TOO_MANY_REQUESTS");
    setup(NULL);
    game.in_tournament = true;
    assert_string_equal(say(RULES_SECOND, META_REQUEST_ADJUDICATION, "d", NULL), "NOT_ALLOWED");
}

static void one_request_at_a_time(void **state)
{
    (void)state;
    (void)say(RULES_FIRST, META_REQUEST_ABORT, "a", NULL);
    assert_string_equal(say(RULES_SECOND, META_REQUEST_ADJUDICATION, "b", NULL), "REQUEST_OPEN");
    assert_string_equal(say(RULES_SECOND, META_REQUEST_ABORT, "b", NULL), "REQUEST_OPEN");
}

static void there_is_a_time_for_requests(void **state)
{
    (void)state;
    game.turn_count = META_ABORT_TURNS_MAX + 1;
    assert_string_equal(say(RULES_FIRST, META_REQUEST_ABORT, "a", NULL), "TOO_LATE");
    game.turn_count = META_ABORT_TURNS_MAX;
    now_ms = 600000 + 60000 - META_ALMOST_OVER_MS + 1;
    assert_string_equal(say(RULES_FIRST, META_REQUEST_ABORT, "a", NULL), "ALMOST_OVER");
    now_ms--;
    assert_string_equal(say(RULES_FIRST, META_REQUEST_ABORT, "a", NULL), "");
}

static void time_is_given_in_casual_games_between_people(void **state)
{
    (void)state;
    assert_string_equal(say(RULES_SECOND, META_ADD_TIME, "a", NULL), "");
    assert_int_equal(outcome.effect, META_ADDS_TIME);
    assert_int_equal(outcome.seat, RULES_FIRST);
    game.with_bot = true;
    assert_string_equal(say(RULES_SECOND, META_ADD_TIME, "a", NULL), "NOT_ALLOWED");
    game.with_bot = false;
    game.rated = true;
    assert_string_equal(say(RULES_SECOND, META_ADD_TIME, "a", NULL), "NOT_ALLOWED");
    timing.control.kind = TIMING_CORRESPONDENCE;
    game.rated = false;
    assert_string_equal(say(RULES_SECOND, META_ADD_TIME, "a", NULL), "NOT_ALLOWED");
    assert_string_equal(say(RULES_SECOND, META_REQUEST_ABORT, "a", NULL), "NOT_ALLOWED");
}

static void what_is_not_done_is_refused_and_the_end_ends_all(void **state)
{
    (void)state;
    assert_string_equal(say(RULES_SECOND, META_REQUEST_UNDO, "a", NULL), "NOT_ALLOWED");
    assert_string_equal(say(RULES_SECOND, META_REQUEST_ADJOURN, "a", NULL), "NOT_ALLOWED");
    assert_string_equal(say(RULES_SECOND, META_REQUEST_ABORT, "two words", NULL), "BAD_EVENT_ID");
    game.over = true;
    assert_string_equal(say(RULES_SECOND, META_REQUEST_ABORT, "a", NULL), "");
    assert_int_equal(outcome.effect, META_NO_EFFECT);
    assert_false(outcome.announce);
    assert_false(meta.is_open);
}

static void lines_that_are_not_written_are_not_read(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "meta",
        "meta 0 0 0 0 0 0 0 0 0",
        "meta 2 0 0 0 0 0 0 0 0 -",
        "meta 0 0 0 0 0 0 2 0 0 x",
        "meta 0 0 0 0 0 0 0 0 0 - -",
        "meta 0 0 0 0 0 0 0 0 0 \x7f",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct meta read;
        assert_false(meta_decode(text_reader(lines[i], strlen(lines[i])), &read));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_abort_is_granted_by_the_other_player_only, setup),
        cmocka_unit_test_setup(a_request_can_be_withdrawn_or_denied, setup),
        cmocka_unit_test_setup(silence_grants, setup),
        cmocka_unit_test_setup(only_the_player_who_waits_nudges, setup),
        cmocka_unit_test_setup(one_request_at_a_time, setup),
        cmocka_unit_test_setup(there_is_a_time_for_requests, setup),
        cmocka_unit_test_setup(time_is_given_in_casual_games_between_people, setup),
        cmocka_unit_test_setup(what_is_not_done_is_refused_and_the_end_ends_all, setup),
        cmocka_unit_test_setup(lines_that_are_not_written_are_not_read, setup),
    };
    return cmocka_run_group_tests_name("meta", tests, NULL, NULL);
}
