#ifndef BUS_ANSWERS_H
#define BUS_ANSWERS_H

/*
 * answers — which requests a member has seen: those it still holds, and the last ones it answered.
 *
 * A request is known by a 128-bit fingerprint of its subject, id and payload: a reused id with
 * another payload is another request.
 *
 * Owns:     copies of the replies it remembers. A zeroed struct remembers nothing and is valid
 *           until answers_init().
 * Threads:  none inside.
 * Errors:   without memory it forgets instead of failing: a repeat then reaches the service.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus_request;
struct answer_entry;

struct fingerprint {
    uint64_t high;
    uint64_t low;
};

struct answers {
    struct answer_entry **buckets;
    struct answer_entry *oldest; /* answered ones, in the order of their answers */
    struct answer_entry *newest;
    size_t answered_count;
    size_t answered_size;
    size_t count_max; /* 0: off */
};

void answers_init(struct answers *answers, size_t count_max);
void answers_deinit(struct answers *answers);

/* Starts a fingerprint, or goes on with one. */
struct fingerprint fingerprint_of(struct fingerprint so_far, const void *data, size_t size);

/* What is known about a request: held by `held`, or answered with `reply`; both NULL: nothing. */
struct answer_known {
    struct bus_request *held;
    const void *reply;
    size_t reply_size;
};
struct answer_known answers_find(const struct answers *answers, struct fingerprint fingerprint);

/* Notes that `held` is working on it. */
void answers_hold(struct answers *answers, struct fingerprint fingerprint,
                  struct bus_request *held);

/* Notes how it was answered; reply NULL: not to be remembered. */
void answers_settle(struct answers *answers, struct fingerprint fingerprint, const void *reply,
                    size_t reply_size);

#endif
