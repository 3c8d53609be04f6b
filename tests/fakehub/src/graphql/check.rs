//! Whether a request's operation means something in the schema: fields, arguments, variables, fragments. What does not is
//! told in the form in which GitHub tells it, and nothing of the request is done.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::reader::{Argument, Directive, Document, Field, Literal, Operation, Selection, Slot, Type};
use super::schema::{self, Given, Variables, fit, fit_slots, is_composite, named};
use super::token::Place;

/// Something that an operation gets wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    message: String,
    place: Place,
    path: Vec<String>,
    extensions: Value,
}

impl Problem {
    /// As a member of the answer's `errors`.
    pub fn show(&self) -> Value {
        let mut shown = json!({
            "message": self.message,
            "locations": [{ "line": self.place.line, "column": self.place.column }],
        });
        if !self.path.is_empty() {
            shown["path"] = json!(self.path);
        }
        if !self.extensions.is_null() {
            shown["extensions"] = self.extensions.clone();
        }
        shown
    }
}

/// The operation that a request means.
pub fn choose<'a>(document: &'a Document, name: Option<&str>) -> Result<&'a Operation, String> {
    match (name, document.operations.as_slice()) {
        (None | Some(""), [one]) => Ok(one),
        (None | Some(""), _) => Err("An operation name is required".into()),
        (Some(name), operations) => operations
            .iter()
            .find(|operation| operation.name.as_deref() == Some(name))
            .ok_or_else(|| format!("No operation named \"{name}\"")),
    }
}

/// The variables of an operation in their types' forms.
pub fn variables(operation: &Operation, given: &Value) -> Result<Variables, Vec<Problem>> {
    let mut fitted = Map::new();
    let mut problems = Vec::new();
    for slot in &operation.variables {
        let result = match (given.get(&slot.name), &slot.default) {
            (Some(value), _) => fit(&slot.kind, Given::Json(value)),
            (None, Some(default)) => fit(&slot.kind, Given::Literal(default, &Map::new())),
            (None, None) if matches!(slot.kind, Type::Needed(_)) => fit(&slot.kind, Given::Json(&Value::Null)),
            (None, None) => continue,
        };
        match result {
            Ok(value) => {
                fitted.insert(slot.name.clone(), value);
            }
            Err(misfit) => {
                let (name, kind, path) = (&slot.name, &slot.kind, misfit.path.join("."));
                let whose = if path.is_empty() { String::new() } else { format!(" for {path} ({})", misfit.why) };
                problems.push(Problem {
                    message: format!("Variable ${name} of type {kind} was provided invalid value{whose}"),
                    place: slot.place,
                    path: Vec::new(),
                    extensions: json!({
                        "value": given.get(&slot.name),
                        "problems": [{ "path": misfit.path, "explanation": misfit.why }],
                    }),
                });
            }
        }
    }
    if problems.is_empty() { Ok(fitted) } else { Err(problems) }
}

/// All that an operation gets wrong.
pub fn problems(document: &Document, operation: &Operation, variables: &Variables) -> Vec<Problem> {
    let root = if operation.kind == "mutation" { "Mutation" } else { "Query" };
    let mut checker = Checker {
        document,
        operation,
        variables,
        used: BTreeSet::new(),
        open: Vec::new(),
        path: vec![operation_path(operation)],
        found: Vec::new(),
    };
    for slot in &operation.variables {
        if schema::definition(named(&slot.kind)).is_none() {
            let message = format!("{} isn't a defined input type (on ${})", named(&slot.kind), slot.name);
            checker.add(message, slot.place, json!({ "code": "variableRequiresValidType" }));
        }
    }
    checker.selections(&operation.selections, root);
    for slot in operation.variables.iter().filter(|slot| !checker.used.contains(slot.name.as_str())) {
        let whose = operation.name.as_deref().unwrap_or("anonymous operation");
        checker.found.push(Problem {
            message: format!("Variable ${} is declared by {whose} but not used", slot.name),
            place: slot.place,
            path: vec![operation_path(operation)],
            extensions: json!({ "code": "variableNotUsed", "variableName": slot.name }),
        });
    }
    checker.found
}

fn operation_path(operation: &Operation) -> String {
    match &operation.name {
        Some(name) => format!("{} {name}", operation.kind),
        None => operation.kind.clone(),
    }
}

