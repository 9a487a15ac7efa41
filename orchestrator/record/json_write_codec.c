/* Writes our own file format, one line a player and a game. */
#include "orchestrator/record/json_keys.h"

#include <inttypes.h>
#include <string.h>

static void write_text(struct buffer *out, const char *text)
{
    buffer_append_char(out, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        if (*at == '"' || *at == '\\')
            buffer_append_char(out, '\\');
        if (*at < 0x20)
            buffer_format(out, "\\u%04x", *at);
        else
            buffer_append_char(out, (char)*at);
    }
    buffer_append_char(out, '"');
}

/* A member after others: `, "key": "text"`, nothing where the text is empty. */
static void write_member(struct buffer *out, const char *key, const char *text)
{
    if (text[0] == '\0')
        return;
    buffer_format(out, ", \"%s\": ", key);
    write_text(out, text);
}

static void write_points_value(struct buffer *out, int points_x10)
{
    if (points_x10 % 10 == 0)
        buffer_format(out, "%d", points_x10 / 10);
    else
        buffer_format(out, "%d.%d", points_x10 / 10, points_x10 % 10);
}

static void write_event(struct buffer *out, const struct record_event *event)
{
    const char *separator = "";
    buffer_append_text(out, "  \"event\": {");
    for (size_t i = 0; i < COUNT_OF(EVENT_TEXTS); i++) {
        const char *text = json_text_in(event, EVENT_TEXTS[i].offset);
        if (text[0] == '\0')
            continue;
        buffer_format(out, "%s\"%s\": ", separator, EVENT_TEXTS[i].key);
        write_text(out, text);
        separator = ", ";
    }
    buffer_append_text(out, "},\n");
}

static void write_player(struct buffer *out, const struct record *record, int index)
{
    const struct record_player *player = &record->players[index];
    const char sex[2] = {player->sex == ' ' ? '\0' : player->sex, '\0'};
    buffer_format(out, "        {\"number\": %d", player->number);
    for (size_t i = 0; i < COUNT_OF(PLAYER_TEXTS); i++)
        write_member(out, PLAYER_TEXTS[i].key, json_text_in(player, PLAYER_TEXTS[i].offset));
    write_member(out, "sex", sex);
    if (player->rating > 0)
        buffer_format(out, ", \"rating\": %d", player->rating);
    if (player->team != RECORD_NOBODY)
        write_member(out, "team", record->teams[player->team].name);
    if (player->entry_round > 1)
        buffer_format(out, ", \"entry_round\": %d", player->entry_round);
    if (player->withdrawn_after > 0)
        buffer_format(out, ", \"withdrawn_after\": %d", player->withdrawn_after);
    buffer_append_char(out, '}');
}

static void write_players(struct buffer *out, const struct record *record)
{
    buffer_append_text(out, "      \"players\": [\n");
    for (int player = 0; player < record->player_count; player++) {
        write_player(out, record, player);
        buffer_append_text(out, player + 1 < record->player_count ? ",\n" : "\n");
    }
    buffer_append_text(out, "      ],\n");
}

/* Whether the outcome is what the scores say, so that it need not be written. */
static bool follows_from_scores(const struct record_result *result)
{
    if (!result->has_scores)
        return false;
    enum record_outcome outcome = result->own_score > result->other_score   ? RECORD_WIN
                                  : result->own_score < result->other_score ? RECORD_LOSS
                                                                            : RECORD_DRAW;
    return result->outcome == outcome;
}

static void write_result(struct buffer *out, const struct record_result *mine,
                         const struct record_result *theirs)
{
    bool mirrored = theirs->outcome == codec_mirrored((enum record_outcome)mine->outcome);
    if (mine->kind == RECORD_PENDING)
        buffer_append_text(out, ", \"pending\": true");
    else if (!mirrored)
        buffer_format(out, ", \"result\": [\"%s\", \"%s\"]", OUTCOMES[mine->outcome],
                      OUTCOMES[theirs->outcome]);
    else if (!follows_from_scores(mine))
        buffer_format(out, ", \"result\": \"%s\"", OUTCOMES[mine->outcome]);
    if (mine->kind == RECORD_FORFEIT)
        buffer_append_text(out, ", \"forfeit\": true");
}

