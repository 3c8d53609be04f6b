//! What people did and what there is to do about it, as values.

use super::observe::{Seen, observed};
use super::publish::receipts;
use super::wish::{Deal, Wish, wishes};
use crate::config::GithubConfig;
use crate::forge::github::{Pull, PullChange, PullState};
use crate::forge::local::Board;
use crate::forge::proposal::tests::sample;
use crate::forge::{Proposal, State};
use crate::report::pull::Marker;
use crate::sync::propose::Deed;

fn board(proposals: &[Proposal]) -> Board {
    let proposals = proposals.iter().map(|one| (one.number, one.clone())).collect();
    Board { proposals, ..Board::default() }
}

fn proposal(number: u32) -> Proposal {
    Proposal { body: "- changed **FR-1** a\n- [ ] **AC-1** b\n".into(), ..sample(number) }
}

/// The pull request as vso opens it for a proposal.
fn pull(number: u64, proposal: &Proposal) -> Pull {
    let all =
        wishes(&board(std::slice::from_ref(proposal)), &Seen::default(), &GithubConfig::default(), &|_| true, &|_| {
            true
        });
    let [Wish { deal: Deal::Make(new), .. }] = &all[..] else { panic!("{all:?}") };
    Pull {
        number,
        node_id: String::new(),
        head_branch: new.head.clone(),
        head_commit: "1".repeat(40),
        base_branch: new.base.clone(),
        base_commit: "2".repeat(40),
        state: PullState::Open,
        draft: new.draft,
        title: new.title.clone(),
        body: new.body.clone(),
        author: "vso".into(),
        url: String::new(),
        labels: vec!["vso".into()],
        is_fork: false,
    }
}

fn known(number: u32, pull: u64) -> Proposal {
    Proposal { pull: Some(pull), ..proposal(number) }
}

fn seen(open: &[Pull], over: &[(u32, Pull)]) -> Seen {
    Seen { open: open.to_vec(), over: over.iter().cloned().collect() }
}

/// The calls for one proposal, as `METHOD path`.
fn calls(proposal: &Proposal, seen: &Seen, settings: &GithubConfig) -> Vec<String> {
    let wishes = wishes(&board(std::slice::from_ref(proposal)), seen, settings, &|_| true, &|_| true);
    let calls = wishes.iter().flat_map(|wish| wish.calls("/r"));
    calls.map(|call| format!("{} {}", call.method, call.path)).collect()
}

fn change(proposal: &Proposal, pull: &Pull) -> PullChange {
    let seen = seen(std::slice::from_ref(pull), &[]);
    let all = wishes(&board(std::slice::from_ref(proposal)), &seen, &GithubConfig::default(), &|_| true, &|_| true);
    let found = all.into_iter().find_map(|wish| match wish.deal {
        Deal::Change { change, .. } => Some(change),
        _ => None,
    });
    found.unwrap_or_default()
}

#[test]
fn a_proposal_gets_one_pull_request_and_then_nothing() {
    let plain = GithubConfig::default();
    assert_eq!(calls(&proposal(1), &Seen::default(), &plain), ["POST /r/pulls", "POST /r/issues/{new}/labels"]);
    let settings = GithubConfig { reviewers: vec!["bob".into()], labels: vec!["VSO".into(), "x".into()], ..plain };
    let all = ["POST /r/pulls", "POST /r/issues/{new}/labels", "POST /r/pulls/{new}/requested_reviewers"];
    assert_eq!(calls(&proposal(1), &Seen::default(), &settings), all);
    let open = seen(&[pull(7, &proposal(1))], &[]);
    let dressed = ["POST /r/issues/7/labels", "POST /r/pulls/7/requested_reviewers"];
    assert_eq!(calls(&proposal(1), &open, &settings), dressed, "found again, and not yet written down");
    assert_eq!(calls(&known(1, 7), &open, &settings), [""; 0]);
    let board = board(&[proposal(1)]);
    let steps = receipts(&board, &[(1, 7, false)]);
    assert_eq!((steps.len(), steps[0].after.pull), (1, Some(7)));
    let nowhere = wishes(&board, &Seen::default(), &settings, &|_| false, &|_| true);
    assert_eq!(nowhere, [], "its branch is not there");
}

