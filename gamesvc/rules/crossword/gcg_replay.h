#ifndef CROSSWORD_GCG_REPLAY_H
#define CROSSWORD_GCG_REPLAY_H

/*
 * gcg_replay — whether the events of a recorded game make a game: turn order, geometry, tiles,
 * scores, totals, and how it ends. Words are not checked; GCG has no lexicon.
 *
 * Racks are checked against what is unseen and against how many tiles the player can hold, not from
 * turn to turn: annotators often know only the tiles that were played.
 *
 * Owns:     nothing; a replay is one struct.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault at the event's line; the replay then stops there.
 */

#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "gamesvc/rules/crossword/board.h"
#include "gamesvc/rules/crossword/gcg.h"

#include <stdbool.h>
#include <stdint.h>

#define SCORELESS_TURNS_MAX 6
#define EXCHANGE_BAG_MIN 7

enum replay_state {
    REPLAY_PLAYING,
    REPLAY_WAITING, /* a player went out; a final pass or challenge may come */
    REPLAY_OVER
};

struct gcg_replay {
    struct board board;
    enum replay_state state;
    int on_turn; /* -1 before the first event: either player may begin */
    int scoreless;
    int bag;
    int rack_size[GCG_PLAYERS];
    int32_t total[GCG_PLAYERS];
    int player_out;     /* who went out, -1 for nobody */
    bool international; /* the rack counts once for one and once against the other */
    bool has_final_pass;
    bool has_rack_points;
    bool has_penalty[GCG_PLAYERS];
    bool has_time[GCG_PLAYERS];
    struct tiles penalised; /* the racks that have been counted against their players */

    /* The placement that can still be taken back or earn a bonus. */
    bool can_challenge;
    struct placement placement;
    struct tiles placement_rack;
    struct play play;
    int placement_drawn;
    int placement_scoreless;
};

/* What an event came to, where it is more than the event itself says. */
struct gcg_step {
    bool is_final_pass;
    struct placement placement; /* GCG_PLACE: in normal form */
    struct play play;           /* GCG_PLACE: its words stand on the board until the next step */
    int32_t score;
};

void gcg_replay_init(struct gcg_replay *replay, const struct gcg *gcg);

/* Plays the next event. */
enum status gcg_replay_step(struct gcg_replay *replay, const struct gcg_event *event,
                            struct gcg_step *out_step, struct fault *out_fault) MUST_CHECK;

/* Replays a whole game and writes it: a tab-separated line for each event (number, type, player,
 * rack, position, tiles, score, total, tiles in the bag, words), the line `final`, the board. */
enum status gcg_replay_write(const struct gcg *gcg, struct text *text,
                             struct fault *out_fault) MUST_CHECK;

#endif
