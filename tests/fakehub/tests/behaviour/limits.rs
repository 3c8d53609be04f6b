//! The rate limits, on the hub's clock, and what clients are found to have done.

use serde_json::{Value, json};

use crate::scene::{PATH, Scene};

async fn get(scene: &Scene, token: &str) -> crate::scene::Answer {
    scene.api(token, "GET", PATH, Value::Null).await
}

#[tokio::test]
async fn every_answer_says_what_is_left() {
    let scene = Scene::new().await;
    let (bob, eve) = (scene.person("bob", "write").await, scene.person("eve", "read").await);
    let number = |answer: &crate::scene::Answer, name: &str| -> i64 { answer.header(name).unwrap().parse().unwrap() };
    for used in 1..4 {
        let answer = get(&scene, &bob).await;
        assert_eq!(number(&answer, "x-ratelimit-limit"), 5_000);
        assert_eq!(number(&answer, "x-ratelimit-used"), used);
        assert_eq!(number(&answer, "x-ratelimit-remaining"), 5_000 - used);
        assert_eq!(answer.header("x-ratelimit-resource"), Some("core"));
        let date = jiff::fmt::rfc2822::parse(answer.header("date").unwrap()).unwrap().timestamp().as_second();
        assert!((3_590..=3_602).contains(&(number(&answer, "x-ratelimit-reset") - date)), "by the hub's own date");
    }
    assert_eq!(number(&get(&scene, &eve).await, "x-ratelimit-used"), 1, "everybody has their own");
    let shown = scene.api(&bob, "GET", "/rate_limit", Value::Null).await.is(200);
    assert_eq!(shown["resources"]["core"]["used"], 3, "asking is free");
    let query = json!({"query": "{ viewer { login } }"});
    let answer = scene.send("POST", "/api/graphql", Some(&bob), query).await;
    assert_eq!((number(&answer, "x-ratelimit-used"), answer.header("x-ratelimit-resource")), (1, Some("graphql")));
    scene.advance(3_601.0).await;
    assert_eq!(number(&get(&scene, &bob).await, "x-ratelimit-used"), 1, "the hour is over");
}

#[tokio::test]
async fn not_modified_costs_nothing() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    let tag = get(&scene, &token).await.header("etag").unwrap().to_owned();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..3 {
        let request = http.get(format!("{}/api/v3{PATH}", scene.url)).bearer_auth(&token);
        let answer = request.header("if-none-match", &tag).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 304);
        assert_eq!(answer.headers()["x-ratelimit-used"], "1");
    }
}

#[tokio::test]
async fn the_hour_s_budget_ends() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    scene.control("POST", "limits", json!({"primary": 2})).await;
    get(&scene, &token).await.is(200);
    get(&scene, &token).await.is(200);
    let refused = get(&scene, &token).await;
    assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
    assert_eq!(refused.header("retry-after"), None, "only the reset is named");
    refused.says(403, "rate limit exceeded");
    assert_eq!(scene.violations().await, [""; 0]);
    get(&scene, &token).await.is(403);
    assert_eq!(scene.violations().await, ["came-back-early"]);
    scene.advance(3_601.0).await;
    get(&scene, &token).await.is(200);
}

#[tokio::test]
async fn points_of_a_minute() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    let path = format!("{PATH}/statuses/{}", scene.first);
    // 180 writes of 5 points are 900; they come slowly enough not to be content or a burst.
    scene.control("POST", "limits", json!({"points": 20, "status": 429})).await;
    for _ in 0..4 {
        scene.api(&token, "POST", &path, json!({"state": "success"})).await.is(201);
    }
    let refused = get(&scene, &token).await;
    assert_eq!(refused.header("retry-after"), Some("60"));
    refused.says(429, "secondary rate limit");
    scene.advance(59.0).await;
    get(&scene, &token).await.is(429);
    scene.advance(1.5).await;
    get(&scene, &token).await.is(200);
    assert_eq!(scene.violations().await, ["came-back-early"]);
}

