/* Functions on strings. Positions count code points; results are new text in the run's arena, or
 * parts of the text they were taken from. */
#include "fsm/expr/library.h"
#include "fsm/expr/text.h"

#include <assert.h>
#include <string.h>

static struct value wrong(enum value_error error)
{
    return value_error(error, 0);
}

static bool are_strings(const struct value *arguments, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (arguments[i].kind != VALUE_STRING)
            return false;
    return true;
}

static bool charge_bytes(struct expr_run *run, uint64_t bytes)
{
    return expr_charge(run, bytes / EXPR_STEP_BYTES);
}

static struct value part(struct value text, size_t from, size_t to)
{
    return value_string(text.as.text + from, to - from);
}

static char *allocate(struct expr_run *run, uint64_t size)
{
    return run->arena != NULL && size < UINT32_MAX ? arena_alloc(run->arena, (size_t)size) : NULL;
}

static bool matches_at(struct value text, size_t at, struct value wanted)
{
    return text.size - at >= wanted.size &&
           (wanted.size == 0 || memcmp(text.as.text + at, wanted.as.text, wanted.size) == 0);
}

/* Byte offset of the first occurrence at or after `at`; SIZE_MAX where there is none. */
static size_t find(struct value text, size_t at, struct value wanted)
{
    for (; at + wanted.size <= text.size; at++)
        if (matches_at(text, at, wanted))
            return at;
    return SIZE_MAX;
}

/* --- tests ------------------------------------------------------------------------------------ */

struct value expr_library_contains(struct expr_run *run, const struct value *arguments,
                                   uint32_t count)
{
    if (!are_strings(arguments, count))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, (uint64_t)arguments[0].size * (arguments[1].size + 1)))
        return wrong(VALUE_ERROR_BUDGET);
    return value_bool(find(arguments[0], 0, arguments[1]) != SIZE_MAX);
}

struct value expr_library_starts(struct expr_run *run, const struct value *arguments,
                                 uint32_t count)
{
    if (!are_strings(arguments, count))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, arguments[1].size))
        return wrong(VALUE_ERROR_BUDGET);
    return value_bool(matches_at(arguments[0], 0, arguments[1]));
}

struct value expr_library_ends(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    if (!are_strings(arguments, count))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, arguments[1].size))
        return wrong(VALUE_ERROR_BUDGET);
    if (arguments[1].size > arguments[0].size)
        return value_bool(false);
    return value_bool(
        matches_at(arguments[0], arguments[0].size - arguments[1].size, arguments[1]));
}

/* The pattern is only known now: it is read and used once. */
struct value expr_library_matches(struct expr_run *run, const struct value *arguments,
                                  uint32_t count)
{
    if (!are_strings(arguments, count))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (run->arena == NULL)
        return wrong(VALUE_ERROR_MEMORY);
    if (!charge_bytes(run, (uint64_t)arguments[1].size * PATTERN_REPEAT_MAX))
        return wrong(VALUE_ERROR_BUDGET);
    const struct pattern *pattern;
    size_t offset;
    const char *sentence = NULL;
    enum status status = expr_pattern_compile(run->arena, arguments[1].as.text, arguments[1].size,
                                              &pattern, &offset, &sentence);
    if (status != STATUS_OK)
        return wrong(sentence != NULL ? VALUE_ERROR_BAD_PATTERN : VALUE_ERROR_MEMORY);
    if (!charge_bytes(run, (uint64_t)arguments[0].size * expr_pattern_size(pattern)))
        return wrong(VALUE_ERROR_BUDGET);
    bool found;
    status =
        expr_pattern_search(pattern, run->arena, arguments[0].as.text, arguments[0].size, &found);
    return status == STATUS_OK ? value_bool(found) : wrong(VALUE_ERROR_MEMORY);
}

/* --- positions -------------------------------------------------------------------------------- */

/* Turns a position in code points into a byte offset; false where it is not in 0…length. */
static bool offset_of(struct value text, struct value position, size_t *out)
{
    if (position.kind != VALUE_INT || position.as.integer < 0)
        return false;
    *out = expr_text_offset(text.as.text, text.size, (uint64_t)position.as.integer);
    return *out != SIZE_MAX;
}

