#ifndef GAMESVC_TASK_H
#define GAMESVC_TASK_H

/*
 * task — private: one request to the game service on its way from the caller to the store and
 * back.
 *
 * Owns:     copies of what was asked, in its arena; ends with one answer, after which it is gone.
 * Threads:  the loop's.
 */

#include "gamesvc/gamesvc.h"
#include "gamesvc/hand.h"
#include "gamesvc/line.h"
#include "gamesvc/table.h"

#include "arbiter/v1/gamesvc.pb-c.h"
#include "arbiter/v1/orchestrator.pb-c.h"
#include "arbiter/v1/store.pb-c.h"

/* The generated service with a way back; `base` comes first. */
struct gamesvc {
    Arbiter__V1__Gamesvc_Service base;
    struct bus *bus;
    struct gamesvc_stats stats;
    struct gamesvc_options options;
    struct hands hands;
    struct lines lines;
    int64_t patient_until_ms; /* no orchestrator could be asked: until then the store is */
};

struct task {
    struct task *prev; /* utlist's names: in a line */
    struct task *next;
    struct line *line; /* NULL: none */
    struct gamesvc *gamesvc;
    void *request;
    struct arena arena;
    struct table_tools tools;
    Arbiter__V1__StartGameReply_Closure on_started;
    Arbiter__V1__PlayReply_Closure on_played;
    Arbiter__V1__ViewReply_Closure on_viewed;
    const char *first; /* of a game being started */
    const char *second;
    Arbiter__V1__PlayRequest play; /* its texts are copies */
    Arbiter__V1__PlayRequest then; /* waits until the clock has said `play` */
    bool has_then;
    int overtaken; /* so often */
    const char *viewer;
    const char *format;
    Arbiter__V1__PlayReply played; /* the answer once the turn is stored */
    Arbiter__V1__GameRequests requests;
    struct hand *hand;      /* being played on */
    bool is_warm;           /* it was kept: what it refuses is asked again of the store */
    struct rules_turn turn; /* on its way to the store */
    int64_t deadline_at_ms; /* after it */
    bool changes_requests;  /* likewise: the hand is then not kept */
    Arbiter__V1__AppendTurnRequest *last; /* the turn that ends the game, on its way */
    int tries;
};

/* Returns a new task, or NULL after having answered. */
struct task *task_create(Arbiter__V1__Gamesvc_Service *service, void *request);

/* Ends an task that has been answered; wipes its secrets. */
void task_destroy(struct task *task);

/* Answers with an error; the task is gone. */
void task_fail(struct task *task, enum status status, const struct fault *fault);
void task_fail_like(struct task *task, const struct bus_answer *answer);

/* Answers a Play with task->played. */
void task_answer_play(struct task *task);

/* Copies a text into the task; "" without memory. */
const char *task_keep(struct task *task, const char *text);

/* Asks the store; a change carries the request's own id. */
void task_ask_store(struct task *task, const char *method, const ProtobufCMessage *input,
                    bus_on_answer on_answer);

/* Asks the orchestrator, no longer than a moment; a change carries the request's own id. */
void task_ask_orchestrator(struct task *task, const char *method, const ProtobufCMessage *input,
                           bus_on_answer on_answer);

/* Asks the store for the game, anew each time. */
void task_load(struct task *task, const char *game_id, bus_on_answer on_answer);

int64_t task_now_ms(const struct task *task);
/* The house's time in so many milliseconds of the world's. */
int64_t task_later_ms(const struct task *task, int64_t wall_ms);

/* ---- play.c ------------------------------------------------------------------------------ */

/* Plays a task whose turn has come on its game. */
void play_task(struct task *task);

void play_serve(Arbiter__V1__Gamesvc_Service *service, const Arbiter__V1__PlayRequest *input,
                Arbiter__V1__PlayReply_Closure closure, void *request);

#endif
