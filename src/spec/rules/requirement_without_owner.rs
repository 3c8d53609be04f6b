//! Requirements that no component owns.

use crate::spec::lint::{Candidate, Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "requirement-without-owner",
    summary: "no component owns a functional requirement",
    reason: "It is in no slice, so nobody builds it.",
    hint: "name its component in front of it: [component: NAME]",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let orphans = subject.facts.ownership.iter().filter(|fact| fact.owner.is_none() && !fact.shared);
    let findings = orphans.filter_map(|fact| {
        let requirement = subject.reading.requirements.get(fact.requirement)?;
        let id = requirement.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
        let place = prose::first_line(text, requirement.origin.span);
        let finding = Finding::at(place, format!("no component owns this requirement{id}"));
        Some(match candidates(&fact.candidates) {
            Some((words, first)) => finding.hint(format!("{words}: add [component: {first}] in front of its text")),
            None => finding,
        })
    });
    findings.collect()
}

/// The two best candidates in words, and the name of the first.
pub(super) fn candidates(best: &[Candidate]) -> Option<(String, &str)> {
    let first = best.first()?.component.as_str();
    let words = match best.get(1) {
        Some(second) => format!("{first} is nearest, then {}", second.component),
        None => format!("{first} is nearest"),
    };
    Some((words, first))
}
