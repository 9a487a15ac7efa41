/* base: arenas, buffers, faults, seeded numbers, status names. */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/random.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void arena_hands_out_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t size = 0; size < 300; size++) {
        unsigned char *bytes = arena_alloc(&arena, size);
        assert_non_null(bytes);
        assert_int_equal((uintptr_t)bytes % sizeof(void *), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(bytes[i], 0);
        memset(bytes, 0xFF, size);
    }
    arena_reset(&arena);
    unsigned char *again = arena_alloc(&arena, 100);
    assert_int_equal(again[0], 0);
    arena_deinit(&arena);
}

static void arena_stops_at_its_limit_and_recovers(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1024);
    assert_null(arena_alloc(&arena, 2000));
    assert_true(arena_full(&arena));
    assert_null(arena_array(&arena, SIZE_MAX / 2, 4));
    assert_non_null(arena_alloc(&arena, 1000));
    assert_null(arena_alloc(&arena, 100));
    arena_reset(&arena);
    assert_false(arena_full(&arena));
    assert_non_null(arena_alloc(&arena, 100));
    arena_deinit(&arena);
}

static void arena_rewinds_to_a_mark(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 24);
    char *kept = arena_copy(&arena, "kept", 4);
    struct arena_mark mark = arena_mark(&arena);
    for (int i = 0; i < 100; i++)
        assert_non_null(arena_alloc(&arena, 10000));
    arena_rewind(&arena, mark);
    assert_string_equal(kept, "kept");
    assert_string_equal(arena_format(&arena, "%d", 42), "42");
    arena_deinit(&arena);
}

static void fixed_arena_stays_in_its_buffer(void **state)
{
    (void)state;
    char buffer[257];
    struct arena arena;
    arena_init_fixed(&arena, buffer + 1, sizeof buffer - 1);
    char *bytes;
    int count = 0;
    while ((bytes = arena_alloc(&arena, 16)) != NULL) {
        assert_true(bytes > buffer && bytes + 16 <= buffer + sizeof buffer);
        count++;
    }
    assert_in_range(count, 14, 16);
}

static void buffer_grows_and_fails_once_at_its_limit(void **state)
{
    (void)state;
    struct buffer buffer = {.limit = 1000};
    assert_string_equal(buffer_text(&buffer), "");
    for (int i = 0; i < 300; i++)
        buffer_format(&buffer, "%d,", i);
    assert_true(buffer.failed);
    assert_true(buffer.size <= 1000);
    buffer_reset(&buffer);
    buffer_append_text(&buffer, "again");
    assert_false(buffer.failed);
    assert_string_equal(buffer_text(&buffer), "again");
    buffer_deinit(&buffer);
}

static void buffer_reports_a_missing_file(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    assert_int_equal(buffer_read_file(&buffer, "/nonexistent/file"), STATUS_NOT_FOUND);
    assert_int_equal(buffer_read_file(&buffer, "LICENSE"), STATUS_OK);
    assert_memory_equal(buffer_text(&buffer), "MIT License", 11);
    buffer_deinit(&buffer);
}

static void fault_text_is_cut_between_characters(void **state)
{
    (void)state;
    char text[400] = "x";
    for (size_t i = 1; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 2);
    struct fault fault;
    assert_int_equal(fault_set(&fault, 3, 7, "%s", text), STATUS_INVALID_ARGUMENT);
    assert_int_equal(fault.line, 3);
    size_t size = strlen(fault.text);
    assert_int_equal((unsigned char)fault.text[size - 1], 0xA9);
}

static void random_numbers_follow_from_the_seed(void **state)
{
    (void)state;
    struct random a, b, other;
    random_init(&a, 7);
    random_init(&b, 7);
    random_init_stream(&other, 7, "pairing", 1);
    assert_true(random_next(&a) == random_next(&b));
    assert_true(random_next(&a) != random_next(&other));
    for (uint64_t bound = 1; bound < 100; bound++)
        assert_true(random_below(&a, bound) < bound);
}

static void status_codes_have_grpc_names(void **state)
{
    (void)state;
    assert_string_equal(status_name(STATUS_FULL), "RESOURCE_EXHAUSTED");
    assert_string_equal(status_name((enum status)99), "UNKNOWN");
    assert_int_equal(status_from_code(14), STATUS_UNAVAILABLE);
    assert_int_equal(status_from_code(-3), STATUS_UNKNOWN);
}

static void log_quote_escapes_what_players_write(void **state)
{
    (void)state;
    char out[16];
    assert_string_equal(log_quote("a\"b\n", out, sizeof out), "\"a\\\"b \"");
    assert_string_equal(log_quote("a very long name indeed", out, sizeof out), "\"a very long \"");
}

/* ---- the house's time -------------------------------------------------------------------- */

static void a_house_without_a_pace_runs_as_the_world_does(void **state)
{
    (void)state;
    const struct clock_pace pace = {0};
    assert_int_equal(clock_house_ms(&pace, 1790000000123), 1790000000123);
    assert_int_equal(clock_wall_ms(&pace, 1790000000123), 1790000000123);
}

static void a_fast_house_runs_ahead_from_its_start(void **state)
{
    (void)state;
    const struct clock_pace pace = {.start_ms = 5000, .from_ms = 1000000, .speed = 60};
    assert_int_equal(clock_house_ms(&pace, 4000), 999000);
    assert_int_equal(clock_house_ms(&pace, 5000), 1000000);
    assert_int_equal(clock_house_ms(&pace, 6000), 1060000);
}

static void what_is_due_is_not_found_too_early(void **state)
{
    (void)state;
    const struct clock_pace pace = {.start_ms = 5000, .speed = 60};
    for (int64_t due_ms = 4900; due_ms < 5200; due_ms++) {
        int64_t wall_ms = clock_wall_ms(&pace, due_ms);
        assert_true(clock_house_ms(&pace, wall_ms) >= due_ms);
        assert_true(clock_house_ms(&pace, wall_ms - 1) < due_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_hands_out_zeroed_aligned_memory),
        cmocka_unit_test(arena_stops_at_its_limit_and_recovers),
        cmocka_unit_test(arena_rewinds_to_a_mark),
        cmocka_unit_test(fixed_arena_stays_in_its_buffer),
        cmocka_unit_test(buffer_grows_and_fails_once_at_its_limit),
        cmocka_unit_test(buffer_reports_a_missing_file),
        cmocka_unit_test(fault_text_is_cut_between_characters),
        cmocka_unit_test(random_numbers_follow_from_the_seed),
        cmocka_unit_test(status_codes_have_grpc_names),
        cmocka_unit_test(a_house_without_a_pace_runs_as_the_world_does),
        cmocka_unit_test(a_fast_house_runs_ahead_from_its_start),
        cmocka_unit_test(what_is_due_is_not_found_too_early),
        cmocka_unit_test(log_quote_escapes_what_players_write),
    };
    return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
