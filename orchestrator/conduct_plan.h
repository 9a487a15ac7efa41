#ifndef ORCHESTRATOR_CONDUCT_PLAN_H
#define ORCHESTRATOR_CONDUCT_PLAN_H

/*
 * conduct_plan — a judgement of conduct as writes, sends and events of a step.
 *
 * In:       what the machine `conduct` asks for, and the player's row.
 * Out:      conduct.set with the row's version; where there is a new measure, the event
 *           user.notified and, to the machine itself, conduct.measure {measure, until}.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault for an unknown policy; STATUS_FAILED_PRECONDITION
 *           for an appeal in a game that was never held against the player.
 */

#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "fsm/expr/value.h"
#include "orchestrator/conduct_shelf.h"
#include "orchestrator/plan.h"

#include "arbiter/v1/store.pb-c.h"

enum conduct_action {
    CONDUCT_JUDGE, /* input.game: what the game service and the result say of a game */
    CONDUCT_APPEAL /* input.game_id: taken back; "": only what the service's incidents excuse */
};

enum status conduct_plan(struct plan *plan, const struct conduct_shelf *shelf,
                         enum conduct_action action, struct value input,
                         const Arbiter__V1__GetConductReply *row,
                         struct fault *out_fault) MUST_CHECK;

/* Reads a player's history and takes back what the service's own incidents excuse. Returns whether
 * anything was taken back. */
enum status conduct_plan_history(const struct conduct_policy *policy,
                                 const Arbiter__V1__GetConductReply *row, struct arena *arena,
                                 struct conduct_history *out_history, bool *out_excused) MUST_CHECK;

#endif
