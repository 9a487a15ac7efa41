/* Requests between players: who may ask what, and what silence means. */
#include "gamesvc/rules/meta.h"

#include <assert.h>
#include <string.h>

#include "gamesvc/rules/seen.h"

struct refusal {
    enum status status;
    const char *reason;
    const char *text;
};

static const struct refusal not_a_player = {STATUS_PERMISSION_DENIED, "NOT_ALLOWED",
                                            "only the players of the game can ask or answer"};
static const struct refusal not_done_here = {STATUS_FAILED_PRECONDITION, "NOT_ALLOWED",
                                             "this request is not made in such games"};
static const struct refusal not_own_turn = {STATUS_FAILED_PRECONDITION, "NOT_ALLOWED",
                                            "only the player who waits can ask that"};
static const struct refusal not_oneself = {STATUS_FAILED_PRECONDITION, "NOT_ALLOWED",
                                           "a request is accepted by the other player"};
static const struct refusal request_open = {STATUS_FAILED_PRECONDITION, "REQUEST_OPEN",
                                            "another request is still open"};
static const struct refusal no_such_request = {STATUS_NOT_FOUND, "NO_SUCH_REQUEST",
                                               "no such request is open"};
static const struct refusal not_expired = {STATUS_FAILED_PRECONDITION, "NOT_EXPIRED",
                                           "the request has not expired yet"};
static const struct refusal too_many = {STATUS_FULL, "TOO_MANY_REQUESTS",
                                        "no more requests of this kind in this game"};
static const struct refusal too_late = {STATUS_FAILED_PRECONDITION, "TOO_LATE",
                                        "it is too late to abort the game"};
static const struct refusal almost_over = {STATUS_FAILED_PRECONDITION, "ALMOST_OVER",
                                           "the game is almost over"};
static const struct refusal bad_id = {STATUS_INVALID_ARGUMENT, "BAD_EVENT_ID",
                                      "the event id is malformed"};

static bool is_seat(enum rules_party actor)
{
    return actor == RULES_FIRST || actor == RULES_SECOND;
}

static int64_t expiry_ms(enum meta_kind kind)
{
    return kind == META_REQUEST_ABORT ? META_ABORT_EXPIRY_MS : META_NUDGE_EXPIRY_MS;
}

int64_t meta_deadline_ms(const struct meta *meta)
{
    return meta->is_open ? meta->open_at_ms + expiry_ms(meta->open_kind) : TIMING_NEVER;
}

/* ---- requests ---------------------------------------------------------------------------- */

/* What stands against any request at this moment. */
static const struct refusal *refuse_now(const struct meta *meta, const struct meta_game *game,
                                        int64_t at_ms)
{
    const struct timing *timing = game->timing;
    if (timing->control.kind == TIMING_CORRESPONDENCE)
        return &not_done_here;
    if (meta->is_open)
        return &request_open;
    if (timing->runs && timing_deadline_ms(timing) - at_ms < META_ALMOST_OVER_MS)
        return &almost_over;
    return NULL;
}

static const struct refusal *refuse_abort(const struct meta *meta, const struct meta_game *game,
                                          const struct meta_event *event)
{
    if (meta->aborts[event->actor] >= META_ABORTS_MAX)
        return &too_many;
    if (game->turn_count > META_ABORT_TURNS_MAX)
        return &too_late;
    return refuse_now(meta, game, event->at_ms);
}

static const struct refusal *refuse_nudge(const struct meta *meta, const struct meta_game *game,
                                          const struct meta_event *event)
{
    if (game->in_tournament)
        return &not_done_here;
    if (meta->nudges[event->actor] >= META_NUDGES_MAX)
        return &too_many;
    const struct refusal *refusal = refuse_now(meta, game, event->at_ms);
    if (refusal == NULL && game->on_turn != 1 - (int)event->actor)
        refusal = &not_own_turn;
    return refusal;
}

static const struct refusal *request(struct meta *meta, const struct meta_game *game,
                                     const struct meta_event *event)
{
    bool aborts = event->kind == META_REQUEST_ABORT;
    if (!is_seat(event->actor))
        return &not_a_player;
    if (!seen_is_id(event->id))
        return &bad_id;
    const struct refusal *refusal =
        aborts ? refuse_abort(meta, game, event) : refuse_nudge(meta, game, event);
    if (refusal != NULL)
        return refusal;
    if (aborts)
        meta->aborts[event->actor]++;
    else
        meta->nudges[event->actor]++;
    meta->is_open = true;
    meta->open_kind = event->kind;
    meta->open_seat = (int)event->actor;
    meta->open_at_ms = event->at_ms;
    memcpy(meta->open_id, event->id, strlen(event->id) + 1);
    return NULL;
}

static const struct refusal *add_time(const struct meta_game *game, const struct meta_event *event,
                                      struct meta_outcome *outcome)
{
    if (!is_seat(event->actor))
        return &not_a_player;
    if (game->rated || game->in_tournament || game->with_bot ||
        game->timing->control.kind != TIMING_REAL_TIME)
        return &not_done_here;
    outcome->effect = META_ADDS_TIME;
    outcome->seat = 1 - (int)event->actor;
    return NULL;
}

/* ---- answers ----------------------------------------------------------------------------- */

static bool answers_open(const struct meta *meta, const struct meta_event *event,
                         enum meta_kind kind)
{
    return meta->is_open && meta->open_kind == kind && event->answers != NULL &&
           strcmp(event->answers, meta->open_id) == 0;
}

static void grant(struct meta *meta, struct meta_outcome *outcome)
{
    outcome->effect = meta->open_kind == META_REQUEST_ABORT ? META_ABORTS : META_FORFEITS;
    outcome->seat = 1 - meta->open_seat;
    meta->is_open = false;
}

