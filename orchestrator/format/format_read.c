/* Reads values by the table of keys: each kind of value has one reader, which says what may be
 * written where something else is. What keys mean together is format_policy.c's. */
#include "orchestrator/format/format_keys.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 64, WORDS_MAX = 32 };

struct reader {
    struct arena *arena;
    struct yaml_faults *faults;
};

/* Says what may be written, where the fault has no hint of its own. */
static bool refuse(const struct reader *reader, const struct format_key *key)
{
    struct buffer allowed = {0};
    buffer_format(&allowed, "`%s` is ", key->name);
    format_key_allowed(key, &allowed);
    yaml_hint(reader->faults, "%s", buffer_text(&allowed));
    buffer_deinit(&allowed);
    return false;
}

static size_t count_words(const struct format_key *key)
{
    size_t count = 0;
    while (key->words[count] != NULL)
        count++;
    return count;
}

/* ---- scalars ----------------------------------------------------------------------------- */

static bool read_number(const struct reader *reader, const struct format_key *key,
                        const struct yaml_node *node, int decimals, void *place)
{
    int64_t number = 0;
    bool reads = decimals == 0 ? yaml_int(node, key->min, key->max, reader->faults, &number)
                               : yaml_scaled(node, decimals, reader->faults, &number);
    if (!reads)
        return refuse(reader, key);
    if (number < key->min || number > key->max) {
        (void)yaml_error(reader->faults, node, "%.60s is out of range", node->text);
        return refuse(reader, key);
    }
    int narrowed = (int)number;
    memcpy(place, &narrowed, sizeof narrowed);
    return true;
}

static bool read_duration(const struct reader *reader, const struct format_key *key,
                          const struct yaml_node *node, void *place)
{
    int64_t ms = 0;
    if (!yaml_duration(node, reader->faults, &ms))
        return refuse(reader, key);
    if (ms < key->min || ms > key->max) {
        (void)yaml_error(reader->faults, node, "%.60s is out of range", node->text);
        return refuse(reader, key);
    }
    memcpy(place, &ms, sizeof ms);
    return true;
}

static bool read_bool(const struct reader *reader, const struct format_key *key,
                      const struct yaml_node *node, void *place)
{
    bool flag = false;
    if (!yaml_bool(node, reader->faults, &flag))
        return refuse(reader, key);
    memcpy(place, &flag, sizeof flag);
    return true;
}

static bool read_word(const struct reader *reader, const struct format_key *key,
                      const struct yaml_node *node, void *place)
{
    int index = 0;
    if (!yaml_enum(node, key->words, count_words(key), reader->faults, &index))
        return refuse(reader, key);
    bool flag = index == 1;
    int number = key->kind == FORMAT_EDITION ? (index == 0 ? 2024 : 2026) : (int)key->min + index;
    if (key->kind == FORMAT_FLAG)
        memcpy(place, &flag, sizeof flag);
    else
        memcpy(place, &number, sizeof number); /* enumerations are as wide as int */
    return true;
}

static bool read_text(const struct reader *reader, const struct format_key *key,
                      const struct yaml_node *node, void *place)
{
    const char *text = "";
    bool reads = key->kind == FORMAT_NAME ? yaml_name(node, false, reader->faults, &text)
                                          : yaml_text(node, reader->faults, &text);
    if (!reads)
        return refuse(reader, key);
    memcpy(place, &text, sizeof text);
    return true;
}

/* ---- texts with a form of their own ------------------------------------------------------ */

