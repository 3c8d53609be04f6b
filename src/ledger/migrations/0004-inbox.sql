-- What GitHub delivered. A delivery is here before it is answered; its GUID is known until it is too old to come again.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    guid         TEXT NOT NULL,
    event        TEXT NOT NULL,
    action       TEXT NOT NULL DEFAULT '',
    -- owner/name as it was called then; '' for what is about no repository
    repository   TEXT NOT NULL DEFAULT '',
    installation INTEGER,
    -- of the deliveries with one key, one is worked on at a time, in the order of their arrival
    key          TEXT NOT NULL,
    -- milliseconds since 1970, as everywhere
    received     INTEGER NOT NULL,
    -- how often it came again
    copies       INTEGER NOT NULL DEFAULT 0,
    -- of the body, and whether that is still kept
    bytes        INTEGER NOT NULL,
    kept         INTEGER NOT NULL DEFAULT 1,
    state        TEXT NOT NULL DEFAULT 'received'
                 CHECK (state IN ('received', 'running', 'done', 'failed', 'cancelled')),
    -- when it may be claimed; NULL while it runs, when it is over, and when only a person brings it back
    due          INTEGER,
    attempts     INTEGER NOT NULL DEFAULT 0,
    attempts_max INTEGER NOT NULL DEFAULT 5,
    fence        INTEGER NOT NULL DEFAULT 0,
    worker       TEXT,
    cancelling   INTEGER NOT NULL DEFAULT 0,
    -- when it last stopped running
    settled      INTEGER,
    failure      TEXT,
    cause        TEXT
);
CREATE UNIQUE INDEX deliveries_guid ON deliveries (guid);
CREATE INDEX deliveries_waiting ON deliveries (key, due, id) WHERE due IS NOT NULL;
CREATE INDEX deliveries_state ON deliveries (state, event, id);
CREATE INDEX deliveries_repository ON deliveries (repository, id);

-- Bodies in parts, so that 25 MB of one never stand in memory twice. The number is the delivery's times 1024 plus the
-- part's, from 0.
CREATE TABLE delivery_parts (
    id    INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
);

-- Whose turn it is among the keys: the one that was served longest ago.
CREATE TABLE delivery_turns (
    key     TEXT PRIMARY KEY,
    turn    INTEGER NOT NULL DEFAULT 0,
    -- the earliest of what waits; NULL when nothing does
    due     INTEGER,
    -- the delivery that is worked on, and until when it is leased
    running INTEGER,
    until   INTEGER
) WITHOUT ROWID;
CREATE INDEX delivery_turns_ready ON delivery_turns (turn, key) WHERE due IS NOT NULL AND running IS NULL;
CREATE INDEX delivery_turns_leased ON delivery_turns (until) WHERE running IS NOT NULL;
CREATE INDEX delivery_turns_last ON delivery_turns (turn);
