#ifndef RECORD_TRF_READER_H
#define RECORD_TRF_READER_H

/*
 * trf_reader — a TRF file being read; private to trf_read.c, trf_player.c and trf_setting.c.
 */

#include "orchestrator/record/trf.h"
#include "orchestrator/record/trf_line.h"

#include <stdbool.h>

enum { FIRST_ROUND_COLUMN = 92, ROUND_COLUMNS = 10, ENTRY_COLUMNS = 8, PLAYER_COLUMNS_MIN = 84 };
enum { NUMBER_MAX = 9999, ROUND_MAX = 999 };

struct listed_player {
    int number;
    struct trf_line line;
};

struct trf_reader {
    const char *bytes;
    size_t size;
    enum trf_purpose purpose;
    struct arena *arena;
    struct fault *fault;
    struct record *record;
    struct listed_player *listed; /* in the order of the record's players */
    int listed_count;
    int lines_max;          /* lines that are neither players nor blank */
    int last_virtual_round; /* that a line gives points for */
    int last_column_round;
    int longest_line; /* the line on which that is */
    bool any_acceleration;
    bool any_bye_worth;    /* the bye's points are set on their own */
    bool any_other_points; /* from teams, or by lines of a kind that is not understood here */
    bool baku;
    const int *numbers; /* [NUMBER_MAX + 1] index by start number, or RECORD_NOBODY */
    int *xxa_rounds;    /* [player_count] accelerations taken so far from XXA lines */
};

/* Sets the fault to a place and a sentence; STATUS_INVALID_ARGUMENT. */
enum status trf_refuse(struct trf_reader *reader, const struct trf_line *line, int column,
                       const char *text);

/* Whether the record is to be paired from, so that what cannot be paired is refused. */
bool trf_is_to_pair(const struct trf_reader *reader);

/* Returns a copy in the arena, "" when that is full. */
const char *trf_copy(struct trf_reader *reader, struct trf_span span);

/* Whether a line begins with these three characters. */
bool trf_has_code(const struct trf_line *line, const char *code);

/* ---- trf_player.c ------------------------------------------------------------------------ */

/* Lists the players' lines and brings them in order; finds repeated and missing numbers. */
enum status trf_list_players(struct trf_reader *reader) MUST_CHECK;

/* How many rounds a player's line has columns for. */
int trf_rounds_on_line(const struct trf_line *line);

/* Reads all players' lines into the record. */
enum status trf_read_players(struct trf_reader *reader) MUST_CHECK;

/* ---- trf_setting.c ----------------------------------------------------------------------- */

/* Reads the lines that hold for the whole event, or those that need its players to be known. */
enum status trf_read_settings(struct trf_reader *reader) MUST_CHECK;
enum status trf_read_details(struct trf_reader *reader) MUST_CHECK;

#endif
