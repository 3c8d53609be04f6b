//! Three-way merge by key. Pure: texts and folders in, merged ones and conflicts out.
//!
//! So far: [`folder`], what a folder holds, as a value.

pub mod folder;

pub use folder::{Entry, Mode, Tree};
