//! Pull requests as values, and where they are kept. What a proposal holds is decided above, in `sync/`.
//!
//! [`local`] keeps them in the repository itself, so that everything works with no account; [`github`] stands
//! beside it as a mirror for people.

pub mod command;
pub mod github;
pub mod local;
pub(crate) mod proposal;
pub mod stand_in;

pub use proposal::{Open, Proposal, SCHEMA, State, Subject};
