#ifndef STORE_SQL_GATHER_H
#define STORE_SQL_GATHER_H

/*
 * sql_gather — rows of one round, gathered so that many rows of one statement go as one.
 *
 * In:       statements with their parameters, op after op.
 * Out:      statements to send: those of arrays.def over arrays where several rows came together,
 *           single ones otherwise; what comes back of an array, row by row.
 * Owns:     the rows until they are taken.
 * Threads:  none inside; pure but for the heap.
 * Errors:   a row that cannot join (false) must wait until all that are gathered have been sent.
 *
 * Order: statements of one op keep theirs where they share a table. Those of different ops are free
 * to change places within a round: an op knows nothing of another's before its next round.
 */

#include "base/attr.h"
#include "store/sql.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SQL_GATHER_ROWS_MAX 1024 /* of one array */
#define SQL_GATHER_PART_MAX 64   /* different statements of one op that are looked at */

struct sql_gather;

/* What a statement's array form is prepared as; NULL where it has none. Parameters have the array
 * types of the single statement's. */
struct sql_array {
    const char *name;
    const char *text;
    uint32_t mirrors; /* the lower half of the hash (base/hash.h) of the single statement's text */
};
const struct sql_array *sql_array(enum statement statement);

/* Returns the type of an array's elements, by a parameter's letter. */
unsigned sql_element_type(char type);
unsigned sql_array_type(char type);

/* NULL without memory. */
struct sql_gather *sql_gather_create(void);
void sql_gather_destroy(struct sql_gather *gather); /* NULL is allowed */

/* What is added from now on belongs to another op. */
void sql_gather_part(struct sql_gather *gather);

/* Adds a row of a statement that has an array form. False: take all first, then add it again, which
 * then works; or there is no memory, and it does not. */
bool sql_gather_add(struct sql_gather *gather, enum statement statement,
                    const struct sql_value *parameters, size_t count, sql_on_result on_result,
                    void *user);

/* One statement to send, in binary. All pointers live until the next call. */
struct sql_gathered {
    const char *name;
    size_t count;
    const char *values[SQL_PARAMETERS_MAX];
    int lengths[SQL_PARAMETERS_MAX];
    sql_on_result on_result;
    void *user;
};

/* Takes the next one; false: all are taken. `on_result` must be called exactly once, or the result
 * be given up with sql_gather_forget(). */
bool sql_gather_take(struct sql_gather *gather, struct sql_gathered *out_gathered);

/* Nobody will answer: frees what `on_result` would have. Other callbacks are left alone. */
void sql_gather_forget(sql_on_result on_result, void *user);

#endif
