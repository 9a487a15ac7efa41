/* Our own file format, JSON: docs/record-format.md. Also takes the event dumps it grew out of,
 * whose file is a single division, and hands the club platform's dumps on. */
#include "orchestrator/record/json_reader.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum status codec_read_club(const struct codec_source *source, const json_t *root,
                            struct book *out_book) MUST_CHECK;

static const char FORMAT_NAME[] = "arbiter-record/1";
static const int GAME_SCORE_MAX = 1000000;
static const int RATING_MAX = 999999999;

static const char *const OUTCOMES[] = {"", "win", "draw", "loss"};
static const char *const SIDES[] = {"", "first", "second"};

/* A bye's kind in the file and in the record. */
static const char *const BYES[] = {"pairing", "full", "half", "zero", "absent", "forfeit"};
static const enum record_kind BYE_KINDS[] = {RECORD_BYE_PAIRING, RECORD_BYE_FULL, RECORD_BYE_HALF,
                                             RECORD_BYE_ZERO,    RECORD_ABSENT,   RECORD_FORFEIT};

struct points_key {
    const char *key;
    size_t offset; /* of the int in struct record_points */
};

static const struct points_key POINTS[] = {
    {"win", offsetof(struct record_points, win_x10)},
    {"draw", offsetof(struct record_points, draw_x10)},
    {"loss", offsetof(struct record_points, loss_x10)},
    {"forfeit_win", offsetof(struct record_points, forfeit_win_x10)},
    {"forfeit_loss", offsetof(struct record_points, forfeit_loss_x10)},
    {"bye_pairing", offsetof(struct record_points, bye_pairing_x10)},
    {"bye_full", offsetof(struct record_points, bye_full_x10)},
    {"bye_half", offsetof(struct record_points, bye_half_x10)},
    {"bye_zero", offsetof(struct record_points, bye_zero_x10)},
};

struct text_key {
    const char *key;
    size_t offset; /* of the const char * */
};

static const struct text_key EVENT_TEXTS[] = {
    {"name", offsetof(struct record_event, name)},
    {"city", offsetof(struct record_event, city)},
    {"federation", offsetof(struct record_event, federation)},
    {"start_date", offsetof(struct record_event, start_date)},
    {"end_date", offsetof(struct record_event, end_date)},
    {"type", offsetof(struct record_event, type)},
    {"system", offsetof(struct record_event, system)},
    {"arbiter", offsetof(struct record_event, arbiter)},
    {"deputies", offsetof(struct record_event, deputies)},
    {"time_control", offsetof(struct record_event, time_control)},
    {"rank_method", offsetof(struct record_event, rank_method)},
    {"controller", offsetof(struct record_event, controller)},
    {"tie_breaks", offsetof(struct record_event, tie_breaks)},
};

static const struct text_key PLAYER_TEXTS[] = {
    {"name", offsetof(struct record_player, name)},
    {"title", offsetof(struct record_player, title)},
    {"federation", offsetof(struct record_player, federation)},
    {"id", offsetof(struct record_player, id)},
    {"birth", offsetof(struct record_player, birth)},
    {"class", offsetof(struct record_player, class_id)},
};

static const char **text_at(void *base, size_t offset)
{
    return (const char **)(void *)((char *)base + offset);
}

static const char *text_in(const void *base, size_t offset)
{
    return *(const char *const *)(const void *)((const char *)base + offset);
}

