//! Shapes: what kind of value a field holds and within which limits, from the words that authors use for types.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use crate::spec::item::{Field, Model, Payload};
use crate::spec::text::name_key;

/// What a value must look like. `type` is one of `any`, `string`, `integer`, `number`, `decimal`, `boolean`, `uuid`,
/// `email`, `url`, `date`, `datetime`, `time`, `month`, `enum`, `list`, `object`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(in crate::scaffold) struct Shape {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "is_true")]
    pub(super) required: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) unique: bool,
    /// The model whose key it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference: Option<String>,
    /// The model that it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) values: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<Box<Shape>>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_mapping")]
    pub(super) fields: Vec<(String, Shape)>,
    #[serde(flatten)]
    pub(super) limits: Limits,
}

/// The limits of a value. Lengths are in characters.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub(in crate::scaffold) struct Limits {
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub(super) least: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub(super) most: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub(super) above: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "number")]
    pub(super) below: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_length: Option<u32>,
}

impl Limits {
    /// Whether nothing is limited.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These limits, with those of another where it says something.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            least: other.least.or(self.least),
            most: other.most.or(self.most),
            above: other.above.or(self.above),
            below: other.below.or(self.below),
            min_length: other.min_length.or(self.min_length),
            max_length: other.max_length.or(self.max_length),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_true(truth: &bool) -> bool {
    *truth
}

/// Whole numbers without a decimal point, so that Python takes them for integers.
fn number<S: serde::Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => json_number(*value).serialize(serializer),
        None => serializer.serialize_none(),
    }
}

/// A number as JSON: whole ones without a decimal point.
pub(super) fn json_number(value: f64) -> serde_json::Value {
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small, both just checked")]
    if value.fract() == 0.0 && value.abs() < 9e15 { serde_json::Value::from(value as i64) } else { value.into() }
}

/// Fields as a mapping in the order of the text.
pub(super) fn as_mapping<S: serde::Serializer>(fields: &[(String, Shape)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, shape)| (name, shape)))
}

/// The models that shapes may refer to: a slice's own, and those of others that it speaks of.
#[derive(Debug, Clone, Copy)]
pub(in crate::scaffold) struct Known<'a> {
    pub(super) models: &'a [&'a Model],
}

impl<'a> Known<'a> {
    /// A model by a name in any spelling, singular or plural.
    pub(super) fn model(&self, name: &str) -> Option<&'a Model> {
        let key = name_key(name);
        if key.is_empty() {
            return None;
        }
        self.models
            .iter()
            .find(|model| name_key(&model.name) == key)
            .copied()
            .or_else(|| self.models.iter().find(|model| singular(&name_key(&model.name)) == singular(&key)).copied())
    }

    /// The model that a field such as `tool_id` or `toolId` refers to by its name.
    pub(super) fn referred(&self, field: &str) -> Option<&'a Model> {
        let lower = field.to_lowercase();
        let stem = lower
            .strip_suffix("_id")
            .or_else(|| lower.strip_suffix("-id"))
            .or_else(|| field.strip_suffix("Id").map(|_| &lower[..lower.len() - 2]).filter(|stem| !stem.is_empty()))?;
        self.model(stem)
    }
}

