//! `vso sync` over real repositories: branches for what is wanted, and what people do to them by plain git.

use serde_json::Value;

use crate::world::World;
use crate::world::project::{FIRST, MASTER, Project};

fn pair(deed: &str, branch: &str) -> (String, String) {
    (deed.to_owned(), branch.to_owned())
}

const UNIQUE: &str = "An email address must be unique.";

#[test]
fn the_first_sync_opens_a_proposal_for_each_slice_and_the_second_does_nothing() {
    let project = Project::new();
    insta::assert_snapshot!(project.sync().exits(0).all());
    let before = project.refs();
    let again = project.deeds(&[]);
    assert!(again.iter().all(|(deed, _)| deed == "unchanged"), "{again:?}");
    assert_eq!(project.refs(), before, "a sync without a change moved a ref");
    for branch in FIRST {
        assert_eq!(project.ahead(branch), 1);
    }
    let message = project.git(&["log", "-1", "--format=%B", FIRST[0]]);
    assert!(message.contains("FR-001") && message.trim_end().ends_with("Vso-Proposal: 1"), "{message}");
}

#[test]
fn index_worktree_and_head_are_the_persons() {
    let project = Project::new();
    project.world.write("staged", "1");
    project.git(&["add", "staged"]);
    project.world.write("staged", "2");
    project.world.write("master-spec.md", "not committed");
    let files = project.world.files();
    let look = || {
        let index = std::fs::read(project.world.path().join(".git/index")).unwrap();
        (index, project.git(&["rev-parse", "HEAD"]), project.git(&["symbolic-ref", "HEAD"]))
    };
    let before = look();
    project.sync().exits(0);
    assert!(look() == before, "index or HEAD changed");
    let mut after = project.world.files();
    after.retain(|path, _| !path.starts_with(".slice-orchestrator/"));
    assert!(after == files, "a file changed");
}

