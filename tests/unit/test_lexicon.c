/* lexicon: lists, KWG files and images hold the same words; damaged bytes are refused. */
#include "gamesvc/rules/lexicon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/random.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static struct lexicon from_words(const char *words)
{
    struct lexicon lexicon;
    struct fault fault = {0};
    enum status status = lexicon_from_words(&arena, "TEST", words, strlen(words), &lexicon, &fault);
    if (status != STATUS_OK)
        fail_msg("line %d: %s", fault.line, fault.text);
    return lexicon;
}

static bool has(const struct lexicon *lexicon, const char *word)
{
    uint8_t letters[64];
    size_t size = strlen(word);
    for (size_t i = 0; i < size; i++)
        letters[i] =
            word[i] >= 'a' ? (uint8_t)(0x80 | (word[i] - 'a' + 1)) : (uint8_t)(word[i] - 'A' + 1);
    return lexicon_has(lexicon, letters, 1, size);
}

static const char *words_of(const struct lexicon *lexicon)
{
    struct text text;
    text_start(&text, &arena);
    lexicon_write_words(lexicon, &text);
    return text_end(&text);
}

static void knows_its_words_and_no_others(void **state)
{
    (void)state;
    struct lexicon lexicon = from_words("CARES\ncare\r\n CAR \nSCARE\n\nCARE\nA\nQI\n");
    assert_int_equal(lexicon.word_count, 5);
    assert_string_equal(words_of(&lexicon), "CAR\nCARE\nCARES\nQI\nSCARE\n");
    assert_true(has(&lexicon, "CARE"));
    assert_true(has(&lexicon, "qI"));
    assert_false(has(&lexicon, "CA"));
    assert_false(has(&lexicon, "CARESS"));
    assert_false(has(&lexicon, "ARE"));
    assert_false(has(&lexicon, "A"));
    assert_false(has(&lexicon, ""));
}

static void reads_words_in_any_direction_over_a_board(void **state)
{
    (void)state;
    struct lexicon lexicon = from_words("AB\n");
    static const uint8_t column[] = {1, 9, 9, 0x82, 9, 9};
    assert_true(lexicon_has(&lexicon, column, 3, 2));
    assert_false(lexicon_has(&lexicon, column, 1, 2));
    static const uint8_t empty[] = {1, 0};
    assert_false(lexicon_has(&lexicon, empty, 1, 2));
}

static void refuses_lines_that_are_not_words(void **state)
{
    (void)state;
    static const char *const lists[] = {"AB\nDON'T\n", "AB\nTWO WORDS\n",
                                        "AB\n\xc3\xa9t\xc3\xa9\n"};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        struct lexicon lexicon;
        struct fault fault = {0};
        assert_int_equal(
            lexicon_from_words(&arena, "TEST", lists[i], strlen(lists[i]), &lexicon, &fault),
            STATUS_INVALID_ARGUMENT);
        assert_int_equal(fault.line, 2);
    }
}

static void an_empty_list_is_a_lexicon_without_words(void **state)
{
    (void)state;
    struct lexicon lexicon = from_words("");
    assert_int_equal(lexicon.word_count, 0);
    assert_false(has(&lexicon, "AA"));
    assert_int_equal(lexicon_next(&lexicon, 0, 1), 0);
}

/* Random words of few letters, so that much is shared. */
static char *random_words(struct random *random, int count)
{
    struct text text;
    text_start(&text, &arena);
    for (int i = 0; i < count; i++) {
        size_t size = 2 + random_below(random, 8);
        for (size_t j = 0; j < size; j++)
            text_add_char(&text, (char)('A' + random_below(random, 4)));
        text_add_char(&text, '\n');
    }
    return (char *)text_end(&text);
}

static void image_and_kwg_hold_the_same_words(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 8);
    for (int round = 0; round < 20; round++) {
        struct lexicon lexicon = from_words(random_words(&random, 50 + round * 100));
        struct text kwg;
        struct text image;
        struct fault fault = {0};
        text_start(&kwg, &arena);
        text_start(&image, &arena);
        lexicon_write_kwg(&lexicon, &kwg);
        lexicon_write_image(&lexicon, (struct text_span){"(c)", 3}, &image);
        struct lexicon again;
        struct lexicon mapped;
        assert_int_equal(lexicon_from_kwg(&arena, "KWG", kwg.data, kwg.size, &again, &fault),
                         STATUS_OK);
        assert_int_equal(lexicon_from_image(image.data, image.size, &mapped, &fault), STATUS_OK);
        assert_memory_equal(lexicon.hash, again.hash, LEXICON_HASH_SIZE);
        assert_memory_equal(lexicon.hash, mapped.hash, LEXICON_HASH_SIZE);
        assert_string_equal(words_of(&lexicon), words_of(&again));
        assert_string_equal(words_of(&lexicon), words_of(&mapped));
        assert_string_equal(mapped.name, "TEST");
        assert_true(text_span_is(mapped.notice, "(c)"));
        assert_int_equal(again.node_count, lexicon.node_count);
    }
}

