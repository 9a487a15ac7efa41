#ifndef RECORD_CODEC_H
#define RECORD_CODEC_H

/*
 * codec — the formats behind book.h, and what their files share. Inside the room only.
 */

#include "orchestrator/record/book.h"

#include <stdint.h>

/* A text being read. */
struct codec_source {
    const char *bytes;
    size_t size;
    struct arena *arena;
    struct fault *fault;
};

/* Where a text is written. */
struct codec_target {
    const struct book *book;
    const struct book_options *options;
    struct arena *arena;
    struct buffer *out;
    struct book_losses *losses;
    struct fault *fault;
};

enum status codec_read_json(const struct codec_source *source, struct book *out_book) MUST_CHECK;
enum status codec_read_trf(const struct codec_source *source, struct book *out_book) MUST_CHECK;
enum status codec_read_tsh(const struct codec_source *source, struct book *out_book) MUST_CHECK;
enum status codec_read_tou(const struct codec_source *source, struct book *out_book) MUST_CHECK;
enum status codec_read_csv(const struct codec_source *source, struct book *out_book) MUST_CHECK;

enum status codec_write_json(const struct codec_target *target) MUST_CHECK;
enum status codec_write_trf(const struct codec_target *target) MUST_CHECK;
enum status codec_write_tsh(const struct codec_target *target) MUST_CHECK;
enum status codec_write_tou(const struct codec_target *target) MUST_CHECK;
enum status codec_write_csv(const struct codec_target *target) MUST_CHECK;

/* One line of a text, without its end. */
struct codec_line {
    const char *text;
    size_t size;
    int number; /* from 1 */
};

/* Steps to the next line (ends CR, LF or CRLF); start with a zeroed line and *at = 0. Returns false
 * at the end. */
bool codec_next_line(const struct codec_source *source, size_t *at, struct codec_line *line);

/* Refuses bytes that are not UTF-8 or contain NUL, naming line and column. */
enum status codec_check_utf8(const struct codec_source *source) MUST_CHECK;

/* Refuses a name that two players of a record have, at the second one's line; where names are cut
 * after `cut` bytes (0 = they are not), names of that length may be alike. An empty name is
 * none. */
enum status codec_check_names(const struct codec_source *source, const struct codec_line *lines,
                              const struct record *record, size_t cut) MUST_CHECK;

/* Reports those who have the same name, for formats in which the name tells players apart. */
void codec_report_namesakes(const struct codec_target *target);

/* Adds an empty division. Errors: STATUS_FULL. */
enum status codec_add_division(struct book *book, struct arena *arena, const char *name,
                               struct record *record) MUST_CHECK;

/* Puts a played game into both players' rounds; who moved first may be unknown
 * (RECORD_SIDE_NONE). The outcome is `player`'s. */
void codec_put_scores(struct record *record, int round, int player, int opponent, int32_t own,
                      int32_t other);

/* Returns the outcome as the other player has it. */
enum record_outcome codec_mirrored(enum record_outcome outcome);

/* Puts a bye with the spread it awards: positive is a win (the pairing's bye), negative a loss
 * (absent), zero a half. */
void codec_put_spread_bye(struct record *record, int round, int player, int32_t spread);

/* Closes a record that was read: rounds_played is the last round where anybody has an entry; those
 * without one are absent in it. */
void codec_finish(struct record *record);

/* Reports what a format without ratings, sides, titles and so on drops. Bits of `keeps`. */
enum {
    CODEC_KEEPS_RATINGS = 1,
    CODEC_KEEPS_SIDES = 2,
    CODEC_KEEPS_DETAILS = 4, /* titles, federations, ids, birth dates */
    CODEC_KEEPS_SCORES = 8,
    CODEC_KEEPS_FORFEITS = 16,
    CODEC_KEEPS_REQUESTS = 32, /* requested byes, forbidden pairs, acceleration */
    CODEC_KEEPS_POINTS = 64    /* point systems */
};
void codec_report_losses(const struct codec_target *target, int keeps);

/* Doubles a list when its count reaches a power of two; NULL when the arena is full. */
void *codec_grown(struct arena *arena, void *list, int count, size_t size);

#endif
