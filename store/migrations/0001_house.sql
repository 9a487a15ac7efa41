-- Everything that Arbiter remembers. One text for both databases: lines between "--[postgresql" and
-- "--]" are for PostgreSQL alone, lines between "--[memory" and "--]" for the in-memory store alone.
-- Times are milliseconds since the epoch. Empty text is "none"; NULL only where a constraint needs it.

-- ---- positions ---------------------------------------------------------------------------------
-- Rows that are read in order (events, inboxes) carry a position: the writing transaction's number
-- times 2^20 plus the row's place in it. A reader that stays below the horizon - the oldest
-- transaction still running - never skips a row that commits late, and nobody shares a counter.

CREATE TABLE house (
    only_row         bigint PRIMARY KEY CHECK (only_row = 1),
    transaction_base bigint NOT NULL -- added to transaction numbers; grows when a dump is restored
);
INSERT INTO house (only_row, transaction_base) VALUES (1, 0);

--[postgresql
CREATE FUNCTION arbiter_position_base() RETURNS bigint LANGUAGE sql VOLATILE PARALLEL UNSAFE AS
$$ SELECT (transaction_base + pg_current_xact_id()::text::bigint) << 20 FROM house $$;

CREATE FUNCTION arbiter_position_horizon() RETURNS bigint LANGUAGE sql STABLE AS
$$ SELECT (transaction_base + pg_snapshot_xmin(pg_current_snapshot())::text::bigint) << 20
   FROM house $$;
--]

-- ---- machines ----------------------------------------------------------------------------------

CREATE TABLE instances (
    instance_id   text PRIMARY KEY,
    machine       text NOT NULL,
    machine_hash  text NOT NULL,
    parent        text NOT NULL,
    seq           bigint NOT NULL CHECK (seq >= 0), -- 0: its first event waits in the inbox
    snapshot      bytea,
    tags          text NOT NULL,
    finished      boolean NOT NULL,
    created_at_ms bigint NOT NULL,
    updated_at_ms bigint NOT NULL
)
--[postgresql
WITH (fillfactor = 70) -- a step rewrites the row in its page
--]
;

CREATE TABLE inbox (
    instance_id    text NOT NULL, -- may be an instance that does not exist yet: the row waits for it
    event_id       text NOT NULL,
    name           text NOT NULL,
    data           bytea,
    due_at_ms      bigint NOT NULL,
    fired_at_ms    bigint NOT NULL,
    actor          text NOT NULL,
    note           text NOT NULL,
    received_at_ms bigint NOT NULL,
    position       bigint NOT NULL,
    consumed_seq   bigint CHECK (consumed_seq > 0), -- NULL while it waits
    answer         bytea,
    PRIMARY KEY (instance_id, event_id)
);
CREATE INDEX inbox_waiting ON inbox (instance_id, position) WHERE consumed_seq IS NULL;
CREATE INDEX inbox_waiting_since ON inbox (received_at_ms) WHERE consumed_seq IS NULL;
CREATE INDEX inbox_consumed ON inbox (instance_id, consumed_seq) WHERE consumed_seq IS NOT NULL;

CREATE TABLE journal (
    instance_id  text NOT NULL,
    seq          bigint NOT NULL CHECK (seq > 0),
    at_ms        bigint NOT NULL,
    machine_hash text NOT NULL,
    before       bytea,
    snapshot     bytea,
    effects      text NOT NULL,
    actor        text NOT NULL,
    note         text NOT NULL,
    PRIMARY KEY (instance_id, seq, at_ms)
)
--[postgresql
PARTITION BY RANGE (at_ms)
--]
;
--[postgresql
CREATE TABLE journal_other PARTITION OF journal DEFAULT;

-- Makes the journal's partitions of this month and the two after it; they are made ahead, so that no
-- row of theirs is in the default partition yet. A month that has rows there keeps them there.
CREATE FUNCTION arbiter_make_partitions(now_ms bigint) RETURNS bigint LANGUAGE plpgsql AS
$$
DECLARE
    month timestamp := date_trunc('month', to_timestamp(now_ms / 1000.0) AT TIME ZONE 'UTC');
    from_ms bigint;
    to_ms bigint;
    made bigint := 0;
BEGIN
    FOR i IN 0..2 LOOP
        from_ms := extract(epoch FROM month + make_interval(months => i)) * 1000;
        to_ms := extract(epoch FROM month + make_interval(months => i + 1)) * 1000;
        IF to_regclass('journal_' || to_char(month + make_interval(months => i), 'YYYYMM')) IS NULL
           AND NOT EXISTS (SELECT 1 FROM journal_other WHERE at_ms >= from_ms AND at_ms < to_ms)
        THEN
            EXECUTE format('CREATE TABLE %I PARTITION OF journal FOR VALUES FROM (%s) TO (%s)',
                           'journal_' || to_char(month + make_interval(months => i), 'YYYYMM'),
                           from_ms, to_ms);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END
$$;
--]

