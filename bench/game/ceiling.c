/*
 * bench-game-ceiling: how many requests a second a bare store answers (bench-bare store), each
 * after its row is committed, with this many at once.
 *
 *     bench-game-ceiling NATS_PORT AT_ONCE COUNT BYTES
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bus/raw.h"

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: bench-game-ceiling NATS_PORT AT_ONCE COUNT BYTES\n", stderr);
        return 2;
    }
    int count = atoi(argv[3]);
    int64_t us = raw_request_us(atoi(argv[1]), "bare.put", atoi(argv[2]), count, atoi(argv[4]));
    printf("{\"requests\": %d, \"per_second\": %.0f}\n", count, (double)count * 1e6 / (double)us);
    return 0;
}
