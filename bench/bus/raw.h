#ifndef BENCH_BUS_RAW_H
#define BENCH_BUS_RAW_H

/*
 * raw — the NATS protocol spoken straight on a socket, with nothing around it: the yardstick.
 *
 * Errors: anything unexpected ends the process with a message; this is a measuring tool.
 */

#include <stdbool.h>
#include <stdint.h>

/* Answers every request on `subject` with its own payload, until the connection ends. */
_Noreturn void raw_reply_for_ever(int port, const char *subject);

/* Keeps `in_flight` requests of `size` bytes open until `count` are answered; returns how long that
 * took. */
int64_t raw_request_us(int port, const char *subject, int in_flight, int count, int size);

#endif
