/* A growable byte buffer with a sticky failure flag. */
#include "base/buffer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_MIN = 256, READ_CHUNK = 65536 };

void buffer_deinit(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

void buffer_reset(struct buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

/* Makes room for `more` bytes and a terminator; false (and sticky) at the limit. */
static bool reserve(struct buffer *buffer, size_t more)
{
    size_t limit = buffer->limit != 0 ? buffer->limit : BUFFER_SIZE_MAX;
    if (buffer->failed || more > limit || buffer->size > limit - more) {
        buffer->failed = true;
        return false;
    }
    size_t need = buffer->size + more + 1;
    if (need <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity != 0 ? buffer->capacity : CAPACITY_MIN;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    if (!reserve(buffer, size))
        return;
    if (size > 0)
        memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char character)
{
    buffer_append(buffer, &character, 1);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        buffer->failed = true;
    if (length < 0 || !reserve(buffer, (size_t)length))
        return;
    va_start(arguments, format);
    (void)vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format,
                    arguments); /* measured above */
    va_end(arguments);
    buffer->size += (size_t)length;
}

const char *buffer_text(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data : "";
}

static enum status status_of_open(int error)
{
    if (error == EACCES || error == EPERM)
        return STATUS_PERMISSION_DENIED;
    return STATUS_NOT_FOUND;
}

static enum status read_stream(struct buffer *buffer, FILE *file)
{
    while (reserve(buffer, READ_CHUNK)) {
        size_t count = fread(buffer->data + buffer->size, 1, READ_CHUNK, file);
        buffer->size += count;
        buffer->data[buffer->size] = '\0';
        if (count < READ_CHUNK)
            return ferror(file) ? STATUS_UNAVAILABLE : STATUS_OK;
    }
    return STATUS_FULL;
}

enum status buffer_read_file(struct buffer *buffer, const char *path)
{
    if (strcmp(path, "-") == 0)
        return read_stream(buffer, stdin);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return status_of_open(errno);
    enum status status = read_stream(buffer, file);
    (void)fclose(file); /* opened for reading: nothing is lost */
    return status;
}
