#ifndef LEXICON_LEXICON_FILE_H
#define LEXICON_LEXICON_FILE_H

/*
 * lexicon_file — a lexicon out of a file: images are mapped read-only and shared between processes,
 * KWG files and word lists are read and built.
 *
 * Owns:     the mapping or the memory, until lexicon_file_close().
 * Threads:  the lexicon inside may be asked by any number of threads.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "gamesvc/rules/lexicon.h"

struct lexicon_file {
    struct lexicon lexicon;
    void *mapping;
    size_t mapping_size;
    struct arena arena;
};

/* Opens a file: an image whatever its name, a KWG file where the name ends in ".kwg", otherwise a
 * word list. Lists and KWG files are called after the file, without folder and suffix. Errors:
 * STATUS_NOT_FOUND, STATUS_PERMISSION_DENIED, STATUS_UNAVAILABLE from the file system,
 * STATUS_INVALID_ARGUMENT with a fault, STATUS_FULL. */
enum status lexicon_file_open(struct lexicon_file *file, const char *path,
                              struct fault *out_fault) MUST_CHECK;

/* Lets go of it; safe on a zeroed struct. */
void lexicon_file_close(struct lexicon_file *file);

#endif
