-- Indexes that every row pays for and no query needs, and rows that are written over and over.

DROP INDEX events_kind; -- readers go by position, or by topic
DROP INDEX seeks_owner; -- lists of seeks go by status
DROP INDEX seeks_opponent;
DROP INDEX seeks_game;

-- One index keeps a game from counting twice, and finds its rows.
DROP INDEX rating_history_of_game;
DROP INDEX rating_history_game;
CREATE UNIQUE INDEX rating_history_game ON rating_history (game_id, player_id, pool)
    WHERE game_id <> '';

--[postgresql
-- A row that is stepped finds room in its page, and its index entries stay as they are.
ALTER TABLE instances SET (fillfactor = 50);
ALTER TABLE topics SET (fillfactor = 50);
ALTER TABLE ratings SET (fillfactor = 70);

-- Queues: what was taken is swept before whoever asks for the next row trips over it.
ALTER TABLE timers SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE slots SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
ALTER TABLE inbox SET (autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE publishers SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0,
                            autovacuum_vacuum_threshold = 500);
--]
