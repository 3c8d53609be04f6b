//! Running queued work until nothing is due: claim, keep the lease alive, do it, say how it ended.
//!
//! What a kind of work does is a handler that the caller passes; this file knows none. A job whose kind has no handler
//! here stays for a vso that has one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::json;

use crate::fault::{Fault, FaultKind};
use crate::ledger::{Beat, Class, Job, Lease, Ledger, Time, Written};

/// How long a job is held without a sign of life. Long enough for a machine that is busy, short enough for a person
/// who waits after a kill.
pub const LEASE: Duration = Duration::from_secs(60);

/// Why an attempt failed, and what that means for the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What happens next.
    pub class: Class,
    /// In words.
    pub cause: String,
}

impl From<Fault> for Failed {
    /// What git, network, disk or a lock refused may work next time. A specification or settings that can't be used stay
    /// so until a person changes them, and that change orders its own work.
    fn from(fault: Fault) -> Self {
        let class = match fault.kind() {
            FaultKind::Unfinished | FaultKind::Interrupted => Class::Transient,
            FaultKind::Usage | FaultKind::Refused => Class::Permanent,
        };
        let text = fault.to_string();
        Self { class, cause: text.strip_prefix("error: ").unwrap_or(&text).to_owned() }
    }
}

/// Does one kind of work. The flag is set when the work should end soon: a person interrupts or cancels, or the job is
/// somebody else's by now. What it returns is kept as the event's data.
pub type Handler<'a> = Box<dyn Fn(&Job, &AtomicBool) -> Result<serde_json::Value, Failed> + Sync + 'a>;

/// Who does what: the handler of each kind.
#[derive(Default)]
pub struct Handlers<'a> {
    by_kind: BTreeMap<&'static str, Handler<'a>>,
}

impl std::fmt::Debug for Handlers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.by_kind.keys()).finish()
    }
}

impl<'a> Handlers<'a> {
    /// Adds the handler of a kind.
    #[must_use]
    pub fn with(
        mut self,
        kind: &'static str,
        handler: impl Fn(&Job, &AtomicBool) -> Result<serde_json::Value, Failed> + Sync + 'a,
    ) -> Self {
        self.by_kind.insert(kind, Box::new(handler));
        self
    }

    /// The kinds that have one.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        self.by_kind.keys().copied().collect()
    }
}

/// What became of a job that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// It was done.
    Done,
    /// It failed.
    Failed(Failed),
    /// It was given back because a person interrupts.
    GivenBack,
    /// It ended early because a person cancelled it.
    Cancelled,
    /// Its lease was lost; somebody else has it, and nothing was written.
    Lost,
}

/// How draining ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Drained {
    /// How many attempts ended well.
    pub done: usize,
    /// How many failed, were cancelled or lost.
    pub failed: usize,
    /// Whether a person interrupted it.
    pub interrupted: bool,
    /// When the next job of these kinds wakes up.
    pub next: Option<Time>,
}

/// Runs work until nothing is due or `stop` is set. `tell` hears of every job that was run.
///
/// # Errors
/// When the ledger can't be read or written (exit 3).
pub fn drain(
    ledger: &Ledger,
    worker: &str,
    handlers: &Handlers<'_>,
    stop: &AtomicBool,
    tell: &dyn Fn(&Job, &Ran),
) -> Result<Drained, Fault> {
    let kinds = handlers.kinds();
    let mut drained = Drained::default();
    while !stop.load(Ordering::Relaxed) {
        let Some(lease) = ledger.claim(worker, &kinds, LEASE)? else { break };
        let Some(handler) = handlers.by_kind.get(lease.job.work.kind.as_str()) else { break };
        let ran = run(ledger, &lease, handler, stop)?;
        match ran {
            Ran::Done => drained.done += 1,
            Ran::GivenBack => {}
            Ran::Failed(_) | Ran::Cancelled | Ran::Lost => drained.failed += 1,
        }
        tell(&lease.job, &ran);
    }
    drained.interrupted = stop.load(Ordering::Relaxed);
    drained.next = ledger.next_due(&kinds)?;
    Ok(drained)
}

