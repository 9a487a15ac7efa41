/* Frames to messages and back; bounds; a good end. */
#include "websocket/websocket.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <wslay/wslay.h>

#include "base/buffer.h"
#include "base/clock.h"

enum {
    CONTROL_MAX = 125,        /* bytes of a control frame: RFC 6455, 5.5 */
    READ_MAX = 64 * 1024,     /* bytes taken in a round: others want their turn */
    SEND_BUFFER = 128 * 1024, /* of the kernel: what is past it counts as backlog */
    HEADER_MAX = 14
};

/* The frame being received. */
struct incoming {
    uint64_t got; /* bytes of its payload so far */
    bool is_begun;
    uint8_t control[CONTROL_MAX];
};

struct websocket {
    struct loop *loop;
    struct websocket_options options;
    wslay_frame_context_ptr frames;
    struct buffer early;
    size_t early_read;
    size_t budget; /* bytes that may still be read in this round */
    struct incoming incoming;
    struct buffer message; /* of the text so far */
    bool is_in_message;    /* a frame without `fin` has been seen */
    bool is_refused;       /* the rest of the message is skipped */
    enum websocket_refusal refusal;
    struct buffer out;
    size_t sent;     /* bytes of `out` that are gone */
    size_t boundary; /* the first frame of `out` that begins at or after `sent` */
    int64_t heard_ms;
    loop_timer timer; /* to the end: lingering, or the last call back */
    bool is_closing;  /* a close frame is on its way, or was sent */
    bool has_heard_close;
    bool is_broken;  /* nothing more is read or written */
    bool is_garbled; /* what comes in means nothing any more */
    bool is_eof;
    bool watches_writable;
    unsigned code; /* for on_closed */
    char reason[WEBSOCKET_REASON_MAX + 1];
};

static void flush(struct websocket *websocket);

/* ---- the end ----------------------------------------------------------------------------- */

static void release(struct websocket *websocket)
{
    loop_cancel(websocket->loop, websocket->timer);
    loop_unwatch(websocket->loop, websocket->options.descriptor);
    wslay_frame_context_free(websocket->frames);
    buffer_deinit(&websocket->early);
    buffer_deinit(&websocket->message);
    buffer_deinit(&websocket->out);
    free(websocket);
}

void websocket_destroy(struct websocket *websocket)
{
    if (websocket != NULL)
        release(websocket);
}

static void on_end(void *user)
{
    struct websocket *websocket = user;
    websocket->timer = 0;
    websocket->options.on_closed(websocket->code, websocket->reason, websocket->options.user);
    release(websocket);
}

static void end_after(struct websocket *websocket, int64_t delay_ms)
{
    loop_cancel(websocket->loop, websocket->timer);
    websocket->timer = 0;
    if (loop_after(websocket->loop, delay_ms, on_end, websocket, &websocket->timer) != STATUS_OK)
        websocket->timer = 0; /* the descriptor's hang-up will be heard */
}

static void keep_reason(struct websocket *websocket, unsigned code, const char *reason, size_t size)
{
    if (websocket->code != 0)
        return; /* the first one is the true one */
    websocket->code = code;
    if (size > WEBSOCKET_REASON_MAX)
        size = WEBSOCKET_REASON_MAX;
    memcpy(websocket->reason, reason, size);
    websocket->reason[size] = '\0';
}

static void break_off(struct websocket *websocket, const char *reason)
{
    keep_reason(websocket, WEBSOCKET_ABNORMAL, reason, strlen(reason));
    if (websocket->is_broken)
        return;
    websocket->is_broken = true;
    loop_unwatch(websocket->loop, websocket->options.descriptor);
    end_after(websocket, 0);
}

void websocket_abort(struct websocket *websocket, const char *reason)
{
    break_off(websocket, reason);
}

bool websocket_is_open(const struct websocket *websocket)
{
    return !websocket->is_closing && !websocket->is_broken;
}

/* ---- writing ----------------------------------------------------------------------------- */

static ssize_t put_bytes(const uint8_t *data, size_t size, int flags, void *user)
{
    struct websocket *websocket = user;
    (void)flags; /* wslay has none yet */
    buffer_append(&websocket->out, data, size);
    return websocket->out.failed ? -1 : (ssize_t)size;
}

static int draw_mask(uint8_t *out, size_t size, void *user)
{
    (void)user;
    return gnutls_rnd(GNUTLS_RND_NONCE, out, size) == 0 ? 0 : -1;
}

static void put_frame(struct websocket *websocket, uint8_t opcode, const void *data, size_t size)
{
    struct wslay_frame_iocb frame = {.fin = 1,
                                     .opcode = opcode,
                                     .payload_length = size,
                                     .mask = websocket->options.is_client,
                                     .data = data,
                                     .data_length = size};
    while (frame.data_length > 0 || size == 0) {
        ssize_t count = wslay_frame_send(websocket->frames, &frame);
        if (count < 0) {
            break_off(websocket, "out of memory");
            return;
        }
        frame.data += count;
        frame.data_length -= (size_t)count;
        if (size == 0)
            return;
    }
}