static int *points_at(struct record_points *points, size_t offset)
{
    return (int *)(void *)((char *)points + offset);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* One division while it is read. */
struct division_reader {
    struct json_reader *json;
    struct record *record;
    bool by_number; /* players are named by number; the table below finds them */
    int *index_of;  /* [number_max + 1], RECORD_NOBODY where there is none */
    int number_max;
};

static int find_player(const struct division_reader *reader, int number)
{
    return number >= 1 && number <= reader->number_max ? reader->index_of[number] : RECORD_NOBODY;
}

static enum status read_event(struct json_reader *json, const json_t *object,
                              struct record_event *out)
{
    const char *keys[COUNT_OF(EVENT_TEXTS)];
    for (size_t i = 0; i < COUNT_OF(EVENT_TEXTS); i++)
        keys[i] = EVENT_TEXTS[i].key;
    enum status status = json_reader_keys(json, object, keys, COUNT_OF(keys));
    for (size_t i = 0; i < COUNT_OF(EVENT_TEXTS) && status == STATUS_OK; i++)
        status =
            json_reader_text(json, object, EVENT_TEXTS[i].key, text_at(out, EVENT_TEXTS[i].offset));
    return status;
}

static enum status read_points(struct json_reader *json, const json_t *division,
                               struct record_points *out)
{
    const json_t *object = json_object_get(division, "points");
    const char *keys[COUNT_OF(POINTS)];
    if (object == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < COUNT_OF(POINTS); i++)
        keys[i] = POINTS[i].key;
    json_reader_enter(json, "points");
    enum status status = json_reader_keys(json, object, keys, COUNT_OF(keys));
    for (size_t i = 0; i < COUNT_OF(POINTS) && status == STATUS_OK; i++)
        status = json_reader_points(json, object, POINTS[i].key, points_at(out, POINTS[i].offset));
    json_reader_leave(json);
    return status;
}

static const char *const PLAYER_KEYS[] = {"number",     "name", "rating",      "title",
                                          "federation", "id",   "birth",       "sex",
                                          "class",      "team", "entry_round", "withdrawn_after"};

/* Older files give the start number as a whole-number "id" and the class as a number. */
static enum status read_old_keys(struct json_reader *json, const json_t *object,
                                 struct record_player *player, json_t **out_rest)
{
    json_t *rest = json_copy((json_t *)(uintptr_t)object);
    enum status status = STATUS_OK;
    if (json_is_integer(json_object_get(object, "id"))) {
        status = json_reader_int(json, object, "id", 1, RECORD_PLAYERS_MAX, &player->number);
        (void)json_object_del(rest, "id");
    }
    if (json_is_integer(json_object_get(object, "class"))) {
        int number = 0;
        if (status == STATUS_OK)
            status = json_reader_int(json, object, "class", 0, 1000, &number);
        if (number > 0)
            player->class_id = arena_format(json->source->arena, "%d", number);
        (void)json_object_del(rest, "class");
    }
    *out_rest = rest;
    return player->class_id == NULL ? STATUS_FULL : status;
}

static enum status read_sex(struct json_reader *json, const json_t *object,
                            struct record_player *player)
{
    const char *text = "";
    enum status status = json_reader_text(json, object, "sex", &text);
    if (status == STATUS_OK && text[0] != '\0')
        player->sex = text[0];
    return status;
}

/* Finds or adds the team with this name. */
static enum status read_team(struct division_reader *reader, const json_t *object,
                             struct record_player *player)
{
    struct record *record = reader->record;
    const char *name = NULL;
    enum status status = json_reader_text(reader->json, object, "team", &name);
    if (status != STATUS_OK || name == NULL)
        return status;
    if (record->teams == NULL)
        record->teams = arena_array(reader->json->source->arena, (size_t)record->player_count + 1,
                                    sizeof *record->teams);
    if (record->teams == NULL)
        return STATUS_FULL;
    int team = 0;
    while (team < record->team_count && strcmp(record->teams[team].name, name) != 0)
        team++;
    if (team == record->team_count) {
        record->teams[team] = (struct record_team){.name = name, .number = team + 1};
        record->team_count++;
    }
    player->team = team;
    return STATUS_OK;
}

static enum status read_player(struct division_reader *reader, const json_t *object,
                               struct record_player *player)
{
    struct json_reader *json = reader->json;
    json_t *rest = NULL;
    if (!json_is_object(object))
        return json_reader_wrong(json, "a player should be an object: {...}");
    enum status status = read_old_keys(json, object, player, &rest);
    if (status == STATUS_OK)
        status = json_reader_keys(json, rest, PLAYER_KEYS, COUNT_OF(PLAYER_KEYS));
    for (size_t i = 0; i < COUNT_OF(PLAYER_TEXTS) && status == STATUS_OK; i++)
        status = json_reader_text(json, rest, PLAYER_TEXTS[i].key,
                                  text_at(player, PLAYER_TEXTS[i].offset));
    if (status == STATUS_OK)
        status = json_reader_int(json, rest, "number", 1, RECORD_PLAYERS_MAX, &player->number);
    if (status == STATUS_OK)
        status = json_reader_int(json, rest, "rating", 0, RATING_MAX, &player->rating);
    if (status == STATUS_OK)
        status =
            json_reader_int(json, rest, "entry_round", 1, RECORD_ROUNDS_MAX, &player->entry_round);
    if (status == STATUS_OK)
        status = json_reader_int(json, rest, "withdrawn_after", 0, RECORD_ROUNDS_MAX,
                                 &player->withdrawn_after);
    if (status == STATUS_OK)
        status = read_sex(json, rest, player);
    if (status == STATUS_OK)
        status = read_team(reader, rest, player);
    json_decref(rest);
    return status;
}

/* Makes the table of start numbers; a number given twice is a fault at its second player. */
static enum status index_players(struct division_reader *reader)
{
    struct record *record = reader->record;
    reader->number_max = RECORD_PLAYERS_MAX;
    reader->index_of = arena_array(reader->json->source->arena, (size_t)RECORD_PLAYERS_MAX + 1,
                                   sizeof *reader->index_of);
    if (reader->index_of == NULL)
        return STATUS_FULL;
    for (int number = 0; number <= RECORD_PLAYERS_MAX; number++)
        reader->index_of[number] = RECORD_NOBODY;
    for (int player = 0; player < record->player_count; player++) {
        int number = record->players[player].number;
        if (reader->index_of[number] != RECORD_NOBODY) {
            json_reader_enter(reader->json, "players");
            json_reader_enter_at(reader->json, (size_t)player);
            enum status status =
                json_reader_wrong(reader->json, "start number %d is given twice", number);
            json_reader_leave(reader->json);
            json_reader_leave(reader->json);
            return status;
        }
        reader->index_of[number] = player;
        record->ranked_by_file_order = record->ranked_by_file_order || number != player + 1;
    }
    return STATUS_OK;
}

static enum status read_players(struct division_reader *reader, const json_t *players)
{
    enum status status = STATUS_OK;
    size_t index;
    const json_t *object;
    json_reader_enter(reader->json, "players");
    json_array_foreach((json_t *)(uintptr_t)players, index, object)
    {
        json_reader_enter_at(reader->json, index);
        if (status == STATUS_OK)
            status = read_player(reader, object, &reader->record->players[index]);
        if (status != STATUS_OK)
            break; /* the path stays; the whole file is refused */
        json_reader_leave(reader->json);
    }
    if (status != STATUS_OK)
        return status;
    json_reader_leave(reader->json);
    return index_players(reader);
}

/* Looks a start number up; the fault is at `key`. */
static enum status take_player(const struct division_reader *reader, const char *key, int number,
                               int *out)
{
    *out = find_player(reader, number);
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

/* "result": one word from the first listed player's view, or one for each. */
static enum status read_outcomes(struct json_reader *json, const json_t *game, int outcomes[2])
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

static const char *const GAME_KEYS[] = {"players", "first",   "scores",  "result", "points",
                                        "board",   "forfeit", "pending", "unrated"};

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
        status = read_outcomes(json, game, outcomes);
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
        status = take_player(reader, "players", numbers[i], &players[i]);
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
    return status;
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
        status = take_player(reader, "player", number, &player);
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
        size_t rounds = (size_t)record->round_capacity;
        if (record->round_dates == NULL)
            record->round_dates =
                arena_array(json->source->arena, rounds, sizeof *record->round_dates);
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

static enum status read_rounds(const struct division_reader *reader, const json_t *rounds)
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

/* Older files list who had left by the end of the record. */
static enum status read_removed(const struct division_reader *reader, const json_t *division)
{
    const json_t *removed;
    enum status status = json_reader_array(reader->json, division, "removed", &removed);
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(removed); i++) {
        int player;
        status = take_player(reader, "removed", (int)json_integer_value(json_array_get(removed, i)),
                             &player);
        if (status == STATUS_OK && reader->record->rounds_played > 0)
            reader->record->players[player].withdrawn_after = reader->record->rounds_played;
    }
    return status;
}

static enum status read_forbidden(const struct division_reader *reader, const json_t *division)
{
    struct arena *arena = reader->json->source->arena;
    struct record *record = reader->record;
    const json_t *list;
    enum status status = json_reader_array(reader->json, division, "forbidden", &list);
    size_t count = json_array_size(list);
    if (status != STATUS_OK || count == 0)
        return status;
    record->forbidden = arena_array(arena, count, sizeof *record->forbidden);
    if (record->forbidden == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const json_t *object = json_array_get(list, i);
        const json_t *players = json_object_get(object, "players");
        struct record_forbidden *out = &record->forbidden[record->forbidden_count];
        size_t size = json_array_size(players);
        *out = (struct record_forbidden){.first_round = 1, .last_round = RECORD_ROUNDS_MAX};
        out->players = arena_array(arena, size + 1, sizeof *out->players);
        if (out->players == NULL)
            return STATUS_FULL;
        status = json_reader_int(reader->json, object, "first_round", 1, RECORD_ROUNDS_MAX,
                                 &out->first_round);
        if (status == STATUS_OK)
            status = json_reader_int(reader->json, object, "last_round", out->first_round,
                                     RECORD_ROUNDS_MAX, &out->last_round);
        for (size_t k = 0; k < size && status == STATUS_OK; k++)
            status = take_player(reader, "forbidden",
                                 (int)json_integer_value(json_array_get(players, k)),
                                 &out->players[out->count++]);
        record->forbidden_count++;
    }
    return status;
}

static enum status read_requests(const struct division_reader *reader, const json_t *division)
{
    struct record *record = reader->record;
    const json_t *list;
    enum status status = json_reader_array(reader->json, division, "requests", &list);
    size_t count = json_array_size(list);
    if (status != STATUS_OK || count == 0)
        return status;
    record->requests = arena_array(reader->json->source->arena, count, sizeof *record->requests);
    if (record->requests == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const json_t *object = json_array_get(list, i);
        int number = 0;
        int round = 1;
        int kind = 3;
        struct record_request *out = &record->requests[record->request_count++];
        status = json_reader_int(reader->json, object, "player", 1, RECORD_PLAYERS_MAX, &number);
        if (status == STATUS_OK)
            status = take_player(reader, "requests", number, &out->player);
        if (status == STATUS_OK)
            status = json_reader_int(reader->json, object, "round", 1, RECORD_ROUNDS_MAX, &round);
        if (status == STATUS_OK)
            status = json_reader_word(reader->json, object, "kind", BYES, COUNT_OF(BYES), &kind);
        out->round = round;
        out->kind = BYE_KINDS[kind];
    }
    return status;
}

static enum status read_acceleration(const struct division_reader *reader, const json_t *division)
{
    const json_t *list;
    enum status status = json_reader_array(reader->json, division, "acceleration", &list);
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(list); i++) {
        const json_t *object = json_array_get(list, i);
        int number = 0;
        int player = 0;
        int round = 1;
        int points = 0;
        int capacity = reader->record->round_capacity;
        status = json_reader_int(reader->json, object, "player", 1, RECORD_PLAYERS_MAX, &number);
        if (status == STATUS_OK)
            status = take_player(reader, "acceleration", number, &player);
        if (status == STATUS_OK)
            status = json_reader_int(reader->json, object, "round", 1, capacity, &round);
        if (status == STATUS_OK)
            status = json_reader_points(reader->json, object, "points", &points);
        if (status == STATUS_OK)
            status = record_set_virtual(reader->record, reader->json->source->arena, player, round,
                                        points);
    }
    return status;
}

