/* Geometry and scoring of placements. */
#include "gamesvc/rules/crossword/board.h"

#include <assert.h>
#include <string.h>

static int cell_of(int row, int column)
{
    return (row + 1) * BOARD_STRIDE + column + 1;
}

void board_init(struct board *board, const struct layout *layout, const struct tile_set *set)
{
    assert(layout->size <= LAYOUT_SIZE_MAX);
    *board = (struct board){.layout = layout, .set = set, .unseen = set->tiles};
    for (int row = 0; row < layout->size; row++)
        for (int column = 0; column < layout->size; column++)
            board->premiums[cell_of(row, column)] = layout_premium(layout, row, column);
}

uint8_t board_tile(const struct board *board, int row, int column)
{
    return board->squares[cell_of(row, column)];
}

/* Steps along the main word and across it. */
static int step_along(const struct placement *placement)
{
    return placement->down ? BOARD_STRIDE : 1;
}

static int step_across(const struct placement *placement)
{
    return placement->down ? 1 : BOARD_STRIDE;
}

static bool is_on_board(const struct board *board, const struct placement *placement)
{
    int size = board->layout->size;
    int last = (placement->down ? placement->row : placement->column) + placement->length;
    return placement->row >= 0 && placement->row < size && placement->column >= 0 &&
           placement->column < size && placement->length >= 0 && last <= size;
}

/* Whether a square of the placement is the centre, where the first play must go. */
static bool covers_centre(const struct board *board, const struct placement *placement)
{
    int centre = board->layout->size / 2;
    int fixed = placement->down ? placement->column : placement->row;
    int first = placement->down ? placement->row : placement->column;
    return fixed == centre && first <= centre && first + placement->length > centre;
}

/* The faults that show square by square; counts new tiles and whether any touches the board. */
static enum placement_fault check_squares(const struct board *board,
                                          const struct placement *placement, int *new_tiles,
                                          bool *touches)
{
    const uint8_t *square = board->squares + cell_of(placement->row, placement->column);
    int along = step_along(placement);
    int across = step_across(placement);
    for (int i = 0; i < placement->length; i++, square += along) {
        if (placement->tiles[i] == 0) {
            if (*square == 0)
                return PLACEMENT_GAP;
            *touches = true;
            continue;
        }
        if (*square != 0)
            return PLACEMENT_CONFLICT;
        ++*new_tiles;
        if (square[across] != 0 || square[-across] != 0)
            *touches = true;
    }
    return PLACEMENT_FITS;
}

enum placement_fault board_check(const struct board *board, const struct placement *placement)
{
    if (!is_on_board(board, placement))
        return PLACEMENT_OFF_BOARD;
    int new_tiles = 0;
    bool touches = false;
    enum placement_fault fault = check_squares(board, placement, &new_tiles, &touches);
    if (fault != PLACEMENT_FITS)
        return fault;
    if (board->tile_count == 0 && !covers_centre(board, placement))
        return PLACEMENT_MISSES_CENTRE;
    if (new_tiles == 0)
        return PLACEMENT_NO_TILE;
    int first = cell_of(placement->row, placement->column);
    int along = step_along(placement);
    bool goes_on = board->squares[first - along] != 0 ||
                   board->squares[first + placement->length * along] != 0;
    if (board->tile_count > 0 && !touches)
        return goes_on ? PLACEMENT_NOT_WHOLE_WORD : PLACEMENT_NOT_TOUCHING;
    if (placement->length < 2)
        return PLACEMENT_TOO_SHORT;
    if (goes_on)
        return PLACEMENT_NOT_WHOLE_WORD;
    return new_tiles > RACK_SIZE ? PLACEMENT_TOO_MANY_TILES : PLACEMENT_FITS;
}

const char *placement_fault_text(enum placement_fault fault)
{
    switch (fault) {
    case PLACEMENT_FITS:
        return "the play fits";
    case PLACEMENT_OFF_BOARD:
        return "the play runs off the board";
    case PLACEMENT_GAP:
        return "the play goes through an empty square";
    case PLACEMENT_CONFLICT:
        return "the play puts a tile on an occupied square";
    case PLACEMENT_MISSES_CENTRE:
        return "the first play must cover the centre square";
    case PLACEMENT_NOT_TOUCHING:
        return "the play does not touch any tile";
    case PLACEMENT_NO_TILE:
        return "the play places no tile";
    case PLACEMENT_TOO_SHORT:
        return "the play is shorter than two letters";
    case PLACEMENT_NOT_WHOLE_WORD:
        return "the play must include the whole word";
    case PLACEMENT_TOO_MANY_TILES:
        return "the play places more than seven tiles";
    }
    return "unknown fault";
}

static int letter_value(const struct board *board, uint8_t tile)
{
    return (tile & TILE_BLANK) != 0 ? 0 : board->set->value[tile];
}

