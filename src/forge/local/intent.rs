//! What is about to be moved, written down before the first ref moves, so that whoever comes next can finish it.

use serde::{Deserialize, Serialize};

use crate::forge::Proposal;
use crate::git::Id;

/// Moves that belong together in one run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Intent {
    /// One step a proposal.
    pub steps: Vec<Step>,
}

/// What becomes of one proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The proposal as it is afterwards.
    pub after: Proposal,
    /// The refs that move. The first one decides: where somebody else moved it, the whole step is dropped and planned
    /// again. The others may fail (a branch that got another commit is not deleted).
    #[serde(default)]
    pub moves: Vec<Move>,
    /// What happened, for the ledger: `opened`, `updated`, `merged`, …
    pub event: String,
}

/// One ref from one object to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Its full name.
    pub name: String,
    /// Where it is now; none to make it.
    #[serde(default)]
    pub from: Option<Id>,
    /// Where it goes; none to delete it.
    #[serde(default)]
    pub to: Option<Id>,
    /// The worktree in which this branch is checked out, whose files and index move along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<String>,
}
