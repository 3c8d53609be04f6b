//! Which slices a master specification makes: assignment, dependencies, identity, platform, versions.
//!
//! Pure: the registry (who has which number and id) comes in as a value.

pub mod registry;
pub mod slice;

pub use slice::{Slice, Slicing};
