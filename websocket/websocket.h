#ifndef WEBSOCKET_WEBSOCKET_H
#define WEBSOCKET_WEBSOCKET_H

/*
 * websocket — one end of a WebSocket (RFC 6455) on the loop: texts in, texts out, a reasoned end.
 *
 * wslay does the framing; this layer puts messages together, bounds them, answers pings, closes in
 * good order and never lets a slow reader hold memory.
 *
 * In:       a connected descriptor whose handshake is done.
 * Out:      callbacks on the loop's thread.
 * Owns:     itself until `on_closed` has returned, or websocket_destroy(); the descriptor is the
 *           caller's, to be closed in `on_closed`.
 * Threads:  the loop's.
 * Errors:   a message that cannot be taken (binary, too large) is told by `on_refused` and skipped;
 *           a peer that breaks the protocol is closed with the code that RFC 6455 has for it.
 */

#include "base/attr.h"
#include "base/status.h"
#include "bus/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEBSOCKET_SKIP_MAX                                                                         \
    (1u << 20)                   /* bytes of a frame that is still skipped; past it: closed        \
                                  */
#define WEBSOCKET_LINGER_MS 5000 /* how long a peer may take to say goodbye */
#define WEBSOCKET_REASON_MAX 123 /* bytes of a close frame's text */
#define WEBSOCKET_ACCEPT_SIZE 29 /* of a handshake's answer, with the NUL */

/* Why a side ends a connection: RFC 6455, 7.4.1, and ours from 4000 on. */
enum websocket_code {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001,
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_NO_CODE = 1005,  /* never sent: the peer gave none */
    WEBSOCKET_ABNORMAL = 1006, /* never sent: the connection broke */
    WEBSOCKET_BAD_TEXT = 1007,
    WEBSOCKET_POLICY = 1008,
    WEBSOCKET_TOO_LARGE = 1009,
    WEBSOCKET_TOO_SLOW = 4008
};

struct websocket;

/* What a peer sent that is not taken. */
enum websocket_refusal { WEBSOCKET_REFUSED_BINARY, WEBSOCKET_REFUSED_SIZE };

struct websocket_options {
    int descriptor;
    bool is_client;
    size_t message_max; /* bytes of a text that is taken */
    size_t backlog_max; /* bytes that may wait unread by the peer */
    const void *early;  /* read already, behind the handshake */
    size_t early_size;
    void (*on_text)(const char *text, size_t size, void *user); /* valid UTF-8, NUL-terminated */
    void (*on_refused)(enum websocket_refusal refusal, void *user); /* may be NULL */
    void (*on_closed)(unsigned code, const char *reason, void *user);
    void *user;
};

/* Begins to listen; NULL without memory or where the loop takes no more descriptors. */
struct websocket *websocket_create(struct loop *loop, const struct websocket_options *options);

/* Ends without a word and without `on_closed`. Not from within one of its own callbacks. */
void websocket_destroy(struct websocket *websocket);

/* Sends a text (copied). False where the peer is too slow, in which case what waited is dropped and
 * the connection closed with WEBSOCKET_TOO_SLOW, or where it is closing already. */
bool websocket_send(struct websocket *websocket, const char *text, size_t size);

/* Returns how many bytes wait to be sent. */
size_t websocket_backlog(const struct websocket *websocket);

/* Asks the peer whether it is there. */
void websocket_ping(struct websocket *websocket);

/* Returns when the peer was last heard of (bytes of any kind), by the monotonic clock. */
int64_t websocket_heard_ms(const struct websocket *websocket);

/* Says goodbye, with a reason for people; `on_closed` follows within WEBSOCKET_LINGER_MS. */
void websocket_close(struct websocket *websocket, unsigned code, const char *reason);

/* Breaks the connection off; `on_closed` follows in the loop's next round. */
void websocket_abort(struct websocket *websocket, const char *reason);

bool websocket_is_open(const struct websocket *websocket);

/* ---- handshakes -------------------------------------------------------------------------- */

/* Writes the answer to a Sec-WebSocket-Key; false where it is none. */
bool websocket_accept(const char *key, char out_accept[WEBSOCKET_ACCEPT_SIZE]) MUST_CHECK;

/* Whether bytes are UTF-8 (RFC 3629). */
bool websocket_is_utf8(const char *bytes, size_t size);

#endif
