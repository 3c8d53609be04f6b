//! `vso check` over real repositories: what is said of the target, of proposals and of people's commits.

use serde_json::Value;

use crate::world::World;
use crate::world::project::Project;

const UNIQUE: &str = "An email address must be unique.";
const SPEC: &str = "vertical-slices/slice-001-members/spec.md";

/// What `vso check --json` says.
fn checked(project: &Project, arguments: &[&str]) -> Value {
    let ran = project.vso(&[&["check", "--json"], arguments].concat());
    assert!(matches!(ran.code, 0 | 1), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    let passed = report["checks"].as_array().unwrap().iter().all(|check| check["conclusion"] == "success");
    assert_eq!(ran.code, i32::from(!passed));
    report
}

/// Conclusion and title of a check.
fn says<'a>(report: &'a Value, name: &str) -> (&'a str, &'a str) {
    let check = check(report, name);
    (check["conclusion"].as_str().unwrap(), check["title"].as_str().unwrap())
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 3);
    checks.iter().find(|check| check["name"] == format!("vso / {name}")).unwrap()
}

/// A project in which master and slice say of one requirement different things.
fn in_conflict() -> Project {
    let project = Project::in_step();
    project.edit(SPEC, UNIQUE, "An email address must be unique, whatever its case.");
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    project
}

#[test]
fn what_people_see() {
    let project = Project::new();
    insta::assert_snapshot!("check_new", project.vso(&["check"]).exits(1).all());
    let project = in_conflict();
    insta::assert_snapshot!("check_conflict", project.vso(&["check"]).exits(1).all());
    insta::assert_snapshot!("check_github", project.vso(&["check", "--format", "github"]).exits(1).all());
    insta::assert_snapshot!("check_summary", project.vso(&["check", "--format", "summary"]).exits(1).all());
}

#[test]
fn the_target_is_in_step_or_stale() {
    let project = Project::in_step();
    let report = checked(&project, &[]);
    assert_eq!(says(&report, "slices"), ("success", "5 slices in step with the master"));
    assert_eq!((report["stand"].as_str(), report["branch"].as_str()), (Some("target"), Some("main")));
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    let stale = "not in step: 1 of 5 slices, 1 requirement; ";
    let report = checked(&project, &[]);
    assert_eq!(says(&report, "slices"), ("action_required", format!("{stale}`vso sync` proposes it").as_str()));
    let places = &check(&report, "slices")["annotations"];
    assert_eq!((&places[0]["path"], places[0]["start_line"].as_u64()), (&"master-spec.md".into(), Some(13)));
    project.sync().exits(0);
    let report = checked(&project, &[]);
    let waiting = format!("{stale}1 proposal waits for a person");
    assert_eq!(says(&report, "slices"), ("action_required", waiting.as_str()));
    assert!(check(&report, "slices")["summary"].as_str().unwrap().contains("`slice-001-members-v1.0.1`"));
    project.merge_all();
    project.git(&["reset", "-q", "--hard"]);
    assert_eq!(says(&checked(&project, &[]), "slices").0, "success");
}

#[test]
fn a_proposal_waits_for_its_own_conflicts_only() {
    let project = in_conflict();
    project.edit_master("A member can borrow a tool that is available.", "A member can borrow a tool.");
    project.sync().exits(1);
    let conflict = checked(&project, &["--commit", "slice-001-members-v1.0.1"]);
    assert_eq!(conflict["stand"], "proposal");
    assert_eq!(says(&conflict, "slices"), ("action_required", "1 open conflict in 1 slice"));
    let slices = check(&conflict, "slices");
    let buttons: Vec<&str> =
        slices["buttons"].as_array().unwrap().iter().map(|one| one["identifier"].as_str().unwrap()).collect();
    assert_eq!(buttons, ["take-master", "take-slice", "regenerate"]);
    let at = &slices["annotations"][0];
    assert_eq!(at["path"], SPEC);
    let line = usize::try_from(at["start_line"].as_u64().unwrap()).unwrap();
    let text = project.show("slice-001-members-v1.0.1", SPEC);
    assert!(text.lines().nth(line - 1).unwrap().contains("whatever its case"), "line {line} of\n{text}");
    let other = checked(&project, &["--commit", "slice-003-loans-v1.0.1"]);
    assert_eq!(says(&other, "slices"), ("success", "nothing to decide"));
    // A person settles it on the branch.
    project.on("slice-001-members-v1.0.1", |project| {
        project.vso(&["resolve", "slice-001-members", "--take", "master"]).exits(0);
        project.commit("settled");
    });
    let settled = checked(&project, &["--commit", "slice-001-members-v1.0.1"]);
    assert_eq!(says(&settled, "slices"), ("success", "nothing to decide"));
}

