#ifndef CLI_LIVE_JOURNAL_H
#define CLI_LIVE_JOURNAL_H

/*
 * live_journal — an instance's journal, read from the running house and replayed as it is read.
 *
 * Machines are fetched from the store by the hash that an entry names, once each.
 * Errors: a fault with a sentence; an instance without a journal is NOT_FOUND.
 */

#include "cli/live.h"
#include "orchestrator/replay.h"

/* Sees one step: `replay` stands after it. False ends the walk early, which is no error. */
typedef bool (*live_journal_on_step)(const struct replay *replay,
                                     const Arbiter__V1__JournalEntry *entry, void *user);

struct live_journal;

/* Returns a reader of journals, NULL without memory. `live` must outlive it. */
struct live_journal *live_journal_open(struct live *live);
void live_journal_close(struct live_journal *journal); /* NULL is allowed */

/* Walks an instance's journal from its first step. STATUS_DATA_LOSS where the replay of a step does
 * not end in what is stored. */
enum status live_journal_walk(struct live_journal *journal, const char *instance_id,
                              live_journal_on_step on_step, void *user,
                              struct fault *out_fault) MUST_CHECK;

#endif
