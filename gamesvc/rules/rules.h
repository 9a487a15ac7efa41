#ifndef RULES_RULES_H
#define RULES_RULES_H

/*
 * rules — a game of two seats behind one small interface: what a game service hosts.
 *
 * A game is its list of turns: one for each event that was accepted. The host makes a game with
 * `rules_create`, plays the stored turns again with `rules_replay` (or takes the last stored state
 * with `rules_decode`), offers it a new event with `rules_apply`, stores the turn that comes out,
 * and shows each listener `rules_view` (the whole state) and `rules_view_turn` (the last turn) as
 * that listener may see them.
 *
 * In:       struct rules_event: who, when, after how many turns, and the move as a line of text.
 * Out:      struct rules_outcome: accepted with the turn to store, repeated, or refused with why.
 * Owns:     all of a game lives in the arena given to rules_create; the arena must outlive it and
 *           is given back whole. Pointers in options are borrowed as long as the game.
 * Threads:  none inside; one game is used by one thread at a time.
 * Errors:   STATUS_FULL when the arena or RULES_TURNS_MAX is reached (throw the game away and load
 *           it again); a refusal is not an error but an ordinary outcome, and changes nothing.
 *
 * Pure: the same options and events give the same turns, states and hashes everywhere.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "gamesvc/rules/timing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RULES_SEATS 2
#define RULES_TURNS_MAX 2048
#define RULES_MOVE_MAX 128     /* bytes of a move */
#define RULES_RECORD_MAX 1024  /* bytes of a turn's record */
#define RULES_EVENT_ID_MAX 64  /* printable ASCII without blanks */
#define RULES_OPTIONS_MAX 512  /* bytes of options text */
#define RULES_STATE_MAX 262144 /* bytes of an encoded state, or of a view */
#define RULES_REASON_TEXT_MAX 192
#define RULES_TURN_ANY UINT32_MAX
#define RULES_HASH_SIZE 32

/* Who does something, and who looks on. The seats come in playing order. */
enum rules_party {
    RULES_FIRST = 0,
    RULES_SECOND = 1,
    RULES_DIRECTOR, /* acts: a director, an administrator, a lifecycle machine; looks on as a
                       watcher */
    RULES_CLOCK,    /* acts: the server's timers */
    RULES_WATCHER,  /* looks on: sees what nobody must hide */
    RULES_SERVICE   /* looks on: sees everything; never a person */
};

/* Why a game ended; numbers as clients of such games know them. */
enum rules_end {
    RULES_END_NONE = 0,
    RULES_END_TIME = 1,
    RULES_END_STANDARD = 2,
    RULES_END_CONSECUTIVE_ZEROES = 3,
    RULES_END_RESIGNED = 4,
    RULES_END_ABORTED = 5,
    RULES_END_TRIPLE_CHALLENGE = 6,
    RULES_END_CANCELLED = 7,
    RULES_END_FORCE_FORFEIT = 8,
    RULES_END_ADJUDICATED = 9
};

/* `winner` where nobody won: a draw, or no result at all (aborted, cancelled, both forfeit). */
#define RULES_NO_WINNER (-1)

struct rules_result {
    bool over;
    bool rated;       /* false for ABORTED and CANCELLED */
    bool by_director; /* the last word was a director's, not the players' */
    enum rules_end end;
    int winner;                 /* a seat or RULES_NO_WINNER */
    int32_t score[RULES_SEATS]; /* points; 1 and 0 where only the result counts */
};

/* Where chance comes from. `draw` takes `count` things out of a multiset (`left[kind]` of each of
 * `kind_count` kinds; it does not change it) for draw number `number` of this game and writes
 * their kinds. `draws.h` has the committed, seeded one; tests bring their own. */
struct rules_draws {
    void (*draw)(void *user, uint64_t number, const uint8_t *left, size_t kind_count, size_t count,
                 uint8_t *out_kinds);
    void *user;
};

struct lexicon;

/* What a game is made from. Stored with it, all but `draws` and `lexicon`, which the host finds
 * again (the seed in the store, the lexicon by the name in `text`). */
struct rules_options {
    const char *text; /* "key=value key=value", each rule set's own keys; "" for its defaults */
    struct timing_control control;
    int64_t start_ms;         /* when the clocks start; with TIMING_NONE it does not matter */
    int64_t start_within_ms;  /* real time: how long the first turn may take; 0: as the clock */
    struct rules_draws draws; /* zeroed for rules without chance */
    const struct lexicon *lexicon; /* NULL for rules without words */
};

/* Something that happened to a game, not yet judged. */
struct rules_event {
    const char *id; /* the sender's; the same id again is answered as the first time */
    uint32_t turn;  /* how many turns the sender has seen, or RULES_TURN_ANY */
    enum rules_party actor;
    int64_t at_ms;
    const char *move; /* `move_size` bytes; need not end in NUL */
    size_t move_size;
};

/* One accepted event of a game's history: what the store keeps, in order. */
struct rules_turn {
    uint32_t number;      /* from 0 */
    const char *event_id; /* of the event it came from */
    enum rules_party actor;
    int64_t at_ms;
    const char *record; /* lines of the rule set's own; may hold secrets: see rules_view_turn */
};

