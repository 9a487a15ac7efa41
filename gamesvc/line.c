/* Lines by game, each with the task that plays in front. */
#include "gamesvc/line.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "gamesvc/task.h"

struct line {
    UT_hash_handle hh;
    struct lines *lines;
    struct task *playing; /* NULL: the next one is being called */
    struct task *waiting; /* utlist, by task->prev and task->next */
    size_t count;         /* who wait */
    loop_timer call;
    char game_id[];
};

static void close_line(struct line *line)
{
    HASH_DEL(line->lines->first, line);
    free(line);
}

static void call_next(void *user)
{
    struct line *line = user;
    struct task *task = line->waiting;
    line->call = 0;
    DL_DELETE(line->waiting, task);
    line->count--;
    line->playing = task;
    line->lines->play(task);
}

static struct line *open_line(struct lines *lines, const char *game_id)
{
    size_t size = strlen(game_id) + 1;
    struct line *line = calloc(1, sizeof *line + size);
    if (line == NULL)
        return NULL;
    line->lines = lines;
    memcpy(line->game_id, game_id, size);
    HASH_ADD_STR(lines->first, game_id, line);
    return line;
}

enum line_place line_join(struct lines *lines, struct task *task, const char *game_id)
{
    struct line *line = NULL;
    HASH_FIND_STR(lines->first, game_id, line);
    if (line == NULL) {
        line = open_line(lines, game_id);
        if (line == NULL)
            return LINE_FULL;
        line->playing = task;
    } else if (line->count == LINE_MAX_WAITING) {
        return LINE_FULL;
    } else {
        DL_APPEND(line->waiting, task);
        line->count++;
    }
    task->line = line;
    return line->playing == task ? LINE_FIRST : LINE_WAITS;
}

void line_leave(struct lines *lines, struct task *task)
{
    struct line *line = task->line;
    assert(line->playing == task);
    task->line = NULL;
    line->playing = NULL;
    if (line->waiting == NULL ||
        loop_after(lines->loop, 0, call_next, line, &line->call) != STATUS_OK) {
        assert(line->waiting == NULL); /* a loop without room for a timer is at its end */
        close_line(line);
    }
}

void lines_deinit(struct lines *lines)
{
    while (lines->first != NULL) {
        struct line *line = lines->first;
        loop_cancel(lines->loop, line->call);
        while (line->waiting != NULL) {
            struct task *task = line->waiting;
            DL_DELETE(line->waiting, task);
            task->line = NULL;
            task_destroy(task);
        }
        close_line(line);
    }
}
