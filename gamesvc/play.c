/* Serves Play: load, replay, judge, store; and what players ask of each other. */
#include <stdio.h>
#include <string.h>

#include "gamesvc/event_key.h"
#include "gamesvc/facts.h"
#include "gamesvc/overtaken.h"
#include "gamesvc/record.h"
#include "gamesvc/requests.h"
#include "gamesvc/task.h"

enum { NUMBER_TEXT_MAX = 16, PAUSE_MS = 10000 };

static void load_to_play(struct task *task);

/* Gives the hand back where it is as it was; what is on its way to the store is not. */
static void keep_hand(struct task *task)
{
    hands_keep(&task->gamesvc->hands, task->hand);
    task->hand = NULL;
}

/* What the clock said has been judged: now what was asked, on what is true after that. */
static bool goes_on(struct task *task)
{
    if (!task->has_then)
        return false;
    task->has_then = false;
    task->changes_requests = false;
    task->play = task->then;
    load_to_play(task);
    return true;
}

static void answer_play(struct task *task)
{
    if (!goes_on(task))
        task_answer_play(task);
}

/* The answer borrows from the hand, which may be gone when it has been given back. */
static void answer_and_keep_hand(struct task *task)
{
    struct hands *hands = &task->gamesvc->hands;
    struct hand *hand = task->hand;
    task->hand = NULL;
    answer_play(task);
    hands_keep(hands, hand);
}

/* A hand that was kept may be behind: the store is asked before anybody is refused. Returns whether
 * that is being done. */
static bool is_asked_anew(struct task *task)
{
    if (!task->is_warm)
        return false;
    load_to_play(task);
    return true;
}

/* ---- refusing ---------------------------------------------------------------------------- */

struct refusal {
    enum status status;
    const char *reason;
    const char *text;
    uint32_t turn_count;
};

static void refuse(struct task *task, const struct refusal *refusal)
{
    char count[NUMBER_TEXT_MAX];
    if (is_asked_anew(task) || goes_on(task))
        return;
    (void)snprintf(count, sizeof count, "%u", refusal->turn_count); /* at most ten digits */
    struct bus_detail details[] = {{"reason", refusal->reason}, {"turn_count", count}};
    task->gamesvc->stats.moves_refused++;
    bus_fail(task->request, refusal->status, details, COUNT_OF(details), "%s", refusal->text);
    keep_hand(task);
    task_destroy(task);
}

/* ---- storing ----------------------------------------------------------------------------- */

/* Somebody moved or asked in between: judge again on what is true now. Returns whether that was so,
 * or the store's error has been answered. */
static bool is_lost(struct task *task, const struct bus_answer *answer)
{
    if (answer->status == STATUS_OK)
        return false;
    if (answer->status == STATUS_ABORTED && ++task->tries < GAMESVC_TRIES_MAX) {
        task->gamesvc->stats.conflicts++;
        load_to_play(task);
        return true;
    }
    task_fail_like(task, answer);
    return true;
}

static void on_appended(const struct bus_answer *answer, void *user)
{
    struct task *task = user;
    if (is_lost(task, answer))
        return;
    if (((const Arbiter__V1__AppendTurnReply *)answer->output)->existed) {
        load_to_play(task); /* this event was stored before, maybe as another turn: answer that */
        return;
    }
    task->gamesvc->stats.moves_accepted++;
    if (!task->changes_requests &&
        hand_advance(task->hand, &task->turn, task->deadline_at_ms) == STATUS_OK)
        answer_and_keep_hand(task);
    else
        answer_play(task);
}

/* The turn that ends a game is stored with what its end means, in one transaction, where an
 * orchestrator can be asked for that. Otherwise, or where it is not known how that went, the store
 * keeps the turn, or says that it has it; the game's machine then hears of it from its inbox. */
static void on_ended(const struct bus_answer *answer, void *user)
{
    struct task *task = user;
    if (answer->status == STATUS_OK) {
        task->gamesvc->stats.moves_accepted++;
        answer_play(task);
        return;
    }
    if (answer->status == STATUS_CANCELLED) { /* the bus is closing */
        task_fail_like(task, answer);
        return;
    }
    if (answer->status == STATUS_UNAVAILABLE || answer->status == STATUS_DEADLINE_EXCEEDED ||
        answer->status == STATUS_UNIMPLEMENTED)
        task->gamesvc->patient_until_ms = task_later_ms(task, PAUSE_MS);
    task_ask_store(task, "AppendTurn", &task->last->base, on_appended);
}

