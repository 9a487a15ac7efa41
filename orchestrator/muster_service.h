#ifndef ORCHESTRATOR_MUSTER_SERVICE_H
#define ORCHESTRATOR_MUSTER_SERVICE_H

/*
 * muster_service — serves pairing.muster: counts who would play if an event began now, against what
 * its policy wants (entry.players_min, divisions.players_min).
 *
 * Where the policy asks for check-in and takes out who has not checked in, only those who have
 * count; otherwise everybody who has entered and does not wait for a place. Divisions that were
 * called off are not looked at.
 */

#include "bus/bus.h"

#include "arbiter/v1/orchestrator.pb-c.h"

void muster_service_count(struct bus *bus, const Arbiter__V1__MusterRequest *input,
                          Arbiter__V1__MusterReply_Closure closure, void *request);

#endif
