//! A status that is not one of the four.

use crate::spec::edit::Edit;
use crate::spec::lint::nearest::nearest;
use crate::spec::lint::{Finding, Rule, Severity, Subject};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "unknown-status",
    summary: "the status is none of draft, implemented, tested, deployed",
    reason: "What follows from a status (what may be deployed) is decided by these four words.",
    hint: "write draft, implemented, tested or deployed",
    severity: Severity::Warning,
    check,
};

const STATUSES: &[&str] = &["draft", "implemented", "tested", "deployed"];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let Some(front_matter) = subject.document.front_matter() else { return Vec::new() };
    let Some(status) = front_matter.scalar("status", text) else { return Vec::new() };
    if STATUSES.contains(&status.as_str()) {
        return Vec::new();
    }
    let line = front_matter.entry("status", text).unwrap_or(front_matter.span);
    let place = line.of(text).rfind(&status).filter(|_| !status.is_empty());
    let span = place.map_or(line, |at| Span::new(line.start + at, line.start + at + status.len()));
    let finding = Finding::at(span, format!("the status {status:?} is none of {}", STATUSES.join(", ")));
    let folded = status.trim().to_lowercase();
    vec![match STATUSES.iter().find(|known| **known == folded) {
        Some(known) if place.is_some() => {
            finding.hint(format!("write it in lower case: {known}")).fix(Edit::new(span, *known))
        }
        _ => match nearest(&status, STATUSES.iter().copied()) {
            Some(known) => finding.hint(format!("did you mean {known:?}?")),
            None => finding,
        },
    }]
}
