/* Writes and reads lines of history; turns them into GCG events. */
#include "gamesvc/rules/crossword/history.h"

#include <assert.h>
#include <string.h>

static const char *const type_names[] = {
    [HISTORY_PLACE] = "PLACE",
    [HISTORY_EXCHANGE] = "EXCH",
    [HISTORY_PASS] = "PASS",
    [HISTORY_FINAL_PASS] = "FINALPASS",
    [HISTORY_PHONY] = "PHONY",
    [HISTORY_BONUS] = "CHALBONUS",
    [HISTORY_TURN_LOSS] = "TURNLOSS",
    [HISTORY_RACK_POINTS] = "RACKPTS",
    [HISTORY_RACK_PENALTY] = "RACKPEN",
    [HISTORY_TIME] = "TIME",
};

const char *history_type_name(enum history_type type)
{
    assert((size_t)type < COUNT_OF(type_names));
    return type_names[type];
}

/* ---- writing ----------------------------------------------------------------------------- */

static void write_tiles(const struct tiles *tiles, struct text *text)
{
    if (tiles == NULL || tiles_total(tiles) == 0)
        text_add_char(text, '-');
    else
        tiles_write(tiles, text);
}

static void write_words(const struct history_event *event, struct text *text)
{
    if (event->board == NULL) {
        text_add_char(text, '-');
        return;
    }
    for (int i = 0; i < event->play->word_count; i++) {
        if (i > 0)
            text_add_char(text, ',');
        board_write_word(event->board, event->play->words[i], text);
    }
}

void history_write(const struct history_event *event, struct text *text)
{
    text_add_string(text, history_type_name(event->type));
    text_add_char(text, ' ');
    text_add_number(text, event->seat);
    text_add_char(text, ' ');
    write_tiles(event->rack, text);
    text_add_char(text, ' ');
    if (event->placement != NULL)
        placement_write_position(event->placement, text);
    else
        text_add_char(text, '-');
    text_add_char(text, ' ');
    if (event->placement != NULL)
        placement_write_tiles(event->placement, text);
    else
        write_tiles(event->tiles, text);
    text_add_char(text, ' ');
    text_add_number(text, event->score);
    text_add_char(text, ' ');
    text_add_number(text, event->total);
    text_add_char(text, ' ');
    write_words(event, text);
}

/* ---- reading ----------------------------------------------------------------------------- */

static bool read_type(struct text_span word, enum history_type *out_type)
{
    for (size_t i = 0; i < COUNT_OF(type_names); i++) {
        if (!text_span_is(word, type_names[i]))
            continue;
        *out_type = (enum history_type)i;
        return true;
    }
    return false;
}

bool history_read(struct text_reader line, struct history_line *out_line)
{
    struct history_line read = {0};
    struct text_span word;
    int64_t seat = 0;
    int64_t score = 0;
    int64_t total = 0;
    if (!text_read_word(&line, &word) || !read_type(word, &read.type) ||
        !text_read_number(&line, 0, 1, &seat) || !text_read_word(&line, &read.rack) ||
        !text_read_word(&line, &read.position) || !text_read_word(&line, &read.tiles) ||
        !text_read_number(&line, -GCG_POINTS_MAX, GCG_POINTS_MAX, &score) ||
        !text_read_number(&line, -GCG_POINTS_MAX, GCG_POINTS_MAX, &total) ||
        !text_read_word(&line, &read.words) || !text_is_done(&line))
        return false;
    read.seat = (int)seat;
    read.score = (int32_t)score;
    read.total = (int32_t)total;
    *out_line = read;
    return true;
}

/* ---- GCG --------------------------------------------------------------------------------- */

static enum gcg_type gcg_type_of(enum history_type type)
{
    switch (type) {
    case HISTORY_PLACE:
        return GCG_PLACE;
    case HISTORY_EXCHANGE:
        return GCG_EXCHANGE;
    case HISTORY_PASS:
    case HISTORY_FINAL_PASS:
    case HISTORY_TURN_LOSS:
        return GCG_PASS;
    case HISTORY_PHONY:
        return GCG_PHONY;
    case HISTORY_BONUS:
        return GCG_BONUS;
    case HISTORY_RACK_POINTS:
        return GCG_RACK_POINTS;
    case HISTORY_RACK_PENALTY:
        return GCG_RACK_PENALTY;
    case HISTORY_TIME:
        return GCG_TIME;
    }
    assert(!"no such type");
    return GCG_PASS;
}

static struct text_span unless_dash(struct text_span span)
{
    return text_span_is(span, "-") ? (struct text_span){0} : span;
}

static bool read_placement(const struct gcg *gcg, const struct history_line *line,
                           struct placement *placement)
{
    if (!placement_read_position(line->position, gcg->layout->size, placement) ||
        line->tiles.size > (size_t)gcg->layout->size)
        return false;
    for (size_t i = 0; i < line->tiles.size; i++)
        if (!tile_from_char(line->tiles.data[i], &placement->tiles[i]))
            return false;
    placement->length = (int)line->tiles.size;
    return true;
}

static bool fill_event(const struct gcg *gcg, const struct history_line *line,
                       struct gcg_event *event)
{
    static const char lost_turn[] = "#unsuccessful-challenge";
    *event = (struct gcg_event){
        .type = gcg_type_of(line->type),
        .player = line->seat,
        .rack_text = unless_dash(line->rack),
        .score = line->score,
        .cumulative = line->total,
    };
    if (line->type == HISTORY_TURN_LOSS)
        event->note = (struct text_span){lost_turn, sizeof lost_turn - 1};
    if (line->type == HISTORY_EXCHANGE)
        event->exchanged_text = line->tiles;
    if (line->type == HISTORY_TIME)
        event->rack_text = (struct text_span){0};
    return line->type != HISTORY_PLACE || read_placement(gcg, line, &event->placement);
}

static enum status add_turn(const struct rules_turn *turn, struct gcg *gcg)
{
    struct text_reader record = text_reader(turn->record, strlen(turn->record));
    struct text_reader text;
    (void)text_read_line(&record, &text); /* the move: what it came to follows */
    while (text_read_line(&record, &text)) {
        struct history_line line;
        if (!history_read(text, &line) || line.type == HISTORY_FINAL_PASS)
            continue;
        if (gcg->event_count == GCG_EVENTS_MAX)
            return STATUS_FULL;
        if (!fill_event(gcg, &line, &gcg->events[gcg->event_count]))
            return STATUS_DATA_LOSS;
        gcg->event_count++;
    }
    return STATUS_OK;
}

enum status history_to_gcg(struct arena *arena, const struct rules_turn *turns, uint32_t count,
                           struct gcg *gcg)
{
    gcg->events = arena_array(arena, GCG_EVENTS_MAX, sizeof *gcg->events);
    gcg->event_count = 0;
    if (gcg->events == NULL)
        return STATUS_FULL;
    for (uint32_t i = 0; i < count; i++) {
        enum status status = add_turn(&turns[i], gcg);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
