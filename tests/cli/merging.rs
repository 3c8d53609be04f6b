//! `vso pr`: proposals seen, merged in every style, refused with a way on; the worktree follows as with `git merge`.

use serde_json::Value;

use crate::world::project::Project;

const UNIQUE: &str = "An email address must be unique.";
const BRANCH: &str = "slice-001-members-v1.0.1";
const SPEC: &str = "vertical-slices/slice-001-members/spec.md";

/// A project with one open proposal, for the first slice.
fn proposed() -> Project {
    let project = Project::in_step();
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.sync().exits(0);
    project
}

/// With a person's commit on the branch, and an unrelated one on main.
fn worked_on() -> Project {
    let project = proposed();
    project.on(BRANCH, |project| {
        project.world.write("docs/why.md", "why\n");
        project.commit("by a person");
    });
    project.world.write("unrelated", "1");
    project.commit("unrelated");
    project
}

#[test]
fn each_style_brings_the_same_files() {
    let mut trees = Vec::new();
    for (style, commits, parents) in [("--merge", 3, 2), ("--squash", 1, 1), ("--rebase", 2, 1)] {
        let project = worked_on();
        let before = project.git(&["rev-parse", "main"]);
        project.vso(&["pr", "merge", "slice-001-members", style]).exits(0);
        assert_eq!(project.git(&["status", "--porcelain"]), "", "{style}");
        assert!(project.world.read(SPEC).contains("among members") && project.world.has("docs/why.md"), "{style}");
        assert!(!project.has_branch(BRANCH), "{style}: the branch stayed");
        let range = format!("{}..main", before.trim());
        assert_eq!(project.git(&["rev-list", &range]).lines().count(), commits, "{style}");
        assert_eq!(project.git(&["rev-parse", "main^@"]).lines().count(), parents, "{style}");
        let authors = project.git(&["log", "--format=%an", &range]);
        assert!(authors.contains("Author") || style == "--squash", "{style}: {authors}");
        let squash = project.git(&["log", "-1", "--format=%B"]);
        assert!(style != "--squash" || squash.contains("Co-authored-by: Author <author@example.invalid>"), "{squash}");
        trees.push(project.git(&["rev-parse", "main^{tree}"]));
        assert_eq!(project.deeds(&[]), [], "{style}");
    }
    assert!(trees.iter().all(|tree| *tree == trees[0]), "{trees:?}");
}

#[test]
fn the_branch_stays_when_asked() {
    let project = proposed();
    project.vso(&["pr", "merge", "1", "--keep-branch"]).exits(1);
    project.vso(&["pr", "merge", BRANCH, "--keep-branch"]).exits(0);
    assert!(project.has_branch(BRANCH));
}

#[test]
fn local_changes_in_the_way_stop_it_and_others_do_not() {
    let project = proposed();
    let mine = format!("{}mine\n", project.world.read(SPEC));
    project.world.write(SPEC, &mine);
    let before = project.refs();
    let ran = project.vso(&["pr", "merge", BRANCH]).exits(1);
    assert!(ran.err.contains("hint: commit, stash"), "{}", ran.err);
    assert_eq!(project.world.read(SPEC), mine);
    assert_eq!(
        project.git(&["rev-parse", "main"]).trim(),
        before.split("refs/heads/main ").nth(1).unwrap()[..40].trim()
    );
    project.git(&["checkout", "-q", "--", SPEC]);
    project.world.write("master-spec.md", project.world.read("master-spec.md") + "\nMine.\n");
    project.world.write("untracked", "1");
    project.vso(&["pr", "merge", BRANCH]).exits(0);
    assert_eq!(project.git(&["status", "--porcelain"]), " M master-spec.md\n?? untracked\n");
}

