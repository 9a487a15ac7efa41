#ifndef ORCHESTRATOR_PLAN_H
#define ORCHESTRATOR_PLAN_H

/*
 * plan — what one CommitStep will carry: the effects of one or several steps as wire messages.
 *
 * In:       effects of fsm_step(), in order.
 * Out:      the lists of a CommitStepRequest.
 * Owns:     nothing: everything lives in the plan's arena, and pointers into the effects stay as
 *           long as those do.
 * Threads:  none inside, no state.
 * Errors:   STATUS_FULL for the arena; STATUS_INVALID_ARGUMENT with a fault for a command, event or
 *           value that the contract has no place for (the checker lets none of them through).
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "fsm/fsm.h"

#include <stddef.h>

#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

#define PLAN_ITEMS_MAX 20000 /* of one kind in one commit */

/* Pointers in an arena. */
struct plan_list {
    void **items;
    size_t count;
    size_t capacity;
};

struct plan {
    struct arena *arena;
    const char *instance_id;
    int64_t now_ms;                      /* the house's time */
    int64_t haste;                       /* how much faster it runs than the world's */
    struct plan_list writes;             /* Arbiter__V1__Write */
    struct plan_list sends;              /* Arbiter__V1__Send */
    struct plan_list commands;           /* Arbiter__V1__Command */
    struct plan_list events;             /* Arbiter__V1__OutEvent */
    struct plan_list timers_set;         /* Arbiter__V1__TimerSet */
    struct plan_list timers_cancelled;   /* char: timer ids */
    struct plan_list timer_prefixes;     /* char */
    struct plan_list commands_cancelled; /* char: command ids */
    struct plan_list games;              /* Arbiter__V1__NewGame */
    struct plan_list journal;            /* char: one line an effect, for people */
};

/* Adds an item at the end. */
enum status plan_push(struct arena *arena, struct plan_list *list, void *item) MUST_CHECK;

/* Takes a command out again: it is not to be given. */
void plan_drop_command(struct plan *plan, const char *command_id);

/* Adds what a step of `plan->instance_id` wants done. */
enum status plan_add_step(struct plan *plan, const struct fsm_step *step,
                          struct fault *out_fault) MUST_CHECK;

/* Makes a write, a send and an event from parts; `data` is a map value. */
enum status plan_add_write(struct plan *plan, const char *command, struct value data) MUST_CHECK;
enum status plan_add_send(struct plan *plan, const char *to, const char *event_id, const char *name,
                          const struct value *data) MUST_CHECK;
enum status plan_add_event(struct plan *plan, const char *name, const struct value *data,
                           struct fault *out_fault) MUST_CHECK;

/* Points a request's lists at the plan's. */
void plan_fill(const struct plan *plan, Arbiter__V1__CommitStepRequest *request);

/* Adds to an answer what the plan's events close, which the sender may be waiting for. What does
 * not fit its arena is left out: who waits hears of it from the feed. */
void plan_tell_closed(const struct plan *plan, Arbiter__V1__SendEventReply *answer);

/* Returns the part of an instance id after "<machine>:", or the whole where there is no colon. */
const char *plan_instance_key(const char *instance_id);

#endif
