//! Tags that name no component.

use crate::spec::item::Origin;
use crate::spec::lint::names::Names;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "unknown-component",
    summary: "a tag names no component",
    reason: "The tag is ignored, and the item goes where its words lead.",
    hint: "name a component as it stands under Components",
    severity: Severity::Error,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let reading = subject.reading;
    if reading.components.is_empty() {
        return Vec::new();
    }
    let names = Names::of(reading, subject.facts);
    let requirements = reading.requirements.iter().map(|item| (&item.tag, &item.origin));
    let endpoints = reading.endpoints.iter().map(|item| (&item.tag, &item.origin));
    let models = reading.models.iter().map(|item| (&item.tag, &item.origin));
    let criteria = reading.criteria.iter().map(|item| (&item.tag, &item.origin));
    let tagged = requirements.chain(endpoints).chain(models).chain(criteria);
    let tagged = tagged.filter_map(|(tag, origin)| Some((tag.as_deref()?, origin)));
    let unknown: Vec<(&str, &Origin)> = tagged.filter(|(tag, _)| names.index(tag).is_none()).collect();
    let text = subject.document.text();
    let findings = unknown.into_iter().enumerate().map(|(count, (tag, origin))| {
        let finding = Finding::at(prose::name_in(text, origin.span, tag), format!("{tag:?} is no component"));
        match if count < SUGGESTIONS { names.nearest(tag) } else { None } {
            Some(near) => finding.hint(format!("did you mean {near:?}?")),
            None => finding,
        }
    });
    findings.collect()
}

/// Suggestions are looked for at so many findings of one document only.
const SUGGESTIONS: usize = 50;
