//! Reading the queue: single jobs, lists by what people ask for, and how many there are of each.

use std::collections::BTreeMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};

use super::failure::Sql;
use super::store::Ledger;
use super::time::Time;
use super::work::{Job, JobId, Status, Work};
use crate::fault::Fault;

/// What [`job`] reads, in its order.
pub(super) const COLUMNS: &str = "id, kind, key, idempotency_key, slice_id, version, platform, priority, payload, \
    attempts_max, status, created_at, updated_at, due, attempts, fence, worker, cancelling, failure, cause";

/// What a list of jobs is narrowed to; an empty one is all, newest first.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only these.
    pub statuses: Vec<Status>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only about this slice.
    pub slice: Option<String>,
    /// Only with smaller numbers: the next page begins below the last one of this.
    pub before: Option<JobId>,
    /// At most so many; all when none.
    pub limit: Option<u32>,
}

/// One attempt of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which one, from 1; those given back do not count.
    pub number: u32,
    /// Its fencing token.
    pub fence: i64,
    /// Who made it.
    pub worker: String,
    /// When it began.
    pub started: Time,
    /// When it ended; none while it runs.
    pub ended: Option<Time>,
    /// `done`, `failed`, `expired`, `released` or `cancelled`; none while it runs.
    pub outcome: Option<String>,
    /// Why it failed: the class.
    pub failure: Option<String>,
    /// Why it failed, in words.
    pub cause: Option<String>,
}

impl Ledger {
    /// One job.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3), as for all that follow.
    pub fn job(&self, id: JobId) -> Result<Option<Job>, Fault> {
        self.read(|connection| one(connection, id))
    }

    /// Jobs, newest first.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn jobs(&self, filter: &Filter) -> Result<Vec<Job>, Fault> {
        let mut sql = format!("SELECT {COLUMNS} FROM slice_queue WHERE 1");
        let mut values: Vec<Value> = Vec::new();
        let marks = vec!["?"; filter.statuses.len()].join(", ");
        if !filter.statuses.is_empty() {
            sql.push_str(&format!(" AND status IN ({marks})"));
            values.extend(filter.statuses.iter().map(|status| Value::from(status.word().to_owned())));
        }
        for (column, wanted) in [("kind", &filter.kind), ("slice_id", &filter.slice)] {
            if let Some(wanted) = wanted {
                sql.push_str(&format!(" AND {column} = ?"));
                values.push(wanted.clone().into());
            }
        }
        if let Some(before) = filter.before {
            sql.push_str(" AND id < ?");
            values.push(before.into());
        }
        sql.push_str(" ORDER BY id DESC LIMIT ?");
        values.push(filter.limit.map_or(-1, i64::from).into());
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(params_from_iter(values), job)?.collect()
        })
    }

    /// How many jobs there are of each status.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn counts(&self) -> Result<BTreeMap<&'static str, i64>, Fault> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT status, count(*) FROM slice_queue GROUP BY status")?;
            let found: BTreeMap<String, i64> =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Sql<_>>()?;
            let count = |status: Status| (status.word(), found.get(status.word()).copied().unwrap_or(0));
            Ok(Status::ALL.into_iter().map(count).collect())
        })
    }

    /// The same, but no status is counted beyond `most`: what a page shows may not take longer the longer the queue is.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn counts_up_to(&self, most: u32) -> Result<Vec<(Status, u32)>, Fault> {
        self.read(|connection| {
            let sql = "SELECT count(*) FROM (SELECT 1 FROM slice_queue WHERE status = ?1 LIMIT ?2)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut count =
                |status: Status| Ok((status, statement.query_row((status.word(), most), |row| row.get(0))?));
            Status::ALL.into_iter().map(&mut count).collect()
        })
    }

    /// What was tried on a job, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn attempts(&self, id: JobId) -> Result<Vec<Attempt>, Fault> {
        self.read(|connection| {
            let sql = "SELECT number, fence, worker, started, ended, outcome, failure, cause FROM attempts
                WHERE job = ?1 ORDER BY fence";
            let mut statement = connection.prepare_cached(sql)?;
            let attempt = |row: &Row<'_>| {
                Ok(Attempt {
                    number: row.get(0)?,
                    fence: row.get(1)?,
                    worker: row.get(2)?,
                    started: Time(row.get(3)?),
                    ended: row.get::<_, Option<i64>>(4)?.map(Time),
                    outcome: row.get(5)?,
                    failure: row.get(6)?,
                    cause: row.get(7)?,
                })
            };
            statement.query_map([id], attempt)?.collect()
        })
    }
}

pub(super) fn one(connection: &Connection, id: JobId) -> Sql<Option<Job>> {
    let sql = format!("SELECT {COLUMNS} FROM slice_queue WHERE id = ?1");
    connection.prepare_cached(&sql)?.query_row([id], job).optional()
}

/// The job of a row with [`COLUMNS`].
pub(super) fn job(row: &Row<'_>) -> Sql<Job> {
    let payload: String = row.get(8)?;
    let status: String = row.get(10)?;
    let due = row.get::<_, Option<i64>>(13)?.map(Time);
    Ok(Job {
        id: row.get(0)?,
        work: Work {
            kind: row.get(1)?,
            key: row.get(2)?,
            idempotency_key: row.get(3)?,
            slice: row.get(4)?,
            version: row.get(5)?,
            platform: row.get(6)?,
            // Another program may have written a number that vso would not.
            priority: i32::try_from(row.get::<_, i64>(7)?).unwrap_or_default(),
            not_before: None,
            payload: serde_json::from_str(&payload).unwrap_or(serde_json::Value::Null),
            attempts: row.get(9)?,
        },
        status: Status::of(&status).unwrap_or(Status::Held),
        created: row.get(11)?,
        updated: row.get(12)?,
        due,
        attempts: row.get(14)?,
        fence: row.get(15)?,
        worker: row.get(16)?,
        cancelling: row.get(17)?,
        failure: row.get(18)?,
        cause: row.get(19)?,
    })
}
