//! Checks that `vso sync` writes by itself: pull requests opened with a workflow's token wait for approval of their own
//! runs, so whoever pushes a branch says what is to be said of it.

use serde_json::Value;

use super::world::HubWorld;

const UNIQUE: &str = "An email address must be unique.";
const MEMBERS: &str = "slice-001-members-v1.0.1";
const SPEC: &str = "vertical-slices/slice-001-members/spec.md";

/// Name, conclusion and title of the check runs of a commit, in order.
fn said(world: &HubWorld, commit: &str) -> Vec<(String, String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut said: Vec<_> = world
        .checks(commit)
        .iter()
        .map(|run| (word(&run["name"]), word(&run["conclusion"]), word(&run["output"]["title"])))
        .collect();
    said.sort();
    said
}

fn head(world: &HubWorld, branch: &str) -> String {
    let found = world.branches().into_iter().find(|(name, _)| name == branch);
    found.unwrap_or_else(|| panic!("no branch {branch}")).1
}

/// The calls that wrote a check.
fn written(world: &HubWorld, mark: usize) -> usize {
    let calls = world.hub.calls(mark);
    calls.iter().filter(|call| !call.starts_with("GET ") && call.contains("/check-runs")).count()
}

#[test]
fn each_head_and_the_target_get_their_checks_and_a_second_run_asks_nothing() {
    let world = HubWorld::in_step();
    world.sync(&[]);
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    let mark = world.hub.mark();
    world.sync(&[]);
    assert_eq!(written(&world, mark), 6, "{:?}", world.hub.calls(mark));
    let proposal = said(&world, &head(&world, MEMBERS));
    assert_eq!(proposal.len(), 3);
    assert_eq!((proposal[0].1.as_str(), proposal[0].2.as_str()), ("success", "nothing to decide"));
    let main = world.project.git(&["rev-parse", "main"]);
    let target = said(&world, main.trim());
    assert_eq!(target[0].1, "action_required");
    assert!(target[0].2.ends_with("1 proposal waits for a person"), "{target:?}");
    let pull = world.pull_of(MEMBERS)["number"].clone();
    let runs = world.checks(main.trim());
    let slices = runs.iter().find(|run| run["name"] == "vso / slices").unwrap();
    assert!(slices["output"]["summary"].as_str().unwrap().contains(&format!("- #{pull} `{MEMBERS}`")), "{slices}");

    // Nothing changed: no write, and of all reads none is for the checks.
    let mark = world.hub.mark();
    world.sync(&[]);
    let calls = world.hub.calls(mark);
    assert!(calls.len() <= 3 && calls.iter().all(|call| call.starts_with("GET ")), "{calls:?}");
    assert!(calls.iter().all(|call| !call.contains("check-runs")), "{calls:?}");

    // Without what this clone remembers it looks, and writes nothing.
    std::fs::remove_dir_all(world.project.world.path().join(".slice-orchestrator")).unwrap();
    let mark = world.hub.mark();
    world.sync(&[]);
    assert_eq!(written(&world, mark), 0, "{:?}", world.hub.calls(mark));
    assert_eq!(said(&world, main.trim()), target);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn a_conflict_stops_its_proposal_until_somebody_decides() {
    let world = HubWorld::in_step();
    world.project.edit(SPEC, UNIQUE, "An email address must be unique, whatever its case.");
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    world.sync(&[]);
    let before = said(&world, &head(&world, MEMBERS));
    assert_eq!((before[0].1.as_str(), before[0].2.as_str()), ("action_required", "1 open conflict in 1 slice"));
    world.vso(&["pr", "settle", "slice-001-members", "--take", "master"]);
    world.sync(&[]);
    let after = said(&world, &head(&world, MEMBERS));
    assert_eq!((after[0].1.as_str(), after[0].2.as_str()), ("success", "nothing to decide"));
}

#[test]
fn checks_can_be_left_to_others() {
    let world = HubWorld::in_step();
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    let mark = world.hub.mark();
    world.sync(&["--config", "github.checks=false"]);
    assert_eq!(written(&world, mark), 0);
    assert_eq!(said(&world, &head(&world, MEMBERS)), []);
}
