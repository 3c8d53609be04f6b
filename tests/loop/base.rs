//! The base is found again: after a squash, a rebase, a cherry-pick, a garbage collection, in other clones and shallow
//! ones, and with the generation history gone. Where it can't be found, every difference is a conflict, and said so.

use serde_json::Value;

use super::master::{MASTER, Text, add_word};
use super::project::{Project, conflicts, is_empty, summary};
use crate::world::World;

/// Words of both sides in items that have nothing to do with each other.
const SLICE_WORD: &str = "slicewise";
const MASTER_WORD: &str = "masterly";

/// A project in which the last proposal is open: the master changed `FR-001` once.
fn with_a_proposal() -> (Project, String) {
    let project = Project::in_step(MASTER);
    reword(&project, "master-spec.md", "FR-001", "sooner");
    project.commit("the master");
    project.sync();
    let branch = project.open().first().expect("a proposal is open").branch.clone();
    (project, branch)
}

fn reword(project: &Project, path: &str, id: &str, word: &str) {
    let mut text = Text::of(&project.world.read(path));
    let at = text.find(id).unwrap_or_else(|| panic!("{path} has {id}"));
    text.lines[at] = add_word(&text.lines[at], word);
    project.world.write(path, text.text());
}

fn accounts(project: &Project) -> String {
    let found = project.standing().into_iter().find(|slice| slice.name == "Accounts");
    format!("{}/spec.md", found.expect("there is such a slice").folder)
}

/// Both sides go on: a note and a test in the slice, another requirement in the master.
fn go_on(project: &Project) {
    let spec = accounts(project);
    let text = project.world.read(&spec);
    project.world.write(&spec, format!("{text}\n## Notes\n\nA note: {SLICE_WORD}.\n"));
    let tests = spec.replace("spec.md", "tests/unit/test_criteria.py");
    let text = project.world.read(&tests);
    project.world.write(&tests, format!("{text}\n\ndef test_{SLICE_WORD}(api):\n    assert api\n"));
    reword(project, "master-spec.md", "FR-002", MASTER_WORD);
    project.commit("both sides go on");
}

/// The base was found: what both sides did goes together, and nothing else changes.
#[track_caller]
fn found_again(project: &Project, how: &str) {
    go_on(project);
    let plan = project.plan();
    assert!(conflicts(&plan).is_empty(), "{how}: {}", summary(&plan));
    let moved: Vec<&Value> =
        plan["slices"].as_array().unwrap().iter().filter(|slice| slice["change"] != "unchanged").collect();
    assert_eq!(moved.len(), 1, "{how}: {}", summary(&plan));
    assert_eq!(moved[0]["change"], "update", "{how}: {}", summary(&plan));
    assert_eq!(moved[0]["notes"], Value::Null, "{how}: {}", summary(&plan));
    project.sync();
    for proposal in project.open() {
        project.vso(&["pr", "merge", &proposal.number.to_string()]).exits(0);
    }
    let spec = project.world.read(&accounts(project));
    assert!(spec.contains(SLICE_WORD), "{how}: the slice's word is gone\n{spec}");
    let line =
        |id: &str| spec.lines().find(|line| line.starts_with(&format!("- **{id}**"))).unwrap_or_default().to_owned();
    assert!(line("FR-002").contains(MASTER_WORD), "{how}: the master's word did not come\n{spec}");
    assert!(line("FR-001").contains("sooner"), "{how}: an old text came back\n{spec}");
    project.sync();
    assert!(is_empty(&project.plan()), "{how}: {}", summary(&project.plan()));
}

#[test]
fn after_every_style_of_merge() {
    let (start, branch) = with_a_proposal();
    drop(start);
    let styles: [(&str, &[&[&str]]); 5] = [
        ("merge", &[&["merge", "-q", "--no-ff", "--no-edit", "BRANCH"]]),
        ("squash", &[&["merge", "-q", "--squash", "BRANCH"], &["commit", "-q", "-m", "squashed"]]),
        (
            "rebase",
            &[&["rebase", "-q", "main", "BRANCH"], &["switch", "-q", "main"], &["merge", "-q", "--ff-only", "BRANCH"]],
        ),
        ("cherry-pick", &[&["cherry-pick", "main..BRANCH"]]),
        (
            "main merged into the branch",
            &[
                &["switch", "-q", "BRANCH"],
                &["merge", "-q", "--no-edit", "main"],
                &["switch", "-q", "main"],
                &["merge", "-q", "--squash", "BRANCH"],
                &["commit", "-q", "-m", "squashed"],
            ],
        ),
    ];
    for (name, commands) in styles {
        let (project, branch) = with_a_proposal_named(&branch);
        project.world.write("unrelated.txt", "1\n");
        project.commit("something else");
        for command in commands {
            let command: Vec<String> = command.iter().map(|part| part.replace("BRANCH", &branch)).collect();
            project.git(&command.iter().map(String::as_str).collect::<Vec<_>>());
        }
        found_again(&project, name);
    }
}

fn with_a_proposal_named(expected: &str) -> (Project, String) {
    let (project, branch) = with_a_proposal();
    assert_eq!(branch, expected, "the same project has the same branch");
    (project, branch)
}

