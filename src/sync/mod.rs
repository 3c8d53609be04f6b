//! Use cases: from a master specification to slices on disk, and (later) back.
//!
//! The steps: [`Master::read`], the [`registry()`] that the slices on disk make, [`Master::slicing`], the files that
//! come of it and how they compare with the disk ([`Decomposition`]), writing them ([`Decomposition::carry_out`]).

pub mod answer;
pub mod app;
pub mod checks;
pub mod decompose;
pub mod demo;
pub mod doctor;
pub mod fleet;
pub mod ids;
pub mod lint;
pub mod master;
pub mod plan;
pub mod propose;
pub mod pulls;
pub mod refine;
pub mod registry;
pub mod resolve;
pub mod start;
pub mod status;
pub mod survey;
pub mod templates;
pub mod upstream;
pub mod wanted;
pub mod work;

pub use decompose::{Decomposition, Fate, Request};
pub use master::Master;
pub use registry::registry;
pub use survey::{base, history, inputs, place, quick, shared, step};
pub use templates::templates;
