//! A field that a model has twice.

use std::collections::HashSet;

use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::text::name_key;

/// The rule.
pub const RULE: Rule = Rule {
    id: "duplicate-field",
    summary: "a model has two fields of one name",
    reason: "A record can hold one value under a name; which of the two types is meant can't be told.",
    hint: "rename one of the fields or take it out",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let mut found = Vec::new();
    for model in &subject.reading.models {
        let mut seen = HashSet::new();
        for field in model.fields.iter().filter(|field| !name_key(&field.name).is_empty()) {
            if !seen.insert(field.name.as_str()) {
                let place = prose::word_in(text, model.origin.span, &field.name);
                found.push(Finding::at(place, format!("{} has two fields named {:?}", model.name, field.name)));
            }
        }
    }
    found
}
