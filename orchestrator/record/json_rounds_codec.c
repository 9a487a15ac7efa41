/* The rounds of our file format: games and byes, put into both players' rows. */
#include "orchestrator/record/json_keys.h"

#include <stdint.h>
#include <string.h>

enum status json_take_player(const struct division_reader *reader, const char *key, int number,
                             int *out)
{
    *out = json_find_player(reader, number);
    if (*out != RECORD_NOBODY)
        return STATUS_OK;
    json_reader_enter(reader->json, key);
    enum status status =
        json_reader_wrong(reader->json, "there is no player with number %d", number);
    json_reader_leave(reader->json);
    return status;
}

static enum status claim_round(const struct division_reader *reader, int player, int round)
{
    if (record_result(reader->record, player, round)->kind == RECORD_NONE)
        return STATUS_OK;
    return json_reader_wrong(reader->json, "player %d already has a result in round %d",
                             reader->record->players[player].number, round);
}

enum status json_read_outcomes(struct json_reader *json, const json_t *game, int outcomes[2])
{
    const json_t *value = json_object_get(game, "result");
    if (!json_is_array(value)) {
        enum status status =
            json_reader_word(json, game, "result", OUTCOMES, COUNT_OF(OUTCOMES), &outcomes[0]);
        if (value != NULL)
            outcomes[1] = (int)codec_mirrored((enum record_outcome)outcomes[0]);
        return status;
    }
    for (size_t i = 0; i < 2; i++) {
        const char *word = json_string_value(json_array_get(value, i));
        int outcome = 0;
        for (int k = 1; k < (int)COUNT_OF(OUTCOMES); k++)
            if (word != NULL && strcmp(word, OUTCOMES[k]) == 0)
                outcome = k;
        if (json_array_size(value) != 2 || outcome == 0)
            return json_reader_wrong(json, "\"result\" should be two of win, draw, loss");
        outcomes[i] = outcome;
    }
    return STATUS_OK;
}

static enum status read_game_points(struct json_reader *json, const json_t *game,
                                    struct record_result sides[2])
{
    const json_t *value = json_object_get(game, "points");
    static const char *const keys[] = {"0", "1"};
    if (value == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < 2; i++) {
        json_t *one = json_object();
        int points = 0;
        (void)json_object_set(one, keys[i], json_array_get(value, i));
        enum status status = json_reader_points(json, one, keys[i], &points);
        bool missing = json_object_size(one) == 0;
        json_decref(one);
        if (status != STATUS_OK || missing || json_array_size(value) != 2)
            return json_reader_wrong(json, "\"points\" should be two numbers of points");
        sides[i].points_override = true;
        sides[i].points_x10 = (int16_t)points;
    }
    return STATUS_OK;
}

static const char *const GAME_KEYS[] = {"players", "first",   "scores",  "result",  "points",
                                        "board",   "forfeit", "pending", "unrated", "match"};

/* Whether one won and the other did not lose. */
static bool disagree(const int outcomes[2])
{
    return (outcomes[0] == RECORD_WIN && outcomes[1] != RECORD_LOSS) ||
           (outcomes[1] == RECORD_WIN && outcomes[0] != RECORD_LOSS);
}

