#ifndef STANDING_FIELD_H
#define STANDING_FIELD_H

/*
 * field — a record as tie-breaks look at it: each round sorted into the categories of FIDE C.07,
 * with the sums that follow from it. Inside the room only.
 *
 * A view is one way of looking: with forfeits as they are or as played, and with the last round as
 * it was or as if drawn. Views are made when first asked for and kept.
 */

#include "orchestrator/standing/standing.h"

/* Article 16.2, plus what is played and what is not there at all. */
enum fact_kind {
    FACT_NOTHING = 0,  /* no result yet; a round without an opponent in a fixed pairing */
    FACT_PLAYED,       /* over the board, or a forfeit that counts as such */
    FACT_FULL_BYE,     /* category 1: pairing-allocated or full-point bye */
    FACT_FORFEIT_WIN,  /* category 2 */
    FACT_ASKED_BYE,    /* category 3: came back after it */
    FACT_FORFEIT_LOSS, /* category 4 */
    FACT_LATE_BYE      /* category 5: did not come back */
};

/* One player's round. */
struct fact {
    int32_t opponent; /* index or RECORD_NOBODY */
    int16_t points_x10;
    uint8_t kind;    /* enum fact_kind */
    uint8_t outcome; /* enum record_outcome, of games and forfeits */
    uint8_t side;    /* enum record_side */
};

struct view {
    struct fact *facts;    /* [player_count * rounds], use view_facts() */
    int32_t *points_x10;   /* the player's own score */
    int32_t *adjusted_x10; /* the score as it counts for opponents */
};

struct field {
    const struct record *record;
    const struct standing_options *options;
    struct arena *arena;
    int player_count;
    int rounds;
    struct view *views[4];
};

/* Sets up a field over the first `rounds` rounds. Errors: STATUS_OUT_OF_RANGE beyond the record. */
enum status standing_field_init(struct field *field, const struct record *record,
                                const struct standing_options *options,
                                struct arena *arena) MUST_CHECK;

/* Returns the view; NULL when the arena is full. */
const struct view *field_view(struct field *field, bool forfeits_played, bool last_drawn);

/* Returns a player's facts, one a round. */
const struct fact *view_facts(const struct field *field, const struct view *view, int player);

/* Whether the round was voluntarily unplayed: a requested bye or a forfeit loss. */
bool fact_is_voluntary(const struct fact *fact);

/* Each fills values of its codes for all players. Errors: STATUS_FULL. */
enum status field_opponent_values(struct field *field, const struct standing_term *term,
                                  struct standing_value *out_values) MUST_CHECK;
enum status field_own_values(struct field *field, const struct standing_term *term,
                             struct standing_value *out_values) MUST_CHECK;
enum status field_rating_values(struct field *field, const struct standing_term *term,
                                struct standing_value *out_values) MUST_CHECK;

/* Fills values of DE or HH among `count` tied players (indices); only theirs are touched. */
enum status field_group_values(struct field *field, const struct standing_term *term,
                               const int *players, int count,
                               struct standing_value *out_values) MUST_CHECK;

/* Returns a whole-number value. */
struct standing_value value_of(int64_t number);

/* Returns sum / count rounded to a whole number, halves up; count > 0. */
int64_t rounded_average(int64_t sum, int64_t count);

/* Adds up wins, losses, ties, games and spread for a row of the table. */
void field_fill_row(const struct field *field, int player, struct standing_row *row);

#endif