#[test]
fn only_what_vso_wrote_is_written_again() {
    let before = known(1, 7);
    let there = pull(7, &before);
    assert_eq!(change(&before, &there), PullChange::default());
    let after = Proposal { title: "new".into(), body: "- changed **FR-2** c\n- [ ] **AC-1** b\n".into(), ..before };
    let both = change(&after, &there);
    assert!(both.title.as_deref() == Some("new") && both.body.unwrap().contains("FR-2"));
    let titled = Pull { title: "by a person".into(), ..there.clone() };
    let found = change(&after, &titled);
    assert!(found.title.is_none() && found.body.unwrap().contains("FR-2"));
    let edited = Pull { body: format!("Look at this, please.\n{}", there.body), ..there.clone() };
    let found = change(&after, &edited);
    let body = found.body.unwrap();
    assert_eq!(found.title.as_deref(), Some("new"));
    assert!(body.starts_with("Look at this") && !body.contains("FR-2"), "{body}");
    let settled = Pull { title: "new".into(), body, ..edited };
    assert_eq!(change(&after, &settled), PullChange::default(), "and then it is quiet");
    let ticked = Pull { body: there.body.replace("- [ ] **AC-1**", "- [x] **AC-1**"), ..there.clone() };
    assert_eq!(change(&known(1, 7), &ticked), PullChange::default());
    assert!(change(&after, &ticked).body.unwrap().contains("- [x] **AC-1** b"));
    let bare = Pull { body: "mine".into(), ..there };
    assert_eq!(change(&after, &bare), PullChange::default(), "adopted: every word is somebody else's");
}

#[test]
fn a_draft_is_made_ready_from_either_side() {
    let draft = Proposal { draft: true, ..known(1, 7) };
    let there = pull(7, &draft);
    assert!(there.draft && Marker::find(&there.body).unwrap().draft);
    let look = |proposal: &Proposal, pull: &Pull| {
        let seen = seen(std::slice::from_ref(pull), &[]);
        observed(&board(std::slice::from_ref(proposal)), &seen, &Default::default(), &|_| true, &|_| false).steps
    };
    assert!(look(&draft, &there).is_empty());
    let marked = Pull { draft: false, ..there.clone() };
    let steps = look(&draft, &marked);
    assert!(steps.len() == 1 && !steps[0].after.draft);
    let ready = Proposal { draft: false, ..draft.clone() };
    let open = seen(std::slice::from_ref(&there), &[]);
    assert_eq!(calls(&ready, &open, &GithubConfig::default()), ["POST /graphql", "PATCH /r/pulls/7"]);
    let body = change(&ready, &marked).body.unwrap();
    let quiet = Pull { body, ..marked };
    assert_eq!(change(&ready, &quiet), PullChange::default());
    // A person makes it a draft later: that is theirs.
    let theirs = Pull { draft: true, ..quiet };
    assert_eq!(calls(&ready, &seen(&[theirs], &[]), &GithubConfig::default()), [""; 0]);
    // By the settings every pull request begins as a draft; that says nothing about the proposal.
    let settings = GithubConfig { drafts: true, ..GithubConfig::default() };
    let all = wishes(&board(&[proposal(1)]), &Seen::default(), &settings, &|_| true, &|_| true);
    assert!(matches!(&all[0].deal, Deal::Make(new) if new.draft && !Marker::find(&new.body).unwrap().draft));
}

