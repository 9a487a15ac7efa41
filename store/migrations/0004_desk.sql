-- What directors did by hand, in order over a whole event: who, when, why, and how it is taken back.
-- The number is a compare-and-swap among directors: two who act on one state cannot both have it.

CREATE TABLE director_actions (
    tournament_id text NOT NULL REFERENCES tournaments (tournament_id),
    number        bigint NOT NULL CHECK (number > 0), -- 1, 2, 3 … in the event
    action        text NOT NULL,
    level         bigint NOT NULL CHECK (level BETWEEN 1 AND 4), -- 5 is refused
    instance_id   text NOT NULL,
    input         bytea, -- what was asked for, and the action that takes it back where there is one
    undoes        bigint NOT NULL, -- number of the action that this one takes back; 0: none
    actor         text NOT NULL,
    note          text NOT NULL,
    at_ms         bigint NOT NULL,
    PRIMARY KEY (tournament_id, number),
    CHECK (undoes < number)
);
CREATE UNIQUE INDEX director_actions_undone ON director_actions (tournament_id, undoes)
    WHERE undoes > 0;
