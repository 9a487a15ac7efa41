/* A game as text for the store, as JSON for people, and as a hash. */
#include "gamesvc/rules/rules.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "gamesvc/rules/set.h"

#define STATE_VERSION 1
/* Past any moment or clock that can occur; keeps sums of stored numbers in range. */
#define STATE_TIME_MAX ((int64_t)1 << 52)
#define STATE_SCORE_MAX 1000000

/* ---- encoding ---------------------------------------------------------------------------- */

static void add_numbers(struct text *text, const char *key, const int64_t *numbers, size_t count)
{
    text_add_string(text, key);
    for (size_t i = 0; i < count; i++) {
        text_add_char(text, ' ');
        text_add_number(text, numbers[i]);
    }
    text_add_char(text, '\n');
}

static void encode_common(const struct rules_game *game, struct text *text)
{
    const struct rules_result *result = &game->result;
    const struct timing *timing = &game->timing;
    text_add_string(text, "game ");
    text_add_string(text, game->set->name);
    add_numbers(text, "", (const int64_t[]){STATE_VERSION}, 1);
    add_numbers(text, "on-turn", (const int64_t[]){game->on_turn}, 1);
    add_numbers(text, "result",
                (const int64_t[]){result->over, result->rated, result->by_director, result->end,
                                  result->winner, result->score[0], result->score[1]},
                7);
    add_numbers(text, "clock",
                (const int64_t[]){timing->runs, timing->seat_on_turn, timing->charged_ms,
                                  timing->remaining_ms[0], timing->remaining_ms[1],
                                  timing->bank_ms[0], timing->bank_ms[1]},
                7);
}

static void encode_seen(const struct rules_game *game, struct text *text)
{
    for (uint32_t i = 0; i < game->seen.count; i++) {
        text_add_string(text, "seen ");
        text_add_string(text, game->seen.entries[i].id);
        text_add_char(text, '\n');
    }
}

enum status rules_encode(const struct rules_game *game, struct arena *arena, const char **out_text)
{
    struct text text;
    text_start(&text, arena);
    encode_common(game, &text);
    encode_seen(game, &text);
    game->set->encode(game, &text);
    text_add_string(&text, "end\n");
    const char *done = text_end(&text);
    if (done == NULL || text.size > RULES_STATE_MAX)
        return STATUS_FULL;
    *out_text = done;
    return STATUS_OK;
}

enum status rules_hash(const struct rules_game *game, struct arena *arena,
                       uint8_t out_hash[RULES_HASH_SIZE])
{
    const char *text = NULL;
    enum status status = rules_encode(game, arena, &text);
    if (status != STATUS_OK)
        return status;
    int failed = crypto_generichash(out_hash, RULES_HASH_SIZE, (const unsigned char *)text,
                                    strlen(text), NULL, 0);
    assert(failed == 0);
    return STATUS_OK;
}

/* ---- decoding ---------------------------------------------------------------------------- */

/* Reads exactly `count` numbers, each in its bounds. */
struct bounds {
    int64_t min;
    int64_t max;
};

static bool read_numbers(struct text_reader *line, const struct bounds *bounds, size_t count,
                         int64_t *out_numbers)
{
    for (size_t i = 0; i < count; i++)
        if (!text_read_number(line, bounds[i].min, bounds[i].max, &out_numbers[i]))
            return false;
    return text_is_done(line);
}

static bool decode_name(struct rules_game *game, struct text_reader *line)
{
    struct text_span name;
    int64_t version = 0;
    return text_read_word(line, &name) && text_span_is(name, game->set->name) &&
           text_read_number(line, STATE_VERSION, STATE_VERSION, &version) && text_is_done(line);
}

static bool decode_on_turn(struct rules_game *game, struct text_reader *line)
{
    static const struct bounds bounds[] = {{RULES_NO_WINNER, RULES_SECOND}};
    int64_t seat = 0;
    if (!read_numbers(line, bounds, 1, &seat))
        return false;
    game->on_turn = (int)seat;
    return true;
}

