-- Finding a game: whom players want to meet, places in pools, seeks with conditions, and games
-- arranged in bulk.

CREATE TABLE circles ( -- whom a player has blocked, or follows
    player_id text NOT NULL REFERENCES players (player_id),
    other     text NOT NULL,
    kind      text NOT NULL CHECK (kind IN ('block', 'follow')),
    since_ms  bigint NOT NULL,
    PRIMARY KEY (player_id, kind, other),
    CHECK (player_id <> other)
);
CREATE INDEX circles_other ON circles (other, kind);

-- One row for each seek or place in a pool that counts against a limit: the key is the limit.
CREATE TABLE slots (
    player_id text NOT NULL,
    kind      text NOT NULL, -- 'live', 'correspondence'
    slot      bigint NOT NULL CHECK (slot > 0),
    ref       text NOT NULL UNIQUE, -- the seek, match or ticket
    PRIMARY KEY (player_id, kind, slot)
);

ALTER TABLE seeks ADD COLUMN established_only bigint NOT NULL DEFAULT 0;
ALTER TABLE seeks ADD COLUMN followed_only bigint NOT NULL DEFAULT 0;
ALTER TABLE seeks ADD COLUMN place text NOT NULL DEFAULT ''; -- a tournament's or club's id: private to it
ALTER TABLE seeks ADD COLUMN rematch_of text NOT NULL DEFAULT ''; -- the game before
ALTER TABLE seeks ADD COLUMN streak text NOT NULL DEFAULT ''; -- the first game of the row of rematches
ALTER TABLE seeks ADD COLUMN streak_games bigint NOT NULL DEFAULT 0; -- how many came before this one
ALTER TABLE seeks ADD COLUMN closed_at_ms bigint NOT NULL DEFAULT 0;
CREATE INDEX seeks_game ON seeks (game_id) WHERE game_id <> '';

CREATE TABLE tickets ( -- places in pools
    ticket_id   text PRIMARY KEY,
    pool        text NOT NULL,
    policy      text NOT NULL,
    player_id   text NOT NULL REFERENCES players (player_id),
    said        bytea, -- what the client says of the player, as the policy asks
    rating      double precision NOT NULL,
    deviation   double precision NOT NULL,
    games       double precision NOT NULL,
    conduct     double precision NOT NULL,
    balance     double precision NOT NULL,
    status      text NOT NULL CHECK (status IN ('waiting', 'offered', 'matched', 'left', 'declined')),
    since_ms    bigint NOT NULL, -- kept when an offer falls through
    misses      bigint NOT NULL,
    offer       text NOT NULL,
    game_id     text NOT NULL,
    ended_at_ms bigint NOT NULL,
    low_ms      bigint NOT NULL, -- the wait as it was estimated at the beginning
    high_ms     bigint NOT NULL
);
CREATE INDEX tickets_pool ON tickets (pool, status, since_ms);
CREATE INDEX tickets_ended ON tickets (pool, ended_at_ms);
-- Whatever the policy's limits are: nobody waits in two places.
CREATE UNIQUE INDEX tickets_player ON tickets (player_id) WHERE status IN ('waiting', 'offered');

CREATE TABLE bulks (
    bulk_id     text PRIMARY KEY,
    owner       text NOT NULL,
    request     bytea,
    pair_at_ms  bigint NOT NULL,
    clocks_at_ms bigint NOT NULL, -- 0: when the games begin
    status      text NOT NULL CHECK (status IN ('scheduled', 'paired', 'cancelled')),
    created_at_ms bigint NOT NULL
);
CREATE INDEX bulks_owner ON bulks (owner, status);

CREATE TABLE bulk_games (
    bulk_id       text NOT NULL REFERENCES bulks (bulk_id),
    number        bigint NOT NULL CHECK (number > 0),
    first_player  text NOT NULL REFERENCES players (player_id),
    second_player text NOT NULL REFERENCES players (player_id),
    game_id       text NOT NULL,
    PRIMARY KEY (bulk_id, number),
    CHECK (first_player <> second_player)
);

CREATE TABLE bulk_spans ( -- when a player is taken up by a bulk's game
    bulk_id   text NOT NULL REFERENCES bulks (bulk_id),
    player_id text NOT NULL,
    from_ms   bigint NOT NULL,
    to_ms     bigint NOT NULL,
    PRIMARY KEY (bulk_id, player_id),
    CHECK (from_ms < to_ms)
);
CREATE INDEX bulk_spans_player ON bulk_spans (player_id, to_ms);
