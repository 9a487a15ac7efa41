#ifndef RULES_META_H
#define RULES_META_H

/*
 * meta — what players ask of each other beside the board: to abort the game, whether somebody is
 * still there, more time.
 *
 * In:       struct meta_event with the moment it came, and struct meta_game: how the game stands.
 * Out:      struct meta_outcome: what to tell both players, and what to do to the game (its moves
 *           `abort`, `forfeit` and `add-time`, played by RULES_CLOCK).
 * Owns:     nothing; one struct is the whole state and may be copied.
 * Threads:  none inside.
 * Errors:   a refusal is an ordinary outcome, and changes nothing.
 *
 * One request at a time is open in a game, whoever made it. A request that nobody answers counts as
 * granted when it expires; the host keeps a timer for `deadline_ms`. Any turn played answers it:
 * no.
 */

#include "gamesvc/rules/rules.h"
#include "gamesvc/rules/text.h"

#include <stdbool.h>
#include <stdint.h>

#define META_ABORTS_MAX 1 /* requests of one player in a game */
#define META_NUDGES_MAX 2
#define META_ABORT_TURNS_MAX 7 /* past so many turns a game is not aborted any more */
#define META_ABORT_EXPIRY_MS ((int64_t)60 * 1000)
#define META_NUDGE_EXPIRY_MS ((int64_t)120 * 1000)
#define META_ALMOST_OVER_MS ((int64_t)120 * 1000)
#define META_EXTRA_TIME_MS ((int64_t)15 * 1000)

/* Numbers as clients of such games know them. */
enum meta_kind {
    META_REQUEST_ABORT = 0,
    META_REQUEST_ADJUDICATION = 1, /* "nudge": is the player on turn still there? */
    META_REQUEST_UNDO = 2,
    META_REQUEST_ADJOURN = 3,
    META_ABORT_ACCEPTED = 4,
    META_ABORT_DENIED = 5, /* by the requester: withdrawn */
    META_ADJUDICATION_ACCEPTED = 6,
    META_ADJUDICATION_DENIED = 7,
    META_UNDO_ACCEPTED = 8,
    META_UNDO_DENIED = 9,
    META_ADD_TIME = 10,
    META_TIMER_EXPIRED = 11
};

/* What is known of the game beside its clocks. */
struct meta_game {
    const struct timing *timing;
    int on_turn;
    uint32_t turn_count;
    bool over;
    bool rated;
    bool in_tournament; /* or league */
    bool with_bot;
};

struct meta_event {
    enum meta_kind kind;
    enum rules_party actor; /* a seat, or RULES_CLOCK for META_TIMER_EXPIRED */
    const char *id;
    const char *answers; /* the request's id; for answers and META_TIMER_EXPIRED */
    int64_t at_ms;
};

struct meta {
    int aborts[RULES_SEATS];
    int nudges[RULES_SEATS];
    bool has_denied[RULES_SEATS]; /* said "I am here" or "no"; conduct policies ask for it */
    bool is_open;
    enum meta_kind open_kind;
    int open_seat; /* who asked */
    int64_t open_at_ms;
    char open_id[RULES_EVENT_ID_MAX + 1];
};

enum meta_effect {
    META_NO_EFFECT,
    META_ABORTS,   /* the game ends without result */
    META_FORFEITS, /* `seat` loses */
    META_ADDS_TIME /* `seat` gets META_EXTRA_TIME_MS */
};

struct meta_outcome {
    enum rules_verdict verdict; /* ACCEPTED or REFUSED */
    enum status status;
    const char *reason; /* constant for programs: NOT_ALLOWED, REQUEST_OPEN, NO_SUCH_REQUEST,
                           NOT_EXPIRED, TOO_MANY_REQUESTS, TOO_LATE, ALMOST_OVER */
    const char *text;   /* sentence for people */
    bool announce;      /* both players are to be told of the event */
    enum meta_effect effect;
    int seat;
    int64_t deadline_ms; /* when the open request expires; TIMING_NEVER where none is open */
};

/* Judges an event. After the end of the game everything is accepted and has no effect. */
void meta_apply(struct meta *meta, const struct meta_game *game, const struct meta_event *event,
                struct meta_outcome *out_outcome);

/* A turn was played: an open request is thereby denied. Returns whether one was open. */
bool meta_turn_played(struct meta *meta);

/* Returns when the open request expires, TIMING_NEVER where none is open. */
int64_t meta_deadline_ms(const struct meta *meta);

/* Writes the state as one line, without its end, and reads it; false where it is not one. */
void meta_encode(const struct meta *meta, struct text *text);
bool meta_decode(struct text_reader line, struct meta *out_meta);

#endif
