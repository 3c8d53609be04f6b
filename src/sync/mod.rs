//! Use cases: from a master specification to slices on disk, and (later) back.
//!
//! The steps: [`Master::read`], the [`registry()`] that the slices on disk make, the project's own [`templates()`].

pub mod lint;
pub mod master;
pub mod refine;
pub mod registry;
pub mod start;
pub mod templates;

pub use master::Master;
pub use registry::registry;
pub use templates::templates;