#[tokio::test]
async fn a_limit_may_only_name_the_reset_or_nothing() {
    let scene = Scene::new().await;
    for (login, told) in [("bob", "reset"), ("eve", "nothing")] {
        let token = scene.person(login, "write").await;
        scene.control("POST", "limits", json!({"points": 1, "told": told})).await;
        get(&scene, &token).await.is(200);
        let refused = get(&scene, &token).await;
        assert_eq!(refused.header("retry-after"), None);
        assert_eq!(refused.header("x-ratelimit-remaining") == Some("0"), told == "reset");
        refused.says(403, "secondary rate limit");
        get(&scene, &token).await.is(403);
        scene.advance(61.0).await;
        get(&scene, &token).await.is(200);
    }
    assert_eq!(scene.violations().await, ["came-back-early"; 2]);
}

#[tokio::test]
async fn installations_have_budgets_of_their_own() {
    let scene = Scene::new().await;
    let app = scene.app("robot", None).await;
    let (first, second) = (scene.installed(&app).await, scene.installed(&app).await);
    let used = async |token: &str| get(&scene, token).await.header("x-ratelimit-used").unwrap().to_owned();
    assert_eq!((used(&first).await, used(&second).await), ("1".into(), "2".into()), "two tokens, one budget");
    assert_eq!(used(&scene.action(None).await).await, "1");
}

#[tokio::test]
async fn writes_come_one_a_second_after_ten() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    let path = format!("{PATH}/statuses/{}", scene.first);
    let write = async || scene.api(&token, "POST", &path, json!({"state": "success"})).await.is(201);
    for _ in 0..10 {
        write().await;
    }
    for _ in 0..3 {
        scene.advance(1.0).await;
        write().await;
    }
    assert_eq!(scene.violations().await, [""; 0]);
    write().await;
    assert_eq!(scene.violations().await, ["writes-too-fast"]);
    let shown = scene.control("GET", "violations", Value::Null).await;
    assert_eq!((&shown[0]["login"], &shown[0]["method"]), (&json!("bob"), &json!("POST")));
}

#[tokio::test]
async fn too_many_at_once() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    scene.control("POST", "limits", json!({"concurrent": 2})).await;
    scene.control("POST", "faults", json!({"path": PATH, "kind": "hang", "times": 2})).await;
    let hanging = async || {
        let call = scene.try_send("GET", "/api/v3/repos/acme/design", Some(&token), Value::Null);
        tokio::time::timeout(std::time::Duration::from_millis(600), call).await
    };
    let third = async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        get(&scene, &token).await
    };
    let (first, second, third) = tokio::join!(hanging(), hanging(), third);
    assert!(first.is_err() && second.is_err());
    third.says(403, "secondary rate limit");
    assert_eq!(scene.violations().await, ["too-many-at-once"]);
    scene.advance(61.0).await;
    get(&scene, &token).await.is(200);
}

#[tokio::test]
async fn a_post_is_not_sent_again_blindly() {
    let scene = Scene::new().await;
    let token = scene.action(None).await;
    let path = format!("{PATH}/check-runs");
    let post = async |name: &str| {
        let body = json!({"name": name, "head_sha": scene.first});
        let answer = scene.try_send("POST", &format!("/api/v3{path}"), Some(&token), body).await;
        answer.map(|answer| answer.status).ok()
    };
    for (fault, looks, expected) in [
        (json!({"kind": "status"}), true, [""; 0].as_slice()),
        (json!({"kind": "cut-after"}), true, &[]),
        (json!({"kind": "cut"}), false, &["blind-retry"]),
        (json!({"kind": "status", "status": 500}), false, &["blind-retry", "blind-retry"]),
    ] {
        let name = fault.to_string();
        scene.control("POST", "faults", fault).await;
        assert_ne!(post(&name).await, Some(201));
        if looks {
            get(&scene, &token).await.is(200);
        }
        assert_eq!(post(&name).await, Some(201));
        assert_eq!(scene.violations().await, expected, "{name}");
        scene.advance(20.0).await;
    }
}

#[tokio::test]
async fn an_enterprise_server_has_no_limits_by_itself() {
    let scene = Scene::new().await;
    let token = scene.person("bob", "write").await;
    assert_eq!(get(&scene, &token).await.header("x-github-enterprise-version"), None);
    scene.control("POST", "limits", json!({"points": 1})).await;
    scene.control("POST", "mode", json!({"enterprise": true})).await;
    for _ in 0..3 {
        let answer = get(&scene, &token).await;
        assert!(answer.header("x-ratelimit-limit").is_none());
        assert!(answer.header("x-github-enterprise-version").is_some());
        answer.is(200);
    }
    scene.api(&token, "GET", "/rate_limit", Value::Null).await.says(404, "not enabled");
}
