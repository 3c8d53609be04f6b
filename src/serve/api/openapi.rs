//! The description of the API (OpenAPI 3.1), written by hand over the schemas that the views give of themselves.

use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::{CommitBody, ConflictQuery, FileQuery, MergeBody, SearchQuery, SyncBody};
use crate::report::graph::Graph;
use crate::serve::deed::Done;
use crate::serve::view;

type Schema = fn(&mut SchemaGenerator) -> Value;

/// One operation.
struct Operation {
    method: &'static str,
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    query: Option<Schema>,
    body: Option<Schema>,
    answer: Schema,
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

const fn reads(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    query: Option<Schema>,
    answer: Schema,
) -> Operation {
    Operation { method: "get", path, id, summary, query, body: None, answer }
}

const fn does(
    path: &'static str,
    id: &'static str,
    summary: &'static str,
    body: Option<Schema>,
    answer: Schema,
) -> Operation {
    Operation { method: "post", path, id, summary, query: None, body, answer }
}

const OPERATIONS: &[Operation] = &[
    reads("/repositories", "repositories", "The repositories that are shown", None, of::<Vec<view::RepositoryRow>>),
    reads(
        "/front",
        "front",
        "Each repository with how it stands, what is wrong first",
        Some(of::<view::FrontQuery>),
        of::<view::Front>,
    ),
    reads("/server", "server", "The server's settings and health, for whoever runs it", None, of::<view::ServerView>),
    reads(
        "/repositories/{repository}/overview",
        "overview",
        "What needs a person, and every slice",
        Some(of::<view::OverviewQuery>),
        of::<view::Overview>,
    ),
    reads("/repositories/{repository}/graph", "graph", "Who needs whom", None, of::<Graph>),
    reads("/repositories/{repository}/slices/{slice}", "slice", "One slice", None, of::<view::SlicePage>),
    reads(
        "/repositories/{repository}/slices/{slice}/file",
        "file",
        "One file of a slice",
        Some(of::<FileQuery>),
        of::<view::FileText>,
    ),
    reads(
        "/repositories/{repository}/conflicts",
        "conflicts",
        "What both sides changed differently",
        Some(of::<ConflictQuery>),
        of::<view::Conflicts>,
    ),
    does(
        "/repositories/{repository}/conflicts/preview",
        "previewConflict",
        "What a choice would commit",
        Some(of::<view::Choice>),
        of::<view::PreviewView>,
    ),
    does(
        "/repositories/{repository}/conflicts/commit",
        "commitConflict",
        "Commit what was shown",
        Some(of::<CommitBody>),
        of::<Done>,
    ),
    reads(
        "/repositories/{repository}/proposals",
        "proposals",
        "Proposals, newest first",
        Some(of::<view::ProposalsQuery>),
        of::<view::Proposals>,
    ),
    reads("/repositories/{repository}/proposals/{number}", "proposal", "One proposal", None, of::<view::ProposalPage>),
    does(
        "/repositories/{repository}/proposals/{number}/{deed}",
        "doProposal",
        "merge, close, reopen, ready or regenerate",
        Some(of::<MergeBody>),
        of::<Done>,
    ),
    does("/repositories/{repository}/sync", "sync", "Open, update and end proposals", Some(of::<SyncBody>), of::<Done>),
    reads(
        "/repositories/{repository}/queue",
        "queue",
        "Jobs, newest first",
        Some(of::<view::QueueQuery>),
        of::<view::Queue>,
    ),
    reads(
        "/repositories/{repository}/queue/{job}",
        "job",
        "One job, and why it does not run",
        None,
        of::<view::JobPage>,
    ),
    does("/repositories/{repository}/queue/{job}/{deed}", "doJob", "retry or cancel", None, of::<Done>),
    reads(
        "/repositories/{repository}/deliveries",
        "deliveries",
        "What GitHub delivered, newest first",
        Some(of::<view::DeliveriesQuery>),
        of::<view::Deliveries>,
    ),
    reads(
        "/repositories/{repository}/deliveries/{delivery}",
        "delivery",
        "One delivery, and why it is not worked on",
        None,
        of::<view::DeliveryPage>,
    ),
    does("/repositories/{repository}/deliveries/{delivery}/{deed}", "doDelivery", "retry or cancel", None, of::<Done>),
    reads(
        "/repositories/{repository}/activity",
        "activity",
        "Events, newest first",
        Some(of::<view::ActivityQuery>),
        of::<view::Activity>,
    ),
    reads(
        "/repositories/{repository}/logs",
        "logs",
        "Lines of the logs, newest first",
        Some(of::<view::LogQuery>),
        of::<view::Logs>,
    ),
    reads("/repositories/{repository}/analytics", "analytics", "Figures over time", None, of::<view::Analytics>),
    reads(
        "/repositories/{repository}/settings",
        "settings",
        "Settings with their sources, and health",
        None,
        of::<view::SettingsView>,
    ),
    reads(
        "/repositories/{repository}/search",
        "search",
        "One question over everything",
        Some(of::<SearchQuery>),
        of::<view::Found>,
    ),
];

/// The whole description.
pub(super) fn description() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[operation.method] = described(operation, &mut generator);
    }
    let mut schemas = Value::Object(generator.take_definitions(true));
    bound(&mut schemas);
    schemas["Problem"] = json!({
        "type": "object", "required": ["type", "status", "title"],
        "properties": {
            "type": { "type": "string" }, "status": { "type": "integer" }, "title": { "type": "string" },
            "hints": { "type": "array", "items": { "type": "string" } },
        },
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "vso", "version": env!("CARGO_PKG_VERSION"),
            "description": "What the dashboard shows, as JSON. Sign in with the link that `vso serve` prints, or, \
                at a server for an App's repositories, with GitHub; what changes something shows the session's CSRF token in the header x-csrf-token.",
        },
        "servers": [{ "url": "/api/v1" }],
        "security": [{ "session": [] }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": { "type": "apiKey", "in": "cookie", "name": "vso-PORT",
                    "description": "The session's cookie; its name ends with the server's port." },
                "csrf": { "type": "apiKey", "in": "header", "name": "x-csrf-token" },
            },
        },
    })
}

