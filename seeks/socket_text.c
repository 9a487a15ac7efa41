/* Writes members one after another; walks JSON without keeping it. */
#include "seeks/socket_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 5 };

/* ---- texts ------------------------------------------------------------------------------- */

/* What a line has without quotes. */
static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:*+-";

/* What stands in JSON as it is: from `at` to the first that does not. */
static size_t plain_span(const char *at)
{
    size_t size = 0;
    while (at[size] >= ' ' && at[size] <= '~' && at[size] != '"' && at[size] != '\\')
        size++;
    return size;
}

static void add_value(struct socket_text *text, const char *value, size_t size)
{
    bool is_bare = !text->is_json && size > 0 && strspn(value, bare) >= size;
    if (!is_bare)
        buffer_append_char(text->out, '"');
    buffer_append(text->out, value, size);
    if (!is_bare)
        buffer_append_char(text->out, '"');
}

static void add_name(struct socket_text *text, const char *name, size_t size)
{
    if (text->is_json) {
        buffer_append_text(text->out, text->is_first ? "\"" : ",\"");
        buffer_append(text->out, name, size);
        buffer_append_text(text->out, "\":");
    } else {
        buffer_append_char(text->out, ' ');
        buffer_append(text->out, text->path, text->path_size);
        buffer_append(text->out, name, size);
        buffer_append_char(text->out, '=');
    }
    text->is_first = false;
}

/* ---- paths of a line --------------------------------------------------------------------- */

/* Returns the path's size before, to go back to. */
static size_t go_into(struct socket_text *text, const char *name, size_t size)
{
    size_t before = text->path_size;
    if (before + size + 1 >= sizeof text->path) {
        text->has_failed = true;
        return before;
    }
    memcpy(text->path + before, name, size);
    text->path[before + size] = '.';
    text->path_size = before + size + 1;
    return before;
}

/* ---- JSON -------------------------------------------------------------------------------- */

struct scan {
    const char *at;
    struct socket_text *text;
};

static bool scan_value(struct scan *scan, const char *name, size_t name_size, int depth);

static void skip_blanks(struct scan *scan)
{
    scan->at += strspn(scan->at, " \t\r\n");
}

static bool take(struct scan *scan, char wanted)
{
    skip_blanks(scan);
    if (*scan->at != wanted)
        return false;
    scan->at++;
    return true;
}

static bool scan_string(struct scan *scan, const char **out_string, size_t *out_size)
{
    if (!take(scan, '"'))
        return false;
    *out_string = scan->at;
    *out_size = plain_span(scan->at);
    scan->at += *out_size;
    return *scan->at++ == '"';
}

static size_t digits(const char *at)
{
    return strspn(at, "0123456789");
}

/* Returns the size of a number as JSON has it, 0 where there is none. */
static size_t number_size(const char *start)
{
    const char *at = start + (*start == '-');
    size_t count = digits(at);
    if (count == 0 || (count > 1 && *at == '0'))
        return 0;
    at += count;
    if (*at == '.') {
        if (digits(at + 1) == 0)
            return 0;
        at += 1 + digits(at + 1);
    }
    if (*at == 'e' || *at == 'E') {
        at += 1 + (at[1] == '-' || at[1] == '+');
        if (digits(at) == 0)
            return 0;
        at += digits(at);
    }
    return (size_t)(at - start);
}

static size_t literal_size(const char *at)
{
    static const char *const literals[] = {"true", "false", "null"};
    for (size_t i = 0; i < COUNT_OF(literals); i++)
        if (strncmp(at, literals[i], strlen(literals[i])) == 0)
            return strlen(literals[i]);
    return number_size(at);
}

/* Only a line takes values one by one: JSON takes all of it at once, when it has been checked. */
static void tell(struct scan *scan, const char *name, size_t name_size, const char *value,
                 size_t size)
{
    if (scan->text->is_json)
        return;
    add_name(scan->text, name, name_size);
    buffer_append(scan->text->out, value, size);
}

