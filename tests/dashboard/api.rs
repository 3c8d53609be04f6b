//! The API: what it describes is what it answers; by schemathesis where that is installed.

use std::process::Command;

use super::visit::Visit;
use crate::client::Answer;

fn description(visit: &Visit) -> serde_json::Value {
    let answer = visit.server.get("/api/v1/openapi.json", &[("cookie", &visit.cookie)]);
    assert_eq!(answer.status, 200);
    answer.json()
}

#[test]
fn every_operation_without_parameters_of_its_own_answers_what_it_describes() {
    let visit = Visit::in_step();
    let found = description(&visit);
    assert_eq!(found["openapi"], "3.1.0");
    let mut answered = 0;
    for (path, operations) in found["paths"].as_object().unwrap() {
        let path = path.replace("{repository}", "local").replace("{slice}", "slice-003-loans").replace("{number}", "1");
        let (path, query) = if path.ends_with("/file") { (path, "?path=spec.md") } else { (path, "?q=a") };
        // The server's own page is an App's.
        if operations.get("get").is_none() || path.contains('{') || path == "/server" {
            continue;
        }
        let answer = visit.server.get(&format!("/api/v1{path}{query}"), &[("cookie", &visit.cookie)]);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let schema = &operations["get"]["responses"]["200"]["content"]["application/json"]["schema"];
        let shape = shape(&found, schema);
        let value = answer.json();
        for name in shape["required"].as_array().into_iter().flatten().filter_map(|name| name.as_str()) {
            assert!(value.get(name).is_some(), "{path} lacks {name}: {value}");
        }
        answered += 1;
    }
    assert!(answered >= 12, "{answered}");
}

fn shape<'a>(found: &'a serde_json::Value, schema: &'a serde_json::Value) -> &'a serde_json::Value {
    match schema["$ref"].as_str() {
        Some(reference) => found.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

#[test]
fn what_changes_something_needs_the_token_in_its_header() {
    let visit = Visit::in_step();
    visit.edit("master-spec.md", "with a title", "with a title and a photo");
    let token = visit.token();
    let post = |path: &str, body: &str, token: Option<&str>| -> Answer {
        let mut headers = vec![("cookie", visit.cookie.as_str()), ("content-type", "application/json")];
        headers.extend(token.map(|token| ("x-csrf-token", token)));
        visit.server.send("POST", &format!("/api/v1/repositories/local{path}"), &headers, body.as_bytes())
    };
    assert_eq!(post("/sync", "{}", None).status, 403);
    assert_eq!(post("/sync", "{}", Some("0")).status, 403);
    assert_eq!(post("/sync", "{", Some(&token)).status, 400);
    let done = post("/sync", "{\"slice\":\"slice-002-catalogue\"}", Some(&token));
    assert!(done.status == 200 && done.json()["words"].as_str().unwrap().contains("1 opened"), "{done:?}");
    let number = done.json()["proposals"][0].as_u64().unwrap();
    assert_eq!(post(&format!("/proposals/{number}/explode"), "{}", Some(&token)).status, 422);
    assert_eq!(post("/proposals/999/merge", "{}", Some(&token)).status, 404);
    assert_eq!(post(&format!("/proposals/{number}/reopen"), "{}", Some(&token)).status, 409);
    let merged = post(&format!("/proposals/{number}/merge"), "{\"style\":\"rebase\"}", Some(&token));
    assert!(merged.status == 200 && merged.json()["commit"].is_string(), "{merged:?}");
}

#[test]
fn schemathesis_finds_nothing_that_is_not_described() {
    let Some(python) = std::env::var_os("VSO_TEST_PYTHON") else {
        return super::chromium::left_out("VSO_TEST_PYTHON (a venv with schemathesis)");
    };
    let program = std::path::Path::new(&python).with_file_name("schemathesis");
    if !program.is_file() {
        return super::chromium::left_out("schemathesis");
    }
    let visit = Visit::in_step();
    let document = description(&visit);
    // It walks into what exists more often when it is told some of it.
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("openapi.json");
    let text = document.to_string().replace("{repository}", "local");
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    for operations in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in operations.as_object_mut().unwrap().values_mut() {
            let parameters = operation["parameters"].as_array_mut().unwrap();
            parameters.retain(|parameter| parameter["name"] != "repository");
        }
    }
    std::fs::write(&place, document.to_string()).unwrap();
    let url = format!("http://127.0.0.1:{}/api/v1", visit.server.port);
    let output = Command::new(program)
        .args(["run", "--url", &url, "--max-examples", "8", "--seed", "7", "--phases", "examples,coverage,fuzzing"])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ])
        .args(["-H", &format!("cookie: {}", visit.cookie), "-H", &format!("x-csrf-token: {}", visit.token())])
        .arg(&place)
        .current_dir(folder.path())
        .env("NO_PROXY", "*")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}
