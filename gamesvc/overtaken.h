#ifndef GAMESVC_OVERTAKEN_H
#define GAMESVC_OVERTAKEN_H

/*
 * overtaken — what time has decided before a player said anything, and nobody has told: a request
 * that silence granted, a flag that fell. Machines tell of both by stored timers; where they are
 * away, whoever speaks first finds it done all the same, by the stored deadlines.
 */

#include "gamesvc/task.h"

#define OVERTAKEN_MAX 4 /* things that come before one word */

/* Whether something comes before what the task's player says; then what the clock says of it, under
 * the id that the machine's own word has. Its texts lie in the task's arena or are the hand's. */
bool overtaken_by(struct task *task, const struct hand *hand, Arbiter__V1__PlayRequest *out_first);

#endif
