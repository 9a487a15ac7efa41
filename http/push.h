#ifndef HTTP_PUSH_H
#define HTTP_PUSH_H

/*
 * push — many answers without an end, written by one hand: server-sent events to ten thousand.
 *
 * What is said to many is encoded once: a frame is shared by all whom it goes to. A stream has
 * nothing but its descriptor and the few frames that are on their way; what comes next it is asked
 * for when there is room. Writing is done in slices, so that whoever else lives on the loop gets
 * its turn between.
 *
 * In:       connections taken over from an http_server (http_answer_takeover()).
 * Out:      bytes; `on_closed` once a stream, with why.
 * Owns:     the connections; streams until `on_closed` has returned, or push_destroy().
 * Threads:  the loop's. `on_next` and `on_closed` never run within push_open() or push_ready().
 * Errors:   who does not take a frame for PUSH_PATIENCE_MS is too slow and closed, and so is who
 *           sends more than PUSH_CHATTER_MAX bytes on a connection that is for listening.
 */

#include "base/attr.h"
#include "bus/loop.h"
#include "http/http.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PUSH_BATCH 8             /* frames of one stream on their way */
#define PUSH_SLICE 64            /* streams written to before others have their turn */
#define PUSH_KEEP_ALIVE_MS 15000 /* a comment at least that often */
#define PUSH_PATIENCE_MS 30000   /* that a frame may take; looked at with the comments */
#define PUSH_SEND_BUFFER 32768   /* bytes the system keeps for a reader; it doubles them */
#define PUSH_CHATTER_MAX 4096

struct push;
struct push_stream;

/* ---- frames ------------------------------------------------------------------------------ */

/* Bytes that are shared; each holder gives its reference back. */
struct push_frame;

/* Returns one with one reference, its bytes copied; NULL without memory. */
struct push_frame *push_frame_create(const void *bytes, size_t size);
struct push_frame *push_frame_keep(struct push_frame *frame);
void push_frame_drop(struct push_frame *frame); /* NULL is allowed */

/* ---- streams ----------------------------------------------------------------------------- */

enum push_end { PUSH_ENDED, PUSH_LEFT, PUSH_SLOW, PUSH_CHATTER };

/* Returns the next frame (the reference becomes the writer's), or NULL where there is none now:
 * push_ready() tells when there is. */
typedef struct push_frame *(*push_on_next)(void *user);
typedef void (*push_on_closed)(enum push_end end, void *user);

struct push_options {
    struct http_taken *taken; /* the connection; push's from now on, whatever happens */
    int descriptor;
    struct push_frame *head; /* written first; the reference becomes push's */
    bool is_lines;           /* kept alive by empty lines, not by comments of server-sent events */
    push_on_next on_next;
    push_on_closed on_closed;
    void *user;
};

/* Returns NULL without memory or descriptors; nothing is called then, the connection closed. */
struct push_stream *push_open(struct push *push, const struct push_options *options);

/* There is something to be had. */
void push_ready(struct push_stream *stream);

/* Ends the stream after what it has been given; nothing more is asked for. */
void push_end(struct push_stream *stream);

/* ---- all of them ------------------------------------------------------------------------- */

struct push_stats {
    size_t open;
    uint64_t frames; /* given to streams */
    uint64_t slow;   /* closed because of it, so far */
    uint64_t chatter;
};

/* How often a comment at least, and how long a frame may take; 0: PUSH_KEEP_ALIVE_MS and
 * PUSH_PATIENCE_MS. */
struct push_pace {
    int64_t keep_alive_ms;
    int64_t patience_ms;
};

/* NULL without memory. A pace of NULL is all zeroes. */
struct push *push_create(struct loop *loop, const struct push_pace *pace);
void push_destroy(struct push *push); /* closes all; NULL is allowed */
void push_stats(const struct push *push, struct push_stats *out_stats);

#endif
