/* seeking: who may play whom, waves, why not yet, and how long it will take. */
#include "orchestrator/seeking/estimate.h"
#include "orchestrator/seeking/policy/seeking_policy.h"

#include "base/buffer.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 10000000, SECOND = 1000, PEOPLE = 64 };

/* A pool being arranged: tickets t0, t1, … of players p0, p1, … */
struct pool {
    struct arena arena;
    const struct seeking_policy *policy;
    struct seeking_ticket tickets[PEOPLE];
    int32_t count;
};

static void open_pool(struct pool *pool, const char *text)
{
    arena_init(&pool->arena, 64 << 20);
    struct yaml_faults faults = {.arena = &pool->arena};
    if (seeking_policy_read(&pool->arena, text, strlen(text), NULL, &faults, &pool->policy) !=
        STATUS_OK)
        fail_msg("%d:%d: %s", faults.items[0].line, faults.items[0].column, faults.items[0].text);
    pool->count = 0;
}

static void open_file(struct pool *pool, const char *path)
{
    struct buffer file = {0};
    assert_int_equal(buffer_read_file(&file, path), STATUS_OK);
    open_pool(pool, buffer_text(&file));
    buffer_deinit(&file);
}

static void close_pool(struct pool *pool)
{
    arena_deinit(&pool->arena);
}

static struct seeking_ticket *join(struct pool *pool, double rating, int64_t waited_s)
{
    struct seeking_ticket *ticket = &pool->tickets[pool->count];
    *ticket = (struct seeking_ticket){
        .id = arena_format(&pool->arena, "t%d", pool->count),
        .player = arena_format(&pool->arena, "p%d", pool->count),
        .since_ms = NOW - waited_s * SECOND,
        .facts = {.rating = rating, .deviation = 60},
    };
    pool->count++;
    return ticket;
}

static struct seeking_wave_input input_of(const struct pool *pool)
{
    return (struct seeking_wave_input){.policy = pool->policy,
                                       .tickets = pool->tickets,
                                       .count = pool->count,
                                       .now_ms = NOW,
                                       .seed = 7};
}

/* "0-1 2-3": pairs with the lower index first, in order. */
static const char *pairs_of(struct pool *pool)
{
    static char text[1024];
    int mates[PEOPLE];
    struct seeking_wave wave;
    struct seeking_wave_input input = input_of(pool);
    assert_int_equal(seeking_wave(&input, &pool->arena, &wave), STATUS_OK);
    memset(mates, -1, sizeof mates);
    for (int32_t i = 0; i < wave.pair_count; i++) {
        mates[wave.pairs[i].first] = wave.pairs[i].second;
        mates[wave.pairs[i].second] = wave.pairs[i].first;
    }
    text[0] = '\0';
    for (int i = 0; i < pool->count; i++)
        if (mates[i] > i)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%d-%d",
                     text[0] != '\0' ? " " : "", i, mates[i]);
    return text;
}

static const char *why(struct pool *pool, int one, int other, int64_t *out_after_s)
{
    struct seeking_why answer;
    struct seeking_wave_input input = input_of(pool);
    assert_int_equal(seeking_why(&input, one, other, &pool->arena, &answer), STATUS_OK);
    *out_after_s = answer.until_ms == SEEKING_NEVER ? -1 : (answer.until_ms - NOW) / SECOND;
    return answer.count > 0 ? answer.obstacles[0].rule : "";
}

#define HEAD                                                                                       \
    "seeks: x\nattributes:\n  rating: {type: number, from: rating}\n"                              \
    "  balance: {type: number, from: balance}\n  conduct: {type: number, from: conduct}\n"         \
    "  region: {type: text, default: any}\n  tags: {type: texts, default: [en]}\n"                 \
    "  low: {type: number, default: 0}\n  high: {type: number, default: 4000}\n"                   \
    "pair: {near: rating}\nwave: {period: 5s}\nrules:\n  r: "

/* ---- rules --------------------------------------------------------------------------------- */

