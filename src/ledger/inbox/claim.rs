//! Working on deliveries: claimed by turns, prolonged, settled. Every write shows the fencing token of its claim.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::list::{COLUMNS, delivery};
use super::{Delivery, DeliveryId};
use crate::fault::Fault;
use crate::ledger::failure::Sql;
use crate::ledger::settle::pause;
use crate::ledger::store::{Ledger, Points};
use crate::ledger::time::Time;
use crate::ledger::work::{Beat, Class, Written};
use crate::spec::lint::redact::redacted;

/// Leases that ran out and are ended by one claim at most.
const ENDED: u32 = 100;

/// No delivery is claimed more often, whatever its failures are called.
const MOST_ATTEMPTS: u32 = 100;

/// A delivery whose servers were killed has no more attempts than this.
const MOST_KILLED: u32 = 20;

/// A claimed delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The delivery as it was claimed.
    pub delivery: Delivery,
    /// The fencing token of this claim.
    pub fence: i64,
    /// Until when it is held.
    pub until: Time,
}

/// How work on a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Its effect is there.
    Done,
    /// The same, with what was done in words.
    Did(String),
    /// It failed: what kind of failure, and its words.
    Failed(Class, String),
    /// Its worker has to end; the attempt does not count.
    Released,
    /// Somebody wanted it to end early, and it did.
    Cancelled,
}

impl Ledger {
    /// Claims the next delivery: of the repository that was served longest ago, the one that came first. None while
    /// every repository with something to do is being worked on.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3), as for all that follow.
    pub fn claim_delivery(&self, worker: &str, lease: Duration) -> Result<Option<Claimed>, Fault> {
        let worker = worker.to_owned();
        self.write(Points("ledger.turn.before", "ledger.turn.after"), move |connection, now| {
            expire(connection, now)?;
            let Some((key, id)) = next(connection, now)? else { return Ok(None) };
            take(connection, now, &key, id, &worker, lease).map(Some)
        })
    }

    /// When the next delivery is due or a lease ends; none when nothing waits and nothing runs. Due moments of
    /// repositories that are being worked on do not count.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn next_delivery_due(&self) -> Result<Option<Time>, Fault> {
        self.read(|connection| {
            let sql = "SELECT min(CASE WHEN running IS NULL THEN due ELSE until END) FROM delivery_turns";
            Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, Option<i64>>(0))?.map(Time))
        })
    }

    /// Prolongs a claim to `lease` from now.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn prolong_delivery(&self, held: &Claimed, lease: Duration) -> Result<Beat, Fault> {
        let (id, fence) = (held.delivery.id, held.fence);
        self.write(Points("ledger.prolong-delivery.before", "ledger.prolong-delivery.after"), move |connection, now| {
            let sql = "SELECT cancelling FROM deliveries WHERE id = ?1 AND fence = ?2 AND state = 'running'";
            let wanted: Option<bool> =
                connection.prepare_cached(sql)?.query_row(params![id, fence], |row| row.get(0)).optional()?;
            let Some(cancelling) = wanted else { return Ok(Beat::Lost) };
            let until = now.after(lease);
            connection
                .prepare_cached("UPDATE delivery_turns SET until = ?2 WHERE running = ?1")?
                .execute(params![id, until.0])?;
            Ok(if cancelling { Beat::Cancel(until) } else { Beat::Until(until) })
        })
    }

    /// Ends all claims at once: whoever held them is gone, because whoever asks is the only server of this ledger. A server
    /// can be killed for reasons of its own, so up to `MOST_KILLED` such attempts are given back; a delivery that kills
    /// every server comes to an end all the same. How many claims there were.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn orphan_deliveries(&self) -> Result<usize, Fault> {
        self.write(Points("ledger.orphan.before", "ledger.orphan.after"), move |connection, now| {
            let sql = "UPDATE deliveries SET attempts_max = attempts_max + 1
                WHERE state = 'running' AND attempts_max < ?1 AND id IN (SELECT running FROM delivery_turns)";
            connection.prepare_cached(sql)?.execute([MOST_KILLED])?;
            let sql = "UPDATE delivery_turns SET until = ?1 WHERE running IS NOT NULL AND until > ?1";
            connection.prepare_cached(sql)?.execute([now.0])
        })
    }

    /// Says how the work ended; its repository's next delivery may be claimed then.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn settle_delivery(&self, held: &Claimed, ending: Ending) -> Result<Written, Fault> {
        let (id, fence) = (held.delivery.id, held.fence);
        let ending = match ending {
            Ending::Failed(class, cause) => Ending::Failed(class, redacted(&cause).into_owned()),
            Ending::Did(words) => Ending::Did(redacted(&words).into_owned()),
            other => other,
        };
        self.write(Points("ledger.settle-delivery.before", "ledger.settle-delivery.after"), move |connection, now| {
            settle(connection, now, id, fence, &ending)
        })
    }
}

