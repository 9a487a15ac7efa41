#ifndef RECORD_BOOK_H
#define RECORD_BOOK_H

/*
 * book — an event's file: its divisions' records, read from and written to the formats people use.
 *
 * In:       bytes of a file and its format, or a book.
 * Out:      a book, or bytes and a list of what the format has no place for.
 * Owns:     nothing; books, texts and losses live in the caller's arena.
 * Threads:  none inside.
 * Errors:   STATUS_INVALID_ARGUMENT (STATUS_DATA_LOSS where bytes are not UTF-8) with a fault that
 *           names line and column; STATUS_FULL past a limit; STATUS_UNIMPLEMENTED where a format
 *           is only written or only read.
 *
 * A format that cannot hold something drops it and says so; it never invents anything.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/status.h"
#include "orchestrator/record/record.h"

#include <stdbool.h>
#include <stddef.h>

#define BOOK_DIVISIONS_MAX 100
#define BOOK_LOSSES_MAX 100
#define BOOK_FILE_MAX ((size_t)64 << 20) /* bytes of a file */

enum book_format {
    BOOK_JSON,  /* our own: docs/record-format.md */
    BOOK_CLUB,  /* the club platform's division dump (JSON); only read */
    BOOK_TRF16, /* FIDE report, one division */
    BOOK_TRF26,
    BOOK_TSH, /* tsh archive with its .t files inside, or one .t file */
    BOOK_TOU, /* .tou of the rating offices */
    BOOK_CSV  /* standings, one row a player */
};

struct book_division {
    const char *name;
    struct record *record;
};

struct book {
    struct book_division *divisions;
    int count;
};

/* What a written file leaves out, one sentence each. Zero it, set `arena`. */
struct book_losses {
    struct arena *arena;
    const char *lines[BOOK_LOSSES_MAX];
    int count; /* lines kept */
};

struct book_options {
    enum book_format format;
    bool like_liwords; /* TSH: the archive header of that site, byte for byte */
};

/* Returns the format a file name stands for by its ending (.json .trf .trfx .tsh .t .tou .csv, TRF
 * as TRF26); false where it stands for none. */
bool book_format_of(const char *path, enum book_format *out_format);

/* Returns the format with this name ("json", "club", "trf16", "trf26" or "trf", "tsh", "tou",
 * "csv"); false for another. */
bool book_format_named(const char *name, enum book_format *out_format);

/* Reads a file. JSON in either of its two shapes is told apart by its contents. */
enum status book_read(enum book_format format, const char *bytes, size_t size, struct arena *arena,
                      struct book *out_book, struct fault *out_fault) MUST_CHECK;

/* Appends the file to `out`. `losses` may be NULL. Fault: line and column 0. */
enum status book_write(const struct book_options *options, const struct book *book,
                       struct arena *arena, struct buffer *out, struct book_losses *losses,
                       struct fault *out_fault) MUST_CHECK;

/* Adds a sentence to the losses, once; nothing where `losses` is NULL or full. */
void book_lose(struct book_losses *losses, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
