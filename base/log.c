/* Formats log lines and writes each with a single write(2). */
#include "base/log.h"

#include "base/clock.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* Set once by main before any thread starts, read-only afterwards. */
static struct {
    const char *service;
    enum log_level threshold;
} settings = {"arbiter", LOG_INFO};

void log_init(const char *service, enum log_level threshold)
{
    settings.service = service;
    settings.threshold = threshold;
}

static size_t format_head(char *line, size_t size, enum log_level level, const char *event)
{
    int64_t now_ms = clock_now_ms();
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm utc;
    char stamp[32];
    if (gmtime_r(&seconds, &utc) == NULL ||
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
        stamp[0] = '\0';
    int length = snprintf(line, size, "time=%s.%03dZ level=%s svc=%s event=%s", stamp,
                          (int)(now_ms % 1000), level_names[level], settings.service, event);
    return length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
    assert(level <= LOG_ERROR);
    if (level < settings.threshold)
        return;
    char line[LOG_LINE_MAX];
    size_t room = sizeof line - 1; /* one byte stays for the newline */
    size_t size = format_head(line, room, level, event);
    if (format[0] != '\0' && size + 1 < room) {
        line[size++] = ' ';
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(line + size, room - size, format, arguments);
        va_end(arguments);
        if (length > 0)
            size += (size_t)length < room - size ? (size_t)length : room - size - 1;
    }
    line[size++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* nowhere is left to complain to */
}

const char *log_quote(const char *text, char *out, size_t out_size)
{
    assert(out_size >= 3);
    size_t size = 0;
    out[size++] = '"';
    for (; *text != '\0' && size + 3 < out_size; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            out[size++] = '\\';
        out[size++] = c < 0x20 || c == 0x7F ? ' ' : (char)c;
    }
    out[size++] = '"';
    out[size] = '\0';
    return out;
}
