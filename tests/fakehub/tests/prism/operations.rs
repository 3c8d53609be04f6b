//! One story for each operation: the call is what the description asks for, and so is the answer.

use serde_json::{Value, json};

use super::proxy::{Proxy, violations};
use crate::scene::{App, PATH};

/// Who takes part.
struct Cast {
    app: App,
    jwt: String,
    robot: String,
    owner: String,
    bob: String,
}

/// All stories; they build on each other.
pub async fn all(proxy: &Proxy) {
    let app = proxy.scene.app("robot", Some("http://127.0.0.1:9/")).await;
    // The hub has other limits to be tried elsewhere.
    proxy.scene.control("POST", "limits", json!({"content_minute": 1_000})).await;
    let cast = Cast {
        jwt: proxy.scene.jwt(&app).await,
        robot: proxy.scene.installed(&app).await,
        owner: proxy.scene.person("ada", "admin").await,
        bob: proxy.scene.person("bob", "write").await,
        app,
    };
    apps(proxy, &cast).await;
    signed_in(proxy, &cast).await;
    people_and_repository(proxy, &cast).await;
    let head = proxy.scene.commit_on("work", Some(&proxy.scene.first), &[("a.md", "two\n")]).await;
    objects_and_refs(proxy, &cast.robot).await;
    pulls(proxy, &cast).await;
    issues_and_labels(proxy, &cast).await;
    comments_and_reactions(proxy, &cast).await;
    checks(proxy, &cast, &head).await;
    let merge = json!({"merge_method": "squash", "sha": head});
    proxy.call(&cast.bob, "PUT", &at("/pulls/1/merge"), merge, 200).await;
    proxy.call(&cast.bob, "GET", &at("/pulls/1/merge"), Value::Null, 204).await;
    assert_eq!(proxy.untold().await, [""; 0], "operations without a story");
}

fn at(below: &str) -> String {
    format!("{PATH}{below}")
}

async fn apps(proxy: &Proxy, cast: &Cast) {
    let installation = format!("/app/installations/{}", cast.app.installation);
    for path in ["/app", &installation, &at("/installation")] {
        proxy.call(&cast.jwt, "GET", path, Value::Null, 200).await;
    }
    // Here the description itself is wrong: it wants the account to be a user and an enterprise at once.
    let listed = proxy.ask(&cast.jwt, "GET", "/app/installations", Value::Null).await;
    let others: Vec<_> = violations(&listed).into_iter().filter(|why| !why.contains("\"account\"")).collect();
    assert_eq!(others, [""; 0]);
    let narrow = json!({"repositories": ["design"], "permissions": {"contents": "read"}});
    proxy.call(&cast.jwt, "POST", &format!("{installation}/access_tokens"), narrow, 201).await;
    proxy.call(&cast.robot, "GET", "/installation/repositories", Value::Null, 200).await;
    let deliveries = "/app/hook/deliveries";
    let listed = proxy.call(&cast.jwt, "GET", &format!("{deliveries}?per_page=10"), Value::Null, 200).await;
    let one = format!("{deliveries}/{}", listed[0]["id"]);
    proxy.call(&cast.jwt, "GET", &one, Value::Null, 200).await;
    proxy.call(&cast.jwt, "POST", &format!("{one}/attempts"), Value::Null, 202).await;
    let suspended = format!("{installation}/suspended");
    proxy.call(&cast.jwt, "PUT", &suspended, Value::Null, 204).await;
    proxy.call(&cast.jwt, "DELETE", &suspended, Value::Null, 204).await;
    let config = json!({"url": "http://127.0.0.1:9/", "content_type": "json", "secret": "x".repeat(20)});
    proxy.call(&cast.jwt, "PATCH", "/app/hook/config", config, 200).await;
    proxy.call(&cast.jwt, "GET", "/app/hook/config", Value::Null, 200).await;
}

async fn signed_in(proxy: &Proxy, cast: &Cast) {
    let asked = json!({"kind": "user", "login": "bob", "app": cast.app.id});
    let made = proxy.scene.control("POST", "tokens", asked).await;
    let token = made["token"].as_str().unwrap_or_default();
    proxy.call(token, "GET", "/user", Value::Null, 200).await;
    let listed = proxy.call(token, "GET", "/user/installations?per_page=100", Value::Null, 200).await;
    let path = format!("/user/installations/{}/repositories?per_page=100", listed["installations"][0]["id"]);
    let listed = proxy.call(token, "GET", &path, Value::Null, 200).await;
    assert_eq!(listed["repositories"][0]["permissions"]["push"], true);
    let code = proxy.scene.manifest_code("bob").await;
    let path = format!("/app-manifests/{code}/conversions");
    // The description knows no caller here, so no token is sent.
    let made = proxy.call("", "POST", &path, Value::Null, 201).await;
    assert!(made["pem"].as_str().is_some_and(|pem| pem.starts_with("-----BEGIN RSA PRIVATE KEY-----")));
}

