-- Rows and index entries that each game paid for and nobody needs.

-- A topic's next number follows from its events; whoever writes one holds the topic's lock meanwhile.
DROP TABLE topics;

-- What a step consumed is found among its instance's rows.
DROP INDEX inbox_consumed;

-- Seeks that have ended are listed by how; one that is claimed changes no index.
UPDATE seeks SET closed_at_ms = created_at_ms
WHERE closed_at_ms = 0 AND status NOT IN ('open', 'claimed');
DROP INDEX seeks_status;
CREATE INDEX seeks_live ON seeks (created_at_ms, seek_id) WHERE closed_at_ms = 0;
CREATE INDEX seeks_ended ON seeks (status, created_at_ms) WHERE closed_at_ms > 0;

--[postgresql
ALTER TABLE seeks SET (fillfactor = 70);

-- A foreign key asks by a query of its own for each row, and writes to the row that it finds. Players
-- and games are never deleted: the statements that refer to them look them up and find NULL for
-- whoever is not there, which the columns refuse; or they have changed that row in the same transaction.
ALTER TABLE games DROP CONSTRAINT games_first_player_fkey;
ALTER TABLE games DROP CONSTRAINT games_second_player_fkey;
ALTER TABLE seeks DROP CONSTRAINT seeks_owner_fkey;
ALTER TABLE turns DROP CONSTRAINT turns_game_id_fkey;
ALTER TABLE results DROP CONSTRAINT results_game_id_fkey;
ALTER TABLE ratings DROP CONSTRAINT ratings_player_id_fkey;
ALTER TABLE rating_history DROP CONSTRAINT rating_history_player_id_pool_fkey;
--]