struct Checker<'a> {
    document: &'a Document,
    operation: &'a Operation,
    variables: &'a Variables,
    used: BTreeSet<&'a str>,
    /// Fragments that are being read: one in itself never ends.
    open: Vec<&'a str>,
    path: Vec<String>,
    found: Vec<Problem>,
}

impl<'a> Checker<'a> {
    fn add(&mut self, message: impl Into<String>, place: Place, extensions: Value) {
        self.found.push(Problem { message: message.into(), place, path: self.path.clone(), extensions });
    }

    fn selections(&mut self, selections: &'a [Selection], of: &str) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.path.push(field.key().into());
                    self.field(field, of);
                    self.path.pop();
                }
                Selection::Inline { on, directives, selections, place } => {
                    self.directives(directives);
                    let on = on.as_deref().unwrap_or(of);
                    self.path.push(format!("... on {on}"));
                    self.fragment(on, of, selections, *place);
                    self.path.pop();
                }
                Selection::Spread { name, directives, place } => {
                    self.directives(directives);
                    self.spread(name, of, *place);
                }
            }
        }
    }

    fn spread(&mut self, name: &'a str, of: &str, place: Place) {
        let Some(fragment) = self.document.fragments.iter().find(|fragment| fragment.name == name) else {
            let code = json!({ "code": "useAndDefineFragment", "fragmentName": name });
            return self.add(format!("Fragment {name} was used, but not defined"), place, code);
        };
        if self.open.contains(&name) {
            let code = json!({ "code": "infiniteLoop", "fragmentName": name });
            return self.add(format!("Fragment {name} contains an infinite loop"), place, code);
        }
        self.open.push(name);
        self.fragment(&fragment.on, of, &fragment.selections, fragment.place);
        self.open.pop();
    }

    fn fragment(&mut self, on: &str, of: &str, selections: &'a [Selection], place: Place) {
        if !is_composite(on) {
            let code = json!({ "code": "undefinedType", "typeName": on });
            self.add(format!("No such type {on}, so it can't be a fragment condition"), place, code);
        } else if !schema::is_a(on, of) && !schema::is_a(of, on) {
            let code = json!({ "code": "cannotSpreadFragment", "typeName": on, "parentName": of });
            self.add(format!("Fragment on {on} can't be spread inside {of}"), place, code);
        } else {
            self.selections(selections, on);
        }
    }

    fn field(&mut self, field: &'a Field, of: &str) {
        self.directives(&field.directives);
        let Some((slots, kind)) = schema::field(of, &field.name) else {
            let code = json!({ "code": "undefinedField", "typeName": of, "fieldName": field.name });
            return self.add(format!("Field '{}' doesn't exist on type '{of}'", field.name), field.place, code);
        };
        self.arguments(&field.arguments, slots, "Field", &field.name, field.place);
        let inner = named(kind);
        if is_composite(inner) == field.selections.is_empty() {
            let what = if field.selections.is_empty() {
                format!("Field must have selections (field '{}' returns {inner} but has no selections.", field.name)
            } else {
                format!(
                    "Selections can't be made on scalars (field '{}' returns {inner} but has selections",
                    field.name
                )
            };
            let code = json!({ "code": "selectionMismatch", "nodeName": format!("field '{}'", field.name) });
            return self.add(format!("{what})"), field.place, code);
        }
        self.selections(&field.selections, inner);
    }

    fn arguments(&mut self, given: &'a [Argument], slots: &[Slot], what: &str, whose: &str, place: Place) {
        let before = self.found.len();
        for argument in given {
            let Some(slot) = slots.iter().find(|slot| slot.name == argument.name) else {
                let name = &argument.name;
                let code =
                    json!({ "code": "argumentNotAccepted", "name": whose, "typeName": what, "argumentName": name });
                self.add(format!("{what} '{whose}' doesn't accept argument '{name}'"), argument.place, code);
                continue;
            };
            self.literal(&argument.value, &slot.kind, slot.default.is_some(), argument);
        }
        let missing: Vec<&str> = slots
            .iter()
            .filter(|slot| matches!(slot.kind, Type::Needed(_)) && slot.default.is_none())
            .filter(|slot| !given.iter().any(|argument| argument.name == slot.name))
            .map(|slot| slot.name.as_str())
            .collect();
        if !missing.is_empty() {
            let names = missing.join(", ");
            let code = json!({ "code": "missingRequiredArguments", "name": whose, "arguments": names });
            self.add(format!("{what} '{whose}' is missing required arguments: {names}"), place, code);
        }
        if self.found.len() == before
            && let Err(misfit) = fitted(slots, given, self.variables)
        {
            let path = misfit.path.join(".");
            let message = format!("Argument '{path}' on {what} '{whose}' has an invalid value. {}.", misfit.why);
            self.add(message, place, json!({ "code": "argumentLiteralsIncompatible", "argumentName": path }));
        }
    }

    /// Marks the variables of a literal as used, and sees that they can stand where they stand.
    fn literal(&mut self, literal: &'a Literal, kind: &Type, has_default: bool, argument: &Argument) {
        match literal {
            Literal::Variable(name) => {
                self.used.insert(name);
                let Some(slot) = self.operation.variables.iter().find(|slot| slot.name == *name) else {
                    let code = json!({ "code": "variableNotDefined", "variableName": name });
                    return self.add(format!("Variable ${name} is used but not declared"), argument.place, code);
                };
                if !may_stand(&slot.kind, kind, has_default || slot.default.is_some()) {
                    let (have, name) = (&slot.kind, &argument.name);
                    let message =
                        format!("Type mismatch on variable ${} and argument {name} ({have} / {kind})", slot.name);
                    let code = json!({ "code": "variableMismatch", "variableName": slot.name, "argumentName": name });
                    self.add(message, argument.place, code);
                }
            }
            Literal::List(items) => {
                let inner = match kind {
                    Type::Needed(inner) => inner.as_ref(),
                    other => other,
                };
                let inner = if let Type::List(inner) = inner { inner } else { inner };
                for item in items {
                    self.literal(item, inner, false, argument);
                }
            }
            Literal::Object(members) => {
                for (name, value) in members {
                    let slots = schema::definition(named(kind)).map_or(&[][..], |found| &found.inputs);
                    if let Some(slot) = slots.iter().find(|slot| slot.name == *name) {
                        self.literal(value, &slot.kind, slot.default.is_some(), argument);
                    }
                }
            }
            _ => {}
        }
    }

    fn directives(&mut self, directives: &'a [Directive]) {
        for directive in directives {
            if !matches!(directive.name.as_str(), "include" | "skip") {
                let code = json!({ "code": "undefinedDirective", "directiveName": directive.name });
                self.add(format!("Directive @{} is not defined", directive.name), directive.place, code);
                continue;
            }
            self.arguments(&directive.arguments, &condition(), "Directive", &directive.name, directive.place);
        }
    }
}

