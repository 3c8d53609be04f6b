//! Slices to master over real repositories: edits of slices go up, come back in their slices, and then there is nothing
//! left to do. Proposals are taken over file by file here, as a merge would.

use std::path::Path;

use vso::config::Config;
use vso::git::Repo;
use vso::report::plan::Upstream;
use vso::sync::plan::{Planned, target};
use vso::sync::wanted::{Subject, Wanted};

use crate::world::World;

const DEMO: &str = include_str!("../../templates/demo/master-spec.md");
const LOANS: &str = "vertical-slices/slice-004-loans/spec.md";

struct Project {
    world: World,
}

impl Project {
    /// A project whose slices are all there and committed.
    fn new() -> Self {
        let project = Self { world: World::with_master(DEMO) };
        project.world.git(&["init", "-q", "-b", "main"]);
        project.commit();
        project.take_over();
        project.at_rest();
        project
    }

    fn commit(&self) {
        self.world.git(&["add", "-A"]);
        self.world.git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x", "--allow-empty"]);
    }

    fn plan(&self) -> (Repo, Planned) {
        let config = Config::default();
        let (repo, branch, commit) = target(self.world.path(), &config).unwrap();
        let planned = Planned::make(&repo, &config, commit, &branch).unwrap();
        (repo, planned)
    }

    /// Merges all that is proposed.
    fn take_over(&self) {
        let (repo, planned) = self.plan();
        for wanted in &planned.wanted {
            self.merge(&repo, wanted);
        }
        self.commit();
    }

    fn merge(&self, repo: &Repo, wanted: &Wanted) {
        let root = self.world.path();
        for folder in &wanted.folders {
            let _ = std::fs::remove_dir_all(root.join(folder.was.as_ref().unwrap_or(&folder.path)));
            let _ = std::fs::remove_dir_all(root.join(&folder.path));
            for (path, entry) in folder.tree.iter() {
                self.world.write(&format!("{}/{path}", folder.path), &entry.bytes);
            }
            repo.write(&folder.base).unwrap();
        }
        for (path, entry) in &wanted.files {
            match entry {
                Some(entry) => drop(self.world.write(path, &entry.bytes)),
                None => std::fs::remove_file(root.join(path)).unwrap(),
            }
        }
    }

    #[track_caller]
    fn at_rest(&self) {
        let (_, planned) = self.plan();
        let left: Vec<_> = planned.wanted.iter().map(|wanted| (&wanted.subject, &wanted.title)).collect();
        assert!(left.is_empty(), "{left:?} {:#?}", planned.view.master);
    }

    /// Replaces words in a file that has them just once.
    #[track_caller]
    fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.world.read(path);
        assert_eq!(text.matches(old).count(), 1, "{old:?} in {path}:\n{text}");
        self.world.write(path, text.replace(old, new));
    }

    fn edits(&self) -> Vec<Upstream> {
        self.plan().1.view.master.edits
    }

    fn proposals(&self) -> Vec<Subject> {
        self.plan().1.wanted.into_iter().map(|wanted| wanted.subject).collect()
    }

    fn has(&self, path: &str, words: &str) -> bool {
        Path::new(self.world.path()).join(path).exists() && self.world.read(path).contains(words)
    }
}

#[test]
fn an_edit_goes_up_and_comes_back() {
    let project = Project::new();
    project.edit(
        LOANS,
        "- **FR-024** A member must not have more than 5",
        "- **FR-024** A member must never have more than 4",
    );
    project.edit(LOANS, "- **AC-001** As a member, I can return", "- **AC-001** As a member, I can give back");
    project.edit(LOANS, "409 when the loan is closed", "409 when the loan is over");
    project.commit();
    assert_eq!(project.proposals(), [Subject::Master]);
    assert!(project.edits().iter().all(|edit| edit.refused.is_none()), "{:?}", project.edits());
    project.take_over();
    let before = DEMO
        .replace("must not have more than 5", "must never have more than 4")
        .replace("I can return a tool before", "I can give back a tool before")
        .replace("when the loan is closed — Return", "when the loan is over — Return");
    let lines = |text: &str| -> Vec<String> {
        let kept = text
            .lines()
            .filter(|line| !line.contains("vso") && !line.starts_with("- 0") && !line.starts_with("version"));
        kept.map(str::to_owned).collect()
    };
    let master = project.world.read("master-spec.md");
    assert_eq!(lines(&master), lines(&before));
    assert!(
        master.contains("\nversion: \"1.2.1\"\n") && master.contains("\nlast_updated: \"2026-11-21\"\n"),
        "{master}"
    );
    assert!(project.has(LOANS, "- **AC-FR-024** A member must never have more than 4 open loans. ([FR-024])"));
    project.at_rest();
}

