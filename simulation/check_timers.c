/* Every timer that a step has set fires, is cancelled, or is still there: the journal says what was
 * set and cancelled, the inbox what fired. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/checks.h"

enum { TIMERS_MAX = 64, TIMER_NAME_MAX = 96 };

/* The timers of one instance while its journal is read. */
struct book {
    struct world *world;
    char instance_id[TIMER_NAME_MAX];
    char pending[TIMERS_MAX][TIMER_NAME_MAX];
    int count;
};

static int find(const struct book *book, const char *name, size_t size)
{
    for (int i = 0; i < book->count; i++)
        if (strlen(book->pending[i]) == size && memcmp(book->pending[i], name, size) == 0)
            return i;
    return -1;
}

static void forget(struct book *book, const char *name, size_t size)
{
    int at = find(book, name, size);
    if (at >= 0 && at != --book->count)
        memcpy(book->pending[at], book->pending[book->count], TIMER_NAME_MAX);
}

static void set(struct book *book, const char *name, size_t size)
{
    if (find(book, name, size) >= 0)
        return; /* set again: moved */
    assert(book->count < TIMERS_MAX && size < TIMER_NAME_MAX);
    memcpy(book->pending[book->count], name, size);
    book->pending[book->count++][size] = '\0';
}

/* Whoever is left must be in the table of timers, or waiting in the inbox. */
static void settle(struct book *book)
{
    char sql[512];
    for (int i = 0; i < book->count; i++) {
        (void)snprintf(
            sql, sizeof sql,
            "SELECT (SELECT count(*) FROM timers WHERE instance_id = '%s' AND timer_id = "
            "'%s') + (SELECT count(*) FROM inbox WHERE instance_id = '%s' AND name = "
            "'$timer.%s' AND consumed_seq IS NULL)",
            book->instance_id, book->pending[i], book->instance_id,
            book->pending[i]); /* fits: ids are short */
        if (world_number(book->world, sql) != 1)
            world_fail(book->world, "timers fire once: %s of %s was set and has not fired",
                       book->pending[i], book->instance_id);
    }
    book->count = 0;
}

static void read_line(struct book *book, const char *line)
{
    static const char set_word[] = "timer_set ";
    static const char cancel_word[] = "timer_cancel ";
    if (strncmp(line, set_word, sizeof set_word - 1) == 0) {
        line += sizeof set_word - 1;
        set(book, line, strcspn(line, " \n"));
    } else if (strncmp(line, cancel_word, sizeof cancel_word - 1) == 0) {
        line += sizeof cancel_word - 1;
        forget(book, line, strcspn(line, " \n"));
    }
}

/* event name of a row that the step took */
static void on_taken(int count, char **columns, void *user)
{
    static const char prefix[] = "$timer.";
    (void)count; /* as the query says */
    if (strncmp(columns[0], prefix, sizeof prefix - 1) == 0)
        forget(user, columns[0] + sizeof prefix - 1, strlen(columns[0]) - (sizeof prefix - 1));
}

/* instance_id, seq, effects */
static void on_step(int count, char **columns, void *user)
{
    struct book *book = user;
    char sql[256];
    (void)count; /* as the query says */
    if (strcmp(book->instance_id, columns[0]) != 0) {
        settle(book);
        assert(strlen(columns[0]) < sizeof book->instance_id);
        memcpy(book->instance_id, columns[0], strlen(columns[0]) + 1);
    }
    (void)snprintf(sql, sizeof sql,
                   "SELECT name FROM inbox WHERE instance_id = '%s' AND consumed_seq = %s",
                   columns[0], columns[1]); /* fits: ids are short */
    world_rows(book->world, sql, on_taken, book);
    for (const char *line = columns[2]; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        read_line(book, line);
    }
}

void check_timers(struct world *world)
{
    struct book *book = calloc(1, sizeof *book);
    assert(book != NULL);
    book->world = world;
    world_rows(world,
               "SELECT instance_id, seq, effects FROM journal WHERE instance_id IN (SELECT "
               "instance_id FROM journal WHERE effects LIKE '%timer_set %') ORDER BY instance_id, "
               "seq",
               on_step, book);
    settle(book);
    free(book);
}