static void end_game(struct task *task, const struct hand *hand,
                     const Arbiter__V1__AppendTurnRequest *append)
{
    Arbiter__V1__EndGameRequest request = ARBITER__V1__END_GAME_REQUEST__INIT;
    task->last = arena_alloc(&task->arena, sizeof *task->last);
    if (task->last == NULL) {
        task_fail(task, STATUS_FULL, NULL);
        return;
    }
    *task->last = *append;
    request.game = hand->stored->game;
    request.turn = task->last;
    task_ask_orchestrator(task, "EndGame", &request.base, on_ended);
}

static void on_requests_saved(const struct bus_answer *answer, void *user)
{
    struct task *task = user;
    if (is_lost(task, answer))
        return;
    task->gamesvc->stats.requests++;
    answer_play(task);
}

static Arbiter__V1__OutEvent *game_event(struct task *task, const char *name)
{
    Arbiter__V1__OutEvent *event = arena_alloc(&task->arena, sizeof *event);
    Arbiter__V1__EventPayload *payload = arena_alloc(&task->arena, sizeof *payload);
    if (event == NULL || payload == NULL)
        return NULL;
    arbiter__v1__event_payload__init(payload);
    arbiter__v1__out_event__init(event);
    event->kind = (char *)"game";
    event->id = task->play.game_id;
    event->name = (char *)name;
    event->payload = payload;
    return event;
}

/* What everybody may see of the turn goes out with its transaction. */
static enum status turn_event(struct task *task, const struct table *table,
                              const struct rules_outcome *outcome,
                              Arbiter__V1__OutEvent **out_event)
{
    Arbiter__V1__OutEvent *event = game_event(task, "turn");
    Arbiter__V1__GameTurn *turn = arena_alloc(&task->arena, sizeof *turn);
    const char *json = NULL;
    if (event == NULL || turn == NULL)
        return STATUS_FULL;
    enum status status =
        rules_view_turn(table->game, &outcome->turn, RULES_WATCHER, &task->arena, &json);
    if (status != STATUS_OK)
        return status;
    arbiter__v1__game_turn__init(turn);
    turn->game_id = task->play.game_id;
    turn->turn_count = (int32_t)outcome->turn_count;
    turn->player_id = task->play.player_id;
    turn->last_turn = (char *)json;
    turn->status = (char *)(rules_result(table->game).over ? "ended" : "playing");
    event->payload->payload_case = ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_GAME_TURN;
    event->payload->game_turn = turn;
    *out_event = event;
    return STATUS_OK;
}

/* Only the answer to the last turn says that the game is over: a repeat is answered as before. */
static bool is_last(const struct table *table, const struct rules_turn *turn)
{
    return turn->number + 1 == rules_turn_count(table->game);
}

static enum status prepare_answer(struct task *task, const struct hand *hand,
                                  const struct rules_turn *turn)
{
    const struct table *table = &hand->table;
    const char *json = "{}";
    Arbiter__V1__GameResult *result = arena_alloc(&task->arena, sizeof *result);
    enum status status = rules_view_turn(table->game, turn, hand->party, &task->arena, &json);
    if (status != STATUS_OK || result == NULL)
        return STATUS_FULL;
    table_result(table, task->play.player_id, result);
    bool is_over = rules_result(table->game).over && is_last(table, turn);
    arbiter__v1__play_reply__init(&task->played);
    task->played.turn_count = (int32_t)turn->number + 1;
    task->played.status = (char *)(is_over ? "ended" : "playing");
    task->played.last_turn = (char *)json;
    task->played.result = is_over ? result : NULL;
    return STATUS_OK;
}

