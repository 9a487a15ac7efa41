#ifndef CLI_LIVE_H
#define CLI_LIVE_H

/*
 * live — an operator's questions to the house that is running, over NATS: one at a time, waited
 * for.
 *
 * The address is the one given, ARBITER_NATS_URL's, or the house's under ./.arbiter; credentials
 * and certificates are those that the services read: ARBITER_NATS_CREDENTIALS, ARBITER_NATS_CA,
 * ARBITER_NATS_CERT, ARBITER_NATS_KEY.
 *
 * Owns:     the connection, until live_close().
 * Threads:  the caller's.
 * Errors:   a status and a sentence in the fault: UNAVAILABLE where nobody answers, otherwise what
 *           the service says.
 */

#include "base/attr.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/status.h"
#include "bus/bus.h"

#define LIVE_CONNECT_MS 5000
#define LIVE_NAME_MAX 256

struct live;

/* Connects; `url` and `folder` may be NULL. NULL where that fails (out_fault says). */
struct live *live_open(const char *url, const char *folder, struct fault *out_fault);
void live_close(struct live *live); /* NULL is allowed */

/* Makes a call and waits for its end. `on_answer` is called only with STATUS_OK. */
enum status live_call(struct live *live, const struct bus_call *call, bus_on_answer on_answer,
                      void *user, struct fault *out_fault) MUST_CHECK;

/* An instance as it is now, with the text of the machine it is pinned to. Zero it;
 * live_instance_deinit() frees it. */
struct live_instance {
    char machine[LIVE_NAME_MAX];
    char hash[LIVE_NAME_MAX];
    struct buffer snapshot;
    struct buffer text; /* YAML */
};
enum status live_instance_read(struct live *live, const char *instance_id,
                               struct live_instance *out_instance,
                               struct fault *out_fault) MUST_CHECK;
void live_instance_deinit(struct live_instance *instance);

#endif
