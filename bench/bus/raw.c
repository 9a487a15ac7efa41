/* Reads MSG lines and writes PUB lines, everything that is ready in one read and one write. */
#include "bench/bus/raw.h"

#include "base/clock.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 20, HEAD_MAX = 256 };

struct raw {
    int descriptor;
    char in[BUFFER_SIZE];
    size_t in_size;
    size_t in_used; /* taken already */
    char out[BUFFER_SIZE];
    size_t out_size;
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bench-bus: raw client: %s\n", what);
    exit(1);
}

static void put(struct raw *raw, const void *bytes, size_t size)
{
    if (raw->out_size + size > BUFFER_SIZE)
        give_up("its output does not fit");
    memcpy(raw->out + raw->out_size, bytes, size);
    raw->out_size += size;
}

static void put_text(struct raw *raw, const char *text)
{
    put(raw, text, strlen(text));
}

void raw_flush(struct raw *raw)
{
    for (size_t sent = 0; sent < raw->out_size;) {
        ssize_t size = send(raw->descriptor, raw->out + sent, raw->out_size - sent, MSG_NOSIGNAL);
        if (size <= 0)
            give_up("the server went away");
        sent += (size_t)size;
    }
    raw->out_size = 0;
}

struct raw *raw_connect(int port)
{
    struct raw *raw = calloc(1, sizeof *raw);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    if (raw == NULL || (raw->descriptor = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
        connect(raw->descriptor, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(raw->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        give_up("cannot connect");
    put_text(raw, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
    return raw;
}

int raw_descriptor(const struct raw *raw)
{
    return raw->descriptor;
}

void raw_subscribe(struct raw *raw, const char *subject)
{
    char head[HEAD_MAX];
    (void)snprintf(head, sizeof head, "SUB %s 1\r\n", subject);
    put_text(raw, head);
    raw_flush(raw);
}

void raw_publish(struct raw *raw, const char *subject, size_t subject_size, const char *reply,
                 const void *data, size_t size)
{
    char head[HEAD_MAX];
    int head_size = snprintf(head, sizeof head, "PUB %.*s %s%s%zu\r\n", (int)subject_size, subject,
                             reply != NULL ? reply : "", reply != NULL ? " " : "", size);
    put(raw, head, (size_t)head_size);
    put(raw, data, size);
    put_text(raw, "\r\n");
}

void raw_read(struct raw *raw)
{
    memmove(raw->in, raw->in + raw->in_used, raw->in_size - raw->in_used);
    raw->in_size -= raw->in_used;
    raw->in_used = 0;
    ssize_t size = recv(raw->descriptor, raw->in + raw->in_size, BUFFER_SIZE - raw->in_size, 0);
    if (size <= 0)
        exit(0); /* the measurement is over */
    raw->in_size += (size_t)size;
}

/* Reads a "MSG <subject> <sid> [<reply>] <size>" and its payload; answers pings and steps over
 * everything else on the way. False where the message is not whole yet. */
bool raw_take(struct raw *raw, struct raw_message *out)
{
    for (;;) {
        char *line = raw->in + raw->in_used;
        char *end = memchr(line, '\n', raw->in_size - raw->in_used);
        if (end == NULL)
            return false;
        size_t line_size = (size_t)(end + 1 - line);
        if (memcmp(line, "MSG ", 4) != 0) {
            if (memcmp(line, "PING", 4) == 0)
                put_text(raw, "PONG\r\n");
            raw->in_used += line_size;
            continue;
        }
        const char *words[5];
        int count = 0;
        for (char *c = line; c < end && count < 5; c++) {
            if (c == line || c[-1] == ' ')
                words[count++] = c;
        }
        size_t size = strtoul(words[count - 1], NULL, 10);
        if (raw->in_size - raw->in_used < line_size + size + 2)
            return false;
        *out = (struct raw_message){.subject = words[1],
                                    .subject_size = (size_t)(words[2] - words[1]) - 1,
                                    .data = end + 1,
                                    .size = size};
        if (count == 5) {
            out->reply = words[3];
            out->reply_size = (size_t)(words[4] - words[3]) - 1;
        }
        raw->in_used += line_size + size + 2;
        return true;
    }
}

_Noreturn void raw_reply_for_ever(int port, const char *subject)
{
    struct raw *raw = raw_connect(port);
    raw_subscribe(raw, subject);
    for (;;) {
        struct raw_message message;
        raw_read(raw);
        while (raw_take(raw, &message))
            raw_publish(raw, message.reply, message.reply_size, NULL, message.data, message.size);
        raw_flush(raw);
    }
}

int64_t raw_request_us(int port, const char *subject, int in_flight, int count, int size)
{
    struct raw *raw = raw_connect(port);
    char *payload = calloc(1, (size_t)size + 1);
    if (payload == NULL)
        give_up("no memory");
    memset(payload, 'x', (size_t)size);
    raw_subscribe(raw, "_INBOX.raw.*");
    int64_t start_us = clock_monotonic_us();
    int sent = 0;
    int answered = 0;
    while (answered < count) {
        for (; sent < count && sent - answered < in_flight; sent++) {
            char reply[HEAD_MAX];
            (void)snprintf(reply, sizeof reply, "_INBOX.raw.%d", sent);
            raw_publish(raw, subject, strlen(subject), reply, payload, (size_t)size);
        }
        raw_flush(raw);
        raw_read(raw);
        struct raw_message message;
        while (raw_take(raw, &message))
            answered++;
    }
    int64_t took_us = clock_monotonic_us() - start_us;
    (void)close(raw->descriptor); /* everything has been read */
    free(payload);
    free(raw);
    return took_us;
}
