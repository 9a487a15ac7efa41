/* Reads regular expressions straight into instructions; nothing is kept but those. */
#include "fsm/expr/pattern_code.h"

#include "fsm/expr/text.h"

#include <string.h>

struct flags {
    bool fold;      /* i */
    bool multiline; /* m */
    bool dot_all;   /* s */
};

struct compiler {
    struct arena *arena;
    const char *text;
    size_t size;
    size_t at;
    struct flags flags;
    struct pattern_instruction *code;
    uint32_t count;
    uint32_t capacity;
    struct pattern_range *ranges;
    uint32_t range_count;
    uint32_t range_capacity;
    int depth;
    bool is_repeatable; /* whether what was read last may be followed by * and the like */
    const char *sentence;
    size_t offset;
};

/* --- output ----------------------------------------------------------------------------------- */

static enum status wrong(struct compiler *c, size_t offset, const char *sentence)
{
    c->sentence = sentence;
    c->offset = offset;
    return STATUS_INVALID_ARGUMENT;
}

static enum status too_large(struct compiler *c)
{
    (void)wrong(c, c->at, "it is too large"); /* reported as a limit */
    return STATUS_FULL;
}

/* Makes room for `more` instructions. */
static enum status reserve(struct compiler *c, uint32_t more)
{
    if (more > PATTERN_INSTRUCTIONS_MAX - c->count)
        return too_large(c);
    if (c->count + more <= c->capacity)
        return STATUS_OK;
    uint32_t capacity = c->capacity == 0 ? 32 : c->capacity;
    while (capacity < c->count + more)
        capacity *= 2;
    struct pattern_instruction *code = arena_array(c->arena, capacity, sizeof *code);
    if (code == NULL)
        return STATUS_FULL;
    if (c->count > 0)
        memcpy(code, c->code, c->count * sizeof *code);
    c->code = code;
    c->capacity = capacity;
    return STATUS_OK;
}

static enum status emit(struct compiler *c, enum pattern_op op, int32_t a, int32_t b)
{
    enum status status = reserve(c, 1);
    if (status == STATUS_OK)
        c->code[c->count++] = (struct pattern_instruction){(uint8_t)op, false, a, b};
    return status;
}

/* Puts an instruction before those from `start` on; jumps among them are relative and stay right.
 */
static enum status insert(struct compiler *c, uint32_t start, enum pattern_op op, int32_t a,
                          int32_t b)
{
    enum status status = reserve(c, 1);
    if (status != STATUS_OK)
        return status;
    memmove(c->code + start + 1, c->code + start, (c->count - start) * sizeof *c->code);
    c->code[start] = (struct pattern_instruction){(uint8_t)op, false, a, b};
    c->count++;
    return STATUS_OK;
}

static enum status add_range(struct compiler *c, uint32_t first, uint32_t last)
{
    if (c->range_count == c->range_capacity) {
        uint32_t capacity = c->range_capacity == 0 ? 16 : c->range_capacity * 2;
        struct pattern_range *ranges = arena_array(c->arena, capacity, sizeof *ranges);
        if (ranges == NULL)
            return STATUS_FULL;
        if (c->range_count > 0)
            memcpy(ranges, c->ranges, c->range_count * sizeof *ranges);
        c->ranges = ranges;
        c->range_capacity = capacity;
    }
    c->ranges[c->range_count++] = (struct pattern_range){first, last};
    return STATUS_OK;
}

/* --- characters ------------------------------------------------------------------------------- */

static bool is_at(const struct compiler *c, const char *text)
{
    size_t size = strlen(text);
    return c->size - c->at >= size && memcmp(c->text + c->at, text, size) == 0;
}

