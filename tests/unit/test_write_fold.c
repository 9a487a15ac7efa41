/* Which writes of one step become one, and which must stay two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "store/write_fold.h"

enum { WRITES_MAX = 8, ENTRIES_MAX = 4 };

/* Writes from "command name=value name=value". */
struct stage {
    struct arena arena;
    Arbiter__V1__Write *writes[WRITES_MAX];
    size_t count;
};

static Arbiter__V1__Value *text(struct arena *arena, const char *from, size_t size)
{
    Arbiter__V1__Value *value = arena_alloc(arena, sizeof *value);
    arbiter__v1__value__init(value);
    value->kind_case = ARBITER__V1__VALUE__KIND_STRING_VALUE;
    value->string_value = arena_copy(arena, from, size);
    return value;
}

static void add(struct stage *stage, const char *from)
{
    struct arena *arena = &stage->arena;
    Arbiter__V1__Write *write = arena_alloc(arena, sizeof *write);
    arbiter__v1__write__init(write);
    size_t size = strcspn(from, " ");
    write->command = arena_copy(arena, from, size);
    write->input = arena_alloc(arena, sizeof *write->input);
    arbiter__v1__value_map__init(write->input);
    write->input->entries = arena_array(arena, ENTRIES_MAX, sizeof *write->input->entries);
    for (from += size; *from == ' '; from += size) {
        Arbiter__V1__ValueEntry *entry = arena_alloc(arena, sizeof *entry);
        size_t name = strcspn(++from, "=");
        arbiter__v1__value_entry__init(entry);
        size = strcspn(from, " ");
        entry->key = text(arena, from, name);
        entry->value = text(arena, from + name + 1, size - name - 1);
        write->input->entries[write->input->n_entries++] = entry;
    }
    stage->writes[stage->count++] = write;
}

/* Folds these writes, and holds what they become against `wanted`, in the same words. */
static void check(const char *const writes[], const char *wanted)
{
    struct stage stage = {.count = 0};
    struct buffer out = {0};
    size_t count;
    arena_init(&stage.arena, 1 << 20);
    for (; *writes != NULL; writes++)
        add(&stage, *writes);
    Arbiter__V1__Write **folded = write_fold(&stage.arena, stage.writes, stage.count, &count);
    assert_non_null(folded);
    for (size_t i = 0; i < count; i++) {
        buffer_format(&out, "%s%s", i > 0 ? "; " : "", folded[i]->command);
        for (size_t k = 0; k < folded[i]->input->n_entries; k++)
            buffer_format(&out, " %s=%s", folded[i]->input->entries[k]->key->string_value,
                          folded[i]->input->entries[k]->value->string_value);
    }
    assert_string_equal(buffer_text(&out), wanted);
    buffer_deinit(&out);
    arena_deinit(&stage.arena);
}

#define WRITES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void what_nobody_sees_in_between_is_not_written(void **state)
{
    (void)state;
    check(WRITES("slot.take player=bob ref=s1/accepter", "seek.claim id=s1 player=bob",
                 "slot.free ref=s1/accepter", "seek.close id=s1 status=matched game=g"),
          "slot.ask player=bob ref=s1/accepter; seek.match id=s1 player=bob status=matched game=g");
}

static void other_rows_are_others(void **state)
{
    (void)state;
    check(
        WRITES("seek.claim id=s1 player=bob", "seek.close id=s2 status=matched",
               "slot.take player=bob ref=a", "slot.free ref=b"),
        "seek.claim id=s1 player=bob; seek.close id=s2 status=matched; slot.take player=bob ref=a; "
        "slot.free ref=b");
}

static void another_end_is_written_out(void **state)
{
    (void)state;
    check(WRITES("seek.claim id=s1 player=bob", "seek.close id=s1 status=cancelled"),
          "seek.claim id=s1 player=bob; seek.close id=s1 status=cancelled");
}

static void only_the_next_one_of_the_row_counts(void **state)
{
    (void)state;
    check(WRITES("seek.claim id=s1 player=bob", "seek.release id=s1",
                 "seek.close id=s1 status=matched"),
          "seek.claim id=s1 player=bob; seek.release id=s1; seek.close id=s1 status=matched");
    check(WRITES("seek.close id=s1 status=matched", "seek.claim id=s1 player=bob"),
          "seek.close id=s1 status=matched; seek.claim id=s1 player=bob");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_sees_in_between_is_not_written),
        cmocka_unit_test(other_rows_are_others),
        cmocka_unit_test(another_end_is_written_out),
        cmocka_unit_test(only_the_next_one_of_the_row_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
