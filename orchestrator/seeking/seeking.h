#ifndef SEEKING_SEEKING_H
#define SEEKING_SEEKING_H

/*
 * seeking — who of those waiting for a game may play whom, and who does.
 *
 * In:       a policy of policies/seeks/ (seeking_policy.h reads it), tickets (one a player who
 *           waits) with what is known of them, and the time.
 * Out:      pairs of a wave; for any two tickets, which rule keeps them apart and until when; what
 *           a request, a seek or an accepter is refused for; how long a wait will be.
 * Owns:     nothing: results live in the arena given.
 * Threads:  none inside; a policy is constant once read.
 * Errors:   STATUS_FULL for the arena or a _MAX. A ticket with an attribute that has no value is in
 *           no pair; the others are paired.
 *
 * A pair is possible where every rule admits it and its cost is within the limit. Rules widen with
 * waiting and never narrow (checked when the policy is read), so a wait only ever adds opponents.
 * A wave takes the possible pairs of greatest total weight: a matching, proved best among the
 * candidates looked at (the `candidates` nearest above each ticket in the order of `near`).
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "fsm/expr/expr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEEKING_ATTRIBUTES_MAX 32
#define SEEKING_RULES_MAX 32
#define SEEKING_STEPS_MAX 32      /* of one rule's widening */
#define SEEKING_BANDS_MAX 16      /* bounds of a rule of bands */
#define SEEKING_CHECKS_MAX 48     /* of one list of checks */
#define SEEKING_VALUES_MAX 16     /* values a policy works out from a request */
#define SEEKING_POOLS_MAX 64      /* of one policy */
#define SEEKING_TICKETS_MAX 20000 /* in one wave */
#define SEEKING_WORDS_MAX 64      /* texts in one attribute of a ticket */
#define SEEKING_NEVER INT64_MAX

/* ---- what a policy says ------------------------------------------------------------------ */

enum seeking_kind { SEEKING_NUMBER, SEEKING_TEXT, SEEKING_TEXTS };

/* Who knows an attribute of a player. */
enum seeking_source {
    SEEKING_FROM_CLIENT, /* said when the player begins to wait */
    SEEKING_FROM_RATING, /* the rest: known to the house */
    SEEKING_FROM_DEVIATION,
    SEEKING_FROM_GAMES,
    SEEKING_FROM_CONDUCT,
    SEEKING_FROM_BALANCE, /* games begun as first less games begun as second, lately */
    SEEKING_FROM_WAITED,  /* seconds waited */
    SEEKING_FROM_MISSES,  /* waves that left the ticket over */
    SEEKING_FROM_VALUE    /* worked out from those before it */
};

struct seeking_attribute {
    const char *name;
    enum seeking_kind kind;
    enum seeking_source source;
    struct value initial;               /* where nobody says; VALUE_UNSET: a ticket must have it */
    const struct expr_program *program; /* SEEKING_FROM_VALUE */
    double min, max;                    /* of numbers from clients; both 0: any */
};

enum seeking_rule_kind {
    SEEKING_DISTANCE, /* two numbers at most `max` apart */
    SEEKING_RANGE,    /* each one's number within the other's own bounds, give or take `margin` */
    SEEKING_EQUAL,    /* the same number or text */
    SEEKING_OVERLAP,  /* at least `min` texts in common */
    SEEKING_BLOCKS,   /* neither has blocked the other */
    SEEKING_REPEATS,  /* no game together within the last `within` */
    SEEKING_BANDS,    /* numbers in bands at most `apart` bands from each other */
    SEEKING_COLOURS,  /* not both owed the same side by `max` or more */
    SEEKING_CONDITION /* an expression holds */
};

/* After a wait, the rule's number is this. */
struct seeking_step {
    int64_t after_ms;
    double to;
    bool is_dropped; /* the rule asks for nothing any more */
};

struct seeking_rule {
    const char *name;
    enum seeking_rule_kind kind;
    int attribute; /* -1: the kind needs none */
    int low, high; /* RANGE: attributes with a player's own bounds */
    double base;   /* max, margin, min, within (ms), apart */
    double bands[SEEKING_BANDS_MAX];
    int band_count;
    bool aborted_only; /* REPEATS: only games that were aborted count */
    const struct expr_program *program;
    struct seeking_step steps[SEEKING_STEPS_MAX];
    int step_count;
    int64_t
        every_ms; /* steadily instead: each `every_ms`, `by` more, no further than `to`; 0: no */
    double by;
    double to;
};

/* Whose wait counts for a pair. */
enum seeking_age { SEEKING_NEWEST, SEEKING_OLDEST };

/* What a wave is after. */
enum seeking_aim {
    SEEKING_MOST_PAIRS, /* as many pairs as possible, of those the cheapest */
    SEEKING_BEST_PAIRS  /* the greatest sum of what the pairs stay below the limit */
};

struct seeking_clock {
    int64_t period_ms; /* between waves */
    int64_t jitter_ms; /* up to so much later, drawn by lot */
    int32_t size;      /* waiting tickets that make a wave at once; 0: none do */
};

struct seeking_pool {
    const char *name;
    struct value request; /* the game, as a map; VALUE_NULL: none said */
    struct seeking_clock clock;
};

