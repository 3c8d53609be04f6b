//! Many repositories of one server: taken in, left, renamed, worked on side by side; and deliveries of any shape while
//! workers run.

use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use vso::git::Repo;
use vso::ledger::{Delivery, DeliveryDecided, DeliveryState};
use vso::serve::webhook::EVENTS;
use vso::sync::fleet::{Fleet, Member, Order, order};

use crate::hub::served::Served;
use crate::hub::world::{ALICE, HubWorld, NAME, OWNER, REPO};

const OTHER: &str = "acme/other";
const UNIQUE: &str = "An email address must be unique.";

/// The repositories that the server knows, as another process reads them.
fn members(served: &Served) -> Vec<Member> {
    Fleet::open(&served.data(), &format!("{}/", served.world.hub.url)).unwrap().members()
}

fn names(served: &Served) -> Vec<String> {
    members(served).iter().map(Member::full_name).collect()
}

/// A second repository with the same project.
fn another(world: &HubWorld) {
    world.hub.control("POST", "repos", &json!({ "owner": OWNER, "name": "other", "default_branch": "main" }));
    let path = format!("repos/{OTHER}/collaborators/{ALICE}");
    world.hub.control("PUT", &path, &json!({ "permission": "admin" }));
    world.git(&["push", "-q", &format!("{}/{OTHER}.git", world.hub.url), "main"]);
}

