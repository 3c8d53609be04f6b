//! Several at once: processes, worktrees, clones.

use std::process::Child;

use crate::world::project::{FIRST, Project};

fn started(project: &Project, folder: &str, arguments: &[&str]) -> Child {
    let mut command = project.world.command(env!("CARGO_BIN_EXE_vso"));
    command.current_dir(project.world.path().join(folder)).args(arguments).spawn().unwrap()
}

/// One open proposal for each slice, each with one commit, and no intent left.
fn check_first(project: &Project) {
    let mut open: Vec<String> =
        project.proposals().into_iter().map(|(_, state, branch)| format!("{state} {branch}")).collect();
    open.sort();
    let mut expected: Vec<String> = FIRST.iter().map(|branch| format!("open {branch}")).collect();
    expected.push("open master-spec-v1.0.0".to_owned());
    expected.sort();
    assert_eq!(open, expected);
    assert!(FIRST.iter().all(|branch| project.ahead(branch) == 1));
    let state = project.git(&["ls-tree", "--name-only", "refs/vso/proposals"]);
    assert!(!state.contains("intent.json"), "{state}");
    assert!(project.deeds(&[]).iter().all(|(deed, _)| deed == "unchanged"));
}

#[test]
fn processes_in_one_worktree_wait_for_each_other() {
    let project = Project::new();
    let running: Vec<Child> = (0..4).map(|_| started(&project, ".", &["sync", "--json"])).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    check_first(&project);
}

/// The lock is a worktree's; between worktrees only compare-and-swap stands.
#[test]
fn processes_in_several_worktrees_redo_what_somebody_else_was_faster_at() {
    let project = Project::new();
    for name in ["w1", "w2", "w3"] {
        project.git(&["worktree", "add", "-q", "--detach", name]);
    }
    let running: Vec<Child> = [".", "w1", "w2", "w3"]
        .map(|folder| started(&project, folder, &["--config", "sync.branch=main", "sync", "--json"]))
        .into_iter()
        .collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    check_first(&project);
}

/// Two clones of one remote.
struct Clones {
    project: Project,
}

impl Clones {
    /// `one/` and `two/` beside `remote.git`, all slices in step.
    fn new() -> Self {
        let project = Project::in_step();
        project.git(&["init", "-q", "--bare", "-b", "main", "remote.git"]);
        let remote = project.world.path().join("remote.git").display().to_string();
        project.git(&["push", "-q", &remote, "main", "refs/vso/*:refs/vso/*"]);
        for name in ["one", "two"] {
            project.git(&["clone", "-q", &remote, name]);
        }
        Self { project }
    }

    fn git(&self, clone: &str, arguments: &[&str]) -> String {
        let folder = self.project.world.path().join(clone).display().to_string();
        self.project.git(&[&["-C", &folder], arguments].concat())
    }

    fn sync(&self, clone: &str) -> Vec<String> {
        let folder = self.project.world.path().join(clone).display().to_string();
        let report = self.project.report(&["--project-root", &folder]);
        let lines = report["proposals"].as_array().unwrap().iter();
        lines.map(|line| format!("{} {}", line["deed"].as_str().unwrap(), line["branch"].as_str().unwrap())).collect()
    }

    fn edit(&self, clone: &str, from: &str, to: &str) {
        let path = format!("{clone}/master-spec.md");
        let text = self.project.world.read(&path);
        assert!(text.contains(from));
        self.project.world.write(&path, text.replacen(from, to, 1));
        self.git(clone, &["commit", "-qam", "edit"]);
    }

    fn push(&self, clone: &str) {
        self.git(clone, &["push", "-q", "origin", "main"]);
    }

    fn pull(&self, clone: &str) {
        self.git(clone, &["pull", "-q", "--rebase", "origin", "main"]);
    }

    fn state(&self, place: &str) -> String {
        self.git(
            place,
            &[
                "for-each-ref",
                "--format=%(refname) %(objectname)",
                "refs/vso/generated",
                "refs/vso/proposals",
                "refs/heads/slice-*",
            ],
        )
    }
}

