//! What stands below an endpoint: parameter tables, sample bodies, lists of statuses, labelled lines. Fills in what the
//! endpoint's own line did not say; never overwrites it.

use super::super::super::item::{Answer, Endpoint, Field, Payload};
use super::super::code::value::Value;
use super::super::code::{openapi, value};
use super::super::grammar::columns::{Column, Rows};
use super::super::grammar::fields::{read_field, read_fields};
use super::super::grammar::payload::{Known, read_answers, read_payload, status};
use super::labels::{self, Label};

/// Most answers and parameters that one endpoint gathers.
const MOST: usize = 200;

/// Reads the blocks below one or several endpoints that were named together.
#[derive(Debug, Default)]
pub(super) struct Detail {
    /// What the last label or heading announced.
    mode: Option<Label>,
    /// The status that it named ("Response 404").
    status: Option<u16>,
}

impl Detail {
    /// A heading below the endpoint.
    pub(super) fn heading(&mut self, title: &str) {
        self.announce(title);
    }

    /// Takes a label, with a status in it or behind it ("Success Response (200)").
    fn announce(&mut self, text: &str) -> bool {
        let digits = text.find(|letter: char| letter.is_ascii_digit()).unwrap_or(text.len());
        let code = text[digits..].split_whitespace().next().and_then(status).map(|(code, _)| code);
        let words = text[..digits].trim_end_matches(|letter: char| !letter.is_alphanumeric());
        let words = words.split(['(', '（']).next().unwrap_or(words);
        let words = if words.is_empty() && code.is_some() { "response" } else { words };
        let words = words.strip_suffix("JSON").or_else(|| words.strip_suffix("json")).unwrap_or(words);
        let Some(label) = labels::label(words) else { return false };
        self.mode = Some(label);
        self.status = code;
        true
    }

    /// A line of text below the endpoint: a paragraph, or the text of a list item.
    pub(super) fn line(&mut self, text: &str, listed: bool, endpoint: &mut Endpoint, known: &Known) {
        if let Some((label, value)) = labels::read(text) {
            self.mode = Some(label);
            self.status = None;
            if !value.is_empty() {
                self.value(label, value, endpoint, known);
            }
            return;
        }
        if text.len() < 80 && self.announce(text.trim().trim_end_matches([':', '：', '*'])) {
            return;
        }
        if listed && !matches!(self.mode, Some(Label::Parameters | Label::Request)) && is_status_line(text) {
            let first = text.trim_start_matches(['`', '*']).replacen(['`', '*'], "", 4);
            add_answers(endpoint, read_answers(&first, known));
        } else if listed && matches!(self.mode, Some(Label::Parameters | Label::Request | Label::Response)) {
            self.bullet(text, endpoint);
        } else if !listed && self.mode.is_none() && endpoint.description.is_empty() && !text.trim().is_empty() {
            endpoint.description = text.trim().chars().take(400).collect();
        }
    }

    fn value(&mut self, label: Label, value: &str, endpoint: &mut Endpoint, known: &Known) {
        match label {
            Label::Description if endpoint.description.is_empty() => endpoint.description = value.to_owned(),
            Label::Request if endpoint.request.is_none() => endpoint.request = read_payload(value, known, true),
            Label::Response => {
                let mut answers = read_answers(value, known);
                for answer in &mut answers {
                    if answer.body.is_none() && answer.status.is_none() && answer.note.is_empty() {
                        answer.note = value.to_owned();
                    }
                }
                add_answers(endpoint, answers);
            }
            Label::Errors => add_answers(endpoint, read_answers(value, known)),
            Label::Parameters => {
                let fields = read_fields(value.trim_matches(['{', '}', '`']));
                add_parameters(endpoint, fields);
            }
            _ => {}
        }
    }

    /// `- name (string, required): what it is` below "Parameters".
    fn bullet(&mut self, text: &str, endpoint: &mut Endpoint) {
        let head = text
            .split(" — ")
            .next()
            .unwrap_or(text)
            .split(" – ")
            .next()
            .unwrap_or(text)
            .split(" - ")
            .next()
            .unwrap_or(text);
        let front = head.split([':', '：']).next().unwrap_or(head).trim();
        let name = front.split([' ', '(', '（']).next().unwrap_or_default().trim_matches(['`', '*']);
        if name.is_empty() || name.len() > 60 || !name.chars().all(|l| l.is_alphanumeric() || "_-.[]?$".contains(l)) {
            return;
        }
        let Some(mut field) = read_field(front) else { return };
        field.name = name.trim_end_matches('?').to_owned();
        let rest = text[front.len().min(text.len())..].trim_start_matches([' ', ':', '：', '-', '–', '—']);
        if field.note.is_empty() && text.is_char_boundary(front.len()) {
            field.note = rest.trim().chars().take(300).collect();
        }
        match self.mode {
            Some(Label::Request) => body_fields(&mut endpoint.request, vec![field]),
            Some(Label::Response) => answer_fields(endpoint, self.status, vec![field]),
            _ => add_parameters(endpoint, vec![field]),
        }
    }

