/* Faults of a file as people read them: collecting, sorting, printing, near spellings. */
#include "fsm/yaml/yaml.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SHOWN_MAX = 160, WORD_MAX = 64, TAB_WIDTH = 1 };

static char *format_text(struct arena *arena, const char *format, va_list arguments)
{
    char text[1024];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0)
        return NULL;
    size_t size = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    while (size < (size_t)length && size > 0 && ((unsigned char)text[size] & 0xC0) == 0x80)
        size--;
    return arena_copy(arena, text, size);
}

static bool grow(struct yaml_faults *faults)
{
    if (faults->count < faults->capacity)
        return true;
    size_t capacity = faults->capacity != 0 ? faults->capacity * 2 : 8;
    struct yaml_fault *items = arena_array(faults->arena, capacity, sizeof *items);
    if (items == NULL)
        return false;
    if (faults->count > 0)
        memcpy(items, faults->items, faults->count * sizeof *items);
    faults->items = items;
    faults->capacity = capacity;
    return true;
}

static void add(struct yaml_faults *faults, struct yaml_fault fault, const char *format,
                va_list arguments)
{
    if (fault.severity == YAML_ERROR)
        faults->error_count++;
    else
        faults->warning_count++;
    if (faults->arena == NULL || faults->count >= YAML_FAULTS_MAX || !grow(faults))
        return;
    fault.text = format_text(faults->arena, format, arguments);
    if (fault.text != NULL)
        faults->items[faults->count++] = fault;
}

static struct yaml_fault fault_of(const struct yaml_node *node, enum yaml_severity severity)
{
    if (node == NULL)
        return (struct yaml_fault){.severity = severity};
    return (struct yaml_fault){
        .severity = severity, .line = node->line, .column = node->column, .width = node->width};
}

