//! From a push to pull requests, and what they say: made once, changed only where there is something else to say, in as
//! few calls as that takes.

use serde_json::{Value, json};

use super::world::{HubWorld, REPO};

/// `vso sync` without checks, which are another topic's.
pub fn sync(world: &HubWorld, arguments: &[&str]) -> Value {
    world.sync(&[&["--config", "github.checks=false"], arguments].concat())
}

/// The branch of the proposal that [`edit`] leads to.
pub const MEMBERS: &str = "slice-001-members-v1.0.1";

/// One requirement of one slice changes, and that is pushed.
pub fn edit(world: &HubWorld) {
    world.edit_master("An email address must be unique.", "An email address must be unique among members.");
}

/// A world with one open pull request.
pub fn opened() -> HubWorld {
    let world = HubWorld::in_step();
    edit(&world);
    sync(&world, &[]);
    assert_eq!(world.open_branches(), [MEMBERS]);
    world
}

/// Deed, branch and pull request of each line of a sync.
pub fn deeds(report: &Value) -> Vec<(String, String, Option<u64>)> {
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let lines = report["proposals"].as_array().unwrap().iter();
    lines.map(|line| (text(line, "deed"), text(line, "branch"), line["pull"].as_u64())).collect()
}

pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

pub fn number(pull: &Value) -> u64 {
    pull["number"].as_u64().unwrap()
}

