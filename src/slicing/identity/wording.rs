//! The text of an item as identity, fingerprints and records see it: everything that the author says of it, in one
//! fixed form, without id, tag and place. A change of it is a change of the item.

use std::fmt::Write;

use crate::spec::item::{Endpoint, Field, Model, Payload, Requirement, RequirementKind, StatedCriterion};

/// What an item says beyond the first line stands on lines of its own with this in front: prose that no client sees.
pub(in crate::slicing) const PROSE: &str = "— ";

/// A requirement: its text, then its details, one a line.
pub(in crate::slicing) fn requirement(item: &Requirement) -> String {
    let mut text = String::new();
    if let (Some(category), RequirementKind::NonFunctional) = (&item.category, item.kind) {
        text.push_str(category);
        text.push_str(": ");
    }
    text.push_str(&item.text);
    for detail in &item.details {
        text.push_str("\n- ");
        text.push_str(detail);
    }
    text
}

/// A stated criterion.
pub(in crate::slicing) fn criterion(item: &StatedCriterion) -> String {
    item.text.clone()
}

/// A model: its name, then one field a line; what only describes it comes last.
pub(in crate::slicing) fn model(item: &Model) -> String {
    let mut text = item.name.clone();
    for field in &item.fields {
        text.push('\n');
        text.push_str(&self::field(field));
    }
    prose(&mut text, &item.description);
    text
}

/// An endpoint: method and path, then parameters, request and answers, one a line; what only describes it comes last.
pub(in crate::slicing) fn endpoint(item: &Endpoint) -> String {
    let mut text = address(item);
    for parameter in &item.parameters {
        let _ = write!(text, "\nparameter {}", field(parameter));
    }
    if let Some(request) = &item.request {
        for line in payload(request) {
            let _ = write!(text, "\nrequest {line}");
        }
    }
    for answer in &item.answers {
        let status = answer.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let _ = write!(text, "\nanswer {status}");
        for line in answer.body.iter().flat_map(payload) {
            let _ = write!(text, "\nanswer {status} {line}");
        }
        prose(&mut text, &answer.note);
    }
    prose(&mut text, &item.description);
    text
}

/// `POST /members`; a path alone where the text names no method.
pub(in crate::slicing) fn address(item: &Endpoint) -> String {
    item.method.as_ref().map_or_else(|| item.path.clone(), |method| format!("{method} {}", item.path))
}

fn field(field: &Field) -> String {
    let mut text = field.name.clone();
    if let Some(type_name) = &field.type_name {
        let _ = write!(text, ": {type_name}");
    }
    match field.required {
        Some(true) => text.push_str(" required"),
        Some(false) => text.push_str(" optional"),
        None => {}
    }
    if !field.note.is_empty() {
        let _ = write!(text, " ({})", field.note);
    }
    text
}

fn payload(payload: &Payload) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(model) = &payload.model {
        lines.push(format!("{model}{}", if payload.list { "[]" } else { "" }));
    }
    lines.extend(payload.fields.iter().map(field));
    if !payload.text.is_empty() {
        lines.push(payload.text.clone());
    }
    lines
}

fn prose(text: &mut String, said: &str) {
    for line in said.lines().filter(|line| !line.trim().is_empty()) {
        let _ = write!(text, "\n{PROSE}{line}");
    }
}
