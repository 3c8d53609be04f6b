//! A webhook leads to pull requests, and nothing else is needed: what people do on GitHub comes to the server, and what
//! it does is seen on GitHub.

use serde_json::{Value, json};

use crate::hub::served::Served;
use crate::hub::world::{BOB, HubWorld, MALLORY, REPO};
use crate::world::project::FIRST;

const UNIQUE: &str = "An email address must be unique.";
const MEMBERS: &str = "slice-001-members-v1.0.1";
const SPEC: &str = "vertical-slices/slice-001-members/spec.md";

#[test]
fn a_push_leads_to_pull_requests_with_checks() {
    let served = Served::start(HubWorld::new());
    let world = &served.world;
    let all: Vec<&str> = FIRST.into_iter().chain(["master-spec-v1.0.0"]).collect();
    world.assert_nothing_else(&all, 0);
    for branch in &all {
        let checks = served.checks(&served.head(branch));
        assert_eq!(checks.len(), 3, "{branch}: {checks:?}");
        assert!(checks.iter().all(|check| !check.1.is_empty()), "{checks:?}");
    }
    assert_eq!(served.checks(&served.head("main")).len(), 3);

    world.edit_master(UNIQUE, "An email address must be unique among members.");
    let done = served.settled();
    world.assert_nothing_else(&all, 0);
    assert!(world.show(FIRST[0], SPEC).contains("unique among members"));
    assert!(done.iter().any(|one| one.event == "push" && one.cause.as_deref() == Some("1 updated")), "{done:#?}");
    // What vso pushed itself began nothing: no turn asked GitHub anything after the last of alice's.
    let mark = world.hub.mark();
    served.settled();
    assert!(world.hub.calls(mark).is_empty(), "{:?}", world.hub.calls(mark));
    let metrics = served.server.get("/metrics", &[]).body;
    assert!(metrics.contains("vso_turns_total{event=\"push\",outcome=\"done\"}"), "{metrics}");
    assert!(metrics.contains("vso_turns_running 0"), "{metrics}");

    // The merges of all of them bring everything in step.
    for branch in all {
        let number = world.pull_of(branch)["number"].as_u64().unwrap();
        world.merge_pull(number, "squash");
        served.settled();
    }
    world.assert_nothing_else(&[], 0);
    let target = served.checks(&served.head("main"));
    assert!(target.iter().any(|check| check.2 == "5 slices in step with the master"), "{target:?}");
}

#[test]
fn a_command_in_a_comment_is_answered_once() {
    let served = Served::start(conflict());
    let world = &served.world;
    let number = world.pull_of(MEMBERS)["number"].as_u64().unwrap();
    world.comment(&world.mallory, number, "/vso resolve master");
    world.comment(&world.bob, number, "what is this about?");
    served.settled();
    assert_eq!(world.comments(number).len(), 2, "mallory may not ask");
    world.comment(&world.bob, number, "/vso resolve master");
    served.settled();
    let comments = world.comments(number);
    assert_eq!(comments.len(), 4);
    assert!(comments[3]["body"].as_str().unwrap().contains("settled 1 conflict, 0 left"), "{}", comments[3]["body"]);
    let slices = served.checks(&served.head(MEMBERS)).into_iter().find(|check| check.0 == "vso / slices").unwrap();
    assert_eq!(slices.1, "success", "{slices:?}");
}

#[test]
fn the_button_of_a_check_settles_a_conflict_for_who_may() {
    let served = Served::start(conflict());
    let world = &served.world;
    let number = world.pull_of(MEMBERS)["number"].as_u64().unwrap();
    let before = served.head(MEMBERS);
    let slices = || served.checks(&served.head(MEMBERS)).into_iter().find(|check| check.0 == "vso / slices").unwrap();
    let check = slices();
    assert_eq!(check.1, "action_required", "{check:?}");
    served.press(MALLORY, check.3, "take-master");
    served.settled();
    assert_eq!(served.head(MEMBERS), before, "mallory may not press it");
    let comments = world.comments(number);
    assert!(comments.len() == 1 && comments[0]["body"].as_str().unwrap().contains("`mallory`"), "{comments:?}");
    assert!(comments[0]["body"].as_str().unwrap().contains("Nothing was done"), "{comments:?}");

    served.press(BOB, check.3, "take-master");
    served.settled();
    assert_ne!(served.head(MEMBERS), before);
    assert!(world.show(MEMBERS, SPEC).contains("unique among members"));
    assert_eq!(slices().1, "success");
    let said = world.comments(number).last().unwrap()["body"].as_str().unwrap().to_owned();
    assert!(said.contains("`bob` pressed **Take master**") && said.contains("settled 1 conflict, 0 left"), "{said}");

    // The button of the commit before: somebody sees an old page.
    let after = served.head(MEMBERS);
    served.press(BOB, check.3, "take-slice");
    served.settled();
    assert_eq!(served.head(MEMBERS), after);
    let said = world.comments(number).last().unwrap()["body"].as_str().unwrap().to_owned();
    assert!(said.contains("Nothing was done: the branch has moved on since"), "{said}");
    assert_eq!(world.comments(number).len(), 3);
}

