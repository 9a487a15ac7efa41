#ifndef SIMULATION_TALE_H
#define SIMULATION_TALE_H

/*
 * tale — what happened in a rehearsed event, read from its books: when each round began and ended,
 * who met whom, who is ahead, what each timer did, what went wrong.
 *
 * Owns:     an arena that everything in it lives in.
 * Threads:  none inside.
 */

#include "simulation/crowd.h"

#include <stdbool.h>
#include <stdint.h>

#define TALE_NOBODY (-1)
#define TALE_NEVER_MS INT64_MIN
#define TALE_METRICS_MAX 4000

/* Times are milliseconds from the beginning of the event; TALE_NEVER_MS: not. */
struct tale_round {
    int division; /* index */
    int number;
    int64_t opened_ms; /* pairing begins */
    int64_t starts_ms; /* the first game */
    int64_t ends_ms;   /* the last result is in */
    int games;
    int byes;
    int repeats;  /* games of two who had met before */
    int forfeits; /* games that somebody did not come to */
};

struct tale_pairing {
    int division;
    int round;
    int board;
    int first;  /* index of a player */
    int second; /* TALE_NOBODY: a bye */
    const char *kind;
    const char *outcome;
    int first_score;
    int second_score;
    int meetings; /* earlier ones of the two in this event */
    int64_t starts_ms;
    int64_t ends_ms;
};

struct tale_standing {
    int division;
    int rank;
    int player;
    int points_x2;
    int wins;
    int losses;
    int draws;
    int spread;
};

/* All timers of one name in the machines of one kind. */
struct tale_timer {
    const char *machine;
    const char *name;
    int set;
    int fired;
    int cancelled;
    int64_t late_max_ms; /* from due to noticed */
};

struct tale_firing {
    const char *instance_id;
    const char *name;
    int64_t due_ms;
    int64_t fired_ms;
};

struct tale_trouble {
    const char *kind; /* "no-show", "director", … */
    int64_t at_ms;
    const char *text;
};

struct tale {
    struct arena arena;
    uint64_t seed;
    bool is_finished;
    int recorded_rounds; /* of the first division: not simulated but entered, at time 0 */
    int64_t begin_ms;    /* since the epoch */
    int64_t end_ms;
    int division_count;
    const char **divisions; /* names */
    struct crowd_player *players;
    int player_count;
    struct tale_round *rounds;
    int round_count;
    struct tale_pairing *pairings;
    int pairing_count;
    struct tale_standing *standings;
    int standing_count;
    struct tale_timer *timers;
    int timer_count;
    struct tale_firing *firings;
    int firing_count;
    struct tale_trouble *troubles;
    int trouble_count;
    int counts[CROWD_NOTE_KINDS];
    int64_t steps; /* of all machines */
};

/* Reads the books of a world whose event is over (or will never be). */
void tale_read(struct tale *out_tale, struct world *world, struct crowd *crowd);

void tale_deinit(struct tale *tale);

/* A figure of one run that can be compared with other runs'. */
struct tale_metric {
    char name[64];
    char unit[16]; /* "ms", "" */
    double value;
};

/* Writes the figures of a tale, in an order that depends on the policy alone as far as the rounds
 * go. Returns how many, at most TALE_METRICS_MAX. */
int tale_metrics(const struct tale *tale, struct tale_metric *out_metrics);

#endif
