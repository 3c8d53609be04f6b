//! Places that the author meant to come back to.

use std::sync::LazyLock;

use regex::Regex;

use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "todo-left",
    summary: "the text says that something is still to be decided",
    reason: "A slice built from a gap is built on a guess.",
    hint: "decide it, or move it to an issue",
    severity: Severity::Warning,
    check,
};

/// In capitals only: "to do" is an English word, `TODO` a mark. A TODO that is a thing ("TODO list") is none.
static MARK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:TBD|TBC|FIXME|TODO|XXX|TO BE DEFINED|TO BE DECIDED|TO BE DETERMINED|待定)\b|待定|待补充|\?\?\?")
        .expect("a constant pattern")
});
const THINGS: &[&str] =
    &["list", "lists", "app", "apps", "item", "items", "application", "comment", "comments", "manager"];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let mut found = Vec::new();
    for stretch in prose::stretches(subject.document) {
        for mark in MARK.find_iter(stretch.of(text)) {
            let span = Span::new(stretch.start + mark.start(), stretch.start + mark.end());
            if !is_thing(text, span) {
                found.push(Finding::at(span, format!("{} is left in the text", mark.as_str())));
            }
        }
    }
    found
}

/// "TODO list", "TODO-item", and `XXX` as part of a placeholder such as `slice-XXX` or `XXX-name`.
fn is_thing(text: &str, span: Span) -> bool {
    let after = &text[span.end..];
    let next: String =
        after.trim_start_matches([' ', '-']).chars().take_while(|letter| letter.is_alphabetic()).collect();
    let joined = |letter: Option<char>| letter.is_some_and(|letter| matches!(letter, '-' | '_' | '/' | '.' | '='));
    let placeholder = joined(text[..span.start].chars().next_back())
        || (joined(after.chars().next()) && after.chars().nth(1).is_some_and(char::is_alphanumeric));
    match span.of(text) {
        "TODO" => THINGS.contains(&next.to_lowercase().as_str()) || placeholder,
        "XXX" => placeholder,
        _ => false,
    }
}
