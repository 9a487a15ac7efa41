#ifndef SIMULATION_CROWD_H
#define SIMULATION_CROWD_H

/*
 * crowd — the director and the players of a rehearsed event, by a policy and a model.
 *
 * The director opens the event, enters the players and starts it; afterwards he acts only where the
 * house waits for him: rounds that begin on his word, pairings the policy could not make, games
 * nobody reports, reports that differ. What he had to do is noted. Players play the games they get
 * for as long as the model says, report, leave or never come.
 *
 * Owns:     its players, games and notes; requests under way.
 * Threads:  the loop's.
 */

#include "base/arena.h"
#include "orchestrator/format/format.h"
#include "orchestrator/record/record.h"
#include "simulation/ask.h"
#include "simulation/model.h"
#include "simulation/world.h"

#include <stdbool.h>
#include <stdint.h>

#define CROWD_TOURNAMENT "event"
#define CROWD_ID_MAX 32
#define CROWD_NAME_MAX 64
#define CROWD_NOTES_MAX 5000 /* kept; more are counted */

struct crowd;

struct crowd_player {
    struct crowd *crowd;
    char id[CROWD_ID_MAX];
    char name[CROWD_NAME_MAX];
    int division; /* index */
    int seed;     /* in the division, from 1 */
    double rating;
    struct model_person person;
    int forfeits;    /* rounds lost because he was not there */
    int missed;      /* the last round that was noted as missed */
    bool is_entered; /* the house knows of him */
    bool is_out;     /* has left, or was taken out */
};

enum crowd_note_kind {
    CROWD_NO_SHOW,    /* somebody did not come */
    CROWD_LATE,       /* somebody came late to a game */
    CROWD_LATE_ENTRY, /* somebody entered while the event ran */
    CROWD_WITHDRAWAL,
    CROWD_DISPUTE,
    CROWD_DIRECTOR, /* the director had to act */
    CROWD_REFUSED,  /* the house said no */
    CROWD_NOTE_KINDS
};

struct crowd_note {
    enum crowd_note_kind kind;
    int64_t at_ms;
    const char *text;
};

struct crowd_options {
    const struct model *model;
    const char *policy; /* text, as the services get it */
    const struct format *format;
    /* Of whom the event consists; borrowed until crowd_init() returns. */
    const struct crowd_player *players;
    int player_count;
    /* Rounds before `from_round` happen as recorded: entered by the director, results and all.
     * NULL: none. Player i of the record is player i here. */
    const struct record *record;
    int from_round;
    int64_t starts_at_ms; /* as the policy says; 0: when the director says so */
};

struct crowd {
    struct world *world;
    struct crowd_options options;
    struct arena arena;
    struct asks asks;
    struct crowd_player *players;
    int64_t games_seen;                       /* the newest, as the database counts rows */
    int64_t steps_seen[FORMAT_DIVISIONS_MAX]; /* a division's seq that the director has acted on */
    int pairing_round[FORMAT_DIVISIONS_MAX];  /* that the director was asked to pair */
    int pairing_tries[FORMAT_DIVISIONS_MAX];  /* of the round that cannot be paired */
    int64_t tournament_seen;                  /* the same of the event */
    bool is_looking;
    bool has_opened;  /* the house has made the event */
    bool has_started; /* ... and was told to begin */
    bool is_over;
    struct crowd_note *notes;
    int note_count;
    int note_counts[CROWD_NOTE_KINDS];
};

void crowd_init(struct crowd *crowd, struct world *world, const struct crowd_options *options);

/* Sets everybody going. */
void crowd_begin(struct crowd *crowd);

/* Returns the index of a player, or -1. */
int crowd_find(const struct crowd *crowd, const char *player_id);

/* "event-2" for division index 1. */
void crowd_division_id(int division, char out[CROWD_ID_MAX]);

/* Returns "no-show", "late", … */
const char *crowd_note_name(enum crowd_note_kind kind);

/* Call before world_deinit(). */
void crowd_deinit(struct crowd *crowd);

#endif
