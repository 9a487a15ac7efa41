-- A journal's entry has the state after the step; the one before it is the last entry's.
ALTER TABLE journal DROP COLUMN before;
