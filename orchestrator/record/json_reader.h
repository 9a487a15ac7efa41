#ifndef RECORD_JSON_READER_H
#define RECORD_JSON_READER_H

/*
 * json_reader — values taken out of a parsed JSON text, with faults that name line and column.
 *
 * The parser keeps no places, so a reader remembers the path it went; where something is wrong the
 * text is walked along that path once more. Inside the room only.
 */

#include "orchestrator/record/codec.h"

#include <jansson.h>

#define JSON_READER_DEPTH_MAX 10

struct json_step {
    const char *key; /* NULL: an index */
    size_t index;
};

struct json_reader {
    const struct codec_source *source;
    struct json_step path[JSON_READER_DEPTH_MAX];
    int depth;
    bool lenient; /* unknown keys are ignored: somebody else's dump */
};

/* Parses the text. Errors: STATUS_INVALID_ARGUMENT with the parser's place. The caller drops the
 * root with json_decref(). */
enum status json_reader_parse(const struct codec_source *source, json_t **out_root) MUST_CHECK;

/* Steps down to a member or an element, and up again. */
void json_reader_enter(struct json_reader *reader, const char *key);
void json_reader_enter_at(struct json_reader *reader, size_t index);
void json_reader_leave(struct json_reader *reader);

/* Fills the fault with the present place; returns STATUS_INVALID_ARGUMENT. */
enum status json_reader_wrong(const struct json_reader *reader, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* Takes a member of the object at the present place; a missing one leaves `out` as it is. */
enum status json_reader_text(struct json_reader *reader, const json_t *object, const char *key,
                             const char **out) MUST_CHECK;
enum status json_reader_int(struct json_reader *reader, const json_t *object, const char *key,
                            int min, int max, int *out) MUST_CHECK;
enum status json_reader_bool(struct json_reader *reader, const json_t *object, const char *key,
                             bool *out) MUST_CHECK;
/* Points with at most one decimal, as tenths. */
enum status json_reader_points(struct json_reader *reader, const json_t *object, const char *key,
                               int *out_x10) MUST_CHECK;
/* One of the words; `out` is its index. */
enum status json_reader_word(struct json_reader *reader, const json_t *object, const char *key,
                             const char *const *words, size_t count, int *out) MUST_CHECK;
/* Exactly two whole numbers. */
enum status json_reader_pair(struct json_reader *reader, const json_t *object, const char *key,
                             int min, int max, int out[2]) MUST_CHECK;
/* An array; NULL where it is missing. */
enum status json_reader_array(struct json_reader *reader, const json_t *object, const char *key,
                              const json_t **out) MUST_CHECK;

/* Refuses members whose key is not in the list, unless the reader is lenient. */
enum status json_reader_keys(struct json_reader *reader, const json_t *object,
                             const char *const *keys, size_t count) MUST_CHECK;

#endif
