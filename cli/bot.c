/* Puts a view's tiles back on a board and asks for the greedy move. */
#include "cli/bot.h"

#include <string.h>

#include "gamesvc/rules/crossword/greedy.h"

static bool lay_row(struct board *board, int row, const char *tiles)
{
    if (tiles == NULL || strlen(tiles) != (size_t)board->layout->size)
        return false;
    for (int column = 0; column < board->layout->size; column++) {
        struct placement one = {.row = row, .column = column, .length = 1};
        struct play play;
        if (!tile_from_char(tiles[column], &one.tiles[0]))
            return false;
        if (one.tiles[0] == 0)
            continue;
        if (board->unseen.count[tile_kind(one.tiles[0])] == 0)
            return false;
        board_place(board, &one, &play);
    }
    return true;
}

static bool read_board(const json_t *rows, struct board *board)
{
    static const char *const names[] = {"CrosswordGame", "SuperCrosswordGame"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const struct layout *layout = layout_find((struct text_span){names[i], strlen(names[i])});
        if ((size_t)layout->size != json_array_size(rows))
            continue;
        board_init(board, layout,
                   tile_set_find((struct text_span){layout->tile_set, strlen(layout->tile_set)}));
        for (int row = 0; row < layout->size; row++)
            if (!lay_row(board, row, json_string_value(json_array_get(rows, (size_t)row))))
                return false;
        return true;
    }
    return false;
}

enum status bot_move(struct arena *arena, const struct lexicon *lexicon, const json_t *view,
                     int seat, const char **out_move)
{
    const json_t *racks = json_object_get(view, "racks");
    const char *rack_text = json_string_value(json_array_get(racks, (size_t)seat));
    struct board board;
    struct tiles rack;
    struct text move;
    if (rack_text == NULL || !read_board(json_object_get(view, "board"), &board) ||
        !tiles_read((struct text_span){rack_text, strlen(rack_text)}, RACK_SIZE, &rack))
        return STATUS_INVALID_ARGUMENT;
    text_start(&move, arena);
    if (json_is_true(json_object_get(view, "final_pass")))
        text_add_string(&move, "pass"); /* the other went out, and we do not challenge */
    else
        greedy_write_move(&board, lexicon, &rack,
                          (int)json_integer_value(json_object_get(view, "bag")), &move);
    *out_move = text_end(&move);
    return *out_move != NULL ? STATUS_OK : STATUS_FULL;
}
