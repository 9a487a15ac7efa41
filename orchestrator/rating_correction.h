#ifndef ORCHESTRATOR_RATING_CORRECTION_H
#define ORCHESTRATOR_RATING_CORRECTION_H

/*
 * rating_correction — one game's result was another: what its players' ratings, and those of
 * everybody they have met since, would be had it been right from the start. Pure.
 *
 * In:       the ratings of the pool since that game, as Store.ListRated gives them; the right
 * result. Out:      the games that are rated anew, and each player's rating now. Owns:     nothing;
 * everything lives in the arena. Errors:   STATUS_FULL; STATUS_DATA_LOSS where the rows contradict
 * each other or lack their states.
 *
 * Games are rated in the order of their players' own histories, never by the clock alone.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "orchestrator/rating/rating.h"

#include <stddef.h>

#include "arbiter/v1/store.pb-c.h"

#define RATING_CORRECTION_ROWS_MAX 10000

/* The right result of a game. */
struct rating_verdict {
    const char *game_id;
    const char *winner; /* "": a draw, or nobody */
    int32_t scores[2];  /* of the first and the second player */
    const char *reason; /* NULL: as it ended */
    bool is_void;       /* it counts for nobody */
};

/* One game of one player, rated again. */
struct rating_revision {
    const char *player;
    const char *game_id;
    struct rating_state before;
    struct rating_state after;
};

/* One player's rating as it is now to be. */
struct rating_corrected {
    const char *player;
    int64_t version; /* that it replaces */
    double rating;   /* that it replaces */
    struct rating_state state;
    int64_t rated_at_ms; /* of the last row */
};

struct rating_correction {
    struct rating_revision *revisions; /* in the order in which they were rated */
    size_t revision_count;
    struct rating_corrected *players;
    size_t player_count;
};

/* Works it out. No rows: nothing was rated, and nothing changes. */
enum status rating_correct(struct arena *arena, const struct rating_policy *policy,
                           Arbiter__V1__RatedRow *const *rows, size_t count,
                           const struct rating_verdict *verdict, struct rating_correction *out,
                           struct fault *out_fault) MUST_CHECK;

/* Reads and writes a state as hexadecimal text, as it is stored. */
enum status rating_state_read(const char *text, struct rating_state *out_state) MUST_CHECK;
#define RATING_STATE_TEXT_SIZE (2 * RATING_STATE_SIZE + 1)
void rating_state_write(const struct rating_state *state, char out[RATING_STATE_TEXT_SIZE]);

/* What a stored reason is to rating. */
enum rating_end rating_end_of(const char *reason);

#endif
