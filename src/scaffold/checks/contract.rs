//! The contract of a slice's interface: which endpoint creates, reads, lists, deletes which model, what goes in and
//! what comes out. It becomes `tests/contract.py`, and rules look things up in it.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::sentence::Sentence;
use super::shape::{Known, Shape, as_mapping, bare, of_field, of_payload, pattern};
use crate::slicing::Slice;
use crate::spec::item::{Answer, Endpoint, Model, Payload};
use crate::spec::text::name_key;

/// A model as tests know it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(in crate::scaffold) struct ModelContract {
    #[serde(skip)]
    pub(in crate::scaffold) name: String,
    /// The field by which a record is found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) create: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) read: Option<String>,
    #[serde(serialize_with = "as_mapping")]
    pub(super) fields: Vec<(String, Shape)>,
}

/// A placeholder of a path.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::scaffold) struct Placeholder {
    /// The model whose key it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    /// Whether it names the record that the endpoint is about (the last one of the path).
    pub(super) target: bool,
    #[serde(flatten)]
    pub(super) shape: Shape,
}

/// An answer that refuses.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::scaffold) struct Refusal {
    pub(super) status: u16,
    pub(super) note: String,
    /// The note, read.
    pub(super) said: Sentence,
}

/// An endpoint as tests know it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::scaffold) struct EndpointContract {
    /// `POST /members`; the name under which tests call it.
    #[serde(skip)]
    pub(in crate::scaffold) call: String,
    /// The stem of its tests' names: `post_members`.
    #[serde(skip)]
    pub(super) stem: String,
    pub(super) method: String,
    pub(super) path: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) placeholders: BTreeMap<String, Placeholder>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_mapping")]
    pub(super) parameters: Vec<(String, Shape)>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_mapping")]
    pub(super) request: Vec<(String, Shape)>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) request_is_list: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) media: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Shape>,
    /// The model that it is about.
    #[serde(skip)]
    pub(super) model: Option<String>,
    #[serde(skip)]
    pub(super) description: String,
    /// The description, read.
    #[serde(skip)]
    pub(super) described: Sentence,
    /// The stems of all that it is called by: model, path and description.
    #[serde(skip)]
    pub(super) called: Vec<String>,
    #[serde(skip)]
    pub(super) refusals: Vec<Refusal>,
    /// Fields that the text writes into the request with a type and without a mark that they may be left out.
    #[serde(skip)]
    pub(super) needed: Vec<String>,
}

impl EndpointContract {
    /// Whether its answer is a list.
    pub(super) fn lists(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.kind == "list")
    }

    /// The field of its request with that name.
    pub(super) fn field(&self, name: &str) -> Option<&Shape> {
        self.request.iter().find(|(field, _)| field == name).map(|(_, shape)| shape)
    }

    /// The last word of its path behind the record's placeholder: `return` in `/loans/{id}/return`.
    pub(super) fn action(&self) -> Option<&str> {
        let (before, last) = self.path.trim_end_matches('/').rsplit_once('/')?;
        (before.ends_with('}') && !last.starts_with('{')).then_some(last)
    }

    /// Whether its path ends with the record's placeholder.
    pub(super) fn is_about_one(&self) -> bool {
        self.path.trim_end_matches('/').ends_with('}')
    }
}

/// All that tests know of a slice's interface.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::scaffold) struct Contract {
    pub(in crate::scaffold) models: Vec<ModelContract>,
    pub(in crate::scaffold) endpoints: Vec<EndpointContract>,
    /// Paths without a method: nothing says how to call them.
    pub(super) uncallable: Vec<String>,
}

