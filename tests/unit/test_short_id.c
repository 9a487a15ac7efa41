/* Short ids: what they look like and when they grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/short_id.h"

static void ids_hold_no_look_alikes(void **state)
{
    (void)state; /* no fixture */
    struct random random;
    random_init(&random, 1);
    const struct short_ids ids = {SHORT_ID_ALPHABET, SHORT_ID_SIZE_DEFAULT, 0};
    for (int i = 0; i < 1000; i++) {
        char id[SHORT_ID_SIZE_MAX + 1];
        short_id_draw(&ids, &random, id);
        assert_int_equal(strlen(id), SHORT_ID_SIZE_DEFAULT);
        assert_null(strpbrk(id, "0o1liu"));
    }
}

static void same_seed_draws_the_same_ids(void **state)
{
    (void)state; /* no fixture */
    const struct short_ids ids = {SHORT_ID_ALPHABET, 8, 0};
    char first[SHORT_ID_SIZE_MAX + 1], again[SHORT_ID_SIZE_MAX + 1];
    struct random random;
    random_init(&random, 9);
    short_id_draw(&ids, &random, first);
    random_init(&random, 9);
    short_id_draw(&ids, &random, again);
    assert_string_equal(first, again);
}

static void ids_grow_after_five_collisions_in_a_row(void **state)
{
    (void)state; /* no fixture */
    struct short_ids ids = {"ab", 8, 0};
    for (int i = 0; i < 4; i++)
        short_id_collided(&ids, 8);
    short_id_taken(&ids); /* one went in between: not in a row */
    for (int i = 0; i < 4; i++)
        short_id_collided(&ids, 8);
    assert_int_equal(ids.size, 8);
    short_id_collided(&ids, 8);
    assert_int_equal(ids.size, 9);
    for (int i = 0; i < 10; i++)
        short_id_collided(&ids, 8); /* drawn before ids grew */
    assert_int_equal(ids.size, 9);
}

static void ids_stop_growing_at_the_limit(void **state)
{
    (void)state; /* no fixture */
    struct short_ids ids = {"ab", SHORT_ID_SIZE_MAX, 0};
    for (int i = 0; i < 20; i++)
        short_id_collided(&ids, SHORT_ID_SIZE_MAX);
    assert_int_equal(ids.size, SHORT_ID_SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_hold_no_look_alikes),
        cmocka_unit_test(same_seed_draws_the_same_ids),
        cmocka_unit_test(ids_grow_after_five_collisions_in_a_row),
        cmocka_unit_test(ids_stop_growing_at_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
