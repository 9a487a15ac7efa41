-- Who has moved up from the waiting list and has not been told yet.
ALTER TABLE entrants ADD COLUMN untold bigint NOT NULL DEFAULT 0;
