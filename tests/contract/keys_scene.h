#ifndef TESTS_CONTRACT_KEYS_SCENE_H
#define TESTS_CONTRACT_KEYS_SCENE_H

/*
 * keys_scene — one key of a tournament policy, seen in two events that differ in it alone.
 *
 * A row names two values of a key, what is played, and what is then seen in either event: one line
 * of text. Each event runs in a house of its own, in virtual time (tests/support/clockwork.h), is
 * called "t" and directed by dora.
 */

#include "tests/support/clockwork.h"

#include <stdbool.h>
#include <stddef.h>

#define EVENT "/v1/tournaments/t"

/* Plays one event and returns what was seen of it; the text lives until the next play. */
typedef const char *(*key_play)(struct clockwork *house);

struct key_case {
    const char *name;
    const char *a; /* takes the place of each $ in the texts below */
    const char *b;
    const char *policy;   /* keys beside the divisions, each line with its end; NULL: none */
    const char *division; /* keys of the first division, likewise; NULL: none */
    int rounds;           /* 0: one; -1: the division says it */
    const char *game;     /* NULL: reported games that are not rated */
    const char *more;     /* further divisions; NULL: none */
    bool is_series;       /* not one event, but a series of them: "series:t", its events t-1, t-2 */
    int64_t start_ms;     /* 0: the usual time */
    key_play play;
    const char *body; /* of the request that the play makes; NULL: it has its own */
    const char *seen_a;
    const char *seen_b;
};

/* A row; the ledger of keys names it by its first argument. */
#define KEY(case_name, ...)                                                                        \
    {                                                                                              \
        .name = #case_name, __VA_ARGS__                                                            \
    }

/* Runs every row as a test of its own: main() of a program of such rows. */
int keys_run(const struct key_case *cases, size_t count);

/* ---- for plays ----------------------------------------------------------------------------- */

/* Formats a text that lives until the 64th next call. */
const char *text_of(const char *format, ...) PRINTF_LIKE(1, 2);

/* Lets the event follow its policy with another text in the place of one. */
const char *try_to_change(struct clockwork *house, const char *from, const char *to);

/* Creates another event, "u", by the same policy with another text in the place of one. */
const char *try_to_open(struct clockwork *house, const char *from, const char *to);

/* Returns the value that the row's key has in this event. */
const char *row_value(void);

/* Returns the body of the row that is played. */
const char *row_body(void);

/* Asks, and returns the code with the detail of a problem: "200", "409 it is too late". */
const char *asked(struct clockwork *house, const char *who, const char *method, const char *path,
                  const char *body);

/* Players ann, bob, cat, dan … (up to 12), rated 2000, 1900 …, entered by the director. */
void enter(struct clockwork *house, int count);

/* Creates the first players without entering them. */
void create(struct clockwork *house, int count);

/* Does something as the director, confirming what wants it; fails the test where it is refused. */
void direct(struct clockwork *house, const char *body);

/* The same by anybody, without the failure: as asked(). */
const char *try_to_direct(struct clockwork *house, const char *who, const char *body);

/* Lets the event follow the policy of this row with another value. */
void change_to(struct clockwork *house, const char *value);
const char *try_to_change_to(struct clockwork *house, const char *value);

void start(struct clockwork *house);
/* Begins it with fewer players than the policy wants: the director has seen who is there. */
void start_short(struct clockwork *house);

/* Reports every game that is played now: who comes first in the alphabet wins by 10 points for each
 * place between them. Returns how many there were. */
int report_games(struct clockwork *house);

/* From now on this player beats everybody; NULL: nobody does. */
void let_win(const char *player);

/* Reports games until none is left to play. */
void play_on(struct clockwork *house);

/* Enters so many players, starts and plays to the end. */
void play_event(struct clockwork *house, int players);

/* Who met whom: "1:ann-bob 1:cat-dan 2:bob-cat 2:dan-"; those of a round: "ann-bob cat-dan". */
const char *pairings(struct clockwork *house);
const char *pairings_of(struct clockwork *house, int round);

/* "ann 4 +120, bob 2 -20": half points and spread, in order. */
const char *standings(struct clockwork *house);

/* Their names alone: "ann bob". */
const char *ranking(struct clockwork *house);

#endif
