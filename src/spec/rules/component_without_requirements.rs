//! Components that nothing is asked of.

use std::collections::HashSet;

use crate::spec::lint::names::Names;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "component-without-requirements",
    summary: "a component has no requirement of its own",
    reason: "Its slice would have no criteria, so nobody could tell when it is done.",
    hint: "write a requirement for it, or tag one with [component: NAME]",
    severity: Severity::Warning,
    check,
};

/// From so many on, and when they are most of all components, one finding stands for all of them.
const MANY: usize = 4;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    // Without an assignment (no slices could be planned) nothing can be said.
    if subject.facts.ownership.is_empty() {
        return Vec::new();
    }
    let names = Names::of(subject.reading, subject.facts);
    let owners = subject.facts.ownership.iter().filter_map(|fact| names.index(fact.owner.as_deref()?));
    // Endpoints are tested too, so a component that has some can be told to be done.
    let endpoints = subject.reading.endpoints.iter();
    let served = endpoints.filter_map(|endpoint| names.index(endpoint.tag.as_deref().or(endpoint.section.as_deref())?));
    let owners: HashSet<usize> = owners.chain(served).collect();
    let components = &subject.reading.components;
    // A component that is named twice counts once, by its first place.
    let own = components.iter().enumerate().filter(|(place, found)| names.index(&found.name) == Some(*place));
    let idle: Vec<_> = own.filter(|(place, _)| !owners.contains(place)).map(|(_, component)| component).collect();
    let text = subject.document.text();
    if idle.len() >= MANY && idle.len() * 2 > components.len() {
        let message = format!("{} of {} components have no requirement of their own", idle.len(), components.len());
        let listed: Vec<&str> = idle.iter().take(MANY).map(|component| component.name.as_str()).collect();
        let hint = format!("{}; the first are {}", RULE.hint, listed.join(", "));
        return vec![Finding::at(prose::first_line(text, idle[0].origin.span), message).hint(hint)];
    }
    let each = idle.into_iter();
    each.map(|component| {
        let message = format!("{} has no requirement of its own", component.name);
        Finding::at(prose::first_line(text, component.origin.span), message)
    })
    .collect()
}
