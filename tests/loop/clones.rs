//! Two clones and a bare remote: both work at once, the refs travel, what was said in one is remembered in the other.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Stdio};

use super::master::{MASTER, Text, add_word};
use super::project::{Project, binary, is_empty, summary};
use crate::world::World;

/// A bare repository with the master, and clones of it.
struct Remote {
    bare: World,
}

impl Remote {
    fn new(master: &str) -> Self {
        let bare = World::new();
        bare.git(&["init", "-q", "--bare", "-b", "main", "."]);
        let remote = Self { bare };
        let first = remote.clone_it();
        first.git(&["switch", "-q", "-c", "main"]);
        first.world.write("master-spec.md", master);
        first.world.write(".gitignore", ".slice-orchestrator/\n");
        first.commit("the master");
        first.git(&["push", "-q", "origin", "main"]);
        remote
    }

    fn clone_it(&self) -> Project {
        let world = World::new();
        world.git(&["clone", "-q", &format!("file://{}", self.bare.path().display()), "."]);
        Project { world }
    }

    /// What the remote has.
    fn refs(&self) -> BTreeMap<String, String> {
        let said = self.bare.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        let pair = |line: &str| line.split_once(' ').map(|(name, id)| (name.to_owned(), id.to_owned()));
        said.lines().filter_map(pair).collect()
    }
}

fn start(project: &Project, arguments: &[&str]) -> Child {
    let mut command = project.world.command(&binary());
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("vso can be started")
}

/// Both clones run a command at the same time, and both come to an end.
fn at_once(clones: [&Project; 2], arguments: &[&str]) {
    let children = clones.map(|project| start(project, arguments));
    for child in children {
        let ended = child.wait_with_output().expect("it ends");
        let words = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(matches!(ended.status.code(), Some(0 | 1)), "{arguments:?}: {}\n{words}", ended.status);
    }
}

/// One open proposal for each subject, the same in both clones and at the remote.
#[track_caller]
fn agree(remote: &Remote, clones: [&Project; 2]) {
    let seen = clones.map(Project::proposals);
    assert_eq!(seen[0], seen[1], "the clones do not agree");
    let open: Vec<_> = seen[0].iter().filter(|proposal| proposal.state == "open").collect();
    let subjects: BTreeSet<_> = open.iter().map(|proposal| (proposal.kind.clone(), proposal.slice)).collect();
    assert_eq!(subjects.len(), open.len(), "two proposals for one subject: {open:#?}");
    let there = remote.refs();
    for name in ["refs/vso/proposals", "refs/vso/generated"] {
        for project in clones {
            let here = project.git(&["rev-parse", name]).trim().to_owned();
            assert_eq!(there.get(name), Some(&here), "{name} did not travel");
        }
    }
    for proposal in open {
        assert!(
            there.contains_key(&format!("refs/heads/{}", proposal.branch)),
            "{} is not at the remote",
            proposal.branch
        );
    }
}

