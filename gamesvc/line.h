#ifndef GAMESVC_LINE_H
#define GAMESVC_LINE_H

/*
 * line — who wants to play on one game at the same time plays one after the other.
 *
 * Without it ten thousand at once would all be judged on the same state, and all but one would come
 * back from the store for nothing, again and again. Another replica may still be faster: the
 * store's compare-and-swap decides between them.
 *
 * Owns:     the tasks that wait.
 * Threads:  the loop's.
 */

#include "base/attr.h"
#include "bus/loop.h"

#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX_WAITING 256 /* on one game; more are refused, to come again */

struct line;
struct task;

/* All zero but for `loop`: nobody plays. */
struct lines {
    struct loop *loop;
    struct line *first;
    void (*play)(struct task *task); /* whose turn it is */
};

enum line_place {
    LINE_FIRST, /* the task plays now */
    LINE_WAITS, /* play() is called when its turn comes */
    LINE_FULL   /* there are too many, or no memory */
};

/* Joins the line of a game. */
enum line_place line_join(struct lines *lines, struct task *task, const char *game_id);

/* The task that played has its answer; the next one is called from the loop. */
void line_leave(struct lines *lines, struct task *task);

/* Destroys those who wait, without answers. */
void lines_deinit(struct lines *lines);

#endif