/* What goes to the store with the last turn: the result, the seed, what conduct asks. */
static enum status prepare_end(struct task *task, const struct hand *hand,
                               const struct rules_turn *turn,
                               Arbiter__V1__AppendTurnRequest *append)
{
    append->ended = task->played.result;
    append->deadline_at_ms = append->ended == NULL ? table_deadline_ms(&hand->table) : 0;
    if (append->ended == NULL)
        return STATUS_OK;
    if (hand->tools.has_draws)
        append->seed = (char *)record_hex(&task->arena, hand->tools.seed, DRAWS_SEED_SIZE);
    if (append->seed == NULL)
        return STATUS_FULL;
    return facts_collect(&task->arena, &hand->table, turn, &hand->requests, &append->facts);
}

/* `requests` is what the store is to keep of them after the turn, "" for no change. */
static void store_turn(struct task *task, const struct hand *hand,
                       const struct rules_outcome *outcome, const char *requests)
{
    Arbiter__V1__AppendTurnRequest append = ARBITER__V1__APPEND_TURN_REQUEST__INIT;
    Arbiter__V1__OutEvent **events = arena_alloc(&task->arena, sizeof(Arbiter__V1__OutEvent *));
    enum status status = events != NULL ? STATUS_OK : STATUS_FULL;
    if (status == STATUS_OK)
        status = table_turn_row(&task->arena, &hand->tools, task->play.game_id, &outcome->turn,
                                task->play.player_id, &append.turn);
    if (status == STATUS_OK)
        status = turn_event(task, &hand->table, outcome, events);
    if (status == STATUS_OK)
        status = prepare_answer(task, hand, &outcome->turn);
    if (status == STATUS_OK)
        status = prepare_end(task, hand, &outcome->turn, &append);
    if (status != STATUS_OK || requests == NULL) {
        task_fail(task, status != STATUS_OK ? status : STATUS_FULL, NULL);
        return;
    }
    append.game_id = task->play.game_id;
    append.expected_turn = (int32_t)outcome->turn.number;
    append.expected_requests = hand->stored->request_count;
    append.requests = (char *)requests;
    append.events = events;
    append.n_events = 1;
    task->turn = outcome->turn;
    task->deadline_at_ms = append.deadline_at_ms;
    task->changes_requests = requests[0] != '\0';
    if (append.ended != NULL && task_now_ms(task) >= task->gamesvc->patient_until_ms)
        end_game(task, hand, &append);
    else
        task_ask_store(task, "AppendTurn", &append.base, on_appended);
}

/* ---- moves ------------------------------------------------------------------------------- */

static void answer_repeat(struct task *task, const struct hand *hand, uint32_t turn_number)
{
    if (prepare_answer(task, hand, &hand->table.turns[turn_number]) != STATUS_OK) {
        task_fail(task, STATUS_FULL, NULL);
        return;
    }
    answer_and_keep_hand(task);
}

/* Applies a move and stores what comes of it; a move answers an open request: no. */
static void apply(struct task *task, struct hand *hand, const struct rules_event *event,
                  bool is_answer)
{
    struct rules_outcome outcome;
    const char *requests = "";
    enum status status = rules_apply(hand->table.game, event, &outcome);
    if (status != STATUS_OK) {
        task_fail(task, status, NULL);
    } else if (outcome.verdict == RULES_REFUSED) {
        refuse(task,
               &(struct refusal){outcome.status, outcome.reason, outcome.text, outcome.turn_count});
    } else if (outcome.verdict == RULES_REPEATED) {
        answer_repeat(task, hand, outcome.turn_number);
    } else {
        if (meta_turn_played(&hand->requests.meta) || is_answer)
            requests = requests_encode(&task->arena, &hand->requests,
                                       is_answer ? task->play.event_id : NULL);
        store_turn(task, hand, &outcome, requests);
    }
}

/* The store has announced a fallen flag after so many turns: its clock counts, not ours. Where
 * there have been other turns since, that flag is nobody's any more. */
static bool settle_flag(struct task *task, const struct hand *hand, struct rules_event *event)
{
    const Arbiter__V1__Game *game = hand->stored->game;
    if (hand->party != RULES_CLOCK || task->play.expected_turn < 0 ||
        strcmp(task->play.event, "timeout") != 0)
        return true;
    if (task->play.expected_turn != game->turn_count) {
        refuse(task,
               &(struct refusal){STATUS_FAILED_PRECONDITION, "STALE_TURN",
                                 "the flag fell before the last turn", (uint32_t)game->turn_count});
        return false;
    }
    if (game->deadline_at_ms > event->at_ms)
        event->at_ms = game->deadline_at_ms;
    return true;
}