#[test]
fn an_item_of_several_slices_is_one_edit_or_one_conflict() {
    let project = Project::new();
    let fees = "vertical-slices/slice-006-fees/spec.md";
    let change = |path: &str, new: &str| {
        project.edit(
            path,
            "**NFR-2** Each service must answer 99.9 %",
            &format!("**NFR-2** Each service must answer {new} %"),
        );
    };
    change(LOANS, "99.5");
    change(fees, "99.7");
    project.commit();
    let edits = project.edits();
    assert_eq!(edits.len(), 1, "{edits:?}");
    assert_eq!(edits[0].slices, ["slice-004-loans", "slice-006-fees"]);
    assert!(edits[0].refused.as_ref().unwrap().contains("different ways"), "{edits:?}");
    assert_eq!(project.proposals(), []);
    project.edit(fees, "must answer 99.7 %", "must answer 99.5 %");
    project.commit();
    assert_eq!(project.proposals(), [Subject::Master]);
    project.take_over();
    assert!(project.has("master-spec.md", "**NFR-2** Each service must answer 99.5 % of requests"));
    project.take_over();
    assert!(project.has("vertical-slices/slice-009-reports/spec.md", "99.5 %"));
    project.at_rest();
}

#[test]
fn new_criteria_get_their_component_in_the_master() {
    let project = Project::new();
    let last =
        "- **AC-001** As a member, I can return a tool before its due date and borrow it again. ([FR-020], [FR-023])\n";
    let new = "- **AC-009** As a member, I can see when a loan ends. ([FR-022])\n- (Loans) As a member, I can lend a tool on.\n";
    project.edit(LOANS, last, &format!("{last}{new}"));
    project.edit(LOANS, "## Requirements\n", "- no id and no tag\n\n## Requirements\n");
    project.commit();
    project.take_over();
    let master = project.world.read("master-spec.md");
    assert!(master.contains("\n- **AC-009** (Loans) As a member, I can see when a loan ends. ([FR-022])\n- (Loans) As a member, I can lend a tool on.\n\n## Vertical"), "{master}");
    let page = project.world.read(LOANS);
    assert_eq!(page.matches("I can see when a loan ends").count(), 1, "{page}");
    assert_eq!(page.matches("I can lend a tool on").count(), 1, "{page}");
    assert!(page.contains("- no id and no tag\n"));
    project.at_rest();
}

#[test]
fn what_both_sides_changed_is_a_conflict_of_the_slice() {
    let project = Project::new();
    project.edit(
        LOANS,
        "- **FR-024** A member must not have more than 5",
        "- **FR-024** A member must not have more than 4",
    );
    project.edit("master-spec.md", "must not have more than 5", "must not have more than 3");
    project.edit(
        LOANS,
        "- **FR-022** A loan must last between 1 and 28",
        "- **FR-022** A loan must last between 1 and 21",
    );
    project.commit();
    let (_, planned) = project.plan();
    let conflicts = planned.view.slices.iter().flat_map(|slice| &slice.conflicts).count();
    assert!(conflicts > 0);
    let edits: Vec<&str> = planned.view.master.edits.iter().map(|edit| edit.item.as_str()).collect();
    assert_eq!(edits, ["FR-022"]);
    project.take_over();
    assert!(
        project.has(LOANS, "**FR-024** A member must not have more than 4"),
        "the slice keeps its words while it is open"
    );
    assert!(
        project.has("master-spec.md", "must not have more than 3") && project.has("master-spec.md", "between 1 and 21")
    );
    assert!(project.edits().is_empty(), "{:?}", project.edits());
}

#[test]
fn what_a_slice_takes_out_stays_in_the_master() {
    let project = Project::new();
    let page = project.world.read(LOANS);
    let kept: String = page.split_inclusive('\n').filter(|line| !line.contains("NFR-2")).collect();
    project.world.write(LOANS, kept);
    project.edit(
        LOANS,
        "- **FR-022** A loan must last between 1 and 28",
        "- **FR-022** A loan must last between 1 and 21",
    );
    project.commit();
    project.take_over();
    assert!(project.has("master-spec.md", "**NFR-2** Each service"));
    assert!(!project.has(LOANS, "**NFR-2**"));
    assert!(project.has("vertical-slices/slice-004-loans/metadata.json", "\"waivers\""));
    project.at_rest();
}

#[test]
fn what_only_the_slice_has_stays_there() {
    let project = Project::new();
    let last = "- **AC-FR-022** A loan must last between 1 and 28 days. ([FR-022])\n";
    project.edit(LOANS, last, &format!("{last}  - counted from the day of lending\n"));
    project.edit(LOANS, "## Deployment", "## Notes\n\nOurs.\n\n## Deployment");
    project.commit();
    project.at_rest();
    assert!(project.edits().is_empty());
}
