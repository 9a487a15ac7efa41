-- A journal's entry has the state after the step; the one before it is the last entry's.
ALTER TABLE journal DROP COLUMN before;

-- Answers that a step had before it was committed go with the event that caused it (AnsweredEvents).
ALTER TABLE inbox ADD COLUMN answered bytea;

-- Seeks that have ended are listed by when they did, which is how they are read for estimates, too.
DROP INDEX seeks_closed;
DROP INDEX seeks_ended;
CREATE INDEX seeks_ended ON seeks (closed_at_ms, seek_id) WHERE closed_at_ms > 0;