static const char *const DIVISION_KEYS[] = {
    "name",      "points",   "rounds_total", "rounds_played", "initial_side",
    "players",   "rounds",   "removed",      "title",         "about",
    "forbidden", "requests", "acceleration", "format",        "event"};

/* Rounds the record needs room for: those listed, and one more where the event goes on. */
static int capacity_for(size_t listed, int total)
{
    int wanted = (int)listed > total ? (int)listed : total;
    return wanted < RECORD_ROUNDS_MAX ? wanted : RECORD_ROUNDS_MAX;
}

static enum status read_division_tables(struct division_reader *reader, const json_t *division,
                                        const json_t *players, const json_t *rounds)
{
    int side = 0;
    struct json_reader *json = reader->json;
    struct record *record = reader->record;
    enum status status = read_points(json, division, &record->points);
    if (status == STATUS_OK)
        status = json_reader_word(json, division, "initial_side", SIDES, COUNT_OF(SIDES), &side);
    record->initial_side = (enum record_side)side;
    if (status == STATUS_OK)
        status = read_players(reader, players);
    if (status == STATUS_OK)
        status = read_rounds(reader, rounds);
    if (status == STATUS_OK) {
        codec_finish(record);
        status = json_reader_int(json, division, "rounds_played", record->rounds_played,
                                 record->round_capacity, &record->rounds_played);
    }
    if (status == STATUS_OK)
        status = read_removed(reader, division);
    if (status == STATUS_OK)
        status = read_forbidden(reader, division);
    if (status == STATUS_OK)
        status = read_requests(reader, division);
    return status == STATUS_OK ? read_acceleration(reader, division) : status;
}

