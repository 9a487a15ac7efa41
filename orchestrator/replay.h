#ifndef ORCHESTRATOR_REPLAY_H
#define ORCHESTRATOR_REPLAY_H

/*
 * replay — an instance rebuilt from its journal, step by step.
 *
 * In:       journal entries in their order, each with the machine it names.
 * Out:      the instance as it was after each; whether that is what the store kept.
 * Owns:     its instance, until replay_deinit().
 * Threads:  none inside. No clock: every entry says when it was.
 * Errors:   STATUS_DATA_LOSS with a fault where the entry cannot have led to the snapshot that was
 *           stored with it; STATUS_FULL for the arena.
 *
 *     struct replay replay;
 *     replay_init(&replay, "division:t1-1");
 *     for (…)
 *         if (replay_take(&replay, machine, entry, &fault) != STATUS_OK) …
 *     replay_deinit(&replay);
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "fsm/fsm.h"

#include "arbiter/v1/store.pb-c.h"

#define REPLAY_BYTES_MAX (64u << 20) /* one state, or one step */

struct replay {
    const char *instance_id;             /* not owned */
    const struct fsm_machine *machine;   /* NULL before the first entry */
    const struct fsm_instance *instance; /* NULL before it has begun */
    struct arena kept;                   /* holds `instance` */
    struct arena scratch;
};

void replay_init(struct replay *replay, const char *instance_id);
void replay_deinit(struct replay *replay);

/* Does again what one step did. `machine` is the version that the entry names; it must outlive the
 * replay. After an error the replay stays where it was. */
enum status replay_take(struct replay *replay, const struct fsm_machine *machine,
                        const Arbiter__V1__JournalEntry *entry, struct fault *out_fault) MUST_CHECK;

#endif
