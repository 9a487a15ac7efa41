#ifndef SEEKS_ERRAND_H
#define SEEKS_ERRAND_H

/*
 * errand — what routes of seeks and matches have in common: begin the machine, send it an event,
 * wait for the game that follows, answer with the seek as it then is.
 */

#include "orchestrator/seeking/seeking.h"
#include "seeks/exchange.h"

#include "arbiter/v1/domain.pb-c.h"

#define ERRAND_LOOK_MS 1000 /* nothing heard for so long: look whether there is a game */
#define ERRAND_LOOKS_MAX 3  /* after that an accepted seek is answered 202 */

struct errand {
    const char *kind; /* machine: "seek", "match" */
    const char *id;
    const char *event; /* NULL: it is being made */
    json_t *request;   /* borrowed from the body */
    const char *opponent;
    const Arbiter__V1__GameRequest *game; /* the request, read; NULL before errand_check() */
    const struct seeking_policy *policy;
    const char *place;      /* a tournament it is private to; "": none */
    const char *rematch_of; /* likewise: the game before */
    const char *streak;
    const char *first;
    int64_t streak_games;
    bool established_only;
    bool followed_only;
    double rating_min;
    double rating_max;
    double rating; /* of the token's player */
    int64_t life_ms;
    Arbiter__V1__Seek *seek; /* as it was before it was accepted; NULL: it has not been read */
    bool wants_game;         /* answer when there is one */
    bool is_acted;           /* the machine has taken the event */
    bool is_reading;
    bool is_last_look; /* the reading began after that */
    bool is_heard;     /* the seek is closed, or patience is over */
    bool is_matched;   /* `seek` has become a game, as was heard */
    int looks;         /* how often nothing has been heard for a while */
};

/* Returns the exchange's errand, or NULL after having answered. */
struct errand *errand_create(struct exchange *exchange, const char *kind);

/* Reads 'request' and 'expires_in_ms' as far as the edge can judge them. False: has answered. */
bool errand_check(struct exchange *exchange);

/* Finds the policy that the errand names ("default" where it names none) and holds the request
 * against it. False: has answered. */
bool errand_check_policy(struct exchange *exchange, const char *policy);

/* Adds to a machine's input what policies say of every seek. */
void errand_add_limits(const struct errand *errand, json_t *input);

/* Asks for the profile of the token's player, without whom there can be no game, and goes on with
 * `then` once errand->rating is known for the request's pool. */
void errand_know_player(struct exchange *exchange, const char *pool,
                        void (*then)(struct exchange *exchange));

/* Returns the pool that a game of this request counts for. */
const char *errand_pool(json_t *request);

/* Begins the machine with this input (given back here) and the time it expires at. */
void errand_begin(struct exchange *exchange, json_t *input);

/* Begins the machine with this input (given back here), without a time it expires at. */
void errand_start(struct exchange *exchange, json_t *input, bus_on_answer on_started);

/* Keeps a copy of the seek that is to be accepted, and the policy it lives by. False: has answered.
 */
bool errand_keep_seek(struct exchange *exchange, const Arbiter__V1__Seek *seek);

/* Sends errand->event with this data (given back here). */
void errand_act(struct exchange *exchange, json_t *data);

/* Answers with a seek in the errand's words. */
void errand_answer(struct exchange *exchange, unsigned code, const ProtobufCMessage *seek);

#endif
