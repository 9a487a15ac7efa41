/* Walks two formats by the table of keys and keeps what means something else. */
#include "orchestrator/format/format_diff.h"

#include <assert.h>
#include <string.h>

enum { DELTAS_STEP = 32 };

struct comparison {
    struct arena *arena;
    const struct format_change *rules; /* of the policy in force */
    struct format_progress progress;
    struct format_delta *items;
    size_t count;
    size_t capacity;
};

/* ---- rows -------------------------------------------------------------------------------- */

static bool is_frozen(const struct comparison *comparison, const struct format_key *key,
                      const char *path)
{
    for (size_t i = 0; i < comparison->rules->frozen.count; i++) {
        const char *frozen = comparison->rules->frozen.items[i];
        const char *last = strrchr(frozen, '.') != NULL ? strrchr(frozen, '.') + 1 : frozen;
        size_t size = strlen(frozen);
        if (strcmp(last, key->name) == 0 ||
            (strncmp(path, frozen, size) == 0 && (path[size] == '.' || path[size] == '\0')))
            return true;
    }
    return false;
}

/* The level a key's own level becomes for this event. */
static void judge(const struct comparison *comparison, struct format_delta *delta)
{
    delta->level = delta->key->level;
    delta->boundary = delta->key->boundary;
    if (!comparison->progress.has_begun) {
        delta->level = FORMAT_L1;
        delta->boundary = FORMAT_AT_ONCE;
        delta->reason = "the event has not begun";
    } else if (!comparison->rules->allowed) {
        delta->level = FORMAT_L5;
        delta->reason = "changes.allowed is false";
    } else if (is_frozen(comparison, delta->key, delta->path)) {
        delta->level = FORMAT_L5;
        delta->reason = "changes.frozen names it";
    } else if (delta->level < comparison->rules->level_min) {
        delta->level = comparison->rules->level_min;
        delta->reason = "changes.level_min";
    }
}

/* Adds a row; NULL where the arena is full, which is found out at the end. */
static struct format_delta *add(struct comparison *comparison, const struct format_key *key,
                                const char *path, const char *before, const char *after)
{
    if (path == NULL || before == NULL || after == NULL)
        return NULL;
    if (comparison->count == comparison->capacity) {
        size_t capacity = comparison->capacity * 2 + DELTAS_STEP;
        struct format_delta *items = arena_array(comparison->arena, capacity, sizeof *items);
        if (items == NULL)
            return NULL;
        if (comparison->count > 0)
            memcpy(items, comparison->items, comparison->count * sizeof *items);
        comparison->items = items;
        comparison->capacity = capacity;
    }
    struct format_delta *delta = &comparison->items[comparison->count++];
    *delta = (struct format_delta){
        .key = key, .path = path, .before = before, .after = after, .reason = ""};
    judge(comparison, delta);
    return delta;
}

static const char *join(struct comparison *comparison, const char *path, const char *name)
{
    return path[0] == '\0' ? name : arena_format(comparison->arena, "%s.%s", path, name);
}

/* ---- lists of small things: what is gone, what is new ------------------------------------ */

struct items {
    const char *bytes;
    size_t count;
};

static struct items items_of(const struct format_key *key, const void *inside)
{
    struct items items;
    memcpy(&items.bytes, (const char *)inside + key->offset, sizeof items.bytes);
    memcpy(&items.count, (const char *)inside + key->count_offset, sizeof items.count);
    return items;
}

static const char *item_text(struct comparison *comparison, const struct format_key *key,
                             const struct items *items, size_t index)
{
    struct items one = {items->bytes + index * key->section->size, 1};
    struct format_key list = *key;
    list.offset = offsetof(struct items, bytes);
    list.count_offset = offsetof(struct items, count);
    return format_value_text(comparison->arena, &list, &one);
}

static bool has_item(struct comparison *comparison, const struct format_key *key,
                     const struct items *items, const char *text)
{
    for (size_t i = 0; i < items->count; i++) {
        const char *other = item_text(comparison, key, items, i);
        if (other == NULL || strcmp(other, text) == 0)
            return true;
    }
    return false;
}

