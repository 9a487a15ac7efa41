#ifndef DUTCH_EXPLAIN_STATE_H
#define DUTCH_EXPLAIN_STATE_H

/*
 * explain_state — a settled bracket seen by seats; private to explain*.c.
 */

#include "orchestrator/pairing/dutch/explain.h"

#include <limits.h>

enum { NEVER = INT_MAX };

/* A bracket as it was settled, by seats. */
struct settled {
    const struct dutch_input *input;
    const struct dutch_output *output;
    int bracket;
    int score_x10;
    int *seat_of_player; /* [player_count] */
    int *bracket_of;     /* [seat] in which it was paired; NEVER for the bye */
    int *partner;        /* [seat] or RECORD_NOBODY */
    struct arena *arena;
};

/* Sets up the view of one bracket; false when the arena is full. */
bool settled_init(struct settled *settled, const struct dutch_input *input,
                  const struct dutch_output *output, int bracket, struct arena *arena) MUST_CHECK;

/* Whether a seat took part in a bracket: had at least its score and was not paired above. */
bool settled_is_member(const struct settled *settled, int seat, int bracket);

/* Whether a seat had moved down into the bracket. */
bool settled_is_mdp(const struct settled *settled, int seat);

/* Whether a seat moves down out of a bracket. */
bool settled_moves_down(const struct settled *settled, int seat, int bracket);

#endif