/* What both players' rounds have in common. */
static enum status read_game_facts(struct json_reader *json, const json_t *game,
                                   struct record_result sides[2])
{
    int scores[2] = {0, 0};
    int outcomes[2] = {0, 0};
    int board = 0;
    bool forfeit = false;
    bool pending = false;
    bool unrated = false;
    bool scored = json_object_get(game, "scores") != NULL;
    enum status status =
        json_reader_pair(json, game, "scores", -GAME_SCORE_MAX, GAME_SCORE_MAX, scores);
    if (status == STATUS_OK)
        status = json_reader_int(json, game, "board", 1, UINT16_MAX, &board);
    if (status == STATUS_OK)
        status = json_reader_bool(json, game, "forfeit", &forfeit);
    if (status == STATUS_OK)
        status = json_reader_bool(json, game, "pending", &pending);
    if (status == STATUS_OK)
        status = json_reader_bool(json, game, "unrated", &unrated);
    if (status == STATUS_OK && scored)
        outcomes[0] = scores[0] > scores[1]   ? RECORD_WIN
                      : scores[0] < scores[1] ? RECORD_LOSS
                                              : RECORD_DRAW;
    outcomes[1] = (int)codec_mirrored((enum record_outcome)outcomes[0]);
    if (status == STATUS_OK)
        status = json_read_outcomes(json, game, outcomes);
    if (status == STATUS_OK && disagree(outcomes))
        return json_reader_wrong(json, "\"result\": nobody wins what the other does not lose");
    if (status == STATUS_OK && outcomes[0] == 0 && !pending)
        return json_reader_wrong(json, "a game needs \"scores\", \"result\" or \"pending\"");
    for (int i = 0; i < 2; i++)
        sides[i] = (struct record_result){
            .own_score = scores[i],
            .other_score = scores[1 - i],
            .board = (uint16_t)board,
            .kind = pending   ? RECORD_PENDING
                    : forfeit ? RECORD_FORFEIT
                              : RECORD_PLAYED,
            .outcome = (uint8_t)(pending ? RECORD_OUTCOME_NONE : outcomes[i]),
            .has_scores = scored,
            .unrated = unrated,
        };
    return status == STATUS_OK ? read_game_points(json, game, sides) : status;
}

static enum status read_sides(const struct division_reader *reader, const json_t *game,
                              const int numbers[2], struct record_result sides[2])
{
    int first = 0;
    enum status status =
        json_reader_int(reader->json, game, "first", 1, RECORD_PLAYERS_MAX, &first);
    if (status != STATUS_OK || first == 0)
        return status;
    if (first != numbers[0] && first != numbers[1])
        return json_reader_wrong(reader->json, "\"first\" should be one of the two players");
    sides[0].side = first == numbers[0] ? RECORD_FIRST : RECORD_SECOND;
    sides[1].side = first == numbers[0] ? RECORD_SECOND : RECORD_FIRST;
    return STATUS_OK;
}

static enum status read_game(const struct division_reader *reader, const json_t *game, int round)
{
    struct json_reader *json = reader->json;
    struct record_result sides[2];
    int numbers[2] = {0, 0};
    int players[2] = {0, 0};
    enum status status = json_reader_keys(json, game, GAME_KEYS, COUNT_OF(GAME_KEYS));
    if (status == STATUS_OK)
        status = json_reader_pair(json, game, "players", 1, RECORD_PLAYERS_MAX, numbers);
    for (int i = 0; i < 2 && status == STATUS_OK; i++)
        status = json_take_player(reader, "players", numbers[i], &players[i]);
    if (status == STATUS_OK && players[0] == players[1])
        return json_reader_wrong(json, "player %d plays himself", numbers[0]);
    for (int i = 0; i < 2 && status == STATUS_OK; i++)
        status = claim_round(reader, players[i], round);
    if (status == STATUS_OK)
        status = read_game_facts(json, game, sides);
    if (status == STATUS_OK)
        status = read_sides(reader, game, numbers, sides);
    for (int i = 0; i < 2 && status == STATUS_OK; i++) {
        sides[i].opponent = players[1 - i];
        *record_result(reader->record, players[i], round) = sides[i];
    }
    return status == STATUS_OK ? json_read_match(reader, game, players, round) : status;
}

static const char *const BYE_KEYS[] = {"player", "kind", "bye", "spread", "counts_as", "points"};

