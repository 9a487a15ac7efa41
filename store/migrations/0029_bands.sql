-- Ratings that a division is for, where they decide who comes into which; 0: any.
ALTER TABLE divisions ADD COLUMN rating_min bigint NOT NULL DEFAULT 0;
ALTER TABLE divisions ADD COLUMN rating_max bigint NOT NULL DEFAULT 0;
