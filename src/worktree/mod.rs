//! Files on disk: reading with limits, writing a whole tree so that it is there entirely or not at all (a journal).
//!
//! Knows nothing of slices or specifications. It is the only room that writes people's files.

pub mod read;

pub use read::{read_text, shown};
