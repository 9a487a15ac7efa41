-- What the check of a policy said of it when it was published, a line each.
ALTER TABLE policies ADD COLUMN warnings text NOT NULL DEFAULT '';
