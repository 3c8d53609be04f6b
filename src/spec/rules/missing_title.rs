//! A specification without a name.

use crate::spec::document::NodeKind;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "missing-title",
    summary: "the specification has no title",
    reason: "The title names the system in every slice, and folders and pages take their name from it.",
    hint: "add `title:` to the front matter or begin with a `# Heading`",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let text = document.text();
    let front_matter = document.front_matter();
    let named =
        front_matter.and_then(|found| found.scalar("title", text)).is_some_and(|title| !title.trim().is_empty());
    let unreadable = front_matter.is_some_and(|found| found.values.is_err());
    let headed = document
        .nodes()
        .any(|(id, node)| matches!(node.kind, NodeKind::Heading(1)) && !document.plain(id).trim().is_empty());
    if named || unreadable || headed || subject.reading.title.is_some() {
        return Vec::new();
    }
    vec![Finding::at(prose::first_line(text, Span::new(0, text.len())), RULE.summary)]
}
