/* Says what a key is: for messages, `arbiter policy explain` and the reference page. */
#include "orchestrator/format/format_keys.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 400 };

/* ---- walking the table ------------------------------------------------------------------- */

static void write_path(const struct format_walk *walk, char out[FORMAT_PATH_MAX])
{
    size_t used = 0;
    for (int i = 0; i <= walk->depth; i++) {
        const struct format_key *key = &walk->sections[i]->keys[walk->next[i] - 1];
        int size =
            snprintf(out + used, FORMAT_PATH_MAX - used, "%s%s", i > 0 ? "." : "", key->name);
        assert(size > 0 && used + (size_t)size < FORMAT_PATH_MAX);
        used += (size_t)size;
    }
}

static bool has_keys_inside(const struct format_key *key)
{
    return key->section != NULL;
}

bool format_walk_next(struct format_walk *walk, struct format_place *out_place)
{
    if (!walk->has_begun) {
        *walk = (struct format_walk){.has_begun = true};
        walk->sections[0] = &format_root;
    } else if (walk->depth >= 0) {
        const struct format_key *last =
            &walk->sections[walk->depth]->keys[walk->next[walk->depth] - 1];
        if (has_keys_inside(last)) {
            walk->depth++;
            assert((size_t)walk->depth < COUNT_OF(walk->sections));
            walk->sections[walk->depth] = last->section;
            walk->next[walk->depth] = 0;
        }
    }
    while (walk->depth >= 0 && walk->next[walk->depth] == walk->sections[walk->depth]->key_count)
        walk->depth--;
    if (walk->depth < 0)
        return false;
    out_place->inside = walk->sections[walk->depth];
    out_place->key = &out_place->inside->keys[walk->next[walk->depth]++];
    write_path(walk, out_place->path);
    return true;
}

bool format_key_find(const char *path, struct format_place *out_place)
{
    struct format_walk walk = {0};
    struct format_place place, found;
    int count = 0;
    while (format_walk_next(&walk, &place)) {
        if (strcmp(place.path, path) == 0) {
            *out_place = place;
            return true;
        }
        if (strcmp(place.key->name, path) == 0) {
            found = place;
            count++;
        }
    }
    if (count == 1)
        *out_place = found;
    return count == 1;
}

bool format_key_nearest(const char *word, struct format_place *out_place)
{
    struct format_walk walk = {0};
    struct format_place place;
    const char *last = strrchr(word, '.') != NULL ? strrchr(word, '.') + 1 : word;
    const char *names[NAMES_MAX];
    size_t count = 0;
    while (format_walk_next(&walk, &place)) {
        assert(count < NAMES_MAX);
        names[count++] = place.key->name;
    }
    const char *nearest = yaml_nearest(last, names, count);
    walk = (struct format_walk){0};
    while (nearest != NULL && format_walk_next(&walk, &place))
        if (place.key->name == nearest) {
            *out_place = place;
            return true;
        }
    return false;
}

/* ---- in words ---------------------------------------------------------------------------- */

void format_duration_text(int64_t ms, struct buffer *out)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
    for (size_t i = 0; ms > 0 && i < COUNT_OF(units); i++)
        if (ms % units[i].ms == 0) {
            buffer_format(out, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
            return;
        }
    buffer_append_text(out, "0s");
}

static void write_words(const struct format_key *key, struct buffer *out)
{
    buffer_append_text(out, "one of ");
    for (size_t i = 0; key->words[i] != NULL; i++)
        buffer_format(out, "%s`%s`", i > 0 ? ", " : "", key->words[i]);
}

static void write_methods(struct buffer *out)
{
    buffer_append_text(out, "one of ");
    for (int i = 0; i < PAIRING_METHOD_COUNT; i++)
        buffer_format(out, "%s`%s`", i > 0 ? ", " : "",
                      pairing_method_name((enum pairing_method)i));
}

static void write_tenths(int64_t x10, struct buffer *out)
{
    buffer_format(out, "%" PRId64, x10 / 10);
    if (x10 % 10 != 0)
        buffer_format(out, ".%" PRId64, x10 % 10);
}

