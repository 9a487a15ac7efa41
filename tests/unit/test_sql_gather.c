/* Rows gathered by statement: what is sent, in which order, and what each row hears. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "store/sql_gather.h"

struct heard {
    int calls;
    struct sql_result last;
    int64_t number; /* of its first column */
    int64_t sum;    /* of its first column's rows */
};

static void on_result(const struct sql_result *result, void *user)
{
    struct heard *heard = user;
    heard->calls++;
    heard->last = *result;
    if (result->row_count > 0)
        heard->number = sql_read_integer(result, 0, 0);
    for (size_t row = 0; row < result->row_count; row++)
        heard->sum += sql_read_integer(result, row, 0);
}

static bool add(struct sql_gather *gather, enum statement statement, const char *first,
                const char *second, struct heard *heard)
{
    const struct sql_value parameters[] = {sql_text(first), sql_text(second)};
    return sql_gather_add(gather, statement, parameters, strlen(sql_statement(statement)->types),
                          on_result, heard);
}

static const char *trace(struct sql_gather *gather, struct buffer *out)
{
    struct sql_gathered taken;
    buffer_reset(out);
    while (sql_gather_take(gather, &taken)) {
        buffer_format(out, "%s%s", out->size > 0 ? " " : "", taken.name);
        sql_gather_forget(taken.on_result, taken.user);
    }
    return buffer_text(out);
}

static void rows_of_one_statement_go_as_one_in_the_declared_order(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct buffer out = {0};
    for (int i = 0; i < 4; i++) {
        char id[] = {(char)('a' + i), '\0'};
        sql_gather_part(gather);
        assert_true(add(gather, STATEMENT_SLOT_FREE, id, NULL, NULL));
        assert_true(add(gather, STATEMENT_SEEK_CLAIM, id, "x", NULL));
    }
    assert_string_equal(trace(gather, &out), "SEEK_CLAIM/rows SLOT_FREE/rows");
    assert_string_equal(trace(gather, &out), "");
    buffer_deinit(&out);
    sql_gather_destroy(gather);
}

static void few_rows_stay_single_with_their_own_values(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct sql_gathered taken;
    assert_true(add(gather, STATEMENT_TIMER_CANCEL, "game:1", "flag", NULL));
    assert_true(add(gather, STATEMENT_TIMER_CANCEL, "game:22", "t", NULL));
    assert_true(sql_gather_take(gather, &taken));
    assert_string_equal(taken.name, "TIMER_CANCEL");
    assert_memory_equal(taken.values[0], "game:1", 6);
    assert_int_equal(taken.lengths[1], 4);
    assert_true(sql_gather_take(gather, &taken));
    assert_int_equal(taken.lengths[0], 7);
    assert_memory_equal(taken.values[1], "t", 1);
    assert_false(sql_gather_take(gather, &taken));
    sql_gather_destroy(gather);
}

static void arrays_carry_nulls_and_sizes(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct sql_gathered taken;
    for (int i = 0; i < 3; i++) {
        char key[] = {(char)('a' + i), '\0'};
        const struct sql_value parameters[] = {
            sql_text(key), i == 1 ? sql_null() : sql_bytes("\1\2", 2), sql_integer(258)};
        assert_true(sql_gather_add(gather, STATEMENT_ANSWER_PUT, parameters, 3, NULL, NULL));
    }
    assert_true(sql_gather_take(gather, &taken));
    assert_string_equal(taken.name, "ANSWER_PUT/rows");
    static const char texts[] = "\0\0\0\1\0\0\0\0\0\0\0\x19\0\0\0\3\0\0\0\1"
                                "\0\0\0\1a\0\0\0\1b\0\0\0\1c";
    static const char bytes[] = "\0\0\0\1\0\0\0\1\0\0\0\x11\0\0\0\3\0\0\0\1"
                                "\0\0\0\2\1\2\xff\xff\xff\xff\0\0\0\2\1\2";
    assert_int_equal(taken.lengths[0], sizeof texts - 1);
    assert_memory_equal(taken.values[0], texts, sizeof texts - 1);
    assert_int_equal(taken.lengths[1], sizeof bytes - 1);
    assert_memory_equal(taken.values[1], bytes, sizeof bytes - 1);
    assert_int_equal(taken.lengths[2], 20 + 3 * 12);
    sql_gather_forget(taken.on_result, taken.user);
    assert_false(sql_gather_take(gather, &taken));
    sql_gather_destroy(gather);
}

