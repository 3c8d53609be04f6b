//! `vso lint`: what people and machines see, exit codes, fixes.

use crate::world::World;

const BAD: &str = "---\ntitle: \"Tool Library\"\nversion: 1.0\nstatus: Draft\n---\n\n# Tool Library\n\n\
                   See [fees](#Fees).\n\n## Fees\n\nThe daily fee is TBD. A robot uses \
                   ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8.\n";

/// Only the rules on the text itself, so that the readers may learn without changing what is seen here.
const SETTINGS: &str = "[lint]\nrules.no-component = \"off\"\nrules.unread-section = \"off\"\n";

fn world(text: &str) -> World {
    let world = World::with_master(text);
    world.write("vso.toml", SETTINGS);
    world
}

#[test]
fn people_see_the_line_and_a_hint() {
    insta::assert_snapshot!(world(BAD).vso(&["lint"]).exits(1).all());
}

#[test]
fn forges_get_workflow_commands() {
    insta::assert_snapshot!(world(BAD).vso(&["lint", "--format", "github"]).exits(1).all());
}

#[test]
fn scripts_get_json_that_its_schema_describes() {
    let ran = world(BAD).vso(&["lint", "--json"]).exits(1);
    insta::assert_snapshot!(ran.all());
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let schema: serde_json::Value =
        serde_json::from_str(&World::new().vso(&["lint", "--schema"]).exits(0).out).unwrap();
    for key in report.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
    for key in report["files"][0]["findings"][0].as_object().unwrap().keys() {
        assert!(schema["$defs"]["FindingView"]["properties"].get(key).is_some(), "{key}");
    }
}

#[test]
fn no_format_prints_a_secret() {
    let world = world(BAD);
    for format in ["human", "json", "sarif", "github"] {
        let ran = world.vso(&["lint", "--format", format]).exits(1);
        assert!(!ran.all().contains("a1B2c3D4"), "{format}: {}", ran.all());
    }
}

#[test]
fn fixes_are_written_once_and_leave_every_other_byte() {
    let world = world(&BAD.replace('\n', "\r\n"));
    let ran = world.vso(&["lint", "--fix"]).exits(1);
    assert!(ran.out.ends_with("3 findings fixed; 1 error, 1 warning in 1 file\n"), "{}", ran.out);
    let wanted = BAD.replace("version: 1.0", "version: \"1.0.0\"").replace("Draft", "draft").replace("#Fees", "#fees");
    assert_eq!(world.read("master-spec.md"), wanted.replace('\n', "\r\n"));
    let again = world.vso(&["lint", "--fix"]).exits(1);
    assert!(again.out.ends_with("\n1 error, 1 warning in 1 file\n"), "{}", again.out);
    assert_eq!(world.read("master-spec.md"), wanted.replace('\n', "\r\n"));
}

#[test]
fn warnings_fail_only_when_strict() {
    let world = world("---\ntitle: A\nversion: 1.0.0\n---\n\nThe fee is TBD.\n");
    world.vso(&["lint"]).exits(0);
    world.vso(&["lint", "--strict"]).exits(1);
}

#[test]
fn severities_come_from_the_settings_and_an_unknown_rule_is_a_usage_error() {
    let world = world("---\ntitle: A\nversion: 1.0.0\n---\n\nThe fee is TBD.\n");
    world.write("vso.toml", format!("{SETTINGS}rules.todo-left = \"error\"\n"));
    world.vso(&["lint"]).exits(1);
    world.write("vso.toml", format!("{SETTINGS}rules.todo-lef = \"error\"\n"));
    let ran = world.vso(&["lint"]).exits(2);
    assert!(ran.err.contains("did you mean \"todo-left\"?"), "{}", ran.err);
}

#[test]
fn folders_are_walked_and_files_come_in_order() {
    let world = world("");
    for path in ["docs/b.md", "docs/a.md", "docs/.hidden/c.md", "docs/node_modules/d.md", "docs/note.txt"] {
        world.write(path, "---\ntitle: A\nversion: 1.0.0\n---\n\nTBD\n");
    }
    let ran = world.vso(&["lint", "docs", "docs/a.md"]).exits(0);
    let places: Vec<_> = ran.out.lines().filter_map(|line| line.trim().strip_prefix("--> ")).collect();
    assert_eq!(places, ["docs/a.md:6:1", "docs/b.md:6:1"]);
    assert!(ran.out.ends_with("2 warnings in 2 files\n"), "{}", ran.out);
}

#[test]
fn a_missing_file_is_a_usage_error() {
    let ran = world("x").vso(&["lint", "none.md"]).exits(2);
    assert!(ran.err.contains("there is no none.md"), "{}", ran.err);
}

#[test]
fn rules_explain_themselves() {
    let world = World::new();
    insta::assert_snapshot!(world.vso(&["lint", "--explain", "likely-secret"]).exits(0).all());
    let all = world.vso(&["lint", "--explain"]).exits(0);
    assert_eq!(all.out.lines().count(), vso::spec::rules::ALL.len());
    assert!(world.vso(&["lint", "--explain", "likly-secret"]).exits(2).err.contains("did you mean \"likely-secret\"?"));
}

#[test]
fn colours_are_for_terminals() {
    assert!(!world(BAD).vso(&["lint"]).out.contains('\u{1b}'));
}
