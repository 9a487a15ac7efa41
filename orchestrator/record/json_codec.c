/* Our own file format, JSON: docs/record-format.md. Also takes the event dumps it grew out of,
 * whose file is a single division, and hands the club platform's dumps on. Rounds are read in
 * json_rounds_codec.c. */
#include "orchestrator/record/json_keys.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

static enum status read_event(struct json_reader *json, const json_t *object,
                              struct record_event *out)
{
    const char *keys[COUNT_OF(EVENT_TEXTS)];
    for (size_t i = 0; i < COUNT_OF(EVENT_TEXTS); i++)
        keys[i] = EVENT_TEXTS[i].key;
    enum status status = json_reader_keys(json, object, keys, COUNT_OF(keys));
    for (size_t i = 0; i < COUNT_OF(EVENT_TEXTS) && status == STATUS_OK; i++)
        status = json_reader_text(json, object, EVENT_TEXTS[i].key,
                                  json_text_at(out, EVENT_TEXTS[i].offset));
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
        status =
            json_reader_points(json, object, POINTS[i].key, json_points_at(out, POINTS[i].offset));
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
                                  json_text_at(player, PLAYER_TEXTS[i].offset));
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

/* Reads one element of a list of the division; the present place is the element. */
typedef enum status (*read_element)(const struct division_reader *reader, const json_t *element);

static enum status read_list(const struct division_reader *reader, const json_t *division,
                             const char *key, read_element read)
{
    struct json_reader *json = reader->json;
    const json_t *list;
    enum status status = json_reader_array(json, division, key, &list);
    if (status != STATUS_OK || list == NULL)
        return status;
    json_reader_enter(json, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_reader_enter_at(json, i);
        status = read(reader, json_array_get(list, i));
        if (status != STATUS_OK)
            return status;
        json_reader_leave(json);
    }
    json_reader_leave(json);
    return STATUS_OK;
}

/* A bare start number. */
static enum status read_number(const struct division_reader *reader, const json_t *value, int *out)
{
    json_int_t number = json_integer_value(value);
    *out = RECORD_NOBODY;
    if (json_is_integer(value) && number >= 1 && number <= RECORD_PLAYERS_MAX)
        *out = json_find_player(reader, (int)number);
    if (*out == RECORD_NOBODY)
        return json_reader_wrong(reader->json, "this is no player's number");
    return STATUS_OK;
}

/* The member "player" of an element. */
static enum status read_player_of(const struct division_reader *reader, const json_t *element,
                                  int *out)
{
    int number = 0;
    enum status status =
        json_reader_int(reader->json, element, "player", 1, RECORD_PLAYERS_MAX, &number);
    return status == STATUS_OK ? json_take_player(reader, "player", number, out) : status;
}

/* Older files list who had left by the end of the record. */
static enum status read_removed(const struct division_reader *reader, const json_t *element)
{
    int player;
    enum status status = read_number(reader, element, &player);
    if (status == STATUS_OK && reader->record->rounds_played > 0)
        reader->record->players[player].withdrawn_after = reader->record->rounds_played;
    return status;
}

static enum status read_forbidden(const struct division_reader *reader, const json_t *element)
{
    static const char *const keys[] = {"players", "first_round", "last_round"};
    struct json_reader *json = reader->json;
    struct record *record = reader->record;
    struct record_forbidden forbidden = {.first_round = 1, .last_round = RECORD_ROUNDS_MAX};
    const json_t *players = NULL;
    enum status status = json_reader_keys(json, element, keys, COUNT_OF(keys));
    if (status == STATUS_OK)
        status = json_reader_int(json, element, "first_round", 1, RECORD_ROUNDS_MAX,
                                 &forbidden.first_round);
    if (status == STATUS_OK)
        status = json_reader_int(json, element, "last_round", forbidden.first_round,
                                 RECORD_ROUNDS_MAX, &forbidden.last_round);
    if (status == STATUS_OK)
        status = json_reader_array(json, element, "players", &players);
    forbidden.players =
        arena_array(json->source->arena, json_array_size(players) + 1, sizeof *forbidden.players);
    record->forbidden = codec_grown(json->source->arena, record->forbidden, record->forbidden_count,
                                    sizeof forbidden);
    if (forbidden.players == NULL || record->forbidden == NULL)
        return STATUS_FULL;
    for (size_t i = 0; i < json_array_size(players) && status == STATUS_OK; i++)
        status =
            read_number(reader, json_array_get(players, i), &forbidden.players[forbidden.count++]);
    if (status == STATUS_OK)
        record->forbidden[record->forbidden_count++] = forbidden;
    return status;
}