static void rows_of_the_same_keys_follow_each_other(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct buffer out = {0};
    assert_true(add(gather, STATEMENT_SEEK_CLAIM, "s", "ann", NULL));
    sql_gather_part(gather);
    assert_true(add(gather, STATEMENT_SEEK_CLAIM, "s", "bob", NULL));
    assert_true(add(gather, STATEMENT_SEEK_CLAIM, "s", "cid", NULL));
    assert_false(add(gather, STATEMENT_SEEK_CLAIM, "s", "dan", NULL)); /* a fourth must wait */
    assert_string_equal(trace(gather, &out), "SEEK_CLAIM SEEK_CLAIM SEEK_CLAIM");
    assert_true(add(gather, STATEMENT_SEEK_CLAIM, "s", "dan", NULL));
    assert_string_equal(trace(gather, &out), "SEEK_CLAIM");
    buffer_deinit(&out);
    sql_gather_destroy(gather);
}

static void an_op_keeps_its_order_on_a_table(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct buffer out = {0};
    const struct sql_value take[] = {sql_text("ann"), sql_text("live"), sql_text("s"),
                                     sql_integer(2)};
    sql_gather_part(gather);
    assert_true(sql_gather_add(gather, STATEMENT_SLOT_TAKE, take, 4, NULL, NULL));
    assert_true(add(gather, STATEMENT_SLOT_FREE, "s", NULL, NULL)); /* in a second pass */
    /* another op's is free, and so is another table's */
    assert_true(add(gather, STATEMENT_SEEK_CLAIM, "s", "ann", NULL));
    sql_gather_part(gather);
    assert_true(add(gather, STATEMENT_SLOT_FREE, "t", NULL, NULL));
    assert_string_equal(trace(gather, &out), "SEEK_CLAIM SLOT_FREE SLOT_TAKE SLOT_FREE");
    buffer_deinit(&out);
    sql_gather_destroy(gather);
}

static void two_topics_of_one_op_do_not_wait_for_each_other(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct buffer out = {0};
    for (int i = 0; i < 3; i++) {
        char topic[] = {(char)('a' + i), '\0'};
        const struct sql_value event[] = {sql_text(topic),  sql_integer(i),
                                          sql_text("game"), sql_text("1"),
                                          sql_text("x"),    sql_integer(1700000000000),
                                          sql_null()};
        assert_true(add(gather, STATEMENT_TOPIC_LOCK, topic, NULL, NULL));
        assert_true(sql_gather_add(gather, STATEMENT_EVENT_PUT, event, 7, NULL, NULL));
    }
    assert_true(add(gather, STATEMENT_TOPIC_LOCK, "a", NULL, NULL));
    assert_string_equal(trace(gather, &out), "TOPIC_LOCK/rows EVENT_PUT/rows TOPIC_LOCK");
    buffer_deinit(&out);
    sql_gather_destroy(gather);
}

static struct sql_gathered take_three(struct sql_gather *gather, struct heard heard[3])
{
    struct sql_gathered taken;
    for (int i = 0; i < 3; i++) {
        char id[] = {(char)('a' + i), '\0'};
        assert_true(add(gather, STATEMENT_INBOX_STATE, id, "e", &heard[i]));
    }
    assert_true(sql_gather_take(gather, &taken));
    return taken;
}

static void each_row_hears_its_own_result(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct heard heard[3] = {0};
    struct sql_gathered taken = take_three(gather, heard);
    const struct sql_value values[] = {sql_text("c"), sql_text("e"), sql_integer(7), sql_null(),
                                       sql_text("a"), sql_text("e"), sql_integer(5), sql_null()};
    taken.on_result(
        &(struct sql_result){.changed = 2, .row_count = 2, .column_count = 4, .values = values},
        taken.user);
    assert_int_equal(heard[0].number, 5);
    assert_int_equal(heard[0].last.changed, 1);
    assert_int_equal(heard[1].last.row_count, 0);
    assert_int_equal(heard[1].last.changed, 0);
    assert_int_equal(heard[2].number, 7);
    assert_int_equal(heard[2].last.column_count, 2);
    assert_int_equal(heard[0].calls + heard[1].calls + heard[2].calls, 3);
    sql_gather_destroy(gather);
}

