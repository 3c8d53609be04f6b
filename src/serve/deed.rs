//! What people do to a repository through pages and API: sync, proposals, conflicts, jobs. One use case each; gives
//! what came of it in words and as a value.

use std::sync::atomic::AtomicBool;

use schemars::JsonSchema;
use serde::Serialize;

use serde_json::json;

use super::view::{Choice, Project, aim_of, is_delivery_of, message, settle_of, shown};
use crate::fault::Fault;
use crate::ledger::{Decided, DeliveryDecided, DeliveryId, JobId};
use crate::report::finding::counted;
use crate::sync::propose::{self, Act, Deed, MergeRequest, Request, Style, Synced};
use crate::sync::resolve;
use crate::sync::work::log::log;
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

/// Who has something done.
#[derive(Debug, Default)]
pub struct Order {
    /// The login of the person who asks an App; none on one's own machine, and for the operator of a server.
    pub by: Option<String>,
    /// Whether it is to end early.
    pub stop: AtomicBool,
}

/// Nobody at a server is told that another vso is waited for.
fn waiting() {}

/// Opens, updates and ends proposals; `only` for one slice.
///
/// # Errors
/// As `vso sync`.
pub fn sync(project: &Project, only: Option<String>, wide: bool, order: &Order) -> Result<Done, Fault> {
    let request = Request { wide, only, asked_by: order.by.clone(), ..Request::default() };
    let synced = logged(project, &request, order)?;
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

/// `merge`, `close`, `reopen`, `ready` or `regenerate`. `style` is `merge` (also when empty), `squash` or `rebase`.
///
/// # Errors
/// As `vso pr`.
pub fn proposal(project: &Project, number: u32, word: &str, style: &str, order: &Order) -> Result<Done, Fault> {
    let which = number.to_string();
    let act = match word {
        "merge" => {
            let style = match style {
                "" | "merge" => Style::Merge,
                "squash" => Style::Squash,
                "rebase" => Style::Rebase,
                other => return Err(Fault::usage(format!("{other:?} is no way to merge"))),
            };
            let request = MergeRequest { which, style, keep_branch: false, asked_by: order.by.clone() };
            let merged = propose::merge(project.root(), project.config(), &request, &order.stop, &waiting)?;
            let words = format!("#{number} is merged into {}.", merged.proposal.target);
            let commit = Some(merged.commit.to_string());
            return Ok(Done { notes: merged.notes, proposals: vec![number], commit, ..Done::said(words) });
        }
        "close" => Act::Close { delete_branch: false },
        "reopen" => Act::Reopen,
        "ready" => Act::Ready,
        "regenerate" => return regenerate(project, &which, order),
        other => return Err(Fault::usage(format!("{other:?} is nothing that is done to a proposal"))),
    };
    let (after, notes) =
        propose::act_for(project.root(), project.config(), &which, act, order.by.as_deref(), &waiting)?;
    let words = format!("#{number} is {}.", after.standing());
    Ok(Done { notes, proposals: vec![number], ..Done::said(words) })
}

/// Generates a proposal's slices anew, beside what people wrote there.
fn regenerate(project: &Project, which: &str, order: &Order) -> Result<Done, Fault> {
    let (request, before) = propose::to_regenerate(project.root(), which)?;
    let synced = asked(project, request, order)?;
    let line = propose::asked_of(&before.branch, &synced)?;
    let words = match (line.deed, line.conflicts.len()) {
        (Deed::Unchanged, _) => format!("#{} is as vso makes it now.", before.number),
        (_, 0) => format!("#{} is generated anew.", before.number),
        (_, open) => format!("#{} is generated anew: {} to settle.", before.number, counted(open, "conflict")),
    };
    let number = vec![before.number];
    Ok(Done { notes: synced.notes, proposals: number, ..Done::said(words) })
}

/// A sync, written down in the project's log.
fn logged(project: &Project, request: &Request, order: &Order) -> Result<Synced, Fault> {
    let done = propose::sync(project.root(), project.config(), request, &order.stop, &waiting);
    log(project.root(), done.as_ref());
    done
}

/// A sync that is asked something of one proposal.
fn asked(project: &Project, request: Request, order: &Order) -> Result<Synced, Fault> {
    let request = Request { asked_by: order.by.clone(), ..request };
    let synced = logged(project, &request, order)?;
    match synced.failure {
        Some(fault) => Err(fault),
        None => Ok(synced),
    }
}

/// Settles a conflict as its preview showed: as a commit on the branch that is checked out, or on a proposal's own. `seen`
/// names the preview.
///
/// # Errors
/// When something changed since the preview, or files hold uncommitted changes (exit 1); when git fails (exit 3).
pub fn settle(project: &Project, choice: &Choice, seen: &str, order: &Order) -> Result<Done, Fault> {
    let (done, count) = match aim_of(project, choice)? {
        Some(number) => settle_there(project, choice, number, seen, order)?,
        None => settle_here(project, choice, seen, order)?,
    };
    let data = json!({
        "by": order.by, "item": choice.item, "take": choice.take, "settled": count, "commit": done.commit, "proposals": done.proposals,
    });
    // It is done; a ledger that can't be written does not undo it.
    drop(project.ledger().event("conflict.settled", &choice.slice, &data));
    Ok(done)
}

/// What was done, and how many conflicts it settled.
type Settled = (Done, usize);

fn settle_here(project: &Project, choice: &Choice, seen: &str, order: &Order) -> Result<Settled, Fault> {
    let settle = settle_of(choice)?;
    let watch = Watch { step: &|| (), stop: &order.stop };
    let what = (choice.slice.as_str(), &settle, seen);
    let message = message(choice);
    let done = resolve::settle_and_commit(project.root(), project.config(), what, &message, watch, &waiting)?;
    let (settled, open) = done.counts;
    let commit = done.commit.to_string();
    let words = format!("Settled {} in commit {}.{}", counted(settled, "conflict"), short(&commit), left(open));
    let notes = vec!["Sync brings the proposals up to date.".to_owned()];
    Ok((Done { notes, commit: Some(commit), ..Done::said(words) }, settled))
}

/// By a sync that commits what was shown onto the proposal's branch, and brings it to where people see it.
fn settle_there(project: &Project, choice: &Choice, number: u32, seen: &str, order: &Order) -> Result<Settled, Fault> {
    let settle = settle_of(choice)?;
    let (request, foreseen) = propose::foresee(project.root(), project.config(), &number.to_string(), &settle)?;
    if shown(&foreseen) != seen {
        return Err(Fault::refused("the proposal or the master changed since this was shown; nothing was written")
            .hint("look at it again and choose"));
    }
    let synced = asked(project, request, order)?;
    let branch = &foreseen.proposal.branch;
    let (settled, open) = propose::settled(branch, &settle, &synced)?;
    let name = foreseen.proposal.reference();
    let moved = synced.refs.iter().find(|moved| moved.name == name).and_then(|moved| moved.to);
    let commit = moved.map(|commit| commit.to_string());
    let place = commit.as_ref().map(|commit| format!(" in commit {}", short(commit))).unwrap_or_default();
    let words = format!("Settled {}{place} on #{number}, {branch}.{}", counted(settled, "conflict"), left(open.len()));
    Ok((Done { notes: synced.notes, proposals: vec![number], commit, ..Done::said(words) }, settled))
}

fn short(commit: &str) -> &str {
    &commit[..10.min(commit.len())]
}

fn left(open: usize) -> String {
    if open == 0 { String::new() } else { format!(" {open} left.") }
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
    if !is_delivery_of(project, delivery)? {
        return Err(Fault::usage(format!("there is no delivery {delivery}")));
    }
    let decided = match word {
        "retry" => project.inbox().retry_delivery(delivery)?,
        "cancel" => project.inbox().cancel_delivery(delivery)?,
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
