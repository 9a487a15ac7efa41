#ifndef GAMESVC_TABLE_H
#define GAMESVC_TABLE_H

/*
 * table — one game on the table: rules and seats made from the store's rows.
 *
 * Owns:     nothing; everything lives in the arena given.
 * Errors:   STATUS_INVALID_ARGUMENT with a fault for a request no rules can play,
 *           STATUS_DATA_LOSS with a fault where stored turns do not replay, STATUS_FULL.
 */

#include "base/arena.h"
#include "base/attr.h"
#include "base/fault.h"
#include "base/status.h"
#include "gamesvc/rules/rules.h"

#include "arbiter/v1/store.pb-c.h"

struct table {
    const struct rules_set *set;
    struct rules_game *game;
    const char *first; /* player ids */
    const char *second;
};

/* Sets up a new game as `request` has it; its clocks start at `start_ms`. */
enum status table_open(struct arena *arena, const Arbiter__V1__GameRequest *request,
                       int64_t start_ms, struct table *out_table,
                       struct fault *out_fault) MUST_CHECK;

/* Sets up a stored game and replays its turns. */
enum status table_replay(struct arena *arena, const Arbiter__V1__LoadGameReply *stored,
                         struct table *out_table, struct fault *out_fault) MUST_CHECK;

/* Returns how a person takes part: RULES_WATCHER for anybody who does not play. */
enum rules_party table_party(const struct table *table, const char *player_id);

/* Fills in how the game ended. `decided_by` is a director's id, or empty for the players. */
void table_result(const struct table *table, const char *decided_by,
                  Arbiter__V1__GameResult *out_result);

/* Returns the stored deadline of the player on turn, 0 where no clock runs. */
int64_t table_deadline_ms(const struct table *table);

/* Writes a turn as the store keeps it; `player_id` is borrowed. */
enum status table_turn_row(struct arena *arena, const struct rules_turn *turn,
                           const char *player_id, Arbiter__V1__Turn **out_row) MUST_CHECK;

#endif
