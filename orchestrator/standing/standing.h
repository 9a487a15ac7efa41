#ifndef STANDING_STANDING_H
#define STANDING_STANDING_H

/*
 * standing — who is ahead after a round, by which tie-break, and what can still happen.
 *
 * In:       struct record (players, results, point system) and struct standing_options.
 * Out:      struct standing_table: one row a player, ordered, each tie-break's value beside it.
 * Owns:     nothing; the table lives in the caller's arena until that is reset.
 * Threads:  none inside; calls share nothing.
 * Errors:   STATUS_FULL at the arena's limit; STATUS_INVALID_ARGUMENT with a fault for an order
 *           that does not exist.
 *
 * The score comes first, then the terms of the order one after another, then lots drawn from the
 * seed: no two players share a place in the order. Everything is integers and fractions; there is
 * no floating point. Rules: FIDE C.07 (March 2026, or 2024 by option) and the club world's spread.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "orchestrator/record/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STANDING_TERMS_MAX 24
#define STANDING_TERM_TEXT_MAX 24
#define STANDING_SPREAD_MAX 1000000 /* a game's scores are clipped to plus or minus this */

/* What can be named in an order. The text is the code a director writes. */
enum standing_code {
    STANDING_PTS = 0, /* score; stands first where the order does not name it */
    STANDING_RATIO,   /* points per game (byes count as games), as liwords orders */
    STANDING_BH,      /* Buchholz */
    STANDING_FB,      /* fore Buchholz */
    STANDING_AOB,     /* average of opponents' Buchholz */
    STANDING_SB,      /* Sonneborn-Berger */
    STANDING_KS,      /* Koya */
    STANDING_DE,      /* direct encounter; value: place within the tied players */
    STANDING_HH,      /* head to head: points against the tied players, met all or not */
    STANDING_WIN,     /* rounds with a win's points */
    STANDING_WON,     /* games won over the board */
    STANDING_BPG,     /* games with black, or second */
    STANDING_BWG,     /* wins with black, or second */
    STANDING_PS,      /* progressive score */
    STANDING_REP,     /* rounds elected to play */
    STANDING_STD,     /* standard points */
    STANDING_ARO,     /* average rating of opponents */
    STANDING_TPR,     /* performance */
    STANDING_PTP,     /* perfect performance */
    STANDING_APRO,    /* average performance of opponents */
    STANDING_APPO,    /* average perfect performance of opponents */
    STANDING_RTNG,    /* own rating */
    STANDING_TPN,     /* initial ranking: lower first */
    STANDING_SPREAD,  /* sum of score differences, each capped by `spread_cap` */
    STANDING_WINS,    /* wins of any kind, ties half: 2 * wins + ties, in half wins */
    STANDING_LOSSES,  /* losses of any kind: fewer first */
    STANDING_GP,      /* games played over the board: more first */
    STANDING_CODE_COUNT
};

enum standing_edition { STANDING_2026 = 0, STANDING_2024 };

/* One entry of an order: a code and its modifiers. */
struct standing_term {
    enum standing_code code;
    int cut_low;           /* C1 C2: 1 2; M1 M2: 1 2 as well */
    int cut_high;          /* M1 M2: 1 2 */
    bool forfeits_played;  /* P: forfeited games count as played */
    int limit_half_points; /* KS/L: the limit moved by so many half points */
};

/* Set all to zero for: chess of today, the whole record, nothing but points and lots. */
struct standing_options {
    struct standing_term order[STANDING_TERMS_MAX];
    int order_count;
    enum standing_edition edition;
    bool fixed_pairings;   /* round robin or knock-out: article 15 instead of 16 */
    int after_round;       /* 0 = record->rounds_played */
    int spread_cap;        /* per game, for SPREAD; 0 = none */
    const int *round_caps; /* [rounds + 1]: what a game of that round counts instead; NULL = nothing
                              else */
    uint64_t lots_seed;    /* of the last resort; recorded with the event */
    const bool *left_out;  /* [player_count] players without a row, or NULL; their games still count
                            */
};

/* A fraction; denominator >= 1, not reduced. `exists` is false where a player has no such value
 * (no rated opponent, direct encounter without a tie): shown as a dash, ranked after the others. */
struct standing_value {
    int64_t numerator;
    int32_t denominator;
    bool exists;
};

