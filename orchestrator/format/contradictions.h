#ifndef FORMAT_CONTRADICTIONS_H
#define FORMAT_CONTRADICTIONS_H

/*
 * contradictions — keys that are good each by itself and cannot hold together.
 *
 * In:       a format that has been read, and the tree it was read from, for places.
 * Out:      faults.
 * Threads:  none inside, no state.
 */

#include "orchestrator/format/format_keys.h"

void format_contradictions(const struct format *format, const struct yaml_node *root,
                           struct yaml_faults *faults);

/* Those inside one division. */
void format_division_contradictions(const struct format *format,
                                    const struct format_division *division,
                                    const struct yaml_node *node, struct yaml_faults *faults);

/* Returns the value of a key, or the mapping itself where it has none: a place for a fault. */
const struct yaml_node *format_node(const struct yaml_node *inside, const char *key);

#endif
