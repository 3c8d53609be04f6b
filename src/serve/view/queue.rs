//! The queue: jobs with how they stand, and one job with why it does not run and what was tried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::project::Project;
use crate::fault::Fault;
use crate::ledger::{Filter, Job, JobId, Reason, Status};

/// Rows on one page.
const PAGE: u32 = 50;
/// Counting stops here: nobody waits for the exact length of a long queue.
const COUNTED: u32 = 10_000;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct QueueQuery {
    /// Only those that stand so: `queued`, `running`, `done`, `held`, `dead` or `cancelled`.
    pub status: String,
    /// Only of this kind.
    pub kind: String,
    /// Only about this slice.
    pub slice: String,
    /// Only with smaller numbers.
    pub before: Option<JobId>,
}

/// One job in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobRow {
    /// Its number.
    pub id: JobId,
    /// What kind of work it is.
    pub kind: String,
    /// How it stands.
    pub status: Status,
    /// The slice that it is about; empty for the whole project.
    pub slice: String,
    /// How often it was claimed, and how often it may be.
    pub attempts: (u32, u32),
    /// When it was ordered (UTC).
    pub created: String,
    /// When anything about it changed last (UTC).
    pub updated: String,
    /// Why it failed last.
    pub cause: Option<String>,
    /// Whether trying again means something.
    pub can_retry: bool,
    /// Whether it can be taken back.
    pub can_cancel: bool,
}

impl JobRow {
    fn of(job: &Job) -> Self {
        Self {
            id: job.id,
            kind: job.work.kind.clone(),
            status: job.status,
            slice: job.work.slice.clone(),
            attempts: (job.attempts, job.work.attempts),
            created: job.created.clone(),
            updated: job.updated.clone(),
            cause: job.cause.clone(),
            can_retry: matches!(job.status, Status::Dead | Status::Held | Status::Cancelled),
            can_cancel: matches!(job.status, Status::Queued | Status::Held | Status::Running) && !job.cancelling,
        }
    }
}

/// The list, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Queue {
    /// How many there are of each status; more than 10,000 are not counted on.
    pub counts: Vec<(String, u32)>,
    /// The rows of this page.
    pub jobs: Vec<JobRow>,
    /// The number below which the next page begins.
    pub next: Option<JobId>,
}

/// An attempt of a job.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AttemptRow {
    /// Which one, from 1.
    pub number: u32,
    /// Who made it.
    pub worker: String,
    /// When it began (RFC 3339).
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// `done`, `failed`, `expired`, `released` or `cancelled`.
    pub outcome: Option<String>,
    /// Why it failed: the class.
    pub failure: Option<String>,
    /// Why it failed, in words.
    pub cause: Option<String>,
}

/// One job.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobPage {
    /// As in the list.
    #[serde(flatten)]
    pub row: JobRow,
    /// Work of one key never runs at the same time.
    pub key: Option<String>,
    /// Its priority.
    pub priority: i32,
    /// Why it is not running, or what it is doing.
    pub reasons: Vec<Reason>,
    /// The same in words.
    pub reason_words: Vec<String>,
    /// What was tried, oldest first.
    pub attempts_made: Vec<AttemptRow>,
    /// What whoever does it is told.
    pub payload: serde_json::Value,
}

/// Gathers the list.
///
/// # Errors
/// When the ledger can't be read (exit 3).
pub fn queue(project: &Project, query: &QueueQuery) -> Result<Queue, Fault> {
    let ledger = project.ledger();
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let filter = Filter {
        statuses: Status::of(&query.status).into_iter().collect(),
        kind: some(&query.kind),
        slice: some(&query.slice),
        before: query.before,
        limit: Some(PAGE + 1),
    };
    let mut jobs = ledger.jobs(&filter)?;
    let more = jobs.len() > PAGE as usize;
    jobs.truncate(PAGE as usize);
    let counts = ledger.counts_up_to(COUNTED)?;
    Ok(Queue {
        counts: counts.into_iter().map(|(status, count)| (status.word().to_owned(), count)).collect(),
        next: jobs.last().map(|job| job.id).filter(|_| more),
        jobs: jobs.iter().map(JobRow::of).collect(),
    })
}

/// Gathers one; none when there is no such job.
///
/// # Errors
/// When the ledger can't be read (exit 3).
pub fn job(project: &Project, id: JobId) -> Result<Option<JobPage>, Fault> {
    let ledger = project.ledger();
    let Some((job, reasons)) = ledger.explain(id)? else { return Ok(None) };
    let attempts = ledger.attempts(id)?.into_iter().map(|attempt| AttemptRow {
        number: attempt.number,
        worker: attempt.worker,
        started: attempt.started.to_string(),
        ended: attempt.ended.map(|time| time.to_string()),
        outcome: attempt.outcome,
        failure: attempt.failure,
        cause: attempt.cause,
    });
    Ok(Some(JobPage {
        row: JobRow::of(&job),
        key: job.work.key.clone(),
        priority: job.work.priority,
        reason_words: reasons.iter().map(words).collect(),
        reasons,
        attempts_made: attempts.collect(),
        payload: job.work.payload,
    }))
}

fn words(reason: &Reason) -> String {
    let because = |cause: &Option<String>| cause.as_deref().map(|cause| format!(" ({cause})")).unwrap_or_default();
    match reason {
        Reason::Waits { until, cause } => format!("It waits until {until}{}.", because(cause)),
        Reason::KeyTaken { key, by } => format!("Job {by} of the same key, {key}, runs."),
        Reason::Behind { jobs: 1 } => "One other job of its kind goes first.".to_owned(),
        Reason::Behind { jobs } => format!("{jobs} other jobs of its kind go first."),
        Reason::Next => "The next worker that can do its kind takes it.".to_owned(),
        Reason::Leased { worker, until, cancelling } => {
            let ends = if *cancelling { " Its worker was asked to end it." } else { "" };
            format!("It runs: {worker} holds it until {until}.{ends}")
        }
        Reason::LeaseEnded { worker, at } => {
            format!("Nothing was heard of {worker} since {at}: the next worker takes it over.")
        }
        Reason::Over { status, cause, attempts, .. } => {
            let times = if *attempts == 1 { "once".to_owned() } else { format!("{attempts} times") };
            format!("It is {status} after being tried {times}{}.", because(cause))
        }
    }
}
