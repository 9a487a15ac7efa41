#ifndef PROTO_EVENT_NAMES_H
#define PROTO_EVENT_NAMES_H

/* event_names — names of events that more than one service goes by. */

/* The end of what somebody may be waiting for: it is said at once, beside the event's own way. */
#define EVENT_CLOSED "closed"

#endif