fn described(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut parameters: Vec<Value> =
        operation.path.split('{').skip(1).filter_map(|rest| parameter(rest.split_once('}')?.0, operation)).collect();
    if let Some(query) = operation.query {
        let reference = query(generator);
        parameters.extend(of_query(&reference, generator));
    }
    let mut answer = (operation.answer)(generator);
    bound(&mut answer);
    let problem = |words: &str| json!({ "description": words, "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } } });
    let mut found = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {
            "200": { "description": "It", "content": { "application/json": { "schema": answer } } },
            "400": problem("The address or the body can't be understood"),
            "401": problem("There is no session"),
            "404": problem("There is no such thing, or none that the visitor may see"),
            "409": problem("It says no: nothing was changed"),
            "422": problem("What is asked for can't be used"),
            "500": problem("It could not finish"),
            "503": problem("It was interrupted, or GitHub can't be asked what the visitor may see"),
        },
    });
    if operation.method == "post" {
        found["security"] = json!([{ "session": [], "csrf": [] }]);
        for (status, words) in [
            ("403", "The CSRF token or the origin is not right, or the visitor may only read"),
            ("413", "The body is too large"),
            ("415", "The body is no JSON"),
        ] {
            found["responses"][status] = problem(words);
        }
    }
    if let Some(body) = operation.body {
        let schema = body(generator);
        found["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": schema } } });
    }
    found
}

fn parameter(name: &str, operation: &Operation) -> Option<Value> {
    let schema = match name {
        "number" => json!({ "type": "integer", "format": "uint32", "minimum": 0, "maximum": u32::MAX }),
        "job" | "delivery" => json!({ "type": "integer", "format": "int64", "minimum": i64::MIN, "maximum": i64::MAX }),
        "deed" if operation.id != "doProposal" => json!({ "type": "string", "enum": ["retry", "cancel"] }),
        "deed" => json!({ "type": "string", "enum": ["merge", "close", "reopen", "ready", "regenerate"] }),
        _ => json!({ "type": "string", "minLength": 1 }),
    };
    Some(json!({ "name": name, "in": "path", "required": true, "schema": schema }))
}

/// The properties of a query's schema as parameters.
fn of_query(reference: &Value, generator: &SchemaGenerator) -> Vec<Value> {
    let name = reference["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let schema = generator.definitions().get(name).cloned().unwrap_or_default();
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let one = |(name, mut schema): (String, Value)| {
        bound(&mut schema);
        // A query has no null: what is not asked for is left out.
        if let Some(Value::Array(kinds)) = schema.get("type").cloned() {
            schema["type"] = kinds.into_iter().find(|kind| kind != "null").unwrap_or_default();
        }
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("default");
        }
        json!({ "name": name, "in": "query", "required": required.contains(&name.as_str()), "schema": schema })
    };
    properties.into_iter().map(one).collect()
}

/// Gives integers the bounds that their formats mean.
fn bound(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let most = match fields.get("format").and_then(Value::as_str) {
                Some("uint32") => Some(json!(u32::MAX)),
                Some("int32") => Some(json!(i32::MAX)),
                Some("int64") => Some(json!(i64::MAX)),
                _ => None,
            };
            if let Some(most) = most {
                if fields["format"] == "int64" {
                    fields.entry("minimum").or_insert(json!(i64::MIN));
                }
                fields.entry("maximum").or_insert(most);
            }
            fields.values_mut().for_each(bound);
        }
        Value::Array(all) => all.iter_mut().for_each(bound),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere_and_every_operation_has_its_own_id() {
        let found = description();
        let text = found.to_string();
        for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(found["components"]["schemas"].get(name).is_some(), "{name}");
        }
        let ids: std::collections::BTreeSet<&str> = OPERATIONS.iter().map(|operation| operation.id).collect();
        assert_eq!(ids.len(), OPERATIONS.len());
        assert!(found["paths"]["/repositories/{repository}/queue"]["get"]["parameters"].as_array().unwrap().len() >= 4);
    }
}
