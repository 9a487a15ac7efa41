/* The parts of the bus that need no network: subjects, traces, envelopes, remembered answers. */
#include "bus/answers.h"
#include "bus/envelope_codec.h"
#include "bus/trace.h"
#include "bus/transport.h"

#include "arbiter/v1/store.pb-c.h"
#include "arbiter/v1/value.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void methods_become_subjects(void **state)
{
    (void)state;
    char subject[BUS_SUBJECT_MAX] = "kept";
    const ProtobufCServiceDescriptor *store = &arbiter__v1__store__descriptor;
    assert_int_equal(bus_subject(store, "CommitStep", subject, sizeof subject), STATUS_OK);
    assert_string_equal(subject, "arbiter.v1.store.commit_step");
    assert_int_equal(bus_subject(store, "*", subject, sizeof subject), STATUS_OK);
    assert_string_equal(subject, "arbiter.v1.store.*");
    assert_int_equal(bus_subject(store, "NoSuch", subject, sizeof subject), STATUS_NOT_FOUND);
    assert_int_equal(bus_subject(store, "CommitStep", subject, 28), STATUS_FULL);
    assert_string_equal(subject, "arbiter.v1.store.*"); /* left as it was */
}

static void wildcards_match_words(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *subject;
        bool matches;
    } cases[] = {
        {"a.b", "a.b", true},     {"a.b", "a.bc", false},    {"a.*", "a.b", true},
        {"a.*", "a", false},      {"a.*", "a.b.c", false},   {"*.b", "a.b", true},
        {"a.>", "a.b.c", true},   {"a.>", "a", false},       {">", "a", true},
        {"a.*.c", "a.b.c", true}, {"a.*.c", "a.b.d", false}, {"ab.>", "a.b", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(subject_matches(cases[i].pattern, cases[i].subject), cases[i].matches);
    static const char *const malformed[] = {"",    ".",    "a.",    ".a",   "a..b",
                                            "a b", "a.b*", "a.>.b", "a\tb", "*a"};
    for (size_t i = 0; i < COUNT_OF(malformed); i++)
        assert_false(subject_is_valid(malformed[i], true));
    assert_true(subject_is_valid("a.*.b.>", true));
    assert_false(subject_is_valid("a.*", false));
    char longest[BUS_SUBJECT_MAX + 1];
    memset(longest, 'a', sizeof longest);
    longest[BUS_SUBJECT_MAX - 1] = '\0';
    assert_true(subject_is_valid(longest, false));
    longest[BUS_SUBJECT_MAX - 1] = 'a';
    longest[BUS_SUBJECT_MAX] = '\0';
    assert_false(subject_is_valid(longest, false));
}

static void spans_stay_in_their_trace(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 7);
    char fresh[TRACE_PARENT_SIZE], child[TRACE_PARENT_SIZE];
    trace_new_span(&random, NULL, fresh);
    assert_true(trace_is_valid(fresh));
    assert_string_equal(fresh + 52, "-01");
    trace_new_span(&random, fresh, child);
    assert_true(trace_is_valid(child));
    assert_memory_equal(child, fresh, 36);
    assert_memory_not_equal(child + 36, fresh + 36, 16);
    static const char *const malformed[] = {
        "",
        "00-",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x"};
    for (size_t i = 0; i < COUNT_OF(malformed); i++)
        assert_false(trace_is_valid(malformed[i]));
}

/* A value that is a list of a list … of nothing, `depth` messages deep. Returns its size. */
static size_t nest(int depth, uint8_t *out)
{
    size_t size = 0;
    for (int i = 1; i < depth; i++) {
        uint8_t head[8] = {i % 2 == 1 ? 0x52 : 0x0A}; /* Value.list_value, ValueList.items */
        size_t head_size = 1;
        for (size_t left = size;; left >>= 7) {
            head[head_size++] = (uint8_t)((left & 0x7F) | (left > 0x7F ? 0x80 : 0));
            if (left <= 0x7F)
                break;
        }
        memmove(out + head_size, out, size);
        memcpy(out, head, head_size);
        size += head_size;
    }
    return size;
}

static void nesting_is_bounded_before_decoding(void **state)
{
    (void)state;
    enum { ROOM = 1 << 20 };
    uint8_t *bytes = malloc(ROOM);
    assert_non_null(bytes);
    struct arena arena;
    arena_init(&arena, ENVELOPE_MEMORY_MAX);
    const ProtobufCMessage *message = NULL;
    const ProtobufCMessageDescriptor *list = &arbiter__v1__value_list__descriptor;
    const ProtobufCMessageDescriptor *value = &arbiter__v1__value__descriptor;
    for (int depth = 1; depth <= ENVELOPE_DEPTH_MAX + 2; depth++) {
        struct envelope_bytes nested = {bytes, nest(depth, bytes)};
        enum status expected = depth <= ENVELOPE_DEPTH_MAX ? STATUS_OK : STATUS_INVALID_ARGUMENT;
        assert_int_equal(envelope_decode(&arena, depth % 2 == 0 ? value : list, nested, &message),
                         expected);
        arena_reset(&arena);
    }
    struct envelope_bytes abyss = {bytes, nest(100000, bytes)};
    assert_int_equal(envelope_decode(&arena, value, abyss, &message), STATUS_INVALID_ARGUMENT);
    arena_deinit(&arena);
    free(bytes);
}

static void an_error_survives_the_wire(void **state)
{
    (void)state;
    struct envelope_scratch scratch = {0};
    struct arena arena;
    arena_init(&arena, ENVELOPE_MEMORY_MAX);
    const struct bus_detail details[] = {{"line", "3"}, {"hint", "spell it right"}};
    struct envelope_reply sent = {
        .status = STATUS_FULL, .message = "too many", .details = details, .detail_count = 2};
    struct envelope_reply got = {.status = STATUS_OK};
    struct envelope_bytes bytes;
    assert_int_equal(envelope_encode_reply(&scratch, &sent, &bytes), STATUS_OK);
    assert_int_equal(envelope_decode_reply(&arena, bytes, &got), STATUS_OK);
    assert_int_equal(got.status, STATUS_FULL);
    assert_string_equal(got.message, "too many");
    assert_int_equal(got.detail_count, 2);
    assert_string_equal(got.details[1].value, "spell it right");
    /* An answer of no bytes is an answer; a reply with neither payload nor error is none. */
    assert_int_equal(envelope_encode_reply(&scratch, &(struct envelope_reply){0}, &bytes),
                     STATUS_OK);
    assert_true(bytes.size > 0);
    assert_int_equal(envelope_decode_reply(&arena, bytes, &got), STATUS_OK);
    assert_int_equal(got.status, STATUS_OK);
    bytes.size = 0;
    assert_int_equal(envelope_decode_reply(&arena, bytes, &got), STATUS_INVALID_ARGUMENT);
    arena_deinit(&arena);
    envelope_scratch_deinit(&scratch);
}

static struct fingerprint print_of(int number)
{
    return fingerprint_of((struct fingerprint){0}, &number, sizeof number);
}

static void the_oldest_answers_are_forgotten_first(void **state)
{
    (void)state;
    struct answers answers = {0};
    answers_init(&answers, 3);
    struct bus_request *held = (struct bus_request *)&answers; /* only compared */
    for (int i = 0; i < 5; i++) {
        answers_hold(&answers, print_of(i), held);
        assert_ptr_equal(answers_find(&answers, print_of(i)).held, held);
        answers_settle(&answers, print_of(i), i == 4 ? NULL : "yes", 3);
    }
    assert_null(answers_find(&answers, print_of(0)).reply);
    for (int i = 1; i <= 3; i++)
        assert_memory_equal(answers_find(&answers, print_of(i)).reply, "yes", 3);
    assert_null(answers_find(&answers, print_of(4)).reply); /* was not to be remembered */
    assert_null(answers_find(&answers, print_of(4)).held);
    answers_deinit(&answers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_become_subjects),
        cmocka_unit_test(wildcards_match_words),
        cmocka_unit_test(spans_stay_in_their_trace),
        cmocka_unit_test(nesting_is_bounded_before_decoding),
        cmocka_unit_test(an_error_survives_the_wire),
        cmocka_unit_test(the_oldest_answers_are_forgotten_first),
    };
    return cmocka_run_group_tests_name("envelope", tests, NULL, NULL);
}
