#ifndef CLI_POLICY_LIVE_H
#define CLI_POLICY_LIVE_H

/*
 * policy_live — published tournament policies, as the running house has them.
 */

#include "base/buffer.h"

#include <stdbool.h>

struct policy_house {
    const char *nats_url; /* NULL: the house's */
    const char *folder;   /* NULL: ./.arbiter */
};

/* Publishes a file; prints what became of it. False and a message where it is refused. */
bool policy_publish(const struct policy_house *house, const char *path, bool is_dry_run);

/* Prints all published versions: name, version, hash, who. */
bool policy_list(const struct policy_house *house);

/* Fetches a published text into `out`: "club-night" (the newest), "club-night@3" or
 * "club-night@HASH" (its first digits will do). False and a message where there is none. */
bool policy_fetch(const struct policy_house *house, const char *reference, struct buffer *out);

#endif