#[test]
fn a_fresh_clone_knows_a_proposal_by_what_it_fetched() {
    let project = in_conflict();
    project.edit_master("A member can borrow a tool that is available.", "A member can borrow a tool.");
    project.sync().exits(1);
    // A person goes on working on it, which no sync has seen yet.
    project.on("slice-003-loans-v1.0.1", |project| {
        project.world.write("vertical-slices/slice-003-loans/notes.md", "later\n");
        project.commit("notes");
    });
    let world = World::new();
    world.git(&["clone", "-q", &project.world.path().to_string_lossy(), "."]);
    world.git(&["checkout", "-q", "--detach", "origin/slice-003-loans-v1.0.1"]);
    let clone = Project { world };
    let on_main = ["--config", "sync.branch=main"];
    assert_eq!(checked(&clone, &on_main)["stand"], "change");
    clone.git(&["fetch", "-q", "origin", "refs/vso/proposals:refs/vso/remotes/origin/proposals"]);
    let report = checked(&clone, &on_main);
    assert_eq!(report["stand"], "proposal");
    assert_eq!(says(&report, "slices"), ("success", "nothing to decide"));
    let other = checked(&clone, &["--config", "sync.branch=main", "--commit", "origin/slice-001-members-v1.0.1"]);
    assert_eq!(says(&other, "slices"), ("action_required", "1 open conflict in 1 slice"));
    assert_eq!(checked(&clone, &["--config", "sync.branch=main", "--commit", "origin/main"])["stand"], "target");
}

#[test]
fn who_builds_on_a_proposal_answers_for_what_is_new() {
    let project = Project::in_step();
    project.edit_master("A member can borrow a tool that is available.", "A member can borrow a tool.");
    project.sync().exits(0);
    project.git(&["switch", "-q", "-c", "upon", "slice-003-loans-v1.0.1"]);
    project.edit(SPEC, UNIQUE, "An email address must be unique, whatever its case.");
    let on_main = ["--config", "sync.branch=main", "--commit", "upon"];
    assert_eq!(says(&checked(&project, &on_main), "slices"), ("success", "nothing to decide"));
    project.edit_master(UNIQUE, "An email address must be unique among members.");
    let report = checked(&project, &on_main);
    assert_eq!(report["stand"], "proposal");
    assert_eq!(says(&report, "slices"), ("action_required", "1 open conflict in 1 slice"));
}

#[test]
fn an_edit_of_the_master_passes_and_its_own_conflicts_do_not() {
    let project = in_conflict();
    project.git(&["switch", "-q", "-c", "edit"]);
    project.edit_master("a fee for each late day", "a fee for every late day");
    // Elsewhere HEAD is on the branch that proposals are for.
    let on_main = ["--config", "sync.branch=main", "--commit", "edit"];
    let report = checked(&project, &on_main);
    assert_eq!(report["stand"], "change");
    let title = "changes 2 of 5 slices, 2 requirements once it is merged";
    assert_eq!(says(&report, "slices"), ("success", title));
    assert!(check(&report, "slices")["summary"].as_str().unwrap().contains("1 conflict of the target branch itself"));
    project.edit_master("unique among members", "unique among all members");
    assert_eq!(says(&checked(&project, &on_main), "slices"), ("action_required", "1 open conflict in 1 slice"));
}

