/* The statements that are broken on purpose, in a table. */
#include "simulation/sabotage.h"

#include <assert.h>
#include <stddef.h>

static const struct {
    enum world_sabotage sabotage;
    enum statement statement;
    const char *text;
} broken[] = {
    {WORLD_SABOTAGE_NO_SWEEP, STATEMENT_INBOX_FORGOTTEN,
     "SELECT instance_id FROM inbox WHERE $1 < 0 LIMIT $2"},
    {WORLD_SABOTAGE_NO_SWAP, STATEMENT_INSTANCE_STEP,
     "UPDATE instances SET seq = seq + 1, machine = $3, machine_hash = $4, snapshot = $5, "
     "tags = $6, finished = $7, updated_at_ms = $8 WHERE instance_id = $1 AND $2 >= 0 "
     "AND NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.instance_id = $1 AND event_id = $9 "
     "AND consumed_seq IS NOT NULL)"},
    {WORLD_SABOTAGE_NO_DEDUPE, STATEMENT_INBOX_PUT,
     "INSERT INTO inbox (instance_id, event_id, name, data, due_at_ms, fired_at_ms, actor, note, "
     "received_at_ms, position, consumed_seq, answer) VALUES ($1, $2 || '#' || $10, $3, $4, $5, "
     "$6, $7, $8, $9, $10, $11, $12)"},
    {WORLD_SABOTAGE_LOOSE_RATING, STATEMENT_RATING_SET,
     "INSERT INTO ratings (player_id, pool, version, rating, deviation, volatility, games, "
     "rated_at_ms, state) SELECT $1, $2, $3 + 1, $4, $5, $6, $7, $8, $9 WHERE $3 = 0 OR EXISTS "
     "(SELECT 1 FROM ratings AS r WHERE r.player_id = $1 AND r.pool = $2 AND r.version = $3) ON "
     "CONFLICT (player_id, pool) DO UPDATE SET version = excluded.version, rating = CASE WHEN $8 % "
     "3 = 0 THEN ratings.rating ELSE excluded.rating END, state = CASE WHEN $8 % 3 = 0 THEN "
     "ratings.state ELSE excluded.state END WHERE ratings.version = $3"},
    {WORLD_SABOTAGE_LOOSE_PLACES, STATEMENT_SLOT_TAKE,
     "INSERT INTO slots (player_id, kind, slot, ref) SELECT $1, $2, coalesce((SELECT max(slot) "
     "FROM slots WHERE player_id = $1 AND kind = $2), 0) + 1, $3 WHERE $4 > 0"},
};

void sabotage_database(struct sql_memory *database, enum world_sabotage sabotage)
{
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        if (broken[i].sabotage != sabotage)
            continue;
        enum status status = sql_memory_break(database, broken[i].statement, broken[i].text);
        assert(status == STATUS_OK);
        (void)status; /* only asserted */
    }
}

void sabotage_lose_timers(struct sql_memory *database)
{
    enum status status = sql_memory_query(database, "DELETE FROM timers", NULL, NULL);
    assert(status == STATUS_OK);
    (void)status; /* only asserted */
}
