/* visitors: who may come, and who has had their time. */
#include "http/visitors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASE(name) cmocka_unit_test(name)

static struct visitors *open_visitors(size_t all, size_t address)
{
    struct visitors *visitors = visitors_create(&(struct visitors_limits){
        .all = all,
        .address = address,
        .patience_ms = {[VISIT_HEADER] = 100, [VISIT_BODY] = 50, [VISIT_IDLE] = 1000}});
    assert_non_null(visitors);
    return visitors;
}

static struct visitor *enter(struct visitors *visitors, uint32_t address, int64_t now_ms)
{
    struct visitor *visitor = visitors_add(visitors, 7, address, now_ms);
    assert_non_null(visitor);
    return visitor;
}

static void counts_all_and_each_address(void **state)
{
    (void)state;
    struct visitors *visitors = open_visitors(3, 2);
    struct visitor *first = enter(visitors, 1, 0);
    (void)enter(visitors, 1, 0);
    assert_int_equal(visitors_room(visitors, 1), VISITORS_ADDRESS_FULL);
    assert_int_equal(visitors_room(visitors, 2), VISITORS_ROOM);
    (void)enter(visitors, 2, 0);
    assert_int_equal(visitors_room(visitors, 2), VISITORS_FULL);
    visitors_remove(visitors, first);
    assert_int_equal(visitors_room(visitors, 1), VISITORS_ROOM);
    assert_int_equal(visitors_count(visitors), 2);
    visitors_destroy(visitors);
}

static void no_limit_of_addresses_is_none(void **state)
{
    (void)state;
    struct visitors *visitors = open_visitors(1000, 0);
    for (int i = 0; i < 999; i++)
        (void)enter(visitors, 1, 0);
    assert_int_equal(visitors_room(visitors, 1), VISITORS_ROOM);
    visitors_destroy(visitors);
}

/* Addresses that share a bucket are counted apart, in whichever order they go. */
static void ten_thousand_addresses_are_counted_apart(void **state)
{
    enum { ADDRESSES = 10000 };
    static struct visitor *here[ADDRESSES];
    (void)state;
    struct visitors *visitors = open_visitors(ADDRESSES + 1, 1);
    for (uint32_t i = 0; i < ADDRESSES; i++)
        here[i] = enter(visitors, i * 7919, 0);
    for (uint32_t i = 0; i < ADDRESSES; i++)
        assert_int_equal(visitors_room(visitors, i * 7919), VISITORS_ADDRESS_FULL);
    for (uint32_t i = 0; i < ADDRESSES; i += 2)
        visitors_remove(visitors, here[i]);
    for (uint32_t i = 0; i < ADDRESSES; i++)
        assert_int_equal(visitors_room(visitors, i * 7919),
                         i % 2 == 0 ? VISITORS_ROOM : VISITORS_ADDRESS_FULL);
    visitors_destroy(visitors);
}

static void each_phase_has_its_patience(void **state)
{
    (void)state;
    struct visitors *visitors = open_visitors(10, 0);
    struct visitor *header = enter(visitors, 1, 0);
    struct visitor *body = enter(visitors, 1, 0);
    struct visitor *work = enter(visitors, 1, 0);
    visitors_move(visitors, body, VISIT_BODY, 10);
    visitors_move(visitors, work, VISIT_WORK, 10);
    assert_null(visitors_take_late(visitors, 59));
    assert_ptr_equal(visitors_take_late(visitors, 60), body);
    assert_null(visitors_take_late(visitors, 60)); /* told once */
    assert_ptr_equal(visitors_take_late(visitors, 100), header);
    visitors_remove(visitors, header);
    visitors_remove(visitors, body);
    assert_null(visitors_take_late(visitors, 1 << 30)); /* our own work takes what it takes */
    visitors_destroy(visitors);
}

static void a_new_phase_begins_a_new_time(void **state)
{
    (void)state;
    struct visitors *visitors = open_visitors(10, 0);
    struct visitor *one = enter(visitors, 1, 0);
    struct visitor *other = enter(visitors, 1, 5);
    visitors_move(visitors, one, VISIT_IDLE, 90);
    assert_null(visitors_take_late(visitors, 104));
    assert_ptr_equal(visitors_take_late(visitors, 105), other);
    visitors_remove(visitors, other);
    assert_null(visitors_take_late(visitors, 1089));
    assert_ptr_equal(visitors_take_late(visitors, 1090), one);
    visitors_destroy(visitors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(counts_all_and_each_address),
        CASE(no_limit_of_addresses_is_none),
        CASE(ten_thousand_addresses_are_counted_apart),
        CASE(each_phase_has_its_patience),
        CASE(a_new_phase_begins_a_new_time),
    };
    return cmocka_run_group_tests_name("visitors", tests, NULL, NULL);
}