struct value expr_library_char_at(struct expr_run *run, const struct value *arguments,
                                  uint32_t count)
{
    (void)count;
    struct value text = arguments[0];
    size_t at;
    if (text.kind != VALUE_STRING || arguments[1].kind != VALUE_INT)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, text.size))
        return wrong(VALUE_ERROR_BUDGET);
    if (!offset_of(text, arguments[1], &at))
        return wrong(VALUE_ERROR_INDEX);
    return at == text.size ? part(text, at, at)
                           : part(text, at, at + expr_text_step(text.as.text[at]));
}

/* Checks and charges for a search; sets *out_from to the byte offset of the third argument, or to
 * SIZE_MAX where there is none. Returns an error or null. */
static struct value begin_search(struct expr_run *run, const struct value *arguments,
                                 uint32_t count, size_t *out_from)
{
    *out_from = SIZE_MAX;
    if (!are_strings(arguments, 2) || (count == 3 && arguments[2].kind != VALUE_INT))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, (uint64_t)arguments[0].size * (arguments[1].size + 1)))
        return wrong(VALUE_ERROR_BUDGET);
    if (count == 3 && !offset_of(arguments[0], arguments[2], out_from))
        return wrong(VALUE_ERROR_INDEX);
    return value_null();
}

static struct value position_of(struct value text, size_t at)
{
    return value_int(at == SIZE_MAX ? -1 : (int64_t)expr_text_length(text.as.text, at));
}

struct value expr_library_index_of(struct expr_run *run, const struct value *arguments,
                                   uint32_t count)
{
    size_t from;
    struct value problem = begin_search(run, arguments, count, &from);
    if (problem.kind == VALUE_ERROR)
        return problem;
    if (from == SIZE_MAX)
        from = 0;
    return position_of(arguments[0], find(arguments[0], from, arguments[1]));
}

struct value expr_library_last_index(struct expr_run *run, const struct value *arguments,
                                     uint32_t count)
{
    size_t from;
    struct value problem = begin_search(run, arguments, count, &from);
    if (problem.kind == VALUE_ERROR)
        return problem;
    struct value text = arguments[0];
    if (arguments[1].size > text.size)
        return value_int(-1);
    size_t at = text.size - arguments[1].size;
    if (from < at)
        at = from;
    for (;; at--) {
        if (matches_at(text, at, arguments[1]))
            return position_of(text, at);
        if (at == 0)
            return value_int(-1);
    }
}

struct value expr_library_substring(struct expr_run *run, const struct value *arguments,
                                    uint32_t count)
{
    struct value text = arguments[0];
    bool is_typed = text.kind == VALUE_STRING && arguments[1].kind == VALUE_INT &&
                    (count == 2 || arguments[2].kind == VALUE_INT);
    if (!is_typed)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, text.size))
        return wrong(VALUE_ERROR_BUDGET);
    size_t from;
    size_t to = text.size;
    if (!offset_of(text, arguments[1], &from) ||
        (count == 3 && !offset_of(text, arguments[2], &to)) || from > to)
        return wrong(VALUE_ERROR_INDEX);
    return part(text, from, to);
}

struct value expr_library_trim(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)count;
    struct value text = arguments[0];
    if (text.kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, text.size))
        return wrong(VALUE_ERROR_BUDGET);
    size_t from = 0;
    size_t at = 0;
    while (at < text.size && expr_text_is_space(expr_text_next(text.as.text, &at)))
        from = at;
    size_t to = from;
    for (at = from; at < text.size;)
        if (!expr_text_is_space(expr_text_next(text.as.text, &at)))
            to = at;
    return part(text, from, to);
}

/* --- new text --------------------------------------------------------------------------------- */

static struct value change_case(struct expr_run *run, struct value text, char first, char last)
{
    if (text.kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, text.size))
        return wrong(VALUE_ERROR_BUDGET);
    char *copy = allocate(run, text.size);
    if (copy == NULL)
        return wrong(VALUE_ERROR_MEMORY);
    for (uint32_t i = 0; i < text.size; i++) {
        char c = text.as.text[i];
        copy[i] = c >= first && c <= last ? (char)(c ^ 0x20) : c;
    }
    return value_string(copy, text.size);
}

