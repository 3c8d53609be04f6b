//! Reads OpenAPI, Swagger and JSON Schema out of values: endpoints with parameters, bodies and answers; models with
//! fields. Fragments do: a block that begins with `/users:` and `get:` is enough.

use super::super::super::item::{Answer, Endpoint, Field, Origin, Payload, Rung};
use super::super::super::span::Span;
use super::super::grammar::path;
use super::value::{Entry, Value};
use super::{CodeEndpoint, CodeModel};

/// Longest description that is kept, in characters.
const LONGEST: usize = 300;

/// Whether a block of YAML looks like a description of an interface, so that reading it is worth it.
pub(in super::super) fn looks_like_openapi(code: &str) -> bool {
    const SIGNS: [&str; 6] = ["paths:", "openapi:", "swagger:", "schemas:", "definitions:", "properties:"];
    SIGNS.iter().any(|sign| code.contains(sign))
        || code.lines().take(3).any(|line| line.trim_start().starts_with('/') && line.trim_end().ends_with(':'))
}

/// The endpoints that a value describes.
pub(in super::super) fn endpoints(root: &Value) -> Vec<CodeEndpoint> {
    let paths = root.get("paths").unwrap_or(root);
    let mut found = Vec::new();
    for entry in paths.entries() {
        if !entry.key.starts_with('/') {
            continue;
        }
        let shared = parameters(entry.value.get("parameters"));
        for operation in entry.value.entries() {
            let method = path::METHODS.iter().find(|method| method.eq_ignore_ascii_case(&operation.key));
            if let Some(method) = method {
                let endpoint = endpoint(method, &entry.key, &operation.value, &shared);
                found.push(CodeEndpoint { endpoint, line: operation.line, example: false });
            }
        }
    }
    found
}

/// An endpoint of which only method and path are known.
pub(in super::super) fn bare(method: Option<&str>, path: &str) -> Endpoint {
    Endpoint {
        id: None,
        method: method.map(str::to_owned),
        path: path.to_owned(),
        parameters: Vec::new(),
        description: String::new(),
        request: None,
        answers: Vec::new(),
        tag: None,
        section: None,
        origin: Origin { span: Span::default(), line: 0, rung: Rung::Fence },
    }
}

fn endpoint(method: &str, written: &str, operation: &Value, shared: &[Field]) -> Endpoint {
    let path = path::read(written).map_or_else(|| written.to_owned(), |found| found.path);
    let mut endpoint = bare(Some(method), &path);
    endpoint.description = [operation.text_of("summary"), operation.text_of("description")]
        .into_iter()
        .find(|text| !text.is_empty())
        .map(shortened)
        .unwrap_or_default();
    endpoint.parameters = shared.to_vec();
    endpoint.parameters.extend(parameters(operation.get("parameters")));
    endpoint.request = operation.get("requestBody").map(content_payload).or_else(|| swagger_body(operation));
    for answer in operation.get("responses").map(Value::entries).unwrap_or_default() {
        let body = Some(content_payload(&answer.value)).filter(|body| *body != Payload::default());
        let status = answer.key.parse().ok();
        endpoint.answers.push(Answer { status, body, note: shortened(answer.value.text_of("description")) });
    }
    endpoint.answers.sort_by_key(|answer| answer.status.is_none_or(|code| code >= 400));
    endpoint
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(LONGEST).collect()
}

fn parameters(list: Option<&Value>) -> Vec<Field> {
    let described = list.map(Value::elements).unwrap_or_default().iter();
    described
        .filter(|parameter| matches!(parameter.text_of("in"), "query" | "path" | "header" | ""))
        .filter(|parameter| !parameter.text_of("name").is_empty())
        .map(|parameter| {
            let mut field = field(parameter.text_of("name"), parameter.get("schema").unwrap_or(parameter));
            field.note = shortened(parameter.text_of("description"));
            field.required = required_mark(parameter).or(field.required);
            field
        })
        .collect()
}

fn required_mark(value: &Value) -> Option<bool> {
    if let Some(Value::Bool(required)) = value.get("required") { Some(*required) } else { None }
}