impl Contract {
    /// The contract of a slice.
    pub(in crate::scaffold) fn of(slice: &Slice) -> Self {
        let models: Vec<&Model> = slice.models.iter().chain(&slice.foreign_models).map(|held| &held.item).collect();
        let known = Known { models: &models };
        let mut contract = Self::default();
        let (mut calls, mut stems) = (HashSet::new(), HashSet::new());
        for held in &slice.endpoints {
            let Some(mut made) = endpoint(&held.item, known) else {
                contract.uncallable.push(held.item.path.clone());
                continue;
            };
            if calls.insert(made.call.clone()) {
                made.stem = distinct(&made.stem, &mut stems);
                contract.endpoints.push(made);
            }
        }
        let made = models.iter().map(|item| model(item, known, &contract.endpoints));
        contract.models = made.collect();
        contract.inherit();
        contract
    }

    /// A field of a request that has its model's name has its limits too, where it states none itself.
    fn inherit(&mut self) {
        for endpoint in &mut self.endpoints {
            let Some(model) = self.models.iter().find(|model| endpoint.model.as_ref() == Some(&model.name)) else {
                continue;
            };
            for (name, shape) in &mut endpoint.request {
                let Some((_, own)) = model.fields.iter().find(|(other, _)| other == name) else { continue };
                let untyped = shape.kind == "any";
                if untyped {
                    shape.kind = own.kind;
                    shape.values.clone_from(&own.values);
                    shape.reference = shape.reference.take().or_else(|| own.reference.clone());
                }
                shape.unique |= own.unique;
                if own.kind == shape.kind {
                    shape.limits = own.limits.or(shape.limits);
                }
            }
        }
    }

    /// A model by its name.
    pub(super) fn model(&self, name: &str) -> Option<&ModelContract> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The endpoint with which tests make a model's records.
    pub(super) fn creator(&self, model: &str) -> Option<&EndpointContract> {
        let call = self.model(model)?.create.as_deref()?;
        self.endpoints.iter().find(|endpoint| endpoint.call == call)
    }
}

fn model(item: &Model, known: Known<'_>, endpoints: &[EndpointContract]) -> ModelContract {
    let fields: Vec<(String, Shape)> =
        item.fields.iter().map(|field| (bare(&field.name), of_field(field, known))).collect();
    let of_model = |endpoint: &&EndpointContract| endpoint.model.as_deref() == Some(&item.name);
    let creates = |endpoint: &&EndpointContract| {
        endpoint.method == "POST" && of_model(endpoint) && endpoint.action().is_none() && !endpoint.lists()
    };
    let reads = |endpoint: &&EndpointContract| {
        endpoint.method == "GET" && of_model(endpoint) && endpoint.is_about_one() && !endpoint.lists()
    };
    ModelContract {
        name: item.name.clone(),
        key: key_of(item),
        create: endpoints.iter().find(creates).map(|endpoint| endpoint.call.clone()),
        read: endpoints.iter().find(reads).map(|endpoint| endpoint.call.clone()),
        fields,
    }
}

/// The field by which a record is found: `id`, its like, or `<model>_id`.
fn key_of(item: &Model) -> Option<String> {
    let own = format!("{}id", name_key(&item.name));
    let is_key = |name: &str| matches!(name, "id" | "uuid" | "key" | "slug" | "code") || name == own;
    let fields = || item.fields.iter().map(|field| bare(&field.name));
    fields().find(|name| name == "id").or_else(|| fields().find(|name| is_key(&name_key(name))))
}

/// An endpoint; none without a method that HTTP knows.
fn endpoint(item: &Endpoint, known: Known<'_>) -> Option<EndpointContract> {
    let method = item.method.as_deref()?.to_ascii_uppercase();
    if !["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"].contains(&method.as_str()) {
        return None;
    }
    let path = normal_path(&item.path);
    let success = item.answers.iter().find(|answer| answer.status.is_none_or(|status| status < 400));
    let answered = success.and_then(|answer| answer.body.as_ref());
    let model = model_of(&path, answered, known);
    let request = item.request.as_ref().and_then(|payload| of_payload(payload, known));
    let is_body = !matches!(method.as_str(), "GET" | "HEAD" | "DELETE");
    let request_is_list = request.as_ref().is_some_and(|shape| shape.kind == "list");
    let fields = request.filter(|_| is_body).map(|shape| request_fields(shape, known)).unwrap_or_default();
    let needed = needed(item.request.as_ref(), &fields);
    Some(EndpointContract {
        call: format!("{method} {path}"),
        stem: stem(&method, &path),
        placeholders: placeholders(&path, item, model.as_deref(), known),
        parameters: parameters(item, &path, known),
        request: fields,
        request_is_list,
        status: success.and_then(|answer| answer.status),
        media: answered.and_then(media),
        answer: answered.and_then(|payload| of_payload(payload, known)),
        called: called(model.as_deref(), &path, &item.description),
        described: Sentence::of(&item.description),
        model,
        description: item.description.clone(),
        refusals: item.answers.iter().filter_map(refusal).collect(),
        needed,
        method,
        path,
    })
}