static bool take(struct compiler *c, const char *text)
{
    if (!is_at(c, text))
        return false;
    c->at += strlen(text);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Adds a range and, without regard to case, the other letters of it (ASCII). */
static enum status add_folded(struct compiler *c, uint32_t first, uint32_t last)
{
    enum status status = add_range(c, first, last);
    for (uint32_t letter = 'A'; c->flags.fold && letter <= 'Z' && status == STATUS_OK; letter++) {
        uint32_t lower = letter | 0x20;
        if (pattern_is_between(letter, first, last) && !pattern_is_between(lower, first, last))
            status = add_range(c, lower, lower);
        if (pattern_is_between(lower, first, last) && !pattern_is_between(letter, first, last))
            status = add_range(c, letter, letter);
    }
    return status;
}

static enum status emit_class(struct compiler *c, uint32_t first_range, bool is_negated)
{
    uint32_t count = c->range_count - first_range;
    if (count == 0 && !is_negated)
        return emit(c, PATTERN_NOTHING, 0, 0);
    enum status status = emit(c, PATTERN_CLASS, (int32_t)first_range, (int32_t)count);
    if (status == STATUS_OK)
        c->code[c->count - 1].is_negated = is_negated;
    return status;
}

static enum status emit_character(struct compiler *c, uint32_t character)
{
    bool has_case = pattern_is_between(character | 0x20, 'a', 'z') && character < 0x80;
    if (!c->flags.fold || !has_case)
        return emit(c, PATTERN_RANGE, (int32_t)character, (int32_t)character);
    uint32_t first = c->range_count;
    enum status status = add_folded(c, character, character);
    return status == STATUS_OK ? emit_class(c, first, false) : status;
}

/* --- named classes ---------------------------------------------------------------------------- */

struct named_class {
    const char *name;
    uint32_t count;
    struct pattern_range ranges[4]; /* in order */
};

static const struct named_class letter_classes[] = {
    {"d", 1, {{'0', '9'}}},
    {"s", 3, {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}},
    {"w", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
};

static const struct named_class posix_classes[] = {
    {"alnum", 3, {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}},
    {"alpha", 2, {{'A', 'Z'}, {'a', 'z'}}},
    {"ascii", 1, {{0, 0x7F}}},
    {"blank", 2, {{'\t', '\t'}, {' ', ' '}}},
    {"cntrl", 2, {{0, 0x1F}, {0x7F, 0x7F}}},
    {"digit", 1, {{'0', '9'}}},
    {"graph", 1, {{'!', '~'}}},
    {"lower", 1, {{'a', 'z'}}},
    {"print", 1, {{' ', '~'}}},
    {"punct", 4, {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
    {"space", 2, {{'\t', '\r'}, {' ', ' '}}},
    {"upper", 1, {{'A', 'Z'}}},
    {"word", 4, {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}},
    {"xdigit", 3, {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}},
};

static enum status add_named(struct compiler *c, const struct named_class *named, bool is_negated)
{
    enum status status = STATUS_OK;
    uint32_t next = 0;
    for (uint32_t i = 0; i < named->count && status == STATUS_OK; i++) {
        struct pattern_range range = named->ranges[i];
        if (!is_negated)
            status = add_folded(c, range.first, range.last);
        else if (range.first > next)
            status = add_range(c, next, range.first - 1);
        next = range.last + 1;
    }
    if (is_negated && status == STATUS_OK)
        status = add_range(c, next, TEXT_CODE_POINT_MAX);
    return status;
}

/* The class of \d \D \s \S \w \W at a backslash; NULL for other escapes. */
static const struct named_class *letter_class(const struct compiler *c, bool *out_negated)
{
    if (c->size - c->at < 2)
        return NULL;
    char letter = c->text[c->at + 1];
    *out_negated = letter >= 'A' && letter <= 'Z';
    for (size_t i = 0; i < COUNT_OF(letter_classes); i++)
        if (letter_classes[i].name[0] == (letter | 0x20) && letter_classes[i].name[0] != ' ' &&
            (pattern_is_between((unsigned char)letter, 'A', 'Z') ||
             pattern_is_between((unsigned char)letter, 'a', 'z')))
            return &letter_classes[i];
    return NULL;
}

/* Reads "[:alpha:]" or "[:^alpha:]" inside a class; *out_taken tells whether it was there. */
static enum status read_posix(struct compiler *c, bool *out_taken)
{
    *out_taken = false;
    size_t start = c->at;
    if (!take(c, "[:"))
        return STATUS_OK;
    bool is_negated = take(c, "^");
    for (size_t i = 0; i < COUNT_OF(posix_classes); i++) {
        size_t before = c->at;
        if (take(c, posix_classes[i].name) && take(c, ":]")) {
            *out_taken = true;
            return add_named(c, &posix_classes[i], is_negated);
        }
        c->at = before;
    }
    size_t at = c->at;
    while (at < c->size && pattern_is_between((unsigned char)c->text[at], 'a', 'z'))
        at++;
    c->at = start;
    bool is_closed = c->size - at >= 2 && memcmp(c->text + at, ":]", 2) == 0;
    return is_closed ? wrong(c, start, "unknown character class") : STATUS_OK;
}

/* --- escapes ---------------------------------------------------------------------------------- */

static enum status read_hex(struct compiler *c, size_t start, uint32_t *out)
{
    bool has_braces = take(c, "{");
    uint32_t code = 0;
    int digits = 0;
    while (c->at < c->size && hex_digit(c->text[c->at]) >= 0 && (has_braces || digits < 2)) {
        code = code * 16 + (uint32_t)hex_digit(c->text[c->at++]);
        digits++;
        if (code > TEXT_CODE_POINT_MAX)
            return wrong(c, start, "there is no such character");
    }
    if (has_braces ? digits == 0 || !take(c, "}") : digits != 2)
        return wrong(c, start, "incomplete escape");
    *out = code;
    return STATUS_OK;
}

static uint32_t read_octal(struct compiler *c, int digits_max)
{
    uint32_t code = 0;
    for (int i = 0; i < digits_max && c->at < c->size &&
                    pattern_is_between((unsigned char)c->text[c->at], '0', '7');
         i++)
        code = code * 8 + (uint32_t)(c->text[c->at++] - '0');
    return code;
}

/* Reads an escape that stands for one character; the backslash has been taken. */
static enum status read_escape(struct compiler *c, uint32_t *out)
{
    static const char from[] = "afnrtv";
    static const char to[] = "\a\f\n\r\t\v";
    size_t start = c->at - 1;
    if (c->at == c->size)
        return wrong(c, start, "it ends in a backslash");
    char letter = c->text[c->at];
    const char *simple = letter != '\0' ? strchr(from, letter) : NULL;
    bool is_letter = pattern_is_between((unsigned char)(letter | 0x20), 'a', 'z');
    if (simple != NULL) {
        c->at++;
        *out = (unsigned char)to[simple - from];
        return STATUS_OK;
    }
    if (take(c, "x"))
        return read_hex(c, start, out);
    if (letter == '0') {
        *out = read_octal(c, 3);
        return STATUS_OK;
    }
    bool is_octal = pattern_is_between((unsigned char)letter, '1', '7') && c->size - c->at > 1 &&
                    pattern_is_between((unsigned char)c->text[c->at + 1], '0', '7');
    if (is_octal) {
        *out = read_octal(c, 3);
        return STATUS_OK;
    }
    if (is_digit(letter))
        return wrong(c, start, "references back to a group are not possible");
    if (letter == 'p' || letter == 'P')
        return wrong(c, start, "Unicode classes are not supported");
    if (is_letter || letter == '_' || (unsigned char)letter >= 0x80)
        return wrong(c, start, "unknown escape");
    c->at++;
    *out = (unsigned char)letter;
    return STATUS_OK;
}

/* --- classes ---------------------------------------------------------------------------------- */

static enum status read_class_character(struct compiler *c, uint32_t *out)
{
    if (take(c, "\\"))
        return read_escape(c, out);
    *out = expr_text_next(c->text, &c->at);
    return STATUS_OK;
}

/* Reads "a" or "a-z" inside a class. */
static enum status read_class_range(struct compiler *c)
{
    size_t start = c->at;
    uint32_t first;
    enum status status = read_class_character(c, &first);
    if (status != STATUS_OK)
        return status;
    uint32_t last = first;
    bool is_range = c->size - c->at >= 2 && c->text[c->at] == '-' && c->text[c->at + 1] != ']';
    if (is_range) {
        c->at++;
        status = read_class_character(c, &last);
        if (status != STATUS_OK)
            return status;
        if (last < first)
            return wrong(c, start, "the range is the wrong way round");
    }
    return add_folded(c, first, last);
}

static enum status read_class(struct compiler *c)
{
    size_t start = c->at++;
    uint32_t first_range = c->range_count;
    bool is_negated = take(c, "^");
    bool is_first = true;
    for (; c->at < c->size && (is_first || c->text[c->at] != ']'); is_first = false) {
        bool is_opposite;
        bool is_taken;
        enum status status = read_posix(c, &is_taken);
        const struct named_class *named =
            c->text[c->at] == '\\' && !is_taken ? letter_class(c, &is_opposite) : NULL;
        if (status == STATUS_OK && named != NULL) {
            c->at += 2;
            status = add_named(c, named, is_opposite);
        } else if (status == STATUS_OK && !is_taken) {
            status = read_class_range(c);
        }
        if (status != STATUS_OK)
            return status;
    }
    if (!take(c, "]"))
        return wrong(c, start, "the class is not closed");
    return emit_class(c, first_range, is_negated);
}

/* --- groups and flags ------------------------------------------------------------------------- */

static enum status read_alternatives(struct compiler *c);

/* Skips "name>" of a named group. */
static enum status skip_name(struct compiler *c, size_t start)
{
    size_t first = c->at;
    while (c->at < c->size &&
           (is_digit(c->text[c->at]) || c->text[c->at] == '_' ||
            pattern_is_between((unsigned char)(c->text[c->at] | 0x20), 'a', 'z')))
        c->at++;
    return c->at > first && take(c, ">") ? STATUS_OK : wrong(c, start, "the group's name is wrong");
}

/* Reads "i-s" of (?i-s) or (?i-s:…) into the flags. */
static enum status read_flags(struct compiler *c, size_t start)
{
    bool value = true;
    bool is_pending = true; /* a flag must follow */
    for (; c->at < c->size; c->at++) {
        char letter = c->text[c->at];
        if (letter == ')' || letter == ':')
            return is_pending ? wrong(c, start, "unknown group") : STATUS_OK;
        if (letter == '-' && value) {
            value = false;
            is_pending = true;
            continue;
        }
        is_pending = false;
        if (letter == 'i')
            c->flags.fold = value;
        else if (letter == 'm')
            c->flags.multiline = value;
        else if (letter == 's')
            c->flags.dot_all = value;
        else if (letter != 'U') /* greedy or not: the same texts match */
            return wrong(c, start, "unknown group");
    }
    return wrong(c, start, "the group is not closed");
}

static enum status read_group(struct compiler *c)
{
    size_t start = c->at++;
    struct flags before = c->flags;
    enum status status = STATUS_OK;
    if (take(c, "?P<") || take(c, "?<")) {
        status = skip_name(c, start);
    } else if (take(c, "?:")) {
        /* nothing to remember */
    } else if (take(c, "?")) {
        status = read_flags(c, start);
        if (status == STATUS_OK && take(c, ")")) {
            c->is_repeatable = false; /* (?i): for the rest of the group around it */
            return STATUS_OK;
        }
        if (status == STATUS_OK)
            c->at++; /* the colon */
    }
    if (status == STATUS_OK && ++c->depth > PATTERN_DEPTH_MAX)
        return too_large(c);
    if (status == STATUS_OK)
        status = read_alternatives(c);
    c->depth--;
    if (status == STATUS_OK && !take(c, ")"))
        status = wrong(c, start, "the group is not closed");
    c->is_repeatable = true;
    c->flags = before;
    return status;
}

/* --- repetition ------------------------------------------------------------------------------- */

static enum status append_copy(struct compiler *c, uint32_t start, uint32_t size)
{
    enum status status = reserve(c, size);
    if (status != STATUS_OK || size == 0)
        return status;
    memcpy(c->code + c->count, c->code + start, size * sizeof *c->code);
    c->count += size;
    return STATUS_OK;
}

static enum status repeat_star(struct compiler *c, uint32_t start)
{
    int32_t size = (int32_t)(c->count - start);
    enum status status = insert(c, start, PATTERN_SPLIT, 1, size + 2);
    return status == STATUS_OK ? emit(c, PATTERN_JUMP, -(size + 1), 0) : status;
}

static enum status repeat_plus(struct compiler *c, uint32_t start)
{
    int32_t size = (int32_t)(c->count - start);
    return emit(c, PATTERN_SPLIT, -size, 1);
}

/* x{min,max}: min copies, then max - min more that may be left out from any of them on. */
static enum status repeat_counted(struct compiler *c, uint32_t start, int min, int max)
{
    uint32_t size = c->count - start;
    if (max < 0 && min == 0)
        return repeat_star(c, start);
    enum status status = STATUS_OK;
    for (int i = 1; i < min && status == STATUS_OK; i++)
        status = append_copy(c, start, size);
    if (max < 0)
        return status == STATUS_OK ? repeat_plus(c, c->count - size) : status;
    int optional = max - min;
    uint32_t total = (uint32_t)optional * (size + 1);
    uint32_t at = c->count;
    if (min == 0 && optional == 0) {
        c->count = start;
        return STATUS_OK;
    }
    if (min == 0 && status == STATUS_OK) {
        status = insert(c, start, PATTERN_SPLIT, 1, (int32_t)total);
        start++;
        at = start + size;
        total -= size + 1;
        optional--;
    }
    for (int i = 0; i < optional && status == STATUS_OK; i++, at += size + 1) {
        status = emit(c, PATTERN_SPLIT, 1, (int32_t)(total - (uint32_t)i * (size + 1)));
        if (status == STATUS_OK)
            status = append_copy(c, start, size);
    }
    return status;
}

static bool read_number(struct compiler *c, int *out)
{
    size_t first = c->at;
    int number = 0;
    for (; c->at < c->size && is_digit(c->text[c->at]); c->at++)
        if (number <= PATTERN_REPEAT_MAX)
            number = number * 10 + (c->text[c->at] - '0');
    *out = number;
    return c->at > first;
}

/* Reads "{2}", "{2,}" or "{2,5}"; anything else at a brace is an ordinary character. */
static bool read_counts(struct compiler *c, int *out_min, int *out_max)
{
    size_t start = c->at;
    if (take(c, "{") && read_number(c, out_min)) {
        *out_max = *out_min;
        if (take(c, ",") && !read_number(c, out_max))
            *out_max = -1;
        if (take(c, "}"))
            return true;
    }
    c->at = start;
    return false;
}

/* Applies what follows an atom that starts at instruction `start`. */
static enum status read_repetition(struct compiler *c, uint32_t start)
{
    enum status status = STATUS_OK;
    size_t offset = c->at;
    int min;
    int max;
    if (!c->is_repeatable)
        return STATUS_OK; /* what follows is an atom of its own, and a * no atom */
    if (take(c, "*"))
        status = repeat_star(c, start);
    else if (take(c, "+"))
        status = repeat_plus(c, start);
    else if (take(c, "?"))
        status = insert(c, start, PATTERN_SPLIT, 1, (int32_t)(c->count - start) + 1);
    else if (!read_counts(c, &min, &max))
        return STATUS_OK;
    else if (min > PATTERN_REPEAT_MAX || max > PATTERN_REPEAT_MAX || (max >= 0 && max < min))
        return wrong(c, offset, "the repetition is out of range");
    else
        status = repeat_counted(c, start, min, max);
    (void)take(c, "?"); /* as few as possible: the same texts match */
    bool is_double =
        c->at < c->size && strchr("*+?", c->text[c->at]) != NULL && c->text[c->at] != '\0';
    return status == STATUS_OK && is_double ? wrong(c, c->at, "one repetition after another")
                                            : status;
}

/* --- atoms ------------------------------------------------------------------------------------ */

/* \Q…\E: characters as they are. */
static enum status read_verbatim(struct compiler *c, uint32_t *last_start)
{
    enum status status = STATUS_OK;
    while (c->at < c->size && !is_at(c, "\\E") && status == STATUS_OK) {
        *last_start = c->count;
        status = emit_character(c, expr_text_next(c->text, &c->at));
    }
    (void)take(c, "\\E"); /* may be left out at the end */
    return status;
}

static enum status read_backslash(struct compiler *c, uint32_t *start)
{
    static const struct {
        const char *escape;
        enum pattern_op op;
    } assertions[] = {{"\\A", PATTERN_TEXT_BEGIN},
                      {"\\z", PATTERN_TEXT_END},
                      {"\\b", PATTERN_WORD_EDGE},
                      {"\\B", PATTERN_NO_WORD_EDGE}};
    for (size_t i = 0; i < COUNT_OF(assertions); i++)
        if (take(c, assertions[i].escape))
            return emit(c, assertions[i].op, 0, 0);
    if (take(c, "\\Q"))
        return read_verbatim(c, start);
    bool is_negated;
    const struct named_class *named = letter_class(c, &is_negated);
    if (named != NULL) {
        c->at += 2;
        uint32_t first = c->range_count;
        enum status status = add_named(c, named, is_negated);
        return status == STATUS_OK ? emit_class(c, first, false) : status;
    }
    c->at++;
    uint32_t character;
    enum status status = read_escape(c, &character);
    return status == STATUS_OK ? emit_character(c, character) : status;
}

static enum status emit_dot(struct compiler *c)
{
    if (c->flags.dot_all)
        return emit(c, PATTERN_RANGE, 0, TEXT_CODE_POINT_MAX);
    uint32_t first = c->range_count;
    enum status status = add_range(c, '\n', '\n');
    return status == STATUS_OK ? emit_class(c, first, true) : status;
}

/* Reads one atom; *start is where what a repetition applies to begins. */
static enum status read_atom(struct compiler *c, uint32_t *start)
{
    int unused;
    *start = c->count;
    c->is_repeatable = true;
    if (read_counts(c, &unused, &unused))
        return wrong(c, c->at, "there is nothing to repeat");
    switch (c->text[c->at]) {
    case '(':
        return read_group(c);
    case '[':
        return read_class(c);
    case '\\':
        return read_backslash(c, start);
    case '*':
    case '+':
    case '?':
        return wrong(c, c->at, "there is nothing to repeat");
    case '.':
        c->at++;
        return emit_dot(c);
    case '^':
        c->at++;
        return emit(c, c->flags.multiline ? PATTERN_LINE_BEGIN : PATTERN_TEXT_BEGIN, 0, 0);
    case '$':
        c->at++;
        return emit(c, c->flags.multiline ? PATTERN_LINE_END : PATTERN_TEXT_END, 0, 0);
    default:
        return emit_character(c, expr_text_next(c->text, &c->at));
    }
}

static enum status read_sequence(struct compiler *c)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && c->at < c->size && c->text[c->at] != '|' &&
           c->text[c->at] != ')') {
        uint32_t start;
        status = read_atom(c, &start);
        if (status == STATUS_OK)
            status = read_repetition(c, start);
    }
    return status;
}

/* a|b|c. The jumps to the end are chained through their targets until it is known. */
static enum status read_alternatives(struct compiler *c)
{
    int64_t chain = -1;
    for (;;) {
        uint32_t start = c->count;
        enum status status = read_sequence(c);
        if (status == STATUS_OK && take(c, "|")) {
            int32_t size = (int32_t)(c->count - start);
            status = insert(c, start, PATTERN_SPLIT, 1, size + 2);
            if (status == STATUS_OK)
                status = emit(c, PATTERN_JUMP, (int32_t)chain, 0);
            chain = (int64_t)c->count - 1;
            if (status == STATUS_OK)
                continue;
        }
        if (status != STATUS_OK)
            return status;
        break;
    }
    while (chain >= 0) {
        int64_t next = c->code[chain].a;
        c->code[chain].a = (int32_t)(c->count - chain);
        chain = next;
    }
    return STATUS_OK;
}

enum status expr_pattern_compile(struct arena *arena, const char *text, size_t size,
                                 const struct pattern **out_pattern, size_t *out_offset,
                                 const char **out_sentence)
{
    struct compiler c = {.arena = arena, .text = text, .size = size};
    enum status status = size > PATTERN_SIZE_MAX ? too_large(&c) : read_alternatives(&c);
    if (status == STATUS_OK && c.at < size)
        status = wrong(&c, c.at, "a ) without its (");
    if (status == STATUS_OK)
        status = emit(&c, PATTERN_MATCH, 0, 0);
    struct pattern *pattern = NULL;
    if (status == STATUS_OK && (pattern = arena_alloc(arena, sizeof *pattern)) == NULL)
        status = STATUS_FULL;
    if (status != STATUS_OK) {
        *out_offset = c.offset;
        *out_sentence = c.sentence;
        return status;
    }
    *pattern = (struct pattern){c.code, c.ranges, c.count};
    *out_pattern = pattern;
    return STATUS_OK;
}