bool yaml_error(struct yaml_faults *faults, const struct yaml_node *node, const char *format, ...)
{
    if (faults == NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    add(faults, fault_of(node, YAML_ERROR), format, arguments);
    va_end(arguments);
    return false;
}

bool yaml_warning(struct yaml_faults *faults, const struct yaml_node *node, const char *format, ...)
{
    if (faults == NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    add(faults, fault_of(node, YAML_WARNING), format, arguments);
    va_end(arguments);
    return false;
}

bool yaml_fault_at(struct yaml_faults *faults, enum yaml_severity severity, int line, int column,
                   int width, const char *format, ...)
{
    if (faults == NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    struct yaml_fault fault = {
        .severity = severity, .line = line, .column = column, .width = width};
    add(faults, fault, format, arguments);
    va_end(arguments);
    return false;
}

/* The newest fault that was kept, if it was the last one added. */
static struct yaml_fault *newest(struct yaml_faults *faults)
{
    if (faults == NULL || faults->count == 0 ||
        faults->count != faults->error_count + faults->warning_count)
        return NULL;
    return &faults->items[faults->count - 1];
}

void yaml_hint(struct yaml_faults *faults, const char *format, ...)
{
    struct yaml_fault *fault = newest(faults);
    if (fault == NULL || fault->hint != NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    fault->hint = format_text(faults->arena, format, arguments);
    va_end(arguments);
}

static int min3(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

static char lower(char character)
{
    return (char)(character >= 'A' && character <= 'Z' ? character - 'A' + 'a' : character);
}

/* Edits between two words (insert, delete, replace, swap of neighbours), at most WORD_MAX long. */
static int distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = (int)j;
    for (size_t i = 1; i <= a_size; i++) {
        int *now = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        now[0] = (int)i;
        for (size_t j = 1; j <= b_size; j++) {
            int change = lower(a[i - 1]) != lower(b[j - 1]);
            now[j] = min3(above[j] + 1, now[j - 1] + 1, above[j - 1] + change);
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && two_above[j - 2] + 1 < now[j])
                now[j] = two_above[j - 2] + 1;
        }
    }
    return rows[a_size % 3][b_size];
}

const char *yaml_nearest(const char *word, const char *const *words, size_t count)
{
    const char *best = NULL;
    size_t size = strlen(word);
    if (size > WORD_MAX)
        return NULL;
    int best_distance = (int)(size / 3 > 1 ? size / 3 : 1) + 1;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(words[i]);
        if (other == 0 || other > WORD_MAX)
            continue;
        int edits = distance(word, size, words[i], other);
        if (edits < best_distance && edits < (int)size) {
            best = words[i];
            best_distance = edits;
        }
    }
    return best;
}

void yaml_hint_nearest(struct yaml_faults *faults, const char *word, const char *const *words,
                       size_t count)
{
    if (newest(faults) == NULL)
        return;
    const char *near = yaml_nearest(word, words, count);
    if (near != NULL)
        yaml_hint(faults, "did you mean `%s`?", near);
}

static bool is_before(const struct yaml_fault *a, const struct yaml_fault *b)
{
    return a->line != b->line ? a->line < b->line : a->column < b->column;
}

void yaml_faults_sort(struct yaml_faults *faults)
{
    /* Insertion: stable, and there are at most YAML_FAULTS_MAX. */
    for (size_t i = 1; i < faults->count; i++) {
        struct yaml_fault fault = faults->items[i];
        size_t j = i;
        for (; j > 0 && is_before(&fault, &faults->items[j - 1]); j--)
            faults->items[j] = faults->items[j - 1];
        faults->items[j] = fault;
    }
}

/* Finds line `number` of the source; false past its end. */
static bool find_line(const char *source, size_t size, int number, const char **out,
                      size_t *out_size)
{
    const char *end = source + size;
    for (int line = 1; line < number; line++) {
        const char *next = memchr(source, '\n', (size_t)(end - source));
        if (next == NULL)
            return false;
        source = next + 1;
    }
    const char *stop = memchr(source, '\n', (size_t)(end - source));
    *out = source;
    *out_size = (size_t)((stop != NULL ? stop : end) - source);
    if (*out_size > 0 && source[*out_size - 1] == '\r')
        --*out_size;
    return true;
}

static void append_clean(struct buffer *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buffer_append_char(out, (unsigned char)text[i] < ' ' || text[i] == 0x7F ? ' ' : text[i]);
}

/* Characters, not bytes: what a terminal shows. */
static int shown_width(const char *text, size_t size)
{
    int width = 0;
    for (size_t i = 0; i < size; i++)
        width += ((unsigned char)text[i] & 0xC0) != 0x80;
    return width;
}

static void print_place(const struct yaml_fault *fault, const char *source, size_t size,
                        struct buffer *out)
{
    const char *line;
    size_t line_size;
    if (fault->line <= 0 || !find_line(source, size, fault->line, &line, &line_size))
        return;
    size_t column = fault->column > 0 ? (size_t)fault->column - 1 : 0;
    if (line_size > LINE_SHOWN_MAX || column > line_size)
        return;
    size_t width = fault->width > 0 ? (size_t)fault->width : 1;
    if (width > line_size - column)
        width = line_size > column ? line_size - column : 1;
    buffer_format(out, "%5d | ", fault->line);
    append_clean(out, line, line_size);
    buffer_format(out, "\n      | %*s^", shown_width(line, column), "");
    int tail = column < line_size ? shown_width(line + column, width) : 1;
    for (int i = 1; i < tail; i++)
        buffer_append_char(out, '~');
    buffer_append_char(out, '\n');
}

void yaml_faults_print(const struct yaml_faults *faults, const char *file, const char *source,
                       size_t size, struct buffer *out)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct yaml_fault *fault = &faults->items[i];
        const char *word = fault->severity == YAML_ERROR ? "error" : "warning";
        if (fault->line > 0)
            buffer_format(out, "%s:%d:%d: %s: %s\n", file, fault->line, fault->column, word,
                          fault->text);
        else
            buffer_format(out, "%s: %s: %s\n", file, word, fault->text);
        print_place(fault, source, size, out);
        if (fault->hint != NULL)
            buffer_format(out, "      = hint: %s\n", fault->hint);
    }
    size_t more = faults->error_count + faults->warning_count - faults->count;
    if (more > 0)
        buffer_format(out, "%s: %zu more not shown\n", file, more);
}

void yaml_first_error(const struct yaml_faults *faults, struct fault *out)
{
    for (size_t i = 0; i < faults->count; i++) {
        const struct yaml_fault *fault = &faults->items[i];
        if (fault->severity != YAML_ERROR)
            continue;
        (void)fault_set(out, fault->line, fault->column, "%s", fault->text); /* only fills it in */
        if (fault->hint != NULL)
            fault_hint(out, "%s", fault->hint);
        return;
    }
}
