#ifndef PAIRING_FIELD_H
#define PAIRING_FIELD_H

/*
 * field — the players of one round as the methods see them: in standing order, with who has met
 * whom, and with the pairs made so far. Private to the folder.
 *
 * A method pairs or rests everybody in `pool`; pairing.c has already taken out who does not play or
 * is settled, and afterwards says who moves first, numbers the boards and explains.
 */

#include "orchestrator/pairing/pairing.h"

#include "base/random.h"

struct field_meeting {
    int opponent;
    int times;
    int last_round;
};

struct field_game {
    int round;
    int opponent;
};

struct field_history {
    struct field_meeting *met; /* by opponent */
    int met_count;
    struct field_game *games; /* rounds with an opponent, in order; a round counts once */
    int games_count;
    int byes;
    int firsts;
    int seconds;
    int side_run;        /* how often in a row it went first (positive) or second (negative) */
    int last_side;       /* +1 moved first in the latest game, -1 second, 0 none yet */
    int last_round;      /* of that game */
    int latest_opponent; /* or NOBODY */
};

struct field {
    const struct pairing_input *input;
    const struct pairing_policy *policy;
    const struct pairing_player *players;
    int count;
    struct arena *arena;
    int *by_seed;  /* player at each seed position */
    int *position; /* seed position of each player, from 0, without gaps */
    int *by_place; /* players in standing order */
    int *place;    /* place of each player, from 0 */
    struct field_history *history;
    int *pool; /* players left to be paired, in standing order */
    int pool_count;
    int *mate;          /* opponent of each player, own index = rests, NOBODY = open */
    bool *fixed;        /* the pair or bye was given */
    bool *in_forbidden; /* the player is in some forbidden pair */
    struct pairing_pair *pairs;
    int pairs_count;
    struct pairing_rest *rests;
    int rests_count;
    const char **notes;
    int notes_count;
    int notes_max;
    int insist_one; /* a pair that the method must make, or NOBODY twice */
    int insist_other;
    int bye_choice;             /* which of the candidates for the bye has it, from 0 */
    int bye_candidates;         /* how many there were; 0 = no bye was needed */
    struct pairing_output *out; /* verdict, conflicts, gibsons, costs */
    struct fault *fault;
    bool full; /* something did not fit into the arena */
};

/* Pairs as pairing_make() does, but insists on a pair where a method weighs pairs. */
enum status pairing_make_insisting(const struct pairing_input *input, int one, int other,
                                   struct arena *arena, struct pairing_output *out,
                                   struct fault *out_fault);

/* Reads the input's rows into tables; STATUS_INVALID_ARGUMENT where they contradict each other. */
enum status field_init(struct field *field, const struct pairing_input *input, struct arena *arena,
                       struct pairing_output *out, struct fault *fault);

/* How often two players have met before this round. */
int field_meetings(const struct field *field, int one, int other);

/* In how many rounds from `round` on two players have met. */
int field_meetings_since(const struct field *field, int one, int other, int round);

/* The reason a pair is forbidden, "" where none is given, NULL where it is not forbidden. */
const char *field_forbidden(const struct field *field, int one, int other);

/* Makes a pair of two players nobody has paired yet; the better placed one is listed first. Returns
 * it so that the caller can add costs; never NULL. */
struct pairing_pair *field_pair(struct field *field, int one, int other, const char *reason);

/* Lets a player rest whom nobody has paired yet. */
void field_rest(struct field *field, int player, enum pairing_rest_kind kind, const char *reason);

/* Adds a line to the explanation. */
void field_note(struct field *field, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds a conflict and sets the verdict to PAIRING_IMPOSSIBLE. */
void field_conflict(struct field *field, enum pairing_conflict_kind kind, int one, int other);

/* Returns formatted text in the arena, "" when that is full. */
const char *field_text(struct field *field, const char *format, ...) PRINTF_LIKE(2, 3);

/* Returns a player's name, "#seed" where it has none. */
const char *field_name(struct field *field, int player);

/* Whether the player was taken out of the pool or paired. */
bool field_is_settled(const struct field *field, int player);

/* Whether the player takes part in this round at all. */
bool field_plays(const struct field *field, int player);

/* Removes players who are settled from the pool, keeping its order. */
void field_pool_refresh(struct field *field);

/* Win-difference of two players in half wins, never negative. */
int field_half_wins_apart(const struct field *field, int one, int other);

/* Starts the numbers that belong to this division, a purpose and a round. */
void field_lots(const struct field *field, const char *purpose, int number, struct random *out);

/* Brings a list into an order drawn by lot: by this division's stream for `purpose` and `number`,
 * with PAIRING_COMPAT_LIWORDS by that platform's generator. */
void field_shuffle(const struct field *field, const char *purpose, int number, int *list,
                   int count);

/* Takes the odd one out, if the pool is odd: he rests with a bye. */
void field_bye(struct field *field);

/* Order in which the pool's players would get the bye, first the one who does; returns how many may
 * have it at all. `out` has room for the pool. */
int field_bye_order(struct field *field, int *out);

/* Pairs the players whom nobody can catch any more, where the policy says so. */
void field_gibsonize(struct field *field);

/* Decides who moves first in every pair. */
void field_assign_firsts(struct field *field);

/* Copies `count` elements; NULL when the arena is full, which is noted. */
int *field_ints(struct field *field, int count);

#endif
