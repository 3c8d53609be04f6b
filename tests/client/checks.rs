//! Checks: in batches, with true totals, never twice, and as commit statuses where only a person signs in.

use serde_json::{Value, json};
use vso::forge::github::Hub;
use vso::report::check::{Annotation, Button, Check, Conclusion, Level, SLICES, SPECIFICATION};

use super::desk::Desk;
use crate::hub_world::REPO;

fn check(name: &str, annotations: usize) -> Check {
    let one = |line: usize| Annotation {
        path: "master-spec.md".into(),
        start_line: line,
        end_line: line,
        columns: Some((1, 5)),
        level: if line.is_multiple_of(2) { Level::Warning } else { Level::Failure },
        title: "a-rule".into(),
        message: format!("number {line}"),
    };
    Check {
        name: name.into(),
        conclusion: if annotations == 0 { Conclusion::Success } else { Conclusion::ActionRequired },
        title: format!("{annotations} things"),
        summary: "what is wrong".into(),
        annotations: (1..=annotations).map(one).collect(),
        buttons: vec![Button { label: "Regenerate".into(), description: "again".into(), identifier: "again".into() }],
    }
}

/// Publishes as callers do: after a look at what is there.
fn publish(hub: &Hub<'_>, commit: &str, check: &Check) {
    let seen = hub.checks_of(commit).unwrap();
    hub.publish(commit, check, seen.iter().find(|seen| seen.name == check.name)).unwrap();
}

/// The runs on the hub with name, conclusion and annotations, oldest first.
fn runs(desk: &Desk, commit: &str) -> Vec<(String, String, u64)> {
    let path = format!("/repos/{REPO}/commits/{commit}/check-runs?per_page=100&filter=all");
    let found = desk.world.hub.api(&desk.world.alice, "GET", &path, &Value::Null).ok();
    let mut runs = found["check_runs"].as_array().unwrap().clone();
    runs.sort_by_key(|run| run["id"].as_u64());
    let row = |run: &Value| {
        let text = |key: &str| run[key].as_str().unwrap_or("-").to_owned();
        (text("name"), text("conclusion"), run["output"]["annotations_count"].as_u64().unwrap_or(0))
    };
    runs.iter().map(row).collect()
}

fn row(name: &str, conclusion: &str, annotations: u64) -> (String, String, u64) {
    (name.into(), conclusion.into(), annotations)
}

#[test]
fn more_than_fifty_annotations_come_in_batches_with_the_end_last() {
    let desk = Desk::new();
    let commit = desk.branch("one");
    let mark = desk.world.hub.mark();
    desk.action(|hub| {
        publish(hub, &commit, &check(SLICES, 120));
        publish(hub, &commit, &check(SPECIFICATION, 0));
    });
    assert_eq!(runs(&desk, &commit), [row(SLICES, "action_required", 120), row(SPECIFICATION, "success", 0)]);
    let writes = desk.world.hub.calls(mark).into_iter().filter(|call| !call.starts_with("GET")).count();
    assert_eq!(writes, 4, "three batches and one");
    let mark = desk.world.hub.mark();
    desk.action(|hub| publish(hub, &commit, &check(SLICES, 120)));
    assert_eq!(desk.world.hub.calls(mark).len(), 1, "one look, nothing to say");
}

#[test]
fn another_content_replaces_what_was_said() {
    let desk = Desk::new();
    let commit = desk.branch("one");
    desk.action(|hub| {
        publish(hub, &commit, &check(SLICES, 0));
        publish(hub, &commit, &Check { title: "other".into(), ..check(SLICES, 0) });
        assert_eq!(runs(&desk, &commit), [row(SLICES, "success", 0)], "changed in place");
        publish(hub, &commit, &check(SLICES, 3));
        assert_eq!(runs(&desk, &commit), [row(SLICES, "action_required", 3)]);
        publish(hub, &commit, &check(SLICES, 1));
        let seen = hub.checks_of(&commit).unwrap();
        assert_eq!((seen.len(), seen[0].annotations), (1, 1), "annotations can't be taken back: the latest run counts");
    });
}

#[test]
fn a_lost_answer_writes_no_annotation_twice() {
    for (skip, times) in [(0, 1), (1, 1), (2, 1), (0, 3)] {
        let desk = Desk::new();
        let commit = desk.branch("one");
        desk.fault("*", "**/check-runs**", "cut-after", json!({ "skip": skip + 1, "times": times }));
        desk.action(|hub| publish(hub, &commit, &check(SLICES, 120)));
        let latest = runs(&desk, &commit).pop().unwrap();
        assert_eq!(latest, row(SLICES, "action_required", 120), "after {skip}");
    }
}

#[test]
fn a_half_written_check_is_finished_by_the_next_run() {
    let desk = Desk::new();
    let commit = desk.branch("one");
    desk.fault("PATCH", "**/check-runs/*", "status", json!({ "status": 403, "body": {"message": "no"} }));
    desk.action(|hub| assert!(hub.publish(&commit, &check(SLICES, 120), None).is_err()));
    assert_eq!(runs(&desk, &commit), [row(SLICES, "-", 50)], "in progress: it passes nothing");
    desk.action(|hub| publish(hub, &commit, &check(SLICES, 120)));
    assert_eq!(runs(&desk, &commit), [row(SLICES, "action_required", 120)]);
}

#[test]
fn only_an_app_of_ones_own_gets_buttons() {
    let desk = Desk::new();
    let commit = desk.branch("one");
    desk.action(|hub| publish(hub, &commit, &check(SLICES, 1)));
    let other = desk.branch("two");
    let app = desk.world.app();
    desk.with(&desk.world.app_variables(&app), |hub| publish(hub, &other, &check(SLICES, 1)));
    let state = desk.world.hub.state().to_string();
    assert_eq!(state.matches("Regenerate").count(), 1);
}

#[test]
fn a_person_writes_statuses() {
    let desk = Desk::new();
    let commit = desk.branch("one");
    desk.personal(|hub| {
        publish(hub, &commit, &check(SLICES, 0));
        publish(hub, &commit, &Check { title: "long ".repeat(60), ..check(SLICES, 7) });
        publish(hub, &commit, &check(SPECIFICATION, 0));
        let seen = hub.checks_of(&commit).unwrap();
        let mut rows: Vec<_> = seen.iter().map(|seen| (seen.name.as_str(), seen.conclusion.as_deref())).collect();
        rows.sort_unstable();
        assert_eq!(rows, [(SLICES, Some("failure")), (SPECIFICATION, Some("success"))]);
        let before = hub.calls().len();
        publish(hub, &commit, &check(SPECIFICATION, 0));
        assert_eq!(hub.calls().len(), before + 1, "nothing to say");
        assert!(seen.iter().all(|seen| seen.title.chars().count() <= 140));
    });
    assert_eq!(runs(&desk, &commit), []);
}

#[test]
fn what_others_say_about_a_commit_is_not_vsos() {
    let desk = Desk::new();
    let commit = desk.branch("one");
    let path = format!("/repos/{REPO}/check-runs");
    let other = json!({ "name": "build", "head_sha": commit, "status": "completed", "conclusion": "success" });
    desk.world.hub.api(&desk.world.action, "POST", &path, &other).ok();
    desk.action(|hub| {
        assert_eq!(hub.checks_of(&commit).unwrap(), []);
        publish(hub, &commit, &check(SLICES, 1));
        assert_eq!(hub.checks_of(&commit).unwrap().len(), 1);
    });
}
