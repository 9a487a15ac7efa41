#ifndef ORCHESTRATOR_DESK_MATTER_H
#define ORCHESTRATOR_DESK_MATTER_H

/*
 * matter — one action on its way through the desk, for the files that take it there.
 *
 * desk.c reads the event and completes the action, undo.c turns it into the way back of an older
 * one, preview.c has it planned, told and committed, authority.c says who may and what he must
 * have confirmed; matter.c ends it.
 */

#include "orchestrator/desk/actions.h"
#include "orchestrator/desk/consequences.h"
#include "orchestrator/desk/desk_private.h"

#include "arbiter/v1/orchestrator.pb-c.h"

/* One action on its way. Everything lives in `arena`. */
struct matter;

/* The event's divisions, where an action is about all of them. */
struct every_division {
    const Arbiter__V1__Division **rows; /* NULL: they have not been read */
    size_t count;
    size_t bytes;                        /* of them, as the store sent them */
    size_t next;                         /* to be read */
    int left_out;                        /* there being no room */
    void (*then)(struct matter *matter); /* after the last */
};

struct matter {
    struct desk *desk;
    void *request;
    Arbiter__V1__ActReply_Closure closure;
    const Arbiter__V1__ActRequest *asked; /* as it came */
    struct arena arena;
    int tries;

    struct worker_job job; /* what is computed beside the loop, and how that went */
    enum status status;
    struct fault fault;

    const struct desk_action *action;
    struct desk_case question;
    struct every_division every;
    const char *name; /* "undo", or the action's */
    int64_t undoes;   /* number of the action that is taken back */
    int64_t number;   /* what this one will be */
    const struct format *format;
    const char *instance_id;
    Arbiter__V1__ValueMap *data;
    const Arbiter__V1__SendEventReply *sent; /* what the machine plans */
    struct consequences consequences;
    Arbiter__V1__ActReply *answer; /* what is told of it, once it is planned */
    enum format_level level;
    bool needs_reason;
};

/* Reads everything (again) and goes on from there (desk.c). */
void matter_begin(struct matter *matter);

/* ---- ending a matter (matter.c) ---------------------------------------------------------- */

/* Frees a matter whose request has been answered. */
void matter_destroy(struct matter *matter);

/* Answers with a problem, and ends the matter; `fault`'s text where there is one. */
void matter_fail(struct matter *matter, enum status status, const char *message);
void matter_fail_fault(struct matter *matter, enum status status, const struct fault *fault);

/* Answers with what refutes the policy that was given; ends the matter. */
void matter_refute(struct matter *matter);

/* Has `work` done with the matter as `user`: beside the loop where it may take long, and then
 * nobody else touches it until its end is told. */
void matter_aside(struct matter *matter, void (*work)(void *user),
                  void (*on_end)(bool is_done, void *user));

/* Returns whether a part of the house has answered; otherwise its problem is the director's, and
 * the matter has ended. */
bool matter_check(struct matter *matter, const struct bus_answer *answer);

/* Asks a part of the house in the matter's name; `on_answer` gets the matter. */
void matter_ask(struct matter *matter, const ProtobufCServiceDescriptor *service,
                const char *method, const ProtobufCMessage *input, bus_on_answer on_answer);

/* ---- authority.c ------------------------------------------------------------------------- */

/* Returns what who asks is in this event, bits of FORMAT_ROLE_*; 0: nobody who may act at its desk.
 * Admins are FORMAT_ROLE_ADMIN alone, and may do what anybody may. */
uint32_t matter_roles(const struct matter *matter);

/* Returns whether the event's policy gives a right to one of these roles. */
bool matter_may(const struct matter *matter, enum format_action right);

/* Answers that it does not, whom it gives it to and what the asker is; ends the matter. */
void matter_refuse(struct matter *matter, enum format_action right);

/* Returns the policy's level, raised by what the action would do to this very event. */
enum format_level matter_level(const struct matter *matter);

/* Returns what is still missing before the action may be committed, "" for nothing, and the token
 * that stands for it. */
const char *matter_missing(struct matter *matter, const char **out_token);

/* ---- preview.c --------------------------------------------------------------------------- */

/* Answers as the same request was answered when it was committed; ends the matter. */
void matter_answer_again(struct matter *matter, const Arbiter__V1__Value *recorded);

/* Has the machine plan the action's step, answers with what follows from it, or commits it. */
void matter_preview(struct matter *matter);

/* ---- every_division.c -------------------------------------------------------------------- */

/* Reads all divisions of the event, then goes on. */
void matter_read_divisions(struct matter *matter, void (*then)(struct matter *matter));

/* ---- undo.c ------------------------------------------------------------------------------ */

/* Makes the request into the one that takes the last action that stands back. */
enum status matter_turn_back(struct matter *matter, const Arbiter__V1__ListActionsReply *reply,
                             struct fault *out_fault) MUST_CHECK;

#endif
