/* Remembers event ids in the order of their turns. */
#include "gamesvc/rules/seen.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "gamesvc/rules/rules.h"

enum { SEEN_CAPACITY_MIN = 32 };

bool seen_is_id(const char *id)
{
    size_t size = strlen(id);
    if (size == 0 || size > RULES_EVENT_ID_MAX)
        return false;
    for (size_t i = 0; i < size; i++)
        if (id[i] <= ' ' || id[i] > '~')
            return false;
    return true;
}

/* Spares most comparisons of ids, decides nothing. */
static uint64_t id_hash(const char *id)
{
    return hash_text(HASH_START, id);
}

bool seen_find(const struct seen *seen, const char *id, uint32_t *out_number)
{
    uint64_t hash = id_hash(id);
    for (uint32_t i = 0; i < seen->count; i++) {
        if (seen->entries[i].hash != hash || strcmp(seen->entries[i].id, id) != 0)
            continue;
        *out_number = i;
        return true;
    }
    return false;
}

bool seen_reserve(struct seen *seen, struct arena *arena)
{
    if (seen->count >= RULES_TURNS_MAX)
        return false;
    if (seen->count < seen->capacity)
        return true;
    uint32_t capacity = seen->capacity > 0 ? seen->capacity * 2 : SEEN_CAPACITY_MIN;
    struct seen_entry *entries = arena_array(arena, capacity, sizeof *entries);
    if (entries == NULL)
        return false;
    if (seen->count > 0)
        memcpy(entries, seen->entries, seen->count * sizeof *entries);
    seen->entries = entries;
    seen->capacity = capacity;
    return true;
}

void seen_add(struct seen *seen, const char *id)
{
    assert(seen->count < seen->capacity);
    seen->entries[seen->count++] = (struct seen_entry){id_hash(id), id};
}
