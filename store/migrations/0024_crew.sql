-- Who helps to direct an event, and as what. One person has one role in it.
ALTER TABLE directors ADD COLUMN role text NOT NULL DEFAULT 'director'
    CHECK (role IN ('director', 'assistant', 'scorer'));
