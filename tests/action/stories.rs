//! The workflows that `vso init --github` writes, run as the hosted runner would run them, against a whole GitHub: each with
//! a token that has its job's permissions and no more.

use serde_json::{Value, json};

use super::lint::PINNED;
use super::runner::{Done, Job, yaml};
use crate::hub::{ALICE, HubWorld, MALLORY, REPO};
use crate::world::World;

const CATALOGUE: &str = "vertical-slices/slice-002-catalogue/spec.md";

/// The catalogue's item with the master's text.
const TAKEN: &str = "- **FR-011** A member can search by any word.";

/// A repository with the workflows on main.
fn with_workflows(world: HubWorld) -> HubWorld {
    world.project.vso(&[&["init", "--github"][..], &PINNED].concat()).exits(0);
    world.project.commit("vso's workflows");
    world.push(&["main"]);
    world
}

/// Runs a workflow for an event; the checkout is that of its first step.
fn run(hub: &HubWorld, name: &str, event_name: &str, event: Value, more: &[(&str, &str)]) -> Done {
    let workflow = yaml(&hub.show("main", &format!(".github/workflows/vso-{name}.yml")));
    let mut event = event;
    event["repository"] = json!({ "full_name": REPO });
    let job = &workflow["jobs"][name];
    let steps = job["steps"].as_array().unwrap();
    assert!(steps[0]["uses"].as_str().unwrap().starts_with("actions/checkout@") && steps.len() == 2);
    let reference = match steps[0]["with"]["ref"].as_str() {
        Some("${{ github.event.pull_request.base.sha }}") => event["pull_request"]["base"]["sha"].as_str().unwrap(),
        Some("main") => "main",
        other => panic!("{other:?}"),
    };
    // What GitHub leaves of them where the head is a fork's.
    let is_fork = event["pull_request"]["head"]["repo"]["fork"] == true;
    let left = |grade: &Value| if is_fork { json!("read") } else { grade.clone() };
    let permissions: Value = job["permissions"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, grade)| (name.replace('-', "_"), left(grade)))
        .collect();
    let made =
        hub.hub.control("POST", "tokens", &json!({ "kind": "actions", "repo": REPO, "permissions": permissions }));
    let world = World::new();
    let workspace = world.path().join("work");
    hub.git_in(&world, &hub.alice, &["clone", "-q", &hub.remote(), "work"]);
    world.git(&["-C", "work", "checkout", "-q", reference]);
    let mut variables = hub.addresses();
    variables.push(("VSO_BINARY".into(), env!("CARGO_BIN_EXE_vso").into()));
    variables.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let token = made["token"].as_str().unwrap().to_owned();
    let job = Job { world: &world, workspace, event_name, event, token: token.clone(), variables };
    let inputs: Vec<(&str, &str)> = steps[1]["with"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "version" | "sha256"))
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let done = job.run(&inputs);
    assert!(!done.log.contains(&token) && !done.summary.contains(&token), "a token in the log");
    done
}

fn push(hub: &HubWorld) -> Done {
    run(hub, "sync", "push", json!({ "ref": "refs/heads/main" }), &[])
}

/// The event of a comment that somebody just wrote.
fn said(hub: &HubWorld, token: &str, number: u64, body: &str) -> Value {
    let comment = hub.comment(token, number, body);
    json!({ "action": "created", "comment": comment, "issue": { "number": number, "pull_request": { "url": "x" } } })
}

fn answered(hub: &HubWorld, event: &Value) -> Done {
    run(hub, "comment", "issue_comment", event.clone(), &[])
}

/// The reactions to the comment of an event.
fn reactions(hub: &HubWorld, event: &Value) -> Vec<String> {
    let path = format!("/repos/{REPO}/issues/comments/{}/reactions", event["comment"]["id"]);
    let found = hub.hub.api(&hub.alice, "GET", &path, &Value::Null).ok();
    let mut words: Vec<String> =
        found.as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap().to_owned()).collect();
    words.sort();
    words
}

fn bodies(hub: &HubWorld, number: u64) -> Vec<String> {
    hub.comments(number).iter().map(|comment| comment["body"].as_str().unwrap().to_owned()).collect()
}

/// A repository in which the catalogue's pull request has an open conflict, and that pull request.
fn in_conflict() -> (HubWorld, Value) {
    let hub = with_workflows(HubWorld::in_step());
    hub.project.edit(
        CATALOGUE,
        "- **FR-011** A member can search by a word of the title.",
        "- **FR-011** A member can search by an author.",
    );
    hub.edit_master("search by a word of the title", "search by any word");
    let done = push(&hub).exits(1);
    assert_eq!(done.outputs["slices-changed"], "[\"slice-002-catalogue\"]");
    assert_ne!(done.outputs["conflicts"], "0");
    assert!(!done.annotations("warning").is_empty(), "{}", done.log);
    let pulls = hub.open_pulls();
    let pull = pulls.into_iter().find(|pull| pull["head"]["ref"].as_str().unwrap().contains("catalogue"));
    (hub, pull.expect("a pull request"))
}

