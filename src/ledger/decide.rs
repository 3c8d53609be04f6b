//! What people decide about jobs: cancel, try again, remove what is over.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::claim::rank;
use super::failure::Sql;
use super::settle::call_next;
use super::store::{Ledger, Points};
use super::time::Time;
use super::work::{JobId, Status};
use crate::fault::Fault;

/// Rows that are removed in one transaction, so that nobody waits long for it.
const AT_ONCE: u32 = 1_000;

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It holds now.
    Done,
    /// Its worker is told at its next heartbeat; should it not ask any more, its lease ends the job.
    Asked,
    /// The job stands so that there is nothing to decide.
    Not(Status),
    /// There is no such job.
    Unknown,
}

/// What [`Ledger::gc`] leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Jobs that are over and events younger than this stay.
    pub age: Duration,
    /// So many of the jobs that are over stay, whatever their age.
    pub jobs: u32,
    /// Whether dead letters go too.
    pub dead_too: bool,
}

/// What [`Ledger::gc`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Jobs, with their attempts and idempotency keys.
    pub jobs: usize,
    /// Events.
    pub events: usize,
}

impl Ledger {
    /// Takes work back: at once while it waits, by asking its worker while it runs.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3), as for all that follow.
    pub fn cancel(&self, id: JobId) -> Result<Decided, Fault> {
        self.write(Points("ledger.cancel.before", "ledger.cancel.after"), move |connection, now| {
            let Some((status, key)) = standing(connection, id)? else { return Ok(Decided::Unknown) };
            match status {
                Status::Queued | Status::Held => {
                    let sql = "UPDATE slice_queue SET status = 'cancelled', lane = NULL, due = NULL, updated_at = ?2
                        WHERE id = ?1";
                    connection.prepare_cached(sql)?.execute(params![id, now.sql()])?;
                    release(connection, key)?;
                    Ok(Decided::Done)
                }
                Status::Running => {
                    let sql = "UPDATE slice_queue SET cancelling = 1, updated_at = ?2 WHERE id = ?1";
                    connection.prepare_cached(sql)?.execute(params![id, now.sql()])?;
                    Ok(Decided::Asked)
                }
                over => Ok(Decided::Not(over)),
            }
        })
    }

    /// Lets a dead, held or cancelled job begin anew with all its attempts, and one that pauses begin now. What it
    /// failed of stays readable in its attempts.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn retry(&self, id: JobId) -> Result<Decided, Fault> {
        self.write(Points("ledger.retry.before", "ledger.retry.after"), move |connection, now| {
            let Some((status, _)) = standing(connection, id)? else { return Ok(Decided::Unknown) };
            if matches!(status, Status::Running | Status::Done) {
                return Ok(Decided::Not(status));
            }
            let priority: i32 = connection
                .prepare_cached("SELECT priority FROM slice_queue WHERE id = ?1")?
                .query_row([id], |row| row.get(0))?;
            connection
                .prepare_cached(
                    "UPDATE slice_queue SET status = 'queued', lane = 2, due = ?2, attempts = 0, updated_at = ?3,
                        rank = COALESCE(rank, ?4), failure = NULL, cause = NULL WHERE id = ?1",
                )?
                .execute(params![id, now.0, now.sql(), rank(now, priority)])?;
            Ok(Decided::Done)
        })
    }

    /// Removes jobs that are over, and events, and gives their room back to the disk. An order whose job is removed
    /// is new work again, whatever its idempotency key.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn gc(&self, keep: Keep) -> Result<Removed, Fault> {
        let before = Time(self.now().0.saturating_sub(i64::try_from(keep.age.as_millis()).unwrap_or(i64::MAX)));
        let points = Points("ledger.gc.before", "ledger.gc.after");
        let mut removed = Removed::default();
        loop {
            let jobs = self.write(points, move |connection, _| {
                connection
                    .prepare_cached(
                        "DELETE FROM slice_queue WHERE id IN (
                            SELECT id FROM slice_queue WHERE status IN ('done', 'cancelled', ?1) AND updated_at < ?2
                                AND id NOT IN (SELECT id FROM slice_queue WHERE status IN ('done', 'cancelled', ?1)
                                    ORDER BY updated_at DESC, id DESC LIMIT ?3)
                            LIMIT ?4)",
                    )?
                    .execute(params![if keep.dead_too { "dead" } else { "done" }, before.sql(), keep.jobs, AT_ONCE])
            })?;
            let events = self.write(points, move |connection, _| {
                connection
                    .prepare_cached("DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < ?1 LIMIT ?2)")?
                    .execute(params![before.0, AT_ONCE])
            })?;
            if jobs + events == 0 {
                break;
            }
            removed.jobs += jobs;
            removed.events += events;
        }
        self.compact()?;
        Ok(removed)
    }
}

fn standing(connection: &Connection, id: JobId) -> Sql<Option<(Status, Option<String>)>> {
    let row = connection
        .prepare_cached("SELECT status, key FROM slice_queue WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))
        .optional()?;
    Ok(row.and_then(|(word, key)| Some((Status::of(&word)?, key))))
}

/// Whoever waits behind the one that left its key's line comes forward.
fn release(connection: &Connection, key: Option<String>) -> Sql<()> {
    match key {
        Some(key) if !super::claim::is_running(connection, &key)? => call_next(connection, &key),
        _ => Ok(()),
    }
}
