//! `<!-- vso-ignore: … -->` with a rule that does not exist.

use crate::spec::lint::nearest::nearest;
use crate::spec::lint::{Finding, Rule, Severity, Subject, suppress};

/// The rule.
pub const RULE: Rule = Rule {
    id: "unknown-suppression",
    summary: "a vso-ignore comment names no rule",
    reason: "It silences nothing, while its author believes that it does.",
    hint: "`vso lint --explain` lists the rules",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let ids = || super::ALL.iter().map(|rule| rule.id);
    let unknown = suppress::mentions(subject.document).into_iter().filter(|mention| ids().all(|id| id != mention.rule));
    let findings = unknown.map(|mention| {
        let finding = Finding::at(mention.span, format!("{:?} is no rule", mention.rule));
        match nearest(&mention.rule, ids()) {
            Some(id) => finding.hint(format!("did you mean {id:?}?")),
            None => finding,
        }
    });
    findings.collect()
}