static bool decode_result(struct rules_game *game, struct text_reader *line)
{
    static const struct bounds bounds[] = {
        {0, 1},
        {0, 1},
        {0, 1},
        {RULES_END_NONE, RULES_END_ADJUDICATED},
        {RULES_NO_WINNER, RULES_SECOND},
        {-STATE_SCORE_MAX, STATE_SCORE_MAX},
        {-STATE_SCORE_MAX, STATE_SCORE_MAX},
    };
    int64_t numbers[COUNT_OF(bounds)];
    if (!read_numbers(line, bounds, COUNT_OF(bounds), numbers))
        return false;
    game->result = (struct rules_result){
        .over = numbers[0] != 0,
        .rated = numbers[1] != 0,
        .by_director = numbers[2] != 0,
        .end = (enum rules_end)numbers[3],
        .winner = (int)numbers[4],
        .score = {(int32_t)numbers[5], (int32_t)numbers[6]},
    };
    return game->result.over == (game->result.end != RULES_END_NONE);
}

static bool decode_clock(struct rules_game *game, struct text_reader *line)
{
    static const struct bounds bounds[] = {
        {0, 1},
        {0, 1},
        {-STATE_TIME_MAX, STATE_TIME_MAX},
        {-STATE_TIME_MAX, STATE_TIME_MAX},
        {-STATE_TIME_MAX, STATE_TIME_MAX},
        {0, TIMING_BANK_MAX_MS},
        {0, TIMING_BANK_MAX_MS},
    };
    int64_t numbers[COUNT_OF(bounds)];
    if (!read_numbers(line, bounds, COUNT_OF(bounds), numbers))
        return false;
    struct timing *timing = &game->timing;
    timing->runs = numbers[0] != 0;
    timing->seat_on_turn = (int)numbers[1];
    timing->charged_ms = numbers[2];
    for (int seat = 0; seat < RULES_SEATS; seat++) {
        timing->remaining_ms[seat] = numbers[3 + seat];
        timing->bank_ms[seat] = numbers[5 + seat];
    }
    return !timing->runs || timing->control.kind != TIMING_NONE;
}

static bool decode_seen(struct rules_game *game, struct text_reader *line)
{
    struct text_span word;
    uint32_t number = 0;
    if (!text_read_word(line, &word) || !text_is_done(line) || word.size > RULES_EVENT_ID_MAX)
        return false;
    const char *id = arena_copy(game->arena, word.data, word.size);
    if (id == NULL || !seen_is_id(id) || seen_find(&game->seen, id, &number) ||
        !seen_reserve(&game->seen, game->arena))
        return false;
    seen_add(&game->seen, id);
    return true;
}

struct state_line {
    const char *key;
    bool (*decode)(struct rules_game *game, struct text_reader *line);
};

/* The lines every state begins with, in this order; `seen` repeats after them. */
static const struct state_line state_head[] = {
    {"game", decode_name},
    {"on-turn", decode_on_turn},
    {"result", decode_result},
    {"clock", decode_clock},
};

static bool decode_line(struct rules_game *game, int number, struct text_reader *line, bool *done)
{
    struct text_span key;
    if (*done || !text_read_word(line, &key))
        return false;
    if (number <= (int)COUNT_OF(state_head))
        return text_span_is(key, state_head[number - 1].key) &&
               state_head[number - 1].decode(game, line);
    if (text_span_is(key, "end")) {
        *done = true;
        return text_is_done(line);
    }
    if (text_span_is(key, "seen"))
        return decode_seen(game, line);
    return game->set->decode(game, key, line);
}

enum status rules_decode_lines(struct rules_game *game, const char *text, size_t size,
                               struct fault *out_fault)
{
    struct text_reader reader = text_reader(text, size);
    struct text_reader line;
    bool done = false;
    if (size > RULES_STATE_MAX)
        return STATUS_FULL;
    while (text_read_line(&reader, &line)) {
        int number = line.line;
        if (decode_line(game, number, &line, &done))
            continue;
        if (arena_full(game->arena))
            return STATUS_FULL;
        (void)fault_set(out_fault, number, 0, "not a line of a stored game"); /* DATA_LOSS below */
        return STATUS_DATA_LOSS;
    }
    if (done && (game->set->decoded == NULL || game->set->decoded(game)))
        return STATUS_OK;
    (void)fault_set(out_fault, 0, 0, "the lines do not make a state"); /* DATA_LOSS below */
    return STATUS_DATA_LOSS;
}

/* ---- views ------------------------------------------------------------------------------- */

