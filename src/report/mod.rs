//! What was found, as values and their renderings: human, JSON, SARIF, annotations, Markdown, pictures. Pure.

pub mod check;
pub mod diff;
pub mod finding;
pub mod github;
pub mod graph;
pub mod human;
pub mod ids;
pub mod items;
pub mod json;
pub mod plan;
pub mod proposal;
pub mod pull;
pub mod run;
pub mod sarif;
pub mod slices;
pub mod trace;
