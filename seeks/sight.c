/* Who may see a seek: the rule, and what it needs to know of whoever looks. */
#include "seeks/sight.h"

#include <string.h>

#include "orchestrator/seeking/shelf.h"
#include "proto/copy.h"
#include "seeks/seeker.h"

/* ---- the rule ---------------------------------------------------------------------------- */

/* Of two who play, each sees what became of it. */
static bool is_party(const Arbiter__V1__Seek *seek, const char *player)
{
    return player[0] != '\0' &&
           (strcmp(seek->owner, player) == 0 || strcmp(seek->opponent, player) == 0 ||
            strcmp(seek->claimed_by, player) == 0);
}

bool sight_allows(const struct seeking_shelf *shelf, const Arbiter__V1__Seek *seek,
                  const char *player, const struct seeking_person *who, struct arena *arena)
{
    const struct seeking_policy *policy = seeking_shelf_find(shelf, seek->policy);
    struct seeking_refusal refusal;
    if (is_party(seek, player))
        return true;
    if (seek->place[0] != '\0' && !who->is_member)
        return false;
    if (policy == NULL || seek->request == NULL)
        return true;
    struct seeking_request request = seeker_request(seek->request);
    const struct seeking_seek shown = seeker_seek(seek);
    const struct seeking_case what = {policy, &request, &shown, who};
    return seeking_passes(&what, &policy->see, arena, &refusal);
}

/* ---- whoever looks ----------------------------------------------------------------------- */

static void rate(const struct sight_viewer *viewer, const Arbiter__V1__Seek *seek,
                 struct seeking_person *who)
{
    const char *pool = seeker_pool(seek->request);
    const Arbiter__V1__Rating *found = viewer->circle != NULL ? viewer->circle->rating : NULL;
    for (size_t i = 0; viewer->profile != NULL && i < viewer->profile->n_ratings; i++)
        if (strcmp(viewer->profile->ratings[i]->pool, pool) == 0)
            found = viewer->profile->ratings[i];
    if (found == NULL)
        return;
    who->rating = found->rating;
    who->deviation = found->deviation;
    who->games = found->games;
}

bool sight_shows(struct exchange *exchange, const Arbiter__V1__Seek *seek,
                 const struct sight_viewer *viewer)
{
    const Arbiter__V1__GetSeekerReply *circle = viewer->circle;
    struct seeking_person who = {.id = circle != NULL ? viewer->player : "",
                                 .place = viewer->place,
                                 .rating = SEEKER_RATING_UNKNOWN,
                                 .deviation = SEEKER_DEVIATION_UNKNOWN};
    if (viewer->is_admin)
        return true;
    rate(viewer, seek, &who);
    if (circle != NULL) {
        who.blocks = seeker_has(circle->blocks, circle->n_blocks, seek->owner);
        who.is_blocked = seeker_has(circle->blocked_by, circle->n_blocked_by, seek->owner);
        who.is_followed = seeker_has(circle->followed_by, circle->n_followed_by, seek->owner);
        who.is_member = circle->is_member && strcmp(seek->place, viewer->place) == 0;
    }
    return sight_allows(exchange->api->shelf, seek, viewer->player, &who, exchange_arena(exchange));
}

/* Somebody who looks, while he is asked about. */
struct looking {
    struct exchange *exchange;
    struct sight_viewer viewer;
    sight_then then;
};

static void ask(const struct looking *looking, const char *method, const ProtobufCMessage *input,
                bus_on_answer on_answer)
{
    bus_call(looking->exchange->api->bus,
             &(struct bus_call){.service = &arbiter__v1__store__descriptor,
                                .method = method,
                                .input = input,
                                .traceparent = looking->exchange->trace},
             on_answer, (void *)(uintptr_t)looking);
}

static void go_on(const struct looking *looking)
{
    looking->then(looking->exchange, &looking->viewer);
}

static void on_circle(const struct bus_answer *answer, void *user)
{
    struct looking *looking = user;
    if (answer->status == STATUS_OK)
        looking->viewer.circle = proto_copy_in(exchange_arena(looking->exchange), answer->output);
    go_on(looking);
}

static void on_profile(const struct bus_answer *answer, void *user)
{
    struct looking *looking = user;
    if (answer->status == STATUS_OK)
        looking->viewer.profile =
            proto_copy_in(exchange_arena(looking->exchange),
                          &((const Arbiter__V1__GetPlayerReply *)answer->output)->player->base);
    if (looking->viewer.profile == NULL) {
        go_on(looking);
        return;
    }
    Arbiter__V1__GetSeekerRequest request = ARBITER__V1__GET_SEEKER_REQUEST__INIT;
    request.player_id = (char *)looking->viewer.player;
    request.place = (char *)looking->viewer.place;
    ask(looking, "GetSeeker", &request.base, on_circle);
}

void sight_look(struct exchange *exchange, const char *place, sight_then then)
{
    struct looking *looking = arena_alloc(exchange_arena(exchange), sizeof *looking);
    if (looking == NULL) {
        exchange_problem_busy(exchange);
        return;
    }
    *looking = (struct looking){.exchange = exchange,
                                .viewer = {.player = exchange->claims.subject,
                                           .place = place,
                                           .is_admin = (exchange->claims.roles & TOKEN_ADMIN) != 0},
                                .then = then};
    if (looking->viewer.is_admin || looking->viewer.player[0] == '\0') {
        go_on(looking);
        return;
    }
    Arbiter__V1__GetPlayerRequest request = ARBITER__V1__GET_PLAYER_REQUEST__INIT;
    request.player_id = (char *)looking->viewer.player;
    ask(looking, "GetPlayer", &request.base, on_profile);
}

void sight_problem(struct exchange *exchange, const char *seek_id)
{
    exchange_problem_of(
        exchange, &(struct bus_answer){.status = STATUS_NOT_FOUND,
                                       .message = arena_format(exchange_arena(exchange),
                                                               "there is no seek '%s'", seek_id)});
}
