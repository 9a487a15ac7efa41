/* The table of functions and operators: CEL's standard definitions for the types we have, and the
 * string extensions. The checker reads the types, the compiler the rest. */
#include "fsm/expr/library.h"

const struct expr_type expr_library_a = {.kind = EXPR_VARIABLE};
const struct expr_type expr_library_b = {.kind = EXPR_VARIABLE};

static const struct expr_type list_a = {.kind = EXPR_LIST, .item = &expr_library_a};
static const struct expr_type map_ab = {
    .kind = EXPR_MAP, .key = &expr_library_a, .item = &expr_library_b};
static const struct expr_type list_string = {.kind = EXPR_LIST, .item = &expr_string};
static const struct expr_type type_a = {.kind = EXPR_TYPE, .item = &expr_library_a};

#define A &expr_library_a
#define B &expr_library_b
#define INT &expr_int
#define UINT &expr_uint
#define REAL &expr_double
#define BOOL &expr_bool
#define TEXT &expr_string
#define SPAN &expr_duration
#define TIME &expr_timestamp

#define UNARY(name, op, a, result)                                                                 \
    {                                                                                              \
        name, false, 1, op, {a}, result, NULL, COST_ONE, SIZE_SMALL                                \
    }
#define BINARY(name, op, a, b, result)                                                             \
    {                                                                                              \
        name, false, 2, op, {a, b}, result, NULL, COST_ONE, SIZE_SMALL                             \
    }
#define JOINING(name, op, a, b, result)                                                            \
    {                                                                                              \
        name, false, 2, op, {a, b}, result, NULL, COST_SUM, SIZE_SUM                               \
    }
/* What comparing, searching and indexing costs is worked out by cost.c. */
#define ORDER(name, op, a, b)                                                                      \
    {                                                                                              \
        name, false, 2, op, {a, b}, BOOL, NULL, COST_FIRST, SIZE_SMALL                             \
    }

/* Numbers compare across types, other kinds with their own. */
#define ORDERS(name, op)                                                                           \
    ORDER(name, op, INT, INT), ORDER(name, op, UINT, UINT), ORDER(name, op, REAL, REAL),           \
        ORDER(name, op, TEXT, TEXT), ORDER(name, op, BOOL, BOOL), ORDER(name, op, SPAN, SPAN),     \
        ORDER(name, op, TIME, TIME), ORDER(name, op, INT, UINT), ORDER(name, op, INT, REAL),       \
        ORDER(name, op, UINT, INT), ORDER(name, op, UINT, REAL), ORDER(name, op, REAL, INT),       \
        ORDER(name, op, REAL, UINT)

#define ARITHMETIC(name, op)                                                                       \
    BINARY(name, op, INT, INT, INT), BINARY(name, op, UINT, UINT, UINT),                           \
        BINARY(name, op, REAL, REAL, REAL)

#define FUNCTION(name, a, result, call, cost, size)                                                \
    {                                                                                              \
        name, false, 1, OP_CALL, {a}, result, call, cost, size                                     \
    }
#define METHOD(name, a, result, call, cost, size)                                                  \
    {                                                                                              \
        name, true, 1, OP_CALL, {a}, result, call, cost, size                                      \
    }
#define METHOD2(name, a, b, result, call, cost, size)                                              \
    {                                                                                              \
        name, true, 2, OP_CALL, {a, b}, result, call, cost, size                                   \
    }
#define METHOD3(name, a, b, c, result, call, cost, size)                                           \
    {                                                                                              \
        name, true, 3, OP_CALL, {a, b, c}, result, call, cost, size                                \
    }
#define CONVERSION(name, a, result, call) FUNCTION(name, a, result, call, COST_FIRST, SIZE_SMALL)
#define FIELD(name, call)                                                                          \
    METHOD(name, TIME, INT, call, COST_ONE, SIZE_SMALL),                                           \
        METHOD2(name, TIME, TEXT, INT, call, COST_ONE, SIZE_SMALL)
#define CLOCK_FIELD(name, call)                                                                    \
    FIELD(name, call), METHOD(name, SPAN, INT, call, COST_ONE, SIZE_SMALL)

