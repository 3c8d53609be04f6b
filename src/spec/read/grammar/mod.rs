//! The small grammars that readers of endpoints and models share: paths, payloads, columns of tables.

pub(super) mod columns;
pub(super) mod fields;
pub(super) mod owners;
pub(super) mod path;
pub(super) mod payload;