static const char *seat_name(int seat)
{
    static const char *const names[] = {"\"first\"", "\"second\""};
    return seat == RULES_FIRST || seat == RULES_SECOND ? names[seat] : "null";
}

static const char *actor_name(enum rules_party actor)
{
    switch (actor) {
    case RULES_FIRST:
        return "first";
    case RULES_SECOND:
        return "second";
    case RULES_DIRECTOR:
        return "director";
    case RULES_CLOCK:
        return "clock";
    case RULES_WATCHER:
    case RULES_SERVICE:
        break;
    }
    return "nobody";
}

static void add_member(struct text *json, const char *key, int64_t number)
{
    text_add_string(json, ",\"");
    text_add_string(json, key);
    text_add_string(json, "\":");
    text_add_number(json, number);
}

static void view_result(const struct rules_game *game, struct text *json)
{
    const struct rules_result *result = &game->result;
    text_add_string(json, ",\"on_turn\":");
    text_add_string(json, seat_name(rules_on_turn(game)));
    text_add_string(json, ",\"status\":\"");
    text_add_string(json, rules_end_name(result->end));
    text_add_string(json, "\",\"end\":");
    text_add_number(json, result->end);
    text_add_string(json, ",\"winner\":");
    text_add_string(json, seat_name(result->winner));
    text_add_string(json, ",\"score\":[");
    text_add_number(json, result->score[0]);
    text_add_char(json, ',');
    text_add_number(json, result->score[1]);
    text_add_char(json, ']');
}

static void view_clock(const struct timing *timing, struct text *json)
{
    if (timing->control.kind == TIMING_NONE)
        return;
    text_add_string(json, ",\"clock\":{\"running\":");
    text_add_string(json, timing->runs ? seat_name(timing->seat_on_turn) : "null");
    add_member(json, "at_ms", timing->charged_ms);
    text_add_string(json, ",\"remaining_ms\":[");
    text_add_number(json, timing->remaining_ms[0]);
    text_add_char(json, ',');
    text_add_number(json, timing->remaining_ms[1]);
    text_add_string(json, "],\"bank_ms\":[");
    text_add_number(json, timing->bank_ms[0]);
    text_add_char(json, ',');
    text_add_number(json, timing->bank_ms[1]);
    text_add_string(json, "]}");
}

static enum status finish_json(struct text *json, const char **out_json)
{
    text_add_char(json, '}');
    const char *done = text_end(json);
    if (done == NULL || json->size > RULES_STATE_MAX)
        return STATUS_FULL;
    *out_json = done;
    return STATUS_OK;
}

enum status rules_view(const struct rules_game *game, enum rules_party viewer, struct arena *arena,
                       const char **out_json)
{
    struct text json;
    text_start(&json, arena);
    text_add_string(&json, "{\"rules\":\"");
    text_add_string(&json, game->set->name);
    text_add_char(&json, '"');
    add_member(&json, "turn_count", game->seen.count);
    view_result(game, &json);
    view_clock(&game->timing, &json);
    if (game->set->view != NULL)
        game->set->view(game, viewer, &json);
    return finish_json(&json, out_json);
}

static void view_move(const struct rules_turn *turn, struct text *json)
{
    text_add_string(json, ",\"move\":");
    text_add_json(json, turn->record, strcspn(turn->record, "\n"));
}

enum status rules_view_turn(const struct rules_game *game, const struct rules_turn *turn,
                            enum rules_party viewer, struct arena *arena, const char **out_json)
{
    struct text json;
    text_start(&json, arena);
    text_add_string(&json, "{\"turn_number\":");
    text_add_number(&json, turn->number);
    text_add_string(&json, ",\"event_id\":");
    text_add_json(&json, turn->event_id, strlen(turn->event_id));
    text_add_string(&json, ",\"actor\":\"");
    text_add_string(&json, actor_name(turn->actor));
    text_add_char(&json, '"');
    add_member(&json, "at_ms", turn->at_ms);
    if (game->set->view_turn != NULL)
        game->set->view_turn(game, turn, viewer, &json);
    else
        view_move(turn, &json);
    add_member(&json, "turn_count", game->seen.count);
    view_result(game, &json);
    view_clock(&game->timing, &json);
    return finish_json(&json, out_json);
}
