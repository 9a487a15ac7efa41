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

enum { BUFFER_SIZE = 1 << 20 };

struct raw {
    int descriptor;
    char in[BUFFER_SIZE];
    size_t in_size;
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

static void flush(struct raw *raw)
{
    for (size_t sent = 0; sent < raw->out_size;) {
        ssize_t size = send(raw->descriptor, raw->out + sent, raw->out_size - sent, MSG_NOSIGNAL);
        if (size <= 0)
            give_up("the server went away");
        sent += (size_t)size;
    }
    raw->out_size = 0;
}

static struct raw *raw_connect(int port)
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

struct raw_message {
    const char *reply; /* "" where there is none; ends at a space */
    size_t reply_size;
    const char *data;
    size_t size;
};

/* Takes a "MSG <subject> <sid> [<reply>] <size>" and its payload from the input at `*at`; false
 * where it is not whole yet. Answers pings and steps over everything else on the way. */
static bool take(struct raw *raw, size_t *at, struct raw_message *out)
{
    for (;;) {
        char *line = raw->in + *at;
        char *end = memchr(line, '\n', raw->in_size - *at);
        if (end == NULL)
            return false;
        size_t line_size = (size_t)(end + 1 - line);
        if (memcmp(line, "MSG ", 4) != 0) {
            if (memcmp(line, "PING", 4) == 0)
                put_text(raw, "PONG\r\n");
            *at += line_size;
            continue;
        }
        const char *words[5];
        int count = 0;
        for (char *c = line; c < end && count < 5; c++) {
            if (c == line || c[-1] == ' ')
                words[count++] = c;
        }
        size_t size = strtoul(words[count - 1], NULL, 10);
        if (raw->in_size - *at < line_size + size + 2)
            return false;
        *out = (struct raw_message){.reply = "", .data = end + 1, .size = size};
        if (count == 5) {
            out->reply = words[3];
            out->reply_size = (size_t)(words[4] - words[3]) - 1;
        }
        *at += line_size + size + 2;
        return true;
    }
}

static void read_more(struct raw *raw, size_t used)
{
    memmove(raw->in, raw->in + used, raw->in_size - used);
    raw->in_size -= used;
    ssize_t size = recv(raw->descriptor, raw->in + raw->in_size, BUFFER_SIZE - raw->in_size, 0);
    if (size <= 0)
        exit(0); /* the measurement is over */
    raw->in_size += (size_t)size;
}

_Noreturn void raw_reply_for_ever(int port, const char *subject)
{
    struct raw *raw = raw_connect(port);
    char head[128];
    (void)snprintf(head, sizeof head, "SUB %s 1\r\n", subject);
    put_text(raw, head);
    flush(raw);
    for (size_t at = 0;;) {
        read_more(raw, at);
        at = 0;
        struct raw_message message;
        while (take(raw, &at, &message)) {
            int size = snprintf(head, sizeof head, "PUB %.*s %zu\r\n", (int)message.reply_size,
                                message.reply, message.size);
            put(raw, head, (size_t)size);
            put(raw, message.data, message.size);
            put_text(raw, "\r\n");
        }
        flush(raw);
    }
}

int64_t raw_request_us(int port, const char *subject, int in_flight, int count, int size)
{
    struct raw *raw = raw_connect(port);
    char *payload = calloc(1, (size_t)size + 1);
    if (payload == NULL)
        give_up("no memory");
    memset(payload, 'x', (size_t)size);
    put_text(raw, "SUB _INBOX.raw.* 1\r\n");
    int64_t start_us = clock_monotonic_us();
    int sent = 0;
    int answered = 0;
    for (size_t at = 0; answered < count;) {
        for (; sent < count && sent - answered < in_flight; sent++) {
            char head[128];
            (void)snprintf(head, sizeof head, "PUB %s _INBOX.raw.%d %d\r\n", subject, sent, size);
            put_text(raw, head);
            put(raw, payload, (size_t)size);
            put_text(raw, "\r\n");
        }
        flush(raw);
        read_more(raw, at);
        at = 0;
        struct raw_message message;
        while (take(raw, &at, &message))
            answered++;
    }
    int64_t took_us = clock_monotonic_us() - start_us;
    (void)close(raw->descriptor); /* everything has been read */
    free(payload);
    free(raw);
    return took_us;
}
