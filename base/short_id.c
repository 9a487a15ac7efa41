/* Draws short ids and decides when they must become longer. */
#include "base/short_id.h"

#include <assert.h>
#include <string.h>

void short_id_draw(const struct short_ids *ids, struct random *random,
                   char out[SHORT_ID_SIZE_MAX + 1])
{
    size_t letters = strlen(ids->alphabet);
    assert(letters >= 2 && ids->size >= 1 && ids->size <= SHORT_ID_SIZE_MAX);
    for (int i = 0; i < ids->size; i++)
        out[i] = ids->alphabet[random_below(random, letters)];
    out[ids->size] = '\0';
}

void short_id_collided(struct short_ids *ids, int size)
{
    if (size < ids->size)
        return;
    if (++ids->collisions < SHORT_ID_COLLISIONS_MAX || ids->size == SHORT_ID_SIZE_MAX)
        return;
    ids->size++;
    ids->collisions = 0;
}

void short_id_taken(struct short_ids *ids)
{
    ids->collisions = 0;
}
