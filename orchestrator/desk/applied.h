#ifndef ORCHESTRATOR_DESK_APPLIED_H
#define ORCHESTRATOR_DESK_APPLIED_H

/*
 * applied — a division as it would be after the writes of a step that has been planned only. Pure.
 *
 * Owns:     nothing; copies and sentences live in the arena.
 * Errors:   STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "orchestrator/plan.h"

#include "arbiter/v1/desk.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

/* What follows from a planned step. */
struct applied {
    struct arena *arena;
    Arbiter__V1__Division *division; /* a copy of the caller's, changed; NULL where there is none */
    struct plan_list changes;        /* char: one sentence each */
    struct plan_list ratings;        /* Arbiter__V1__RatingChange */
    struct plan_list games;          /* Arbiter__V1__GameTouched */
};

/* Carries the planned writes out on the copy; `applied->division` and `arena` are set. */
enum status applied_step(struct applied *applied,
                         const Arbiter__V1__CommitStepRequest *planned) MUST_CHECK;

#endif
