#ifndef ORCHESTRATOR_SCHEDULE_SERVICE_H
#define ORCHESTRATOR_SCHEDULE_SERVICE_H

/*
 * schedule_service — the service Schedule: when the next event of a series begins.
 *
 * In:       a policy, the moment after which to look.
 * Out:      the answer; it follows from the question alone.
 * Threads:  the loop's.
 * Errors:   INVALID_ARGUMENT for a policy that does not read, or without a start.
 */

#include "arbiter/v1/orchestrator.pb-c.h"

/* Returns the service, for bus_serve(). */
Arbiter__V1__Schedule_Service schedule_service(void);

#endif
