//! Pull requests as values, and where they are kept. What a proposal holds is decided above, in `sync/`.
//!
//! [`local`] keeps them in the repository itself, so that everything works with no account; a hosted forge stands
//! beside it with the same values.

pub mod command;
pub mod local;
pub(crate) mod proposal;

pub use proposal::{Open, Proposal, SCHEMA, State, Subject};