/* What decided between a row and the one above: an index into the order, or one of these. */
enum { STANDING_BY_SCORE = -1, STANDING_BY_LOTS = -2, STANDING_BY_NOTHING = -3 /* first row */ };

struct standing_row {
    int player;     /* index in the record */
    int rank;       /* from 1, distinct */
    int tied_rank;  /* from 1; players whom only lots separate share it */
    int decided_by; /* against the row above */
    int points_x10;
    int wins; /* of any kind: game, forfeit, bye */
    int losses;
    int ties;
    int played; /* games over the board */
    int64_t spread;
    const struct standing_value *values; /* [order_count] */
};

struct standing_table {
    struct standing_row *rows; /* [row_count], leader first */
    int row_count;
    int after_round;
    int order_count;
    const struct standing_term *order; /* [order_count] as it was in the options */
};

/* Reads "BH/C1,SB,TPN" (also with "+" or ";" between, any case, blanks around) into an order; "P",
 * "C1", "C2", "M1", "M2" and for KS "L1", "L-1" are modifiers after a slash. "@24" or "@26" behind
 * a term sets the edition of the whole order; two different ones are refused. Fills order,
 * order_count and, where stated, edition of `options`. Errors: STATUS_INVALID_ARGUMENT with the
 * fault's column at the term; options unchanged. */
enum status standing_order_parse(const char *text, struct standing_options *options,
                                 struct fault *out_fault) MUST_CHECK;

/* Writes a term as it is written in an order ("BH/C1"); returns `out`. */
const char *standing_term_text(const struct standing_term *term, char out[STANDING_TERM_TEXT_MAX]);

/* Returns a code's name for people ("Buchholz"), static. */
const char *standing_code_title(enum standing_code code);

/* Writes a value as people read it: "-" without one, tenths or more where it has them ("11.5",
 * "6.75", "2075"), averages with two decimals; returns `out`. */
const char *standing_value_text(const struct standing_term *term,
                                const struct standing_value *value,
                                char out[STANDING_TERM_TEXT_MAX]);

/* Compares two values of the same term: negative where `a` ranks before `b`. */
int standing_value_compare(const struct standing_term *term, const struct standing_value *a,
                           const struct standing_value *b);

/* Orders the players of a record. The record must agree with itself (record_check()). Errors:
 * STATUS_FULL; STATUS_OUT_OF_RANGE where after_round is beyond the record. */
enum status standing_table_build(const struct record *record,
                                 const struct standing_options *options, struct arena *arena,
                                 struct standing_table *out_table) MUST_CHECK;

/* Computes one term for all players without ordering them; type A terms (DE, HH) are taken among
 * players level on points. `out_values` has player_count entries. Same errors. */
enum status standing_term_values(const struct record *record,
                                 const struct standing_options *options,
                                 const struct standing_term *term, struct arena *arena,
                                 struct standing_value *out_values) MUST_CHECK;

/* Where a player can still finish, on points (and, in the last rounds, on spread). */
struct standing_outlook {
    int place_best; /* from 1 */
    int place_worst;
};

struct standing_future {
    int rounds_left;
    int spread_per_round; /* most a player gains on another in a round; 0 = ties on points may go
                             either way whatever the spread */
};

/* Says for each row of a table where the player can still finish: bounds that always hold and only
 * narrow as rounds are played. Without rounds left both are the rank. `out_outlooks` has row_count
 * entries. */
void standing_outlooks(const struct record *record, const struct standing_table *table,
                       const struct standing_future *future, struct standing_outlook *out_outlooks);

/* A record as catching it needs it. */
struct standing_score {
    int wins;
    int ties;
    int64_t spread;
};

/* Whether `behind` can still catch `ahead` with `rounds_left` rounds to play, by the club rule: by
 * wins, and where the wins left are exactly enough, by `spread_per_round` a round (0 = level on
 * wins is caught). */
bool standing_can_catch(const struct standing_score *ahead, const struct standing_score *behind,
                        int rounds_left, int spread_per_round);

/* Returns how many players at the top of a table can no longer be caught by the next below
 * (Gibsonized), by the club rule above. */
int standing_gibsonized_count(const struct standing_table *table,
                              const struct standing_future *future);

#endif
