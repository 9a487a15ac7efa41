#ifndef SEEKING_SHELF_H
#define SEEKING_SHELF_H

/*
 * shelf — every policy of policies/seeks, read once.
 *
 * Owns:     its policies; they live as long as the shelf.
 * Threads:  constant once loaded.
 */

#include "base/buffer.h"
#include "orchestrator/seeking/seeking.h"

#define SEEKING_SHELF_MAX 64

struct seeking_shelf;

/* Reads every *.yaml of a folder. NULL where one does not check: what is wrong is in `out_report`.
 * A folder that does not exist is an empty shelf. */
struct seeking_shelf *seeking_shelf_load(const char *folder, struct buffer *out_report);
void seeking_shelf_destroy(struct seeking_shelf *shelf);

/* Returns the policy of that name, or NULL; also where the shelf is NULL. */
const struct seeking_policy *seeking_shelf_find(const struct seeking_shelf *shelf,
                                                const char *name);

/* Finds a pool by its name in any of the policies, in the order of their files; NULL where none has
 * it. */
const struct seeking_pool *seeking_shelf_pool(const struct seeking_shelf *shelf, const char *pool,
                                              const struct seeking_policy **out_policy);

/* Returns the policies by index, NULL past the last. */
const struct seeking_policy *seeking_shelf_at(const struct seeking_shelf *shelf, size_t index);

#endif
