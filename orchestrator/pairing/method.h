#ifndef PAIRING_METHOD_H
#define PAIRING_METHOD_H

/*
 * method — the table of methods. Private to the folder.
 */

#include "orchestrator/pairing/field.h"

/* Pairs the field's pool. Rules of the game are answered in field->out; the status is for limits
 * and for policies that do not fit the field. */
typedef enum status (*method_function)(struct field *field);

struct method {
    const char *name;
    method_function pair;
    bool by_table;       /* needs no results: the seeds decide everything */
    bool takes_bye;      /* the odd one out is chosen before the method is asked */
    bool gibsonizes;     /* the policy's gibson settings apply before the method is asked */
    bool keeps_everyone; /* the pool holds those who are away, for their place in a table */
};

/* Returns the method's row. */
const struct method *method_row(enum pairing_method method);

enum status method_manual(struct field *field);
enum status method_random(struct field *field);
enum status method_round_robin(struct field *field);
enum status method_team(struct field *field);
enum status method_interleaved(struct field *field);
enum status method_king_of_the_hill(struct field *field);
enum status method_factor(struct field *field);
enum status method_fontes(struct field *field);
enum status method_swiss(struct field *field);
enum status method_quickpair(struct field *field);
enum status method_australian(struct field *field);
enum status method_cop(struct field *field);
enum status method_chew(struct field *field);
enum status method_elimination(struct field *field);
enum status method_double_elimination(struct field *field);
enum status method_arena(struct field *field);
enum status method_dutch(struct field *field);

#endif
