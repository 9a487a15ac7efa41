#ifndef SIMULATION_MODEL_H
#define SIMULATION_MODEL_H

/*
 * model — what people in a rehearsed event do: who wins, by how much, how long it takes, who is
 * late.
 *
 * Everything is drawn from streams named by the seed and by who meets whom in which round, never
 * from one stream for all: so two policies under the same seed meet the same people, and a
 * difference between them is the policies' own.
 *
 *   result      the first player's margin is logistic with the Elo expectation as its chance to be
 *               above zero: margin = 50 (ln(u / (1 - u)) + ln 10 * difference / 400), rounded to
 *               whole points; zero is a draw (about one game in a hundred)
 *   duration    each player uses a share of the clock between 50 % and 100 %, most often 85 %
 *               (triangular), the increment for 40 turns times that share, and in one game of ten
 *               a part of the overtime; two minutes to sit down; without a clock 30 minutes, give
 *               or take 10
 *   lateness    exponential with the given mean, at most four times it
 *   reports     exponential delays with the given mean, at least five seconds
 *
 * Pure: no clock, no memory of its own; logarithms are rating_math.h's, the same on every machine.
 */

#include "base/random.h"

#include <stdbool.h>
#include <stdint.h>

/* How likely things are, in millionths, and how long they take. */
struct model {
    int no_show_ppm;    /* entrants who never come */
    int late_ppm;       /* rounds for which a player comes late */
    int late_mean_ms;   /* ... by so much */
    int late_entry_ppm; /* entrants who come while the first round is under way */
    int withdraw_ppm;   /* players who leave after a round */
    int dispute_ppm;    /* games whose two reports differ */
    int report_mean_ms; /* from the end of a game to a player's report */
    int director_ms;    /* how long the director takes to see something and act */
    int patience_ms;    /* how long the director waits for somebody who does not come */
    int break_ms;       /* between rounds, where the director starts the next */
};

/* Returns what is assumed of an ordinary club evening. */
struct model model_default(void);

/* The clocks of a game. */
struct model_clock {
    int64_t initial_ms;
    int64_t increment_ms;
    int64_t overtime_ms;
};

/* Who meets whom, and when. */
struct model_pair {
    const char *first;
    const char *second;
    double first_rating;
    double second_rating;
    int round;
    int meeting; /* 0 for their first game of the round, 1 for the second, … */
};

/* How their game goes. */
struct model_game {
    int64_t late_ms[2]; /* how late either sits down */
    int64_t duration_ms;
    int64_t report_ms[2]; /* from the end to either's report */
    int scores[2];
    bool is_disputed;
};

void model_game_draw(const struct model *model, uint64_t seed, const struct model_clock *clock,
                     const struct model_pair *pair, struct model_game *out_game);

/* What one entrant does in the event as a whole. */
struct model_person {
    bool is_absent;   /* never comes */
    bool enters_late; /* during round 1 */
    int leaves_after; /* round after which the player withdraws; 0: stays */
    int arrival_ppm;  /* when the player comes: a share of the check-in */
};

void model_person_draw(const struct model *model, uint64_t seed, const char *player, int rounds,
                       struct model_person *out_person);

/* Returns a rating for the entrant at this place (from 1) of a field nobody has described:
 * logistic with mean 1500 and deviation 250, in order. */
double model_rating(int place, int count);

#endif
