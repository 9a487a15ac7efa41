/* The games of a match in our file format: a list beside the match's own result. */
#include "orchestrator/record/json_keys.h"

#include <inttypes.h>

/* ---- writing ----------------------------------------------------------------------------- */

static void write_one(struct buffer *out, const struct record *record,
                      const struct record_match_game *game)
{
    const struct record_result *match = record_result(record, game->player, game->round);
    int mover = game->side == RECORD_FIRST ? game->player : match->opponent;
    const char *separator = "";
    buffer_append_char(out, '{');
    if (game->side != RECORD_SIDE_NONE) {
        buffer_format(out, "\"first\": %d", record->players[mover].number);
        separator = ", ";
    }
    if (game->is_void)
        buffer_format(out, "%s\"void\": true", separator);
    else if (game->outcome == RECORD_OUTCOME_NONE)
        buffer_format(out, "%s\"pending\": true", separator);
    else if (game->other_outcome == codec_mirrored((enum record_outcome)game->outcome))
        buffer_format(out, "%s\"result\": \"%s\"", separator, OUTCOMES[game->outcome]);
    else
        buffer_format(out, "%s\"result\": [\"%s\", \"%s\"]", separator, OUTCOMES[game->outcome],
                      OUTCOMES[game->other_outcome]);
    if (game->has_scores)
        buffer_format(out, ", \"scores\": [%" PRId32 ", %" PRId32 "]", game->own_score,
                      game->other_score);
    buffer_append_char(out, '}');
}

void json_write_match(struct buffer *out, const struct record *record, int player, int round)
{
    const char *separator = ", \"match\": [";
    bool has_any = false;
    for (int i = 0; i < record->match_game_count; i++) {
        const struct record_match_game *game = &record->match_games[i];
        if (game->player != player || game->round != round)
            continue;
        buffer_append_text(out, separator);
        write_one(out, record, game);
        separator = ", ";
        has_any = true;
    }
    if (has_any)
        buffer_append_char(out, ']');
}

/* ---- reading ----------------------------------------------------------------------------- */

static enum status read_mover(const struct division_reader *reader, const json_t *object,
                              const int players[2], struct record_match_game *game)
{
    int numbers[2] = {reader->record->players[players[0]].number,
                      reader->record->players[players[1]].number};
    int first = 0;
    enum status status =
        json_reader_int(reader->json, object, "first", 1, RECORD_PLAYERS_MAX, &first);
    if (status != STATUS_OK || first == 0)
        return status;
    if (first != numbers[0] && first != numbers[1])
        return json_reader_wrong(reader->json, "\"first\" should be one of the two players");
    game->side = first == numbers[0] ? RECORD_FIRST : RECORD_SECOND;
    return STATUS_OK;
}

static enum status read_end(struct json_reader *json, const json_t *object,
                            struct record_match_game *game)
{
    int scores[2] = {0, 0};
    int outcomes[2] = {0, 0};
    bool is_pending = false;
    enum status status =
        json_reader_pair(json, object, "scores", -GAME_SCORE_MAX, GAME_SCORE_MAX, scores);
    if (status == STATUS_OK)
        status = json_read_outcomes(json, object, outcomes);
    if (status == STATUS_OK)
        status = json_reader_bool(json, object, "void", &game->is_void);
    if (status == STATUS_OK)
        status = json_reader_bool(json, object, "pending", &is_pending);
    if (status != STATUS_OK)
        return status;
    if ((outcomes[0] != 0) + game->is_void + is_pending != 1)
        return json_reader_wrong(json, "a game of a match has one of \"result\", \"void\" and "
                                       "\"pending\"");
    game->outcome = (uint8_t)outcomes[0];
    game->other_outcome = (uint8_t)outcomes[1];
    game->own_score = scores[0];
    game->other_score = scores[1];
    game->has_scores = json_object_get(object, "scores") != NULL;
    return STATUS_OK;
}

/* A record has them from the view of whoever comes first among its players. */
static struct record_match_game turned(struct record_match_game game, int other)
{
    game.player = other;
    uint8_t outcome = game.outcome;
    game.outcome = game.other_outcome;
    game.other_outcome = outcome;
    int32_t score = game.own_score;
    game.own_score = game.other_score;
    game.other_score = score;
    if (game.side != RECORD_SIDE_NONE)
        game.side = game.side == RECORD_FIRST ? RECORD_SECOND : RECORD_FIRST;
    return game;
}

static enum status read_one(const struct division_reader *reader, const json_t *object,
                            const int players[2], int round)
{
    static const char *const keys[] = {"first", "scores", "result", "void", "pending"};
    struct record *record = reader->record;
    struct record_match_game game = {.player = players[0], .round = round};
    enum status status = json_reader_keys(reader->json, object, keys, COUNT_OF(keys));
    if (status == STATUS_OK)
        status = read_mover(reader, object, players, &game);
    if (status == STATUS_OK)
        status = read_end(reader->json, object, &game);
    if (status != STATUS_OK)
        return status;
    record->match_games = codec_grown(reader->json->source->arena, record->match_games,
                                      record->match_game_count, sizeof game);
    if (record->match_games == NULL)
        return STATUS_FULL;
    record->match_games[record->match_game_count++] =
        players[0] < players[1] ? game : turned(game, players[1]);
    return STATUS_OK;
}

enum status json_read_match(const struct division_reader *reader, const json_t *game,
                            const int players[2], int round)
{
    const json_t *list = NULL;
    size_t index;
    const json_t *object;
    enum status status = json_reader_array(reader->json, game, "match", &list);
    if (status != STATUS_OK || list == NULL)
        return status;
    json_reader_enter(reader->json, "match");
    json_array_foreach((json_t *)(uintptr_t)list, index, object)
    {
        json_reader_enter_at(reader->json, index);
        status = read_one(reader, object, players, round);
        if (status != STATUS_OK)
            return status;
        json_reader_leave(reader->json);
    }
    json_reader_leave(reader->json);
    return STATUS_OK;
}