static void rows_of_one_key_come_together_without_it(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct heard heard[3] = {0};
    struct sql_gathered taken;
    for (int i = 0; i < 3; i++) {
        char player[] = {(char)('a' + i), '\0'};
        assert_true(add(gather, STATEMENT_CIRCLES_OF, player, NULL, &heard[i]));
    }
    assert_true(sql_gather_take(gather, &taken));
    assert_string_equal(taken.name, "CIRCLES_OF/rows");
    const struct sql_value values[] = {sql_text("a"), sql_integer(1), sql_text("x"),
                                       sql_text("a"), sql_integer(2), sql_text("y"),
                                       sql_text("c"), sql_integer(3), sql_text("z")};
    taken.on_result(
        &(struct sql_result){.changed = 3, .row_count = 3, .column_count = 3, .values = values},
        taken.user);
    assert_int_equal(heard[0].last.row_count, 2);
    assert_int_equal(heard[0].last.column_count, 2);
    assert_int_equal(heard[0].sum, 3);
    assert_int_equal(heard[1].last.row_count, 0);
    assert_int_equal(heard[2].last.row_count, 1);
    assert_int_equal(heard[2].sum, 3);
    sql_gather_destroy(gather);
}

static void nobody_is_to_blame_for_a_failure_they_share(void **state)
{
    (void)state;
    struct sql_gather *gather = sql_gather_create();
    struct heard heard[3] = {0};
    struct sql_gathered taken = take_three(gather, heard);
    taken.on_result(&(struct sql_result){.status = STATUS_FAILED_PRECONDITION, .message = "no"},
                    taken.user);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(heard[i].last.status, STATUS_CANCELLED);
        assert_true(heard[i].last.is_shared);
    }
    assert_false(sql_gather_take(gather, &taken));
    taken = take_three(gather, heard);
    taken.on_result(&(struct sql_result){.status = STATUS_UNAVAILABLE, .message = "lost"},
                    taken.user);
    assert_int_equal(heard[0].last.status, STATUS_UNAVAILABLE);
    assert_false(heard[0].last.is_shared);
    sql_gather_destroy(gather);
}

/* Whoever changes a statement finds its other form here. */
static void arrays_mirror_their_single_statements(void **state)
{
    (void)state;
    int stale = 0;
    for (int i = 0; i < STATEMENT_COUNT; i++) {
        const struct sql_statement *single = sql_statement((enum statement)i);
        const struct sql_array *array = sql_array((enum statement)i);
        uint32_t hash = (uint32_t)hash_text(HASH_START, single->text);
        if (array == NULL)
            continue;
        char last[24], next[24];
        (void)snprintf(last, sizeof last, "$%zu", strlen(single->types));     /* fits */
        (void)snprintf(next, sizeof next, "$%zu", strlen(single->types) + 1); /* fits */
        assert_non_null(strstr(array->text, last));
        assert_null(strstr(array->text, next));
        if (hash == array->mirrors)
            continue;
        print_error("%s has changed: see to its form in store/arrays.def, then put 0x%08x there\n",
                    single->name, (unsigned)hash);
        stale++;
    }
    assert_int_equal(stale, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_one_statement_go_as_one_in_the_declared_order),
        cmocka_unit_test(few_rows_stay_single_with_their_own_values),
        cmocka_unit_test(arrays_carry_nulls_and_sizes),
        cmocka_unit_test(rows_of_the_same_keys_follow_each_other),
        cmocka_unit_test(an_op_keeps_its_order_on_a_table),
        cmocka_unit_test(two_topics_of_one_op_do_not_wait_for_each_other),
        cmocka_unit_test(each_row_hears_its_own_result),
        cmocka_unit_test(rows_of_one_key_come_together_without_it),
        cmocka_unit_test(arrays_mirror_their_single_statements),
        cmocka_unit_test(nobody_is_to_blame_for_a_failure_they_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
