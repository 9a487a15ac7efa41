#ifndef FSM_DRAW_H
#define FSM_DRAW_H

/*
 * draw — a machine as a picture: DOT for graphviz, Mermaid for pages that render it.
 *
 * In:       a machine, and an instance of it whose active states are to stand out (may be NULL).
 * Out:      text appended to a buffer.
 * Threads:  none inside.
 * Errors:   buffer->failed.
 */

#include "base/buffer.h"
#include "fsm/fsm.h"

void fsm_draw_dot(const struct fsm_machine *machine, const struct fsm_instance *instance,
                  struct buffer *out);
void fsm_draw_mermaid(const struct fsm_machine *machine, const struct fsm_instance *instance,
                      struct buffer *out);

/* Appends what a transition waits for, "go", "after 5m", "error: timeout", and its guard in
 * brackets. Transitions are numbered across the machine, in document order. */
void fsm_draw_label(const struct fsm_machine *machine, int transition, struct buffer *out);

#endif
