//! Ids that slices still name and the specification gives no more.

use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "vanished-id",
    summary: "an id that slices were made from is gone",
    reason: "Its criteria and tests go with the next generation. If it was renamed, their history is lost.",
    hint: "if it was removed on purpose, generate the slices again; else give its item the old id back",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.facts.vanished.is_empty() {
        return Vec::new();
    }
    let text = subject.document.text();
    let place =
        prose::first_line(text, subject.document.front_matter().map_or(Span::new(0, text.len()), |top| top.span));
    let ids: Vec<&str> = subject.reading.requirements.iter().filter_map(|item| item.id.as_deref()).collect();
    let findings = subject.facts.vanished.iter().map(|(id, slice)| {
        let finding = Finding::at(place, format!("{id} is gone; {slice} was made from it"));
        let respelt = |other: &&&str| unpadded(other) == unpadded(id);
        match ids.iter().find(respelt) {
            Some(near) => finding.hint(format!("is {near} the same requirement? then write {id}")),
            None => finding,
        }
    });
    findings.collect()
}

/// `FR-003` and `FR-3` are the same to a person.
fn unpadded(id: &str) -> String {
    let start = id.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
    format!("{}{}", id[..start].to_lowercase(), id[start..].trim_start_matches('0'))
}
