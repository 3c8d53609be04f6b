//! One id for two different things.

use std::collections::HashMap;

use crate::spec::item::Origin;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;
use crate::spec::text::normal;

/// The rule.
pub const RULE: Rule = Rule {
    id: "duplicate-id",
    summary: "one id stands for two different things",
    reason: "Tests, criteria and slices name things by their id; a shared one makes two of them indistinguishable.",
    hint: "give the later one an id that nothing else has",
    severity: Severity::Error,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let reading = subject.reading;
    let requirements =
        reading.requirements.iter().filter_map(|item| Some((item.id.as_ref()?, &item.text, &item.origin)));
    let criteria = reading.criteria.iter().filter_map(|item| Some((item.id.as_ref()?, &item.text, &item.origin)));
    let endpoints = reading.endpoints.iter().filter_map(|item| Some((item.id.as_ref()?, &item.path, &item.origin)));
    let mut all: Vec<(&String, &String, &Origin)> = requirements.chain(criteria).chain(endpoints).collect();
    all.sort_by_key(|(_, _, origin)| origin.span.start);
    let text = subject.document.text();
    let mut seen: HashMap<String, (Span, String)> = HashMap::new();
    let mut found = Vec::new();
    for (id, words, origin) in all {
        let words = normal(words);
        match seen.get(&id.to_lowercase()) {
            // The same thing said twice, as in a table of contents, is no second thing.
            Some((_, first)) if first.starts_with(&words) || words.starts_with(first.as_str()) => {}
            Some((first, _)) => {
                let place = prose::name_in(text, origin.span, id);
                found.push(Finding::at(place, format!("the id {id} is taken")).related(*first, "it stands here first"));
            }
            None => {
                seen.insert(id.to_lowercase(), (prose::name_in(text, origin.span, id), words));
            }
        }
    }
    found
}
