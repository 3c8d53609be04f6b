//! Findings as SARIF 2.1.0, the format that code scanning reads.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::check::{Annotation, Level, slices, trace};
use super::finding::{Linted, severity_word};
use crate::spec::lint::{Finding, Rule, Severity};
use crate::spec::rules;
use crate::spec::span::Span;

/// Where the schema of the format is published.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The report as indented text with a final newline.
#[must_use]
pub fn render(linted: &[Linted]) -> String {
    let text = serde_json::to_string_pretty(&log(linted)).expect("a JSON value always serialises");
    text + "\n"
}

/// The same with what other checks than the linter say.
#[must_use]
pub fn render_with(linted: &[Linted], others: &[Annotation]) -> String {
    let text = serde_json::to_string_pretty(&log_with(linted, others)).expect("a JSON value always serialises");
    text + "\n"
}

/// What other checks than the linter find: rule, level, summary, what to do.
const OTHERS: &[(&str, &str, &str, &str)] = &[
    (
        slices::OPEN_CONFLICT,
        "error",
        "An item was changed in the master and in a slice, differently",
        "decide it: vso resolve, or an edit on the proposal's branch",
    ),
    (slices::STALE_SLICE, "warning", "A slice is not in step with the master", "merge what vso sync proposes"),
    (trace::UNTESTED, "error", "Nobody tests a requirement", "write its test, or the step that its test asks for"),
];

/// The report as a value.
#[must_use]
pub fn log(linted: &[Linted]) -> Value {
    log_with(linted, &[])
}

fn log_with(linted: &[Linted], others: &[Annotation]) -> Value {
    let mut results: Vec<Value> = linted.iter().flat_map(results_of).collect();
    results.extend(results_of_others(others));
    let mut rules: Vec<Value> = rules::ALL.iter().map(|rule| descriptor(rule)).collect();
    if !others.is_empty() {
        rules.extend(OTHERS.iter().map(other_descriptor));
    }
    let driver = json!({
        "name": "vso",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    });
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results }],
    })
}

fn descriptor(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.reason },
        "help": { "text": rule.hint },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn other_descriptor((id, level, summary, help): &(&str, &str, &str, &str)) -> Value {
    json!({
        "id": id,
        "shortDescription": { "text": summary },
        "help": { "text": help },
        "defaultConfiguration": { "level": level },
    })
}

/// An annotation has no text of the line; what it says stands for it.
fn results_of_others(others: &[Annotation]) -> Vec<Value> {
    let mut seen = std::collections::HashMap::new();
    let result = |annotation: &Annotation| {
        let words = annotation.message.lines().next().unwrap_or_default();
        let identity = format!("{}\n{}\n{words}", annotation.title, annotation.path);
        let digest = hex::encode(&Sha256::digest(identity.as_bytes())[..16]);
        let count = seen.entry(digest.clone()).or_insert(0_usize);
        *count += 1;
        let level = match annotation.level {
            Level::Failure => "error",
            Level::Warning => "warning",
            Level::Notice => "note",
        };
        let region = json!({ "startLine": annotation.start_line, "endLine": annotation.end_line });
        let artifact = json!({ "uri": escaped(&annotation.path), "uriBaseId": "%SRCROOT%" });
        let mut result = json!({
            "ruleId": annotation.title,
            "level": level,
            "message": { "text": annotation.message },
            "locations": [{ "physicalLocation": { "artifactLocation": artifact, "region": region } }],
            "partialFingerprints": { "vsoLine/v1": format!("{digest}:{count}") },
        });
        if let Some(index) = OTHERS.iter().position(|(id, ..)| *id == annotation.title) {
            result["ruleIndex"] = json!(rules::ALL.len() + index);
        }
        result
    };
    others.iter().map(result).collect()
}

fn level(severity: Severity) -> &'static str {
    if severity == Severity::Off { "none" } else { severity_word(severity) }
}

/// A finding keeps its fingerprint while its line stays the same, wherever the line moves; equal ones are numbered.
fn results_of(document: &Linted) -> Vec<Value> {
    let mut seen = std::collections::HashMap::new();
    let mut results = Vec::with_capacity(document.findings.len());
    for finding in &document.findings {
        let line = document.document.lines().line_span(document.document.line(finding.span), document.document.text());
        let identity = format!("{}\n{}\n{}", finding.rule, document.path, line.of(document.document.text()).trim());
        let digest = hex::encode(&Sha256::digest(identity.as_bytes())[..16]);
        let count = seen.entry(digest.clone()).or_insert(0_usize);
        *count += 1;
        results.push(result(document, finding, &format!("{digest}:{count}")));
    }
    results
}

fn result(document: &Linted, finding: &Finding, fingerprint: &str) -> Value {
    let hint = finding.hint.as_ref().map(|hint| format!(" ({})", document.words(hint))).unwrap_or_default();
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": { "text": document.words(&finding.message) + &hint },
        "locations": [{ "physicalLocation": physical(document, finding.span) }],
        "partialFingerprints": { "vsoLine/v1": fingerprint },
    });
    if let Some(index) = rules::ALL.iter().position(|rule| rule.id == finding.rule) {
        result["ruleIndex"] = json!(index);
    }
    if !finding.related.is_empty() {
        let related = finding.related.iter().map(|(span, words)| {
            json!({ "physicalLocation": physical(document, *span), "message": { "text": document.words(words) } })
        });
        result["relatedLocations"] = related.collect();
    }
    if !finding.fix.is_empty() {
        let replacements = finding.fix.iter().map(
            |edit| json!({ "deletedRegion": region(document, edit.span), "insertedContent": { "text": edit.text } }),
        );
        let replacements: Vec<Value> = replacements.collect();
        let change = json!({ "artifactLocation": artifact(document), "replacements": replacements });
        result["fixes"] = json!([{ "artifactChanges": [change] }]);
    }
    result
}

fn physical(document: &Linted, span: Span) -> Value {
    json!({ "artifactLocation": artifact(document), "region": region(document, span) })
}

fn region(document: &Linted, span: Span) -> Value {
    let place = document.place(span);
    json!({
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    })
}

/// A path below the root of the sources as a relative reference, any other as a `file:` address.
fn artifact(document: &Linted) -> Value {
    let path = document.path.trim_start_matches("./");
    if path.starts_with('/') {
        json!({ "uri": format!("file://{}", escaped(path)) })
    } else {
        json!({ "uri": escaped(path), "uriBaseId": "%SRCROOT%" })
    }
}

/// Percent-escapes what may not stand in the path of an address; a colon would look like the end of a scheme.
fn escaped(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
