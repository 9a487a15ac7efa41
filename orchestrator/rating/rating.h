#ifndef RATING_RATING_H
#define RATING_RATING_H

/*
 * rating — what a result is worth: new ratings from old ones.
 *
 * In:       a policy, the players' states before, the games; every time is inside the games.
 * Out:      the states after. A game that is not rated says why and changes nothing.
 * Owns:     nothing; the lists of rating_rate_games() use the caller's arena while it runs.
 * Threads:  none inside; everything here is a pure function.
 * Errors:   STATUS_FULL at the arena's limit or RATING_GAMES_MAX; a game without rating is no
 *           error but an ordinary output, enum rating_unrated.
 *
 * The same input gives the same bits on every machine with IEEE 754 doubles: the order of
 * operations is fixed, contraction is off, exp and log are our own (rating_math.h), only sqrt is
 * the hardware's. So recomputing forward after a correction ends with the bits that would have
 * been there had the result been right from the start.
 *
 *     struct rating_state before[2] = {rating_initial(&policy), stored};
 *     struct rating_state after[2];
 *     enum rating_unrated reason = rating_rate_game(&policy, before, &game, after);
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATING_NAME_MAX 32
#define RATING_STEPS_MAX 8          /* K factors in one policy */
#define RATING_GAMES_MAX 1000000    /* games in one call of rating_rate_games() */
#define RATING_STATE_SIZE 76        /* bytes of an encoded state */
#define RATING_COUNT_MAX 1000000000 /* games are counted up to here */
#define RATING_VALUE_MIN (-10000.0) /* bounds of every policy's ratings */
#define RATING_VALUE_MAX 20000.0
#define RATING_NEVER_MS INT64_MIN /* has not been rated yet */
#define RATING_SCORE_MAX 1000000  /* a game's scores are clipped to plus or minus this */

enum rating_system {
    RATING_NONE = 0, /* counts games, rates nothing */
    RATING_GLICKO2,  /* Glickman; with `growth` also the variant of lichess */
    RATING_WOOGLES,  /* Glicko-2 whose result is the spread, bounded (Glicko-225) */
    RATING_ELO,      /* logistic expectation, K by steps */
    RATING_FIDE,     /* tables and rules of FIDE B.02 */
    RATING_USCF      /* US Chess, 2017 text */
};

/* When results become ratings. */
enum rating_timing {
    RATING_PER_GAME = 0, /* at the end of each game, against the ratings before it */
    RATING_PER_EVENT,    /* all games of an event at once, against the ratings before it */
    RATING_PER_PERIOD    /* the same for all games of a period */
};

/* How a deviation grows with time away (Glicko systems). */
enum rating_growth {
    RATING_GROWTH_PERIOD = 0, /* one whole period with every rating: the paper */
    RATING_GROWTH_ELAPSED,    /* elapsed periods, inside the update with the new volatility */
    RATING_GROWTH_BEFORE      /* elapsed periods, before the update with the old one: lichess */
};

/* A K factor and whom it is for; the first step that fits counts. 0 means "any". */
struct rating_step {
    double factor;
    int games_below;     /* the player's rated games before */
    double rating_below; /* the rating before */
    double peak_below;   /* the highest rating ever */
    bool juniors_only;
};

/* Constants and rules; filled from a built-in (rating_policy_named()) or a file
 * (rating_policy_read() in rating_policy.h). Fields of other systems are ignored. */
struct rating_policy {
    char name[RATING_NAME_MAX];
    enum rating_system system;
    enum rating_timing timing;
    enum rating_growth growth;

    double initial_rating;
    double initial_deviation;
    double initial_volatility;
    double rating_min; /* the floor */
    double rating_max;
    double deviation_min;
    double deviation_max;
    double volatility_max;
    double change_max; /* most one update moves a rating; 0 = no limit */

    double tau;
    double tolerance;
    int iterations_max;
    int64_t period_ms;      /* length of a rating period; at least 1 */
    double first_advantage; /* rating points the first mover is worth */
    double gain_factor;     /* multiplies what the winner's side gains; 1 = nothing */

    double provisional_deviation; /* provisional while the deviation is above this; 0 = never */
    int provisional_games;        /* provisional while fewer games than this */

    double bot_factor;   /* share of the change in a game against a bot; 1 = all, 0 = unrated */
    bool rates_forfeits; /* games decided without play count */
    int turns_min;       /* shorter games are not rated, unless in a tournament */

