//! The types that the hub's GraphQL knows, read once from `schema.graphql`, and values brought into a type's form.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use base64::Engine as _;
use serde_json::{Map, Value};

use super::reader::{Definition, Literal, Slot, Type, definitions};

/// The variables of a request, in their types' forms.
pub type Variables = Map<String, Value>;

static TYPES: LazyLock<BTreeMap<String, Definition>> = LazyLock::new(|| {
    let found = definitions(include_str!("schema.graphql")).expect("schema.graphql is a schema; a test reads it");
    found.into_iter().map(|definition| (definition.name.clone(), definition)).collect()
});

/// The type of this name.
pub fn definition(name: &str) -> Option<&'static Definition> {
    TYPES.get(name)
}

/// The arguments and type of a field of a type or an interface.
pub fn field(of: &str, name: &str) -> Option<(&'static [Slot], &'static Type)> {
    static TYPENAME: LazyLock<Type> = LazyLock::new(|| Type::Needed(Box::new(Type::Named("String".into()))));
    if name == "__typename" {
        return Some((&[], &TYPENAME));
    }
    let found = definition(of)?.fields.iter().find(|(known, ..)| known == name)?;
    Some((&found.1, &found.2))
}

/// Whether a thing of this type is also one of that.
pub fn is_a(name: &str, of: &str) -> bool {
    name == of || definition(name).is_some_and(|definition| definition.implements.iter().any(|known| known == of))
}

/// Whether a type has fields.
pub fn is_composite(name: &str) -> bool {
    definition(name).is_some_and(|definition| !definition.fields.is_empty())
}

/// The name at the heart of a type.
pub fn named(kind: &Type) -> &str {
    match kind {
        Type::Named(name) => name,
        Type::List(inner) | Type::Needed(inner) => named(inner),
    }
}

/// A value that does not fit its type: where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub path: Vec<String>,
    pub why: String,
}

impl Misfit {
    fn new(why: impl Into<String>) -> Self {
        Self { path: Vec::new(), why: why.into() }
    }

    fn below(mut self, step: &str) -> Self {
        self.path.insert(0, step.into());
        self
    }
}

/// A value as it was given: in the request's variables or in its text.
#[derive(Clone, Copy)]
pub enum Given<'a> {
    Json(&'a Value),
    Literal(&'a Literal, &'a Variables),
}

/// The value in the form of its type: defaults filled in, variables replaced, nothing there that the type does not know.
pub fn fit(kind: &Type, given: Given<'_>) -> Result<Value, Misfit> {
    if let Given::Literal(Literal::Variable(name), variables) = given {
        let value = variables.get(name).cloned().unwrap_or(Value::Null);
        let missing = value.is_null() && matches!(kind, Type::Needed(_));
        return if missing { Err(Misfit::new("Expected value to not be null")) } else { Ok(value) };
    }
    if is_null(given) {
        return match kind {
            Type::Needed(_) => Err(Misfit::new("Expected value to not be null")),
            _ => Ok(Value::Null),
        };
    }
    match kind {
        Type::Needed(inner) => fit(inner, given),
        Type::List(inner) => match items(given) {
            // One thing where a list is meant is a list of one.
            None => Ok(Value::Array(vec![fit(inner, given)?])),
            Some(items) => {
                let fitted = items.into_iter().enumerate();
                fitted.map(|(at, item)| fit(inner, item).map_err(|misfit| misfit.below(&at.to_string()))).collect()
            }
        },
        Type::Named(name) => {
            let definition = definition(name).ok_or_else(|| Misfit::new(format!("No such type {name}")))?;
            match definition.kind.as_str() {
                "input" => fit_input(definition, given),
                "enum" => fit_enum(definition, given),
                _ => scalar(name, given).ok_or_else(|| Misfit::new(format!("Could not coerce value to {name}"))),
            }
        }
    }
}

fn is_null(given: Given<'_>) -> bool {
    matches!(given, Given::Json(Value::Null) | Given::Literal(Literal::Null, _))
}

fn items(given: Given<'_>) -> Option<Vec<Given<'_>>> {
    match given {
        Given::Json(Value::Array(items)) => Some(items.iter().map(Given::Json).collect()),
        Given::Literal(Literal::List(items), variables) => {
            Some(items.iter().map(|item| Given::Literal(item, variables)).collect())
        }
        _ => None,
    }
}

fn fit_input(definition: &Definition, given: Given<'_>) -> Result<Value, Misfit> {
    let members: Vec<(&str, Given<'_>)> = match given {
        Given::Json(Value::Object(members)) => {
            members.iter().map(|(name, value)| (name.as_str(), Given::Json(value))).collect()
        }
        Given::Literal(Literal::Object(members), variables) => {
            members.iter().map(|(name, value)| (name.as_str(), Given::Literal(value, variables))).collect()
        }
        _ => return Err(Misfit::new(format!("Expected {} to be a key-value object", definition.name))),
    };
    if let Some((name, _)) = members.iter().find(|(name, _)| !definition.inputs.iter().any(|slot| slot.name == *name)) {
        return Err(Misfit::new(format!("Field is not defined on {}", definition.name)).below(name));
    }
    let given = |name: &str| members.iter().find(|(known, _)| *known == name).map(|(_, given)| *given);
    fit_slots(&definition.inputs, given).map(Value::Object)
}

/// Named values in the forms of their slots; what is not given and has no default is left out.
pub fn fit_slots<'a>(slots: &[Slot], given: impl Fn(&str) -> Option<Given<'a>>) -> Result<Map<String, Value>, Misfit> {
    let mut fitted = Map::new();
    for slot in slots {
        let is_absent = |given: &Given<'_>| match given {
            Given::Literal(Literal::Variable(name), variables) => !variables.contains_key(name),
            _ => false,
        };
        let value = match given(&slot.name).filter(|given| !is_absent(given)) {
            Some(given) => fit(&slot.kind, given),
            None => match (&slot.default, &slot.kind) {
                (Some(default), kind) => fit(kind, Given::Literal(default, &Map::new())),
                (None, Type::Needed(_)) => Err(Misfit::new("Expected value to not be null")),
                (None, _) => continue,
            },
        };
        fitted.insert(slot.name.clone(), value.map_err(|misfit| misfit.below(&slot.name))?);
    }
    Ok(fitted)
}

