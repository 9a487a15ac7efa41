#ifndef PAIRING_PAIRING_H
#define PAIRING_PAIRING_H

/*
 * pairing — who plays whom in one round, by one of a dozen methods, and why.
 *
 * In:       struct pairing_input: rows as a database holds them (players, past games, fixed and
 *           forbidden pairs) and a policy. The seed is inside it; nothing else is random.
 * Out:      struct pairing_output: every player is in one pair or in one rest, never in both.
 * Owns:     nothing. The input is borrowed until the call returns; what the output points to lives
 *           in the caller's arena until that is reset.
 * Threads:  none inside; calls share nothing.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault where rows contradict each other, numbers pass
 *           PAIRING_VALUE_MAX or PAIRING_SCORE_MAX (so that no sum overflows), or the policy
 *           does not fit the field; STATUS_FULL where a limit or the arena is reached. That no
 * legal pairing exists is no error but a verdict, with a minimal set of things to relax.
 *
 * The same input gives the same output on every machine. A player is named by the index of its row
 * in `players`; rounds count from 1; points are integers in the caller's unit.
 */

#include "base/arena.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAIRING_PLAYERS_MAX 20000
#define PAIRING_ROUNDS_MAX 1000
#define PAIRING_CLASSES_MAX 16
#define PAIRING_VALUE_MAX 100000000 /* points, spread, ratings, misses: plus or minus */
#define PAIRING_SCORE_MAX 1000000   /* scores of a game, likewise */
#define PAIRING_NOBODY (-1)

enum pairing_method {
    PAIRING_MANUAL,           /* fixed pairs only; everybody else rests */
    PAIRING_RANDOM,           /* by lot, fewest repeats */
    PAIRING_ROUND_ROBIN,      /* everybody meets everybody, `legs` times */
    PAIRING_TEAM,             /* two teams; everybody meets the whole other team */
    PAIRING_INTERLEAVED,      /* the same, the teams being odd and even seeds */
    PAIRING_KING_OF_THE_HILL, /* first against second, third against fourth */
    PAIRING_FACTOR,           /* the first `factor` against the next `factor`, the rest Swiss */
    PAIRING_FONTES,           /* small round robins of mixed strength to open an event */
    PAIRING_SWISS,            /* like against like by weights of record, spread and repeats */
    PAIRING_QUICKPAIR,        /* near ratings, patience rewarded: pools and clubs */
    PAIRING_AUSTRALIAN,       /* leader against the nearest opponent not met */
    PAIRING_COP,              /* simulates the rest of the event; contenders meet, nobody is idle */
    PAIRING_CHEW,             /* leaders against the lowest contender who can still catch them */
    PAIRING_ELIMINATION,      /* single knock-out */
    PAIRING_DOUBLE_ELIMINATION,
    PAIRING_ARENA, /* whoever is free, near in the standing */
    PAIRING_DUTCH, /* FIDE C.04.3 */
    PAIRING_METHOD_COUNT
};

/* What a game or a rest was worth to one player. */
enum pairing_result {
    PAIRING_RESULT_OPEN, /* not known yet */
    PAIRING_RESULT_WIN,
    PAIRING_RESULT_DRAW,
    PAIRING_RESULT_LOSS,
    PAIRING_RESULT_FORFEIT_WIN,
    PAIRING_RESULT_FORFEIT_LOSS,
    PAIRING_RESULT_BYE,      /* full points without an opponent, allocated by the pairing */
    PAIRING_RESULT_FULL_BYE, /* full points without an opponent, on request */
    PAIRING_RESULT_HALF_BYE,
    PAIRING_RESULT_ZERO_BYE, /* absent */
    PAIRING_RESULT_VOID      /* as if it had not been */
};

enum pairing_state {
    PAIRING_ACTIVE,
    PAIRING_ABSENT,    /* asked not to play this round */
    PAIRING_WITHDRAWN, /* out of the event; keeps its place in a round robin's table */
    PAIRING_SUSPENDED  /* out by the director's decision; the policy says what a round is worth */
};