static void the_hash_is_that_of_the_sorted_list(void **state)
{
    (void)state;
    /* printf 'AA\nAB\n' | sha256sum */
    static const uint8_t expected[] = {0xf4, 0xed, 0xfe, 0x8a};
    struct lexicon lexicon = from_words("ab\naa\n");
    assert_memory_equal(lexicon.hash, expected, sizeof expected);
}

static enum status read_kwg(const uint32_t *nodes, size_t count)
{
    struct lexicon lexicon;
    struct fault fault = {0};
    return lexicon_from_kwg(&arena, "BAD", nodes, count * sizeof *nodes, &lexicon, &fault);
}

static void refuses_graphs_that_lead_nowhere(void **state)
{
    (void)state;
    static const uint32_t loop[] = {0x400001, 0x01C00001};
    static const uint32_t outside[] = {0x400001, 0x01C00009};
    static const uint32_t no_end[] = {0x400001, 0x01800000};
    static const uint32_t disorder[] = {0x400001, 0x02800000, 0x01C00000};
    static const uint32_t no_word[] = {0x400001, 0x01400000};
    static const uint32_t no_letter[] = {0x400001, 0x1BC00000};
    static const uint32_t fine[] = {0x400001, 0x01400002, 0x01C00000};
    assert_int_equal(read_kwg(loop, COUNT_OF(loop)), STATUS_INVALID_ARGUMENT);
    assert_int_equal(read_kwg(outside, COUNT_OF(outside)), STATUS_INVALID_ARGUMENT);
    assert_int_equal(read_kwg(no_end, COUNT_OF(no_end)), STATUS_INVALID_ARGUMENT);
    assert_int_equal(read_kwg(disorder, COUNT_OF(disorder)), STATUS_INVALID_ARGUMENT);
    assert_int_equal(read_kwg(no_word, COUNT_OF(no_word)), STATUS_INVALID_ARGUMENT);
    assert_int_equal(read_kwg(no_letter, COUNT_OF(no_letter)), STATUS_INVALID_ARGUMENT);
    assert_int_equal(read_kwg(fine, COUNT_OF(fine)), STATUS_OK);
}

static void damaged_images_are_refused_or_harmless(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 9);
    struct lexicon lexicon = from_words(random_words(&random, 300));
    struct text image;
    text_start(&image, &arena);
    lexicon_write_image(&lexicon, (struct text_span){0}, &image);
    uint64_t *copy = arena_alloc(&arena, image.size);
    for (int i = 0; i < 5000; i++) {
        struct lexicon damaged;
        struct fault fault = {0};
        size_t size = image.size - (i % 50 == 0 ? random_below(&random, image.size) : 0);
        memcpy(copy, image.data, image.size);
        ((uint8_t *)copy)[random_below(&random, size > 0 ? size : 1)] ^=
            (uint8_t)(1u << random_below(&random, 8));
        if (lexicon_from_image(copy, size, &damaged, &fault) != STATUS_OK)
            continue;
        (void)has(&damaged, "ABCDABCD"); /* the sanitizer sees a step outside */
        (void)has(&damaged, "DDDDDDDDD");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(knows_its_words_and_no_others, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_words_in_any_direction_over_a_board, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_lines_that_are_not_words, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_list_is_a_lexicon_without_words, setup, teardown),
        cmocka_unit_test_setup_teardown(image_and_kwg_hold_the_same_words, setup, teardown),
        cmocka_unit_test_setup_teardown(the_hash_is_that_of_the_sorted_list, setup, teardown),
        cmocka_unit_test_setup_teardown(refuses_graphs_that_lead_nowhere, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_images_are_refused_or_harmless, setup, teardown),
    };
    return cmocka_run_group_tests_name("lexicon", tests, NULL, NULL);
}
