//! Ids of requirements: those that the text gives, those that vso gives, those that were written into the text. The
//! keys of the JSON are documented here.

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::{counted, visible};

/// The version of this format.
pub const FORMAT: u32 = 1;

/// What `vso ids --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IdsReport {
    /// The version of this format: 1.
    pub format: u32,
    /// The document's path as named, with `/`.
    pub document: String,
    /// Every requirement with its id, in the order of the text.
    pub requirements: Vec<IdView>,
    /// How many ids were written into the text by this run.
    pub written: usize,
}

/// A requirement's id.
#[derive(Debug, Serialize, JsonSchema)]
pub struct IdView {
    /// Its id: the text's, else the one that vso gives.
    pub id: String,
    /// Whether the text gives the id.
    pub explicit: bool,
    /// The id that `vso ids --write` would write into the text; none where it is there, or can't be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// Why no id can be written into the text here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<String>,
    /// The line (from 1) on which it stands.
    pub line: usize,
    /// Its text.
    pub text: String,
}

impl IdsReport {
    /// As indented text with a final newline.
    #[must_use]
    pub fn json(&self) -> String {
        pretty(self)
    }

    /// The JSON Schema of the report.
    #[must_use]
    pub fn schema() -> String {
        pretty(&super::json::schema_of::<IdsReport>())
    }

    /// The requirements without an id in the text, one a line, and what can be done.
    #[must_use]
    pub fn human(&self) -> String {
        let derived: Vec<&IdView> = self.requirements.iter().filter(|found| !found.explicit).collect();
        let width = derived.iter().map(|found| found.id.chars().count()).max().unwrap_or(0);
        let new = derived.iter().filter_map(|found| found.proposed.as_ref()).map(|id| id.chars().count()).max();
        let mut text = String::new();
        for found in &derived {
            let proposed = match (new, &found.proposed) {
                (None, _) => String::new(),
                (Some(width), Some(id)) => format!("  → {id:<width$}"),
                (Some(width), None) => format!("    {:<width$}", "-"),
            };
            let words: String = visible(&found.text).chars().take(WORDS).collect();
            text.push_str(&format!("{:>6}  {:<width$}{proposed}  {words}\n", found.line, found.id));
        }
        text + &self.summary(&derived)
    }

    fn summary(&self, derived: &[&IdView]) -> String {
        let explicit = self.requirements.len() - derived.len();
        let mut text = format!("{} with an id in the text", counted(explicit, "requirement"));
        if self.written > 0 {
            text.push_str(&format!(", {} of them written now", self.written));
        }
        text.push_str(&format!(", {} without\n", derived.len()));
        let writable = derived.iter().filter(|found| found.proposed.is_some()).count();
        if writable > 0 {
            text.push_str(&format!("`vso ids --write` writes {} into the text\n", counted(writable, "id")));
        }
        let mut reasons: Vec<&str> = derived.iter().filter_map(|found| found.left.as_deref()).collect();
        reasons.sort_unstable();
        for reason in reasons.chunk_by(|one, other| one == other) {
            text.push_str(&format!(
                "{} left as {}: {}\n",
                reason.len(),
                if reason.len() == 1 { "it is" } else { "they are" },
                reason[0]
            ));
        }
        text
    }
}

/// Characters of a text that a line shows.
const WORDS: usize = 72;

fn pretty(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("texts, numbers and lists always serialise");
    text + "\n"
}