#[test]
fn both_buttons_to_run_again_make_the_checks_anew() {
    let served = Served::start(HubWorld::in_step());
    let world = &served.world;
    let main = served.head("main");
    let before = served.checks(&main);
    assert_eq!(before.len(), 3);
    let completed = || -> Vec<String> {
        let runs = world.checks(&main);
        runs.iter().map(|run| run["completed_at"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for (path, action) in [("check-runs", "check_run"), ("check-suites", "check_suite")] {
        let first = &world.checks(&main)[0];
        let id = if action == "check_run" { &first["id"] } else { &first["check_suite"]["id"] };
        let then = completed();
        world.hub.control("POST", "clock", &json!({ "advance": 60 }));
        world.hub.api(&world.bob, "POST", &format!("/repos/{REPO}/{path}/{id}/rerequest"), &Value::Null).ok();
        served.settled();
        let words = served.words(action, "rerequested");
        assert!(words[0].starts_with("made 3 checks of"), "{words:?}");
        assert_eq!(served.checks(&main), before, "the same, and no run more");
        assert!(completed().iter().all(|at| !then.contains(at)), "{then:?} {:?}", completed());
    }
}

#[test]
fn a_persons_pull_request_is_checked_by_the_rules_of_its_base() {
    let served = Served::start(HubWorld::in_step());
    let world = &served.world;
    world.project.git(&["switch", "-q", "-c", "feature"]);
    world.project.edit_master(UNIQUE, "An email address must be unique among members.");
    world.push(&["feature"]);
    let pull = json!({ "title": "x", "head": "feature", "base": "main" });
    world.hub.api(&world.bob, "POST", &format!("/repos/{REPO}/pulls"), &pull).ok();
    served.settled();
    let checks = served.checks(&served.head("feature"));
    assert_eq!(checks.len(), 3, "{checks:?}");
    assert_eq!(world.open_branches(), ["feature"], "nothing is proposed for what is not merged");
    let refs = world.project.world.command("git").args(["for-each-ref"]).arg("refs/vso/pulls/").output().unwrap();
    assert!(refs.stdout.is_empty());
}

#[test]
fn what_can_t_be_used_is_said_at_the_commit() {
    let served = Served::start(HubWorld::in_step());
    let world = &served.world;
    world.commit_on("main", "vso.toml", |_| "[project]\nmastr = \"x.md\"\n".to_owned());
    let done = served.settled();
    let checks = served.checks(&served.head("main"));
    assert!(checks.len() == 3 && checks.iter().all(|check| check.1 == "action_required"), "{checks:?}");
    let words = done.iter().rfind(|one| one.event == "push").unwrap().cause.clone().unwrap();
    assert!(words.contains("it can't be used"), "{words}");
    world.commit_on("main", "vso.toml", |_| String::new());
    served.settled();
    assert!(served.checks(&served.head("main")).iter().any(|check| check.1 == "success"));
    world.commit_on("main", "master-spec.md", |text| {
        text.replace("- **Members**: Registers people.", "- **Members**: Registers people. Depends on: Loans.")
    });
    let done = served.settled();
    let words = done.iter().rfind(|one| one.event == "push").unwrap().cause.clone().unwrap();
    assert!(words.contains("it can't be used"), "{words}");
    assert!(served.checks(&served.head("main")).iter().any(|check| check.1 == "failure"));
    world.commit_on("main", "vso.toml", |_| "[project]\nmaster = \"none.md\"\n".to_owned());
    let done = served.settled();
    let words = done.iter().rfind(|one| one.event == "push").unwrap().cause.clone().unwrap();
    assert_eq!(words, "there is no none.md on main");
}

/// A project in step but for one item that both sides changed.
fn conflict() -> HubWorld {
    let world = HubWorld::in_step();
    world.project.edit(SPEC, UNIQUE, "An email address must be unique, whatever its case.");
    world.edit_master(UNIQUE, "An email address must be unique among members.");
    world
}
