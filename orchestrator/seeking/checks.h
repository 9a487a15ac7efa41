#ifndef SEEKING_CHECKS_H
#define SEEKING_CHECKS_H

/*
 * checks — what a policy asks of a game's request, of a seek and of whoever wants to play it.
 *
 * Each list of checks in a policy is gone through in order; the first that does not hold refuses,
 * with its own sentence. A check that has no value (a missing key) refuses too.
 */

#include "orchestrator/seeking/seeking.h"

/* What two players would play, in the words of the API. */
struct seeking_request {
    const char *rules;
    const char *variant;
    const char *lexicon;
    const char *challenge_rule;
    const char *clock; /* "real_time" or "correspondence" */
    const char *bot;   /* "": against people */
    int64_t initial_time_ms;
    int64_t increment_ms;
    int64_t overtime_ms;
    int64_t time_bank_ms;
    bool rated;
};

struct seeking_seek {
    const char *owner;
    const char *opponent; /* "": open to many */
    const char *tournament;
    const char *club;
    double owner_rating;
    double rating_min; /* as posted: relative to owner_rating, below or at 0 */
    double rating_max; /* above or at 0 */
    bool established_only;
    bool followed_only;
    bool is_rematch;
};

/* Who posts, accepts or looks, as far as the seek's owner is concerned. */
struct seeking_person {
    const char *id;    /* "": not signed in */
    const char *place; /* where it looks from: a tournament's or club's id, "": the lobby */
    double rating;
    double deviation;
    double games;
    bool blocks;      /* does not want to meet the owner */
    bool is_blocked;  /* the owner does not want to meet this one */
    bool is_followed; /* by the owner */
    bool is_member;   /* of the seek's tournament or club */
};

/* What is checked: fill in what the list needs. */
struct seeking_case {
    const struct seeking_policy *policy;
    const struct seeking_request *request;
    const struct seeking_seek *seek;
    const struct seeking_person *who;
};

struct seeking_refusal {
    const char *check;   /* its name */
    const char *message; /* a sentence for the person refused, in the arena */
};

/* Whether a list of the policy's checks holds. `out_refusal` is left alone where it does. */
bool seeking_passes(const struct seeking_case *what, const struct seeking_checks *checks,
                    struct arena *arena, struct seeking_refusal *out_refusal);

/* Works out one of the policy's defined values for a request; a VALUE_ERROR where it has none. */
struct value seeking_define(const struct seeking_case *what, int index, struct arena *arena);

/* Returns the name of the rating pool the request counts for, NULL where the policy names none. */
const char *seeking_rating_pool(const struct seeking_case *what, struct arena *arena);

/* Returns the defined value's index, -1 where there is none. */
int seeking_value_find(const struct seeking_policy *policy, const char *name);

/* ---- for whoever compiles them ----------------------------------------------------------- */

/* One field that expressions may name, and where it is. */
struct checks_field {
    const char *name; /* "request.lexicon" */
    const struct expr_type *type;
    size_t offset;
};

/* The fields of struct seeking_request, struct seeking_seek and struct seeking_person. */
const struct checks_field *checks_request_fields(size_t *out_count);
const struct checks_field *checks_seek_fields(size_t *out_count);
const struct checks_field *checks_person_fields(size_t *out_count);

#endif
