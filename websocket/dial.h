#ifndef WEBSOCKET_DIAL_H
#define WEBSOCKET_DIAL_H

/*
 * dial — the client's side of a WebSocket's handshake.
 *
 * Owns:     nothing; the descriptor is the caller's.
 * Threads:  none inside; waits for the server, DIAL_PATIENCE_S at most.
 * Errors:   STATUS_INVALID_ARGUMENT for an address that is none ("http://" only: TLS ends at a
 *           proxy), STATUS_UNAVAILABLE where nobody answers, STATUS_PERMISSION_DENIED where the
 *           answer is no; the fault says which.
 */

#include "base/attr.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/status.h"

#define DIAL_PATIENCE_S 10

struct dial {
    const char *url;   /* "http://host:port" */
    const char *path;  /* "/v1/socket" */
    const char *token; /* NULL: a stranger */
};

/* Connects and shakes hands. `out_early` gets what the server sent right behind its answer: it goes
 * into websocket_options. */
enum status dial(const struct dial *dial, int *out_descriptor, struct buffer *out_early,
                 struct fault *out_fault) MUST_CHECK;

#endif
