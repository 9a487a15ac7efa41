#ifndef RULES_LEXICON_H
#define RULES_LEXICON_H

/*
 * lexicon — the words a game is played with: is this a word, and how can this prefix go on?
 *
 * In:       a word list (one word a line), a KWG file (Kurnia Word Graph), or an image that was
 *           built from either. All are bytes in memory; reading and mapping files is for a shell.
 * Out:      a graph of 8-byte nodes, shared tails and all. Its identity is the SHA-256 of the
 * sorted list, one upper-case word a line: whatever it was made from, equal words, equal hash.
 * Owns:     lexicon_from_image() borrows the bytes for as long as the lexicon is used; the others
 *           build in the arena and need the input no longer.
 * Threads:  a finished lexicon is never written to; any number of threads may ask it.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault (for lists, at the line), STATUS_FULL at the
 * limits below or where the arena is full. Bytes need not be trusted.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "gamesvc/rules/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEXICON_LETTERS 26
#define LEXICON_WORD_MIN 2
#define LEXICON_WORD_MAX 21
#define LEXICON_WORDS_MAX 4000000
#define LEXICON_NODES_MAX (1u << 22)
#define LEXICON_NAME_MAX 31
#define LEXICON_HASH_SIZE 32

/* A letter on the way through a word. Its children lie side by side from `arc`, one for each bit of
 * `letters` (bit 0 is A), in order. */
struct lexicon_node {
    uint32_t arc;     /* LEXICON_ACCEPTS | index of the first child */
    uint32_t letters; /* which letters can follow */
};

#define LEXICON_ACCEPTS 0x80000000u /* the path up to and including this letter is a word */

struct lexicon {
    const struct lexicon_node *nodes; /* node 0 is the start, before any letter */
    uint32_t node_count;
    uint32_t word_count;
    char name[LEXICON_NAME_MAX + 1];
    uint8_t hash[LEXICON_HASH_SIZE];
    struct text_span notice; /* copyright notice to be shown; may be empty */
};

/* Builds from a list: one word of letters a line, any case, order and line end; a word that comes
 * twice counts once. Words too short or too long for any board are left out. The scratch memory is
 * in the same arena: about 60 bytes a word. */
enum status lexicon_from_words(struct arena *arena, const char *name, const char *text, size_t size,
                               struct lexicon *out_lexicon, struct fault *out_fault) MUST_CHECK;

/* Takes a KWG file's bytes: the word graph; a GADDAG behind it is not needed and dropped. */
enum status lexicon_from_kwg(struct arena *arena, const char *name, const void *bytes, size_t size,
                             struct lexicon *out_lexicon, struct fault *out_fault) MUST_CHECK;

/* Looks into an image, which must be aligned to 8 bytes, without copying it. */
enum status lexicon_from_image(const void *bytes, size_t size, struct lexicon *out_lexicon,
                               struct fault *out_fault) MUST_CHECK;

/* Whether the bytes begin like an image. */
bool lexicon_is_image(const void *bytes, size_t size);

/* Writes an image, with the notice that belongs to the words. */
void lexicon_write_image(const struct lexicon *lexicon, struct text_span notice,
                         struct text *out_image);

/* Writes the graph as a KWG file. */
void lexicon_write_kwg(const struct lexicon *lexicon, struct text *out_kwg);

/* Writes all words, sorted, one a line. */
void lexicon_write_words(const struct lexicon *lexicon, struct text *out_words);

/* Whether the `length` tiles that lie `step` apart from `tiles` are a word; the high bit of a tile
 * (a blank) does not matter. */
bool lexicon_has(const struct lexicon *lexicon, const uint8_t *tiles, size_t step, size_t length);

/* Returns the node after `letter` (1..26) follows `node`, or 0 where no word goes on so. */
uint32_t lexicon_next(const struct lexicon *lexicon, uint32_t node, uint8_t letter);

#endif
