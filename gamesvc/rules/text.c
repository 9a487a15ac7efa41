/* Writes text that doubles in an arena; splits text into lines, words and numbers. */
#include "gamesvc/rules/text.h"

#include <assert.h>
#include <string.h>

enum { TEXT_CAPACITY_MIN = 256 };

void text_start(struct text *text, struct arena *arena)
{
    *text = (struct text){.arena = arena};
}

static bool make_room(struct text *text, size_t size)
{
    if (text->full)
        return false;
    if (size <= text->capacity - text->size)
        return true;
    size_t capacity = text->capacity > 0 ? text->capacity * 2 : TEXT_CAPACITY_MIN;
    while (capacity - text->size < size)
        capacity *= 2;
    char *data = arena_alloc(text->arena, capacity);
    if (data == NULL) {
        text->full = true;
        return false;
    }
    if (text->size > 0)
        memcpy(data, text->data, text->size);
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_add(struct text *text, const char *bytes, size_t size)
{
    if (size == 0 || !make_room(text, size))
        return;
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
}

void text_add_char(struct text *text, char character)
{
    text_add(text, &character, 1);
}

void text_add_string(struct text *text, const char *string)
{
    text_add(text, string, strlen(string));
}

void text_add_number(struct text *text, int64_t number)
{
    char digits[20];
    size_t start = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do {
        digits[--start] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--start] = '-';
    text_add(text, digits + start, sizeof digits - start);
}

void text_add_json(struct text *text, const char *bytes, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    text_add_char(text, '"');
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (byte == '"' || byte == '\\')
            text_add_char(text, '\\');
        if (byte >= 0x20) {
            text_add_char(text, bytes[i]);
            continue;
        }
        char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
        text_add(text, escape, sizeof escape);
    }
    text_add_char(text, '"');
}

const char *text_end(struct text *text)
{
    if (!make_room(text, 1))
        return NULL;
    text->data[text->size] = '\0';
    return text->data;
}

struct text_reader text_reader(const char *text, size_t size)
{
    return (struct text_reader){text, text + size, 1};
}

bool text_read_line(struct text_reader *reader, struct text_reader *out_line)
{
    if (reader->next == reader->end)
        return false;
    const char *stop = memchr(reader->next, '\n', (size_t)(reader->end - reader->next));
    const char *line_end = stop != NULL ? stop : reader->end;
    *out_line = (struct text_reader){reader->next, line_end, reader->line};
    reader->next = stop != NULL ? stop + 1 : reader->end;
    reader->line++;
    return true;
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r' || character == '\n';
}

static const char *skip_blanks(const struct text_reader *reader)
{
    const char *next = reader->next;
    while (next < reader->end && is_blank(*next))
        next++;
    return next;
}

bool text_read_word(struct text_reader *reader, struct text_span *out_word)
{
    const char *start = skip_blanks(reader);
    if (start == reader->end)
        return false;
    const char *stop = start;
    while (stop < reader->end && !is_blank(*stop))
        stop++;
    *out_word = (struct text_span){start, (size_t)(stop - start)};
    reader->next = stop;
    return true;
}

bool text_read_number(struct text_reader *reader, int64_t min, int64_t max, int64_t *out_number)
{
    struct text_reader ahead = *reader;
    struct text_span word;
    if (!text_read_word(&ahead, &word) || !text_span_number(word, min, max, out_number))
        return false;
    *reader = ahead;
    return true;
}

bool text_is_done(const struct text_reader *reader)
{
    return skip_blanks(reader) == reader->end;
}

bool text_span_is(struct text_span span, const char *string)
{
    return strlen(string) == span.size && memcmp(span.data, string, span.size) == 0;
}

bool text_span_number(struct text_span span, int64_t min, int64_t max, int64_t *out_number)
{
    assert(min <= max);
    bool negative = span.size > 0 && span.data[0] == '-';
    size_t start = negative ? 1 : 0;
    if (span.size == start || span.size - start > 18)
        return false;
    int64_t number = 0;
    for (size_t i = start; i < span.size; i++) {
        if (span.data[i] < '0' || span.data[i] > '9')
            return false;
        number = number * 10 + (span.data[i] - '0');
    }
    if (negative)
        number = -number;
    if (number < min || number > max)
        return false;
    *out_number = number;
    return true;
}
