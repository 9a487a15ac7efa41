#ifndef DUTCH_DUTCH_H
#define DUTCH_DUTCH_H

/*
 * dutch — the FIDE (Dutch) Swiss system, edition of 2026: who plays whom, and with which colour.
 *
 * In:       a tournament's record, the round to pair and who is present; nothing else.
 * Out:      pairs in board order, or that there is no legal pairing; how each bracket was settled.
 * Owns:     nothing; all results live in the caller's arena.
 * Threads:  none inside; calls with different arenas may run at once.
 * Errors:   STATUS_FULL when the arena is full or a limit is passed; STATUS_INVALID_ARGUMENT with a
 *           fault where the record lacks what pairing needs.
 *
 * A round is paired bracket by bracket. Each bracket's best candidate is found as a heaviest
 * matching whose weights list the criteria in order, with its proof; most brackets are first tried
 * without the players below them, and the answer is kept only where it is shown to be the answer
 * with them (see bracket.h).
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "orchestrator/record/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DUTCH_PLAYERS_MAX 20000

/* Whose reading of the rules, where FIDE's text and the program bbpPairings differ. */
enum dutch_compat {
    DUTCH_FIDE = 0,
    DUTCH_BBP /* late entries do not count for numbers, an unplayed round worth no more than a loss
                 is no downfloat, boards stand in the order of real points */
};

/* Which way to the answer; all give the same one. */
enum dutch_method {
    DUTCH_FAST = 0, /* brackets alone where that is provably enough */
    DUTCH_WHOLE     /* every bracket together with everybody below it: the slow second opinion */
};

struct dutch_pair;

struct dutch_input {
    const struct record *record;
    int round;           /* the round to pair, from 1; results of the rounds before it are used */
    const bool *present; /* [player_count] */
    enum dutch_compat compat;
    enum dutch_method method;
    bool prove;                    /* check each bracket's solution by its duals; takes time */
    enum record_side initial_side; /* of the first number in round 1; NONE = as the record says */
    const struct dutch_pair *insisted; /* pairs a director insists on, whatever the rules say;
                                          colours follow the rules. The bye: `second` is NOBODY */
    int insisted_count;
};

/* A pair, or the bye where `second` is RECORD_NOBODY. Players are indices in the record. */
struct dutch_pair {
    int first;  /* has white */
    int second; /* has black */
};

enum dutch_colour { DUTCH_NO_COLOUR = 0, DUTCH_WHITE, DUTCH_BLACK };
enum dutch_strength { DUTCH_NONE = 0, DUTCH_MILD, DUTCH_STRONG, DUTCH_ABSOLUTE };
enum dutch_float { DUTCH_LEVEL = 0, DUTCH_UP, DUTCH_DOWN };

/* What pairing knows about a player who is present, in pairing order. */
struct dutch_seat {
    int player;       /* index in the record */
    int number;       /* counts from 0 in rank order; decides ties and the parity of colours */
    int score_x10;    /* pairing score, virtual points included */
    int points_x10;   /* real points */
    int difference;   /* whites minus blacks */
    int games;        /* played */
    int colour_count; /* = games */
    const uint8_t *colours; /* enum dutch_colour of the games, oldest first */
    enum dutch_colour preference;
    enum dutch_strength strength;
    enum dutch_colour repeated;  /* colour of the last two games where equal */
    enum dutch_float floated[2]; /* in the last round and the one before */
    bool may_get_bye;
    bool topscorer; /* more than half of the points, in the last round */
};

/* How a bracket was settled. */
enum dutch_proof {
    DUTCH_PROOF_ALONE, /* without the players below; they were shown not to matter */
    DUTCH_PROOF_AHEAD, /* with the next score's players; those further down were shown to agree */
    DUTCH_PROOF_WHOLE  /* together with all of them */
};

struct dutch_bracket {
    int score_x10; /* of its residents */
    int mdp_count; /* players moved down into it */
    int resident_count;
    int pair_count;
    int first_pair; /* its pairs in dutch_output.by_bracket */
    enum dutch_proof proof;
};

struct dutch_output {
    bool possible;            /* whether there is a legal pairing; the rest is empty where not */
    struct dutch_pair *pairs; /* in board order, the bye last */
    int pair_count;
    const struct dutch_seat *seats; /* players present, in pairing order */
    int seat_count;
    struct dutch_pair *by_bracket; /* the same pairs in the order they were decided */
    struct dutch_bracket *brackets;
    int bracket_count;
    int bye_score_x10;        /* the score C5 allows the bye to go to; -1 with an even field */
    struct dutch_pair *relax; /* where not possible: pairs (or a bye) which, allowed against the
                                 rules, make it so; fewer would not do */
    int relax_count;
    bool proved;      /* where `prove` was asked for: all solutions were shown to be the heaviest */
    int64_t searches; /* matching searches it took */
    size_t memory_max; /* most bytes of the arena that this call had in use */
};

/* Pairs one round. */
enum status dutch_pair(const struct dutch_input *input, struct arena *arena,
                       struct dutch_output *out, struct fault *out_fault) MUST_CHECK;

/* Fills `out_present` [player_count] for the next round: all who have no entry for it and asked for
 * no bye in it. */
void dutch_present_next(const struct record *record, int round, bool *out_present);

/* Fills `out_present` [player_count] for a round that was played: all who were paired in it. */
void dutch_present_recorded(const struct record *record, int round, bool *out_present);

/* Returns the colour of the first number in round 1: as recorded, else as the first round with
 * colours implies; RECORD_SIDE_NONE where nothing tells. */
enum record_side dutch_initial_side(const struct record *record);

/* Works out what pairing knows about those present, in pairing order; NULL when the arena is full.
 * `input` as for dutch_pair(). */
struct dutch_seat *dutch_seats(const struct dutch_input *input, struct arena *arena,
                               int *out_count);

/* Puts pairs of players (indices in the record, colours as given) in board order. `seats` as from
 * dutch_seats() for the same input. False when the arena is full. */
bool dutch_order_boards(const struct dutch_input *input, const struct dutch_seat *seats,
                        int seat_count, struct arena *arena, struct dutch_pair *pairs,
                        int count) MUST_CHECK;

/* Sets the colours of a pair of seats (5.2 of the rules). Returns whether `a` has white. */
bool dutch_first_has_white(const struct dutch_seat *a, const struct dutch_seat *b,
                           enum record_side initial_side);

/* Which part of 5.2 decides the colours of a pair. */
enum dutch_colour_rule {
    DUTCH_COLOUR_BOTH_WISHES, /* 5.2.1 */
    DUTCH_COLOUR_STRONGER,    /* 5.2.2 */
    DUTCH_COLOUR_ALTERNATE,   /* 5.2.3: from the last round in which they had different ones */
    DUTCH_COLOUR_HIGHER_RANK, /* 5.2.4 */
    DUTCH_COLOUR_NUMBER       /* 5.2.5: parity of the higher ranked one's number */
};

/* Returns the rule that dutch_first_has_white() goes by. */
enum dutch_colour_rule dutch_colour_rule_of(const struct dutch_seat *a, const struct dutch_seat *b);

#endif
