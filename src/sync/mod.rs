//! Use cases: from a master specification to slices on disk, and (later) back.
//!
//! The steps: [`Master::read`], the [`registry()`] that the slices on disk make, [`Master::slicing`], the files that
//! come of it and how they compare with the disk ([`Plan`]), writing them ([`Plan::carry_out`]).

pub mod demo;
pub mod doctor;
pub mod ids;
pub mod lint;
pub mod master;
pub mod plan;
pub mod refine;
pub mod registry;
pub mod start;
pub mod status;
pub mod templates;

pub use master::Master;
pub use plan::{Fate, Plan, Request};
pub use registry::registry;
pub use templates::templates;
