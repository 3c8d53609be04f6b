//! `vso sync` and `vso pr merge` killed at every numbered point: the next run ends where an undisturbed one does.

use std::path::Path;

use crate::world::World;
use crate::world::project::Project;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, target) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A project in which one sync opens, updates, supersedes and sees a merge.
fn busy() -> Project {
    let project = Project::in_step();
    project.edit_master("An email address must be unique.", "An email address must be unique among members.");
    project.edit_master("A member can borrow a tool", "Each member can borrow a tool");
    project.edit_master("for each late day", "for every late day");
    project.git(&["tag", "before"]);
    project.vso(&["sync", "--wide"]).exits(0);
    project.git(&["merge", "-q", "--squash", "slice-004-fees-v1.0.1"]);
    project.commit("fees by hand");
    project.edit_master("Each member can borrow a tool", "A member can borrow a tool");
    project.edit_master("among members", "among all members");
    project.edit_master("A volunteer can download", "Every volunteer can download");
    project
}

/// What matters in the end: every proposal, what its branch holds, how many commits it has; main and the worktree.
fn end(project: &Project) -> String {
    let mut lines = Vec::new();
    for (number, state, branch) in project.proposals() {
        let held = if project.has_branch(&branch) {
            let tree = project.git(&["rev-parse", &format!("{branch}^{{tree}}")]);
            format!("{} {} ahead", tree.trim(), project.ahead(&branch))
        } else {
            "gone".to_owned()
        };
        lines.push(format!("#{number} {state} {branch} {held}"));
    }
    let state = project.git(&["ls-tree", "-r", "--name-only", "refs/vso/proposals"]);
    assert!(!state.contains("intent.json"), "an intent was left");
    lines.push(project.git(&["rev-parse", "main^{tree}"]));
    lines.push(project.git(&["rev-list", "--count", "main"]));
    lines.push(project.git(&["status", "--porcelain"]));
    lines.join("\n")
}

/// Runs a command in copies of a project, killed at each point, then what a person does next; gives the number of points.
fn killed(project: &Project, arguments: &[&str], next: &dyn Fn(&Project)) -> usize {
    let fresh = || {
        let copied = Project { world: World::new() };
        copy(project.world.path(), copied.world.path());
        // The copied files are as the index says; only their times are new.
        copied.git(&["update-index", "-q", "--refresh"]);
        copied
    };
    let whole = fresh();
    let counted = whole.world.path().join("points");
    let ran = whole.world.vso_with(&[("VSO_TEST_CRASH_COUNT", counted.to_str().unwrap())], arguments);
    assert!(matches!(ran.code, 0 | 1), "{}", ran.err);
    let points: Vec<String> = std::fs::read_to_string(&counted).unwrap().lines().map(str::to_owned).collect();
    std::fs::remove_file(&counted).unwrap();
    next(&whole);
    let expected = end(&whole);
    for (at, point) in points.iter().enumerate() {
        let copied = fresh();
        let number = (at + 1).to_string();
        let ran = copied.world.vso_with(&[("VSO_TEST_CRASH_AT", &number)], arguments);
        assert_eq!(ran.code, -1, "point {number} ({point}) did not kill: {}", ran.err);
        next(&copied);
        assert_eq!(end(&copied), expected, "killed at point {number} ({point})");
    }
    points.len()
}

#[test]
fn a_killed_sync_is_finished_by_the_next_one() {
    let count = killed(&busy(), &["sync"], &|project| drop(project.sync().exits(0)));
    println!("vso sync was killed at {count} points");
    assert!(count > 20, "only {count} points");
}

#[test]
fn a_killed_first_sync_is_finished_by_the_next_one() {
    let count = killed(&Project::new(), &["sync"], &|project| drop(project.sync().exits(0)));
    println!("the first vso sync was killed at {count} points");
    assert!(count > 20, "only {count} points");
}

#[test]
fn a_killed_merge_is_finished_or_done_again() {
    let project = Project::in_step();
    project.edit_master("An email address must be unique.", "An email address must be unique among members.");
    project.sync().exits(0);
    let merge = ["pr", "merge", "slice-001-members"];
    let count = killed(&project, &merge, &|project| {
        let ran = project.vso(&merge);
        assert!(matches!(ran.code, 0 | 1), "{}", ran.err);
        project.sync().exits(0);
    });
    println!("vso pr merge was killed at {count} points");
    assert!(count > 8, "only {count} points");
}
