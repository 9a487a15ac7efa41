#ifndef ORCHESTRATOR_DESK_APPLIED_PRIVATE_H
#define ORCHESTRATOR_DESK_APPLIED_PRIVATE_H

/*
 * applied_private — what the rooms of applied share: a planned write, its parameters, the copy's
 * rows.
 *
 * Errors:   STATUS_FULL for the arena. A write that is about another division, or about rows that
 *           are not there, changes nothing.
 */

#include "fsm/expr/value.h"
#include "orchestrator/desk/applied.h"

struct write_at_hand {
    struct applied *applied;
    struct value input;
};

/* Parameters of a write, or of an item of one of its lists; '' and 0 where they are absent. Texts
 * are copies in the arena, NULL where it is full. */
struct value write_member(struct value map, const char *name);
char *write_text(struct applied *applied, struct value map, const char *name);
int64_t write_int(struct value map, const char *name);
double write_number(struct value map, const char *name);
/* Whether the parameter names the division that was copied. */
bool write_is_here(const struct write_at_hand *write, const char *name);

/* Adds a sentence to what changes. */
enum status applied_say(struct applied *applied, char *sentence) MUST_CHECK;
enum status applied_add_row(struct applied *applied, Arbiter__V1__BoardPairing *row) MUST_CHECK;
/* Takes a row out and says so; its game stops. */
enum status applied_drop_row(struct applied *applied, Arbiter__V1__BoardPairing *row) MUST_CHECK;

/* ---- applied_entrants.c ------------------------------------------------------------------ */

enum status applied_add_all(struct write_at_hand *write);
enum status applied_add(struct write_at_hand *write);
enum status applied_missed(struct write_at_hand *write);
/* What follows for the division from `entrant.added`, which it has been sent. */
enum status applied_added(struct applied *applied, const Arbiter__V1__Send *send);
enum status applied_withdraw(struct write_at_hand *write);
enum status applied_delete(struct write_at_hand *write);
enum status applied_move_out(struct write_at_hand *write);
enum status applied_move_in(struct write_at_hand *write);
enum status applied_check_in(struct write_at_hand *write);
enum status applied_undo_check_in(struct write_at_hand *write);

#endif
