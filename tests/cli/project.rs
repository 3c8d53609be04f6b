//! A project from its first file on: `init`, `decompose`, `status`, `doctor`, `demo`, `completions`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{Ran, World};

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}:\n{}", ran.out))
}

fn list<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    value[key].as_array().unwrap().iter().map(|entry| entry.as_str().unwrap()).collect()
}

/// Every key of a report is in the schema that the command publishes.
fn check_schema(world: &World, command: &str, report: &Value) {
    let schema = json(&world.vso(&[command, "--schema"]).exits(0));
    for key in report.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{command}: {key} is not in the schema");
    }
}

fn begun() -> World {
    let world = World::new();
    world.vso(&["init"]).exits(0);
    world
}

#[test]
fn init_writes_a_project_that_works() {
    let world = World::new();
    insta::assert_snapshot!(world.vso(&["init"]).exits(0).all());
    world.vso(&["decompose"]).exits(0);
    assert!(world.has("vertical-slices/slice-001-notes/spec.md"));
    let lint = world.vso(&["lint"]);
    assert_eq!(lint.code, 0, "{}", lint.out);
    world.vso(&["status"]).exits(0);
}

#[test]
fn init_overwrites_nothing_and_adds_entries_once() {
    let world = World::new();
    world.write("master-spec.md", "mine");
    world.write(".gitignore", "/target\r\n*.tfstate");
    world.vso(&["init"]).exits(0);
    assert_eq!(world.read("master-spec.md"), "mine");
    let ignored = world.read(".gitignore");
    assert!(ignored.starts_with("/target\r\n*.tfstate\r\n# vso"), "{ignored:?}");
    assert_eq!(ignored.matches("*.tfstate\r\n").count(), 1);
    let before = world.files();
    insta::assert_snapshot!(world.vso(&["init"]).exits(0).all());
    assert!(world.files() == before);
}

#[test]
fn decompose_says_what_it_did_and_then_has_nothing_to_do() {
    let world = begun();
    let dry = json(&world.vso(&["decompose", "--dry-run", "--json"]).exits(0));
    assert!(!world.has("vertical-slices"), "--dry-run wrote");
    let report = json(&world.vso(&["decompose", "--json"]).exits(0));
    check_schema(&world, "decompose", &report);
    assert_eq!((dry["dry_run"].as_bool(), &dry["written"]), (Some(true), &report["written"]));
    let written = list(&report, "written");
    assert!(!written.is_empty() && written.iter().all(|path| world.has(path)), "{written:?}");
    let search = &report["slices"][1];
    assert_eq!(
        (&search["id"], &search["name"], &search["number"]),
        (&"slice-002-search".into(), &"Search".into(), &2.into())
    );
    assert_eq!((list(search, "dependencies"), &search["platform"]), (vec!["slice-001-notes"], &"hetzner".into()));
    assert_eq!((&search["counts"]["requirements"], &search["counts"]["endpoints"]), (&1.into(), &1.into()));
    let before = world.files();
    let again = json(&world.vso(&["decompose", "--json"]).exits(0));
    assert_eq!((list(&again, "written").len(), list(&again, "unchanged")), (0, written));
    assert!(world.files() == before);
}

