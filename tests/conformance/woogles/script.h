#ifndef WOOGLES_SCRIPT_H
#define WOOGLES_SCRIPT_H

/*
 * script — what operations and expectations of scripted divisions share: one division at a time.
 */

#include "tests/conformance/woogles/division.h"
#include "tests/conformance/woogles/woogles.h"

struct script_operation {
    const char *name;
    bool (*run)(const json_t *step); /* returns whether it went as the step says */
};

/* The division of the script that is running. */
extern struct division script_division;

/* Steps that only look; ends with a row without a name. */
extern const struct script_operation script_expectations[];

/* Whether one of a pair of texts is this one. */
bool script_side_is(const json_t *array, int side, const char *text);

#endif