/// English plurals back to the singular, well enough to compare names with each other.
pub(super) fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    let es = ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| word.ends_with(end));
    if es {
        return word[..word.len() - 2].to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// The shape of a field.
pub(in crate::scaffold) fn of_field(field: &Field, known: Known<'_>) -> Shape {
    let name = field.name.trim_end_matches('?');
    let written = field.type_name.as_deref().unwrap_or_default();
    let choice = matches!(written.to_lowercase().as_str(), "enum" | "choice" | "one of");
    let mut shape = match enumerated(&format!("enum({})", field.note), "enum").filter(|_| choice) {
        Some(values) => Shape { values, ..simple("enum") },
        None => of_type(written, known, 0),
    };
    if shape.kind == "any" && written.is_empty() {
        shape.kind = kind_by_name(name);
    }
    if shape.kind == "string" && name_key(name).ends_with("email") {
        shape.kind = "email";
    }
    let words = format!("{written} {}", field.note).to_lowercase();
    let optional =
        !shape.required || field.name.ends_with('?') || words.contains("optional") || words.contains("nullable");
    shape.required = field.required.unwrap_or(!optional);
    shape.unique = words.contains("unique");
    shape.limits = shape.limits.or(limits_in(&words, shape.kind));
    if !matches!(shape.kind, "object" | "list") {
        let foreign = field.refers_to.as_deref().and_then(|model| known.model(model));
        let plain = matches!(shape.kind, "any" | "uuid" | "integer" | "string");
        let target = foreign.or_else(|| known.referred(name).filter(|_| plain));
        shape.reference = target.map(|model| model.name.clone()).or(shape.reference);
    }
    shape
}

/// The shape of a body; none where the text gives no more than words.
pub(in crate::scaffold) fn of_payload(payload: &Payload, known: Known<'_>) -> Option<Shape> {
    let one = if let Some(name) = &payload.model {
        match known.model(name) {
            Some(model) => {
                Shape { kind: "object", required: true, model: Some(model.name.clone()), ..Shape::default() }
            }
            None => of_type(name, known, 0),
        }
    } else if payload.fields.is_empty() {
        return None;
    } else {
        let fields = payload.fields.iter().map(|field| (bare(&field.name), of_field(field, known)));
        Shape { kind: "object", required: true, fields: fields.collect(), ..Shape::default() }
    };
    Some(if payload.list { list_of(one) } else { one })
}

/// A field's name without the mark of optional ones.
pub(super) fn bare(name: &str) -> String {
    name.trim_end_matches('?').to_owned()
}

fn list_of(shape: Shape) -> Shape {
    Shape { kind: "list", required: true, of: Some(Box::new(shape)), ..Shape::default() }
}

fn simple(kind: &'static str) -> Shape {
    Shape { kind, required: true, ..Shape::default() }
}

/// The shape that a type's name stands for; `any` where it says nothing.
fn of_type(written: &str, known: Known<'_>, depth: usize) -> Shape {
    let text = written.trim();
    let lower = text.to_lowercase();
    if depth > 4 || text.is_empty() {
        return simple("any");
    }
    if let Some(inner) = element_of(text, &lower) {
        return list_of(of_type(inner, known, depth + 1));
    }
    if let Some(inner) =
        inside(text, &lower, &["optional"]).or_else(|| text.strip_suffix('?')).or_else(|| or_null(text))
    {
        return Shape { required: false, ..of_type(inner, known, depth + 1) };
    }
    if let Some(values) = enumerated(text, &lower) {
        return Shape { values, ..simple("enum") };
    }
    if let Some((model, field)) = text.split_once('.').and_then(|(model, field)| Some((known.model(model)?, field))) {
        let key = model.fields.iter().find(|other| name_key(&other.name) == name_key(field));
        let kind = key.and_then(|key| key.type_name.as_deref()).map_or("any", |name| of_type(name, known, 4).kind);
        return Shape { reference: Some(model.name.clone()), ..simple(kind) };
    }
    if let Some(kind) = simple_kind(&lower) {
        return Shape { limits: limits_in(&lower, kind), ..simple(kind) };
    }
    match known.model(text) {
        Some(model) => Shape { model: Some(model.name.clone()), ..simple("object") },
        None => simple("any"),
    }
}

/// The type of a list's elements: `X[]`, `List[X]`, `array<X>`, `list of X`.
fn element_of<'t>(text: &'t str, lower: &str) -> Option<&'t str> {
    let bracketed = || inside(text, lower, &["list", "array", "set", "vec", "sequence", "tuple"]);
    let spoken = || {
        ["list of ", "array of ", "set of "]
            .iter()
            .find(|start| lower.starts_with(**start))
            .and_then(|start| text.get(start.len()..))
    };
    text.strip_suffix("[]").or_else(bracketed).or_else(spoken)
}

/// `X` in `name[X]`, `name<X>`.
fn inside<'t>(text: &'t str, lower: &str, names: &[&str]) -> Option<&'t str> {
    let name = names.iter().find(|name| lower.starts_with(**name))?;
    let rest = text.get(name.len()..)?.trim();
    let pairs = [('[', ']'), ('<', '>')];
    pairs.iter().find_map(|(open, close)| rest.strip_prefix(*open)?.strip_suffix(*close))
}

