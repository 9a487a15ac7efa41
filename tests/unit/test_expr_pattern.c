/* Regular expressions: RE2's syntax, what matches, what is refused, and that nothing blows up. */
#include "fsm/expr/pattern.h"

#include "base/random.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static bool found(const char *text, const char *source)
{
    const struct pattern *pattern;
    size_t offset;
    const char *sentence = NULL;
    if (expr_pattern_compile(&arena, source, strlen(source), &pattern, &offset, &sentence) !=
        STATUS_OK)
        fail_msg("%s: %s", source, sentence);
    bool result;
    assert_int_equal(expr_pattern_search(pattern, &arena, text, strlen(text), &result), STATUS_OK);
    return result;
}

static void finds_what_re2_finds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *pattern;
        bool found;
    } rows[] = {
        {"", "", true},
        {"abc", "", true},
        {"abcd", "bc", true},
        {"abcd", "^bc", false},
        {"abcd", "cd$", true},
        {"abcd", "^abc$", false},
        {"a\nb", "^b", false},
        {"a\nb", "(?m)^b", true},
        {"a\nb", "a$", false},
        {"a\nb", "(?m)a$", true},
        {"a\nb", "a.b", false},
        {"a\nb", "(?s)a.b", true},
        {"banana", "ba(na)*$", true},
        {"banan", "^ba(na)*$", false},
        {"aaa", "^a{3}$", true},
        {"aaa", "^a{2}$", false},
        {"aaa", "^a{2,}$", true},
        {"aaa", "^a{1,2}$", false},
        {"aaa", "^a{0}aaa$", true},
        {"", "^a{0,2}$", true},
        {"aa", "^a{0,2}$", true},
        {"aaa", "^a{0,2}$", false},
        {"ababab", "^(?:ab){3}$", true},
        {"abab", "^(ab){3,}$", false},
        {"x{2", "x{2", true},
        {"a,b", "^a{,2}$", false},
        {"cat", "^(dog|cat|bird)$", true},
        {"cow", "^(dog|cat|bird)$", false},
        {"bird", "dog|cat|bird", true},
        {"", "^(|a)$", true},
        {"foobar", "^fo+?b", true},
        {"5", "^[0-9]$", true},
        {"]", "^[]]$", true},
        {"-", "^[a-]$", true},
        {"b", "^[^a]$", true},
        {"\n", "^[^a]$", true},
        {"a", "^[^a]$", false},
        {"\\", "^[\\\\]$", true},
        {"7", "^[\\d]$", true},
        {"7", "^[\\D]$", false},
        {"x", "^[\\D]$", true},
        {"_", "^\\w$", true},
        {"-", "^\\W$", true},
        {" ", "^\\s$", true},
        {"x", "^\\S$", true},
        {"Q", "^[[:upper:]]$", true},
        {"q", "^[[:^upper:]]$", true},
        {"q1", "^[[:alpha:][:digit:]]+$", true},
        {"ABC", "(?i)abc", true},
        {"aBc", "a(?i)b(?-i)c", true},
        {"aBC", "a(?i)b(?-i)c", false},
        {"aBC", "a(?i:b)c", false},
        {"K", "(?i)[a-m]", true},
        {"a.c", "^a\\.c$", true},
        {"a.c", "^\\Qa.c\\E$", true},
        {"abc", "^\\Qa.c\\E$", false},
        {"a**", "^\\Qa*\\E*$", true},
        {"hello world", "\\bworld\\b", true},
        {"helloworld", "\\bworld", false},
        {"helloworld", "\\Bworld", true},
        {"ma\xC3\xB1"
         "ana",
         "a+\xC3\xB1+a+", true},
        {"\xF0\x9F\x90\xB1\xF0\x9F\x98\x80\xF0\x9F\x98\x80", "(a|\xF0\x9F\x98\x80){2}", true},
        {"\xC3\xA9", "^.$", true},
        {"\xC3\xA9", "^\\x{e9}$", true},
        {"\xC3\xA9", "^\\xE9$", true},
        {"\xC3\xA9", "^[\\x{e0}-\\x{ff}]$", true},
        {"S", "^\\123$", true},
        {"\t", "^\\t$", true},
        {"2026", "^(?P<year>\\d{4})$", true},
        {"2026", "^(?<year>\\d{4})$", true},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "^(a*)*$", false},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "^(a|a)*$", true},
        {"ab", "^(a(b)?)+$", true},
        {"abaab", "^(a(b)?)+$", true},
        {"", "^()*$", true},
        {"x", "(?i)", true},
        {"x", "^(){2,3}x(?:){0}$", true},
        {"ac", "^a(b{0})c$", true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (found(rows[i].text, rows[i].pattern) != rows[i].found)
            fail_msg("'%s' in '%s': %s", rows[i].pattern, rows[i].text,
                     rows[i].found ? "not found" : "found");
    }
}

