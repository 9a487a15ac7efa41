/* Asks an edge again until there is an answer. */
#include "simulation/visit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulation/world.h"

enum { PATIENCE_MS = 12000, WAIT_MS = 200, WAIT_MAX_MS = 2000, CODE_BUSY = 503 };

struct visit {
    struct visits *visits;
    struct visit *next;
    struct door_visit what; /* its texts are ours */
    int tries;
    unsigned last; /* how the last try ended; 0: not at all */
    bool is_over;
    unsigned code;    /* of the answer */
    loop_timer timer; /* the end of patience, or the next try */
    door_on_answer on_answer;
    void *user;
};

static void try_again(void *user);

static void wait(struct visit *visit, int64_t delay_ms)
{
    enum status status =
        loop_after(visit->visits->world->loop, delay_ms, try_again, visit, &visit->timer);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
}

/* An answer that comes late, or second, must say the same as the first: granted or not. */
static void compare(struct visit *visit, unsigned code)
{
    bool was_granted = visit->code < 300;
    if (code < 500 && (code < 300) != was_granted)
        world_fail(visit->visits->world,
                   "one key, one answer: %s %s by %s was answered %u, and then %u",
                   visit->what.method, visit->what.path, visit->what.player, visit->code, code);
}

static void on_answered(unsigned code, const char *body, void *user)
{
    struct visit *visit = user;
    if (visit->is_over) {
        compare(visit, code);
        return;
    }
    visit->last = code;
    loop_cancel(visit->visits->world->loop, visit->timer);
    visit->timer = 0;
    if (code >= 500 || code == 0) {
        if (code != CODE_BUSY)
            world_fail(visit->visits->world, "the edge knows no 500: %s %s was answered %u: %s",
                       visit->what.method, visit->what.path, code, body);
        int64_t delay_ms = WAIT_MS * (int64_t)visit->tries;
        wait(visit, delay_ms < WAIT_MAX_MS ? delay_ms : WAIT_MAX_MS);
        return;
    }
    visit->is_over = true;
    visit->code = code;
    visit->visits->open--;
    visit->on_answer(code, body, visit->user);
}

/* Knocks at the next edge that is up, if any is. */
static bool knock(struct visit *visit)
{
    struct world *world = visit->visits->world;
    const struct door *door = world->options.door;
    for (int i = 0; i < world->options.replicas; i++) {
        uint64_t turn = visit->visits->tries + (uint64_t)i;
        struct replica *edge =
            &world->replicas[WORLD_EDGE][turn % (uint64_t)world->options.replicas];
        if (edge->bus == NULL || edge->is_doomed)
            continue;
        visit->visits->tries++;
        door->visit(edge->self, &visit->what, on_answered, visit);
        return true;
    }
    return false;
}

static void try_again(void *user)
{
    struct visit *visit = user;
    visit->timer = 0;
    visit->tries++;
    wait(visit, knock(visit) ? PATIENCE_MS : WAIT_MAX_MS);
}

static const char *copy(const char *text)
{
    char *made = strdup(text);
    assert(made != NULL);
    return made;
}

void visit(struct visits *visits, const struct door_visit *what, bool is_twice,
           door_on_answer on_answer, void *user)
{
    struct visit *made = calloc(1, sizeof *made);
    assert(made != NULL);
    *made = (struct visit){.visits = visits,
                           .next = visits->first,
                           .what = {.method = copy(what->method),
                                    .path = copy(what->path),
                                    .player = copy(what->player),
                                    .key = copy(what->key),
                                    .body = copy(what->body)},
                           .on_answer = on_answer,
                           .user = user};
    visits->first = made;
    visits->open++;
    visits->made++;
    try_again(made);
    if (is_twice)
        (void)knock(made); /* where nobody is there, once is enough */
}

void visits_describe(const struct visits *visits, struct buffer *out_text)
{
    for (const struct visit *visit = visits->first; visit != NULL; visit = visit->next)
        if (!visit->is_over)
            buffer_format(out_text, "    no answer to %s %s by %s after %d tries, the last: %u\n",
                          visit->what.method, visit->what.path, visit->what.player, visit->tries,
                          visit->last);
}

void visits_deinit(struct visits *visits)
{
    while (visits->first != NULL) {
        struct visit *visit = visits->first;
        visits->first = visit->next;
        free((char *)visit->what.method);
        free((char *)visit->what.path);
        free((char *)visit->what.player);
        free((char *)visit->what.key);
        free((char *)visit->what.body);
        free(visit);
    }
}
