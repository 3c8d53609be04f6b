//! Requirements that no component owns.

use crate::spec::item::{Requirement, Rung};
use crate::spec::lint::{Candidate, Finding, Ownership, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "requirement-without-owner",
    summary: "no component owns a functional requirement",
    reason: "It is in no slice, so nobody builds it.",
    hint: "name its component in front of it: [component: NAME]",
    severity: Severity::Warning,
    check,
};

/// From so many on, and when they are most of all requirements, one finding stands for all of them.
const MANY: usize = 8;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let orphans = subject.facts.ownership.iter().filter(|fact| fact.owner.is_none() && !fact.shared);
    let orphans = orphans.filter_map(|fact| Some((fact, subject.reading.requirements.get(fact.requirement)?)));
    // Sentences of an explanation are many, and a tag in the middle of prose reads badly: they are told in one finding.
    let (spoken, listed): (Vec<_>, Vec<_>) =
        orphans.partition(|(_, requirement)| matches!(requirement.origin.rung, Rung::Fence | Rung::Sentence));
    let all = subject.reading.requirements.len();
    let mut found = Vec::new();
    if listed.len() >= MANY && listed.len() * 2 > all {
        found.extend(together(subject, &listed, &format!("no component owns {} of {all} requirements", listed.len())));
    } else {
        found.extend(listed.iter().map(|(fact, requirement)| finding(subject, fact, requirement)));
    }
    if spoken.len() > 1 {
        let message = format!("no component owns {} of the sentences that bind; this is the first", spoken.len());
        found.extend(together(subject, &spoken, &message));
    } else {
        found.extend(spoken.iter().map(|(fact, requirement)| finding(subject, fact, requirement)));
    }
    found
}

fn together(subject: &Subject<'_>, orphans: &[(&Ownership, &Requirement)], message: &str) -> Option<Finding> {
    let place = prose::first_line(subject.document.text(), orphans.first()?.1.origin.span);
    Some(Finding::at(place, message).hint("put requirements under the heading of their component, or tag them"))
}

fn finding(subject: &Subject<'_>, fact: &Ownership, requirement: &Requirement) -> Finding {
    let id = requirement.id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    let place = prose::first_line(subject.document.text(), requirement.origin.span);
    let finding = Finding::at(place, format!("no component owns this requirement{id}"));
    match candidates(&fact.candidates) {
        Some((words, first)) => finding.hint(format!("{words}: add [component: {first}] in front of its text")),
        None => finding,
    }
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
