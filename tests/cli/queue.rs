//! `vso queue` and `vso logs`: what people see of the work that waits, and what they decide.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use vso::ledger::{Class, Clock, Ledger, Time, Work};
use vso::worktree::log::{Level, Log};

use crate::world::project::Project;
use crate::world::{Ran, World};

const LEASE: Duration = Duration::from_secs(60);

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}:\n{}", ran.out))
}

/// A world with jobs that stand in every way; the ledger's clock stood in the past when they were made.
fn world() -> World {
    let world = World::with_master("---\ntitle: A\nversion: 1.0.0\n---\n# A\n");
    let clock = Clock::at(Time(1_767_225_600_000));
    let ledger = Ledger::open_with(world.path(), clock.clone()).unwrap();
    let add = |work: Work| ledger.enqueue(work).unwrap().id;
    let next = || ledger.claim("process 1", &["sync", "deploy"], LEASE).unwrap().unwrap();
    add(Work::new("sync").slice("slice-001-auth", "1.0.0"));
    ledger.ack(&next()).unwrap();
    add(Work::new("deploy").slice("slice-002-api", "1.1.0"));
    ledger.fail(&next(), Class::Permanent, "the server type cx11 is retired").unwrap();
    add(Work::new("deploy").slice("slice-003-ui", "1.0.0"));
    ledger.fail(&next(), Class::NeedsInput, "production needs consent").unwrap();
    add(Work::new("sync").key("slice-001-auth").slice("slice-001-auth", "1.1.0").payload(json!({ "commit": "4f2a" })));
    next();
    add(Work::new("sync").key("slice-001-auth").slice("slice-001-auth", "1.1.0"));
    // In the year 2100.
    add(Work::new("sync").not_before(Time(4_102_444_800_000)));
    let last = add(Work::new("sync").once("commit 4f2a"));
    ledger.cancel(last).unwrap();
    world
}

#[test]
fn the_queue_is_listed_and_explained() {
    let world = world();
    insta::assert_snapshot!("list", world.vso(&["queue"]).exits(0).all());
    let explained: String = (1..=7).map(|id| world.vso(&["queue", "explain", &id.to_string()]).exits(0).out).collect();
    insta::assert_snapshot!("explain", explained);
    insta::assert_snapshot!("show", world.vso(&["queue", "show", "2"]).exits(0).all());
    insta::assert_snapshot!("unknown", world.vso(&["queue", "show", "99"]).exits(2).all());
    assert_eq!(World::new().vso(&["queue"]).exits(0).err, "the queue is empty\n");
}

#[test]
fn people_decide() {
    let world = world();
    let status = |id: &str| json(&world.vso(&["queue", "show", id, "--json"]).exits(0))["job"]["status"].clone();
    assert_eq!(world.vso(&["queue", "retry", "2", "3"]).exits(0).err, "retried job 2\nretried job 3\n");
    assert_eq!((status("2"), status("3")), (json!("queued"), json!("queued")));
    let refused = world.vso(&["queue", "retry", "1", "99"]).exits(1);
    assert_eq!(refused.err, "job 1 is done; nothing was changed\nthere is no job 99\n");
    world.vso(&["queue", "cancel", "2", "5"]).exits(0);
    assert_eq!((status("2"), status("5")), (json!("cancelled"), json!("cancelled")));
    let removed = json(&world.vso(&["queue", "gc", "--days", "0", "--json"]).exits(0));
    assert_eq!(removed["jobs"], 4, "one done, three cancelled");
    let left = json(&world.vso(&["queue", "list", "--all", "--json"]).exits(0));
    assert_eq!(left["jobs"].as_array().unwrap().len(), 3);
}

#[test]
fn json_is_as_its_schema_says() {
    let world = world();
    let commands: [&[&str]; 7] = [
        &["queue", "list", "--all"],
        &["queue", "show", "2"],
        &["queue", "explain", "2"],
        &["queue", "retry", "2"],
        &["queue", "cancel", "2"],
        &["queue", "drain"],
        &["queue", "gc"],
    ];
    for command in commands {
        let schema = json(&world.vso(&[command, &["--schema"]].concat()).exits(0));
        // There is no repository, so the syncs that are drained fail.
        let code = i32::from(command.contains(&"drain"));
        let report = json(&world.vso(&[command, &["--json"]].concat()).exits(code));
        for key in report.as_object().unwrap().keys() {
            assert!(schema["properties"].get(key).is_some(), "{command:?}: {key} is not in the schema");
        }
        assert_eq!(report["format"], 1);
    }
}

#[test]
fn draining_runs_what_is_due_and_leaves_what_it_cant_do() {
    let world = World::new();
    world.vso(&["init"]).exits(0);
    world.git(&["init", "--quiet", "--initial-branch", "main"]);
    world.git(&["add", "."]);
    world.git(&["commit", "--quiet", "--message", "begin"]);
    let ledger = Ledger::open(world.path()).unwrap();
    ledger.enqueue(Work::new("plan")).unwrap();
    ledger.enqueue(Work::new("orchestrate").slice("slice-001-notes", "1.0.0")).unwrap();
    insta::assert_snapshot!("drain", world.vso(&["queue", "drain"]).exits(0).all());
    std::fs::remove_dir_all(world.path().join(".git")).unwrap();
    ledger.enqueue(Work::new("plan")).unwrap();
    let ran = world.vso(&["queue", "drain", "--json"]).exits(1);
    assert_eq!(json(&ran)["failed"], 1);
    let dead = json(&world.vso(&["queue", "list", "--status", "dead", "--json"]).exits(0));
    assert!(dead["jobs"][0]["cause"].as_str().is_some_and(|cause| !cause.is_empty()), "{dead}");
    let logged = world.vso(&["logs", "queue"]).exits(0).out;
    assert!(logged.contains(" info job 1 plan: done\n") && logged.contains(" error job 3 plan: failed"), "{logged}");
}

