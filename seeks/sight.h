#ifndef SEEKS_SIGHT_H
#define SEEKS_SIGHT_H

/*
 * sight — who may see a seek or a match: one rule for lists, single reads, `why` and streams.
 *
 * Its owner, whom it is for, who has taken it and admins see it. What is private to a tournament or
 * club is seen by those who belong there; of the rest, the list `see` of the seek's policy decides.
 */

#include "orchestrator/seeking/checks.h"
#include "seeks/exchange.h"

#include "arbiter/v1/store.pb-c.h"

/* Who looks. Copies, in the exchange's arena. */
struct sight_viewer {
    const char *player; /* "": not signed in */
    const char *place;  /* looks from here; "": the lobby */
    bool is_admin;
    const Arbiter__V1__Player *profile;        /* NULL: none, or it cannot be read now */
    const Arbiter__V1__GetSeekerReply *circle; /* NULL likewise */
};

/* Finds out who looks, from `place`, and goes on. Somebody who cannot be known sees what strangers
 * do; answers with a problem without memory. */
typedef void (*sight_then)(struct exchange *exchange, const struct sight_viewer *viewer);
void sight_look(struct exchange *exchange, const char *place, sight_then then);

/* Whether a viewer may see a seek. */
bool sight_shows(struct exchange *exchange, const Arbiter__V1__Seek *seek,
                 const struct sight_viewer *viewer);

/* The rule itself. `player` is who looks, `who` the same as the policy's checks know him: without
 * id where nothing is known of him. */
bool sight_allows(const struct seeking_shelf *shelf, const Arbiter__V1__Seek *seek,
                  const char *player, const struct seeking_person *who, struct arena *arena);

/* Answers as if there were no such seek. */
void sight_problem(struct exchange *exchange, const char *seek_id);

#endif
