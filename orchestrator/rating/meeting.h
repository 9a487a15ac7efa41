#ifndef RATING_MEETING_H
#define RATING_MEETING_H

/*
 * meeting — one game as one of its players sees it; what the rating systems share inside the room.
 */

#include "orchestrator/rating/rating.h"

struct rating_meeting {
    const struct rating_state *opponent; /* before the games */
    int points_x2;                       /* 2 won, 1 drawn, 0 lost */
    int32_t spread;                      /* Woogles: own minus other, bounded */
    bool moved_first;
    double weight; /* share the game counts with, 0 < weight <= 1 */
};

/* Everything one update of one player needs. */
struct rating_update {
    const struct rating_policy *policy;
    const struct rating_state *before;
    const struct rating_meeting *meetings;
    int count;
    int64_t end_ms;  /* end of the game, event or period */
    bool met_thrice; /* somebody was met more than twice (USCF) */
};

/* Each returns the rating, deviation, volatility and pool fields after the update; the counters
 * (games, wins, losses, peak, rated_at_ms) are the caller's. */
struct rating_state rating_update_glicko(const struct rating_update *update);
struct rating_state rating_update_elo(const struct rating_update *update);
struct rating_state rating_update_fide(const struct rating_update *update);
struct rating_state rating_update_uscf(const struct rating_update *update);

/* Returns the K factor of the first step that fits the player; 0 where none does. */
double rating_step_factor(const struct rating_policy *policy, const struct rating_state *state);

/* Returns the logistic expectation for a difference of ratings (Elo's, base 10 and 400). */
double rating_logistic(double difference);

/* Returns the Glicko expectation of a player against an opponent, growth left out. */
double rating_glicko_expectation(const struct rating_policy *policy,
                                 const struct rating_state *player,
                                 const struct rating_state *opponent);

/* Returns the deviation after `elapsed_ms` away. */
double rating_grown_deviation(const struct rating_policy *policy, double deviation,
                              double volatility, double periods);

/* Returns `value` within the two bounds. */
double rating_clamp(double value, double low, double high);

/* Returns `value` rounded to a whole number, halves away from zero. */
double rating_round(double value);

#endif
