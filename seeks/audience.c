/* Asks the store what sight.h's rule needs to know of listeners, many of them at once. */
#include "seeks/audience.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "proto/copy.h"
#include "seeks/seeker.h"
#include "seeks/sight.h"

enum { ARENA_MAX = 1 << 20, LISTENERS_FIRST = 8 };

static const double RATING_MAX = 10000.0; /* the widest window that a seek can have */

/* One who waits for a verdict. */
struct listener {
    char *player;
    audience_then then;
    void *user;
};

/* All who wait for verdicts about one event. */
struct hearing {
    struct hearing *next;
    struct audience *audience;
    int64_t position;
    Arbiter__V1__Event *event;          /* a copy */
    Arbiter__V1__GetSeekerReply *owner; /* a copy; NULL: not read yet */
    struct listener *listeners;
    size_t count;
    size_t capacity;
    size_t done;
    size_t asked; /* whose ratings are on their way */
    loop_timer timer;
    bool is_closed; /* nobody joins it any more */
};

struct audience {
    struct bus *bus;
    struct loop *loop; /* outlives the bus */
    const struct seeking_shelf *shelf;
    struct hearing *first;
};

/* ---- what the event says ----------------------------------------------------------------- */

static const Arbiter__V1__SeekOpened *opened_of(const Arbiter__V1__Event *event)
{
    const Arbiter__V1__EventPayload *payload = event->payload;
    return payload != NULL &&
                   payload->payload_case == ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_SEEK_OPENED
               ? payload->seek_opened
               : NULL;
}

/* Borrowed from the event. */
static Arbiter__V1__Seek seek_of(const Arbiter__V1__SeekOpened *opened)
{
    Arbiter__V1__Seek seek = ARBITER__V1__SEEK__INIT;
    seek.seek_id = opened->seek_id;
    seek.owner = opened->owner;
    seek.request = opened->request;
    seek.policy = opened->policy;
    seek.owner_rating = opened->owner_rating;
    seek.rating_min = opened->rating_min;
    seek.rating_max = opened->rating_max;
    seek.established_only = opened->established_only;
    seek.followed_only = opened->followed_only;
    return seek;
}

static bool needs_ratings(const Arbiter__V1__SeekOpened *opened)
{
    return opened->established_only || opened->rating_min > 0 || opened->rating_max < RATING_MAX;
}

static bool judge(const struct audience *audience, const Arbiter__V1__SeekOpened *opened,
                  const char *player, const struct seeking_person *who)
{
    struct arena arena;
    const Arbiter__V1__Seek seek = seek_of(opened);
    arena_init(&arena, ARENA_MAX);
    bool shows = sight_allows(audience->shelf, &seek, player, who, &arena);
    arena_deinit(&arena);
    return shows;
}

static bool is_offered_to(const Arbiter__V1__Event *event, const char *player)
{
    const Arbiter__V1__EventPayload *payload = event->payload;
    if (payload == NULL ||
        payload->payload_case != ARBITER__V1__EVENT_PAYLOAD__PAYLOAD_MATCH_OFFERED)
        return true;
    const Arbiter__V1__MatchOffered *offered = payload->match_offered;
    return player[0] != '\0' &&
           (strcmp(offered->challenger, player) == 0 || strcmp(offered->opponent, player) == 0);
}

enum audience_verdict audience_judge(const struct audience *audience,
                                     const struct audience_listener *listener,
                                     const Arbiter__V1__Event *event)
{
    static const struct seeking_person stranger = {.id = "",
                                                   .place = "",
                                                   .rating = SEEKER_RATING_UNKNOWN,
                                                   .deviation = SEEKER_DEVIATION_UNKNOWN};
    const Arbiter__V1__SeekOpened *opened = opened_of(event);
    if (listener->is_admin)
        return AUDIENCE_YES;
    if (strcmp(event->kind, "user") == 0 && strcmp(event->id, listener->player) != 0)
        return AUDIENCE_NO;
    if (opened == NULL)
        return is_offered_to(event, listener->player) ? AUDIENCE_YES : AUDIENCE_NO;
    if (listener->player[0] != '\0' && strcmp(opened->owner, listener->player) != 0)
        return AUDIENCE_ASK;
    return judge(audience, opened, listener->player, &stranger) ? AUDIENCE_YES : AUDIENCE_NO;
}

/* ---- hearings ---------------------------------------------------------------------------- */

static void hearing_free(struct hearing *hearing)
{
    for (size_t i = 0; i < hearing->count; i++)
        free(hearing->listeners[i].player);
    free(hearing->listeners);
    if (hearing->event != NULL)
        arbiter__v1__event__free_unpacked(hearing->event, NULL);
    if (hearing->owner != NULL)
        arbiter__v1__get_seeker_reply__free_unpacked(hearing->owner, NULL);
    free(hearing);
}

static void finish(struct hearing *hearing)
{
    struct hearing **link = &hearing->audience->first;
    while (*link != hearing)
        link = &(*link)->next;
    *link = hearing->next;
    hearing_free(hearing);
}

/* Tells the next one; whoever is told may be gone afterwards. */
static void tell(struct hearing *hearing, enum audience_verdict verdict)
{
    const struct listener *listener = &hearing->listeners[hearing->done++];
    listener->then(verdict, listener->user);
}