CREATE TABLE timers (
    instance_id text NOT NULL,
    timer_id    text NOT NULL,
    event       text NOT NULL,
    due_at_ms   bigint NOT NULL,
    data        bytea,
    set_seq     bigint NOT NULL, -- the step that set it: with the id, names this setting for ever
    PRIMARY KEY (instance_id, timer_id)
);
CREATE INDEX timers_due ON timers (due_at_ms);

CREATE TABLE outbox (
    command_id     text PRIMARY KEY,
    instance_id    text NOT NULL,
    invoke_id      text NOT NULL, -- empty: nobody waits for the answer
    subject        text NOT NULL,
    payload        bytea,
    retry          bytea,
    attempt        bigint NOT NULL, -- attempts that have failed
    timeout_ms     bigint NOT NULL, -- of one attempt
    next_at_ms     bigint NOT NULL, -- not tried before; pushed ahead by whoever is trying it
    deadline_at_ms bigint NOT NULL,
    created_at_ms  bigint NOT NULL
);
CREATE INDEX outbox_next ON outbox (next_at_ms);

-- ---- events for listeners outside --------------------------------------------------------------

CREATE TABLE topics (
    topic    text PRIMARY KEY, -- "<kind>.<id>"
    sequence bigint NOT NULL CHECK (sequence > 0)
);

CREATE TABLE events (
    position bigint PRIMARY KEY,
    topic    text NOT NULL,
    sequence bigint NOT NULL,
    kind     text NOT NULL,
    id       text NOT NULL,
    name     text NOT NULL,
    at_ms    bigint NOT NULL,
    payload  bytea,
    UNIQUE (topic, sequence)
);
CREATE INDEX events_kind ON events (kind, position);

CREATE TABLE publishers ( -- how far the event stream is known to hold what the table holds
    name        text PRIMARY KEY,
    position    bigint NOT NULL,
    owner       text NOT NULL,
    lease_to_ms bigint NOT NULL
);
INSERT INTO publishers (name, position, owner, lease_to_ms) VALUES ('events', 0, '', 0);

CREATE TABLE answers (
    key           text PRIMARY KEY,
    answer        bytea,
    created_at_ms bigint NOT NULL
);

CREATE TABLE policies (
    kind            text NOT NULL,
    name            text NOT NULL,
    hash            text NOT NULL,
    version         bigint NOT NULL CHECK (version > 0),
    text            text NOT NULL,
    published_by    text NOT NULL,
    published_at_ms bigint NOT NULL,
    PRIMARY KEY (kind, name, hash),
    UNIQUE (kind, name, version)
);

-- ---- people ------------------------------------------------------------------------------------

CREATE TABLE players (
    player_id     text PRIMARY KEY CHECK (player_id <> ''),
    name          text NOT NULL,
    status        text NOT NULL CHECK (status IN ('active', 'suspended')),
    created_at_ms bigint NOT NULL
);

CREATE TABLE ratings (
    player_id   text NOT NULL REFERENCES players (player_id),
    pool        text NOT NULL,
    version     bigint NOT NULL CHECK (version > 0),
    rating      double precision NOT NULL,
    deviation   double precision NOT NULL,
    volatility  double precision NOT NULL,
    games       bigint NOT NULL CHECK (games >= 0),
    rated_at_ms bigint NOT NULL,
    state       text NOT NULL,
    PRIMARY KEY (player_id, pool)
);

