//! Front matter that can't be read.

use std::sync::LazyLock;

use regex::Regex;

use crate::spec::front_matter::FrontMatterError;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "invalid-front-matter",
    summary: "the metadata at the top can't be read",
    reason: "Title and version are unknown then, and a missing fence hides what follows.",
    hint: "write `key: value` lines between two `---` lines, each key once",
    severity: Severity::Error,
    check,
};

/// The place that a parser names in its words, counted from the line after the opening fence.
static POSITION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r",? (?:at|in) line ([0-9]+),? column [0-9]+").expect("a constant pattern"));

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let text = document.text();
    let Some(front_matter) = document.front_matter() else { return Vec::new() };
    let top = prose::first_line(text, front_matter.span);
    let finding = match &front_matter.values {
        Ok(_) => return Vec::new(),
        Err(error @ FrontMatterError::Unclosed) => {
            Finding::at(top, error.to_string()).hint("put a line of the same marks after the last key")
        }
        Err(error @ FrontMatterError::TooLarge { .. }) => {
            Finding::at(top, error.to_string()).hint("move long texts into sections")
        }
        Err(error @ FrontMatterError::NotAMapping) => Finding::at(top, error.to_string()),
        Err(FrontMatterError::Invalid(words)) => {
            let inside = POSITION.captures(words).and_then(|found| found[1].parse::<usize>().ok());
            let first = document.lines().line(front_matter.inner.start);
            let line = inside.map(|line| document.lines().line_span(first + line.saturating_sub(1), text));
            let place = line.filter(|line| front_matter.span.contains(*line)).unwrap_or(top);
            let said = POSITION.replace(words, "").replace(", set DuplicateKeyPolicy in Options if acceptable", "");
            Finding::at(prose::first_line(text, place), format!("the front matter can't be read: {said}"))
        }
    };
    vec![finding]
}