static void a_rule_keeps_apart_until_it_has_widened(void **state)
{
    static const struct {
        const char *rule;
        int64_t waited_s;
        const char *pairs;
        const char *rule_name;
        int64_t after_s; /* -1: never */
    } cases[] = {
        {"{kind: distance, of: rating, max: 50}", 0, "", "r", -1},
        {"{kind: distance, of: rating, max: 100}", 0, "0-1", "", 0},
        {"{kind: distance, of: rating, max: 50, widen: [{after: 12s, to: 100}]}", 0, "", "r", 15},
        {"{kind: distance, of: rating, max: 50, widen: [{after: 12s, to: 100}]}", 12, "0-1", "", 0},
        {"{kind: distance, of: rating, max: 50, widen: [{every: 5s, by: 10, to: 90}]}", 0, "", "r",
         -1},
        {"{kind: distance, of: rating, max: 50, widen: [{every: 5s, by: 10, to: 100}]}", 0, "", "r",
         25},
        {"{kind: distance, of: rating, max: 50, widen: [{every: 5s, by: 10, to: 90}, {after: 1m, "
         "drop: true}]}",
         10, "", "r", 50},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct pool pool;
        char text[1024];
        int64_t after_s;
        snprintf(text, sizeof text, HEAD "%s\n", cases[i].rule);
        open_pool(&pool, text);
        join(&pool, 1500, cases[i].waited_s);
        join(&pool, 1600, cases[i].waited_s + 60); /* the newest's wait counts */
        assert_string_equal(pairs_of(&pool), cases[i].pairs);
        assert_string_equal(why(&pool, 0, 1, &after_s), cases[i].rule_name);
        if (after_s != cases[i].after_s)
            fail_msg("%s: after %lld s", cases[i].rule, (long long)after_s);
        close_pool(&pool);
    }
}

static void each_one_lies_within_the_others_range(void **state)
{
    (void)state;
    struct pool pool;
    struct value_entry high[] = {{value_text("high"), value_int(1550)}};
    open_pool(&pool, HEAD "{kind: range, of: rating, low: low, high: high}\n");
    join(&pool, 1500, 0)->said = value_map(high, 1);
    join(&pool, 1551, 0);
    assert_string_equal(pairs_of(&pool), "");
    pool.tickets[1].facts.rating = 1550;
    assert_string_equal(pairs_of(&pool), "0-1");
    close_pool(&pool);
}

static void sets_bands_sides_and_texts_are_compared(void **state)
{
    struct value german[] = {value_text("de")};
    struct value both[] = {value_text("de"), value_text("en")};
    struct value_entry tags_german[] = {{value_text("tags"), value_list(german, 1)}};
    struct value_entry tags_both[] = {{value_text("tags"), value_list(both, 2)}};
    struct value_entry eu[] = {{value_text("region"), value_text("eu")}};
    struct pool pool;
    (void)state;
    open_pool(&pool, HEAD "{kind: overlap, of: tags, min: 1}\n");
    join(&pool, 1500, 0)->said = value_map(tags_german, 1);
    join(&pool, 1500, 0);
    assert_string_equal(pairs_of(&pool), "");
    join(&pool, 1700, 0)->said = value_map(tags_both, 1);
    join(&pool, 1700, 0)->said = value_map(tags_both, 1);
    assert_string_equal(pairs_of(&pool), "0-2 1-3");
    close_pool(&pool);

    open_pool(&pool, HEAD "{kind: equal, of: region}\n");
    join(&pool, 1500, 0)->said = value_map(eu, 1);
    join(&pool, 1500, 0);
    join(&pool, 1900, 0)->said = value_map(eu, 1);
    assert_string_equal(pairs_of(&pool), "0-2");
    close_pool(&pool);

    open_pool(&pool, HEAD "{kind: bands, of: conduct, at: [-40, -10]}\n");
    join(&pool, 1500, 0)->facts.conduct = -41;
    join(&pool, 1500, 0)->facts.conduct = -40;
    join(&pool, 1900, 0)->facts.conduct = -11;
    assert_string_equal(pairs_of(&pool), "1-2");
    close_pool(&pool);

    open_pool(&pool, HEAD "{kind: colours, of: balance, max: 3}\n");
    join(&pool, 1500, 0)->facts.balance = 3;
    join(&pool, 1500, 0)->facts.balance = 4;
    assert_string_equal(pairs_of(&pool), "");
    join(&pool, 1900, 0)->facts.balance = -5;
    join(&pool, 1900, 0)->facts.balance = 2;
    assert_string_equal(pairs_of(&pool), "0-2 1-3");
    close_pool(&pool);
}

