//! Sections that the readers made nothing of.

use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "unread-section",
    summary: "nothing was read from a section",
    reason: "It looks as if it held items, and none of them reaches a slice. Background and pictures are not meant.",
    hint: "`vso items` shows what was understood; a heading or table header that vso knows settles it",
    severity: Severity::Note,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let unread = subject.reading.unread.iter().filter(|section| !section.expected);
    let findings = unread.map(|section| {
        let message = format!("nothing was read from the section {:?}: {}", section.title, section.reason);
        Finding::at(prose::first_line(text, section.span), message)
    });
    findings.collect()
}
