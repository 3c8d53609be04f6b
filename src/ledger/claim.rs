//! Ordering work and claiming it: what may run next, and for whom.
//!
//! A job that may run stands in lane 1, ordered by rank; one that sleeps until a moment or is leased stands in lane 2,
//! ordered by that moment; one whose key is taken stands in lane 3. So a claim reads the head of an index however
//! many wait, and never passes a row twice.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::failure::Sql;
use super::list::{COLUMNS, job};
use super::settle::expire;
use super::store::{Ledger, Points};
use super::time::Time;
use super::work::{AGEING, Enqueued, JobId, Lease, Work};
use crate::fault::Fault;

/// How many sleepers a claim wakes at most, so that no claim pays for all.
const WAKES: u32 = 500;

impl Ledger {
    /// Orders work.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3); nothing is ordered then.
    pub fn enqueue(&self, work: Work) -> Result<Enqueued, Fault> {
        self.write(Points("ledger.enqueue.before", "ledger.enqueue.after"), move |connection, now| {
            enqueue(connection, now, &work)
        })
    }

    /// Orders several in one transaction: all or none.
    ///
    /// # Errors
    /// As [`enqueue`](Self::enqueue).
    pub fn enqueue_all(&self, works: Vec<Work>) -> Result<Vec<Enqueued>, Fault> {
        self.write(Points("ledger.enqueue.before", "ledger.enqueue.after"), move |connection, now| {
            works.iter().map(|work| enqueue(connection, now, work)).collect()
        })
    }

    /// Claims the next job of these kinds for a time; none when nothing may run now.
    ///
    /// # Errors
    /// When the ledger can't be written (exit 3); nothing is claimed then.
    pub fn claim(&self, worker: &str, kinds: &[&str], lease: Duration) -> Result<Option<Lease>, Fault> {
        Ok(self.claim_up_to(1, worker, kinds, lease)?.pop())
    }

    /// Claims up to `most` jobs in one transaction, the next one first.
    ///
    /// # Errors
    /// As [`claim`](Self::claim).
    pub fn claim_up_to(&self, most: usize, worker: &str, kinds: &[&str], lease: Duration) -> Result<Vec<Lease>, Fault> {
        let worker = worker.to_owned();
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        self.write(Points("ledger.claim.before", "ledger.claim.after"), move |connection, now| {
            wake(connection, now)?;
            let mut leases = Vec::new();
            while leases.len() < most {
                let Some(id) = next(connection, &kinds)? else { break };
                leases.push(take(connection, now, id, &worker, lease)?);
            }
            Ok(leases)
        })
    }

    /// When the next job of these kinds wakes up or its lease ends; none when nothing sleeps. A worker that found
    /// nothing need not ask before.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn next_due(&self, kinds: &[&str]) -> Result<Option<Time>, Fault> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT kind, due FROM slice_queue WHERE lane = 2 ORDER BY due")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                if kinds.contains(&row.get_ref(0)?.as_str().unwrap_or_default()) {
                    return Ok(row.get::<_, Option<i64>>(1)?.map(Time));
                }
            }
            Ok(None)
        })
    }
}

fn enqueue(connection: &Connection, now: Time, work: &Work) -> Sql<Enqueued> {
    if let Some(once) = &work.idempotency_key {
        let sql = "SELECT id FROM slice_queue WHERE idempotency_key = ?1";
        let first = connection.prepare_cached(sql)?.query_row([once], |row| row.get(0)).optional()?;
        if let Some(id) = first {
            return Ok(Enqueued { id, is_new: false });
        }
    }
    let due = work.not_before.unwrap_or(now).max(now);
    let lane = match &work.key {
        _ if due > now => 2,
        Some(key) if is_running(connection, key)? => 3,
        _ => 1,
    };
    let written = now.sql();
    connection
        .prepare_cached(
            "INSERT INTO slice_queue (slice_id, version, platform, priority, created_at, updated_at, kind, key,
                idempotency_key, payload, due, lane, rank, attempts_max)
             VALUES (:slice, :version, :platform, :priority, :now, :now, :kind, :key, :once, :payload, :due, :lane,
                :rank, :attempts)",
        )?
        .execute(named_params! {
            ":slice": work.slice, ":version": work.version, ":platform": work.platform, ":priority": work.priority,
            ":now": written, ":kind": work.kind, ":key": work.key, ":once": work.idempotency_key,
            ":payload": work.payload.to_string(), ":due": due.0, ":lane": lane, ":rank": rank(due, work.priority),
            ":attempts": work.attempts.max(1),
        })?;
    Ok(Enqueued { id: connection.last_insert_rowid(), is_new: true })
}

