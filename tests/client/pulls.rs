//! Pull requests: opened once, found again, changed, merged in every style.

use serde_json::{Value, json};
use vso::forge::github::{MergeAnswer, MergeStyle, NewPull, PullChange, PullState};

use super::desk::{Desk, new_pull};
use crate::hub_world::REPO;

#[test]
fn a_pull_request_is_opened_read_and_changed() {
    let desk = Desk::new();
    let commit = desk.branch("one");
    desk.action(|hub| {
        let made = hub.make_pull(&new_pull("one")).unwrap();
        assert_eq!((made.head_branch.as_str(), made.base_branch.as_str()), ("one", "main"));
        assert_eq!(
            (made.head_commit.as_str(), made.is_open(), made.draft, made.is_fork),
            (&*commit, true, false, false)
        );
        assert_eq!((made.title.as_str(), made.body.as_str()), ("bring one", "<!-- marker one -->\nA body."));
        assert!(made.url.ends_with(&format!("/{REPO}/pull/{}", made.number)) && !made.node_id.is_empty());
        assert_eq!(hub.pull(made.number).unwrap().as_ref(), Some(&made));
        assert_eq!(hub.open_pulls().unwrap(), std::slice::from_ref(&made));
        assert_eq!(hub.pulls_of("one").unwrap(), std::slice::from_ref(&made));
        assert_eq!((hub.pull(999).unwrap(), hub.pulls_of("none").unwrap()), (None, vec![]));
        hub.add_labels(made.number, &["vso".into(), "a b".into()]).unwrap();
        hub.add_labels(made.number, &["vso".into()]).unwrap();
        let change = PullChange { title: Some("other".into()), body: Some("new".into()), ..PullChange::default() };
        let changed = hub.change_pull(made.number, &change).unwrap();
        assert_eq!((changed.title.as_str(), changed.body.as_str()), ("other", "new"));
        assert_eq!(hub.pull(made.number).unwrap().unwrap().labels, ["vso", "a b"]);
        let closed = hub.change_pull(made.number, &PullChange { open: Some(false), ..PullChange::default() }).unwrap();
        assert_eq!(closed.state, PullState::Closed);
        assert!(hub.open_pulls().unwrap().is_empty() && hub.pulls_of("one").unwrap().len() == 1);
        let again = hub.change_pull(made.number, &PullChange { open: Some(true), ..PullChange::default() }).unwrap();
        assert!(again.is_open());
    });
}

#[test]
fn there_is_one_open_pull_request_for_a_branch() {
    let desk = Desk::new();
    desk.branch("one");
    desk.action(|hub| {
        let first = hub.make_pull(&new_pull("one")).unwrap();
        let second = hub.make_pull(&NewPull { title: "another".into(), ..new_pull("one") }).unwrap();
        assert_eq!((first.number, second.title.as_str()), (second.number, "bring one"), "adopted as it is");
        hub.change_pull(first.number, &PullChange { open: Some(false), ..PullChange::default() }).unwrap();
        let third = hub.make_pull(&new_pull("one")).unwrap();
        assert!(third.number > first.number);
        let numbers: Vec<u64> = hub.pulls_of("one").unwrap().iter().map(|pull| pull.number).collect();
        assert_eq!(numbers, [third.number, first.number], "newest first");
    });
}

#[test]
fn a_lost_answer_makes_no_second_pull_request() {
    let desk = Desk::new();
    desk.branch("one");
    desk.fault("POST", "**/pulls", "cut-after", json!({}));
    let mark = desk.world.hub.mark();
    desk.action(|hub| {
        let made = hub.make_pull(&new_pull("one")).unwrap();
        assert_eq!(hub.open_pulls().unwrap(), [made]);
    });
    assert_eq!(desk.count(mark, &format!("POST /repos/{REPO}/pulls")), 1);
}

#[test]
fn what_github_refuses_is_said_in_its_words() {
    let desk = Desk::new();
    desk.world.git(&["push", "-q", "origin", "main:same"]);
    desk.action(|hub| {
        let fault = hub.make_pull(&new_pull("same")).unwrap_err().to_string();
        assert!(fault.contains("the pull request of same can't be opened: GitHub says 422"), "{fault}");
        assert!(fault.contains("No commits between"), "{fault}");
        assert!(hub.make_pull(&new_pull("nowhere")).is_err());
    });
}

