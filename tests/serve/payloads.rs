//! All of GitHub's own examples of the nine events, as they are and mutated, through the real router: every one is
//! kept byte for byte or refused with a reason, never with a 5xx, and nothing panics.

use serde_json::{Value, json};
use vso::ledger::{DeliveryState, InboxFilter, Ledger};
use vso::serve::webhook::EVENTS;

use crate::serve::hook::{Sender, guid, server};

fn examples() -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for event in EVENTS {
        let path = format!("{}/tests/fixtures/webhooks/{event}.json", env!("CARGO_MANIFEST_DIR"));
        let examples: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        all.extend(examples.into_iter().map(|example| (event, example)));
    }
    assert_eq!(all.len(), 88);
    all
}

#[test]
fn every_example_is_kept_byte_for_byte_under_its_repository() {
    let server = server();
    let mut sender = Sender::new(server.port).unwrap();
    let examples = examples();
    for (number, (event, example)) in examples.iter().enumerate() {
        let body = serde_json::to_vec(example).unwrap();
        let answer = sender.signed(event, &guid(number).to_uppercase(), &body).unwrap();
        assert_eq!(answer.status, 202, "{event} {number}: {answer:?}");
        assert_eq!(answer.json(), json!({ "delivery": guid(number), "state": "received" }));
    }
    let ledger = Ledger::open(server.world.path()).unwrap();
    for (number, (event, example)) in examples.iter().enumerate() {
        let found = ledger.delivery_of(&guid(number)).unwrap().unwrap();
        assert_eq!((found.event.as_str(), found.state), (*event, DeliveryState::Received));
        assert_eq!(found.repository, example["repository"]["full_name"].as_str().unwrap_or_default());
        assert_eq!(found.action, example["action"].as_str().unwrap_or_default());
        assert_eq!(found.installation, example["installation"]["id"].as_i64());
        assert_eq!(ledger.delivery_body(found.id).unwrap().unwrap(), serde_json::to_vec(example).unwrap());
    }
    let text = server.get("/metrics", &[]).body;
    assert!(text.contains("vso_inbox_deliveries{event=\"pull_request\",state=\"received\"} 29"), "{text}");
    assert!(text.contains("vso_webhook_deliveries_total{event=\"push\",outcome=\"kept\"} 7"), "{text}");
}

/// Every value of a payload that is three levels deep at most, as a path.
fn places(value: &Value, here: &[String], found: &mut Vec<Vec<String>>) {
    let Value::Object(map) = value else { return };
    for (key, inner) in map {
        let path: Vec<String> = here.iter().cloned().chain([key.clone()]).collect();
        if path.len() < 3 {
            places(inner, &path, found);
        }
        found.push(path);
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> &'a mut Value {
    path.iter().fold(value, |value, key| &mut value[key])
}

/// What a value becomes: gone, or another one.
fn replacements() -> Vec<Option<Value>> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let all = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("x/y/z\u{0}"),
        json!([]),
        json!({}),
        deep,
    ];
    [None].into_iter().chain(all.into_iter().map(Some)).collect()
}

#[test]
fn no_mutation_makes_it_fail() {
    let server = server();
    let mut sender = Sender::new(server.port).unwrap();
    let replacements = replacements();
    let mut number = 0;
    let mut seen = std::collections::BTreeMap::new();
    for (event, example) in examples() {
        let mut paths = Vec::new();
        places(&example, &[], &mut paths);
        // What vso reads is tried with everything; of the rest, a share by turns.
        let is_read =
            |path: &[String]| matches!(path[0].as_str(), "action" | "repository" | "installation") && path.len() < 3;
        for (turn, path) in paths.iter().enumerate() {
            for (kind, replacement) in replacements.iter().enumerate() {
                let wanted = path.last().is_some_and(|key| {
                    matches!(key.as_str(), "id" | "full_name" | "action" | "repository" | "installation")
                });
                if !(is_read(path) && wanted || (turn * 7 + kind + number) % 97 == 0) {
                    continue;
                }
                let mut mutant = example.clone();
                match replacement {
                    Some(value) => *at(&mut mutant, path) = value.clone(),
                    None => drop(
                        at(&mut mutant, &path[..path.len() - 1]).as_object_mut().unwrap().remove(path.last().unwrap()),
                    ),
                }
                mutant["of a later version"] = json!({ "x": [1, null] });
                number += 1;
                let answer = sender.signed(event, &guid(number), &serde_json::to_vec(&mutant).unwrap()).unwrap();
                assert_eq!(answer.status, 202, "{event} {path:?} {replacement:?}: {answer:?}");
                *seen.entry(event).or_insert(0) += 1;
            }
        }
    }
    assert!(seen.len() == 9 && number > 2_000, "{number} {seen:?}");
    let ledger = Ledger::open(server.world.path()).unwrap();
    let kept = ledger.delivery_counts().unwrap().iter().map(|count| count.count).sum::<i64>();
    assert_eq!(usize::try_from(kept).unwrap(), number);
    let names = ledger.deliveries(&InboxFilter::default()).unwrap();
    assert!(names.iter().all(|found| !found.repository.chars().any(char::is_control)));
}

#[test]
fn what_is_no_payload_is_refused_and_not_kept() {
    let server = server();
    let mut sender = Sender::new(server.port).unwrap();
    let (_, example) = &examples()[0];
    let body = serde_json::to_vec(example).unwrap();
    let deep = [b"[".repeat(50_000), b"]".repeat(50_000)].concat();
    let cut = &body[..body.len() / 2];
    for body in [b"".as_slice(), b"null", b"[]", b"\"x\"", b"\xff\xfe{}", b"{} {}", b"payload=%7B%7D", &deep, cut] {
        let answer = sender.signed("push", &guid(1), body).unwrap();
        assert_eq!(answer.status, 400, "{answer:?}");
    }
    for wrong in [
        "",
        "1",
        "../../etc/passwd",
        "0123456789abcdef",
        &guid(1)[1..],
        &format!("{}0", guid(1)),
        &guid(1).replace('0', "g"),
    ] {
        assert_eq!(sender.signed("push", wrong, &body).unwrap().status, 400, "{wrong}");
    }
    for wrong in ["", "Push", "push'--", &"a".repeat(65)] {
        assert_eq!(sender.signed(wrong, &guid(1), &body).unwrap().status, 400, "{wrong}");
    }
    for other in ["star", "ping"] {
        let answer = sender.signed(other, &guid(1), &body).unwrap();
        assert_eq!((answer.status, &answer.json()["state"]), (202, &"ignored".into()), "{other}");
    }
    for (method, status) in [("GET", 405), ("PUT", 405)] {
        assert_eq!(server.send(method, "/webhooks", &[], b"").status, status, "{method}");
    }
    let ledger = Ledger::open(server.world.path()).unwrap();
    assert_eq!(ledger.deliveries(&InboxFilter::default()).unwrap(), []);
    assert_eq!(server.get("/healthz", &[]).status, 200);
}