static bool scan_scalar(struct scan *scan, const char *name, size_t name_size)
{
    const char *value = scan->at;
    size_t size;
    if (*scan->at == '"') {
        if (!scan_string(scan, &value, &size))
            return false;
        if (!scan->text->is_json) {
            add_name(scan->text, name, name_size);
            add_value(scan->text, value, size);
        }
        return true;
    }
    size = literal_size(value);
    scan->at += size;
    tell(scan, name, name_size, value, size);
    return size > 0;
}

/* The members of an object, or the elements of an array, up to its end. */
static bool scan_inside(struct scan *scan, char end, int depth)
{
    char number[16];
    for (int i = 0;; i++) {
        const char *name = number;
        size_t size = (size_t)snprintf(number, sizeof number, "%d", i); /* ten digits at most */
        if (end == '}' && (!scan_string(scan, &name, &size) || !take(scan, ':')))
            return false;
        if (!scan_value(scan, name, size, depth))
            return false;
        if (take(scan, end))
            return true;
        if (!take(scan, ','))
            return false;
    }
}

static bool scan_value(struct scan *scan, const char *name, size_t name_size, int depth)
{
    skip_blanks(scan);
    char end = *scan->at == '{' ? '}' : ']';
    if (*scan->at != '{' && *scan->at != '[')
        return scan_scalar(scan, name, name_size);
    if (depth == DEPTH_MAX)
        return false;
    scan->at++;
    if (take(scan, end)) {
        tell(scan, name, name_size, end == '}' ? "{}" : "[]", 2);
        return true;
    }
    size_t before = go_into(scan->text, name, name_size);
    bool is_good = scan_inside(scan, end, depth + 1);
    scan->text->path_size = before;
    return is_good;
}

/* ---- a message --------------------------------------------------------------------------- */

void socket_text_begin(struct socket_text *text, struct buffer *out, bool is_json, const char *type,
                       const char *ref)
{
    *text = (struct socket_text){.out = out, .is_json = is_json, .is_first = true};
    if (is_json) {
        buffer_append_char(out, '{');
        socket_text_add(text, "type", type);
    } else {
        buffer_append_text(out, type);
    }
    if (ref[0] == '\0')
        return;
    if (is_json)
        socket_text_add(text, "ref", ref);
    else
        buffer_append_text(out, " #");
    if (!is_json)
        buffer_append_text(out, ref);
}

void socket_text_add(struct socket_text *text, const char *name, const char *value)
{
    size_t size = strlen(value);
    if (plain_span(value) != size) {
        text->has_failed = true;
        return;
    }
    add_name(text, name, strlen(name));
    add_value(text, value, size);
}

void socket_text_add_number(struct socket_text *text, const char *name, int64_t number)
{
    char digits_of[24];
    int size = snprintf(digits_of, sizeof digits_of, "%" PRId64, number); /* 20 at most */
    add_name(text, name, strlen(name));
    buffer_append(text->out, digits_of, (size_t)size);
}

void socket_text_add_json(struct socket_text *text, const char *name, const char *json)
{
    struct scan scan = {json, text};
    size_t size = strlen(name);
    if (!scan_value(&scan, name, size, 0)) {
        text->has_failed = true;
        return;
    }
    skip_blanks(&scan);
    text->has_failed = text->has_failed || *scan.at != '\0';
    if (!text->is_json)
        return;
    add_name(text, name, size);
    buffer_append(text->out, json, (size_t)(scan.at - json));
}

void socket_text_enter(struct socket_text *text, const char *name)
{
    if (text->is_json) {
        add_name(text, name, strlen(name));
        buffer_append_char(text->out, '{');
        text->is_first = true;
    } else {
        (void)go_into(text, name, strlen(name)); /* left again by socket_text_leave() */
    }
}

void socket_text_leave(struct socket_text *text)
{
    if (text->is_json)
        buffer_append_char(text->out, '}');
    text->is_first = false;
    text->path_size = 0;
}

bool socket_text_end(struct socket_text *text)
{
    if (text->is_json)
        buffer_append_char(text->out, '}');
    return !text->has_failed && !text->out->failed;
}
