//! A proposal as scripts read it; the keys stay.

use schemars::JsonSchema;
use serde::Serialize;

use crate::forge::{Open, Proposal, Subject};
use crate::sync::propose::Seen;

/// The version of these formats.
pub const FORMAT: u32 = 1;

/// An item that both sides changed and nobody has settled.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OpenView {
    /// The file, from the repository's root.
    pub path: String,
    /// The item, as `vso resolve --item` takes it.
    pub item: String,
}

/// A proposal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ProposalView {
    /// Its number.
    pub number: u32,
    /// `open`, `merged`, `closed` or `superseded`.
    pub state: String,
    /// Whether it waits for `vso pr ready`.
    pub draft: bool,
    /// `slice`, `master` or `all`.
    pub kind: String,
    /// The slice's id; null for the master's and the wide one.
    pub slice: Option<String>,
    /// One line.
    pub title: String,
    /// The version that it brings.
    pub version: String,
    /// Its branch.
    pub branch: String,
    /// The branch that it wants to be merged into.
    pub target: String,
    /// What is not settled.
    pub conflicts: Vec<OpenView>,
    /// When it was opened (RFC 3339).
    pub opened_at: String,
    /// Why it is no longer open.
    pub reason: Option<String>,
    /// The target's commit that brought it.
    pub merged: Option<String>,
    /// The number of its pull request on GitHub; null while it has none.
    pub pull: Option<u64>,
}

/// A proposal with its commits.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SeenView {
    /// What is written down.
    #[serde(flatten)]
    pub proposal: ProposalView,
    /// How it stands at this moment: its state, `draft`, `merged` or `closed` where git says so already, or `away` when its
    /// branch is in another clone.
    pub standing: String,
    /// Where its branch is; null when it is not here.
    pub head: Option<String>,
    /// The page of its pull request, where the remote is on GitHub and the environment has a token for it.
    pub url: Option<String>,
    /// The commits that only its branch has, oldest first.
    pub commits: Vec<CommitView>,
}

/// A commit of a proposal.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CommitView {
    /// Its id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// Whether vso wrote it.
    pub vso: bool,
}

/// The kind of a subject, and the slice's id.
#[must_use]
pub fn about(subject: &Subject) -> (String, Option<String>) {
    match subject {
        Subject::Slice { id, .. } => ("slice".to_owned(), Some(id.clone())),
        Subject::Master => ("master".to_owned(), None),
        Subject::All => ("all".to_owned(), None),
    }
}

/// Open items for scripts.
#[must_use]
pub fn open(conflicts: &[Open]) -> Vec<OpenView> {
    conflicts.iter().map(|open| OpenView { path: open.path.clone(), item: open.item.clone() }).collect()
}

impl ProposalView {
    /// What is said of a proposal.
    #[must_use]
    pub fn of(proposal: &Proposal) -> Self {
        let (kind, slice) = about(&proposal.subject);
        Self {
            number: proposal.number,
            state: proposal.state.word().to_owned(),
            draft: proposal.draft,
            kind,
            slice,
            title: proposal.title.clone(),
            version: proposal.version.clone(),
            branch: proposal.branch.clone(),
            target: proposal.target.clone(),
            conflicts: open(&proposal.conflicts),
            opened_at: proposal.opened_at.clone(),
            reason: proposal.reason.clone(),
            merged: proposal.merged.clone(),
            pull: proposal.pull,
        }
    }
}

impl SeenView {
    /// What is said of a proposal as it stands.
    #[must_use]
    pub fn of(seen: &Seen) -> Self {
        let commits = seen.commits.iter().map(|commit| CommitView {
            id: commit.id.to_string(),
            subject: commit.subject.clone(),
            author: commit.author.clone(),
            vso: commit.is_vso,
        });
        Self {
            proposal: ProposalView::of(&seen.proposal),
            standing: seen.standing.clone(),
            head: seen.head.map(|head| head.to_string()),
            url: seen.url.clone(),
            commits: commits.collect(),
        }
    }
}
