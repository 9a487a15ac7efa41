/* Writes finished games: GCG for people's programs, JSON for whoever checks that it was fair. */
#include "gamesvc/record.h"

#include <string.h>

#include "gamesvc/rules/crossword/history.h"

/* ---- GCG --------------------------------------------------------------------------------- */

static struct text_span span_of(const char *text)
{
    return (struct text_span){text, strlen(text)};
}

static const struct layout *layout_of(const Arbiter__V1__GameRequest *request)
{
    bool is_super = strcmp(request->variant, "classic_super") == 0;
    return layout_find(span_of(is_super ? "SuperCrosswordGame" : "CrosswordGame"));
}

enum status record_gcg(struct arena *arena, const struct table *table,
                       const Arbiter__V1__LoadGameReply *stored, const char **out_text,
                       struct fault *out_fault)
{
    const Arbiter__V1__Game *game = stored->game;
    struct gcg gcg = {
        .players = {{span_of(game->first), span_of(game->first)},
                    {span_of(game->second), span_of(game->second)}},
        .id = span_of(game->game_id),
        .lexicon = span_of(game->request->lexicon),
        .is_utf8 = true,
    };
    if (strcmp(rules_name(table->set), "crossword") != 0) {
        (void)fault_set(out_fault, 0, 0, "only crossword games are written as GCG");
        return STATUS_FAILED_PRECONDITION;
    }
    gcg.layout = layout_of(game->request);
    gcg.set = tile_set_find(span_of(gcg.layout->tile_set));
    enum status status = history_to_gcg(arena, table->turns, table->turn_count, &gcg);
    if (status != STATUS_OK)
        return status;
    struct text text;
    text_start(&text, arena);
    gcg_write(&gcg, &text);
    *out_text = text_end(&text);
    return *out_text != NULL ? STATUS_OK : STATUS_FULL;
}

/* ---- JSON -------------------------------------------------------------------------------- */

const char *record_hex(struct arena *arena, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 * size + 1);
    for (size_t i = 0; text != NULL && i < size; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    if (text != NULL)
        text[2 * size] = '\0';
    return text;
}

static void add_text(struct text *json, const char *key, const char *value)
{
    text_add_string(json, json->data[json->size - 1] == '{' ? "\"" : ",\"");
    text_add_string(json, key);
    text_add_string(json, "\":");
    text_add_json(json, value, strlen(value));
}

static void add_number(struct text *json, const char *key, int64_t value)
{
    text_add_string(json, json->data[json->size - 1] == '{' ? "\"" : ",\"");
    text_add_string(json, key);
    text_add_string(json, "\":");
    text_add_number(json, value);
}

static void add_control(struct text *json, const struct timing_control *control)
{
    text_add_string(json, ",\"control\":{");
    add_number(json, "kind", (int64_t)control->kind);
    add_number(json, "initial_ms", control->initial_ms);
    add_number(json, "increment_ms", control->increment_ms);
    add_number(json, "overtime_max_ms", control->overtime_max_ms);
    add_number(json, "bank_ms", control->bank_ms);
    text_add_char(json, '}');
}

static void add_turn(struct text *json, const struct rules_turn *turn)
{
    text_add_char(json, '{');
    add_number(json, "number", turn->number);
    add_text(json, "event_id", turn->event_id);
    add_number(json, "actor", (int64_t)turn->actor);
    add_number(json, "at_ms", turn->at_ms);
    add_text(json, "record", turn->record);
    text_add_char(json, '}');
}

static void add_result(struct text *json, const struct table *table)
{
    Arbiter__V1__GameResult result;
    table_result(table, "", &result);
    text_add_string(json, ",\"result\":{");
    add_text(json, "winner", result.winner);
    add_number(json, "first_score", result.first_score);
    add_number(json, "second_score", result.second_score);
    add_text(json, "reason", result.reason);
    text_add_char(json, '}');
}

enum status record_json(struct arena *arena, const struct table *table,
                        const struct table_tools *tools, const Arbiter__V1__LoadGameReply *stored,
                        const char **out_text)
{
    const Arbiter__V1__Game *game = stored->game;
    const char *seed = record_hex(arena, tools->seed, tools->has_draws ? DRAWS_SEED_SIZE : 0);
    struct text json;
    if (seed == NULL)
        return STATUS_FULL;
    text_start(&json, arena);
    text_add_string(&json, "{\"format\":1");
    add_text(&json, "game_id", game->game_id);
    add_text(&json, "first", game->first);
    add_text(&json, "second", game->second);
    add_text(&json, "rules", rules_name(table->set));
    add_text(&json, "options", table->options);
    add_control(&json, &rules_timing(table->game)->control);
    add_number(&json, "start_ms", game->created_at_ms);
    add_number(&json, "start_within_ms", table->setup.start_within_ms);
    add_text(&json, "commitment", stored->commitment);
    add_text(&json, "commitment_id", stored->commitment_id);
    add_text(&json, "seed", seed);
    add_result(&json, table);
    text_add_string(&json, ",\"turns\":[");
    for (uint32_t i = 0; i < table->turn_count; i++) {
        if (i > 0)
            text_add_char(&json, ',');
        add_turn(&json, &table->turns[i]);
    }
    text_add_string(&json, "]}");
    *out_text = text_end(&json);
    return *out_text != NULL ? STATUS_OK : STATUS_FULL;
}
