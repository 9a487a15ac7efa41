#ifndef WOOGLES_DIVISION_H
#define WOOGLES_DIVISION_H

/*
 * division — one division of the other platform, as its scripted cases drive it: round controls,
 * pairings, results, standings. Pure but for its arena; the pairing is ours.
 *
 * Rounds and players count from 0 here, as they do in the cases. Operations return NULL or the name
 * of the error.
 */

#include "orchestrator/pairing/pairing.h"

#define DIVISION_PLAYERS_MAX 128
#define DIVISION_ROUNDS_MAX 128
#define DIVISION_GAMES_MAX 16
#define DIVISION_PAIRINGS_MAX 8192
#define DIVISION_NAME_MAX 32
#define DIVISION_NONE (-1)

enum division_result {
    RESULT_NONE,
    RESULT_WIN,
    RESULT_LOSS,
    RESULT_DRAW,
    RESULT_BYE,
    RESULT_FORFEIT_WIN,
    RESULT_FORFEIT_LOSS,
    RESULT_ELIMINATED,
    RESULT_VOID
};

struct division_player {
    char id[DIVISION_NAME_MAX];
    int rating;
    bool suspended;
};

struct division_control {
    enum pairing_method method;
    enum pairing_first first;
    int games_per_round;
    int factor;
    int initial_fontes;
    int max_repeats;
    bool allow_over_max_repeats;
    int repeat_relative_weight;
    int win_difference_relative_weight;
    int reset_round;
    bool has_cap_override;
    int cap_override;
};

struct division_settings {
    bool auto_start;
    enum division_result suspended_result;
    int suspended_spread;
    int spread_cap;
    bool gibsonize;
    int gibson_spread;
    int minimum_placement;
    int maximum_bye_placement;
};

struct division_game {
    int scores[2];
    enum division_result results[2];
    char reason[DIVISION_NAME_MAX];
};

struct division_pairing {
    int players[2]; /* in the order of moving; the same twice for a bye; NONE twice: eliminated */
    struct division_game games[DIVISION_GAMES_MAX];
    int games_count;
    enum division_result outcomes[2];
};

struct division_standing {
    int player;
    int wins;
    int losses;
    int draws;
    int spread;
    int games;
    bool gibsonized;
};

struct division {
    struct division_player players[DIVISION_PLAYERS_MAX];
    int players_count;
    struct division_control controls[DIVISION_ROUNDS_MAX];
    int rounds;
    struct division_settings settings;
    struct division_pairing pairings[DIVISION_PAIRINGS_MAX];
    int pairings_count;
    int matrix[DIVISION_ROUNDS_MAX][DIVISION_PLAYERS_MAX]; /* pairing or DIVISION_NONE */
    int current; /* round that is played, -1 before the start */
    uint64_t seed;
    struct arena arena;
};

struct division_submission {
    int round;
    int one;
    int other;
    int scores[2];
    enum division_result results[2];
    const char *reason;
    bool amend;
    int game_index;
};

/* Results by the names the cases use; RESULT_NONE for an unknown name. */
enum division_result division_result_named(const char *name);
const char *division_result_name(enum division_result result);

/* Returns the index of a player, DIVISION_NONE where there is none. */
int division_find(const struct division *division, const char *id);

/* Returns the pairing of a player in a round, NULL where there is none. */
struct division_pairing *division_pairing_of(struct division *division, int round, int player);

const char *division_set_controls(struct division *division);
const char *division_add(struct division *division, const struct division_player *players,
                         int count);
const char *division_remove(struct division *division, const int *players, int count);
const char *division_set_pairing(struct division *division, int round, int one, int other,
                                 enum division_result self_result);
const char *division_pair(struct division *division, int round, bool preserve_byes);
void division_clear(struct division *division, int round);
const char *division_start_round(struct division *division);
const char *division_submit(struct division *division, const struct division_submission *what);

bool division_round_complete(struct division *division, int round);
bool division_finished(struct division *division);

/* Fills the standings after a round, best first; returns how many. */
int division_standings(struct division *division, int round, struct division_standing *out);

#endif
