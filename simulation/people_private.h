#ifndef SIMULATION_PEOPLE_PRIVATE_H
#define SIMULATION_PEOPLE_PRIVATE_H

/* people_private — what the people's files share: people.c is the players, people_bots.c the bots,
 * people_seeks.c who seeks and accepts, people_director.c the director. */

#include "fsm/expr/value.h"
#include "simulation/people.h"

#include "arbiter/v1/domain.pb-c.h"
#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/value.pb-c.h"

#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

/* How a game over the board goes. */
enum course { COURSE_AGREED, COURSE_TWICE, COURSE_DISAGREED, COURSE_NO_SHOW };

int64_t people_draw(struct people *people, int64_t bound);
void people_after(struct people *people, int64_t delay_ms, loop_callback callback, void *user);
Arbiter__V1__ValueMap *people_wire(struct people *people, struct value map);

/* For answers that do not matter: refusals are part of the game. */
void people_ignore(const struct bus_answer *answer, void *user);

/* Notes a refusal of something that must not be refused. */
void people_must_be_ok(struct people *people, const char *what, const struct bus_answer *answer);

/* Begins to look for games, again and again. */
void people_look_for_games(void *player);

struct report {
    const char *game_id;
    const char *event_id;
    const char *player_id;
    int64_t scores[2];
    bool is_directors;
    bool is_twice;
};
/* Sends a turn; an accepted one is remembered as promised. */
void people_play(struct people *people, Arbiter__V1__PlayRequest *play, bool is_twice);

void people_report(struct people *people, const struct report *report);

/* ---- bots ---------------------------------------------------------------------------------- */

/* What to do about a game of breakthrough. */
void people_bot_plays(struct player *player, const Arbiter__V1__Game *game);

/* ---- seeks --------------------------------------------------------------------------------- */

void people_post_seek(void *seek);

/* ---- the director -------------------------------------------------------------------------- */

void people_open_tournament(struct people *people);
void people_oversee(void *people);

#endif
