#ifndef ORCHESTRATOR_PREPARE_H
#define ORCHESTRATOR_PREPARE_H

/*
 * prepare — writes of a machine that need a look at the store before they can be written.
 *
 * A machine says `run: rating.update`; what reaches the store are the two new ratings, each with
 * the version it was computed from. Such a command is replaced in the plan by the writes, sends and
 * events it stands for, computed by a pure function from what the store holds. If that has changed
 * by the time of the commit, the compare-and-swap in those writes fails and the step is made again.
 *
 *     command            reads            becomes
 *     tournament.announce –               tournament.create, division.create …, instance.start …
 *     divisions.begin    the tournament   sends of division.begin
 *     divisions.cancel   the tournament   sends of director.cancel
 *     policy.change      the tournament   its new text, and sends: policy.changed to its
 *                                         divisions, policy.followed to itself; refused where
 *                                         something may not change
 *     divisions.tell     the tournament   sends of the event it names
 *     boards.tell        the round        the same, to boards without a result
 *     boards.start       the round        instance.start, one a board
 *     boards.void        the round        sends of director.void to boards without a result
 *     entrant.invited    the division     nothing, or the step is refused: only those on the
 *                                         policy's list may enter
 *     boards.follow      the round        instance.start of new boards; sends to changed ones
 *     rating.update      both ratings     rating.set, one a player; events user.rated
 *     rating.correct     the pool since   rating.revise and rating.set of everybody; game.amend
 *     conduct.judge      conduct          conduct.set; the event user.notified; conduct.measure to
 *                                         itself
 *     conduct.appeal     conduct          the same, with a game taken back
 *     notify.player      –                the event user.notified, which the edge shows that player
 *
 * Threads:  the loop's.
 * Errors:   reported once, to `on_done`; the plan is then unusable.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/bus.h"
#include "fsm/fsm.h"
#include "orchestrator/conduct_shelf.h"
#include "orchestrator/plan.h"
#include "orchestrator/ratings_shelf.h"

#include <stdbool.h>

/* What preparing a plan needs besides the plan; outlives it. */
struct prepare_context {
    struct bus *bus;
    const struct ratings_shelf *ratings;
    const struct conduct_shelf *conduct; /* NULL: nobody is judged */
};

typedef void (*prepare_on_done)(enum status status, const char *message, void *user);

/* Replaces the prepared commands among `plan->writes`. Returns true where there are none: the plan
 * is ready and `on_done` will not be called. Otherwise calls `on_done` once, now or later; the plan
 * and its arena stay where they are until then. */
bool prepare_plan(const struct prepare_context *context, struct plan *plan, prepare_on_done on_done,
                  void *user);

/* Returns the commands above as machine files must declare them, by index from 0; NULL past the
 * last. */
const struct fsm_host_command *prepare_command(size_t index);

#endif
