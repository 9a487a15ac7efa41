#ifndef ORCHESTRATOR_DIVISION_CLASSES_H
#define ORCHESTRATOR_DIVISION_CLASSES_H

/*
 * division_classes — which prize class a player of a division is in. Pure.
 *
 * Whoever was entered in a class by name is in it; everybody else is in the lowest whose rating
 * covers his, and past all of them in the open one.
 */

#include "orchestrator/format/format.h"
#include "orchestrator/pairing/pairing.h"

#include "arbiter/v1/domain.pb-c.h"

/* Returns the number of the entrant's class, from 1 in the policy's order; 0: the open one. */
int division_class_of(const struct format_division *format, const Arbiter__V1__Entrant *entrant);

/* Returns the name of a class by its number, "" for the open one. */
const char *division_class_name(const struct format_division *format, int number);

/* Gives a pairing policy the prizes of the division's classes, where it names none of its own. */
void division_class_prizes(const struct format_division *format, struct pairing_policy *policy);

#endif
