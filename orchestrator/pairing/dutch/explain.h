#ifndef DUTCH_EXPLAIN_H
#define DUTCH_EXPLAIN_H

/*
 * explain — why the Dutch system paired as it did, and why not otherwise.
 *
 * In:       a round's input and output.
 * Out:      findings as data, and sentences for people.
 * Owns:     nothing; results live in the caller's arena.
 * Threads:  none inside.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/status.h"
#include "orchestrator/pairing/dutch/dutch.h"

/* What forbids a pair, or a bye, outright. */
enum dutch_obstacle {
    DUTCH_OBSTACLE_NONE,
    DUTCH_OBSTACLE_ABSENT,    /* one of them is not in this round's pairing */
    DUTCH_OBSTACLE_MET,       /* C1: they have played each other */
    DUTCH_OBSTACLE_BYE,       /* C2: has had the bye, or a win's points without playing */
    DUTCH_OBSTACLE_COLOURS,   /* C3: both must get the same colour */
    DUTCH_OBSTACLE_FORBIDDEN, /* on a list of forbidden pairs */
    DUTCH_OBSTACLE_NUMBERS    /* a bye with an even number of players */
};

/* Returns what forbids two players of the record to meet (`other` RECORD_NOBODY: one to have the
 * bye) and, where they have met, in which round. */
enum dutch_obstacle dutch_obstacle_between(const struct dutch_input *input,
                                           const struct dutch_output *output, int one, int other,
                                           int *out_round);

/* The criteria in their order, and last the order of generation. */
enum dutch_criterion {
    DUTCH_C6,
    DUTCH_C7,
    DUTCH_C8,
    DUTCH_C9,
    DUTCH_C10,
    DUTCH_C11,
    DUTCH_C12,
    DUTCH_C13,
    DUTCH_C14,
    DUTCH_C15,
    DUTCH_C16,
    DUTCH_C17,
    DUTCH_C18,
    DUTCH_C19,
    DUTCH_C20,
    DUTCH_C21,
    DUTCH_ORDER,
    DUTCH_CRITERION_COUNT
};

/* Returns "C6" and so on, "order" for the last. */
const char *dutch_criterion_name(enum dutch_criterion criterion);

/* What a bracket's pairing is worth by one criterion: numbers compared from the first on, less is
 * better, none is least of all. */
struct dutch_value {
    const int *items;
    int count;
};

/* Works out a settled bracket's values, C6 to C21 (C8 being what became of the next bracket). False
 * when the arena is full. */
bool dutch_bracket_values(const struct dutch_input *input, const struct dutch_output *output,
                          int bracket, struct arena *arena,
                          struct dutch_value out_values[DUTCH_ORDER]) MUST_CHECK;

enum dutch_why_kind {
    DUTCH_WHY_PAIRED,     /* they are paired */
    DUTCH_WHY_OBSTACLE,   /* an absolute rule forbids it */
    DUTCH_WHY_INCOMPLETE, /* C4: nobody could pair the rest */
    DUTCH_WHY_BYE_SCORE,  /* C5: the bye would go to a higher score */
    DUTCH_WHY_INSISTED,   /* a director insists on another pair with one of them, or another bye */
    DUTCH_WHY_CRITERION   /* possible, and worse (or later) by `criterion` */
};

/* The answer to "why not A–B?". */
struct dutch_why {
    enum dutch_why_kind kind;
    enum dutch_obstacle obstacle;
    int met_round;
    enum dutch_criterion criterion; /* the first that rules it out */
    int score_x10;                  /* of the bracket in which it does */
    struct dutch_value as_paired;
    struct dutch_value as_wished;
};

/* Finds out why two players (or one and the bye) are not paired: forbids, or insists on the pair
 * and compares the best that can then be had. Errors as dutch_pair(). */
enum status dutch_why_not(const struct dutch_input *input, const struct dutch_output *output,
                          int one, int other, struct arena *arena,
                          struct dutch_why *out_why) MUST_CHECK;

/* Appends the answer for a pair as one sentence, without a line's end. */
void dutch_why_write(const struct record *record, const struct dutch_why *why, int one, int other,
                     struct buffer *out);

/* Appends an account of the round: each bracket, its values, each pair with its colours' rule and
 * why better ranked opponents were passed over (the obstacle or the first criterion, as
 * dutch_why_not() finds it; beyond 2,000,000 players paired anew only that it is one); or, without
 * a legal pairing, what would have to be relaxed. */
enum status dutch_explain(const struct dutch_input *input, const struct dutch_output *output,
                          struct arena *arena, struct buffer *out) MUST_CHECK;

/* Appends what would have to be relaxed for a pairing, in one line without an end. */
void dutch_explain_relaxations(const struct dutch_input *input, const struct dutch_output *output,
                               struct buffer *out);

#endif
