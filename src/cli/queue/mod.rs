//! `vso queue`: the work that waits, runs or is over, and what a person decides about it.

mod gc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{Context, Outcome, interrupt, out};
use crate::fault::{Fault, FaultKind};
use crate::ledger::{Attempt, Class, Decided, Filter, Job, JobId, Ledger, Reason, Status, Time};
use crate::report::finding::counted;
use crate::report::json::schema_of;
use crate::report::slices::columns;
use crate::sync::plan::Planned;
use crate::sync::propose::{Deed, Request, Synced, aim};
use crate::sync::work::drain::{Failed, Handlers, Ran, drain};
use crate::sync::work::nightly::When;
use crate::worktree::log::{Level, Log};

/// Show and steer the queue of work: what waits, what runs, what failed and why
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A job is queued, running, done, held (a person has to settle something; retry lets it go on), dead (it failed for good; \
retry begins anew) or cancelled. `vso queue` alone lists what is not over.

The queue is .slice-orchestrator/queue.db. Deleting it loses no design and no code.

Examples:
  vso queue list --all --json | jq '.jobs[] | select(.status == \"dead\")'
  vso queue explain 12
  vso queue drain")]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List jobs, newest first
    #[command(after_help = "Example:\n  vso queue list --status dead --slice slice-001-auth")]
    List(ListArgs),
    /// Show one job with its attempts
    #[command(after_help = "Example:\n  vso queue show 12 --json")]
    Show(OneArgs),
    /// Say why a job is not running
    #[command(after_help = "Example:\n  vso queue explain 12")]
    Explain(OneArgs),
    /// Let dead, held or cancelled jobs begin anew, and pausing ones begin now
    #[command(after_help = "Example:\n  vso queue retry 12 13")]
    Retry(DecideArgs),
    /// Take work back: at once while it waits, at its next sign of life while it runs
    #[command(after_help = "Example:\n  vso queue cancel 12")]
    Cancel(DecideArgs),
    /// Run queued work (plan, sync, nightly) until nothing is due; Ctrl-C gives the running job back
    #[command(after_help = "\
What git, a lock or the network refused is tried again later. What a specification or a setting refused is dead at once, \
with its cause in `vso queue explain`; the next commit orders a new sync. Exits with 1 when a job failed.\n\n\
Example:\n  vso queue drain")]
    Drain(ShapeArgs),
    /// Remove old jobs and deliveries that are over, and old events, and give their room back
    #[command(after_help = "\
The order of a removed job counts as new when it comes again. Deliveries from GitHub stay known for at least eight days, \
because GitHub may send them again that long; of those that are over, old bodies go when they are too many.\n\nExample:\n  vso queue gc --days 7 --dead")]
    Gc(gc::GcArgs),
}

#[derive(Debug, clap::Args, Default)]
struct ShapeArgs {
    /// Print it as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

#[derive(Debug, clap::Args, Default)]
struct ListArgs {
    /// Also jobs that are over
    #[arg(long, conflicts_with = "status")]
    all: bool,

    /// Only jobs of this status; can be repeated
    #[arg(long, value_parser = status)]
    status: Vec<Status>,

    /// Only work of this kind
    #[arg(long)]
    kind: Option<String>,

    /// Only work on this slice
    #[arg(long, value_name = "ID", alias = "slice-id")]
    slice: Option<String>,

    /// At most so many
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,

    /// Only jobs with smaller numbers, for the next page
    #[arg(long, value_name = "JOB")]
    before: Option<JobId>,

    #[command(flatten)]
    shape: ShapeArgs,
}

#[derive(Debug, clap::Args)]
struct OneArgs {
    /// The job's number
    #[arg(required_unless_present = "schema")]
    job: Option<JobId>,

    #[command(flatten)]
    shape: ShapeArgs,
}

#[derive(Debug, clap::Args)]
struct DecideArgs {
    /// The jobs' numbers
    #[arg(required_unless_present = "schema", value_name = "JOB")]
    jobs: Vec<JobId>,

