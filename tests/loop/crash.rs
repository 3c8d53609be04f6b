//! Law 8: killed at every numbered point of a command, one plain run leads to the same end as without a kill: the same
//! trees on all branches, one proposal each, the same files, and nothing torn.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::master::{MASTER, Text, add_word};
use super::project::Project;
use crate::world::World;

/// What a command leaves, without commit ids and times.
#[derive(Debug, PartialEq, Eq)]
struct End {
    /// The tree of every branch and of the generation history.
    trees: BTreeMap<String, String>,
    /// Subject, state and branch of every proposal.
    proposals: Vec<(String, u64, String, String)>,
    /// The files on disk, but for what is never committed.
    files: BTreeMap<String, Vec<u8>>,
    /// What git says of them.
    status: String,
}

impl End {
    fn of(project: &Project) -> Self {
        let refs = project.git(&["for-each-ref", "--format=%(refname)", "refs/heads", "refs/vso/generated"]);
        let tree = |name: &str| project.git(&["rev-parse", &format!("{name}^{{tree}}")]).trim().to_owned();
        let mut files = project.world.files();
        files.retain(|path, _| !path.starts_with(".slice-orchestrator/"));
        let proposals = project.proposals().into_iter().map(|one| (one.kind, one.slice, one.state, one.branch));
        Self {
            trees: refs.lines().map(|name| (name.to_owned(), tree(name))).collect(),
            proposals: proposals.collect(),
            files,
            status: project.git(&["status", "--porcelain"]),
        }
    }

    /// What differs, in words.
    fn against(&self, other: &Self) -> String {
        let mut said = Vec::new();
        if self.trees != other.trees {
            said.push(format!("trees: {:#?}\nexpected: {:#?}", self.trees, other.trees));
        }
        if self.proposals != other.proposals {
            said.push(format!("proposals: {:#?}\nexpected: {:#?}", self.proposals, other.proposals));
        }
        let paths = self.files.keys().chain(other.files.keys());
        let apart: Vec<&String> = paths.filter(|path| self.files.get(*path) != other.files.get(*path)).collect();
        if !apart.is_empty() || self.status != other.status {
            said.push(format!("files: {apart:?}\nstatus: {}\nexpected: {}", self.status, other.status));
        }
        said.join("\n")
    }
}

/// The same repository again, in a folder of its own.
fn copy(project: &Project) -> Project {
    let world = World::new();
    let from = format!("{}/.", project.world.path().display());
    let done = Command::new("cp").args(["-a", &from]).arg(world.path()).status().expect("cp can be started");
    assert!(done.success());
    Project { world }
}

/// Kills `arguments` at every point that it passes in `project`.
fn check(name: &str, project: &Project, arguments: &[&str]) {
    let whole = copy(project);
    let note = whole.world.path().join(".git/passed");
    let counted = [("VSO_TEST_CRASH_COUNT", note.to_str().expect("a plain path"))];
    let code = whole.vso_with(&counted, arguments).code;
    assert!(matches!(code, 0 | 1), "{name}: the command itself ends with {code}");
    let points: Vec<String> =
        std::fs::read_to_string(&note).expect("points were passed").lines().map(str::to_owned).collect();
    let expected = End::of(&whole);
    assert!(points.len() > 1, "{name}: only {points:?}");
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from).min(4);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    let Some(point) = points.get(at) else { return };
                    killed_at(
                        &format!("{name}, killed at {} ({point})", at + 1),
                        project,
                        arguments,
                        at + 1,
                        &expected,
                    );
                }
            });
        }
    });
    println!("{name}: killed at {} points", points.len());
}

fn killed_at(name: &str, project: &Project, arguments: &[&str], at: usize, expected: &End) {
    let hurt = copy(project);
    let ran = hurt.vso_with(&[("VSO_TEST_CRASH_AT", &at.to_string())], arguments);
    assert_eq!(ran.code, -1, "{name}: it was not killed\n{}", ran.err);
    for (path, bytes) in hurt.world.files().iter().filter(|(path, _)| path.ends_with("metadata.json")) {
        let whole = serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
        assert!(whole, "{name}: {path} is torn");
    }
    let again = hurt.vso(arguments);
    // A merge or a decision that was finished before the kill has nothing left to do.
    assert!(matches!(again.code, 0 | 1), "{name}: the next run ends with {}\n{}", again.code, again.err);
    let end = End::of(&hurt);
    assert!(end == *expected, "{name}:\n{}\nthe next run said: {}{}", end.against(expected), again.out, again.err);
    let intent = hurt.try_git(&["cat-file", "-e", "refs/vso/proposals:intent.json"]);
    assert!(intent.is_none(), "{name}: an intent is left");
    hurt.git(&["fsck", "--no-dangling", "--no-progress"]);
    let left: Vec<String> = hurt
        .world
        .files()
        .into_keys()
        .filter(|path| path.contains(".tmp") || path.ends_with(".lock") || path.contains("~"))
        .filter(|path| !path.starts_with(".slice-orchestrator/"))
        .collect();
    assert!(left.is_empty(), "{name}: left behind {left:?}");
}

