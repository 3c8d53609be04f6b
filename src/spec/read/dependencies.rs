//! Reads dependencies.

use super::super::item::{Component, Dependency};
use super::ground::Ground;

/// The dependencies of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, components: &[Component]) -> Vec<Dependency> {
    let _ = (ground, components);
    Vec::new()
}
