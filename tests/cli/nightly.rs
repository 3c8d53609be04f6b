//! `vso nightly`, how it is started, and the state that other programs read.

use serde_json::{Value, json};

use crate::world::World;
use crate::world::project::{FIRST, Project};

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
    let names: Vec<&str> = first["steps"].as_array().unwrap().iter().filter_map(|step| step["name"].as_str()).collect();
    assert_eq!(
        (&first["outcome"], &names[..]),
        (&json!("clean"), &["detect", "plan", "sync", "report"][..]),
        "{first}"
    );
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

/// A step's line and data.
fn step(night: &Value, name: &str) -> (String, Value) {
    let steps = night["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["name"] == name).unwrap_or_else(|| panic!("{name}: {night}"));
    (step["words"].as_str().unwrap().to_owned(), step["data"].clone())
}

fn night(project: &Project, code: i32) -> Value {
    serde_json::from_str(&project.vso(&["nightly", "--json"]).exits(code).out).unwrap()
}

#[test]
fn what_changed_becomes_proposals_and_a_second_night_adds_nothing() {
    let project = Project::new();
    let first = night(&project, 0);
    assert!(step(&first, "detect").0.ends_with("looked at for the first time"), "{first}");
    // Five slices, and the index of slices in the master.
    assert_eq!(step(&first, "sync").0, "6 opened");
    let (words, data) = step(&first, "report");
    assert_eq!((words.as_str(), &data["conflicts"]), ("6 proposals open", &json!(0)));
    assert_eq!(data["proposals"][0]["branch"], FIRST[0]);
    assert!(FIRST.iter().all(|branch| project.has_branch(branch)));
    let refs = project.refs();
    let again = night(&project, 0);
    assert!(step(&again, "detect").0.contains("nothing that matters to vso changed since"), "{again}");
    assert_eq!(
        (step(&again, "sync").0.as_str(), project.refs()),
        ("nothing new", refs),
        "the second night moved a ref"
    );
    project.edit_master("An email address must be unique.", "An email address must be unique among members.");
    let third = night(&project, 0);
    assert!(step(&third, "detect").0.contains("FR-002 changed"), "{third}");
    assert!(step(&third, "sync").0.ends_with(" updated"), "{third}");
    let spec = project.show(FIRST[0], "vertical-slices/slice-001-members/spec.md");
    assert!(spec.contains("unique among members"), "{spec}");
    assert!(project.vso(&["logs", "sync"]).exits(0).out.contains(" info updated #1 slice-001-members-v1.0.0\n"));
}

#[test]
fn a_conflict_is_reported_and_a_person_has_to_decide() {
    let project = Project::in_step();
    let spec = "vertical-slices/slice-001-members/spec.md";
    project.edit(spec, "An email address must be unique.", "An email address must be unique in one town.");
    project.edit_master("An email address must be unique.", "An email address must be unique among members.");
    let found = night(&project, 1);
    assert_eq!(found["outcome"], "undecided");
    let (words, data) = step(&found, "report");
    assert!(words.contains("for a person to decide"), "{words}");
    assert_eq!(data["proposals"][0]["conflicts"][0]["path"], spec, "{data}");
    let text = project.vso(&["nightly"]).exits(1);
    assert!(text.out.contains("\nreport: 1 proposal open, ") && text.out.contains("unchanged"), "{}", text.out);
    assert!(text.err.contains("vso pr show"), "{}", text.err);
    assert!(project.vso(&["logs", "nightly"]).exits(0).out.contains(" warning report: "));
    assert!(project.vso(&["logs", "sync"]).exits(0).out.contains(" warning opened #"));
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
    let sum = "ab".repeat(32);
    let github = [
        "init",
        "--schedule",
        "github",
        "--action",
        "acme/vso@0123456789abcdef0123456789abcdef01234567",
        "--sha256",
        &sum,
    ];
    insta::assert_snapshot!("github", world.vso(&github).exits(0).all());
    world.write(".github/workflows/vso-nightly.yml", "mine");
    world.vso(&github).exits(0);
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
