/* The pairs that can be folded, and what they become. */
#include "store/write_fold.h"

#include <string.h>

#include "base/attr.h"

static const struct {
    const char *first;
    const char *second;
    const char *key;  /* the parameter by which both name the same row */
    const char *only; /* a parameter of the second ... */
    const char *is;   /* ... which must be this; NULL: any */
    const char *into; /* takes the parameters of both */
} folds[] = {
    {"seek.claim", "seek.close", "id", "status", "matched", "seek.match"},
    {"slot.take", "slot.free", "ref", NULL, NULL, "slot.ask"},
};

static const char *text_of(const Arbiter__V1__ValueMap *map, const char *name)
{
    for (size_t i = 0; map != NULL && i < map->n_entries; i++) {
        const Arbiter__V1__Value *key = map->entries[i]->key;
        const Arbiter__V1__Value *value = map->entries[i]->value;
        if (key != NULL && value != NULL &&
            key->kind_case == ARBITER__V1__VALUE__KIND_STRING_VALUE &&
            value->kind_case == ARBITER__V1__VALUE__KIND_STRING_VALUE &&
            strcmp(key->string_value, name) == 0)
            return value->string_value;
    }
    return NULL;
}

static bool names(const Arbiter__V1__Write *write, const char *parameter, const char *row)
{
    const char *named = text_of(write->input, parameter);
    return named != NULL && strcmp(named, row) == 0;
}

/* Returns the place of the write that folds with the one at `first`, and how; `count`: none does.
 * It is the next one to name the same row. */
static size_t partner_of(Arbiter__V1__Write *const writes[], size_t count, size_t first,
                         size_t *out_fold)
{
    for (size_t fold = 0; fold < COUNT_OF(folds); fold++) {
        const char *row = text_of(writes[first]->input, folds[fold].key);
        if (strcmp(writes[first]->command, folds[fold].first) != 0 || row == NULL)
            continue;
        size_t next = first + 1;
        while (next < count && !names(writes[next], folds[fold].key, row))
            next++;
        *out_fold = fold;
        bool is_second =
            next < count && strcmp(writes[next]->command, folds[fold].second) == 0 &&
            (folds[fold].only == NULL || names(writes[next], folds[fold].only, folds[fold].is));
        return is_second ? next : count;
    }
    return count;
}

/* Both inputs in one; what both name is the same. */
static Arbiter__V1__ValueMap *merge(struct arena *arena, const Arbiter__V1__ValueMap *first,
                                    const Arbiter__V1__ValueMap *second, const char *key)
{
    Arbiter__V1__ValueMap *map = arena_alloc(arena, sizeof *map);
    size_t count = first->n_entries + second->n_entries;
    Arbiter__V1__ValueEntry **entries = arena_array(arena, count, sizeof *map->entries);
    if (map == NULL || entries == NULL)
        return NULL;
    arbiter__v1__value_map__init(map);
    map->entries = entries;
    for (size_t i = 0; i < first->n_entries; i++)
        map->entries[map->n_entries++] = first->entries[i];
    for (size_t i = 0; i < second->n_entries; i++) {
        const Arbiter__V1__Value *name = second->entries[i]->key;
        bool is_key = name != NULL && name->kind_case == ARBITER__V1__VALUE__KIND_STRING_VALUE &&
                      strcmp(name->string_value, key) == 0;
        if (!is_key)
            map->entries[map->n_entries++] = second->entries[i];
    }
    return map;
}

static Arbiter__V1__Write *fold_two(struct arena *arena, const Arbiter__V1__Write *first,
                                    const Arbiter__V1__Write *second, size_t fold)
{
    Arbiter__V1__Write *write = arena_alloc(arena, sizeof *write);
    if (write == NULL)
        return NULL;
    arbiter__v1__write__init(write);
    write->command = (char *)folds[fold].into;
    write->input = merge(arena, first->input, second->input, folds[fold].key);
    return write->input != NULL ? write : NULL;
}

Arbiter__V1__Write **write_fold(struct arena *arena, Arbiter__V1__Write *const writes[],
                                size_t count, size_t *out_count)
{
    Arbiter__V1__Write **folded = arena_array(arena, count + 1, sizeof(Arbiter__V1__Write *));
    bool *is_folded = arena_array(arena, count + 1, sizeof *is_folded);
    *out_count = 0;
    if (folded == NULL || is_folded == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t fold = 0;
        if (is_folded[i])
            continue;
        size_t partner = partner_of(writes, count, i, &fold);
        Arbiter__V1__Write *write = writes[i];
        if (partner < count) {
            is_folded[partner] = true;
            write = fold_two(arena, writes[i], writes[partner], fold);
        }
        if (write == NULL)
            return NULL;
        folded[(*out_count)++] = write;
    }
    return folded;
}