static void tell_shown(struct hearing *hearing, const Arbiter__V1__Rating *rating)
{
    const char *player = hearing->listeners[hearing->done].player;
    const Arbiter__V1__GetSeekerReply *owner = hearing->owner;
    struct seeking_person who = {
        .id = player,
        .place = "",
        .rating = SEEKER_RATING_UNKNOWN,
        .deviation = SEEKER_DEVIATION_UNKNOWN,
        .blocks = seeker_has(owner->blocked_by, owner->n_blocked_by, player),
        .is_blocked = seeker_has(owner->blocks, owner->n_blocks, player),
        .is_followed = seeker_has(owner->follows, owner->n_follows, player)};
    if (rating != NULL && rating->version > 0) {
        who.rating = rating->rating;
        who.deviation = rating->deviation;
        who.games = rating->games;
    }
    bool shows = judge(hearing->audience, opened_of(hearing->event), player, &who);
    tell(hearing, shows ? AUDIENCE_YES : AUDIENCE_NO);
}

static void give_up(struct hearing *hearing)
{
    while (hearing->done < hearing->count)
        tell(hearing, AUDIENCE_ASK);
    finish(hearing);
}

static void ask_ratings(struct hearing *hearing);

static void on_ratings(const struct bus_answer *answer, void *user)
{
    struct hearing *hearing = user;
    const Arbiter__V1__GetRatingsReply *reply =
        (const Arbiter__V1__GetRatingsReply *)answer->output;
    if (answer->status != STATUS_OK || reply->n_ratings != hearing->asked) {
        give_up(hearing);
        return;
    }
    for (size_t i = 0; i < reply->n_ratings; i++)
        tell_shown(hearing, reply->ratings[i]);
    if (hearing->done < hearing->count)
        ask_ratings(hearing);
    else
        finish(hearing);
}

static void ask_ratings(struct hearing *hearing)
{
    char *players[AUDIENCE_BATCH];
    const Arbiter__V1__SeekOpened *opened = opened_of(hearing->event);
    Arbiter__V1__GetRatingsRequest request = ARBITER__V1__GET_RATINGS_REQUEST__INIT;
    hearing->asked = 0;
    for (size_t i = hearing->done; i < hearing->count && hearing->asked < AUDIENCE_BATCH; i++)
        players[hearing->asked++] = hearing->listeners[i].player;
    request.player_ids = players;
    request.n_player_ids = hearing->asked;
    request.pool = (char *)seeker_pool(opened->request);
    bus_call(hearing->audience->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetRatings",
                                .input = &request.base},
             on_ratings, hearing);
}

static void on_owner(const struct bus_answer *answer, void *user)
{
    struct hearing *hearing = user;
    if (answer->status == STATUS_OK)
        hearing->owner = (Arbiter__V1__GetSeekerReply *)proto_copy(answer->output);
    if (hearing->owner == NULL) {
        give_up(hearing);
    } else if (needs_ratings(opened_of(hearing->event))) {
        ask_ratings(hearing);
    } else {
        while (hearing->done < hearing->count)
            tell_shown(hearing, NULL);
        finish(hearing);
    }
}

static void begin(void *user)
{
    struct hearing *hearing = user;
    Arbiter__V1__GetSeekerRequest request = ARBITER__V1__GET_SEEKER_REQUEST__INIT;
    hearing->timer = 0;
    hearing->is_closed = true;
    request.player_id = opened_of(hearing->event)->owner;
    bus_call(hearing->audience->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = "GetSeeker",
                                .input = &request.base},
             on_owner, hearing);
}

/* ---- asking ------------------------------------------------------------------------------ */

static struct hearing *hearing_create(struct audience *audience, const Arbiter__V1__Event *event)
{
    struct hearing *hearing = calloc(1, sizeof *hearing);
    if (hearing == NULL)
        return NULL;
    hearing->audience = audience;
    hearing->position = event->position;
    hearing->event = (Arbiter__V1__Event *)proto_copy(&event->base);
    if (hearing->event == NULL ||
        loop_after(audience->loop, 0, begin, hearing, &hearing->timer) != STATUS_OK) {
        hearing_free(hearing);
        return NULL;
    }
    hearing->next = audience->first;
    audience->first = hearing;
    return hearing;
}

static bool has_room(struct hearing *hearing)
{
    if (hearing->count < hearing->capacity)
        return true;
    size_t capacity = hearing->capacity > 0 ? hearing->capacity * 2 : LISTENERS_FIRST;
    struct listener *grown = realloc(hearing->listeners, capacity * sizeof *grown);
    if (grown == NULL)
        return false;
    hearing->listeners = grown;
    hearing->capacity = capacity;
    return true;
}

bool audience_ask(struct audience *audience, const char *player, const Arbiter__V1__Event *event,
                  audience_then then, void *user)
{
    struct hearing *hearing = audience->first;
    while (hearing != NULL && (hearing->is_closed || hearing->position != event->position))
        hearing = hearing->next;
    if (hearing == NULL)
        hearing = hearing_create(audience, event);
    char *name = hearing != NULL && has_room(hearing) ? strdup(player) : NULL;
    if (name == NULL)
        return false; /* a hearing that nobody has joined ends by itself */
    hearing->listeners[hearing->count++] = (struct listener){name, then, user};
    return true;
}

struct audience *audience_create(struct bus *bus, const struct seeking_shelf *shelf)
{
    struct audience *audience = calloc(1, sizeof *audience);
    if (audience != NULL)
        *audience = (struct audience){.bus = bus, .loop = bus_loop(bus), .shelf = shelf};
    return audience;
}

/* Its calls have ended with the bus. */
void audience_destroy(struct audience *audience)
{
    if (audience == NULL)
        return;
    while (audience->first != NULL) {
        loop_cancel(audience->loop, audience->first->timer);
        give_up(audience->first);
    }
    free(audience);
}