static void play_move(struct task *task, struct hand *hand)
{
    const Arbiter__V1__PlayRequest *play = &task->play;
    struct rules_event event = {
        .id = play->event_id,
        .turn = play->expected_turn < 0 ? RULES_TURN_ANY : (uint32_t)play->expected_turn,
        .actor = hand->party,
        .at_ms = task_now_ms(task),
        .move = play->event,
        .move_size = strlen(play->event),
    };
    if (settle_flag(task, hand, &event))
        apply(task, hand, &event, false);
}

/* ---- requests between players ------------------------------------------------------------ */

static void answer_word(struct task *task, const struct hand *hand)
{
    bool is_over = rules_result(hand->table.game).over;
    requests_tell(&hand->requests, &hand->table, &task->requests);
    arbiter__v1__play_reply__init(&task->played);
    task->played.turn_count = (int32_t)rules_turn_count(hand->table.game);
    task->played.status = (char *)(is_over ? "ended" : "playing");
    task->played.last_turn = (char *)"{}";
    task->played.requests = &task->requests;
}

/* The machine `game` keeps the time of an open request. */
static enum status tell_machine(struct task *task, const struct hand *hand,
                                Arbiter__V1__InboxEvent **out_told)
{
    struct arena *arena = &task->arena;
    Arbiter__V1__InboxEvent *told = arena_alloc(arena, sizeof *told);
    char *event_id = arena_format(arena, "request/%s", task->play.event_id);
    Arbiter__V1__ValueMap *data = NULL;
    if (!hand->requests.meta.is_open) {
        *out_told = NULL;
        return STATUS_OK;
    }
    enum status status = requests_timer(arena, &hand->requests, &data);
    if (status != STATUS_OK || told == NULL || event_id == NULL)
        return STATUS_FULL;
    arbiter__v1__inbox_event__init(told);
    told->event_id = event_id;
    told->name = (char *)"game.request";
    told->data = data;
    told->actor = task->play.player_id;
    told->received_at_ms = task_now_ms(task);
    *out_told = told;
    return STATUS_OK;
}

static enum status word_event(struct task *task, Arbiter__V1__OutEvent **out_event)
{
    Arbiter__V1__OutEvent *event = game_event(task, "requested");
    Arbiter__V1__GameRequested *requested = arena_alloc(&task->arena, sizeof *requested);
    if (event == NULL || requested == NULL)
        return STATUS_FULL;
    arbiter__v1__game_requested__init(requested);
    requested->game_id = task->play.game_id;
    requested->player_id = task->play.player_id;
    requested->event = task->play.event;
    requested->requests = &task->requests;
    event->payload->payload_case = ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_GAME_REQUESTED;
    event->payload->game_requested = requested;
    *out_event = event;
    return STATUS_OK;
}

static void store_word(struct task *task, const struct hand *hand, int64_t at_ms)
{
    Arbiter__V1__SaveRequestsRequest save = ARBITER__V1__SAVE_REQUESTS_REQUEST__INIT;
    Arbiter__V1__OutEvent *event = NULL;
    answer_word(task, hand);
    enum status status = tell_machine(task, hand, &save.told);
    if (status == STATUS_OK)
        status = word_event(task, &event);
    save.requests = (char *)requests_encode(&task->arena, &hand->requests, task->play.event_id);
    if (status != STATUS_OK || save.requests == NULL) {
        task_fail(task, STATUS_FULL, NULL);
        return;
    }
    save.game_id = task->play.game_id;
    save.expected_turn = hand->stored->game->turn_count;
    save.expected_requests = hand->stored->request_count;
    save.event_id = task->play.event_id;
    save.player_id = task->play.player_id;
    save.event = task->play.event;
    save.events = &event;
    save.n_events = 1;
    save.at_ms = at_ms;
    task_ask_store(task, "SaveRequests", &save.base, on_requests_saved);
}