#[test]
fn bodies_that_are_too_long_are_cut_and_the_pull_request_is_opened() {
    let desk = Desk::new();
    desk.branch("one");
    desk.action(|hub| {
        let new = NewPull { body: "ä line\n".repeat(20_000), title: "t".repeat(500), ..new_pull("one") };
        let made = hub.make_pull(&new).unwrap();
        assert!(made.body.chars().count() <= 65_536 && made.body.contains("more characters do not fit"), "cut");
        assert_eq!(made.title.chars().count(), 256);
    });
}

#[test]
fn drafts_and_reviewers_come_and_go() {
    let desk = Desk::new();
    desk.branch("one");
    desk.action(|hub| {
        let made = hub.make_pull(&NewPull { draft: true, ..new_pull("one") }).unwrap();
        assert!(made.draft);
        for draft in [false, true, true, false] {
            hub.set_draft(&made, draft).unwrap();
            assert_eq!(hub.pull(made.number).unwrap().unwrap().draft, draft);
        }
        hub.ask_review(made.number, &["bob".into()], &[]).unwrap();
        hub.ask_review(made.number, &["bob".into()], &[]).unwrap();
        assert!(hub.ask_review(made.number, &["nobody-at-all".into()], &[]).is_err());
        hub.ask_review(made.number, &[], &[]).unwrap();
    });
    let pull = &desk.world.pulls()[0];
    let asked: Vec<&Value> = pull["requested_reviewers"].as_array().unwrap().iter().map(|one| &one["login"]).collect();
    assert_eq!(asked, ["bob"]);
}

#[test]
fn every_style_of_merging_is_recognised() {
    let desk = Desk::new();
    for (name, style) in [("a", MergeStyle::Merge), ("b", MergeStyle::Squash), ("c", MergeStyle::Rebase)] {
        let head = desk.branch(name);
        desk.action(|hub| {
            let made = hub.make_pull(&new_pull(name)).unwrap();
            let stale = "0123456789012345678901234567890123456789";
            assert_eq!(hub.merge_pull(made.number, stale, style).unwrap(), MergeAnswer::HeadMoved);
            let MergeAnswer::Merged { commit } = hub.merge_pull(made.number, &head, style).unwrap() else { panic!() };
            let seen = hub.pull(made.number).unwrap().unwrap();
            assert_eq!(seen.state, PullState::Merged { commit: commit.clone() });
            assert_eq!(hub.pulls_of(name).unwrap()[0].state, PullState::Merged { commit: commit.clone() });
            assert_eq!(hub.merge_pull(made.number, &head, style).unwrap(), MergeAnswer::Merged { commit }, "twice");
        });
    }
}

#[test]
fn a_merge_whose_answer_is_lost_is_one_merge() {
    let desk = Desk::new();
    let head = desk.branch("one");
    desk.action(|hub| {
        let made = hub.make_pull(&new_pull("one")).unwrap();
        desk.fault("PUT", "**/merge", "cut-after", json!({}));
        let answer = hub.merge_pull(made.number, &head, MergeStyle::Merge).unwrap();
        assert!(matches!(answer, MergeAnswer::Merged { commit } if !commit.is_empty()));
    });
}

#[test]
fn a_conflict_is_not_merged_and_says_so() {
    let desk = Desk::new();
    let head = desk.branch("one");
    desk.action(|hub| {
        let made = hub.make_pull(&new_pull("one")).unwrap();
        desk.world.commit_on("main", "one.txt", |_| "something else".into());
        let answer = hub.merge_pull(made.number, &head, MergeStyle::Merge).unwrap();
        assert!(matches!(&answer, MergeAnswer::NotNow(why) if !why.is_empty()), "{answer:?}");
    });
}

#[test]
fn more_than_a_page_of_pull_requests_is_found() {
    let desk = Desk::new();
    let names = desk.branches(113);
    for name in &names {
        let body = json!({ "head": name, "base": "main", "title": name });
        desk.world.hub.api(&desk.world.alice, "POST", &format!("/repos/{REPO}/pulls"), &body).ok();
    }
    desk.action(|hub| {
        let found: Vec<String> = hub.open_pulls().unwrap().into_iter().map(|pull| pull.head_branch).collect();
        assert_eq!(found, names);
        assert_eq!(hub.calls().len(), 2, "two pages");
        assert_eq!(hub.open_pulls().unwrap().len(), 113);
        assert!(hub.calls()[2..].iter().all(|call| call.status == Some(304)), "{:?}", hub.calls());
    });
}