async fn people_and_repository(proxy: &Proxy, cast: &Cast) {
    for path in ["/user", "/users/bob", "/users/robot%5Bbot%5D", "/meta", "/rate_limit", PATH] {
        proxy.call(&cast.bob, "GET", path, Value::Null, 200).await;
    }
    for below in ["/branches", "/branches/main", "/commits/main", "/contents/a.md", "/compare/main...main"] {
        proxy.call(&cast.bob, "GET", &at(below), Value::Null, 200).await;
    }
    proxy.call(&cast.owner, "GET", &at("/collaborators"), Value::Null, 200).await;
    proxy.call(&cast.robot, "GET", &at("/collaborators/bob/permission"), Value::Null, 200).await;
}

async fn objects_and_refs(proxy: &Proxy, token: &str) {
    let post = async |below: &str, body: Value| {
        let made = proxy.call(token, "POST", &at(below), body, 201).await;
        made["sha"].as_str().unwrap_or_default().to_owned()
    };
    let get = async |below: &str| proxy.call(token, "GET", &at(below), Value::Null, 200).await;
    let first = &proxy.scene.first;
    let blob = post("/git/blobs", json!({"content": "x\n", "encoding": "utf-8"})).await;
    let entry = json!({"path": "b.md", "mode": "100644", "type": "blob", "sha": blob});
    let tree = post("/git/trees", json!({"base_tree": first, "tree": [entry]})).await;
    let commit = post("/git/commits", json!({"message": "m", "tree": tree, "parents": [first]})).await;
    post("/git/refs", json!({"ref": "refs/heads/made", "sha": commit})).await;
    for (kind, id) in [("blobs", &blob), ("trees", &tree), ("commits", &commit)] {
        get(&format!("/git/{kind}/{id}")).await;
    }
    // Prism takes a slash for the end of a parameter.
    get("/git/ref/heads%2Fmade").await;
    get("/git/matching-refs/heads%2Fma").await;
    let made = at("/git/refs/heads%2Fmade");
    proxy.call(token, "PATCH", &made, json!({"sha": first, "force": true}), 200).await;
    proxy.call(token, "DELETE", &made, Value::Null, 204).await;
}

async fn pulls(proxy: &Proxy, cast: &Cast) {
    let new = json!({"title": "t", "head": "work", "base": "main", "body": "b", "draft": false});
    proxy.call(&cast.robot, "POST", &at("/pulls"), new.clone(), 201).await;
    let again = proxy.ask(&cast.robot, "POST", &at("/pulls"), new).await;
    assert_eq!((again.status, violations(&again)), (422, Vec::new()));
    for below in ["/pulls?state=all&head=acme:work&per_page=100", "/pulls/1", "/pulls/1/commits", "/pulls/1/files"] {
        proxy.call(&cast.bob, "GET", &at(below), Value::Null, 200).await;
    }
    let change = json!({"title": "other", "body": "c", "state": "open", "base": "main"});
    proxy.call(&cast.robot, "PATCH", &at("/pulls/1"), change, 200).await;
    let asked = at("/pulls/1/requested_reviewers");
    let reviewers = json!({"reviewers": ["bob"]});
    proxy.call(&cast.robot, "POST", &asked, reviewers.clone(), 201).await;
    proxy.call(&cast.robot, "GET", &asked, Value::Null, 200).await;
    proxy.call(&cast.robot, "DELETE", &asked, reviewers, 200).await;
    let reviews = at("/pulls/1/reviews");
    proxy.call(&cast.bob, "POST", &reviews, json!({"event": "APPROVE", "body": "fine"}), 200).await;
    proxy.call(&cast.robot, "GET", &reviews, Value::Null, 200).await;
}

