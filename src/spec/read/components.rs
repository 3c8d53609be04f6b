//! Reads components.

use super::super::item::Component;
use super::ground::Ground;

/// The components of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>) -> Vec<Component> {
    let _ = ground;
    Vec::new()
}
