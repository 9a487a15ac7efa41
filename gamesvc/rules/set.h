#ifndef RULES_SET_H
#define RULES_SET_H

/*
 * set — what an author of a rule set fills in; not for hosts (they include rules.h).
 *
 * `play` judges a move: it refuses it with rules_refuse(), before it has changed anything, or
 * changes the game and writes down its consequences with rules_record(). Everything that is the
 * same in all games is done outside: event ids, turn numbers, who is on turn, clocks, resignation,
 * forfeits, and replay: to replay a turn is to play its move again and to find the same record.
 *
 * What the rules cannot find out again (the words of a lexicon may have changed) they read from
 * `replayed`, the record that was stored the first time.
 */

#include "gamesvc/rules/rules.h"
#include "gamesvc/rules/seen.h"
#include "gamesvc/rules/text.h"

/* Winner to be found by the score, after the closing points. */
#define RULES_BY_SCORE (-2)

struct rules_game {
    const struct rules_set *set;
    struct arena *arena;
    struct rules_options options;
    void *state; /* the rule set's own */
    struct timing timing;
    struct rules_result result; /* the rule set keeps `score` up to date */
    int on_turn;                /* the rule set sets it; RULES_NO_WINNER: either may act */
    struct seen seen;           /* event ids, one a turn: their count is the turn count */
};

/* One move on its way through `play`. */
struct rules_call {
    enum rules_party actor;
    int64_t at_ms;
    struct text_reader move; /* past the first word */
    struct text_span verb;   /* the first word */
    const char *replayed;    /* the stored record in a replay, NULL for a new move */
    bool keeps_turn;         /* set by `play`: no increment, the same clock runs on */
    struct text record;
    struct rules_outcome *outcome;
};

struct rules_set {
    const char *name;
    size_t state_size;
    bool director_plays; /* whether `play` gets a director's moves too */

    /* Reads game->options.text into a zeroed state; draws what is drawn before the start. */
    enum status (*create)(struct rules_game *game, struct fault *out_fault);

    /* Judges one move; see above. */
    void (*play)(struct rules_game *game, struct rules_call *call);

    /* The flag of the player on turn is down. Returns whether the rules make something else of it
     * than a loss, and have done so. NULL: never. */
    bool (*timeout)(struct rules_game *game, struct rules_call *call);

    /* The game is about to end: closing points (penalties for overtime). NULL: none. */
    void (*close)(struct rules_game *game, struct rules_call *call, enum rules_end end);

    /* Writes the state as lines, and reads one such line; false: not one of ours. */
    void (*encode)(const struct rules_game *game, struct text *text);
    bool (*decode)(struct rules_game *game, struct text_span key, struct text_reader *line);

    /* All lines have been read: do they make a state? NULL: always. */
    bool (*decoded)(struct rules_game *game);

    /* Adds `,"key":value` members to a JSON object. NULL: nothing to add; view_turn then shows the
     * move as it stands in the record. */
    void (*view)(const struct rules_game *game, enum rules_party viewer, struct text *json);
    void (*view_turn)(const struct rules_game *game, const struct rules_turn *turn,
                      enum rules_party viewer, struct text *json);
};

extern const struct rules_set rules_crossword;
extern const struct rules_set rules_reported;
extern const struct rules_set rules_breakthrough;

/* Refuses the move: `reason` for programs, the rest for people. */
void rules_refuse(struct rules_call *call, enum status status, const char *reason,
                  const char *format, ...) PRINTF_LIKE(4, 5);

/* The refusal of a move that cannot be read. */
void rules_refuse_malformed(struct rules_call *call, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds a printf-style line to the turn's record. The first line is the move itself, in one
 * canonical spelling: `play` must write it so that it can be played again. */
void rules_record(struct rules_call *call, const char *format, ...) PRINTF_LIKE(2, 3);

/* Ends the game: lets the rule set close, then stops the clocks. `winner` may be RULES_BY_SCORE. */
void rules_finish(struct rules_game *game, struct rules_call *call, enum rules_end end, int winner);

/* Finds "key=" in options text; false where it is not there. */
bool rules_option(const char *text, const char *key, struct text_span *out_value);

/* Checks that options text has only keys of the NULL-ended list (at most 32), each once. */
enum status rules_options_check(const char *text, const char *const *keys,
                                struct fault *out_fault) MUST_CHECK;

/* Fills a game fresh from `create` with what rules_encode wrote: the second half of rules_decode.
 */
enum status rules_decode_lines(struct rules_game *game, const char *text, size_t size,
                               struct fault *out_fault) MUST_CHECK;

#endif
