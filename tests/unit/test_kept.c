/* Messages kept by name: for how long, how many, and what makes an answer too late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "seeks/kept.h"

#include "arbiter/v1/store.pb-c.h"

enum { ROOM = 3, LIFE_MS = 1000 };

struct stage {
    struct loop *loop; /* in virtual time */
    struct kept *kept;
};

static int open_stage(void **state)
{
    static struct stage stage;
    stage.loop = loop_create_virtual(0);
    stage.kept = kept_create(stage.loop, ROOM, LIFE_MS);
    assert_non_null(stage.kept);
    *state = &stage;
    return 0;
}

static int close_stage(void **state)
{
    const struct stage *stage = *state;
    kept_destroy(stage->kept);
    loop_destroy(stage->loop);
    return 0;
}

static void put(struct kept *kept, const char *name, uint64_t number, const char *status)
{
    Arbiter__V1__GetSeekerReply message = ARBITER__V1__GET_SEEKER_REPLY__INIT;
    message.status = (char *)status;
    kept_put(kept, name, number, &message.base);
}

/* Takes it; whether it was there, with this status. */
static bool takes(struct kept *kept, const char *name, const char *status)
{
    Arbiter__V1__GetSeekerReply *message = (Arbiter__V1__GetSeekerReply *)kept_take(kept, name);
    if (message == NULL)
        return false;
    assert_string_equal(message->status, status);
    arbiter__v1__get_seeker_reply__free_unpacked(message, NULL);
    return true;
}

static void what_is_kept_is_taken_once(void **state)
{
    struct kept *kept = ((struct stage *)*state)->kept;
    put(kept, "ann", kept_expect(kept, "ann"), "active");
    assert_false(takes(kept, "bob", ""));
    assert_true(takes(kept, "ann", "active"));
    assert_false(takes(kept, "ann", ""));
    struct kept_stats stats;
    kept_stats(kept, &stats);
    assert_int_equal(stats.hits, 1);
    assert_int_equal(stats.misses, 2);
    assert_int_equal(stats.count, 0);
}

static void an_answer_older_than_a_change_is_not_kept(void **state)
{
    struct kept *kept = ((struct stage *)*state)->kept;
    uint64_t number = kept_expect(kept, "ann");
    kept_drop(kept, "ann"); /* changed while the answer was on its way */
    put(kept, "ann", number, "active");
    assert_false(takes(kept, "ann", ""));
}

static void only_the_latest_expectation_counts(void **state)
{
    struct kept *kept = ((struct stage *)*state)->kept;
    uint64_t first = kept_expect(kept, "ann");
    uint64_t second = kept_expect(kept, "ann");
    put(kept, "ann", first, "old");
    assert_false(takes(kept, "ann", ""));
    put(kept, "ann", second, "new");
    assert_true(takes(kept, "ann", "new"));
}

static void a_change_drops_what_is_kept(void **state)
{
    struct kept *kept = ((struct stage *)*state)->kept;
    put(kept, "ann", kept_expect(kept, "ann"), "active");
    put(kept, "bob", kept_expect(kept, "bob"), "active");
    kept_drop(kept, "ann");
    assert_false(takes(kept, "ann", ""));
    kept_drop_all(kept);
    assert_false(takes(kept, "bob", ""));
}

static void nothing_is_kept_for_long(void **state)
{
    const struct stage *stage = *state;
    put(stage->kept, "ann", kept_expect(stage->kept, "ann"), "active");
    put(stage->kept, "bob", kept_expect(stage->kept, "bob"), "active");
    loop_run_until(stage->loop, LIFE_MS - 1);
    assert_true(takes(stage->kept, "ann", "active"));
    loop_run_until(stage->loop, LIFE_MS);
    assert_false(takes(stage->kept, "bob", ""));
}

static void the_oldest_makes_room(void **state)
{
    struct kept *kept = ((struct stage *)*state)->kept;
    static const char *const names[] = {"ann", "bob", "cat", "dan"};
    for (size_t i = 0; i <= ROOM; i++)
        put(kept, names[i], kept_expect(kept, names[i]), "active");
    assert_false(takes(kept, "ann", ""));
    assert_true(takes(kept, "bob", "active"));
    assert_true(takes(kept, "dan", "active"));
}

static void what_is_large_is_not_kept(void **state)
{
    struct kept *kept = ((struct stage *)*state)->kept;
    static char text[KEPT_BYTES_MAX + 1];
    for (size_t i = 0; i < KEPT_BYTES_MAX; i++)
        text[i] = 'x';
    put(kept, "ann", kept_expect(kept, "ann"), text);
    assert_false(takes(kept, "ann", ""));
    struct kept_stats stats;
    kept_stats(kept, &stats);
    assert_int_equal(stats.count, 0);
}

static void without_a_life_nothing_is_kept(void **state)
{
    const struct stage *stage = *state;
    struct kept *kept = kept_create(stage->loop, ROOM, 0);
    uint64_t number = kept_expect(kept, "ann");
    assert_int_equal(number, 0);
    put(kept, "ann", number, "active");
    assert_false(takes(kept, "ann", ""));
    kept_destroy(kept);
}

#define KEPT(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        KEPT(what_is_kept_is_taken_once),         KEPT(an_answer_older_than_a_change_is_not_kept),
        KEPT(only_the_latest_expectation_counts), KEPT(a_change_drops_what_is_kept),
        KEPT(nothing_is_kept_for_long),           KEPT(the_oldest_makes_room),
        KEPT(what_is_large_is_not_kept),          KEPT(without_a_life_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
