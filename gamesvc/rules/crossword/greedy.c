/* Walks the lexicon from every square in both directions and keeps the best placement. */
#include "gamesvc/rules/crossword/greedy.h"

#include <assert.h>

#define ALL_LETTERS ((1u << LEXICON_LETTERS) - 1)
#define EXCHANGE_BAG_MIN 7

/* One row or column, and what stands beside its squares. */
struct line {
    int index; /* of the row or column */
    bool down;
    int size;
    uint8_t tiles[LAYOUT_SIZE_MAX + 1]; /* 0 past the end too */
    bool touches[LAYOUT_SIZE_MAX];      /* a new tile here touches the board, or is the centre */
    uint32_t fits[LAYOUT_SIZE_MAX]; /* letters that make a word across, all where none is made */
    bool crosses[LAYOUT_SIZE_MAX];
    int beside[LAYOUT_SIZE_MAX]; /* value of the tiles of the word across */
    struct premium premiums[LAYOUT_SIZE_MAX];
};

/* A placement on its way along a line. */
struct trail {
    int start;
    int next; /* square */
    uint32_t node;
    int placed;
    bool touched;
    int sum;
    int factor;
    int crosses;
};

struct search {
    const struct board *board;
    const struct lexicon *lexicon;
    struct tiles rack;
    struct line line;
    uint8_t laid[LAYOUT_SIZE_MAX]; /* by square of the line: new tile, 0 for one that was there */
    struct placement best;
    int best_score; /* -1: nothing yet */
};

static int tile_value(const struct search *search, uint8_t tile)
{
    return (tile & TILE_BLANK) != 0 ? 0 : search->board->set->value[tile];
}

static uint8_t tile_at(const struct board *board, const struct line *line, int along, int across)
{
    int size = board->layout->size;
    if (along < 0 || along >= size || across < 0 || across >= size)
        return 0;
    return line->down ? board_tile(board, along, across) : board_tile(board, across, along);
}

/* Collects the word across a square: its letters with a gap at the square itself. */
static int read_across(const struct board *board, const struct line *line, int along,
                       uint8_t *out_word, int *out_gap)
{
    int first = line->index;
    int length = 0;
    while (tile_at(board, line, along, first - 1) != 0)
        first--;
    *out_gap = line->index - first;
    for (int i = first; i == line->index || tile_at(board, line, along, i) != 0; i++)
        out_word[length++] = tile_at(board, line, along, i);
    return length;
}

static void look_across(struct search *search, int along)
{
    struct line *line = &search->line;
    uint8_t word[LAYOUT_SIZE_MAX];
    int gap = 0;
    int length = read_across(search->board, line, along, word, &gap);
    line->fits[along] = ALL_LETTERS;
    line->crosses[along] = length > 1;
    line->beside[along] = 0;
    if (length == 1)
        return;
    line->touches[along] = true;
    line->fits[along] = 0;
    for (int i = 0; i < length; i++)
        if (i != gap)
            line->beside[along] += tile_value(search, word[i]);
    for (uint8_t letter = 1; letter <= LEXICON_LETTERS; letter++) {
        word[gap] = letter;
        if (lexicon_has(search->lexicon, word, 1, (size_t)length))
            line->fits[along] |= 1u << (letter - 1);
    }
}

static void look_along(struct search *search, int index, bool down)
{
    const struct board *board = search->board;
    struct line *line = &search->line;
    int centre = board->layout->size / 2;
    *line = (struct line){.index = index, .down = down, .size = board->layout->size};
    for (int i = 0; i < line->size; i++) {
        line->tiles[i] = tile_at(board, line, i, index);
        line->premiums[i] = down ? layout_premium(board->layout, i, index)
                                 : layout_premium(board->layout, index, i);
        line->touches[i] = board->tile_count == 0 && i == centre && index == centre;
        if (line->tiles[i] == 0)
            look_across(search, i);
    }
    for (int i = 0; i < line->size; i++)
        if (line->tiles[i] == 0 && (line->tiles[i + 1] != 0 || (i > 0 && line->tiles[i - 1] != 0)))
            line->touches[i] = true;
}

/* ---- walking ----------------------------------------------------------------------------- */