#[test]
fn a_file_that_differs_and_has_no_base_stops_everything_unless_forced() {
    let world = begun();
    world.vso(&["decompose"]).exits(0);
    let master = world.read("master-spec.md").replace("at most 120 characters long", "at most 99 characters long");
    world.write("master-spec.md", master);
    let spec = "vertical-slices/slice-001-notes/spec.md";
    let generated = world.read(spec);
    world.write(spec, "mine");
    world.write("vertical-slices/slice-001-notes/src/app.py", "mine too");
    std::fs::remove_file(world.path().join("vertical-slices/slice-002-search/spec.md")).unwrap();
    let before = world.files();
    insta::assert_snapshot!(world.vso(&["decompose"]).exits(1).all());
    let refused = json(&world.vso(&["decompose", "--json"]).exits(1));
    let tests = "vertical-slices/slice-001-notes/tests/unit/test_criteria.py";
    assert_eq!((list(&refused, "refused"), list(&refused, "written").len()), (vec![spec, tests], 0));
    assert!(world.files() == before, "something was written");
    world.vso(&["decompose", "--force"]).exits(0);
    assert_eq!(world.read(spec), generated.replace("at most 120", "at most 99").replace("0\"\nmaster", "1\"\nmaster"));
    assert_eq!(world.read(&format!("{spec}.orig")), "mine");
    assert!(world.has("vertical-slices/slice-002-search/spec.md"), "--force brings back what is missing");
    world.write(spec, "mine again");
    world.vso(&["decompose", "--force"]).exits(0);
    assert_eq!(world.read(&format!("{spec}.orig")), "mine");
    assert_eq!(world.read(&format!("{spec}.orig.2")), "mine again");
    assert_eq!(world.read("vertical-slices/slice-001-notes/src/app.py"), "mine too");
}

#[test]
fn one_slice_alone_can_be_written() {
    let world = begun();
    for (wanted, other) in [("slice-002-search", "slice-001-notes/spec.md"), ("1", "none"), ("Notes", "none")] {
        let report = json(&world.vso(&["decompose", "--slice-id", wanted, "--json", "--force"]).exits(0));
        assert!(!list(&report, "written").iter().any(|path| path.contains(other)), "{wanted}");
    }
    world.vso(&["decompose"]).exits(0);
    assert!(
        world.has("vertical-slices/slice-002-search/spec.md") && world.has("vertical-slices/slice-001-notes/spec.md")
    );
}

