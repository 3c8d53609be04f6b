//! Specifications: Markdown as a lossless document, the items in it, editing in place, lint rules.
//!
//! This room is pure and knows no other: no files, no git, no clock, no slices.

pub mod document;
pub mod edit;
pub mod front_matter;
pub mod ids;
pub mod item;
pub mod lint;
pub mod outline;
pub mod read;
pub mod rules;
pub mod span;
pub mod text;
mod tree;

pub use document::{Document, DocumentError};
pub use item::Reading;
pub use span::Span;
