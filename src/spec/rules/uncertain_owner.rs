//! Requirements whose component is a guess.

use super::requirement_without_owner::candidates;
use crate::spec::item::Rung;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "uncertain-owner",
    summary: "a requirement went to a component by a narrow margin",
    reason: "The next edit of the text may move it to another slice.",
    hint: "settle it by a tag in front of its text: [component: NAME]",
    severity: Severity::Note,
    check,
};

/// Below this margin (0 to 1) between the two best candidates an owner is a guess.
const MARGIN: f64 = 0.15;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let guesses = subject.facts.ownership.iter().filter(|fact| !fact.shared && fact.confidence < MARGIN);
    let findings = guesses.filter_map(|fact| {
        let owner = fact.owner.as_ref()?;
        let requirement = subject.reading.requirements.get(fact.requirement)?;
        // A tag in the middle of an explanation reads badly, so nobody is asked for one there.
        if !matches!(requirement.origin.rung, Rung::Section | Rung::Typed) {
            return None;
        }
        let id = requirement.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        let message = format!("this requirement{id} went to {owner} by a narrow margin");
        let finding = Finding::at(prose::first_line(text, requirement.origin.span), message);
        Some(match candidates(&fact.candidates) {
            Some((words, first)) => finding.hint(format!("{words}: add [component: {first}] in front of its text")),
            None => finding,
        })
    });
    findings.collect()
}
