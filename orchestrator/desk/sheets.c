/* Writes sheets. Names are people's own: everything is escaped. */
#include "orchestrator/desk/sheets.h"

#include <string.h>

#include "orchestrator/division_record.h"

static void put_html(struct buffer *out, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '<':
            buffer_append_text(out, "&lt;");
            break;
        case '>':
            buffer_append_text(out, "&gt;");
            break;
        case '&':
            buffer_append_text(out, "&amp;");
            break;
        case '"':
            buffer_append_text(out, "&quot;");
            break;
        default: /* characters, which are no enumeration */
            buffer_append_char(out, *text);
        }
}

/* RFC 4180; a cell that a spreadsheet would take for a formula is quoted by an apostrophe. */
static void put_csv(struct buffer *out, const char *text)
{
    buffer_append_char(out, '"');
    if (strchr("=+-@\t", text[0]) != NULL && text[0] != '\0')
        buffer_append_char(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buffer_append_char(out, '"');
        buffer_append_char(out, *text);
    }
    buffer_append_char(out, '"');
}

static const char *name_of(const Arbiter__V1__Division *division, const char *player)
{
    int index = player[0] != '\0' ? division_find_player(division, player) : -1;
    return index >= 0 && division->entrants[index]->name[0] != '\0'
               ? division->entrants[index]->name
               : player;
}

static bool sits_there(const Arbiter__V1__BoardPairing *row, const char *player)
{
    return player[0] != '\0' &&
           (strcmp(row->first, player) == 0 || strcmp(row->second, player) == 0);
}

bool sheet_is_replaced(const Arbiter__V1__Division *division, const Arbiter__V1__BoardPairing *row)
{
    for (size_t i = 0; strcmp(row->status, "void") == 0 && i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *other = division->pairings[i];
        if (other->round == row->round && strcmp(other->status, "void") != 0 &&
            (sits_there(other, row->first) || sits_there(other, row->second)))
            return true;
    }
    return false;
}

