#ifndef FORMAT_FORMAT_DIFF_H
#define FORMAT_FORMAT_DIFF_H

/*
 * format_diff — what changes between two versions of a policy, how serious that is for an event
 * that runs, and when it may take hold.
 *
 * In:       two formats as format_read() gave them; how far the event is.
 * Out:      one row for each key that means something else; comments, layout, the order of keys and
 *           what is only written differently (a default spelled out, a range split in two) are
 * none. Owns:     nothing; rows live in the arena. Threads:  none inside, no state. Pure. Errors:
 * STATUS_FULL for the arena.
 *
 * The level of a row is the key's own (format_keys.h), but
 *   L1 while the event has not begun, and where only rounds are concerned that have been played;
 *   L5 where the policy in force says `changes.allowed: false` or names the key under
 *      `changes.frozen`, and where a division would have fewer rounds than have been paired;
 *   at least `changes.level_min` of the policy in force otherwise.
 * It takes hold at the key's boundary.
 */

#include "orchestrator/format/format_keys.h"

/* How far an event is. */
struct format_progress {
    bool has_begun;
    int rounds_paired; /* of the division that is ahead */
};

struct format_delta {
    const struct format_key *key;
    const char *path;   /* "divisions.open.rounds", "divisions.open.pairing.4-7" */
    const char *before; /* as one would write it; "" where there was nothing */
    const char *after;
    enum format_level level;
    enum format_boundary boundary;
    const char *reason; /* why the level is not the key's own; "" where it is */
};

struct format_diff {
    const struct format_delta *items;
    size_t count;
    enum format_level level;       /* the highest; L1 where nothing changes */
    enum format_boundary boundary; /* the latest */
};

/* Compares the policy in force with another version of it. `progress` NULL: an event that runs and
 * of which nothing else is known. */
enum status format_diff(struct arena *arena, const struct format *before,
                        const struct format *after, const struct format_progress *progress,
                        struct format_diff *out_diff) MUST_CHECK;

/* Appends the rows for people, one or two lines each. */
void format_diff_print(const struct format_diff *diff, struct buffer *out);

/* Returns a value as one would write it in a policy; `inside` is the struct that holds it. NULL
 * where the arena is full. */
const char *format_value_text(struct arena *arena, const struct format_key *key,
                              const void *inside);

#endif