static void blocks_and_repeats_keep_apart_both_ways(void **state)
{
    static const char *const blocked[] = {"nobody", "p1"};
    static const struct seeking_meeting met[] = {{"p1", NOW - 60 * SECOND, false},
                                                 {"p2", NOW - 7200 * SECOND, false}};
    struct pool pool;
    int64_t after_s;
    (void)state;
    open_pool(&pool, HEAD "{kind: blocks}\n");
    join(&pool, 1500, 0);
    join(&pool, 1500, 0);
    pool.tickets[0].blocks = blocked;
    pool.tickets[0].block_count = 2;
    assert_string_equal(why(&pool, 1, 0, &after_s), "r");
    assert_int_equal(after_s, -1);
    assert_string_equal(pairs_of(&pool), "");
    close_pool(&pool);

    open_pool(&pool, HEAD "{kind: repeats, within: 30m}\n");
    join(&pool, 1500, 0);
    pool.tickets[0].meetings = met;
    pool.tickets[0].meeting_count = 2;
    join(&pool, 1500, 0);
    assert_string_equal(why(&pool, 1, 0, &after_s), "r");
    assert_int_equal(after_s, 29 * 60);
    join(&pool, 1800, 0);
    assert_string_equal(pairs_of(&pool), "0-2");
    close_pool(&pool);
}

/* ---- waves --------------------------------------------------------------------------------- */

static void a_wave_makes_the_most_pairs_and_of_those_the_best(void **state)
{
    (void)state;
    struct pool pool;
    open_pool(&pool, HEAD "{kind: distance, of: rating, max: 200}\n");
    join(&pool, 1500, 0);
    join(&pool, 1600, 0);
    join(&pool, 1610, 0);
    join(&pool, 1700, 0);
    assert_string_equal(pairs_of(&pool), "0-1 2-3"); /* 1-2 alone would be cheaper */
    close_pool(&pool);
    open_file(&pool, "policies/seeks/flexmatch-style.yaml");
    join(&pool, 1000, 90);
    join(&pool, 1499, 90);
    join(&pool, 1500, 90);
    join(&pool, 1999, 90);
    assert_string_equal(pairs_of(&pool), "1-2"); /* one good pair beats two that are hardly any */
    close_pool(&pool);
}

static void nobody_plays_himself_and_the_side_owed_is_given(void **state)
{
    (void)state;
    struct pool pool;
    struct seeking_wave wave;
    open_pool(&pool, HEAD "{kind: blocks}\n");
    join(&pool, 1500, 0)->facts.balance = 1;
    join(&pool, 1500, 0)->player = "p0";
    assert_string_equal(pairs_of(&pool), "");
    pool.tickets[1].player = "p1";
    struct seeking_wave_input input = input_of(&pool);
    assert_int_equal(seeking_wave(&input, &pool.arena, &wave), STATUS_OK);
    assert_int_equal(wave.pairs[0].first, 1);
    close_pool(&pool);
}

static void empty_and_single_waves_pair_nobody(void **state)
{
    (void)state;
    struct pool pool;
    open_pool(&pool, HEAD "{kind: blocks}\n");
    assert_string_equal(pairs_of(&pool), "");
    join(&pool, 1500, 0);
    assert_string_equal(pairs_of(&pool), "");
    close_pool(&pool);
}

/* What one client says of itself, or a policy that has changed meanwhile, stops nobody else. */
static void a_ticket_without_a_value_stops_nobody_else(void **state)
{
    (void)state;
    struct pool pool;
    int64_t after_s;
    open_pool(&pool,
              "seeks: x\nattributes:\n  rating: {type: number, from: rating}\n  tags: {type: "
              "texts, default: []}\n  first: {type: text, value: \"player.tags[0]\"}\n  share: "
              "{type: number, value: \"player.rating / player.rating\"}\npair: {near: "
              "rating}\nrules:\n  r: {kind: equal, of: first}\n");
    struct value said[] = {value_text("en")};
    struct value_entry entry = {value_text("tags"), value_list(said, 1)};
    for (int i = 0; i < 4; i++)
        join(&pool, i == 2 ? 0 : 1500, 0)->said = value_map(&entry, i == 1 ? 0 : 1);
    assert_string_equal(pairs_of(&pool), "0-3");
    assert_string_equal(why(&pool, 0, 1, &after_s), "attributes"); /* it has no tags */
    assert_int_equal(after_s, -1);
    assert_string_equal(why(&pool, 0, 2, &after_s), "attributes"); /* nought by nought */
    assert_string_equal(why(&pool, 0, 3, &after_s), "");
    close_pool(&pool);
}

/* ---- the pools of lichess ------------------------------------------------------------------ */