/// The order among those that may run: by arrival, with a lead for priority that waiting makes up for.
pub(super) fn rank(due: Time, priority: i32) -> i64 {
    let lead = i64::try_from(AGEING.as_millis()).unwrap_or(i64::MAX);
    due.0.saturating_sub(lead.saturating_mul(i64::from(priority)))
}

pub(super) fn is_running(connection: &Connection, key: &str) -> Sql<bool> {
    connection.prepare_cached("SELECT 1 FROM slice_queue WHERE key = ?1 AND status = 'running'")?.exists([key])
}

/// Brings those whose moment has come into the first lane, and ends leases that nobody prolonged.
pub(super) fn wake(connection: &Connection, now: Time) -> Sql<()> {
    let sleepers: Vec<(JobId, bool)> = connection
        .prepare_cached(
            "SELECT id, status = 'running' FROM slice_queue WHERE lane = 2 AND due <= ?1 ORDER BY due LIMIT ?2",
        )?
        .query_map(params![now.0, WAKES], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Sql<_>>()?;
    for (id, is_leased) in sleepers {
        if is_leased {
            expire(connection, now, id)?;
        } else {
            // A row that another program wrote has no rank yet.
            connection
                .prepare_cached(
                    "UPDATE slice_queue SET lane = 1, rank = COALESCE(rank,
                        COALESCE(unixepoch(created_at), 0) * 1000 - priority * ?2) WHERE id = ?1",
                )?
                .execute(params![id, i64::try_from(AGEING.as_millis()).unwrap_or(i64::MAX)])?;
        }
    }
    Ok(())
}

/// The best one of the kinds whose key is free. All that wait on a key that is taken leave the lane at once.
fn next(connection: &Connection, kinds: &[String]) -> Sql<Option<JobId>> {
    loop {
        let mut best: Option<(i64, JobId, Option<String>)> = None;
        for kind in kinds {
            let head = connection
                .prepare_cached(
                    "SELECT rank, id, key FROM slice_queue WHERE lane = 1 AND kind = ?1 ORDER BY rank, id LIMIT 1",
                )?
                .query_row([kind], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()?;
            if let Some(head) = head
                && best.as_ref().is_none_or(|best| (head.0, head.1) < (best.0, best.1))
            {
                best = Some(head);
            }
        }
        match best {
            None => return Ok(None),
            Some((_, _, Some(key))) if is_running(connection, &key)? => {
                connection
                    .prepare_cached("UPDATE slice_queue SET lane = 3 WHERE lane = 1 AND key = ?1")?
                    .execute([key])?;
            }
            Some((_, id, _)) => return Ok(Some(id)),
        }
    }
}

/// The attempt is counted now, so that work which kills whoever does it comes to an end.
fn take(connection: &Connection, now: Time, id: JobId, worker: &str, lease: Duration) -> Sql<Lease> {
    let until = now.after(lease);
    let sql =
        "UPDATE slice_queue SET status = 'running', lane = 2, due = ?2, fence = fence + 1, attempts = attempts + 1,
            worker = ?3, updated_at = ?4 WHERE id = ?1 RETURNING ";
    let taken = connection
        .prepare_cached(&format!("{sql}{COLUMNS}"))?
        .query_row(params![id, until.0, worker, now.sql()], job)?;
    connection
        .prepare_cached("INSERT INTO attempts (job, number, fence, worker, started) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![id, taken.attempts, taken.fence, worker, now.0])?;
    Ok(Lease { fence: taken.fence, job: taken, until })
}