    #[command(flatten)]
    shape: ShapeArgs,
}

/// What `list --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
struct ListReport {
    /// The version of this format: 1.
    format: u32,
    /// How many jobs there are of each status.
    counts: std::collections::BTreeMap<String, i64>,
    /// Jobs, newest first.
    jobs: Vec<JobView>,
}

/// One job.
#[derive(Debug, Serialize, JsonSchema)]
struct JobView {
    /// Its number.
    id: JobId,
    /// What kind of work it is.
    kind: String,
    /// The slice that it is about; empty for the whole project.
    slice_id: String,
    /// The slice's version.
    version: String,
    /// How it stands.
    status: Status,
    /// `hetzner` or `modal`.
    platform: String,
    /// Higher goes first.
    priority: i32,
    /// Work with the same key never runs at the same time.
    key: Option<String>,
    /// The same order twice is one job.
    idempotency_key: Option<String>,
    /// What whoever does it has to know.
    payload: serde_json::Value,
    /// When it was ordered, in UTC.
    created_at: String,
    /// When it changed last, in UTC.
    updated_at: String,
    /// When it may be claimed, or until when it is leased.
    due: Option<Time>,
    /// How often it was tried.
    attempts: u32,
    /// How often it is tried at most.
    attempts_max: u32,
    /// Who claimed it last.
    worker: Option<String>,
    /// `transient`, `until`, `permanent`, `budget` or `needs-input`.
    failure: Option<String>,
    /// Why it failed last.
    cause: Option<String>,
}

/// What `show --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
struct ShowReport {
    /// The version of this format: 1.
    format: u32,
    /// The job.
    job: JobView,
    /// What was tried, oldest first.
    attempts: Vec<AttemptView>,
}

/// One attempt.
#[derive(Debug, Serialize, JsonSchema)]
struct AttemptView {
    /// Which one, from 1.
    number: u32,
    /// Who made it.
    worker: String,
    /// When it began.
    started: Time,
    /// When it ended.
    ended: Option<Time>,
    /// `done`, `failed`, `expired`, `released` or `cancelled`; none while it runs.
    outcome: Option<String>,
    /// The class of its failure.
    failure: Option<String>,
    /// Its cause.
    cause: Option<String>,
}

/// What `explain --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
struct ExplainReport {
    /// The version of this format: 1.
    format: u32,
    /// The job.
    job: JobView,
    /// Why it is not running, or what it is doing.
    reasons: Vec<Reason>,
    /// The same in words, a line each.
    words: Vec<String>,
}

/// What `retry --json` and `cancel --json` print.
#[derive(Debug, Serialize, JsonSchema)]
struct DecideReport {
    /// The version of this format: 1.
    format: u32,
    /// What became of each job.
    jobs: Vec<DecidedView>,
}

/// One decision.
#[derive(Debug, Serialize, JsonSchema)]
struct DecidedView {
    /// The job's number.
    id: JobId,
    /// `done`, `asked` (its worker ends it), `not` (it stands otherwise) or `unknown`.
    decided: String,
    /// How it stands, where that is why nothing was decided.
    status: Option<Status>,
}

/// What `drain --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
struct DrainReport {
    /// The version of this format: 1.
    format: u32,
    /// Jobs that were done.
    done: usize,
    /// Attempts that failed.
    failed: usize,
    /// When the next job wakes up.
    next: Option<Time>,
    /// Queued jobs of kinds that this vso can't do.
    left: usize,
}

/// Runs the command.
///
/// # Errors
/// When there is no such job (exit 2), or the ledger can't be used (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    let all_open = Action::List(ListArgs { limit: 100, ..ListArgs::default() });
    let action = args.action.as_ref().unwrap_or(&all_open);
    let schema = match action {
        Action::List(args) => args.shape.schema.then(schema_of::<ListReport>),
        Action::Show(args) => args.shape.schema.then(schema_of::<ShowReport>),
        Action::Explain(args) => args.shape.schema.then(schema_of::<ExplainReport>),
        Action::Retry(args) | Action::Cancel(args) => args.shape.schema.then(schema_of::<DecideReport>),
        Action::Drain(shape) => shape.schema.then(schema_of::<DrainReport>),
        Action::Gc(args) => args.shape.schema.then(schema_of::<gc::GcReport>),
    };
    if let Some(schema) = schema {
        out::json(&schema);
        return Ok(Outcome::Clean);
    }
    let ledger = Ledger::open(&context.root)?;
    match action {
        Action::List(args) => list(args, &ledger),
        Action::Show(args) => show(args, &ledger),
        Action::Explain(args) => explain(args, &ledger),
        Action::Retry(args) => decide(args, "retried", |id| ledger.retry(id)),
        Action::Cancel(args) => decide(args, "cancelled", |id| ledger.cancel(id)),
        Action::Drain(shape) => run_due(shape, context, &ledger),
        Action::Gc(args) => gc::collect(args, &ledger),
    }
}