fn fit_enum(definition: &Definition, given: Given<'_>) -> Result<Value, Misfit> {
    let word = match given {
        Given::Json(Value::String(word)) | Given::Literal(Literal::Enum(word), _) => Some(word),
        _ => None,
    };
    let known = word.filter(|word| definition.values.contains(word));
    let expected = || Misfit::new(format!("Expected one of: {}", definition.values.join(", ")));
    known.map(|word| Value::String(word.clone())).ok_or_else(expected)
}

fn scalar(name: &str, given: Given<'_>) -> Option<Value> {
    let value = match given {
        Given::Json(value) => value.clone(),
        Given::Literal(Literal::Text(text), _) => text.as_str().into(),
        Given::Literal(Literal::Int(number), _) => (*number).into(),
        Given::Literal(Literal::Float(number), _) => (*number).into(),
        Given::Literal(Literal::Flag(flag), _) => (*flag).into(),
        Given::Literal(..) => return None,
    };
    let fits = match (name, &value) {
        ("ID", Value::Number(number)) => return number.as_i64().map(|number| number.to_string().into()),
        ("Int", value) => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        ("Float", value) => value.is_number(),
        ("Boolean", value) => value.is_boolean(),
        ("GitObjectID", Value::String(text)) => {
            text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        }
        ("GitRefname", Value::String(text)) => text.starts_with("refs/"),
        // Lines of base64 as mail has them are read, too.
        ("Base64String", Value::String(text)) => decode(text).is_some(),
        (_, value) => value.is_string(),
    };
    fits.then_some(value)
}

/// The bytes of a `Base64String`.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|character| !character.is_ascii_whitespace()).collect();
    base64::engine::general_purpose::STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OID: &str = "0123456789012345678901234567890123456789";

    fn check(kind: &str, given: Value, expected: Result<Value, (&str, &str)>) {
        let expected = expected.map_err(|(path, why)| (path.to_owned(), why.to_owned()));
        let fitted = fit(&Type::Named(kind.into()), Given::Json(&given));
        assert_eq!(fitted.map_err(|misfit| (misfit.path.join("."), misfit.why)), expected, "{kind} {given}");
    }

    #[test]
    fn values_take_the_form_of_their_type() {
        let update = json!({"name": "refs/heads/a", "afterOid": OID});
        let fitted = json!({"name": "refs/heads/a", "afterOid": OID, "force": false});
        check("RefUpdate", update.clone(), Ok(fitted.clone()));
        let given = json!({"repositoryId": 1, "refUpdates": update});
        check("UpdateRefsInput", given, Ok(json!({"repositoryId": "1", "refUpdates": [fitted]})));
        check("FileChanges", json!({}), Ok(json!({"additions": [], "deletions": []})));
        check("PullRequestMergeMethod", json!("SQUASH"), Ok(json!("SQUASH")));
    }

    #[test]
    fn what_does_not_fit_says_where() {
        let null = "Expected value to not be null";
        let updates = |update: Value| json!({"repositoryId": "R", "refUpdates": [update]});
        check("UpdateRefsInput", updates(json!({"name": "refs/heads/a"})), Err(("refUpdates.0.afterOid", null)));
        check(
            "UpdateRefsInput",
            updates(json!({"name": "a", "afterOid": OID})),
            Err(("refUpdates.0.name", "Could not coerce value to GitRefname")),
        );
        check(
            "UpdateRefsInput",
            updates(json!({"name": "refs/a", "afterOid": "abc"})),
            Err(("refUpdates.0.afterOid", "Could not coerce value to GitObjectID")),
        );
        check("FileDeletion", json!({"path": "a", "mode": 1}), Err(("mode", "Field is not defined on FileDeletion")));
        check("PullRequestMergeMethod", json!("squash"), Err(("", "Expected one of: MERGE, REBASE, SQUASH")));
        check("Int", json!(3_000_000_000_i64), Err(("", "Could not coerce value to Int")));
        check("Base64String", json!("%"), Err(("", "Could not coerce value to Base64String")));
    }

    #[test]
    fn every_type_that_the_schema_names_is_there() {
        for definition in TYPES.values() {
            let slots = definition.fields.iter().flat_map(|(_, slots, _)| slots).chain(&definition.inputs);
            let kinds = slots.map(|slot| &slot.kind).chain(definition.fields.iter().map(|(.., kind)| kind));
            for kind in kinds {
                assert!(super::definition(named(kind)).is_some(), "{kind} of {}", definition.name);
            }
            for interface in &definition.implements {
                for (name, ..) in &super::definition(interface).unwrap().fields {
                    assert!(field(&definition.name, name).is_some(), "{interface}.{name} in {}", definition.name);
                }
            }
        }
    }
}
