#ifndef ORCHESTRATOR_DESK_ACTIONS_H
#define ORCHESTRATOR_DESK_ACTIONS_H

/*
 * actions — the table of what a director may do, and how each is completed from the record. Pure.
 *
 * Owns:     nothing; everything lives in the case's arena.
 * Errors:   STATUS_INVALID_ARGUMENT with a sentence where the request does not fit the record.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "fsm/expr/value.h"
#include "orchestrator/format/format_check.h"

#include <stdbool.h>

#include "arbiter/v1/desk.pb-c.h"

enum desk_target { DESK_TOURNAMENT, DESK_DIVISION, DESK_BOARD };

/* One action that somebody asks for, while it is completed. */
struct desk_case {
    struct arena *arena;
    const Arbiter__V1__ActRequest *request;
    const Arbiter__V1__Tournament *tournament;
    const Arbiter__V1__Division *division; /* NULL where the event has no such division */
    const Arbiter__V1__BoardPairing *row;  /* of `round` and `board`; NULL where there is none */
    struct value said;                     /* the request's data */
    struct format_names names;             /* what a policy may name */
    bool is_undo;                          /* takes an action back */
    const char *event;                     /* out: another event than the action's, or NULL */
    enum desk_target target;               /* out: may differ from the table's, by the state */
    struct value data;                     /* out: the event's fields */
    enum format_action right;              /* out: may differ from the table's, by the state */
    enum format_action also_right;         /* out: of what else it does; the same where it is one */
    enum format_level level_min;           /* out: by what it does to this event; 0: the right's */
    const char *undo_action;               /* out: NULL: it cannot be taken back */
    struct value undo_data;                /* out */
    const struct yaml_faults *refuted;     /* out: what is wrong with a policy; NULL: nothing */
    const char **notes;                    /* out: what to mind, told with the consequences */
    size_t note_count;
};

struct desk_action {
    const char *name;
    const char *older_name; /* as earlier clients say it; "" where there is none */
    enum desk_target target;
    const char *event;
    enum format_action right;
    enum status (*fill)(struct desk_case *question, struct fault *out_fault);
    const char *instead; /* what to do where it cannot be taken back */
    const char *says;    /* of its consequences, where no row changes at once */
};

/* Finds an action by its name or its older one; NULL where there is none. */
const struct desk_action *desk_action_find(const char *name);

/* Returns the actions in the order of the table, by index from 0; NULL past the last. */
const struct desk_action *desk_action_at(size_t index);

/* Completes a case: `data`, `right` and the way back. */
enum status desk_action_fill(const struct desk_action *action, struct desk_case *question,
                             struct fault *out_fault) MUST_CHECK;

/* Returns the instance that a completed case's event goes to; NULL for a full arena. */
const char *desk_action_instance(const struct desk_case *question);

/* ---- words the fill functions are written in (fill.c, seats.c) --------------------------- */

/* An entry of a map under construction. */
#define ENTRY(name, item)                                                                          \
    {                                                                                              \
        value_text(name), item                                                                     \
    }

/* Returns a member of a map, VALUE_NULL where it is absent. */
struct value desk_member(struct value map, const char *name);

/* Sets the event's fields, and the way back, from entries on the stack. */
enum status desk_set_data(struct desk_case *question, const struct value_entry *entries,
                          size_t count) MUST_CHECK;
enum status desk_set_undo(struct desk_case *question, const char *action,
                          const struct value_entry *entries, size_t count) MUST_CHECK;

/* Returns a text member of a map, "" where it is absent or no text. */
const char *desk_text(const struct desk_case *question, struct value map, const char *name);

/* Returns an integer member, `otherwise` where it is absent or none. */
int64_t desk_int(struct value map, const char *name, int64_t otherwise);

/* Makes a map of copies of the entries; VALUE_UNSET where the arena is full. */
struct value desk_map(struct desk_case *question, const struct value_entry *entries, size_t count);

/* Returns the round that was paired last: the current one, or the next where everybody who plays
 * has a seat in it: its pairing is still kept back, or was settled whole beforehand. */
int desk_paired_round(const Arbiter__V1__Division *division);

/* Returns the row of a board, NULL where the division (or there is none) has no such. */
Arbiter__V1__BoardPairing *desk_find_row(const Arbiter__V1__Division *division, int64_t round,
                                         int64_t board);

/* The division's id as the request numbers it. */
const char *desk_division_id(const struct desk_case *question, int64_t number);

/* Completes a change to the policy `text`: its level, and the way back. `out_fault` says what is
 * wrong with it (policy_change.c). */
enum status desk_follow_policy(struct desk_case *question, const char *text,
                               struct fault *out_fault) MUST_CHECK;

enum status desk_fill_as_said(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_reason(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_back_by_resume(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_back_by_pause(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_back_by_release(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_back_by_hold(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_times(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_policy(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_forbid_pair(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_allow_pair(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_add(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_remove(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_move(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_directors(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_return(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_check_in(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_check_out(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_pairings(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_re_pair(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_amend(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_void(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_result(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_unpair_board(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_unpair(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_swap(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_prepair(struct desk_case *question, struct fault *out_fault);
enum status desk_fill_request_bye(struct desk_case *question, struct fault *out_fault) MUST_CHECK;
enum status desk_fill_withdraw_bye(struct desk_case *question, struct fault *out_fault) MUST_CHECK;
enum status desk_fill_bye(struct desk_case *question, struct fault *out_fault);

#endif
