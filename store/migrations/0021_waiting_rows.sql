-- Rows that wait in an inbox are few, and one index finds them: a second one costs each of them more
-- than it saves the sweep.
DROP INDEX inbox_waiting_since;
