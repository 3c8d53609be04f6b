//! Runs a checked operation: its fields in order, each answered by what it stands on.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::state::State;

use super::check::{arguments, is_included};
use super::reader::{Document, Field, Operation, Selection, Type};
use super::resolve::{self, Found, Node};
use super::schema::{self, Variables, named};

/// A field that must not be null is: so is what holds it.
struct Nulled;

struct Run<'a> {
    state: &'a mut State,
    call: &'a Call,
    document: &'a Document,
    variables: &'a Variables,
    path: Vec<String>,
    errors: Vec<Value>,
}

/// The answer's body: `data`, and `errors` where a field failed.
pub fn run(state: &mut State, call: &Call, document: &Document, operation: &Operation, variables: &Variables) -> Value {
    let root = if operation.kind == "mutation" { Node::Mutation } else { Node::Query };
    let mut run = Run { state, call, document, variables, path: Vec::new(), errors: Vec::new() };
    let data = run.selections(&[&operation.selections], &root);
    let errors = run.errors;
    let mut answer = json!({ "data": data.map_or(Value::Null, Value::Object) });
    if !errors.is_empty() {
        answer["errors"] = errors.into();
    }
    answer
}

impl<'a> Run<'a> {
    fn selections(&mut self, selections: &[&'a [Selection]], node: &Node) -> Result<Map<String, Value>, Nulled> {
        let mut fields: Vec<(&'a str, Vec<&'a Field>)> = Vec::new();
        for selections in selections {
            self.collect(selections, node.typename(), &mut fields);
        }
        let mut shown = Map::new();
        for (key, fields) in fields {
            self.path.push(key.to_owned());
            let value = self.field(&fields, node);
            self.path.pop();
            shown.insert(key.to_owned(), value?);
        }
        Ok(shown)
    }

    /// The fields that are asked of a thing of this type, those of the same name in the answer together.
    fn collect(&self, selections: &'a [Selection], typename: &str, fields: &mut Vec<(&'a str, Vec<&'a Field>)>) {
        for selection in selections {
            match selection {
                Selection::Field(field) if is_included(&field.directives, self.variables) => {
                    match fields.iter_mut().find(|(key, _)| *key == field.key()) {
                        Some((_, same)) => same.push(field),
                        None => fields.push((field.key(), vec![field])),
                    }
                }
                Selection::Inline { on, directives, selections, .. }
                    if is_included(directives, self.variables)
                        && on.as_deref().is_none_or(|on| schema::is_a(typename, on)) =>
                {
                    self.collect(selections, typename, fields);
                }
                Selection::Spread { name, directives, .. } if is_included(directives, self.variables) => {
                    let fragment = self.document.fragments.iter().find(|fragment| fragment.name == *name);
                    if let Some(fragment) = fragment.filter(|fragment| schema::is_a(typename, &fragment.on)) {
                        self.collect(&fragment.selections, typename, fields);
                    }
                }
                _ => {}
            }
        }
    }

    fn field(&mut self, fields: &[&'a Field], node: &Node) -> Result<Value, Nulled> {
        let field = fields[0];
        let typename = node.typename();
        if field.name == "__typename" {
            return Ok(typename.into());
        }
        let kind = schema::field(typename, &field.name).map(|(_, kind)| kind);
        let given = arguments(field, typename, self.variables);
        let value = match resolve::field(self.state, self.call, node, &field.name, &given) {
            Ok(Found::Leaf(value)) => value,
            Ok(Found::Node(below)) => {
                let selections: Vec<&'a [Selection]> = fields.iter().map(|field| field.selections.as_slice()).collect();
                self.selections(&selections, &below).map_or(Value::Null, Value::Object)
            }
            Err(trouble) => {
                let place = json!({ "line": field.place.line, "column": field.place.column });
                self.errors.push(json!({
                    "type": trouble.kind, "path": self.path, "locations": [place], "message": trouble.message,
                }));
                Value::Null
            }
        };
        let is_needed = matches!(kind, Some(Type::Needed(_)));
        debug_assert!(
            kind.is_none_or(|kind| value.is_null() || schema::is_composite(named(kind)) == value.is_object())
        );
        if value.is_null() && is_needed { Err(Nulled) } else { Ok(value) }
    }
}