CREATE TABLE rating_history (
    player_id   text NOT NULL,
    pool        text NOT NULL,
    version     bigint NOT NULL,
    rating      double precision NOT NULL,
    deviation   double precision NOT NULL,
    change      double precision NOT NULL,
    game_id     text NOT NULL,
    rated_at_ms bigint NOT NULL,
    PRIMARY KEY (player_id, pool, version),
    FOREIGN KEY (player_id, pool) REFERENCES ratings (player_id, pool)
);
-- A game counts once for a player.
CREATE UNIQUE INDEX rating_history_game ON rating_history (player_id, pool, game_id)
    WHERE game_id <> '';

-- ---- seeks and games ---------------------------------------------------------------------------

CREATE TABLE seeks (
    seek_id       text PRIMARY KEY,
    owner         text NOT NULL REFERENCES players (player_id),
    opponent      text NOT NULL, -- empty: open to everybody
    request       bytea,
    policy        text NOT NULL,
    rating_min    double precision NOT NULL,
    rating_max    double precision NOT NULL,
    owner_rating  double precision NOT NULL,
    status        text NOT NULL CHECK (status IN ('open', 'claimed', 'matched', 'cancelled',
                                                  'declined', 'expired')),
    claimed_by    text NOT NULL,
    game_id       text NOT NULL,
    created_at_ms bigint NOT NULL,
    expires_at_ms bigint NOT NULL,
    CHECK (owner <> opponent),
    CHECK (owner <> claimed_by),
    CHECK (opponent = '' OR claimed_by IN ('', opponent)),
    -- One column holds the claim: a seek has one claimer or none.
    CHECK ((status IN ('claimed', 'matched')) = (claimed_by <> ''))
);
CREATE INDEX seeks_status ON seeks (status, created_at_ms);
CREATE INDEX seeks_owner ON seeks (owner, created_at_ms);
CREATE INDEX seeks_opponent ON seeks (opponent, created_at_ms) WHERE opponent <> '';

CREATE TABLE games (
    game_id        text PRIMARY KEY,
    request_id     text NOT NULL UNIQUE,
    first_player   text NOT NULL REFERENCES players (player_id),
    second_player  text NOT NULL REFERENCES players (player_id),
    request        bytea,
    tournament_id  text NOT NULL,
    division_id    text NOT NULL,
    round          bigint NOT NULL,
    board          bigint NOT NULL,
    status         text NOT NULL CHECK (status IN ('playing', 'ended', 'final', 'cancelled')),
    turn_count     bigint NOT NULL CHECK (turn_count >= 0),
    created_at_ms  bigint NOT NULL,
    ended_at_ms    bigint NOT NULL,
    state          bytea,
    owner          text NOT NULL,
    deadline_at_ms bigint NOT NULL,
    flag_at_ms     bigint, -- the deadline, until its passing has been announced
    commitment     text NOT NULL,
    sealed_seed    bytea,
    CHECK (first_player <> second_player)
)
--[postgresql
WITH (fillfactor = 70) -- as does a turn
--]
;
CREATE INDEX games_first ON games (first_player, created_at_ms, game_id);
CREATE INDEX games_second ON games (second_player, created_at_ms, game_id);
CREATE INDEX games_flag ON games (flag_at_ms) WHERE flag_at_ms IS NOT NULL;

CREATE TABLE results (
    game_id       text PRIMARY KEY REFERENCES games (game_id), -- one result a game
    winner        text NOT NULL,
    first_score   bigint NOT NULL,
    second_score  bigint NOT NULL,
    reason        text NOT NULL,
    decided_by    text NOT NULL,
    decided_at_ms bigint NOT NULL
);

CREATE TABLE turns (
    game_id      text NOT NULL REFERENCES games (game_id),
    turn_number  bigint NOT NULL CHECK (turn_number > 0),
    event_id     text NOT NULL,
    player_id    text NOT NULL,
    event        bytea,
    played_at_ms bigint NOT NULL,
    PRIMARY KEY (game_id, turn_number),
    UNIQUE (game_id, event_id)
);

-- ---- tournaments -------------------------------------------------------------------------------