/* Scores the word across a new tile, which is on the board already; 0 where there is none. */
static int score_across(const struct board *board, int cell, int across, struct play *play)
{
    const uint8_t *squares = board->squares;
    if (squares[cell - across] == 0 && squares[cell + across] == 0)
        return 0;
    int start = cell;
    int sum = 0;
    while (squares[start - across] != 0) {
        start -= across;
        sum += letter_value(board, squares[start]);
    }
    int end = cell + across;
    for (; squares[end] != 0; end += across)
        sum += letter_value(board, squares[end]);
    struct premium premium = board->premiums[cell];
    sum += letter_value(board, squares[cell]) * premium.letter;
    play->words[play->word_count++] =
        (struct board_word){(uint16_t)start, (uint8_t)across, (uint8_t)((end - start) / across)};
    return sum * premium.word;
}

void board_place(struct board *board, const struct placement *placement, struct play *out_play)
{
    int along = step_along(placement);
    int across = step_across(placement);
    int cell = cell_of(placement->row, placement->column);
    struct play play = {.word_count = 1};
    play.words[0] = (struct board_word){(uint16_t)cell, (uint8_t)along, (uint8_t)placement->length};
    int sum = 0;
    int word_factor = 1;
    int crosses = 0;
    for (int i = 0; i < placement->length; i++, cell += along) {
        uint8_t tile = placement->tiles[i];
        if (tile == 0) {
            sum += letter_value(board, board->squares[cell]);
            continue;
        }
        struct premium premium = board->premiums[cell];
        assert(board->unseen.count[tile_kind(tile)] > 0);
        board->unseen.count[tile_kind(tile)]--;
        board->squares[cell] = tile;
        play.tile_count++;
        sum += letter_value(board, tile) * premium.letter;
        word_factor *= premium.word;
        crosses += score_across(board, cell, across, &play);
    }
    board->tile_count += play.tile_count;
    play.score = sum * word_factor + crosses;
    if (play.tile_count == RACK_SIZE)
        play.score += BOARD_BINGO_POINTS;
    *out_play = play;
}

void board_take_back(struct board *board, const struct placement *placement)
{
    int cell = cell_of(placement->row, placement->column);
    int along = step_along(placement);
    for (int i = 0; i < placement->length; i++, cell += along) {
        if (placement->tiles[i] == 0)
            continue;
        assert(board->squares[cell] == placement->tiles[i]);
        board->squares[cell] = 0;
        board->unseen.count[tile_kind(placement->tiles[i])]++;
        board->tile_count--;
    }
}

struct tiles placement_tiles(const struct placement *placement)
{
    struct tiles tiles = {0};
    for (int i = 0; i < placement->length; i++)
        if (placement->tiles[i] != 0)
            tiles.count[tile_kind(placement->tiles[i])]++;
    return tiles;
}

void placement_normalise(const struct board *board, struct placement *placement)
{
    if (!is_on_board(board, placement))
        return;
    const uint8_t *square = board->squares + cell_of(placement->row, placement->column);
    int along = step_along(placement);
    for (int i = 0; i < placement->length; i++, square += along)
        if (*square != 0 && placement->tiles[i] != 0 &&
            (*square & ~TILE_BLANK) == (placement->tiles[i] & ~TILE_BLANK))
            placement->tiles[i] = 0;
}

/* ---- text -------------------------------------------------------------------------------- */

void placement_write_position(const struct placement *placement, struct text *text)
{
    char column = (char)('A' + placement->column);
    if (placement->down)
        text_add_char(text, column);
    text_add_number(text, placement->row + 1);
    if (!placement->down)
        text_add_char(text, column);
}

void placement_write_tiles(const struct placement *placement, struct text *text)
{
    for (int i = 0; i < placement->length; i++)
        text_add_char(text, tile_to_char(placement->tiles[i]));
}

static bool read_column(char character, int size, int *out_column)
{
    char upper = character >= 'a' && character <= 'z' ? (char)(character - 'a' + 'A') : character;
    if (upper < 'A' || upper >= 'A' + size)
        return false;
    *out_column = upper - 'A';
    return true;
}

bool placement_read_position(struct text_span text, int size, struct placement *out_placement)
{
    if (text.size < 2 || text.size > 3)
        return false;
    bool down = text.data[0] < '0' || text.data[0] > '9';
    struct text_span digits = {text.data + (down ? 1 : 0), text.size - 1};
    char letter = down ? text.data[0] : text.data[text.size - 1];
    int64_t row = 0;
    int column = 0;
    if (digits.data[0] == '0' || !text_span_number(digits, 1, size, &row) ||
        !read_column(letter, size, &column))
        return false;
    out_placement->row = (int)row - 1;
    out_placement->column = column;
    out_placement->down = down;
    return true;
}

void board_write_word(const struct board *board, struct board_word word, struct text *text)
{
    int cell = word.start;
    for (int i = 0; i < word.length; i++, cell += word.step)
        text_add_char(text, tile_to_char(board->squares[cell]));
}