/* The published price, written down once more from its description. */
static double published_price(const struct seeking_ticket *a, const struct seeking_ticket *b)
{
    double misses[2];
    const struct seeking_ticket *both[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        double sit = both[i]->facts.conduct < -3 ? both[i]->facts.conduct : -3;
        double most = 460 + 20 * sit;
        double bonus = 12.0 * (double)both[i]->misses;
        misses[i] = bonus > most ? most : bonus < 0 ? 0 : bonus;
    }
    double x = a->facts.conduct, y = b->facts.conduct;
    double gap = abs((int)(x - y)) > 10 ? 10 : abs((int)(x - y));
    double sit = x >= -2 && y >= -2     ? 30
                 : x <= -12 && y <= -12 ? 60
                 : x <= -5 && y <= -5   ? 30
                                        : -20 * gap;
    double provisional = a->facts.deviation >= 110 && b->facts.deviation >= 110 ? 30 : 0;
    double difference = a->facts.rating - b->facts.rating;
    return (difference < 0 ? -difference : difference) -
           (misses[0] < misses[1] ? misses[0] : misses[1]) - sit - provisional;
}

static void a_lichess_pool_prices_as_published(void **state)
{
    struct pool pool;
    struct random random;
    (void)state;
    open_file(&pool, "policies/seeks/lichess-pool.yaml");
    random_init(&random, 20);
    for (int i = 0; i < 20000; i++) {
        pool.count = 0;
        for (int side = 0; side < 2; side++) {
            struct seeking_ticket *ticket =
                join(&pool, 600 + (double)random_below(&random, 2000), 0);
            ticket->misses = (int64_t)random_below(&random, 40);
            ticket->facts.conduct = -(double)random_below(&random, 30);
            ticket->facts.deviation = random_below(&random, 2) == 0 ? 60 : 200;
        }
        double lower = pool.tickets[0].facts.rating < pool.tickets[1].facts.rating
                           ? pool.tickets[0].facts.rating
                           : pool.tickets[1].facts.rating;
        double cap = lower < 1000 ? 130 : lower < 1500 ? 100 : lower / 15;
        double price = published_price(&pool.tickets[0], &pool.tickets[1]);
        struct seeking_wave wave;
        struct seeking_wave_input input = input_of(&pool);
        struct arena_mark mark = arena_mark(&pool.arena);
        assert_int_equal(seeking_wave(&input, &pool.arena, &wave), STATUS_OK);
        assert_int_equal(wave.pair_count, price <= cap ? 1 : 0);
        if (wave.pair_count == 1)
            assert_float_equal(wave.pairs[0].cost, price, 1e-9);
        arena_rewind(&pool.arena, mark);
    }
    close_pool(&pool);
}

/* ---- why, when ----------------------------------------------------------------------------- */

static void a_wave_pairs_exactly_when_nothing_is_in_the_way(void **state)
{
    struct pool pool;
    struct random random;
    (void)state;
    open_file(&pool, "policies/seeks/flexmatch-style.yaml");
    random_init(&random, 3);
    for (int i = 0; i < 3000; i++) {
        int64_t after_s;
        pool.count = 0;
        for (int side = 0; side < 2; side++) {
            struct seeking_ticket *ticket = join(&pool, 1000 + (double)random_below(&random, 700),
                                                 (int64_t)random_below(&random, 120));
            ticket->facts.conduct = -(double)random_below(&random, 60);
            ticket->facts.balance = (double)random_below(&random, 9) - 4;
        }
        struct arena_mark mark = arena_mark(&pool.arena);
        bool is_free = why(&pool, 0, 1, &after_s)[0] == '\0';
        assert_int_equal(pairs_of(&pool)[0] != '\0', is_free);
        if (!is_free && after_s >= 0) { /* and they do play when they were told they would */
            struct seeking_wave wave;
            struct seeking_wave_input input = input_of(&pool);
            int64_t waves = after_s * SECOND / pool.policy->clock.period_ms;
            pool.tickets[0].misses += waves;
            pool.tickets[1].misses += waves;
            input.now_ms += after_s * SECOND;
            assert_int_equal(seeking_wave(&input, &pool.arena, &wave), STATUS_OK);
            assert_int_equal(wave.pair_count, 1);
        }
        arena_rewind(&pool.arena, mark);
    }
    close_pool(&pool);
}

