/* Writes GCG files: always in UTF-8, one blank between fields. */
#include "gamesvc/rules/crossword/gcg.h"

#include <string.h>

void gcg_write_span(const struct gcg *gcg, struct text_span span, struct text *text)
{
    for (size_t i = 0; i < span.size; i++) {
        unsigned char byte = (unsigned char)span.data[i];
        if (gcg->is_utf8 || byte < 0x80) {
            text_add_char(text, span.data[i]);
            continue;
        }
        text_add_char(text, (char)(0xC0 | byte >> 6));
        text_add_char(text, (char)(0x80 | (byte & 0x3F)));
    }
}

static void write_pragma(const struct gcg *gcg, const char *name, struct text_span value,
                         struct text *text)
{
    if (value.size == 0)
        return;
    text_add_char(text, '#');
    text_add_string(text, name);
    text_add_char(text, ' ');
    gcg_write_span(gcg, value, text);
    text_add_char(text, '\n');
}

static void write_rack(const struct gcg_event *event, struct text *text)
{
    if (event->rack_text.size > 0)
        text_add(text, event->rack_text.data, event->rack_text.size);
    else
        tiles_write(&event->rack, text);
}

static void write_points(int32_t points, int32_t cumulative, struct text *text)
{
    text_add_string(text, points < 0 ? " -" : " +");
    text_add_number(text, points < 0 ? -points : points);
    text_add_char(text, ' ');
    text_add_number(text, cumulative);
    text_add_char(text, '\n');
}

static void write_move(const struct gcg_event *event, struct text *text)
{
    switch (event->type) {
    case GCG_PLACE:
        text_add_char(text, ' ');
        placement_write_position(&event->placement, text);
        text_add_char(text, ' ');
        placement_write_tiles(&event->placement, text);
        break;
    case GCG_PASS:
        text_add_string(text, " -");
        break;
    case GCG_EXCHANGE:
        text_add_string(text, " -");
        if (event->exchanged_text.size > 0)
            text_add(text, event->exchanged_text.data, event->exchanged_text.size);
        else
            tiles_write(&event->exchanged, text);
        break;
    case GCG_PHONY:
        text_add_string(text, " --");
        break;
    case GCG_BONUS:
        text_add_string(text, " (challenge)");
        break;
    case GCG_RACK_PENALTY:
        text_add_string(text, " (");
        write_rack(event, text);
        text_add_char(text, ')');
        break;
    case GCG_TIME:
        text_add_string(text, " (time)");
        break;
    case GCG_RACK_POINTS:
        break;
    }
}

static void write_event(const struct gcg *gcg, const struct gcg_event *event, struct text *text)
{
    struct text_span nick = gcg->players[event->player].nick;
    text_add_char(text, '>');
    gcg_write_span(gcg, nick, text);
    text_add_string(text, ": ");
    if (event->type == GCG_RACK_POINTS)
        text_add_char(text, '(');
    write_rack(event, text);
    if (event->type == GCG_RACK_POINTS)
        text_add_char(text, ')');
    write_move(event, text);
    bool loses =
        event->type == GCG_PHONY || event->type == GCG_RACK_PENALTY || event->type == GCG_TIME;
    if (loses && event->score == 0 && !event->lost_unsaid) {
        text_add_string(text, " -0 ");
        text_add_number(text, event->cumulative);
        text_add_char(text, '\n');
    } else {
        write_points(event->score, event->cumulative, text);
    }
    write_pragma(gcg, "note", event->note, text);
}

void gcg_write(const struct gcg *gcg, struct text *text)
{
    text_add_string(text, "#character-encoding UTF-8\n");
    for (int player = 0; player < GCG_PLAYERS; player++) {
        text_add_string(text, player == 0 ? "#player1 " : "#player2 ");
        gcg_write_span(gcg, gcg->players[player].nick, text);
        text_add_char(text, ' ');
        gcg_write_span(gcg, gcg->players[player].name, text);
        text_add_char(text, '\n');
    }
    write_pragma(gcg, "title", gcg->title, text);
    write_pragma(gcg, "description", gcg->description, text);
    write_pragma(gcg, "id", gcg->id, text);
    write_pragma(gcg, "lexicon", gcg->lexicon, text);
    if (gcg->layout->size != 15)
        write_pragma(gcg, "board-layout",
                     (struct text_span){gcg->layout->name, strlen(gcg->layout->name)}, text);
    for (int i = 0; i < gcg->event_count; i++)
        write_event(gcg, &gcg->events[i], text);
    if (gcg->says_incomplete)
        text_add_string(text, "#incomplete\n");
    write_pragma(gcg, "rack1", gcg->racks[0], text);
    write_pragma(gcg, "rack2", gcg->racks[1], text);
}