static void compare_list(struct comparison *comparison, const struct format_key *key,
                         const char *path, const void *before, const void *after)
{
    struct items old = items_of(key, before);
    struct items new = items_of(key, after);
    const char *text = format_value_text(comparison->arena, key, before);
    const char *other = format_value_text(comparison->arena, key, after);
    if (text == NULL || other == NULL || strcmp(text, other) == 0)
        return;
    size_t count = comparison->count;
    for (size_t i = 0; i < old.count; i++) {
        text = item_text(comparison, key, &old, i);
        if (text != NULL && !has_item(comparison, key, &new, text))
            (void)add(comparison, key, path, text, ""); /* a full arena is found out at the end */
    }
    for (size_t i = 0; i < new.count; i++) {
        text = item_text(comparison, key, &new, i);
        if (text != NULL && !has_item(comparison, key, &old, text))
            (void)add(comparison, key, path, "", text); /* as above */
    }
    if (comparison->count == count) /* only their order is another */
        (void)add(comparison, key, path, format_value_text(comparison->arena, key, before),
                  format_value_text(comparison->arena, key, after)); /* as above */
}

/* ---- pairing, round by round ------------------------------------------------------------- */

/* How a round is paired, without the rounds themselves. */
static const char *round_text(struct comparison *comparison, const struct format_key *key,
                              const struct format_division *division, int round)
{
    if (round > division->rounds)
        return "";
    const struct format_range *range = format_range_of(division, round);
    struct pairing_policy standard = pairing_policy_default(range->pairing.method);
    struct format_range usual = {.pairing = standard};
    const char *text = pairing_method_name(range->pairing.method);
    for (size_t i = 0; text != NULL && i < key->section->key_count; i++) {
        const struct format_key *part = &key->section->keys[i];
        if (part->kind == FORMAT_ROUNDS || part->kind == FORMAT_METHOD)
            continue;
        const char *value = format_value_text(comparison->arena, part, range);
        const char *other = format_value_text(comparison->arena, part, &usual);
        if (value == NULL || other == NULL)
            return NULL;
        if (strcmp(value, other) != 0)
            text = arena_format(comparison->arena, "%s, %s: %s", text, part->name, value);
    }
    return text;
}

static void add_rounds(struct comparison *comparison, const struct format_key *key,
                       const char *path, int first, int last, const char *before, const char *after)
{
    const char *rounds = first == last
                             ? arena_format(comparison->arena, "%s.%d", path, first)
                             : arena_format(comparison->arena, "%s.%d-%d", path, first, last);
    struct format_delta *delta = add(comparison, key, rounds, before, after);
    if (delta != NULL && comparison->progress.has_begun &&
        last <= comparison->progress.rounds_paired && delta->level < FORMAT_L5) {
        delta->level = FORMAT_L1;
        delta->reason = "these rounds have been paired";
    }
}

/* Rounds whose text differs in the same way are one row. */
static void compare_ranges(struct comparison *comparison, const struct format_key *key,
                           const char *path, const struct format_division *before,
                           const struct format_division *after)
{
    int most = before->rounds < after->rounds ? before->rounds : after->rounds;
    int first = 0;
    const char *old = "", *new = "";
    for (int round = 1; round <= most + 1; round++) {
        const char *text = round <= most ? round_text(comparison, key, before, round) : "";
        const char *other = round <= most ? round_text(comparison, key, after, round) : "";
        if (text == NULL || other == NULL)
            return;
        bool differs = strcmp(text, other) != 0;
        if (first > 0 && (!differs || strcmp(text, old) != 0 || strcmp(other, new) != 0)) {
            add_rounds(comparison, key, path, first, round - 1, old, new);
            first = 0;
        }
        if (differs && first == 0)
            first = round;
        old = text;
        new = other;
    }
}

/* ---- sections ---------------------------------------------------------------------------- */

static void compare_section(struct comparison *comparison, const struct format_section *section,
                            const char *path, const void *before, const void *after);

