/* Counting tiles, and writing them. */
#include "gamesvc/rules/crossword/tiles.h"

#include <assert.h>
#include <string.h>

#include "base/attr.h"

static const struct tile_set tile_sets[] = {
    {
        .name = "english",
        /* ?, A..Z */
        .tiles = {{2, 9, 2, 2, 4, 12, 2, 3, 2, 9, 1, 1, 4, 2,
                   6, 8, 2, 1, 6, 4,  6, 4, 2, 2, 1, 2, 1}},
        .value = {0, 1, 3, 3,  2, 1, 4, 2, 4, 1, 8, 5, 1, 3,
                  1, 1, 3, 10, 1, 1, 1, 1, 4, 4, 8, 4, 10},
        .total = 100,
    },
    {
        .name = "english_super",
        .tiles = {{4,  16, 4, 6, 8,  24, 4,  5, 5, 13, 2, 2, 7, 6,
                   13, 15, 4, 2, 13, 10, 15, 7, 3, 4,  2, 4, 2}},
        .value = {0, 1, 3, 3,  2, 1, 4, 2, 4, 1, 8, 5, 1, 3,
                  1, 1, 3, 10, 1, 1, 1, 1, 4, 4, 8, 4, 10},
        .total = 200,
    },
};

const struct tile_set *tile_set_find(struct text_span name)
{
    for (size_t i = 0; i < COUNT_OF(tile_sets); i++)
        if (text_span_is(name, tile_sets[i].name))
            return &tile_sets[i];
    return NULL;
}

int tiles_total(const struct tiles *tiles)
{
    int total = 0;
    for (int kind = 0; kind < TILE_SLOTS; kind++)
        total += tiles->count[kind];
    return total;
}

int tiles_value(const struct tiles *tiles, const struct tile_set *set)
{
    int value = 0;
    for (int kind = 0; kind < TILE_KINDS; kind++)
        value += tiles->count[kind] * set->value[kind];
    return value;
}

bool tiles_contain(const struct tiles *tiles, const struct tiles *part)
{
    int missing = 0;
    for (int kind = 0; kind < TILE_SLOTS; kind++)
        missing |= part->count[kind] > tiles->count[kind];
    return missing == 0;
}

bool tiles_equal(const struct tiles *a, const struct tiles *b)
{
    return memcmp(a->count, b->count, sizeof a->count) == 0;
}

void tiles_add(struct tiles *tiles, const struct tiles *more)
{
    for (int kind = 0; kind < TILE_SLOTS; kind++)
        tiles->count[kind] = (uint8_t)(tiles->count[kind] + more->count[kind]);
}

void tiles_remove(struct tiles *tiles, const struct tiles *part)
{
    assert(tiles_contain(tiles, part));
    for (int kind = 0; kind < TILE_SLOTS; kind++)
        tiles->count[kind] = (uint8_t)(tiles->count[kind] - part->count[kind]);
}

int tile_kind(uint8_t tile)
{
    assert(tile != 0);
    return (tile & TILE_BLANK) != 0 ? 0 : tile;
}

bool tiles_read(struct text_span text, int max, struct tiles *out_tiles)
{
    if (text.size == 0 || text.size > (size_t)max)
        return false;
    struct tiles tiles = {0};
    for (size_t i = 0; i < text.size; i++) {
        char character = text.data[i];
        if (character != '?' && (character < 'A' || character > 'Z'))
            return false;
        tiles.count[character == '?' ? 0 : character - 'A' + 1]++;
    }
    *out_tiles = tiles;
    return true;
}

void tiles_write(const struct tiles *tiles, struct text *text)
{
    for (int kind = 0; kind < TILE_KINDS; kind++)
        for (int i = 0; i < tiles->count[kind]; i++)
            text_add_char(text, kind == 0 ? '?' : (char)('A' + kind - 1));
}

char tile_to_char(uint8_t tile)
{
    if (tile == 0)
        return '.';
    char first = (tile & TILE_BLANK) != 0 ? 'a' : 'A';
    return (char)(first + (tile & ~TILE_BLANK) - 1);
}

bool tile_from_char(char character, uint8_t *out_tile)
{
    if (character == '.')
        *out_tile = 0;
    else if (character >= 'A' && character <= 'Z')
        *out_tile = (uint8_t)(character - 'A' + 1);
    else if (character >= 'a' && character <= 'z')
        *out_tile = (uint8_t)(TILE_BLANK | (character - 'a' + 1));
    else
        return false;
    return true;
}
