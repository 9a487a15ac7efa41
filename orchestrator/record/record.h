#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

/*
 * record — what happened in a tournament: who took part, and what each got in each round.
 *
 * One shape for pairing, standings, event ratings and file conversion. Readers fill it (trf.h and
 * its neighbours), everybody else reads it. Players stand in the order of the initial ranking and
 * are meant everywhere by their index in it; their start number is a label.
 *
 * Owns:     nothing; every pointer lives in the arena given to record_create().
 * Threads:  none inside; a record nobody changes may be read by many.
 * Errors:   STATUS_FULL at the arena's limit or at a RECORD_*_MAX.
 * Units:    points are tenths (1.0 = 10); game scores are whole points of the game.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define RECORD_PLAYERS_MAX 100000
#define RECORD_ROUNDS_MAX 999
#define RECORD_POINTS_X10_MAX 9999 /* most one result or one acceleration may be worth */
#define RECORD_NOBODY (-1)         /* no opponent, no team, no such player */

/* How a round went for one player. Zero means that nothing is recorded. */
enum record_kind {
    RECORD_NONE = 0,
    RECORD_PLAYED,      /* against an opponent, over the board */
    RECORD_FORFEIT,     /* paired, not played; the outcome says for whom it counts */
    RECORD_BYE_PAIRING, /* the pairing-allocated bye */
    RECORD_BYE_FULL,
    RECORD_BYE_HALF,
    RECORD_BYE_ZERO, /* asked for, worth nothing */
    RECORD_ABSENT,   /* stayed away, withdrew or came late */
    RECORD_PENDING   /* paired, no result yet; also adjourned */
};

/* For whom a played or forfeited game counts; also what a bye counts as where that is open. */
enum record_outcome { RECORD_OUTCOME_NONE = 0, RECORD_WIN, RECORD_DRAW, RECORD_LOSS };

/* White, or the one who moves first, and the other. */
enum record_side { RECORD_SIDE_NONE = 0, RECORD_FIRST, RECORD_SECOND };

/* One player's round. */
struct record_result {
    int32_t opponent;  /* index of the player, or RECORD_NOBODY */
    int32_t own_score; /* in the game, where has_scores; a bye's spread is own minus other */
    int32_t other_score;
    uint16_t board;  /* from 1; 0 = not recorded */
    uint8_t kind;    /* enum record_kind */
    uint8_t outcome; /* enum record_outcome */
    uint8_t side;    /* enum record_side */
    bool has_scores;
    bool unrated;         /* played, but not for rating (TRF: W, D, L) */
    bool points_override; /* `points_x10` stands instead of what the point system says */
    int16_t points_x10;
};

/* What each kind of result is worth. */
struct record_points {
    int win_x10;
    int draw_x10;
    int loss_x10;
    int forfeit_win_x10;
    int forfeit_loss_x10;
    int bye_pairing_x10;
    int bye_full_x10;
    int bye_half_x10;
    int bye_zero_x10; /* also absence */
};

struct record_player {
    int number;       /* start number, from 1, unique; may have gaps */
    const char *name; /* texts are never NULL, "" where not recorded */
    const char *title;
    const char *federation;
    const char *id;        /* in the federation's or site's list */
    const char *birth;     /* as written: YYYY/MM/DD or YYYY */
    const char *class_id;  /* prize class */
    char sex;              /* 'm', 'w' or ' ' */
    int rating;            /* 0 = none */
    int team;              /* index in teams, or RECORD_NOBODY */
    int team_board;        /* from 1; 0 = none */
    int entry_round;       /* from 1: first round he is meant to play */
    int withdrawn_after;   /* last round before he left; 0 = has not left */
    int listed_points_x10; /* as a file states them; -1 = not stated */
    int listed_rank;       /* as a file states it; 0 = not stated */
};

struct record_team {
    const char *name;
    int number;
};

/* Players who must not meet each other in any of these rounds. */
struct record_forbidden {
    int first_round; /* from 1 */
    int last_round;
    int *players; /* indices */
    int count;
};

/* A bye asked for in a round that is not paired yet. */
struct record_request {
    int player; /* index */
    int round;  /* from 1 */
    enum record_kind kind;
};

