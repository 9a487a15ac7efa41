#ifndef BASE_SHORT_ID_H
#define BASE_SHORT_ID_H

/*
 * short_id — ids that people read aloud: short, random, without letters that look alike.
 *
 * Ids are drawn blindly and tried by inserting; after SHORT_ID_COLLISIONS_MAX collisions in a row
 * the space is taken for full and ids grow by a character.
 *
 * Threads:  none inside.
 */

#include "base/random.h"

#include <stdint.h>

#define SHORT_ID_ALPHABET "23456789abcdefghjkmnpqrstvwxyz" /* no 0 o, 1 i l, u v */
#define SHORT_ID_SIZE_DEFAULT 8
#define SHORT_ID_SIZE_MAX 32
#define SHORT_ID_COLLISIONS_MAX 5

struct short_ids {
    const char *alphabet; /* at least two characters */
    int size;             /* of the ids drawn now */
    int collisions;       /* in a row */
};

/* Draws an id into `out`, NUL-terminated. */
void short_id_draw(const struct short_ids *ids, struct random *random,
                   char out[SHORT_ID_SIZE_MAX + 1]);

/* Tells how the insertion of an id of `size` characters went. A collision of an id that was drawn
 * before ids grew says nothing about the new size and is not counted. */
void short_id_collided(struct short_ids *ids, int size);
void short_id_taken(struct short_ids *ids);

#endif
