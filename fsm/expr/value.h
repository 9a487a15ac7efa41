#ifndef FSM_EXPR_VALUE_H
#define FSM_EXPR_VALUE_H

/*
 * value — what expressions compute with: sixteen bytes, passed and returned by value.
 *
 * Text, list items and map entries are borrowed: a value lives as long as the memory it points to,
 * and value_copy() moves one somewhere safer. A zeroed value is VALUE_UNSET: a variable nobody has
 * given a value yet; reading it in an expression is an error, has() on it is false.
 *
 * Threads:  plain data; the functions have no state.
 * Errors:   NULL or VALUE_ERROR where the arena is full; errors of expressions are values too.
 */

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum value_kind {
    VALUE_UNSET = 0,
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,
    VALUE_UINT,
    VALUE_DOUBLE,
    VALUE_STRING, /* valid UTF-8, may contain U+0000, not NUL-terminated */
    VALUE_LIST,
    VALUE_MAP,       /* entries in order of insertion; keys are bool, int, uint or string, unique */
    VALUE_DURATION,  /* whole nanoseconds in 64 bits: about 292 years either way */
    VALUE_TIMESTAMP, /* years 0001 to 9999, to the nanosecond */
    VALUE_TYPE,      /* what type(x) returns */
    VALUE_ERROR      /* why there is no value; see enum value_error */
};

/* Why an evaluation has no value. Static checking leaves only these. */
enum value_error {
    VALUE_ERROR_NONE = 0,
    VALUE_ERROR_UNSET,         /* a variable without a value was read */
    VALUE_ERROR_OVERFLOW,      /* int, uint, duration or timestamp out of its range */
    VALUE_ERROR_DIVISION,      /* division or remainder by zero */
    VALUE_ERROR_NO_SUCH_KEY,   /* m[k] or m.k where k is not in the map */
    VALUE_ERROR_INDEX,         /* list index or string position out of range */
    VALUE_ERROR_BAD_TEXT,      /* text that a conversion cannot read, e.g. int('x') */
    VALUE_ERROR_DUPLICATE_KEY, /* {k: 1, k: 2} */
    VALUE_ERROR_NO_OVERLOAD,   /* a dyn held something the operator does not take */
    VALUE_ERROR_BAD_PATTERN,   /* matches() with a pattern it cannot read */
    VALUE_ERROR_ZONE,          /* unknown time zone */
    VALUE_ERROR_HOST,          /* a function of the host failed */
    VALUE_ERROR_BUDGET,        /* more work than the input's budget allows */
    VALUE_ERROR_MEMORY         /* the arena is full */
};

struct value_entry;

struct value {
    uint32_t kind; /* enum value_kind */
    uint32_t size; /* STRING bytes · LIST items · MAP entries · TIMESTAMP nanoseconds 0..999,999,999
                      · ERROR column of the failing part, from 1 */
    union {
        bool boolean;
        int64_t integer; /* INT; DURATION in nanoseconds; TIMESTAMP in seconds since 1970 */
        uint64_t natural;
        double real;
        const char *text;
        const struct value *items;
        const struct value_entry *entries;
        enum value_kind type;
        enum value_error error;
    } as;
};

struct value_entry {
    struct value key;
    struct value value;
};

#define VALUE_NANOS_PER_SECOND INT64_C(1000000000)
#define VALUE_NANOS_PER_MS INT64_C(1000000)
#define VALUE_TIMESTAMP_SECONDS_MIN INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define VALUE_TIMESTAMP_SECONDS_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Makers: no check but an obvious one, no allocation. */

static inline struct value value_null(void)
{
    return (struct value){.kind = VALUE_NULL};
}

static inline struct value value_bool(bool boolean)
{
    return (struct value){.kind = VALUE_BOOL, .as.natural = boolean};
}

static inline struct value value_int(int64_t integer)
{
    return (struct value){.kind = VALUE_INT, .as.integer = integer};
}

static inline struct value value_uint(uint64_t natural)
{
    return (struct value){.kind = VALUE_UINT, .as.natural = natural};
}

static inline struct value value_double(double real)
{
    return (struct value){.kind = VALUE_DOUBLE, .as.real = real};
}

/* Borrows `size` bytes of UTF-8. */
static inline struct value value_string(const char *text, size_t size)
{
    return (struct value){.kind = VALUE_STRING, .size = (uint32_t)size, .as.text = text};
}

/* Borrows a NUL-terminated string. */
static inline struct value value_text(const char *text)
{
    return value_string(text, strlen(text));
}

static inline struct value value_list(const struct value *items, size_t count)
{
    return (struct value){.kind = VALUE_LIST, .size = (uint32_t)count, .as.items = items};
}

static inline struct value value_map(const struct value_entry *entries, size_t count)
{
    return (struct value){.kind = VALUE_MAP, .size = (uint32_t)count, .as.entries = entries};
}

static inline struct value value_duration(int64_t nanoseconds)
{
    return (struct value){.kind = VALUE_DURATION, .as.integer = nanoseconds};
}

/* `seconds` since 1970 and within VALUE_TIMESTAMP_SECONDS_*, `nanoseconds` below one second. */
static inline struct value value_timestamp(int64_t seconds, uint32_t nanoseconds)
{
    return (struct value){.kind = VALUE_TIMESTAMP, .size = nanoseconds, .as.integer = seconds};
}

/* Returns the timestamp of a time in milliseconds since 1970, as the rest of the house keeps it;
 * a VALUE_ERROR_OVERFLOW outside the years 0001 to 9999. */
struct value value_timestamp_ms(int64_t ms);

/* Returns a timestamp (or duration) in milliseconds, rounded down; kinds are asserted. */
int64_t value_to_ms(struct value value);

/* Returns an error with the column (from 1) of what failed, 0 where there is none. */
static inline struct value value_error(enum value_error error, uint32_t column)
{
    return (struct value){.kind = VALUE_ERROR, .size = column, .as.natural = error};
}

/* Whether two values are equal as CEL's == has it: numbers compare across int, uint and double by
 * their mathematical value, NaN equals nothing, maps whatever their order, other kinds only with
 * their own. Two errors or unset values are never equal. */
bool value_equal(struct value a, struct value b);

/* Orders two values of kinds that < takes (numbers among each other, strings by code point, bools,
 * durations, timestamps). Returns false where they have no order (other kinds, or a NaN). */
bool value_compare(struct value a, struct value b, int *out_order);

/* Returns the value under `key` in a map, or NULL; numeric keys match across number types. The
 * pointer lives as long as the map's entries. */
const struct value *value_find(struct value map, struct value key);

/* Copies a value with everything it points to into `arena`. Returns false where that is full. */
bool value_copy(struct arena *arena, struct value value, struct value *out_copy) MUST_CHECK;

/* Returns the text of a value as string() has it where CEL defines it (no quotes around strings),
 * else as value_literal(): for messages. NUL-terminated, in `arena`; NULL where that is full. */
const char *value_message(struct arena *arena, struct value value);

/* Returns the value as CEL source that evaluates to it: 'it\'s', 3u, 1.0, [1, 2], {'a': true},
 * duration('90s'), timestamp('…'). Canonical: equal values of one kind print alike except for the
 * order of maps. NUL-terminated, in `arena`; NULL where that is full. */
const char *value_literal(struct arena *arena, struct value value);

/* Returns the name type() would print: "int", "list"… ; for VALUE_UNSET and VALUE_ERROR "unset"
 * and "error". */
const char *value_kind_name(enum value_kind kind);

/* Returns one short sentence for people, without a full stop: "division by zero". */
const char *value_error_text(enum value_error error);

#endif