/* One game of a match of several, of which a result is the sum. */
struct record_match_game {
    int player; /* index: of the two, the one who comes first in `players` */
    int round;  /* from 1 */
    int32_t own_score;
    int32_t other_score;
    uint8_t outcome; /* enum record_outcome; NONE: not over, or void */
    uint8_t other_outcome;
    uint8_t side; /* enum record_side */
    bool has_scores;
    bool is_void;
};

/* A line of a file that the shape has no place for, kept for writing it back. */
struct record_line {
    const char *text;
};

/* What a file says about the event as a whole; texts never NULL. */
struct record_event {
    const char *name;
    const char *city;
    const char *federation;
    const char *start_date;
    const char *end_date;
    const char *type;   /* free text */
    const char *system; /* code, e.g. "FIDE_DUTCH_2026" */
    const char *arbiter;
    const char *deputies;
    const char *time_control;
    const char *rank_method;
    const char *controller;
    const char *tie_breaks;
};

struct record {
    struct record_event event;
    struct record_points points;
    struct record_player *players; /* [player_count], in order of the initial ranking */
    int player_count;
    int round_capacity;            /* rounds the tables below have room for */
    int rounds_total;              /* 0 = not stated */
    int rounds_played;             /* rounds behind us; the next to pair is this + 1 */
    struct record_result *results; /* use record_result() */
    int16_t *virtual_x10;     /* acceleration, use record_virtual_x10(); NULL = none anywhere */
    const char **round_dates; /* [round_capacity] or NULL */
    enum record_side initial_side; /* of the first player in round 1; NONE = not stated */
    bool ranked_by_file_order;     /* numbers are only labels and may have gaps */
    struct record_team *teams;
    int team_count;
    struct record_forbidden *forbidden;
    int forbidden_count;
    struct record_request *requests;
    int request_count;
    struct record_match_game *match_games; /* those of one match follow each other, in order */
    int match_game_count;
    struct record_line *lines;
    int line_count;
};

/* Returns a record of `player_count` players and room for `round_capacity` rounds, all results
 * RECORD_NONE with no opponent, texts "", the chess point system, numbers 1, 2, ...; everything in
 * `arena`. NULL past a limit or when the arena is full. */
struct record *record_create(struct arena *arena, int player_count, int round_capacity);

/* The point system of chess: 1, 1/2, 0; the bye is a win. */
struct record_points record_points_chess(void);

/* Returns the place of a player's round (0 <= player < player_count, 1 <= round <=
 * round_capacity). */
struct record_result *record_result(const struct record *record, int player, int round);

/* Returns the virtual points of a player in a round; 0 beyond what is recorded. */
int record_virtual_x10(const struct record *record, int player, int round);

/* Gives a player of the upper half the virtual points of FIDE's C.04.7: a win's in the first half
 * of the accelerated rounds, which are the first half of all, and half of that in the others.
 * Errors: as record_set_virtual(). */
enum status record_accelerate(struct record *record, struct arena *arena, int player) MUST_CHECK;

/* Sets the virtual points of a player in a round (1 <= round <= round_capacity), making the table
 * on first use. Errors: STATUS_FULL; STATUS_OUT_OF_RANGE past RECORD_POINTS_X10_MAX. */
enum status record_set_virtual(struct record *record, struct arena *arena, int player, int round,
                               int points_x10) MUST_CHECK;

/* Returns the index of the player with this start number, or RECORD_NOBODY. */
int record_find(const struct record *record, int number);

/* Returns what a result is worth; 0 for RECORD_NONE and RECORD_PENDING. */
int record_result_points_x10(const struct record *record, const struct record_result *result);

/* Returns a player's points from rounds 1 to `last_round`. */
int record_points_x10(const struct record *record, int player, int last_round);

/* Whether the result came from a game that was played (with opponent, side and outcome). */
bool record_was_played(const struct record_result *result);

/* Whether the player was in the pairing of that round: had an opponent or the bye it allocated. */
bool record_was_paired(const struct record_result *result);

/* Whether two players are on a forbidden list that is in force in `round`. */
bool record_is_forbidden(const struct record *record, int player, int other, int round);

/* Checks that the tables agree: opponents exist and mirror each other (same kind, other side),
 * start numbers are unique and positive. On STATUS_INVALID_ARGUMENT the fault names players and
 * round; its line is 0. */
enum status record_check(const struct record *record, struct fault *out_fault) MUST_CHECK;

#endif
