//! The lint rules, one a file. The list below is the registry.

use super::lint::Rule;

/// Every rule, by id.
pub const ALL: &[&Rule] = &[];
