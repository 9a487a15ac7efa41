/*
 * bench-fire: sends prepared HTTP requests over N connections, each as soon as the one before it on
 * its connection is answered, and says how long the answers took.
 *
 *     bench-fire PORT CONNECTIONS FILE [ANSWERS]
 *
 * FILE has a request a line: method, path, token, idempotency key, body, separated by tabs. ANSWERS
 * gets "status<TAB>body" a line, in the order of the requests. Prints one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { CONNECTIONS_MAX = 4096, ANSWER_MAX = 1 << 16, FIELDS = 5, EVENTS_MAX = 256 };

struct request {
    char *bytes;
    size_t size;
    int64_t sent_us;
    int64_t took_us;
    int status;
    char *answer; /* its body */
};

struct connection {
    int descriptor;
    struct request *request; /* NULL: nothing more to do */
    char answer[ANSWER_MAX];
    size_t size;
};

struct fire {
    struct request *requests;
    size_t count;
    size_t next;
    size_t done;
    int epoll;
    int port;
    bool keeps_answers;
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bench-fire: %s\n", what);
    exit(1);
}

/* ---- requests ---------------------------------------------------------------------------- */

static void form(struct request *request, char *line)
{
    char *fields[FIELDS] = {line};
    for (int i = 1; i < FIELDS; i++) {
        char *tab = strchr(fields[i - 1], '\t');
        if (tab == NULL)
            give_up("a line has fewer than five fields");
        *tab = '\0';
        fields[i] = tab + 1;
    }
    size_t room = strlen(line) + strlen(fields[1]) + strlen(fields[2]) + strlen(fields[3]) +
                  strlen(fields[4]) + 512;
    request->bytes = malloc(room);
    if (request->bytes == NULL)
        give_up("no memory");
    int size = snprintf(request->bytes, room,
                        "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        "Content-Length: %zu\r\n%s%s%s%s%s%s\r\n%s",
                        fields[0], fields[1], strlen(fields[4]),
                        fields[2][0] != '\0' ? "Authorization: Bearer " : "", fields[2],
                        fields[2][0] != '\0' ? "\r\n" : "",
                        fields[3][0] != '\0' ? "Idempotency-Key: " : "", fields[3],
                        fields[3][0] != '\0' ? "\r\n" : "", fields[4]);
    request->size = (size_t)size;
}

static void read_requests(struct fire *fire, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    size_t capacity = 0;
    if (file == NULL)
        give_up("the requests cannot be read");
    for (ssize_t size; (size = getline(&line, &room, file)) > 0;) {
        line[strcspn(line, "\n")] = '\0';
        if (fire->count == capacity) {
            capacity = capacity > 0 ? 2 * capacity : 1024;
            fire->requests = realloc(fire->requests, capacity * sizeof *fire->requests);
            if (fire->requests == NULL)
                give_up("no memory");
        }
        fire->requests[fire->count] = (struct request){0};
        form(&fire->requests[fire->count++], line);
    }
    free(line);
    (void)fclose(file); /* only read */
}

/* ---- connections ------------------------------------------------------------------------- */

static void send_next(struct fire *fire, struct connection *connection)
{
    connection->request = NULL;
    connection->size = 0;
    if (fire->next == fire->count)
        return;
    struct request *request = &fire->requests[fire->next++];
    connection->request = request;
    request->sent_us = clock_monotonic_us();
    for (size_t sent = 0; sent < request->size;) {
        ssize_t size =
            send(connection->descriptor, request->bytes + sent, request->size - sent, MSG_NOSIGNAL);
        if (size <= 0)
            give_up("a connection was closed");
        sent += (size_t)size;
    }
}

