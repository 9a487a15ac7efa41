/*
 * hostile — a crowd of connections that never say a word.
 *
 *     hostile PORT ATTEMPTS ADDRESSES
 *
 * Connects ATTEMPTS times to 127.0.0.1:PORT, in turn from 127.0.1.1 and so many addresses on, holds
 * on to whatever is not closed, and prints a line of JSON once all have been tried and half a
 * second has brought no more ends: {"attempted", "open", "closed"}. A second line follows when
 * nothing is open any more. Ends with its input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

enum { READY_MAX = 512, BURST = 64, PAUSE_MS = 5, QUIET_MS = 500, FIRST_ADDRESS = 0x7f000101 };

struct crowd {
    int epoll;
    uint16_t port;
    int attempts;
    int addresses;
    int attempted;
    int open;
    int closed;
    int64_t last_end_ms;
};

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "hostile: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

static void attempt(struct crowd *crowd)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(crowd->port)};
    int one = 1;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    from.sin_addr.s_addr = htonl(FIRST_ADDRESS + (uint32_t)(crowd->attempted % crowd->addresses));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = descriptor};
    if (descriptor < 0 || fcntl(descriptor, F_SETFL, O_NONBLOCK) != 0)
        give_up("socket");
    (void)setsockopt(descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(descriptor, (struct sockaddr *)&from, sizeof from) != 0 ||
        (connect(descriptor, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) ||
        epoll_ctl(crowd->epoll, EPOLL_CTL_ADD, descriptor, &event) != 0)
        give_up("connect");
    crowd->attempted++;
    crowd->open++;
}

static void end(struct crowd *crowd, int descriptor)
{
    close(descriptor);
    crowd->open--;
    crowd->closed++;
    crowd->last_end_ms = now_ms();
}

/* Returns false at the end of the input. */
static bool wait_for_ends(struct crowd *crowd)
{
    static struct epoll_event ready[READY_MAX];
    int found = epoll_wait(crowd->epoll, ready, READY_MAX, PAUSE_MS);
    for (int i = 0; i < found; i++) {
        if (ready[i].data.fd == STDIN_FILENO)
            return false;
        end(crowd, ready[i].data.fd);
    }
    return true;
}

static void tell(const struct crowd *crowd)
{
    printf("{\"attempted\":%d,\"open\":%d,\"closed\":%d}\n", crowd->attempted, crowd->open,
           crowd->closed);
    (void)fflush(stdout); /* who reads has gone otherwise */
}

int main(int argc, char **argv)
{
    struct crowd crowd = {.epoll = epoll_create1(EPOLL_CLOEXEC), .last_end_ms = now_ms()};
    struct epoll_event on_input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
    struct rlimit files;
    int told = 0;
    if (argc != 4 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: hostile PORT ATTEMPTS ADDRESSES\n");
        return 2;
    }
    crowd.port = (uint16_t)atoi(argv[1]);
    crowd.attempts = atoi(argv[2]);
    crowd.addresses = atoi(argv[3]);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files); /* what is too few is met when connecting */
    }
    if (epoll_ctl(crowd.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &on_input) != 0)
        give_up("input");
    do {
        for (int i = 0; i < BURST && crowd.attempted < crowd.attempts; i++)
            attempt(&crowd);
        if (told == 0 && crowd.attempted == crowd.attempts &&
            now_ms() - crowd.last_end_ms > QUIET_MS) {
            tell(&crowd);
            told = 1;
        }
        if (told == 1 && crowd.open == 0) {
            tell(&crowd);
            told = 2;
        }
    } while (wait_for_ends(&crowd));
    return 0;
}
