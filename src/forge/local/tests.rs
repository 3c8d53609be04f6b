//! The state and the moves over real repositories.

use super::*;
use crate::forge::Proposal;
use crate::forge::State;
use crate::forge::proposal::tests::sample as proposal;
use crate::git::sample::Sample;
use crate::git::{Author, Id, Repo};

const BRANCH: &str = "refs/heads/slice-001-auth-v1.1.0";

fn author() -> Author {
    Author::vso(1_767_225_600)
}

/// A repository with two commits, main at the second.
fn sample() -> (Sample, [Id; 2]) {
    let sample = Sample::new();
    let first = sample.commit(&[("a", "1\n")], "one");
    let second = sample.commit(&[("a", "2\n")], "two");
    (sample, [first, second])
}

fn step(number: u32, from: Option<Id>, to: Option<Id>, event: &str) -> Step {
    let moves = vec![Move { name: BRANCH.into(), from, to, worktree: None }];
    Step { after: proposal(number), moves, event: event.into() }
}

fn done(carried: Carried) -> Settled {
    match carried {
        Carried::Done(settled) => settled,
        Carried::Elsewhere => panic!("somebody else was faster"),
    }
}

fn opened(repo: &Repo, to: Id) -> Settled {
    done(carry(repo, Board::read(repo).unwrap(), vec![step(1, None, Some(to), "opened")], &author()).unwrap())
}

#[test]
fn proposals_are_written_and_read() {
    let (sample, [first, _]) = sample();
    let repo = sample.repo();
    let board = Board::read(&repo).unwrap();
    assert_eq!((board.next_number(), board.at), (1, None));
    let tree = repo.tree_of(first).unwrap();
    let wanted = Proposal { wanted: tree.to_string(), ..proposal(1) };
    let mut next = board.clone();
    next.proposals.insert(1, wanted.clone());
    let saved = next.save(&repo, "one", &author()).unwrap().unwrap();
    assert_eq!(Board::read(&repo).unwrap(), saved);
    assert_eq!(saved.proposals[&1], wanted);
    assert!(board.save(&repo, "late", &author()).unwrap().is_none(), "written by nobody since it was read");
    let kept = sample.git(&["rev-parse", "refs/vso/proposals:wanted/1"]);
    assert_eq!(kept.trim(), tree.to_string());
    let mut over = saved;
    over.proposals.insert(1, Proposal { state: State::Merged, ..wanted });
    over.save(&repo, "two", &author()).unwrap().unwrap();
    assert!(!sample.try_git(&["rev-parse", "-q", "--verify", "refs/vso/proposals:wanted/1"]).status.success());
}

#[test]
fn what_cant_be_read_stays_and_keeps_its_number() {
    let (sample, _) = sample();
    let repo = sample.repo();
    let mut tree = crate::merge::Tree::new();
    let entry = |text: &str| crate::merge::Entry::file(text.as_bytes());
    tree.insert("proposals/7.json", entry("{"));
    let foreign = Proposal { branch: "main".into(), ..proposal(8) };
    tree.insert("proposals/8.json", entry(&serde_json::to_string(&foreign).unwrap()));
    let commit = repo.commit(repo.write(&tree).unwrap(), &[], "x", &author()).unwrap();
    let _ = repo.move_ref(REF, None, Some(commit), "x").unwrap();
    let mut board = Board::read(&repo).unwrap();
    assert_eq!((board.proposals.len(), board.unread.len(), board.next_number()), (0, 2, 9));
    board.proposals.insert(9, proposal(9));
    board.save(&repo, "y", &author()).unwrap().unwrap();
    assert_eq!(sample.git(&["show", "refs/vso/proposals:proposals/7.json"]), "{");
}

#[test]
fn a_step_moves_its_branch_and_is_then_done() {
    let (sample, [first, second]) = sample();
    let repo = sample.repo();
    let settled = opened(&repo, first);
    assert_eq!((settled.done.len(), settled.dropped.len()), (1, 0));
    assert_eq!(repo.find_ref(BRANCH).unwrap(), Some(first));
    assert_eq!(settled.board, Board::read(&repo).unwrap());
    let late = Board::default();
    let carried = carry(&repo, late, vec![step(2, None, Some(second), "opened")], &author()).unwrap();
    assert_eq!(carried, Carried::Elsewhere);
}

