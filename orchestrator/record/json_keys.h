#ifndef RECORD_JSON_KEYS_H
#define RECORD_JSON_KEYS_H

/*
 * json_keys — the words of our file format, shared by its reader and its writer. Inside the room
 * only; docs/record-format.md says what they mean.
 */

#include "orchestrator/record/json_reader.h"

#include <stddef.h>

static const char FORMAT_NAME[] = "arbiter-record/1";
static const int GAME_SCORE_MAX = 1000000;
static const int RATING_MAX = 999999999;

static const char *const OUTCOMES[] = {"", "win", "draw", "loss"};
static const char *const SIDES[] = {"", "first", "second"};

/* A bye's kind in the file and in the record. */
static const char *const BYES[] = {"pairing", "full", "half", "zero", "absent", "forfeit"};
static const enum record_kind BYE_KINDS[] = {RECORD_BYE_PAIRING, RECORD_BYE_FULL, RECORD_BYE_HALF,
                                             RECORD_BYE_ZERO,    RECORD_ABSENT,   RECORD_FORFEIT};

struct points_key {
    const char *key;
    size_t offset; /* of the int in struct record_points */
};

static const struct points_key POINTS[] = {
    {"win", offsetof(struct record_points, win_x10)},
    {"draw", offsetof(struct record_points, draw_x10)},
    {"loss", offsetof(struct record_points, loss_x10)},
    {"forfeit_win", offsetof(struct record_points, forfeit_win_x10)},
    {"forfeit_loss", offsetof(struct record_points, forfeit_loss_x10)},
    {"bye_pairing", offsetof(struct record_points, bye_pairing_x10)},
    {"bye_full", offsetof(struct record_points, bye_full_x10)},
    {"bye_half", offsetof(struct record_points, bye_half_x10)},
    {"bye_zero", offsetof(struct record_points, bye_zero_x10)},
};

struct text_key {
    const char *key;
    size_t offset; /* of the const char * */
};

static const struct text_key EVENT_TEXTS[] = {
    {"name", offsetof(struct record_event, name)},
    {"city", offsetof(struct record_event, city)},
    {"federation", offsetof(struct record_event, federation)},
    {"start_date", offsetof(struct record_event, start_date)},
    {"end_date", offsetof(struct record_event, end_date)},
    {"type", offsetof(struct record_event, type)},
    {"system", offsetof(struct record_event, system)},
    {"arbiter", offsetof(struct record_event, arbiter)},
    {"deputies", offsetof(struct record_event, deputies)},
    {"time_control", offsetof(struct record_event, time_control)},
    {"rank_method", offsetof(struct record_event, rank_method)},
    {"controller", offsetof(struct record_event, controller)},
    {"tie_breaks", offsetof(struct record_event, tie_breaks)},
};

static const struct text_key PLAYER_TEXTS[] = {
    {"name", offsetof(struct record_player, name)},
    {"title", offsetof(struct record_player, title)},
    {"federation", offsetof(struct record_player, federation)},
    {"id", offsetof(struct record_player, id)},
    {"birth", offsetof(struct record_player, birth)},
    {"class", offsetof(struct record_player, class_id)},
};

static inline const char **json_text_at(void *base, size_t offset)
{
    return (const char **)(void *)((char *)base + offset);
}

static inline const char *json_text_in(const void *base, size_t offset)
{
    return *(const char *const *)(const void *)((const char *)base + offset);
}

static inline int *json_points_at(struct record_points *points, size_t offset)
{
    return (int *)(void *)((char *)points + offset);
}

/* ---- reading ----------------------------------------------------------------------------- */

/* One division while it is read. */
struct division_reader {
    struct json_reader *json;
    struct record *record;
    bool by_number; /* players are named by number; the table below finds them */
    int *index_of;  /* [number_max + 1], RECORD_NOBODY where there is none */
    int number_max;
};

static inline int json_find_player(const struct division_reader *reader, int number)
{
    return number >= 1 && number <= reader->number_max ? reader->index_of[number] : RECORD_NOBODY;
}

/* Looks a start number up; the fault is at `key`. */
enum status json_take_player(const struct division_reader *reader, const char *key, int number,
                             int *out) MUST_CHECK;

/* Reads "result": one word from the first listed player's view, or one for each. */
enum status json_read_outcomes(struct json_reader *json, const json_t *game,
                               int outcomes[2]) MUST_CHECK;

/* Reads a game's "match": the games that it is made of, from the view of `players[0]`. */
enum status json_read_match(const struct division_reader *reader, const json_t *game,
                            const int players[2], int round) MUST_CHECK;

/* Writes it; nothing where the game is none of a match. */
void json_write_match(struct buffer *out, const struct record *record, int player, int round);

/* Reads the list of rounds: games and byes. */
enum status json_read_rounds(const struct division_reader *reader, const json_t *rounds) MUST_CHECK;

/* Reads the club platform's dump of divisions. */
enum status codec_read_club(const struct codec_source *source, const json_t *root,
                            struct book *out_book) MUST_CHECK;

#endif
