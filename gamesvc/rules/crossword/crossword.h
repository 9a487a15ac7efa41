#ifndef CROSSWORD_CROSSWORD_H
#define CROSSWORD_CROSSWORD_H

/*
 * crossword — the state behind the rule set "crossword"; hosts see only rules.h.
 *
 * Options: variant=classic|classic_super, board=LAYOUT, tiles=SET, lexicon=NAME,
 *          challenge=void|single|double|five-point|ten-point|triple (default: double).
 * Moves:   place 8D .LANKErs | exchange TILES | pass | challenge [WORD...]
 *          (WORD: number of a word formed, 0 the main word; without numbers all of them)
 * Record:  the move, then a line for each event of the game's history (see history.h), then
 *          "DRAW SEAT TILES" where tiles were drawn.
 */

#include "gamesvc/rules/crossword/board.h"
#include "gamesvc/rules/set.h"

#define CROSSWORD_SCORELESS_MAX 6
#define CROSSWORD_EXCHANGE_BAG_MIN 7

enum challenge_rule {
    CHALLENGE_VOID,   /* invalid words are refused; there is nothing to challenge */
    CHALLENGE_SINGLE, /* a failed challenge costs nothing */
    CHALLENGE_DOUBLE, /* it costs the turn */
    CHALLENGE_FIVE_POINT,
    CHALLENGE_TEN_POINT,
    CHALLENGE_TRIPLE /* a challenge decides the game */
};

struct crossword {
    struct board board;
    struct tiles bag;
    struct tiles racks[RULES_SEATS];
    enum challenge_rule challenge;
    int scoreless;        /* turns in a row */
    uint32_t event_count; /* lines of history, which also number the draws */
    int player_out;       /* waits for a final pass or challenge; RULES_NO_WINNER: nobody */

    /* The last placement, while it may be challenged. */
    bool can_challenge;
    struct placement placement;
    struct play play;
    struct tiles rack_before;
    int scoreless_before;
};

/* The parts of the rule set that have files of their own. */
enum status crossword_options(const struct rules_options *options, const struct layout **out_layout,
                              const struct tile_set **out_set, enum challenge_rule *out_challenge,
                              struct fault *out_fault) MUST_CHECK;
void crossword_encode(const struct rules_game *game, struct text *text);
bool crossword_decode(struct rules_game *game, struct text_span key, struct text_reader *line);
bool crossword_decoded(struct rules_game *game);
void crossword_view(const struct rules_game *game, enum rules_party viewer, struct text *json);
void crossword_view_turn(const struct rules_game *game, const struct rules_turn *turn,
                         enum rules_party viewer, struct text *json);

#endif
