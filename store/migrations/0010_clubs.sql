-- Clubs: a seek may be private to one.

CREATE TABLE clubs (
    club_id       text PRIMARY KEY,
    name          text NOT NULL,
    owner         text NOT NULL, -- whoever founded it; need not be a player
    created_at_ms bigint NOT NULL
);

CREATE TABLE club_members (
    club_id   text NOT NULL REFERENCES clubs (club_id),
    player_id text NOT NULL REFERENCES players (player_id),
    since_ms  bigint NOT NULL,
    PRIMARY KEY (club_id, player_id)
);
CREATE INDEX club_members_player ON club_members (player_id);
