//! What goes wrong: bad moments, lost and late answers, missing rights. A read is asked again, a POST never blindly.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::json;

use super::desk::{Desk, Variables, new_pull};
use crate::hub_world::REPO;

fn with(mut variables: Variables, name: &str, value: &str) -> Variables {
    variables.retain(|(key, _)| key != name);
    variables.push((name.into(), value.into()));
    variables
}

#[test]
fn a_bad_moment_is_asked_again_where_nothing_is_made_twice() {
    let desk = Desk::new();
    desk.branch("one");
    let pull = desk.action(|hub| hub.make_pull(&new_pull("one")).unwrap());
    for kind in ["cut", "cut-after"] {
        desk.fault("GET", "**/pulls/*", kind, json!({ "times": 2 }));
        desk.action(|hub| assert_eq!(hub.pull(pull.number).unwrap().as_ref(), Some(&pull), "{kind}"));
    }
    for status in [502, 503] {
        desk.fault("GET", "**/pulls/*", "status", json!({ "status": status, "times": 2 }));
        desk.action(|hub| {
            assert!(hub.pull(pull.number).unwrap().is_some());
            assert_eq!(hub.calls().len(), 3, "{status}");
        });
    }
    desk.fault("GET", "**/pulls/*", "status", json!({ "status": 502, "times": 9 }));
    desk.action(|hub| {
        let fault = hub.pull(pull.number).unwrap_err();
        assert!(fault.to_string().contains("GitHub says 502") && fault.kind().exit_code() == 3, "{fault}");
        assert_eq!(hub.calls().len(), 3, "with a bound");
    });
}

#[test]
fn a_post_is_never_sent_again_blindly() {
    for kind in ["cut", "status"] {
        let desk = Desk::new();
        desk.branch("one");
        desk.fault("POST", "**/pulls", kind, json!({ "status": 502 }));
        desk.action(|hub| {
            assert!(hub.make_pull(&new_pull("one")).is_err());
            let posts = hub.calls().iter().filter(|call| call.method == "POST").count();
            assert_eq!(posts, 1, "{kind}");
            assert!(hub.pulls_of("one").unwrap().is_empty());
        });
    }
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let desk = Desk::new();
    let variables = with(desk.world.variables(&desk.world.action), "VSO_TEST_TIMEOUT_MS", "400");
    desk.fault("GET", "**/pulls", "hang", json!({ "times": 9 }));
    let begun = Instant::now();
    desk.with(&variables, |hub| {
        let fault = hub.open_pulls().unwrap_err();
        assert!(fault.to_string().contains("no answer within 0.4 s"), "{fault}");
    });
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_stop_ends_a_wait_and_a_read() {
    let desk = Desk::new();
    desk.fault("GET", "**/pulls", "hang", json!({ "times": 9 }));
    let begun = Instant::now();
    desk.action(|hub| {
        let stop = &desk.stop;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(300));
                stop.store(true, Ordering::Relaxed);
            });
            let fault = hub.open_pulls().unwrap_err();
            assert_eq!(fault.kind().exit_code(), 130, "{fault}");
        });
    });
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn where_nothing_listens_it_is_said() {
    let desk = Desk::new();
    let variables = with(desk.world.variables(&desk.world.action), "GITHUB_API_URL", "http://127.0.0.1:9/api/v3");
    desk.with(&variables, |hub| {
        let fault = hub.make_pull(&new_pull("one")).unwrap_err().to_string();
        assert!(fault.contains("can't be reached") && fault.contains("127.0.0.1:9"), "{fault}");
        assert_eq!(hub.calls().len(), 3, "nothing was sent, so it may go again");
    });
}

#[test]
fn a_missing_right_is_named() {
    let desk = Desk::new();
    desk.branch("one");
    let made = json!({ "kind": "actions", "repo": REPO, "permissions": { "contents": "read", "metadata": "read" } });
    let made = desk.world.hub.control("POST", "tokens", &made);
    let token = made["token"].as_str().unwrap();
    desk.with(&desk.world.variables(token), |hub| {
        let fault = hub.make_pull(&new_pull("one")).unwrap_err().to_string();
        assert!(fault.contains("GitHub says 403") && fault.contains("`permissions:`"), "{fault}");
    });
    let wrong = format!("ghp_{}", "x".repeat(36));
    desk.with(&desk.world.variables(&wrong), |hub| {
        let fault = hub.open_pulls().unwrap_err().to_string();
        assert!(fault.contains("401") && fault.contains("GITHUB_TOKEN") && !fault.contains("xxxx"), "{fault}");
        assert_eq!(hub.calls().len(), 1);
    });
}

#[test]
fn a_repository_that_can_not_be_seen_is_no_empty_one() {
    let desk = Desk::new();
    let repo = json!({ "owner": "alice", "name": "secret", "private": true });
    desk.world.hub.control("POST", "repos", &repo);
    let variables = desk.world.variables(&desk.world.bob);
    let read = |name: &str| variables.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let remote = format!("{}/alice/secret.git", desk.world.hub.url);
    let access = vso::forge::github::Access::find_in(&read, Some(&remote)).unwrap().unwrap();
    let hub = vso::forge::github::Hub::open(access, &desk.stop, &|_| {}).unwrap();
    for fault in [hub.pull(1).unwrap_err(), hub.open_pulls().unwrap_err(), hub.permission("alice").unwrap_err()] {
        let fault = fault.to_string();
        assert!(fault.contains("404") && fault.contains("can't see alice/secret"), "{fault}");
    }
}

#[test]
fn answers_that_make_no_sense_are_said() {
    let desk = Desk::new();
    for (body, status) in [(json!("<html>"), 200), (json!({ "number": "x" }), 200), (json!([]), 200)] {
        desk.fault("GET", "**/pulls/*", "status", json!({ "status": status, "body": body }));
        desk.action(|hub| {
            let fault = hub.pull(1).unwrap_err().to_string();
            assert!(fault.contains("can't be read"), "{fault}");
        });
    }
}

#[test]
fn a_renamed_repository_is_followed_on_its_own_server_only() {
    let desk = Desk::new();
    desk.branch("one");
    let pull = desk.action(|hub| hub.make_pull(&new_pull("one")).unwrap());
    let moved = |to: String| json!({ "status": 301, "headers": { "location": to }, "body": { "message": "Moved Permanently" } });
    let there = format!("{}/api/v3/repos/{REPO}/pulls/{}", desk.world.hub.url, pull.number);
    desk.fault("GET", "**/pulls/77", "status", moved(there));
    desk.action(|hub| assert_eq!(hub.pull(77).unwrap(), Some(pull.clone())));
    for elsewhere in ["http://127.0.0.1:9/api/v3/x", "https://evil.example/x", "//evil.example/x"] {
        desk.fault("GET", "**/pulls/77", "status", moved(elsewhere.into()));
        desk.action(|hub| {
            let fault = hub.pull(77).unwrap_err().to_string();
            assert!(fault.contains("301") && hub.calls().len() == 1, "{fault}");
        });
    }
}
