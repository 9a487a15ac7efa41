#ifndef FORMAT_FORMAT_KEYS_H
#define FORMAT_FORMAT_KEYS_H

/*
 * format_keys — the one table of a policy's keys: from it come the reader, the schema for editors,
 * `arbiter policy explain`, `arbiter policy diff` and docs/policy-reference.md.
 *
 * Out:      constant tables; functions that walk them.
 * Owns:     nothing.
 * Threads:  none inside, no state.
 */

#include "base/arena.h"
#include "base/buffer.h"
#include "fsm/yaml/yaml.h"
#include "orchestrator/format/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_PATH_MAX 128 /* bytes of "divisions.byes.points" with its end */

/* What a key's value is; in brackets the type of its field. */
enum format_kind {
    FORMAT_TEXT,       /* const char * */
    FORMAT_NAME,       /* const char * */
    FORMAT_BOOL,       /* bool */
    FORMAT_INT,        /* int, min..max */
    FORMAT_DURATION,   /* int64_t ms, min..max */
    FORMAT_POINTS,     /* int tenths, min..max */
    FORMAT_SHARE,      /* int millionths, min..max; written 0.02 */
    FORMAT_WORD,       /* an enumeration, one of `words`, by its enumerator */
    FORMAT_FLAG,       /* bool, one of two `words`, the second is true */
    FORMAT_EDITION,    /* int, one of `words` */
    FORMAT_ROUNDS,     /* struct format_span, "3" or "1-3" */
    FORMAT_LOCAL_TIME, /* const char *, "2026-11-28T20:00" */
    FORMAT_ZONE,       /* const char *, an IANA zone */
    FORMAT_RECURRENCE, /* const char *, an RRULE */
    FORMAT_ORDER,      /* const char *, tie-breaks */
    FORMAT_METHOD,     /* enum pairing_method, and with it the method's own defaults */
    FORMAT_DAYS,       /* struct format_texts of dates or local times */
    FORMAT_TEXTS,      /* struct format_texts */
    FORMAT_RIGHT,      /* struct format_right */
    FORMAT_SECTION,    /* a struct of its own, `section` */
    FORMAT_LIST,       /* pointer and count (at count_offset) to structs of `section` */
    FORMAT_RANGES      /* the same; may also be written as a mapping from rounds to methods */
};

struct format_section;

struct format_key {
    const char *name;
    enum format_kind kind;
    bool is_required;
    bool is_not_live; /* read, checked and compared; a running event does not follow it yet */
    int64_t min, max;
    const char *unit;         /* "rounds", "players", …; NULL: none, or in the value itself */
    const char *standard;     /* the default as one writes it; NULL: see `otherwise` */
    const char *otherwise;    /* what holds without the key, in words; NULL: the default */
    const char *const *words; /* ends with NULL */
    const struct format_section *section;
    size_t offset;
    size_t count_offset;
    enum format_level level;       /* of a change while an event runs */
    enum format_boundary boundary; /* when such a change takes hold at the earliest */
    const char *help;
};

/* A mapping of the file and the struct it fills. */
struct format_section {
    const char *name; /* as messages call it: "division" */
    const char *help;
    const struct format_key *keys;
    size_t key_count;
    size_t size; /* of the struct, for lists */
};

/* The whole file. */
extern const struct format_section format_root;

/* The parts of the table, each in its own file. */
extern const struct format_section format_time_section;
extern const struct format_section format_entry_section;
extern const struct format_section format_no_show_section;
extern const struct format_section format_conduct_section;
extern const struct format_section format_change_section;
extern const struct format_section format_league_section;
extern const struct format_section format_division_section;
extern const struct format_section format_authority_section;

/* A key with the way to it: "divisions.byes.points". */
struct format_place {
    const struct format_key *key;
    const struct format_section *inside;
    char path[FORMAT_PATH_MAX];
};

/* Walks all keys in the order of the file. Start with zero; returns false after the last. */
struct format_walk {
    const struct format_section *sections[8];
    size_t next[8];
    int depth;
    bool has_begun;
};
bool format_walk_next(struct format_walk *walk, struct format_place *out_place);

/* Finds a key by its whole path, or by its name where only one key has it; false otherwise. */
bool format_key_find(const char *path, struct format_place *out_place);

/* Returns the key nearest to `word` in spelling, whole path; false where none is near. */
bool format_key_nearest(const char *word, struct format_place *out_place);

/* Appends what may be written: "a duration of 1s to 1d", "one of `a`, `b`". */
void format_key_allowed(const struct format_key *key, struct buffer *out);

/* Appends a duration as one writes it: "90s", "15m", "1d". */
void format_duration_text(int64_t ms, struct buffer *out);

/* Returns "at once", "from the next round on" or "for the next event". */
const char *format_boundary_text(enum format_boundary boundary);

/* Appends a key's page: type, unit, range, default, when a change takes hold, help. */
void format_explain(const struct format_place *place, struct buffer *out);

/* Appends docs/policy-reference.md. */
void format_reference(struct buffer *out);

/* The table as a shape, for yaml_schema_write(); lives in the arena. NULL where that is full. */
const struct yaml_shape *format_shape(struct arena *arena);

/* Reads one value into the struct that begins at `target`; false and faults where it does not fit.
 */
bool format_read_value(struct arena *arena, const struct format_key *key,
                       const struct yaml_node *node, void *target, struct yaml_faults *faults);

/* Fills a struct with the defaults of its section. */
void format_fill(struct arena *arena, const struct format_section *section, void *target);

/* Reads a mapping into a struct; absent keys keep what is there. */
bool format_read_section(struct arena *arena, const struct format_section *section,
                         const struct yaml_node *node, void *target, struct yaml_faults *faults);

/* Returns `pairing` as the list of ranges it stands for: itself where it is one; NULL and faults
 * where it cannot be read. */
const struct yaml_node *format_ranges_as_list(struct arena *arena, const struct yaml_node *node,
                                              struct yaml_faults *faults);

#endif
