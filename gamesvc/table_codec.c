/* Games and turns between the store's rows and the rules. */
#include "gamesvc/table.h"

#include <string.h>

/* ---- options ----------------------------------------------------------------------------- */

/* What a request says in fields of its own is passed to the rules as "key=value". */
static const char *options_text(struct arena *arena, const Arbiter__V1__GameRequest *request)
{
    const struct {
        const char *key;
        const char *value;
    } options[] = {
        {"variant", request->variant},
        {"lexicon", request->lexicon},
        {"challenge", request->challenge_rule},
    };
    const char *text = "";
    for (size_t i = 0; text != NULL && i < COUNT_OF(options); i++)
        if (options[i].value[0] != '\0')
            text = arena_format(arena, "%s%s%s=%s", text, text[0] != '\0' ? " " : "",
                                options[i].key, options[i].value);
    return text;
}

static bool is_reported(const Arbiter__V1__GameRequest *request)
{
    return strcmp(request->rules, "reported") == 0;
}

/* A game over the board keeps its clocks there: the time in the request is only announced. */
static struct timing_control control_of(const Arbiter__V1__GameRequest *request)
{
    struct timing_control control = {.kind = TIMING_NONE};
    if (is_reported(request) || request->initial_time_ms == 0)
        return control;
    control.kind = TIMING_REAL_TIME;
    control.initial_ms = request->initial_time_ms;
    control.increment_ms = request->increment_ms;
    control.overtime_max_ms = request->overtime_ms;
    return control;
}

void table_tools_seed(struct table_tools *tools, const uint8_t *seed, size_t size)
{
    tools->has_draws = size == DRAWS_SEED_SIZE;
    if (tools->has_draws)
        draws_init(&tools->draws, seed, NULL);
}

static bool is_crossword(const Arbiter__V1__GameRequest *request)
{
    return strcmp(request->rules, "crossword") == 0;
}

bool table_has_chance(const Arbiter__V1__GameRequest *request)
{
    return is_crossword(request);
}

enum status table_check(const struct table_tools *tools, const Arbiter__V1__GameRequest *request,
                        struct fault *out_fault)
{
    bool has_words = is_crossword(request);
    if (!has_words && request->lexicon[0] == '\0')
        return STATUS_OK;
    if (request->lexicon[0] == '\0')
        return fault_set(out_fault, 0, 0, "a game with words names its lexicon");
    if (lexicon_shelf_find(tools->shelf, request->lexicon) == NULL)
        return fault_set(out_fault, 0, 0, "there is no lexicon '%s' here", request->lexicon);
    return STATUS_OK;
}

enum status table_open(struct arena *arena, struct table_tools *tools,
                       const Arbiter__V1__GameRequest *request, int64_t start_ms,
                       struct table *out_table, struct fault *out_fault)
{
    const struct rules_set *set = rules_find(request->rules);
    if (set == NULL)
        return fault_set(out_fault, 0, 0, "there are no rules '%s'", request->rules);
    struct rules_options options = {
        .text = options_text(arena, request),
        .control = control_of(request),
        .start_ms = start_ms,
        .lexicon = lexicon_shelf_find(tools->shelf, request->lexicon),
    };
    if (tools->has_draws)
        options.draws = draws_source(&tools->draws);
    if (options.text == NULL)
        return STATUS_FULL;
    if (options.control.kind != TIMING_NONE) {
        enum status status = timing_control_check(&options.control, out_fault);
        if (status != STATUS_OK)
            return status;
    }
    struct rules_game *game = NULL;
    enum status status = rules_create(arena, set, &options, &game, out_fault);
    if (status == STATUS_OK)
        *out_table = (struct table){.set = set, .game = game, .options = options.text};
    return status;
}

/* ---- turns ------------------------------------------------------------------------------- */