static enum status read_request(const struct division_reader *reader, const json_t *element)
{
    static const char *const keys[] = {"player", "round", "kind"};
    struct json_reader *json = reader->json;
    struct record *record = reader->record;
    struct record_request request = {.round = 1};
    int kind = 3;
    enum status status = json_reader_keys(json, element, keys, COUNT_OF(keys));
    if (status == STATUS_OK)
        status = read_player_of(reader, element, &request.player);
    if (status == STATUS_OK)
        status = json_reader_int(json, element, "round", 1, RECORD_ROUNDS_MAX, &request.round);
    if (status == STATUS_OK)
        status = json_reader_word(json, element, "kind", BYES, COUNT_OF(BYES), &kind);
    if (status != STATUS_OK)
        return status;
    request.kind = BYE_KINDS[kind];
    record->requests =
        codec_grown(json->source->arena, record->requests, record->request_count, sizeof request);
    if (record->requests == NULL)
        return STATUS_FULL;
    record->requests[record->request_count++] = request;
    return STATUS_OK;
}

static enum status read_acceleration(const struct division_reader *reader, const json_t *element)
{
    static const char *const keys[] = {"player", "round", "points"};
    struct json_reader *json = reader->json;
    int player = 0;
    int round = 0;
    int points = 0;
    enum status status = json_reader_keys(json, element, keys, COUNT_OF(keys));
    if (status == STATUS_OK)
        status = read_player_of(reader, element, &player);
    if (status == STATUS_OK)
        status = json_reader_int(json, element, "round", 1, reader->record->round_capacity, &round);
    if (status == STATUS_OK)
        status = json_reader_points(json, element, "points", &points);
    if (status == STATUS_OK && round == 0)
        return json_reader_wrong(json, "acceleration needs a \"round\" that the event has");
    if (status != STATUS_OK)
        return status;
    return record_set_virtual(reader->record, json->source->arena, player, round, points);
}

static const char *const DIVISION_KEYS[] = {
    "name",      "points",   "rounds_total", "rounds_played", "initial_side",
    "players",   "rounds",   "removed",      "title",         "about",
    "forbidden", "requests", "acceleration", "format",        "event"};

/* Rounds the record needs room for: those listed, those to come, and those accelerated. */
static int capacity_for(const json_t *division, size_t listed, int total)
{
    json_int_t wanted = (json_int_t)listed > total ? (json_int_t)listed : total;
    size_t index;
    const json_t *element;
    json_array_foreach(json_object_get(division, "acceleration"), index, element)
    {
        json_int_t round = json_integer_value(json_object_get(element, "round"));
        wanted = round > wanted ? round : wanted;
    }
    return wanted < RECORD_ROUNDS_MAX ? (int)wanted : RECORD_ROUNDS_MAX;
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
        status = json_read_rounds(reader, rounds);
    if (status == STATUS_OK) {
        codec_finish(record);
        status = json_reader_int(json, division, "rounds_played", record->rounds_played,
                                 record->round_capacity, &record->rounds_played);
    }
    if (status == STATUS_OK)
        status = read_list(reader, division, "removed", read_removed);
    if (status == STATUS_OK)
        status = read_list(reader, division, "forbidden", read_forbidden);
    if (status == STATUS_OK)
        status = read_list(reader, division, "requests", read_request);
    if (status == STATUS_OK)
        status = read_list(reader, division, "acceleration", read_acceleration);
    return status;
}

/* At the first element that is one too many. */
static enum status too_many(struct json_reader *json, const char *key, int max)
{
    json_reader_enter(json, key);
    json_reader_enter_at(json, (size_t)max);
    (void)json_reader_wrong(json, "there are more than %d %s", max, key); /* the status says it */
    json_reader_leave(json);
    json_reader_leave(json);
    return STATUS_FULL;
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
    if (json_array_size(players) > RECORD_PLAYERS_MAX)
        return too_many(json, "players", RECORD_PLAYERS_MAX);
    if (json_array_size(rounds) > RECORD_ROUNDS_MAX)
        return too_many(json, "rounds", RECORD_ROUNDS_MAX);
    struct division_reader reader = {.json = json};
    reader.record = record_create(json->source->arena, (int)json_array_size(players),
                                  capacity_for(division, json_array_size(rounds), total));
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
    json.lenient = json_object_get(root, "format") == NULL;
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
