/* The club platform's dump of an event's divisions, as in its own database: players by id, rounds
 * of games with both players' results. Only read. */
#include "orchestrator/record/json_keys.h"

#include <string.h>

/* What a result word means. */
static const struct {
    const char *word;
    enum record_kind kind;
    enum record_outcome outcome;
} RESULTS[] = {
    {"WIN", RECORD_PLAYED, RECORD_WIN},
    {"LOSS", RECORD_PLAYED, RECORD_LOSS},
    {"DRAW", RECORD_PLAYED, RECORD_DRAW},
    {"ELIMINATED", RECORD_PLAYED, RECORD_LOSS},
    {"BYE", RECORD_BYE_PAIRING, RECORD_WIN},
    {"FORFEIT_WIN", RECORD_FORFEIT, RECORD_WIN},
    {"FORFEIT_LOSS", RECORD_FORFEIT, RECORD_LOSS},
    {"VOID", RECORD_ABSENT, RECORD_OUTCOME_NONE},
    {"NO_RESULT", RECORD_PENDING, RECORD_OUTCOME_NONE},
};

/* "id:name" is shown as "name". */
static const char *visible_name(const char *id)
{
    const char *colon = strchr(id, ':');
    return colon != NULL ? colon + 1 : id;
}

static enum status read_players(struct json_reader *json, const json_t *players,
                                struct record *record)
{
    enum status status = STATUS_OK;
    json_reader_enter(json, "players");
    for (int i = 0; i < record->player_count && status == STATUS_OK; i++) {
        struct record_player *player = &record->players[i];
        const json_t *object = json_array_get(players, (size_t)i);
        json_reader_enter_at(json, (size_t)i);
        status = json_reader_text(json, object, "id", &player->id);
        if (status == STATUS_OK)
            status = json_reader_int(json, object, "rating", 0, 999999999, &player->rating);
        if (status == STATUS_OK && player->id[0] == '\0')
            return json_reader_wrong(json, "a player needs an \"id\"");
        if (status == STATUS_OK)
            json_reader_leave(json);
        player->name = visible_name(player->id);
    }
    if (status == STATUS_OK)
        json_reader_leave(json);
    return status;
}

static enum status read_outcome(struct json_reader *json, const json_t *game, size_t seat,
                                struct record_result *out)
{
    const char *word = json_string_value(json_array_get(json_object_get(game, "results"), seat));
    for (size_t i = 0; word != NULL && i < COUNT_OF(RESULTS); i++)
        if (strcmp(RESULTS[i].word, word) == 0) {
            out->kind = (uint8_t)RESULTS[i].kind;
            out->outcome = (uint8_t)RESULTS[i].outcome;
            return STATUS_OK;
        }
    return json_reader_wrong(json, "\"results\" should be two known results");
}

static enum status read_game(struct json_reader *json, const json_t *game, struct record *record,
                             int round)
{
    int players[2] = {-1, -1};
    int scores[2] = {0, 0};
    int last = record->player_count - 1;
    enum status status = json_reader_int(json, game, "first_index", 0, last, &players[0]);
    if (status == STATUS_OK)
        status = json_reader_int(json, game, "second_index", 0, last, &players[1]);
    if (status == STATUS_OK)
        status = json_reader_pair(json, game, "scores", -GAME_SCORE_MAX, GAME_SCORE_MAX, scores);
    if (status != STATUS_OK)
        return status;
    if (players[0] < 0 || players[1] < 0)
        return json_reader_wrong(json, "a game needs \"first_index\" and \"second_index\"");
    bool alone = players[0] == players[1];
    for (size_t seat = 0; seat < (alone ? 1 : 2) && status == STATUS_OK; seat++) {
        struct record_result *result = record_result(record, players[seat], round);
        if (result->kind != RECORD_NONE)
            return json_reader_wrong(json, "a player has two games in round %d", round);
        result->opponent = alone ? RECORD_NOBODY : players[1 - seat];
        result->own_score = scores[seat];
        result->other_score = scores[1 - seat];
        result->has_scores = true;
        result->side = (uint8_t)(alone       ? RECORD_SIDE_NONE
                                 : seat == 0 ? RECORD_FIRST
                                             : RECORD_SECOND);
        status = read_outcome(json, game, seat, result);
    }
    return status;
}

static enum status read_round(struct json_reader *json, const json_t *object, struct record *record,
                              int round)
{
    const json_t *games;
    enum status status = json_reader_array(json, object, "games", &games);
    if (status != STATUS_OK)
        return status;
    json_reader_enter(json, "games");
    for (size_t i = 0; i < json_array_size(games); i++) {
        json_reader_enter_at(json, i);
        status = read_game(json, json_array_get(games, i), record, round);
        if (status != STATUS_OK)
            return status;
        json_reader_leave(json);
    }
    json_reader_leave(json);
    return STATUS_OK;
}

static enum status read_division(struct json_reader *json, const char *name, const json_t *object,
                                 struct book *book)
{
    const json_t *players;
    const json_t *rounds;
    enum status status = json_reader_array(json, object, "players", &players);
    if (status == STATUS_OK)
        status = json_reader_array(json, object, "rounds", &rounds);
    if (status != STATUS_OK)
        return status;
    if (!json_is_object(object) || players == NULL || rounds == NULL)
        return json_reader_wrong(json, "a division needs \"players\" and \"rounds\"");
    if (json_array_size(players) > RECORD_PLAYERS_MAX ||
        json_array_size(rounds) > RECORD_ROUNDS_MAX)
        return STATUS_FULL;
    struct record *record = record_create(json->source->arena, (int)json_array_size(players),
                                          (int)json_array_size(rounds));
    const char *copy = arena_copy(json->source->arena, name, strlen(name));
    if (record == NULL || copy == NULL)
        return STATUS_FULL;
    status = read_players(json, players, record);
    if (status != STATUS_OK)
        return status;
    json_reader_enter(json, "rounds");
    for (int round = 1; round <= record->round_capacity; round++) {
        json_reader_enter_at(json, (size_t)round - 1);
        status = read_round(json, json_array_get(rounds, (size_t)round - 1), record, round);
        if (status != STATUS_OK)
            return status;
        json_reader_leave(json);
    }
    json_reader_leave(json);
    codec_finish(record);
    return codec_add_division(book, json->source->arena, copy, record);
}

enum status codec_read_club(const struct codec_source *source, const json_t *root,
                            struct book *out_book)
{
    struct json_reader json = {.source = source};
    const char *name;
    json_t *division;
    json_object_foreach((json_t *)(uintptr_t)root, name, division)
    {
        json_reader_enter(&json, name);
        enum status status = read_division(&json, name, division, out_book);
        if (status != STATUS_OK)
            return status;
        json_reader_leave(&json);
    }
    if (out_book->count == 0)
        return json_reader_wrong(&json, "there is no division in the file");
    return STATUS_OK;
}
