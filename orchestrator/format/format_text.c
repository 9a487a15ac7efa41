/* Values of a policy as one would write them. */
#include <inttypes.h>
#include <string.h>

#include "orchestrator/format/format_diff.h"

static const char *duration_text(struct arena *arena, int64_t ms)
{
    struct buffer text = {0};
    format_duration_text(ms, &text);
    const char *copy = arena_copy(arena, buffer_text(&text), text.size);
    buffer_deinit(&text);
    return copy;
}

static const char *number_text(struct arena *arena, const struct format_key *key, int number)
{
    if (key->kind == FORMAT_POINTS && number % 10 != 0)
        return arena_format(arena, "%d.%d", number / 10, number % 10);
    if (key->kind == FORMAT_POINTS)
        return arena_format(arena, "%d", number / 10);
    if (key->kind == FORMAT_SHARE)
        return arena_format(arena, "0.%06d", number);
    return arena_format(arena, "%d", number);
}

static const char *rounds_text(struct arena *arena, struct format_span span)
{
    if (span.first == 0)
        return "";
    if (span.first == span.last)
        return arena_format(arena, "%d", span.first);
    return arena_format(arena, "%d-%d", span.first, span.last);
}

static const char *right_text(struct arena *arena, const struct format_right *right)
{
    static const char *const roles[] = {"player ", "scorer ", "assistant ", "director ", "admin "};
    const char *text = "";
    for (size_t i = 0; text != NULL && i < COUNT_OF(roles); i++)
        if ((right->roles >> i & 1) != 0)
            text = arena_format(arena, "%s%s", text, roles[i]);
    return text == NULL ? NULL
                        : arena_format(arena, "%sL%d%s", text, (int)right->level,
                                       right->needs_reason ? " reason" : "");
}

static const char *texts_text(struct arena *arena, const struct format_texts *texts)
{
    struct buffer text = {0};
    for (size_t i = 0; i < texts->count; i++)
        buffer_format(&text, "%s%s", i == 0 ? "[" : ", ", texts->items[i]);
    if (texts->count > 0)
        buffer_append_char(&text, ']');
    const char *copy = arena_copy(arena, buffer_text(&text), text.size);
    buffer_deinit(&text);
    return copy;
}

/* "{round: 2, first: ann, second: bob}": the keys that are given or not what they are by default.
 */
static const char *section_text(struct arena *arena, const struct format_section *section,
                                const void *inside)
{
    const char *text = "";
    for (size_t i = 0; text != NULL && i < section->key_count; i++) {
        const struct format_key *key = &section->keys[i];
        const char *value = format_value_text(arena, key, inside);
        if (value == NULL)
            return NULL;
        bool is_standard =
            !key->is_required &&
            (value[0] == '\0' || (key->standard != NULL && strcmp(value, key->standard) == 0));
        if (!is_standard)
            text = arena_format(arena, "%s%s%s: %s", text, text[0] != '\0' ? ", " : "", key->name,
                                value);
    }
    return text == NULL || text[0] == '\0' ? text : arena_format(arena, "{%s}", text);
}

static const char *list_text(struct arena *arena, const struct format_key *key, const void *inside)
{
    const char *items = NULL;
    size_t count = 0;
    memcpy(&items, (const char *)inside + key->offset, sizeof items);
    memcpy(&count, (const char *)inside + key->count_offset, sizeof count);
    const char *text = "";
    for (size_t i = 0; text != NULL && i < count; i++) {
        const char *item = section_text(arena, key->section, items + i * key->section->size);
        text = item != NULL ? arena_format(arena, "%s%s%s", text, i == 0 ? "[" : ", ", item) : NULL;
    }
    return text == NULL || text[0] == '\0' ? text : arena_format(arena, "%s]", text);
}

const char *format_value_text(struct arena *arena, const struct format_key *key, const void *inside)
{
    const void *place = (const char *)inside + key->offset;
    const char *text = "";
    int number = 0;
    int64_t ms = 0;
    bool flag = false;
    struct format_span span;
    switch (key->kind) {
    case FORMAT_TEXT:
    case FORMAT_NAME:
    case FORMAT_LOCAL_TIME:
    case FORMAT_ZONE:
    case FORMAT_RECURRENCE:
    case FORMAT_ORDER:
        memcpy(&text, place, sizeof text);
        return text;
    case FORMAT_BOOL:
        memcpy(&flag, place, sizeof flag);
        return flag ? "true" : "false";
    case FORMAT_FLAG:
        memcpy(&flag, place, sizeof flag);
        return key->words[flag ? 1 : 0];
    case FORMAT_INT:
    case FORMAT_POINTS:
    case FORMAT_SHARE:
    case FORMAT_EDITION:
        memcpy(&number, place, sizeof number);
        return number_text(arena, key, number);
    case FORMAT_WORD:
        memcpy(&number, place, sizeof number);
        return key->words[number - (int)key->min];
    case FORMAT_METHOD:
        memcpy(&number, place, sizeof number); /* the policy begins with its method */
        return pairing_method_name((enum pairing_method)number);
    case FORMAT_DURATION:
        memcpy(&ms, place, sizeof ms);
        return duration_text(arena, ms);
    case FORMAT_ROUNDS:
        memcpy(&span, place, sizeof span);
        return rounds_text(arena, span);
    case FORMAT_RIGHT:
        return right_text(arena, place);
    case FORMAT_DAYS:
    case FORMAT_TEXTS:
        return texts_text(arena, place);
    case FORMAT_SECTION:
        return section_text(arena, key->section, place);
    case FORMAT_LIST:
    case FORMAT_RANGES:
        return list_text(arena, key, inside);
    }
    return "";
}
