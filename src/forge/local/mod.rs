//! The forge that needs no account: proposals live in the repository, in `refs/vso/proposals`.
//!
//! The ref is a chain of commits that moves by compare-and-swap only. Its tree: `proposals/<number>.json`, one file a
//! proposal, `finished/<number>.json` for those that are merged or superseded; `last`, the highest number; `wanted/<number>`, the tree that vso last wanted on an open one's branch, so that gc keeps it;
//! `intent.json` while branches are being moved ([`carry`]).

mod board;
mod carry;
mod events;
mod intent;
mod join;
#[cfg(test)]
mod tests;

pub use board::Board;
pub use carry::{Carried, Settled, carry, settle};
pub use events::tell;
pub use intent::{Intent, Move, Step};
pub use join::join;

/// Where the state is kept.
pub const REF: &str = "refs/vso/proposals";
