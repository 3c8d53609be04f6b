//! Credentials in the text: tokens, private keys, passwords. They are never printed in full.

use crate::spec::lint::{Finding, Rule, Severity, Subject, prose, secret};

/// The rule.
pub const RULE: Rule = Rule {
    id: "likely-secret",
    summary: "the text holds what looks like a credential",
    reason: "A specification is read by many and copied into every slice; a secret in it must be taken for stolen.",
    hint: "revoke it, then name the environment variable that will hold it instead",
    severity: Severity::Error,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let secrets = secret::find(text).into_iter();
    secrets
        .map(|found| {
            let place = prose::first_line(text, found.span);
            let words = secret::masked(found.span.of(text));
            let start: String = words.chars().take_while(|letter| *letter != '*').collect();
            let shown = if start.is_empty() { String::new() } else { format!(" ({start}…)") };
            Finding::at(place, format!("this looks like a secret: {}{shown}", found.kind))
        })
        .collect()
}