fn branches(world: &HubWorld, repo: &str) -> Vec<String> {
    let pulls =
        world.hub.api(&world.alice, "GET", &format!("/repos/{repo}/pulls?state=open&per_page=100"), &Value::Null);
    let pulls = pulls.ok();
    let mut names: Vec<String> =
        pulls.as_array().unwrap().iter().map(|pull| pull["head"]["ref"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn repositories_come_and_go_and_are_worked_on_side_by_side() {
    let world = HubWorld::new();
    another(&world);
    let mut served = Served::uninstalled(world);
    served.install(&[REPO, OTHER]);
    served.settled();
    assert_eq!(names(&served), [REPO, OTHER]);
    assert_eq!(branches(&served.world, REPO).len(), 6);
    assert_eq!(branches(&served.world, OTHER), branches(&served.world, REPO));

    // One that GitHub makes wait holds up nobody else.
    let installation = format!("webhooks/installations/{}", served.app.installation);
    let slow = json!({ "path": format!("/repos/{REPO}/**"), "method": "GET", "kind": "hang", "times": 1 });
    served.world.hub.fault(&slow);
    served.world.hub.control("POST", "webhooks/send", &push(REPO));
    std::thread::sleep(std::time::Duration::from_millis(300));
    served.world.hub.control("POST", "webhooks/send", &push(OTHER));
    let begun = std::time::Instant::now();
    let last = |repo: &str| served.deliveries().into_iter().rfind(|one| one.repository == repo).unwrap();
    while last(OTHER).state != DeliveryState::Done {
        assert!(begun.elapsed().as_secs() < 25, "{:?}", last(OTHER));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(last(REPO).state, DeliveryState::Running);
    served.world.hub.heal();

    served.world.hub.control("PATCH", &installation, &json!({ "repos": [OTHER] }));
    let begun = std::time::Instant::now();
    while names(&served) != [OTHER] {
        assert!(begun.elapsed().as_secs() < 50, "{:?}", names(&served));
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    served.settled();
    served.world.edit_master(UNIQUE, "An email address must be unique among members.");
    served.settled();
    assert!(
        !served.world.show("slice-001-members-v1.0.0", "vertical-slices/slice-001-members/spec.md").contains("among")
    );
    served.world.hub.control("PATCH", &installation, &json!({ "repos": [REPO, OTHER] }));
    served.settled();
    assert_eq!(names(&served), [REPO, OTHER]);
    assert!(
        served.world.show("slice-001-members-v1.0.0", "vertical-slices/slice-001-members/spec.md").contains("among")
    );

    served.world.hub.control("DELETE", &installation, &Value::Null);
    served.settled();
    assert!(names(&served).is_empty());
    assert_eq!(served.words("installation", "deleted"), [format!("left {REPO}, {OTHER}")]);
}

/// Nothing new was pushed, and it is told all the same.
fn push(repo: &str) -> Value {
    json!({ "repo": repo, "event": "push", "login": ALICE, "payload": { "ref": "refs/heads/main" } })
}

/// The one delivery that is worked on, once it is.
fn running(served: &Served) -> Delivery {
    let begun = std::time::Instant::now();
    loop {
        if let Some(found) = served.deliveries().into_iter().find(|one| one.state == DeliveryState::Running) {
            return found;
        }
        assert!(begun.elapsed().as_secs() < 20, "nothing is worked on");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn a_turn_ends_when_it_is_cancelled_and_when_the_server_ends() {
    let mut served = Served::start_with(HubWorld::in_step(), &[("VSO_TEST_TIMEOUT_MS", "60000")]);
    let slow = json!({ "path": format!("/repos/{REPO}/**"), "method": "GET", "kind": "hang", "times": 1 });
    served.world.hub.fault(&slow);
    served.world.hub.control("POST", "webhooks/send", &push(REPO));
    let found = running(&served);
    assert_eq!(served.ledger().cancel_delivery(found.id).unwrap(), DeliveryDecided::Asked);
    let state = || served.ledger().delivery(found.id).unwrap().unwrap().state;
    let begun = std::time::Instant::now();
    while state() == DeliveryState::Running {
        assert!(begun.elapsed().as_secs() < 20, "it was cancelled and goes on");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert_eq!(state(), DeliveryState::Cancelled);

    served.world.hub.fault(&slow);
    served.world.hub.control("POST", "webhooks/send", &push(REPO));
    let found = running(&served);
    served.server.signal("TERM");
    assert_eq!(served.server.wait(), Some(0));
    let found = served.ledger().delivery(found.id).unwrap().unwrap();
    assert_eq!((found.state, found.attempts), (DeliveryState::Received, 0), "given back: {found:?}");
    served.world.hub.heal();
    let served = served.restart();
    let begun = std::time::Instant::now();
    while served.ledger().delivery(found.id).unwrap().unwrap().state != DeliveryState::Done {
        assert!(begun.elapsed().as_secs() < 30, "the next server does it");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_repository_that_was_renamed_is_found_again() {
    let served = Served::start(HubWorld::in_step());
    let world = &served.world;
    world.hub.control("POST", &format!("repos/{REPO}/rename"), &json!({ "name": "plans" }));
    let told = json!({ "repo": "acme/plans", "event": "repository", "login": ALICE,
        "payload": { "action": "renamed", "changes": { "repository": { "name": { "from": NAME } } } } });
    world.hub.control("POST", "webhooks/send", &told);
    served.settled();
    assert_eq!(names(&served), ["acme/plans"]);
    let at = format!("{}/acme/plans.git", world.hub.url);
    world.project.edit_master(UNIQUE, "An email address must be unique among members.");
    world.git(&["push", "-q", &at, "main"]);
    served.settled();
    assert_eq!(branches(world, "acme/plans"), ["slice-001-members-v1.0.1"]);
}

#[test]
fn a_mirror_that_broke_is_fetched_anew_and_one_that_is_not_needed_is_emptied() {
    let served = Served::start(HubWorld::in_step());
    let world = &served.world;
    let member = members(&served).remove(0);
    let main = Repo::at(&member.root).unwrap().unwrap().find_ref("refs/heads/main").unwrap().unwrap();
    // Every object is there in name only.
    spoil(&member.root.join("objects"));
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    served.settled();
    assert_eq!(world.open_branches(), ["slice-001-members-v1.0.1"]);

    order(&served.ledger(), &member, Order::Evict, "a test").unwrap();
    served.settled();
    assert_eq!(served.words("vso", "evict"), ["emptied the mirror, which nobody needed for long"]);
    assert!(!Repo::at(&member.root).unwrap().unwrap().has(main));
    world.edit_master("among members", "among all members");
    served.settled();
    assert!(world.show("slice-001-members-v1.0.1", "vertical-slices/slice-001-members/spec.md").contains("among all"));
    order(&served.ledger(), &member, Order::Tidy, "a test").unwrap();
    served.settled();
    assert_eq!(served.words("vso", "tidy"), ["packed the mirror"]);
}

fn spoil(folder: &std::path::Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            spoil(&path);
        } else {
            std::fs::remove_file(&path).unwrap();
            std::fs::write(&path, "spoilt").unwrap();
        }
    }
}

#[test]
fn payloads_of_any_shape_do_no_harm() {
    let served = Served::start(HubWorld::in_step());
    let mut number = 0;
    for event in EVENTS {
        let path = format!("{}/tests/fixtures/webhooks/{event}.json", env!("CARGO_MANIFEST_DIR"));
        let examples: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        for example in &examples {
            number += 1;
            deliver(&served, event, number, example);
        }
        // Of the first: every value at the top and one below it becomes another one.
        let first = examples[0].as_object().unwrap();
        for key in first.keys() {
            for value in [Value::Null, json!("x/y\u{0}"), json!(-1), json!({}), json!([1, { "id": 1 }])] {
                number += 1;
                deliver(&served, event, number, &changed(&examples[0], key, &value));
            }
        }
    }
    assert!(number > 300, "{number}");
    let done = served.settled();
    assert!(done.len() >= number);
    assert_eq!(names(&served), [REPO], "whoever the App is not installed at is not kept");
    served.world.edit_master(UNIQUE, "An email address must be unique among members.");
    served.settled();
    assert_eq!(served.world.open_branches(), ["slice-001-members-v1.0.1"]);
    let metrics = served.server.get("/metrics", &[]).body;
    assert!(!metrics.contains("outcome=\"failed\""), "{metrics}");
}

fn changed(example: &Value, key: &str, value: &Value) -> Value {
    let mut example = example.clone();
    match &mut example[key] {
        Value::Object(inner) if !inner.is_empty() && value.is_null() => {
            inner.values_mut().for_each(|inner| *inner = Value::Null);
        }
        place => place.clone_from(value),
    }
    example
}

fn deliver(served: &Served, event: &str, number: usize, body: &Value) {
    let body = body.to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(served.app.webhook_secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let guid = format!("{number:08x}-0000-4000-8000-{:012x}", number * 7919);
    let headers = [
        ("x-github-event", event),
        ("x-github-delivery", &guid),
        ("x-hub-signature-256", &signature),
        ("content-type", "application/json"),
    ];
    let answer = served.server.send("POST", "/webhooks", &headers, body.as_bytes());
    assert_eq!(answer.status, 202, "{event} {body:.300}: {answer:?}");
}
