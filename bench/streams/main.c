/*
 * bench-streams: thousands of event streams from one process, and a bare writer to hold beside
 * them.
 *
 *     bench-streams listen PORT STREAMS EVENT PATH
 *     bench-streams bare PORT
 *
 * `listen` opens so many GET PATH (from 127.0.0.1 to .32 in turn), prints "open N" once each has
 * its answer's head, and then a line of JSON for each EVENT ("seek.opened") that all have had, or
 * that some lack ten seconds after the first: when the house gave it (at_ms), and how long after
 * that the first, the median, the 99th percentile and the last had it, in milliseconds.
 *
 * `bare` is what any server must do at least: it answers every request with the head of a stream,
 * and writes for each line of its input an event of so many bytes to all, one send() each. Nothing
 * is parsed, kept or checked.
 *
 * Both raise their limit of open files as far as they may.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum {
    STREAMS_MAX = 60000,
    ADDRESSES = 32,
    OPENING_MAX = 256, /* connections whose head has not come yet */
    READ_SIZE = 65536,
    LINE_MAX_SIZE = 16384,
    EVENTS_MAX = 512,
    PATIENCE_MS = 10000,
    READY_MAX = 512
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "bench-streams: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void allow_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files); /* what is too few is met when connecting */
}

/* ---- listening --------------------------------------------------------------------------- */

struct stream {
    int descriptor;
    bool is_open;
    size_t size;
    char *rest; /* of a line that has not ended; NULL: none */
    long long id;
    bool is_wanted; /* the event that is being read */
};

struct event {
    long long id;
    long long at_ms;
    int count;
    int64_t first_us; /* by the monotonic clock */
    double *late_ms;
    bool is_told;
};

struct listener {
    struct stream *streams;
    int count;
    int started;
    int open;
    int lost;
    int port;
    const char *name;
    const char *path;
    int epoll;
    struct event events[EVENTS_MAX];
    int event_count;
    int told;
};

static void start_stream(struct listener *listener)
{
    struct stream *stream = &listener->streams[listener->started];
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)listener->port)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = stream};
    char request[512];
    int one = 1;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(listener->started % ADDRESSES));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    stream->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (stream->descriptor < 0)
        give_up("socket (is ulimit -n too small?)");
    (void)setsockopt(stream->descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(stream->descriptor, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(stream->descriptor, (struct sockaddr *)&to, sizeof to) != 0)
        give_up("connect");
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        listener->path);
    if (send(stream->descriptor, request, (size_t)size, MSG_NOSIGNAL) != size ||
        fcntl(stream->descriptor, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(listener->epoll, EPOLL_CTL_ADD, stream->descriptor, &event) != 0)
        give_up("request");
    listener->started++;
}

static struct event *find_event(struct listener *listener, long long id)
{
    for (int i = listener->event_count - 1; i >= 0; i--)
        if (listener->events[i].id == id)
            return &listener->events[i];
    if (listener->event_count == EVENTS_MAX)
        return NULL;
    struct event *event = &listener->events[listener->event_count++];
    *event = (struct event){.id = id, .first_us = clock_monotonic_us()};
    event->late_ms = calloc((size_t)listener->count, sizeof *event->late_ms);
    if (event->late_ms == NULL)
        give_up("memory");
    return event;
}

static void note_event(struct listener *listener, const struct stream *stream, const char *data)
{
    static const char at[] = "\"at_ms\":";
    struct event *event = find_event(listener, stream->id);
    const char *found = strstr(data, at);
    if (event == NULL || found == NULL || event->count == listener->count)
        return;
    event->at_ms = strtoll(found + sizeof at - 1, NULL, 10);
    event->late_ms[event->count++] = (double)(clock_now_ms() - event->at_ms);
}

static void read_line(struct listener *listener, struct stream *stream, const char *line)
{
    if (!stream->is_open && line[0] == '\0') {
        stream->is_open = true;
        listener->open++;
    } else if (strncmp(line, "id: ", 4) == 0) {
        stream->id = strtoll(line + 4, NULL, 10);
    } else if (strncmp(line, "event: ", 7) == 0) {
        stream->is_wanted = strcmp(line + 7, listener->name) == 0;
    } else if (strncmp(line, "data: ", 6) == 0 && stream->is_wanted) {
        note_event(listener, stream, line);
    }
}

/* Reads the lines of what has come, and keeps the last where it has not ended. */
static void read_lines(struct listener *listener, struct stream *stream, char *bytes)
{
    char *end;
    while ((end = strchr(bytes, '\n')) != NULL) {
        *end = '\0';
        if (end > bytes && end[-1] == '\r')
            end[-1] = '\0';
        read_line(listener, stream, bytes);
        bytes = end + 1;
    }
    if (strlen(bytes) > LINE_MAX_SIZE)
        give_up("a line is too long");
    free(stream->rest);
    stream->rest = bytes[0] != '\0' ? strdup(bytes) : NULL;
}

static void read_stream(struct listener *listener, struct stream *stream)
{
    static char bytes[LINE_MAX_SIZE + READ_SIZE + 1];
    size_t kept = stream->rest != NULL ? strlen(stream->rest) : 0;
    memcpy(bytes, stream->rest != NULL ? stream->rest : "", kept);
    ssize_t count = recv(stream->descriptor, bytes + kept, READ_SIZE, 0);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        listener->lost++;
        close(stream->descriptor);
        return;
    }
    bytes[kept + (size_t)count] = '\0';
    read_lines(listener, stream, bytes);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

