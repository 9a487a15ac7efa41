#ifndef SEEKING_FRAME_H
#define SEEKING_FRAME_H

/*
 * frame — private: the tickets of one wave, turned into numbers once, so that looking at a pair
 * compares integers.
 */

#include "orchestrator/seeking/seeking.h"

/* Banks of variables in a policy's expressions. */
enum frame_bank {
    BANK_ONE,     /* one.x; player.x where a ticket's own values are worked out */
    BANK_OTHER,   /* other.x */
    BANK_REQUEST, /* request.x */
    BANK_DEFINED, /* define.x */
    BANK_COMPAT,  /* compat.x */
    BANK_SEEK,    /* seek.x */
    BANK_WHO      /* who.x */
};

/* Texts as numbers: equal texts, equal numbers. */
struct words {
    const char **texts;
    size_t *sizes;
    int32_t *slots; /* number + 1; 0: free */
    size_t slot_count;
    int32_t count;
    int32_t capacity;
};

struct word_set {
    const int32_t *items; /* ascending */
    int32_t count;
};

struct frame_meeting {
    int32_t opponent;
    int64_t at_ms;
    bool is_aborted;
};

struct frame_ticket {
    const struct value *values; /* of the attributes, in order */
    double *numbers;            /* of SEEKING_NUMBER */
    int32_t *words;             /* of SEEKING_TEXT */
    struct word_set *sets;      /* of SEEKING_TEXTS */
    int64_t waited_ms;
    int32_t player;
    struct word_set blocks;
    const struct frame_meeting *meetings;
    size_t meeting_count;
    bool is_left_out; /* an attribute has no value: nobody can be held against it */
};

struct frame {
    const struct seeking_policy *policy;
    const struct seeking_ticket *sources;
    struct frame_ticket *tickets;
    int32_t count;
    int64_t now_ms;
    struct arena *arena;
};

/* Prepares the tickets of an input. */
enum status frame_init(struct frame *frame, const struct seeking_wave_input *input,
                       struct arena *arena) MUST_CHECK;

/* What a rule saw: the number it measured and the one it allows. */
struct measure {
    double value;
    double bound;
};

/* Whether a rule lets two tickets play each other now. `out_measure` may be NULL. */
bool rule_admits(const struct frame *frame, const struct seeking_rule *rule, int32_t one,
                 int32_t other, struct measure *out_measure);

/* Whether every rule does. */
bool pair_admitted(const struct frame *frame, int32_t one, int32_t other);

/* The price of a pair, and whether it is within the limit. An expression that has no value makes
 * the pair impossible. */
bool pair_cost(const struct frame *frame, int32_t one, int32_t other, double *out_cost,
               double *out_limit);

#endif
