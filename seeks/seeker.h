#ifndef SEEKS_SEEKER_H
#define SEEKS_SEEKER_H

/*
 * seeker — what the house knows of a player who wants a game, and what keeps the player from
 * wanting one now.
 */

#include "orchestrator/seeking/checks.h"
#include "seeks/exchange.h"

#include "arbiter/v1/store.pb-c.h"

typedef void (*seeker_then)(struct exchange *exchange, const Arbiter__V1__GetSeekerReply *seeker);

/* Asks for what is known of a player; `pool` names the rating. Goes on with `then`, whose `seeker`
 * lives until it returns; answers with a problem where there is no such player. */
void seeker_know(struct exchange *exchange, const char *player, const char *pool, seeker_then then);

/* The same, and whether the player is entered in a tournament ("": none is asked for). */
void seeker_know_at(struct exchange *exchange, const char *player, const char *pool,
                    const char *place, seeker_then then);

/* What is known of the token's player, by the rating that counts for this seek or match, which
 * comes along: `seeker->seek` is there. Answers with a problem where there is no such seek. It is
 * not read again where the player has just looked at the seek (looks.h). */
void seeker_know_for(struct exchange *exchange, const char *seek_id, seeker_then then);

/* The same for somebody who only looks: read now, and kept for a moment. `seeker` is NULL where it
 * cannot be known. */
void seeker_look(struct exchange *exchange, const char *seek_id, seeker_then then);

/* Whether the player may look for a game now: not suspended, and no paired round so soon that the
 * policy forbids it. False: has answered. */
bool seeker_is_free(struct exchange *exchange, const struct seeking_policy *policy,
                    const Arbiter__V1__GetSeekerReply *seeker,
                    const Arbiter__V1__GameRequest *request);

/* Whether a game of this request is by letter. */
bool seeker_by_letter(const Arbiter__V1__GameRequest *request);

#define SEEKER_RATING_UNKNOWN 1500.0   /* of somebody who has none yet */
#define SEEKER_DEVIATION_UNKNOWN 350.0 /* likewise */

/* Returns the rating where there is one, else a newcomer's. */
double seeker_rating(const Arbiter__V1__GetSeekerReply *seeker);
double seeker_deviation(const Arbiter__V1__GetSeekerReply *seeker);

/* Whether a name is on a list of a circle. */
bool seeker_has(char *const *list, size_t count, const char *name);

/* Returns the pool of ratings that a game counts for; "" for NULL. */
const char *seeker_pool(const Arbiter__V1__GameRequest *request);

/* A seek in the words of the policy's checks; borrowed from the message. */
struct seeking_seek seeker_seek(const Arbiter__V1__Seek *seek);

/* The words of a request, for the same; borrowed from the message. */
struct seeking_request seeker_request(const Arbiter__V1__GameRequest *request);

#endif