static void refuses_what_it_cannot_read(void **state)
{
    (void)state;
    static const struct {
        const char *pattern;
        size_t offset;
        const char *sentence;
    } rows[] = {
        {"a(b", 1, "the group is not closed"},
        {"a)b", 1, "a ) without its ("},
        {"[a", 0, "the class is not closed"},
        {"[z-a]", 1, "the range is the wrong way round"},
        {"[[:foo:]]", 1, "unknown character class"},
        {"*a", 0, "there is nothing to repeat"},
        {"(?i)*", 4, "there is nothing to repeat"},
        {"(?i){2}", 7, "there is nothing to repeat"},
        {"{2}", 3, "there is nothing to repeat"},
        {"a|*", 2, "there is nothing to repeat"},
        {"a**", 2, "one repetition after another"},
        {"a{1001}", 1, "the repetition is out of range"},
        {"a{3,2}", 1, "the repetition is out of range"},
        {"\\", 0, "it ends in a backslash"},
        {"(a)\\1", 3, "references back to a group are not possible"},
        {"\\p{Greek}", 0, "Unicode classes are not supported"},
        {"\\y", 0, "unknown escape"},
        {"\\x{110000}", 0, "there is no such character"},
        {"\\xZZ", 0, "incomplete escape"},
        {"(?=a)", 0, "unknown group"},
        {"(?P<1 >a)", 0, "the group's name is wrong"},
        {"(?i", 0, "the group is not closed"},
        {"(?i-)a", 0, "unknown group"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct pattern *pattern;
        size_t offset = 99;
        const char *sentence = NULL;
        enum status status = expr_pattern_compile(&arena, rows[i].pattern, strlen(rows[i].pattern),
                                                  &pattern, &offset, &sentence);
        if (status != STATUS_INVALID_ARGUMENT || strcmp(sentence, rows[i].sentence) != 0 ||
            offset != rows[i].offset)
            fail_msg("%s: %zu: %s", rows[i].pattern, offset, sentence);
    }
}

static void limits_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {"((a{100}){100}){100}", "(a{1000}){1000}"};
    const struct pattern *pattern;
    size_t offset;
    const char *sentence;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(
            expr_pattern_compile(&arena, rows[i], strlen(rows[i]), &pattern, &offset, &sentence),
            STATUS_FULL);
    char deep[400];
    memset(deep, '(', sizeof deep);
    assert_int_equal(expr_pattern_compile(&arena, deep, sizeof deep, &pattern, &offset, &sentence),
                     STATUS_FULL);
}

/* A pattern by definition: tries everything. Right for short texts and the few operators that the
 * random patterns below are made of. */
struct slow {
    const char *pattern;
    size_t size;
    const char *text;
    size_t text_size;
};

static uint32_t alternatives(const struct slow *slow, size_t *at, uint32_t from);

/* Sets of end positions are bits; returns those reachable from `from` through one atom. */
static uint32_t atom(const struct slow *slow, size_t *at, uint32_t from)
{
    char c = slow->pattern[*at];
    if (c == '(') {
        (*at)++;
        uint32_t to = alternatives(slow, at, from);
        (*at)++;
        return to;
    }
    (*at)++;
    uint32_t to = 0;
    for (size_t i = 0; i < slow->text_size; i++)
        if ((from >> i & 1) != 0 && (c == '.' || slow->text[i] == c))
            to |= 1u << (i + 1);
    return to;
}

static uint32_t piece(const struct slow *slow, size_t *at, uint32_t from)
{
    size_t start = *at;
    uint32_t to = atom(slow, at, from);
    char c = *at < slow->size ? slow->pattern[*at] : '\0';
    if (c != '*' && c != '+' && c != '?')
        return to;
    (*at)++;
    for (int i = 0; i < 12 && c != '?'; i++) {
        size_t again = start;
        to |= atom(slow, &again, to);
    }
    return c == '+' ? to : to | from;
}

static uint32_t alternatives(const struct slow *slow, size_t *at, uint32_t from)
{
    uint32_t all = 0;
    for (;;) {
        uint32_t to = from;
        while (*at < slow->size && slow->pattern[*at] != '|' && slow->pattern[*at] != ')')
            to = piece(slow, at, to);
        all |= to;
        if (*at == slow->size || slow->pattern[*at] == ')')
            return all;
        (*at)++;
    }
}

static size_t random_pattern(struct random *random, char *out, int depth)
{
    size_t size = 0;
    int count = (int)random_below(random, 4);
    for (int i = 0; i < count; i++) {
        uint64_t kind = random_below(random, depth > 0 ? 6 : 4);
        if (kind < 3)
            out[size++] = "ab"[random_below(random, 2)];
        else if (kind == 3)
            out[size++] = '.';
        else {
            out[size++] = '(';
            size += random_pattern(random, out + size, depth - 1);
            if (kind == 5) {
                out[size++] = '|';
                size += random_pattern(random, out + size, depth - 1);
            }
            out[size++] = ')';
        }
        if (random_below(random, 3) == 0)
            out[size++] = "*+?"[random_below(random, 3)];
    }
    return size;
}

static void agrees_with_the_definition(void **state)
{
    (void)state;
    uint64_t seed = 20261122;
    printf("seed %llu\n", (unsigned long long)seed);
    struct random random;
    random_init(&random, seed);
    for (int i = 0; i < 20000; i++) {
        char source[400];
        size_t size = random_pattern(&random, source, 3);
        char text[12];
        size_t text_size = random_below(&random, sizeof text);
        for (size_t j = 0; j < text_size; j++)
            text[j] = "abc"[random_below(&random, 3)];
        struct slow slow = {source, size, text, text_size};
        size_t at = 0;
        bool want = (alternatives(&slow, &at, 1) >> text_size & 1) != 0;
        char whole[420];
        int whole_size = snprintf(whole, sizeof whole, "^(?:%.*s)$", (int)size, source);
        const struct pattern *pattern;
        size_t offset;
        const char *sentence;
        bool got;
        assert_int_equal(
            expr_pattern_compile(&arena, whole, (size_t)whole_size, &pattern, &offset, &sentence),
            STATUS_OK);
        assert_int_equal(expr_pattern_search(pattern, &arena, text, text_size, &got), STATUS_OK);
        if (got != want)
            fail_msg("%s on %.*s", whole, (int)text_size, text);
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_what_re2_finds, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(refuses_what_it_cannot_read, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(limits_are_refused, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(agrees_with_the_definition, open_arena, close_arena),
    };
    return cmocka_run_group_tests_name("expr pattern", tests, NULL, NULL);
}
