/* Any bytes as a zone's file: a zone or a refusal; a zone's local times lead back to themselves. */
#include "schedule/zone.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    const struct zone *zone = NULL;
    arena_init(&arena, 8u << 20);
    if (zone_parse(&arena, data, size, &zone) == STATUS_OK)
        for (int64_t local = -2000000000; local < 4000000000; local += 250000007) {
            struct zone_moments moments = zone_moments_of(zone, local);
            for (int i = 0; i < moments.count; i++)
                if (moments.seconds[i] + zone_offset(zone, moments.seconds[i]) != local)
                    abort();
        }
    arena_deinit(&arena);
    return 0;
}
