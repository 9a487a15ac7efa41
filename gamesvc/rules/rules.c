/* What all rule sets share: event ids, turn numbers, who may act, clocks, endings from outside,
 * and replay as playing again. The games themselves are in the folders below. */
#include "gamesvc/rules/rules.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gamesvc/rules/set.h"

static const struct rules_set *const sets[] = {
    &rules_crossword,
    &rules_reported,
    &rules_breakthrough,
    NULL,
};

const struct rules_set *rules_find(const char *name)
{
    for (const struct rules_set *const *set = sets; *set != NULL; set++)
        if (strcmp((*set)->name, name) == 0)
            return *set;
    return NULL;
}

const char *rules_name(const struct rules_set *set)
{
    return set->name;
}

const char *rules_end_name(enum rules_end end)
{
    switch (end) {
    case RULES_END_NONE:
        return "playing";
    case RULES_END_TIME:
        return "timeout";
    case RULES_END_STANDARD:
    case RULES_END_CONSECUTIVE_ZEROES:
    case RULES_END_TRIPLE_CHALLENGE:
        return "played";
    case RULES_END_RESIGNED:
        return "resigned";
    case RULES_END_ABORTED:
        return "aborted";
    case RULES_END_CANCELLED:
        return "cancelled";
    case RULES_END_FORCE_FORFEIT:
        return "forfeit";
    case RULES_END_ADJUDICATED:
        return "adjudicated";
    }
    return "unknown";
}

uint32_t rules_turn_count(const struct rules_game *game)
{
    return game->seen.count;
}

int rules_on_turn(const struct rules_game *game)
{
    return game->result.over ? RULES_NO_WINNER : game->on_turn;
}

struct rules_result rules_result(const struct rules_game *game)
{
    return game->result;
}

const struct timing *rules_timing(const struct rules_game *game)
{
    return &game->timing;
}

/* The first turn has a deadline of its own. */
static int64_t start_deadline_ms(const struct rules_game *game)
{
    const struct rules_options *options = &game->options;
    bool is_awaited = options->start_within_ms > 0 && game->seen.count == 0 &&
                      game->timing.control.kind == TIMING_REAL_TIME && game->timing.runs;
    return is_awaited ? options->start_ms + options->start_within_ms : TIMING_NEVER;
}

int64_t rules_deadline_ms(const struct rules_game *game)
{
    int64_t flag_ms = timing_deadline_ms(&game->timing);
    int64_t start_ms = start_deadline_ms(game);
    return flag_ms < start_ms ? flag_ms : start_ms;
}

/* ---- options ----------------------------------------------------------------------------- */

bool rules_option(const char *text, const char *key, struct text_span *out_value)
{
    struct text_reader reader = text_reader(text, strlen(text));
    struct text_span word;
    size_t key_size = strlen(key);
    while (text_read_word(&reader, &word)) {
        if (word.size <= key_size || word.data[key_size] != '=' ||
            memcmp(word.data, key, key_size) != 0)
            continue;
        *out_value = (struct text_span){word.data + key_size + 1, word.size - key_size - 1};
        return true;
    }
    return false;
}

/* Returns the place of a "key=value" word's key in the list, -1 where it is not there. */
static int find_key(struct text_span word, const char *const *keys)
{
    const char *equals = memchr(word.data, '=', word.size);
    if (equals == NULL)
        return -1;
    struct text_span key = {word.data, (size_t)(equals - word.data)};
    for (int i = 0; keys[i] != NULL; i++)
        if (text_span_is(key, keys[i]))
            return i;
    return -1;
}

enum status rules_options_check(const char *text, const char *const *keys, struct fault *out_fault)
{
    struct text_reader reader = text_reader(text, strlen(text));
    struct text_span word;
    uint32_t seen = 0;
    while (text_read_word(&reader, &word)) {
        int key = find_key(word, keys);
        assert(key < 32);
        if (key < 0)
            return fault_set(out_fault, 0, 0, "unknown option '%.*s'", (int)word.size, word.data);
        if ((seen & 1u << key) != 0)
            return fault_set(out_fault, 0, 0, "option '%s' is given twice", keys[key]);
        seen |= 1u << key;
    }
    return STATUS_OK;
}

