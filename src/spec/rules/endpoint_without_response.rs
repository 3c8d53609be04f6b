//! Endpoints that do not say what they answer.

use crate::spec::item::{Endpoint, Rung};
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "endpoint-without-response",
    summary: "an endpoint does not say what it answers",
    reason: "Without a status or a body its contract test can only check that something answers.",
    hint: "add the answer after an arrow: GET /tools/{id} → 200 Tool; 404 when there is no such tool",
    severity: Severity::Warning,
    check,
};

/// From so many on, and when they are most of all endpoints, one finding stands for all of them.
const MANY: usize = 4;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let endpoints = &subject.reading.endpoints;
    // A path in a sentence or a picture is a mention, and one without a method may be no HTTP endpoint at all.
    let described =
        |endpoint: &&Endpoint| endpoint.method.is_some() && matches!(endpoint.origin.rung, Rung::Section | Rung::Typed);
    let silent: Vec<_> = endpoints.iter().filter(described).filter(|endpoint| endpoint.answers.is_empty()).collect();
    let name = |endpoint: &Endpoint| match &endpoint.method {
        Some(method) => format!("{method} {}", endpoint.path),
        None => endpoint.path.clone(),
    };
    if silent.len() >= MANY && silent.len() * 2 > endpoints.len() {
        let message = format!("{} of {} endpoints do not say what they answer", silent.len(), endpoints.len());
        return vec![Finding::at(prose::first_line(text, silent[0].origin.span), message)];
    }
    let each = silent.into_iter();
    each.map(|endpoint| {
        let message = format!("{} does not say what it answers", name(endpoint));
        Finding::at(prose::first_line(text, endpoint.origin.span), message)
    })
    .collect()
}