/// The one argument of `@include` and `@skip`.
fn condition() -> [Slot; 1] {
    let kind = Type::Needed(Box::new(Type::Named("Boolean".into())));
    [Slot { name: "if".into(), kind, default: None, place: Place::default() }]
}

fn fitted(slots: &[Slot], given: &[Argument], variables: &Variables) -> Result<Map<String, Value>, schema::Misfit> {
    fit_slots(slots, |name| {
        let argument = given.iter().find(|argument| argument.name == name);
        argument.map(|argument| Given::Literal(&argument.value, variables))
    })
}

/// The arguments of a field, in their slots' forms; the operation has no problems.
pub fn arguments(field: &Field, of: &str, variables: &Variables) -> Map<String, Value> {
    let slots = schema::field(of, &field.name).map_or(&[][..], |(slots, _)| slots);
    fitted(slots, &field.arguments, variables).unwrap_or_default()
}

/// Whether directives let a selection stand.
pub fn is_included(directives: &[Directive], variables: &Variables) -> bool {
    directives.iter().all(|directive| {
        let given = fitted(&condition(), &directive.arguments, variables).unwrap_or_default();
        given.get("if").and_then(Value::as_bool) == Some(directive.name == "include")
    })
}

/// Whether a variable of one type can stand where another is meant.
fn may_stand(have: &Type, wanted: &Type, has_default: bool) -> bool {
    match (have, wanted) {
        (Type::Needed(have), Type::Needed(wanted)) => may_stand(have, wanted, false),
        (have, Type::Needed(wanted)) => has_default && may_stand(have, wanted, false),
        (Type::Needed(have), wanted) => may_stand(have, wanted, false),
        (Type::List(have), Type::List(wanted)) => may_stand(have, wanted, false),
        (Type::Named(have), Type::Named(wanted)) => have == wanted,
        (Type::Named(_), Type::List(_)) | (Type::List(_), Type::Named(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::reader::document;
    use super::*;

    /// The messages of all that is wrong, with the path of each.
    fn wrong(text: &str, given: Value) -> Vec<String> {
        let document = document(text).unwrap();
        let operation = choose(&document, None).unwrap();
        let found = match variables(operation, &given) {
            Ok(variables) => problems(&document, operation, &variables),
            Err(problems) => problems,
        };
        found.iter().map(|problem| format!("{}: {}", problem.path.join("."), problem.message)).collect()
    }

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(wrong(text, json!({})), expected, "{text}");
    }

    #[test]
    fn what_is_right_is_right() {
        check("{ viewer { login ...U } } fragment U on User { id }", &[]);
        check("{ me: node(id: 1) { __typename ... on PullRequest { isDraft } id } }", &[]);
        check("query($a: Boolean = true) { viewer @skip(if: $a) { login } }", &[]);
        let text = "mutation($i: UpdateRefsInput!) { updateRefs(input: $i) { clientMutationId } }";
        assert_eq!(wrong(text, json!({"i": {"repositoryId": "R", "refUpdates": []}})), [""; 0]);
    }

    #[test]
    fn what_the_schema_does_not_know_is_an_error() {
        check("{ viewer { log } }", &["query.viewer.log: Field 'log' doesn't exist on type 'User'"]);
        check("query Q { nope }", &["query Q.nope: Field 'nope' doesn't exist on type 'Query'"]);
        check("mutation { viewer { login } }", &["mutation.viewer: Field 'viewer' doesn't exist on type 'Mutation'"]);
        check("{ viewer(x: 1) { login } }", &["query.viewer: Field 'viewer' doesn't accept argument 'x'"]);
        check("{ viewer @cached { login } }", &["query.viewer: Directive @cached is not defined"]);
        check("{ viewer { ...U } }", &["query.viewer: Fragment U was used, but not defined"]);
        check(
            "{ viewer { ...U } } fragment U on User { ...U }",
            &["query.viewer: Fragment U contains an infinite loop"],
        );
        check(
            "{ viewer { ... on Ref { name } } }",
            &["query.viewer.... on Ref: Fragment on Ref can't be spread inside User"],
        );
        check(
            "{ repository(owner: \"o\") { id } }",
            &["query.repository: Field 'repository' is missing required arguments: name"],
        );
        check(
            "query($x: Nope) { viewer { login } }",
            &[
                "query: Nope isn't a defined input type (on $x)",
                "query: Variable $x is declared by anonymous operation but not used",
            ],
        );
        check("{ node(id: $x) { id } }", &["query.node: Variable $x is used but not declared"]);
        check(
            "{ viewer }",
            &["query.viewer: Field must have selections (field 'viewer' returns User but has no selections.)"],
        );
        check(
            "{ viewer { login { x } } }",
            &[
                "query.viewer.login: Selections can't be made on scalars (field 'login' returns String but has selections)",
            ],
        );
    }

    #[test]
    fn values_that_do_not_fit_are_errors() {
        check(
            "mutation { updateRefs(input: {repositoryId: \"R\", refUpdates: [{name: \"x\"}]}) { clientMutationId } }",
            &["mutation.updateRefs: Argument 'input.refUpdates.0.name' on Field 'updateRefs' has an invalid value. \
             Could not coerce value to GitRefname."],
        );
        let text = "query($n: String!) { node(id: $n) { id } }";
        assert_eq!(
            wrong(text, json!({"n": "x"})),
            ["query.node: Type mismatch on variable $n and argument id (String! / ID!)",]
        );
        assert_eq!(wrong(text, json!({})), [": Variable $n of type String! was provided invalid value"]);
        let text = "mutation($i: UpdateRefsInput!) { updateRefs(input: $i) { clientMutationId } }";
        assert_eq!(
            wrong(text, json!({"i": {"refUpdates": []}})),
            [
                ": Variable $i of type UpdateRefsInput! was provided invalid value for repositoryId (Expected value to not be \
             null)",
            ]
        );
    }

    #[test]
    fn an_operation_is_chosen_by_name() {
        let document = document("query A { viewer { id } } query B { viewer { id } }").unwrap();
        assert_eq!(choose(&document, Some("B")).unwrap().name.as_deref(), Some("B"));
        assert!(choose(&document, None).is_err());
        assert!(choose(&document, Some("C")).is_err());
    }
}
