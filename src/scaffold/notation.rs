//! Models, payloads and endpoints in the notation of the tidy format: `{id: uuid, phone?: string}`,
//! `POST /members → {email: string} → 201 Member; 409 when the email is taken — Register a member`.

use crate::spec::item::{Answer, Endpoint, Field, Model, Payload};

/// `Member: {id: uuid, email: string (unique)}`
pub(super) fn model(model: &Model) -> String {
    format!("{}: {}", model.name, fields(&model.fields))
}

/// `{email: string, phone?: string}`
pub(super) fn fields(fields: &[Field]) -> String {
    let each: Vec<String> = fields.iter().map(field).collect();
    format!("{{{}}}", each.join(", "))
}

fn field(field: &Field) -> String {
    let optional = if field.required == Some(false) && !field.name.ends_with('?') { "?" } else { "" };
    let mut text = format!("{}{optional}", field.name);
    if let Some(type_name) = &field.type_name {
        text.push_str(": ");
        text.push_str(type_name);
    }
    if !field.note.is_empty() {
        text.push_str(&format!(" ({})", field.note.trim_start_matches('(').trim_end_matches(')')));
    }
    text
}

/// `Member[]`, `{email: string}`, or the words where neither could be read.
pub(super) fn payload(payload: &Payload) -> String {
    let body = match &payload.model {
        Some(model) => model.clone(),
        None if !payload.fields.is_empty() => fields(&payload.fields),
        None => return payload.text.clone(),
    };
    if payload.list { format!("{body}[]") } else { body }
}

/// `201 Member`, `409 when the email is taken`
fn answer(answer: &Answer) -> String {
    let status = answer.status.map(|status| status.to_string());
    let body = answer.body.as_ref().map(payload);
    let note = Some(answer.note.clone());
    let parts: Vec<String> = [status, body, note].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// `GET /members/{id}`; the path alone where the text names no method.
pub(super) fn call(endpoint: &Endpoint) -> String {
    match &endpoint.method {
        Some(method) => format!("{method} {}", endpoint.path),
        None => endpoint.path.clone(),
    }
}

/// The whole line of an endpoint, with its query parameters.
pub(super) fn endpoint(endpoint: &Endpoint) -> String {
    let mut text = call(endpoint);
    let query: Vec<String> = endpoint
        .parameters
        .iter()
        .filter(|parameter| !endpoint.path.contains(&format!("{{{}}}", parameter.name)))
        .map(|parameter| format!("{0}={{{0}}}", parameter.name))
        .collect();
    if !query.is_empty() && !endpoint.path.contains('?') {
        text.push('?');
        text.push_str(&query.join("&"));
    }
    if let Some(request) = &endpoint.request {
        text.push_str(&format!(" → {}", payload(request)));
    }
    let answers: Vec<String> = endpoint.answers.iter().map(answer).filter(|answer| !answer.is_empty()).collect();
    if !answers.is_empty() {
        text.push_str(&format!(" → {}", answers.join("; ")));
    }
    if !endpoint.description.is_empty() {
        let mark = if endpoint.request.is_none() && answers.is_empty() { "→" } else { "—" };
        text.push_str(&format!(" {mark} {}", endpoint.description));
    }
    text
}
