#ifndef SEEKS_PAGES_H
#define SEEKS_PAGES_H

/*
 * pages — lists a page at a time: cursors, and lists as lines.
 *
 * A cursor stands for the last thing of its page; the next page begins behind that thing, wherever
 * it is by then, so nothing that comes in between moves or repeats what is left. It is opaque to
 * clients: what it holds may change.
 *
 * Threads:  none inside.
 */

#include "base/arena.h"

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#define PAGES_LIMIT_MAX 500 /* things of one page */
#define PAGES_LINES "application/x-ndjson"

/* Whether a message is a page: it says whether there is `more` of its one list. */
bool pages_is_page(const ProtobufCMessageDescriptor *message);

/* Returns the cursor of the page behind a reply's, NULL where there is none, or no memory. */
const char *pages_next(struct arena *arena, const ProtobufCMessage *reply);

/* Returns what a cursor stands for, NULL for what is none. */
const char *pages_read(struct arena *arena, const char *cursor);

/* Returns the name of the input's field that a cursor stands in, NULL where it has none. */
const char *pages_field(const ProtobufCMessageDescriptor *input);

/* Whether a client would rather have lines (application/x-ndjson) than one document: by the
 * `Accept` header, which may be NULL. */
enum pages_form { PAGES_JSON, PAGES_NDJSON, PAGES_NEITHER };
enum pages_form pages_form(const char *accept);

/* Whether an `Accept` header, which may be NULL, asks for lines rather than for `other`, another
 * media type. */
bool pages_prefers_lines(const char *accept, const char *other);

/* Writes the things of the one list in `page`, each as a line of JSON. malloc'd; NULL without
 * memory. */
char *pages_lines(const json_t *page);

#endif
