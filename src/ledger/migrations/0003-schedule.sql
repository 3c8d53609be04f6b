-- What runs at fixed times: which of its times was served last, and who serves one now.
CREATE TABLE schedule (
    name      TEXT PRIMARY KEY,
    -- the last time of the plan that was served, in milliseconds since 1970; later ones are missed runs
    served    INTEGER,
    -- of the run that holds the place: until when, whose, and the token that its writes must show
    due       INTEGER,
    worker    TEXT,
    fence     INTEGER NOT NULL DEFAULT 0,
    -- of the last run that ended
    started   INTEGER,
    ended     INTEGER,
    outcome   TEXT,
    report    TEXT
);
