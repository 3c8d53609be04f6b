-- The queue. A project may come with the queue of the system that vso grew out of: its rows move over, its columns keep
-- their names, and its statements go on working. What it lacks: a finished row stays finished, because a second order of
-- the same work is another row (or, with an idempotency key, the first one).
CREATE TABLE IF NOT EXISTS slice_queue (id INTEGER, slice_id, spec, version, status, platform, priority, created_at, updated_at);
ALTER TABLE slice_queue RENAME TO earlier_queue;

CREATE TABLE slice_queue (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    -- '' for work on the whole project
    slice_id        TEXT NOT NULL DEFAULT '',
    spec            TEXT NOT NULL DEFAULT '',
    version         TEXT NOT NULL DEFAULT '',
    status          TEXT NOT NULL DEFAULT 'queued'
                    CHECK (status IN ('queued', 'running', 'done', 'held', 'dead', 'cancelled')),
    platform        TEXT NOT NULL DEFAULT 'hetzner',
    priority        INTEGER NOT NULL DEFAULT 0,
    -- UTC, as SQLite writes it
    created_at      TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    updated_at      TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f', 'now')),
    kind            TEXT NOT NULL DEFAULT 'orchestrate',
    -- of the work with one key, one is running at a time; NULL excludes nothing
    key             TEXT,
    idempotency_key TEXT,
    payload         TEXT NOT NULL DEFAULT '{}',
    -- milliseconds since 1970: when it may be claimed, or until when it is leased; NULL when neither will come
    due             INTEGER DEFAULT 0,
    -- where it waits: 1 may be claimed, 2 sleeps until `due`, 3 behind another one of its key; NULL nowhere
    lane            INTEGER DEFAULT 2,
    -- order among those that may be claimed, smallest first: milliseconds of creation, minus ten minutes a priority.
    -- So every wait raises the work against what comes later, and no clock has to move the rows.
    rank            INTEGER,
    attempts        INTEGER NOT NULL DEFAULT 0,
    attempts_max    INTEGER NOT NULL DEFAULT 5,
    -- raised by every claim; a write of the holder of an older one is refused
    fence           INTEGER NOT NULL DEFAULT 0,
    worker          TEXT,
    cancelling      INTEGER NOT NULL DEFAULT 0,
    -- why it failed last: the class and the words
    failure         TEXT,
    cause           TEXT
);

CREATE INDEX slice_queue_ready ON slice_queue (kind, rank, id) WHERE lane = 1;
CREATE INDEX slice_queue_due ON slice_queue (due) WHERE lane = 2;
CREATE INDEX slice_queue_behind ON slice_queue (key, kind, rank, id) WHERE lane = 3;
CREATE INDEX slice_queue_ready_key ON slice_queue (key) WHERE lane = 1 AND key IS NOT NULL;
CREATE UNIQUE INDEX slice_queue_one_running ON slice_queue (key) WHERE status = 'running' AND key IS NOT NULL;
CREATE UNIQUE INDEX slice_queue_once ON slice_queue (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX slice_queue_status ON slice_queue (status, updated_at);
CREATE INDEX slice_queue_slice ON slice_queue (slice_id, id);

CREATE TABLE attempts (
    id         INTEGER PRIMARY KEY,
    job        INTEGER NOT NULL REFERENCES slice_queue (id) ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    fence      INTEGER NOT NULL,
    worker     TEXT NOT NULL,
    -- milliseconds since 1970
    started    INTEGER NOT NULL,
    ended      INTEGER,
    -- done, failed, expired, released or cancelled; NULL while it runs
    outcome    TEXT,
    failure    TEXT,
    cause      TEXT
);
CREATE UNIQUE INDEX attempts_job ON attempts (job, fence);

-- What was under way there is not known to run: a person decides.
INSERT INTO slice_queue (id, slice_id, spec, version, status, platform, priority, created_at, updated_at, due, lane, cause)
SELECT id, COALESCE(slice_id, ''), COALESCE(spec, ''), COALESCE(version, ''),
       CASE status WHEN 'queued' THEN 'queued' WHEN 'failed' THEN 'dead' WHEN 'deployed' THEN 'done'
                   WHEN 'completed' THEN 'done' ELSE 'held' END,
       COALESCE(platform, 'hetzner'), COALESCE(priority, 0), COALESCE(created_at, strftime('%Y-%m-%d %H:%M:%f', 'now')),
       COALESCE(updated_at, strftime('%Y-%m-%d %H:%M:%f', 'now')),
       CASE status WHEN 'queued' THEN 0 END, CASE status WHEN 'queued' THEN 2 END,
       CASE WHEN status <> 'queued' THEN 'was `' || status || '` in an earlier queue' END
FROM earlier_queue;
DROP TABLE earlier_queue;
