//! Component names that can't be used for a folder as they are.

use crate::spec::lint::names::Names;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;

/// The rule.
pub const RULE: Rule = Rule {
    id: "awkward-name",
    summary: "the folder of a component's slice had to be named otherwise",
    reason: "The name is reserved, unprintable, too long, or shares its folder's name with another component.",
    hint: "a short name of letters and digits makes a folder that people recognise",
    severity: Severity::Note,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let names = Names::of(subject.reading, subject.facts);
    let findings = subject.facts.slugs.iter().map(|(name, slug)| {
        let span = names.component(name).map_or(Span::new(0, text.len()), |component| component.origin.span);
        let message = format!("the folder of the component {name:?} is named {slug:?}");
        Finding::at(prose::name_in(text, span, name), message)
    });
    findings.collect()
}