#[test]
fn status_tells_stale_edited_and_new_apart() {
    let world = begun();
    assert!(world.vso(&["status"]).exits(1).out.contains("new"));
    world.vso(&["decompose"]).exits(0);
    world.write("vertical-slices/slice-002-search/spec.md", "mine");
    let master = world.read("master-spec.md").replace("at most 120 characters long", "at most 99 characters long");
    world.write("master-spec.md", master);
    let ran = world.vso(&["status", "--json"]).exits(1);
    let report = json(&ran);
    check_schema(&world, "status", &report);
    let steps: Vec<_> =
        report["slices"].as_array().unwrap().iter().map(|slice| slice["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["stale", "edited"]);
}

#[test]
fn a_renamed_component_takes_its_folder_and_what_people_wrote_along() {
    let world = begun();
    world.git(&["init", "-q"]);
    world.vso(&["decompose"]).exits(0);
    world.write("vertical-slices/slice-001-notes/src/app.py", "mine");
    let master = world
        .read("master-spec.md")
        .replace("**Notes**", "**Jottings**")
        .replace("component: Notes", "component: Jottings");
    world.write("master-spec.md", master.replace("Depends on: Notes", "Depends on: Jottings"));
    let ran = world.vso(&["decompose"]).exits(0);
    assert!(ran.err.contains("slice-001-notes is called slice-001-jottings now"), "{}", ran.err);
    assert!(!world.has("vertical-slices/slice-001-notes/spec.md"));
    assert_eq!(world.read("vertical-slices/slice-001-jottings/src/app.py"), "mine");
    assert!(world.vso(&["status"]).out.contains("slice-001-jottings"));
    world.vso(&["decompose"]).exits(0);
}

#[test]
fn settings_come_in_layers_and_doctor_says_from_where() {
    let world = begun();
    world.write("vso.toml", "[deploy]\nport = 1000\nlocation = \"fsn1\"\n");
    let arguments = ["doctor", "--json", "--config", "deploy.image=debian-12"];
    let report = json(&world.vso_with(&[("VSO_DEPLOY_PORT", "2000")], &arguments));
    check_schema(&world, "doctor", &report);
    let setting = |key: &str| {
        let rows = report["settings"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"] == key).unwrap();
        (row["value"].as_str().unwrap().to_owned(), row["source"].as_str().unwrap().to_owned())
    };
    assert_eq!(setting("deploy.port"), ("2000".into(), "environment VSO_DEPLOY_PORT".into()));
    assert_eq!(setting("deploy.location"), ("\"fsn1\"".into(), "vso.toml".into()));
    assert_eq!(setting("deploy.image"), ("\"debian-12\"".into(), "command line --config".into()));
    assert_eq!(setting("project.master"), ("\"master-spec.md\"".into(), "default".into()));
    world.write("vso.toml", "[deploy]\nprot = 1\n");
    let broken = world.vso(&["doctor"]).exits(1);
    assert!(broken.out.contains("fail  settings") && broken.out.contains("did you mean `port`?"), "{}", broken.out);
}

#[test]
fn the_demo_is_quick_the_same_each_time_and_leaves_nothing() {
    let world = World::new();
    let temporary = world.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let variables = [("TMPDIR", temporary.to_str().unwrap())];
    let begun = Instant::now();
    let first = world.vso_with(&variables, &["demo"]).exits(0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let second = world.vso_with(&variables, &["demo"]).exits(0);
    assert_eq!(first.out, second.out);
    assert!(!first.out.contains('\u{1b}'), "colours where nobody sees them");
    for part in ["9 components", "slice-001-", "AC-FR-022", "1 of 9 slices", "What to try next"] {
        assert!(first.out.contains(part), "{part:?} is not in\n{}", first.out);
    }
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "the temporary folder is still there");
}

#[test]
fn the_demo_leaves_its_repository_where_it_is_asked_to() {
    let world = World::new();
    world.vso(&["demo", "--dir", "library"]).exits(0);
    let library = world.path().join("library");
    let library = library.to_str().unwrap();
    assert_eq!(world.git(&["-C", library, "status", "--porcelain"]), "");
    let log = world.git(&["-C", library, "log", "--format=%s"]);
    assert!(log.contains("Decompose the master specification into slices") && log.contains("Merge"), "{log}");
    assert_eq!(world.git(&["-C", library, "branch", "--format=%(refname:short)"]), "main\n");
    assert!(world.vso(&["plan", "--project-root", library]).exits(0).out.starts_with("nothing to do"));
    assert!(!world.vso(&["status", "--project-root", library]).exits(0).out.contains("stale"));
    world.vso(&["demo", "--dir", "library"]).exits(2);
}

#[test]
fn completions_are_printed_for_shells() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = World::new().vso(&["completions", shell]).exits(0);
        assert!(ran.out.contains("decompose"), "{shell}");
    }
    World::new().vso(&["completions", "tcsh"]).exits(2);
}

#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_error_and_a_full_one_is() {
    let world = begun();
    let script = format!("'{0}' demo | head -n 1; '{0}' completions bash | true", env!("CARGO_BIN_EXE_vso"));
    let ran = world.command("sh").args(["-c", &script]).stdout(Stdio::piped()).output().unwrap();
    let err = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(!err.contains("error") && !err.contains("panicked"), "{err}");
    if std::path::Path::new("/dev/full").exists() {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = world.command(env!("CARGO_BIN_EXE_vso"));
        let ran = command.args(["completions", "bash"]).stdout(full).output().unwrap();
        assert_eq!(ran.status.code(), Some(3), "{}", String::from_utf8_lossy(&ran.stderr));
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let world = World::new();
    let help = world.vso(&["--help"]).exits(0).out;
    assert!(help.contains("Exit codes:"));
    for command in ["init", "decompose", "status", "demo", "doctor", "completions"] {
        let text = world.vso(&[command, "--help"]).exits(0).out;
        assert!(text.contains("Example"), "{command}:\n{text}");
    }
}
