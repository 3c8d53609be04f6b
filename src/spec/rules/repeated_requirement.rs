//! One requirement written twice.

use std::collections::HashMap;

use crate::spec::item::Rung;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;
use crate::spec::text::normal;

/// The rule.
pub const RULE: Rule = Rule {
    id: "repeated-requirement",
    summary: "a requirement is there twice, word for word",
    reason: "Sooner or later one of the two is changed and the other is not.",
    hint: "keep one of them and refer to it by its id",
    severity: Severity::Warning,
    check,
};

/// Shorter texts are labels in tables rather than sentences.
const SENTENCE: usize = 20;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let mut seen: HashMap<(String, Option<&str>, Option<&str>), Span> = HashMap::new();
    let mut found = Vec::new();
    for requirement in &subject.reading.requirements {
        let words = normal(&requirement.text).to_lowercase();
        // A sentence of an explanation may be true of several things that it explains.
        if words.chars().count() < SENTENCE || !matches!(requirement.origin.rung, Rung::Section | Rung::Typed) {
            continue;
        }
        // The same sentence for another component is another requirement.
        let key = (words, requirement.tag.as_deref(), requirement.section.as_deref());
        let place = prose::first_line(text, requirement.origin.span);
        match seen.get(&key) {
            Some(first) => {
                let finding = Finding::at(place, "this requirement is there already, word for word");
                found.push(finding.related(*first, "it stands here first"));
            }
            None => {
                seen.insert(key, place);
            }
        }
    }
    found
}