static void open_connection(struct fire *fire, struct connection *connection)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)fire->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    connection->descriptor = socket(AF_INET, SOCK_STREAM, 0);
    if (connection->descriptor < 0 ||
        connect(connection->descriptor, (struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(connection->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0)
        give_up("nobody listens on that port");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(fire->epoll, EPOLL_CTL_ADD, connection->descriptor, &event) != 0)
        give_up("too many connections");
}

/* Whether the answer is whole; where its body begins and how long it is. */
static bool is_whole(const struct connection *connection, const char **out_body, size_t *out_size)
{
    const char *end = strstr(connection->answer, "\r\n\r\n");
    if (end == NULL)
        return false;
    const char *length = strstr(connection->answer, "\r\nContent-Length:");
    *out_size = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
    *out_body = end + 4;
    return connection->size >= (size_t)(end + 4 - connection->answer) + *out_size;
}

static void hear(struct fire *fire, struct connection *connection)
{
    ssize_t size = recv(connection->descriptor, connection->answer + connection->size,
                        ANSWER_MAX - 1 - connection->size, 0);
    if (size <= 0)
        give_up("a connection was closed");
    connection->size += (size_t)size;
    connection->answer[connection->size] = '\0';
    const char *body = NULL;
    size_t body_size = 0;
    struct request *request = connection->request;
    if (request == NULL || !is_whole(connection, &body, &body_size))
        return;
    request->took_us = clock_monotonic_us() - request->sent_us;
    request->status = atoi(connection->answer + strlen("HTTP/1.1 "));
    if (fire->keeps_answers)
        request->answer = strndup(body, body_size);
    fire->done++;
    send_next(fire, connection);
}

static void run(struct fire *fire, int connections)
{
    struct connection *all = calloc((size_t)connections, sizeof *all);
    struct epoll_event events[EVENTS_MAX];
    fire->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (all == NULL || fire->epoll < 0)
        give_up("no memory");
    for (int i = 0; i < connections; i++)
        open_connection(fire, &all[i]);
    for (int i = 0; i < connections; i++)
        send_next(fire, &all[i]);
    while (fire->done < fire->count) {
        int count = epoll_wait(fire->epoll, events, EVENTS_MAX, 60000);
        if (count == 0 || (count < 0 && errno != EINTR))
            give_up("no answer within a minute");
        for (int i = 0; i < count; i++)
            hear(fire, events[i].data.ptr);
    }
    for (int i = 0; i < connections; i++)
        (void)close(all[i].descriptor); /* everything has been read */
    free(all);
}

/* ---- what came of it --------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return left < right ? -1 : left > right;
}

static void print(const struct fire *fire, int connections, int64_t took_us)
{
    int64_t *times = malloc((fire->count + 1) * sizeof *times);
    size_t good = 0;
    if (times == NULL)
        give_up("no memory");
    for (size_t i = 0; i < fire->count; i++) {
        times[i] = fire->requests[i].took_us;
        good += fire->requests[i].status >= 200 && fire->requests[i].status < 300;
    }
    qsort(times, fire->count, sizeof *times, by_size);
    printf("{\"connections\":%d,\"requests\":%zu,\"good\":%zu,\"seconds\":%.6f,\"per_second\":%.1f,"
           "\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f}\n",
           connections, fire->count, good, (double)took_us / 1e6,
           (double)fire->count / ((double)took_us / 1e6), (double)times[fire->count / 2] / 1e3,
           (double)times[fire->count * 95 / 100] / 1e3,
           (double)times[fire->count * 99 / 100] / 1e3);
    free(times);
}

static void write_answers(const struct fire *fire, const char *path)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        give_up("the answers cannot be written");
    for (size_t i = 0; i < fire->count; i++)
        fprintf(file, "%d\t%s\n", fire->requests[i].status, fire->requests[i].answer);
    if (fclose(file) != 0)
        give_up("the answers cannot be written");
}

int main(int argc, char **argv)
{
    struct fire fire = {.keeps_answers = argc == 5};
    int connections = argc >= 4 ? atoi(argv[2]) : 0;
    if (argc < 4 || argc > 5 || connections < 1 || connections > CONNECTIONS_MAX) {
        fputs("Usage: bench-fire PORT CONNECTIONS FILE [ANSWERS]\n", stderr);
        return 2;
    }
    fire.port = atoi(argv[1]);
    read_requests(&fire, argv[3]);
    if (fire.count == 0)
        give_up("there are no requests");
    int64_t begun_us = clock_monotonic_us();
    run(&fire, connections);
    print(&fire, connections, clock_monotonic_us() - begun_us);
    if (fire.keeps_answers)
        write_answers(&fire, argv[4]);
    for (size_t i = 0; i < fire.count; i++) {
        free(fire.requests[i].bytes);
        free(fire.requests[i].answer);
    }
    free(fire.requests);
    return 0;
}