/// `X` in `X | null`, `X or null`.
fn or_null(text: &str) -> Option<&str> {
    ["| null", "|null", "| None", "or null", "| undefined"].iter().find_map(|end| text.strip_suffix(end)).map(str::trim)
}

/// The values of `enum(a, b)`, `a | b` or `'a', 'b'`.
fn enumerated(text: &str, lower: &str) -> Option<Vec<String>> {
    let clean = |value: &str| value.trim().trim_matches(['"', '\'', '`']).to_owned();
    let split = |text: &str| -> Vec<String> {
        text.split([',', '|', '/']).map(clean).filter(|value| !value.is_empty()).collect()
    };
    for name in ["enum", "one of", "choice"] {
        if let Some(rest) = lower.strip_prefix(name).and_then(|_| text.get(name.len()..)) {
            let values = split(rest.trim().trim_matches(['(', ')', '[', ']', '{', '}', ':', '<', '>']));
            return (!values.is_empty()).then_some(values);
        }
    }
    let quoted = text.contains(['"', '\'']);
    let words = |value: &String| value.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-'));
    let values = if text.contains('|') || quoted { split(text) } else { Vec::new() };
    let named = values.iter().all(|value| simple_kind(&value.to_lowercase()).is_none());
    (values.len() > 1 && named && values.iter().all(words)).then_some(values)
}

/// The kind that a simple type's name stands for, whatever its length or precision.
fn simple_kind(lower: &str) -> Option<&'static str> {
    let end =
        lower.find(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '-')).unwrap_or(lower.len());
    let kind = match &lower[..end] {
        "uuid" | "guid" | "uuid4" | "uuidv4" | "uuidv7" => "uuid",
        "string" | "str" | "text" | "varchar" | "char" | "character" | "nvarchar" | "citext" | "slug" => "string",
        "int" | "integer" | "bigint" | "smallint" | "serial" | "bigserial" | "long" | "int32" | "int64" | "u32"
        | "u64" | "i32" | "i64" => "integer",
        "number" | "float" | "double" | "real" | "f64" | "f32" => "number",
        "decimal" | "numeric" | "money" | "currency" => "decimal",
        "bool" | "boolean" | "flag" => "boolean",
        "date" => "date",
        "datetime" | "date-time" | "timestamp" | "timestamptz" | "instant" => "datetime",
        "time" => "time",
        "month" => "month",
        "email" => "email",
        "url" | "uri" => "url",
        "object" | "json" | "jsonb" | "dict" | "map" | "hash" => "object",
        _ => return None,
    };
    Some(kind)
}

/// What a name alone says of its values.
fn kind_by_name(name: &str) -> &'static str {
    let key = name_key(name);
    let lower = name.to_lowercase();
    match () {
        () if key.ends_with("email") => "email",
        () if lower.ends_with("_at") || name.ends_with("At") => "datetime",
        () if lower.ends_with("_on") || key.ends_with("date") => "date",
        () if key == "month" => "month",
        () if matches!(key.as_str(), "page" | "limit" | "offset" | "size" | "count") => "integer",
        () if lower.starts_with("is_") || lower.starts_with("has_") => "boolean",
        () => "any",
    }
}