static void what_a_client_says_is_held_against_the_policy(void **state)
{
    static const struct {
        const char *name;
        struct value value;
        const char *says;
    } cases[] = {
        {"rating_min", {.kind = VALUE_INT, .as.integer = 1200}, NULL},
        {"rating_min", {.kind = VALUE_INT, .as.integer = 5000}, "from 0 to 4000"},
        {"rating_min", {.kind = VALUE_BOOL}, "takes a number"},
        {"rating", {.kind = VALUE_INT, .as.integer = 1200}, "known to the house"},
        {"colour", {.kind = VALUE_INT}, "no attribute 'colour'"},
    };
    struct pool pool;
    (void)state;
    open_file(&pool, "policies/seeks/lichess-pool.yaml");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct value_entry entry = {value_text(cases[i].name), cases[i].value};
        const char *message = NULL;
        bool good = seeking_check_said(pool.policy, value_map(&entry, 1), &pool.arena, &message);
        assert_int_equal(good, cases[i].says == NULL);
        if (!good && strstr(message, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].name, message);
    }
    close_pool(&pool);
}

/* ---- estimates ----------------------------------------------------------------------------- */

static void an_interval_holds_as_often_as_promised(void **state)
{
    struct seeking_wait history[SEEKING_HISTORY_MAX] = {{0}};
    struct random random;
    struct arena arena;
    size_t count = 0;
    int told = 0, held = 0;
    (void)state;
    arena_init(&arena, 1 << 20);
    random_init(&random, 5);
    for (int i = 0; i < 4000; i++) { /* waits of waves: each pairs about one in four */
        struct seeking_estimate estimate;
        struct seeking_wait wait = {.waited_ms = 1000, .is_matched = true, .was_told = true};
        while (random_below(&random, 4) != 0)
            wait.waited_ms += 10000;
        double level = seeking_calibrated(history, count);
        assert_int_equal(seeking_estimate(history, count, 0, 10000, level, &arena, &estimate),
                         STATUS_OK);
        assert_true(estimate.low_ms <= estimate.middle_ms &&
                    estimate.middle_ms <= estimate.high_ms);
        wait.held = wait.waited_ms >= estimate.low_ms && wait.waited_ms <= estimate.high_ms;
        told += i >= 200;
        held += i >= 200 && wait.held;
        if (count == 200) {
            memmove(history, history + 1, (count - 1) * sizeof *history);
            count--;
        }
        history[count++] = wait;
    }
    double share = (double)held / told;
    if (share < 0.75 ||
        share > 0.95) /* waits come in steps of a wave: not every share can be had */
        fail_msg("%.3f of the intervals held", share);
    arena_deinit(&arena);
}

static void leaving_early_does_not_shorten_the_estimate(void **state)
{
    struct seeking_wait waits[80];
    struct seeking_estimate with, without;
    struct arena arena;
    (void)state;
    arena_init(&arena, 1 << 20);
    for (int i = 0; i < 40; i++) {
        waits[i] = (struct seeking_wait){.waited_ms = (i + 1) * 1000, .is_matched = true};
        waits[40 + i] = (struct seeking_wait){.waited_ms = 500, .is_matched = false};
    }
    assert_int_equal(seeking_estimate(waits, 40, 0, 1000, 0.8, &arena, &without), STATUS_OK);
    assert_int_equal(seeking_estimate(waits, 80, 0, 1000, 0.8, &arena, &with), STATUS_OK);
    assert_int_equal(with.middle_ms, without.middle_ms);
    assert_int_equal(seeking_estimate(waits, 40, 30000, 1000, 0.8, &arena, &with), STATUS_OK);
    assert_true(with.middle_ms <= 10000 && with.high_ms <= 10000);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_keeps_apart_until_it_has_widened),
        cmocka_unit_test(each_one_lies_within_the_others_range),
        cmocka_unit_test(sets_bands_sides_and_texts_are_compared),
        cmocka_unit_test(blocks_and_repeats_keep_apart_both_ways),
        cmocka_unit_test(a_wave_makes_the_most_pairs_and_of_those_the_best),
        cmocka_unit_test(nobody_plays_himself_and_the_side_owed_is_given),
        cmocka_unit_test(empty_and_single_waves_pair_nobody),
        cmocka_unit_test(a_ticket_without_a_value_stops_nobody_else),
        cmocka_unit_test(a_lichess_pool_prices_as_published),
        cmocka_unit_test(a_wave_pairs_exactly_when_nothing_is_in_the_way),
        cmocka_unit_test(what_a_client_says_is_held_against_the_policy),
        cmocka_unit_test(an_interval_holds_as_often_as_promised),
        cmocka_unit_test(leaving_early_does_not_shorten_the_estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
