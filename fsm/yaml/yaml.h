#ifndef FSM_YAML_YAML_H
#define FSM_YAML_YAML_H

/*
 * yaml — what people write by hand, read strictly: machines, formats, ratings, seeks,
 * configuration.
 *
 * In:       bytes of one YAML document (libyaml does the syntax).
 * Out:      a tree of nodes with their places, and a list of faults.
 * Owns:     nothing: nodes, texts and faults live in the arenas given. libyaml's own memory is
 *           freed before yaml_parse() returns.
 * Threads:  none inside.
 * Errors:   faults carry line, column and width; a reader collects many of them, not just the
 * first.
 *
 * Strict means: scalars stay text and get their type from whoever reads them, never by guess (so
 * `on`, `no`, `1e3` and `12:30` are what they look like); duplicate keys, unknown keys, anchors,
 * aliases, tags, merge keys and second documents are refused; depth and size are bounded.
 *
 * A format is described once, as a table of `struct yaml_shape`. yaml_check() holds a tree against
 * it; yaml_schema_write() (fsm/yaml/schema.h) prints it as JSON Schema for editors, so that the two
 * cannot drift.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/buffer.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YAML_SOURCE_MAX (1024 * 1024) /* bytes of a document */
#define YAML_DEPTH_MAX 64             /* levels of nesting */
#define YAML_NODES_MAX 200000         /* nodes of a document */
#define YAML_FAULTS_MAX 100           /* faults kept; later ones are only counted */

/* ---- faults ------------------------------------------------------------------------------ */

enum yaml_severity { YAML_ERROR, YAML_WARNING };

/* One thing wrong. Lines and columns count from 1, columns in bytes; line 0 is the whole file. */
struct yaml_fault {
    enum yaml_severity severity;
    int line;
    int column;
    int width; /* bytes to underline, at least 1 */
    const char *text;
    const char *hint; /* NULL where there is none */
};

/* Collected faults. Zero it, set `arena`; the rest is filled in. Without an arena, or when it is
 * full, faults are counted and not kept. */
struct yaml_faults {
    struct arena *arena;
    struct yaml_fault *items;
    size_t count;
    size_t capacity;
    size_t error_count;
    size_t warning_count;
};

struct yaml_node;

/* Adds an error or a warning at a node (NULL: the whole file). Both return false, so that a reader
 * can say `return yaml_error(...)`. `faults` may be NULL. */
bool yaml_error(struct yaml_faults *faults, const struct yaml_node *node, const char *format, ...)
    PRINTF_LIKE(3, 4);