/// The `in: body` parameter of Swagger 2.
fn swagger_body(operation: &Value) -> Option<Payload> {
    let list = operation.get("parameters")?.elements();
    let body = list.iter().find(|parameter| parameter.text_of("in") == "body")?;
    body.get("schema").map(payload)
}

/// The body under `content: application/json: schema`, or Swagger's `schema`.
fn content_payload(value: &Value) -> Payload {
    let content = value.get("content").and_then(|content| content.entries().first()).map(|entry| &entry.value);
    let holder = content.unwrap_or(value);
    match (holder.get("schema"), holder.get("example")) {
        (Some(schema), _) => payload(schema),
        (None, Some(example)) => sample_payload(example),
        _ => Payload::default(),
    }
}

fn payload(schema: &Value) -> Payload {
    if let Some(model) = referenced(schema) {
        return Payload { model: Some(model), ..Payload::default() };
    }
    match schema.get("items") {
        Some(items) => Payload { list: true, ..payload_once(items) },
        None => payload_once(schema),
    }
}

fn payload_once(schema: &Value) -> Payload {
    Payload { model: referenced(schema), fields: properties(schema), ..Payload::default() }
}

/// The body that a sample shows: its keys with the types of their values.
pub(in super::super) fn sample_payload(sample: &Value) -> Payload {
    match sample {
        Value::Array(elements) => Payload {
            list: true,
            fields: elements.first().map(sample_fields).unwrap_or_default(),
            ..Payload::default()
        },
        _ => Payload { fields: sample_fields(sample), ..Payload::default() },
    }
}

/// The fields of a sample object.
pub(in super::super) fn sample_fields(sample: &Value) -> Vec<Field> {
    let named = sample.entries().iter().filter(|entry| !entry.key.is_empty());
    named
        .map(|Entry { key, value, .. }| {
            let name = key.trim_end_matches(['?', '*']).to_owned();
            let required = key.ends_with('?').then_some(false);
            Field { name, type_name: sample_type(value), required, ..Field::default() }
        })
        .collect()
}

/// The type of a sample value; a text such as `"string"` or `"uuid"` names it.
fn sample_type(value: &Value) -> Option<String> {
    let named =
        value.text().map(str::trim).filter(|text| super::super::grammar::fields::is_primitive(text) && text.len() > 2);
    named.map(str::to_owned).or_else(|| value.type_name().map(str::to_owned))
}

fn referenced(schema: &Value) -> Option<String> {
    let target = schema.text_of("$ref").rsplit('/').next().unwrap_or_default();
    (!target.is_empty()).then(|| target.trim_end_matches(".json").to_owned())
}

/// The models that a value defines: `components.schemas`, `definitions`, `$defs`, or the value itself.
pub(in super::super) fn models(root: &Value) -> Vec<CodeModel> {
    let components = root.get("components").and_then(|components| components.get("schemas"));
    let groups = [components, root.get("schemas"), root.get("definitions"), root.get("$defs")];
    let mut found = Vec::new();
    let title = [root.text_of("title"), id_name(root.text_of("$id"))].into_iter().find(|name| !name.is_empty());
    if let (Some(title), Some(_)) = (title, root.get("properties")) {
        found.push(model(title, root, 0));
    }
    for entry in groups.into_iter().flatten().flat_map(Value::entries) {
        let shape = ["properties", "allOf", "oneOf"].iter().any(|key| entry.value.get(key).is_some());
        if shape || entry.value.text_of("type") == "object" {
            found.push(model(&entry.key, &entry.value, entry.line));
        }
    }
    if found.is_empty() {
        let bare = root.entries().iter().filter(|entry| entry.value.get("properties").is_some());
        found.extend(bare.map(|entry| model(&entry.key, &entry.value, entry.line)));
    }
    found
}

fn id_name(id: &str) -> &str {
    let last = id.trim_end_matches('#').rsplit('/').next().unwrap_or_default();
    last.split('.').next().unwrap_or_default()
}