/* Returns the size of a frame of ours, from its first bytes. */
static size_t frame_size(const unsigned char *frame)
{
    size_t size = frame[1] & 0x7f;
    size_t header = 2 + ((frame[1] & 0x80) != 0 ? 4 : 0);
    size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (more > 0)
        size = 0;
    for (size_t i = 0; i < more; i++)
        size = size << 8 | frame[2 + i];
    return header + more + size;
}

static void advance(struct websocket *websocket, size_t count)
{
    struct buffer *out = &websocket->out;
    websocket->sent += count;
    while (websocket->boundary < websocket->sent)
        websocket->boundary += frame_size((const unsigned char *)out->data + websocket->boundary);
    if (websocket->sent == out->size) {
        buffer_deinit(out); /* thousands of idle sockets keep no memory */
        websocket->sent = websocket->boundary = 0;
    } else if (websocket->sent > out->size - websocket->sent) {
        memmove(out->data, out->data + websocket->sent, out->size - websocket->sent);
        out->size -= websocket->sent;
        websocket->boundary -= websocket->sent;
        websocket->sent = 0;
    }
}

static void on_ready(int descriptor, unsigned events, void *user);

static void watch(struct websocket *websocket)
{
    bool has_more = websocket->out.size > websocket->sent;
    if (websocket->is_broken || has_more == websocket->watches_writable)
        return;
    unsigned events = LOOP_READABLE | (has_more ? LOOP_WRITABLE : 0);
    websocket->watches_writable = has_more;
    if (loop_watch(websocket->loop, websocket->options.descriptor, events, on_ready, websocket) !=
        STATUS_OK)
        break_off(websocket, "out of memory");
}

