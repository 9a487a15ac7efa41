#ifndef BUS_BUS_NATS_H
#define BUS_BUS_NATS_H

/*
 * bus_nats — the bus on a nats-server, through nats.c in event-loop mode.
 *
 * One connection does requests, replies and plain events, flushed once a loop round; a second one,
 * on a thread of its own, does JetStream administration and pull consumption, whose calls block.
 * Connects in the background and reconnects for ever; while away, calls end in UNAVAILABLE.
 */

#include "base/fault.h"
#include "bus/bus.h"

struct bus_nats_options {
    const char *url;  /* "nats://127.0.0.1:4222", several separated by commas */
    const char *name; /* service's name for monitoring and for PING/INFO/STATS */
    const char *version;
    const char *credentials; /* path of a NATS credentials file; NULL: none */
    const char *tls_ca;      /* path of a CA file; NULL: no TLS */
    const char *tls_cert;    /* client certificate and key; NULL: none */
    const char *tls_key;
};

/* Returns a member of the bus; the strings are copied. NULL without memory or with a malformed url
 * (out_fault says). Not being able to reach the server yet is no error. */
struct bus *bus_nats_create(struct loop *loop, const struct bus_nats_options *options,
                            struct fault *out_fault);

#endif