fn model(name: &str, schema: &Value, line: usize) -> CodeModel {
    let mut fields = properties(schema);
    for part in schema.get("allOf").map(Value::elements).unwrap_or_default() {
        fields.extend(properties(part));
    }
    CodeModel {
        name: name.to_owned(),
        fields,
        description: shortened(schema.text_of("description")),
        lines: (line, line),
    }
}

/// The properties of a schema with `required` and `$ref` resolved.
pub(in super::super) fn properties(schema: &Value) -> Vec<Field> {
    let required: Vec<&str> =
        schema.get("required").map(Value::elements).unwrap_or_default().iter().filter_map(Value::text).collect();
    let listed = schema.get("properties").map(Value::entries).unwrap_or_default().iter();
    listed
        .map(|Entry { key, value, .. }| {
            let mut field = field(key, value);
            if !required.is_empty() {
                field.required = Some(required.contains(&key.as_str()));
            }
            field
        })
        .collect()
}

fn field(name: &str, schema: &Value) -> Field {
    let mut field = Field { name: name.to_owned(), ..Field::default() };
    let items = schema.get("items");
    let target = referenced(schema).or_else(|| items.and_then(referenced));
    let base = match (&target, items) {
        (Some(target), Some(_)) => format!("{target}[]"),
        (Some(target), None) => target.clone(),
        (None, Some(items)) => format!("{}[]", kind(items)),
        (None, None) => kind(schema).to_owned(),
    };
    field.type_name = Some(base).filter(|base| !base.is_empty() && base != "[]");
    field.refers_to = target;
    field.note = shortened(schema.text_of("description"));
    field.required = required_mark(schema);
    field
}

/// The format where there is one (`uuid`, `date-time`), else the type.
fn kind(schema: &Value) -> &str {
    let format = schema.text_of("format");
    let shorthand = if let Value::Text(text) = schema { text } else { "" };
    [format, schema.text_of("type"), shorthand].into_iter().find(|text| !text.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::value;
    use super::*;

    const YAML: &str = "openapi: 3.0.0\npaths:\n  /users/{id}:\n    parameters:\n      - {name: id, in: path, required: true, schema: {type: string, format: uuid}}\n    get:\n      summary: Get a user\n      responses:\n        '404':\n          description: none\n        '200':\n          description: ok\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/User'\n    post:\n      requestBody:\n        content:\n          application/json:\n            schema:\n              type: object\n              required: [email]\n              properties:\n                email: {type: string}\n                tags: {type: array, items: {type: string}}\ncomponents:\n  schemas:\n    User:\n      type: object\n      properties:\n        id: {type: string, format: uuid}\n        team: {$ref: '#/components/schemas/Team'}\n";

    #[test]
    fn paths_bodies_and_answers() {
        let root = value::yaml(YAML);
        let found = endpoints(&root);
        let get = &found[0].endpoint;
        assert_eq!((get.method.as_deref(), get.path.as_str(), found[0].line), (Some("GET"), "/users/{id}", 5));
        assert_eq!(get.parameters[0].type_name.as_deref(), Some("uuid"));
        assert_eq!(get.answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [Some(200), Some(404)]);
        assert_eq!(get.answers[0].body.as_ref().unwrap().model.as_deref(), Some("User"));
        let request = found[1].endpoint.request.as_ref().unwrap();
        let fields: Vec<_> = request.fields.iter().map(|field| (field.name.as_str(), field.required)).collect();
        assert_eq!(fields, [("email", Some(true)), ("tags", Some(false))]);
    }

    #[test]
    fn schemas_are_models() {
        let found = models(&value::yaml(YAML));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name.as_str(), found[0].fields[1].refers_to.as_deref()), ("User", Some("Team")));
        let schema = value::json("{\"title\": \"Record\", \"properties\": {\"a\": {\"type\": \"integer\"}}}").unwrap();
        assert_eq!(models(&schema)[0].fields[0].type_name.as_deref(), Some("integer"));
    }

    #[test]
    fn fragments_are_enough() {
        let found = endpoints(&value::yaml("/health:\n  get:\n    responses:\n      200:\n        description: up\n"));
        assert_eq!(found[0].endpoint.path, "/health");
        assert!(endpoints(&value::yaml("a:\n  get: 1\n")).is_empty());
    }
}
