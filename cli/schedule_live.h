#ifndef CLI_SCHEDULE_LIVE_H
#define CLI_SCHEDULE_LIVE_H

/*
 * schedule_live — series in the running house.
 */

#include "cli/policy_file.h"

#include <stdbool.h>

/* Begins the series of a policy; `id` names it and its tournaments (id-1, id-2, …). */
bool schedule_start(const char *nats_url, const char *folder, const struct policy_file *file,
                    const char *id);

/* Ends a series: no further event appears. */
bool schedule_stop(const char *nats_url, const char *folder, const char *id);

#endif
