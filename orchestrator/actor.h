#ifndef ORCHESTRATOR_ACTOR_H
#define ORCHESTRATOR_ACTOR_H

/*
 * actor — one instance in this process: its mailbox, its cached state, and the turn it is taking.
 *
 * Jobs of one instance are done one after another; jobs of different instances side by side. A turn
 * goes
 *
 *     next ─► (cached?) ─► load ─► step each row and the request ─► prepare ─► commit ─► answer,
 * next ▲                                                               │ └───────────── lost the
 * compare-and-swap: forget and again ◄────┘
 *
 * Threads:  the loop's.
 */

#include "orchestrator/host_private.h"
#include "orchestrator/plan.h"

#include <uthash.h>

#define ACTOR_ID_MAX 160
#define ACTOR_TURN_BYTES_MAX (16u << 20)

enum job_kind {
    JOB_BELL,  /* look into the inbox */
    JOB_START, /* begin the instance; somebody waits */
    JOB_EVENT, /* an event from outside; somebody waits */
    JOB_REPLY, /* the answer to a command of the instance; the store waits */
    JOB_LOOK   /* GetInstance */
};

/* A request waiting for its instance. Owns its texts and data (in `arena`). */
struct job {
    struct job *next;
    enum job_kind kind;
    struct arena arena;
    const char *instance_id;
    const char *event_id;
    const char *name;
    const char *actor;
    const char *note;
    Arbiter__V1__ValueMap *data;
    bool is_dry;               /* EVENT: plan, do not commit */
    bool is_patient;           /* its commands go through the outbox */
    Arbiter__V1__Write **also; /* EVENT: more writes for its commit */
    size_t also_count;
    const int64_t *expected; /* EVENT: the instance is to be at one of these; NULL: anywhere */
    size_t expected_count;
    Arbiter__V1__AppendTurnRequest *turn;  /* EVENT: the last turn of the instance's game */
    Arbiter__V1__InboxEvent *start;        /* EVENT: how it begins, where it has not */
    const struct catalogue_entry *machine; /* START */
    void *request;                         /* bus request to answer; NULL for a bell */
    Arbiter__V1__StartInstanceReply_Closure on_started; /* START */
    Arbiter__V1__OpenTournamentReply_Closure on_opened; /* START of a tournament, instead */
    int divisions;
    Arbiter__V1__PolicyWarning **warnings; /* of its policy, to be told with it */
    size_t warning_count;
    Arbiter__V1__SendEventReply_Closure on_sent;   /* EVENT */
    Arbiter__V1__EndGameReply_Closure on_ended;    /* EVENT with a turn, instead */
    Arbiter__V1__TakeReplyReply_Closure on_taken;  /* REPLY */
    Arbiter__V1__GetInstanceReply_Closure on_look; /* LOOK */
    int tries;
};

/* What is being stepped and committed now; everything in it lives in `arena`. */
struct turn {
    struct arena arena;
    struct plan plan;
    const struct catalogue_entry *machine;
    const struct fsm_instance *after;
    struct plan_list consumed;          /* char: ids of inbox rows */
    struct plan_list answered;          /* Arbiter__V1__InboxEvent: answers had ahead */
    Arbiter__V1__InboxEvent *arrived;   /* the job's own event, once it has been taken */
    Arbiter__V1__SendEventReply answer; /* for whoever sent it */
    size_t rows_max;                    /* 1 after a batch was refused: find the culprit */
    bool is_fresh;                      /* the state was loaded in this turn, not found cached */
    bool more_rows;                     /* the inbox held more than the turn took */
    bool gives_up_row;                  /* consume the first row without stepping it */
};

/* One instance. `instance` is NULL where nothing is cached. */
struct actor {
    UT_hash_handle hh;
    char id[ACTOR_ID_MAX];
    struct host *host;

    struct job *first; /* being done while `is_busy` */
    struct job *last;
    size_t waiting;
    bool is_busy;

    const struct catalogue_entry *machine;
    const struct fsm_instance *instance;
    struct arena instance_arena;
    int64_t seq;

    struct turn turn;
};

/* Returns a job with copies of everything, NULL without memory. */
struct job *job_create(enum job_kind kind, const char *instance_id, const char *event_id,
                       const char *name, const Arbiter__V1__ValueMap *data, const char *actor,
                       const char *note);

void job_destroy(struct job *job);

/* Copies writes of the sender's into the job. Returns false without memory. */
bool job_add_writes(struct job *job, Arbiter__V1__Write *const *writes, size_t count) MUST_CHECK;

/* Copies a game's last turn into the job, and makes the machine's start from the game. Returns
 * false without memory. */
bool job_add_turn(struct job *job, const Arbiter__V1__Game *game,
                  const Arbiter__V1__AppendTurnRequest *last) MUST_CHECK;

/* Copies the versions that the sender has seen. Returns false without memory. */
bool job_expect(struct job *job, const int64_t *seqs, size_t count) MUST_CHECK;

/* Gives a job to the actor of its instance, which owns it from here on. */
void actor_post(struct host *host, struct job *job);

/* Frees all actors and their jobs. */
void actors_destroy(struct host *host);

/* ---- between actor.c (mailbox, loading) and turn.c (stepping, committing) ---------------- */

/* Starts a turn on the cached state, or on none. */
void turn_begin(struct actor *actor);

/* Steps inbox rows, then commits them; the job comes after, in a turn of its own. */
void turn_take_rows(struct actor *actor, Arbiter__V1__InboxEvent *const *rows, size_t count);

/* Steps the job's own event or start, then commits, or refuses. */
void turn_take_job(struct actor *actor);

/* Steps the answer that `command` would bring; the game then takes the command's place in the plan.
 * Otherwise the turn is spoilt. */
enum status turn_take_answer(struct actor *actor, const Arbiter__V1__Command *command,
                             Arbiter__V1__InboxEvent *answer,
                             Arbiter__V1__NewGame *new_game) MUST_CHECK;

/* Commits what the turn has planned. */
void turn_commit(struct actor *actor);

/* Fills in active states, tags and context. */
enum status turn_describe(const struct fsm_machine *machine, const struct fsm_instance *instance,
                          struct arena *arena, Arbiter__V1__GetInstanceReply *reply) MUST_CHECK;

/* The trace that the current job's request is part of; NULL: none. */
const char *actor_trace(const struct actor *actor);

/* Ends the current job, in whatever way, and goes on with the next. */
void actor_done(struct actor *actor);
void actor_fail(struct actor *actor, enum status status, const char *format, ...) PRINTF_LIKE(3, 4);

/* Answers the current job with what was committed for it, now or earlier, and goes on. */
void actor_answer(struct actor *actor, const Arbiter__V1__SendEventReply *answer);

/* Where the current job would end a game that has ended already: fails it, as whether it ended by
 * that very turn is the store's to tell. */
bool actor_ended_before(struct actor *actor);

/* Throws the cached state away and does the current job again; gives it up after HOST_TRIES_MAX. */
void actor_retry(struct actor *actor);

/* Does the current job again on the state just committed (rows came before it). */
void actor_continue(struct actor *actor);

/* Makes `instance` the cached state. On a full arena nothing stays cached, which is no loss. */
void actor_keep(struct actor *actor, const struct catalogue_entry *machine,
                const struct fsm_instance *instance, int64_t seq);
void actor_forget(struct actor *actor);

#endif