static bool digits_at(const char *text, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

static bool is_date(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = 0, month = 0, day = 0;
    if (strlen(text) < 10 || text[4] != '-' || text[7] != '-' || !digits_at(text, 0, 4) ||
        !digits_at(text, 5, 2) || !digits_at(text, 8, 2))
        return false;
    (void)sscanf(text, "%4d-%2d-%2d", &year, &month, &day); /* only digits are there */
    if (year < 1 || month < 1 || month > 12)
        return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day >= 1 && day <= days[month - 1] + (month == 2 && is_leap);
}

/* "2026-11-28T20:00", with seconds or without. */
static bool is_local_time(const char *text)
{
    size_t size = strlen(text);
    if (!is_date(text) || (size != 16 && size != 19) || text[10] != 'T' || text[13] != ':')
        return false;
    if (size == 19 && (text[16] != ':' || !digits_at(text, 17, 2) || text[17] > '5'))
        return false;
    return digits_at(text, 11, 2) && digits_at(text, 14, 2) && strncmp(text + 11, "24", 2) < 0 &&
           text[14] <= '5';
}

static bool is_zone(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t size = strlen(text);
    return size > 0 && size < 64 && strspn(text, letters) > 0 && strstr(text, "..") == NULL &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/") ==
               size &&
           text[size - 1] != '/';
}

static bool is_recurrence(const char *text)
{
    return strncmp(text, "FREQ=", 5) == 0 || strstr(text, ";FREQ=") != NULL;
}

static bool has_form(const struct format_key *key, const char *text)
{
    switch (key->kind) {
    case FORMAT_LOCAL_TIME:
        return is_local_time(text);
    case FORMAT_ZONE:
        return is_zone(text);
    case FORMAT_RECURRENCE:
        return is_recurrence(text);
    case FORMAT_DAYS:
        return is_local_time(text) || (is_date(text) && text[10] == '\0');
    case FORMAT_TEXT:
    case FORMAT_NAME:
    case FORMAT_BOOL:
    case FORMAT_INT:
    case FORMAT_DURATION:
    case FORMAT_POINTS:
    case FORMAT_SHARE:
    case FORMAT_WORD:
    case FORMAT_FLAG:
    case FORMAT_EDITION:
    case FORMAT_ROUNDS:
    case FORMAT_ORDER:
    case FORMAT_METHOD:
    case FORMAT_TEXTS:
    case FORMAT_RIGHT:
    case FORMAT_SECTION:
    case FORMAT_LIST:
    case FORMAT_RANGES:
        break;
    }
    return true;
}

static bool read_form(const struct reader *reader, const struct format_key *key,
                      const struct yaml_node *node, void *place)
{
    const char *text = "";
    if (!yaml_text(node, reader->faults, &text))
        return refuse(reader, key);
    if (!has_form(key, text)) {
        (void)yaml_error(reader->faults, node, "`%.60s` does not read", text);
        return refuse(reader, key);
    }
    memcpy(place, &text, sizeof text);
    return true;
}

static bool read_rounds(const struct reader *reader, const struct format_key *key,
                        const struct yaml_node *node, void *place)
{
    const char *text = "";
    struct format_span span = {0};
    char rest = '\0';
    if (!yaml_text(node, reader->faults, &text))
        return refuse(reader, key);
    int count = sscanf(text, "%4d-%4d%c", &span.first, &span.last, &rest);
    if (count == 1 && sscanf(text, "%4d%c", &span.first, &rest) == 1)
        span.last = span.first;
    else if (count != 2)
        span = (struct format_span){0};
    if (span.first < 1 || span.last < span.first || span.last > FORMAT_ROUNDS_MAX) {
        (void)yaml_error(reader->faults, node, "'%.60s' is no range of rounds", text);
        return refuse(reader, key);
    }
    memcpy(place, &span, sizeof span);
    return true;
}

static bool read_method(const struct reader *reader, const struct format_key *key,
                        const struct yaml_node *node, void *place)
{
    const char *names[PAIRING_METHOD_COUNT];
    const char *text = "";
    enum pairing_method method = PAIRING_SWISS;
    if (!yaml_text(node, reader->faults, &text))
        return refuse(reader, key);
    if (pairing_method_find(text, &method)) {
        struct pairing_policy policy = pairing_policy_default(method);
        memcpy(place, &policy, sizeof policy);
        return true;
    }
    for (int i = 0; i < PAIRING_METHOD_COUNT; i++)
        names[i] = pairing_method_name((enum pairing_method)i);
    (void)yaml_error(reader->faults, node, "there is no pairing method '%.60s'", text);
    yaml_hint_nearest(reader->faults, text, names, PAIRING_METHOD_COUNT);
    return refuse(reader, key);
}

/* ---- rights ------------------------------------------------------------------------------ */

static const char *const right_words[] = {
    "player", "scorer", "assistant", "director", "admin", "L1", "L2", "L3", "L4", "L5", "reason"};
enum { ROLE_COUNT = 5, LEVEL_COUNT = 5 };

static bool take_word(const char *word, size_t size, struct format_right *right)
{
    for (size_t i = 0; i < COUNT_OF(right_words); i++) {
        if (strlen(right_words[i]) != size || strncmp(right_words[i], word, size) != 0)
            continue;
        if (i < ROLE_COUNT)
            right->roles |= UINT32_C(1) << i;
        else if (i < ROLE_COUNT + LEVEL_COUNT && right->level == 0)
            right->level = (enum format_level)(i - ROLE_COUNT + 1);
        else if (i == ROLE_COUNT + LEVEL_COUNT)
            right->needs_reason = true;
        else
            return false;
        return true;
    }
    return false;
}

static bool refuse_right(const struct reader *reader, const struct format_key *key,
                         const struct yaml_node *node, const char *word, size_t size)
{
    const char *copy = arena_copy(reader->arena, word, size);
    (void)yaml_error(reader->faults, node, "`%.60s` is no right", node->text);
    if (copy != NULL)
        yaml_hint_nearest(reader->faults, copy, right_words, COUNT_OF(right_words));
    return refuse(reader, key);
}

/* "assistant director L3 reason" */
static bool read_right(const struct reader *reader, const struct format_key *key,
                       const struct yaml_node *node, void *place)
{
    const char *text = "";
    struct format_right right = {0};
    if (!yaml_text(node, reader->faults, &text))
        return refuse(reader, key);
    for (const char *at = text + strspn(text, " "); *at != '\0';) {
        size_t size = strcspn(at, " ");
        if (!take_word(at, size, &right))
            return refuse_right(reader, key, node, at, size);
        at += size + strspn(at + size, " ");
    }
    if (right.roles == 0 || right.level == 0)
        return refuse_right(reader, key, node, "", 0);
    memcpy(place, &right, sizeof right);
    return true;
}

/* ---- lists ------------------------------------------------------------------------------- */

static bool is_list(const struct reader *reader, const struct format_key *key,
                    const struct yaml_node *node)
{
    if (node->kind != YAML_SEQUENCE) {
        (void)yaml_error(reader->faults, node, "%s where a list belongs",
                         node->kind == YAML_MAPPING ? "a mapping"
                         : yaml_is_empty(node)      ? "nothing"
                                                    : "a single value");
        return refuse(reader, key);
    }
    if (node->count <= FORMAT_LIST_MAX)
        return true;
    return yaml_error(reader->faults, node, "%zu items in `%s`; at most %d fit", node->count,
                      key->name, FORMAT_LIST_MAX);
}

static bool read_texts(const struct reader *reader, const struct format_key *key,
                       const struct yaml_node *node, void *place)
{
    if (!is_list(reader, key, node))
        return false;
    const char **items = arena_array(reader->arena, node->count, sizeof *items);
    bool is_good = items != NULL;
    for (size_t i = 0; items != NULL && i < node->count; i++)
        is_good = read_form(reader, key, &node->items[i], &items[i]) && is_good;
    struct format_texts texts = {items, node->count};
    if (is_good)
        memcpy(place, &texts, sizeof texts);
    return is_good;
}

static bool read_list(const struct reader *reader, const struct format_key *key,
                      const struct yaml_node *node, void *target)
{
    if (!is_list(reader, key, node))
        return false;
    char *items = arena_array(reader->arena, node->count, key->section->size);
    bool is_good = items != NULL;
    for (size_t i = 0; items != NULL && i < node->count; i++) {
        char *item = items + i * key->section->size;
        format_fill(reader->arena, key->section, item);
        is_good = format_read_section(reader->arena, key->section, &node->items[i], item,
                                      reader->faults) &&
                  is_good;
    }
    if (!is_good)
        return false;
    memcpy((char *)target + key->offset, &items, sizeof items);
    memcpy((char *)target + key->count_offset, &node->count, sizeof node->count);
    return true;
}

/* ---- one value, one section -------------------------------------------------------------- */

bool format_read_value(struct arena *arena, const struct format_key *key,
                       const struct yaml_node *node, void *target, struct yaml_faults *faults)
{
    struct reader reader = {arena, faults};
    void *place = (char *)target + key->offset;
    switch (key->kind) {
    case FORMAT_TEXT:
    case FORMAT_NAME:
    case FORMAT_ORDER:
        return read_text(&reader, key, node, place);
    case FORMAT_BOOL:
        return read_bool(&reader, key, node, place);
    case FORMAT_INT:
        return read_number(&reader, key, node, 0, place);
    case FORMAT_POINTS:
        return read_number(&reader, key, node, 1, place);
    case FORMAT_SHARE:
        return read_number(&reader, key, node, 6, place);
    case FORMAT_DURATION:
        return read_duration(&reader, key, node, place);
    case FORMAT_WORD:
    case FORMAT_FLAG:
    case FORMAT_EDITION:
        return read_word(&reader, key, node, place);
    case FORMAT_ROUNDS:
        return read_rounds(&reader, key, node, place);
    case FORMAT_LOCAL_TIME:
    case FORMAT_ZONE:
    case FORMAT_RECURRENCE:
        return read_form(&reader, key, node, place);
    case FORMAT_METHOD:
        return read_method(&reader, key, node, place);
    case FORMAT_RIGHT:
        return read_right(&reader, key, node, place);
    case FORMAT_DAYS:
    case FORMAT_TEXTS:
        return read_texts(&reader, key, node, place);
    case FORMAT_SECTION:
        return format_read_section(arena, key->section, node, place, faults);
    case FORMAT_LIST:
        return read_list(&reader, key, node, target);
    case FORMAT_RANGES:
        node = format_ranges_as_list(arena, node, faults);
        return node != NULL && read_list(&reader, key, node, target);
    }
    return false;
}

void format_fill(struct arena *arena, const struct format_section *section, void *target)
{
    for (size_t i = 0; i < section->key_count; i++) {
        const struct format_key *key = &section->keys[i];
        if (key->kind == FORMAT_SECTION)
            format_fill(arena, key->section, (char *)target + key->offset);
        if (key->standard == NULL || key->standard[0] == '\0') {
            const char *nothing = "";
            if (key->kind == FORMAT_TEXT || key->kind == FORMAT_NAME ||
                key->kind == FORMAT_LOCAL_TIME || key->kind == FORMAT_RECURRENCE)
                memcpy((char *)target + key->offset, &nothing, sizeof nothing);
            continue;
        }
        struct yaml_node node = {
            .kind = YAML_SCALAR, .text = key->standard, .size = strlen(key->standard)};
        bool reads = format_read_value(arena, key, &node, target, NULL);
        assert(reads); /* the table's own defaults */
        (void)reads;
    }
}

static const struct format_key *find_key(const struct format_section *section, const char *name)
{
    for (size_t i = 0; i < section->key_count; i++)
        if (strcmp(section->keys[i].name, name) == 0)
            return &section->keys[i];
    return NULL;
}

/* The nearest spelling here; else where such a key belongs; else what there is. */
static void refuse_key(const struct reader *reader, const struct format_section *section,
                       const struct yaml_node *node)
{
    const char *names[KEYS_MAX];
    struct format_place place;
    assert(section->key_count <= KEYS_MAX);
    for (size_t i = 0; i < section->key_count; i++)
        names[i] = section->keys[i].name;
    (void)yaml_error(reader->faults, node, "unknown key `%.60s` in `%s`", node->text,
                     section->name);
    yaml_hint_nearest(reader->faults, node->text, names, section->key_count);
    if (format_key_find(node->text, &place))
        yaml_hint(reader->faults, "there is `%s`", place.path);
    else if (format_key_nearest(node->text, &place))
        yaml_hint(reader->faults, "perhaps `%s`", place.path);
    else
        yaml_hint(reader->faults, "`arbiter policy explain` lists all keys");
}

bool format_read_section(struct arena *arena, const struct format_section *section,
                         const struct yaml_node *node, void *target, struct yaml_faults *faults)
{
    struct reader reader = {arena, faults};
    bool is_good = true;
    if (node->kind != YAML_MAPPING) {
        (void)yaml_error(faults, node, "%s where a mapping belongs",
                         node->kind == YAML_SEQUENCE ? "a list"
                         : yaml_is_empty(node)       ? "nothing"
                                                     : "a single value");
        yaml_hint(faults, "`%s` is a mapping: %s", section->name, section->help);
        return false;
    }
    for (size_t i = 0; i < node->count; i++)
        if (find_key(section, node->pairs[i].key.text) == NULL) {
            refuse_key(&reader, section, &node->pairs[i].key);
            is_good = false;
        }
    for (size_t i = 0; i < section->key_count; i++) {
        const struct format_key *key = &section->keys[i];
        const struct yaml_node *value = yaml_get(node, key->name);
        if (value != NULL)
            is_good = format_read_value(arena, key, value, target, faults) && is_good;
        else if (key->is_required)
            is_good = yaml_error(faults, node, "the key `%s` is missing", key->name) ||
                      refuse(&reader, key);
    }
    return is_good;
}