static void write_game(struct buffer *out, const struct record *record, int player, int round)
{
    const struct record_result *mine = record_result(record, player, round);
    const struct record_result *theirs = record_result(record, mine->opponent, round);
    int numbers[2] = {record->players[player].number, record->players[mine->opponent].number};
    buffer_format(out, "{\"players\": [%d, %d]", numbers[0], numbers[1]);
    if (mine->side != RECORD_SIDE_NONE)
        buffer_format(out, ", \"first\": %d", numbers[mine->side == RECORD_FIRST ? 0 : 1]);
    if (mine->has_scores)
        buffer_format(out, ", \"scores\": [%" PRId32 ", %" PRId32 "]", mine->own_score,
                      mine->other_score);
    write_result(out, mine, theirs);
    if (mine->points_override || theirs->points_override) {
        buffer_append_text(out, ", \"points\": [");
        write_points_value(out, record_result_points_x10(record, mine));
        buffer_append_text(out, ", ");
        write_points_value(out, record_result_points_x10(record, theirs));
        buffer_append_char(out, ']');
    }
    if (mine->board > 0)
        buffer_format(out, ", \"board\": %d", mine->board);
    if (mine->unrated)
        buffer_append_text(out, ", \"unrated\": true");
    json_write_match(out, record, player, round);
    buffer_append_char(out, '}');
}

static const char *bye_name(enum record_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(BYE_KINDS); i++)
        if (BYE_KINDS[i] == kind)
            return BYES[i];
    return "absent";
}

static void write_bye(struct buffer *out, const struct record *record, int player, int round)
{
    const struct record_result *result = record_result(record, player, round);
    buffer_format(out, "{\"player\": %d, \"kind\": \"%s\"", record->players[player].number,
                  bye_name((enum record_kind)result->kind));
    if (result->has_scores)
        buffer_format(out, ", \"spread\": %" PRId32, result->own_score - result->other_score);
    if (result->outcome != RECORD_OUTCOME_NONE)
        buffer_format(out, ", \"counts_as\": \"%s\"", OUTCOMES[result->outcome]);
    if (result->points_override) {
        buffer_append_text(out, ", \"points\": ");
        write_points_value(out, result->points_x10);
    }
    buffer_append_char(out, '}');
}

/* The games or the byes of a round, one a line. */
static void write_entries(struct buffer *out, const struct record *record, int round, bool games)
{
    const char *separator = "\n";
    for (int player = 0; player < record->player_count; player++) {
        const struct record_result *result = record_result(record, player, round);
        bool is_game = result->opponent != RECORD_NOBODY;
        bool listed = is_game ? result->opponent > player : result->kind != RECORD_NONE;
        if (is_game != games || !listed)
            continue;
        buffer_format(out, "%s          ", separator);
        if (games)
            write_game(out, record, player, round);
        else
            write_bye(out, record, player, round);
        separator = ",\n";
    }
}

static void write_rounds(struct buffer *out, const struct record *record)
{
    buffer_append_text(out, "      \"rounds\": [\n");
    for (int round = 1; round <= record->rounds_played; round++) {
        buffer_format(out, "        {\"number\": %d", round);
        if (record->round_dates != NULL)
            write_member(out, "date", record->round_dates[round - 1]);
        buffer_append_text(out, ", \"games\": [");
        write_entries(out, record, round, true);
        buffer_append_text(out, "\n        ], \"byes\": [");
        write_entries(out, record, round, false);
        buffer_append_text(out,
                           round < record->rounds_played ? "\n        ]},\n" : "\n        ]}\n");
    }
    buffer_append_text(out, "      ]");
}

