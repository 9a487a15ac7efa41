/* CEL's lexis: names, numbers, strings with their escapes, signs, comments. */
#include "fsm/expr/token.h"

#include "fsm/expr/number.h"
#include "fsm/expr/syntax.h"
#include "fsm/expr/text.h"

#include <string.h>

static char peek(const struct token_reader *reader, size_t ahead)
{
    return reader->at + ahead < reader->size ? reader->text[reader->at + ahead] : '\0';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name_start(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name_part(char c)
{
    return is_name_start(c) || is_digit(c);
}

static void skip_blanks_and_comments(struct token_reader *reader)
{
    for (;;) {
        char c = peek(reader, 0);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r') {
            reader->at++;
        } else if (c == '/' && peek(reader, 1) == '/') {
            while (reader->at < reader->size && reader->text[reader->at] != '\n' &&
                   reader->text[reader->at] != '\r')
                reader->at++;
        } else {
            return;
        }
    }
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void skip_digits(struct token_reader *reader)
{
    while (is_digit(peek(reader, 0)))
        reader->at++;
}

/* Skips ".5" and "e+3" where they follow; returns whether there was any. */
static bool skip_fraction_and_exponent(struct token_reader *reader)
{
    bool is_double = false;
    if (peek(reader, 0) == '.' && is_digit(peek(reader, 1))) {
        is_double = true;
        reader->at++;
        skip_digits(reader);
    }
    char e = peek(reader, 0);
    if (e == 'e' || e == 'E') {
        size_t sign = peek(reader, 1) == '+' || peek(reader, 1) == '-';
        if (is_digit(peek(reader, 1 + sign))) {
            is_double = true;
            reader->at += 1 + sign;
            skip_digits(reader);
        }
    }
    return is_double;
}

static enum status read_double(struct token_reader *reader, size_t start, struct token *out)
{
    double number;
    if (!expr_number_parse_double(reader->text + start, reader->at - start, &number))
        return expr_syntax_fault(reader->text, (uint32_t)start, reader->fault,
                                 "the number is too large for a double");
    out->literal = value_double(number);
    return STATUS_OK;
}

static enum status read_number(struct token_reader *reader, struct token *out)
{
    size_t start = reader->at;
    unsigned base = 10;
    if (peek(reader, 0) == '0' && peek(reader, 1) == 'x' && is_hex(peek(reader, 2))) {
        base = 16;
        reader->at += 2;
        start = reader->at;
        while (is_hex(peek(reader, 0)))
            reader->at++;
    } else {
        skip_digits(reader);
        if (skip_fraction_and_exponent(reader))
            return read_double(reader, start, out);
    }
    uint64_t magnitude;
    if (!expr_number_parse_digits(reader->text + start, reader->at - start, base, &magnitude))
        return expr_syntax_fault(reader->text, out->offset, reader->fault,
                                 "the number does not fit 64 bits");
    out->literal = value_uint(magnitude);
    if (peek(reader, 0) == 'u' || peek(reader, 0) == 'U')
        reader->at++;
    else
        out->literal.kind = VALUE_INT; /* the parser, which knows the sign, checks its range */
    if (is_name_part(peek(reader, 0)))
        return expr_syntax_fault(reader->text, (uint32_t)reader->at, reader->fault,
                                 "unexpected '%c' after a number", peek(reader, 0));
    return STATUS_OK;
}

/* --- strings ---------------------------------------------------------------------------------- */

struct quoted {
    char quote;
    bool is_triple;
    bool is_raw;
    size_t end; /* offset past the text, before the closing quotes */
};

static bool closes(const struct token_reader *reader, const struct quoted *quoted, size_t at)
{
    size_t need = quoted->is_triple ? 3 : 1;
    if (reader->size - at < need)
        return false;
    for (size_t i = 0; i < need; i++)
        if (reader->text[at + i] != quoted->quote)
            return false;
    return true;
}

/* Finds the end of a string whose opening quotes have been read. */
static enum status find_end(struct token_reader *reader, struct quoted *quoted, uint32_t start)
{
    for (size_t at = reader->at; at < reader->size; at++) {
        char c = reader->text[at];
        if (closes(reader, quoted, at)) {
            quoted->end = at;
            return STATUS_OK;
        }
        if (!quoted->is_triple && (c == '\n' || c == '\r'))
            break;
        if (c == '\\' && !quoted->is_raw)
            at++;
    }
    enum status status =
        expr_syntax_fault(reader->text, start, reader->fault, "the string is not closed");
    if (!quoted->is_triple)
        fault_hint(reader->fault, "strings over several lines are written '''…'''");
    return status;
}

static int simple_escape(char c)
{
    static const char from[] = "abfnrtv\\?\"'`";
    static const char to[] = "\a\b\f\n\r\t\v\\?\"'`";
    const char *at = c != '\0' ? strchr(from, c) : NULL;
    return at == NULL ? -1 : to[at - from];
}

/* Reads `count` digits of a base (8 or 16) at *at. */
static bool read_code(const char *text, size_t end, size_t *at, size_t count, unsigned base,
                      uint32_t *out)
{
    if (end - *at < count)
        return false;
    uint32_t code = 0;
    for (size_t i = 0; i < count; i++) {
        char c = text[*at + i];
        if (!is_hex(c) || (base == 8 && (c < '0' || c > '7')))
            return false;
        unsigned digit = is_digit(c) ? (unsigned)(c - '0') : ((unsigned)c | 0x20u) - 'a' + 10u;
        code = code * base + digit;
    }
    *at += count;
    *out = code;
    return true;
}

/* Combines a surrogate pair written as two \u escapes. */
static void join_surrogates(const char *text, size_t end, size_t *at, uint32_t *code)
{
    size_t next = *at + 2;
    uint32_t low;
    if (*code < 0xD800 || *code > 0xDBFF || end - *at < 6 || text[*at] != '\\' ||
        text[*at + 1] != 'u' || !read_code(text, end, &next, 4, 16, &low) || low < 0xDC00 ||
        low > 0xDFFF)
        return;
    *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
    *at = next;
}

/* Reads the escape after a backslash at *at into a code point. */
static bool read_escape(const char *text, size_t end, size_t *at, uint32_t *out)
{
    if (*at == end)
        return false;
    char c = text[(*at)++];
    int simple = simple_escape(c);
    if (simple >= 0) {
        *out = (uint32_t)simple;
        return true;
    }
    if (c == 'x' || c == 'X')
        return read_code(text, end, at, 2, 16, out);
    if (c == 'U')
        return read_code(text, end, at, 8, 16, out);
    if (c == 'u') {
        if (!read_code(text, end, at, 4, 16, out))
            return false;
        join_surrogates(text, end, at, out);
        return true;
    }
    (*at)--;
    return c >= '0' && c <= '3' && read_code(text, end, at, 3, 8, out);
}

static enum status unescape(struct token_reader *reader, size_t end, struct value *out)
{
    char *copy = arena_alloc(reader->arena, end - reader->at + 1); /* never longer than written */
    if (copy == NULL)
        return STATUS_FULL;
    size_t size = 0;
    for (size_t at = reader->at; at < end;) {
        if (reader->text[at] != '\\') {
            copy[size++] = reader->text[at++];
            continue;
        }
        size_t start = at++;
        uint32_t code;
        char bytes[4];
        size_t count =
            read_escape(reader->text, end, &at, &code) ? expr_text_encode(code, bytes) : 0;
        if (count == 0)
            return expr_syntax_fault(reader->text, (uint32_t)start, reader->fault,
                                     "unknown or incomplete escape in a string");
        memcpy(copy + size, bytes, count);
        size += count;
    }
    *out = value_string(copy, size);
    return STATUS_OK;
}

static enum status read_string(struct token_reader *reader, bool is_raw, struct token *out)
{
    struct quoted quoted = {.quote = peek(reader, 0), .is_raw = is_raw};
    quoted.is_triple = peek(reader, 1) == quoted.quote && peek(reader, 2) == quoted.quote;
    size_t quotes = quoted.is_triple ? 3 : 1;
    reader->at += quotes;
    enum status status = find_end(reader, &quoted, out->offset);
    if (status != STATUS_OK)
        return status;
    size_t size = quoted.end - reader->at;
    if (is_raw || memchr(reader->text + reader->at, '\\', size) == NULL) {
        const char *copy = arena_copy(reader->arena, reader->text + reader->at, size);
        if (copy == NULL)
            return STATUS_FULL;
        out->literal = value_string(copy, size);
    } else {
        status = unescape(reader, quoted.end, &out->literal);
    }
    reader->at = quoted.end + quotes;
    return status;
}

/* --- names and signs -------------------------------------------------------------------------- */

static enum status copy_name(struct token_reader *reader, size_t start, struct token *out)
{
    size_t size = reader->at - start;
    const char *copy = arena_copy(reader->arena, reader->text + start, size);
    if (copy == NULL)
        return STATUS_FULL;
    out->literal = value_string(copy, size);
    return STATUS_OK;
}

static enum status read_quoted_name(struct token_reader *reader, struct token *out)
{
    size_t start = ++reader->at;
    while (is_name_part(peek(reader, 0)) ||
           (peek(reader, 0) != '\0' && strchr(".-/ ", peek(reader, 0)) != NULL))
        reader->at++;
    if (peek(reader, 0) != '`' || reader->at == start)
        return expr_syntax_fault(reader->text, out->offset, reader->fault,
                                 "a name in backticks holds letters, digits and _ . - / only");
    out->kind = TOKEN_QUOTED_NAME;
    enum status status = copy_name(reader, start, out);
    reader->at++;
    return status;
}

static enum status read_sign(struct token_reader *reader, struct token *out)
{
    static const char *const signs[] = {"&&", "||", "==", "!=", "<=", ">=", "<", ">",
                                        "+",  "-",  "*",  "/",  "%",  "!",  "?", ":",
                                        ".",  ",",  "(",  ")",  "[",  "]",  "{", "}"};
    out->kind = TOKEN_SIGN;
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        size_t size = strlen(signs[i]);
        if (reader->size - reader->at >= size &&
            memcmp(reader->text + reader->at, signs[i], size) == 0) {
            memcpy(out->sign, signs[i], size + 1);
            reader->at += size;
            return STATUS_OK;
        }
    }
    char c = reader->text[reader->at];
    enum status status =
        c > 0x20 && c < 0x7F
            ? expr_syntax_fault(reader->text, out->offset, reader->fault,
                                "unexpected character '%c'", c)
            : expr_syntax_fault(reader->text, out->offset, reader->fault,
                                "unexpected character (byte 0x%02x)", (unsigned char)c);
    if (c == '&' || c == '|')
        fault_hint(reader->fault, "write '%c%c'", c, c);
    if (c == '=')
        fault_hint(reader->fault, "equality is written '=='");
    return status;
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* Whether bytes literals begin here: b'', rb"", Br''. */
static bool begins_bytes(const struct token_reader *reader)
{
    char first = (char)(peek(reader, 0) | 0x20);
    char second = (char)(peek(reader, 1) | 0x20);
    return (first == 'b' && is_quote(peek(reader, 1))) ||
           (is_quote(peek(reader, 2)) &&
            ((first == 'b' && second == 'r') || (first == 'r' && second == 'b')));
}

enum status expr_token_next(struct token_reader *reader, struct token *out)
{
    skip_blanks_and_comments(reader);
    *out = (struct token){.kind = TOKEN_LITERAL, .offset = (uint32_t)reader->at};
    size_t start = reader->at;
    char c = peek(reader, 0);
    enum status status = STATUS_OK;
    if (reader->at == reader->size) {
        out->kind = TOKEN_END;
    } else if (is_quote(c)) {
        status = read_string(reader, false, out);
    } else if ((c == 'r' || c == 'R') && is_quote(peek(reader, 1))) {
        reader->at++;
        status = read_string(reader, true, out);
    } else if (begins_bytes(reader)) {
        return expr_syntax_fault(reader->text, out->offset, reader->fault,
                                 "there are no byte strings in this language");
    } else if (is_name_start(c)) {
        out->kind = TOKEN_NAME;
        while (is_name_part(peek(reader, 0)))
            reader->at++;
        status = copy_name(reader, start, out);
    } else if (c == '`') {
        status = read_quoted_name(reader, out);
    } else if (is_digit(c) || (c == '.' && is_digit(peek(reader, 1)))) {
        status = read_number(reader, out);
    } else {
        status = read_sign(reader, out);
    }
    out->size = (uint32_t)(reader->at - start);
    return status;
}

bool expr_token_is_reserved(const char *word, size_t size)
{
    static const char *const reserved[] = {
        "true",     "false",    "null", "in",        "as",     "break",  "const",
        "continue", "else",     "for",  "if",        "import", "let",    "loop",
        "package",  "function", "var",  "namespace", "void",   "return", "while"};
    for (size_t i = 0; i < COUNT_OF(reserved); i++)
        if (strlen(reserved[i]) == size && memcmp(reserved[i], word, size) == 0)
            return true;
    return false;
}