/// Everything that is open is merged.
fn merged() -> Project {
    let (project, _) = with_a_proposal();
    for proposal in project.open() {
        project.vso(&["pr", "merge", &proposal.number.to_string(), "--squash"]).exits(0);
    }
    project.sync();
    project
}

fn gc(project: &Project) {
    project.git(&["reflog", "expire", "--expire=now", "--all"]);
    project.git(&["gc", "-q", "--prune=now"]);
}

#[test]
fn after_a_garbage_collection() {
    let project = merged();
    gc(&project);
    found_again(&project, "gc --prune=now");
}

/// The base that the slice's record names.
fn named_base(project: &Project) -> String {
    let record = project.world.read(&accounts(project).replace("spec.md", "metadata.json"));
    let record: Value = serde_json::from_str(&record).unwrap();
    record["base"].as_str().expect("a base is named").to_owned()
}

/// Takes the generation history away, with everything that only it holds.
fn forget_history(project: &Project) {
    project.git(&["update-ref", "-d", "refs/vso/generated"]);
    for proposal in project.proposals().iter().filter(|proposal| proposal.state != "open") {
        project.try_git(&["branch", "-qD", &proposal.branch]);
    }
    project.forget();
    gc(project);
    let base = named_base(project);
    assert!(project.try_git(&["cat-file", "-e", &base]).is_none(), "the base's object is still there");
}

#[test]
fn with_the_history_gone_it_is_generated_again() {
    let project = merged();
    forget_history(&project);
    found_again(&project, "refs/vso/generated deleted");
}

/// Every difference waits for a person then, and it is said why.
#[track_caller]
fn is_lost(project: &Project, how: &str) {
    go_on(project);
    let plan = project.plan();
    let slices = plan["slices"].as_array().unwrap();
    let slice = slices.iter().find(|slice| slice["name"] == "Accounts").unwrap();
    assert_eq!(slice["change"], "conflict", "{how}: {}", summary(&plan));
    assert!(slice["notes"].to_string().contains("base"), "{how}: nothing is said: {}", summary(&plan));
    let before = project.world.read(&accounts(project));
    project.sync();
    for proposal in project.open() {
        project.vso(&["pr", "merge", &proposal.number.to_string()]);
    }
    let after = project.world.read(&accounts(project));
    assert!(after.contains(SLICE_WORD), "{how}: the slice's word is gone");
    let texts =
        |text: &str| text.lines().skip_while(|line| !line.starts_with("# ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(texts(&before), texts(&after), "{how}: something changed without a decision");
    let again = project.plan();
    assert!(!conflicts(&again).is_empty(), "{how}: settled by silence\n{}", summary(&again));
}

#[test]
fn a_tree_that_was_generated_again_counts_only_under_its_own_name() {
    let project = merged();
    // Nobody ever generated this: the tree of a file that says something else.
    let record = accounts(&project).replace("spec.md", "metadata.json");
    let text = project.world.read(&record).replace(&named_base(&project), "0123456789abcdef0123456789abcdef01234567");
    project.world.write(&record, text);
    project.commit("a record that names something else");
    is_lost(&project, "a base that never was");
}

#[test]
fn a_changed_past_is_not_believed() {
    let project = merged();
    // The history of the branch is written anew without the master's old texts, so nothing makes the named tree again.
    forget_history(&project);
    reword(&project, "master-spec.md", "FR-003", "otherwise");
    project.git(&["add", "-A"]);
    let tree = project.git(&["write-tree"]);
    let commit = project.git(&["commit-tree", "-m", "all anew", tree.trim()]);
    project.git(&["reset", "-q", "--hard", commit.trim()]);
    gc(&project);
    is_lost(&project, "a past that was written anew");
}

/// A clone of a project; git's own transport, so that only what travels is there.
pub fn clone(project: &Project, options: &[&str]) -> Project {
    let world = World::new();
    let from = format!("file://{}", project.world.path().display());
    world.git(&[&["clone", "-q"], options, &[&from, "."]].concat());
    Project { world }
}

#[test]
fn in_another_clone_it_is_fetched() {
    let origin = merged();
    let project = clone(&origin, &[]);
    assert!(project.try_git(&["cat-file", "-e", &named_base(&project)]).is_none(), "a clone has all refs?");
    found_again(&project, "another clone");
}

#[test]
fn in_a_shallow_clone_it_is_fetched() {
    let origin = merged();
    let project = clone(&origin, &["--depth=1"]);
    found_again(&project, "a shallow clone");
}

#[test]
fn a_clone_without_the_history_generates_it_again() {
    let origin = merged();
    origin.git(&["update-ref", "-d", "refs/vso/generated"]);
    let project = clone(&origin, &[]);
    found_again(&project, "a clone of a repository without the history");
}

#[test]
fn a_shallow_clone_without_a_remote_says_that_it_does_not_know() {
    let origin = merged();
    // The master went on since, so the one commit that is there does not make the base again.
    reword(&origin, "master-spec.md", "FR-003", "otherwise");
    origin.commit("the master goes on");
    let project = clone(&origin, &["--depth=1"]);
    drop(origin);
    is_lost(&project, "a shallow clone whose remote is gone");
}
