#ifndef STORE_WRITE_FOLD_H
#define STORE_WRITE_FOLD_H

/*
 * write_fold — private: two writes of one step that meet the same row, made one.
 *
 * A machine that is stepped on within one commit (orchestrator/ahead.c) writes what it would have
 * written in two: a seek is claimed and then closed, a slot taken and then given back. In one
 * transaction nobody sees what was in between; so it is not written.
 */

#include "base/arena.h"

#include "arbiter/v1/store.pb-c.h"

/* Returns the writes to carry out, in order, and their number; NULL where the arena is full. They
 * live in the arena and in what they were made of. */
Arbiter__V1__Write **write_fold(struct arena *arena, Arbiter__V1__Write *const writes[],
                                size_t count, size_t *out_count);

#endif