struct pairing_player {
    int64_t id;       /* the caller's own number, only carried */
    const char *name; /* for explanations; NULL prints "#seed" */
    int seed;         /* 1 is the strongest; distinct */
    int rank;         /* 1 leads the standing; 0 in all rows = by points, spread, seed */
    int rating;
    int class_number; /* prize class, 0 is the open one */
    int team;         /* 0 = none; players of one team avoid each other where the method can */
    enum pairing_state state;
    int points; /* in units of points_win */
    int spread;
    bool bye_barred;  /* may not have the bye */
    int joined_round; /* first round it may play; 0 and 1 = from the start */
    /* Arena and quickpair only: */
    int64_t waiting_ms; /* how long it has been free */
    int misses;         /* waves it was left over in */
    int rating_min;     /* acceptable opponents; both 0 = any */
    int rating_max;
};

/* One game, or one round without a game (`second` is PAIRING_NOBODY). A pair may have several rows
 * in a round where it plays several games. */
struct pairing_past {
    int round_number;
    int first; /* who moved first */
    int second;
    enum pairing_result result_first;
    enum pairing_result result_second; /* ignored in a row without a game */
    int score_first;                   /* the game's own score, not points */
    int score_second;
};

/* Settled before the method is asked. `second` PAIRING_NOBODY: `first` has a bye. */
struct pairing_fixed {
    int first;
    int second;
    bool keeps_order; /* `first` moves first; otherwise the policy decides */
};

struct pairing_forbidden {
    int one;
    int other;
    const char *reason; /* for explanations; may be NULL */
};

enum pairing_first {
    PAIRING_FIRST_BALANCED, /* fewer firsts, then more seconds, then alternation, then lot */
    PAIRING_FIRST_LISTED,   /* the better placed player; in a manual pair the first named */
    PAIRING_FIRST_LOT,
    PAIRING_FIRST_TABLE /* by the tables of the round robins; elsewhere as BALANCED */
};

enum pairing_bye_order {
    PAIRING_BYE_LOWEST, /* fewest byes, then the lowest placed */
    PAIRING_BYE_HIGHEST,
    PAIRING_BYE_LOT,
    PAIRING_BYE_LEFT_OVER /* whomever the method leaves over */
};

/* What is copied from another platform although we think it a mistake there. */
enum pairing_compat {
    PAIRING_COMPAT_NONE,
    PAIRING_COMPAT_LIWORDS,
    PAIRING_COMPAT_BBP /* Dutch only: where that program reads FIDE's rules in its own way */
};

/* Leaders who can no longer be caught leave the race: they play each other, or somebody whom the
 * result cannot hurt. */
struct pairing_gibson {
    bool enabled;
    int spread_per_round; /* most spread one player gains on another in a round; 0 = spread does not
                             catch up a full win */
    int place_min;        /* lowest place that still matters, 1 = only the first */
};

struct pairing_cop {
    int place_prizes;        /* how many places win something */
    const int *class_prizes; /* by class number minus 1; NULL = those of the policy */
    int class_prizes_count;
    int gibson_spread;   /* per game */
    int hopefulness_ppm; /* a place is a hope at this share of simulations, millionths */
    int control_loss_ppm;
    int control_loss_from_round; /* number of completed rounds from which the test is made */
    int division_simulations;
    int control_loss_simulations;
    int step_budget; /* simulated games at most; 0 = no limit. Fewer simulations are
                            made when they would cost more; never a clock */
    bool repeat_byes_allowed;
    bool byes_from_the_top;
};

struct pairing_chew {
    int place_prizes;
    int gibson_spread;     /* greatest swing assumed for one game; 0 = 1000 */
    const int *flight_cap; /* contenders at most, by rounds left, [0] = one round left; the last
                              entry repeats; NULL = 2, 4, 8, 12 */
    int flight_cap_count;
};

