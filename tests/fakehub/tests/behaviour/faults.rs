//! Faults on demand: what a client sees, and whether the call had its effect.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scene::{PATH, Scene};

async fn names(scene: &Scene, token: &str) -> Vec<Value> {
    let path = format!("{PATH}/commits/main/check-runs?filter=all");
    let found = scene.api(token, "GET", &path, Value::Null).await.is(200);
    found["check_runs"].as_array().unwrap().iter().map(|run| run["name"].clone()).collect()
}

#[tokio::test]
async fn each_kind_fails_in_its_way() {
    let scene = Scene::new().await;
    let token = scene.action(None).await;
    let (path, body) =
        ("/api/v3/repos/acme/design/check-runs", |name: &str| json!({"name": name, "head_sha": scene.first}));
    let fault = async |kind: &str| {
        let fault = json!({
            "method": "POST", "path": "/repos/*/*/check-runs", "kind": kind, "status": 503,
            "headers": {"retry-after": "7"}, "body": {"message": "Server Error"},
        });
        scene.control("POST", "faults", fault).await;
    };
    fault("status").await;
    let answer = scene.send("POST", path, Some(&token), body("status")).await;
    assert_eq!(answer.header("retry-after"), Some("7"));
    assert_eq!(answer.is(503)["message"], "Server Error");
    for kind in ["cut", "cut-after"] {
        fault(kind).await;
        let error = scene.try_send("POST", path, Some(&token), body(kind)).await.unwrap_err();
        assert!(!error.is_timeout(), "{error:?}");
    }
    fault("hang").await;
    let hanging = scene.try_send("POST", path, Some(&token), body("hang"));
    assert!(tokio::time::timeout(Duration::from_millis(300), hanging).await.is_err(), "nobody answers");
    assert_eq!(names(&scene, &token).await, ["cut-after"], "only that had its effect");
    let log = scene.control("GET", "log", Value::Null).await;
    let posts = log.as_array().unwrap().iter().filter(|call| call["method"] == "POST");
    let seen: Vec<_> = posts.map(|call| (call["status"].as_u64().unwrap(), call["login"].as_str().unwrap())).collect();
    let me = "github-actions[bot]";
    assert_eq!(seen, [(503, me), (0, me), (201, me), (0, me)]);
}

#[tokio::test]
async fn a_fault_is_for_some_calls_only() {
    let scene = Scene::new().await;
    let token = scene.action(None).await;
    scene.control("POST", "faults", json!({"path": "/repos/*/*", "skip": 1, "times": 2, "kind": "status"})).await;
    let mut seen = Vec::new();
    for path in [PATH, "/repos/acme/design/commits/main/status", PATH, PATH, PATH] {
        seen.push(scene.api(&token, "GET", path, Value::Null).await.status);
    }
    assert_eq!(seen, [200, 200, 502, 502, 200]);
    scene.control("POST", "faults", json!({"kind": "cut", "times": 100})).await;
    scene.control("DELETE", "faults", Value::Null).await;
    scene.api(&token, "GET", PATH, Value::Null).await.is(200);
    let answer = scene.send("POST", "/_hub/faults", None, json!({"kind": "flood"})).await;
    answer.says(422, "no such fault");
}

#[tokio::test]
async fn git_fails_too() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    let url = scene.url.replace("http://", &format!("http://x:{token}@"));
    let list = || {
        let ran = std::process::Command::new("git").args(["ls-remote", &format!("{url}/acme/design.git")]).output();
        ran.unwrap().status.success()
    };
    scene.control("POST", "faults", json!({"path": "/acme/design.git/**", "kind": "cut"})).await;
    assert!(!list());
    assert!(list());
}