#[test]
fn a_target_that_is_not_checked_out_moves_alone() {
    let project = proposed();
    project.git(&["switch", "-q", "-c", "elsewhere"]);
    let files = project.world.files();
    let ran = project.vso(&["--config", "sync.branch=main", "pr", "merge", BRANCH]).exits(0);
    assert!(ran.out.contains("into main"), "{}", ran.out);
    assert!(project.show("main", SPEC).contains("among members"));
    assert_eq!(project.git(&["status", "--porcelain"]), "");
    let changed: Vec<String> = project
        .world
        .files()
        .into_iter()
        .filter(|(path, bytes)| files.get(path) != Some(bytes))
        .map(|(path, _)| path)
        .collect();
    assert!(changed.iter().all(|path| path.starts_with(".slice-orchestrator/")), "{changed:?}");
}

#[test]
fn what_is_out_of_date_is_brought_up_first() {
    let project = proposed();
    project.edit_master("among members", "among all members");
    project.vso(&["pr", "merge", BRANCH]).exits(0);
    assert!(project.world.read(SPEC).contains("among all members"));
    assert_eq!(project.deeds(&[]), []);
    let project = proposed();
    project.edit_master("An email address must be unique among members.", UNIQUE);
    let ran = project.vso(&["pr", "merge", BRANCH]).exits(1);
    assert!(ran.err.contains("is superseded"), "{}", ran.err);
}

#[test]
fn conflicts_are_named_with_the_way_to_settle_them() {
    let project = Project::in_step();
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.edit(SPEC, UNIQUE, "An email address must be unique in the world.");
    let report = project.report(&[]);
    let conflicts = report["proposals"][0]["conflicts"].as_array().unwrap();
    assert!(!conflicts.is_empty(), "{report:#}");
    assert_eq!(project.sync().code, 1);
    let ran = project.vso(&["pr", "merge", "slice-001-members"]).exits(1);
    assert!(
        ran.err.contains("open conflict") && ran.err.contains("hint: vso resolve slice-001-members --item"),
        "{}",
        ran.err
    );
    let shown = project.vso(&["pr", "show", "slice-001-members"]).exits(0);
    assert!(shown.out.contains("Open conflicts:") && shown.out.contains("vso resolve"), "{}", shown.out);
    let branch = report["proposals"][0]["branch"].as_str().unwrap();
    assert!(!project.show(branch, SPEC).contains("<<<<<<<"));
}

#[test]
fn list_show_and_diff_say_what_there_is() {
    let project = worked_on();
    let hidden = |text: &str| {
        let is_id = |word: &str| word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        text.split(' ').map(|word| if is_id(word) { "[ID]" } else { word }).collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(hidden(&project.vso(&["pr", "list"]).exits(0).all()));
    insta::assert_snapshot!(hidden(&project.vso(&["pr", "show", "slice-001-members"]).exits(0).all()));
    let diff = project.vso(&["pr", "diff", "slice-001-members"]).exits(0);
    project.world.write("the.patch", &diff.out);
    project.git(&["apply", "--check", "the.patch"]);
    assert!(diff.out.contains("+why") && diff.out.contains("among members") && !diff.out.contains("unrelated"));
    let json = project.vso(&["pr", "diff", "slice-001-members", "--json"]).exits(0);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert!(
        json["files"].as_array().unwrap().iter().any(|file| file["path"] == "docs/why.md" && file["change"] == "added")
    );
    for (arguments, code) in [(["pr", "show", "99"], 2), (["pr", "show", "nothing"], 2), (["pr", "merge", "1"], 1)] {
        let ran = project.vso(&arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn every_report_is_in_its_schema() {
    let project = worked_on();
    for arguments in
        [&["sync"][..], &["pr", "list"], &["pr", "show", BRANCH], &["pr", "diff", BRANCH], &["pr", "close", BRANCH]]
    {
        let schema = project.vso(&[arguments, &["--schema"]].concat()).exits(0);
        let schema: Value = serde_json::from_str(&schema.out).unwrap();
        let report: Value =
            serde_json::from_str(&project.vso(&[arguments, &["--json"]].concat()).exits(0).out).unwrap();
        for key in report.as_object().unwrap().keys() {
            assert!(schema["properties"].get(key).is_some(), "{arguments:?}: {key} is not in the schema");
        }
    }
}
