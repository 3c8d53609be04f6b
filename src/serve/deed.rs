//! What people do to a repository through pages and API: sync, proposals, conflicts, jobs. One use case each; gives
//! what came of it in words and as a value.

use std::sync::atomic::AtomicBool;

use schemars::JsonSchema;
use serde::Serialize;

use super::view::{Choice, Project, message, settle_of};
use crate::fault::Fault;
use crate::ledger::{Decided, DeliveryDecided, DeliveryId, JobId};
use crate::report::finding::counted;
use crate::sync::propose::{self, Act, Deed, MergeRequest, Request, Style};
use crate::sync::resolve;
use crate::worktree::Watch;

/// What came of a deed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Done {
    /// In words.
    pub words: String,
    /// What a person should know besides.
    pub notes: Vec<String>,
    /// The proposals that it touched.
    pub proposals: Vec<u32>,
    /// The commit that it made on the branch.
    pub commit: Option<String>,
}

impl Done {
    fn said(words: impl Into<String>) -> Self {
        Self { words: words.into(), notes: Vec::new(), proposals: Vec::new(), commit: None }
    }
}

/// Nobody at a server is told that another vso is waited for.
fn waiting() {}

/// Opens, updates and ends proposals; `only` for one slice.
///
/// # Errors
/// As `vso sync`.
pub fn sync(project: &Project, only: Option<String>, wide: bool, stop: &AtomicBool) -> Result<Done, Fault> {
    let request = Request { wide, only, ..Request::default() };
    let synced = propose::sync(project.root(), project.config(), &request, stop, &waiting)?;
    let count = |deeds: &[Deed]| synced.lines.iter().filter(|line| deeds.contains(&line.deed)).count();
    let parts = [
        (count(&[Deed::Opened]), "opened"),
        (count(&[Deed::Updated]), "updated"),
        (count(&[Deed::Merged]), "found merged"),
        (count(&[Deed::Closed, Deed::Superseded]), "ended"),
        (count(&[Deed::Blocked]), "waiting for a person"),
    ];
    let said: Vec<String> =
        parts.iter().filter(|part| part.0 > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let words = match (said.is_empty(), synced.lines.is_empty()) {
        (false, _) => format!("Synced: {}.", said.join(", ")),
        (true, true) => "Synced: everything is in step.".to_owned(),
        (true, false) => format!("Synced: nothing new; {} as before.", counted(synced.lines.len(), "proposal")),
    };
    let about = synced.lines.iter().filter_map(|line| Some(format!("{}: {}", line.branch, line.note.as_ref()?)));
    Ok(Done {
        words,
        notes: about.chain(synced.notes.iter().cloned()).collect(),
        proposals: synced.lines.iter().filter_map(|line| line.number).collect(),
        commit: None,
    })
}

/// `merge`, `close`, `reopen` or `ready`. `style` is `merge` (also when empty), `squash` or `rebase`.
///
/// # Errors
/// As `vso pr`.
pub fn proposal(project: &Project, number: u32, word: &str, style: &str, stop: &AtomicBool) -> Result<Done, Fault> {
    let which = number.to_string();
    let act = match word {
        "merge" => {
            let style = match style {
                "" | "merge" => Style::Merge,
                "squash" => Style::Squash,
                "rebase" => Style::Rebase,
                other => return Err(Fault::usage(format!("{other:?} is no way to merge"))),
            };
            let request = MergeRequest { which, style, keep_branch: false };
            let merged = propose::merge(project.root(), project.config(), &request, stop, &waiting)?;
            let words = format!("#{number} is merged into {}.", merged.proposal.target);
            let commit = Some(merged.commit.to_string());
            return Ok(Done { notes: merged.notes, proposals: vec![number], commit, ..Done::said(words) });
        }
        "close" => Act::Close { delete_branch: false },
        "reopen" => Act::Reopen,
        "ready" => Act::Ready,
        other => return Err(Fault::usage(format!("{other:?} is nothing that is done to a proposal"))),
    };
    let (after, notes) = propose::act(project.root(), project.config(), &which, act, &waiting)?;
    let words = format!("#{number} is {}.", after.standing());
    Ok(Done { notes, proposals: vec![number], ..Done::said(words) })
}

/// Settles a conflict as its preview showed, and commits that.
///
/// # Errors
/// When something changed since the preview, or files hold uncommitted changes (exit 1); when git fails (exit 3).
pub fn settle(project: &Project, choice: &Choice, seen: &str, stop: &AtomicBool) -> Result<Done, Fault> {
    let settle = settle_of(choice)?;
    let watch = Watch { step: &|| (), stop };
    let what = (choice.slice.as_str(), &settle, seen);
    let message = message(choice);
    let done = resolve::settle_and_commit(project.root(), project.config(), what, &message, watch, &waiting)?;
    let (settled, open) = done.counts;
    let left = if open == 0 { String::new() } else { format!(" {open} left in this slice.") };
    let commit = done.commit.to_string();
    let words =
        format!("Settled {} in commit {}.{left}", counted(settled, "conflict"), &commit[..10.min(commit.len())]);
    let notes = vec!["Sync brings the proposals up to date.".to_owned()];
    Ok(Done { notes, commit: Some(commit), ..Done::said(words) })
}

/// `retry` or `cancel`.
///
/// # Errors
/// When there is no such job (exit 2), it does not stand so that this can be done (exit 1), or the ledger can't be written
/// (exit 3).
pub fn job(project: &Project, job: JobId, word: &str) -> Result<Done, Fault> {
    let decided = match word {
        "retry" => project.ledger().retry(job)?,
        "cancel" => project.ledger().cancel(job)?,
        other => return Err(Fault::usage(format!("{other:?} is nothing that is done to a job"))),
    };
    match (decided, word) {
        (Decided::Done, "retry") => Ok(Done::said(format!("Job {job} waits for a worker again."))),
        (Decided::Done, _) => Ok(Done::said(format!("Job {job} is cancelled."))),
        (Decided::Asked, _) => Ok(Done::said(format!("The worker of job {job} is asked to end it."))),
        (Decided::Not(status), _) => Err(Fault::refused(format!("job {job} is {status}: there is nothing to {word}"))),
        (Decided::Unknown, _) => Err(Fault::usage(format!("there is no job {job}"))),
    }
}

/// `retry` or `cancel`.
///
/// # Errors
/// When there is no such delivery (exit 2), it does not stand so that this can be done (exit 1), or the ledger can't be
/// written (exit 3).
pub fn delivery(project: &Project, delivery: DeliveryId, word: &str) -> Result<Done, Fault> {
    let decided = match word {
        "retry" => project.ledger().retry_delivery(delivery)?,
        "cancel" => project.ledger().cancel_delivery(delivery)?,
        other => return Err(Fault::usage(format!("{other:?} is nothing that is done to a delivery"))),
    };
    match (decided, word) {
        (DeliveryDecided::Done, "retry") => Ok(Done::said(format!("Delivery {delivery} waits for a worker again."))),
        (DeliveryDecided::Done, _) => Ok(Done::said(format!("Delivery {delivery} is cancelled."))),
        (DeliveryDecided::Asked, _) => Ok(Done::said(format!("The worker of delivery {delivery} is asked to end it."))),
        (DeliveryDecided::Not(state), _) => {
            Err(Fault::refused(format!("delivery {delivery} is {}: there is nothing to {word}", state.word())))
        }
        (DeliveryDecided::Gone, _) => {
            Err(Fault::refused(format!("the body of delivery {delivery} is not kept any more"))
                .hint("GitHub can deliver it again: the App's settings, Advanced, Recent Deliveries"))
        }
        (DeliveryDecided::Unknown, _) => Err(Fault::usage(format!("there is no delivery {delivery}"))),
    }
}