    double spread_scale;     /* Woogles: full result at this spread */
    double spread_boost_min; /* share of the result a bare win is worth at the lowest ratings */
    double spread_steepness;

    struct rating_step steps[RATING_STEPS_MAX]; /* Elo, FIDE: K */
    int step_count;
    double gap_max;            /* differences above count as this; 0 = no limit */
    double gap_max_below;      /* ... only for players below this rating; 0 = for all */
    double refuse_gap;         /* with `refuse_above`: games of this difference or more ... */
    double refuse_above;       /* ... with a player above this are not rated; 0 = all are */
    int initial_games;         /* FIDE: results an unrated player needs before the first rating */
    double initial_rating_max; /* FIDE: highest first rating */

    double uscf_bonus; /* B */
    int uscf_established_games;
};

/* Facts about a player that rules ask for. */
enum { RATING_FLAG_JUNIOR = 1u << 0 /* under 18 at the end of the year of the event */ };

/* One player's rating in one pool. Glicko systems use deviation and volatility; the pool fields
 * collect an unrated player's first results (FIDE). Store it with rating_state_encode(). */
struct rating_state {
    double rating;    /* 0 with games == 0 in FIDE: not rated yet */
    double deviation; /* as of rated_at_ms, without growth since */
    double volatility;
    double peak;         /* highest rating after any update */
    int64_t rated_at_ms; /* end of the last rated game; RATING_NEVER_MS */
    int32_t games;       /* rated games */
    int32_t wins;        /* of them; USCF needs to know who never won or lost */
    int32_t losses;
    uint32_t flags;
    int32_t pool_games;
    int32_t pool_points_x2;
    int64_t pool_rating_sum; /* opponents' ratings, whole points */
};

enum rating_end {
    RATING_END_STANDARD = 0,
    RATING_END_TIME,
    RATING_END_RESIGNED,
    RATING_END_ZEROES,    /* consecutive scoreless turns */
    RATING_END_CHALLENGE, /* lost by a wrong challenge */
    RATING_END_FORFEIT,   /* forced: abandoned, nudged, decided by a director */
    RATING_END_ADJUDICATED,
    RATING_END_NO_SHOW, /* forfeited without play */
    RATING_END_ABORTED,
    RATING_END_CANCELLED
};

enum rating_winner {
    RATING_WINNER_UNKNOWN = 0,
    RATING_WINNER_FIRST,
    RATING_WINNER_SECOND,
    RATING_WINNER_NONE /* a draw */
};

/* One finished game. Index 0 moved first. */
struct rating_game {
    int players[2]; /* indices of states, for rating_rate_games(); otherwise ignored */
    enum rating_end end;
    enum rating_winner winner; /* UNKNOWN with has_scores: follows from the scores */
    bool has_scores;
    int32_t scores[2]; /* final, after time penalties */
    int32_t turns;     /* 0 = not known, counts as long enough */
    bool casual;
    bool tournament;
    bool bots[2];
    int64_t ended_at_ms;
};

/* Why a game is not rated. */
enum rating_unrated {
    RATING_RATED = 0,
    RATING_UNRATED_SYSTEM, /* the policy rates nothing */
    RATING_UNRATED_CASUAL,
    RATING_UNRATED_ABORTED, /* or cancelled */
    RATING_UNRATED_FORFEIT, /* not played, and the policy does not count that */
    RATING_UNRATED_SHORT,
    RATING_UNRATED_BOT,           /* a bot took part and the policy gives that no weight */
    RATING_UNRATED_NO_WINNER,     /* an end that needs one */
    RATING_UNRATED_CONTRADICTION, /* the recorded winner has fewer points */
    RATING_UNRATED_GAP,           /* too far apart */
    RATING_UNRATED_SELF,          /* both players are the same */
    RATING_UNRATED_LATER          /* this policy rates per event or period: rating_rate_games() */
};

/* Fills in a built-in policy: "none", "glicko2", "lichess", "woogles", "elo", "fide", "uscf".
 * Errors: STATUS_NOT_FOUND for another name. */
enum status rating_policy_named(const char *name, struct rating_policy *out_policy) MUST_CHECK;

/* Checks that the constants make sense together; the fault's hint names the key. */
enum status rating_policy_check(const struct rating_policy *policy,
                                struct fault *out_fault) MUST_CHECK;