enum rules_verdict { RULES_ACCEPTED, RULES_REPEATED, RULES_REFUSED };

struct rules_outcome {
    enum rules_verdict verdict;
    enum status status;               /* OK, or how a refusal travels in an Error */
    const char *reason;               /* "" or a constant such as "STALE_TURN", for programs */
    char text[RULES_REASON_TEXT_MAX]; /* "" or a sentence, for people */
    uint32_t turn_count;              /* of the game now */
    uint32_t turn_number;             /* ACCEPTED, REPEATED: of the event's turn */
    struct rules_turn turn;           /* ACCEPTED: to be stored; lives as long as the game */
};

struct rules_game;
struct rules_set;

/* Returns the rule set called `name` ("crossword", "reported", "breakthrough"), or NULL. */
const struct rules_set *rules_find(const char *name);
const char *rules_name(const struct rules_set *set);

/* Returns how the end is called on the wire: "playing", "played", "timeout", "resigned", "aborted",
 * "cancelled", "forfeit", "adjudicated". */
const char *rules_end_name(enum rules_end end);

/* Makes a new game in `arena`. Errors: STATUS_INVALID_ARGUMENT with a fault for options that make
 * no sense; STATUS_FULL where the arena is too small. */
enum status rules_create(struct arena *arena, const struct rules_set *set,
                         const struct rules_options *options, struct rules_game **out_game,
                         struct fault *out_fault) MUST_CHECK;

/* Plays a stored turn again. Checks geometry, draws, scores and order, not words (a lexicon may
 * have changed since). STATUS_DATA_LOSS with a fault: this is not the next turn of this game; the
 * game must not be used any more. */
enum status rules_replay(struct rules_game *game, const struct rules_turn *turn,
                         struct fault *out_fault) MUST_CHECK;

/* The same; where the turn has other consequences when it is played again, `out_again` is that
 * other record, otherwise NULL. It may hold what no player of a running game may know. */
enum status rules_replay_record(struct rules_game *game, const struct rules_turn *turn,
                                const char **out_again, struct fault *out_fault) MUST_CHECK;

/* Judges an event. Returns STATUS_OK with the outcome, or STATUS_FULL (see above).
 *
 * These moves mean the same in every rule set and need no turn number:
 *   resign                  a seat gives up; the other wins
 *   timeout                 anybody says that the flag of the player on turn is down, or that the
 *                           game has not begun in time, which cancels it; checked
 *   add-time SEAT MS        director: more time on a clock
 *   abort | cancel          director: ends without result
 *   forfeit 0 | 1 | both    director or clock: that seat loses
 *   forfeit turn            the same: whoever is to move loses; by the score where nobody is
 *   adjudicate              director: ends by the current score
 *
 * Reasons every rule set shares: STALE_TURN, NOT_ON_TURN, GAME_OVER, NOT_ALLOWED, MALFORMED,
 * UNKNOWN_MOVE, TIME_LEFT, BAD_EVENT_ID. A move that comes after its player's flag fell is accepted
 * as `timeout`, with reason TIME_OVER. */
enum status rules_apply(struct rules_game *game, const struct rules_event *event,
                        struct rules_outcome *out_outcome) MUST_CHECK;

uint32_t rules_turn_count(const struct rules_game *game);

/* Returns the seat to move, or RULES_NO_WINNER when the game is over or nobody is on turn (in
 * `reported` either player may report). */
int rules_on_turn(const struct rules_game *game);

/* Returns how the game stands; scores are those so far while it is not over. */
struct rules_result rules_result(const struct rules_game *game);

/* The clocks, for showing. */
const struct timing *rules_timing(const struct rules_game *game);

/* Returns the last moment before `timeout` is true: the flag's, or that by which the game had to
 * begin. TIMING_NEVER while no clock runs. */
int64_t rules_deadline_ms(const struct rules_game *game);

/* Writes the whole state as text into `arena`, one line a fact, in one canonical way. It holds
 * every secret but the seed: for the store, never for a person. */
enum status rules_encode(const struct rules_game *game, struct arena *arena,
                         const char **out_text) MUST_CHECK;

/* Makes a game from what rules_encode wrote. `text` need not be trusted: errors are
 * STATUS_DATA_LOSS with a fault at the line, STATUS_FULL. `options` as for rules_create. */
enum status rules_decode(struct arena *arena, const struct rules_set *set,
                         const struct rules_options *options, const char *text, size_t size,
                         struct rules_game **out_game, struct fault *out_fault) MUST_CHECK;

/* Writes the state as JSON into `arena`, as `viewer` may see it: while the game runs, without what
 * the viewer must not know; nothing is withheld after its end. */
enum status rules_view(const struct rules_game *game, enum rules_party viewer, struct arena *arena,
                       const char **out_json) MUST_CHECK;

/* Writes one turn of the game as JSON, likewise. */
enum status rules_view_turn(const struct rules_game *game, const struct rules_turn *turn,
                            enum rules_party viewer, struct arena *arena,
                            const char **out_json) MUST_CHECK;

/* BLAKE2b of the full encoding: equal states, equal hashes. Uses `arena` for its work. */
enum status rules_hash(const struct rules_game *game, struct arena *arena,
                       uint8_t out_hash[RULES_HASH_SIZE]) MUST_CHECK;

#endif
