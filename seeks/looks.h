#ifndef SEEKS_LOOKS_H
#define SEEKS_LOOKS_H

/*
 * looks — the seek that a player has looked at last, and what was known of the player then.
 *
 * Whoever accepts a seek has looked at it: what was read for that is as good a moment later, and
 * need not be read again. It is dropped when it is used, when anything of the player changes (the
 * store rings LOOKS_BELL after the commit and before its answers: status, suspension,
 * ratings, circles), when the connection to NATS was lost (bells were, too), and after
 * `life_ms` whatever happens. What can be older than that bell: nothing. Whether the seek is still
 * open, and whether the player may wait for one more game, is decided in the transaction that
 * claims it; a suspension's end is compared with the present time. What has no bell (paired rounds,
 * members of a place) is not asked of a look: see seeker_know_for().
 */

#include "bus/bus.h"

#include "arbiter/v1/store.pb-c.h"

#define LOOKS_MAX 16384
#define LOOKS_BELL "arbiter.v1.bell.players" /* the store's: names, one a line */

struct looks;

/* NULL without memory. `life_ms` 0: nothing is kept. */
struct looks *looks_create(struct bus *bus, int64_t life_ms);
void looks_destroy(struct looks *looks);

/* To be called before reading: the number for looks_keep(). */
uint64_t looks_expect(struct looks *looks, const char *player);
void looks_keep(struct looks *looks, const char *player, uint64_t number,
                const Arbiter__V1__GetSeekerReply *read);

/* Returns the player's last look, where it was at this seek, and forgets it: the caller frees it
 * (protobuf_c_message_free_unpacked). NULL: it must be read. */
Arbiter__V1__GetSeekerReply *looks_take(struct looks *looks, const char *player,
                                        const char *seek_id);

struct kept_stats;
void looks_stats(const struct looks *looks, struct kept_stats *out_stats);

#endif
