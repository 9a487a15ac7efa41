#ifndef CLI_BOT_H
#define CLI_BOT_H

/*
 * bot — the greedy move in a crossword game, from the view that its player is shown.
 *
 * Owns:     nothing; the move lives in the arena given.
 * Errors:   STATUS_INVALID_ARGUMENT for a view that is not one of a crossword game with our rack,
 *           STATUS_FULL.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "gamesvc/rules/lexicon.h"

#include <jansson.h>

/* Writes the move of `seat` (0 or 1) in the position of `view`, the "view" of GET /v1/games/ID. */
enum status bot_move(struct arena *arena, const struct lexicon *lexicon, const json_t *view,
                     int seat, const char **out_move) MUST_CHECK;

#endif
