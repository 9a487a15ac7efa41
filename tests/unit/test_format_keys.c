/* format_keys: every key of the table, written in every wrong way, at a place that is known: the
 * fault must stand there, and say what is allowed or what was meant. */
#include "orchestrator/format/format_keys.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MEMORY_MAX = 16 << 20, WORD_SIZE = 64, DEPTH_MAX = 8, KEYS_MIN = 190 };

/* ---- a policy with one key written as the case wants it ---------------------------------- */

struct writer {
    struct buffer text;
    const struct format_key *way[DEPTH_MAX]; /* from the root to the key in question */
    int depth;
    const char *name;  /* instead of the key's own; NULL: its own */
    const char *value; /* NULL: the key is left out */
    int column;        /* where name (if given) or value begins, from 1 */
};

static const char *sample_of(const struct format_key *key);

static void write_keys(struct writer *writer, const struct format_section *section, int level);

static void write_required(struct writer *writer, const struct format_key *key)
{
    static const struct format_section *const none = NULL;
    buffer_format(&writer->text, "%s: ", key->name);
    if (key->section == none) {
        buffer_append_text(&writer->text, sample_of(key));
        return;
    }
    buffer_append_text(&writer->text, key->kind == FORMAT_SECTION ? "{" : "[{");
    write_keys(writer, key->section, DEPTH_MAX);
    buffer_append_text(&writer->text, key->kind == FORMAT_SECTION ? "}" : "}]");
}

static void write_target(struct writer *writer, const struct format_key *key)
{
    if (writer->name != NULL)
        writer->column = (int)writer->text.size + 1;
    buffer_format(&writer->text, "%s: ", writer->name != NULL ? writer->name : key->name);
    if (writer->name == NULL)
        writer->column = (int)writer->text.size + 1;
    buffer_append_text(&writer->text, writer->value);
}

static void write_keys(struct writer *writer, const struct format_section *section, int level)
{
    const char *comma = "";
    for (size_t i = 0; i < section->key_count; i++) {
        const struct format_key *key = &section->keys[i];
        bool is_on_way = level <= writer->depth && writer->way[level] == key;
        if ((!is_on_way && !key->is_required) ||
            (is_on_way && level == writer->depth && writer->value == NULL))
            continue;
        buffer_append_text(&writer->text, comma);
        comma = ", ";
        if (!is_on_way) {
            write_required(writer, key);
        } else if (level == writer->depth) {
            write_target(writer, key);
        } else {
            bool is_section = key->kind == FORMAT_SECTION;
            buffer_format(&writer->text, "%s: %s", key->name, is_section ? "{" : "[{");
            write_keys(writer, key->section, level + 1);
            buffer_append_text(&writer->text, is_section ? "}" : "}]");
        }
    }
}

/* Finds the keys on the way to a place by its path. */
static void find_way(struct writer *writer, const struct format_place *place)
{
    const struct format_section *section = &format_root;
    const char *at = place->path;
    for (writer->depth = -1; section != NULL && *at != '\0';) {
        size_t size = strcspn(at, ".");
        const struct format_key *key = NULL;
        for (size_t i = 0; i < section->key_count; i++)
            if (strlen(section->keys[i].name) == size &&
                strncmp(section->keys[i].name, at, size) == 0)
                key = &section->keys[i];
        assert_non_null(key);
        writer->way[++writer->depth] = key;
        section = key->section;
        at += size + (at[size] == '.');
    }
    assert_ptr_equal(writer->way[writer->depth], place->key);
}

/* ---- what is written --------------------------------------------------------------------- */

static const char *number_text(const struct format_key *key, int64_t number, char out[WORD_SIZE])
{
    if (key->kind == FORMAT_POINTS)
        (void)snprintf(out, WORD_SIZE, "%s%lld.%lld", number < 0 ? "-" : "",
                       (long long)(number < 0 ? -number : number) / 10,
                       (long long)(number < 0 ? -number : number) % 10); /* fits */
    else if (key->kind == FORMAT_SHARE)
        (void)snprintf(out, WORD_SIZE, "%lld.%06lld", (long long)number / 1000000,
                       (long long)number % 1000000); /* fits */
    else if (key->kind == FORMAT_DURATION)
        (void)snprintf(out, WORD_SIZE, "%lldms", (long long)number); /* fits */
    else
        (void)snprintf(out, WORD_SIZE, "%lld", (long long)number); /* fits */
    return out;
}

