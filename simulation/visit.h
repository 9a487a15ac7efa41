#ifndef SIMULATION_VISIT_H
#define SIMULATION_VISIT_H

/*
 * visit — a request to the edge that is made again with the same Idempotency-Key until it has an
 * answer that stays: after 503, and after none at all, as a good client does. Each try goes to the
 * next edge.
 *
 * Owns:     each visit, until visits_deinit(): an answer may come to one that had its answer.
 * Threads:  the loop's.
 */

#include "base/buffer.h"
#include "simulation/door.h"

#include <stdbool.h>
#include <stdint.h>

struct world;
struct visit;

struct visits {
    struct world *world;
    struct visit *first;
    int open;
    uint64_t made;
    uint64_t tries;
};

/* Makes a visit; `on_answer` is called once. Twice: sent to two edges at once, as by an impatient
 * client; that the two answers agree is checked here. */
void visit(struct visits *visits, const struct door_visit *what, bool is_twice,
           door_on_answer on_answer, void *user);

/* Says what has no answer yet, a line each. */
void visits_describe(const struct visits *visits, struct buffer *out_text);

/* Call after the world is gone. */
void visits_deinit(struct visits *visits);

#endif
