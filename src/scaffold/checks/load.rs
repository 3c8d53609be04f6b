//! Rules for numbers in non-functional requirements that a load test can measure: latency, throughput, availability.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::Check;
use super::contract::{Contract, EndpointContract};
use super::limits::figure;
use super::sentence::Sentence;
use super::shape::{json_number, pattern};
use crate::spec::item::{Comparison, Requirement, Target};

/// What measures a requirement; empty when nothing in it can be measured from outside.
pub(super) fn checks(requirement: &Requirement, sentence: &Sentence, contract: &Contract) -> Vec<Check> {
    if requirement.targets.is_empty() {
        return Vec::new();
    }
    let meant = meant(sentence, contract);
    if meant.is_empty() {
        return Vec::new();
    }
    let rate = requirement.targets.iter().find(|target| is_rate(target)).map(|target| target.value);
    if let Some(limit) = requirement.targets.iter().find_map(|target| latency_ms(target, sentence)) {
        let percentile = requirement.targets.iter().find_map(|target| target.percentile).unwrap_or(100.0);
        let check = measured("check_latency", &meant).option("limit_ms", Some(json_number(limit)));
        let check = check.option("percentile", Some(json_number(percentile)));
        return vec![with_records(check.option("rate", rate.map(json_number)), sentence, contract)];
    }
    if let Some(share) = requirement.targets.iter().find_map(|target| availability(target, sentence)) {
        let calls: Vec<&EndpointContract> = meant.iter().copied().take(1).collect();
        return vec![measured("check_availability", &calls).option("percent", Some(json_number(share)))];
    }
    match rate {
        Some(rate) => vec![measured("check_throughput", &meant).option("rate", Some(json_number(rate)))],
        None => Vec::new(),
    }
}

fn measured(rule: &'static str, meant: &[&EndpointContract]) -> Check {
    let calls: Vec<Value> = meant.iter().map(|endpoint| Value::from(endpoint.call.as_str())).collect();
    Check { rule, arguments: vec![calls.into()], options: Vec::new() }
}

/// The endpoints that a requirement speaks of: the one it names, those its words describe, else all of them. Reading
/// ones come first, so that what measures with one call changes nothing.
fn meant<'c>(sentence: &Sentence, contract: &'c Contract) -> Vec<&'c EndpointContract> {
    if let Some(named) = sentence.named_endpoint(contract) {
        return vec![named];
    }
    let mut all: Vec<&EndpointContract> = contract.endpoints.iter().collect();
    all.sort_by_key(|endpoint| endpoint.method != "GET");
    if sentence.says(&["every", "all", "any", "each"]) {
        return all;
    }
    let rank = |endpoint: &EndpointContract| {
        let by_verb = endpoint.described.stems.first().is_some_and(|verb| sentence.stems.contains(verb));
        sentence.shares(&endpoint.described) + 2 * usize::from(by_verb)
    };
    let best = all.iter().map(|endpoint| rank(endpoint)).max().unwrap_or(0);
    if best >= 1 {
        all.retain(|endpoint| rank(endpoint) == best);
    }
    all
}

fn is_rate(target: &Target) -> bool {
    let unit = target.unit.to_lowercase();
    unit.contains("/s") || unit == "rps" || unit == "qps"
}

/// The limit of a latency in milliseconds. A bare duration is one only where the text speaks of answering.
fn latency_ms(target: &Target, sentence: &Sentence) -> Option<f64> {
    let factor = match target.unit.as_str() {
        "ms" => 1.0,
        "s" => 1000.0,
        _ => return None,
    };
    let upper = matches!(target.comparison, Comparison::Less | Comparison::AtMost);
    let answers = sentence.says(&[
        "latency",
        "answer",
        "answers",
        "respond",
        "responds",
        "response",
        "responses",
        "request",
        "requests",
        "load",
        "return",
        "returns",
        "p95",
        "p99",
        "p50",
        "endpoint",
        "endpoints",
    ]);
    let spoken = target.metric == "latency" || answers;
    (upper && spoken).then_some(target.value * factor)
}

fn availability(target: &Target, sentence: &Sentence) -> Option<f64> {
    let spoken = target.metric == "availability" || sentence.says(&["availability", "available", "uptime", "answer"]);
    (target.unit == "%" && spoken && (50.0..100.0).contains(&target.value)).then_some(target.value)
}

/// "over 20,000 tools": so many records are there before anything is measured.
fn with_records(check: Check, sentence: &Sentence, contract: &Contract) -> Check {
    static AMOUNT: LazyLock<Regex> = LazyLock::new(|| pattern(r"([0-9][0-9.,]*)\s+((?:[\w-]+\s?){1,3})"));
    for found in AMOUNT.captures_iter(&sentence.lower) {
        let counted = Sentence::of(&found[2]);
        let model = contract.models.iter().find(|model| model.create.is_some() && counted.names(&model.name));
        if let (Some(model), Some(amount)) = (model, figure(&found[1])) {
            return check
                .option("records", Some(Value::from(vec![Value::from(model.name.as_str()), json_number(amount)])));
        }
    }
    check
}
