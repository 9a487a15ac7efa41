/* Games and turns between the store's rows and the rules. */
#include "gamesvc/table.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "gamesvc/unsafe_draws.h"

enum { START_WITHIN_MS = 60 * 1000, START_WITHIN_MAX_MS = 3600 * 1000 };

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
    if (is_reported(request))
        return control;
    control.kind = strcmp(request->clock, "correspondence") == 0 ? TIMING_CORRESPONDENCE
                   : strcmp(request->clock, "real_time") == 0 || request->initial_time_ms != 0
                       ? TIMING_REAL_TIME
                       : TIMING_NONE;
    control.initial_ms = request->initial_time_ms;
    control.increment_ms = request->increment_ms;
    control.overtime_max_ms = request->overtime_ms;
    control.bank_ms = request->time_bank_ms;
    return control;
}

static bool is_clock(const char *name)
{
    return name[0] == '\0' || strcmp(name, "real_time") == 0 || strcmp(name, "correspondence") == 0;
}

void table_tools_seed(struct table_tools *tools, const uint8_t *seed, size_t size)
{
    tools->has_draws = size == DRAWS_SEED_SIZE;
    if (!tools->has_draws)
        return;
    memcpy(tools->seed, seed, DRAWS_SEED_SIZE);
    draws_init(&tools->draws, seed, NULL);
}

void table_tools_forget(struct table_tools *tools)
{
    draws_forget(&tools->draws);
    sodium_memzero(tools->seed, sizeof tools->seed);
    tools->has_draws = false;
}

static bool is_crossword(const Arbiter__V1__GameRequest *request)
{
    return strcmp(request->rules, "crossword") == 0;
}

bool table_has_chance(const Arbiter__V1__GameRequest *request)
{
    return is_crossword(request);
}

int32_t table_start_within_ms(const Arbiter__V1__GameRequest *request, bool in_tournament)
{
    if (control_of(request).kind != TIMING_REAL_TIME || request->start_within_ms < 0)
        return 0;
    return request->start_within_ms == 0 && !in_tournament ? START_WITHIN_MS
                                                           : request->start_within_ms;
}

enum status table_check(const struct table_tools *tools, const Arbiter__V1__GameRequest *request,
                        struct fault *out_fault)
{
    bool has_words = is_crossword(request);
    if (!is_clock(request->clock))
        return fault_set(out_fault, 0, 0, "a clock is 'real_time' or 'correspondence', not '%s'",
                         request->clock);
    if (request->start_within_ms < -1 || request->start_within_ms > START_WITHIN_MAX_MS)
        return fault_set(out_fault, 0, 0, "start_within_ms is -1 (never), 0 (a minute) or up to %d",
                         START_WITHIN_MAX_MS);
    if (table_has_chance(request) && (tools->keys == NULL || tools->keys->count == 0)) {
        (void)fault_set(out_fault, 0, 0, "games with secrets need the game service's seal_keys");
        return STATUS_FAILED_PRECONDITION;
    }
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
        .start_within_ms = request->start_within_ms > 0 ? request->start_within_ms : 0,
        .lexicon = lexicon_shelf_find(tools->shelf, request->lexicon),
    };
    if (tools->has_draws)
        options.draws = draws_source(&tools->draws);
    if (tools->has_draws && tools->first != NULL)
        unsafe_draws_take(arena, tools->unsafe_draws, tools->first, &options.draws);
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
        *out_table = (struct table){.set = set,
                                    .game = game,
                                    .options = options.text,
                                    .setup = options,
                                    .start_ms = start_ms};
    return status;
}

/* ---- turns ------------------------------------------------------------------------------- */

static const char *turn_place(struct arena *arena, const char *game_id, int32_t number)
{
    return arena_format(arena, "turn %s %d", game_id, number);
}

static const char *seed_place(struct arena *arena, const char *commitment_id)
{
    return arena_format(arena, "seed %s", commitment_id);
}

static enum status open_at(struct arena *arena, const struct table_tools *tools, const char *place,
                           ProtobufCBinaryData bytes, struct seal_bytes *out_opened)
{
    *out_opened = (struct seal_bytes){bytes.data, bytes.len};
    if (!seal_is_closed(bytes.data, bytes.len))
        return STATUS_OK;
    if (place == NULL)
        return STATUS_FULL;
    return tools->keys != NULL
               ? seal_open(arena, tools->keys, place, bytes.data, bytes.len, out_opened)
               : STATUS_DATA_LOSS;
}