struct value expr_library_lower(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)count;
    return change_case(run, arguments[0], 'A', 'Z');
}

struct value expr_library_upper(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)count;
    return change_case(run, arguments[0], 'a', 'z');
}

struct value expr_library_reverse(struct expr_run *run, const struct value *arguments,
                                  uint32_t count)
{
    (void)count;
    struct value text = arguments[0];
    if (text.kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, text.size))
        return wrong(VALUE_ERROR_BUDGET);
    char *copy = allocate(run, text.size);
    if (copy == NULL)
        return wrong(VALUE_ERROR_MEMORY);
    for (size_t at = 0; at < text.size;) {
        size_t step = expr_text_step(text.as.text[at]);
        memcpy(copy + text.size - at - step, text.as.text + at, step);
        at += step;
    }
    return value_string(copy, text.size);
}

struct value expr_library_join(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    struct value list = arguments[0];
    struct value separator = count == 2 ? arguments[1] : value_string("", 0);
    if (list.kind != VALUE_LIST || separator.kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    uint64_t size = list.size > 1 ? (uint64_t)separator.size * (list.size - 1) : 0;
    for (uint32_t i = 0; i < list.size; i++) {
        if (list.as.items[i].kind != VALUE_STRING)
            return wrong(VALUE_ERROR_NO_OVERLOAD);
        size += list.as.items[i].size;
    }
    if (!expr_charge(run, list.size + size / EXPR_STEP_BYTES))
        return wrong(VALUE_ERROR_BUDGET);
    char *joined = allocate(run, size);
    if (joined == NULL)
        return wrong(VALUE_ERROR_MEMORY);
    char *at = joined;
    for (uint32_t i = 0; i < list.size; i++) {
        struct value item = list.as.items[i];
        if (i > 0 && separator.size > 0)
            at = (char *)memcpy(at, separator.as.text, separator.size) + separator.size;
        if (item.size > 0)
            at = (char *)memcpy(at, item.as.text, item.size) + item.size;
    }
    return value_string(joined, (size_t)size);
}

/* The limit given as argument number `index`: how often at most; UINT64_MAX without one. */
static uint64_t limit_of(const struct value *arguments, uint32_t count, uint32_t index)
{
    if (count <= index || arguments[index].as.integer < 0)
        return UINT64_MAX;
    return (uint64_t)arguments[index].as.integer;
}

/* Offset of the next place where `wanted` is found at or after *at, which moves past it. An empty
 * `wanted` is found before every character and at the end. */
static bool next_place(struct value text, struct value wanted, size_t *at, size_t *out_place)
{
    if (*at > text.size)
        return false;
    *out_place = find(text, *at, wanted);
    if (*out_place == SIZE_MAX)
        return false;
    *at = *out_place + wanted.size;
    return true;
}

/* How far an empty match must move to find the next one. */
static size_t past_empty(struct value text, size_t at)
{
    return at < text.size ? at + expr_text_step(text.as.text[at]) : at + 1;
}

struct replacement {
    struct value text;
    struct value wanted;
    struct value by;
    uint64_t limit;
};

/* Writes the text with its replacements, or with out NULL only measures it. */
static uint64_t write_replaced(const struct replacement *r, char *out)
{
    uint64_t size = 0;
    size_t copied = 0;
    size_t at = 0;
    size_t place;
    for (uint64_t n = 0; n < r->limit && next_place(r->text, r->wanted, &at, &place); n++) {
        if (out != NULL) {
            memcpy(out + size, r->text.as.text + copied, place - copied);
            if (r->by.size > 0)
                memcpy(out + size + (place - copied), r->by.as.text, r->by.size);
        }
        size += place - copied + r->by.size;
        copied = at;
        if (r->wanted.size == 0)
            at = past_empty(r->text, at);
    }
    if (out != NULL && r->text.size > copied)
        memcpy(out + size, r->text.as.text + copied, r->text.size - copied);
    return size + (r->text.size - copied);
}

struct value expr_library_replace(struct expr_run *run, const struct value *arguments,
                                  uint32_t count)
{
    if (!are_strings(arguments, 3) || (count == 4 && arguments[3].kind != VALUE_INT))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    struct replacement r = {arguments[0], arguments[1], arguments[2],
                            limit_of(arguments, count, 3)};
    if (!charge_bytes(run, (uint64_t)r.text.size * (r.wanted.size + 1)))
        return wrong(VALUE_ERROR_BUDGET);
    uint64_t size = write_replaced(&r, NULL);
    if (!charge_bytes(run, size))
        return wrong(VALUE_ERROR_BUDGET);
    char *copy = allocate(run, size);
    if (copy == NULL)
        return wrong(VALUE_ERROR_MEMORY);
    (void)write_replaced(&r, copy); /* of the size just measured */
    return value_string(copy, (size_t)size);
}

/* Fills in the pieces, or with out NULL only counts them. An empty separator splits into
 * characters. */
static uint64_t write_pieces(struct value text, struct value separator, uint64_t limit,
                             struct value *out)
{
    uint64_t count = 0;
    size_t start = 0;
    size_t at = 0;
    size_t place;
    if (limit == 0 || (separator.size == 0 && text.size == 0))
        return 0;
    if (separator.size == 0)
        at = past_empty(text, 0);
    while (count + 1 < limit && next_place(text, separator, &at, &place)) {
        if (separator.size == 0 && place == text.size)
            break;
        if (out != NULL)
            out[count] = part(text, start, place);
        count++;
        start = at;
        if (separator.size == 0)
            at = past_empty(text, at);
    }
    if (out != NULL)
        out[count] = part(text, start, text.size);
    return count + 1;
}

struct value expr_library_split(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    if (!are_strings(arguments, 2) || (count == 3 && arguments[2].kind != VALUE_INT))
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    struct value text = arguments[0];
    if (!charge_bytes(run, (uint64_t)text.size * (arguments[1].size + 1)))
        return wrong(VALUE_ERROR_BUDGET);
    uint64_t limit = limit_of(arguments, count, 2);
    uint64_t pieces = write_pieces(text, arguments[1], limit, NULL);
    if (!expr_charge(run, pieces))
        return wrong(VALUE_ERROR_BUDGET);
    struct value *items =
        run->arena != NULL ? arena_array(run->arena, (size_t)pieces, sizeof *items) : NULL;
    if (items == NULL)
        return wrong(VALUE_ERROR_MEMORY);
    (void)write_pieces(text, arguments[1], limit, items); /* as many as just counted */
    return value_list(items, (size_t)pieces);
}

/* The letter after the backslash where a byte is escaped in double quotes; '\0' where it is not. */
static char quote_letter(char c)
{
    static const char plain[] = "\a\b\f\n\r\t\v\\\"";
    static const char letters[] = "abfnrtv\\\"";
    const char *at = c != '\0' ? strchr(plain, c) : NULL;
    return at == NULL ? '\0' : letters[at - plain];
}

struct value expr_library_quote(struct expr_run *run, const struct value *arguments, uint32_t count)
{
    (void)count;
    struct value text = arguments[0];
    if (text.kind != VALUE_STRING)
        return wrong(VALUE_ERROR_NO_OVERLOAD);
    if (!charge_bytes(run, text.size))
        return wrong(VALUE_ERROR_BUDGET);
    char *quoted = allocate(run, 2 * (uint64_t)text.size + 2);
    if (quoted == NULL)
        return wrong(VALUE_ERROR_MEMORY);
    size_t size = 0;
    quoted[size++] = '"';
    for (uint32_t i = 0; i < text.size; i++) {
        char letter = quote_letter(text.as.text[i]);
        if (letter != '\0')
            quoted[size++] = '\\';
        quoted[size++] = letter != '\0' ? letter : text.as.text[i];
    }
    quoted[size++] = '"';
    return value_string(quoted, size);
}
