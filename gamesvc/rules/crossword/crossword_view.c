/* A crossword game as players and watchers may see it: while it runs, nobody is shown a rack, a
 * draw or exchanged tiles but their owner; when it is over, everybody is shown all. */
#include "gamesvc/rules/crossword/crossword.h"

#include <string.h>

#include "gamesvc/rules/crossword/history.h"

/* Whether `viewer` may know what `seat` holds. */
static bool sees_rack(const struct rules_game *game, enum rules_party viewer, int seat)
{
    return game->result.over || viewer == RULES_SERVICE || (int)viewer == seat;
}

static void add_key(struct text *json, const char *key)
{
    text_add_string(json, ",\"");
    text_add_string(json, key);
    text_add_string(json, "\":");
}

static void add_text(struct text *json, const char *key, struct text_span value)
{
    add_key(json, key);
    text_add_json(json, value.data, value.size);
}

static void add_number(struct text *json, const char *key, int64_t value)
{
    add_key(json, key);
    text_add_number(json, value);
}

static void add_rack(struct text *json, const struct tiles *rack)
{
    text_add_char(json, '"');
    tiles_write(rack, json);
    text_add_char(json, '"');
}

static void add_racks(const struct rules_game *game, enum rules_party viewer, struct text *json)
{
    const struct crossword *state = game->state;
    add_key(json, "racks");
    for (int seat = 0; seat < RULES_SEATS; seat++) {
        text_add_char(json, seat == RULES_FIRST ? '[' : ',');
        if (sees_rack(game, viewer, seat))
            add_rack(json, &state->racks[seat]);
        else
            text_add_string(json, "null");
    }
    text_add_string(json, "],\"rack_sizes\":[");
    text_add_number(json, tiles_total(&state->racks[0]));
    text_add_char(json, ',');
    text_add_number(json, tiles_total(&state->racks[1]));
    text_add_char(json, ']');
}

void crossword_view(const struct rules_game *game, enum rules_party viewer, struct text *json)
{
    const struct crossword *state = game->state;
    int size = state->board.layout->size;
    add_key(json, "board");
    for (int row = 0; row < size; row++) {
        text_add_string(json, row == 0 ? "[\"" : "\",\"");
        for (int column = 0; column < size; column++)
            text_add_char(json, tile_to_char(board_tile(&state->board, row, column)));
    }
    text_add_string(json, "\"]");
    add_number(json, "bag", tiles_total(&state->bag));
    add_racks(game, viewer, json);
    add_number(json, "scoreless_turns", state->scoreless);
    add_key(json, "final_pass");
    text_add_string(json,
                    state->player_out != RULES_NO_WINNER && !game->result.over ? "true" : "false");
    add_key(json, "can_challenge");
    text_add_string(json, state->can_challenge ? "true" : "false");
}

/* ---- one turn ---------------------------------------------------------------------------- */

static void add_words(struct text *json, struct text_span words)
{
    add_key(json, "words");
    text_add_char(json, '[');
    size_t start = 0;
    for (size_t i = 0; i <= words.size; i++) {
        if (i < words.size && words.data[i] != ',')
            continue;
        if (start > 0)
            text_add_char(json, ',');
        text_add_json(json, words.data + start, i - start);
        start = i + 1;
    }
    text_add_char(json, ']');
}

static bool is_there(struct text_span span)
{
    return !text_span_is(span, "-");
}

/* Adds one event of the history. Exchanged tiles are as secret as the rack they came from; a play
 * that was taken back has been seen by all, the rack it came from has not. */
static void add_event(struct text *json, const struct history_line *line, bool sees)
{
    const char *type = history_type_name(line->type);
    text_add_string(json, "{\"type\":\"");
    text_add_string(json, type);
    text_add_string(json, line->seat == RULES_FIRST ? "\",\"player\":\"first\""
                                                    : "\",\"player\":\"second\"");
    if (sees && is_there(line->rack))
        add_text(json, "rack", line->rack);
    if (is_there(line->position))
        add_text(json, "position", line->position);
    if (line->type == HISTORY_EXCHANGE)
        add_number(json, "exchanged", (int64_t)line->tiles.size);
    if (is_there(line->tiles) && (sees || line->type != HISTORY_EXCHANGE))
        add_text(json, "tiles", line->tiles);
    add_number(json, "score", line->score);
    add_number(json, "total", line->total);
    if (is_there(line->words))
        add_words(json, line->words);
    text_add_char(json, '}');
}

/* "DRAW SEAT TILES" */
static bool read_draw(struct text_reader line, int *seat, struct text_span *tiles)
{
    struct text_span word;
    int64_t number = 0;
    if (!text_read_word(&line, &word) || !text_span_is(word, "DRAW") ||
        !text_read_number(&line, 0, 1, &number) || !text_read_word(&line, tiles))
        return false;
    *seat = (int)number;
    return true;
}

void crossword_view_turn(const struct rules_game *game, const struct rules_turn *turn,
                         enum rules_party viewer, struct text *json)
{
    struct text_reader record = text_reader(turn->record, strlen(turn->record));
    struct text_reader text;
    struct text_reader move = {0};
    struct text_span verb = {0};
    struct text_span drawn = {0};
    bool has_events = false;
    if (text_read_line(&record, &move) && text_read_word(&move, &verb))
        add_text(json, "move", verb);
    add_key(json, "events");
    text_add_char(json, '[');
    while (text_read_line(&record, &text)) {
        struct history_line line;
        struct text_span tiles;
        int seat = 0;
        if (read_draw(text, &seat, &tiles) && sees_rack(game, viewer, seat))
            drawn = tiles;
        if (!history_read(text, &line))
            continue;
        if (has_events)
            text_add_char(json, ',');
        has_events = true;
        add_event(json, &line, sees_rack(game, viewer, line.seat));
    }
    text_add_char(json, ']');
    if (drawn.size > 0)
        add_text(json, "drawn", drawn);
}
