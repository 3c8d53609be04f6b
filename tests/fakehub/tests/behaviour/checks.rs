//! Check runs, check suites, commit statuses: who writes them, their limits, what a listing gives.

use serde_json::{Value, json};

use crate::scene::{PATH, Scene};

fn note(line: usize) -> Value {
    json!({"path": "a.md", "start_line": line, "end_line": line, "annotation_level": "warning", "message": "m"})
}

fn runs() -> String {
    format!("{PATH}/check-runs")
}

#[tokio::test]
async fn only_apps_and_the_action_write_check_runs() {
    let scene = Scene::new().await;
    let body = json!({"name": "c", "head_sha": scene.first});
    let owner = scene.person("alice", "admin").await;
    scene.api(&owner, "POST", &runs(), body.clone()).await.says(403, "authenticate via a GitHub App");
    let reader = scene.action(Some(json!({"checks": "read", "contents": "read"}))).await;
    scene.api(&reader, "POST", &runs(), body.clone()).await.says(403, "not accessible by integration");
    let action = scene.action(None).await;
    let made = scene.api(&action, "POST", &runs(), body.clone()).await.is(201);
    assert_eq!((made["status"].as_str(), made["app"]["slug"].as_str()), (Some("queued"), Some("github-actions")));
    let app = scene.app("robot", None).await;
    let token = scene.installed(&app).await;
    let change = json!({"status": "in_progress"});
    let path = format!("{}/{}", runs(), made["id"]);
    scene.api(&token, "PATCH", &path, change).await.says(403, "GitHub App that created it");
    scene.api(&owner, "GET", &path, Value::Null).await.is(200);
}

#[tokio::test]
async fn a_run_goes_its_way() {
    let scene = Scene::new().await;
    let token = scene.action(None).await;
    let body = json!({"name": "c", "head_sha": scene.first, "status": "in_progress", "external_id": "x1"});
    let made = scene.api(&token, "POST", &runs(), body).await.is(201);
    assert!(made["started_at"].is_string() && made["completed_at"].is_null() && made["conclusion"].is_null());
    let path = format!("{}/{}", runs(), made["id"]);
    let done = json!({"status": "completed"});
    scene.api(&token, "PATCH", &path, done).await.says(422, "conclusion");
    let done = json!({"conclusion": "neutral", "output": {"title": "t", "summary": "s"}});
    let shown = scene.api(&token, "PATCH", &path, done).await.is(200);
    assert_eq!((shown["status"].as_str(), shown["conclusion"].as_str()), (Some("completed"), Some("neutral")));
    assert_eq!((shown["external_id"].as_str(), shown["output"]["title"].as_str()), (Some("x1"), Some("t")));
    let again = scene.api(&token, "PATCH", &path, json!({"status": "in_progress"})).await.is(200);
    assert!(again["conclusion"].is_null() && again["completed_at"].is_null());
    assert_eq!(scene.api(&token, "GET", &path, Value::Null).await.is(200), again);
    scene.api(&token, "GET", &format!("{}/1", runs()), Value::Null).await.is(404);
}

#[tokio::test]
async fn a_run_stands_on_a_commit() {
    let scene = Scene::new().await;
    let token = scene.action(None).await;
    for sha in ["0123456789012345678901234567890123456789", "main", "$(touch x)"] {
        let body = json!({"name": "c", "head_sha": sha});
        scene.api(&token, "POST", &runs(), body).await.says(422, "No commit found");
    }
    scene.api(&token, "POST", &runs(), json!({"name": "c"})).await.says(422, "head_sha");
}

