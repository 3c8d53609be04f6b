//! Reads criteria.

use super::super::item::{Component, StatedCriterion};
use super::ground::Ground;

/// The criteria of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, components: &[Component]) -> Vec<StatedCriterion> {
    let _ = (ground, components);
    Vec::new()
}
