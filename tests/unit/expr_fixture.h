#ifndef TESTS_UNIT_EXPR_FIXTURE_H
#define TESTS_UNIT_EXPR_FIXTURE_H

/*
 * expr_fixture — a tournament's scope and values, for the tests of the guard language.
 */

#include "fsm/expr/expr.h"

struct expr_fixture {
    struct arena programs; /* of compiled programs and of the texts returned */
    struct arena results;  /* reset before every evaluation */
    struct expr_input input;
    struct value ctx[16];
    struct value event[4];
    struct value host[2];
    uint64_t active[1];
};

/* The scope: ctx.* (bank 0), event.* (bank 1), now and instance.id (bank 2), states, functions. */
extern const struct expr_scope expr_fixture_scope;

/* Gives every variable but event.reason and event.when a value; state `playing` is active. */
void expr_fixture_init(struct expr_fixture *fixture);
void expr_fixture_deinit(struct expr_fixture *fixture);

/* Compiles and evaluates. Returns the value as source, "error: …" or "refused: …"; the text lives
 * until the fixture's end. */
const char *expr_fixture_run(struct expr_fixture *fixture, const char *text, size_t size);

/* Like expr_fixture_run(), but for a refusal the whole fault: "column: text [hint]". */
const char *expr_fixture_fault(struct expr_fixture *fixture, const char *text,
                               const struct expr_type *want);

#endif
