#ifndef ORCHESTRATOR_CONDUCT_SHELF_H
#define ORCHESTRATOR_CONDUCT_SHELF_H

/*
 * conduct_shelf — the conduct policies of a folder, read once at the start.
 *
 * Owns:     the policies, until conduct_shelf_destroy().
 * Errors:   NULL with the faults printed into `out_report` where a file does not check.
 */

#include "base/attr.h"
#include "base/buffer.h"
#include "orchestrator/conduct/conduct.h"

#define CONDUCT_SHELF_MAX 16

struct conduct_shelf;

struct conduct_shelf *conduct_shelf_load(const char *folder, struct buffer *out_report);
void conduct_shelf_destroy(struct conduct_shelf *shelf); /* NULL is allowed */

/* Returns the policy of that name, NULL where the shelf has none. */
const struct conduct_policy *conduct_shelf_find(const struct conduct_shelf *shelf,
                                                const char *name);

/* Returns how many there are, and the name of each. */
size_t conduct_shelf_count(const struct conduct_shelf *shelf);
const char *conduct_shelf_name(const struct conduct_shelf *shelf, size_t index);

#endif
