//! Webhooks: what is sent, how it is signed, its log, and what can go wrong with it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::scene::{App, PATH, REPO, Scene};

/// Whoever is told: answers with a status and remembers all.
#[derive(Clone)]
struct Receiver {
    url: String,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    status: Arc<Mutex<u16>>,
}

impl Receiver {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { url, seen: Arc::default(), status: Arc::new(Mutex::new(202)) };
        let at = receiver.clone();
        let answer = async move |headers: HeaderMap, body: Bytes| {
            at.seen.lock().unwrap().push((headers, body));
            let status = *at.status.lock().unwrap();
            if status == 0 {
                std::future::pending::<()>().await;
            }
            (StatusCode::from_u16(status).unwrap(), "thanks")
        };
        let router = axum::Router::new().route("/hook", axum::routing::post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }

    fn set(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// The deliveries so far, once there are so many.
    async fn wait(&self, count: usize) -> Vec<(HeaderMap, Value)> {
        for _ in 0..200 {
            if self.seen.lock().unwrap().len() >= count {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let seen = self.seen.lock().unwrap();
        assert!(seen.len() >= count, "{} of {count} deliveries", seen.len());
        seen.iter().map(|(headers, body)| (headers.clone(), serde_json::from_slice(body).unwrap())).collect()
    }

    /// The events and actions in the order in which they came.
    async fn events(&self, count: usize) -> Vec<String> {
        let seen = self.wait(count).await;
        let name = |(headers, payload): &(HeaderMap, Value)| {
            let event = headers["x-github-event"].to_str().unwrap();
            payload["action"].as_str().map_or(event.to_owned(), |action| format!("{event} {action}"))
        };
        seen.iter().map(name).collect()
    }
}

async fn scene() -> (Scene, App, Receiver) {
    let scene = Scene::new().await;
    let receiver = Receiver::new().await;
    let app = scene.app("robot", Some(&receiver.url)).await;
    (scene, app, receiver)
}

/// Sends `repository` events with this in `action`.
async fn send(scene: &Scene, actions: &[&str]) {
    for action in actions {
        let body = json!({"event": "repository", "repo": REPO, "payload": {"action": action}});
        scene.control("POST", "webhooks/send", body).await;
    }
}

async fn settled(scene: &Scene, count: usize) -> Vec<Value> {
    for _ in 0..200 {
        let log = scene.control("GET", "webhooks/deliveries", Value::Null).await;
        let log = log.as_array().unwrap().clone();
        if log.len() >= count && log.iter().all(|delivery| delivery["status"] != "pending") {
            return log;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{count} deliveries did not end");
}

#[tokio::test]
async fn a_delivery_is_signed_and_says_what_it_is() {
    let (scene, app, receiver) = scene().await;
    scene.commit("main", &[("a.md", "two\n")]).await;
    assert_eq!(receiver.events(3).await, ["installation created", "push", "check_suite requested"]);
    let mut guids = std::collections::BTreeSet::new();
    for (headers, body) in receiver.seen.lock().unwrap().iter() {
        use hmac::Mac as _;
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(app.secret.as_bytes()).unwrap();
        mac.update(body);
        let expected = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(headers["x-hub-signature-256"], expected.as_str());
        assert_eq!(headers["x-github-hook-installation-target-type"], "integration");
        assert_eq!(headers["x-github-hook-installation-target-id"], app.id.to_string().as_str());
        assert_eq!(headers["content-type"], "application/json");
        guids.insert(headers["x-github-delivery"].to_str().unwrap().to_owned());
    }
    assert_eq!(guids.len(), 3);
}

#[tokio::test]
async fn payloads_have_what_they_have() {
    let (scene, app, receiver) = scene().await;
    let head = scene.commit("new", &[("a.md", "two\n")]).await;
    let seen = receiver.wait(3).await;
    let (created, push) = (&seen[0].1, &seen[1].1);
    assert_eq!(created["installation"]["app_id"], app.id, "whole on its own events");
    assert_eq!(created["repositories"][0]["full_name"], REPO);
    assert!(created["installation"]["created_at"].is_u64());
    assert_eq!(push["installation"]["id"], app.installation);
    assert_eq!(push["installation"].as_object().unwrap().len(), 2, "elsewhere only id and node_id");
    assert_eq!((&push["ref"], &push["after"]), (&json!("refs/heads/new"), &json!(head)));
    assert_eq!((&push["created"], &push["forced"]), (&json!(true), &json!(false)));
    assert_eq!(push["before"], "0".repeat(40));
    assert!(push["repository"]["pushed_at"].is_u64() && push["repository"]["owner"]["name"] == "acme");
    assert_eq!(push["sender"]["login"], "acme");
}

#[tokio::test]
async fn nothing_comes_again_by_itself_but_when_asked() {
    let (scene, app, receiver) = scene().await;
    receiver.events(1).await;
    receiver.set(500);
    send(&scene, &["one"]).await;
    settled(&scene, 2).await;
    receiver.set(200);
    send(&scene, &["two"]).await;
    assert_eq!(receiver.events(3).await, ["installation created", "repository one", "repository two"]);
    let jwt = scene.jwt(&app).await;
    let list = async |query: &str| {
        let path = format!("/app/hook/deliveries{query}");
        scene.api(&jwt, "GET", &path, Value::Null).await
    };
    settled(&scene, 3).await;
    let failed = list("?status=failure").await.is(200);
    assert_eq!(failed.as_array().unwrap().len(), 1);
    let failed = &failed[0];
    assert_eq!((&failed["status_code"], &failed["redelivery"]), (&json!(500), &json!(false)));
    let path = format!("/app/hook/deliveries/{}", failed["id"]);
    let whole = scene.api(&jwt, "GET", &path, Value::Null).await.is(200);
    assert_eq!(
        (&whole["request"]["payload"]["action"], &whole["response"]["payload"]),
        (&json!("one"), &json!("thanks"))
    );
    scene.api(&jwt, "POST", &format!("{path}/attempts"), Value::Null).await.is(202);
    assert_eq!(receiver.events(4).await[3], "repository one");
    let log = settled(&scene, 4).await;
    assert_eq!((&log[3]["guid"], &log[3]["redelivery"]), (&failed["guid"], &json!(true)), "the same GUID");
    assert_ne!(log[3]["id"], failed["id"], "in a delivery of its own");
    // Newest first, by pages.
    let first = list("?per_page=3").await;
    let link = first.header("link").unwrap().to_owned();
    let cursor = link.split_once("cursor=").unwrap().1.split_once('>').unwrap().0;
    assert_eq!(first.is(200)[0]["id"], log[3]["id"]);
    let rest = list(&format!("?per_page=3&cursor={cursor}")).await;
    assert_eq!(rest.header("link"), None);
    assert_eq!(rest.is(200)[0]["id"], log[0]["id"]);
    list("?status=lost").await.is(422);
    let installed = scene.installed(&app).await;
    scene.api(&installed, "GET", "/app/hook/deliveries", Value::Null).await.is(401);
    scene.advance(3.1 * 86_400.0).await;
    let jwt = scene.jwt(&app).await;
    scene.api(&jwt, "POST", &format!("{path}/attempts"), Value::Null).await.is(404);
}

#[tokio::test]
async fn who_is_slow_or_gone_has_failed() {
    let (scene, _, receiver) = scene().await;
    receiver.events(1).await;
    receiver.set(0);
    // 10 s of the hub are 100 ms of ours; on Enterprise Server it waits three times as long.
    scene.control("POST", "clock", json!({"speed": 100})).await;
    send(&scene, &["slow"]).await;
    let log = settled(&scene, 2).await;
    assert_eq!((&log[1]["status_code"], &log[1]["status"]), (&json!(504), &json!("timed out")));
    let short = log[1]["duration"].as_f64().unwrap();
    assert!((0.09..0.28).contains(&short), "{short}");
    scene.control("POST", "mode", json!({"enterprise": true})).await;
    send(&scene, &["slow"]).await;
    let long = settled(&scene, 3).await[2]["duration"].as_f64().unwrap();
    assert!(long > 0.28, "{long}");
    let nobody = scene.app("other", Some("http://127.0.0.1:9/")).await;
    let log = settled(&scene, 4).await;
    assert_eq!(log[3]["installation_id"], nobody.installation);
    assert_eq!((&log[3]["status_code"], &log[3]["status"]), (&json!(502), &json!("failed to connect to host")));
}

#[tokio::test]
async fn deliveries_are_lost_doubled_and_turned_round() {
    let (scene, _, receiver) = scene().await;
    receiver.events(1).await;
    let behave = async |behaviour: Value| scene.control("POST", "webhooks/behaviour", behaviour).await;
    behave(json!({"lose": 1})).await;
    send(&scene, &["lost", "a"]).await;
    receiver.events(2).await;
    behave(json!({"duplicate": 1})).await;
    send(&scene, &["b", "c"]).await;
    receiver.events(5).await;
    behave(json!({"reorder": 3})).await;
    send(&scene, &["d", "e", "f"]).await;
    let events = receiver.events(8).await;
    let actions: Vec<_> = events.iter().map(|event| event.trim_start_matches("repository ")).collect();
    assert_eq!(actions, ["installation created", "a", "b", "b", "c", "f", "e", "d"]);
    let seen = receiver.wait(8).await;
    assert_eq!(seen[2].0["x-github-delivery"], seen[3].0["x-github-delivery"]);
    assert_eq!(settled(&scene, 8).await[1]["status_code"], 502, "the lost one is in the log");
    behave(json!({"delay_ms": 300})).await;
    let start = std::time::Instant::now();
    send(&scene, &["late"]).await;
    receiver.events(9).await;
    assert!(start.elapsed() >= Duration::from_millis(300));
    scene.send("POST", "/_hub/webhooks/behaviour", None, json!({"loose": 1})).await.is(422);
}

#[tokio::test]
async fn what_is_larger_than_25_mb_is_not_sent() {
    let (scene, _, receiver) = scene().await;
    receiver.events(1).await;
    for (megabytes, action) in [(26, "large"), (1, "small")] {
        let payload = json!({"action": action, "ballast": "x".repeat(megabytes * 1024 * 1024)});
        let body = json!({"event": "repository", "repo": REPO, "payload": payload});
        scene.control("POST", "webhooks/send", body).await;
    }
    assert_eq!(receiver.events(2).await, ["installation created", "repository small"]);
    assert_eq!(settled(&scene, 2).await.len(), 2);
}

#[tokio::test]
async fn checks_are_told_to_those_whom_they_concern() {
    let (scene, app, receiver) = scene().await;
    let other = Receiver::new().await;
    scene.app("other", Some(&other.url)).await;
    let (mine, action) = (scene.installed(&app).await, scene.action(None).await);
    let actions = json!([{"label": "Press", "description": "it", "identifier": "go"}]);
    let body = json!({"name": "c", "head_sha": scene.first, "conclusion": "failure", "actions": actions});
    let run = scene.api(&mine, "POST", &format!("{PATH}/check-runs"), body).await.is(201);
    let suite = format!("{PATH}/check-suites/{}", run["check_suite"]["id"]);
    let again = format!("{PATH}/check-runs/{}/rerequest", run["id"]);
    scene.api(&action, "POST", &again, Value::Null).await.is(201);
    scene.api(&action, "POST", &format!("{suite}/rerequest"), Value::Null).await.is(201);
    let press =
        |identifier: &str| json!({"repo": REPO, "check_run": run["id"], "identifier": identifier, "login": "acme"});
    scene.control("POST", "webhooks/press", press("go")).await;
    scene.send("POST", "/_hub/webhooks/press", None, press("stop")).await.is(422);
    let told = ["check_run created", "check_run completed", "check_suite completed"];
    let asked = ["check_run rerequested", "check_suite rerequested", "check_run requested_action"];
    assert_eq!(receiver.events(7).await[1..], [told, asked].concat());
    assert_eq!(other.events(4).await[1..], told, "what only its App can do is told to it alone");
    let pressed = &receiver.wait(7).await[6].1;
    assert_eq!(pressed["check_run"]["check_suite"]["head_sha"], scene.first.as_str(), "the suite is whole in payloads");
    assert_eq!((&pressed["requested_action"]["identifier"], &pressed["check_run"]["id"]), (&json!("go"), &run["id"]));
}

#[tokio::test]
async fn an_installation_changes() {
    let (scene, app, receiver) = scene().await;
    let token = scene.installed(&app).await;
    scene.control("POST", "repos", json!({"owner": "acme", "name": "more"})).await;
    let path = format!("webhooks/installations/{}", app.installation);
    scene.control("PATCH", &path, json!({"repos": ["acme/more"]})).await;
    scene.api(&token, "GET", PATH, Value::Null).await.is(200);
    scene.control("DELETE", &path, Value::Null).await;
    scene.api(&token, "GET", PATH, Value::Null).await.is(401);
    let events = receiver.events(4).await;
    assert_eq!(
        events[1..],
        ["installation_repositories added", "installation_repositories removed", "installation deleted"]
    );
    let added = &receiver.wait(4).await[1].1;
    assert_eq!(added["repositories_added"][0]["full_name"], "acme/more");
    assert_eq!(added["installation"]["id"], app.installation);
}
