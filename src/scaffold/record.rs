//! `metadata.json`: what a slice remembers of itself and its items, with sorted keys and without a clock.

use serde_json::Value;

use super::{ScaffoldError, notation};
use crate::slicing::Slice;
use crate::slicing::registry::{ItemRecord, NeedRecord, SCHEMA, SliceRecord};
use crate::slicing::slice::{Held, ItemKind};

/// A slice as the registry remembers it.
#[must_use]
pub fn record_of(slice: &Slice) -> SliceRecord {
    let needs = slice.needs.iter();
    SliceRecord {
        schema: SCHEMA,
        slice_id: slice.id.clone(),
        number: slice.number,
        name: slice.name.clone(),
        component: slice.component.clone(),
        version: slice.version.to_string(),
        master_version: slice.master_version.clone(),
        platform: slice.platform.kind,
        platform_reason: slice.platform.reason.clone(),
        status: slice.status,
        dependencies: needs.map(|need| NeedRecord { slice: need.slice.clone(), source: need.source }).collect(),
        base: None,
        items: items_of(slice),
        retired: false,
    }
}

fn items_of(slice: &Slice) -> Vec<ItemRecord> {
    let requirements = slice.requirements.iter().map(|held| item(held, ItemKind::Requirement, held.item.text.clone()));
    let models = slice.models.iter().map(|held| item(held, ItemKind::Model, notation::model(&held.item)));
    let endpoints = slice.endpoints.iter().map(|held| item(held, ItemKind::Endpoint, notation::endpoint(&held.item)));
    requirements.chain(models).chain(endpoints).collect()
}

fn item<T>(held: &Held<T>, kind: ItemKind, text: String) -> ItemRecord {
    ItemRecord {
        id: held.id.clone(),
        kind,
        explicit: held.explicit,
        fingerprint: held.fingerprint.clone(),
        text,
        shared: held.shared,
        ground: String::new(),
    }
}

/// The file's text.
pub(super) fn printed(slice: &Slice) -> Result<String, ScaffoldError> {
    let failed = |source| ScaffoldError::Record { slice: slice.id.clone(), source };
    let value = sorted(serde_json::to_value(record_of(slice)).map_err(failed)?);
    let mut text = serde_json::to_string_pretty(&value).map_err(failed)?;
    text.push('\n');
    Ok(text)
}

/// A value whose mappings are in the order of their keys, all the way down.
pub(super) fn sorted(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> = entries.into_iter().collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}
