#ifndef GAMESVC_VALUES_H
#define GAMESVC_VALUES_H

/*
 * values — maps for machines, built on the wire: keys are texts, at most VALUES_ENTRIES_MAX of
 * them.
 *
 * Owns:     nothing; everything lives in the arena given, keys and texts are borrowed.
 * Errors:   a map that is NULL takes nothing; whoever builds one asks arena_full() at the end.
 */

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

#include "arbiter/v1/value.pb-c.h"

#define VALUES_ENTRIES_MAX 16

Arbiter__V1__ValueMap *values_map(struct arena *arena);

void values_add_int(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key,
                    int64_t number);
void values_add_bool(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key,
                     bool is_true);
void values_add_text(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key,
                     const char *text);
void values_add_time(struct arena *arena, Arbiter__V1__ValueMap *map, const char *key,
                     int64_t at_ms);

/* Adds a map inside the map and returns it. */
Arbiter__V1__ValueMap *values_add_map(struct arena *arena, Arbiter__V1__ValueMap *map,
                                      const char *key);

#endif
