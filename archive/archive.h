#ifndef ARCHIVE_ARCHIVE_H
#define ARCHIVE_ARCHIVE_H

/*
 * archive — copies of finished games in a folder or in an object store.
 *
 * In:       archive.save, a command from the outbox: asked again until it is answered well.
 * Out:      View to the game service; for each game <year>/<month>/<id>.json, its record, and where
 *           it is a crossword game <id>.gcg before it: the bytes that /v1/games/{id}/record and
 *           /v1/games/{id}.gcg answer with.
 * Owns:     nothing that lasts: a game is the same two objects however often it is saved.
 * Threads:  the loop's; uploads do not block it.
 * Errors:   UNAVAILABLE while the place of the copies is away and past ARCHIVE_UNDER_WAY_MAX; the
 *           outbox keeps the command. Nothing else waits for the archive.
 */

#include "base/attr.h"
#include "base/fault.h"
#include "bus/bus.h"

#include <stdbool.h>
#include <stdint.h>

#define ARCHIVE_UNDER_WAY_MAX 32
#define ARCHIVE_COMMAND "arbiter.v1.archive.save"

struct archive;

/* `place` is "": no copies are kept and every command is answered well; "/…": a folder; otherwise
 * "http://host:port/bucket/prefix" or https: an object store. The texts are copied. */
struct archive_options {
    const char *place;
    const char *region; /* of the object store */
    const char *key_id;
    const char *secret;
};

/* Serves on `bus`, which must outlive it. NULL with a fault for a place that is none. */
struct archive *archive_create(struct bus *bus, const struct archive_options *options,
                               struct fault *out_fault);

/* Whether there is a place: without one, commands need not be sent. */
bool archive_is_kept(const struct archive *archive);

/* Uploads under way are given up. Call it after bus_destroy(). NULL is allowed. */
void archive_destroy(struct archive *archive);

struct archive_stats {
    uint64_t games_saved;
    uint64_t failures; /* attempts that will be made again */
    uint64_t under_way;
    int64_t saved_at_ms; /* the last one; 0: none since the start */
};
void archive_stats(const struct archive *archive, struct archive_stats *out_stats);

#endif
