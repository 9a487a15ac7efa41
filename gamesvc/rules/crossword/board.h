#ifndef CROSSWORD_BOARD_H
#define CROSSWORD_BOARD_H

/*
 * board — tiles on squares: whether a placement fits, what it scores, which words it forms.
 *
 * Owns:     nothing; a board is one struct and may be copied.
 * Errors:   board_check() names the rule a placement breaks. The others take checked placements.
 *
 * Squares are kept with an empty border all round, so that walking along a word needs no bounds.
 */

#include "gamesvc/rules/crossword/layout.h"
#include "gamesvc/rules/crossword/tiles.h"

#include <stdbool.h>
#include <stdint.h>

#define BOARD_STRIDE (LAYOUT_SIZE_MAX + 2)
#define BOARD_CELLS (BOARD_STRIDE * BOARD_STRIDE)
#define BOARD_BINGO_POINTS 50
/* The main word and one word across each new tile. */
#define PLAY_WORDS_MAX (RACK_SIZE + 1)

struct board {
    const struct layout *layout;
    const struct tile_set *set;
    int tile_count;
    struct tiles unseen; /* the tiles that are not on the board */
    uint8_t squares[BOARD_CELLS];
    struct premium premiums[BOARD_CELLS];
};

/* A word to be laid: `tiles` from the first square of the whole main word, 0 where the board's own
 * tile is played through. Rows and columns count from 0. */
struct placement {
    int row;
    int column;
    bool down;
    int length;
    uint8_t tiles[LAYOUT_SIZE_MAX];
};

enum placement_fault {
    PLACEMENT_FITS,
    PLACEMENT_OFF_BOARD,
    PLACEMENT_GAP,      /* plays through an empty square */
    PLACEMENT_CONFLICT, /* a letter on an occupied square */
    PLACEMENT_MISSES_CENTRE,
    PLACEMENT_NOT_TOUCHING,
    PLACEMENT_NO_TILE,
    PLACEMENT_TOO_SHORT,
    PLACEMENT_NOT_WHOLE_WORD, /* goes on before its start or after its end */
    PLACEMENT_TOO_MANY_TILES
};

/* A word on the board: `length` cells from `start`, `step` apart. */
struct board_word {
    uint16_t start;
    uint8_t step;
    uint8_t length;
};

/* What a placement did. */
struct play {
    int score;
    int tile_count; /* new tiles */
    int word_count;
    struct board_word words[PLAY_WORDS_MAX]; /* the main word first */
};

/* Sets up an empty board. */
void board_init(struct board *board, const struct layout *layout, const struct tile_set *set);

/* Returns the first rule of geometry that the placement breaks. */
enum placement_fault board_check(const struct board *board, const struct placement *placement);

/* Returns a sentence for people. */
const char *placement_fault_text(enum placement_fault fault);

/* Lays a placement that fits, and scores it. Its tiles must be among the unseen. */
void board_place(struct board *board, const struct placement *placement, struct play *out_play);

/* Takes the placement's tiles off again. */
void board_take_back(struct board *board, const struct placement *placement);

/* Returns what is on a square: 0, a letter, or TILE_BLANK | letter. */
uint8_t board_tile(const struct board *board, int row, int column);

/* Counts the new tiles of a placement by kind. */
struct tiles placement_tiles(const struct placement *placement);

/* Replaces letters that repeat the tile already on their square by 0. */
void placement_normalise(const struct board *board, struct placement *placement);

/* Writes "8D" or "D8", and the tiles with '.' for those played through. */
void placement_write_position(const struct placement *placement, struct text *text);
void placement_write_tiles(const struct placement *placement, struct text *text);

/* Reads "8D" (across) or "D8" (down), within `size` rows and columns; either case of letter. */
bool placement_read_position(struct text_span text, int size, struct placement *out_placement);

/* Writes a word as it stands on the board, blanks in lower case. */
void board_write_word(const struct board *board, struct board_word word, struct text *text);

#endif
