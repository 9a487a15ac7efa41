#ifndef RULES_LEXICON_BUILD_H
#define RULES_LEXICON_BUILD_H

/*
 * lexicon_build — what building and reading graphs share; private to the lexicon.
 */

#include "gamesvc/rules/lexicon.h"

/* Makes a lexicon of `count` KWG nodes: checks them, and counts and hashes the words. */
enum status lexicon_from_nodes(struct arena *arena, const char *name, const uint32_t *kwg,
                               uint32_t count, struct lexicon *out_lexicon,
                               struct fault *out_fault) MUST_CHECK;

/* Counts and hashes the words of a lexicon without loops. */
enum status lexicon_count(struct lexicon *lexicon, struct fault *out_fault) MUST_CHECK;

#endif
