//! `metadata.json`: what a slice remembers of itself and its items, with sorted keys and without a clock.

use serde_json::Value;

use super::ScaffoldError;
use crate::slicing::registry::SliceRecord;

/// The file's text.
///
/// # Errors
/// When the record can't be written as JSON.
pub fn printed(record: &SliceRecord) -> Result<String, ScaffoldError> {
    let failed = |source| ScaffoldError::Record { slice: record.slice_id.clone(), source };
    let value = sorted(serde_json::to_value(record).map_err(failed)?);
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
