#ifndef CROSSWORD_GREEDY_H
#define CROSSWORD_GREEDY_H

/*
 * greedy — the placement that scores most, for bots that play like life without playing well.
 *
 * In:       a board, a rack, a lexicon. Nothing secret is needed: a client's view is enough.
 * Out:      always the same move for the same position.
 * Owns:     nothing.
 */

#include "gamesvc/rules/crossword/board.h"
#include "gamesvc/rules/lexicon.h"
#include "gamesvc/rules/text.h"

#include <stdbool.h>

/* Finds the legal placement with only valid words that scores most; false where there is none. */
bool greedy_find(const struct board *board, const struct lexicon *lexicon, const struct tiles *rack,
                 struct placement *out_placement, int *out_score);

/* Writes a move for rules_apply: the best placement; without one, an exchange of the whole rack
 * where `bag` (tiles left) allows it, and a pass where not. */
void greedy_write_move(const struct board *board, const struct lexicon *lexicon,
                       const struct tiles *rack, int bag, struct text *out_move);

#endif