async fn issues_and_labels(proxy: &Proxy, cast: &Cast) {
    let call = async |token: &str, method: &str, below: &str, body: Value, status: u16| {
        proxy.call(token, method, &at(below), body, status).await
    };
    let label = json!({"name": "one two", "color": "ff0000", "description": "d"});
    call(&cast.bob, "POST", "/labels", label, 201).await;
    call(&cast.bob, "GET", "/labels", Value::Null, 200).await;
    call(&cast.bob, "GET", "/labels/one%20two", Value::Null, 200).await;
    call(&cast.robot, "POST", "/issues/1/labels", json!({"labels": ["one two", "three"]}), 200).await;
    call(&cast.bob, "GET", "/issues/1/labels", Value::Null, 200).await;
    call(&cast.robot, "PUT", "/issues/1/labels", json!({"labels": ["three", "four"]}), 200).await;
    call(&cast.robot, "DELETE", "/issues/1/labels/four", Value::Null, 200).await;
    call(&cast.robot, "DELETE", "/issues/1/labels", Value::Null, 204).await;
    call(&cast.bob, "POST", "/issues", json!({"title": "i", "body": "b", "labels": ["three"]}), 201).await;
    call(&cast.bob, "GET", "/issues?state=all", Value::Null, 200).await;
    call(&cast.bob, "GET", "/issues/2", Value::Null, 200).await;
    call(&cast.bob, "PATCH", "/issues/2", json!({"state": "closed", "labels": ["four"]}), 200).await;
}

async fn comments_and_reactions(proxy: &Proxy, cast: &Cast) {
    let call = async |token: &str, method: &str, below: &str, body: Value, status: u16| {
        proxy.call(token, method, &at(below), body, status).await
    };
    let made = call(&cast.robot, "POST", "/issues/1/comments", json!({"body": "for @bob"}), 201).await;
    let one = format!("/issues/comments/{}", made["id"]);
    for below in ["/issues/1/comments?per_page=100", "/issues/comments", &one] {
        call(&cast.bob, "GET", below, Value::Null, 200).await;
    }
    call(&cast.robot, "PATCH", &one, json!({"body": "otherwise"}), 200).await;
    for (thing, content) in [(one.as_str(), "eyes"), ("/issues/1", "rocket")] {
        let reactions = format!("{thing}/reactions");
        let made = call(&cast.bob, "POST", &reactions, json!({"content": content}), 201).await;
        call(&cast.bob, "POST", &reactions, json!({"content": content}), 200).await;
        call(&cast.bob, "GET", &reactions, Value::Null, 200).await;
        call(&cast.bob, "DELETE", &format!("{reactions}/{}", made["id"]), Value::Null, 204).await;
    }
    call(&cast.robot, "DELETE", &one, Value::Null, 204).await;
}

async fn checks(proxy: &Proxy, cast: &Cast, head: &str) {
    let call = async |token: &str, method: &str, below: &str, body: Value, status: u16| {
        proxy.call(token, method, &at(below), body, status).await
    };
    let note = json!({
        "path": "a.md", "start_line": 1, "end_line": 1, "start_column": 1, "end_column": 2,
        "annotation_level": "warning", "message": "m", "title": "t", "raw_details": "d",
    });
    let output = |count: usize| json!({"title": "t", "summary": "s", "annotations": vec![note.clone(); count]});
    let run = json!({
        "name": "vso / slices", "head_sha": head, "status": "completed", "conclusion": "action_required",
        "output": output(50), "actions": [{"label": "l", "description": "d", "identifier": "i"}],
    });
    let made = call(&cast.robot, "POST", "/check-runs", run, 201).await;
    let one = format!("/check-runs/{}", made["id"]);
    call(&cast.robot, "PATCH", &one, json!({"output": output(10)}), 200).await;
    let suite = format!("/check-suites/{}", made["check_suite"]["id"]);
    call(&cast.robot, "POST", "/check-suites", json!({"head_sha": head}), 200).await;
    let (runs, suites) = (format!("/commits/{head}/check-runs"), format!("/commits/{head}/check-suites"));
    for below in [
        &one,
        &format!("{one}/annotations?per_page=100"),
        &format!("{runs}?check_name=vso%20%2F%20slices&filter=latest&app_id={}", cast.app.id),
        &suites,
        &suite,
        &format!("{suite}/check-runs"),
    ] {
        call(&cast.robot, "GET", below, Value::Null, 200).await;
    }
    for again in [&one, &suite] {
        call(&cast.robot, "POST", &format!("{again}/rerequest"), Value::Null, 201).await;
    }
    let status = json!({"state": "success", "context": "c", "description": "d", "target_url": "https://example.org/x"});
    call(&cast.bob, "POST", &format!("/statuses/{head}"), status, 201).await;
    for below in ["status", "statuses"] {
        call(&cast.bob, "GET", &format!("/commits/{head}/{below}"), Value::Null, 200).await;
    }
}
