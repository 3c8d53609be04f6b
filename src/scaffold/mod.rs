//! The files that a slice is made of, rendered through `templates/`. Pure: same slices and templates, same bytes.

pub mod tree;

pub use tree::FileTree;