static const char *sample_of(const struct format_key *key)
{
    static char text[WORD_SIZE];
    switch (key->kind) {
    case FORMAT_TEXT:
    case FORMAT_NAME:
        return strcmp(key->name, "second") == 0 || strcmp(key->name, "other") == 0 ? "bob" : "ann";
    case FORMAT_BOOL:
        return "true";
    case FORMAT_INT:
    case FORMAT_POINTS:
    case FORMAT_SHARE:
    case FORMAT_DURATION:
        return number_text(key, key->min > 0 ? key->min : 0, text);
    case FORMAT_WORD:
    case FORMAT_FLAG:
    case FORMAT_EDITION:
        return key->words[0];
    case FORMAT_ROUNDS:
        return "1";
    case FORMAT_LOCAL_TIME:
        return "2026-11-28T20:00";
    case FORMAT_ZONE:
        return "Europe/Berlin";
    case FORMAT_RECURRENCE:
        return "FREQ=WEEKLY";
    case FORMAT_ORDER:
        return "SPREAD";
    case FORMAT_METHOD:
        return "swiss";
    case FORMAT_DAYS:
        return "[2026-12-26]";
    case FORMAT_TEXTS:
        return "[ann]";
    case FORMAT_RIGHT:
        return "director L3";
    case FORMAT_SECTION:
    case FORMAT_LIST:
    case FORMAT_RANGES:
        break;
    }
    return "";
}

/* ---- one case ---------------------------------------------------------------------------- */

struct verdict {
    enum status status;
    bool is_placed; /* a fault stands at the place in question */
    bool says_what; /* and has a hint */
    bool names_key; /* and the key's own name in its text or hint */
    bool is_missing_named;
};

static struct verdict read_case(const struct format_place *place, const char *name,
                                const char *value)
{
    struct writer writer = {.name = name, .value = value};
    struct arena arena;
    struct verdict verdict = {0};
    const struct format *format = NULL;
    arena_init(&arena, MEMORY_MAX);
    struct yaml_faults faults = {.arena = &arena};
    find_way(&writer, place);
    buffer_append_text(&writer.text, "{");
    write_keys(&writer, &format_root, 0);
    buffer_append_text(&writer.text, "}\n");
    verdict.status = format_read(&arena, writer.text.data, writer.text.size, &faults, &format);
    for (size_t i = 0; i < faults.count; i++) {
        const struct yaml_fault *fault = &faults.items[i];
        bool is_here = fault->line == 1 && fault->column == writer.column;
        const char *hint = fault->hint != NULL ? fault->hint : "";
        verdict.is_placed = verdict.is_placed || is_here;
        verdict.says_what = verdict.says_what || (is_here && hint[0] != '\0');
        verdict.names_key =
            verdict.names_key || (is_here && (strstr(hint, place->key->name) != NULL ||
                                              strstr(fault->text, place->key->name) != NULL));
        verdict.is_missing_named =
            verdict.is_missing_named || (strstr(fault->text, "is missing") != NULL &&
                                         strstr(fault->text, place->key->name) != NULL);
    }
    buffer_deinit(&writer.text);
    arena_deinit(&arena);
    return verdict;
}

static void want_refused(const struct format_place *place, const char *value, const char *why)
{
    struct verdict verdict = read_case(place, NULL, value);
    if (verdict.status != STATUS_INVALID_ARGUMENT || !verdict.is_placed || !verdict.says_what)
        fail_msg("%s: %s (%s): status %d, %s, %s", place->path, value, why, (int)verdict.status,
                 verdict.is_placed ? "placed" : "no fault there",
                 verdict.says_what ? "with a hint" : "no hint");
}

/* By itself: what a good value means beside other keys is not the question here. */
static void want_read(const struct format_place *place, const char *value)
{
    struct arena arena;
    const struct yaml_node *node = NULL;
    arena_init(&arena, MEMORY_MAX);
    struct yaml_faults faults = {.arena = &arena};
    void *target = arena_alloc(&arena, place->inside->size);
    assert_non_null(target);
    assert_int_equal(yaml_parse(&arena, value, strlen(value), &faults, &node), STATUS_OK);
    if (!format_read_value(&arena, place->key, node, target, &faults))
        fail_msg("%s: %s is refused", place->path, value);
    arena_deinit(&arena);
}

/* ---- the cases --------------------------------------------------------------------------- */

static void another_type_is_refused(void **state)
{
    (void)state;
    struct format_walk walk = {0};
    struct format_place place;
    while (format_walk_next(&walk, &place)) {
        bool takes_mapping = place.key->kind == FORMAT_SECTION || place.key->kind == FORMAT_RANGES;
        bool takes_list = place.key->kind == FORMAT_LIST || place.key->kind == FORMAT_RANGES ||
                          place.key->kind == FORMAT_TEXTS || place.key->kind == FORMAT_DAYS;
        if (!takes_mapping)
            want_refused(&place, "{a: b}", "a mapping");
        if (!takes_list)
            want_refused(&place, "[a, b]", "a list");
        if (takes_mapping || takes_list)
            want_refused(&place, "7", "a single value");
        else if (place.key->kind != FORMAT_TEXT && place.key->kind != FORMAT_ORDER)
            want_refused(&place, "\"?!\"", "another type");
    }
}

static bool has_range(const struct format_key *key)
{
    return key->kind == FORMAT_INT || key->kind == FORMAT_POINTS || key->kind == FORMAT_SHARE ||
           key->kind == FORMAT_DURATION;
}

