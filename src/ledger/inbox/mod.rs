//! Deliveries from GitHub: kept before they are answered, worked on one at a time per repository, in order, the
//! repositories by turns.
//!
//! A GUID is known in one of five states. What comes again while it waits, runs or is done is counted and dropped; what
//! has failed for good begins anew. Nothing here knows what an event means.

mod claim;
mod decide;
mod explain;
mod list;
mod receive;

use serde::Serialize;

pub use claim::{Claimed, Ending};
pub use decide::{Collected, DeliveryDecided, InboxKeep};
pub use explain::DeliveryReason;
pub use list::{InboxCount, InboxFilter};
pub use receive::{NewDelivery, Receipt};

use super::time::Time;

/// A delivery's number.
pub type DeliveryId = i64;

/// Bytes of a part of a body.
const PART: usize = 256 * 1024;

/// Numbers of parts that one body may have: 256 MiB.
const PARTS: i64 = 1024;

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// It waits for its turn.
    Received,
    /// Somebody works on it.
    Running,
    /// It was worked on; it never will be again.
    Done,
    /// It failed. With a moment at which it is due it is tried again then, else a person or a redelivery brings it back.
    Failed,
    /// Somebody took it back.
    Cancelled,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Received, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// Its word in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A delivery without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Delivery {
    /// Its number, in the order of arrival.
    pub id: DeliveryId,
    /// GitHub's name for it, the same when it is sent again.
    pub guid: String,
    /// What happened: `push`, `pull_request`, …
    pub event: String,
    /// What exactly: `opened`, …; empty for events that have none.
    pub action: String,
    /// `owner/name`; empty for what is about no repository.
    pub repository: String,
    /// The App's installation that it is for.
    pub installation: Option<i64>,
    /// What it excludes while it is worked on: `repository NUMBER`, `installation NUMBER`, or nothing else.
    pub key: String,
    /// When it came first.
    pub received: Time,
    /// How often it came again.
    pub copies: u32,
    /// Bytes of its body.
    pub bytes: u64,
    /// Whether the body is still kept.
    pub kept: bool,
    /// How it stands.
    pub state: DeliveryState,
    /// When it may be claimed.
    pub due: Option<Time>,
    /// How often it was claimed, without those given back.
    pub attempts: u32,
    /// After so many it has failed for good.
    pub attempts_max: u32,
    /// The token of the last claim.
    pub fence: i64,
    /// Who claimed it last.
    pub worker: Option<String>,
    /// Whether somebody wants it to end early.
    pub cancelling: bool,
    /// When it last stopped running.
    pub settled: Option<Time>,
    /// Why it failed last: the class.
    pub failure: Option<String>,
    /// Why it failed last, in words; of one that is done, what was done.
    pub cause: Option<String>,
}

#[cfg(test)]
mod tests;
