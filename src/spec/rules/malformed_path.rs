//! Paths of endpoints that no router would take.

use std::collections::HashSet;

use crate::spec::item::Endpoint;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "malformed-path",
    summary: "the path of an endpoint can't be routed",
    reason: "Its contract test would ask for an address that no server can offer.",
    hint: "write /loans/{id}/return: every brace closed, every placeholder with a name of its own",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let endpoints = subject.reading.endpoints.iter();
    let findings = endpoints.filter_map(|endpoint| {
        let wrong = wrong(endpoint)?;
        let place = prose::word_in(text, endpoint.origin.span, &endpoint.path);
        Some(Finding::at(place, format!("the path {:?} {wrong}", endpoint.path)))
    });
    findings.collect()
}

fn wrong(endpoint: &Endpoint) -> Option<String> {
    let path = endpoint.path.split('?').next().unwrap_or_default();
    if !is_balanced(path, '{', '}') || !is_balanced(path, '<', '>') {
        return Some("has a brace that is not closed".to_owned());
    }
    if path.contains("//") && !path.contains("://") {
        return Some("has an empty segment".to_owned());
    }
    let mut seen = HashSet::new();
    let placeholders = path.split('/').filter(|segment| segment.starts_with(['{', '<', ':']));
    let mut names = placeholders.map(|segment| segment.trim_matches(['{', '}', '<', '>', ':']));
    match names.find(|name| name.is_empty() || !seen.insert(*name)) {
        Some("") => Some("has a placeholder without a name".to_owned()),
        Some(name) => Some(format!("has two placeholders named {name:?}")),
        None => None,
    }
}

fn is_balanced(path: &str, open: char, close: char) -> bool {
    let mut depth = 0_i32;
    for letter in path.chars() {
        depth += i32::from(letter == open) - i32::from(letter == close);
        if !(0..=1).contains(&depth) {
            return false;
        }
    }
    depth == 0
}