struct pairing_bracket {
    bool reseed;         /* best survivor against worst, not along the lines of a bracket */
    bool third_place;    /* losers of the semifinals play for it in the last round */
    bool reset_final;    /* double: who comes without a loss must be beaten twice */
    int games_per_round; /* 0 = 1; a match is decided over so many games */
};

struct pairing_arena {
    bool opening; /* the first wave: neighbours in the standing, first mover by lot */
};

struct pairing_policy {
    enum pairing_method method;
    enum pairing_first first;
    enum pairing_bye_order bye_order;
    enum pairing_compat compat;
    int bye_rank_min; /* byes only for this place and lower; 0 = any */
    int points_win;   /* units of a win; 0 = 2 */
    int points_draw;  /* units of a draw; 0 = half of a win */
    int points_bye;   /* units of the allocated bye, where bye_worth_given; else as a win */
    bool bye_worth_given;
    int repeats_max; /* meetings allowed in an event before a further one costs; see docs */
    bool repeats_over_allowed;
    int repeat_weight;  /* 1..100; 0 = 1 */
    int win_weight;     /* 1..100; 0 = 1 */
    int legs;           /* round robins: rounds a pair plays in a row (team) or cycles; 0 = 1 */
    bool legs_in_a_row; /* a double round robin plays both games of a pair at once */
    int factor;
    int fontes_rounds;
    int reset_round;    /* Australian: meetings before this round are forgotten; 0 = none */
    bool forfeits_meet; /* a forfeited game counts as having met */
    /* COP and Chew: prizes of class 1, 2, …, for those who win nothing by their place. */
    int class_prizes[PAIRING_CLASSES_MAX];
    int class_prizes_count;
    struct pairing_gibson gibson;
    struct pairing_cop cop;
    struct pairing_chew chew;
    struct pairing_bracket bracket;
    struct pairing_arena arena;
    bool teams_apart; /* members of a team may not meet; Swiss and arena weigh that by themselves */
    bool baku;        /* Dutch: accelerated by FIDE's C.04.7; late entries are in the lower group */
};

struct pairing_input {
    const struct pairing_player *players;
    int players_count;
    const struct pairing_past *past; /* any order */
    int past_count;
    const struct pairing_fixed *fixed;
    int fixed_count;
    const struct pairing_forbidden *forbidden;
    int forbidden_count;
    int round_number;
    int rounds_total; /* 0 = not known; gibsons, COP, Chew and brackets need it */
    int initial_side; /* Dutch: whether the first seed goes first (1) or second (-1) in round 1; 0 =
                         as past rounds tell, else by lot */
    uint64_t seed;    /* of the division; each round and purpose takes its own stream of it */
    const struct pairing_policy *policy;
};

/* Returns the side that a draw of lots gives the first seed in round 1 of a Dutch Swiss: 1 first,
 * -1 second. */
int pairing_initial_side(uint64_t seed);

#define PAIRING_COSTS_MAX 8

/* One part of what a pair costs, in the order in which parts decide. */
struct pairing_cost {
    const char *name; /* static text, e.g. "repeat" */
    int64_t value;
};

struct pairing_pair {
    int first;
    int second;
    int board;                /* from 1, the best placed pair first; Dutch: as C.04.2 has it */
    int meetings;             /* earlier games of the two */
    bool fixed;               /* was given in the input */
    const char *reason;       /* one sentence */
    const char *first_reason; /* why `first` moves first */
    int costs_count;
    struct pairing_cost costs[PAIRING_COSTS_MAX];
};

enum pairing_rest_kind {
    PAIRING_REST_BYE,           /* odd one out */
    PAIRING_REST_REQUESTED,     /* fixed bye */
    PAIRING_REST_OPPONENT_AWAY, /* the table's opponent does not play */
    PAIRING_REST_ABSENT,
    PAIRING_REST_WITHDRAWN,
    PAIRING_REST_SUSPENDED,
    PAIRING_REST_NOT_YET, /* joins later */
    PAIRING_REST_ELIMINATED,
    PAIRING_REST_WAITING, /* a bracket's or an arena's next wave */
    PAIRING_REST_UNPAIRED /* manual: nobody has paired it yet */
};

