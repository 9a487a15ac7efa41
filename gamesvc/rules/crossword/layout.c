/* The boards that are played on. */
#include "gamesvc/rules/crossword/layout.h"

#include <assert.h>
#include <stddef.h>

#include "base/attr.h"

static const char *const crossword_game[] = {
    "=  '   =   '  =", /* 1 */
    " -   \"   \"   - ",   "  -   ' '   -  ",     "'  -   '   -  '", "    -     -    ",
    " \"   \"   \"   \" ", "  '   ' '   '  ",     "=  '   -   '  =", /* 8 */
    "  '   ' '   '  ",     " \"   \"   \"   \" ", "    -     -    ", "'  -   '   -  '",
    "  -   ' '   -  ",     " -   \"   \"   - ",   "=  '   =   '  =", /* 15 */
};

static const char *const super_crossword_game[] = {
    "~  '   =  '  =   '  ~", /* 1 */
    " -  \"   -   -   \"  - ",   "  -  ^   - -   ^  -  ",     "'  =  '   =   '  =  '",
    " \"  -   \"   \"   -  \" ", "  ^  -   ' '   -  ^  ",     "   '  -   '   -  '   ",
    "=      -     -      =",     " -  \"   \"   \"   \"  - ", "  -  '   ' '   '  -  ",
    "'  =  '   -   '  =  '", /* 11 */
    "  -  '   ' '   '  -  ",     " -  \"   \"   \"   \"  - ", "=      -     -      =",
    "   '  -   '   -  '   ",     "  ^  -   ' '   -  ^  ",     " \"  -   \"   \"   -  \" ",
    "'  =  '   =   '  =  '",     "  -  ^   - -   ^  -  ",     " -  \"   -   -   \"  - ",
    "~  '   =  '  =   '  ~", /* 21 */
};

static const struct layout layouts[] = {
    {"CrosswordGame", "english", 15, crossword_game},
    {"SuperCrosswordGame", "english_super", 21, super_crossword_game},
};

const struct layout *layout_find(struct text_span name)
{
    for (size_t i = 0; i < COUNT_OF(layouts); i++)
        if (text_span_is(name, layouts[i].name))
            return &layouts[i];
    return NULL;
}

static const struct premium premiums[] = {
    [' '] = {1, 1}, ['\''] = {2, 1}, ['"'] = {3, 1}, ['^'] = {4, 1},
    ['-'] = {1, 2}, ['='] = {1, 3},  ['~'] = {1, 4},
};

struct premium layout_premium(const struct layout *layout, int row, int column)
{
    assert(row >= 0 && row < layout->size && column >= 0 && column < layout->size);
    return premiums[(unsigned char)layout->rows[row][column]];
}
