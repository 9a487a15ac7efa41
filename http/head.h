#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

/*
 * head — private: whether a request's head may be read on, and what is answered where not.
 */

#include "http/http.h"

#include <microhttpd.h>

enum head_fault {
    HEAD_GOOD,
    HEAD_AMBIGUOUS, /* it says in two ways where the request ends */
    HEAD_LONG_ADDRESS,
    HEAD_LARGE,
    HEAD_LARGE_BODY /* what follows it */
};

enum head_fault head_judge(struct MHD_Connection *connection, const char *method, const char *path);

/* The problem that a fault is; its texts are static. */
void head_refusal(enum head_fault fault, struct http_answer *out);

#endif
