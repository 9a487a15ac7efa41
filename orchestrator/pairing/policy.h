#ifndef PAIRING_POLICY_H
#define PAIRING_POLICY_H

/*
 * policy — a pairing policy's settings by the names that policies and command lines use.
 *
 * Errors:   STATUS_NOT_FOUND for a name that is none, STATUS_INVALID_ARGUMENT for a value that does
 *           not fit; the fault says what would.
 */

#include "orchestrator/pairing/pairing.h"

enum pairing_setting_kind {
    PAIRING_SETTING_INT,
    PAIRING_SETTING_BOOL,
    PAIRING_SETTING_SHARE, /* 0.02, kept as millionths */
    PAIRING_SETTING_WORD,
    PAIRING_SETTING_CLASSES /* numbers with commas between: one for each prize class */
};

/* One setting; the table ends with a row without a name. */
struct pairing_setting {
    const char *name;
    enum pairing_setting_kind kind;
    size_t offset; /* in struct pairing_policy */
    int min;
    int max;
    const char *const *words; /* of a word, by its enumerator; ends with NULL */
    const char *help;
};

/* All settings, for help texts and for readers of policies. */
extern const struct pairing_setting pairing_settings[];

/* Sets `name` to what `value` says. */
enum status pairing_policy_set(struct pairing_policy *policy, const char *name, const char *value,
                               struct fault *out_fault) MUST_CHECK;

#endif
