//! What happened while nobody listened, and what GitHub could not deliver: done once, whoever is killed in between.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vso::forge::github::{Access, AppHub};
use vso::ledger::{Delivery, DeliveryState, Ledger, Time};
use vso::serve::webhook::EVENTS;
use vso::sync::fleet::gap::{Gap, Silence, gaps};
use vso::sync::fleet::sweep::{Pace, Swept, sweep};

use super::served::{PATIENCE, Served};
use super::world::{HubWorld, OWNER, REPO};
use crate::world::project::FIRST;

/// What the first sync opens besides one for each slice.
const MASTER: &str = "master-spec-v1.0.0";

const UNIQUE: &str = "An email address must be unique.";
const SPEC: &str = "vertical-slices/slice-001-members/spec.md";

/// Timers so much faster that ten minutes are a second.
const QUICK: (&str, &str) = ("VSO_TEST_TIMER_SPEED", "600");

/// Waits until what is done at the start was done since a moment, and all that came of it.
#[track_caller]
fn caught_up(served: &Served, since: Time) -> Vec<Delivery> {
    let ledger = served.ledger();
    let begun = Instant::now();
    let ended = |name: &str| ledger.last_run(name).unwrap().and_then(|last| last.ended);
    let is_done = || ended("sweep").is_some_and(|at| at > since) && ended("compared").is_some_and(|at| at > since);
    while !is_done() {
        assert!(begun.elapsed() < PATIENCE, "the server does not look at what it missed");
        std::thread::sleep(Duration::from_millis(50));
    }
    served.settled()
}

/// How many deliveries the hub could not make because nobody was there, or they got lost.
fn failed(served: &Served) -> usize {
    let sent = served.world.hub.control("GET", "webhooks/deliveries", &Value::Null);
    let is_failed = |one: &&Value| one["status_code"] == 502;
    let guids: std::collections::BTreeSet<String> =
        sent.as_array().unwrap().iter().filter(is_failed).map(|one| one["guid"].to_string()).collect();
    guids.len()
}

