#ifndef ORCHESTRATOR_DESK_DESK_H
#define ORCHESTRATOR_DESK_DESK_H

/*
 * desk — what a director does by hand while an event runs: said beforehand, confirmed, committed.
 *
 * In:       requests of the service Desk: an action, who asks for it, and why.
 * Out:      what it would change (a dry run of the machine's step, and the pure libraries on the
 *           changed record); then the event to the machine, whose commit carries the journal row
 *           `desk.record` with the action's number: two directors cannot both have one number.
 * Owns:     nothing that lasts; any number of desks share the work.
 * Threads:  the loop's; what large events take long for, on the worker's.
 * Errors:   NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT as everywhere; FAILED_PRECONDITION where
 *           the machine refuses; ABORTED where another director acted since the preview.
 *
 *     level  needs
 *     L1     nothing: the answer is the note
 *     L2–L3  the token of the preview, which is bound to its consequences
 *     L4     that token and the one given for it
 *     L5     refused
 *
 * No flag of the API switches a level off; the policy's `authority:` sets it, and what an action
 * would do to this event can raise it.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/bus.h"
#include "orchestrator/proof.h"

struct desk;

struct desk_options {
    struct bus *bus;              /* outlives the desk */
    struct worker *worker;        /* for what takes long; NULL: on the loop */
    struct proof_shelves shelves; /* what a changed policy may name */
};

/* Serves the Desk; NULL without memory or where the bus refuses. */
struct desk *desk_create(const struct desk_options *options);

/* Forgets requests in flight. NULL is allowed. */
void desk_destroy(struct desk *desk);

#endif