fn list(args: &ListArgs, ledger: &Ledger) -> Result<Outcome, Fault> {
    let statuses = match (&args.status[..], args.all) {
        ([], true) => Vec::new(),
        ([], false) => {
            Status::ALL.into_iter().filter(|status| !matches!(status, Status::Done | Status::Cancelled)).collect()
        }
        (named, _) => named.to_vec(),
    };
    let (kind, slice) = (args.kind.clone(), args.slice.clone());
    let filter = Filter { statuses, kind, slice, before: args.before, limit: Some(args.limit) };
    let jobs = ledger.jobs(&filter)?;
    let counts = ledger.counts()?;
    if args.shape.json {
        let counts = counts.into_iter().map(|(word, count)| (word.to_owned(), count)).collect();
        out::json(&ListReport { format: 1, counts, jobs: jobs.iter().map(JobView::of).collect() });
        return Ok(Outcome::Clean);
    }
    let rows: Vec<Vec<String>> = jobs.iter().map(row).collect();
    out::data(&out::plain(&columns(&rows)));
    let words: Vec<String> =
        counts.iter().filter(|(_, count)| **count > 0).map(|(word, count)| format!("{count} {word}")).collect();
    let all = if words.is_empty() { "the queue is empty".to_owned() } else { words.join(", ") };
    out::note(&all);
    Ok(Outcome::Clean)
}

fn row(job: &Job) -> Vec<String> {
    let subject = if job.work.slice.is_empty() { "project" } else { &job.work.slice };
    let why = job.cause.as_deref().unwrap_or_default();
    let short: String = why.lines().next().unwrap_or_default().chars().take(60).collect();
    vec![job.id.to_string(), job.status.word().to_owned(), job.work.kind.clone(), subject.to_owned(), short]
}

fn show(args: &OneArgs, ledger: &Ledger) -> Result<Outcome, Fault> {
    let id = args.job.unwrap_or_default();
    let job = ledger.job(id)?.ok_or_else(|| unknown(id))?;
    let attempts = ledger.attempts(id)?;
    if args.shape.json {
        let attempts = attempts.into_iter().map(AttemptView::of).collect();
        out::json(&ShowReport { format: 1, job: JobView::of(&job), attempts });
        return Ok(Outcome::Clean);
    }
    let view = JobView::of(&job);
    let mut rows = Vec::new();
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            rows.push(vec![name.to_owned(), value]);
        }
    };
    add("job", view.id.to_string());
    add("kind", view.kind);
    add("slice", [view.slice_id, view.version].join(" ").trim().to_owned());
    add("status", view.status.word().to_owned());
    add("priority", view.priority.to_string());
    add("key", view.key.unwrap_or_default());
    add("idempotency key", view.idempotency_key.unwrap_or_default());
    add("ordered", view.created_at);
    add("changed", view.updated_at);
    add("due", view.due.map(|due| due.to_string()).unwrap_or_default());
    add("attempts", format!("{} of {}", view.attempts, view.attempts_max));
    add("cause", view.cause.unwrap_or_default());
    add("payload", view.payload.to_string());
    for attempt in attempts {
        let ended = attempt.ended.map_or_else(|| "now".into(), |ended| ended.to_string());
        let outcome = attempt.outcome.unwrap_or_else(|| "running".into());
        let words = [outcome, attempt.cause.unwrap_or_default()].join(" ");
        add(&format!("attempt {}", attempt.number), format!("{} to {ended}: {}", attempt.started, words.trim()));
    }
    out::data(&out::plain(&columns(&rows)));
    Ok(Outcome::Clean)
}