/* ---- a new game -------------------------------------------------------------------------- */

static enum status make_empty(struct arena *arena, const struct rules_set *set,
                              const struct rules_options *options, struct rules_game **out_game,
                              struct fault *out_fault)
{
    if (strlen(options->text) > RULES_OPTIONS_MAX)
        return fault_set(out_fault, 0, 0, "options longer than %d bytes", RULES_OPTIONS_MAX);
    enum status status = timing_control_check(&options->control, out_fault);
    if (status != STATUS_OK)
        return status;
    struct rules_game *game = arena_alloc(arena, sizeof *game);
    void *state = arena_alloc(arena, set->state_size);
    if (game == NULL || state == NULL)
        return STATUS_FULL;
    *game = (struct rules_game){
        .set = set,
        .arena = arena,
        .options = *options,
        .state = state,
        .timing = timing_full(&options->control),
        .result = {.rated = true, .winner = RULES_NO_WINNER},
    };
    *out_game = game;
    return STATUS_OK;
}

enum status rules_create(struct arena *arena, const struct rules_set *set,
                         const struct rules_options *options, struct rules_game **out_game,
                         struct fault *out_fault)
{
    struct rules_game *game = NULL;
    enum status status = make_empty(arena, set, options, &game, out_fault);
    if (status == STATUS_OK)
        status = set->create(game, out_fault);
    if (status != STATUS_OK)
        return status;
    if (game->on_turn != RULES_NO_WINNER)
        timing_start(&game->timing, game->on_turn, options->start_ms);
    *out_game = game;
    return STATUS_OK;
}

enum status rules_decode(struct arena *arena, const struct rules_set *set,
                         const struct rules_options *options, const char *text, size_t size,
                         struct rules_game **out_game, struct fault *out_fault)
{
    struct rules_game *game = NULL;
    enum status status = make_empty(arena, set, options, &game, out_fault);
    if (status == STATUS_OK)
        status = set->create(game, out_fault);
    if (status == STATUS_OK)
        status = rules_decode_lines(game, text, size, out_fault);
    if (status != STATUS_OK)
        return status;
    *out_game = game;
    return STATUS_OK;
}

/* ---- refusals, records, the end ---------------------------------------------------------- */

static void refuse_with(struct rules_call *call, enum status status, const char *reason,
                        const char *format, va_list arguments)
{
    assert(status != STATUS_OK);
    struct rules_outcome *outcome = call->outcome;
    outcome->verdict = RULES_REFUSED;
    outcome->status = status;
    outcome->reason = reason;
    (void)vsnprintf(outcome->text, sizeof outcome->text, format, arguments); /* may be cut */
}

void rules_refuse(struct rules_call *call, enum status status, const char *reason,
                  const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    refuse_with(call, status, reason, format, arguments);
    va_end(arguments);
}

void rules_refuse_malformed(struct rules_call *call, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    refuse_with(call, STATUS_INVALID_ARGUMENT, "MALFORMED", format, arguments);
    va_end(arguments);
}

void rules_record(struct rules_call *call, const char *format, ...)
{
    char line[RULES_RECORD_MAX];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    assert(size > 0 && (size_t)size < sizeof line);
    if (call->record.size > 0)
        text_add_char(&call->record, '\n');
    text_add(&call->record, line, (size_t)size);
}

static int leader(const struct rules_result *result)
{
    if (result->score[0] == result->score[1])
        return RULES_NO_WINNER;
    return result->score[0] > result->score[1] ? RULES_FIRST : RULES_SECOND;
}

void rules_finish(struct rules_game *game, struct rules_call *call, enum rules_end end, int winner)
{
    assert(!game->result.over && end != RULES_END_NONE);
    timing_stop(&game->timing, call->at_ms);
    if (game->set->close != NULL)
        game->set->close(game, call, end);
    game->result.over = true;
    game->result.end = end;
    game->result.rated = end != RULES_END_ABORTED && end != RULES_END_CANCELLED;
    game->result.by_director = call->actor == RULES_DIRECTOR;
    game->result.winner = winner == RULES_BY_SCORE ? leader(&game->result) : winner;
}

/* ---- moves that mean the same in every game ---------------------------------------------- */

