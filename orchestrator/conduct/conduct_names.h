#ifndef CONDUCT_CONDUCT_NAMES_H
#define CONDUCT_CONDUCT_NAMES_H

/* conduct_names — private: what expressions of a policy may name, and where the values are. */

#include "fsm/expr/expr.h"
#include "orchestrator/conduct/conduct.h"

enum conduct_bank { CONDUCT_BANK_GAME, CONDUCT_BANK_STANDING };

#define CONDUCT_VARIABLES_MAX 24

/* The variables of `game.` (in outcomes and `judged`) or of `player.` (in sanctions). */
const struct expr_variable *conduct_names(enum conduct_bank bank, size_t *out_count);

/* What sanctions are decided by. */
struct conduct_sums {
    double points; /* all of it, with what good games and time took away */
    int64_t count; /* outcomes on the list */
    double bad;    /* the sum of their weights */
    int64_t bad_in_a_row;
    bool newest_is_bad;
    const char *newest;
    int64_t warnings;       /* in the last 30 days */
    int64_t suspensions;    /* ever */
    int64_t suspensions_7d; /* in the last seven days */
    int64_t last_minutes;   /* length of the last suspension, 0: none */
    int64_t hours_since;    /* since the last suspension ended */
    bool is_suspended;
    int64_t age_days; /* since the first game here */
};

/* Write the values in the order of the variables. */
void conduct_game_values(const struct conduct_game *game, struct value *out_values);
void conduct_sums_values(const struct conduct_sums *sums, struct value *out_values);

#endif
