/* RFC 8536 files: the 64-bit table of transitions, and the footer's rule for what comes after. */
#include "schedule/zone.h"

#include <assert.h>
#include <string.h>

#include "schedule/zone_rule.h"

enum { HEADER_SIZE = 44, COUNTS_AT = 20, TYPE_SIZE = 6, OFFSET_MAX = 26 * 3600 };

struct zone {
    const int64_t *times;   /* [count] moments at which the offset changes, rising */
    const int32_t *offsets; /* [count] the offset from that moment on */
    size_t count;
    int32_t before; /* the offset in front of the first */
    struct zone_rule rule;
};

/* ---- bytes ------------------------------------------------------------------------------- */

static uint32_t word_at(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t long_at(const uint8_t *bytes)
{
    return (int64_t)((uint64_t)word_at(bytes) << 32 | word_at(bytes + 4));
}

struct counts {
    uint32_t is_utc, is_standard, leaps, times, types, letters;
};

static bool read_header(const uint8_t *bytes, size_t size, struct counts *out)
{
    if (size < HEADER_SIZE || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
        return false;
    const uint8_t *at = bytes + COUNTS_AT;
    *out = (struct counts){word_at(at),      word_at(at + 4),  word_at(at + 8),
                           word_at(at + 12), word_at(at + 16), word_at(at + 20)};
    return out->times < 100000 && out->types > 0 && out->types <= 256 && out->letters < 100000 &&
           out->leaps < 10000 && out->is_utc <= out->types && out->is_standard <= out->types;
}

static size_t block_size(const struct counts *counts, size_t time_size)
{
    return counts->times * (time_size + 1) + counts->types * TYPE_SIZE + counts->letters +
           counts->leaps * (time_size + 4) + counts->is_standard + counts->is_utc;
}

static enum status read_table(struct arena *arena, const uint8_t *block,
                              const struct counts *counts, struct zone *zone)
{
    const uint8_t *indexes = block + counts->times * 8;
    const uint8_t *types = indexes + counts->times;
    int64_t *times = arena_array(arena, counts->times, sizeof *times);
    int32_t *offsets = arena_array(arena, counts->times, sizeof *offsets);
    if (arena_full(arena))
        return STATUS_FULL;
    for (size_t i = 0; i < counts->types; i++) {
        int32_t offset = (int32_t)word_at(types + i * TYPE_SIZE);
        if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
            return STATUS_DATA_LOSS;
    }
    for (size_t i = 0; i < counts->times; i++) {
        if (indexes[i] >= counts->types)
            return STATUS_DATA_LOSS;
        times[i] = long_at(block + i * 8);
        offsets[i] = (int32_t)word_at(types + indexes[i] * TYPE_SIZE);
        if (i > 0 && times[i] <= times[i - 1])
            return STATUS_DATA_LOSS;
    }
    zone->times = times;
    zone->offsets = offsets;
    zone->count = counts->times;
    zone->before = (int32_t)word_at(types);
    return STATUS_OK;
}

/* The footer stands between two line feeds. */
static enum status read_footer(const uint8_t *at, size_t size, struct zone *zone)
{
    char text[ZONE_RULE_TEXT_MAX];
    if (size < 2 || at[0] != '\n')
        return STATUS_DATA_LOSS;
    const uint8_t *end = memchr(at + 1, '\n', size - 1);
    size_t length = end != NULL ? (size_t)(end - at - 1) : sizeof text;
    if (length >= sizeof text)
        return STATUS_DATA_LOSS;
    memcpy(text, at + 1, length);
    text[length] = '\0';
    return zone_rule_parse(text, &zone->rule) ? STATUS_OK : STATUS_DATA_LOSS;
}

enum status zone_parse(struct arena *arena, const uint8_t *bytes, size_t size,
                       const struct zone **out_zone)
{
    struct counts first, second;
    if (!read_header(bytes, size, &first))
        return STATUS_DATA_LOSS;
    size_t at = HEADER_SIZE + block_size(&first, 4);
    if (at > size || !read_header(bytes + at, size - at, &second))
        return STATUS_DATA_LOSS;
    at += HEADER_SIZE;
    size_t block = block_size(&second, 8);
    if (block > size - at)
        return STATUS_DATA_LOSS;
    struct zone *zone = arena_alloc(arena, sizeof *zone);
    if (zone == NULL)
        return STATUS_FULL;
    enum status status = read_table(arena, bytes + at, &second, zone);
    if (status == STATUS_OK)
        status = read_footer(bytes + at + block, size - at - block, zone);
    if (status == STATUS_OK)
        *out_zone = zone;
    return status;
}

/* ---- asking ------------------------------------------------------------------------------ */

int32_t zone_offset(const struct zone *zone, int64_t seconds)
{
    if (zone->count == 0 || seconds >= zone->times[zone->count - 1])
        return zone->rule.is_given ? zone_rule_offset(&zone->rule, seconds)
               : zone->count > 0   ? zone->offsets[zone->count - 1]
                                   : zone->before;
    if (seconds < zone->times[0])
        return zone->before;
    size_t low = 0;
    size_t high = zone->count - 1; /* times[low] <= seconds < times[high] */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= seconds)
            low = middle;
        else
            high = middle;
    }
    return zone->offsets[low];
}

/* The first moment in (from, to] with another offset than at `from`. */
static int64_t change_between(const struct zone *zone, int64_t from, int64_t to)
{
    int32_t offset = zone_offset(zone, from);
    while (to - from > 1) {
        int64_t middle = from + (to - from) / 2;
        if (zone_offset(zone, middle) == offset)
            from = middle;
        else
            to = middle;
    }
    return to;
}

struct zone_moments zone_moments_of(const struct zone *zone, int64_t local)
{
    const int64_t day = 86400; /* no two changes are as near as that */
    struct zone_moments moments = {0};
    int32_t before = zone_offset(zone, local - day);
    int32_t after = zone_offset(zone, local + day);
    int64_t early = local - (before > after ? before : after);
    int64_t late = local - (before > after ? after : before);
    if (zone_offset(zone, early) == local - early)
        moments.seconds[moments.count++] = early;
    if (late != early && zone_offset(zone, late) == local - late)
        moments.seconds[moments.count++] = late;
    if (moments.count > 0)
        return moments;
    moments.gap_end = change_between(zone, local - day, local + day);
    moments.gap_seconds = after - before;
    return moments;
}