struct pairing_rest {
    int player;
    enum pairing_rest_kind kind;
    const char *reason;
};

enum pairing_verdict {
    PAIRING_MADE,
    PAIRING_IMPOSSIBLE, /* see conflicts */
    PAIRING_NOT_READY   /* earlier results are missing */
};

enum pairing_conflict_kind {
    PAIRING_CONFLICT_FORBIDDEN, /* forbidden pair one–other */
    PAIRING_CONFLICT_REPEAT,    /* one and other have met as often as is allowed */
    PAIRING_CONFLICT_FIXED,     /* fixed pair one–other */
    PAIRING_CONFLICT_BYE,       /* `one` may not have the bye */
    PAIRING_CONFLICT_RANGE,     /* one and other do not accept each other's ratings */
    PAIRING_CONFLICT_RULE,      /* a rule of the method keeps one and other apart */
    PAIRING_CONFLICT_RESULT     /* the result of one–other is missing */
};

/* Relaxing all conflicts of an output makes a pairing possible; relaxing any fewer of them does
 * not. */
struct pairing_conflict {
    enum pairing_conflict_kind kind;
    int one;
    int other;
    const char *text;
};

struct pairing_output {
    enum pairing_verdict verdict;
    struct pairing_pair *pairs; /* by board */
    int pairs_count;
    struct pairing_rest *rests; /* by player */
    int rests_count;
    struct pairing_conflict *conflicts;
    int conflicts_count;
    int *gibsonized; /* players out of the race, best first */
    int gibsonized_count;
    int costs_count; /* sums over the pairs that were not fixed */
    struct pairing_cost costs[PAIRING_COSTS_MAX];
    const char *summary; /* the method, its settings and what decided, one line */
    const char **notes;  /* lines of explanation that belong to no single pair */
    int notes_count;
    bool proved; /* the matching's dual certificate was made and checked */
};

/* Pairs one round. Errors: see above; the output is then left as it was. */
enum status pairing_make(const struct pairing_input *input, struct arena *arena,
                         struct pairing_output *out, struct fault *out_fault) MUST_CHECK;

/* The answer to "why not one against other?". */
struct pairing_why {
    bool possible; /* with the pair insisted on, the rest can be paired */
    bool dearer;   /* that costs more: `costs` are the differences, first non-zero decides */
    int costs_count;
    struct pairing_cost costs[PAIRING_COSTS_MAX];
    const char *text; /* one sentence */
};

/* Asks what insisting on a pair would have changed against the pairing `made`. Errors as
 * pairing_make(), and STATUS_INVALID_ARGUMENT for players who could not play each other at all. */
enum status pairing_why_not(const struct pairing_input *input, const struct pairing_output *made,
                            int one, int other, struct arena *arena, struct pairing_why *out,
                            struct fault *out_fault) MUST_CHECK;

/* Returns a policy with every default filled in for a method. */
struct pairing_policy pairing_policy_default(enum pairing_method method);

/* Returns "round_robin", "king_of_the_hill", …, as written in policies and on command lines. */
const char *pairing_method_name(enum pairing_method method);

/* Finds a method by its name; false where there is none, `*out` then unchanged. */
bool pairing_method_find(const char *name, enum pairing_method *out);

/* Returns the method for a round where the director leaves it to us: complete cycles of a round
 * robin as long as they fit, then COP; where none fits three rounds of fontes, Swiss up to the
 * middle, COP. */
enum pairing_method pairing_method_suggest(int players, int rounds_total, int round_number);

/* Whether a round of this method depends on the seed order only, so that it can be paired before
 * the rounds in front of it are played. */
bool pairing_method_needs_no_results(enum pairing_method method);

#endif