#[test]
fn a_push_becomes_a_pull_request_and_a_second_run_does_nothing() {
    let world = HubWorld::in_step();
    edit(&world);
    let mark = world.hub.mark();
    let report = sync(&world, &[]);
    assert_eq!(deeds(&report), [("opened".to_owned(), MEMBERS.to_owned(), Some(1))]);
    assert_eq!(text(&report["proposals"][0], "url"), format!("[HUB]/{REPO}/pull/1"));
    let calls = world.hub.calls(mark);
    let expected = [
        format!("GET /repos/{REPO}/pulls"),
        format!("POST /repos/{REPO}/pulls"),
        format!("POST /repos/{REPO}/issues/1/labels"),
    ];
    assert_eq!(calls.iter().map(|call| call.split('?').next().unwrap()).collect::<Vec<_>>(), expected);
    let pull = world.pull_of(MEMBERS);
    assert_eq!((text(&pull, "title"), &pull["draft"]), ("slice-001-members 1.0.1: ~FR-002", &json!(false)));
    assert_eq!((text(&pull["base"], "ref"), text(&pull["labels"][0], "name")), ("main", "vso"));
    let body = text(&pull, "body");
    for part in [
        "changed **FR-002** (line 13): An email address must be unique among members.",
        "Reach: 1 of 5 slices, 1 requirement.",
        "- [ ] **AC-FR-002**",
        "- Tests: `tests/",
        "`/vso help`",
        "<!-- vso:proposal 7 slice-001-members draft=0",
    ] {
        assert!(body.contains(part), "{part:?} is not in {body}");
    }
    let spec = world.show(MEMBERS, "vertical-slices/slice-001-members/spec.md");
    assert!(spec.contains("unique among members"));
    let (mark, refs) = (world.hub.mark(), world.bare_git(&["for-each-ref"]).stdout);
    let report = sync(&world, &[]);
    assert_eq!(deeds(&report), [("unchanged".to_owned(), MEMBERS.to_owned(), Some(1))]);
    assert_eq!(world.hub.calls(mark).len(), 1, "{:?}", world.hub.calls(mark));
    assert_eq!(world.bare_git(&["for-each-ref"]).stdout, refs);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn a_first_run_opens_one_for_each_slice_and_one_for_the_master() {
    let world = HubWorld::new();
    let mark = world.hub.mark();
    let report = sync(&world, &[]);
    assert_eq!(deeds(&report).len(), 6);
    let branches = world.open_branches();
    assert_eq!(branches.len(), 6, "{branches:?}");
    assert!(branches[0].starts_with("master-spec-v"));
    let writes = world.hub.calls(mark).iter().filter(|call| !call.starts_with("GET")).count();
    assert_eq!(writes, 12, "one pull request and one label each");
    let mark = world.hub.mark();
    sync(&world, &[]);
    assert_eq!(world.hub.calls(mark).len(), 1);
    world.assert_nothing_else(&branches.iter().map(String::as_str).collect::<Vec<_>>(), 0);
}

#[test]
fn a_fresh_clone_goes_on_where_the_last_run_stopped() {
    let world = opened();
    let clone = world.clone();
    let ran = world.vso_in(&clone, &world.variables(&world.action), &["sync", "--config", "github.checks=false"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("unchanged") && ran.out.contains("pull request 1"), "{}", ran.out);
    world.edit_master("A member can borrow a tool", "Each member can borrow a tool");
    let clone = world.clone();
    let ran = world.vso_in(&clone, &world.variables(&world.action), &["sync", "--config", "github.checks=false"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    world.assert_nothing_else(&[MEMBERS, "slice-003-loans-v1.0.1"], 0);
}

#[test]
fn a_dry_run_names_every_call_and_makes_none() {
    let world = HubWorld::in_step();
    edit(&world);
    let (mark, refs) = (world.hub.mark(), world.bare_git(&["for-each-ref"]).stdout);
    let report = sync(&world, &["--dry-run"]);
    let calls: Vec<String> = report["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| format!("{} {}", text(call, "method"), text(call, "path").split('?').next().unwrap()))
        .collect();
    let repository = format!("/repos/{REPO}");
    let expected = [
        format!("GET {repository}/pulls"),
        format!("POST {repository}/pulls"),
        format!("POST {repository}/issues/{{new}}/labels"),
    ];
    assert_eq!(calls, expected);
    assert!(report["calls"].as_array().unwrap().iter().all(|call| !text(call, "why").is_empty()), "{report}");
    assert!(world.hub.calls(mark).iter().all(|call| call.starts_with("GET")));
    assert_eq!(world.bare_git(&["for-each-ref"]).stdout, refs);
    world.assert_nothing_else(&[], 0);
}

#[test]
fn a_changed_master_changes_the_pull_request_in_place() {
    let world = opened();
    world.edit_master("unique among members", "unique among all members");
    let mark = world.hub.mark();
    let report = sync(&world, &[]);
    assert_eq!(deeds(&report), [("updated".to_owned(), MEMBERS.to_owned(), Some(1))]);
    assert_eq!(world.hub.calls(mark).iter().filter(|call| call.starts_with("PATCH")).count(), 1);
    assert!(text(&world.pull_of(MEMBERS), "body").contains("unique among all members"));
    let mark = world.hub.mark();
    sync(&world, &[]);
    assert_eq!(world.hub.calls(mark).len(), 1);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn what_people_wrote_into_it_stays() {
    let world = opened();
    let body = text(&world.pull_of(MEMBERS), "body").to_owned();
    let change = json!({ "title": "Unique addresses", "body": format!("Please look at this first.\r\n\r\n{body}") });
    world.change_pull(&world.bob, 1, &change);
    world.edit_master("unique among members", "unique among all members");
    sync(&world, &[]);
    sync(&world, &[]);
    let pull = world.pull_of(MEMBERS);
    assert_eq!(text(&pull, "title"), "Unique addresses");
    assert!(text(&pull, "body").starts_with("Please look at this first."));
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn a_ticked_criterion_stays_ticked() {
    let world = opened();
    let body = text(&world.pull_of(MEMBERS), "body").replace("- [ ] **AC-FR-001**", "- [x] **AC-FR-001**");
    world.change_pull(&world.bob, 1, &json!({ "body": body.replace('\n', "\r\n") }));
    let mark = world.hub.mark();
    sync(&world, &[]);
    assert_eq!(world.hub.calls(mark).len(), 1, "a tick is no change");
    world.edit_master("unique among members", "unique among all members");
    sync(&world, &[]);
    let pull = world.pull_of(MEMBERS);
    assert!(text(&pull, "body").contains("- [x] **AC-FR-001**") && text(&pull, "body").contains("among all members"));
}

#[test]
fn people_commit_on_the_branch_and_that_stays() {
    let world = opened();
    let spec = "vertical-slices/slice-001-members/spec.md";
    world.commit_on(MEMBERS, spec, |before| before + "\nA note by bob.\n");
    world.edit_master("unique among members", "unique among all members");
    sync(&world, &[]);
    let text = world.show(MEMBERS, spec);
    assert!(text.contains("A note by bob.") && text.contains("unique among all members"), "{text}");
    let authors = world.bare_git(&["log", "--format=%s", &format!("main..{MEMBERS}")]).stdout;
    assert!(String::from_utf8_lossy(&authors).contains("bob edits"));
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn what_the_master_takes_back_is_closed_with_the_reason() {
    let world = opened();
    world.edit_master("An email address must be unique among members.", "An email address must be unique.");
    let report = sync(&world, &[]);
    assert_eq!(deeds(&report)[0].0, "superseded");
    let pull = world.pull_of(MEMBERS);
    assert_eq!((text(&pull, "state"), &pull["merged_at"]), ("closed", &Value::Null));
    assert!(text(&pull, "body").contains("**Closed by vso**: nothing of it is wanted any more"), "{}", pull["body"]);
    assert_eq!(world.branches(), [], "its branch is gone");
    let mark = world.hub.mark();
    sync(&world, &[]);
    assert_eq!(world.hub.calls(mark).len(), 1);
    world.assert_nothing_else(&[], 0);
}

#[test]
fn only_so_many_are_open_and_the_rest_waits() {
    let world = HubWorld::new();
    sync(&world, &["--config", "sync.max-open=2"]);
    assert_eq!(world.open_pulls().len(), 2);
    sync(&world, &["--config", "sync.max-open=2"]);
    assert_eq!(world.open_pulls().len(), 2);
    for pull in world.open_pulls() {
        world.merge_pull(number(&pull), "squash");
    }
    world.pull_main();
    sync(&world, &["--config", "sync.max-open=2"]);
    assert_eq!(world.open_pulls().len(), 2);
    assert_eq!(world.pulls().len(), 4);
}

#[test]
fn all_slices_go_into_one_where_the_settings_say_so() {
    let world = HubWorld::new();
    sync(&world, &["--config", "sync.together=true"]);
    let branches = world.open_branches();
    assert_eq!(branches.len(), 2, "{branches:?}");
    let all = world.pull_of(&branches[1]);
    assert!(branches[1].starts_with("slices-all-v"));
    assert_eq!((text(&all, "title"), &all["draft"]), ("5 slices at once", &json!(false)));
    world.merge_pull(number(&all), "merge");
    world.pull_main();
    sync(&world, &["--config", "sync.together=true"]);
    assert!(
        world.open_branches().iter().all(|branch| branch.starts_with("master-spec")),
        "{:?}",
        world.open_branches()
    );
}

#[test]
fn labels_reviewers_and_drafts_are_as_the_settings_say() {
    let world = HubWorld::in_step();
    edit(&world);
    let settings = [
        "--config",
        "github.drafts=true",
        "--config",
        "github.labels=[\"specification\"]",
        "--config",
        "github.reviewers=[\"bob\"]",
    ];
    let mark = world.hub.mark();
    sync(&world, &settings);
    let pull = world.pull_of(MEMBERS);
    let labels: Vec<&str> = pull["labels"].as_array().unwrap().iter().map(|label| text(label, "name")).collect();
    assert_eq!((labels, &pull["draft"]), (vec!["vso", "specification"], &json!(true)));
    assert_eq!(text(&pull["requested_reviewers"][0], "login"), "bob");
    assert_eq!(world.hub.calls(mark).len(), 4, "{:?}", world.hub.calls(mark));
    // What people change of that is theirs.
    world.hub.api(&world.bob, "DELETE", &format!("/repos/{REPO}/issues/1/labels/vso"), &Value::Null).ok();
    let mark = world.hub.mark();
    sync(&world, &settings);
    assert_eq!(world.hub.calls(mark).len(), 1);
}

#[test]
fn a_conflict_is_shown_with_all_three_texts_and_the_commands() {
    let world = HubWorld::in_step();
    let spec = "vertical-slices/slice-001-members/spec.md";
    world.project.edit(spec, "An email address must be unique.", "An email address must be unique in one town.");
    edit(&world);
    let ran = world.vso(&["sync", "--config", "github.checks=false"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let body = text(&world.pull_of(MEMBERS), "body").to_owned();
    for part in
        ["## For a person to decide", "base:\n```", "unique in one town", "unique among members", "/vso resolve"]
    {
        assert!(body.contains(part), "{part:?} is not in {body}");
    }
    assert!(!body.contains("<<<<<<<"));
    let mark = world.hub.mark();
    world.vso(&["sync", "--config", "github.checks=false"]).exits(1);
    assert_eq!(world.hub.calls(mark).len(), 1);
    world.assert_nothing_else(&[MEMBERS], 0);
}

#[test]
fn what_people_wrote_in_a_slice_goes_up_by_one_pull_request() {
    let world = HubWorld::in_step();
    let spec = "vertical-slices/slice-001-members/spec.md";
    let text_of = "An email address must be unique.";
    let before = world.project.world.read(spec);
    world.project.world.write(spec, before.replace(text_of, "An email address must be unique in one town."));
    world.project.commit("a slice says more");
    world.push(&["main"]);
    sync(&world, &[]);
    let branches = world.open_branches();
    assert_eq!(branches.len(), 1, "{branches:?}");
    assert!(branches[0].starts_with("master-spec-v"));
    assert!(world.show(&branches[0], "master-spec.md").contains("unique in one town"));
    assert!(text(&world.pull_of(&branches[0]), "body").contains("**FR-002**, from slice-001-members"));
    world.merge_pull(1, "squash");
    world.pull_main();
    sync(&world, &[]);
    let mark = world.hub.mark();
    assert_eq!(deeds(&sync(&world, &[])), []);
    assert_eq!(world.hub.calls(mark).len(), 1);
    world.assert_nothing_else(&[], 0);
}
