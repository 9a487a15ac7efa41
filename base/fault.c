/* Formats faults; cutting long text at a character boundary. */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Drops an incomplete UTF-8 sequence that truncation may have left at the end. */
static void trim_partial_character(char *text)
{
    size_t size = strlen(text);
    size_t start = size;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (size - (start - 1) < need)
        text[start - 1] = '\0';
}

static void format_into(char *out, size_t size, const char *format, va_list arguments)
{
    int length = vsnprintf(out, size, format, arguments);
    if (length < 0)
        out[0] = '\0';
    if (length >= (int)size)
        trim_partial_character(out);
}

enum status fault_set(struct fault *out, int line, int column, const char *format, ...)
{
    if (out == NULL)
        return STATUS_INVALID_ARGUMENT;
    va_list arguments;
    va_start(arguments, format);
    format_into(out->text, sizeof out->text, format, arguments);
    va_end(arguments);
    out->hint[0] = '\0';
    out->line = line;
    out->column = column;
    return STATUS_INVALID_ARGUMENT;
}

void fault_hint(struct fault *fault, const char *format, ...)
{
    if (fault == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    format_into(fault->hint, sizeof fault->hint, format, arguments);
    va_end(arguments);
}
