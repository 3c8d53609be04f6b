//! Reads models.

use super::super::item::Model;
use super::ground::Ground;

/// The models of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>) -> Vec<Model> {
    let _ = ground;
    Vec::new()
}
