//! What the pull requests must say for the board's sake, as wishes: a pure function of the board, of what was seen and of
//! the settings. A wish knows the calls that carry it out, so that a dry run names them.

use super::observe::Seen;
use crate::config::GithubConfig;
use crate::forge::github::{NewPull, Pull, PullChange};
use crate::forge::local::Board;
use crate::forge::{Proposal, State};
use crate::report::pull::{Marker, Said, Text, closed, remarked, text, ticked};

/// The label that every pull request of vso has.
pub(super) const LABEL: &str = "vso";

/// A call to the hosted forge that was made, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedCall {
    /// `GET`, `POST`, `PATCH`, …
    pub method: String,
    /// The path from the API's root; `{new}` stands for the number of a pull request that is not there yet.
    pub path: String,
    /// What for.
    pub why: String,
}

/// What a pull request gets once, when the board first knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Dress {
    pub(super) labels: Vec<String>,
    pub(super) people: Vec<String>,
    pub(super) teams: Vec<String>,
}

/// What has to be done for one proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deal {
    /// Open a pull request.
    Make(NewPull),
    /// It is there, and the board does not know it yet.
    Know(u64),
    /// Change what it says, or close it.
    Change { pull: u64, change: PullChange, why: String },
    /// Mark it as ready.
    Ready(Box<Pull>),
}

/// A wish: what has to be done, for which proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    /// The proposal's number.
    pub(super) number: u32,
    /// Its branch.
    pub(super) branch: String,
    pub(super) deal: Deal,
    /// What the pull request gets besides.
    pub(super) dress: Dress,
}

/// All wishes, in the order in which they are carried out: what is over first, then each proposal that waits.
/// `is_there` says whether a branch is on the remote.
pub(super) fn wishes(
    board: &Board,
    seen: &Seen,
    settings: &GithubConfig,
    is_there: &dyn Fn(&str) -> bool,
    is_pushed: &dyn Fn(&Proposal) -> bool,
) -> Vec<Wish> {
    let over = board.proposals.values().filter(|proposal| !proposal.is_open());
    let mut wishes: Vec<Wish> = over.filter_map(|proposal| end(proposal, seen, is_pushed)).collect();
    for proposal in board.all_open() {
        match seen.open_of(proposal) {
            Some(pull) => wishes.extend(keep(proposal, pull, settings)),
            None if seen.over.contains_key(&proposal.number) => {}
            None if is_there(&proposal.branch) => wishes.push(make(proposal, settings)),
            None => {}
        }
    }
    wishes
}

fn wish(proposal: &Proposal, deal: Deal, dress: Dress) -> Wish {
    Wish { number: proposal.number, branch: proposal.branch.clone(), deal, dress }
}

fn said(proposal: &Proposal) -> Said<'_> {
    Said {
        number: proposal.number,
        subject: proposal.subject.word(),
        title: &proposal.title,
        body: &proposal.body,
        draft: proposal.is_open() && proposal.draft,
        conflicts: proposal.conflicts.len(),
    }
}

fn make(proposal: &Proposal, settings: &GithubConfig) -> Wish {
    let Text { title, body } = text(&said(proposal));
    let new = NewPull {
        head: proposal.branch.clone(),
        base: proposal.target.clone(),
        title,
        body,
        draft: proposal.draft || settings.drafts,
    };
    wish(proposal, Deal::Make(new), dress(settings, &[]))
}

fn dress(settings: &GithubConfig, has: &[String]) -> Dress {
    let mut labels: Vec<String> = Vec::new();
    for label in std::iter::once(LABEL).chain(settings.labels.iter().map(String::as_str)) {
        // GitHub's labels do not differ by case alone.
        let same = |other: &String| other.eq_ignore_ascii_case(label);
        if !label.trim().is_empty() && !labels.iter().any(same) && !has.iter().any(same) {
            labels.push(label.to_owned());
        }
    }
    Dress { labels, people: settings.reviewers.clone(), teams: settings.team_reviewers.clone() }
}

/// What an open pull request needs.
fn keep(proposal: &Proposal, pull: &Pull, settings: &GithubConfig) -> Vec<Wish> {
    let mut wishes = Vec::new();
    if proposal.pull != Some(pull.number) {
        wishes.push(wish(proposal, Deal::Know(pull.number), dress(settings, &pull.labels)));
    }
    // Without a marker every word of it is somebody else's.
    let Some(marker) = Marker::find(&pull.body) else { return wishes };
    if pull.draft && marker.draft && !proposal.draft {
        wishes.push(wish(proposal, Deal::Ready(Box::new(pull.clone())), Dress::default()));
    }
    let (change, why) = change(proposal, pull, &marker);
    if !change.is_empty() {
        wishes.push(wish(proposal, Deal::Change { pull: pull.number, change, why }, Dress::default()));
    }
    wishes
}

