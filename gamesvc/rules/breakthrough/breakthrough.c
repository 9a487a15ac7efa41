/* Breakthrough (Dan Troyka, 2000): men step forward, straight onto empty squares or diagonally,
 * where they may capture; the first on the far row, or with the last men, wins. "move a2b3". */
#include "gamesvc/rules/set.h"

#include <stdlib.h>
#include <string.h>

#define SIZE 8

struct breakthrough {
    char squares[SIZE * SIZE + 1]; /* 'w', 'b' or '.', from a1 along the rows */
};

static const char men[RULES_SEATS] = {'w', 'b'};

static enum status breakthrough_create(struct rules_game *game, struct fault *out_fault)
{
    static const char *const keys[] = {"variant", NULL};
    struct breakthrough *state = game->state;
    memset(state->squares, '.', SIZE * SIZE);
    memset(state->squares, men[0], 2 * (size_t)SIZE);
    memset(state->squares + SIZE * (SIZE - 2), men[1], 2 * (size_t)SIZE);
    return rules_options_check(game->options.text, keys, out_fault);
}

static bool read_squares(struct text_span word, int *from, int *to)
{
    if (word.size != 4)
        return false;
    int numbers[4];
    for (int i = 0; i < 4; i++) {
        numbers[i] = word.data[i] - (i % 2 == 0 ? 'a' : '1');
        if (numbers[i] < 0 || numbers[i] >= SIZE)
            return false;
    }
    *from = numbers[1] * SIZE + numbers[0];
    *to = numbers[3] * SIZE + numbers[2];
    return true;
}

static bool is_legal(const struct breakthrough *state, int seat, int from, int to)
{
    int forward = seat == RULES_FIRST ? 1 : -1;
    int sideways = abs(to % SIZE - from % SIZE);
    if (state->squares[from] != men[seat] || to / SIZE - from / SIZE != forward || sideways > 1)
        return false;
    return sideways == 1 ? state->squares[to] != men[seat] : state->squares[to] == '.';
}

static void breakthrough_play(struct rules_game *game, struct rules_call *call)
{
    struct breakthrough *state = game->state;
    struct text_span squares;
    int seat = (int)call->actor;
    int from = 0;
    int to = 0;
    if (!text_span_is(call->verb, "move") || !text_read_word(&call->move, &squares) ||
        !read_squares(squares, &from, &to) || !text_is_done(&call->move)) {
        rules_refuse_malformed(call, "a move is written like \"move a2b3\"");
        return;
    }
    if (!is_legal(state, seat, from, to)) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "ILLEGAL", "%.4s is not a legal move",
                     squares.data);
        return;
    }
    state->squares[from] = '.';
    state->squares[to] = men[seat];
    game->on_turn = 1 - seat;
    rules_record(call, "move %.4s", squares.data);
    if (to / SIZE == (seat == RULES_FIRST ? SIZE - 1 : 0) ||
        strchr(state->squares, men[1 - seat]) == NULL) {
        game->result.score[seat] = 1;
        rules_finish(game, call, RULES_END_STANDARD, seat);
    }
}

static void breakthrough_encode(const struct rules_game *game, struct text *text)
{
    const struct breakthrough *state = game->state;
    text_add_string(text, "board ");
    text_add_string(text, state->squares);
    text_add_char(text, '\n');
}

static bool breakthrough_decode(struct rules_game *game, struct text_span key,
                                struct text_reader *line)
{
    struct breakthrough *state = game->state;
    struct text_span squares;
    if (!text_span_is(key, "board") || !text_read_word(line, &squares) ||
        squares.size != SIZE * SIZE || !text_is_done(line) || game->on_turn == RULES_NO_WINNER)
        return false;
    for (size_t i = 0; i < squares.size; i++)
        if (squares.data[i] != men[0] && squares.data[i] != men[1] && squares.data[i] != '.')
            return false;
    memcpy(state->squares, squares.data, squares.size);
    return true;
}

static void breakthrough_view(const struct rules_game *game, enum rules_party viewer,
                              struct text *json)
{
    const struct breakthrough *state = game->state;
    (void)viewer; /* nothing here is secret */
    text_add_string(json, ",\"board\":\"");
    text_add_string(json, state->squares);
    text_add_char(json, '"');
}

const struct rules_set rules_breakthrough = {
    .name = "breakthrough",
    .state_size = sizeof(struct breakthrough),
    .create = breakthrough_create,
    .play = breakthrough_play,
    .encode = breakthrough_encode,
    .decode = breakthrough_decode,
    .view = breakthrough_view,
};