static void play_resign(struct rules_game *game, struct rules_call *call)
{
    if (call->actor != RULES_FIRST && call->actor != RULES_SECOND) {
        rules_refuse(call, STATUS_PERMISSION_DENIED, "NOT_ALLOWED", "only a player can resign");
        return;
    }
    rules_record(call, "resign");
    rules_finish(game, call, RULES_END_RESIGNED, 1 - (int)call->actor);
}

static void lose_on_time(struct rules_game *game, struct rules_call *call)
{
    if (game->set->timeout != NULL && game->set->timeout(game, call))
        return;
    int loser = game->timing.seat_on_turn;
    timing_lose(&game->timing);
    rules_finish(game, call, RULES_END_TIME, 1 - loser);
}

/* Of the time to begin and the clock's the one that was over first decides, however late that is
 * looked at. */
static void play_timeout(struct rules_game *game, struct rules_call *call)
{
    if (call->at_ms <= rules_deadline_ms(game)) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "TIME_LEFT",
                     "the player on turn still has time");
        return;
    }
    rules_record(call, "timeout");
    if (start_deadline_ms(game) < timing_deadline_ms(&game->timing))
        rules_finish(game, call, RULES_END_CANCELLED, RULES_NO_WINNER);
    else
        lose_on_time(game, call);
}

static void end_without_result(struct rules_game *game, struct rules_call *call)
{
    bool aborts = text_span_is(call->verb, "abort");
    rules_record(call, aborts ? "abort" : "cancel");
    rules_finish(game, call, aborts ? RULES_END_ABORTED : RULES_END_CANCELLED, RULES_NO_WINNER);
}

static void play_adjudicate(struct rules_game *game, struct rules_call *call)
{
    rules_record(call, "adjudicate");
    rules_finish(game, call, RULES_END_ADJUDICATED, RULES_BY_SCORE);
}

/* Whoever is to move loses; where nobody is, the score decides. Recorded as what it comes to. */
static void forfeit_turn(struct rules_game *game, struct rules_call *call)
{
    int loser = rules_on_turn(game);
    if (loser < 0) {
        play_adjudicate(game, call);
        return;
    }
    rules_record(call, "forfeit %d", loser);
    rules_finish(game, call, RULES_END_FORCE_FORFEIT, 1 - loser);
}

static void play_forfeit(struct rules_game *game, struct rules_call *call)
{
    struct text_span loser;
    if (!text_read_word(&call->move, &loser) ||
        (!text_span_is(loser, "0") && !text_span_is(loser, "1") && !text_span_is(loser, "both") &&
         !text_span_is(loser, "turn"))) {
        rules_refuse_malformed(call, "forfeit needs 0, 1, both or turn");
        return;
    }
    if (text_span_is(loser, "turn")) {
        forfeit_turn(game, call);
        return;
    }
    rules_record(call, "forfeit %.*s", (int)loser.size, loser.data);
    int winner = text_span_is(loser, "both") ? RULES_NO_WINNER : '1' - loser.data[0];
    rules_finish(game, call, RULES_END_FORCE_FORFEIT, winner);
}

#define ADD_TIME_MAX_MS ((int64_t)24 * 3600 * 1000)

static void play_add_time(struct rules_game *game, struct rules_call *call)
{
    int64_t seat = 0;
    int64_t extra_ms = 0;
    if (!text_read_number(&call->move, 0, 1, &seat) ||
        !text_read_number(&call->move, 1, ADD_TIME_MAX_MS, &extra_ms)) {
        rules_refuse_malformed(call, "add-time needs a seat (0 or 1) and milliseconds");
        return;
    }
    if (game->timing.control.kind != TIMING_REAL_TIME) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "NOT_ALLOWED",
                     "time can be added to real-time clocks only");
        return;
    }
    rules_record(call, "add-time %d %lld", (int)seat, (long long)extra_ms);
    timing_charge(&game->timing, call->at_ms);
    timing_add(&game->timing, (int)seat, extra_ms);
    call->keeps_turn = true;
}

struct common_move {
    const char *verb;
    bool official; /* a director's or the server's word, not a player's */
    int words;     /* how many follow the verb */
    void (*play)(struct rules_game *game, struct rules_call *call);
};

