#ifndef BUS_MEMORY_STREAM_H
#define BUS_MEMORY_STREAM_H

/*
 * memory_stream — the streams of a network in memory: messages kept, and who has read how far.
 *
 * Private to the memory backend. One durable name is handed one message at a time, so a callback
 * that asks for it again holds up those behind it, as bus_consume() promises.
 *
 * Owns:     copies of messages; consumers are borrowed until memory_streams_unbind().
 * Threads:  the loop's.
 */

#include "bus/transport.h"

struct memory_stream;
struct memory_durable;

/* How the network treats one delivery; asked once for each. */
struct memory_fate {
    int32_t delay_ms;
    bool lost;
    bool doubled;
};
typedef struct memory_fate (*memory_on_fate)(void *user);
/* Whether a consumer's member can be reached. */
typedef bool (*memory_on_reachable)(const struct bus_consumer *consumer, void *user);

struct memory_streams {
    struct loop *loop;
    memory_on_fate fate;
    memory_on_reachable reachable;
    void *user;
    struct memory_stream *streams;
    struct memory_durable *durables;
    bool handing_out; /* a callback reads a message: none may be dropped */
};

void memory_streams_deinit(struct memory_streams *streams);

enum status memory_streams_declare(struct memory_streams *streams,
                                   const struct bus_stream *stream) MUST_CHECK;

/* Keeps a message where a stream captures its subject. Returns its sequence in the stream (of its
 * first copy where the id is known already, with *out_doubled), 0 where no stream wants it or
 * without memory; `out_name` is the stream's, the streams' own. */
uint64_t memory_streams_store(struct memory_streams *streams, const struct bus_outgoing *message,
                              const char **out_name, bool *out_doubled);

enum status memory_streams_bind(struct memory_streams *streams,
                                struct bus_consumer *consumer) MUST_CHECK;
void memory_streams_unbind(struct memory_streams *streams, const struct bus_consumer *consumer);
/* The same for every consumer with this `handle`. */
void memory_streams_unbind_all(struct memory_streams *streams, const void *handle);

/* Somebody may have become reachable: goes on where deliveries had stopped. */
void memory_streams_wake(struct memory_streams *streams);

#endif
