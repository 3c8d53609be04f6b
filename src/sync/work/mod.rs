//! Work that nobody waits for at a terminal: what the queue holds, and what runs each night.

pub mod drain;
pub mod log;
pub mod nightly;
pub mod schedule;
pub mod state;
pub mod workflows;