const struct library_function expr_library_functions[] = {
    UNARY("!_", OP_NOT, BOOL, BOOL),
    UNARY("-_", OP_NEGATE, INT, INT),
    UNARY("-_", OP_NEGATE, REAL, REAL),
    {"_?_:_", false, 3, OP_CONDITION, {BOOL, A, A}, A, NULL, COST_ONE, SIZE_ANY},
    {"_==_", false, 2, OP_EQUAL, {A, A}, BOOL, NULL, COST_ONE, SIZE_SMALL},
    {"_!=_", false, 2, OP_UNEQUAL, {A, A}, BOOL, NULL, COST_ONE, SIZE_SMALL},
    ORDERS("_<_", OP_LESS),
    ORDERS("_<=_", OP_LESS_EQUAL),
    ORDERS("_>_", OP_GREATER),
    ORDERS("_>=_", OP_GREATER_EQUAL),
    ARITHMETIC("_+_", OP_ADD),
    JOINING("_+_", OP_ADD, TEXT, TEXT, TEXT),
    JOINING("_+_", OP_ADD, &list_a, &list_a, &list_a),
    BINARY("_+_", OP_ADD, TIME, SPAN, TIME),
    BINARY("_+_", OP_ADD, SPAN, TIME, TIME),
    BINARY("_+_", OP_ADD, SPAN, SPAN, SPAN),
    ARITHMETIC("_-_", OP_SUBTRACT),
    BINARY("_-_", OP_SUBTRACT, TIME, TIME, SPAN),
    BINARY("_-_", OP_SUBTRACT, TIME, SPAN, TIME),
    BINARY("_-_", OP_SUBTRACT, SPAN, SPAN, SPAN),
    ARITHMETIC("_*_", OP_MULTIPLY),
    ARITHMETIC("_/_", OP_DIVIDE),
    BINARY("_%_", OP_REMAINDER, INT, INT, INT),
    BINARY("_%_", OP_REMAINDER, UINT, UINT, UINT),
    {"@in", false, 2, OP_IN, {A, &list_a}, BOOL, NULL, COST_ONE, SIZE_SMALL},
    {"@in", false, 2, OP_IN, {A, &map_ab}, BOOL, NULL, COST_ONE, SIZE_SMALL},
    {"_[_]", false, 2, OP_INDEX, {&list_a, INT}, A, NULL, COST_ONE, SIZE_ANY},
    {"_[_]", false, 2, OP_INDEX, {&map_ab, A}, B, NULL, COST_ONE, SIZE_ANY},

    FUNCTION("size", TEXT, INT, expr_library_size, COST_FIRST, SIZE_SMALL),
    FUNCTION("size", &list_a, INT, expr_library_size, COST_ONE, SIZE_SMALL),
    FUNCTION("size", &map_ab, INT, expr_library_size, COST_ONE, SIZE_SMALL),
    METHOD("size", TEXT, INT, expr_library_size, COST_FIRST, SIZE_SMALL),
    METHOD("size", &list_a, INT, expr_library_size, COST_ONE, SIZE_SMALL),
    METHOD("size", &map_ab, INT, expr_library_size, COST_ONE, SIZE_SMALL),

    FUNCTION("type", A, &type_a, expr_library_type, COST_ONE, SIZE_SMALL),
    FUNCTION("dyn", A, &expr_dyn, expr_library_dyn, COST_ONE, SIZE_FIRST),
    CONVERSION("bool", BOOL, BOOL, expr_library_bool),
    CONVERSION("bool", TEXT, BOOL, expr_library_bool),
    CONVERSION("int", INT, INT, expr_library_int),
    CONVERSION("int", UINT, INT, expr_library_int),
    CONVERSION("int", REAL, INT, expr_library_int),
    CONVERSION("int", TEXT, INT, expr_library_int),
    CONVERSION("int", TIME, INT, expr_library_int),
    CONVERSION("uint", UINT, UINT, expr_library_uint),
    CONVERSION("uint", INT, UINT, expr_library_uint),
    CONVERSION("uint", REAL, UINT, expr_library_uint),
    CONVERSION("uint", TEXT, UINT, expr_library_uint),
    CONVERSION("double", REAL, REAL, expr_library_double),
    CONVERSION("double", INT, REAL, expr_library_double),
    CONVERSION("double", UINT, REAL, expr_library_double),
    CONVERSION("double", TEXT, REAL, expr_library_double),
    FUNCTION("string", TEXT, TEXT, expr_library_string, COST_ONE, SIZE_FIRST),
    CONVERSION("string", BOOL, TEXT, expr_library_string),
    CONVERSION("string", INT, TEXT, expr_library_string),
    CONVERSION("string", UINT, TEXT, expr_library_string),
    CONVERSION("string", REAL, TEXT, expr_library_string),
    CONVERSION("string", SPAN, TEXT, expr_library_string),
    CONVERSION("string", TIME, TEXT, expr_library_string),
    CONVERSION("duration", SPAN, SPAN, expr_library_duration),
    CONVERSION("duration", TEXT, SPAN, expr_library_duration),
    CONVERSION("timestamp", TIME, TIME, expr_library_timestamp),
    CONVERSION("timestamp", TEXT, TIME, expr_library_timestamp),
    CONVERSION("timestamp", INT, TIME, expr_library_timestamp),

    FIELD("getFullYear", expr_library_year),
    FIELD("getMonth", expr_library_month),
    FIELD("getDayOfMonth", expr_library_day),
    FIELD("getDate", expr_library_date),
    FIELD("getDayOfWeek", expr_library_weekday),
    FIELD("getDayOfYear", expr_library_yearday),
    CLOCK_FIELD("getHours", expr_library_hours),
    CLOCK_FIELD("getMinutes", expr_library_minutes),
    CLOCK_FIELD("getSeconds", expr_library_seconds),
    CLOCK_FIELD("getMilliseconds", expr_library_ms),

    METHOD2("contains", TEXT, TEXT, BOOL, expr_library_contains, COST_PRODUCT, SIZE_SMALL),
    METHOD2("startsWith", TEXT, TEXT, BOOL, expr_library_starts, COST_SECOND, SIZE_SMALL),
    METHOD2("endsWith", TEXT, TEXT, BOOL, expr_library_ends, COST_SECOND, SIZE_SMALL),
    /* What matching costs depends on the pattern: compile.c adds it. */
    METHOD2("matches", TEXT, TEXT, BOOL, expr_library_matches, COST_ONE, SIZE_SMALL),
    {"matches",
     false,
     2,
     OP_CALL,
     {TEXT, TEXT},
     BOOL,
     expr_library_matches,
     COST_PRODUCT,
     SIZE_SMALL},

    METHOD2("charAt", TEXT, INT, TEXT, expr_library_char_at, COST_FIRST, SIZE_SMALL),
    METHOD2("indexOf", TEXT, TEXT, INT, expr_library_index_of, COST_PRODUCT, SIZE_SMALL),
    METHOD3("indexOf", TEXT, TEXT, INT, INT, expr_library_index_of, COST_PRODUCT, SIZE_SMALL),
    METHOD2("lastIndexOf", TEXT, TEXT, INT, expr_library_last_index, COST_PRODUCT, SIZE_SMALL),
    METHOD3("lastIndexOf", TEXT, TEXT, INT, INT, expr_library_last_index, COST_PRODUCT, SIZE_SMALL),
    METHOD("join", &list_string, TEXT, expr_library_join, COST_ITEMS, SIZE_PRODUCT),
    METHOD2("join", &list_string, TEXT, TEXT, expr_library_join, COST_ITEMS, SIZE_PRODUCT),
    METHOD("lowerAscii", TEXT, TEXT, expr_library_lower, COST_FIRST, SIZE_FIRST),
    METHOD("upperAscii", TEXT, TEXT, expr_library_upper, COST_FIRST, SIZE_FIRST),
    METHOD3("replace", TEXT, TEXT, TEXT, TEXT, expr_library_replace, COST_PRODUCT, SIZE_PRODUCT),
    {"replace",
     true,
     4,
     OP_CALL,
     {TEXT, TEXT, TEXT, INT},
     TEXT,
     expr_library_replace,
     COST_PRODUCT,
     SIZE_PRODUCT},
    METHOD("reverse", TEXT, TEXT, expr_library_reverse, COST_FIRST, SIZE_FIRST),
    METHOD2("split", TEXT, TEXT, &list_string, expr_library_split, COST_ITEMS, SIZE_FIRST),
    METHOD3("split", TEXT, TEXT, INT, &list_string, expr_library_split, COST_ITEMS, SIZE_FIRST),
    METHOD2("substring", TEXT, INT, TEXT, expr_library_substring, COST_FIRST, SIZE_FIRST),
    METHOD3("substring", TEXT, INT, INT, TEXT, expr_library_substring, COST_FIRST, SIZE_FIRST),
    METHOD("trim", TEXT, TEXT, expr_library_trim, COST_FIRST, SIZE_FIRST),
    FUNCTION("strings.quote", TEXT, TEXT, expr_library_quote, COST_FIRST, SIZE_SUM),
};

const size_t expr_library_function_count = COUNT_OF(expr_library_functions);
