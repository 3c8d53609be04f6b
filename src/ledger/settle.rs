//! What happens to a claimed job: it is prolonged, done, given back, has failed, or its lease ends.
//!
//! Every write asks for the fencing token first: whoever slept through the end of a lease can't overwrite what the
//! next one does.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};

use super::failure::Sql;
use super::store::{Ledger, Points};
use super::time::Time;
use super::work::{Beat, Class, JobId, Lease, Written};
use crate::fault::Fault;
use crate::spec::lint::redact::redacted;

/// The pause after the first failure is at most this.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// No job is claimed more often, whatever its failures are called.
const MOST_ATTEMPTS: u32 = 100;

impl Ledger {
    /// Prolongs a lease to `lease` from now.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3), as for all that follow.
    pub fn heartbeat(&self, held: &Lease, lease: Duration) -> Result<Beat, Fault> {
        let (id, fence) = (held.job.id, held.fence);
        self.write(Points("ledger.heartbeat.before", "ledger.heartbeat.after"), move |connection, now| {
            let until = now.after(lease);
            let sql = "UPDATE slice_queue SET due = ?3 WHERE id = ?1 AND fence = ?2 AND status = 'running'
                RETURNING cancelling";
            let wanted: Option<bool> =
                connection.prepare_cached(sql)?.query_row(params![id, fence, until.0], |row| row.get(0)).optional()?;
            Ok(match wanted {
                None => Beat::Lost,
                Some(true) => Beat::Cancel(until),
                Some(false) => Beat::Until(until),
            })
        })
    }

    /// The job was done.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn ack(&self, held: &Lease) -> Result<Written, Fault> {
        self.settle(Points("ledger.ack.before", "ledger.ack.after"), held, Ending::Done)
    }

    /// Several jobs were done: one transaction, one flush to the disk.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn ack_all(&self, held: &[Lease]) -> Result<Vec<Written>, Fault> {
        let tokens: Vec<(JobId, i64)> = held.iter().map(|lease| (lease.job.id, lease.fence)).collect();
        self.write(Points("ledger.ack.before", "ledger.ack.after"), move |connection, now| {
            tokens.iter().map(|(id, fence)| settle(connection, now, *id, *fence, &Ending::Done)).collect()
        })
    }

    /// The attempt failed. What happens next is the class's business: again later, a dead letter, or a person's turn.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn fail(&self, held: &Lease, class: Class, cause: &str) -> Result<Written, Fault> {
        // Two machines that failed together must not come back together: anywhere between now and the bound.
        let chance = RandomState::new().hash_one((held.job.id, held.fence));
        let cause = redacted(cause).into_owned();
        self.settle(Points("ledger.fail.before", "ledger.fail.after"), held, Ending::Failed(class, cause, chance))
    }

    /// Gives a job back unharmed, because its worker has to end: the attempt does not count.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn release(&self, held: &Lease) -> Result<Written, Fault> {
        self.settle(Points("ledger.release.before", "ledger.release.after"), held, Ending::Released)
    }

    /// Ends a job early, because a heartbeat said that somebody wants so.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn give_up(&self, held: &Lease) -> Result<Written, Fault> {
        self.settle(Points("ledger.give-up.before", "ledger.give-up.after"), held, Ending::Cancelled)
    }

    /// Ends the leases that ran out by now, as the next claim would do too. How many.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3).
    pub fn expire(&self) -> Result<usize, Fault> {
        self.write(Points("ledger.expire.before", "ledger.expire.after"), |connection, now| {
            let out: Vec<JobId> = connection
                .prepare_cached("SELECT id FROM slice_queue WHERE lane = 2 AND due <= ?1 AND status = 'running'")?
                .query_map([now.0], |row| row.get(0))?
                .collect::<Sql<_>>()?;
            for id in &out {
                expire(connection, now, *id)?;
            }
            Ok(out.len())
        })
    }

    fn settle(&self, points: Points, held: &Lease, ending: Ending) -> Result<Written, Fault> {
        let (id, fence) = (held.job.id, held.fence);
        self.write(points, move |connection, now| settle(connection, now, id, fence, &ending))
    }
}

/// How an attempt ends.
enum Ending {
    Done,
    /// The class, the cause, and a number from the whole range by chance.
    Failed(Class, String, u64),
    Released,
    Cancelled,
    Expired,
}

