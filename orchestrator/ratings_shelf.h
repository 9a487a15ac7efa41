#ifndef ORCHESTRATOR_RATINGS_SHELF_H
#define ORCHESTRATOR_RATINGS_SHELF_H

/*
 * ratings_shelf — the rating policies of a folder, read once at the start.
 *
 * Owns:     the policies, until ratings_shelf_destroy().
 * Errors:   NULL with the faults printed into `out_report` where a file does not check.
 */

#include "base/attr.h"
#include "base/buffer.h"
#include "orchestrator/rating/rating.h"

#define RATINGS_SHELF_MAX 64

struct ratings_shelf;

struct ratings_shelf *ratings_shelf_load(const char *folder, struct buffer *out_report);
void ratings_shelf_destroy(struct ratings_shelf *shelf);

#define RATINGS_DEFAULT "glicko2" /* of games that name no policy */

/* Returns the policy of that name ("": the default one), NULL where the shelf has none. */
const struct rating_policy *ratings_shelf_find(const struct ratings_shelf *shelf, const char *name);

/* Returns how many there are, and the name of each. */
size_t ratings_shelf_count(const struct ratings_shelf *shelf);
const char *ratings_shelf_name(const struct ratings_shelf *shelf, size_t index);

#endif
