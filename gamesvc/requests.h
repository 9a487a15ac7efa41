#ifndef GAMESVC_REQUESTS_H
#define GAMESVC_REQUESTS_H

/*
 * requests — what players ask of each other beside the board (rules/meta.h), between the words they
 * send, the text the store keeps and what listeners are told.
 *
 * The words: "request abort", "request nudge", "request add-time" (and "undo", "adjourn", which are
 * always refused), "accept ID", "deny ID", "expire ID", where ID is the event that asked.
 *
 * Owns:     nothing; texts live in the arena given.
 * Errors:   STATUS_DATA_LOSS for a stored text that is none, STATUS_FULL.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "gamesvc/rules/meta.h"
#include "gamesvc/table.h"

#include <stdbool.h>

#include "arbiter/v1/value.pb-c.h"

/* How the requests of a game stand. */
struct requests {
    struct meta meta;
    const char *ids; /* events that were accepted, with blanks between and around them */
};

/* Whether an event's text is one of the words, and which; `out_event` has kind and answers then.
 * False: a move. What begins like one of the words and goes on like none is told by `*out_bad`. */
bool requests_read_word(struct arena *arena, const char *text, const struct requests *requests,
                        struct meta_event *out_event, bool *out_bad);

/* Reads what the store keeps; "" is a game in which nothing was asked. */
enum status requests_decode(struct arena *arena, const char *text,
                            struct requests *out_requests) MUST_CHECK;

/* Writes it, with the event `id` added to those accepted (NULL: none). NULL without memory. */
const char *requests_encode(struct arena *arena, const struct requests *requests, const char *id);

/* Whether this event was accepted before. */
bool requests_has(const struct requests *requests, const char *id);

/* Whether an event of the same key, with something else, was accepted before. */
bool requests_have_key(const struct requests *requests, const char *id);

/* What is known of a game beside its clocks, for meta_apply(). */
struct meta_game requests_game(const struct table *table, const Arbiter__V1__Game *game);

/* Makes what the machine `game` is told of an open request: {id, expires_at}. STATUS_FULL. */
enum status requests_timer(struct arena *arena, const struct requests *requests,
                           Arbiter__V1__ValueMap **out_map) MUST_CHECK;

/* Fills in how they stand for listeners; borrows both. */
void requests_tell(const struct requests *requests, const struct table *table,
                   Arbiter__V1__GameRequests *out_requests);

#endif
