#ifndef CROSSWORD_TILES_H
#define CROSSWORD_TILES_H

/*
 * tiles — letters as numbers, as text, and in bags and racks.
 *
 * A letter is 1..26 for A..Z. On a board, 0 is an empty square and TILE_BLANK | letter a blank that
 * stands for that letter. In a play, 0 is a square played through. In bags and racks tiles are only
 * counted: kind 0 is a blank that stands for nothing yet.
 * As text: A..Z, a..z for blanks that stand for a letter, '?' for those that do not, '.' for empty
 * and played through.
 */

#include "gamesvc/rules/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TILE_KINDS 27
#define TILE_SLOTS 32 /* room for them in a register's width; the last ones stay 0 */
#define TILE_BLANK 0x80
#define RACK_SIZE 7

/* How many of each kind: a bag, a rack, what is unseen. */
struct tiles {
    uint8_t count[TILE_SLOTS];
};

/* What a set of tiles holds, and what each is worth. */
struct tile_set {
    const char *name;
    struct tiles tiles;
    uint8_t value[TILE_KINDS];
    int total;
};

/* Returns the set called `name` ("english", "english_super"), or NULL. */
const struct tile_set *tile_set_find(struct text_span name);

int tiles_total(const struct tiles *tiles);
int tiles_value(const struct tiles *tiles, const struct tile_set *set);
bool tiles_contain(const struct tiles *tiles, const struct tiles *part);
bool tiles_equal(const struct tiles *a, const struct tiles *b);
void tiles_add(struct tiles *tiles, const struct tiles *more);

/* Takes `part` away, which must be contained. */
void tiles_remove(struct tiles *tiles, const struct tiles *part);

/* Returns which kind a played tile was in the rack: a blank, whatever it stands for, is kind 0. */
int tile_kind(uint8_t tile);

/* Reads [A-Z?]+ of at most `max` tiles. */
bool tiles_read(struct text_span text, int max, struct tiles *out_tiles);

/* Writes tiles in sorted order, blanks first; nothing for none. */
void tiles_write(const struct tiles *tiles, struct text *text);

/* Returns how a tile on the board or in a play is written. */
char tile_to_char(uint8_t tile);

/* Reads one character of a play: a letter, or '.' as 0. */
bool tile_from_char(char character, uint8_t *out_tile);

#endif
