//! `vso diff` over real repositories: who changed what in a slice, with all three texts where both did.

use serde_json::Value;

use crate::world::project::Project;

const UNIQUE: &str = "An email address must be unique.";
const ID: &str = "slice-001-members";
const SPEC: &str = "vertical-slices/slice-001-members/spec.md";

/// People edit the requirement in the slice: in both places where the page states it.
fn edit_slice(project: &Project, text: &str) {
    let page = project.world.read(SPEC);
    assert_eq!(page.matches(UNIQUE).count(), 2, "{page}");
    project.world.write(SPEC, page.replace(UNIQUE, text));
}

fn edit_master(project: &Project, text: &str) {
    let master = project.world.read("master-spec.md");
    project.world.write("master-spec.md", master.replace(UNIQUE, text));
}

/// `vso diff --json` as a value.
fn report(project: &Project, code: i32, arguments: &[&str]) -> Value {
    let ran = project.vso(&[&["diff", "--json"], arguments].concat()).exits(code);
    serde_json::from_str(&ran.out).unwrap()
}

/// Each item of the first slice as `id by: base | slice | master`.
fn items(report: &Value) -> Vec<String> {
    let word = |item: &Value, key: &str| item[key].as_str().unwrap_or("-").to_owned();
    let items = report["slices"][0]["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let texts = ["base", "slice", "master"].map(|key| word(item, key)).join(" | ");
            format!("{} {}: {texts}", word(item, "id"), word(item, "by"))
        })
        .collect()
}

fn file<'a>(report: &'a Value, path: &str) -> &'a Value {
    let files = report["slices"][0]["files"].as_array().unwrap();
    files.iter().find(|file| file["path"] == path).unwrap_or(&Value::Null)
}

#[test]
fn no_difference_says_nothing() {
    let project = Project::in_step();
    let before = (project.refs(), project.world.files());
    assert_eq!(project.vso(&["diff", "--exit-code"]).exits(0).all(), "exit 0\n----- stdout\n----- stderr\n");
    assert_eq!(report(&project, 0, &[])["slices"], Value::Array(Vec::new()));
    assert_eq!(project.refs(), before.0);
    assert_eq!(project.world.files(), before.1);
    let ran = project.vso(&["diff", "Nobody"]).exits(2);
    assert!(ran.err.contains("hint: there are slice-001-members"), "{}", ran.err);
    assert!(project.vso(&["diff", "--schema"]).exits(0).out.contains("base_lost"));
}

#[test]
fn a_slices_edit_is_the_slices() {
    let project = Project::in_step();
    edit_slice(&project, "An email address must be unique to one member.");
    project.world.write(&format!("vertical-slices/{ID}/notes/why.md"), "because\n");
    let told = report(&project, 0, &[]);
    assert_eq!(told["slices"].as_array().unwrap().len(), 1);
    let expected = format!("FR-002 slice: {UNIQUE} | An email address must be unique to one member. | {UNIQUE}");
    assert_eq!(items(&told), [expected]);
    assert_eq!(file(&told, "spec.md")["by"], "slice");
    assert_eq!(file(&told, "notes/why.md")["by"], "slice");
    assert_eq!(told["slices"][0]["files"].as_array().unwrap().len(), 2);
    insta::assert_snapshot!("diff_slice", project.vso(&["diff", "--patch"]).exits(0).all());
    project.vso(&["diff", "--exit-code"]).exits(1);
    project.vso(&["diff", "--exit-code", "2", "Loans"]).exits(0);
}

#[test]
fn a_masters_edit_is_the_masters() {
    let project = Project::in_step();
    edit_master(&project, "An email address must be unique among members.");
    let told = report(&project, 0, &["1", "--patch"]);
    let expected = format!("FR-002 master: {UNIQUE} | {UNIQUE} | An email address must be unique among members.");
    assert_eq!(items(&told), [expected]);
    let spec = file(&told, "spec.md");
    assert_eq!(spec["by"], "master");
    assert!(spec["slice_patch"].is_null() && spec["master_patch"].as_str().unwrap().contains("+++ master/spec.md"));
    let files = told["slices"][0]["files"].as_array().unwrap();
    assert!(files.iter().all(|file| file["by"] == "master"), "{files:?}");
}