/// The fields that a request must have, as far as the text says so.
fn needed(request: Option<&Payload>, fields: &[(String, Shape)]) -> Vec<String> {
    let Some(request) = request.filter(|request| request.model.is_none()) else { return Vec::new() };
    let stated = request.fields.iter().filter(|field| {
        let sent = fields.iter().any(|(name, shape)| *name == bare(&field.name) && shape.required);
        sent && field.type_name.is_some() && !field.note.to_lowercase().contains("default")
    });
    stated.map(|field| bare(&field.name)).collect()
}

fn refusal(answer: &Answer) -> Option<Refusal> {
    let status = answer.status.filter(|status| *status >= 400)?;
    let body = answer.body.as_ref().map(|body| body.text.clone()).unwrap_or_default();
    let note = if answer.note.is_empty() { body } else { answer.note.clone() };
    Some(Refusal { status, said: Sentence::of(&note), note })
}

/// The stems of all that an endpoint is called by.
fn called(model: Option<&str>, path: &str, description: &str) -> Vec<String> {
    let path = path.replace(['{', '}'], " ");
    Sentence::of(&format!("{} {path} {description}", model.unwrap_or_default())).stems
}

/// The fields of a request: those that are named, or those of the model without what the server gives.
fn request_fields(shape: Shape, known: Known<'_>) -> Vec<(String, Shape)> {
    let shape = match shape.of {
        Some(element) if shape.kind == "list" => *element,
        _ => shape,
    };
    let Some(model) = shape.model.as_deref().and_then(|name| known.model(name)) else { return shape.fields };
    let key = key_of(model);
    let given = |name: &str, note: &str| {
        let lower = name.to_lowercase();
        Some(name) == key.as_deref()
            || ["created_at", "updated_at", "createdat", "updatedat"].contains(&lower.as_str())
            || ["generated", "read-only", "read only", "server"].iter().any(|word| note.to_lowercase().contains(word))
    };
    let sent = model.fields.iter().filter(|field| !given(&bare(&field.name), &field.note));
    sent.map(|field| (bare(&field.name), of_field(field, known))).collect()
}

/// A media type other than JSON, where the answer is described by one.
fn media(payload: &Payload) -> Option<String> {
    static MEDIA: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b(?:text|image|audio|video|application)/[a-z0-9.+-]*[a-z0-9]"));
    if !payload.text.contains('/') {
        return None;
    }
    let lower = payload.text.to_lowercase();
    MEDIA.find(&lower).map(|found| found.as_str().to_owned()).filter(|media| !media.contains("json"))
}

/// Placeholders of every notation as `{name}`; no query, no host.
fn normal_path(path: &str) -> String {
    static COLON: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"/:([A-Za-z_]\w*)|/<(?:\w+:)?([A-Za-z_]\w*)>|/\{([^{}/]+)\}"));
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let named = COLON.replace_all(path, |found: &regex::Captures<'_>| {
        let name = found.get(1).or(found.get(2)).or(found.get(3)).map_or("", |name| name.as_str());
        format!("/{{{}}}", name.split(':').next().unwrap_or(name).trim())
    });
    if named.starts_with('/') { named.into_owned() } else { format!("/{named}") }
}

