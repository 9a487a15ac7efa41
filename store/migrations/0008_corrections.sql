-- A result that is amended is rated again, and every game after it. Each game's row keeps the state it
-- was rated from, and how often it has been rated.

ALTER TABLE rating_history ADD COLUMN state_before text NOT NULL DEFAULT '';
ALTER TABLE rating_history ADD COLUMN revision bigint NOT NULL DEFAULT 0;
CREATE INDEX rating_history_since ON rating_history (pool, rated_at_ms);
CREATE INDEX rating_history_of_game ON rating_history (game_id) WHERE game_id <> '';