/// The branches that are proposed, with others, in order.
fn proposed(others: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = FIRST.iter().chain(&[MASTER]).chain(others).map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

/// Waits until the hub has tried all of its deliveries.
fn tried(world: &HubWorld) {
    let begun = Instant::now();
    loop {
        let sent = world.hub.control("GET", "webhooks/deliveries", &Value::Null);
        if sent.as_array().unwrap().iter().all(|one| one["status"] != "pending") {
            return;
        }
        assert!(begun.elapsed() < PATIENCE);
        std::thread::sleep(Duration::from_millis(30));
    }
}

#[test]
fn what_happens_while_the_server_is_down_is_done_once() {
    let served = Served::start(HubWorld::new());
    let before = served.ledger().now();
    let down = served.kill();
    let world = &down.world;
    let number = world.pull_of(FIRST[0])["number"].as_u64().unwrap();
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    world.comment(&world.bob, number, "/vso plan");
    world.comment(&world.mallory, number, "/vso sync");
    world.comment(&world.bob, number, "what is this?");
    world.project.git(&["switch", "-q", "-c", "feature"]);
    world.project.edit_master("unique among members", "unique everywhere");
    world.push(&["feature"]);
    let pull = json!({ "title": "x", "head": "feature", "base": "main" });
    world.hub.api(&world.bob, "POST", &format!("/repos/{REPO}/pulls"), &pull).ok();
    tried(world);
    let served = down.start();
    let failed = failed(&served);
    assert!(failed >= 6, "{failed}");
    let done = caught_up(&served, before);
    let world = &served.world;
    assert!(world.show(FIRST[0], SPEC).contains("unique among members"));
    assert_eq!(world.open_branches(), proposed(&["feature"]), "and people's own");
    let comments = world.comments(number);
    assert_eq!(comments.len(), 4, "one answer, to bob: {comments:#?}");
    assert_eq!(served.checks(&served.head("feature")).len(), 3);
    assert!(done.iter().all(|one| one.state == DeliveryState::Done));
    let gap = told(&served, failed);
    assert_eq!((gap.why, gap.done as usize, gap.lost), (Silence::Down, failed, 0), "{}", gap.words());
    assert!(gap.words().contains(&format!("{failed} deliveries fetched again")), "{}", gap.words());
    let broken = world.hub.control("GET", "violations", &Value::Null);
    assert_eq!(broken, json!([]), "limits were broken");

    // Once more without anything new: nothing is ordered, asked for or written.
    let (before, deliveries) = (served.ledger().now(), served.deliveries().len());
    let served = served.restart();
    caught_up(&served, before);
    assert_eq!(served.world.open_branches(), proposed(&["feature"]));
    assert_eq!(served.world.comments(number).len(), 4);
    let orders = served.deliveries().len() - deliveries;
    assert!(orders <= 1, "{:#?}", &served.deliveries()[deliveries..]);
}

/// The gap of this many deliveries.
#[track_caller]
fn told(served: &Served, count: usize) -> Gap {
    let found = gaps(&served.ledger(), Time(0)).unwrap();
    let gap = found.iter().find(|gap| gap.asked_again as usize == count);
    gap.unwrap_or_else(|| panic!("no gap of {count}: {found:#?}")).clone()
}

#[test]
fn deliveries_that_get_lost_are_fetched() {
    let served = Served::start_with(HubWorld::new(), &[QUICK]);
    let world = &served.world;
    let number = world.pull_of(FIRST[0])["number"].as_u64().unwrap();
    for round in 0..3 {
        world.hub.control("POST", "webhooks/behaviour", &json!({ "lose": 2, "duplicate": 3 }));
        world.edit_master(
            if round == 0 { UNIQUE } else { "unique" },
            &format!("An email address must be unique, {round}."),
        );
        world.comment(&world.bob, number, "/vso plan");
        tried(world);
        world.hub.control("POST", "webhooks/behaviour", &json!({}));
        let before = served.ledger().now();
        let begun = Instant::now();
        let lost = failed(&served);
        while gaps(&served.ledger(), Time(0)).unwrap().iter().map(|gap| gap.arrived as usize).sum::<usize>() < lost {
            assert!(begun.elapsed() < PATIENCE, "{lost} lost since {before}: {:#?}", gaps(&served.ledger(), Time(0)));
            std::thread::sleep(Duration::from_millis(100));
        }
        served.settled();
        assert!(world.show(FIRST[0], SPEC).contains(&format!("unique, {round}")));
        assert_eq!(world.comments(number).len(), 2 * (round + 1), "an answer each");
    }
    assert_eq!(world.open_branches(), proposed(&[]));
    let found = gaps(&served.ledger(), Time(0)).unwrap();
    assert!(found.iter().all(|gap| gap.lost == 0 && gap.asked_again == gap.done), "{found:#?}");
    assert!(found.iter().any(|gap| gap.why == Silence::Unreached), "{found:#?}");
}

#[test]
fn a_server_that_is_killed_while_it_catches_up_does_all_of_it_once() {
    let served = Served::start(HubWorld::new());
    let down = served.kill();
    let world = &down.world;
    let number = world.pull_of(FIRST[0])["number"].as_u64().unwrap();
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    for _ in 0..3 {
        world.comment(&world.bob, number, "/vso plan");
    }
    tried(world);
    let mut down = down;
    let mut kills = 0;
    for millis in [30, 80, 150, 250, 400, 600, 900, 1300] {
        let served = down.start();
        std::thread::sleep(Duration::from_millis(millis));
        kills += 1;
        down = served.kill();
        tried(&down.world);
    }
    let served = down.start();
    let before = served.ledger().now();
    // A killed look holds its place for a while: the next server waits for none of them.
    caught_up(&served, Time(before.0 - 1));
    let world = &served.world;
    assert!(world.show(FIRST[0], SPEC).contains("unique among members"), "{kills} kills");
    assert_eq!(world.open_branches(), proposed(&[]));
    assert_eq!(world.comments(number).len(), 6, "an answer each: {:#?}", world.comments(number));
}

#[test]
fn repositories_that_came_went_and_moved_meanwhile_are_known() {
    let served = Served::start(HubWorld::new());
    let (before, installation) = (served.ledger().now(), served.app.installation);
    let down = served.kill();
    let hub = &down.world.hub;
    for name in ["second", "third"] {
        hub.control("POST", "repos", &json!({ "owner": OWNER, "name": name, "default_branch": "main" }));
    }
    hub.control("POST", &format!("repos/{REPO}/rename"), &json!({ "name": "plans" }));
    let path = format!("webhooks/installations/{installation}");
    hub.control("PATCH", &path, &json!({ "repos": ["acme/plans", "acme/second", "acme/third"] }));
    // Nothing of it is ever delivered.
    hub.control("POST", "webhooks/behaviour", &json!({ "lose": 1000 }));
    let names = |served: &Served| -> Vec<String> {
        let fleet = vso::sync::fleet::Fleet::open(&served.data(), "https://github.example/").unwrap();
        let mut names: Vec<String> = fleet.members().iter().map(|member| member.full_name()).collect();
        names.sort();
        names
    };
    let served = down.start();
    caught_up(&served, before);
    assert_eq!(names(&served), ["acme/plans", "acme/second", "acme/third"]);
    let before = served.ledger().now();
    let down = served.kill();
    down.world.hub.control("PATCH", &path, &json!({ "repos": ["acme/plans", "acme/third"] }));
    let served = down.start();
    caught_up(&served, before);
    assert_eq!(names(&served), ["acme/plans", "acme/third"]);
    let path = format!("/repos/{OWNER}/plans/pulls?state=open");
    let pulls = served.world.hub.api(&served.world.alice, "GET", &path, &Value::Null).ok();
    assert_eq!(pulls.as_array().unwrap().len(), FIRST.len() + 1, "under its new name nothing is opened twice");
}

#[test]
fn a_hub_that_is_away_is_said_once_and_asked_again() {
    let world = HubWorld::new();
    world.hub.fault(&json!({ "path": "/app/**", "kind": "status", "status": 503, "times": 1000 }));
    let served = Served::uninstalled_with(world, &[QUICK]);
    served.server.says("it can't be done now and is tried again");
    std::thread::sleep(Duration::from_secs(2));
    served.world.hub.heal();
    served.server.says("it is done again");
    let calls = served.world.hub.calls(0).len();
    assert!(calls < 400, "{calls} calls are a busy loop");
}

#[test]
fn two_sweeps_at_once_ask_for_each_delivery_once() {
    let world = HubWorld::new();
    let app = json!({ "slug": "deaf", "owner": OWNER, "hook_url": "http://127.0.0.1:9/x", "events": EVENTS });
    let made = world.hub.control("POST", "apps", &app);
    let id = made["id"].as_u64().unwrap();
    world.hub.control("POST", &format!("apps/{id}/installations"), &json!({ "account": OWNER, "repos": [REPO] }));
    for number in 0..6 {
        let body = json!({ "event": "push", "repo": REPO, "payload": { "number": number } });
        world.hub.control("POST", "webhooks/send", &body);
    }
    tried(&world);
    let folder = tempfile::tempdir().unwrap();
    let mut variables = world.addresses();
    variables.push(("VSO_APP_ID".into(), id.to_string()));
    variables.push(("VSO_APP_PRIVATE_KEY".into(), made["pem"].as_str().unwrap().to_owned()));
    let read = |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let access = Access::app_in(&read).unwrap().unwrap();
    let stop = AtomicBool::new(false);
    let run = || -> Swept {
        let ledger = Ledger::open(folder.path()).unwrap();
        let hub = AppHub::open(access.clone(), &stop, &|_| {}).unwrap();
        sweep(&hub, &ledger, Pace { is_start: true, speed: 1.0 }, &stop).unwrap()
    };
    let both: Vec<Swept> = std::thread::scope(|scope| {
        let two = [scope.spawn(run), scope.spawn(run)];
        two.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(both.iter().map(|swept| swept.asked).sum::<usize>(), 7, "{both:?}");
    tried(&world);
    // They failed again: the next one waits for its pause.
    assert_eq!((run().asked, run().waiting), (0, 7));
    let sent = world.hub.control("GET", "webhooks/deliveries", &Value::Null);
    assert_eq!(sent.as_array().unwrap().len(), 14);
}
