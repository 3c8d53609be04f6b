//! Refs moved by compare-and-swap, and commits that GitHub makes and signs.

use vso::forge::github::{Change, NewCommit};
use vso::git::{Exchange, Id, Repo, Update};
use vso::merge::{Entry, Mode};

use super::desk::Desk;

fn id(text: &str) -> Id {
    text.trim().parse().unwrap()
}

fn update(name: &str, expected: Option<Id>, to: Option<Id>) -> Update {
    Update { name: name.into(), expected, to }
}

#[test]
fn refs_move_all_or_none_and_only_from_where_they_are_believed_to_be() {
    let desk = Desk::new();
    let main = id(&desk.world.project.git(&["rev-parse", "main"]));
    let (one, two) = (id(&desk.branch("one")), id(&desk.branch("two")));
    let there = |name: &str| {
        let output = desk.world.bare_git(&["rev-parse", "--verify", "-q", name]);
        String::from_utf8_lossy(&output.stdout).trim().parse::<Id>().ok()
    };
    desk.action(|hub| {
        let moved = |moves: &[Update]| hub.move_refs(moves).unwrap();
        assert_eq!(moved(&[]), Exchange::Done);
        let new = [update("refs/heads/three", None, Some(one)), update("refs/heads/one", Some(one), Some(two))];
        assert_eq!(moved(&new), Exchange::Done);
        assert_eq!((there("refs/heads/three"), there("refs/heads/one")), (Some(one), Some(two)));
        assert_eq!(moved(&new), Exchange::Done, "it is so already");
        let stale = [update("refs/heads/one", Some(one), Some(main)), update("refs/heads/two", Some(two), Some(one))];
        assert_eq!(moved(&stale), Exchange::Rejected(vec!["refs/heads/one".into()]));
        assert_eq!(there("refs/heads/two"), Some(two), "none of them");
        let back = [update("refs/heads/one", Some(two), Some(one)), update("refs/heads/three", Some(one), None)];
        assert_eq!(moved(&back), Exchange::Done, "forced, and deleted");
        assert_eq!((there("refs/heads/three"), there("refs/heads/one")), (None, Some(one)));
    });
}

#[test]
fn a_move_whose_answer_is_lost_is_seen() {
    let desk = Desk::new();
    let (one, two) = (id(&desk.branch("one")), id(&desk.branch("two")));
    desk.fault("POST", "**/graphql", "cut-after", serde_json::json!({}));
    desk.action(|hub| {
        assert_eq!(hub.move_refs(&[update("refs/heads/one", Some(one), Some(two))]).unwrap(), Exchange::Done);
    });
}

/// The commit that puts these files on top of main, and the tree that must come of it.
fn wanted(desk: &Desk, changes: Vec<Change>) -> NewCommit {
    let git = |arguments: &[&str]| desk.world.project.git(arguments);
    let main = id(&git(&["rev-parse", "main"]));
    let base = id(&git(&["rev-parse", "main^{tree}"]));
    let root = desk.world.project.world.path().to_owned();
    let repo = Repo::at(&root).unwrap().unwrap();
    let mut tree = repo.read(base, "").unwrap();
    for change in &changes {
        match &change.entry {
            Some(entry) => tree.insert(change.path.clone(), entry.clone()),
            None => tree.remove(&change.path),
        };
    }
    let tree = repo.write(&tree).unwrap();
    NewCommit { parents: vec![main], base_tree: Some(base), changes, tree, message: "by vso\n\nVso-Engine: 1\n".into() }
}

#[test]
fn a_commit_of_an_app_is_verified_and_can_be_put_together_here() {
    let desk = Desk::new();
    let entry = |bytes: &[u8], mode| Some(Entry { bytes: bytes.to_vec(), mode });
    let new = wanted(
        &desk,
        vec![
            Change { path: "a/run.sh".into(), entry: entry(b"#!/bin/sh\n", Mode::Executable) },
            Change { path: "a/text.md".into(), entry: entry("ä\n".as_bytes(), Mode::File) },
            Change { path: "a/bytes".into(), entry: entry(&[0xff, 0, 0xfe, 1], Mode::File) },
            Change { path: "link".into(), entry: entry(b"a/text.md", Mode::Link) },
            Change { path: ".gitignore".into(), entry: None },
        ],
    );
    let app = desk.world.app();
    desk.with(&desk.world.app_variables(&app), |hub| {
        let made = hub.commit(&new).unwrap();
        assert!(made.verified, "{made:?}");
        let repo = Repo::at(desk.world.project.world.path()).unwrap().unwrap();
        assert!(!repo.has(made.id));
        let payload = made.payload.as_deref().expect("it was signed");
        assert!(repo.write_commit_object(payload, made.signature.as_deref(), made.id).unwrap(), "{made:?}");
        let commit = repo.commit_at(made.id).unwrap();
        assert_eq!(
            (commit.tree, commit.parents, commit.message.trim_end()),
            (new.tree, new.parents, new.message.trim_end())
        );
        let moves = [update("refs/heads/signed", None, Some(made.id))];
        assert_eq!(hub.move_refs(&moves).unwrap(), Exchange::Done);
    });
    assert_eq!(desk.world.show("signed", "a/text.md"), "ä\n");
}

#[test]
fn a_tree_that_is_not_the_one_meant_is_no_commit() {
    let desk = Desk::new();
    let mut new = wanted(&desk, vec![Change { path: "x".into(), entry: Some(Entry::file("x")) }]);
    new.tree = new.base_tree.unwrap();
    desk.action(|hub| {
        let fault = hub.commit(&new).unwrap_err();
        assert!(fault.message().contains("was meant"), "{fault}");
        assert!(hub.calls().iter().all(|call| !call.path.ends_with("/git/commits")));
    });
}