/* A turn's bytes are the party's digit, a blank and the rules' own record. */
static enum status read_turn(const Arbiter__V1__Turn *row, struct arena *arena,
                             struct rules_turn *out_turn)
{
    if (row->event.len < 2 || row->event.data[0] < '0' ||
        row->event.data[0] > '0' + (int)RULES_CLOCK || row->event.data[1] != ' ')
        return STATUS_DATA_LOSS;
    *out_turn = (struct rules_turn){
        .number = (uint32_t)(row->turn_number - 1),
        .event_id = row->event_id,
        .actor = (enum rules_party)(row->event.data[0] - '0'),
        .at_ms = row->played_at_ms,
        .record = arena_copy(arena, (const char *)row->event.data + 2, row->event.len - 2),
    };
    return out_turn->record != NULL ? STATUS_OK : STATUS_FULL;
}

enum status table_replay(struct arena *arena, struct table_tools *tools,
                         const Arbiter__V1__LoadGameReply *stored, struct table *out_table,
                         struct fault *out_fault)
{
    const Arbiter__V1__Game *row = stored->game;
    struct table table = {0};
    if (row == NULL || row->request == NULL)
        return STATUS_DATA_LOSS;
    struct rules_turn *turns = arena_array(arena, stored->n_turns + 1, sizeof *turns);
    if (turns == NULL)
        return STATUS_FULL;
    table_tools_seed(tools, stored->sealed_seed.data, stored->sealed_seed.len);
    enum status status =
        table_open(arena, tools, row->request, row->created_at_ms, &table, out_fault);
    table.first = row->first;
    table.second = row->second;
    for (size_t i = 0; status == STATUS_OK && i < stored->n_turns; i++) {
        status = read_turn(stored->turns[i], arena, &turns[i]);
        if (status == STATUS_OK)
            status = rules_replay(table.game, &turns[i], out_fault);
    }
    table.turns = turns;
    table.turn_count = (uint32_t)stored->n_turns;
    if (status == STATUS_OK)
        *out_table = table;
    return status;
}

enum status table_turn_row(struct arena *arena, const struct rules_turn *turn,
                           const char *player_id, Arbiter__V1__Turn **out_row)
{
    Arbiter__V1__Turn *row = arena_alloc(arena, sizeof *row);
    char *event = arena_format(arena, "%d %s", (int)turn->actor, turn->record);
    if (row == NULL || event == NULL)
        return STATUS_FULL;
    arbiter__v1__turn__init(row);
    row->turn_number = (int32_t)turn->number + 1;
    row->event_id = (char *)turn->event_id;
    row->player_id = (char *)player_id;
    row->event = (ProtobufCBinaryData){strlen(event), (uint8_t *)event};
    row->played_at_ms = turn->at_ms;
    *out_row = row;
    return STATUS_OK;
}

/* ---- seats and results ------------------------------------------------------------------- */

enum rules_party table_party(const struct table *table, const char *player_id)
{
    if (strcmp(table->first, player_id) == 0)
        return RULES_FIRST;
    if (strcmp(table->second, player_id) == 0)
        return RULES_SECOND;
    return RULES_WATCHER;
}

void table_result(const struct table *table, const char *decided_by,
                  Arbiter__V1__GameResult *out_result)
{
    struct rules_result result = rules_result(table->game);
    arbiter__v1__game_result__init(out_result);
    out_result->winner = (char *)(result.winner == RULES_FIRST    ? table->first
                                  : result.winner == RULES_SECOND ? table->second
                                                                  : "");
    out_result->first_score = result.score[RULES_FIRST];
    out_result->second_score = result.score[RULES_SECOND];
    out_result->reason = (char *)rules_end_name(result.end);
    out_result->decided_by = (char *)(result.by_director ? decided_by : "players");
}

int64_t table_deadline_ms(const struct table *table)
{
    int64_t deadline_ms = timing_deadline_ms(rules_timing(table->game));
    return deadline_ms == TIMING_NEVER ? 0 : deadline_ms + 1;
}
