#ifndef LEXICON_LEXICON_SHELF_H
#define LEXICON_LEXICON_SHELF_H

/*
 * lexicon_shelf — the lexicons of a folder, found by name.
 *
 * Owns:     the mappings, until lexicon_shelf_close(); lexicons found live as long.
 * Threads:  an open shelf is never written to.
 * Errors:   STATUS_FULL past LEXICON_SHELF_MAX files; those of lexicon_file_open(), with a fault
 *           that names the file.
 */

#include "gamesvc/lexicon/lexicon_file.h"

#define LEXICON_SHELF_MAX 32

struct lexicon_shelf {
    struct lexicon_file files[LEXICON_SHELF_MAX];
    int count;
};

/* Opens every *.lexicon of `folder`. A folder that is not there is an empty shelf. */
enum status lexicon_shelf_open(struct lexicon_shelf *shelf, const char *folder,
                               struct fault *out_fault) MUST_CHECK;

/* Safe on a zeroed shelf. */
void lexicon_shelf_close(struct lexicon_shelf *shelf);

/* Returns the lexicon called `name`, NULL where there is none; `shelf` may be NULL. */
const struct lexicon *lexicon_shelf_find(const struct lexicon_shelf *shelf, const char *name);

#endif