static const struct refusal *accept(struct meta *meta, const struct meta_event *event,
                                    enum meta_kind kind, struct meta_outcome *outcome)
{
    if (!is_seat(event->actor))
        return &not_a_player;
    if (!answers_open(meta, event, kind))
        return &no_such_request;
    if ((int)event->actor == meta->open_seat)
        return &not_oneself;
    grant(meta, outcome);
    return NULL;
}

static const struct refusal *deny(struct meta *meta, const struct meta_event *event,
                                  enum meta_kind kind)
{
    if (!is_seat(event->actor))
        return &not_a_player;
    if (!answers_open(meta, event, kind))
        return &no_such_request;
    if ((int)event->actor != meta->open_seat)
        meta->has_denied[event->actor] = true;
    meta->is_open = false;
    return NULL;
}

/* A client's timer or the server's own says that nobody has answered. */
static const struct refusal *expire(struct meta *meta, const struct meta_event *event,
                                    struct meta_outcome *outcome)
{
    if (!is_seat(event->actor) && event->actor != RULES_CLOCK)
        return &not_a_player;
    if (!answers_open(meta, event, meta->open_kind))
        return &no_such_request;
    if (event->at_ms < meta_deadline_ms(meta))
        return &not_expired;
    outcome->announce = false; /* the end of the game tells */
    grant(meta, outcome);
    return NULL;
}

static const struct refusal *judge(struct meta *meta, const struct meta_game *game,
                                   const struct meta_event *event, struct meta_outcome *outcome)
{
    switch (event->kind) {
    case META_REQUEST_ABORT:
    case META_REQUEST_ADJUDICATION:
        return request(meta, game, event);
    case META_ABORT_ACCEPTED:
        return accept(meta, event, META_REQUEST_ABORT, outcome);
    case META_ABORT_DENIED:
        return deny(meta, event, META_REQUEST_ABORT);
    case META_ADJUDICATION_ACCEPTED:
        return accept(meta, event, META_REQUEST_ADJUDICATION, outcome);
    case META_ADJUDICATION_DENIED:
        return deny(meta, event, META_REQUEST_ADJUDICATION);
    case META_ADD_TIME:
        return add_time(game, event, outcome);
    case META_TIMER_EXPIRED:
        return expire(meta, event, outcome);
    case META_REQUEST_UNDO:
    case META_REQUEST_ADJOURN:
    case META_UNDO_ACCEPTED:
    case META_UNDO_DENIED:
        break;
    }
    return &not_done_here;
}

void meta_apply(struct meta *meta, const struct meta_game *game, const struct meta_event *event,
                struct meta_outcome *out_outcome)
{
    struct meta_outcome outcome = {
        .verdict = RULES_ACCEPTED, .reason = "", .text = "", .announce = !game->over};
    const struct refusal *refusal = NULL;
    if (!game->over)
        refusal = judge(meta, game, event, &outcome);
    if (refusal != NULL)
        outcome = (struct meta_outcome){.verdict = RULES_REFUSED,
                                        .status = refusal->status,
                                        .reason = refusal->reason,
                                        .text = refusal->text};
    outcome.deadline_ms = meta_deadline_ms(meta);
    *out_outcome = outcome;
}

bool meta_turn_played(struct meta *meta)
{
    bool was_open = meta->is_open;
    meta->is_open = false;
    return was_open;
}

/* ---- as a line --------------------------------------------------------------------------- */

void meta_encode(const struct meta *meta, struct text *text)
{
    const int64_t numbers[] = {meta->aborts[0], meta->aborts[1],     meta->nudges[0],
                               meta->nudges[1], meta->has_denied[0], meta->has_denied[1],
                               meta->open_kind, meta->open_seat,     meta->open_at_ms};
    text_add_string(text, "meta");
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        text_add_char(text, ' ');
        text_add_number(text, meta->is_open || i < 6 ? numbers[i] : 0);
    }
    text_add_char(text, ' ');
    text_add_string(text, meta->is_open ? meta->open_id : "-");
}

bool meta_decode(struct text_reader line, struct meta *out_meta)
{
    static const int64_t max[] = {META_ABORTS_MAX,
                                  META_ABORTS_MAX,
                                  META_NUDGES_MAX,
                                  META_NUDGES_MAX,
                                  1,
                                  1,
                                  META_REQUEST_ADJUDICATION,
                                  1,
                                  (int64_t)1 << 52};
    int64_t numbers[COUNT_OF(max)];
    struct text_span word;
    if (!text_read_word(&line, &word) || !text_span_is(word, "meta"))
        return false;
    for (size_t i = 0; i < COUNT_OF(max); i++)
        if (!text_read_number(&line, 0, max[i], &numbers[i]))
            return false;
    if (!text_read_word(&line, &word) || !text_is_done(&line) || word.size > RULES_EVENT_ID_MAX)
        return false;
    struct meta meta = {
        .aborts = {(int)numbers[0], (int)numbers[1]},
        .nudges = {(int)numbers[2], (int)numbers[3]},
        .has_denied = {numbers[4] != 0, numbers[5] != 0},
        .is_open = !text_span_is(word, "-"),
    };
    if (meta.is_open) {
        meta.open_kind = (enum meta_kind)numbers[6];
        meta.open_seat = (int)numbers[7];
        meta.open_at_ms = numbers[8];
        memcpy(meta.open_id, word.data, word.size);
        if (!seen_is_id(meta.open_id))
            return false;
    }
    *out_meta = meta;
    return true;
}
