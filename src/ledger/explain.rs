//! Why a job is not running, as values: whoever prints them finds the words.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use super::list::one;
use super::store::Ledger;
use super::time::Time;
use super::work::{Job, JobId, Status};
use crate::fault::Fault;

/// One reason why a job is not running, or what it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum Reason {
    /// It waits for a moment: ordered for then, or pausing after a failure.
    Waits {
        /// That moment.
        until: Time,
        /// What failed before.
        cause: Option<String>,
    },
    /// Another one of its key runs.
    KeyTaken {
        /// The key.
        key: String,
        /// That job.
        by: JobId,
    },
    /// So many of its kind go first.
    Behind {
        /// How many.
        jobs: i64,
    },
    /// The next worker that can do its kind takes it.
    Next,
    /// It runs.
    Leased {
        /// Whose it is.
        worker: String,
        /// Until when, should nothing be heard of that worker.
        until: Time,
        /// Whether somebody wants it to end early.
        cancelling: bool,
    },
    /// Its lease ran out: the next worker takes it over.
    LeaseEnded {
        /// Whose it was.
        worker: String,
        /// When it ended.
        at: Time,
    },
    /// It is over, or waits for a person.
    Over {
        /// How it stands.
        status: Status,
        /// The class of the last failure.
        failure: Option<String>,
        /// Its words.
        cause: Option<String>,
        /// How often it was tried.
        attempts: u32,
    },
}

impl Ledger {
    /// A job with the reasons why it is not running; none when there is no such job.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn explain(&self, id: JobId) -> Result<Option<(Job, Vec<Reason>)>, Fault> {
        let now = self.now();
        let Some(job) = self.read(|connection| one(connection, id))? else { return Ok(None) };
        let due = job.due.unwrap_or(now);
        let worker = job.worker.clone().unwrap_or_default();
        let reasons = match job.status {
            Status::Running if due <= now => vec![Reason::LeaseEnded { worker, at: due }],
            Status::Running => vec![Reason::Leased { worker, until: due, cancelling: job.cancelling }],
            Status::Queued => self.waits(&job, due, now)?,
            status => vec![Reason::Over {
                status,
                failure: job.failure.clone(),
                cause: job.cause.clone(),
                attempts: job.attempts,
            }],
        };
        Ok(Some((job, reasons)))
    }

    fn waits(&self, job: &Job, due: Time, now: Time) -> Result<Vec<Reason>, Fault> {
        let mut reasons = Vec::new();
        if due > now {
            reasons.push(Reason::Waits { until: due, cause: job.cause.clone() });
        }
        let (taken, ahead) = self.read(|connection| {
            let taken: Option<JobId> = connection
                .prepare_cached("SELECT id FROM slice_queue WHERE key = ?1 AND status = 'running'")?
                .query_row([&job.work.key], |row| row.get(0))
                .optional()?;
            let ahead: i64 = connection
                .prepare_cached(
                    "SELECT count(*) FROM slice_queue AS other, slice_queue AS this
                     WHERE this.id = ?1 AND other.kind = this.kind AND other.status = 'queued' AND other.due <= ?2
                        AND (other.rank, other.id) < (this.rank, this.id)",
                )?
                .query_row(params![job.id, now.0], |row| row.get(0))?;
            Ok((taken, ahead))
        })?;
        if let (Some(by), Some(key)) = (taken, job.work.key.clone()) {
            reasons.push(Reason::KeyTaken { key, by });
        }
        if ahead > 0 && due <= now {
            reasons.push(Reason::Behind { jobs: ahead });
        }
        if reasons.is_empty() {
            reasons.push(Reason::Next);
        }
        Ok(reasons)
    }
}