#[test]
fn findings_stand_at_their_lines_and_errors_stop() {
    let project = Project::new();
    project.edit_master("- **FR-002** [component: Members]", "- **FR-001** [component: Members]");
    project.world.write("vertical-slices/slice-001-members/spec.md", "---\ntitle: [\n---\n# x\n");
    project.commit("broken");
    let report = checked(&project, &[]);
    let specification = check(&report, "specification");
    assert_eq!(specification["conclusion"], "failure");
    let found: Vec<(&str, &str, u64)> = specification["annotations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["level"] == "failure")
        .map(|one| (one["path"].as_str().unwrap(), one["title"].as_str().unwrap(), one["start_line"].as_u64().unwrap()))
        .collect();
    assert!(found.contains(&("master-spec.md", "duplicate-id", 13)), "{found:?}");
    assert!(found.iter().any(|(path, rule, _)| (*path, *rule) == (SPEC, "invalid-front-matter")), "{found:?}");
    // What lies in the folder and is not committed has no say.
    project.world.write("master-spec.md", "");
    assert_eq!(checked(&project, &[]), report);
}

#[test]
fn what_could_not_be_done_never_passes() {
    let undone = |project: &Project, names: &[&str], words: &str| {
        let report = checked(project, &[]);
        for name in names {
            let (conclusion, title) = says(&report, name);
            assert_eq!(conclusion, "action_required", "{name}: {title}");
            assert!(check(&report, name).to_string().contains(words), "{}", check(&report, name));
        }
    };
    let all = ["specification", "slices", "trace"];
    let project = Project::in_step();
    project.world.write("master-spec.md", b"# \xff\n");
    project.commit("no text");
    undone(&project, &all, "master-spec.md is not UTF-8");
    project.git(&["rm", "-q", "master-spec.md"]);
    project.commit("gone");
    undone(&project, &all, "is in no commit of this branch yet");
    let project = Project::in_step();
    project.world.write("vertical-slices/slice-001-members/metadata.json", "{\"schema\": ");
    project.commit("torn");
    undone(&project, &all, "metadata.json");
    let project = Project::in_step();
    project.edit_master("title: \"Library\"", "title: [");
    undone(&project, &all[1..], "front matter");
    assert_eq!(says(&checked(&project, &[]), "specification").0, "failure");
}

#[test]
fn a_strangers_commit_is_data() {
    let project = Project::in_step();
    let base = project.git(&["rev-parse", "HEAD"]);
    project.git(&["switch", "-q", "-c", "fork"]);
    // Settings and templates of their own, which would make every slice another one or fail.
    project.world.write("vso.toml", "[project]\nmaster = \"other.md\"\n[lint]\nrules.duplicate-id = \"off\"\n");
    project.world.write(".vso/templates/spec.md", "{% for x in range(1000000000) %}{{ nothing.at.all }}{% endfor %}");
    project.edit_master("- **FR-002** [component: Members]", "- **FR-001** [component: Members]");
    let from = ["--settings-from", base.trim(), "--commit", "fork", "--config", "sync.branch=main"];
    let report = checked(&project, &from);
    assert_eq!(report["settings_from"].as_str(), Some(base.trim()));
    assert_eq!(says(&report, "specification").0, "failure");
    // Neither from the folder, which may be the fork's.
    project.world.write("vso.toml", "broken = [");
    assert_eq!(checked(&project, &from), report);
    project.vso(&["check"]).exits(2);
}

#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let project = Project::new();
    let hostile = "::error::x ##[error]y @everyone #12 <!-- vso:pull --> `code` ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8 \u{1b}[31m";
    project.edit_master("A visitor can register with an email address.", &format!("A visitor must TODO {hostile}"));
    project.sync();
    for format in ["human", "github", "summary", "json", "sarif"] {
        let ran = project.vso(&["check", "--format", format]).exits(1);
        let all = format!("{}{}", ran.out, ran.err);
        assert!(!all.contains("ghp_a1B2") && !all.contains('\u{1b}'), "{format}: {all}");
        if format == "github" {
            let starts = all.lines().filter(|line| line.trim_start().starts_with("::"));
            assert!(starts.clone().all(|line| line.contains(",title=vso ")), "{all}");
            assert!(!all.contains("##["), "{all}");
        }
        if format == "summary" {
            assert!(!all.contains("@everyone") && !all.contains("<!--") && !all.contains(" #12"), "{all}");
        }
    }
}

#[test]
fn every_format_tells_the_same() {
    let project = in_conflict();
    let report = checked(&project, &[]);
    let count = |name: &str| check(&report, name)["annotations"].as_array().unwrap().len();
    let total = count("specification") + count("slices") + count("trace");
    let sarif: Value = serde_json::from_str(&project.vso(&["check", "--format", "sarif"]).exits(1).out).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), total);
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
    }
    let github = project.vso(&["check", "--format", "github"]).exits(1).out;
    let shown = github.lines().filter(|line| line.starts_with("::")).count();
    let rest = github.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(shown + rest, total);
    assert!(github.lines().filter(|line| line.starts_with("::error")).count() <= 10);
    // The same findings as the linter's.
    let lint = project.vso(&["lint", "--format", "github"]).out;
    assert!(lint.lines().all(|line| github.contains(line)), "{lint}\n{github}");
    let summary = project.world.path().join("summary.md");
    project.vso(&["check", "--summary", &summary.to_string_lossy()]).exits(1);
    assert_eq!(project.world.read("summary.md"), project.vso(&["check", "--format", "summary"]).exits(1).out);
    let schema: Value = serde_json::from_str(&project.vso(&["check", "--schema"]).exits(0).out).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&schema["properties"]), keys(&report));
}

#[test]
fn what_can_not_be_checked_is_said() {
    let project = Project::new();
    let ran = project.vso(&["check", "--commit", "none"]).exits(2);
    assert!(ran.err.contains("there is no commit \"none\""), "{}", ran.err);
    World::new().vso(&["check"]).exits(2);
}