#[tokio::test]
async fn annotations_come_by_fifty_and_add_up() {
    let scene = Scene::new().await;
    let token = scene.action(None).await;
    let output = |lines: std::ops::Range<usize>| json!({"title": "t", "summary": "s", "annotations": lines.map(note).collect::<Vec<_>>()});
    let body = |lines| json!({"name": "c", "head_sha": scene.first, "output": output(lines)});
    scene.api(&token, "POST", &runs(), body(1..52)).await.says(422, "50");
    let made = scene.api(&token, "POST", &runs(), body(1..51)).await.is(201);
    let path = format!("{}/{}", runs(), made["id"]);
    let shown = scene.api(&token, "PATCH", &path, json!({"output": output(51..71)})).await.is(200);
    assert_eq!(shown["output"]["annotations_count"], 70);
    let listed = format!("{path}/annotations?per_page=50&page=2");
    let page = scene.api(&token, "GET", &listed, Value::Null).await;
    assert!(page.header("link").unwrap().contains("rel=\"prev\""));
    let page = page.is(200);
    let lines: Vec<u64> = page.as_array().unwrap().iter().map(|note| note["start_line"].as_u64().unwrap()).collect();
    assert_eq!(lines, (51..71).collect::<Vec<_>>());
    assert!(page[0]["blob_href"].as_str().unwrap().ends_with("/a.md"));
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let scene = Scene::new().await;
    let token = scene.action(None).await;
    let output = |field: &str, value: Value| {
        let mut output = json!({"title": "t", "summary": "s"});
        output[field] = value;
        json!({"name": "c", "head_sha": scene.first, "output": output})
    };
    let with = |field: &str, value: Value| {
        let mut note = note(1);
        note[field] = value;
        output("annotations", json!([note]))
    };
    let button = |label: usize, description: usize, identifier: usize| {
        let text = |size: usize| "x".repeat(size);
        json!({"label": text(label), "description": text(description), "identifier": text(identifier)})
    };
    let buttons = |list: Vec<Value>| json!({"name": "c", "head_sha": scene.first, "actions": list});
    for (body, status) in [
        (output("title", json!("x".repeat(255))), 201),
        (output("title", json!("x".repeat(256))), 422),
        (output("summary", json!("x".repeat(65_535))), 201),
        (output("summary", json!("x".repeat(65_536))), 422),
        (output("text", json!("x".repeat(65_536))), 422),
        (with("message", json!("x".repeat(65_536))), 201),
        (with("message", json!("x".repeat(65_537))), 422),
        (with("start_column", json!(2)), 201),
        (with("end_line", json!(2)), 201),
        (buttons(vec![button(20, 40, 20); 3]), 201),
        (buttons(vec![button(20, 40, 20); 4]), 422),
        (buttons(vec![button(21, 40, 20)]), 422),
        (buttons(vec![button(20, 41, 20)]), 422),
        (buttons(vec![button(20, 40, 21)]), 422),
    ] {
        scene.api(&token, "POST", &runs(), body).await.is(status);
    }
    let mut lines = note(1);
    lines["end_line"] = json!(2);
    lines["start_column"] = json!(1);
    scene.api(&token, "POST", &runs(), output("annotations", json!([lines]))).await.says(422, "columns");
}

#[tokio::test]
async fn a_listing_gives_the_latest_of_each_name() {
    let scene = Scene::new().await;
    let (action, app) = (scene.action(None).await, scene.app("robot", None).await);
    let token = scene.installed(&app).await;
    for (token, name) in [(&action, "a"), (&action, "a"), (&action, "b"), (&token, "a")] {
        let body = json!({"name": name, "head_sha": scene.first});
        scene.api(token, "POST", &runs(), body).await.is(201);
    }
    for (query, count) in [
        ("", 3),
        ("?filter=latest", 3),
        ("?filter=all", 4),
        ("?check_name=a", 2),
        ("?check_name=c", 0),
        ("?status=completed", 0),
        (&format!("?app_id={}", app.id), 1),
        ("?per_page=2", 3),
    ] {
        for name in [scene.first.as_str(), "main", "heads/main"] {
            let path = format!("{PATH}/commits/{name}/check-runs{query}");
            let found = scene.api(&action, "GET", &path, Value::Null).await.is(200);
            assert_eq!(found["total_count"], count, "{path}");
        }
    }
    let path = format!("{PATH}/commits/nowhere/check-runs");
    scene.api(&action, "GET", &path, Value::Null).await.says(422, "No commit found");
}

