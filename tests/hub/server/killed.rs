//! The law of the server: killed 20 times by `kill -9` during 1,000 deliveries that come twice, out of order or not at
//! all, it does what every one of them asks for exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicBool;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vso::forge::github::{Access, AppHub};
use vso::ledger::DeliveryState;
use vso::sync::fleet::sweep::{Pace, sweep};

use crate::chance::{Chance, setting};
use crate::hub::served::Served;
use crate::hub::world::{ALICE, BOB, HubWorld, MALLORY, REPO};

const KILLS: usize = 20;
/// Deliveries between two kills, besides those of what people and vso do.
const BETWEEN: usize = 46;
/// How long all may take after the last kill.
const PATIENCE: Duration = Duration::from_secs(150);

/// What people asked for.
#[derive(Default)]
struct Asked {
    /// Comments with a command, by people who may.
    commands: Vec<u64>,
    /// Comments without, or by people who may not.
    idle: usize,
    /// Buttons that were pressed.
    pressed: usize,
    edits: usize,
}

#[test]
fn every_delivery_has_its_effect_once_whatever_is_killed() {
    let seed = setting("VSO_TEST_SEED").unwrap_or(20);
    let mut chance = Chance::new(seed);
    let mut served = Served::start(HubWorld::new());
    let mut asked = Asked::default();
    for _ in 0..KILLS {
        let behaviour = json!({ "lose": 3, "duplicate": 5, "reorder": 6 });
        served.world.hub.control("POST", "webhooks/behaviour", &behaviour);
        for at in 0..BETWEEN {
            told(&served, &mut chance);
            if at == BETWEEN / 2 {
                people(&served, &mut chance, &mut asked);
            }
        }
        sleep(Duration::from_millis(100 + chance.below(900) as u64));
        served = served.restart();
    }
    served.world.hub.control("POST", "webhooks/behaviour", &json!({}));
    rest(&served);
    served.world.hub.control("POST", "webhooks/send", &event("push", &json!({ "ref": "refs/heads/main" })));
    let all = served.settled();
    assert_eq!(all.last().unwrap().cause.as_deref(), Some("all in step"), "seed {seed}");
    all_arrived(&served, seed);
    answered_once(&served, &asked, seed);
    proposed_once(&served, &asked, seed);
    let broken = served.world.hub.control("GET", "violations", &Value::Null);
    assert!(broken.as_array().is_none_or(Vec::is_empty), "limits were broken: {broken}");
}

fn event(event: &str, payload: &Value) -> Value {
    json!({ "repo": REPO, "event": event, "login": ALICE, "payload": payload })
}

/// Something is told that asks for nothing new.
fn told(served: &Served, chance: &mut Chance) {
    let (name, payload) = match chance.below(8) {
        0 | 1 => ("push", json!({ "ref": "refs/heads/main" })),
        2 => ("push", json!({ "ref": "refs/tags/v1" })),
        3 => ("check_run", json!({ "action": "completed", "check_run": { "id": 1, "head_sha": "x" } })),
        4 => ("check_suite", json!({ "action": "requested", "check_suite": { "id": 1 } })),
        5 => ("issue_comment", json!({ "action": "edited", "comment": { "id": 1, "body": "/vso sync" } })),
        6 => ("pull_request", json!({ "action": "labeled", "pull_request": { "number": 1 } })),
        _ => (
            "pull_request",
            json!({ "action": "edited", "pull_request": { "number": 1, "head": { "ref": "slice-001-x" } } }),
        ),
    };
    served.world.hub.control("POST", "webhooks/send", &event(name, &payload));
}

/// Somebody does something.
fn people(served: &Served, chance: &mut Chance, asked: &mut Asked) {
    let world = &served.world;
    let pulls = world.open_pulls();
    let number = chance.pick(&pulls).unwrap()["number"].as_u64().unwrap();
    match chance.below(5) {
        0 => {
            asked.edits += 1;
            let words = format!("unique ({} times).", asked.edits);
            let before =
                if asked.edits == 1 { "unique.".to_owned() } else { format!("unique ({} times).", asked.edits - 1) };
            world.edit_master(&before, &words);
        }
        1 => {
            world.comment(&world.mallory, number, "/vso sync");
            world.comment(&world.bob, number, "is this so?");
            asked.idle += 2;
        }
        2 => {
            let head = served.head("main");
            // There are none yet while the server has not come to the last push.
            if let Some(check) = world.checks(&head).first() {
                let path = format!("/repos/{REPO}/check-runs/{}/rerequest", check["id"]);
                world.hub.api(&world.bob, "POST", &path, &Value::Null).ok();
            }
        }
        kind => {
            let command = ["/vso status", "/vso sync"][kind - 3];
            asked.commands.push(world.comment(&world.bob, number, command)["id"].as_u64().unwrap());
            let checks = world.checks(&served.head("main"));
            let slices = checks.iter().find(|check| check["name"] == "vso / slices");
            if let Some(slices) = slices.filter(|_| kind == 4)
                && slices["output"]["title"].as_str().unwrap().contains("wait")
            {
                served.press(
                    if chance.percent(50) { BOB } else { MALLORY },
                    slices["id"].as_u64().unwrap(),
                    "regenerate",
                );
                asked.pressed += 1;
            }
        }
    }
}

