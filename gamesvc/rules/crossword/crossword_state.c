/* A crossword game's state as lines of text, and back from text that need not be trusted. */
#include "gamesvc/rules/crossword/crossword.h"

#include <assert.h>
#include <string.h>

/* ---- encoding ---------------------------------------------------------------------------- */

static void add_rows(const struct board *board, struct text *text)
{
    for (int row = 0; row < board->layout->size; row++) {
        text_add_string(text, "row ");
        text_add_number(text, row + 1);
        text_add_char(text, ' ');
        for (int column = 0; column < board->layout->size; column++)
            text_add_char(text, tile_to_char(board_tile(board, row, column)));
        text_add_char(text, '\n');
    }
}

static void add_racks(const struct crossword *state, struct text *text)
{
    for (int seat = 0; seat < RULES_SEATS; seat++) {
        text_add_string(text, seat == RULES_FIRST ? "rack 0 " : "rack 1 ");
        if (tiles_total(&state->racks[seat]) == 0)
            text_add_char(text, '-');
        tiles_write(&state->racks[seat], text);
        text_add_char(text, '\n');
    }
}

void crossword_encode(const struct rules_game *game, struct text *text)
{
    const struct crossword *state = game->state;
    text_add_string(text, "turns ");
    text_add_number(text, state->event_count);
    text_add_char(text, ' ');
    text_add_number(text, state->scoreless);
    text_add_char(text, ' ');
    text_add_number(text, state->player_out);
    text_add_char(text, '\n');
    add_racks(state, text);
    add_rows(&state->board, text);
    if (!state->can_challenge)
        return;
    text_add_string(text, "last ");
    placement_write_position(&state->placement, text);
    text_add_char(text, ' ');
    placement_write_tiles(&state->placement, text);
    text_add_char(text, ' ');
    tiles_write(&state->rack_before, text);
    text_add_char(text, ' ');
    text_add_number(text, state->scoreless_before);
    text_add_char(text, '\n');
}

/* ---- decoding ---------------------------------------------------------------------------- */

static bool decode_turns(struct crossword *state, struct text_reader *line)
{
    int64_t events = 0;
    int64_t scoreless = 0;
    int64_t out = 0;
    if (!text_read_number(line, 0, (int64_t)RULES_TURNS_MAX * 8, &events) ||
        !text_read_number(line, 0, CROSSWORD_SCORELESS_MAX, &scoreless) ||
        !text_read_number(line, RULES_NO_WINNER, RULES_SECOND, &out))
        return false;
    state->event_count = (uint32_t)events;
    state->scoreless = (int)scoreless;
    state->player_out = (int)out;
    return text_is_done(line);
}

static bool decode_rack(struct crossword *state, struct text_reader *line)
{
    int64_t seat = 0;
    struct text_span word;
    if (!text_read_number(line, 0, 1, &seat) || !text_read_word(line, &word) || !text_is_done(line))
        return false;
    state->racks[seat] = (struct tiles){0};
    return text_span_is(word, "-") || tiles_read(word, RACK_SIZE, &state->racks[seat]);
}

/* Lays a row's tiles one by one, as long as the set has them. */
static bool decode_row(struct crossword *state, struct text_reader *line)
{
    int64_t row = 0;
    struct text_span word;
    struct board *board = &state->board;
    int size = board->layout->size;
    if (!text_read_number(line, 1, size, &row) || !text_read_word(line, &word) ||
        word.size != (size_t)size || !text_is_done(line))
        return false;
    for (int column = 0; column < size; column++) {
        struct placement tile = {.row = (int)row - 1, .column = column, .length = 1};
        struct play play;
        if (!tile_from_char(word.data[column], &tile.tiles[0]))
            return false;
        if (tile.tiles[0] == 0)
            continue;
        if (board_tile(board, tile.row, column) != 0 ||
            board->unseen.count[tile_kind(tile.tiles[0])] == 0)
            return false;
        board_place(board, &tile, &play);
    }
    return true;
}