static enum status read_bye(const struct division_reader *reader, const json_t *bye, int round)
{
    struct json_reader *json = reader->json;
    int number = 0;
    int player = 0;
    int kind = -1;
    int spread = 0;
    int outcome = 0;
    int points = 0;
    enum status status = json_reader_keys(json, bye, BYE_KEYS, COUNT_OF(BYE_KEYS));
    if (status == STATUS_OK)
        status = json_reader_int(json, bye, "player", 1, RECORD_PLAYERS_MAX, &number);
    if (status == STATUS_OK)
        status = json_take_player(reader, "player", number, &player);
    if (status == STATUS_OK)
        status = claim_round(reader, player, round);
    if (status == STATUS_OK)
        status = json_reader_word(json, bye, "kind", BYES, COUNT_OF(BYES), &kind);
    if (status == STATUS_OK)
        status = json_reader_int(json, bye, "spread", -GAME_SCORE_MAX, GAME_SCORE_MAX, &spread);
    if (status == STATUS_OK)
        status = json_reader_word(json, bye, "counts_as", OUTCOMES, COUNT_OF(OUTCOMES), &outcome);
    if (status == STATUS_OK)
        status = json_reader_points(json, bye, "points", &points);
    if (status != STATUS_OK)
        return status;
    struct record_result *result = record_result(reader->record, player, round);
    bool has_spread = json_object_get(bye, "spread") != NULL;
    if (kind < 0 && !has_spread)
        return json_reader_wrong(json, "a bye needs \"kind\" or \"spread\"");
    if (has_spread)
        codec_put_spread_bye(reader->record, round, player, spread);
    if (kind >= 0)
        result->kind = (uint8_t)BYE_KINDS[kind];
    if (kind >= 0)
        result->outcome = (uint8_t)outcome;
    if (json_object_get(bye, "points") != NULL) {
        result->points_override = true;
        result->points_x10 = (int16_t)points;
    }
    return STATUS_OK;
}

/* Each element of a round's list; in older files byes stand among the games. */
static enum status read_entries(const struct division_reader *reader, const json_t *round_object,
                                const char *key, int round)
{
    const json_t *list;
    size_t index;
    const json_t *entry;
    enum status status = json_reader_array(reader->json, round_object, key, &list);
    if (status != STATUS_OK || list == NULL)
        return status;
    json_reader_enter(reader->json, key);
    json_array_foreach((json_t *)(uintptr_t)list, index, entry)
    {
        bool is_bye = json_object_get(entry, "player") != NULL;
        json_reader_enter_at(reader->json, index);
        status = is_bye ? read_bye(reader, entry, round) : read_game(reader, entry, round);
        if (status != STATUS_OK)
            return status;
        json_reader_leave(reader->json);
    }
    json_reader_leave(reader->json);
    return STATUS_OK;
}

static const char *const ROUND_KEYS[] = {"number", "round", "date", "games", "byes"};

/* Texts are never NULL, so neither are dates not stated. */
static const char **blank_dates(struct arena *arena, int rounds)
{
    const char **dates = arena_array(arena, (size_t)rounds, sizeof *dates);
    for (int i = 0; dates != NULL && i < rounds; i++)
        dates[i] = "";
    return dates;
}

static enum status read_round(const struct division_reader *reader, const json_t *object, int round)
{
    struct json_reader *json = reader->json;
    struct record *record = reader->record;
    int number = round;
    const char *date = "";
    enum status status = json_reader_keys(json, object, ROUND_KEYS, COUNT_OF(ROUND_KEYS));
    if (status == STATUS_OK)
        status = json_reader_int(json, object, "round", round, round, &number);
    if (status == STATUS_OK)
        status = json_reader_int(json, object, "number", round, round, &number);
    if (status == STATUS_OK)
        status = json_reader_text(json, object, "date", &date);
    if (status == STATUS_OK && date[0] != '\0') {
        if (record->round_dates == NULL)
            record->round_dates = blank_dates(json->source->arena, record->round_capacity);
        if (record->round_dates == NULL)
            return STATUS_FULL;
        record->round_dates[round - 1] = date;
    }
    if (status == STATUS_OK)
        status = read_entries(reader, object, "games", round);
    if (status == STATUS_OK)
        status = read_entries(reader, object, "byes", round);
    return status;
}

enum status json_read_rounds(const struct division_reader *reader, const json_t *rounds)
{
    size_t index;
    const json_t *object;
    json_reader_enter(reader->json, "rounds");
    json_array_foreach((json_t *)(uintptr_t)rounds, index, object)
    {
        json_reader_enter_at(reader->json, index);
        enum status status = read_round(reader, object, (int)index + 1);
        if (status != STATUS_OK)
            return status;
        json_reader_leave(reader->json);
    }
    json_reader_leave(reader->json);
    return STATUS_OK;
}
