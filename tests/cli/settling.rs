//! Conflicts of a proposal settled where they are open: on its branch, without touching a file here.

use crate::world::project::Project;

const CATALOGUE: &str = "vertical-slices/slice-002-catalogue/spec.md";

/// The conflicts that a sync reports for the catalogue's proposal, by item.
fn open(project: &Project) -> Vec<String> {
    let report = project.report(&[]);
    let lines = report["proposals"].as_array().unwrap().iter();
    let own = lines.filter(|line| line["slice"] == "slice-002-catalogue");
    let items = own.flat_map(|line| line["conflicts"].as_array().unwrap().clone());
    items.map(|open| open["item"].as_str().unwrap().to_owned()).collect()
}

fn branch(project: &Project) -> String {
    let open =
        project.proposals().into_iter().filter(|(_, state, branch)| state == "open" && branch.contains("catalogue"));
    open.map(|(_, _, branch)| branch).next().expect("a proposal is open")
}

/// Master and slice say FR-011 differently, and the proposal that asks is open.
fn in_conflict() -> Project {
    let project = Project::in_step();
    project.edit(
        CATALOGUE,
        "- **FR-011** A member can search by a word of the title.",
        "- **FR-011** A member can search by an author.",
    );
    project.edit_master("search by a word of the title", "search by any word");
    project.sync().exits(1);
    project
}

/// A person wrote another FR-011 on the proposal's branch, and the master changed it since.
fn in_conflict_on_the_branch() -> Project {
    let project = Project::in_step();
    project.edit_master("search by a word of the title", "search by any word");
    project.sync().exits(0);
    project.on(&branch(&project), |project| {
        project.edit(
            CATALOGUE,
            "- **FR-011** A member can search by any word.",
            "- **FR-011** A member can search by an author.",
        );
    });
    project.edit_master("search by any word", "search by two words");
    project.sync().exits(1);
    project
}

fn rests(project: &Project) {
    project.merge_all();
    project.git(&["reset", "-q", "--hard"]);
    project.sync();
    project.merge_all();
    project.git(&["reset", "-q", "--hard"]);
    let left = project.report(&[]);
    assert_eq!(left["proposals"].as_array().unwrap().len(), 0, "{left:#}");
}

#[test]
fn the_master_is_taken_on_the_proposals_branch_and_not_asked_again() {
    let project = in_conflict();
    let before = project.git(&["rev-parse", "HEAD", "main"]);
    assert!(!open(&project).is_empty());
    let ran = project.vso(&["pr", "settle", "slice-002-catalogue", "--take", "master"]).exits(0);
    assert!(ran.err.contains("settled "), "{}", ran.err);
    assert!(project.show(&branch(&project), CATALOGUE).contains("- **FR-011** A member can search by any word."));
    assert_eq!(project.git(&["rev-parse", "HEAD", "main"]), before);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    // Neither at once nor after the master moved elsewhere.
    assert_eq!(open(&project), Vec::<String>::new());
    project.edit_master("add a tool with a title", "add a tool with a name");
    assert_eq!(open(&project), Vec::<String>::new());
    assert!(project.show(&branch(&project), CATALOGUE).contains("with a name"));
    rests(&project);
    assert!(project.world.read(CATALOGUE).contains("by any word"));
}

#[test]
fn the_slice_is_taken_and_goes_up() {
    let project = in_conflict();
    project.vso(&["pr", "settle", "slice-002-catalogue", "--item", "FR-011", "--take", "slice"]).exits(0);
    assert_eq!(open(&project), Vec::<String>::new());
    assert_eq!(open(&project), Vec::<String>::new());
    rests(&project);
    assert!(project.world.read(CATALOGUE).contains("search by an author"));
    assert!(project.world.read("master-spec.md").contains("search by an author"));
}

#[test]
fn what_is_open_only_on_the_branch_is_settled_there() {
    for (side, words) in [("master", "search by two words"), ("slice", "search by an author")] {
        let project = in_conflict_on_the_branch();
        let before = branch(&project);
        let ran = project.vso(&["pr", "settle", "slice-002-catalogue", "--take", side]).exits(0);
        assert!(ran.err.contains("settled "), "{side}: {}", ran.err);
        assert_eq!(branch(&project), before);
        assert!(project.show(&before, CATALOGUE).contains(words), "{side}");
        assert_eq!(open(&project), Vec::<String>::new(), "{side}");
        project.edit_master("add a tool with a title", "add a tool with a name");
        assert_eq!(open(&project), Vec::<String>::new(), "{side}");
        assert!(project.show(&before, CATALOGUE).contains(words), "{side}");
        rests(&project);
        assert!(project.world.read(CATALOGUE).contains(words), "{side}");
        assert!(project.world.read("master-spec.md").contains(words), "{side}");
    }
}

#[test]
fn an_item_that_is_not_open_settles_nothing() {
    let project = in_conflict();
    let ran = project.vso(&["pr", "settle", "slice-002-catalogue", "--item", "FR-999", "--take", "master"]).exits(1);
    assert!(ran.err.contains("no open conflict of slice-002") && ran.err.contains("hint: open: "), "{}", ran.err);
    let ran = project.vso(&["pr", "settle", "slice-001-members", "--take", "master"]).exits(1);
    assert!(ran.err.contains("only an open one"), "{}", ran.err);
    project.vso(&["pr", "settle", "slice-077", "--take", "master"]).exits(2);
    assert!(!open(&project).is_empty());
}

#[test]
fn generated_anew_brings_files_back_and_asks_for_what_people_wrote() {
    let project = Project::in_step();
    project.edit_master("search by a word of the title", "search by any word");
    project.sync().exits(0);
    let branch = branch(&project);
    let modal = "vertical-slices/slice-002-catalogue/terraform/main.tf";
    project.on(&branch, |project| {
        project.edit(
            CATALOGUE,
            "- **FR-011** A member can search by any word.",
            "- **FR-011** A member can search by an author.",
        );
        std::fs::remove_file(project.world.path().join(modal)).unwrap();
        project.world.write("vertical-slices/slice-002-catalogue/notes.md", "mine\n");
        project.commit("a person's work");
    });
    project.sync().exits(0);
    project.vso(&["pr", "regenerate", "slice-002-catalogue"]).exits(1);
    assert!(open(&project).iter().any(|item| item == "FR-011"), "{:?}", open(&project));
    assert!(project.show(&branch, CATALOGUE).contains("search by an author"));
    assert!(!project.show(&branch, modal).is_empty());
    assert_eq!(project.show(&branch, "vertical-slices/slice-002-catalogue/notes.md"), "mine\n");
    // Twice is once.
    let refs = project.refs();
    project.vso(&["pr", "regenerate", "slice-002-catalogue"]).exits(1);
    assert_eq!(
        project.git(&["rev-parse", &branch]),
        refs.lines().find(|line| line.contains(&format!("/{branch} "))).unwrap().rsplit(' ').next().unwrap().to_owned()
            + "\n"
    );
    project.vso(&["pr", "settle", "slice-002-catalogue", "--take", "master"]).exits(0);
    assert!(project.show(&branch, CATALOGUE).contains("search by any word"));
    assert_eq!(project.show(&branch, "vertical-slices/slice-002-catalogue/notes.md"), "mine\n");
    assert_eq!(open(&project), Vec::<String>::new());
}
