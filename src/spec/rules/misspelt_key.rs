//! Front-matter keys that are nearly one of vso's.

use crate::spec::lint::nearest::nearest;
use crate::spec::lint::{Finding, Rule, Severity, Subject};

/// The rule.
pub const RULE: Rule = Rule {
    id: "misspelt-front-matter-key",
    summary: "a front-matter key is nearly one that vso reads",
    reason: "A key with a slip is ignored without a word. Keys of other tools are left alone.",
    hint: "vso reads title, version, authors, dependencies, last_updated and status",
    severity: Severity::Warning,
    check,
};

const KEYS: &[&str] = &["title", "version", "authors", "dependencies", "last_updated", "status"];
/// Real keys of other tools that differ from one of ours by little.
const OTHERS: &[&str] = &["author", "dependency", "updated", "titles", "versions", "states", "state", "subtitle"];

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let document = subject.document;
    let Some(front_matter) = document.front_matter() else { return Vec::new() };
    let Ok(values) = &front_matter.values else { return Vec::new() };
    let wrong = values.keys().filter(|key| !KEYS.contains(&key.as_str()) && !OTHERS.contains(&key.as_str()));
    let findings = wrong.filter_map(|key| {
        let meant = nearest(key, KEYS.iter().copied())?;
        if values.contains_key(meant) {
            return None;
        }
        let span = front_matter.entry(key, document.text())?;
        let message = format!("the key {key:?} is not read");
        Some(Finding::at(span, message).hint(format!("did you mean {meant:?}?")))
    });
    findings.collect()
}
