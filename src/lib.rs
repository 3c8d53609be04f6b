//! vso keeps a system's design and its parts in step.
//!
//! The source is laid out as a journey. A `master-spec.md` is read into a lossless document with typed items
//! ([`spec`]), cut into slices ([`slicing`]), and rendered into files ([`scaffold`]); [`report`] turns what was found
//! into text, JSON, SARIF and pictures. Those rooms are pure: no files, no clock, no environment. Around them stand the
//! rooms that touch one outside thing each ([`worktree`], [`git`], [`config`], [`runner`], [`model`]), the use cases
//! ([`sync`]) and the edges where people and git ask ([`cli`], [`hooks`], [`serve`]). Arrows run downwards only; `tests/house.rs`
//! guards the walls and `src/ARCHITECTURE.md` draws them.

pub mod cli;
pub mod config;
pub mod crash;
pub mod fault;
pub mod forge;
pub mod git;
pub mod hooks;
pub mod ledger;
pub mod merge;
pub mod model;
pub mod report;
pub mod runner;
pub mod scaffold;
pub mod serve;
pub mod slicing;
pub mod spec;
pub mod sync;
pub mod worktree;
