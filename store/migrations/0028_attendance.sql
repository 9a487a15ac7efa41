-- Places in pools that end when their owner has been without a connection for too long.
ALTER TABLE tickets ADD COLUMN here_until_ms bigint NOT NULL DEFAULT 0; -- 0: whether it is there or not
CREATE INDEX tickets_attended ON tickets (ticket_id)
    WHERE here_until_ms > 0 AND status IN ('waiting', 'offered');