/// What did not come is asked for again, as the server's own sweep does, until all is there and done.
fn rest(served: &Served) {
    let variables = served.world.app_variables(&served.app);
    let read = |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let access = Access::app_in(&read).unwrap().unwrap();
    let (stop, say) = (AtomicBool::new(false), |_: &str| ());
    let hub = AppHub::open(access, &stop, &say).unwrap();
    let ledger = served.ledger();
    let begun = Instant::now();
    loop {
        let swept = sweep(&hub, &ledger, Pace { is_start: false, speed: 1e6 }, &stop).unwrap();
        let is_quiet = ledger.next_delivery_due().unwrap().is_none();
        if is_quiet && !swept.is_taken && swept.asked + swept.waiting + swept.given_up + swept.gone == 0 {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{swept:?}, quiet: {is_quiet}");
        sleep(Duration::from_millis(500));
    }
}

/// Every delivery that the hub made is in the inbox, and done.
fn all_arrived(served: &Served, seed: u64) {
    let sent = served.world.hub.control("GET", "webhooks/deliveries", &Value::Null);
    let guids: BTreeSet<&str> = sent.as_array().unwrap().iter().map(|one| one["guid"].as_str().unwrap()).collect();
    assert!(guids.len() >= 1_000, "{} deliveries", guids.len());
    let lost = sent.as_array().unwrap().iter().filter(|one| one["status_code"].as_u64() >= Some(400)).count();
    assert!(lost > KILLS, "too little was lost to try anything: {lost}");
    let known: BTreeMap<String, DeliveryState> =
        served.deliveries().into_iter().map(|one| (one.guid, one.state)).collect();
    for guid in guids {
        assert_eq!(known.get(guid), Some(&DeliveryState::Done), "{guid}, seed {seed}");
    }
}

/// Each command has one answer and one reaction of each kind, and nothing else was said.
fn answered_once(served: &Served, asked: &Asked, seed: u64) {
    let world = &served.world;
    let mut answers: BTreeMap<u64, usize> = BTreeMap::new();
    let mut all = 0;
    for pull in world.pulls() {
        for comment in world.comments(pull["number"].as_u64().unwrap()) {
            all += 1;
            let body = comment["body"].as_str().unwrap();
            if let Some(rest) = body.split("<!-- vso:answer ").nth(1) {
                let (number, stage) = rest.split_once(' ').unwrap();
                assert!(stage.starts_with("done "), "seed {seed}: {body}");
                *answers.entry(number.parse().unwrap()).or_default() += 1;
            }
        }
    }
    let expected: BTreeMap<u64, usize> = asked.commands.iter().map(|id| (*id, 1)).collect();
    assert!(expected.len() >= 5, "too few commands to try anything: {expected:?}");
    assert_eq!(answers, expected, "seed {seed}");
    assert_eq!(all, 2 * asked.commands.len() + asked.idle, "seed {seed}");
    for id in &asked.commands {
        let path = format!("/repos/{REPO}/issues/comments/{id}/reactions");
        let reactions = world.hub.api(&world.alice, "GET", &path, &Value::Null).ok();
        let mut said: Vec<&str> =
            reactions.as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap()).collect();
        said.sort_unstable();
        assert_eq!(said, ["+1", "eyes"], "seed {seed}");
    }
}

/// Each proposal has one pull request, no commit of vso changes nothing, and no check was written twice.
fn proposed_once(served: &Served, asked: &Asked, seed: u64) {
    let world = &served.world;
    let pulls = world.pulls();
    let branches: BTreeSet<&str> = pulls.iter().map(|pull| pull["head"]["ref"].as_str().unwrap()).collect();
    assert_eq!((pulls.len(), branches.len()), (6, 6), "seed {seed}: {branches:?}");
    assert_eq!(world.open_pulls().len(), 6);
    assert!(asked.edits > 0, "nothing was edited");
    let members = branches.iter().find(|branch| branch.contains("members")).unwrap();
    let text = world.show(members, "vertical-slices/slice-001-members/spec.md");
    assert!(text.contains(&format!("unique ({} times).", asked.edits)), "seed {seed}: {text}");
    let mut commits = vec!["main".to_owned()];
    commits.extend(branches.iter().map(|branch| (*branch).to_owned()));
    for branch in &commits {
        let log = world.bare_git(&["log", "--format=%T", &format!("main..{branch}")]);
        let trees: Vec<String> = String::from_utf8_lossy(&log.stdout).lines().map(str::to_owned).collect();
        assert!(trees.windows(2).all(|pair| pair[0] != pair[1]), "seed {seed}: {branch} {trees:?}");
        let path = format!("/repos/{REPO}/commits/{}/check-runs?filter=all&per_page=100", served.head(branch));
        let runs = world.hub.api(&world.alice, "GET", &path, &Value::Null).ok();
        let mut seen = BTreeSet::new();
        for run in runs["check_runs"].as_array().unwrap() {
            assert!(
                seen.insert((run["name"].to_string(), run["external_id"].to_string())),
                "seed {seed}: {branch} {run}"
            );
            assert_eq!(run["status"], "completed", "seed {seed}: {branch} {run}");
        }
        assert!(seen.len() >= 3, "seed {seed}: {branch}");
    }
}
