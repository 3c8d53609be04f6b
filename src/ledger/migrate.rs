//! Brings a database to the form that this vso knows, step by numbered step, each in one transaction.
//!
//! `PRAGMA user_version` says how many steps a database has behind it. Steps that were released never change.

use rusqlite::{Connection, TransactionBehavior};

use super::failure::{self, Sql};
use crate::crash;
use crate::fault::Fault;

/// The steps, in order.
pub(super) const STEPS: &[&str] = &[
    include_str!("migrations/0001-queue.sql"),
    include_str!("migrations/0002-events.sql"),
    include_str!("migrations/0003-schedule.sql"),
    include_str!("migrations/0004-inbox.sql"),
    include_str!("migrations/0005-inbox-keys.sql"),
];

/// Runs the steps that are missing. Two that begin at once wait for each other.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    migrate_to(connection, STEPS.len())
}

fn migrate_to(connection: &mut Connection, wanted: usize) -> Result<(), Fault> {
    loop {
        let found = version(connection).map_err(|error| failure::fault(&error))?;
        match usize::try_from(found) {
            Ok(done) if done == wanted => return Ok(()),
            Ok(done) if done < wanted => step(connection).map_err(|error| failure::fault(&error))?,
            _ => return Err(failure::newer(found, wanted)),
        }
    }
}

fn version(connection: &Connection) -> Sql<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// One step. Which one is only known inside of the transaction: another process may have just done it.
fn step(connection: &mut Connection) -> Sql<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = version(&transaction)?;
    if let Some(sql) = usize::try_from(done).ok().and_then(|done| STEPS.get(done)) {
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", done + 1)?;
    }
    crash::point("ledger.migrate.before");
    transaction.commit()?;
    crash::point("ledger.migrate.after");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of each version before, and what must be found of them at the end: a query and its answer.
    const ROWS: &[(usize, &str, &str, &str)] = &[
        (
            0,
            "CREATE TABLE slice_queue (id INTEGER PRIMARY KEY AUTOINCREMENT, slice_id TEXT UNIQUE NOT NULL,
                spec TEXT NOT NULL, version TEXT NOT NULL, status TEXT DEFAULT 'queued',
                platform TEXT DEFAULT 'hetzner', priority INTEGER DEFAULT 0,
                created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
             INSERT INTO slice_queue (slice_id, spec, version, priority) VALUES ('slice-001-auth', '# Auth', '1.0.0', 3);
             INSERT INTO slice_queue (slice_id, spec, version, status) VALUES ('slice-002-api', 'x', '1.1.0', 'deployed');
             INSERT INTO slice_queue (slice_id, spec, version, status) VALUES ('slice-003-ui', 'y', '2.0.0', 'testing');",
            "SELECT group_concat(slice_id || ' ' || version || ' ' || status || ' ' || COALESCE(due, '-') || ' '
                || COALESCE(cause, ''), '; ') FROM slice_queue",
            "slice-001-auth 1.0.0 queued 0 ; slice-002-api 1.1.0 done - was `deployed` in an earlier queue; \
             slice-003-ui 2.0.0 held - was `testing` in an earlier queue",
        ),
        (
            1,
            "INSERT INTO slice_queue (slice_id, kind, key, payload) VALUES ('slice-004-jobs', 'sync', 'k', '{\"a\":1}');
             INSERT INTO attempts (job, number, fence, worker, started) VALUES (1, 1, 1, 'w', 5);",
            "SELECT slice_id || kind || key || payload || (SELECT worker FROM attempts WHERE job = slice_queue.id)
                FROM slice_queue",
            "slice-004-jobssynck{\"a\":1}w",
        ),
        (
            2,
            "INSERT INTO events (at, kind, subject, data) VALUES (7, 'sync.begun', 'slice-001-auth', '{}');",
            "SELECT id || kind || subject || at || data FROM events",
            "1sync.begunslice-001-auth7{}",
        ),
        (
            3,
            "INSERT INTO schedule (name, served, outcome, report) VALUES ('nightly', 9, 'clean', '{}');",
            "SELECT name || served || outcome || (SELECT count(*) FROM deliveries) FROM schedule",
            "nightly9clean0",
        ),
        (
            4,
            "INSERT INTO deliveries (guid, event, repository, key, received, bytes) VALUES ('g', 'push', 'o/n', 'repository 7', 3, 0);",
            "SELECT guid || event || repository || key || received FROM deliveries INDEXED BY deliveries_key WHERE key = 'repository 7'",
            "gpusho/nrepository 73",
        ),
    ];

    #[test]
    fn rows_of_every_earlier_version_survive() {
        let versions: Vec<usize> = ROWS.iter().map(|(version, ..)| *version).collect();
        assert_eq!(versions, (0..STEPS.len()).collect::<Vec<_>>(), "each version has its rows");
        for (version, rows, query, expected) in ROWS {
            let mut connection = Connection::open_in_memory().unwrap();
            if *version > 0 {
                migrate_to_only(&mut connection, *version);
            }
            connection.execute_batch(rows).unwrap();
            migrate(&mut connection).unwrap();
            let found: String = connection.query_row(query, [], |row| row.get(0)).unwrap();
            assert_eq!(found, *expected, "version {version}");
            let integrity: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(integrity, "ok");
        }
    }

    fn migrate_to_only(connection: &mut Connection, wanted: usize) {
        while usize::try_from(version(connection).unwrap()).unwrap() < wanted {
            step(connection).unwrap();
        }
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let fault = migrate(&mut connection).unwrap_err();
        assert!(fault.message().contains("a newer vso (format 99"), "{fault}");
        assert_eq!(fault.hints().len(), 1);
    }
}
