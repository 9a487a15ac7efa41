#ifndef STORE_WRITES_TABLE_H
#define STORE_WRITES_TABLE_H

/*
 * writes_table — private: what the commands of writes.h stand for in SQL.
 */

#include "store/sql.h"
#include "store/writes.h"

#define WRITE_STEPS_MAX 7

/*
 * One statement of a write. `arguments` lists its parameters in order, separated by spaces:
 *     name      from the input; '' or 0 where it is absent        name?   NULL where it is absent
 *     name=-1   that integer where it is absent                   'text   this text
 *     $now $instance $position $null                               what the step knows
 *     $board    the item's "board", or its place in the list counted from 1
 *     $item     the item itself
 */
struct write_step {
    enum statement statement;
    const char *arguments;
    const char
        *each; /* run once for every item of this list; a map's fields come before the input's */
    bool must_change;  /* exactly one row, or the write is refused */
    const char *rings; /* argument that names an instance whose bell is rung after the commit */
};

struct write {
    struct write_command command;
    bool is_swap;
    const char *refusal; /* a sentence for the person whose step it was */
    struct write_step steps[WRITE_STEPS_MAX];
};

/* Returns the row of a command, or NULL. */
const struct write *writes_find(const char *name);

#endif