void sheet_begin(struct buffer *out, const char *title)
{
    buffer_append_text(out,
                       "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    put_html(out, title);
    buffer_append_text(
        out, "</title><style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse;"
             "width:100%;page-break-after:always}td,th{border-bottom:1px solid #999;padding:.3em;"
             "text-align:left}.n{text-align:right}@media print{body{margin:0}}</style></head><body>"
             "<h1>");
    put_html(out, title);
    buffer_append_text(out, "</h1>\n");
}

void sheet_end(struct buffer *out)
{
    buffer_append_text(out, "</body></html>\n");
}

static void put_cell(struct buffer *out, const char *text)
{
    buffer_append_text(out, "<td>");
    put_html(out, text);
    buffer_append_text(out, "</td>");
}

/* "3–2 (400–350, 380–401, void)" */
static void put_games(struct buffer *out, const Arbiter__V1__BoardPairing *row)
{
    for (size_t i = 0; i < row->n_games; i++) {
        const Arbiter__V1__MatchGame *game = row->games[i];
        buffer_append_text(out, i == 0 ? " (" : ", ");
        if (strcmp(game->status, "final") == 0)
            buffer_format(out, "%d–%d", game->first_score, game->second_score);
        else
            buffer_append_text(out, game->status);
    }
    if (row->n_games > 0)
        buffer_append_char(out, ')');
}

static void put_result(struct buffer *out, const Arbiter__V1__BoardPairing *row)
{
    buffer_append_text(out, "<td class=\"n\">");
    if (strcmp(row->status, "void") == 0)
        buffer_append_text(out, "void");
    else if (row->outcome[0] != '\0' && row->second[0] != '\0')
        buffer_format(out, "%d–%d", row->first_score, row->second_score);
    put_games(out, row);
    buffer_append_text(out, "</td>");
}

static void put_row(struct buffer *out, const Arbiter__V1__Division *division,
                    const Arbiter__V1__BoardPairing *row)
{
    buffer_format(out, "<tr><td class=\"n\">%d</td>", row->board);
    put_cell(out, name_of(division, row->first));
    put_cell(out, row->second[0] != '\0' ? name_of(division, row->second) : row->kind);
    put_result(out, row);
    buffer_append_text(out, "</tr>\n");
}

void sheet_pairings(struct buffer *out, const Arbiter__V1__Division *division, int round)
{
    buffer_append_text(out, "<h2>");
    put_html(out, division->name);
    buffer_format(out,
                  ", round %d</h2>\n<table><tr><th class=\"n\">board</th><th>first</th>"
                  "<th>second</th><th class=\"n\">result</th></tr>\n",
                  round);
    for (size_t i = 0; i < division->n_pairings; i++)
        if (division->pairings[i]->round == round &&
            !sheet_is_replaced(division, division->pairings[i]))
            put_row(out, division, division->pairings[i]);
    buffer_append_text(out, "</table>\n");
}

void sheet_standings(struct buffer *out, const Arbiter__V1__Division *division,
                     const struct standing_table *table)
{
    char text[STANDING_TERM_TEXT_MAX];
    buffer_append_text(out, "<h2>");
    put_html(out, division->name);
    buffer_format(out,
                  ", after round %d</h2>\n<table><tr><th class=\"n\">place</th><th>player</th>"
                  "<th class=\"n\">points</th><th class=\"n\">won</th><th class=\"n\">lost</th>"
                  "<th class=\"n\">drawn</th>",
                  table->after_round);
    for (int i = 0; i < table->order_count; i++)
        buffer_format(out, "<th class=\"n\">%s</th>", standing_term_text(&table->order[i], text));
    buffer_append_text(out, "</tr>\n");
    for (int r = 0; r < table->row_count; r++) {
        const struct standing_row *row = &table->rows[r];
        buffer_format(out, "<tr><td class=\"n\">%d</td>", row->rank);
        put_cell(out, name_of(division, division->entrants[row->player]->player_id));
        buffer_format(out,
                      "<td class=\"n\">%d.%d</td><td class=\"n\">%d</td><td class=\"n\">%d</td>"
                      "<td class=\"n\">%d</td>",
                      row->points_x10 / 10, row->points_x10 % 10, row->wins, row->losses,
                      row->ties);
        for (int i = 0; i < table->order_count; i++)
            buffer_format(out, "<td class=\"n\">%s</td>",
                          standing_value_text(&table->order[i], &row->values[i], text));
        buffer_append_text(out, "</tr>\n");
    }
    buffer_append_text(out, "</table>\n");
}

/* What a board and one of its games have in common. */
static void put_board(struct buffer *out, const Arbiter__V1__Division *division,
                      const Arbiter__V1__BoardPairing *row)
{
    put_csv(out, division->name);
    buffer_format(out, ",%d,%d,", row->round, row->board);
    put_csv(out, name_of(division, row->first));
    buffer_append_char(out, ',');
    put_csv(out, name_of(division, row->second));
}

void sheet_results(struct buffer *out, const Arbiter__V1__Division *division)
{
    for (size_t i = 0; i < division->n_pairings; i++) {
        const Arbiter__V1__BoardPairing *row = division->pairings[i];
        put_board(out, division, row);
        buffer_format(out, ",%s,%s,%s,%d,%d,,%s,\r\n", row->kind, row->status, row->outcome,
                      row->first_score, row->second_score, row->game_id);
        for (size_t g = 0; g < row->n_games; g++) {
            const Arbiter__V1__MatchGame *game = row->games[g];
            put_board(out, division, row);
            buffer_format(out, ",match_game,%s,%s,%d,%d,%d,%s,", game->status, game->outcome,
                          game->first_score, game->second_score, game->number, game->game_id);
            put_csv(out, name_of(division, game->starts));
            buffer_append_text(out, "\r\n");
        }
    }
}