static enum status read_division(struct json_reader *json, const json_t *division,
                                 const struct record_event *event, struct book *book)
{
    const json_t *players;
    const json_t *rounds;
    const char *name = "";
    int total = 0;
    enum status status = json_reader_keys(json, division, DIVISION_KEYS, COUNT_OF(DIVISION_KEYS));
    if (status == STATUS_OK)
        status = json_reader_text(json, division, "name", &name);
    if (status == STATUS_OK)
        status = json_reader_int(json, division, "rounds_total", 0, RECORD_ROUNDS_MAX, &total);
    if (status == STATUS_OK)
        status = json_reader_array(json, division, "players", &players);
    if (status == STATUS_OK)
        status = json_reader_array(json, division, "rounds", &rounds);
    if (status != STATUS_OK)
        return status;
    if (players == NULL)
        return json_reader_wrong(json, "a division needs \"players\"");
    if (json_array_size(players) > RECORD_PLAYERS_MAX ||
        json_array_size(rounds) > RECORD_ROUNDS_MAX)
        return STATUS_FULL;
    struct division_reader reader = {.json = json};
    reader.record = record_create(json->source->arena, (int)json_array_size(players),
                                  capacity_for(json_array_size(rounds), total));
    if (reader.record == NULL)
        return STATUS_FULL;
    reader.record->event = *event;
    reader.record->rounds_total = total;
    status = read_division_tables(&reader, division, players, rounds);
    if (status != STATUS_OK)
        return status;
    return codec_add_division(book, json->source->arena, name, reader.record);
}