#[test]
fn a_push_opens_pull_requests_and_the_same_again_does_nothing() {
    let hub = with_workflows(HubWorld::new());
    let done = push(&hub).exits(0);
    let mut open: Vec<u64> = hub.open_pulls().iter().map(|pull| pull["number"].as_u64().unwrap()).collect();
    open.sort_unstable();
    assert!(open.len() >= 5, "{open:?}");
    assert_eq!(done.outputs["pull-requests"], json!(open).to_string());
    let slices: Vec<String> = serde_json::from_str(&done.outputs["slices-changed"]).unwrap();
    assert_eq!(slices.len(), 5, "{slices:?}");
    assert!(done.summary.contains("5 slices change"), "{}", done.summary);
    let again = push(&hub).exits(0);
    assert_eq!(again.outputs["slices-changed"], "[]");
    assert_eq!(again.outputs["pull-requests"], done.outputs["pull-requests"]);
    let names = hub.open_branches();
    hub.assert_nothing_else(&names.iter().map(String::as_str).collect::<Vec<_>>(), 0);
}

#[test]
fn a_comment_settles_a_conflict_and_is_answered_once() {
    let (hub, pull) = in_conflict();
    let number = pull["number"].as_u64().unwrap();
    let branch = pull["head"]["ref"].as_str().unwrap();
    let event = said(&hub, &hub.bob, number, "Thanks!\n\n/vso resolve master\n");
    let done = answered(&hub, &event).exits(0);
    assert_eq!(done.outputs["conflicts"], "0", "{}", done.log);
    assert!(hub.show(branch, CATALOGUE).contains(TAKEN));
    assert_eq!(reactions(&hub, &event), ["+1", "eyes"]);
    let said = bodies(&hub, number);
    assert_eq!(said.len(), 2, "{said:#?}");
    let short = &pull["head"]["sha"].as_str().unwrap()[..10];
    assert!(said[1].starts_with("settled ") && said[1].contains(short), "{}", said[1]);
    // The same delivery again.
    answered(&hub, &event).exits(0);
    assert_eq!(bodies(&hub, number), said);
}

#[test]
fn who_may_not_push_is_not_obeyed_and_a_machine_not_heard() {
    let (hub, pull) = in_conflict();
    let number = pull["number"].as_u64().unwrap();
    let event = said(&hub, &hub.mallory, number, "/vso resolve master");
    assert_eq!(event["comment"]["user"]["login"], MALLORY);
    answered(&hub, &event).exits(0);
    assert_eq!(reactions(&hub, &event), ["-1"]);
    // A name that belongs to somebody else by now.
    let mut stolen = said(&hub, &hub.alice, number, "/vso resolve master");
    assert_eq!(stolen["comment"]["user"]["login"], ALICE);
    stolen["comment"]["user"]["id"] = json!(999_999);
    answered(&hub, &stolen).exits(0);
    let mut robot = said(&hub, &hub.alice, number, "/vso sync");
    robot["comment"]["user"]["type"] = json!("Bot");
    answered(&hub, &robot).exits(0);
    let mut edited = said(&hub, &hub.alice, number, "/vso plan");
    edited["comment"]["body"] = json!("/vso resolve master");
    answered(&hub, &edited).exits(0);
    assert_eq!(bodies(&hub, number).len(), 4, "nothing was answered");
    assert!(!hub.show(pull["head"]["ref"].as_str().unwrap(), CATALOGUE).contains(TAKEN));
}

#[test]
fn what_is_wrong_or_hostile_gets_one_harmless_answer() {
    let (hub, pull) = in_conflict();
    let number = pull["number"].as_u64().unwrap();
    let event =
        said(&hub, &hub.bob, number, "/vso resolv master\n/vso resolve slice @alice$(touch${IFS}x)::error::#1<!--");
    let done = answered(&hub, &event).exits(1);
    assert_eq!(reactions(&hub, &event), ["confused", "eyes"]);
    let answer = bodies(&hub, number).pop().unwrap();
    assert!(answer.contains("did you mean") && answer.contains("no open conflict"), "{answer}");
    assert!(!answer.contains("@alice") && answer.matches("<!--").count() == 1, "{answer}");
    assert!(done.commands.iter().all(|(name, _)| name == "warning"), "{:?}", done.commands);
    for ask in ["/vso help", "/vso status", "/vso plan", "/vso retry", "/vso regenerate", "/vso sync --wide"] {
        let event = said(&hub, &hub.bob, number, ask);
        answered(&hub, &event).exits(0);
        assert_eq!(reactions(&hub, &event), ["+1", "eyes"], "{ask}");
    }
    let answers = bodies(&hub, number);
    assert!(answers.iter().any(|body| body.contains("| conflict |")), "{answers:#?}");
    assert!(answers.iter().any(|body| body.contains("| open |") && body.contains("FR-011")), "{answers:#?}");
}

