/* Bytes from a hostile peer, behind the handshake: texts that arrive are UTF-8 and within bounds,
 * and the connection ends at most once, in a code that RFC 6455 allows. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sys/socket.h>
#include <unistd.h>

#include "websocket/websocket.h"

enum { MESSAGE_MAX = 256, ROUNDS = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct peer {
    struct websocket *websocket;
    int closed;
};

static void on_text(const char *text, size_t size, void *user)
{
    const struct peer *peer = user;
    assert(size <= MESSAGE_MAX && websocket_is_utf8(text, size) && text[size] == '\0');
    if (size == 1)
        websocket_close(peer->websocket, WEBSOCKET_NORMAL, "enough");
    else
        (void)websocket_send(peer->websocket, text, size); /* too slow: closed, as it should be */
}

static void on_refused(enum websocket_refusal refusal, void *user)
{
    assert(refusal == WEBSOCKET_REFUSED_BINARY || refusal == WEBSOCKET_REFUSED_SIZE);
    (void)user; /* nothing to answer */
}

static void on_closed(unsigned code, const char *reason, void *user)
{
    struct peer *peer = user;
    assert(code >= 1 && strlen(reason) <= WEBSOCKET_REASON_MAX);
    assert(++peer->closed == 1);
    peer->websocket = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int descriptors[2];
    struct peer peer = {0};
    struct loop *loop = loop_create();
    if (loop == NULL || socketpair(AF_UNIX, SOCK_STREAM, 0, descriptors) != 0)
        abort();
    peer.websocket =
        websocket_create(loop, &(struct websocket_options){.descriptor = descriptors[0],
                                                           .message_max = MESSAGE_MAX,
                                                           .backlog_max = 1024,
                                                           .early = data,
                                                           .early_size = size / 2,
                                                           .on_text = on_text,
                                                           .on_refused = on_refused,
                                                           .on_closed = on_closed,
                                                           .user = &peer});
    assert(peer.websocket != NULL);
    (void)send(descriptors[1], data + size / 2, size - size / 2, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)shutdown(descriptors[1], SHUT_WR); /* so that every round has something to do */
    for (int i = 0; i < ROUNDS && peer.closed == 0; i++)
        loop_run_until(loop, 0);
    websocket_destroy(peer.websocket);
    loop_destroy(loop);
    (void)close(descriptors[0]);
    (void)close(descriptors[1]);
    return 0;
}
