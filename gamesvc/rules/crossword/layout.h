#ifndef CROSSWORD_LAYOUT_H
#define CROSSWORD_LAYOUT_H

/*
 * layout — boards as tables: their size and where the premium squares are.
 */

#include "gamesvc/rules/text.h"

#include <stdint.h>

#define LAYOUT_SIZE_MAX 21

struct layout {
    const char *name;
    const char *tile_set; /* the set it is played with unless another is named */
    int size;
    /* Rows from the top, each `size` squares: '=' triple and '-' double word, '"' triple and '\''
     * double letter, '~' quadruple word, '^' quadruple letter, ' ' plain. */
    const char *const *rows;
};

/* Returns the layout called `name` ("CrosswordGame", "SuperCrosswordGame"), or NULL. */
const struct layout *layout_find(struct text_span name);

/* How often a square's letter and word count. */
struct premium {
    uint8_t letter;
    uint8_t word;
};

struct premium layout_premium(const struct layout *layout, int row, int column);

#endif