/// A small master, so that there are few files.
fn small() -> String {
    let mut text = Text::of(MASTER);
    text.lines
        .retain(|line| !["Orders", "Parcel", "Order", "parcels", "orders"].iter().any(|word| line.contains(word)));
    text.text()
}

fn reword(project: &Project, path: &str, id: &str, word: &str) {
    let mut text = Text::of(&project.world.read(path));
    let at = text.find(id).unwrap_or_else(|| panic!("{path} has {id}"));
    text.lines[at] = add_word(&text.lines[at], word);
    project.world.write(path, text.text());
}

fn folder(project: &Project, number: u64) -> String {
    project.slices()[&number].folder.clone()
}

/// Slice 1's requirement that both sides know.
const ITEM: &str = "FR-001";

fn slice_with(project: &Project, id: &str) -> String {
    let specs = project.standing().into_iter().map(|slice| slice.folder);
    specs
        .into_iter()
        .find(|folder| Text::of(&project.world.read(&format!("{folder}/spec.md"))).find(id).is_some())
        .unwrap()
}

#[test]
fn decompose_is_finished_or_undone() {
    let first = Project::new(&small());
    check("the first decompose", &first, &["decompose"]);
    let project = Project::in_step(&small());
    let folder = slice_with(&project, ITEM);
    project.world.write(&format!("{folder}/docs/why.md"), "A person's file.\n");
    reword(&project, &format!("{folder}/spec.md"), "FR-002", "slower");
    reword(&project, "master-spec.md", ITEM, "sooner");
    project.commit("edits on both sides");
    check("a decompose that merges", &project, &["decompose"]);
}

#[test]
fn the_first_sync_is_finished() {
    check("the first sync", &Project::new(&small()), &["sync", "--wide"]);
}

#[test]
fn a_sync_over_a_persons_commit_is_finished() {
    let project = Project::in_step(&small());
    reword(&project, "master-spec.md", ITEM, "sooner");
    project.commit("the master");
    project.sync();
    let open = project.open();
    let branch = open.first().expect("a proposal is open").branch.clone();
    project.git(&["switch", "-q", &branch]);
    let folder = slice_with(&project, ITEM);
    project.world.write(&format!("{folder}/docs/why.md"), "A person's file.\n");
    project.commit("a person on the branch");
    project.git(&["switch", "-q", "main"]);
    reword(&project, "master-spec.md", "FR-002", "later");
    project.commit("the master goes on");
    check("a sync over a person's commit", &project, &["sync", "--wide"]);
}

/// Both sides changed one item.
fn in_conflict() -> Project {
    let project = Project::in_step(&small());
    let folder = slice_with(&project, ITEM);
    reword(&project, &format!("{folder}/spec.md"), ITEM, "slower");
    reword(&project, "master-spec.md", ITEM, "sooner");
    reword(&project, "master-spec.md", "FR-002", "later");
    project.commit("edits on both sides");
    project
}

#[test]
fn a_sync_with_a_conflict_is_finished() {
    check("a sync with a conflict", &in_conflict(), &["sync", "--wide"]);
}

#[test]
fn a_decision_is_finished() {
    let project = in_conflict();
    let id = slice_with(&project, ITEM).trim_start_matches("vertical-slices/").to_owned();
    check("a decision", &project, &["resolve", &id, "--item", ITEM, "--take", "master"]);
}

#[test]
fn a_merge_is_finished_in_every_style() {
    for style in ["--merge", "--squash", "--rebase"] {
        let project = Project::in_step(&small());
        reword(&project, "master-spec.md", ITEM, "sooner");
        project.commit("the master");
        project.sync();
        let number = project.open().first().expect("a proposal is open").number.to_string();
        assert!(folder(&project, 1).starts_with("vertical-slices/slice-001"));
        check(&format!("pr merge {style}"), &project, &["pr", "merge", &number, style]);
    }
}
