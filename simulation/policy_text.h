#ifndef SIMULATION_POLICY_TEXT_H
#define SIMULATION_POLICY_TEXT_H

/*
 * policy_text — a format policy's text with one key of its divisions changed, all else as it was.
 *
 * A rehearsal plays a policy as it stands, but for what people's hands would do differently: games
 * are not played out move by move (rules: reported), and recorded rounds are entered by the
 * director (paired_by: director). Both are edits of the text, so that every service reads the
 * policy through its own front door.
 *
 * Owns:     nothing; texts live in the caller's arena.
 * Errors:   STATUS_INVALID_ARGUMENT where the text is no policy, STATUS_FULL.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"

/* Where the key stands in each division. */
enum policy_place { POLICY_DIVISION, POLICY_GAME };

struct policy_edit {
    enum policy_place place;
    const char *key;
    const char *value; /* a plain word */
};

/* Sets the key in every division, adding it where it is missing. */
enum status policy_text_set(struct arena *arena, const char *text, const struct policy_edit *edit,
                            const char **out_text) MUST_CHECK;

#endif