/* Returns the state of somebody who has never played. */
struct rating_state rating_initial(const struct rating_policy *policy);

/* Returns a newcomer's state at an age in whole years (negative: not known). US Chess starts the
 * young lower, 300 and 50 for each year from 3 to 20; the other systems know no age. */
struct rating_state rating_initial_aged(const struct rating_policy *policy, int age);

/* Returns the state of somebody who brings a rating from elsewhere (0 = none): the initial one
 * with that rating, and `games` games counted. */
struct rating_state rating_seeded(const struct rating_policy *policy, double rating, int games);

/* Returns the deviation at a time, growth included; the stored one where systems have none. */
double rating_deviation_at(const struct rating_policy *policy, const struct rating_state *state,
                           int64_t now_ms);

/* Whether the rating is shown with a question mark at that time. */
bool rating_is_provisional(const struct rating_policy *policy, const struct rating_state *state,
                           int64_t now_ms);

/* Returns why the policy would not rate the game, or RATING_RATED. States may be NULL where the
 * distance of ratings is not asked for. Never returns RATING_UNRATED_LATER. */
enum rating_unrated rating_refusal(const struct rating_policy *policy,
                                   const struct rating_state before[2],
                                   const struct rating_game *game);

/* Returns a short sentence for people, static. */
const char *rating_unrated_text(enum rating_unrated reason);

/* Returns the short name a machine or a log carries ("aborted"), static. */
const char *rating_unrated_name(enum rating_unrated reason);

/* Rates one game of a per-game policy; each player against the other's state before. Where the
 * game is not rated, `after` is a copy of `before` and the reason is returned. */
enum rating_unrated rating_rate_game(const struct rating_policy *policy,
                                     const struct rating_state before[2],
                                     const struct rating_game *game, struct rating_state after[2]);

/* Rates a list of games, players[] naming indices of `states`, which are updated in place. Per-game
 * policies take them one by one in the given order; the others take the whole list as one event or
 * period that ends at `end_ms`, everybody against the ratings before it. This is also how a history
 * is recomputed forward. `out_reasons` (one a game, or NULL) says which were not rated. A state
 * that no rated game names is left alone, except in RATING_GROWTH_PERIOD, where its deviation
 * grows. Errors: STATUS_FULL (states unchanged); STATUS_INVALID_ARGUMENT for an index outside. */
enum status rating_rate_games(const struct rating_policy *policy, struct rating_state *states,
                              int state_count, const struct rating_game *games, int game_count,
                              int64_t end_ms, struct arena *arena,
                              enum rating_unrated *out_reasons) MUST_CHECK;

/* Returns the share of a point the first of two players should expect, 0 to 1. */
double rating_expectation(const struct rating_policy *policy, const struct rating_state *player,
                          const struct rating_state *opponent);

/* The spread that goes into the Woogles formula, from the first player's point of view: the full
 * result for games that were given up, else the difference of scores. Returns RATING_RATED or why
 * there is none, `out_spread` then unchanged. */
enum rating_unrated rating_spread(const struct rating_policy *policy,
                                  const struct rating_game *game, int32_t *out_spread);

/* Returns how far above a draw a bare win lies in the Woogles formula (1/3 to 1/2), for two players
 * of this average rating. */
double rating_win_boost(const struct rating_policy *policy, double average_rating);

/* Returns the points a player loses for overtime: 10 for every started minute, overtime capped at
 * `max_minutes`. */
int rating_time_penalty(int64_t overtime_ms, int max_minutes);

/* Returns FIDE's rating difference for a score of `points_x2` half points in `games` > 0 games,
 * the fraction rounded to hundredths, halves up: -800 to 800. */
int rating_fide_difference(int64_t points_x2, int64_t games);

/* Returns FIDE's expectation in hundredths for a rating difference of any size and sign. */
int rating_fide_expectation_x100(int64_t difference);

/* Writes a state as RATING_STATE_SIZE bytes, little-endian, doubles as their IEEE bits. */
void rating_state_encode(const struct rating_state *state, uint8_t out_bytes[RATING_STATE_SIZE]);

/* Reads it back. Errors: STATUS_DATA_LOSS for another size or version, or numbers that cannot be.
 */
enum status rating_state_decode(const uint8_t *bytes, size_t size,
                                struct rating_state *out_state) MUST_CHECK;

#endif