/// What has to change in a text: only what vso wrote, and only where there is something else to say now.
fn change(proposal: &Proposal, pull: &Pull, marker: &Marker) -> (PullChange, String) {
    let Text { title, body } = text(&said(proposal));
    let Some(next) = Marker::find(&body) else { return (PullChange::default(), String::new()) };
    let is_own_title = marker.wrote_title(&pull.title);
    let is_own_body = marker.wrote_body(&pull.body);
    let (is_new_title, is_new_body) = (marker.title != next.title, marker.body != next.body);
    let kept = |own: bool, new: &str, old: &str| if own { new.to_owned() } else { old.to_owned() };
    // What people wrote keeps the hash of what they wrote it over, so that it is theirs from then on.
    let merged = Marker {
        title: kept(is_own_title, &next.title, &marker.title),
        body: kept(is_own_body, &next.body, &marker.body),
        // Where the repository has no drafts, vso never made it one.
        draft: next.draft && pull.draft,
        ..next
    };
    if merged == *marker {
        return (PullChange::default(), String::new());
    }
    let said = match (is_own_title && is_new_title, is_own_body && is_new_body) {
        (true, true) => "title and text have changed",
        (true, false) => "the title has changed",
        (false, true) => "the text has changed",
        (false, false) => "the marker has changed",
    };
    let body = if is_own_body { ticked(&pull.body, &body) } else { pull.body.clone() };
    let change = PullChange {
        title: (is_own_title && is_new_title).then_some(title),
        body: Some(remarked(&body, &merged)),
        ..PullChange::default()
    };
    (change, said.to_owned())
}

/// Closes the open pull request of a proposal that is over.
fn end(proposal: &Proposal, seen: &Seen, is_pushed: &dyn Fn(&Proposal) -> bool) -> Option<Wish> {
    // A person opened it again: that was looked at before.
    if proposal.pull_closed {
        return None;
    }
    let pull = seen.left_of(proposal)?;
    // GitHub sees by itself what is merged, once the target is there; until then it waits.
    if proposal.state == State::Merged && !is_pushed(proposal) {
        return None;
    }
    let reason = proposal.reason.clone().unwrap_or_else(|| proposal.state.word().to_owned());
    let change = closing(proposal, pull, &reason);
    let why = format!("#{} is {}: {reason}", proposal.number, proposal.state.word());
    Some(wish(proposal, Deal::Change { pull: pull.number, change, why }, Dress::default()))
}

/// What closes a pull request: with the reason in its text, unless people wrote that.
pub(super) fn closing(proposal: &Proposal, pull: &Pull, reason: &str) -> PullChange {
    let marker = Marker::find(&pull.body);
    let body = marker.filter(|marker| marker.wrote_body(&pull.body)).map(|marker| {
        let Text { body, .. } = closed(&said(proposal), reason);
        let next = Marker::find(&body).map_or(String::new(), |next| next.body);
        remarked(&ticked(&pull.body, &body), &Marker { body: next, ..marker })
    });
    PullChange { body, open: Some(false), ..PullChange::default() }
}

/// The same pull request as one that is no draft, and that does not say that vso made it one.
pub(super) fn undrafted(new: &NewPull) -> NewPull {
    let body = match Marker::find(&new.body) {
        Some(marker) => remarked(&new.body, &Marker { draft: false, ..marker }),
        None => new.body.clone(),
    };
    NewPull { draft: false, body, ..new.clone() }
}

impl Wish {
    /// The calls that carry it out, below the path of the repository.
    pub(super) fn calls(&self, repository: &str) -> Vec<PlannedCall> {
        let call = |method: &str, path: String, why: String| PlannedCall { method: method.to_owned(), path, why };
        let branch = &self.branch;
        let (first, number) = match &self.deal {
            Deal::Make(_) => {
                let why = format!("a pull request for {branch}");
                (Some(call("POST", format!("{repository}/pulls"), why)), "{new}".to_owned())
            }
            Deal::Know(number) => (None, number.to_string()),
            Deal::Change { pull, why, .. } => {
                let path = format!("{repository}/pulls/{pull}");
                (Some(call("PATCH", path, format!("{branch}: {why}"))), pull.to_string())
            }
            Deal::Ready(pull) => {
                let why = format!("{branch}: pull request {} waits no longer", pull.number);
                (Some(call("POST", "/graphql".to_owned(), why)), pull.number.to_string())
            }
        };
        let Dress { labels, people, teams } = &self.dress;
        let label = (!labels.is_empty()).then(|| {
            call("POST", format!("{repository}/issues/{number}/labels"), format!("{branch}: {}", labels.join(", ")))
        });
        let asked = [people.as_slice(), teams.as_slice()].concat();
        let review = (!asked.is_empty()).then(|| {
            let path = format!("{repository}/pulls/{number}/requested_reviewers");
            call("POST", path, format!("{branch}: a review by {}", asked.join(", ")))
        });
        first.into_iter().chain(label).chain(review).collect()
    }
}
