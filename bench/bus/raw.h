#ifndef BENCH_BUS_RAW_H
#define BENCH_BUS_RAW_H

/*
 * raw — the NATS protocol spoken straight on a socket, with nothing around it: the yardstick.
 *
 * Errors: anything unexpected ends the process with a message; this is a measuring tool.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raw;

/* A message that came; its texts are valid until the next raw_read(). */
struct raw_message {
    const char *subject;
    size_t subject_size;
    const char *reply; /* reply_size 0 where there is none */
    size_t reply_size;
    const char *data;
    size_t size;
};

struct raw *raw_connect(int port);
int raw_descriptor(const struct raw *raw);
void raw_subscribe(struct raw *raw, const char *subject);

/* Adds a message to what the next flush sends; `reply` NULL: none. */
void raw_publish(struct raw *raw, const char *subject, size_t subject_size, const char *reply,
                 const void *data, size_t size);
void raw_flush(struct raw *raw);

/* Reads what is there (waiting for something), then takes it message by message. */
void raw_read(struct raw *raw);
bool raw_take(struct raw *raw, struct raw_message *out);

/* Answers every request on `subject` with its own payload, until the connection ends. */
_Noreturn void raw_reply_for_ever(int port, const char *subject);

/* Keeps `in_flight` requests of `size` bytes open until `count` are answered; returns how long that
 * took. */
int64_t raw_request_us(int port, const char *subject, int in_flight, int count, int size);

#endif