static void keep_if_best(struct search *search, const struct trail *trail)
{
    const struct line *line = &search->line;
    int length = trail->next - trail->start;
    bool accepts = (search->lexicon->nodes[trail->node].arc & LEXICON_ACCEPTS) != 0;
    if (!accepts || trail->placed == 0 || !trail->touched || length < 2)
        return;
    int score = trail->sum * trail->factor + trail->crosses +
                (trail->placed == RACK_SIZE ? BOARD_BINGO_POINTS : 0);
    if (score <= search->best_score)
        return;
    search->best_score = score;
    search->best = (struct placement){.row = line->down ? trail->start : line->index,
                                      .column = line->down ? line->index : trail->start,
                                      .down = line->down,
                                      .length = length};
    for (int i = 0; i < length; i++)
        search->best.tiles[i] = search->laid[trail->start + i];
}

static void extend(struct search *search, const struct trail *trail);

static void extend_with(struct search *search, const struct trail *trail, uint8_t letter, int kind)
{
    const struct line *line = &search->line;
    int i = trail->next;
    struct premium premium = line->premiums[i];
    uint8_t tile = kind == 0 ? (uint8_t)(TILE_BLANK | letter) : letter;
    struct trail longer = *trail;
    int value = tile_value(search, tile) * premium.letter;
    longer.next++;
    longer.node = lexicon_next(search->lexicon, trail->node, letter);
    longer.placed++;
    longer.touched = trail->touched || line->touches[i];
    longer.sum += value;
    longer.factor *= premium.word;
    if (line->crosses[i])
        longer.crosses += (line->beside[i] + value) * premium.word;
    search->rack.count[kind]--;
    search->laid[i] = tile;
    extend(search, &longer);
    search->rack.count[kind]++;
}

static void extend_over_tile(struct search *search, const struct trail *trail)
{
    int i = trail->next;
    uint8_t tile = search->line.tiles[i];
    struct trail longer = *trail;
    longer.node = lexicon_next(search->lexicon, trail->node, (uint8_t)(tile & ~TILE_BLANK));
    if (longer.node == 0)
        return;
    longer.next++;
    longer.touched = true;
    longer.sum += tile_value(search, tile);
    search->laid[i] = 0;
    extend(search, &longer);
}

static void extend(struct search *search, const struct trail *trail)
{
    const struct line *line = &search->line;
    int i = trail->next;
    if (line->tiles[i] == 0)
        keep_if_best(search, trail);
    if (i == line->size)
        return;
    if (line->tiles[i] != 0) {
        extend_over_tile(search, trail);
        return;
    }
    uint32_t letters = search->lexicon->nodes[trail->node].letters & line->fits[i];
    for (uint8_t letter = 1; letter <= LEXICON_LETTERS; letter++) {
        if ((letters & 1u << (letter - 1)) == 0)
            continue;
        if (search->rack.count[letter] > 0)
            extend_with(search, trail, letter, letter);
        if (search->rack.count[0] > 0)
            extend_with(search, trail, letter, 0);
    }
}

/* Whether a word that starts here can come to touch the board with the tiles at hand. */
static bool reaches_board(const struct search *search, int start)
{
    const struct line *line = &search->line;
    int left = tiles_total(&search->rack);
    for (int i = start; i < line->size && left > 0; i++) {
        if (line->tiles[i] != 0 || line->touches[i])
            return true;
        left--;
    }
    return false;
}

bool greedy_find(const struct board *board, const struct lexicon *lexicon, const struct tiles *rack,
                 struct placement *out_placement, int *out_score)
{
    struct search search = {.board = board, .lexicon = lexicon, .rack = *rack, .best_score = -1};
    int size = board->layout->size;
    for (int i = 0; i < 2 * size; i++) {
        look_along(&search, i % size, i >= size);
        for (int start = 0; start < size; start++) {
            bool is_start = start == 0 || search.line.tiles[start - 1] == 0;
            if (!is_start || !reaches_board(&search, start))
                continue;
            struct trail trail = {.start = start, .next = start, .factor = 1};
            extend(&search, &trail);
        }
    }
    if (search.best_score < 0)
        return false;
    *out_placement = search.best;
    *out_score = search.best_score;
    return true;
}

void greedy_write_move(const struct board *board, const struct lexicon *lexicon,
                       const struct tiles *rack, int bag, struct text *out_move)
{
    struct placement placement;
    int score = 0;
    if (greedy_find(board, lexicon, rack, &placement, &score)) {
        text_add_string(out_move, "place ");
        placement_write_position(&placement, out_move);
        text_add_char(out_move, ' ');
        placement_write_tiles(&placement, out_move);
    } else if (bag >= EXCHANGE_BAG_MIN && tiles_total(rack) > 0) {
        text_add_string(out_move, "exchange ");
        tiles_write(rack, out_move);
    } else {
        text_add_string(out_move, "pass");
    }
}