/// The queue's jobs, newest first.
fn jobs(project: &Project) -> Vec<Value> {
    let all = json(&project.vso(&["queue", "list", "--all", "--json"]).exits(0));
    all["jobs"].as_array().unwrap().clone()
}

#[test]
fn what_a_commit_queued_is_drained_into_a_proposal() {
    let project = Project::in_step();
    project.vso(&["hook", "install"]).exits(0);
    project.edit_master("An email address must be unique.", "An email address must be unique among members.");
    let queued = jobs(&project);
    assert_eq!((queued.len(), &queued[0]["kind"], &queued[0]["status"]), (1, &json!("sync"), &json!("queued")));
    let branch = "slice-001-members-v1.0.1";
    assert!(!project.has_branch(branch), "the hook only queues");
    project.vso(&["queue", "drain"]).exits(0);
    let spec = project.show(branch, "vertical-slices/slice-001-members/spec.md");
    assert!(spec.contains("unique among members"), "{spec}");
    assert!(project.proposals().iter().any(|(_, state, of)| state == "open" && of == branch));
    assert_eq!(jobs(&project)[0]["status"], "done");
    let refs = project.refs();
    let ledger = Ledger::open(project.world.path()).unwrap();
    ledger.enqueue(Work::new("sync").key(".")).unwrap();
    ledger.enqueue(Work::new("nightly")).unwrap();
    project.vso(&["queue", "drain"]).exits(0);
    assert_eq!(project.refs(), refs, "a second sync and a night had nothing to do");
    let logged = project.vso(&["logs"]).exits(0).out;
    assert!(
        logged.contains(&format!(" {branch}\n")) && logged.contains(" nightly info sync: nothing new\n"),
        "{logged}"
    );
}

#[test]
fn a_specification_that_can_not_be_used_is_dead_with_its_cause_and_a_remote_that_is_away_is_tried_again() {
    let project = Project::in_step();
    let ledger = Ledger::open(project.world.path()).unwrap();
    project.git(&["remote", "add", "origin", "gone/nowhere.git"]);
    project.edit_master("An email address must be unique.", "An email address must be unique among members.");
    let away = ledger.enqueue(Work::new("sync")).unwrap().id;
    project.vso(&["queue", "drain"]).exits(1);
    let job = ledger.job(away).unwrap().unwrap();
    assert_eq!((job.status.word(), job.failure.as_deref(), job.attempts), ("queued", Some("transient"), 1));
    assert!(project.has_branch("slice-001-members-v1.0.1"), "the proposal is here whatever the remote does");
    project.git(&["remote", "remove", "origin"]);
    ledger.cancel(away).unwrap();
    project.world.write("master-spec.md", "");
    project.commit("emptied");
    let refs = project.refs();
    let empty = ["sync", "nightly"].map(|kind| ledger.enqueue(Work::new(kind)).unwrap().id);
    project.vso(&["queue", "drain"]).exits(1);
    for id in empty {
        let why = project.vso(&["queue", "explain", &id.to_string()]).exits(0).out;
        assert!(why.contains("is dead after 1 attempt (permanent): master-spec.md:1: the file is empty"), "{why}");
    }
    assert_eq!(project.refs(), refs);
}

#[test]
fn a_damaged_or_newer_queue_is_said_with_a_hint() {
    let world = World::with_master("# A\n");
    world.write(".slice-orchestrator/queue.db", "this is no database, though it is long enough to be read as one");
    insta::assert_snapshot!("damaged", world.vso(&["queue"]).exits(3).all());
    std::fs::remove_file(world.path().join(".slice-orchestrator/queue.db")).unwrap();
    let newer = rusqlite::Connection::open(world.path().join(".slice-orchestrator/queue.db")).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    insta::assert_snapshot!("newer", world.vso(&["queue"]).exits(3).all());
}

#[test]
fn logs_are_shown_as_text_and_json() {
    let world = World::with_master("# A\n");
    assert_eq!(world.vso(&["logs"]).exits(0).err, "nothing is logged\n");
    Log::Sync.add(world.path(), Level::Info, "opened slice-001-auth-v1.1.0").unwrap();
    Log::Nightly.add(world.path(), Level::Error, "fetching https://me:hunter2hunter2@host/x.git failed").unwrap();
    let all = world.vso(&["logs"]).exits(0).out;
    assert!(all.contains(" sync info opened slice-001-auth-v1.1.0\n") && !all.contains("hunter2"), "{all}");
    let line: Value = serde_json::from_str(&world.vso(&["logs", "nightly", "--json", "-n", "1"]).exits(0).out).unwrap();
    assert_eq!((&line["log"], &line["level"]), (&json!("nightly"), &json!("error")));
    assert_eq!(line["text"], "fetching https://me:***@host/x.git failed");
    let schema = json(&world.vso(&["logs", "--schema"]).exits(0));
    for key in line.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
    world.vso(&["logs", "nothing"]).exits(2);
}

#[test]
fn following_goes_on_until_it_is_ended() {
    let world = World::with_master("# A\n");
    Log::Sync.add(world.path(), Level::Info, "before").unwrap();
    let mut command = world.command(env!("CARGO_BIN_EXE_vso"));
    let mut child = command.args(["logs", "sync", "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().ends_with("info before"));
    Log::Sync.add(world.path(), Level::Info, "after").unwrap();
    assert!(lines.next().unwrap().ends_with("info after"));
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
