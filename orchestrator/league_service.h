#ifndef ORCHESTRATOR_LEAGUE_SERVICE_H
#define ORCHESTRATOR_LEAGUE_SERVICE_H

/*
 * league_service — serves pairing.deal: reads who has registered for a season of a league and how
 * the seasons before it ended, and deals divisions.
 *
 * A league's tournaments are called "<league>-<number>". Who has not played for LEAGUE_SEASONS_BACK
 * seasons is new. While the season before is still played, the answer is STATUS_UNAVAILABLE: try
 * again.
 */

#include "bus/bus.h"

#include "arbiter/v1/orchestrator.pb-c.h"

#define LEAGUE_SEASONS_BACK 8

void league_service_deal(struct bus *bus, const Arbiter__V1__DealRequest *input,
                         Arbiter__V1__DealReply_Closure closure, void *request);

#endif
