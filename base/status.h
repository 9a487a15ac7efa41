#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/*
 * status — how a call went, in one vocabulary for functions, services and the wire.
 *
 * Values and meanings are gRPC's canonical codes, so that a status travels in an `Error` message
 * as it is. STATUS_FULL is RESOURCE_EXHAUSTED: a limit was reached and nothing changed.
 */

#include "base/attr.h"

enum status {
    STATUS_OK = 0,
    STATUS_CANCELLED = 1,
    STATUS_UNKNOWN = 2,
    STATUS_INVALID_ARGUMENT = 3,
    STATUS_DEADLINE_EXCEEDED = 4,
    STATUS_NOT_FOUND = 5,
    STATUS_ALREADY_EXISTS = 6,
    STATUS_PERMISSION_DENIED = 7,
    STATUS_FULL = 8,
    STATUS_FAILED_PRECONDITION = 9,
    STATUS_ABORTED = 10, /* lost a compare-and-swap: read again and retry */
    STATUS_OUT_OF_RANGE = 11,
    STATUS_UNIMPLEMENTED = 12,
    STATUS_INTERNAL = 13,
    STATUS_UNAVAILABLE = 14, /* the other side is away or busy: retry later */
    STATUS_DATA_LOSS = 15,   /* stored bytes do not check out */
    STATUS_UNAUTHENTICATED = 16
};

/* Returns the canonical name, e.g. "NOT_FOUND" (STATUS_FULL is "RESOURCE_EXHAUSTED"); "UNKNOWN"
 * for a value outside the enumeration. The text is static. */
const char *status_name(enum status status);

/* Returns the status a number from the wire stands for; STATUS_UNKNOWN where it stands for none. */
enum status status_from_code(int code);

#endif