static void numbers_end_at_their_range(void **state)
{
    (void)state;
    struct format_walk walk = {0};
    struct format_place place;
    char text[WORD_SIZE];
    while (format_walk_next(&walk, &place)) {
        const struct format_key *key = place.key;
        if (!has_range(key))
            continue;
        assert_true(key->max > key->min);
        want_read(&place, sample_of(key));
        want_refused(&place, number_text(key, key->max + 1, text), "above its range");
        if (key->kind == FORMAT_INT || key->kind == FORMAT_POINTS || key->min > 0)
            want_refused(&place, number_text(key, key->min - 1, text), "below its range");
    }
}

static void another_unit_is_refused(void **state)
{
    (void)state;
    struct format_walk walk = {0};
    struct format_place place;
    while (format_walk_next(&walk, &place)) {
        if (!has_range(place.key))
            continue;
        if (place.key->kind == FORMAT_DURATION) {
            want_refused(&place, "25min", "a unit that is none");
            want_refused(&place, "90", "no unit");
            want_refused(&place, "1.5h", "a fraction");
            want_refused(&place, "-5m", "negative");
        } else {
            want_refused(&place, "5m", "a duration");
            want_refused(&place, "50%", "per cent");
            want_refused(&place, "\"5\"", "quotes");
        }
    }
}

static void misspelt_words_are_told(void **state)
{
    (void)state;
    struct format_walk walk = {0};
    struct format_place place;
    char text[WORD_SIZE];
    while (format_walk_next(&walk, &place)) {
        const struct format_key *key = place.key;
        if (key->kind != FORMAT_WORD && key->kind != FORMAT_FLAG)
            continue;
        for (size_t i = 0; key->words[i] != NULL; i++) {
            want_read(&place, key->words[i]);
            (void)snprintf(text, sizeof text, "%sx", key->words[i]); /* short words */
            want_refused(&place, text, "misspelt");
        }
    }
}

static void misspelt_keys_are_told(void **state)
{
    (void)state;
    struct format_walk walk = {0};
    struct format_place place;
    size_t count = 0;
    while (format_walk_next(&walk, &place)) {
        char name[WORD_SIZE];
        (void)snprintf(name, sizeof name, "%sx", place.key->name); /* short names */
        struct verdict verdict = read_case(&place, name, "1");
        if (verdict.status != STATUS_INVALID_ARGUMENT || !verdict.is_placed || !verdict.says_what)
            fail_msg("%s misspelt is not refused in its place", place.path);
        if (strlen(place.key->name) > 3 && !verdict.names_key)
            fail_msg("%s misspelt: the right spelling is not named", place.path);
        count++;
    }
    assert_true(count >= KEYS_MIN);
}

static void missing_keys_are_named(void **state)
{
    (void)state;
    struct format_walk walk = {0};
    struct format_place place;
    while (format_walk_next(&walk, &place))
        if (place.key->is_required) {
            struct verdict verdict = read_case(&place, NULL, NULL);
            if (verdict.status != STATUS_INVALID_ARGUMENT || !verdict.is_missing_named)
                fail_msg("%s left out is not missed", place.path);
        }
}

/* The default of every key is read as a value of it and means the same as leaving it out. */
static void defaults_are_what_one_may_write(void **state)
{
    (void)state;
    struct format_walk walk = {0};
    struct format_place place;
    while (format_walk_next(&walk, &place)) {
        assert_true(place.key->help[0] != '\0');
        assert_true(place.key->level >= FORMAT_L1 && place.key->level <= FORMAT_L5);
        if (place.key->section == NULL && !place.key->is_required && place.key->otherwise == NULL &&
            place.key->standard == NULL)
            fail_msg("%s has no default", place.path);
        if (place.key->standard != NULL && place.key->standard[0] != '\0')
            want_read(&place, place.key->standard);
    }
}

static void keys_are_found_by_path_name_and_spelling(void **state)
{
    (void)state;
    struct format_place place;
    assert_true(format_key_find("divisions.byes.points", &place));
    assert_string_equal(place.path, "divisions.byes.points");
    assert_true(format_key_find("catch_up", &place));
    assert_string_equal(place.path, "time.catch_up");
    assert_false(format_key_find("rating_min", &place)); /* of the event and of a division */
    assert_false(format_key_find("nothing_like_it", &place));
    assert_true(format_key_nearest("time.cathc_up", &place));
    assert_string_equal(place.path, "time.catch_up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_type_is_refused),
        cmocka_unit_test(numbers_end_at_their_range),
        cmocka_unit_test(another_unit_is_refused),
        cmocka_unit_test(misspelt_words_are_told),
        cmocka_unit_test(misspelt_keys_are_told),
        cmocka_unit_test(missing_keys_are_named),
        cmocka_unit_test(defaults_are_what_one_may_write),
        cmocka_unit_test(keys_are_found_by_path_name_and_spelling),
    };
    return cmocka_run_group_tests_name("format_keys", tests, NULL, NULL);
}