/* What has been granted is a move of the clock's. */
static const char *granted_move(struct arena *arena, const struct meta_outcome *outcome)
{
    switch (outcome->effect) {
    case META_NO_EFFECT:
        return NULL;
    case META_ABORTS:
        return "abort";
    case META_FORFEITS:
        return arena_format(arena, "forfeit %d", outcome->seat);
    case META_ADDS_TIME:
        return arena_format(arena, "add-time %d %lld", outcome->seat,
                            (long long)META_EXTRA_TIME_MS);
    }
    return NULL;
}

static void carry_out(struct task *task, struct hand *hand, const struct meta_outcome *outcome,
                      int64_t at_ms)
{
    const char *move = granted_move(&task->arena, outcome);
    if (outcome->effect == META_NO_EFFECT) {
        store_word(task, hand, at_ms);
        return;
    }
    if (move == NULL) {
        task_fail(task, STATUS_FULL, NULL);
        return;
    }
    apply(task, hand,
          &(struct rules_event){.id = task->play.event_id,
                                .turn = RULES_TURN_ANY,
                                .actor = RULES_CLOCK,
                                .at_ms = at_ms,
                                .move = move,
                                .move_size = strlen(move)},
          true);
}

/* A word that was accepted before is answered by how things stand; one that became a turn is found
 * among the turns. */
static bool is_repeated(struct task *task, const struct hand *hand)
{
    const struct table *table = &hand->table;
    for (uint32_t i = 0; i < table->turn_count; i++)
        if (strcmp(table->turns[i].event_id, task->play.event_id) == 0) {
            answer_repeat(task, hand, i);
            return true;
        }
    if (!requests_has(&hand->requests, task->play.event_id) && !rules_result(table->game).over)
        return false;
    answer_word(task, hand);
    answer_play(task);
    return true;
}

static void say_word(struct task *task, struct hand *hand, struct meta_event *event)
{
    struct meta_outcome outcome;
    struct meta_game game = requests_game(&hand->table, hand->stored->game);
    event->id = task->play.event_id;
    event->actor = hand->party;
    event->at_ms = task_now_ms(task);
    /* Silence grants when the time is over, however late anybody tells; and our clock may be behind
     * that of the machine's timer. */
    if (hand->party == RULES_CLOCK && hand->requests.meta.is_open)
        event->at_ms = meta_deadline_ms(&hand->requests.meta);
    if (is_repeated(task, hand))
        return;
    meta_apply(&hand->requests.meta, &game, event, &outcome);
    if (outcome.verdict == RULES_REFUSED)
        refuse(task,
               &(struct refusal){outcome.status, outcome.reason, outcome.text, game.turn_count});
    else
        carry_out(task, hand, &outcome, event->at_ms);
}

/* ---- judging ----------------------------------------------------------------------------- */

static enum rules_party party_of(const struct task *task, const struct table *table)
{
    if (task->play.as_director)
        return RULES_DIRECTOR;
    if (strcmp(task->play.player_id, "$clock") == 0)
        return RULES_CLOCK; /* no player's id: those have no '$' */
    return table_party(table, task->play.player_id);
}

static bool is_key_reused(const struct task *task, const struct hand *hand)
{
    const struct table *table = &hand->table;
    const char *id = task->play.event_id;
    for (uint32_t i = 0; i < table->turn_count; i++)
        if (event_key_is_reused(id, table->turns[i].event_id))
            return true;
    return requests_have_key(&hand->requests, id);
}

/* Silence granted a request before the flag fell, and nobody was there to hear of either: whichever
 * is told first now, the request was. */
static bool was_granted_before(const struct task *task, const struct hand *hand,
                               struct meta_event *out_word)
{
    const struct meta *meta = &hand->requests.meta;
    const Arbiter__V1__Game *game = hand->stored->game;
    if (hand->party != RULES_CLOCK || strcmp(task->play.event, "timeout") != 0 ||
        task->play.expected_turn != game->turn_count || !meta->is_open ||
        meta_deadline_ms(meta) >= game->deadline_at_ms)
        return false;
    *out_word = (struct meta_event){.kind = META_TIMER_EXPIRED, .answers = meta->open_id};
    return true;
}

static void judge(struct task *task, struct hand *hand);

