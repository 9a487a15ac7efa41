-- What players of a game ask of each other, and what the commitment to a game's draws is bound to.

ALTER TABLE games ADD COLUMN commitment_id text NOT NULL DEFAULT ''; -- empty: the seed alone
ALTER TABLE games ADD COLUMN requests text NOT NULL DEFAULT '';
ALTER TABLE games ADD COLUMN request_count bigint NOT NULL DEFAULT 0;

CREATE TABLE game_requests ( -- who said what, beside the board
    game_id        text NOT NULL REFERENCES games (game_id),
    request_number bigint NOT NULL CHECK (request_number > 0),
    event_id       text NOT NULL,
    player_id      text NOT NULL,
    event          text NOT NULL,
    at_ms          bigint NOT NULL,
    PRIMARY KEY (game_id, request_number),
    UNIQUE (game_id, event_id)
);
