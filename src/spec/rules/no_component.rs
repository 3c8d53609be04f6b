//! A specification that nothing can be cut from.

use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "no-component",
    summary: "there is nothing to cut slices by",
    reason: "Slices are cut by component; without one, and without anything that could stand for some, there are none.",
    hint: "name the components under a heading \"Components\", one a line: - **Members**: what it does",
    severity: Severity::Error,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    if !subject.reading.components.is_empty() || !subject.facts.cut_by.is_empty() {
        return Vec::new();
    }
    let empty = text.trim_start_matches('\u{feff}').trim().is_empty();
    let message = if empty { "the document is empty" } else { "no component was found in this document" };
    vec![Finding::at(prose::first_line(text, Span::new(0, text.len())), message)]
}
