//! A component that is said to need itself.

use crate::spec::lint::names::Names;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "self-dependency",
    summary: "a component is said to depend on itself",
    reason: "It says nothing, so another component was probably meant.",
    hint: "name the component that was meant, or take the dependency out",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let names = Names::of(subject.reading, subject.facts);
    let text = subject.document.text();
    let own = subject.reading.dependencies.iter().filter(|stated| {
        let from = names.index(&stated.from);
        from.is_some() && from == names.index(&stated.to)
    });
    let findings = own.map(|stated| {
        let message = format!("{} is said to depend on itself", stated.from);
        Finding::at(prose::word_in(text, stated.origin.span, &stated.to), message)
    });
    findings.collect()
}
