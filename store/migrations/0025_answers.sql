-- What a director's request was answered, so that the same request again gets the same answer.
ALTER TABLE director_actions ADD COLUMN request_id text NOT NULL DEFAULT '';
ALTER TABLE director_actions ADD COLUMN answer bytea;
CREATE UNIQUE INDEX director_actions_requests ON director_actions (tournament_id, request_id)
    WHERE request_id <> '';
