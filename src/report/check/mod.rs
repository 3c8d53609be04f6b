//! A check of a commit as a value: what was verified, how it ended, and what is wrong where. Terminals, workflow
//! annotations, step summaries, SARIF, JSON and the checks of a hosted forge are renderings of this one.
//!
//! The names are those that people choose as required checks in a repository's rules, so they stay.

pub mod findings;
pub mod human;
pub mod markdown;
pub mod place;
pub mod slices;
pub mod summary;
pub mod trace;

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::finding::{counted, safe};
use crate::fault::Fault;

pub use findings::annotations;

/// Whether the specification can be read and says what it means.
pub const SPECIFICATION: &str = "vso / specification";
/// Whether the slices are in step with the master.
pub const SLICES: &str = "vso / slices";
/// Whether somebody tests every requirement.
pub const TRACE: &str = "vso / trace";

/// How a check ended. There is no "neutral" and no "skipped": those count as passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// It was verified, and it is so.
    Success,
    /// It was verified, and it is not so.
    Failure,
    /// A person has to decide something, or vso could not do its work.
    ActionRequired,
}

impl Conclusion {
    /// `success`, `failure` or `action_required`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::ActionRequired => "action_required",
        }
    }
}

/// How much an annotation matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It stops the check.
    Failure,
    /// It should be looked at.
    Warning,
    /// It is worth knowing.
    Notice,
}

impl Level {
    /// `failure`, `warning` or `notice`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// Something at a place in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Annotation {
    /// The file, from the repository's root, with `/`.
    pub path: String,
    /// The first line, from 1.
    pub start_line: usize,
    /// The last line.
    pub end_line: usize,
    /// The first and one past the last column, in characters from 1; only where it is on one line.
    pub columns: Option<(usize, usize)>,
    /// How much it matters.
    pub level: Level,
    /// The rule, in a few words.
    pub title: String,
    /// What is wrong, and what would settle it. Credentials are masked already.
    pub message: String,
}

/// Something that a person can ask for by a button on the check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Button {
    /// At most 20 characters.
    pub label: String,
    /// At most 40 characters.
    pub description: String,
    /// At most 20 characters; comes back when the button is pressed.
    pub identifier: String,
}

/// One check of one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// [`SPECIFICATION`], [`SLICES`] or [`TRACE`].
    pub name: String,
    /// How it ended.
    pub conclusion: Conclusion,
    /// One line, with true totals whatever is cut below.
    pub title: String,
    /// Markdown.
    pub summary: String,
    /// What is wrong where: what matters most comes first.
    pub annotations: Vec<Annotation>,
    /// At most three.
    pub buttons: Vec<Button>,
}

impl Check {
    /// Whether it stops nobody.
    #[must_use]
    pub fn is_passed(&self) -> bool {
        self.conclusion == Conclusion::Success
    }

    /// The check whose work could not be done: never passed, with the reason and what to do about it.
    #[must_use]
    pub fn undone(name: &str, fault: &Fault) -> Self {
        let hints: String = fault.hints().iter().map(|hint| format!("\n{}\n", markdown::inline(hint))).collect();
        let words = fault.to_string();
        let words = words.split("\n\nhint: ").next().unwrap_or_default();
        Self {
            name: name.to_owned(),
            conclusion: Conclusion::ActionRequired,
            title: format!("could not be checked: {}", safe(fault.message().lines().next().unwrap_or_default())),
            summary: format!("vso could not do its work, so nothing is said to be right.\n\n{}{hints}", {
                markdown::fenced(words)
            }),
            annotations: Vec::new(),
            buttons: Vec::new(),
        }
    }

    /// Hash of all that the check says: two that say the same have the same.
    #[must_use]
    pub fn key(&self) -> String {
        let text = serde_json::to_string(self).expect("texts, numbers and lists always serialise");
        hex::encode(&Sha256::digest(text.as_bytes())[..16])
    }

    /// The check with at most so many annotations; the summary says how many there are.
    #[must_use]
    pub fn with_at_most(mut self, most: usize) -> Self {
        let all = self.annotations.len();
        if all > most {
            self.annotations.truncate(most);
            let shown = counted(most, "annotation");
            self.summary.push_str(&format!("\n{shown} of {all} stand at the lines; `vso check` shows all.\n"));
        }
        self
    }
}

/// How many checks there are of each kind of end, for people: "2 passed, 1 action required".
#[must_use]
pub fn tally(checks: &[Check]) -> String {
    let count = |wanted: Conclusion| checks.iter().filter(|check| check.conclusion == wanted).count();
    let kinds = [
        (count(Conclusion::Failure), "failed"),
        (count(Conclusion::ActionRequired), "needs a person"),
        (count(Conclusion::Success), "passed"),
    ];
    let kinds = kinds.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    kinds.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Check {
        Check {
            name: SPECIFICATION.into(),
            conclusion: Conclusion::Success,
            title: "t".into(),
            summary: String::new(),
            annotations: Vec::new(),
            buttons: Vec::new(),
        }
    }

    #[test]
    fn what_could_not_be_done_never_passes_and_says_why() {
        let fault = Fault::usage("master-spec.md is not UTF-8: @everyone <!-- x\u{1b}").hint("save it as <UTF-8>");
        let check = Check::undone(SLICES, &fault);
        assert_eq!(check.conclusion, Conclusion::ActionRequired);
        assert!(check.title.starts_with("could not be checked: master-spec.md is not UTF-8"), "{}", check.title);
        assert!(!check.summary.contains("<!--") && !check.summary.contains('\u{1b}'), "{}", check.summary);
        assert!(check.summary.contains("&lt;UTF-8&gt;"), "{}", check.summary);
    }

    #[test]
    fn the_key_follows_the_content() {
        let other = Check { title: "u".into(), ..sample() };
        assert_eq!(sample().key(), sample().key());
        assert_ne!(sample().key(), other.key());
    }

    #[test]
    fn what_is_cut_is_counted() {
        let annotation = Annotation {
            path: "a.md".into(),
            start_line: 1,
            end_line: 1,
            columns: None,
            level: Level::Notice,
            title: "r".into(),
            message: "m".into(),
        };
        let check = Check { annotations: vec![annotation; 7], ..sample() };
        assert_eq!(check.clone().with_at_most(7), check);
        let cut = check.with_at_most(5);
        assert_eq!(cut.annotations.len(), 5);
        assert!(cut.summary.contains("5 annotations of 7"), "{}", cut.summary);
    }
}
