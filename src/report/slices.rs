//! Slices as rows: what `decompose` and `status` say of each, for people and for scripts. The keys are documented here.

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::counted;
use crate::slicing::Slice;
use crate::slicing::slice::{PlatformKind, Status};

/// What is said of one slice.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SliceView {
    /// Number and slug, the folder's name: `slice-001-members`.
    pub id: String,
    /// The component's name.
    pub name: String,
    /// The number alone.
    pub number: u32,
    /// The slice's version.
    pub version: String,
    /// `draft`, `implemented`, `tested` or `deployed`.
    pub status: String,
    /// `hetzner` or `modal`.
    pub platform: String,
    /// Why it runs there.
    pub platform_reason: String,
    /// Ids of the slices that have to be there first.
    pub dependencies: Vec<String>,
    /// How many items it holds.
    pub counts: Counts,
}

/// How many items a slice holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Requirements of its own.
    pub requirements: usize,
    /// Requirements that bind every slice.
    pub shared_requirements: usize,
    /// Acceptance criteria.
    pub criteria: usize,
    /// Endpoints.
    pub endpoints: usize,
    /// Data models of its own.
    pub models: usize,
}

impl SliceView {
    /// What is said of a slice.
    #[must_use]
    pub fn of(slice: &Slice) -> Self {
        Self {
            id: slice.id.clone(),
            name: slice.name.clone(),
            number: slice.number,
            version: slice.version.to_string(),
            status: status_word(slice.status).to_owned(),
            platform: platform_word(slice.platform.kind).to_owned(),
            platform_reason: slice.platform.reason.clone(),
            dependencies: slice.needs.iter().map(|need| need.slice.clone()).collect(),
            counts: Counts::of(slice),
        }
    }
}

impl Counts {
    fn of(slice: &Slice) -> Self {
        let shared = slice.requirements.iter().filter(|held| held.shared).count();
        Self {
            requirements: slice.requirements.len() - shared,
            shared_requirements: shared,
            criteria: slice.criteria.len(),
            endpoints: slice.endpoints.len(),
            models: slice.models.len(),
        }
    }

    /// `4 requirements, 1 endpoint, 2 models`; what there is none of is left out.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = [(self.requirements, "requirement"), (self.endpoints, "endpoint"), (self.models, "model")];
        let words = parts.iter().filter(|(count, _)| *count > 0).map(|(count, noun)| counted(*count, noun));
        let words = words.collect::<Vec<_>>().join(", ");
        if words.is_empty() { "nothing of its own".to_owned() } else { words }
    }
}

/// The platform's word in files and on the command line.
#[must_use]
pub fn platform_word(platform: PlatformKind) -> &'static str {
    match platform {
        PlatformKind::Hetzner => "hetzner",
        PlatformKind::Modal => "modal",
    }
}

/// The status's word in files.
#[must_use]
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Draft => "draft",
        Status::Implemented => "implemented",
        Status::Tested => "tested",
        Status::Deployed => "deployed",
    }
}

/// Rows as columns that are as wide as their widest cell, two spaces apart; no space at the end of a line.
#[must_use]
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|at| widest(at).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".to_owned(), "long".to_owned()], vec!["bcd".to_owned(), "x".to_owned()]];
        assert_eq!(columns(&rows), "a    long\nbcd  x\n");
        assert_eq!(columns(&[]), "");
    }

    #[test]
    fn counts_read_as_words() {
        let mut counts = Counts { requirements: 4, shared_requirements: 9, criteria: 4, endpoints: 1, models: 0 };
        assert_eq!(counts.words(), "4 requirements, 1 endpoint");
        (counts.requirements, counts.endpoints) = (0, 0);
        assert_eq!(counts.words(), "nothing of its own");
    }
}