fn explain(args: &OneArgs, ledger: &Ledger) -> Result<Outcome, Fault> {
    let id = args.job.unwrap_or_default();
    let (job, reasons) = ledger.explain(id)?.ok_or_else(|| unknown(id))?;
    let words: Vec<String> = reasons.iter().map(|reason| said(&job, reason)).collect();
    if args.shape.json {
        out::json(&ExplainReport { format: 1, job: JobView::of(&job), reasons, words });
        return Ok(Outcome::Clean);
    }
    out::data(&out::plain(&words.iter().map(|line| format!("{line}\n")).collect::<String>()));
    Ok(Outcome::Clean)
}

/// A reason in words.
fn said(job: &Job, reason: &Reason) -> String {
    let id = job.id;
    match reason {
        Reason::Waits { until, cause: None } => format!("job {id} waits until {until}: it was ordered for then"),
        Reason::Waits { until, cause: Some(cause) } => {
            format!("job {id} pauses until {until} after attempt {} of {}: {cause}", job.attempts, job.work.attempts)
        }
        Reason::KeyTaken { key, by } => format!("job {id} waits for job {by}, which runs with the same key `{key}`"),
        Reason::Behind { jobs } => format!("job {id} waits for its turn: ahead of it {}", counted(index(*jobs), "job")),
        Reason::Next => format!("job {id} is next: `vso queue drain` runs it, if this vso can do `{}`", job.work.kind),
        Reason::Leased { worker, until, cancelling } => {
            let more = if *cancelling { "; it was asked to end" } else { "" };
            format!("job {id} is leased by {worker} until {until}{more}")
        }
        Reason::LeaseEnded { worker, at } => {
            format!(
                "job {id} was leased by {worker} until {at} and nothing was heard since: the next worker takes it over"
            )
        }
        Reason::Over { status, failure, cause, attempts } => {
            let tried = counted(index(i64::from(*attempts)), "attempt");
            let failure = failure.as_deref().map(|class| format!(" ({class})")).unwrap_or_default();
            let because = cause.as_deref().map(|cause| format!(": {cause}")).unwrap_or_default();
            match status {
                Status::Done => format!("job {id} is done"),
                Status::Cancelled => format!("job {id} was cancelled; `vso queue retry {id}` begins anew"),
                Status::Held => {
                    format!("job {id} waits for a person{failure}{because}; `vso queue retry {id}` lets it go on")
                }
                _ => format!("job {id} is dead after {tried}{failure}{because}; `vso queue retry {id}` begins anew"),
            }
        }
    }
}

fn index(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn decide(args: &DecideArgs, done: &str, decide: impl Fn(JobId) -> Result<Decided, Fault>) -> Result<Outcome, Fault> {
    let mut views = Vec::new();
    let mut all = true;
    for &id in &args.jobs {
        let (word, status, words) = match decide(id)? {
            Decided::Done => ("done", None, format!("{done} job {id}")),
            Decided::Asked => ("asked", None, format!("asked the worker of job {id} to end it")),
            Decided::Not(status) => ("not", Some(status), format!("job {id} is {status}; nothing was changed")),
            Decided::Unknown => ("unknown", None, format!("there is no job {id}")),
        };
        all &= matches!(word, "done" | "asked");
        if !args.shape.json {
            out::note(&words);
        }
        views.push(DecidedView { id, decided: word.to_owned(), status });
    }
    if args.shape.json {
        out::json(&DecideReport { format: 1, jobs: views });
    }
    Ok(if all { Outcome::Clean } else { Outcome::SaysNo })
}

/// What this vso can do of queued work. A kind that comes with another use case is added here.
fn handlers(context: &Context) -> Handlers<'_> {
    Handlers::default()
        .with("plan", |_, _| {
            let (repo, branch, commit) = aim(&context.root, &context.config)?;
            let planned = Planned::make(&repo, &context.config, commit, &branch)?;
            Ok(json!({ "branch": branch, "reach": planned.view.reach, "conflicts": planned.view.conflicts() }))
        })
        .with("sync", |_, end| {
            let done = super::sync::logged(context, &Request::default(), end)?;
            all_arrived(&done)?;
            Ok(told(&done))
        })
        .with("nightly", |_, end| {
            let ledger = Ledger::open(&context.root)?;
            let (night, done) = super::nightly::night(context, &ledger, When::Now, end)?;
            if night.outcome == "taken" {
                return Err(later("another nightly run is going on"));
            }
            done.as_ref().map_or(Ok(()), all_arrived)?;
            Ok(json!({ "outcome": night.outcome, "night": night.night, "sync": done.as_ref().map(told) }))
        })
}

