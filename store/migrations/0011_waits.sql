-- How long a seek would wait, as it was said when it was posted; and how long the latest did.

ALTER TABLE seeks ADD COLUMN low_ms bigint NOT NULL DEFAULT 0;
ALTER TABLE seeks ADD COLUMN high_ms bigint NOT NULL DEFAULT 0;
CREATE INDEX seeks_closed ON seeks (closed_at_ms) WHERE closed_at_ms > 0;
