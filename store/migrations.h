#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

/*
 * migrations — the files of store/migrations, built into the program.
 *
 * One text serves both databases: lines from "--[postgresql" to "--]" are for PostgreSQL alone,
 * lines from "--[memory" to "--]" for the in-memory store alone.
 */

#include "base/buffer.h"

struct migration {
    int number; /* from 1, without gaps; 0 ends the list */
    const char *name;
    const char *text;
};

extern const struct migration migrations[];

/* Appends the text without the lines that are for the other database: `keep` is "postgresql" or
 * "memory". */
void migration_text(const struct migration *migration, const char *keep, struct buffer *out);

#endif
