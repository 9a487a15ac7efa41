#ifndef FSM_EXPR_LIBRARY_H
#define FSM_EXPR_LIBRARY_H

/*
 * library — the functions and operators of the language: their types, and what they do.
 */

#include "fsm/expr/program.h"

#define LIBRARY_PARAMETERS_MAX 4

/* How the static cost of a call follows from the sizes of its arguments. */
enum library_cost {
    COST_ONE,     /* constant */
    COST_FIRST,   /* the size of the first argument */
    COST_SECOND,  /* of the second: a prefix */
    COST_SUM,     /* of all */
    COST_PRODUCT, /* of the first two */
    COST_ITEMS    /* likewise, and a step for each item that goes in or comes out */
};

/* How large its result may be. */
enum expr_library_size {
    SIZE_SMALL,   /* a number, or text of at most 40 bytes */
    SIZE_FIRST,   /* no larger than the first argument */
    SIZE_SUM,     /* the arguments together */
    SIZE_PRODUCT, /* replace(), join() */
    SIZE_ANY
};

/* One overload. Type parameters are expr_library_a and expr_library_b. */
struct library_function {
    const char *name; /* "_+_" for operators */
    bool is_method;
    uint8_t count;
    uint8_t op; /* enum expr_op; OP_CALL for ordinary functions */
    const struct expr_type *parameters[LIBRARY_PARAMETERS_MAX];
    const struct expr_type *result;
    expr_call call;
    enum library_cost cost;
    enum expr_library_size size;
};

extern const struct library_function expr_library_functions[];
extern const size_t expr_library_function_count;

/* Type parameters: compared by address. */
extern const struct expr_type expr_library_a;
extern const struct expr_type expr_library_b;

/* Conversions and numbers (library_number.c). */
struct value expr_library_bool(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_int(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_uint(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_double(struct expr_run *run, const struct value *arguments,
                                 uint32_t count);
struct value expr_library_string(struct expr_run *run, const struct value *arguments,
                                 uint32_t count);
struct value expr_library_type(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_dyn(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_size(struct expr_run *run, const struct value *arguments, uint32_t count);

/* Time (library_time.c). */
struct value expr_library_duration(struct expr_run *run, const struct value *arguments,
                                   uint32_t count);
struct value expr_library_timestamp(struct expr_run *run, const struct value *arguments,
                                    uint32_t count);
struct value expr_library_year(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_month(struct expr_run *run, const struct value *arguments,
                                uint32_t count);
struct value expr_library_day(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_date(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_weekday(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);
struct value expr_library_yearday(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);
struct value expr_library_hours(struct expr_run *run, const struct value *arguments,
                                uint32_t count);
struct value expr_library_minutes(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);
struct value expr_library_seconds(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);
struct value expr_library_ms(struct expr_run *run, const struct value *arguments, uint32_t count);

/* Strings (library_text.c). */
struct value expr_library_contains(struct expr_run *run, const struct value *arguments,
                                   uint32_t count);
struct value expr_library_starts(struct expr_run *run, const struct value *arguments,
                                 uint32_t count);
struct value expr_library_ends(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_matches(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);
struct value expr_library_char_at(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);
struct value expr_library_index_of(struct expr_run *run, const struct value *arguments,
                                   uint32_t count);
struct value expr_library_last_index(struct expr_run *run, const struct value *arguments,
                                     uint32_t count);
struct value expr_library_join(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_lower(struct expr_run *run, const struct value *arguments,
                                uint32_t count);
struct value expr_library_upper(struct expr_run *run, const struct value *arguments,
                                uint32_t count);
struct value expr_library_replace(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);
struct value expr_library_reverse(struct expr_run *run, const struct value *arguments,
                                  uint32_t count);
struct value expr_library_split(struct expr_run *run, const struct value *arguments,
                                uint32_t count);
struct value expr_library_substring(struct expr_run *run, const struct value *arguments,
                                    uint32_t count);
struct value expr_library_trim(struct expr_run *run, const struct value *arguments, uint32_t count);
struct value expr_library_quote(struct expr_run *run, const struct value *arguments,
                                uint32_t count);

#endif
