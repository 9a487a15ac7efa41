/* The writer: who has something to hear stands in a queue; who cannot take more waits for its
 * descriptor; a wheel goes round for comments and patience. */
#include "http/push.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clock.h"

enum { SPOKES = 16, USER_TIMEOUT_MS = 60000, TURNS_MAX = 8 };

struct push_frame {
    size_t references;
    size_t size;
    char bytes[];
};

struct push_stream {
    struct push *push;
    struct push_stream *previous; /* on its spoke */
    struct push_stream *next;
    struct push_stream *queue_previous; /* among those with something to hear */
    struct push_stream *queue_next;
    struct http_taken *taken;
    push_on_next on_next;
    push_on_closed on_closed;
    void *user;
    struct push_frame *frames[PUSH_BATCH]; /* on their way */
    int64_t stuck_since_ms;                /* the first of them; 0: it is not */
    uint32_t sent;                         /* bytes of the first */
    uint32_t chatter;
    int descriptor;
    uint8_t frame_count;
    uint8_t spoke;
    bool is_queued;
    bool is_blocked; /* waits for its descriptor */
    bool is_ending;
    bool wants_comment;
    bool is_lines;
};

struct push {
    struct loop *loop;
    struct push_pace pace;
    struct push_frame *comment;
    struct push_frame *empty_line;
    struct push_stream *spokes[SPOKES];
    unsigned spoke;      /* looked at next */
    unsigned next_spoke; /* for the next stream */
    struct push_stream *queue_first;
    struct push_stream *queue_last;
    loop_timer turn;
    loop_timer slice;
    struct push_stats stats;
};

/* ---- frames ------------------------------------------------------------------------------ */

struct push_frame *push_frame_create(const void *bytes, size_t size)
{
    struct push_frame *frame = malloc(sizeof *frame + size);
    if (frame == NULL)
        return NULL;
    frame->references = 1;
    frame->size = size;
    memcpy(frame->bytes, bytes, size);
    return frame;
}

struct push_frame *push_frame_keep(struct push_frame *frame)
{
    frame->references++;
    return frame;
}

void push_frame_drop(struct push_frame *frame)
{
    if (frame != NULL && --frame->references == 0)
        free(frame);
}

/* ---- the queue --------------------------------------------------------------------------- */

static void write_slice(void *user);

static void plan_slice(struct push *push)
{
    if (push->slice == 0 && loop_after(push->loop, 0, write_slice, push, &push->slice) != STATUS_OK)
        push->slice = 0; /* the wheel's next turn tries again */
}

static void enqueue(struct push_stream *stream)
{
    struct push *push = stream->push;
    if (stream->is_queued)
        return;
    stream->is_queued = true;
    stream->queue_next = NULL;
    stream->queue_previous = push->queue_last;
    if (push->queue_last != NULL)
        push->queue_last->queue_next = stream;
    else
        push->queue_first = stream;
    push->queue_last = stream;
    plan_slice(push);
}

static void dequeue(struct push_stream *stream)
{
    struct push *push = stream->push;
    if (!stream->is_queued)
        return;
    stream->is_queued = false;
    if (stream->queue_previous != NULL)
        stream->queue_previous->queue_next = stream->queue_next;
    else
        push->queue_first = stream->queue_next;
    if (stream->queue_next != NULL)
        stream->queue_next->queue_previous = stream->queue_previous;
    else
        push->queue_last = stream->queue_previous;
}

/* ---- the end of one ---------------------------------------------------------------------- */

static void leave_spoke(struct push_stream *stream)
{
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        stream->push->spokes[stream->spoke] = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
}

static void stream_close(struct push_stream *stream, enum push_end end)
{
    struct push *push = stream->push;
    push->stats.open--;
    push->stats.slow += end == PUSH_SLOW;
    push->stats.chatter += end == PUSH_CHATTER;
    dequeue(stream);
    leave_spoke(stream);
    for (int i = 0; i < stream->frame_count; i++)
        push_frame_drop(stream->frames[i]);
    loop_unwatch(push->loop, stream->descriptor);
    http_taken_close(stream->taken);
    stream->on_closed(end, stream->user);
    free(stream);
}

/* ---- writing ----------------------------------------------------------------------------- */

