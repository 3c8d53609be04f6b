//! The judge judges: what is wrong on either side does not pass.

use serde_json::{Value, json};

use super::proxy::{Proxy, violations};
use crate::scene::PATH;

/// Calls and answers that are wrong in one thing each.
pub async fn all(proxy: &Proxy) {
    let calls = async || {
        let log = proxy.scene.control("GET", "log", Value::Null).await;
        log.as_array().unwrap().len()
    };
    let before = calls().await;
    let token = proxy.scene.action(None).await;
    let note = json!({"path": "a.md", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"});
    let run = |annotations: usize, summary: usize| {
        let output =
            json!({"title": "t", "summary": "s".repeat(summary), "annotations": vec![note.clone(); annotations]});
        json!({"name": "c", "head_sha": proxy.scene.first, "output": output})
    };
    let path = format!("{PATH}/check-runs");
    for (body, word) in [
        (run(51, 1), "50"),
        (run(1, 65_536), "65535"),
        (json!({"name": "c"}), "head_sha"),
        (json!({"name": "c", "head_sha": proxy.scene.first, "status": "done"}), "status"),
    ] {
        let refused = proxy.ask(&token, "POST", &path, body).await;
        assert_eq!(refused.status, 422);
        assert!(violations(&refused).concat().contains(word), "{word}: {:?}", violations(&refused));
    }
    assert_eq!(calls().await, before, "none of it came to the hub");
    proxy.call(&token, "POST", &path, run(50, 65_535), 201).await;
    // An answer without what it must have, and one with a wrong word.
    for (field, value) in [("default_branch", Value::Null), ("visibility", json!(3))] {
        let mut body = proxy.scene.api(&token, "GET", PATH, Value::Null).await.is(200);
        if value.is_null() {
            body.as_object_mut().unwrap().remove(field);
        } else {
            body[field] = value;
        }
        let fault = json!({"path": PATH, "kind": "status", "status": 200, "body": body});
        proxy.scene.control("POST", "faults", fault).await;
        let refused = proxy.ask(&token, "GET", PATH, Value::Null).await;
        assert_eq!(refused.status, 500);
        assert!(refused.header("sl-violations").is_some_and(|said| said.contains(field)), "{:?}", refused.headers);
    }
    let unknown = proxy.ask(&token, "GET", "/repos/acme/design/wishes", Value::Null).await;
    assert!(!violations(&unknown).is_empty(), "a path that GitHub does not have");
}
