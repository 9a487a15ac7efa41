/* Tries ports in turn from a random one on. */
#include "base/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"

enum { LOWEST = 20000, ROOM_MIN = 1000, OUTGOING_DEFAULT = 32768, TRIES = 1000 };

/* The first port that outgoing connections get. */
static int first_outgoing(void)
{
    int first = OUTGOING_DEFAULT;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
    if (file == NULL)
        return OUTGOING_DEFAULT;
    if (fscanf(file, "%d", &first) != 1)
        first = OUTGOING_DEFAULT;
    (void)fclose(file); /* it was only read */
    return first;
}

/* Binds the port, 0 being any, and lets it go again; returns which it was, 0 where it is taken. */
static uint16_t probe(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free = descriptor >= 0 &&
                   bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0 &&
                   getsockname(descriptor, (struct sockaddr *)&address, &size) == 0;
    if (descriptor >= 0)
        (void)close(descriptor); /* never carried anything */
    return is_free ? ntohs(address.sin_port) : 0;
}

uint16_t free_port(void)
{
    struct random random;
    uint16_t port = 0;
    int room = first_outgoing() - LOWEST;
    if (room < ROOM_MIN)
        return probe(0); /* this system has given them all away */
    random_init_stream(&random, (uint64_t)clock_monotonic_us(), "port", (uint64_t)getpid());
    for (int i = 0; port == 0 && i < TRIES; i++)
        port = probe((uint16_t)(LOWEST + (int)random_below(&random, (uint64_t)room)));
    return port;
}