/* Returns whether what the player said waits for what time has decided before. */
static bool is_overtaken(struct task *task, struct hand *hand)
{
    Arbiter__V1__PlayRequest first;
    if (task->overtaken == OVERTAKEN_MAX || !overtaken_by(task, hand, &first))
        return false;
    if (is_asked_anew(task))
        return true;
    task->overtaken++;
    task->then = task->play;
    task->has_then = true;
    task->play = first;
    judge(task, hand);
    return true;
}

static void judge(struct task *task, struct hand *hand)
{
    struct meta_event word = {0};
    bool is_bad = false;
    hand->party = party_of(task, &hand->table);
    if (hand->party == RULES_WATCHER) {
        bus_fail(task->request, STATUS_PERMISSION_DENIED, NULL, 0,
                 "'%s' does not play in this game", task->play.player_id);
        keep_hand(task);
        task_destroy(task);
    } else if (is_key_reused(task, hand)) {
        refuse(task, &(struct refusal){STATUS_FAILED_PRECONDITION, "KEY_REUSED",
                                       "this key came with something else before; take a new one",
                                       rules_turn_count(hand->table.game)});
    } else if (is_overtaken(task, hand)) {
        return;
    } else if (!requests_read_word(&task->arena, task->play.event, &hand->requests, &word,
                                   &is_bad) &&
               !was_granted_before(task, hand, &word)) {
        play_move(task, hand);
    } else if (is_asked_anew(task)) {
        return;
    } else if (is_bad) {
        refuse(task, &(struct refusal){STATUS_INVALID_ARGUMENT, "MALFORMED",
                                       "say 'request abort', 'request nudge', 'request "
                                       "add-time', or 'accept', 'deny' or 'expire' with an id",
                                       rules_turn_count(hand->table.game)});
    } else {
        say_word(task, hand, &word);
    }
}

static void on_loaded(const struct bus_answer *answer, void *user)
{
    struct task *task = user;
    struct fault fault = {0};
    if (answer->status != STATUS_OK) {
        task_fail_like(task, answer);
        return;
    }
    enum status status = STATUS_OK;
    task->hand = hand_create(&task->tools, (const Arbiter__V1__LoadGameReply *)answer->output,
                             &status, &fault);
    if (task->hand != NULL)
        judge(task, task->hand);
    else
        task_fail(task, status, &fault);
}

static void load_to_play(struct task *task)
{
    hand_destroy(task->hand);
    task->hand = NULL;
    task->is_warm = false;
    task_load(task, task->play.game_id, on_loaded);
}

/* Players' moves are played on a hand that was kept, where that can be the true one: everybody else
 * is rare. */
void play_task(struct task *task)
{
    bool is_player = !task->play.as_director && task->play.player_id[0] != '$';
    task->hand = is_player ? hands_take(&task->gamesvc->hands, task->play.game_id) : NULL;
    task->is_warm = task->hand != NULL;
    if (task->is_warm && task->play.expected_turn <= (int32_t)task->hand->table.turn_count)
        judge(task, task->hand);
    else
        load_to_play(task);
}

void play_serve(Arbiter__V1__Gamesvc_Service *service, const Arbiter__V1__PlayRequest *input,
                Arbiter__V1__PlayReply_Closure closure, void *request)
{
    struct task *task = task_create(service, request);
    if (task == NULL)
        return;
    task->on_played = closure;
    arbiter__v1__play_request__init(&task->play);
    const char *event_id = input->event_id[0] != '\0' ? input->event_id : bus_request_id(request);
    task->play.game_id = (char *)task_keep(task, input->game_id);
    task->play.expected_turn = input->expected_turn;
    task->play.event_id = (char *)task_keep(task, event_id);
    task->play.player_id = (char *)task_keep(task, input->player_id);
    task->play.as_director = input->as_director;
    task->play.event = (char *)task_keep(task, input->event);
    switch (line_join(&task->gamesvc->lines, task, task->play.game_id)) {
    case LINE_FIRST:
        play_task(task);
        return;
    case LINE_WAITS:
        return;
    case LINE_FULL:
        bus_fail(request, STATUS_UNAVAILABLE, &(struct bus_detail){"retry_after_ms", "1000"}, 1,
                 "too many play on game '%s' at once; try again in a second", task->play.game_id);
        task_destroy(task);
        return;
    }
}
