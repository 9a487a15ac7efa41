#ifndef FORMAT_VERIFY_H
#define FORMAT_VERIFY_H

/*
 * verify — the questions of format_check, one function a question. Private to the folder.
 */

#include "orchestrator/format/contradictions.h"
#include "orchestrator/format/format_check.h"

struct verification {
    struct arena *arena;
    const struct format *format;
    const struct yaml_node *root;
    struct yaml_faults *faults;
};

void verify_clocks(const struct verification *verification);   /* zone, rule, gaps */
void verify_sessions(const struct verification *verification); /* rounds against time */
void verify_rounds(const struct verification *verification);   /* rounds against players */
void verify_pairs(const struct verification *verification);    /* forbidden and prepaired pairs */
void verify_names(const struct verification *verification, const struct format_names *names);

#endif
