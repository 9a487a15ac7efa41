-- Rounds off that players have asked for.

--[postgresql
ALTER TABLE pairings DROP CONSTRAINT pairings_kind_check;
ALTER TABLE pairings ADD CONSTRAINT pairings_kind_check
    CHECK (kind IN ('game', 'bye', 'half_bye', 'zero_bye', 'requested_bye', 'forfeit'));
--]

--[memory
CREATE TABLE pairings_2 (
    division_id   text NOT NULL,
    round         bigint NOT NULL,
    board         bigint NOT NULL CHECK (board > 0),
    first_player  text NOT NULL CHECK (first_player <> ''),
    second_player text NOT NULL, -- empty: a bye
    kind          text NOT NULL CHECK (kind IN ('game', 'bye', 'half_bye', 'zero_bye', 'requested_bye',
                                                'forfeit')),
    game_id       text NOT NULL,
    status        text NOT NULL CHECK (status IN ('paired', 'playing', 'final', 'void')),
    first_score   bigint NOT NULL,
    second_score  bigint NOT NULL,
    outcome       text NOT NULL CHECK (outcome IN ('', 'first', 'second', 'draw', 'double_forfeit',
                                                   'bye')),
    version       bigint NOT NULL CHECK (version > 0),
    explanation   text NOT NULL,
    PRIMARY KEY (division_id, round, board),
    FOREIGN KEY (division_id, round) REFERENCES rounds (division_id, round),
    CHECK (first_player <> second_player),
    CHECK (second_player <> '' OR kind NOT IN ('game')),
    CHECK (status <> 'final' OR outcome <> '')
);
DROP TABLE pairings;
ALTER TABLE pairings_2 RENAME TO pairings;
CREATE UNIQUE INDEX pairings_game ON pairings (game_id) WHERE game_id <> '';
--]