/// The placeholders of a path, each with the model whose key it holds.
fn placeholders(path: &str, item: &Endpoint, about: Option<&str>, known: Known<'_>) -> BTreeMap<String, Placeholder> {
    let segments: Vec<&str> = path.split('/').collect();
    let names: Vec<(usize, &str)> = segments
        .iter()
        .enumerate()
        .filter_map(|(index, segment)| Some((index, segment.strip_prefix('{')?.strip_suffix('}')?)))
        .collect();
    let mut found = BTreeMap::new();
    for (position, (index, name)) in names.iter().enumerate() {
        let last = position + 1 == names.len();
        let before = index.checked_sub(1).and_then(|index| known.model(segments[index]));
        let stated = item.parameters.iter().find(|parameter| parameter.name == *name);
        let model = before.or_else(|| known.referred(name)).map(|model| model.name.clone());
        let model = model.or_else(|| about.filter(|_| last).map(str::to_owned));
        let mut shape = stated.map(|field| of_field(field, known)).unwrap_or_default();
        if let Some(key) = model.as_deref().and_then(|name| known.model(name)).and_then(|model| {
            let key = key_of(model)?;
            model.fields.iter().find(|field| bare(&field.name) == key)
        }) {
            shape = of_field(key, known);
        }
        if shape.kind.is_empty() || shape.kind == "any" {
            shape.kind = "string";
        }
        shape.required = true;
        found
            .insert((*name).to_owned(), Placeholder { model, target: last, shape: Shape { reference: None, ..shape } });
    }
    found
}

/// The query parameters.
fn parameters(item: &Endpoint, path: &str, known: Known<'_>) -> Vec<(String, Shape)> {
    let in_path = |name: &str| path.contains(&format!("{{{name}}}"));
    let query = item.parameters.iter().filter(|parameter| !in_path(&bare(&parameter.name)));
    query
        .map(|parameter| {
            let mut shape = of_field(parameter, known);
            if matches!(shape.kind, "any" | "object") {
                shape.kind = "string";
            }
            (bare(&parameter.name), shape)
        })
        .collect()
}

/// The model that an endpoint is about: the one of its answer, else the one that the last word of its path names.
fn model_of(path: &str, answered: Option<&Payload>, known: Known<'_>) -> Option<String> {
    let answer = answered.and_then(|payload| payload.model.as_deref()).and_then(|name| known.model(name));
    let mut words = path.split('/').rev().filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
    let found = answer.or_else(|| words.find_map(|segment| known.model(segment)));
    found.map(|model| model.name.clone())
}

/// `get_members_id` for `GET /members/{id}`.
fn stem(method: &str, path: &str) -> String {
    let mut text = method.to_lowercase();
    for part in path.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|part| !part.is_empty()) {
        text.push('_');
        text.push_str(&part.to_ascii_lowercase());
    }
    text
}

/// A name that was not taken yet: the name itself, else with a number.
pub(super) fn distinct(name: &str, taken: &mut HashSet<String>) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}_{number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::sample;

    #[test]
    fn an_interface_becomes_a_contract() {
        let contract = Contract::of(&sample::members().slices[0]);
        let member = contract.model("Member").unwrap();
        assert_eq!(member.key.as_deref(), Some("id"));
        assert_eq!(member.create.as_deref(), Some("POST /members"));
        assert_eq!(member.read.as_deref(), Some("GET /members/{id}"));
        let create = contract.creator("Member").unwrap();
        assert_eq!(create.stem, "post_members");
        assert_eq!(create.status, Some(201));
        assert_eq!(create.refusals.len(), 2);
        let read = &contract.endpoints[1];
        assert_eq!(read.placeholders["id"].model.as_deref(), Some("Member"));
        assert_eq!(read.placeholders["id"].shape.kind, "uuid");
    }

    #[test]
    fn paths_of_every_notation() {
        for (written, expected) in
            [("/a/:id", "/a/{id}"), ("/a/<int:id>/b", "/a/{id}/b"), ("a/{id}?x={y}", "/a/{id}"), ("/v1/x", "/v1/x")]
        {
            assert_eq!(normal_path(written), expected);
        }
    }
}
