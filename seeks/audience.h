#ifndef SEEKS_AUDIENCE_H
#define SEEKS_AUDIENCE_H

/*
 * audience — who may hear of what: events that not everybody who listens may have.
 *
 * What is told to one player is that player's; an offered match is its two players'; an opened seek
 * is for whom sight.h's rule shows it to. That rule needs to know what its owner thinks of the
 * listener, and where the seek has a window of ratings (or is for established ones only) the
 * listener's rating. Both are asked of the store, for all who ask about one event at the same time
 * together: one request, and one for each AUDIENCE_BATCH of them where ratings count.
 *
 * Owns:     what it asks for; copies of what it is asked about.
 * Threads:  the loop's.
 */

#include "bus/bus.h"

#include <stdbool.h>

#define AUDIENCE_BATCH 250 /* listeners whose ratings are asked for at once */

struct Arbiter__V1__Event;
struct seeking_shelf;
struct audience;

/* NULL without memory. */
struct audience *audience_create(struct bus *bus, const struct seeking_shelf *shelf);
/* Whoever still waits is called back. */
void audience_destroy(struct audience *audience);

struct audience_listener {
    const char *player; /* "": a stranger */
    bool is_admin;
};

/* What is known at once. */
enum audience_verdict { AUDIENCE_NO, AUDIENCE_YES, AUDIENCE_ASK };
enum audience_verdict audience_judge(const struct audience *audience,
                                     const struct audience_listener *listener,
                                     const struct Arbiter__V1__Event *event);

/* Asks; calls back once, never from within: with AUDIENCE_ASK where nothing could be learnt. False
 * without memory, and then never. */
typedef void (*audience_then)(enum audience_verdict verdict, void *user);
bool audience_ask(struct audience *audience, const char *player,
                  const struct Arbiter__V1__Event *event, audience_then then, void *user);

#endif