#[test]
fn a_branch_that_somebody_moved_is_left_alone() {
    let (sample, [first, second]) = sample();
    let repo = sample.repo();
    opened(&repo, first);
    sample.git(&["update-ref", BRANCH, &second.to_string()]);
    let third = sample.commit(&[("a", "3\n")], "three");
    let wrong = step(1, Some(first), Some(third), "updated");
    let settled = done(carry(&repo, Board::read(&repo).unwrap(), vec![wrong], &author()).unwrap());
    assert_eq!((settled.done.len(), settled.dropped.len()), (0, 1));
    assert_eq!(repo.find_ref(BRANCH).unwrap(), Some(second));
    assert_eq!(Board::read(&repo).unwrap().intent, None);
}

/// Killed after the intent, and after the move; then settled, also twice.
#[test]
fn what_was_begun_is_finished_once() {
    for is_moved in [false, true] {
        let (sample, [first, _]) = sample();
        let repo = sample.repo();
        let steps = vec![step(1, None, Some(first), "opened")];
        let intended = Board { intent: Some(Intent { steps }), ..Board::default() };
        intended.save(&repo, "intent", &author()).unwrap().unwrap();
        if is_moved {
            let _ = repo.move_ref(BRANCH, None, Some(first), "x").unwrap();
        }
        for round in 0..2 {
            let settled = settle(&repo, Board::read(&repo).unwrap(), &author()).unwrap();
            assert_eq!(settled.done.len(), 1 - round);
            assert_eq!(settled.board.proposals.len(), 1);
        }
        assert_eq!(repo.find_ref(BRANCH).unwrap(), Some(first));
    }
}

/// Killed after the move; a person then committed on top of it, or deleted the branch that was to be updated.
#[test]
fn what_people_did_meanwhile_stays() {
    let (sample, [first, second]) = sample();
    let repo = sample.repo();
    opened(&repo, first);
    let board = Board::read(&repo).unwrap();
    let steps = vec![step(1, Some(first), Some(second), "updated")];
    Board { intent: Some(Intent { steps }), ..board }.save(&repo, "intent", &author()).unwrap().unwrap();
    let third = sample.commit(&[("a", "3\n")], "three");
    sample.git(&["update-ref", BRANCH, &third.to_string()]);
    let settled = settle(&repo, Board::read(&repo).unwrap(), &author()).unwrap();
    assert_eq!((settled.done.len(), repo.find_ref(BRANCH).unwrap()), (1, Some(third)));
    let fourth = sample.commit(&[("a", "4\n")], "four");
    let steps = vec![step(1, Some(third), Some(fourth), "updated")];
    Board { intent: Some(Intent { steps }), ..settled.board }.save(&repo, "intent", &author()).unwrap().unwrap();
    sample.git(&["update-ref", "-d", BRANCH]);
    let settled = settle(&repo, Board::read(&repo).unwrap(), &author()).unwrap();
    assert_eq!((settled.dropped.len(), repo.find_ref(BRANCH).unwrap()), (1, None), "a deleted branch came back");
}

#[test]
fn an_intent_moves_no_ref_of_others() {
    let (sample, [first, second]) = sample();
    let repo = sample.repo();
    let mut wrong = step(1, Some(second), Some(first), "opened");
    wrong.moves[0].name = "refs/heads/release".into();
    sample.git(&["update-ref", "refs/heads/release", &second.to_string()]);
    let mut deleting = step(2, Some(second), None, "merged");
    deleting.moves[0].name = "refs/heads/main".into();
    let settled = done(carry(&repo, Board::default(), vec![wrong, deleting], &author()).unwrap());
    assert_eq!(settled.dropped.len(), 2);
    assert_eq!(repo.find_ref("refs/heads/release").unwrap(), Some(second));
    assert_eq!(repo.find_ref("refs/heads/main").unwrap(), Some(second));
}