#[test]
fn a_run_that_is_killed_anywhere_is_finished_by_the_next() {
    let (hub, pull) = in_conflict();
    let number = pull["number"].as_u64().unwrap();
    let event = said(&hub, &hub.bob, number, "/vso resolve master");
    // Each run is killed a little later than the one before, until one comes through.
    let mut at = 4;
    let done = loop {
        let done = run(&hub, "comment", "issue_comment", event.clone(), &[("VSO_TEST_CRASH_AT", &at.to_string())]);
        if done.code == 0 {
            break done;
        }
        assert!(bodies(&hub, number).len() <= 2, "{:#?}", bodies(&hub, number));
        at += 9;
    };
    assert!(at > 20, "killed at {at} only: {}", done.log);
    assert_eq!(bodies(&hub, number).len(), 2);
    assert_eq!(reactions(&hub, &event), ["+1", "eyes"]);
    assert!(hub.show(pull["head"]["ref"].as_str().unwrap(), CATALOGUE).contains(TAKEN));
    assert_eq!(hub.open_pulls().iter().filter(|one| one["head"]["ref"] == pull["head"]["ref"]).count(), 1);
}

#[test]
fn a_command_for_a_head_that_moved_is_refused() {
    let (hub, pull) = in_conflict();
    let number = pull["number"].as_u64().unwrap();
    let branch = pull["head"]["ref"].as_str().unwrap();
    let event = said(&hub, &hub.bob, number, "/vso resolve master");
    // It is acknowledged with the head that it saw, and the run ends there.
    let mut at = 8;
    while bodies(&hub, number).len() < 2 {
        run(&hub, "comment", "issue_comment", event.clone(), &[("VSO_TEST_CRASH_AT", &at.to_string())]);
        at += 1;
    }
    let last = bodies(&hub, number).pop().unwrap();
    assert!(last.contains(" working ") && last.contains(pull["head"]["sha"].as_str().unwrap()), "{last}");
    hub.commit_on(branch, "vertical-slices/slice-002-catalogue/notes.md", |_| "mine\n".into());
    answered(&hub, &event).exits(1);
    let last = bodies(&hub, number).pop().unwrap();
    assert!(last.contains("somebody committed to it since"), "{last}");
    assert!(!hub.show(branch, CATALOGUE).contains(TAKEN));
}

#[test]
fn a_strangers_pull_request_is_checked_by_the_rules_of_the_base() {
    let hub = with_workflows(HubWorld::in_step());
    // What it brings would break or bend every run that believed it.
    let branch = "patch-1";
    hub.project.git(&["switch", "-q", "-c", branch]);
    hub.project.world.write(".vso/templates/slice/spec.md", "{% for %}");
    hub.project.world.write("vso.toml", "[project]\nmaster = \"other.md\"\n");
    hub.project.world.write(".gitattributes", "* filter=evil\n");
    hub.project.edit_master("- **Fees**: Takes payment.", "- **Fees**: Takes payment. Depends on: Loans, Nobody.");
    hub.push(&[branch]);
    let made = json!({ "title": "::error::x", "head": branch, "base": "main" });
    let mut pull = hub.hub.api(&hub.bob, "POST", &format!("/repos/{REPO}/pulls"), &made).ok();
    let head = pull["head"]["sha"].as_str().unwrap().to_owned();
    let before = hub.branches();
    pull["head"]["repo"]["fork"] = json!(true);
    let done = run(&hub, "check", "pull_request", json!({ "pull_request": pull }), &[]);
    assert!(matches!(done.code, 0 | 1), "{}", done.log);
    assert_eq!(hub.checks(&head), Vec::<Value>::new());
    assert!(done.summary.contains("vso / specification"), "{}\n{}", done.summary, done.log);
    assert!(!done.log.contains("other.md"), "{}", done.log);
    assert!(done.commands.iter().all(|(_, text)| text.contains("file=master-spec.md")), "{:?}", done.commands);
    assert_eq!(hub.branches(), before);
    // The same from a branch of the repository, whose run may write checks and nothing else.
    pull["head"]["repo"]["fork"] = json!(false);
    let own = run(&hub, "check", "pull_request", json!({ "pull_request": pull }), &[]);
    assert_eq!((own.code, own.commands), (done.code, done.commands), "{}", own.log);
    let mut names: Vec<Value> = hub.checks(&head).iter().map(|check| check["name"].clone()).collect();
    names.sort_by_key(Value::to_string);
    assert_eq!(names, ["vso / slices", "vso / specification", "vso / trace"]);
    assert_eq!(hub.branches(), before);
}

#[test]
fn a_night_makes_up_for_a_push_that_nobody_heard() {
    let hub = with_workflows(HubWorld::in_step());
    hub.edit_master("search by a word of the title", "search by any word");
    let done = run(&hub, "nightly", "schedule", json!({}), &[]).exits(0);
    assert_eq!(done.outputs["slices-changed"], "[\"slice-002-catalogue\"]");
    assert_eq!(hub.open_pulls().len(), 1);
    run(&hub, "nightly", "schedule", json!({}), &[]).exits(0);
    assert_eq!(hub.open_pulls().len(), 1);
}
