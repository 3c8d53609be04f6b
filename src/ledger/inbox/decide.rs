//! What people decide about deliveries: cancel, try again, remove what is old.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::claim::refresh;
use super::receive::queue;
use super::{DeliveryId, DeliveryState, PARTS};
use crate::fault::Fault;
use crate::ledger::failure::Sql;
use crate::ledger::store::{Ledger, Points};
use crate::ledger::time::Time;

/// A GUID is known for at least so long, whatever is asked for: GitHub sends a delivery again for up to three days, an
/// Enterprise Server for seven.
const WINDOW: Duration = Duration::from_secs(8 * 86_400);

/// Rows that are removed in one transaction, so that no delivery waits long for it.
const AT_ONCE: u32 = 200;

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryDecided {
    /// It holds now.
    Done,
    /// Its worker is told when it next prolongs its claim.
    Asked,
    /// The delivery stands so that there is nothing to decide.
    Not(DeliveryState),
    /// Its body is not kept any more: only GitHub can bring it back.
    Gone,
    /// There is no such delivery.
    Unknown,
}

/// What [`Ledger::collect_deliveries`] leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InboxKeep {
    /// Deliveries that are over and younger than this stay, and all that GitHub may send again.
    pub age: Duration,
    /// Bodies of deliveries that are over stay up to so many bytes in all, the youngest first.
    pub bytes: u64,
    /// Whether those that failed for good go too.
    pub failed_too: bool,
}

/// What [`Ledger::collect_deliveries`] removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// Deliveries with their bodies.
    pub deliveries: usize,
    /// Bodies of deliveries that stay known.
    pub bodies: usize,
}

impl Ledger {
    /// Takes a delivery back: at once while it waits, by asking its worker while it runs.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3), as for all that follow.
    pub fn cancel_delivery(&self, id: DeliveryId) -> Result<DeliveryDecided, Fault> {
        let points = Points("ledger.cancel-delivery.before", "ledger.cancel-delivery.after");
        self.write(points, move |connection, now| match standing(connection, id)? {
            None => Ok(DeliveryDecided::Unknown),
            Some((DeliveryState::Received | DeliveryState::Failed, _)) => {
                let sql = "UPDATE deliveries SET state = 'cancelled', due = NULL, settled = ?2 WHERE id = ?1";
                connection.prepare_cached(sql)?.execute(params![id, now.0])?;
                refresh(connection, id)?;
                Ok(DeliveryDecided::Done)
            }
            Some((DeliveryState::Running, _)) => {
                connection.prepare_cached("UPDATE deliveries SET cancelling = 1 WHERE id = ?1")?.execute([id])?;
                Ok(DeliveryDecided::Asked)
            }
            Some((over, _)) => Ok(DeliveryDecided::Not(over)),
        })
    }

    /// Lets a failed or cancelled delivery begin anew with all its attempts, also one that pauses.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn retry_delivery(&self, id: DeliveryId) -> Result<DeliveryDecided, Fault> {
        let points = Points("ledger.retry-delivery.before", "ledger.retry-delivery.after");
        self.write(points, move |connection, now| match standing(connection, id)? {
            None => Ok(DeliveryDecided::Unknown),
            Some((DeliveryState::Failed | DeliveryState::Cancelled, false)) => Ok(DeliveryDecided::Gone),
            Some((DeliveryState::Failed | DeliveryState::Cancelled, true)) => {
                let sql =
                    "UPDATE deliveries SET state = 'received', due = ?2, attempts = 0, failure = NULL, cause = NULL
                    WHERE id = ?1 RETURNING key";
                let key: String = connection.prepare_cached(sql)?.query_row(params![id, now.0], |row| row.get(0))?;
                queue(connection, &key, now)?;
                Ok(DeliveryDecided::Done)
            }
            Some((other, _)) => Ok(DeliveryDecided::Not(other)),
        })
    }

    /// Removes deliveries that are over, then bodies of those that stay. Their room is given back by
    /// [`Ledger::gc`].
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn collect_deliveries(&self, keep: InboxKeep) -> Result<Collected, Fault> {
        let age = i64::try_from(keep.age.max(WINDOW).as_millis()).unwrap_or(i64::MAX);
        let before = Time(self.now().0.saturating_sub(age));
        let mut collected = Collected::default();
        loop {
            let removed = self.write(POINTS, move |connection, _| remove(connection, before, keep.failed_too))?;
            if removed == 0 {
                break;
            }
            collected.deliveries += removed;
        }
        // The youngest that no longer fits, and all before it.
        let last: Option<DeliveryId> = self.read(|connection| {
            let sql = "SELECT max(id) FROM (SELECT id, sum(bytes) OVER (ORDER BY id DESC) AS total FROM deliveries
                WHERE kept AND state IN ('done', 'cancelled')) WHERE total > ?1";
            let bytes = i64::try_from(keep.bytes).unwrap_or(i64::MAX);
            connection.prepare_cached(sql)?.query_row([bytes], |row| row.get(0))
        })?;
        while let Some(last) = last {
            let removed = self.write(POINTS, move |connection, _| empty(connection, last))?;
            if removed == 0 {
                break;
            }
            collected.bodies += removed;
        }
        Ok(collected)
    }
}

const POINTS: Points = Points("ledger.collect.before", "ledger.collect.after");

fn standing(connection: &Connection, id: DeliveryId) -> Sql<Option<(DeliveryState, bool)>> {
    let found: Option<(String, bool)> = connection
        .prepare_cached("SELECT state, kept FROM deliveries WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.and_then(|(word, kept)| Some((DeliveryState::of(&word)?, kept))))
}

fn remove(connection: &Connection, before: Time, failed_too: bool) -> Sql<usize> {
    let sql = "SELECT id FROM deliveries WHERE received < ?1 AND due IS NULL AND state IN ('done', 'cancelled', ?2)
        LIMIT ?3";
    let third = if failed_too { "failed" } else { "done" };
    let ids = numbers(connection, sql, params![before.0, third, AT_ONCE])?;
    for id in &ids {
        forget(connection, *id)?;
        connection.prepare_cached("DELETE FROM deliveries WHERE id = ?1")?.execute([id])?;
    }
    if ids.is_empty() {
        let sql = "DELETE FROM delivery_turns WHERE due IS NULL AND running IS NULL
            AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.key = delivery_turns.key AND due IS NOT NULL)";
        connection.prepare_cached(sql)?.execute([])?;
    }
    Ok(ids.len())
}

fn empty(connection: &Connection, last: DeliveryId) -> Sql<usize> {
    let sql = "SELECT id FROM deliveries WHERE id <= ?1 AND kept AND state IN ('done', 'cancelled') LIMIT ?2";
    let ids = numbers(connection, sql, params![last, AT_ONCE])?;
    for id in &ids {
        forget(connection, *id)?;
        connection.prepare_cached("UPDATE deliveries SET kept = 0 WHERE id = ?1")?.execute([id])?;
    }
    Ok(ids.len())
}

fn numbers(connection: &Connection, sql: &str, values: impl rusqlite::Params) -> Sql<Vec<DeliveryId>> {
    connection.prepare_cached(sql)?.query_map(values, |row| row.get(0))?.collect()
}

fn forget(connection: &Connection, id: DeliveryId) -> Sql<()> {
    connection
        .prepare_cached("DELETE FROM delivery_parts WHERE id >= ?1 AND id < ?2")?
        .execute(params![id * PARTS, (id + 1) * PARTS])?;
    Ok(())
}
