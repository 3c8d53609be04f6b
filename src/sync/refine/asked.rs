//! What a model is asked: the components, the items, which of them are unsure, and the schema of the answer.
//!
//! The specification's text goes out as strings inside one JSON value, so that nothing in it can end the data and begin
//! an instruction. The schema lists the very ids and names that an answer may use.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::slicing::Slicing;
use crate::slicing::slice::{Assignment, Ground, ItemKind};
use crate::spec::Reading;

/// Most items of one question. With [`MAX_TEXT`] it keeps a question under about 50,000 tokens.
const MAX_ITEMS: usize = 300;

/// Most characters of an item's or component's text that are sent.
const MAX_TEXT: usize = 400;

/// Below this margin over the second best, a component found by mention is unsure. By shared words alone it always is.
const SURE: f64 = 0.5;

/// A question about a specification, with what its answer may name.
#[derive(Debug)]
pub(super) struct Asked {
    /// What is sent.
    pub(super) data: Value,
    /// The components, by name.
    pub(super) components: BTreeSet<String>,
    /// Ids of the items whose owner is unsure.
    pub(super) unsure: BTreeSet<String>,
    /// Ids of the requirements.
    pub(super) requirements: BTreeSet<String>,
    /// Dependencies that are known: who needs whom, by name.
    pub(super) needs: BTreeSet<(String, String)>,
    /// How many items did not fit.
    pub(super) left_out: usize,
}

impl Asked {
    /// The question about a specification that was cut without a model.
    pub(super) fn of(reading: &Reading, plain: &Slicing) -> Self {
        let mut assignments: Vec<&Assignment> = plain
            .assignments
            .iter()
            .filter(|found| found.kind == ItemKind::Requirement || (is_item(found) && is_unsure(found)))
            .collect();
        assignments.sort_by_key(|found| !is_unsure(found));
        let left_out = assignments.len().saturating_sub(MAX_ITEMS);
        assignments.truncate(MAX_ITEMS);
        let ids = |wanted: &dyn Fn(&Assignment) -> bool| {
            assignments.iter().filter(|found| wanted(found)).map(|found| found.id.clone()).collect()
        };
        Self {
            data: json!({
                "components": components(plain),
                "items": assignments.iter().map(|found| item(reading, found)).collect::<Vec<_>>(),
            }),
            components: plain.slices.iter().map(|slice| slice.name.clone()).collect(),
            unsure: ids(&is_unsure),
            requirements: ids(&|found| found.kind == ItemKind::Requirement),
            needs: plain
                .slices
                .iter()
                .flat_map(|slice| slice.needs.iter().map(|need| (slice.name.clone(), need.name.clone())))
                .collect(),
            left_out,
        }
    }

    /// Whether there is anything that a model could say.
    pub(super) fn has_questions(&self) -> bool {
        !self.components.is_empty() && (!self.requirements.is_empty() || self.components.len() > 1)
    }

    /// The JSON schema of an answer. A list is left out where nothing could stand in it.
    pub(super) fn schema(&self) -> Value {
        let mut lists = Map::new();
        if !self.unsure.is_empty() {
            lists.insert(
                "owners".into(),
                list(&json!({"item": {"enum": self.unsure}, "component": {"enum": self.components}, "why": text()})),
            );
        }
        if self.components.len() > 1 {
            let name = json!({"enum": self.components});
            lists.insert("dependencies".into(), list(&json!({"from": name, "to": name, "why": text()})));
        }
        if !self.requirements.is_empty() {
            lists.insert(
                "criteria".into(),
                list(&json!({
                    "requirement": {"enum": self.requirements},
                    "voice": {"enum": ["user", "system"]},
                    "text": text(),
                    "steps": {"type": "array", "items": text()},
                })),
            );
        }
        object(&Value::Object(lists))
    }
}

/// Stated criteria stay with their requirements, so nobody is asked about them.
fn is_item(found: &Assignment) -> bool {
    found.kind != ItemKind::Criterion
}

fn is_unsure(found: &Assignment) -> bool {
    match found.ground {
        Ground::Words | Ground::Nothing => true,
        Ground::Mention => found.confidence < SURE,
        Ground::Tag | Ground::Section | Ground::Sticky | Ground::Everyone | Ground::Refined => false,
    }
}

fn components(plain: &Slicing) -> Vec<Value> {
    let one = |slice: &crate::slicing::Slice| {
        json!({
            "name": slice.name,
            "description": clipped(&slice.description),
            "models": slice.models.iter().map(|model| model.item.name.as_str()).collect::<Vec<_>>(),
            "needs": slice.needs.iter().map(|need| need.name.as_str()).collect::<Vec<_>>(),
        })
    };
    plain.slices.iter().map(one).collect()
}

fn item(reading: &Reading, found: &Assignment) -> Value {
    let text = match found.kind {
        ItemKind::Requirement => reading.requirements.get(found.index).map(|item| item.text.clone()),
        ItemKind::Criterion => reading.criteria.get(found.index).map(|item| item.text.clone()),
        ItemKind::Model => reading.models.get(found.index).map(|item| format!("{} {}", item.name, item.description)),
        ItemKind::Endpoint => reading
            .endpoints
            .get(found.index)
            .map(|item| format!("{} {} {}", item.method.as_deref().unwrap_or_default(), item.path, item.description)),
    };
    json!({
        "id": found.id,
        "kind": found.kind,
        "text": clipped(text.unwrap_or_default().trim()),
        "component": found.component,
        "unsure": is_unsure(found),
    })
}

fn clipped(text: &str) -> &str {
    text.char_indices().nth(MAX_TEXT).map_or(text, |(end, _)| &text[..end])
}

fn text() -> Value {
    json!({"type": "string"})
}

/// An object with all of these properties and no other, as strict schemas want it.
fn object(properties: &Value) -> Value {
    let names: Vec<&String> = properties.as_object().into_iter().flat_map(Map::keys).collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

fn list(properties: &Value) -> Value {
    json!({"type": "array", "items": object(properties)})
}