fn pull(project: &Project) {
    project.git(&["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]);
}

fn push(project: &Project) {
    project.git(&["push", "-q", "origin", "main"]);
}

fn reword(project: &Project, path: &str, id: &str, word: &str) {
    let mut text = Text::of(&project.world.read(path));
    let at = text.find(id).unwrap_or_else(|| panic!("{path} has {id}"));
    text.lines[at] = add_word(&text.lines[at], word);
    project.world.write(path, text.text());
    project.commit(&format!("{id} {word}"));
}

/// Everything is merged in one clone, and pushed.
fn merge_all(project: &Project) {
    for _ in 0..3 {
        project.sync();
        for proposal in project.open() {
            project.vso(&["pr", "merge", &proposal.number.to_string()]).exits(0);
        }
        push(project);
    }
    project.sync();
    assert!(is_empty(&project.plan()), "{}", summary(&project.plan()));
}

#[test]
fn two_first_syncs_at_once_make_one_proposal_each() {
    let remote = Remote::new(MASTER);
    let (one, other) = (remote.clone_it(), remote.clone_it());
    at_once([&one, &other], &["sync", "--wide"]);
    at_once([&one, &other], &["sync", "--wide"]);
    one.sync();
    other.sync();
    agree(&remote, [&one, &other]);
    merge_all(&one);
    pull(&other);
    other.sync();
    one.sync();
    assert!(is_empty(&other.plan()), "{}", summary(&other.plan()));
    agree(&remote, [&one, &other]);
}

#[test]
fn edits_in_both_clones_come_together() {
    let remote = Remote::new(MASTER);
    let one = remote.clone_it();
    merge_all(&one);
    let other = remote.clone_it();
    for round in 0..3 {
        pull(&one);
        pull(&other);
        let slice = other.standing()[round].folder.clone();
        other.world.write(&format!("{slice}/docs/why.md"), format!("otherword{round}\n"));
        other.commit("a file of the other");
        reword(&one, "master-spec.md", ["FR-001", "FR-010", "FR-020"][round], &format!("oneword{round}"));
        at_once([&one, &other], &["sync", "--wide"]);
        push(&one);
        pull(&other);
        push(&other);
        pull(&one);
        at_once([&one, &other], &["sync", "--wide"]);
        one.sync();
        other.sync();
        one.sync();
        agree(&remote, [&one, &other]);
        merge_all(&one);
        pull(&other);
        other.sync();
        one.sync();
        assert!(is_empty(&other.plan()), "{}", summary(&other.plan()));
        let files = other.git(&["grep", "-h", &format!("o[a-z]*word{round}"), "main", "--", "vertical-slices"]);
        assert!(files.contains("otherword") && files.contains("oneword"), "{files}");
    }
}

/// Each clone has a new component of its own; the number that both gave is given to one of them in the end.
#[test]
fn provisional_numbers_are_repaired() {
    let remote = Remote::new(MASTER);
    let one = remote.clone_it();
    merge_all(&one);
    let other = remote.clone_it();
    let add = |project: &Project, name: &str, id: &str| {
        let mut text = Text::of(&project.world.read("master-spec.md"));
        let components = text.section("### Components");
        // Far from each other, so that git merges the two by itself.
        let at = if name == "Vouchers" { components.last().unwrap() + 1 } else { components[0] };
        text.lines.insert(at, format!("- **{name}**: Does the work of {name}."));
        let at = text.find(if name == "Vouchers" { "FR-031" } else { "FR-003" }).unwrap();
        text.lines.insert(at + 1, format!("- **{id}** [component: {name}] A keeper can see all {name}."));
        project.world.write("master-spec.md", text.text());
        project.commit(name);
    };
    add(&one, "Vouchers", "FR-090");
    add(&other, "Reports", "FR-091");
    // Neither sees the other's master yet.
    at_once([&one, &other], &["sync", "--wide"]);
    push(&one);
    pull(&other);
    push(&other);
    pull(&one);
    for _ in 0..2 {
        one.sync();
        other.sync();
    }
    one.sync();
    agree(&remote, [&one, &other]);
    merge_all(&one);
    pull(&other);
    other.sync();
    assert!(is_empty(&other.plan()), "{}", summary(&other.plan()));
    let numbers: BTreeMap<String, u64> =
        other.slices().into_iter().map(|(number, slice)| (slice.name, number)).collect();
    let new: BTreeSet<u64> = [numbers["Vouchers"], numbers["Reports"]].into();
    assert_eq!(new, [5, 6].into(), "{numbers:?}");
}

#[test]
fn a_no_in_one_clone_is_remembered_in_the_other() {
    let remote = Remote::new(MASTER);
    let one = remote.clone_it();
    merge_all(&one);
    let other = remote.clone_it();
    reword(&one, "master-spec.md", "FR-001", "sooner");
    push(&one);
    pull(&other);
    one.sync();
    let proposal = one.open().first().expect("a proposal is open").clone();
    other.sync();
    assert_eq!(other.open(), one.open());
    one.vso(&["pr", "close", &proposal.number.to_string()]).exits(0);
    let said = other.sync();
    assert!(other.open().is_empty(), "it came back: {said:#}");
    other.forget();
    other.sync();
    assert!(other.open().is_empty(), "the ledger remembered it alone");
    let third = remote.clone_it();
    third.sync();
    assert!(third.open().is_empty(), "a new clone asks again");
    reword(&other, "master-spec.md", "FR-001", "later");
    other.sync();
    assert_eq!(other.open().len(), 1, "other content is another question");
}