/* `spread`: the 100 hundredths of the streams that have had it. */
static void print_event(const struct listener *listener, const struct event *event)
{
    qsort(event->late_ms, (size_t)event->count, sizeof *event->late_ms, compare);
    printf("{\"id\":%lld,\"at_ms\":%lld,\"count\":%d,\"lost\":%d,\"first\":%.0f,\"spread\":[",
           event->id, event->at_ms, event->count, listener->lost, event->late_ms[0]);
    for (int i = 1; i <= 100; i++)
        printf("%s%.0f", i > 1 ? "," : "", event->late_ms[((long)event->count * i - 1) / 100]);
    printf("]}\n");
}

static void tell(struct listener *listener)
{
    int64_t now_us = clock_monotonic_us();
    for (int i = listener->told; i < listener->event_count; i++) {
        struct event *event = &listener->events[i];
        if (event->is_told ||
            (event->count < listener->count && now_us - event->first_us < PATIENCE_MS * 1000LL))
            continue;
        event->is_told = true;
        print_event(listener, event);
        (void)fflush(stdout); /* who reads has gone otherwise, and ends us */
        free(event->late_ms);
    }
    while (listener->told < listener->event_count && listener->events[listener->told].is_told)
        listener->told++;
}

static int listen_to(int port, int count, const char *name, const char *path)
{
    static struct listener listener;
    static struct epoll_event ready[READY_MAX];
    listener = (struct listener){.port = port, .count = count, .name = name, .path = path};
    listener.streams = calloc((size_t)count, sizeof *listener.streams);
    listener.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (listener.streams == NULL || listener.epoll < 0)
        give_up("memory");
    for (bool is_told = false;;) {
        while (listener.started < count && listener.started - listener.open < OPENING_MAX)
            start_stream(&listener);
        int found = epoll_wait(listener.epoll, ready, READY_MAX, 100);
        for (int i = 0; i < found; i++)
            read_stream(&listener, ready[i].data.ptr);
        if (!is_told && listener.open == count) {
            printf("open %d\n", count);
            (void)fflush(stdout); /* as above */
            is_told = true;
        }
        tell(&listener);
    }
}

/* ---- the bare writer --------------------------------------------------------------------- */

struct bare {
    int epoll;
    int listening;
    int *descriptors;
    int count;
};

static void take_in(struct bare *bare)
{
    int descriptor;
    while ((descriptor = accept(bare->listening, NULL, NULL)) >= 0) {
        int one = 1;
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = descriptor};
        (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (bare->count == STREAMS_MAX || fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0 ||
            epoll_ctl(bare->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
            give_up("accept");
        bare->descriptors[bare->count++] = descriptor;
    }
}

static void answer(int descriptor)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    char bytes[1024];
    if (recv(descriptor, bytes, sizeof bytes, 0) > 0)
        (void)send(descriptor, head, sizeof head - 1, MSG_NOSIGNAL);
}

/* An event of so many bytes, which says when it was. False at the end of the input. */
static bool write_event(const struct bare *bare, long long id)
{
    static char frame[LINE_MAX_SIZE];
    char line[64];
    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    size_t size = (size_t)strtoul(line, NULL, 10);
    size_t used = (size_t)snprintf(frame, sizeof frame,
                                   "id: %lld\nevent: bare.event\ndata: {\"at_ms\":%lld,\"pad\":\"",
                                   id, (long long)clock_now_ms());
    if (size > sizeof frame)
        size = sizeof frame;
    while (used + 4 < size)
        frame[used++] = 'x';
    memcpy(frame + used, "\"}\n\n", 4);
    for (int i = 0; i < bare->count; i++)
        if (send(bare->descriptors[i], frame, used + 4, MSG_NOSIGNAL) < 0)
            give_up("send");
    return true;
}

static int serve_bare(int port)
{
    static struct epoll_event ready[READY_MAX];
    struct bare bare = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct epoll_event on_listening = {.events = EPOLLIN, .data.fd = -1};
    struct epoll_event on_input = {.events = EPOLLIN, .data.fd = -2};
    long long id = 0;
    int one = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bare.descriptors = calloc(STREAMS_MAX, sizeof *bare.descriptors);
    bare.listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)setsockopt(bare.listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bare.descriptors == NULL || bind(bare.listening, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(bare.listening, 1024) != 0 ||
        epoll_ctl(bare.epoll, EPOLL_CTL_ADD, bare.listening, &on_listening) != 0 ||
        epoll_ctl(bare.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &on_input) != 0)
        give_up("listen");
    for (;;) {
        int found = epoll_wait(bare.epoll, ready, READY_MAX, -1);
        for (int i = 0; i < found; i++) {
            if (ready[i].data.fd == -1)
                take_in(&bare);
            else if (ready[i].data.fd == -2 && !write_event(&bare, ++id))
                return 0;
            else if (ready[i].data.fd >= 0)
                answer(ready[i].data.fd);
        }
    }
}

int main(int argc, char **argv)
{
    allow_files();
    if (argc == 6 && strcmp(argv[1], "listen") == 0 && atoi(argv[3]) > 0 &&
        atoi(argv[3]) <= STREAMS_MAX)
        return listen_to(atoi(argv[2]), atoi(argv[3]), argv[4], argv[5]);
    if (argc == 3 && strcmp(argv[1], "bare") == 0)
        return serve_bare(atoi(argv[2]));
    fprintf(stderr, "usage: bench-streams listen PORT STREAMS EVENT PATH\n"
                    "       bench-streams bare PORT\n");
    return 2;
}