/* A file that is one division, its event named by "title". */
static enum status read_single(struct json_reader *json, const json_t *root,
                               struct record_event *event, struct book *book)
{
    enum status status = json_reader_text(json, root, "title", &event->name);
    return status == STATUS_OK ? read_division(json, root, event, book) : status;
}

static enum status read_divisions(struct json_reader *json, const json_t *root,
                                  const struct record_event *event, struct book *book)
{
    static const char *const keys[] = {"format", "event", "divisions"};
    const json_t *divisions;
    size_t index;
    const json_t *division;
    enum status status = json_reader_keys(json, root, keys, COUNT_OF(keys));
    if (status == STATUS_OK)
        status = json_reader_array(json, root, "divisions", &divisions);
    if (status != STATUS_OK)
        return status;
    json_reader_enter(json, "divisions");
    json_array_foreach((json_t *)(uintptr_t)divisions, index, division)
    {
        json_reader_enter_at(json, index);
        status = read_division(json, division, event, book);
        if (status != STATUS_OK)
            return status;
        json_reader_leave(json);
    }
    json_reader_leave(json);
    return STATUS_OK;
}

static enum status read_root(const struct codec_source *source, const json_t *root,
                             struct book *out_book)
{
    struct json_reader json = {.source = source};
    const struct record *blank = record_create(source->arena, 0, 0);
    const json_t *event_object = json_object_get(root, "event");
    int format = 0;
    static const char *const formats[] = {FORMAT_NAME};
    if (blank == NULL)
        return STATUS_FULL;
    struct record_event event = blank->event;
    if (!json_is_object(root))
        return json_reader_wrong(&json, "the file should be an object: {...}");
    enum status status = json_reader_word(&json, root, "format", formats, 1, &format);
    if (status == STATUS_OK && event_object != NULL) {
        json_reader_enter(&json, "event");
        status = read_event(&json, event_object, &event);
        json_reader_leave(&json);
    }
    if (status != STATUS_OK)
        return status;
    if (json_object_get(root, "divisions") != NULL)
        return read_divisions(&json, root, &event, out_book);
    if (json_object_get(root, "players") != NULL)
        return read_single(&json, root, &event, out_book);
    return codec_read_club(source, root, out_book);
}

enum status codec_read_json(const struct codec_source *source, struct book *out_book)
{
    json_t *root = NULL;
    enum status status = json_reader_parse(source, &root);
    if (status == STATUS_OK)
        status = read_root(source, root, out_book);
    json_decref(root);
    return status;
}

/* ---- writing -------------------------------------------------------------------------------- */

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
        const char *text = text_in(event, EVENT_TEXTS[i].offset);
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
        write_member(out, PLAYER_TEXTS[i].key, text_in(player, PLAYER_TEXTS[i].offset));
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
        if (record->round_dates != NULL && record->round_dates[round - 1] != NULL)
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
        write_points_value(out, *points_at(&copy, POINTS[i].offset));
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