static void flush(struct websocket *websocket)
{
    struct buffer *out = &websocket->out;
    while (!websocket->is_broken && out->size > websocket->sent) {
        ssize_t count = send(websocket->options.descriptor, out->data + websocket->sent,
                             out->size - websocket->sent, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        if (count < 0)
            break_off(websocket, "the connection broke");
        else
            advance(websocket, (size_t)count);
    }
    watch(websocket);
    if (websocket->is_closing && websocket->has_heard_close && out->size == websocket->sent &&
        !websocket->is_broken)
        break_off(websocket, "");
}

static void put_close(struct websocket *websocket, unsigned code, const char *reason, size_t size)
{
    unsigned char payload[2 + WEBSOCKET_REASON_MAX] = {(unsigned char)(code >> 8),
                                                       (unsigned char)(code & 0xff)};
    if (size > WEBSOCKET_REASON_MAX)
        size = WEBSOCKET_REASON_MAX;
    memcpy(payload + 2, reason, size);
    put_frame(websocket, WSLAY_CONNECTION_CLOSE, payload, 2 + size);
}

void websocket_close(struct websocket *websocket, unsigned code, const char *reason)
{
    if (!websocket_is_open(websocket))
        return;
    keep_reason(websocket, code, reason, strlen(reason));
    put_close(websocket, code, reason, strlen(reason));
    websocket->is_closing = true;
    if (!websocket->is_broken)
        end_after(websocket, WEBSOCKET_LINGER_MS);
    flush(websocket);
}

/* What waits is dropped, up to the frame that is half sent: the reason must come through. */
static void close_slow(struct websocket *websocket)
{
    websocket->out.size = websocket->boundary;
    websocket_close(websocket, WEBSOCKET_TOO_SLOW, "you read too slowly; resume where you were");
}

bool websocket_send(struct websocket *websocket, const char *text, size_t size)
{
    if (!websocket_is_open(websocket))
        return false;
    if (websocket->out.size - websocket->sent + size + HEADER_MAX >
        websocket->options.backlog_max) {
        close_slow(websocket);
        return false;
    }
    put_frame(websocket, WSLAY_TEXT_FRAME, text, size);
    flush(websocket);
    return websocket_is_open(websocket);
}

size_t websocket_backlog(const struct websocket *websocket)
{
    return websocket->out.size - websocket->sent;
}

void websocket_ping(struct websocket *websocket)
{
    if (!websocket_is_open(websocket))
        return;
    put_frame(websocket, WSLAY_PING, "", 0);
    flush(websocket);
}

int64_t websocket_heard_ms(const struct websocket *websocket)
{
    return websocket->heard_ms;
}

/* ---- reading ----------------------------------------------------------------------------- */

static ssize_t get_early(struct websocket *websocket, uint8_t *out, size_t size)
{
    size_t left = websocket->early.size - websocket->early_read;
    size_t count = left < size ? left : size;
    memcpy(out, websocket->early.data + websocket->early_read, count);
    websocket->early_read += count;
    if (websocket->early_read == websocket->early.size)
        buffer_deinit(&websocket->early);
    return (ssize_t)count;
}

/* -1 means to wslay that there is nothing more for now. */
static ssize_t get_bytes(uint8_t *out, size_t size, int flags, void *user)
{
    struct websocket *websocket = user;
    (void)flags; /* wslay has none yet */
    if (websocket->early.size > 0)
        return get_early(websocket, out, size);
    if (websocket->budget == 0)
        return -1;
    if (size > websocket->budget)
        size = websocket->budget;
    ssize_t count = recv(websocket->options.descriptor, out, size, 0);
    if (count > 0) {
        websocket->budget -= (size_t)count;
        return count;
    }
    websocket->is_eof = count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
    return -1;
}

static void on_close_frame(struct websocket *websocket, const uint8_t *payload, size_t size)
{
    unsigned code = size >= 2 ? (unsigned)payload[0] << 8 | payload[1] : WEBSOCKET_NO_CODE;
    const char *reason = size >= 2 ? (const char *)payload + 2 : "";
    keep_reason(websocket, code, reason, size >= 2 ? size - 2 : 0);
    websocket->has_heard_close = true;
    if (websocket->is_closing) {
        flush(websocket);
        return;
    }
    put_close(websocket, size >= 2 ? code : WEBSOCKET_NORMAL, "", 0);
    websocket->is_closing = true;
    if (!websocket->is_broken)
        end_after(websocket, WEBSOCKET_LINGER_MS);
    flush(websocket);
}

static void on_control(struct websocket *websocket, const struct wslay_frame_iocb *frame)
{
    const uint8_t *payload = websocket->incoming.control;
    size_t size = (size_t)frame->payload_length;
    if (frame->opcode == WSLAY_CONNECTION_CLOSE) {
        on_close_frame(websocket, payload, size);
    } else if (frame->opcode == WSLAY_PING && websocket_is_open(websocket)) {
        if (websocket_backlog(websocket) + size + HEADER_MAX > websocket->options.backlog_max) {
            close_slow(websocket);
            return;
        }
        put_frame(websocket, WSLAY_PONG, payload, size);
        flush(websocket);
    }
}

static void refuse(struct websocket *websocket, enum websocket_refusal refusal)
{
    if (!websocket->is_refused)
        websocket->refusal = refusal;
    websocket->is_refused = true;
    buffer_deinit(&websocket->message);
}

static void on_message(struct websocket *websocket)
{
    struct buffer message = websocket->message;
    bool is_refused = websocket->is_refused;
    websocket->message = (struct buffer){0};
    websocket->is_in_message = false;
    websocket->is_refused = false;
    if (websocket_is_open(websocket)) {
        if (is_refused && websocket->options.on_refused != NULL)
            websocket->options.on_refused(websocket->refusal, websocket->options.user);
        else if (!is_refused && !websocket_is_utf8(buffer_text(&message), message.size))
            websocket_close(websocket, WEBSOCKET_BAD_TEXT, "a text must be UTF-8");
        else if (!is_refused)
            websocket->options.on_text(buffer_text(&message), message.size,
                                       websocket->options.user);
    }
    buffer_deinit(&message);
}

/* What breaks the protocol (RFC 6455, 5); NULL where nothing does. wslay refuses control frames
 * that are long or in pieces by itself. */
static const char *fault_of(const struct websocket *websocket, const struct wslay_frame_iocb *frame)
{
    bool is_control = wslay_is_ctrl_frame(frame->opcode);
    if (frame->rsv != WSLAY_RSV_NONE)
        return "no extension was agreed on";
    if ((frame->mask != 0) == websocket->options.is_client)
        return websocket->options.is_client ? "a server does not mask"
                                            : "a client masks its frames";
    assert(!is_control || (frame->fin != 0 && frame->payload_length <= CONTROL_MAX));
    if (is_control)
        return frame->opcode > WSLAY_PONG ? "there is no such frame" : NULL;
    if (frame->opcode > WSLAY_BINARY_FRAME)
        return "there is no such frame";
    if ((frame->opcode == WSLAY_CONTINUATION_FRAME) != websocket->is_in_message)
        return "frames of two messages are mixed";
    return NULL;
}

/* Judges a frame by its header; false where the connection is being closed for it. */
static bool begin_frame(struct websocket *websocket, const struct wslay_frame_iocb *frame)
{
    const char *fault = fault_of(websocket, frame);
    if (fault != NULL || frame->payload_length > WEBSOCKET_SKIP_MAX) {
        websocket_close(websocket, fault != NULL ? WEBSOCKET_PROTOCOL_ERROR : WEBSOCKET_TOO_LARGE,
                        fault != NULL ? fault : "the frame is far too large");
        websocket->is_garbled = true;
        return false;
    }
    websocket->incoming.is_begun = true;
    websocket->incoming.got = 0;
    if (wslay_is_ctrl_frame(frame->opcode))
        return true;
    websocket->is_in_message = true;
    if (frame->opcode == WSLAY_BINARY_FRAME)
        refuse(websocket, WEBSOCKET_REFUSED_BINARY);
    else if (websocket->message.size + frame->payload_length > websocket->options.message_max)
        refuse(websocket, WEBSOCKET_REFUSED_SIZE);
    return true;
}

/* Takes a piece of a frame. */
static void take(struct websocket *websocket, const struct wslay_frame_iocb *frame)
{
    struct incoming *incoming = &websocket->incoming;
    bool is_control = wslay_is_ctrl_frame(frame->opcode);
    if (!incoming->is_begun && !begin_frame(websocket, frame))
        return;
    if (is_control)
        memcpy(incoming->control + incoming->got, frame->data, frame->data_length);
    else if (!websocket->is_refused)
        buffer_append(&websocket->message, frame->data, frame->data_length);
    incoming->got += frame->data_length;
    if (websocket->message.failed)
        refuse(websocket, WEBSOCKET_REFUSED_SIZE);
    if (incoming->got < frame->payload_length)
        return;
    incoming->is_begun = false;
    if (is_control)
        on_control(websocket, frame);
    else if (frame->fin != 0)
        on_message(websocket);
}

/* Bytes after a broken protocol mean nothing: they are only taken off the wire, so that our close
 * frame is not lost to a reset. */
static void drain(struct websocket *websocket)
{
    uint8_t bytes[4096];
    while (get_bytes(bytes, sizeof bytes, 0, websocket) > 0) {
    }
}

static void read_frames(struct websocket *websocket)
{
    websocket->budget = READ_MAX;
    while (!websocket->is_broken && !websocket->is_garbled) {
        struct wslay_frame_iocb frame = {0};
        ssize_t count = wslay_frame_recv(websocket->frames, &frame);
        if (count == WSLAY_ERR_WANT_READ)
            return;
        if (count >= 0) {
            take(websocket, &frame);
        } else {
            websocket->is_garbled = true;
            websocket_close(websocket, WEBSOCKET_PROTOCOL_ERROR, "the frame is malformed");
        }
    }
    if (!websocket->is_broken)
        drain(websocket);
}

static void on_ready(int descriptor, unsigned events, void *user)
{
    struct websocket *websocket = user;
    (void)descriptor;
    if ((events & LOOP_WRITABLE) != 0)
        flush(websocket);
    if (websocket->is_broken || (events & (LOOP_READABLE | LOOP_HANGUP)) == 0)
        return;
    websocket->heard_ms = clock_monotonic_us() / 1000;
    read_frames(websocket);
    if (websocket->is_eof)
        break_off(websocket, "the connection broke");
}

/* ---- life -------------------------------------------------------------------------------- */

static bool prepare_descriptor(int descriptor)
{
    int on = 1;
    int size = SEND_BUFFER;
    int flags = fcntl(descriptor, F_GETFL);
    /* Without these two it would only be slower, or hold more memory. */
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* Bytes that came with the handshake are read in the loop's next round: the caller is not ready for
 * callbacks before websocket_create() has returned. */
static void on_early(void *user)
{
    struct websocket *websocket = user;
    websocket->timer = 0;
    read_frames(websocket);
}

static bool begin(struct websocket *websocket, const struct websocket_options *options)
{
    static const struct wslay_frame_callbacks callbacks = {put_bytes, get_bytes, draw_mask};
    if (options->early_size > 0)
        buffer_append(&websocket->early, options->early, options->early_size);
    return !websocket->early.failed && prepare_descriptor(options->descriptor) &&
           wslay_frame_context_init(&websocket->frames, &callbacks, websocket) == 0 &&
           (options->early_size == 0 ||
            loop_after(websocket->loop, 0, on_early, websocket, &websocket->timer) == STATUS_OK) &&
           loop_watch(websocket->loop, options->descriptor, LOOP_READABLE, on_ready, websocket) ==
               STATUS_OK;
}

struct websocket *websocket_create(struct loop *loop, const struct websocket_options *options)
{
    assert(options->on_text != NULL && options->on_closed != NULL);
    struct websocket *websocket = calloc(1, sizeof *websocket);
    if (websocket == NULL)
        return NULL;
    websocket->loop = loop;
    websocket->options = *options;
    websocket->heard_ms = clock_monotonic_us() / 1000;
    if (begin(websocket, options))
        return websocket;
    loop_cancel(loop, websocket->timer);
    if (websocket->frames != NULL)
        wslay_frame_context_free(websocket->frames);
    buffer_deinit(&websocket->early);
    free(websocket);
    return NULL;
}
