//! Models that endpoints and fields speak of and that nobody defined.

use std::collections::{BTreeMap, HashSet};

use crate::spec::item::{Field, Payload};
use crate::spec::lint::nearest::nearest;
use crate::spec::lint::{Finding, Rule, Severity, Subject, prose};
use crate::spec::span::Span;
use crate::spec::text::name_key;

/// The rule.
pub const RULE: Rule = Rule {
    id: "undefined-model",
    summary: "a data model is used and not defined",
    reason: "Payloads of its endpoints can't be made up for tests, and its fields can't be checked.",
    hint: "define it under Data Models: - Tool: {id: uuid, title: string}",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let reading = subject.reading;
    let known: HashSet<String> = reading.models.iter().flat_map(|model| keys(&model.name)).collect();
    let text = subject.document.text();
    let mut missing: BTreeMap<String, (Span, &str, usize)> = BTreeMap::new();
    for (name, span) in uses(subject) {
        let base = name.split('.').next().unwrap_or_default().trim_end_matches("[]");
        if base.is_empty() || is_foreign(base) || keys(base).iter().any(|key| known.contains(key)) {
            continue;
        }
        let first = missing.entry(name_key(base)).or_insert_with(|| (prose::word_in(text, span, base), base, 0));
        first.2 += 1;
    }
    let names = || reading.models.iter().map(|model| model.name.as_str());
    let findings = missing.into_values().map(|(span, name, count)| {
        let times = if count > 1 { format!(" (used {count} times)") } else { String::new() };
        let finding = Finding::at(span, format!("the model {name:?} is used and not defined{times}"));
        match nearest(name, names()) {
            Some(near) => finding.hint(format!("did you mean {near:?}?")),
            None => finding,
        }
    });
    findings.collect()
}

/// Types of frameworks, formats and languages that people write where a model could stand.
const FOREIGN: &[&str] = &[
    "object",
    "json",
    "map",
    "list",
    "array",
    "string",
    "number",
    "boolean",
    "error",
    "errors",
    "void",
    "none",
    "null",
    "empty",
    "file",
    "files",
    "blob",
    "html",
    "xml",
    "csv",
    "pdf",
    "text",
    "binary",
    "stream",
    "bytes",
    "any",
    "unknown",
    "bindingresult",
    "multipartfile",
    "responseentity",
    "principal",
    "problem",
    "problemdetails",
    "problemdetail",
    "record",
    "promise",
    "optional",
    "page",
    "pageable",
    "response",
    "request",
    "result",
    "dict",
    "set",
    "uuid",
    "date",
    "datetime",
];

fn is_foreign(name: &str) -> bool {
    let key = name_key(name);
    FOREIGN.contains(&key.as_str()) || key.contains("servlet") || key.starts_with("http")
}

/// A name and its singular and plural forms.
fn keys(name: &str) -> Vec<String> {
    let key = name_key(name);
    let mut all = Vec::with_capacity(3);
    for suffix in ["es", "s"] {
        all.extend(key.strip_suffix(suffix).filter(|rest| rest.len() > 2).map(str::to_owned));
    }
    all.push(key);
    all
}

/// Every place where a model is named: payloads of endpoints, and fields that refer to one.
fn uses<'a>(subject: &Subject<'a>) -> Vec<(&'a str, Span)> {
    let mut found = Vec::new();
    for endpoint in &subject.reading.endpoints {
        let span = endpoint.origin.span;
        let bodies = endpoint.request.iter().chain(endpoint.answers.iter().filter_map(|answer| answer.body.as_ref()));
        bodies.for_each(|body| payload(body, span, &mut found));
        fields(&endpoint.parameters, span, &mut found);
    }
    for model in &subject.reading.models {
        fields(&model.fields, model.origin.span, &mut found);
    }
    found
}

fn payload<'a>(body: &'a Payload, span: Span, found: &mut Vec<(&'a str, Span)>) {
    found.extend(body.model.as_deref().map(|name| (name, span)));
    fields(&body.fields, span, found);
}

fn fields<'a>(fields: &'a [Field], span: Span, found: &mut Vec<(&'a str, Span)>) {
    found.extend(fields.iter().filter_map(|field| Some((field.refers_to.as_deref()?, span))));
}
