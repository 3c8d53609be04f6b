//! Acceptance criteria for requirements that are not there.

use std::collections::HashSet;

use crate::spec::lint::nearest::nearest;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "unknown-requirement",
    summary: "an acceptance criterion names a requirement that is not there",
    reason: "Its test is then counted for nothing, and the requirement that was meant looks uncovered.",
    hint: "name the id of an existing requirement",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let ids: Vec<&str> = subject.reading.requirements.iter().filter_map(|item| item.id.as_deref()).collect();
    let known: HashSet<String> = ids.iter().map(|id| id.to_lowercase()).collect();
    let mut found: Vec<Finding> = Vec::new();
    for criterion in &subject.reading.criteria {
        for id in criterion.requirements.iter().filter(|id| !known.contains(&id.to_lowercase())) {
            let finding =
                Finding::at(prose::word_in(text, criterion.origin.span, id), format!("there is no requirement {id}"));
            let near = if found.len() < SUGGESTIONS { nearest(id, ids.iter().copied()) } else { None };
            found.push(match near {
                Some(near) => finding.hint(format!("did you mean {near}?")),
                None => finding,
            });
        }
    }
    found
}

/// Suggestions are looked for at so many findings of one document only.
const SUGGESTIONS: usize = 50;