fn run(ledger: &Ledger, lease: &Lease, handler: &Handler<'_>, stop: &AtomicBool) -> Result<Ran, Fault> {
    let end = AtomicBool::new(false);
    let (result, last_beat) = std::thread::scope(|scope| {
        let (finished, waits) = channel::<()>();
        let end = &end;
        let heart = scope.spawn(move || {
            let mut last = Ok(Beat::Until(lease.until));
            // The flag is looked at more often than a heartbeat is due, so that Ctrl-C is felt at once.
            for tick in 1_u32.. {
                match waits.recv_timeout(LEASE / 300) {
                    Err(RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => {
                        end.store(true, Ordering::Relaxed)
                    }
                    Err(RecvTimeoutError::Timeout) if tick % 75 == 0 => {
                        last = ledger.heartbeat(lease, LEASE);
                        if !matches!(last, Ok(Beat::Until(_))) {
                            end.store(true, Ordering::Relaxed);
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => break,
                }
            }
            last
        });
        let result = handler(&lease.job, end);
        drop(finished);
        // A panic of the heart can't be: it only asks the ledger.
        (result, heart.join().unwrap_or(Ok(Beat::Lost)))
    });
    let (written, ran) = match (result, last_beat) {
        (_, Ok(Beat::Lost)) => (Written::Lost, Ran::Lost),
        (Ok(data), _) => {
            let written = ledger.ack(lease)?;
            if written == Written::Done {
                let subject = subject(&lease.job);
                ledger.event(
                    &format!("{}.done", lease.job.work.kind),
                    &subject,
                    &json!({ "job": lease.job.id, "result": data }),
                )?;
            }
            (written, Ran::Done)
        }
        (Err(_), Ok(Beat::Cancel(_))) => (ledger.give_up(lease)?, Ran::Cancelled),
        (Err(_), _) if stop.load(Ordering::Relaxed) => (ledger.release(lease)?, Ran::GivenBack),
        (Err(failed), _) => (ledger.fail(lease, failed.class, &failed.cause)?, Ran::Failed(failed)),
    };
    Ok(if written == Written::Lost { Ran::Lost } else { ran })
}

fn subject(job: &Job) -> String {
    if job.work.slice.is_empty() { "project".into() } else { job.work.slice.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{Clock, Status, Work};
    use std::cell::RefCell;

    fn check(
        work: Work,
        handler: impl Fn(&Job, &AtomicBool) -> Result<serde_json::Value, Failed> + Sync,
    ) -> (Drained, Status) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open_with(folder.path(), Clock::at(Time(1_767_225_600_000))).unwrap();
        let id = ledger.enqueue(work).unwrap().id;
        let handlers = Handlers::default().with("sync", handler);
        let told = RefCell::new(0);
        let drained =
            drain(&ledger, "me", &handlers, &AtomicBool::new(false), &|_, _| *told.borrow_mut() += 1).unwrap();
        assert_eq!(*told.borrow(), drained.done + drained.failed);
        (drained, ledger.job(id).unwrap().unwrap().status)
    }

    #[test]
    fn what_is_due_is_done_and_what_fails_says_why() {
        let (drained, status) = check(Work::new("sync"), |_, _| Ok(json!({})));
        assert_eq!((drained.done, status), (1, Status::Done));
        let (drained, status) = check(Work::new("sync"), |_, _| Err(Fault::unfinished("no network").into()));
        assert_eq!((drained.failed, status), (1, Status::Queued));
        assert!(drained.next.is_some(), "it is tried again later");
        let (_, status) = check(Work::new("sync"), |_, _| Err(Fault::usage("vso.toml is wrong").into()));
        assert_eq!(status, Status::Dead);
        let (drained, status) = check(Work::new("deploy"), |_, _| Ok(json!({})));
        assert_eq!((drained, status), (Drained::default(), Status::Queued));
    }

    #[test]
    fn an_interrupted_job_is_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path()).unwrap();
        let id = ledger.enqueue(Work::new("sync").attempts(1)).unwrap().id;
        let stop = AtomicBool::new(false);
        let handlers = Handlers::default().with("sync", |_, end: &AtomicBool| {
            stop.store(true, Ordering::Relaxed);
            while !end.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(Fault::new(FaultKind::Interrupted, "interrupted").into())
        });
        let drained = drain(&ledger, "me", &handlers, &stop, &|_, ran| assert_eq!(*ran, Ran::GivenBack)).unwrap();
        assert!(drained.interrupted);
        let job = ledger.job(id).unwrap().unwrap();
        assert_eq!((job.status, job.attempts), (Status::Queued, 0));
    }
}
