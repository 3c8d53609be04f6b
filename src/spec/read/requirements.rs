//! Reads requirements.

use super::super::item::{Component, Requirement};
use super::ground::Ground;

/// The requirements of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, components: &[Component]) -> Vec<Requirement> {
    let _ = (ground, components);
    Vec::new()
}