static const struct common_move common_moves[] = {
    {"resign", false, 0, play_resign},      {"timeout", false, 0, play_timeout},
    {"abort", true, 0, end_without_result}, {"cancel", true, 0, end_without_result},
    {"forfeit", true, 1, play_forfeit},     {"adjudicate", true, 0, play_adjudicate},
    {"add-time", true, 2, play_add_time},
};

static const struct common_move *find_common(struct text_span verb)
{
    for (size_t i = 0; i < COUNT_OF(common_moves); i++)
        if (text_span_is(verb, common_moves[i].verb))
            return &common_moves[i];
    return NULL;
}

static int count_words(struct text_reader reader)
{
    struct text_span word;
    int count = 0;
    while (text_read_word(&reader, &word))
        count++;
    return count;
}

static bool is_seat(enum rules_party actor)
{
    return actor == RULES_FIRST || actor == RULES_SECOND;
}

static bool is_official(enum rules_party actor)
{
    return actor == RULES_DIRECTOR || actor == RULES_CLOCK;
}

static void play_common(struct rules_game *game, struct rules_call *call,
                        const struct common_move *move)
{
    if (!is_seat(call->actor) && !is_official(call->actor))
        rules_refuse(call, STATUS_PERMISSION_DENIED, "NOT_ALLOWED", "watchers do not play");
    else if (move->official && !is_official(call->actor))
        rules_refuse(call, STATUS_PERMISSION_DENIED, "NOT_ALLOWED", "%s is a director's word",
                     move->verb);
    else if (count_words(call->move) != move->words)
        rules_refuse_malformed(call, "%s takes %d words", move->verb, move->words);
    else
        move->play(game, call);
}

/* ---- judging an event -------------------------------------------------------------------- */

/* Whether this actor may make a move of the rule set now; refuses where not. */
static bool may_play(const struct rules_game *game, struct rules_call *call)
{
    if (is_seat(call->actor)) {
        if (game->on_turn == RULES_NO_WINNER || game->on_turn == (int)call->actor)
            return true;
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "NOT_ON_TURN",
                     "it is the other player's turn");
        return false;
    }
    if (call->actor == RULES_DIRECTOR && game->set->director_plays)
        return true;
    rules_refuse(call, STATUS_PERMISSION_DENIED, "NOT_ALLOWED", "only the players play");
    return false;
}

static bool is_fresh(const struct rules_game *game, const struct rules_event *event,
                     struct rules_call *call)
{
    if (event->turn == RULES_TURN_ANY || event->turn == game->seen.count)
        return true;
    rules_refuse(call, STATUS_ABORTED, "STALE_TURN", "the game has %u turns, not %u",
                 (unsigned)game->seen.count, (unsigned)event->turn);
    return false;
}

/* A move that comes when its player's flag is down is that player's loss on time, and so is what
 * either player says of the game's end; what comes when the game had to have begun finds it
 * cancelled. A record is read as it was written. */
static bool came_too_late(const struct rules_game *game, const struct rules_call *call,
                          const struct common_move *common)
{
    if (!is_seat(call->actor) || call->at_ms <= rules_deadline_ms(game))
        return false;
    return common != NULL ? !common->official && call->replayed == NULL
                          : (int)call->actor == game->timing.seat_on_turn;
}

static void lose_late(struct rules_game *game, struct rules_call *call)
{
    call->outcome->reason = "TIME_OVER";
    (void)snprintf(call->outcome->text, sizeof call->outcome->text,
                   "the move came after the time for it was over");
    play_timeout(game, call);
}

static void judge(struct rules_game *game, const struct rules_event *event, struct rules_call *call)
{
    call->move = text_reader(event->move, event->move_size);
    if (event->move_size > RULES_MOVE_MAX || !text_read_word(&call->move, &call->verb)) {
        rules_refuse_malformed(call, "a move is a line of 1 to %d bytes", RULES_MOVE_MAX);
        return;
    }
    if (game->result.over) {
        rules_refuse(call, STATUS_FAILED_PRECONDITION, "GAME_OVER", "the game is over");
        return;
    }
    const struct common_move *common = find_common(call->verb);
    if (common != NULL) {
        if (came_too_late(game, call, common))
            lose_late(game, call);
        else
            play_common(game, call, common);
        return;
    }
    if (!is_fresh(game, event, call) || !may_play(game, call))
        return;
    if (came_too_late(game, call, NULL)) {
        lose_late(game, call);
        return;
    }
    timing_charge(&game->timing, call->at_ms);
    game->set->play(game, call);
}

