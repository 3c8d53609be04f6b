//! Models in code blocks: SQL in any block, types of programs, schemas and samples in JSON and YAML, diagrams.

use std::sync::LazyLock;

use regex::Regex;

use super::super::super::item::Field;
use super::super::code::value::Value;
use super::super::code::{CodeModel, classes, diagram, openapi, sql, value};

/// The models in a block. `title`: the name that the place gives to a sample that has none of its own.
pub(super) fn models(code: &str, language: &str, title: Option<&str>) -> Vec<CodeModel> {
    let tables = sql::tables(code);
    if !tables.is_empty() {
        return tables;
    }
    match language {
        "mermaid" => diagram::models(code),
        "json" | "jsonc" | "json5" => json(code, title),
        "yaml" | "yml" | "openapi" if openapi::looks_like_openapi(code) => openapi::models(&value::yaml(code)),
        "sql" | "bash" | "sh" | "shell" | "console" | "http" | "css" | "html" | "xml" | "diff" | "yaml" | "yml"
        | "toml" | "dockerfile" | "hcl" | "ini" => Vec::new(),
        "" | "text" if code.trim_start().starts_with(['{', '[']) => json(code, title),
        _ => {
            let mut found = classes::models(code, language);
            found.extend(returned(code));
            found
        }
    }
}

/// Schemas by their own names; a plain object as a sample of what the title names.
fn json(code: &str, title: Option<&str>) -> Vec<CodeModel> {
    let Some(root) = value::json(code) else { return Vec::new() };
    let named = openapi::models(&root);
    if !named.is_empty() {
        return named;
    }
    let Some(title) = title else { return Vec::new() };
    let object = root.elements().first().unwrap_or(&root);
    let schema = root.get("properties").is_some();
    let fields: Vec<Field> = if schema { openapi::properties(&root) } else { openapi::sample_fields(object) };
    if fields.is_empty() {
        return Vec::new();
    }
    let lines = (0, code.lines().count().saturating_sub(1));
    vec![CodeModel { name: title.to_owned(), fields, description: String::new(), lines }]
}

/// The named objects inside a sample: `{"data": {"user": {…}}}` shows a user. Down to the second level of names.
pub(super) fn nested(code: &str) -> Vec<CodeModel> {
    let mut found = Vec::new();
    if let Some(root) = value::json(code) {
        collect(&root, 0, &mut found);
    }
    found
}

/// Keys that wrap what they hold.
const WRAPPERS: [&str; 28] = [
    "data",
    "result",
    "results",
    "body",
    "response",
    "request",
    "payload",
    "content",
    "items",
    "params",
    "query",
    "headers",
    "meta",
    "metadata",
    "pagination",
    "paging",
    "links",
    "_links",
    "rows",
    "list",
    "records",
    "properties",
    "attributes",
    "value",
    "annotations",
    "labels",
    "parameters",
    "example",
];

fn collect(value: &Value, depth: usize, found: &mut Vec<CodeModel>) {
    const MOST: usize = 100;
    for entry in value.entries() {
        let object = entry.value.elements().first().unwrap_or(&entry.value);
        if object.entries().is_empty() || found.len() > MOST {
            continue;
        }
        let key = entry.key.as_str();
        let wraps = WRAPPERS.contains(&key);
        let named = key.len() > 2 && key.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if named && !wraps && object.entries().len() >= 2 {
            let fields = openapi::sample_fields(object);
            found.push(CodeModel {
                name: key.to_owned(),
                fields,
                description: String::new(),
                lines: (entry.line, entry.line),
            });
        }
        if depth < 1 || wraps && depth < 3 {
            collect(object, depth + usize::from(!wraps), found);
        }
    }
}

static RETURNED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:return|yield)\s+([A-Z]\w+)\(([^()]*\w\s*=[^=][^()]*)\)").expect("a constant pattern")
});

/// What a sample function gives back, built with named values: `return Alert("Flood", rate=5)`.
fn returned(code: &str) -> Vec<CodeModel> {
    const FRAMEWORK: [&str; 10] = [
        "Response",
        "JSONResponse",
        "Page",
        "Column",
        "Result",
        "Exception",
        "Widget",
        "Container",
        "View",
        "Template",
    ];
    let mut found: Vec<CodeModel> = Vec::new();
    if !code.contains("return ") && !code.contains("yield ") {
        return found;
    }
    for (number, line) in code.lines().enumerate().filter(|(_, line)| line.len() < 500) {
        let Some(hit) = RETURNED.captures(line) else { continue };
        let name = &hit[1];
        if classes::is_actor(name) || FRAMEWORK.iter().any(|word| name.ends_with(word)) {
            continue;
        }
        let arguments =
            hit[2].split(',').filter_map(|part| part.split_once('=')).map(|(name, _)| name.trim().to_owned());
        let fields = arguments.filter(|name| name.chars().all(|l| l.is_alphanumeric() || l == '_'));
        let fields = fields.map(|name| Field { name, ..Field::default() }).collect();
        found.push(CodeModel { name: name.to_owned(), fields, description: String::new(), lines: (number, number) });
        if found.len() > 200 {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, language: &str, title: Option<&str>, expected: &[&str]) {
        let seen: Vec<String> = models(code, language, title)
            .into_iter()
            .map(|model| {
                let names: Vec<_> = model.fields.iter().map(|field| field.name.as_str()).collect();
                format!("{}: {}", model.name, names.join(","))
            })
            .collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn sql_wins_over_the_tag() {
        check("# schema\nCREATE TABLE a (id int);", "python", None, &["a: id"]);
    }

    #[test]
    fn samples_need_a_name() {
        check("{\"id\": 1, \"name\": \"x\"}", "json", Some("User"), &["User: id,name"]);
        check("{\"id\": 1}", "json", None, &[]);
        check("{\"title\": \"T\", \"properties\": {\"a\": {}}}", "json", None, &["T: a"]);
    }

    #[test]
    fn what_samples_return() {
        check(
            "def f():\n    return Alert(\"x\", severity=\"HIGH\")\n    return Response(status=200)\n",
            "python",
            None,
            &["Alert: severity"],
        );
    }
}
