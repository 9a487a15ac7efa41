#ifndef CONDUCT_CONDUCT_H
#define CONDUCT_CONDUCT_H

/*
 * conduct — how players behave: what each game says of them, and when they are warned or suspended.
 *
 * In:       a policy (conduct_policy.h), what happened in a game, a player's history, the time.
 * Out:      the outcome of the game for that player, the history with it, the sanction that
 * follows. Owns:     nothing; a history is one struct and may be copied. Expressions compute in the
 * arena given, which may be reset afterwards. Threads:  none inside. Errors:   an expression that
 * fails counts as false; STATUS_DATA_LOSS for a history that does not read. The oldest entries of a
 * full history are summed up, so it is never full.
 *
 * Pure. A history is a list of entries, so an appeal can take one back and compute again what would
 * have been without it.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONDUCT_NAME_MAX 32     /* bytes of a name, with its end */
#define CONDUCT_BECAUSE_MAX 128 /* bytes of a reason, with its end */
#define CONDUCT_ENTRIES_MAX 64
#define CONDUCT_OUTCOMES_MAX 16
#define CONDUCT_SANCTIONS_MAX 16
#define CONDUCT_FORECASTS_MAX CONDUCT_OUTCOMES_MAX
#define CONDUCT_GOOD "good" /* the outcome of a game in which nothing is to be said */

struct expr_program;

/* What a finished game was for one of its players; texts are borrowed. */
struct conduct_game {
    const char *game_id;
    const char *reason; /* "played", "resigned", "timeout", "forfeit", "aborted", … */
    bool lost;
    bool won;
    bool rated;
    bool in_tournament;
    bool is_correspondence;
    int64_t clock_ms; /* initial time and overtime */
    int64_t increment_ms;
    int64_t turns;
    int64_t duration_ms;
    int64_t acts;       /* placements, moves, exchanges, challenges */
    int64_t moves;      /* placements, moves, exchanges */
    int64_t placements; /* and moves */
    int64_t phonies;
    int64_t left_ms;     /* on the clock after the last act */
    int64_t end_ms;      /* on the clock at the end */
    int64_t last_act_ms; /* how long the last act took */
    int64_t waited_ms;   /* on turn at the end: for how long */
    bool has_denied;     /* said no to an abort or a nudge */
    bool no_show;        /* was on turn when the game was cancelled because it had not begun */
};

/* ---- the policy -------------------------------------------------------------------------- */

struct conduct_outcome {
    char name[CONDUCT_NAME_MAX];
    const struct expr_program *condition;
    double points;
};

enum conduct_measure { CONDUCT_NONE, CONDUCT_WARNED, CONDUCT_SUSPENDED };

/* Returns "", "warned" or "suspended". */
const char *conduct_measure_name(enum conduct_measure measure);

struct conduct_rule {
    enum conduct_measure measure;
    const struct expr_program *condition;
    const struct expr_program *minutes; /* of a suspension */
    char from[CONDUCT_NAME_MAX];        /* what the player may not start: "rated", "all" */
    char because[CONDUCT_BECAUSE_MAX];
};

/* Read by conduct_policy_read(); programs live in the arena it was read into. */
struct conduct_policy {
    char name[CONDUCT_NAME_MAX];
    const struct expr_program *judged; /* whether a game counts; NULL: every game */
    struct conduct_outcome outcomes[CONDUCT_OUTCOMES_MAX];
    int outcome_count;
    struct conduct_rule rules[CONDUCT_SANCTIONS_MAX]; /* the first that holds */
    int rule_count;
    double good_takes;      /* points that a good game takes away, never below 0 */
    int64_t decay_every_ms; /* time takes points away too; 0: it does not */
    double decay_takes;
    int keep;                    /* outcomes that count, the newest */
    bool forgets_when_suspended; /* the list begins anew with a suspension */
    int64_t immune_before_ms; /* games that ended so long before an incident of the service … */
    int64_t immune_after_ms;  /* … or so long after it count for nothing */
};

/* ---- a history --------------------------------------------------------------------------- */

struct conduct_entry {
    int64_t at_ms;
    char game_id[CONDUCT_NAME_MAX];
    char outcome[CONDUCT_NAME_MAX];
    double points;
    bool is_reversed; /* an appeal took it back */
    enum conduct_measure measure;
    int64_t until_ms; /* of a suspension */
    char from[CONDUCT_NAME_MAX];
    char because[CONDUCT_BECAUSE_MAX];
};

struct conduct_history {
    struct conduct_entry entries[CONDUCT_ENTRIES_MAX]; /* the newest last */
    int count;
    double points_before; /* of entries that are no longer kept */
    int64_t points_at_ms; /* when those were counted */
    int suspensions_before;
    int64_t joined_ms; /* the player's first game here; 0: none yet */
};

/* How a player stands at a moment. */
struct conduct_standing {
    double points;
    enum conduct_measure measure; /* SUSPENDED while one runs; WARNED: last measure, never served */
    int64_t until_ms;
    const char *from;    /* into the history; "" where not suspended */
    const char *because; /* as above; of a warning too */
};

/* ---- judging ----------------------------------------------------------------------------- */

/* Returns the name of a game's outcome for a player: the first of the policy's whose condition
 * holds, CONDUCT_GOOD where none does, NULL where the game does not count. `out_points` is its
 * weight. */
const char *conduct_judge(const struct conduct_policy *policy, const struct conduct_game *game,
                          struct arena *arena, double *out_points);

/* An outage of the service itself. */
struct conduct_incident {
    int64_t from_ms;
    int64_t to_ms;
};

/* Whether a game that ended then is excused by one of the service's own incidents. */
bool conduct_is_excused(const struct conduct_policy *policy,
                        const struct conduct_incident *incidents, size_t count, int64_t ended_ms);

/* Adds an outcome and what follows from it. Returns the new entry; a game that was added before
 * changes nothing and NULL is returned. */
const struct conduct_entry *conduct_add(const struct conduct_policy *policy,
                                        struct conduct_history *history, const char *game_id,
                                        const char *outcome, double points, int64_t at_ms,
                                        struct arena *arena);

/* Takes a game's outcome back and computes every measure since again. Returns whether there was
 * such an entry, not yet taken back. */
bool conduct_appeal(const struct conduct_policy *policy, struct conduct_history *history,
                    const char *game_id, struct arena *arena);

struct conduct_standing conduct_standing(const struct conduct_policy *policy,
                                         const struct conduct_history *history, int64_t now_ms);

/* What one more such outcome would mean. */
struct conduct_forecast {
    const char *outcome; /* the policy's */
    enum conduct_measure measure;
    int64_t minutes;   /* of suspension, if it came now */
    int64_t within_ms; /* it means a measure of this kind if it comes within that time */
};

/* Fills in the outcomes that would lead to a warning or a suspension; returns how many. */
int conduct_forecast(const struct conduct_policy *policy, const struct conduct_history *history,
                     int64_t now_ms, struct arena *arena,
                     struct conduct_forecast out_forecasts[CONDUCT_FORECASTS_MAX]);

/* ---- as text ----------------------------------------------------------------------------- */

/* Writes a history as lines, and reads it; "" is an empty one. NULL without memory. */
const char *conduct_history_write(const struct conduct_history *history, struct arena *arena);
enum status conduct_history_read(const char *text, struct conduct_history *out_history) MUST_CHECK;

#endif
