#ifndef SIMULATION_CROWD_PRIVATE_H
#define SIMULATION_CROWD_PRIVATE_H

/* crowd_private — what the crowd's two files share: crowd.c is the players, crowd_director.c the
 * director. */

#include "base/attr.h"
#include "fsm/expr/value.h"
#include "simulation/crowd.h"

#include "arbiter/v1/value.pb-c.h"

#define CROWD_ENTRY(name, item)                                                                    \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

/* A game between two of the crowd. */
struct crowd_game {
    struct crowd *crowd;
    char game_id[CROWD_ID_MAX];
    int division; /* index */
    int round;
    int board;
    struct crowd_player *players[2]; /* first, second */
    struct model_game course;
    int reports;
    bool has_called; /* it began when both had said that they are there */
};

void crowd_note(struct crowd *crowd, enum crowd_note_kind kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

void crowd_after(struct crowd *crowd, int64_t delay_ms, loop_callback callback, void *user);

/* Sends an event, journalled as somebody's; `data` of `count` entries may be NULL. */
struct crowd_event {
    const char *instance_id;
    const char *name;
    const struct value_entry *data;
    size_t count;
    const char *actor;
};
void crowd_tell(struct crowd *crowd, const struct crowd_event *event, ask_on_answer on_answer,
                void *user);

/* Reports a game's scores to the game service. */
void crowd_report(struct crowd_game *game, const char *reporter, bool is_director, int first_score,
                  int second_score);

/* Whether the game still waits for its result. */
bool crowd_game_is_open(const struct crowd_game *game);

/* Takes a player out of the event. */
void crowd_withdraw(struct crowd_player *player, const char *why);

/* Lets everybody check in who comes, where the policy asks for it. */
void crowd_check_in(struct crowd *crowd);

/* Looks for boards that ask whether their players are there. */
void crowd_answer_calls(struct crowd *crowd);

/* Whether the player is not coming to a game of this round; notes it, once. */
bool crowd_is_away(struct crowd_player *player, int round);

/* ---- the director -------------------------------------------------------------------------- */

void crowd_director_opens(struct crowd *crowd);

/* Looks where the house waits for him. */
void crowd_director_looks(struct crowd *crowd);

/* Settles a game whose reports differ. */
void crowd_director_settles(void *game);

/* Decides a game that somebody did not come to. */
void crowd_director_forfeits(void *game);

#endif
