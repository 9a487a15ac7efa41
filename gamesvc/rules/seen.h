#ifndef RULES_SEEN_H
#define RULES_SEEN_H

/*
 * seen — the event ids of a game's turns, so that an event that comes twice is played once.
 *
 * Owns:     its table lives in the arena handed to seen_reserve(); ids are borrowed.
 * Errors:   seen_reserve() is false at RULES_TURNS_MAX or where the arena is full.
 */

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct seen_entry {
    uint64_t hash;
    const char *id;
};

struct seen {
    struct seen_entry *entries;
    uint32_t count;
    uint32_t capacity;
};

/* Whether `id` has a length and characters that an event id may have. */
bool seen_is_id(const char *id);

/* Finds the number of the turn that came from event `id`. */
bool seen_find(const struct seen *seen, const char *id, uint32_t *out_number);

/* Makes room for one more. */
bool seen_reserve(struct seen *seen, struct arena *arena);

/* Adds an id for which there is room; `id` must live as long as the table. */
void seen_add(struct seen *seen, const char *id);

#endif
