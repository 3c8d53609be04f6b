//! A specification that names no component, so that slices are cut by something else.

use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "guessed-components",
    summary: "the specification names no component, so slices follow groups of paths or requirements",
    reason: "The next path or requirement may found a slice of its own that nobody meant.",
    hint: "name the components under a heading \"Components\", one a line: - **Members**: what it does",
    severity: Severity::Warning,
    check,
};

/// So many of the slices are named.
const SHOWN: usize = 6;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let names = &subject.facts.cut_by;
    if subject.reading.names_parts() || names.is_empty() {
        return Vec::new();
    }
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let listed = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let message = format!("no component is named; slices would be cut as {listed}{more}");
    vec![Finding::at(prose::first_line(text, Span::new(0, text.len())), message)]
}