void format_key_allowed(const struct format_key *key, struct buffer *out)
{
    switch (key->kind) {
    case FORMAT_TEXT:
        buffer_append_text(out, "text");
        return;
    case FORMAT_NAME:
        buffer_append_text(out, "a name: a letter, then letters, digits, `_` and `-`");
        return;
    case FORMAT_BOOL:
        buffer_append_text(out, "`true` or `false`");
        return;
    case FORMAT_INT:
        buffer_format(out, "a whole number from %" PRId64 " to %" PRId64, key->min, key->max);
        if (key->unit != NULL)
            buffer_format(out, " (%s)", key->unit);
        return;
    case FORMAT_DURATION:
        buffer_append_text(out, "a duration from ");
        format_duration_text(key->min, out);
        buffer_append_text(out, " to ");
        format_duration_text(key->max, out);
        buffer_append_text(out, ", written 90s, 15m, 2h, 3d, 1h30m");
        return;
    case FORMAT_POINTS:
        buffer_append_text(out, "points from ");
        write_tenths(key->min, out);
        buffer_append_text(out, " to ");
        write_tenths(key->max, out);
        buffer_append_text(out, ", with one decimal at most");
        return;
    case FORMAT_SHARE:
        buffer_append_text(out, "a share above 0 and up to 1, written 0.02");
        return;
    case FORMAT_WORD:
    case FORMAT_FLAG:
    case FORMAT_EDITION:
        write_words(key, out);
        return;
    case FORMAT_ROUNDS:
        buffer_format(out, "a round or a range of rounds from 1 to %d, written 7 or 1-3",
                      FORMAT_ROUNDS_MAX);
        return;
    case FORMAT_LOCAL_TIME:
        buffer_append_text(out, "a local time, written 2026-11-28T20:00");
        return;
    case FORMAT_ZONE:
        buffer_append_text(out, "a zone of the IANA database, written Europe/Berlin");
        return;
    case FORMAT_RECURRENCE:
        buffer_append_text(out, "an RFC 5545 rule, written FREQ=WEEKLY;BYDAY=SA");
        return;
    case FORMAT_ORDER:
        buffer_append_text(out, "tie-breaks, written BH/C1,SB (docs/standings.md has them)");
        return;
    case FORMAT_METHOD:
        write_methods(out);
        return;
    case FORMAT_DAYS:
        buffer_append_text(out, "a list of days or local times, written [2026-12-26, 2027-01-02]");
        return;
    case FORMAT_TEXTS:
        buffer_append_text(out, "a list of texts, written [a, b]");
        return;
    case FORMAT_RIGHT:
        buffer_append_text(out, "roles (player scorer assistant director admin), a level L1 to L5, "
                                "and `reason` where one must be given, written assistant director "
                                "L3 reason");
        return;
    case FORMAT_SECTION:
        buffer_append_text(out, "a mapping");
        return;
    case FORMAT_LIST:
        buffer_append_text(out, "a list of mappings");
        return;
    case FORMAT_RANGES:
        buffer_append_text(out, "a list of mappings, or a mapping written {1-3: initial_fontes, "
                                "4-7: swiss}");
        return;
    }
}

const char *format_boundary_text(enum format_boundary boundary)
{
    switch (boundary) {
    case FORMAT_AT_ONCE:
        return "at once";
    case FORMAT_NEXT_ROUND:
        return "from the next round on";
    case FORMAT_NEXT_EVENT:
        return "for the next event";
    }
    return "";
}

static void write_standard(const struct format_key *key, const char *quote, struct buffer *out)
{
    if (key->is_required)
        buffer_append_text(out, "required");
    else if (key->otherwise != NULL)
        buffer_append_text(out, key->otherwise);
    else if (key->standard != NULL)
        buffer_format(out, "%s%s%s", quote, key->standard, quote);
    else
        buffer_append_text(out, "the defaults of its keys");
}

void format_explain(const struct format_place *place, struct buffer *out)
{
    const struct format_key *key = place->key;
    buffer_format(out, "%s\n  %s\n  value    ", place->path, key->help);
    format_key_allowed(key, out);
    buffer_append_text(out, "\n  default  ");
    write_standard(key, "", out);
    buffer_format(out, "\n  changed while an event runs: level L%d, takes hold %s\n", key->level,
                  format_boundary_text(key->boundary));
    if (key->is_not_live)
        buffer_append_text(out, "  checked and compared; a running event does not follow it yet\n");
    if (key->section == NULL)
        return;
    buffer_append_text(out, "  keys    ");
    for (size_t i = 0; i < key->section->key_count; i++)
        buffer_format(out, " %s", key->section->keys[i].name);
    buffer_append_text(out, "\n");
}

/* ---- the reference page ------------------------------------------------------------------ */

static void write_row(const struct format_place *place, struct buffer *out)
{
    const struct format_key *key = place->key;
    buffer_format(out, "| `%s` | ", key->name);
    format_key_allowed(key, out);
    buffer_append_text(out, " | ");
    write_standard(key, "`", out);
    buffer_format(out, " | L%d %s | %s%s |\n", key->level, format_boundary_text(key->boundary),
                  key->help, key->is_not_live ? " **(not live yet)**" : "");
}

static void write_section(const struct format_section *section, const char *path,
                          struct buffer *out)
{
    buffer_format(out,
                  "\n## `%s`: %s\n\n| key | value | default | change | what it says "
                  "|\n|---|---|---|---|---|\n",
                  path, section->help);
    for (size_t i = 0; i < section->key_count; i++) {
        struct format_place place = {.key = &section->keys[i], .inside = section};
        write_row(&place, out);
    }
}

void format_reference(struct buffer *out)
{
    struct format_walk walk = {0};
    struct format_place place;
    buffer_append_text(
        out,
        "# Tournament policies: every key\n\n"
        "Written by `arbiter policy explain --reference` from the table that also reads policies; "
        "a\n"
        "test holds this page to it. A policy is a YAML file under `policies/formats/`; what it "
        "does\n"
        "not say has the default below. Durations are written `90s`, `15m`, `2h`, `3d`, `1h30m`;\n"
        "local times `2026-11-28T20:00`, in the policy's `time.zone`.\n\n"
        "*Change* says with which warning (L1 note, L2 acknowledge, L3 confirm, L4 confirm twice\n"
        "with the consequences listed, L5 refused) the key changes while an event runs, and when\n"
        "such a change takes hold. **Not live yet**: the key is read, checked and compared, but a\n"
        "running event does not follow it.\n");
    write_section(&format_root, "the file", out);
    while (format_walk_next(&walk, &place))
        if (place.key->section != NULL)
            write_section(place.key->section, place.path, out);
}
