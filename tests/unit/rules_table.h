#ifndef TESTS_UNIT_RULES_TABLE_H
#define TESTS_UNIT_RULES_TABLE_H

/*
 * rules_table — a table with a game on it, for tests of rule sets.
 *
 * Every event played here is also checked for what must hold in all games: a refusal changes
 * nothing, the same event again is answered as before, an encoded game decodes to the same hash,
 * and a second game that only replays the turns stays equal to the first.
 */

#include "gamesvc/rules/rules.h"

#define TABLE_TURNS_MAX 512

struct table {
    struct arena arena;
    struct rules_options options;
    const struct rules_set *set;
    struct rules_game *game;
    struct rules_game *shadow; /* replays what `game` has accepted */
    struct rules_turn turns[TABLE_TURNS_MAX];
    struct rules_outcome outcome; /* of the last event */
    int64_t now_ms;
    unsigned events;
};

/* Sits down to a game; fails the test where the options are refused. */
void table_open(struct table *table, const char *rules, struct rules_options options);
void table_close(struct table *table);

/* Plays `move` at table->now_ms with the current turn number. Returns the record of the turn, or
 * the reason of the refusal; valid until table_close(). */
const char *table_play(struct table *table, enum rules_party actor, const char *move);

/* Returns a view as JSON, valid until table_close(). */
const char *table_view(struct table *table, enum rules_party viewer);
const char *table_view_last_turn(struct table *table, enum rules_party viewer);

#endif
