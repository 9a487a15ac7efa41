-- The games of a match: boards on which two players play several games in a round. Scores and outcome
-- are those of the board's first and second player.

CREATE TABLE match_games (
    division_id  text NOT NULL,
    round        bigint NOT NULL,
    board        bigint NOT NULL,
    number       bigint NOT NULL CHECK (number > 0),
    game_id      text NOT NULL,
    starts       text NOT NULL,
    status       text NOT NULL CHECK (status IN ('playing', 'final', 'void')),
    first_score  bigint NOT NULL,
    second_score bigint NOT NULL,
    outcome      text NOT NULL CHECK (outcome IN ('', 'first', 'second', 'draw', 'double_forfeit')),
    PRIMARY KEY (division_id, round, board, number),
    CHECK (status <> 'final' OR outcome <> '')
);
CREATE UNIQUE INDEX match_games_game ON match_games (game_id) WHERE game_id <> '';
