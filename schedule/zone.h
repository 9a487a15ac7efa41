#ifndef SCHEDULE_ZONE_H
#define SCHEDULE_ZONE_H

/*
 * zone — what the clocks of a place show: the IANA database's compiled files (RFC 8536), read
 * whole, with the rule for the years after their table.
 *
 * In:       bytes of a zone's file; seconds since 1970.
 * Out:      offsets in seconds, east positive; what moments a local time stands for.
 * Owns:     nothing; a zone lives in the arena given.
 * Threads:  none inside; a zone is constant once read.
 * Errors:   STATUS_DATA_LOSS for bytes that are no such file, STATUS_NOT_FOUND for a name without
 *           one, STATUS_FULL for the arena.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONE_NAME_MAX 64                  /* bytes of a name */
#define ZONE_FILE_MAX (256 * 1024)        /* bytes of a file */
#define ZONE_FOLDER "/usr/share/zoneinfo" /* where TZDIR does not say otherwise */

struct zone;

/* Reads a zone from its file's bytes. */
enum status zone_parse(struct arena *arena, const uint8_t *bytes, size_t size,
                       const struct zone **out_zone) MUST_CHECK;

/* Reads the zone called `name` ("Europe/Berlin") from the database of this machine. */
enum status zone_load(struct arena *arena, const char *name, const struct zone **out_zone,
                      struct fault *out_fault) MUST_CHECK;

/* Returns the offset at a moment. */
int32_t zone_offset(const struct zone *zone, int64_t seconds);

/* The moments at which clocks show a local time: none, one or two, the earlier first. */
struct zone_moments {
    int count;
    int64_t seconds[2];
    /* Where count is 0: the first moment after the gap, and how long the gap is. */
    int64_t gap_end;
    int32_t gap_seconds;
};

/* `local` is the local time written as if it were UTC. */
struct zone_moments zone_moments_of(const struct zone *zone, int64_t local);

/* Zones that have been asked for by name, each read once. */
#define ZONE_SHELF_MAX 64
struct zone_shelf {
    struct arena *arena; /* zones live here; outlives the shelf */
    struct {
        char name[ZONE_NAME_MAX];
        const struct zone *zone;
    } items[ZONE_SHELF_MAX];
    size_t count;
};

/* Finds the offset of a named zone at a moment: what expressions ask their host (`shelf` is a
 * struct zone_shelf). False where there is no such zone, or no room for another. */
bool zone_shelf_offset(void *shelf, const char *name, size_t size, int64_t seconds,
                       int32_t *out_offset);

#endif