    /// A table below the endpoint. Whether anything was read from it.
    pub(super) fn table(&mut self, rows: &Rows<'_>, endpoint: &mut Endpoint, known: &Known) -> bool {
        let codes = rows.find(Column::Status).filter(|_| rows.find(Column::Type).is_none());
        if let Some(code) = codes {
            let note = rows.find(Column::Description).or_else(|| (rows.columns.len() == 2).then_some(1 - code.min(1)));
            for (cells, _) in rows.rows.iter().take(MOST) {
                let text = cells.get(code).copied().unwrap_or_default().trim_matches(['`', '*']);
                let mut answers = if status(text).is_some() { read_answers(text, known) } else { Vec::new() };
                for answer in &mut answers {
                    answer.note = note.and_then(|at| cells.get(at)).map(|cell| (*cell).to_owned()).unwrap_or_default();
                }
                add_answers(endpoint, answers);
            }
            return true;
        }
        if !rows.are_fields() {
            return false;
        }
        let fields = rows.fields();
        match self.mode {
            Some(Label::Response) => {
                answer_fields(endpoint, self.status, fields.into_iter().map(|(field, _)| field).collect())
            }
            Some(Label::Request) => {
                body_fields(&mut endpoint.request, fields.into_iter().map(|(field, _)| field).collect())
            }
            _ => {
                let in_body = |place: &str| {
                    matches!(place.to_ascii_lowercase().as_str(), "body" | "form" | "json" | "requestbody" | "formdata")
                };
                let (body, others): (Vec<_>, Vec<_>) = fields.into_iter().partition(|(_, place)| in_body(place));
                if !body.is_empty() {
                    body_fields(&mut endpoint.request, body.into_iter().map(|(field, _)| field).collect());
                }
                add_parameters(endpoint, others.into_iter().map(|(field, _)| field).collect());
            }
        }
        true
    }

    /// A sample body below the endpoint.
    pub(super) fn sample(&mut self, code: &str, endpoint: &mut Endpoint) {
        let trimmed = code.trim_start();
        if !trimmed.starts_with(['{', '[']) {
            return;
        }
        let Some(sample) = value::json(code) else { return };
        let payload = schema_or_sample(&sample);
        if payload == Payload::default() {
            return;
        }
        let sends = matches!(endpoint.method.as_deref(), Some("POST" | "PUT" | "PATCH"));
        let first_of_two = self.mode.is_none() && sends && endpoint.request.is_none();
        if matches!(self.mode, Some(Label::Request | Label::Parameters)) || first_of_two {
            if endpoint.request.as_ref().is_none_or(|request| request.fields.is_empty() && request.model.is_none()) {
                endpoint.request = Some(payload);
            }
            if first_of_two {
                self.mode = Some(Label::Response);
            }
            return;
        }
        let failed = self.mode == Some(Label::Errors);
        let wanted = self.status;
        let place = endpoint.answers.iter_mut().find(|answer| {
            if wanted.is_some() {
                answer.status == wanted
            } else {
                answer.status.is_none_or(|code| (code >= 400) == failed)
            }
        });
        match place {
            Some(answer) if answer.body.as_ref().is_none_or(|body| body.fields.is_empty() && body.model.is_none()) => {
                answer.body = Some(payload);
            }
            Some(_) => {}
            None => endpoint.answers.push(Answer { status: wanted, body: Some(payload), note: String::new() }),
        }
    }
}

/// A JSON Schema says what is sent; anything else is an example of it.
fn schema_or_sample(sample: &Value) -> Payload {
    if sample.get("properties").is_some() {
        return Payload { fields: openapi::properties(sample), ..Payload::default() };
    }
    openapi::sample_payload(sample)
}

/// "`404` – no such user", "200 OK: the user".
fn is_status_line(text: &str) -> bool {
    status(text.trim_start_matches(['`', '*', ' '])).is_some()
}

/// Adds answers whose status is not there yet.
pub(super) fn add_answers(endpoint: &mut Endpoint, answers: Vec<Answer>) {
    for answer in answers {
        let full = endpoint.answers.len() >= MOST;
        let known = endpoint.answers.iter_mut().find(|known| known.status == answer.status);
        match known {
            Some(known) => {
                if known.body.is_none() {
                    known.body = answer.body;
                }
                if known.note.is_empty() {
                    known.note = answer.note;
                }
            }
            None if full => {}
            None => endpoint.answers.push(answer),
        }
    }
    endpoint.answers.sort_by_key(|answer| answer.status.is_some_and(|code| code >= 400));
}

/// Adds parameters whose name is not there yet, and what is said of those that are.
pub(super) fn add_parameters(endpoint: &mut Endpoint, fields: Vec<Field>) {
    for field in fields {
        let full = endpoint.parameters.len() >= MOST;
        match endpoint.parameters.iter_mut().find(|known| known.name == field.name) {
            Some(known) if known.type_name.is_none() && known.note.is_empty() => *known = field,
            Some(_) => {}
            None if full => {}
            None => endpoint.parameters.push(field),
        }
    }
}

fn body_fields(body: &mut Option<Payload>, fields: Vec<Field>) {
    let body = body.get_or_insert_with(Payload::default);
    for field in fields {
        if body.fields.len() < MOST && !body.fields.iter().any(|known| known.name == field.name) {
            body.fields.push(field);
        }
    }
}

fn answer_fields(endpoint: &mut Endpoint, status: Option<u16>, fields: Vec<Field>) {
    let place = endpoint.answers.iter().position(|answer| match status {
        Some(_) => answer.status == status,
        None => answer.status.is_none_or(|code| code < 400),
    });
    let place = place.unwrap_or_else(|| {
        endpoint.answers.push(Answer { status, ..Answer::default() });
        endpoint.answers.len() - 1
    });
    body_fields(&mut endpoint.answers[place].body, fields);
}
