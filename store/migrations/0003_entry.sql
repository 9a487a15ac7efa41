-- Players enter by themselves: a waiting list where a division is full, and how often somebody has not
-- come. The in-memory store, which always begins empty, cannot change a constraint and makes the
-- table anew.

--[postgresql
ALTER TABLE entrants DROP CONSTRAINT entrants_status_check;
ALTER TABLE entrants ADD CONSTRAINT entrants_status_check
    CHECK (status IN ('registered', 'checked_in', 'waiting', 'withdrawn', 'suspended'));
ALTER TABLE entrants ADD COLUMN no_shows bigint NOT NULL DEFAULT 0 CHECK (no_shows >= 0);
--]
--[memory
CREATE TABLE entrants_2 (
    division_id text NOT NULL REFERENCES divisions (division_id),
    player_id   text NOT NULL REFERENCES players (player_id),
    name        text NOT NULL,
    seed        bigint NOT NULL CHECK (seed > 0),
    rating      double precision NOT NULL,
    status      text NOT NULL CHECK (status IN ('registered', 'checked_in', 'waiting', 'withdrawn',
                                                'suspended')),
    from_round  bigint NOT NULL CHECK (from_round >= 0),
    to_round    bigint NOT NULL CHECK (to_round >= 0),
    team        text NOT NULL,
    class       text NOT NULL,
    no_shows    bigint NOT NULL DEFAULT 0 CHECK (no_shows >= 0),
    PRIMARY KEY (division_id, player_id)
);
DROP TABLE entrants;
ALTER TABLE entrants_2 RENAME TO entrants;
--]