/* A turn's bytes are the party's digit, a blank and the rules' own record. */
static enum status read_turn(const Arbiter__V1__Turn *row, const char *game_id,
                             const struct table_tools *tools, struct arena *arena,
                             struct rules_turn *out_turn)
{
    struct seal_bytes bytes;
    enum status status =
        open_at(arena, tools, turn_place(arena, game_id, row->turn_number), row->event, &bytes);
    if (status != STATUS_OK)
        return status;
    if (bytes.size < 2 || bytes.data[0] < '0' || bytes.data[0] > '0' + (int)RULES_CLOCK ||
        bytes.data[1] != ' ')
        return STATUS_DATA_LOSS;
    *out_turn = (struct rules_turn){
        .number = (uint32_t)(row->turn_number - 1),
        .event_id = row->event_id,
        .actor = (enum rules_party)(bytes.data[0] - '0'),
        .at_ms = row->played_at_ms,
        .record = arena_copy(arena, (const char *)bytes.data + 2, bytes.size - 2),
    };
    return out_turn->record != NULL ? STATUS_OK : STATUS_FULL;
}

/* The seed that draws come from must be the one that players were promised. */
static enum status read_seed(struct arena *arena, struct table_tools *tools,
                             const Arbiter__V1__LoadGameReply *stored, struct fault *out_fault)
{
    uint8_t commitment[DRAWS_COMMITMENT_SIZE];
    char text[2 * DRAWS_COMMITMENT_SIZE + 1];
    struct seal_bytes seed;
    enum status status =
        open_at(arena, tools, seed_place(arena, stored->commitment_id), stored->sealed_seed, &seed);
    if (status != STATUS_OK) {
        (void)fault_set(out_fault, 0, 0, "none of our keys opens this game's seed");
        return status;
    }
    table_tools_seed(tools, seed.data, seed.size);
    if (!tools->has_draws)
        return STATUS_OK;
    draws_commitment(tools->seed, stored->commitment_id, commitment);
    (void)sodium_bin2hex(text, sizeof text, commitment, sizeof commitment);
    if (strcmp(text, stored->commitment) == 0)
        return STATUS_OK;
    (void)fault_set(out_fault, 0, 0, "the stored seed is not the one committed to");
    return STATUS_DATA_LOSS;
}

/* Says which of the stored turns is not what it was. */
static void tell_spoilt(const Arbiter__V1__Turn *row, struct fault *out_fault)
{
    char why[201];
    (void)snprintf(why, sizeof why, "%.200s", /* may be cut */
                   out_fault->text[0] != '\0' ? out_fault->text
                                              : "its record was changed, or its key is gone");
    (void)fault_set(out_fault, (int)row->turn_number, 0, "turn %d is not as it was played: %s",
                    row->turn_number, why); /* what it is says the caller */
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
    enum status status = read_seed(arena, tools, stored, out_fault);
    tools->first = row->first;
    if (status == STATUS_OK)
        status = table_open(arena, tools, row->request, row->created_at_ms, &table, out_fault);
    table.first = row->first;
    table.second = row->second;
    for (size_t i = 0; status == STATUS_OK && i < stored->n_turns; i++) {
        status = read_turn(stored->turns[i], row->game_id, tools, arena, &turns[i]);
        if (status == STATUS_OK)
            status = rules_replay(table.game, &turns[i], out_fault);
        if (status == STATUS_DATA_LOSS)
            tell_spoilt(stored->turns[i], out_fault);
    }
    table.turns = turns;
    table.turn_count = (uint32_t)stored->n_turns;
    if (status == STATUS_OK)
        *out_table = table;
    return status;
}

enum status table_seal_seed(struct arena *arena, const struct table_tools *tools,
                            const char *commitment_id, struct seal_bytes *out_sealed)
{
    const char *place = seed_place(arena, commitment_id);
    return place != NULL
               ? seal_close(arena, tools->keys, place, tools->seed, sizeof tools->seed, out_sealed)
               : STATUS_FULL;
}

/* Games without chance have no secrets: their turns stay legible in the store. */
static enum status close_turn(struct arena *arena, const struct table_tools *tools,
                              const char *place, struct seal_bytes *bytes)
{
    bool is_sealed = tools->has_draws && tools->keys != NULL && tools->keys->count > 0;
    if (!is_sealed)
        return STATUS_OK;
    return place != NULL ? seal_close(arena, tools->keys, place, bytes->data, bytes->size, bytes)
                         : STATUS_FULL;
}

enum status table_turn_row(struct arena *arena, const struct table_tools *tools,
                           const char *game_id, const struct rules_turn *turn,
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
    row->played_at_ms = turn->at_ms;
    struct seal_bytes bytes = {(uint8_t *)event, strlen(event)};
    enum status status =
        close_turn(arena, tools, turn_place(arena, game_id, row->turn_number), &bytes);
    row->event = (ProtobufCBinaryData){bytes.size, bytes.data};
    *out_row = row;
    return status;
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
    int64_t deadline_ms = rules_deadline_ms(table->game);
    return deadline_ms == TIMING_NEVER ? 0 : deadline_ms + 1;
}
