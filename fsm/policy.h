#ifndef FSM_POLICY_H
#define FSM_POLICY_H

/*
 * policy — the parts of reading a machine file's tree into a draft. Private to fsm/:
 * machine_policy.c walks states, declaration_policy.c reads what stands before them,
 * transition_policy.c what states do. The tree has been held against its shape; faults are about
 * the rest.
 */

#include "fsm/draft.h"

/* ---- declaration_policy.c ---------------------------------------------------------------- */

/* A scalar and its place; absent for NULL. `doc` of a mapping, "" where it has none. */
struct draft_text policy_text_of(const struct yaml_node *node);
const char *policy_doc_of(const struct yaml_node *node);

/* Adds one scalar, or a single value or a list of them, to texts; a mapping's pairs to fields. */
void policy_add_text(struct draft *draft, struct draft_texts *texts, const struct yaml_node *node);
void policy_add_texts(struct draft *draft, struct draft_texts *texts, const struct yaml_node *node);
void policy_read_fields(struct draft *draft, const struct yaml_node *node,
                        struct draft_fields *out);

/* The top-level keys of the same names. */
void policy_read_variables(struct draft *draft, const struct yaml_node *node);
void policy_read_events(struct draft *draft, const struct yaml_node *node);
void policy_read_commands(struct draft *draft, const struct yaml_node *node);
void policy_read_guards(struct draft *draft, const struct yaml_node *node);
void policy_read_retries(struct draft *draft, const struct yaml_node *node);

/* The number of the retry policy that a `retry:` names or spells out; FSM_NONE and a fault where
 * there is none. */
int16_t policy_find_retry(struct draft *draft, const struct yaml_node *node);

/* Reads a duration under a key, where it is there. */
void policy_optional_duration(struct draft *draft, const struct yaml_node *mapping, const char *key,
                              int64_t *out_ms);

/* ---- transition_policy.c ----------------------------------------------------------------- */

/* Adds a list of actions. */
void policy_read_actions(struct draft *draft, const struct yaml_node *node,
                         struct draft_block *out);

/* Adds one branch or a list of them. `of`: timer or invoke; `event`: the name or pattern. */
void policy_add_transitions(struct draft *draft, size_t state, const struct yaml_node *node,
                            enum fsm_trigger trigger, int of, const struct yaml_node *event);

/* Read the keys `on`, `after` and `at`, and one `invoke`, of a state. */
void policy_read_on(struct draft *draft, size_t state, const struct yaml_node *node);
void policy_read_timers(struct draft *draft, size_t state, const struct yaml_node *node,
                        bool is_absolute);
void policy_read_invoke(struct draft *draft, size_t state, const struct yaml_node *node);

#endif