/// Limits in the words after a type: `max 80`, `1..28`, `>= 0`, `varchar(40)`, `min 8 characters`.
fn limits_in(words: &str, kind: &str) -> Limits {
    static RANGE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(-?[0-9]+(?:\.[0-9]+)?)\s*(?:\.\.\.?|–|to|bis)\s*(-?[0-9]+(?:\.[0-9]+)?)"));
    static BOUND: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r"(>=|≥|<=|≤|>|<|\bmax(?:imum|[_ ]?len(?:gth)?)?\b|\bmin(?:imum|[_ ]?len(?:gth)?)?\b|\bat most\b|\bat least\b|\bup to\b)\s*[:=]?\s*(-?[0-9]+(?:\.[0-9]+)?)",
        )
    });
    static SIZED: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:n?varchar|char)\s*\(\s*([0-9]+)\s*\)"));
    let mut found = Limits::default();
    // Every pattern here needs a figure, and most words have none.
    let has_figure = words.bytes().any(|byte| byte.is_ascii_digit());
    if let Some(range) = has_figure.then(|| RANGE.captures(words)).flatten() {
        (found.least, found.most) = (range[1].parse().ok(), range[2].parse().ok());
    }
    for bound in has_figure.then(|| BOUND.captures_iter(words)).into_iter().flatten() {
        let value = bound[2].parse().ok();
        match &bound[1] {
            ">" => found.above = value,
            "<" => found.below = value,
            ">=" | "≥" | "at least" => found.least = value,
            mark if mark.starts_with("min") => found.least = value,
            _ => found.most = value,
        }
    }
    if words.contains("non-negative") || words.contains("not negative") {
        found.least = found.least.or(Some(0.0));
    } else if words.contains("positive") {
        found.above = Some(0.0);
    }
    if let Some(size) = has_figure.then(|| SIZED.captures(words)).flatten() {
        found.most = size[1].parse().ok();
    }
    match kind {
        "integer" | "number" | "decimal" => found,
        "string" | "email" | "url" => as_lengths(found),
        _ => Limits::default(),
    }
}

/// The same bounds, as lengths of a text.
pub(super) fn as_lengths(bounds: Limits) -> Limits {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a sane length")]
    let length = |value: f64| value.clamp(0.0, 100_000.0) as u32;
    Limits { min_length: bounds.least.map(length), max_length: bounds.most.map(length), ..Limits::default() }
}

/// A regular expression of this room; they are constants, so a wrong one fails every test.
pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("constant patterns are tested")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaffold::sample;

    fn shape(name: &str, type_name: &str, note: &str) -> Shape {
        let tool = sample::model("Tool", vec![sample::field("id", "uuid", "")]);
        of_field(&sample::field(name, type_name, note), Known { models: &[&tool.item] })
    }

    fn check(type_name: &str, kind: &str) {
        assert_eq!(shape("x", type_name, "").kind, kind, "{type_name}");
    }

    #[test]
    fn types_as_people_write_them() {
        for (written, kind) in [
            ("UUID", "uuid"),
            ("VARCHAR(40) NOT NULL", "string"),
            ("BIGINT", "integer"),
            ("decimal", "decimal"),
            ("timestamptz", "datetime"),
            ("List[str]", "list"),
            ("Tool[]", "list"),
            ("Tool", "object"),
            ("Tool.id", "uuid"),
            ("enum(power, hand)", "enum"),
            ("'a' | 'b'", "enum"),
            ("Dict[str, Any]", "object"),
            ("Frobnicator", "any"),
        ] {
            check(written, kind);
        }
        assert_eq!(shape("tool_id", "Tool.id", "").reference.as_deref(), Some("Tool"));
        assert_eq!(shape("toolId", "uuid", "").reference.as_deref(), Some("Tool"));
        assert_eq!(shape("x", "enum(power, hand)", "").values, ["power", "hand"]);
        assert_eq!(shape("x", "enum", "power, hand").values, ["power", "hand"]);
        assert!(!shape("x?", "string", "").required && !shape("x", "string | null", "").required);
        assert_eq!(shape("email", "string", "unique").kind, "email");
    }

    #[test]
    fn limits_as_people_write_them() {
        assert_eq!(shape("x", "string", "max 80").limits.max_length, Some(80));
        assert_eq!(shape("x", "varchar(40)", "").limits.max_length, Some(40));
        let days = shape("x", "integer", "1..28").limits;
        assert_eq!((days.least, days.most), (Some(1.0), Some(28.0)));
        assert_eq!(shape("x", "decimal", ">= 0").limits.least, Some(0.0));
        assert_eq!(shape("x", "integer", "> 0").limits.above, Some(0.0));
        assert_eq!(serde_json::to_string(&days).unwrap(), r#"{"least":1,"most":28}"#);
    }

    #[test]
    fn plurals() {
        for (many, one) in [
            ("tools", "tool"),
            ("categories", "category"),
            ("boxes", "box"),
            ("status", "status"),
            ("address", "address"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
