-- What happened, in order. Every question that a page asks (all, of a kind, about a subject, both) reads one index from
-- its newest end.
CREATE TABLE events (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    -- milliseconds since 1970
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    data    TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX events_at ON events (at, id);
CREATE INDEX events_kind ON events (kind, at, id);
CREATE INDEX events_subject ON events (subject, at, id);
CREATE INDEX events_kind_subject ON events (kind, subject, at, id);
