/* zone: every zone of the machine's database against the C library's own reader, over more than a
 * century; local times against a search of all moments near them; bytes that are no zone. */
#include "schedule/zone.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const char *const names[] = {
    "Europe/Berlin",    "Europe/London",     "Europe/Dublin",       "Europe/Moscow",
    "America/New_York", "America/Sao_Paulo", "America/St_Johns",    "America/Caracas",
    "Asia/Tehran",      "Asia/Kathmandu",    "Asia/Pyongyang",      "Asia/Gaza",
    "Africa/Cairo",     "Africa/Casablanca", "Australia/Lord_Howe", "Pacific/Apia",
    "Pacific/Chatham",  "Antarctica/Troll",  "Etc/GMT+5",           "UTC",
};

enum { STEP = 6 * 3600 + 1231 };

static const struct zone *load(struct arena *arena, const char *name)
{
    const struct zone *zone = NULL;
    struct fault fault = {0};
    arena_init(arena, 4 << 20);
    if (zone_load(arena, name, &zone, &fault) != STATUS_OK)
        fail_msg("%s: %s", name, fault.text);
    return zone;
}

static void offsets_are_those_of_the_c_library(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct arena arena;
        const struct zone *zone = load(&arena, names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t t = -1577923200; t < 4102444800; t += STEP) { /* 1920 to 2100 */
            time_t seconds = (time_t)t;
            struct tm fields;
            assert_non_null(localtime_r(&seconds, &fields));
            if (zone_offset(zone, t) != fields.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", names[i], (long long)t, zone_offset(zone, t),
                         fields.tm_gmtoff);
        }
        arena_deinit(&arena);
    }
}

/* All moments whose clocks show `local`, by looking at every minute near it. */
static int search(const struct zone *zone, int64_t local, int64_t found[2])
{
    int count = 0;
    for (int64_t t = local - 15 * 3600; t <= local + 15 * 3600; t += 60)
        if (t + zone_offset(zone, t) == local && count < 2)
            found[count++] = t;
    return count;
}

static void local_times_stand_for_none_one_or_two_moments(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t from; /* about a change of clocks */
    } changes[] = {
        {"Europe/Berlin", 1774749600},       /* 2026-03-29, an hour forward */
        {"Europe/Berlin", 1792893600},       /* 2026-10-25, an hour back */
        {"Australia/Lord_Howe", 1775314800}, /* half an hour */
        {"Pacific/Apia", 1325239200},        /* a whole day left out */
        {"America/New_York", 1793512800},
    };
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct arena arena;
        const struct zone *zone = load(&arena, changes[i].name);
        for (int64_t local = changes[i].from - 36 * 3600; local < changes[i].from + 36 * 3600;
             local += 600) {
            int64_t found[2] = {0};
            int count = search(zone, local, found);
            struct zone_moments moments = zone_moments_of(zone, local);
            if (moments.count != count)
                fail_msg("%s, local %lld: %d moments, not %d", changes[i].name, (long long)local,
                         moments.count, count);
            for (int j = 0; j < count; j++)
                assert_int_equal(moments.seconds[j], found[j]);
            if (count == 0) {
                assert_true(zone_offset(zone, moments.gap_end) -
                                zone_offset(zone, moments.gap_end - 1) ==
                            moments.gap_seconds);
                assert_true(moments.gap_end + zone_offset(zone, moments.gap_end) > local);
            }
        }
        arena_deinit(&arena);
    }
}

static void names_and_bytes_that_are_no_zone_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",  "Europe/Berln", "../../etc/passwd", "/etc/passwd", "Europe", "posixrules/",
        "-", "tzdata.zi",    "zone.tab"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct arena arena;
        const struct zone *zone = NULL;
        struct fault fault = {0};
        arena_init(&arena, 1 << 20);
        enum status status = zone_load(&arena, bad[i], &zone, &fault);
        assert_true(status != STATUS_OK);
        assert_null(zone);
        assert_true(fault.text[0] != '\0');
        arena_deinit(&arena);
    }
}

/* A file cut anywhere, and with any one byte changed, is refused or read; never more. */
static void damaged_files_do_no_harm(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    assert_int_equal(buffer_read_file(&bytes, ZONE_FOLDER "/Europe/Berlin"), STATUS_OK);
    for (size_t i = 0; i < bytes.size; i++) {
        struct arena arena;
        const struct zone *zone = NULL;
        arena_init(&arena, 1 << 20);
        assert_int_equal(zone_parse(&arena, (const uint8_t *)bytes.data, i, &zone),
                         STATUS_DATA_LOSS);
        bytes.data[i] = (char)(bytes.data[i] ^ 0x5a);
        if (zone_parse(&arena, (const uint8_t *)bytes.data, bytes.size, &zone) == STATUS_OK)
            (void)zone_offset(zone, 1774749600); /* any answer is one */
        bytes.data[i] = (char)(bytes.data[i] ^ 0x5a);
        arena_deinit(&arena);
    }
    buffer_deinit(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_c_library),
        cmocka_unit_test(local_times_stand_for_none_one_or_two_moments),
        cmocka_unit_test(names_and_bytes_that_are_no_zone_are_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
    };
    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
