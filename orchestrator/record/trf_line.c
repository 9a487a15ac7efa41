/* Lines, columns and the small fields of TRF. What the fields mean is decided in trf_read.c. */
#include "orchestrator/record/trf_line.h"

#include <string.h>

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

bool trf_next_line(const char *bytes, size_t size, size_t *at, int *number,
                   struct trf_line *out_line)
{
    if (*at >= size)
        return false;
    size_t end = *at;
    int columns = 0;
    for (; end < size && bytes[end] != '\r' && bytes[end] != '\n'; end++)
        columns += starts_character(bytes[end]);
    *number += 1;
    *out_line = (struct trf_line){
        .text = bytes + *at, .size = end - *at, .columns = columns, .number = *number};
    if (end + 1 < size && bytes[end] == '\r' && bytes[end + 1] == '\n')
        end++;
    *at = end + 1;
    return true;
}

/* Returns the byte at which a column starts, or the line's size. */
static size_t byte_of(const struct trf_line *line, int column)
{
    if (column > line->columns)
        return line->size;
    if ((size_t)line->columns == line->size)
        return (size_t)column - 1;
    size_t at = 0;
    for (int seen = 0; at < line->size; at++) {
        seen += starts_character(line->text[at]);
        if (seen == column)
            break;
    }
    return at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct trf_span trf_field(const struct trf_line *line, int first, int last)
{
    size_t begin = byte_of(line, first);
    size_t end = byte_of(line, last + 1);
    int column = first;
    while (begin < end && is_blank(line->text[begin])) {
        begin++;
        column++;
    }
    if (begin == end)
        column = first;
    while (end > begin && is_blank(line->text[end - 1]))
        end--;
    return (struct trf_span){.text = line->text + begin, .size = end - begin, .column = column};
}

char trf_char(const struct trf_line *line, int column)
{
    if (column > line->columns)
        return ' ';
    char c = line->text[byte_of(line, column)];
    return (unsigned char)c < 0x80 ? c : 0;
}

bool trf_word(const struct trf_line *line, int *column, struct trf_span *out_word)
{
    size_t at = byte_of(line, *column);
    while (at < line->size && is_blank(line->text[at])) {
        at++;
        *column += 1;
    }
    size_t begin = at;
    int start = *column;
    while (at < line->size && !is_blank(line->text[at])) {
        *column += starts_character(line->text[at]);
        at++;
    }
    *out_word = (struct trf_span){.text = line->text + begin, .size = at - begin, .column = start};
    return at > begin;
}

bool trf_span_is(struct trf_span span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.text, text, span.size) == 0;
}

bool trf_number(struct trf_span span, int max, int *out_number)
{
    long long number = 0;
    for (size_t i = 0; i < span.size; i++) {
        if (span.text[i] < '0' || span.text[i] > '9')
            return false;
        number = number * 10 + (span.text[i] - '0');
        if (number > max)
            return false;
    }
    if (span.size == 0)
        return false;
    *out_number = (int)number;
    return true;
}

bool trf_points(struct trf_span span, int *out_x10)
{
    struct trf_span whole = span;
    int tenth = 0;
    if (span.size >= 2 && span.text[span.size - 2] == '.') {
        char digit = span.text[span.size - 1];
        if (digit < '0' || digit > '9')
            return false;
        tenth = digit - '0';
        whole.size -= 2;
    }
    int number = 0;
    if (!trf_number(whole, 99999, &number))
        return false;
    *out_x10 = number * 10 + tenth;
    return true;
}

/* Returns how many bytes the UTF-8 character at `bytes` has, 0 where it is none. */
static size_t character_size(const unsigned char *bytes, size_t left)
{
    if (bytes[0] < 0x80)
        return bytes[0] != 0; /* texts end at a zero byte */
    size_t size = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2;
    if (bytes[0] < 0xC2 || bytes[0] > 0xF4 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (bytes[0] == 0xE0 && bytes[1] < 0xA0) || (bytes[0] == 0xF0 && bytes[1] < 0x90);
    bool outside = (bytes[0] == 0xED && bytes[1] > 0x9F) || (bytes[0] == 0xF4 && bytes[1] > 0x8F);
    return overlong || outside ? 0 : size;
}

bool trf_is_utf8(const char *bytes, size_t size, int *out_line, int *out_column)
{
    int line = 1;
    int column = 1;
    for (size_t at = 0; at < size;) {
        size_t step = character_size((const unsigned char *)bytes + at, size - at);
        if (step == 0) {
            *out_line = line;
            *out_column = column;
            return false;
        }
        bool ends =
            bytes[at] == '\n' || (bytes[at] == '\r' && !(at + 1 < size && bytes[at + 1] == '\n'));
        line += ends;
        column = ends ? 1 : column + 1;
        at += step;
    }
    return true;
}