static void compare_divisions(struct comparison *comparison, const struct format_key *key,
                              const struct format *before, const struct format *after)
{
    for (size_t i = 0; i < before->division_count; i++) {
        const struct format_division *old = &before->divisions[i];
        const struct format_division *new = format_find_division(after, old->name);
        const char *path = arena_format(comparison->arena, "divisions.%s", old->name);
        if (path == NULL)
            return;
        if (new == NULL)
            (void)add(comparison, key, path, old->name, ""); /* a full arena shows at the end */
        else
            compare_section(comparison, &format_division_section, path, old, new);
    }
    for (size_t i = 0; i < after->division_count; i++)
        if (format_find_division(before, after->divisions[i].name) == NULL)
            (void)add(comparison, key,
                      arena_format(comparison->arena, "divisions.%s", after->divisions[i].name), "",
                      after->divisions[i].name); /* as above */
}

static void compare_value(struct comparison *comparison, const struct format_key *key,
                          const char *path, const void *before, const void *after)
{
    const char *old = format_value_text(comparison->arena, key, before);
    const char *new = format_value_text(comparison->arena, key, after);
    if (old == NULL || new == NULL || strcmp(old, new) == 0)
        return;
    struct format_delta *delta = add(comparison, key, path, old, new);
    if (delta == NULL || key->section != NULL || comparison->progress.rounds_paired == 0 ||
        strcmp(key->name, "rounds") != 0 || !comparison->progress.has_begun)
        return;
    if (((const struct format_division *)after)->rounds < comparison->progress.rounds_paired) {
        delta->level = FORMAT_L5;
        delta->reason = "more rounds have been paired";
    }
}

static void compare_key(struct comparison *comparison, const struct format_key *key,
                        const char *path, const void *before, const void *after)
{
    if (key->kind == FORMAT_SECTION)
        compare_section(comparison, key->section, path, (const char *)before + key->offset,
                        (const char *)after + key->offset);
    else if (key->section == &format_division_section)
        compare_divisions(comparison, key, before, after);
    else if (key->kind == FORMAT_RANGES)
        compare_ranges(comparison, key, path, before, after);
    else if (key->kind == FORMAT_LIST)
        compare_list(comparison, key, path, before, after);
    else
        compare_value(comparison, key, path, before, after);
}

static void compare_section(struct comparison *comparison, const struct format_section *section,
                            const char *path, const void *before, const void *after)
{
    for (size_t i = 0; i < section->key_count; i++) {
        const char *way = join(comparison, path, section->keys[i].name);
        if (way != NULL)
            compare_key(comparison, &section->keys[i], way, before, after);
    }
}

enum status format_diff(struct arena *arena, const struct format *before,
                        const struct format *after, const struct format_progress *progress,
                        struct format_diff *out_diff)
{
    struct comparison comparison = {
        .arena = arena, .rules = &before->changes, .progress = {.has_begun = true}};
    if (progress != NULL)
        comparison.progress = *progress;
    compare_section(&comparison, &format_root, "", before, after);
    if (arena_full(arena))
        return STATUS_FULL;
    struct format_diff diff = {
        .items = comparison.items, .count = comparison.count, .level = FORMAT_L1};
    for (size_t i = 0; i < diff.count; i++) {
        if (diff.items[i].level > diff.level)
            diff.level = diff.items[i].level;
        if (diff.items[i].boundary > diff.boundary)
            diff.boundary = diff.items[i].boundary;
    }
    *out_diff = diff;
    return STATUS_OK;
}

void format_diff_print(const struct format_diff *diff, struct buffer *out)
{
    for (size_t i = 0; i < diff->count; i++) {
        const struct format_delta *delta = &diff->items[i];
        buffer_format(out, "L%d  %s: ", (int)delta->level, delta->path);
        if (delta->before[0] == '\0')
            buffer_format(out, "+ %s", delta->after);
        else if (delta->after[0] == '\0')
            buffer_format(out, "- %s", delta->before);
        else
            buffer_format(out, "%s -> %s", delta->before, delta->after);
        buffer_format(out, "  (%s%s%s)\n", format_boundary_text(delta->boundary),
                      delta->reason[0] != '\0' ? "; " : "", delta->reason);
    }
}