/* One thing asked of a request, a seek or an accepter. */
struct seeking_check {
    const char *name;
    const struct expr_program *program; /* bool: whether it is so */
    const struct expr_program *message; /* string; NULL: `text` */
    const char *text;
};

struct seeking_checks {
    const struct seeking_check *items;
    size_t count;
};

/* A value worked out from a request, in order. */
struct seeking_value {
    const char *name;
    const struct expr_type *type;
    const struct expr_program *program;
};

struct seeking_limits {
    int64_t open; /* live seeks and pool tickets one player may have at a time; 0: any number */
    int64_t correspondence; /* of those, by letter; counted apart */
    int64_t expires_ms;     /* a live seek ends after this; 0: the edge's own limit */
    int64_t expires_correspondence_ms;
    int64_t gone_ms; /* a live seek or place in a pool ends when its owner has had no connection for
                        so long; 0: never */
    int64_t event_ms; /* no seek within this before a paired round begins; 0: no such rule */
};

struct seeking_policy {
    const char *name;
    int64_t version;
    const char *doc;
    struct seeking_attribute attributes[SEEKING_ATTRIBUTES_MAX];
    int attribute_count;
    struct seeking_rule rules[SEEKING_RULES_MAX];
    int rule_count;
    enum seeking_age age;
    enum seeking_aim aim;
    const struct expr_program *cost;  /* double; NULL: how far apart in `near` */
    const struct expr_program *limit; /* double; NULL: none */
    int near;                         /* attribute that orders the candidates; -1: none */
    int64_t candidates;
    int64_t pairs_max; /* of one wave; 0: any number */
    struct seeking_clock clock;
    int64_t accept_ms; /* both must say yes within this; 0: the game begins at once */
    struct seeking_pool pools[SEEKING_POOLS_MAX];
    int pool_count;
    struct seeking_limits limits;
    struct value compat[8]; /* named deviations from the rules above, true where switched on */
    const char *compat_names[8];
    int compat_count;
    struct seeking_value values[SEEKING_VALUES_MAX];
    int value_count;
    int rating_pool; /* value that names the rating pool; -1: none */
    struct seeking_checks request;
    struct seeking_checks post;
    struct seeking_checks accept;
    struct seeking_checks see;
};

/* Returns the pool of that name, or NULL. */
const struct seeking_pool *seeking_pool_find(const struct seeking_policy *policy, const char *name);

/* How long a place in this pool outlives its owner's connection; 0: it needs none, as always where
 * games are played by letter. */
int64_t seeking_pool_gone_ms(const struct seeking_policy *policy, const struct seeking_pool *pool);

/* Returns the attribute's index, -1 where there is none. */
int seeking_attribute_find(const struct seeking_policy *policy, const char *name);

/* ---- tickets ----------------------------------------------------------------------------- */

/* A game two players had. */
struct seeking_meeting {
    const char *opponent;
    int64_t at_ms;
    bool is_aborted;
};

/* What the house knows of a player besides what the player says. */
struct seeking_facts {
    double rating;
    double deviation;
    double games;
    double conduct;
    double balance;
};

/* One player who waits. Everything is borrowed. */
struct seeking_ticket {
    const char *id;
    const char *player;
    int64_t since_ms; /* when the wait began */
    int64_t misses;
    struct seeking_facts facts;
    struct value said;         /* a map: attributes from the client */
    const char *const *blocks; /* players this one does not want to meet, in any order */
    size_t block_count;
    const struct seeking_meeting *meetings;
    size_t meeting_count;
};

/* Whether what a client says of itself fits the policy: `*out_message` names the first thing that
 * does not (in the arena). */
bool seeking_check_said(const struct seeking_policy *policy, struct value said, struct arena *arena,
                        const char **out_message);

/* ---- waves ------------------------------------------------------------------------------- */

struct seeking_pair {
    int32_t first; /* tickets' indices; `first` moves first */
    int32_t second;
    double cost;
};

struct seeking_wave_input {
    const struct seeking_policy *policy;
    const struct seeking_ticket *tickets;
    int32_t count;
    int64_t now_ms;
    uint64_t seed; /* decides who moves first where nothing else does */
};

struct seeking_wave {
    struct seeking_pair *pairs; /* the longest waits first */
    int32_t pair_count;
    int32_t edge_count; /* possible pairs looked at */
};

/* Makes the pairs of a wave. */
enum status seeking_wave(const struct seeking_wave_input *input, struct arena *arena,
                         struct seeking_wave *out_wave) MUST_CHECK;

/* ---- why two do not play ----------------------------------------------------------------- */

/* One rule between two tickets. */
struct seeking_obstacle {
    const char *rule; /* its name; "cost" where the price is above the limit */
    const char *text; /* a sentence for people, in the arena */
    int64_t
        until_ms; /* when it will no longer be in the way; SEEKING_NEVER: waiting does not help */
};

struct seeking_why {
    struct seeking_obstacle *obstacles;
    size_t count;     /* 0: nothing is in the way */
    int64_t until_ms; /* when all of them are gone */
};

/* Tells what keeps two tickets of the input apart. */
enum status seeking_why(const struct seeking_wave_input *input, int32_t one, int32_t other,
                        struct arena *arena, struct seeking_why *out_why) MUST_CHECK;

#endif