/// Ends the claims whose lease ran out as failures that may go away.
fn expire(connection: &Connection, now: Time) -> Sql<()> {
    let sql = "SELECT running, (SELECT fence FROM deliveries WHERE id = running) FROM delivery_turns
        WHERE running IS NOT NULL AND until <= ?1 ORDER BY until LIMIT ?2";
    let out: Vec<(DeliveryId, i64)> = connection
        .prepare_cached(sql)?
        .query_map(params![now.0, ENDED], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Sql<_>>()?;
    for (id, fence) in out {
        let cause = "its worker was not heard of until the lease ended".to_owned();
        // The lease was the pause.
        settle(connection, now, id, fence, &Ending::Failed(Class::Transient, cause))?;
        connection
            .prepare_cached("UPDATE deliveries SET due = min(due, ?2) WHERE id = ?1 AND due IS NOT NULL")?
            .execute(params![id, now.0])?;
        refresh(connection, id)?;
    }
    Ok(())
}

fn next(connection: &Connection, now: Time) -> Sql<Option<(String, DeliveryId)>> {
    let key = "SELECT key FROM delivery_turns WHERE due IS NOT NULL AND running IS NULL AND due <= ?1
        ORDER BY turn, key LIMIT 1";
    let Some(key): Option<String> = connection.prepare_cached(key)?.query_row([now.0], |row| row.get(0)).optional()?
    else {
        return Ok(None);
    };
    let id = "SELECT id FROM deliveries WHERE key = ?1 AND due IS NOT NULL AND due <= ?2 ORDER BY due, id LIMIT 1";
    let id = connection.prepare_cached(id)?.query_row(params![key, now.0], |row| row.get(0)).optional()?;
    Ok(id.map(|id| (key, id)))
}

fn take(connection: &Connection, now: Time, key: &str, id: DeliveryId, worker: &str, lease: Duration) -> Sql<Claimed> {
    let until = now.after(lease);
    // Counted now, so that a delivery which kills whoever works on it comes to an end.
    let sql = "UPDATE deliveries SET state = 'running', due = NULL, fence = fence + 1, attempts = attempts + 1,
        worker = ?2, cancelling = 0 WHERE id = ?1 RETURNING ";
    let taken = connection.prepare_cached(&format!("{sql}{COLUMNS}"))?.query_row(params![id, worker], delivery)?;
    connection
        .prepare_cached(
            "UPDATE delivery_turns SET running = ?2, until = ?3,
                turn = (SELECT max(turn) FROM delivery_turns) + 1 WHERE key = ?1",
        )?
        .execute(params![key, id, until.0])?;
    Ok(Claimed { fence: taken.fence, delivery: taken, until })
}

fn settle(connection: &Connection, now: Time, id: DeliveryId, fence: i64, ending: &Ending) -> Sql<Written> {
    let sql = "SELECT attempts, attempts_max, cancelling FROM deliveries
        WHERE id = ?1 AND fence = ?2 AND state = 'running'";
    let found: Option<(u32, u32, bool)> = connection
        .prepare_cached(sql)?
        .query_row(params![id, fence], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((attempts, most, cancelling)) = found else { return Ok(Written::Lost) };
    let chance = RandomState::new().hash_one((id, fence));
    let (state, due, attempts, most) = after(now, ending, attempts, most, cancelling, chance);
    let (failure, cause) = match ending {
        Ending::Failed(class, cause) => (Some(class.word()), Some(cause.as_str())),
        Ending::Did(words) => (None, Some(words.as_str())),
        _ => (None, None),
    };
    connection
        .prepare_cached(
            "UPDATE deliveries SET state = ?2, due = ?3, attempts = ?4, attempts_max = ?5, failure = ?6, cause = ?7,
                settled = ?8, cancelling = 0 WHERE id = ?1",
        )?
        .execute(params![id, state, due.map(|due| due.0), attempts, most, failure, cause, now.0])?;
    connection
        .prepare_cached("UPDATE delivery_turns SET running = NULL, until = NULL WHERE running = ?1")?
        .execute([id])?;
    refresh(connection, id)?;
    Ok(Written::Done)
}

/// Its state, when it is due, its attempts and how many it may have.
fn after(
    now: Time,
    ending: &Ending,
    attempts: u32,
    most: u32,
    cancelling: bool,
    chance: u64,
) -> (&'static str, Option<Time>, u32, u32) {
    match ending {
        Ending::Done | Ending::Did(_) => ("done", None, attempts, most),
        Ending::Cancelled => ("cancelled", None, attempts, most),
        // Nothing begins again that somebody wants to end.
        _ if cancelling => ("cancelled", None, attempts, most),
        Ending::Released => ("received", Some(now), attempts.saturating_sub(1), most),
        Ending::Failed(Class::Until(time), _) if attempts < MOST_ATTEMPTS => {
            ("failed", Some((*time).max(now)), attempts, most.saturating_add(1))
        }
        Ending::Failed(Class::Transient, _) if attempts < most.min(MOST_ATTEMPTS) => {
            ("failed", Some(now.after(pause(attempts, chance))), attempts, most)
        }
        Ending::Failed(..) => ("failed", None, attempts, most),
    }
}

/// Writes down anew when something of a delivery's key is due.
pub(super) fn refresh(connection: &Connection, id: DeliveryId) -> Sql<()> {
    let sql = "UPDATE delivery_turns SET due = (SELECT min(other.due) FROM deliveries AS other
            WHERE other.key = delivery_turns.key AND other.due IS NOT NULL)
        WHERE key = (SELECT key FROM deliveries WHERE id = ?1)";
    connection.prepare_cached(sql)?.execute([id])?;
    Ok(())
}