impl Ending {
    /// The word of the table of attempts.
    fn word(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed(..) => "failed",
            Self::Released => "released",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// What a job is after an attempt.
struct After {
    status: &'static str,
    due: Option<Time>,
    attempts: u32,
    attempts_max: u32,
}

/// A lease that ran out ends as a failed attempt would, at once: the lease was the pause.
pub(super) fn expire(connection: &Connection, now: Time, id: JobId) -> Sql<()> {
    let fence =
        connection.prepare_cached("SELECT fence FROM slice_queue WHERE id = ?1")?.query_row([id], |row| row.get(0))?;
    settle(connection, now, id, fence, &Ending::Expired).map(|_| ())
}

fn settle(connection: &Connection, now: Time, id: JobId, fence: i64, ending: &Ending) -> Sql<Written> {
    let found: Option<(u32, u32, bool, Option<String>)> = connection
        .prepare_cached(
            "SELECT attempts, attempts_max, cancelling, key FROM slice_queue
             WHERE id = ?1 AND fence = ?2 AND status = 'running'",
        )?
        .query_row(params![id, fence], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((attempts, attempts_max, cancelling, key)) = found else { return Ok(Written::Lost) };
    let after = after(now, ending, attempts, attempts_max, cancelling);
    let (failure, cause) = match ending {
        Ending::Failed(class, cause, _) => (Some(class.word()), Some(cause.as_str())),
        Ending::Expired => (Some("transient"), Some("its worker was not heard of until the lease ended")),
        _ => (None, None),
    };
    connection
        .prepare_cached(
            "UPDATE slice_queue SET status = ?2, due = ?3, lane = CASE WHEN ?3 IS NULL THEN NULL ELSE 2 END,
                attempts = ?4, attempts_max = ?5, failure = ?6, cause = ?7, updated_at = ?8, cancelling = 0
             WHERE id = ?1",
        )?
        .execute(params![
            id,
            after.status,
            after.due.map(|due| due.0),
            after.attempts,
            after.attempts_max,
            failure,
            cause,
            now.sql()
        ])?;
    connection
        .prepare_cached(
            "UPDATE attempts SET ended = ?3, outcome = ?4, failure = ?5, cause = ?6 WHERE job = ?1 AND fence = ?2",
        )?
        .execute(params![id, fence, now.0, ending.word(), failure, cause])?;
    if after.due.is_some_and(|due| due <= now) {
        connection.prepare_cached("UPDATE slice_queue SET lane = 1 WHERE id = ?1")?.execute([id])?;
    }
    if let Some(key) = key {
        call_next(connection, &key)?;
    }
    Ok(Written::Done)
}

fn after(now: Time, ending: &Ending, attempts: u32, attempts_max: u32, cancelling: bool) -> After {
    let over = |status| After { status, due: None, attempts, attempts_max };
    let again = |due| After { status: "queued", due: Some(due), attempts, attempts_max };
    match ending {
        Ending::Done => over("done"),
        Ending::Cancelled => over("cancelled"),
        // Nothing begins again that somebody wants to end.
        _ if cancelling => over("cancelled"),
        Ending::Released => After { attempts: attempts.saturating_sub(1), ..again(now) },
        Ending::Failed(Class::Permanent, ..) => over("dead"),
        Ending::Failed(Class::Budget | Class::NeedsInput, ..) => over("held"),
        Ending::Failed(Class::Until(time), ..) if attempts < MOST_ATTEMPTS => {
            After { attempts_max: attempts_max.saturating_add(1), ..again((*time).max(now)) }
        }
        _ if attempts >= attempts_max.min(MOST_ATTEMPTS) => over("dead"),
        Ending::Failed(_, _, chance) => again(now.after(pause(attempts, *chance))),
        Ending::Expired => again(now),
    }
}

/// Full jitter: anywhere between nothing and a bound that doubles with each attempt.
#[must_use]
pub fn pause(attempts: u32, chance: u64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX));
    let bound = u64::try_from(doubled.min(LONGEST_PAUSE).as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(chance % (bound + 1))
}

/// A key became free: the best of each kind that waits behind it may be claimed again.
pub(super) fn call_next(connection: &Connection, key: &str) -> Sql<()> {
    let mut kind = String::new();
    let mut inclusive = true;
    loop {
        // Kind by kind through the index, so that a long line behind a key costs nothing.
        let sql = if inclusive {
            "SELECT kind, id FROM slice_queue WHERE lane = 3 AND key = ?1 AND kind >= ?2 ORDER BY kind, rank, id LIMIT 1"
        } else {
            "SELECT kind, id FROM slice_queue WHERE lane = 3 AND key = ?1 AND kind > ?2 ORDER BY kind, rank, id LIMIT 1"
        };
        let head: Option<(String, JobId)> = connection
            .prepare_cached(sql)?
            .query_row(params![key, kind], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((next, id)) = head else { return Ok(()) };
        connection.prepare_cached("UPDATE slice_queue SET lane = 1 WHERE id = ?1")?.execute([id])?;
        (kind, inclusive) = (next, false);
    }
}
