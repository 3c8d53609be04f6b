//! Decisions of people over one item and what vso makes of it.

use super::master::MASTER;
use super::master::{Text, add_word};
use super::project::{Project, conflicts, summary};

/// Both sides say something else of `FR-003`, the slice also in the criterion and in the test.
fn in_conflict() -> (Project, String) {
    let project = Project::in_step(MASTER);
    let folder = project.standing().into_iter().find(|slice| slice.name == "Accounts").unwrap().folder;
    let replace = |path: &str, word: &str| {
        let text = project.world.read(path);
        assert!(text.contains("end their membership."), "{path}\n{text}");
        project.world.write(path, text.replace("end their membership.", &format!("end their membership {word}.")));
    };
    replace(&format!("{folder}/spec.md"), "mine");
    replace(&format!("{folder}/tests/unit/test_criteria.py"), "mine");
    replace("master-spec.md", "theirs");
    project.commit("both sides");
    (project, folder)
}

#[test]
fn a_text_of_ones_own_goes_into_the_item_and_nowhere_else() {
    let (project, folder) = in_conflict();
    let before = conflicts(&project.plan());
    let text = "- **FR-003** A customer can leave.";
    let ran = project.vso(&["resolve", "Accounts", "--item", "FR-003", "--take", "edit", "--text", text]);
    assert!(matches!(ran.code, 0 | 1), "{}", ran.all());
    let spec = project.world.read(&format!("{folder}/spec.md"));
    assert_eq!(spec.matches("A customer can leave.").count(), 1, "{spec}");
    let tests = project.world.read(&format!("{folder}/tests/unit/test_criteria.py"));
    assert!(!tests.contains("**FR-003**") && tests.contains("membership mine"), "{tests}");
    project.commit("a decision");
    let after = conflicts(&project.plan());
    assert!(after.len() < before.len(), "{}", summary(&project.plan()));
}

/// A person's commit on a proposal's branch and the master change one item; then the master changes something else.
#[test]
fn what_is_open_on_a_branch_stays_open_until_somebody_decides() {
    let project = Project::in_step(MASTER);
    let reword = |path: &str, id: &str, word: &str| {
        let mut text = Text::of(&project.world.read(path));
        let at = text.find(id).unwrap();
        text.lines[at] = add_word(&text.lines[at], word);
        project.world.write(path, text.text());
        project.commit(&format!("{id} {word}"));
    };
    reword("master-spec.md", "FR-003", "sooner");
    project.sync();
    let branch = project.open()[0].branch.clone();
    let spec = format!("{}/spec.md", project.standing().into_iter().find(|it| it.name == "Accounts").unwrap().folder);
    let on_branch = |word: &str| {
        project.git(&["switch", "-q", &branch]);
        reword(&spec, "FR-002", word);
        project.git(&["switch", "-q", "main"]);
    };
    let open = |report: &serde_json::Value| report["proposals"][0]["conflicts"].as_array().unwrap().len();
    on_branch("mine");
    reword("master-spec.md", "FR-002", "theirs");
    assert!(open(&project.sync()) > 0, "nobody is asked");
    reword("master-spec.md", "FR-001", "later");
    assert!(open(&project.sync()) > 0, "the question was forgotten");
    on_branch("after all");
    reword("master-spec.md", "FR-001", "still");
    assert_eq!(open(&project.sync()), 0, "a person decided on the branch and is asked again");
    assert!(project.git(&["show", &format!("{branch}:{spec}")]).contains("mine after all"));
}
