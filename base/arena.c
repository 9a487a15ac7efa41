/* Bump allocation in a chain of growing blocks, or in one buffer of the caller's. */
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE_MIN = 4096, BLOCK_SIZE_MAX = 1 << 20 };

struct arena_block {
    struct arena_block *previous;
    size_t size;
    max_align_t data[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

void arena_init_fixed(struct arena *arena, void *buffer, size_t size)
{
    uintptr_t start = (uintptr_t)buffer;
    size_t skip = (alignof(max_align_t) - start % alignof(max_align_t)) % alignof(max_align_t);
    size_t usable = size > skip ? size - skip : 0;
    *arena = (struct arena){.limit = usable, .fixed = (char *)buffer + (usable > 0 ? skip : 0)};
    arena->next = arena->fixed;
    arena->end = arena->fixed + usable;
}

static void free_blocks_after(struct arena *arena, struct arena_block *keep)
{
    while (arena->block != keep) {
        struct arena_block *previous = arena->block->previous;
        free(arena->block);
        arena->block = previous;
    }
}

void arena_deinit(struct arena *arena)
{
    free_blocks_after(arena, NULL);
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    if (arena->block != NULL) {
        /* The newest block is the largest: keep it, so that a steady load stops allocating. */
        struct arena_block *kept = arena->block;
        arena->block = kept->previous;
        free_blocks_after(arena, NULL);
        kept->previous = NULL;
        arena->block = kept;
        arena->next = (char *)kept->data;
        arena->end = arena->next + kept->size;
    } else {
        arena->next = arena->fixed;
    }
    arena->used = 0;
    arena->full = false;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->block, arena->next, arena->end, arena->used};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    assert(mark.used <= arena->used);
    free_blocks_after(arena, mark.block);
    arena->next = mark.next;
    arena->end = mark.end;
    arena->used = mark.used;
}

static bool add_block(struct arena *arena, size_t need)
{
    if (arena->fixed != NULL)
        return false;
    size_t size = arena->block != NULL ? arena->block->size * 2 : BLOCK_SIZE_MIN;
    if (size > BLOCK_SIZE_MAX)
        size = BLOCK_SIZE_MAX;
    if (size < need)
        size = need;
    struct arena_block *block = malloc(sizeof *block + size);
    if (block == NULL)
        return false;
    block->previous = arena->block;
    block->size = size;
    arena->block = block;
    arena->next = (char *)block->data;
    arena->end = arena->next + size;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t align = alignof(max_align_t);
    if (size == 0)
        size = 1;
    if (size > SIZE_MAX - align)
        goto full;
    size = (size + align - 1) / align * align;
    if (size > arena->limit - arena->used)
        goto full;
    if (size > (size_t)(arena->end - arena->next) && !add_block(arena, size))
        goto full;
    void *taken = arena->next;
    arena->next += size;
    arena->used += size;
    return memset(taken, 0, size);
full:
    arena->full = true;
    return NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        arena->full = true;
        return NULL;
    }
    return arena_alloc(arena, count * size);
}

char *arena_copy(struct arena *arena, const char *text, size_t size)
{
    char *copy = size < SIZE_MAX ? arena_alloc(arena, size + 1) : NULL;
    if (copy != NULL && size > 0)
        memcpy(copy, text, size);
    return copy;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return NULL;
    char *text = arena_alloc(arena, (size_t)length + 1);
    if (text == NULL)
        return NULL;
    va_start(arguments, format);
    (void)vsnprintf(text, (size_t)length + 1, format, arguments); /* measured above */
    va_end(arguments);
    return text;
}

bool arena_full(const struct arena *arena)
{
    return arena->full;
}
