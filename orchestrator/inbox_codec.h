#ifndef ORCHESTRATOR_INBOX_CODEC_H
#define ORCHESTRATOR_INBOX_CODEC_H

/*
 * inbox_codec — rows of an inbox as events of the engine.
 *
 * The names that the store writes ("$start", "$timer.…", "$migrate.…", "done.invoke.…",
 * "error.invoke.…", see proto/arbiter/v1/store.proto) become the engine's kinds; every other name
 * is an external event.
 *
 * Owns:     nothing; results live in the arena, and nothing of them points into the row.
 * Errors:   STATUS_DATA_LOSS for a row that cannot be read, STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "fsm/expr/value.h"
#include "fsm/fsm.h"

#include "arbiter/v1/store.pb-c.h"

struct inbox_item {
    bool is_start;          /* `data` is the machine's input, `event` is empty */
    const char *moves_to;   /* hash of the version to migrate to, `event` is empty; NULL: none */
    struct value data;      /* a map */
    struct fsm_event event; /* its data points at `data` */
};

/* The version that a row tells its instance to move to, within the row; NULL for every other. */
const char *inbox_moves_to(const Arbiter__V1__InboxEvent *row);

/* Reads a row. `out_item` must stay where it is while the event is used: the event points into it.
 */
enum status inbox_decode(struct arena *arena, const Arbiter__V1__InboxEvent *row, int64_t now_ms,
                         struct inbox_item *out_item) MUST_CHECK;

#endif
