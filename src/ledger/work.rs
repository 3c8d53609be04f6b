//! What the queue speaks of: work that is ordered, jobs that come of it, and how an attempt fails.

use std::fmt;

use serde::Serialize;

use super::time::Time;

/// One point of priority lets work go before other work that came up to this much earlier: ten minutes.
pub const AGEING: std::time::Duration = std::time::Duration::from_secs(600);

/// A job's number.
pub type JobId = i64;

/// What is to be done; [`Ledger::enqueue`](super::Ledger::enqueue) makes a job of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// What kind of work it is: who claims names the kinds that it can do.
    pub kind: String,
    /// Work with the same key never runs at the same time.
    pub key: Option<String>,
    /// A second order with the same idempotency key is the first one.
    pub idempotency_key: Option<String>,
    /// The slice that it is about; empty when it is about the whole project.
    pub slice: String,
    /// The slice's version; empty where that means nothing.
    pub version: String,
    /// `hetzner` or `modal`.
    pub platform: String,
    /// Higher goes first; one point weighs as much as [`AGEING`] of waiting.
    pub priority: i32,
    /// Not before this moment.
    pub not_before: Option<Time>,
    /// All else that whoever does it has to know.
    pub payload: serde_json::Value,
    /// How many claims it is worth before it is a dead letter; at least 1.
    pub attempts: u32,
}

impl Work {
    /// Work of a kind on the whole project, without a key, worth five attempts.
    pub fn new(kind: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            key: None,
            idempotency_key: None,
            slice: String::new(),
            version: String::new(),
            platform: "hetzner".into(),
            priority: 0,
            not_before: None,
            payload: serde_json::json!({}),
            attempts: 5,
        }
    }

    /// Of the work with this key, one runs at a time.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same order twice is one job.
    #[must_use]
    pub fn once(mut self, idempotency_key: impl Into<String>) -> Self {
        self.idempotency_key = Some(idempotency_key.into());
        self
    }

    /// It is about a slice in a version.
    #[must_use]
    pub fn slice(mut self, slice: impl Into<String>, version: impl Into<String>) -> Self {
        self.slice = slice.into();
        self.version = version.into();
        self
    }

    /// Its priority.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Not before a moment.
    #[must_use]
    pub fn not_before(mut self, time: Time) -> Self {
        self.not_before = Some(time);
        self
    }

    /// What whoever does it has to know.
    #[must_use]
    pub fn payload(mut self, payload: serde_json::Value) -> Self {
        self.payload = payload;
        self
    }

    /// How many claims it is worth.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enqueued {
    /// The job.
    pub id: JobId,
    /// Whether this order made it; an earlier one with the same idempotency key did otherwise.
    pub is_new: bool,
}

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It waits.
    Queued,
    /// Somebody has claimed it.
    Running,
    /// It was done.
    Done,
    /// It waits for a person: `retry` lets it go on.
    Held,
    /// It failed for good; `retry` begins anew.
    Dead,
    /// Somebody took it back.
    Cancelled,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Queued, Self::Running, Self::Done, Self::Held, Self::Dead, Self::Cancelled];

    /// Its word in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Held => "held",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether nothing will happen to the job by itself any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Dead | Self::Cancelled)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A row of the queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What was ordered, but for the time before which it may not begin.
    pub work: Work,
    /// How it stands.
    pub status: Status,
    /// When it was ordered.
    pub created: String,
    /// When anything about it changed last.
    pub updated: String,
    /// When it may be claimed, or until when it is leased; none when neither will come.
    pub due: Option<Time>,
    /// How often it was claimed, without those given back.
    pub attempts: u32,
    /// The token of the last claim.
    pub fence: i64,
    /// Who claimed it last.
    pub worker: Option<String>,
    /// Whether it should end early.
    pub cancelling: bool,
    /// Why it failed last: the class.
    pub failure: Option<String>,
    /// Why it failed last, in words.
    pub cause: Option<String>,
}

/// A claimed job. Every write about it shows the fencing token, and is refused once somebody else has the job.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// The job as it was claimed.
    pub job: Job,
    /// The fencing token of this claim.
    pub fence: i64,
    /// Until when it is held.
    pub until: Time,
}

/// What kind of failure it is decides what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// May go away by itself (network, a busy server): again after a random pause that grows.
    Transient,
    /// Will work from a moment on (a rate limit): again then; does not count as an attempt.
    Until(Time),
    /// Will never work: a dead letter at once.
    Permanent,
    /// The money is spent: held until a person allows more.
    Budget,
    /// A person has to answer something: held until then.
    NeedsInput,
}

impl Class {
    /// `transient`, `until`, `permanent`, `budget` or `needs-input`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Until(_) => "until",
            Self::Permanent => "permanent",
            Self::Budget => "budget",
            Self::NeedsInput => "needs-input",
        }
    }
}

/// How a write with a fencing token ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was written.
    Done,
    /// The lease is no longer this one: somebody else has the job, or it is over. Nothing was written.
    Lost,
}

/// What a heartbeat answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// The lease is longer now.
    Until(Time),
    /// It is, and somebody wants the job to end early: [`Ledger::give_up`](super::Ledger::give_up) ends it.
    Cancel(Time),
    /// The lease is no longer this one.
    Lost,
}
