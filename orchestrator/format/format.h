#ifndef FORMAT_FORMAT_H
#define FORMAT_FORMAT_H

/*
 * format — a tournament policy, read and checked: what a director decided beforehand.
 *
 * In:       the text of a file under policies/formats/.
 * Out:      plain structs with every default filled in, or faults with line and column.
 * Owns:     nothing; the format lives in the arena given.
 * Threads:  none inside, no state.
 * Errors:   STATUS_INVALID_ARGUMENT with faults, STATUS_FULL for the arena or a limit below.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "fsm/yaml/yaml.h"
#include "orchestrator/pairing/pairing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_DIVISIONS_MAX 200
#define FORMAT_ROUNDS_MAX 500
#define FORMAT_RANGES_MAX 64

/* What two players of a division play. */
struct format_game {
    const char *rules; /* "reported", "crossword", … */
    const char *variant;
    const char *lexicon;
    const char *challenge_rule;
    int32_t initial_time_ms;
    int32_t increment_ms;
    int32_t overtime_ms;
    bool rated;
    const char *rating_policy;
    const char *rating_pool; /* "" where the policy does not say: from rules and clock */
};

/* How rounds first_round..last_round are paired. */
struct format_range {
    int first_round;
    int last_round;
    struct pairing_policy pairing;
};

struct format_division {
    const char *name;
    int rounds;
    bool is_paired_by_director;   /* by hand, round by round */
    bool is_advanced_by_director; /* the next round waits for a word */
    struct format_game game;
    struct format_range ranges[FORMAT_RANGES_MAX]; /* in order, every round in one of them */
    size_t range_count;
    const char *order; /* tie-breaks after points, as standing_order_parse() reads them */
    int spread_cap;    /* 0: none */
};

struct format {
    const char *name;
    int version;
    const char *doc;
    const struct format_division *divisions;
    size_t division_count;
};

/* Reads and checks a format policy. Warnings alone are STATUS_OK. */
enum status format_read(struct arena *arena, const char *text, size_t size,
                        struct yaml_faults *faults, const struct format **out_format) MUST_CHECK;

/* Returns the division of that name, or NULL. */
const struct format_division *format_find_division(const struct format *format, const char *name);

/* Returns the range that a round lies in; asserts 1 <= round <= rounds. */
const struct format_range *format_range_of(const struct format_division *division, int round);

/* The shape of the file: the same table checks it and prints its JSON Schema. */
const struct yaml_shape *format_shape(void);

#endif
