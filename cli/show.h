#ifndef CLI_SHOW_H
#define CLI_SHOW_H

/* show — values of machines for people and for scripts. */

#include "base/arena.h"
#include "fsm/expr/value.h"

#include <jansson.h>

/* Returns a time as "2026-11-22T20:00:00.123Z" in the arena; "" where that is full. */
const char *show_time(struct arena *arena, int64_t ms);

/* Returns a value as new JSON: lists and maps as themselves, durations in milliseconds ("90s" as
 * 90000), timestamps as texts; keys of maps as texts; null for what JSON has no word for. */
json_t *show_json(struct arena *arena, struct value value);

#endif
