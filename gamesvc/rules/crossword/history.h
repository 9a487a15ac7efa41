#ifndef CROSSWORD_HISTORY_H
#define CROSSWORD_HISTORY_H

/*
 * history — the events of a crossword game as lines in the records of its turns, and out of them
 * as GCG.
 *
 * A line: TYPE SEAT RACK POSITION TILES SCORE TOTAL WORDS, '-' for what there is not. RACK is the
 * rack before the move (after it for a bonus; in the end the tiles that are counted).
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/status.h"
#include "gamesvc/rules/crossword/board.h"
#include "gamesvc/rules/crossword/gcg.h"
#include "gamesvc/rules/rules.h"
#include "gamesvc/rules/text.h"

#include <stdbool.h>
#include <stdint.h>

enum history_type {
    HISTORY_PLACE,
    HISTORY_EXCHANGE,
    HISTORY_PASS,
    HISTORY_FINAL_PASS,
    HISTORY_PHONY,
    HISTORY_BONUS,
    HISTORY_TURN_LOSS,
    HISTORY_RACK_POINTS,
    HISTORY_RACK_PENALTY,
    HISTORY_TIME
};

struct history_event {
    enum history_type type;
    int seat;
    const struct tiles *rack;          /* NULL for none */
    const struct placement *placement; /* of PLACE and PHONY, otherwise NULL */
    const struct tiles *tiles;         /* exchanged, otherwise NULL */
    int32_t score;                     /* change of the total */
    int32_t total;
    const struct board *board; /* where the words of `play` stand; NULL for no words */
    const struct play *play;
};

/* Adds the line, without its end. */
void history_write(const struct history_event *event, struct text *text);

/* A line taken apart; the spans point into it. */
struct history_line {
    enum history_type type;
    int seat;
    struct text_span rack;
    struct text_span position;
    struct text_span tiles;
    int32_t score;
    int32_t total;
    struct text_span words;
};

/* Returns how a type is called in a line. */
const char *history_type_name(enum history_type type);

/* Reads a line of a record; false where it is not a line of history (the move, a draw). */
bool history_read(struct text_reader line, struct history_line *out_line);

/* Makes a GCG of the turns of a finished or running game: all that players[] and the header need
 * must be in `gcg` already, with its layout, tiles and encoding; the events go into `arena` and
 * borrow the records. A final pass is left out, as writers of GCG do; a lost turn is a pass with a
 * note. STATUS_DATA_LOSS where a record is not one of crossword's, STATUS_FULL. */
enum status history_to_gcg(struct arena *arena, const struct rules_turn *turns, uint32_t count,
                           struct gcg *gcg) MUST_CHECK;

#endif