#[test]
fn what_people_did_is_carried_into_the_board() {
    let check = |proposal: Proposal, pull: Pull, in_git: bool, expected: Option<(State, Deed)>| {
        let seen = match pull.is_open() {
            true => seen(&[pull], &[]),
            false => seen(&[], &[(proposal.number, pull)]),
        };
        let found = observed(&board(&[proposal]), &seen, &Default::default(), &|_| true, &|_| in_git);
        let told = found.steps.first().map(|step| (step.after.state, found.lines[0].deed));
        assert_eq!(told, expected);
        found.steps
    };
    let is = |state: PullState| Pull { state, ..pull(7, &proposal(1)) };
    let merged = || is(PullState::Merged { commit: "3".repeat(40) });
    let steps = check(known(1, 7), merged(), false, Some((State::Merged, Deed::Merged)));
    assert_eq!(steps[0].after.merged, Some("3".repeat(40)));
    let elsewhere = Pull { base_branch: "release".into(), ..merged() };
    check(known(1, 7), elsewhere, false, Some((State::Closed, Deed::Closed)));
    check(known(1, 7), is(PullState::Closed), true, None);
    let steps = check(known(1, 7), is(PullState::Closed), false, Some((State::Closed, Deed::Closed)));
    let closed = steps[0].after.clone();
    assert!(closed.pull_closed);
    check(closed.clone(), is(PullState::Open), false, Some((State::Open, Deed::Reopened)));
    let by_vso = Proposal { pull_closed: false, ..closed };
    check(by_vso.clone(), is(PullState::Open), false, None);
    assert_eq!(calls(&by_vso, &seen(&[is(PullState::Open)], &[]), &GithubConfig::default()), ["PATCH /r/pulls/7"]);
}

#[test]
fn what_is_open_again_while_another_says_the_same_stays_as_it_is() {
    let closed = Proposal { state: State::Closed, pull_closed: true, ..known(1, 7) };
    let other = Proposal { branch: "slice-001-auth-v1.1.0-2".into(), ..known(2, 9) };
    let open = seen(&[pull(7, &closed_as_open(&closed)), pull(9, &other)], &[]);
    let both = board(&[closed, other]);
    let found = observed(&both, &open, &Default::default(), &|_| true, &|_| false);
    assert_eq!((found.steps.len(), found.notes.len()), (0, 1));
    assert_eq!(wishes(&both, &open, &GithubConfig::default(), &|_| true, &|_| true), []);
}

fn closed_as_open(proposal: &Proposal) -> Proposal {
    Proposal { state: State::Open, ..proposal.clone() }
}

#[test]
fn what_nobody_wants_any_more_is_closed_with_the_reason() {
    let over = Proposal { state: State::Superseded, reason: Some("nothing of it".into()), ..known(1, 7) };
    let there = pull(7, &closed_as_open(&over));
    let end = change(&over, &there);
    let body = end.body.unwrap();
    assert_eq!((end.open, body.contains("**Closed by vso**: nothing of it")), (Some(false), true));
    assert!(Marker::find(&body).unwrap().wrote_body(&body));
    let edited = Pull { body: format!("x\n{}", there.body), ..there.clone() };
    assert_eq!(change(&over, &edited), PullChange { open: Some(false), ..PullChange::default() });
    let merged = Proposal { state: State::Merged, ..over };
    let open = seen(&[there], &[]);
    let not_yet = wishes(&board(&[merged]), &open, &GithubConfig::default(), &|_| true, &|_| false);
    assert_eq!(not_yet, [], "the remote's target does not have it yet");
}

#[test]
fn nobody_elses_pull_request_is_adopted() {
    let there = pull(7, &proposal(1));
    let strange = [
        Pull { is_fork: true, ..there.clone() },
        Pull { head_branch: "feature".into(), ..there.clone() },
        Pull { base_branch: "release".into(), ..there },
    ];
    for pull in strange {
        let made = calls(&proposal(1), &seen(std::slice::from_ref(&pull), &[]), &GithubConfig::default());
        assert_eq!(made[0], "POST /r/pulls", "{pull:?}");
    }
}
