//! A check of a commit as a value: what was verified, how it ended, and what is wrong where. Terminals, workflow
//! annotations, step summaries, SARIF, JSON and the checks of a hosted forge are renderings of this one.
//!
//! The names are those that people choose as required checks in a repository's rules, so they stay.

use schemars::JsonSchema;
use serde::Serialize;

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
