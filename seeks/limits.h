#ifndef SEEKS_LIMITS_H
#define SEEKS_LIMITS_H

/*
 * limits — a policy of policies/limits/ at work: who has how many requests left at this edge.
 *
 * Each edge counts for itself: N of them admit up to N times as many.
 *
 * Owns:     the policy and the table of clients.
 * Threads:  one at a time.
 */

#include "base/fault.h"
#include "seeks/limits_policy.h"

struct limits;

/* Whether there is a `folder`/limits: a set of policies may be without. */
bool limits_exist(const char *folder);

/* Reads `folder`/limits/`name`.yaml. NULL with a fault where it is not there, does not check, or
 * names a route that `is_route` does not know. */
struct limits *limits_load(const char *folder, const char *name,
                           bool (*is_route)(const char *route), struct fault *out_fault);

/* NULL is allowed. */
void limits_destroy(struct limits *limits);

struct limits_request {
    unsigned roles;        /* of enum token_role; 0: without a good token */
    const char *subject;   /* the token's */
    const char *address;   /* that the connection comes from */
    const char *forwarded; /* X-Forwarded-For; NULL: absent */
    unsigned proxies;      /* how many of its last addresses were written by us */
    enum limits_method method;
    const char *pattern; /* the route's; NULL: of no route */
};

struct limits_verdict {
    const struct limits_budget *budget; /* NULL: no limit; as long as the limits */
    struct quota_state state;
};

/* Counts a request in its budget. */
void limits_take(struct limits *limits, const struct limits_request *request, int64_t now_ms,
                 struct limits_verdict *out_verdict);

/* Returns how many clients were forgotten for want of room; 0 for NULL. */
uint64_t limits_forgotten(const struct limits *limits);

/* Copies the address that a request is counted by into `out`: the connection's or, behind proxies,
 * the one that the outermost of them saw; of an IPv6 address its network of 64 bits. */
void limits_address(const struct limits_request *request, char *out, size_t size);

#endif
