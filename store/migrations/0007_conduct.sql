-- How players behave, and the service's own incidents, around which nobody is blamed.

CREATE TABLE conduct (
    player_id     text PRIMARY KEY REFERENCES players (player_id),
    version       bigint NOT NULL CHECK (version > 0),
    policy        text NOT NULL,
    points        double precision NOT NULL,
    measure       text NOT NULL CHECK (measure IN ('', 'warned', 'suspended')), -- the last one
    until_ms      bigint NOT NULL, -- of a suspension
    scope         text NOT NULL, -- what may not be started meanwhile: 'rated', 'all'
    because       text NOT NULL,
    history       text NOT NULL, -- orchestrator/conduct's own lines
    updated_at_ms bigint NOT NULL
);

CREATE TABLE incidents (
    incident_id text PRIMARY KEY CHECK (incident_id <> ''),
    from_ms     bigint NOT NULL,
    to_ms       bigint NOT NULL CHECK (to_ms >= from_ms),
    what        text NOT NULL,
    noted_by    text NOT NULL
);
CREATE INDEX incidents_to ON incidents (to_ms);
