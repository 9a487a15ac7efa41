#ifndef HTTP_FETCH_H
#define HTTP_FETCH_H

/*
 * fetch — HTTP requests of ours: libcurl's on our loop.
 *
 * In:       easy handles, set up by whoever has one.
 * Out:      their ends.
 * Owns:     nothing of the handles: who added one takes it away or hears of its end, and then
 * cleans it up. Threads:  the loop's.
 */

#include "base/attr.h"
#include "bus/loop.h"

#include <curl/curl.h>
#include <stdbool.h>

struct fetch;

/* A handle's request has ended, well or badly; the handle has been taken out. */
typedef void (*fetch_on_end)(CURL *curl, CURLcode code, void *user);

/* NULL without memory. */
struct fetch *fetch_create(struct loop *loop, fetch_on_end on_end, void *user);

/* After the last handle was taken away. NULL is allowed. */
void fetch_destroy(struct fetch *fetch);

/* Begins a request; false where libcurl cannot, and the handle is not in then. */
bool fetch_add(struct fetch *fetch, CURL *curl) MUST_CHECK;

/* Takes a handle away before its end; one that is not in is left alone. NULL is allowed. */
void fetch_remove(struct fetch *fetch, CURL *curl);

#endif