bool yaml_warning(struct yaml_faults *faults, const struct yaml_node *node, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Adds a fault at a place. */
bool yaml_fault_at(struct yaml_faults *faults, enum yaml_severity severity, int line, int column,
                   int width, const char *format, ...) PRINTF_LIKE(6, 7);

/* Adds a hint to the newest fault that has none yet; `faults` may be NULL. */
void yaml_hint(struct yaml_faults *faults, const char *format, ...) PRINTF_LIKE(2, 3);

/* Adds "did you mean `x`?" to the newest fault where one of the words is near enough. */
void yaml_hint_nearest(struct yaml_faults *faults, const char *word, const char *const *words,
                       size_t count);

/* Sorts the faults by place, errors and warnings together. */
void yaml_faults_sort(struct yaml_faults *faults);

/* Prints every fault: `file:line:column: error: text`, the line with the place underlined, the
 * hint. `source` is the text that was parsed. */
void yaml_faults_print(const struct yaml_faults *faults, const char *file, const char *source,
                       size_t size, struct buffer *out);

/* Copies the first error into `out` (for callers that report one); nothing where there is none. */
void yaml_first_error(const struct yaml_faults *faults, struct fault *out);

/* Returns the candidate nearest to `word` in spelling, NULL where none is near enough to be meant
 * (a third of the letters, swaps count once). */
const char *yaml_nearest(const char *word, const char *const *words, size_t count);

/* ---- the tree ---------------------------------------------------------------------------- */

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_pair;

struct yaml_node {
    enum yaml_kind kind;
    bool is_quoted; /* scalar in quotes or a block (`|`, `>`): text for certain */
    bool is_flow;   /* a list or mapping written with [] or {} */
    bool is_cut;    /* a comment without a space after its `#` follows: perhaps meant as text */
    int line;
    int column;
    int width;                     /* bytes on its first line */
    const char *text;              /* scalar, NUL-terminated; "" otherwise */
    size_t size;                   /* of the text */
    size_t count;                  /* items or pairs */
    const struct yaml_node *items; /* sequence */
    const struct yaml_pair *pairs; /* mapping, in document order */
};

struct yaml_pair {
    struct yaml_node key; /* always a scalar */
    struct yaml_node value;
};

/* Parses one document. Faults are added; returns STATUS_INVALID_ARGUMENT where there is an error,
 * STATUS_FULL where the arena is too small. The tree keeps no pointer to `text`. */
enum status yaml_parse(struct arena *arena, const char *text, size_t size,
                       struct yaml_faults *faults, const struct yaml_node **out_root) MUST_CHECK;

/* Returns the value of a key, NULL where the mapping has none or the node is no mapping (or NULL).
 */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/* Returns the pair of a key, for faults about the key itself. */
const struct yaml_pair *yaml_get_pair(const struct yaml_node *mapping, const char *key);

/* Whether the node is an unquoted scalar without text (`key:` and nothing after it). */
bool yaml_is_empty(const struct yaml_node *node);

/* ---- typed scalars: false and a fault where the text does not read as the type ----------- */

/* Any non-empty text; `out` is the node's own. */
bool yaml_text(const struct yaml_node *node, struct yaml_faults *faults, const char **out);

/* Letters, digits, `_` and `-`, with `.` between words where `dots`; begins with a letter or `_`.
 */
bool yaml_name(const struct yaml_node *node, bool dots, struct yaml_faults *faults,
               const char **out);

/* Decimal digits with an optional minus, within [min, max]. Not in quotes. */
bool yaml_int(const struct yaml_node *node, int64_t min, int64_t max, struct yaml_faults *faults,
              int64_t *out);

/* `true` or `false`, nothing else. Not in quotes. */
bool yaml_bool(const struct yaml_node *node, struct yaml_faults *faults, bool *out);

/* A finite decimal number. Not in quotes. */
bool yaml_double(const struct yaml_node *node, struct yaml_faults *faults, double *out);

/* A decimal with at most `digits` places after the point as an integer of 10^-digits: "0.5" with 1
 * digit is 5. For scores and weights, where no float belongs. Not in quotes. */
bool yaml_scaled(const struct yaml_node *node, int digits, struct yaml_faults *faults,
                 int64_t *out);

/* `500ms`, `20s`, `15m`, `2h`, `3d`, `1w`, and sums of them (`1h30m`), in milliseconds, not
 * negative. */
bool yaml_duration(const struct yaml_node *node, struct yaml_faults *faults, int64_t *out_ms);

/* RFC 3339 with an offset, `2026-11-22T18:00:00+01:00` or `...Z`, in ms since the epoch. */
bool yaml_timestamp(const struct yaml_node *node, struct yaml_faults *faults, int64_t *out_ms);

/* One of the words; `out` is its index. */
bool yaml_enum(const struct yaml_node *node, const char *const *words, size_t count,
               struct yaml_faults *faults, int *out);

/* The same readers for text from elsewhere (command lines, JSON); false where it does not read. */
bool yaml_read_duration(const char *text, int64_t *out_ms);
bool yaml_read_timestamp(const char *text, int64_t *out_ms);

/* ---- shapes: a format as a table --------------------------------------------------------- */

enum yaml_type {
    YAML_T_TEXT,       /* any non-empty scalar */
    YAML_T_NAME,       /* yaml_name without dots */
    YAML_T_PATH,       /* yaml_name with dots */
    YAML_T_PATTERN,    /* an event name, or `a.*`, or `*` */
    YAML_T_EXPRESSION, /* CEL: any non-empty scalar; checked by whoever knows the names */
    YAML_T_INT,        /* within min..max */
    YAML_T_BOOL,
    YAML_T_DOUBLE,
    YAML_T_DURATION,
    YAML_T_TIMESTAMP,
    YAML_T_ENUM,   /* one of `words` */
    YAML_T_OBJECT, /* a mapping with the keys of the table and no others */
    YAML_T_MAP,    /* a mapping with free keys (`key_type`) to values of `item` */
    YAML_T_LIST,   /* a sequence of `item` */
    YAML_T_ANY_OF, /* one of `choices`: at most one of them a scalar type, one a mapping, one a list
                    */
    YAML_T_ANY     /* whatever it is, its reader checks it */
};

struct yaml_key;

struct yaml_shape {
    const char *name; /* of the definition in the schema; NULL: written in place */
    enum yaml_type type;
    const char *doc;               /* for the person with the editor; NULL: none */
    const struct yaml_key *keys;   /* OBJECT */
    size_t count;                  /* of keys, words or choices */
    const struct yaml_shape *item; /* MAP, LIST */
    enum yaml_type key_type;       /* MAP: NAME (0 counts as NAME), PATH, PATTERN, INT, TEXT */
    const char *const *words;      /* ENUM */
    const struct yaml_shape *const *choices; /* ANY_OF */
    int64_t min, max;                        /* INT; both 0: any */
};

struct yaml_key {
    const char *name;
    const struct yaml_shape *shape;
    bool is_required;
    const char *doc;
};

/* Holds a tree against a shape: kinds, keys, scalars. Adds a fault for each thing wrong and goes
 * on; returns whether there was none. */
bool yaml_check(const struct yaml_node *node, const struct yaml_shape *shape,
                struct yaml_faults *faults);

#endif