static void fetch_frames(struct push_stream *stream)
{
    struct push *push = stream->push;
    while (stream->frame_count < PUSH_BATCH && !stream->is_ending) {
        struct push_frame *frame = stream->on_next(stream->user);
        if (frame == NULL)
            break;
        stream->frames[stream->frame_count++] = frame;
        push->stats.frames++;
    }
    if (stream->frame_count == 0 && stream->wants_comment)
        stream->frames[stream->frame_count++] =
            push_frame_keep(stream->is_lines ? push->empty_line : push->comment);
    stream->wants_comment = false; /* what is on its way keeps the connection alive as well */
}

/* Forgets what the system has taken. */
static void advance(struct push_stream *stream, size_t count)
{
    int whole = 0;
    count += stream->sent;
    while (whole < stream->frame_count && count >= stream->frames[whole]->size) {
        count -= stream->frames[whole]->size;
        push_frame_drop(stream->frames[whole++]);
    }
    if (whole > 0)
        stream->stuck_since_ms = 0;
    stream->frame_count = (uint8_t)(stream->frame_count - whole);
    memmove(stream->frames, stream->frames + whole,
            (size_t)stream->frame_count * sizeof stream->frames[0]);
    stream->sent = (uint32_t)count;
}

static ssize_t send_frames(const struct push_stream *stream)
{
    struct iovec parts[PUSH_BATCH];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = stream->frame_count};
    for (int i = 0; i < stream->frame_count; i++) {
        size_t skip = i == 0 ? stream->sent : 0;
        parts[i] = (struct iovec){stream->frames[i]->bytes + skip, stream->frames[i]->size - skip};
    }
    return sendmsg(stream->descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void on_ready(int descriptor, unsigned events, void *user);

static void set_blocked(struct push_stream *stream, bool is_blocked)
{
    if (stream->is_blocked == is_blocked)
        return;
    stream->is_blocked = is_blocked;
    unsigned events = LOOP_READABLE | (is_blocked ? (unsigned)LOOP_WRITABLE : 0u);
    if (loop_watch(stream->push->loop, stream->descriptor, events, on_ready, stream) != STATUS_OK)
        enqueue(stream); /* it is watched already, so this is the system's trouble: ask again */
}

/* The system has no room for more: it will say when it has. */
static void block(struct push_stream *stream)
{
    if (stream->stuck_since_ms == 0)
        stream->stuck_since_ms = clock_monotonic_us() / 1000;
    set_blocked(stream, true);
}

/* Writes until there is nothing to write, or no room; may close the stream. */
static void write_stream(struct push_stream *stream)
{
    for (int turn = 0; turn < TURNS_MAX; turn++) {
        fetch_frames(stream);
        if (stream->frame_count == 0) {
            if (stream->is_ending)
                stream_close(stream, PUSH_ENDED);
            else
                set_blocked(stream, false);
            return;
        }
        ssize_t count = send_frames(stream);
        if (count >= 0) {
            advance(stream, (size_t)count);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            block(stream);
            return;
        } else if (errno != EINTR) {
            stream_close(stream, PUSH_LEFT);
            return;
        }
    }
    enqueue(stream); /* behind the others, who have waited meanwhile */
}

static void write_slice(void *user)
{
    struct push *push = user;
    push->slice = 0;
    for (int i = 0; i < PUSH_SLICE && push->queue_first != NULL; i++) {
        struct push_stream *stream = push->queue_first;
        dequeue(stream);
        write_stream(stream);
    }
    if (push->queue_first != NULL)
        plan_slice(push);
}

/* ---- what comes from the other side ------------------------------------------------------ */

/* Nobody has anything to say here: bytes are thrown away, an end is an end. False: it is closed. */
static bool hear(struct push_stream *stream)
{
    char bytes[512];
    ssize_t count = recv(stream->descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return true;
    if (count > 0)
        stream->chatter += (uint32_t)count;
    if (count > 0 && stream->chatter <= PUSH_CHATTER_MAX)
        return true;
    stream_close(stream, count > 0 ? PUSH_CHATTER : PUSH_LEFT);
    return false;
}

static void on_ready(int descriptor, unsigned events, void *user)
{
    struct push_stream *stream = user;
    (void)descriptor; /* the stream's */
    if ((events & (LOOP_READABLE | LOOP_HANGUP)) != 0 && !hear(stream))
        return;
    if ((events & LOOP_WRITABLE) != 0)
        write_stream(stream);
}

/* ---- the wheel --------------------------------------------------------------------------- */

static void look_at(struct push_stream *stream, int64_t now_ms)
{
    if (stream->stuck_since_ms != 0 &&
        now_ms - stream->stuck_since_ms >= stream->push->pace.patience_ms) {
        stream_close(stream, PUSH_SLOW);
        return;
    }
    stream->wants_comment = true;
    if (!stream->is_blocked)
        enqueue(stream);
}

static void plan_turn(struct push *push);

static void on_turn(void *user)
{
    struct push *push = user;
    int64_t now_ms = clock_monotonic_us() / 1000;
    struct push_stream *next = NULL;
    for (struct push_stream *stream = push->spokes[push->spoke]; stream != NULL; stream = next) {
        next = stream->next;
        look_at(stream, now_ms);
    }
    push->spoke = (push->spoke + 1) % SPOKES;
    if (push->queue_first != NULL)
        plan_slice(push);
    plan_turn(push);
}

static void plan_turn(struct push *push)
{
    if (loop_after(push->loop, push->pace.keep_alive_ms / SPOKES, on_turn, push, &push->turn) !=
        STATUS_OK)
        push->turn = 0; /* a full loop has other worries; clients come back when they miss us */
}

/* ---- one stream -------------------------------------------------------------------------- */

/* A reader that has gone without a word is noticed in a minute, and a slow one costs the system no
 * more than its share. */
static void set_socket(int descriptor)
{
    int one = 1;
    int room = PUSH_SEND_BUFFER;
    unsigned timeout_ms = USER_TIMEOUT_MS;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
    /* Where a system knows one of them not, it works without. */
}

struct push_stream *push_open(struct push *push, const struct push_options *options)
{
    struct push_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL ||
        loop_watch(push->loop, options->descriptor, LOOP_READABLE, on_ready, stream) != STATUS_OK) {
        free(stream);
        push_frame_drop(options->head);
        http_taken_close(options->taken);
        return NULL;
    }
    stream->push = push;
    stream->taken = options->taken;
    stream->descriptor = options->descriptor;
    stream->is_lines = options->is_lines;
    stream->on_next = options->on_next;
    stream->on_closed = options->on_closed;
    stream->user = options->user;
    if (options->head != NULL)
        stream->frames[stream->frame_count++] = options->head;
    set_socket(stream->descriptor);
    stream->spoke = (uint8_t)(push->next_spoke++ % SPOKES);
    stream->next = push->spokes[stream->spoke];
    if (stream->next != NULL)
        stream->next->previous = stream;
    push->spokes[stream->spoke] = stream;
    push->stats.open++;
    enqueue(stream);
    return stream;
}

void push_ready(struct push_stream *stream)
{
    if (!stream->is_blocked)
        enqueue(stream);
}

void push_end(struct push_stream *stream)
{
    stream->is_ending = true;
    push_ready(stream);
}

/* ---- all of them ------------------------------------------------------------------------- */

struct push *push_create(struct loop *loop, const struct push_pace *pace)
{
    static const char comment[] = ": \n\n";
    struct push *push = calloc(1, sizeof *push);
    if (push == NULL)
        return NULL;
    push->loop = loop;
    if (pace != NULL)
        push->pace = *pace;
    if (push->pace.keep_alive_ms == 0)
        push->pace.keep_alive_ms = PUSH_KEEP_ALIVE_MS;
    if (push->pace.patience_ms == 0)
        push->pace.patience_ms = PUSH_PATIENCE_MS;
    push->comment = push_frame_create(comment, sizeof comment - 1);
    push->empty_line = push_frame_create("\n", 1);
    if (push->comment == NULL || push->empty_line == NULL) {
        push_frame_drop(push->comment);
        push_frame_drop(push->empty_line);
        free(push);
        return NULL;
    }
    plan_turn(push);
    return push;
}

void push_destroy(struct push *push)
{
    if (push == NULL)
        return;
    for (int i = 0; i < SPOKES; i++)
        while (push->spokes[i] != NULL)
            stream_close(push->spokes[i], PUSH_ENDED);
    loop_cancel(push->loop, push->turn);
    loop_cancel(push->loop, push->slice);
    push_frame_drop(push->comment);
    push_frame_drop(push->empty_line);
    free(push);
}

void push_stats(const struct push *push, struct push_stats *out_stats)
{
    *out_stats = push->stats;
}