static void settle_clock(struct rules_game *game, const struct rules_call *call)
{
    if (game->result.over || call->keeps_turn)
        return;
    timing_turn_end(&game->timing, game->on_turn, call->at_ms);
}

/* Judges one event and, where it is accepted, makes it a turn. */
static enum status take_turn(struct rules_game *game, const struct rules_event *event,
                             const char *replayed, struct rules_outcome *outcome)
{
    struct rules_call call = {
        .actor = event->actor, .at_ms = event->at_ms, .replayed = replayed, .outcome = outcome};
    text_start(&call.record, game->arena);
    if (!seen_reserve(&game->seen, game->arena))
        return STATUS_FULL;
    struct timing before = game->timing;
    judge(game, event, &call);
    if (outcome->verdict == RULES_REFUSED) {
        game->timing = before;
        return arena_full(game->arena) ? STATUS_FULL : STATUS_OK;
    }
    assert(call.record.size > 0 || call.record.full);
    settle_clock(game, &call);
    const char *record = text_end(&call.record);
    const char *id = arena_copy(game->arena, event->id, strlen(event->id));
    if (record == NULL || id == NULL || arena_full(game->arena))
        return STATUS_FULL;
    outcome->turn_number = game->seen.count;
    outcome->turn = (struct rules_turn){game->seen.count, id, event->actor, event->at_ms, record};
    seen_add(&game->seen, id);
    outcome->turn_count = game->seen.count;
    return STATUS_OK;
}

enum status rules_apply(struct rules_game *game, const struct rules_event *event,
                        struct rules_outcome *out_outcome)
{
    struct rules_outcome outcome = {.reason = "", .turn_count = game->seen.count};
    enum status status = STATUS_OK;
    if (!seen_is_id(event->id)) {
        struct rules_call call = {.outcome = &outcome};
        rules_refuse(&call, STATUS_INVALID_ARGUMENT, "BAD_EVENT_ID",
                     "an event id is 1 to %d printable ASCII characters without blanks",
                     RULES_EVENT_ID_MAX);
    } else if (seen_find(&game->seen, event->id, &outcome.turn_number)) {
        outcome.verdict = RULES_REPEATED;
    } else {
        status = take_turn(game, event, NULL, &outcome);
    }
    if (status == STATUS_OK)
        *out_outcome = outcome;
    return status;
}

static enum status lost(struct fault *out_fault, const struct rules_turn *turn, const char *what)
{
    (void)fault_set(out_fault, (int)turn->number + 1, 0, "%s", what); /* we say what it is */
    return STATUS_DATA_LOSS;
}

enum status rules_replay(struct rules_game *game, const struct rules_turn *turn,
                         struct fault *out_fault)
{
    const char *again;
    return rules_replay_record(game, turn, &again, out_fault);
}

enum status rules_replay_record(struct rules_game *game, const struct rules_turn *turn,
                                const char **out_again, struct fault *out_fault)
{
    uint32_t seen_number = 0;
    *out_again = NULL;
    if (turn->number != game->seen.count)
        return lost(out_fault, turn, "not the next turn of this game");
    if (!seen_is_id(turn->event_id) || seen_find(&game->seen, turn->event_id, &seen_number))
        return lost(out_fault, turn, "the event id is malformed or was there before");
    struct rules_event event = {
        .id = turn->event_id,
        .turn = RULES_TURN_ANY,
        .actor = turn->actor,
        .at_ms = turn->at_ms,
        .move = turn->record,
        .move_size = strcspn(turn->record, "\n"),
    };
    struct rules_outcome outcome = {.reason = ""};
    enum status status = take_turn(game, &event, turn->record, &outcome);
    if (status != STATUS_OK)
        return status;
    if (outcome.verdict == RULES_REFUSED)
        return lost(out_fault, turn, outcome.text);
    if (strcmp(outcome.turn.record, turn->record) == 0)
        return STATUS_OK;
    *out_again = outcome.turn.record;
    return lost(out_fault, turn, "played again, the turn has other consequences");
}
