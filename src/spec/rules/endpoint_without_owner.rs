//! Endpoints that no component owns.

use super::requirement_without_owner::candidates;
use crate::spec::item::Endpoint;
use crate::spec::lint::{Candidate, Finding, Rule, Severity, Subject, prose};

/// The rule.
pub const RULE: Rule = Rule {
    id: "endpoint-without-owner",
    summary: "no component owns an endpoint",
    reason: "It is in no slice, so nobody builds it.",
    hint: "put it under the component's heading, or add [component: NAME] to it",
    severity: Severity::Warning,
    check,
};

/// From so many on one finding stands for all of them.
const MANY: usize = 5;

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let text = subject.document.text();
    let stray = subject.facts.stray_endpoints.iter();
    let stray = stray.filter_map(|(place, best)| Some((subject.reading.endpoints.get(*place)?, best)));
    let stray: Vec<(&Endpoint, &Vec<Candidate>)> = stray.collect();
    let name = |endpoint: &Endpoint| {
        let method = endpoint.method.as_deref().unwrap_or_default();
        format!("{method} {}", endpoint.path).trim().to_owned()
    };
    if stray.len() >= MANY {
        let listed: Vec<String> = stray.iter().take(3).map(|(endpoint, _)| name(endpoint)).collect();
        let all = subject.reading.endpoints.len();
        let message = format!("no component owns {} of {all} endpoints: {}, …", stray.len(), listed.join(", "));
        return vec![Finding::at(prose::first_line(text, stray[0].0.origin.span), message)];
    }
    let findings = stray.into_iter().map(|(endpoint, best)| {
        let message = format!("no component owns {}", name(endpoint));
        let finding = Finding::at(prose::first_line(text, endpoint.origin.span), message);
        match candidates(best) {
            Some((words, first)) => finding.hint(format!("{words}: add [component: {first}] to it")),
            None => finding,
        }
    });
    findings.collect()
}