static void write_points(struct buffer *out, const struct record_points *points)
{
    const struct record_points chess = record_points_chess();
    if (memcmp(points, &chess, sizeof chess) == 0)
        return;
    buffer_append_text(out, "      \"points\": {");
    for (size_t i = 0; i < COUNT_OF(POINTS); i++) {
        struct record_points copy = *points;
        buffer_format(out, "%s\"%s\": ", i > 0 ? ", " : "", POINTS[i].key);
        write_points_value(out, *json_points_at(&copy, POINTS[i].offset));
    }
    buffer_append_text(out, "},\n");
}

static void write_forbidden(struct buffer *out, const struct record *record)
{
    if (record->forbidden_count == 0)
        return;
    buffer_append_text(out, ",\n      \"forbidden\": [");
    for (int i = 0; i < record->forbidden_count; i++) {
        const struct record_forbidden *list = &record->forbidden[i];
        buffer_format(out, "%s\n        {\"players\": [", i > 0 ? "," : "");
        for (int k = 0; k < list->count; k++)
            buffer_format(out, "%s%d", k > 0 ? ", " : "", record->players[list->players[k]].number);
        buffer_format(out, "], \"first_round\": %d, \"last_round\": %d}", list->first_round,
                      list->last_round);
    }
    buffer_append_text(out, "\n      ]");
}

static void write_requests(struct buffer *out, const struct record *record)
{
    if (record->request_count == 0)
        return;
    buffer_append_text(out, ",\n      \"requests\": [");
    for (int i = 0; i < record->request_count; i++)
        buffer_format(out, "%s\n        {\"player\": %d, \"round\": %d, \"kind\": \"%s\"}",
                      i > 0 ? "," : "", record->players[record->requests[i].player].number,
                      record->requests[i].round, bye_name(record->requests[i].kind));
    buffer_append_text(out, "\n      ]");
}

static void write_acceleration(struct buffer *out, const struct record *record)
{
    const char *separator = "";
    if (record->virtual_x10 == NULL)
        return;
    buffer_append_text(out, ",\n      \"acceleration\": [");
    for (int player = 0; player < record->player_count; player++)
        for (int round = 1; round <= record->round_capacity; round++) {
            int points = record_virtual_x10(record, player, round);
            if (points == 0)
                continue;
            buffer_format(out,
                          "%s\n        {\"player\": %d, \"round\": %d, \"points\": ", separator,
                          record->players[player].number, round);
            write_points_value(out, points);
            buffer_append_char(out, '}');
            separator = ",";
        }
    buffer_append_text(out, "\n      ]");
}

static void write_division(struct buffer *out, const struct book_division *division)
{
    const struct record *record = division->record;
    buffer_append_text(out, "    {\n      \"name\": ");
    write_text(out, division->name);
    buffer_append_text(out, ",\n");
    write_points(out, &record->points);
    if (record->rounds_total > 0)
        buffer_format(out, "      \"rounds_total\": %d,\n", record->rounds_total);
    if (record->initial_side != RECORD_SIDE_NONE)
        buffer_format(out, "      \"initial_side\": \"%s\",\n", SIDES[record->initial_side]);
    write_players(out, record);
    write_rounds(out, record);
    write_forbidden(out, record);
    write_requests(out, record);
    write_acceleration(out, record);
    buffer_append_text(out, "\n    }");
}

enum status codec_write_json(const struct codec_target *target)
{
    struct buffer *out = target->out;
    const struct book *book = target->book;
    buffer_format(out, "{\n  \"format\": \"%s\",\n", FORMAT_NAME);
    if (book->count > 0)
        write_event(out, &book->divisions[0].record->event);
    buffer_append_text(out, "  \"divisions\": [\n");
    for (int i = 0; i < book->count; i++) {
        write_division(out, &book->divisions[i]);
        buffer_append_text(out, i + 1 < book->count ? ",\n" : "\n");
        if (book->divisions[i].record->line_count > 0)
            book_lose(target->losses, "%s: %d lines of the file that have no meaning here",
                      book->divisions[i].name, book->divisions[i].record->line_count);
    }
    buffer_append_text(out, "  ]\n}\n");
    return STATUS_OK;
}
