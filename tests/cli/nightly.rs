//! `vso nightly`, how it is started, and the state that other programs read.

use serde_json::{Value, json};

use crate::world::World;

fn world() -> World {
    let world = World::new();
    world.vso(&["init"]).exits(0);
    world.vso(&["decompose"]).exits(0);
    world.git(&["init", "--quiet", "--initial-branch", "main"]);
    world.git(&["add", "."]);
    world.git(&["commit", "--quiet", "--message", "begin"]);
    world
}

#[test]
fn a_night_is_served_once_and_told() {
    let world = world();
    let report = |ran: crate::world::Ran| -> Value { serde_json::from_str(&ran.exits(0).out).unwrap() };
    let first = report(world.vso(&["nightly", "--scheduled", "--json"]));
    assert_eq!((&first["outcome"], &first["steps"][0]["name"]), (&json!("clean"), &json!("plan")), "{first}");
    assert_eq!(report(world.vso(&["nightly", "--scheduled", "--json"]))["outcome"], "served");
    assert_eq!(report(world.vso(&["nightly", "--json"]))["outcome"], "clean", "a person may always");
    let schema: Value = serde_json::from_str(&world.vso(&["nightly", "--schema"]).exits(0).out).unwrap();
    for key in first.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
    assert!(world.vso(&["logs", "nightly"]).exits(0).out.contains(" info plan: "));
    assert!(world.vso(&["logs", "decomposition"]).exits(0).out.contains(" info wrote "));
    let state: Value = serde_json::from_str(&world.vso(&["status", "--json"]).exits(0).out).unwrap();
    assert!(state["nightly_last_run"].is_string(), "{state}");
}

#[test]
fn a_night_that_can_not_work_says_why() {
    let world = World::with_master("# A\n");
    world.vso(&["nightly"]).exits(2);
    assert!(world.vso(&["logs", "nightly"]).exits(0).out.contains(" error error: "));
}

#[test]
fn the_nightly_run_is_set_up_for_each_timer() {
    let world = world();
    let cron = world.vso(&["init", "--schedule", "cron"]).exits(0).out;
    assert!(cron.contains("\n0 2 * * * cd '[WORLD]' && '/") && cron.contains("' nightly --scheduled\n"), "{cron}");
    let systemd = world.vso(&["init", "--schedule", "systemd"]).exits(0).out;
    assert!(systemd.contains("systemctl --user enable --now vso-nightly.timer"), "{systemd}");
    assert!(world.read(".slice-orchestrator/schedule/vso-nightly.timer").contains("02:00:00"));
    assert!(world.read(".slice-orchestrator/schedule/vso-nightly.service").contains("nightly --scheduled"));
    insta::assert_snapshot!("github", world.vso(&["init", "--schedule", "github"]).exits(0).all());
    world.write(".github/workflows/vso-nightly.yml", "mine");
    world.vso(&["init", "--schedule", "github"]).exits(0);
    assert_eq!(world.read(".github/workflows/vso-nightly.yml"), "mine");
}

#[test]
fn state_is_written_when_asked_only() {
    let world = world();
    world.vso(&["status"]).exits(0);
    assert!(!world.has(".slice-orchestrator/state.json") && !world.has(".slice-orchestrator/queue.db"));
    world.vso(&["status", "--write-state"]).exits(0);
    let state: Value = serde_json::from_str(&world.read(".slice-orchestrator/state.json")).unwrap();
    assert_eq!(state["version"], "1.0.0");
    assert_eq!(state["slices"]["slice-001-notes"]["status"], "draft");
    assert_eq!(state["deployments"]["test"]["slices_deployed"], json!([]));
    assert_eq!((&state["conflicts"], &state["nightly_last_run"]), (&json!([]), &Value::Null));
    assert_eq!(state["master_spec"]["hash"].as_str().unwrap().len(), 64);
    world.vso(&["status", "--write-state"]).exits(0);
    assert!(!world.has(".slice-orchestrator/queue.db"), "looking makes no ledger");
}
