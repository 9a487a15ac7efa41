#ifndef CROSSWORD_GCG_H
#define CROSSWORD_GCG_H

/*
 * gcg — the text format in which crossword games are recorded, read strictly and written plainly.
 *
 * In:       a whole file: LF or CRLF, optional byte order mark; ISO-8859-1 unless its first line
 *           says otherwise.
 * Out:      struct gcg: who played, and the events in order, each with the line it stands on. The
 *           reader checks form; whether the events make a game is for gcg_replay.
 * Owns:     the events live in the arena; spans point into the text that was read.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault at the line; line 0 means the file as a whole.
 *           STATUS_FULL at GCG_EVENTS_MAX or where the arena is full.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "gamesvc/rules/crossword/board.h"
#include "gamesvc/rules/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GCG_PLAYERS 2
#define GCG_EVENTS_MAX 1024
#define GCG_SIZE_MAX ((size_t)1 << 20)
#define GCG_POINTS_MAX 99999

enum gcg_type {
    GCG_PLACE,
    GCG_PASS,
    GCG_EXCHANGE,
    GCG_PHONY, /* the placement before it is taken back */
    GCG_BONUS, /* for the player of the placement before it: a challenge failed */
    GCG_RACK_POINTS,
    GCG_RACK_PENALTY,
    GCG_TIME
};

struct gcg_event {
    enum gcg_type type;
    int player; /* 0 or 1, in the order of #player1 and #player2 */
    int line;
    struct text_span rack_text; /* as written; empty where the line has none */
    struct tiles rack;
    struct placement placement; /* GCG_PLACE */
    struct tiles exchanged;     /* GCG_EXCHANGE, unless only their number is known */
    struct text_span exchanged_text;
    int exchanged_count;
    int32_t score; /* as it changes the total: negative for tiles taken back and penalties */
    int32_t cumulative;
    bool lost_unsaid;      /* GCG_PHONY written "+0": how much was lost is not said */
    bool withdrawn;        /* GCG_PLACE written "+0" because such a GCG_PHONY follows */
    struct text_span note; /* text after #note, with its continuation lines as they stand */
};

struct gcg_player {
    struct text_span nick;
    struct text_span name;
};

struct gcg {
    const struct layout *layout;
    const struct tile_set *set;
    struct gcg_player players[GCG_PLAYERS];
    struct text_span title;
    struct text_span description;
    struct text_span id;
    struct text_span lexicon;
    struct text_span racks[GCG_PLAYERS]; /* #rack1 and #rack2 */
    bool says_incomplete;
    bool is_utf8; /* how the spans are encoded: UTF-8, or ISO-8859-1 */
    struct gcg_event *events;
    int event_count;
};

/* Reads a file. */
enum status gcg_read(struct arena *arena, const char *text, size_t size, struct gcg *out_gcg,
                     struct fault *out_fault) MUST_CHECK;

/* Writes a span of the file in UTF-8. */
void gcg_write_span(const struct gcg *gcg, struct text_span span, struct text *text);

/* Writes a file in UTF-8: the header as far as it is known, then the events. Fields of events that
 * gcg_read leaves alone may be left empty: racks are written from `rack_text` where it is there and
 * from `rack` where it is not. */
void gcg_write(const struct gcg *gcg, struct text *text);

#endif
