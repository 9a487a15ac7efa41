#ifndef SEEKS_SOCKET_H
#define SEEKS_SOCKET_H

/*
 * socket — GET /v1/socket: WebSockets for moves and for the events of games.
 *
 * In:       messages as seeks/socket_message.h has them; docs/socket.md describes them for clients.
 * Out:      requests to the game service and the store; answers, and the events of watched games in
 *           the order of their sequence numbers, without gap or repeat.
 * Owns:     the sockets; nothing that lasts: a client comes back and resumes.
 * Threads:  the loop's.
 * Errors:   told to the sender, who stays connected; who is slow, silent or hostile is closed with
 *           a code and a reason.
 */

#include "base/attr.h"

#include <stdbool.h>
#include "bus/bus.h"
#include "seeks/api.h"
#include "seeks/feed.h"
#include "seeks/token.h"

#define SOCKETS_MAX 12000    /* of all connections: the rest is for requests */
#define SOCKETS_PLAYER_MAX 8 /* of one player */
#define SOCKET_WATCHES_MAX 100
#define SOCKET_PENDING_MAX 32            /* requests of one socket that are under way */
#define SOCKET_RATE_DEFAULT 20           /* messages a second; twice as many at once */
#define SOCKET_EXCESS_MAX 2000           /* messages past the rate: then it is an attack */
#define SOCKET_BACKLOG_MAX (256u * 1024) /* bytes a slow reader may be behind */
#define SOCKET_PAUSE_BYTES (SOCKET_BACKLOG_MAX / 4) /* catching up waits for the reader here */
#define SOCKET_PAUSE_MS 10
#define SOCKET_PING_S_DEFAULT 20 /* silent for longer: pinged; for three times: gone */

/* Close codes beside those of websocket/websocket.h. */
enum socket_code { SOCKET_TOKEN_EXPIRED = 4001, SOCKET_SILENT = 4002, SOCKET_TOO_MANY = 4003 };

struct sockets;

struct sockets_options {
    struct feed *feed;
    struct bus *bus;
    const struct token_keys *keys;
    int rate;   /* messages a second; 0: SOCKET_RATE_DEFAULT */
    int ping_s; /* 0: SOCKET_PING_S_DEFAULT */
};

/* NULL without memory. The options' pointers must outlive the sockets. */
struct sockets *sockets_create(const struct sockets_options *options);

/* Says goodbye to all; before the HTTP server is destroyed. NULL is allowed. */
void sockets_destroy(struct sockets *sockets);

/* Whether a player, or anybody (NULL), has a socket open here. */
bool sockets_have(const struct sockets *sockets, const char *player);

/* Fills in what is known of sockets. */
void sockets_stats(const struct sockets *sockets, struct api_stats *out_stats);

#endif
