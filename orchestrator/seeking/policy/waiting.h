#ifndef SEEKING_POLICY_WAITING_H
#define SEEKING_POLICY_WAITING_H

/* waiting — private: proves that expressions and attributes go the way in which waiting only ever
 * widens. What cannot be proved is refused, with an example where one is found. */

#include "fsm/expr/trend.h"
#include "orchestrator/seeking/policy/reader.h"

/* Notes how the last attribute read goes with waiting; every attribute is noted once. */
void waiting_note(struct reader *reader);

/* Whether the value of an expression over one.x and other.x never goes against `wanted`
 * (EXPR_RISES or EXPR_FALLS) while both wait; adds a fault at `node` where that is not certain.
 * `what` names it for people. */
bool waiting_goes(struct reader *reader, const struct yaml_node *node, const char *what,
                  const struct expr_program *program, enum expr_direction wanted);

/* The same for an attribute's own number; EXPR_STEADY: it must not change. `node` (may be NULL)
 * names it. */
bool waiting_attribute_goes(struct reader *reader, const struct yaml_node *node, int attribute,
                            enum expr_direction wanted);

#endif