#[tokio::test]
async fn suites_make_themselves() {
    let scene = Scene::new().await;
    let app = scene.app("robot", None).await;
    let token = scene.installed(&app).await;
    let head = scene.commit("work", &[("a.md", "two\n")]).await;
    let path = format!("{PATH}/commits/{head}/check-suites");
    let found = scene.api(&token, "GET", &path, Value::Null).await.is(200);
    let suite = &found["check_suites"][0];
    assert_eq!((&found["total_count"], &suite["status"]), (&json!(1), &json!("queued")), "the push made it");
    assert_eq!((&suite["head_branch"], &suite["app"]["id"]), (&json!("work"), &json!(app.id)));
    let create = json!({"head_sha": head});
    let same = scene.api(&token, "POST", &format!("{PATH}/check-suites"), create).await.is(200);
    assert_eq!(same["id"], suite["id"], "one for each App and commit");
    let run = json!({"name": "a", "head_sha": head, "conclusion": "success"});
    let run = scene.api(&token, "POST", &runs(), run).await.is(201);
    assert_eq!(run["check_suite"]["id"], suite["id"]);
    let run = json!({"name": "b", "head_sha": head, "conclusion": "action_required"});
    scene.api(&token, "POST", &runs(), run).await.is(201);
    let path = format!("{PATH}/check-suites/{}", suite["id"]);
    let shown = scene.api(&token, "GET", &path, Value::Null).await.is(200);
    assert_eq!((&shown["status"], &shown["conclusion"]), (&json!("completed"), &json!("action_required")));
    scene.api(&token, "POST", &format!("{path}/rerequest"), Value::Null).await.is(201);
    let shown = scene.api(&token, "GET", &path, Value::Null).await.is(200);
    assert_eq!((&shown["status"], &shown["conclusion"]), (&json!("queued"), &Value::Null));
    let listed = scene.api(&token, "GET", &format!("{path}/check-runs"), Value::Null).await.is(200);
    assert_eq!(listed["total_count"], 2, "the runs stay as they were");
}

#[tokio::test]
async fn a_run_asked_for_again_stays_and_its_suite_waits() {
    let scene = Scene::new().await;
    let token = scene.action(None).await;
    let body = json!({"name": "a", "head_sha": scene.first, "conclusion": "failure"});
    let run = scene.api(&token, "POST", &runs(), body).await.is(201);
    let path = format!("{}/{}", runs(), run["id"]);
    scene.api(&token, "POST", &format!("{path}/rerequest"), Value::Null).await.is(201);
    let suite = format!("{PATH}/check-suites/{}", run["check_suite"]["id"]);
    assert_eq!(scene.api(&token, "GET", &suite, Value::Null).await.is(200)["status"], "queued");
    assert_eq!(scene.api(&token, "GET", &path, Value::Null).await.is(200)["conclusion"], "failure");
}

#[tokio::test]
async fn statuses_are_everybodys_who_may_push() {
    let scene = Scene::new().await;
    let (writer, reader) = (scene.person("bob", "write").await, scene.person("eve", "read").await);
    let path = format!("{PATH}/statuses/{}", scene.first);
    let post = async |token: &str, body: Value| scene.api(token, "POST", &path, body).await;
    post(&reader, json!({"state": "success"})).await.is(403);
    post(&writer, json!({"state": "neutral"})).await.says(422, "state");
    post(&writer, json!({"state": "success", "description": "x".repeat(141)})).await.says(422, "140");
    post(&writer, json!({"state": "success", "target_url": "javascript:x"})).await.says(422, "target_url");
    let combined = format!("{PATH}/commits/main/status");
    let sum = async || scene.api(&reader, "GET", &combined, Value::Null).await.is(200)["state"].clone();
    assert_eq!(sum().await, "pending", "none is pending");
    for (state, context, expected) in [
        ("success", "a", "success"),
        ("pending", "b", "pending"),
        ("error", "b", "failure"),
        ("success", "b", "success"),
    ] {
        let made = post(&writer, json!({"state": state, "context": context})).await;
        assert!(made.header("location").is_some());
        assert_eq!(made.is(201)["creator"]["login"], "bob");
        assert_eq!(sum().await, expected);
    }
    let listed = scene.api(&reader, "GET", &format!("{PATH}/commits/main/statuses"), Value::Null).await.is(200);
    let states: Vec<&str> = listed.as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["success", "error", "pending", "success"], "newest first");
    let path = format!("{PATH}/statuses/0123456789012345678901234567890123456789");
    scene.api(&writer, "POST", &path, json!({"state": "success"})).await.says(422, "No commit found");
}
