#ifndef ORCHESTRATOR_VERSIONS_H
#define ORCHESTRATOR_VERSIONS_H

/*
 * versions — keeps the catalogue and the store's published machines equal.
 *
 * In:       the catalogue as the folder filled it; bells (arbiter.v1.bell.policies) that say a
 *           machine has a newer version, and a look every VERSIONS_LOOK_MS, since bells can be
 * lost. Out:      the folder's machines published; the newest published version of each machine
 * loaded and current, so that all replicas begin new instances on the same one. Owns:     nothing
 * that lasts. Threads:  the loop's. Errors:   logged. A text that stands in the folder under a
 * version that another text was published as is not used: what is published does not change.
 */

#include "bus/bus.h"
#include "orchestrator/catalogue.h"

#define VERSIONS_LOOK_MS 60000
#define VERSIONS_RETRY_MS 1000 /* while the store is away */

struct versions;

/* Begins keeping up; `on_known(user)` is called once, when the newest versions are all loaded for
 * the first time. The pointers must outlive it. NULL without memory or where the bus refuses. */
struct versions *versions_create(struct bus *bus, struct catalogue *catalogue,
                                 void (*on_known)(void *user), void *user);
void versions_destroy(struct versions *versions);

#endif
