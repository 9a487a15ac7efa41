/* Reading event files for commands. */
#include "cli/event_file.h"

#include <stdio.h>
#include <string.h>

#define ARENA_LIMIT ((size_t)2 << 30)

void event_file_complain(const char *path, const struct fault *fault)
{
    if (fault->line > 0 && fault->column > 0)
        fprintf(stderr, "%s:%d:%d: %s\n", path, fault->line, fault->column, fault->text);
    else if (fault->line > 0)
        fprintf(stderr, "%s:%d: %s\n", path, fault->line, fault->text);
    else
        fprintf(stderr, "%s: %s\n", path, fault->text);
    if (fault->hint[0] != '\0')
        fprintf(stderr, "  hint: %s\n", fault->hint);
}

static bool find_format(const char *path, const char *name, enum book_format *out_format)
{
    if (name != NULL) {
        if (book_format_named(name, out_format))
            return true;
        fprintf(stderr,
                "arbiter: no format '%s'; there are json, club, trf16, trf26, tsh, tou, csv\n",
                name);
        return false;
    }
    if (book_format_of(path, out_format))
        return true;
    fprintf(stderr, "%s: the ending does not tell the format; name it with an option\n", path);
    return false;
}

bool event_file_open(struct event_file *file, const char *path, const char *format_name)
{
    enum book_format format;
    struct buffer bytes = {.limit = BOOK_FILE_MAX};
    struct fault fault = {0};
    *file = (struct event_file){0};
    arena_init(&file->arena, ARENA_LIMIT);
    if (!find_format(path, format_name, &format))
        return false;
    enum status status = buffer_read_file(&bytes, path);
    if (status != STATUS_OK) {
        fprintf(stderr, "%s: cannot be read: %s\n", path, status_name(status));
    } else {
        status = book_read(format, bytes.data != NULL ? bytes.data : "", bytes.size, &file->arena,
                           &file->book, &fault);
        if (status != STATUS_OK)
            event_file_complain(path, &fault);
    }
    buffer_deinit(&bytes);
    return status == STATUS_OK;
}

void event_file_close(struct event_file *file)
{
    arena_deinit(&file->arena);
}

const struct book_division *event_file_division(const struct event_file *file, const char *path,
                                                const char *name)
{
    const struct book *book = &file->book;
    if (name == NULL && book->count == 1)
        return &book->divisions[0];
    for (int i = 0; name != NULL && i < book->count; i++)
        if (strcmp(book->divisions[i].name, name) == 0)
            return &book->divisions[i];
    if (name == NULL)
        fprintf(stderr, "%s: the event has %d divisions; name one with --division:", path,
                book->count);
    else
        fprintf(stderr, "%s: there is no division '%s'; there are:", path, name);
    for (int i = 0; i < book->count; i++)
        fprintf(stderr, " %s", book->divisions[i].name);
    fprintf(stderr, "\n");
    return NULL;
}

void event_file_json_text(struct buffer *out, const char *text)
{
    buffer_append_char(out, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at != 0; at++) {
        if (*at == '"' || *at == '\\')
            buffer_append_char(out, '\\');
        if (*at < 0x20)
            buffer_format(out, "\\u%04x", *at);
        else
            buffer_append_char(out, (char)*at);
    }
    buffer_append_char(out, '"');
}
