-- Whoever seeks is asked for what he is about to play: his entries and open rounds are found by
-- name, not by going through everybody's.
CREATE INDEX entrants_player ON entrants (player_id);
CREATE INDEX rounds_open ON rounds (division_id) WHERE status IN ('draft', 'open');