#[test]
fn both_edits_alike_are_both() {
    let project = Project::in_step();
    edit_slice(&project, "An email address must be unique among members.");
    edit_master(&project, "An email address must be unique among members.");
    let told = report(&project, 0, &["Members"]);
    let among = "An email address must be unique among members.";
    assert_eq!(items(&told), [format!("FR-002 both: {UNIQUE} | {among} | {among}")]);
    assert_eq!(file(&told, "spec.md")["by"], "both");
}

#[test]
fn different_edits_are_a_conflict_until_it_is_settled() {
    let project = Project::in_step();
    edit_slice(&project, "An email address must belong to one member.");
    edit_master(&project, "An email address must be unique among members.");
    let told = report(&project, 1, &[ID]);
    let expected = format!(
        "FR-002 conflict: {UNIQUE} | An email address must belong to one member. | \
         An email address must be unique among members."
    );
    assert_eq!(items(&told), [expected]);
    assert_eq!(file(&told, "spec.md")["by"], "conflict");
    insta::assert_snapshot!("diff_conflict", project.vso(&["diff"]).exits(1).all());
    project.vso(&["--config", "sync.conflicts=master", "diff"]).exits(0);
    project.vso(&["resolve", ID, "--take", "master"]).exits(0);
    assert_eq!(project.vso(&["diff", ID]).exits(0).out, "");
}

#[test]
fn a_slice_removes_what_the_master_changes() {
    let project = Project::in_step();
    let page = project.world.read(SPEC);
    let kept: Vec<&str> = page.lines().filter(|line| !line.contains(UNIQUE)).collect();
    project.world.write(SPEC, kept.join("\n") + "\n");
    assert_eq!(items(&report(&project, 0, &[])), [format!("FR-002 slice: {UNIQUE} | - | {UNIQUE}")]);
    edit_master(&project, "An email address must be unique among members.");
    let told = report(&project, 1, &[]);
    assert_eq!(
        items(&told),
        [format!("FR-002 conflict: {UNIQUE} | - | An email address must be unique among members.")]
    );
}

#[test]
fn without_a_base_every_difference_is_a_conflict() {
    let project = Project::in_step();
    edit_slice(&project, "An email address must belong to one member.");
    let path = format!("vertical-slices/{ID}/metadata.json");
    let mut record: Value = serde_json::from_str(&project.world.read(&path)).unwrap();
    record["base"] = "0123456789012345678901234567890123456789".into();
    project.world.write(&path, serde_json::to_string_pretty(&record).unwrap());
    let told = report(&project, 1, &[ID]);
    assert_eq!(told["slices"][0]["base_lost"], true);
    assert_eq!(items(&told), [format!("FR-002 conflict: - | An email address must belong to one member. | {UNIQUE}")]);
    assert_eq!(file(&told, "spec.md")["by"], "conflict");
    let ran = project.vso(&["diff", ID]).exits(1);
    assert!(ran.out.contains("can't be found"), "{}", ran.out);
}

#[test]
fn slices_come_and_go() {
    let project = Project::new();
    let told = report(&project, 0, &["Loans"]);
    assert_eq!(told["slices"][0]["standing"], "new");
    let ran = project.vso(&["diff", "Loans"]).exits(0);
    assert_eq!(ran.out, "slice-003-loans (new: nothing of it is here)\n");
    let project = Project::in_step();
    let master = project.world.read("master-spec.md");
    let kept: Vec<&str> = master.lines().filter(|line| !line.contains("Reports")).collect();
    project.world.write("master-spec.md", kept.join("\n") + "\n");
    let told = report(&project, 0, &["slice-005-reports"]);
    assert_eq!(told["slices"][0]["standing"], "retired");
    project.world.write("vertical-slices/slice-005-reports/mine.md", "mine\n");
    let told = report(&project, 1, &["slice-005-reports"]);
    assert_eq!(file(&told, "mine.md")["by"], "conflict");
}