#[test]
fn a_dry_run_names_every_ref_and_moves_none() {
    let project = Project::new();
    let before = project.refs();
    let dry = project.report(&["--dry-run"]);
    assert_eq!(project.refs(), before);
    let names = |report: &Value| -> Vec<String> {
        let mut names: Vec<String> =
            report["refs"].as_array().unwrap().iter().map(|moved| moved["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&dry), names(&project.report(&[])));
    assert_eq!(names(&project.report(&["--dry-run"])), Vec::<String>::new());
}

#[test]
fn a_change_updates_the_open_proposal_in_place() {
    let project = Project::in_step();
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    let first = project.deeds(&[]);
    assert_eq!(first, [pair("opened", "slice-001-members-v1.0.1")]);
    project.edit_master("among members", "among all members");
    assert_eq!(project.deeds(&[]), [pair("updated", "slice-001-members-v1.0.1")]);
    assert_eq!(project.deeds(&[]), [pair("unchanged", "slice-001-members-v1.0.1")]);
    let spec = project.show("slice-001-members-v1.0.1", "vertical-slices/slice-001-members/spec.md");
    assert!(spec.contains("unique among all members"), "{spec}");
    // The target's new commit came along, so nothing else differs.
    assert_eq!(project.git(&["diff", "--name-only", "main...slice-001-members-v1.0.1", "--", "master-spec.md"]), "");
    project.world.write("unrelated", "1");
    project.commit("unrelated");
    let before = project.git(&["rev-parse", "slice-001-members-v1.0.1"]);
    project.sync().exits(0);
    assert_eq!(project.git(&["rev-parse", "slice-001-members-v1.0.1"]), before, "an unrelated commit made noise");
}

#[test]
fn commits_of_people_on_the_branch_stay() {
    let project = Project::in_step();
    let branch = "slice-001-members-v1.0.1";
    let spec = "vertical-slices/slice-001-members/spec.md";
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.sync().exits(0);
    project.on(branch, |project| {
        let text = project.world.read(spec);
        project.world.write(spec, format!("{text}\n## Notes\n\nPERSONWORD stays.\n"));
        project.world.write("docs/why.md", "OUTSIDEWORD\n");
        project.commit("by a person");
    });
    let person = project.git(&["rev-parse", branch]);
    project.edit_master("A visitor can register with", "Each visitor can register with");
    project.edit("vertical-slices/slice-002-catalogue/spec.md", "## ", "Note of main.\n\n## ");
    let report = project.report(&["--slice", "slice-001-members"]);
    assert_eq!((&report["proposals"][0]["deed"], &report["proposals"][0]["people"]), (&"updated".into(), &1.into()));
    let after = project.show(branch, spec);
    assert!(
        after.contains("PERSONWORD") && after.contains("Each visitor") && after.contains("among members"),
        "{after}"
    );
    assert_eq!(project.show(branch, "docs/why.md"), "OUTSIDEWORD\n");
    assert!(project.show(branch, "vertical-slices/slice-002-catalogue/spec.md").contains("Note of main."));
    project.git(&["merge-base", "--is-ancestor", person.trim(), branch]);
    assert_eq!(project.deeds(&["--slice", "1"]), [pair("unchanged", branch)]);
    // Again, over vso's own commit that already holds their work.
    project.edit_master("Each visitor", "Any visitor");
    project.report(&["--slice", "1"]);
    let after = project.show(branch, spec);
    assert!(after.contains("PERSONWORD") && after.contains("Any visitor"), "{after}");
    project.vso(&["pr", "merge", "slice-001-members"]).exits(0);
    assert!(project.world.read(spec).contains("PERSONWORD") && project.world.has("docs/why.md"));
}

#[test]
fn a_branch_that_people_rebased_is_gone_on_with() {
    let project = Project::in_step();
    let branch = "slice-001-members-v1.0.1";
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.sync().exits(0);
    project.on(branch, |project| {
        project.world.write("docs/why.md", "OUTSIDEWORD\n");
        project.commit("by a person");
    });
    project.world.write("unrelated", "1");
    project.commit("unrelated");
    project.on(branch, |project| {
        project.git(&["rebase", "-q", "main"]);
        project.git(&["commit", "-q", "--amend", "-m", "reworded"]);
    });
    assert_eq!(project.deeds(&[]), [pair("unchanged", branch)]);
    project.edit_master("among members", "among all members");
    assert_eq!(project.deeds(&[]), [pair("updated", branch)]);
    assert_eq!(project.show(branch, "docs/why.md"), "OUTSIDEWORD\n");
    let spec = project.show(branch, "vertical-slices/slice-001-members/spec.md");
    assert!(spec.contains("among all members") && !spec.contains("<<<<"), "{spec}");
}

#[test]
fn a_deleted_branch_is_a_no_until_the_content_changes() {
    let project = Project::in_step();
    let branch = "slice-001-members-v1.0.1";
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.sync().exits(0);
    project.git(&["branch", "-qD", branch]);
    let deeds = project.deeds(&[]);
    assert_eq!(deeds[0], pair("closed", branch));
    for _ in 0..2 {
        assert_eq!(project.deeds(&[]), [pair("refused", branch)]);
    }
    std::fs::remove_dir_all(project.world.path().join(".slice-orchestrator")).unwrap();
    assert_eq!(project.deeds(&[]), [pair("refused", branch)], "the ledger decided something");
    assert!(!project.has_branch(branch));
    project.edit_master("among members", "among all members");
    assert_eq!(project.deeds(&[]), [pair("opened", branch)]);
    project.vso(&["pr", "close", "slice-001-members"]).exits(0);
    assert!(project.has_branch(branch));
    assert_eq!(project.deeds(&[]), [pair("refused", branch)]);
    project.vso(&["pr", "reopen", "slice-001-members"]).exits(0);
    assert_eq!(project.deeds(&[]), [pair("unchanged", branch)]);
    project.vso(&["pr", "close", "slice-001-members", "--delete-branch"]).exits(0);
    assert!(!project.has_branch(branch));
    project.vso(&["pr", "reopen", "slice-001-members"]).exits(0);
    assert!(project.has_branch(branch));
}

#[test]
fn a_merge_by_plain_git_is_recognised_in_any_style() {
    type Merge<'a> = &'a dyn Fn(&Project);
    let branch = "slice-001-members-v1.0.1";
    let styles: [(&str, Merge<'_>); 5] = [
        ("merge", &|project| drop(project.git(&["merge", "-q", "--no-ff", "--no-edit", branch]))),
        ("fast-forward", &|project| drop(project.git(&["merge", "-q", "--ff-only", branch]))),
        ("squash", &|project| {
            project.git(&["merge", "-q", "--squash", branch]);
            project.commit("squashed");
        }),
        ("rebase", &|project| {
            project.git(&["cherry-pick", &format!("main..{branch}")]);
        }),
        ("squash, and edited since", &|project| {
            project.git(&["merge", "-q", "--squash", branch]);
            project.commit("squashed");
            project.edit("vertical-slices/slice-001-members/spec.md", "# ", "Edited since.\n\n# ");
        }),
    ];
    for (name, merge) in styles {
        let project = Project::in_step();
        project.edit_master(UNIQUE, "An email address must be unique among members.");
        project.sync().exits(0);
        if name == "rebase" {
            project.world.write("unrelated", "1");
            project.commit("unrelated");
        }
        merge(&project);
        let deeds = project.deeds(&[]);
        assert!(deeds.contains(&pair("merged", branch)), "{name}: {deeds:?}");
        let open: Vec<_> = project.proposals().into_iter().filter(|(_, state, _)| state == "open").collect();
        assert!(name.contains("edited") || open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn what_nobody_wants_any_more_is_superseded() {
    let project = Project::in_step();
    let branch = "slice-001-members-v1.0.1";
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.sync().exits(0);
    project.edit_master("An email address must be unique among members.", UNIQUE);
    assert_eq!(project.deeds(&[]), [pair("superseded", branch)]);
    assert!(!project.has_branch(branch));
    // With a person's commit on it, it waits on, and holds that alone.
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.sync().exits(0);
    project.on(branch, |project| {
        project.world.write("docs/why.md", "OUTSIDEWORD\n");
        project.commit("by a person");
    });
    project.edit_master("An email address must be unique among members.", UNIQUE);
    assert_eq!(project.deeds(&[]), [pair("updated", branch)]);
    assert_eq!(project.deeds(&[]), [pair("unchanged", branch)]);
    assert_eq!(project.git(&["diff", "--name-only", "main", branch]).trim(), "docs/why.md");
    project.git(&["merge", "-q", "--no-edit", branch]);
    assert_eq!(project.deeds(&[]), [pair("merged", branch)]);
}

#[test]
fn a_name_that_somebody_took_is_left_to_them() {
    let project = Project::in_step();
    project.git(&["branch", "slice-001-members-v1.0.1"]);
    let theirs = project.git(&["rev-parse", "slice-001-members-v1.0.1"]);
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    assert_eq!(project.deeds(&[]), [pair("opened", "slice-001-members-v1.0.1-2")]);
    assert_eq!(project.git(&["rev-parse", "slice-001-members-v1.0.1"]), theirs);
}

#[test]
fn a_renamed_component_moves_its_folder_on_the_same_proposal() {
    let project = Project::in_step();
    let branch = "slice-001-members-v1.0.1";
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.sync().exits(0);
    project.on(branch, |project| {
        let spec = "vertical-slices/slice-001-members/spec.md";
        project.world.write(spec, format!("{}\n## Notes\n\nPERSONWORD\n", project.world.read(spec)));
        project.commit("by a person");
    });
    let text = project.world.read("master-spec.md");
    let text = text.replace("[component: Members]", "[component: People]").replace("**Members**", "**People**");
    project.world.write("master-spec.md", text.replace("Depends on: Members", "Depends on: People"));
    project.commit("renamed");
    let deeds = project.deeds(&["--slice", "1"]);
    assert_eq!(deeds, [pair("updated", branch)]);
    let files = project.git(&["ls-tree", "-r", "--name-only", branch, "vertical-slices/"]);
    assert!(files.contains("slice-001-people/spec.md") && !files.contains("slice-001-members/"), "{files}");
    assert!(project.show(branch, "vertical-slices/slice-001-people/spec.md").contains("PERSONWORD"));
    assert_eq!(project.proposals().iter().filter(|(_, state, _)| state == "open").count(), 1);
}

#[test]
fn a_retired_component_is_proposed_down_to_its_record() {
    let project = Project::in_step();
    let text = project.world.read("master-spec.md");
    let without: Vec<&str> =
        text.lines().filter(|line| !line.contains("Reports") && !line.contains("FR-040")).collect();
    project.world.write("master-spec.md", without.join("\n") + "\n");
    project.commit("without reports");
    project.sync().exits(0);
    project.merge_all();
    let files = project.git(&["ls-tree", "-r", "--name-only", "main", "vertical-slices/slice-005-reports/"]);
    assert_eq!(files, "vertical-slices/slice-005-reports/metadata.json\n");
    project.sync().exits(0);
    assert!(project.proposals().iter().all(|(_, state, _)| state != "open"), "{:?}", project.proposals());
}

#[test]
fn a_wide_plan_is_one_draft_that_waits() {
    let wide = || {
        let project = Project::in_step();
        let text = project.world.read("master-spec.md");
        project.world.write("master-spec.md", text.replace(" can ", " may ").replace(" must ", " shall "));
        project.commit("another wording everywhere");
        project
    };
    let project = wide();
    assert_eq!(project.deeds(&[]), [pair("opened", "slices-all-v1.0.0")]);
    assert_eq!(project.deeds(&[]), [pair("unchanged", "slices-all-v1.0.0")]);
    assert_eq!(project.vso(&["pr", "merge", "all"]).code, 1);
    project.vso(&["pr", "ready", "all"]).exits(0);
    assert_eq!(project.deeds(&[]), [pair("unchanged", "slices-all-v1.0.0")]);
    project.vso(&["pr", "merge", "all"]).exits(0);
    assert_eq!(project.deeds(&[]), []);
    let project = wide();
    project.sync().exits(0);
    let deeds = project.deeds(&["--wide"]);
    assert!(deeds.contains(&pair("superseded", "slices-all-v1.0.0")), "{deeds:?}");
    assert_eq!(deeds.iter().filter(|(deed, _)| deed == "opened").count(), 5, "{deeds:?}");
    assert!(!project.has_branch("slices-all-v1.0.0"));
}

#[test]
fn no_more_are_open_than_the_settings_allow() {
    let project = Project::new();
    let deeds = project.deeds(&["--config", "sync.max-open=2"]);
    assert_eq!(deeds.iter().filter(|(deed, _)| deed == "opened").count(), 2, "{deeds:?}");
    assert_eq!(deeds.iter().filter(|(deed, _)| deed == "waiting").count(), deeds.len() - 2, "{deeds:?}");
}

#[test]
fn a_branch_that_is_checked_out_is_not_moved_under_a_person() {
    let project = Project::in_step();
    let branch = "slice-001-members-v1.0.1";
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project.sync().exits(0);
    project.edit_master("among members", "among all members");
    project.git(&["switch", "-q", branch]);
    let before = project.git(&["rev-parse", "HEAD"]);
    assert_eq!(project.deeds(&[]), [pair("blocked", branch)]);
    assert_eq!((project.git(&["rev-parse", "HEAD"]), project.git(&["status", "--porcelain"])), (before, String::new()));
    project.git(&["switch", "-q", "main"]);
    assert_eq!(project.deeds(&[]), [pair("updated", branch)]);
}

#[test]
fn without_a_repository_or_a_commit_it_says_what_to_do() {
    let world = World::with_master(MASTER);
    insta::assert_snapshot!(world.vso(&["sync"]).exits(2).all());
    world.git(&["init", "-q", "-b", "main"]);
    insta::assert_snapshot!(world.vso(&["sync"]).exits(2).all());
}
