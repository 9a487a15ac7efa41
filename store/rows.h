#ifndef STORE_ROWS_H
#define STORE_ROWS_H

/*
 * rows — private: rows of results as messages in the op's arena.
 *
 * Each reader takes a row of the statements that name its columns (statements.def), and returns
 * NULL where the arena is full; the op is then refused.
 */

#include "store/op.h"

#include "arbiter/v1/store.pb-c.h"

/* Returns a new message; NULL where the arena is full. */
void *row_message(struct op *op, size_t size, void (*init)(void *message));

#define NEW(op, type, init) ((type *)row_message(op, sizeof(type), (void (*)(void *))(init)))

/* A column of the row at hand: `op`, `result` and `row` are in scope. */
#define TEXT(column) op_text(op, sql_read_text(result, row, column))
#define INTEGER(column) sql_read_integer(result, row, column)
#define NUMBER(column) sql_read_double(result, row, column)
#define PACKED(column, type)                                                                       \
    ((void *)op_unpacked(op, &arbiter__v1__##type##__descriptor, result, row, column))

Arbiter__V1__InboxEvent *read_inbox(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__Game *read_game(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__Turn *read_turn(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__Rating *read_rating(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__Seek *read_seek(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__Ticket *read_ticket(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__Tournament *read_tournament(struct op *op, const struct sql_result *result,
                                         size_t row);
Arbiter__V1__Division *read_division(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__Entrant *read_entrant(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__BoardPairing *read_pairing(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__MatchGame *read_match_game(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__RatedRow *read_rated(struct op *op, const struct sql_result *result, size_t row);
Arbiter__V1__DirectorAction *read_director_action(struct op *op, const struct sql_result *result,
                                                  size_t row);
Arbiter__V1__Event *read_event(struct op *op, const struct sql_result *result, size_t row);

#endif
