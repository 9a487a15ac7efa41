#ifndef BASE_ARENA_H
#define BASE_ARENA_H

/*
 * arena — memory that is handed out piece by piece and given back all at once.
 *
 * Owns:     its blocks. A growing arena gets them from malloc; a fixed one works in the caller's
 *           buffer and never allocates.
 * Threads:  none inside; one arena is used by one thread at a time.
 * Errors:   a request past the limit returns NULL and the arena stays usable. `arena_full` tells
 *           afterwards whether that has happened since the last reset, so that a core may check
 *           once at its end instead of after every call.
 */

#include "base/attr.h"

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
    char *next;                /* first free byte of the current block */
    char *end;                 /* past its last byte */
    struct arena_block *block; /* newest block, NULL in a fixed arena */
    char *fixed;               /* the caller's buffer, NULL in a growing arena */
    size_t used;               /* bytes handed out since the last reset, alignment included */
    size_t limit;              /* most bytes it may hand out */
    bool full;
};

/* A place in an arena that it can be wound back to. */
struct arena_mark {
    struct arena_block *block;
    char *next;
    char *end;
    size_t used;
};

/* Sets up an empty growing arena that hands out at most `limit` bytes between two resets. */
void arena_init(struct arena *arena, size_t limit);

/* Sets up an arena inside `buffer`, which the caller keeps alive as long as the arena. */
void arena_init_fixed(struct arena *arena, void *buffer, size_t size);

/* Frees all blocks; safe on a zeroed arena. */
void arena_deinit(struct arena *arena);

/* Forgets everything handed out. Keeps one block for the next round. */
void arena_reset(struct arena *arena);

/* Returns the current place; everything taken after it is given back by arena_rewind(). */
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);

/* Returns `size` zeroed bytes aligned for any type, or NULL at the limit; size 0 counts as 1. */
void *arena_alloc(struct arena *arena, size_t size);

/* Returns `count` zeroed elements of `size` bytes; NULL at the limit or where the product
 * overflows. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* Returns a NUL-terminated copy of the first `size` bytes of `text`, or NULL at the limit. */
char *arena_copy(struct arena *arena, const char *text, size_t size);

/* Returns a printf-style string, or NULL at the limit. */
char *arena_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);

/* Whether a request has failed since the last reset. */
bool arena_full(const struct arena *arena);

#endif
