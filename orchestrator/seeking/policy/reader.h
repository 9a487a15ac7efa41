#ifndef SEEKING_POLICY_READER_H
#define SEEKING_POLICY_READER_H

/* reader — private: what the readers of a policy's sections share. All return false after
 * having added a fault. */

#include "fsm/expr/trend.h"
#include "fsm/yaml/yaml.h"
#include "orchestrator/seeking/checks.h"

struct reader {
    struct arena *arena;
    struct yaml_faults *faults;
    struct seeking_policy *policy;
    struct expr_trend trends[SEEKING_ATTRIBUTES_MAX]; /* of the attributes, while a player waits */
};

/* What an expression may name. */
enum reader_scope {
    READER_PLAYER,  /* player.x: the attributes so far */
    READER_PAIR,    /* one.x and other.x */
    READER_REQUEST, /* request.x, compat.x, and define.x so far */
    READER_SEEK     /* those, and seek.x and who.x */
};

/* Compiles a node's text; NULL after a fault at the place in the file. `want` may be NULL. */
const struct expr_program *reader_compile(struct reader *reader, const struct yaml_node *node,
                                          enum reader_scope scope, const struct expr_type *want);

/* Returns the type of an attribute's values. */
const struct expr_type *reader_attribute_type(enum seeking_kind kind);

/* Reads a member; `out` is left alone where the mapping (may be NULL) has none. */
bool reader_number(struct reader *reader, const struct yaml_node *mapping, const char *key,
                   double *out);
bool reader_whole(struct reader *reader, const struct yaml_node *mapping, const char *key,
                  int64_t *out);
bool reader_duration(struct reader *reader, const struct yaml_node *mapping, const char *key,
                     int64_t *out_ms);

/* Finds the attribute that a node (may be NULL) names, which must be of this kind. */
bool reader_attribute(struct reader *reader, const struct yaml_node *node, enum seeking_kind kind,
                      int *out_index);

/* Turns any node into a value: mappings, lists, numbers, true and false, texts. */
bool reader_value(struct reader *reader, const struct yaml_node *node, struct value *out);

/* Reads the section `rules` (rules.c). */
bool reader_rules(struct reader *reader, const struct yaml_node *node);

#endif