CREATE TABLE tournaments (
    tournament_id text PRIMARY KEY CHECK (tournament_id <> ''),
    name          text NOT NULL,
    policy        text NOT NULL,
    policy_hash   text NOT NULL,
    status        text NOT NULL,
    settings      text NOT NULL,
    created_at_ms bigint NOT NULL,
    starts_at_ms  bigint NOT NULL
);
CREATE INDEX tournaments_created ON tournaments (created_at_ms);

CREATE TABLE directors (
    tournament_id text NOT NULL REFERENCES tournaments (tournament_id),
    player_id     text NOT NULL,
    PRIMARY KEY (tournament_id, player_id)
);

CREATE TABLE divisions (
    division_id   text PRIMARY KEY CHECK (division_id <> ''),
    tournament_id text NOT NULL REFERENCES tournaments (tournament_id),
    name          text NOT NULL,
    rounds        bigint NOT NULL CHECK (rounds >= 0),
    round         bigint NOT NULL CHECK (round >= 0),
    status        text NOT NULL,
    request       bytea,
    settings      text NOT NULL
);
CREATE INDEX divisions_tournament ON divisions (tournament_id);

CREATE TABLE entrants (
    division_id text NOT NULL REFERENCES divisions (division_id),
    player_id   text NOT NULL REFERENCES players (player_id),
    name        text NOT NULL,
    seed        bigint NOT NULL CHECK (seed > 0),
    rating      double precision NOT NULL,
    status      text NOT NULL CHECK (status IN ('registered', 'checked_in', 'withdrawn',
                                                'suspended')),
    from_round  bigint NOT NULL CHECK (from_round >= 0),
    to_round    bigint NOT NULL CHECK (to_round >= 0),
    team        text NOT NULL,
    class       text NOT NULL,
    PRIMARY KEY (division_id, player_id)
);

CREATE TABLE rounds (
    division_id  text NOT NULL REFERENCES divisions (division_id),
    round        bigint NOT NULL CHECK (round > 0),
    status       text NOT NULL CHECK (status IN ('draft', 'open', 'closed')),
    opened_at_ms bigint NOT NULL,
    closed_at_ms bigint NOT NULL,
    PRIMARY KEY (division_id, round)
);

CREATE TABLE pairings (
    division_id   text NOT NULL,
    round         bigint NOT NULL,
    board         bigint NOT NULL CHECK (board > 0),
    first_player  text NOT NULL CHECK (first_player <> ''),
    second_player text NOT NULL, -- empty: a bye
    kind          text NOT NULL CHECK (kind IN ('game', 'bye', 'half_bye', 'zero_bye', 'forfeit')),
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
CREATE UNIQUE INDEX pairings_game ON pairings (game_id) WHERE game_id <> '';

CREATE TABLE round_players ( -- each player once a round
    division_id text NOT NULL,
    round       bigint NOT NULL,
    player_id   text NOT NULL,
    board       bigint NOT NULL,
    PRIMARY KEY (division_id, round, player_id),
    FOREIGN KEY (division_id, round, board) REFERENCES pairings (division_id, round, board)
        ON DELETE CASCADE,
    FOREIGN KEY (division_id, player_id) REFERENCES entrants (division_id, player_id)
);
CREATE INDEX round_players_board ON round_players (division_id, round, board);

CREATE TABLE standings ( -- as they were announced
    division_id text NOT NULL REFERENCES divisions (division_id),
    round       bigint NOT NULL,
    data        bytea,
    saved_at_ms bigint NOT NULL,
    PRIMARY KEY (division_id, round)
);

--[postgresql
-- A dump that is restored into a new cluster meets smaller transaction numbers than those in its rows:
-- the base makes up for it. Called at every start.
CREATE FUNCTION arbiter_go_on_from_positions() RETURNS void LANGUAGE sql AS
$$
UPDATE house SET transaction_base = (latest.position >> 20) + 1 - pg_current_xact_id()::text::bigint
FROM (SELECT greatest((SELECT max(position) FROM events),
                      (SELECT max(position) FROM inbox WHERE consumed_seq IS NULL),
                      (SELECT max(position) FROM publishers), 0) AS position) AS latest
WHERE latest.position >= (transaction_base + pg_current_xact_id()::text::bigint) << 20
$$;
--]