/// Proposals that did not reach the remote are whole here; the next attempt brings them.
fn all_arrived(done: &Synced) -> Result<(), Failed> {
    if done.unreached { Err(later(done.notes.join("; "))) } else { Ok(()) }
}

fn later(cause: impl Into<String>) -> Failed {
    Failed { class: Class::Transient, cause: cause.into() }
}

/// What is kept of a sync: the proposals that it did something to.
fn told(done: &Synced) -> serde_json::Value {
    let lines = done.lines.iter().filter(|line| line.deed != Deed::Unchanged);
    let lines = lines.map(|line| {
        json!({ "number": line.number, "deed": line.deed.word(), "branch": line.branch,
            "conflicts": line.conflicts.len() })
    });
    json!({ "branch": done.branch, "target": done.target.to_string(),
        "proposals": lines.collect::<Vec<_>>() })
}

fn run_due(shape: &ShapeArgs, context: &Context, ledger: &Ledger) -> Result<Outcome, Fault> {
    let stop = interrupt::listen();
    let handlers = handlers(context);
    let worker = format!("process {}", std::process::id());
    let tell = |job: &Job, ran: &Ran| {
        let words = match ran {
            Ran::Done => "done".to_owned(),
            Ran::Failed(failed) => format!("failed ({}): {}", failed.class.word(), failed.cause),
            Ran::GivenBack => "given back".to_owned(),
            Ran::Cancelled => "cancelled".to_owned(),
            Ran::Lost => "lost: its lease ran out and another worker has it".to_owned(),
        };
        let line = format!("job {} {}: {words}", job.id, job.work.kind);
        let level = if matches!(ran, Ran::Failed(_)) { Level::Error } else { Level::Info };
        // A job that ran has run, whether the log can be written or not.
        let _ = Log::Queue.add(&context.root, level, &line);
        out::note(&out::plain(&line));
    };
    let drained = drain(ledger, &worker, &handlers, stop, &tell)?;
    let kinds = handlers.kinds();
    let waiting = ledger.jobs(&Filter { statuses: vec![Status::Queued], ..Filter::default() })?;
    let left = waiting.iter().filter(|job| !kinds.contains(&job.work.kind.as_str())).count();
    if shape.json {
        let (done, failed, next) = (drained.done, drained.failed, drained.next);
        out::json(&DrainReport { format: 1, done, failed, next, left });
    } else {
        let next = drained.next.map(|next| format!("; the next one is due at {next}")).unwrap_or_default();
        out::note(&format!("{} done, {} failed{next}", drained.done, drained.failed));
        if left > 0 {
            out::note(&format!("left queued: {} of kinds that this vso can't do", counted(left, "job")));
        }
    }
    if drained.interrupted {
        return Err(Fault::new(FaultKind::Interrupted, "interrupted; the running job was given back"));
    }
    Ok(if drained.failed == 0 { Outcome::Clean } else { Outcome::SaysNo })
}

fn unknown(id: JobId) -> Fault {
    Fault::usage(format!("there is no job {id}")).hint("`vso queue list --all` shows all there are")
}

fn status(text: &str) -> Result<Status, String> {
    let words = Status::ALL.map(Status::word).join(", ");
    Status::of(text).ok_or_else(|| format!("expected one of {words}"))
}

impl JobView {
    fn of(job: &Job) -> Self {
        let work = job.work.clone();
        Self {
            id: job.id,
            kind: work.kind,
            slice_id: work.slice,
            version: work.version,
            status: job.status,
            platform: work.platform,
            priority: work.priority,
            key: work.key,
            idempotency_key: work.idempotency_key,
            payload: work.payload,
            created_at: job.created.clone(),
            updated_at: job.updated.clone(),
            due: job.due,
            attempts: job.attempts,
            attempts_max: work.attempts,
            worker: job.worker.clone(),
            failure: job.failure.clone(),
            cause: job.cause.clone(),
        }
    }
}

impl AttemptView {
    fn of(attempt: Attempt) -> Self {
        let Attempt { number, worker, started, ended, outcome, failure, cause, .. } = attempt;
        Self { number, worker, started, ended, outcome, failure, cause }
    }
}
