//! When something goes wrong: answers that are lost, a hub that is away, limits, two runners at once, and a no at the
//! command line. The next run ends where an undisturbed one does.

use serde_json::{Value, json};

use super::pulls::{MEMBERS, deeds, edit, opened, sync, text};
use super::world::{HubWorld, REPO};

const SYNC: [&str; 3] = ["sync", "--config", "github.checks=false"];

#[test]
fn a_pull_request_of_which_the_answer_was_lost_is_found_again() {
    for kind in ["cut-after", "cut"] {
        let world = HubWorld::in_step();
        edit(&world);
        let path = format!("/repos/{REPO}/pulls");
        world.hub.fault(&json!({ "method": "POST", "path": path, "kind": kind, "times": 1 }));
        let ran = world.vso(&SYNC);
        assert_eq!(ran.code, 0, "{}", ran.err);
        world.hub.heal();
        sync(&world, &[]);
        world.assert_nothing_else(&[MEMBERS], 0);
        assert_eq!(world.pulls().len(), 1);
        assert_eq!(text(&world.pull_of(MEMBERS)["labels"][0], "name"), "vso");
    }
}

#[test]
fn a_refusal_is_told_and_the_next_run_goes_on() {
    let world = HubWorld::in_step();
    edit(&world);
    let path = format!("/repos/{REPO}/pulls");
    let no = json!({ "method": "POST", "path": path, "kind": "status", "status": 403, "times": 1000,
        "body": { "message": "GitHub Actions is not permitted to create or approve pull requests." } });
    world.hub.fault(&no);
    let ran = world.vso(&SYNC).exits(0);
    assert!(ran.err.contains("not permitted to create") && ran.err.contains("Settings, Actions"), "{}", ran.err);
    let strict = world.vso(&[&SYNC[..], &["--config", "sync.forge=github"]].concat()).exits(3);
    assert!(strict.err.contains("not permitted to create"), "{}", strict.err);
    assert_eq!(world.branches().len(), 1, "its branch is there all the same");
    world.hub.heal();
    sync(&world, &[]);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn without_github_all_else_is_done() {
    let world = HubWorld::in_step();
    edit(&world);
    world.hub.fault(&json!({ "path": "/repos/**", "kind": "status", "status": 502, "times": 1000 }));
    let ran = world.vso(&SYNC);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("pull requests are left as they are"), "{}", ran.err);
    assert!(world.project.has_branch(MEMBERS));
    world.hub.heal();
    assert_eq!(deeds(&sync(&world, &[])), [("unchanged".to_owned(), MEMBERS.to_owned(), Some(1))]);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn without_a_token_proposals_stay_in_the_repository() {
    let world = HubWorld::in_step();
    edit(&world);
    let ran = world.vso_with(&world.addresses(), &SYNC);
    assert!(ran.out.contains("opened"), "{}{}", ran.out, ran.err);
    let strict = world.vso_with(&world.addresses(), &[&SYNC[..], &["--config", "sync.forge=github"]].concat());
    assert!(strict.code == 2 && strict.err.contains("GITHUB_TOKEN"), "{}", strict.err);
    let wrong = world.vso_with(&world.variables("ghp_wrongwrongwrongwrongwrongwrongwrongwrong"), &SYNC);
    assert!(!wrong.err.contains("ghp_wrong"), "{}", wrong.err);
    world.assert_nothing_else(&[], 0);
}

#[test]
fn each_kind_of_token_opens_the_same() {
    for kind in ["action", "personal", "app"] {
        let world = HubWorld::in_step();
        edit(&world);
        let variables = match kind {
            "action" => world.variables(&world.action),
            "personal" => world.variables(&world.personal()),
            _ => world.app_variables(&world.app()),
        };
        let ran = world.vso_with(&variables, &SYNC);
        assert_eq!(ran.code, 0, "{kind}: {}", ran.err);
        let mark = world.hub.mark();
        world.vso_with(&variables, &SYNC).exits(0);
        let calls = world.hub.calls(mark);
        let lists = calls.iter().filter(|call| call.contains(&format!("{REPO}/pulls"))).count();
        assert!(calls.len() <= 3 && lists == 1, "{kind}: {calls:?}");
        world.assert_nothing_else(&[MEMBERS], 0);
    }
}

#[test]
fn a_limit_is_waited_for() {
    let world = HubWorld::in_step();
    edit(&world);
    let path = format!("/repos/{REPO}/pulls");
    let busy = json!({ "method": "POST", "path": path, "kind": "status", "status": 403, "times": 1,
        "headers": { "retry-after": "20" }, "body": { "message": "You have exceeded a secondary rate limit." } });
    world.hub.fault(&busy);
    let ran = world.vso(&SYNC).exits(0);
    assert!(ran.err.contains("wait") || ran.out.contains("pull request 1"), "{}{}", ran.out, ran.err);
    world.hub.heal();
    sync(&world, &[]);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn two_runners_at_once_open_one() {
    let world = HubWorld::in_step();
    edit(&world);
    world.project.edit_master("A member can borrow a tool", "Each member can borrow a tool");
    world.push(&["main"]);
    let clones = [world.clone(), world.clone(), world.clone()];
    let variables = world.variables(&world.action);
    std::thread::scope(|scope| {
        for clone in &clones {
            let variables: Vec<(&str, &str)> =
                variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            scope.spawn(move || {
                let ran = clone.world.vso_with(&variables, &SYNC);
                assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
            });
        }
    });
    for clone in &clones {
        world.vso_in(clone, &variables, &SYNC).exits(0);
    }
    let mark = world.hub.mark();
    world.vso_in(&clones[0], &variables, &SYNC).exits(0);
    assert_eq!(world.hub.calls(mark).len(), 1);
    world.assert_nothing_else(&[MEMBERS, "slice-003-loans-v1.0.1"], 0);
    assert_eq!(world.pulls().len(), 2);
}

#[test]
fn a_no_at_the_command_line_is_a_no_there() {
    let world = opened();
    let pr = |arguments: &[&str]| world.vso(&[&["pr"], arguments].concat());
    pr(&["close", "7"]).exits(0);
    assert_eq!(text(&world.pull_of(MEMBERS), "state"), "closed");
    assert_eq!(deeds(&sync(&world, &[]))[0].0, "refused");
    pr(&["reopen", "7"]).exits(0);
    assert_eq!(text(&world.pull_of(MEMBERS), "state"), "open");
    assert_eq!(deeds(&sync(&world, &[]))[0].0, "unchanged");
    assert!(!text(&world.pull_of(MEMBERS), "body").contains("Closed by vso"));
    let shown = pr(&["show", "7"]).exits(0);
    assert!(shown.out.contains(&format!("[HUB]/{REPO}/pull/1")), "{}", shown.out);
    let listed: Value = serde_json::from_str(&pr(&["list", "--json"]).exits(0).out).unwrap();
    assert_eq!(listed["proposals"][0]["pull"], 1);
    pr(&["close", "7", "--delete-branch"]).exits(0);
    assert_eq!(world.branches(), []);
    pr(&["reopen", "7"]).exits(0);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn a_no_without_a_token_reaches_the_pull_request_with_the_next_sync() {
    let world = opened();
    world.vso_with(&world.addresses(), &["pr", "close", "7"]);
    world.git(&["push", "-q", "origin", "refs/vso/proposals:refs/vso/proposals"]);
    let clone = world.clone();
    world.vso_in(&clone, &world.variables(&world.action), &SYNC).exits(0);
    let pull = world.pull_of(MEMBERS);
    assert_eq!(text(&pull, "state"), "closed");
    assert!(text(&pull, "body").contains("**Closed by vso**: a person closed it"));
    world.assert_nothing_else(&[], 0);
}

#[test]
fn merging_at_the_command_line_merges_there() {
    for style in ["--merge", "--squash", "--rebase"] {
        let world = opened();
        let ran = world.vso(&["pr", "merge", "7", style]).exits(0);
        assert!(ran.out.starts_with("merged #7"), "{}", ran.out);
        let pull = world.pull_of(MEMBERS);
        assert!(pull["merged_at"].is_string(), "{style}: {pull}");
        assert_eq!(world.branches(), [], "{style}");
        let there = world.bare_git(&["rev-parse", "main"]).stdout;
        assert_eq!(world.project.git(&["rev-parse", "main"]).into_bytes(), there, "{style}: main is here too");
        assert_eq!(world.project.git(&["status", "--porcelain"]), "", "{style}");
        assert_eq!(deeds(&sync(&world, &[])), [], "{style}");
        world.assert_nothing_else(&[], 0);
    }
}