const UNIQUE: &str = "An email address must be unique.";
const BRANCH: &str = "slice-001-members-v1.0.1";
const OTHER: &str = "slice-005-reports-v1.0.1";

#[test]
fn a_proposal_travels_with_its_branch_and_its_end() {
    let clones = Clones::new();
    clones.edit("one", UNIQUE, "An email address must be unique among members.");
    clones.push("one");
    assert_eq!(clones.sync("one"), [format!("opened {BRANCH}")]);
    clones.pull("two");
    assert_eq!(clones.sync("two"), [format!("unchanged {BRANCH}")]);
    assert_eq!(clones.state("one"), clones.state("two"));
    assert_eq!(clones.state("one"), clones.state("remote.git"));
    // A person works on it in one clone; the other goes on from there.
    clones.git("two", &["switch", "-q", BRANCH]);
    clones.project.world.write("two/why.md", "why\n");
    clones.git("two", &["add", "why.md"]);
    clones.git("two", &["commit", "-qm", "by a person"]);
    clones.git("two", &["switch", "-q", "main"]);
    clones.sync("two");
    clones.edit("one", "among members", "among all members");
    clones.push("one");
    assert_eq!(clones.sync("one"), [format!("updated {BRANCH}")]);
    assert_eq!(clones.git("one", &["show", &format!("{BRANCH}:why.md")]), "why\n");
    // A no in one clone is a no in the other.
    clones.git("one", &["branch", "-qD", BRANCH]);
    assert_eq!(clones.sync("one"), [format!("closed {BRANCH}")]);
    clones.pull("two");
    assert_eq!(clones.sync("two"), [format!("refused {BRANCH}")]);
}

#[test]
fn two_clones_that_open_at_once_end_with_one_proposal_each() {
    let clones = Clones::new();
    clones.edit("one", UNIQUE, "An email address must be unique among members.");
    clones.edit("two", "A volunteer can download", "Each volunteer can download");
    // Neither has the other's commit: what the other proposes is left to it.
    assert_eq!(clones.sync("one"), [format!("opened {BRANCH}")]);
    let second = clones.sync("two");
    assert_eq!(second, [format!("away {BRANCH}"), format!("opened {OTHER}")]);
    assert_eq!(clones.sync("one"), [format!("unchanged {BRANCH}"), format!("away {OTHER}")]);
    clones.push("one");
    clones.pull("two");
    clones.push("two");
    clones.pull("one");
    clones.sync("two");
    for clone in ["one", "two", "one"] {
        assert_eq!(clones.sync(clone), [format!("unchanged {BRANCH}"), format!("unchanged {OTHER}")], "{clone}");
    }
    assert_eq!(clones.state("one"), clones.state("two"));
    assert_eq!(clones.state("one"), clones.state("remote.git"));
}

/// The same edit in both clones, both synced before either saw the other: the second one's proposal gives way.
#[test]
fn the_same_proposal_opened_in_two_clones_becomes_one() {
    let clones = Clones::new();
    clones.edit("one", UNIQUE, "An email address must be unique among members.");
    clones.push("one");
    clones.pull("two");
    let remote = clones.project.world.path().join("remote.git").display().to_string();
    clones.git("two", &["remote", "set-url", "origin", "/nowhere.git"]);
    assert_eq!(clones.sync("two"), [format!("opened {BRANCH}")]);
    assert_eq!(clones.sync("one"), [format!("opened {BRANCH}")]);
    clones.git("two", &["remote", "set-url", "origin", &remote]);
    assert_eq!(clones.sync("two"), [format!("unchanged {BRANCH}")]);
    assert_eq!(clones.sync("one"), [format!("unchanged {BRANCH}")]);
    assert_eq!(clones.state("one"), clones.state("two"));
    assert_eq!(clones.state("one"), clones.state("remote.git"));
}

#[test]
fn a_remote_that_cant_be_reached_stops_nothing() {
    let project = Project::new();
    project.git(&["remote", "add", "origin", "/nowhere/at/all.git"]);
    let ran = project.sync().exits(0);
    assert!(ran.err.contains("note: origin can't be reached"), "{}", ran.err);
    check_first(&project);
}