static bool decode_last(struct crossword *state, struct text_reader *line)
{
    struct text_span words[3];
    int64_t scoreless = 0;
    struct placement *placement = &state->placement;
    int size = state->board.layout->size;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (!text_read_word(line, &words[i]))
            return false;
    if (!placement_read_position(words[0], size, placement) || words[1].size > (size_t)size ||
        !tiles_read(words[2], RACK_SIZE, &state->rack_before) ||
        !text_read_number(line, 0, CROSSWORD_SCORELESS_MAX - 1, &scoreless) || !text_is_done(line))
        return false;
    for (size_t i = 0; i < words[1].size; i++)
        if (!tile_from_char(words[1].data[i], &placement->tiles[i]))
            return false;
    placement->length = (int)words[1].size;
    state->scoreless_before = (int)scoreless;
    state->can_challenge = true;
    return true;
}

bool crossword_decode(struct rules_game *game, struct text_span key, struct text_reader *line)
{
    static const struct {
        const char *key;
        bool (*decode)(struct crossword *state, struct text_reader *line);
    } lines[] = {
        {"turns", decode_turns}, {"rack", decode_rack}, {"row", decode_row}, {"last", decode_last}};
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (text_span_is(key, lines[i].key))
            return lines[i].decode(game->state, line);
    return false;
}

/* Whether the tiles of `placement` lie on the board where it says. */
static bool lies_there(const struct board *board, const struct placement *placement)
{
    int size = board->layout->size;
    int row = placement->row;
    int column = placement->column;
    for (int i = 0; i < placement->length; i++) {
        if (row >= size || column >= size)
            return false;
        uint8_t tile = board_tile(board, row, column);
        if (tile == 0 || (placement->tiles[i] != 0 && placement->tiles[i] != tile))
            return false;
        row += placement->down ? 1 : 0;
        column += placement->down ? 0 : 1;
    }
    return true;
}

/* The score and words of the last placement follow from the board: take it off and lay it again. */
static bool restore_last(struct crossword *state, int placer)
{
    struct board *board = &state->board;
    if (!lies_there(board, &state->placement))
        return false;
    struct tiles used = placement_tiles(&state->placement);
    struct tiles before = state->racks[1 - placer];
    board_take_back(board, &state->placement);
    tiles_add(&before, &state->rack_before);
    if (board_check(board, &state->placement) != PLACEMENT_FITS ||
        !tiles_contain(&state->rack_before, &used) || !tiles_contain(&board->unseen, &before))
        return false;
    board_place(board, &state->placement, &state->play);
    return true;
}

/* Full racks as long as there is a bag; nobody has gone out who still holds tiles. */
static bool racks_make_sense(const struct rules_game *game)
{
    const struct crossword *state = game->state;
    int left = tiles_total(&state->bag);
    for (int seat = 0; seat < RULES_SEATS; seat++)
        if (left > 0 && tiles_total(&state->racks[seat]) != RACK_SIZE)
            return false;
    if (state->player_out != RULES_NO_WINNER)
        return tiles_total(&state->racks[state->player_out]) == 0 &&
               (game->result.over || game->on_turn == 1 - state->player_out);
    return game->result.over ||
           (tiles_total(&state->racks[0]) > 0 && tiles_total(&state->racks[1]) > 0);
}

bool crossword_decoded(struct rules_game *game)
{
    struct crossword *state = game->state;
    struct tiles racks = state->racks[0];
    if (game->on_turn == RULES_NO_WINNER)
        return false;
    tiles_add(&racks, &state->racks[1]);
    if (!tiles_contain(&state->board.unseen, &racks))
        return false;
    state->bag = state->board.unseen;
    tiles_remove(&state->bag, &racks);
    if (!game->result.over && state->scoreless >= CROSSWORD_SCORELESS_MAX)
        return false;
    if (!racks_make_sense(game))
        return false;
    if (!state->can_challenge)
        return true;
    return state->challenge != CHALLENGE_VOID && !game->result.over &&
           restore_last(state, 1 - game->on_turn);
}
