//! zizmor, check-jsonschema and shellcheck find nothing in action.yml, in the workflows here and in those that vso writes.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::runner::{action, said, source};
use crate::world::World;

/// What `vso init --github` is told in these tests.
pub const PINNED: [&str; 4] = [
    "--action",
    "acme/vso@0123456789abcdef0123456789abcdef01234567",
    "--sha256",
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
];

/// A tool of the tests' Python; none, said aloud, where `tests/run` did not install it.
pub fn tool(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("VSO_TEST_PYTHON");
    let beside = named.as_ref().map(|python| Path::new(python).with_file_name(name));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let all = beside.into_iter().chain(std::env::split_paths(&paths).map(|folder| folder.join(name)));
    let found = all.into_iter().find(|path| path.is_file());
    if found.is_none() {
        missing(name, named.is_some() || std::env::var_os("CI").is_some());
    }
    found
}

#[expect(clippy::print_stderr, reason = "who runs one test sees why it did nothing")]
fn missing(tool: &str, promised: bool) {
    assert!(!promised, "{tool}: missing; run tests/run, which installs it");
    eprintln!("left out: {tool} not found");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("left-out-{tool}"));
    std::fs::write(path, format!("{tool} not found\n")).unwrap();
}

/// A repository to which `vso init --github` has given its workflows.
fn written() -> World {
    let world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    world.vso(&[&["init", "--github"][..], &PINNED].concat()).exits(0);
    world
}

/// All workflows in a folder.
fn workflows(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join(".github/workflows")).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn zizmor_finds_nothing() {
    let Some(zizmor) = tool("zizmor") else { return };
    let (here, world) = (Path::new(env!("CARGO_MANIFEST_DIR")), written());
    let mut command = Command::new(zizmor);
    command.args(["--offline", "--no-progress", "--persona", "pedantic"]).arg(here.join("action.yml"));
    command.args(workflows(here)).args(workflows(world.path()));
    let (is_clean, text) = said(&mut command);
    assert!(is_clean && text.contains("No findings to report"), "{text}");
}

#[test]
fn the_schemas_are_kept() {
    let Some(check) = tool("check-jsonschema") else { return };
    let (here, world) = (Path::new(env!("CARGO_MANIFEST_DIR")), written());
    let mut command = Command::new(&check);
    let (is_valid, text) =
        said(command.args(["--builtin-schema", "vendor.github-actions"]).arg(here.join("action.yml")));
    assert!(is_valid, "{text}");
    let mut command = Command::new(&check);
    command.args(["--builtin-schema", "vendor.github-workflows"]).args(workflows(here)).args(workflows(world.path()));
    let (is_valid, text) = said(&mut command);
    assert!(is_valid, "{text}");
}

#[test]
fn shellcheck_finds_nothing_in_scripts() {
    let Some(shellcheck) = tool("shellcheck") else { return };
    let world = World::new();
    let release = super::runner::yaml(&source(".github/workflows/release.yml"));
    let jobs = release["jobs"].as_object().unwrap().values().flat_map(|job| job["steps"].as_array().unwrap().clone());
    let steps = action()["runs"]["steps"].as_array().unwrap().clone().into_iter().chain(jobs);
    let mut count = 0;
    for step in steps {
        let Some(script) = step["run"].as_str() else { continue };
        // What the workflow puts into the environment is set before the script begins.
        let file = world.write(&format!("{count}.sh"), format!("#!/usr/bin/env bash\nset -eo pipefail\n{script}"));
        let mut command = Command::new(&shellcheck);
        let (is_clean, text) = said(command.args(["--shell", "bash"]).arg(file));
        assert!(is_clean, "{}: {text}", step["name"]);
        count += 1;
    }
    assert!(count > 4, "{count} scripts");
}

#[test]
fn workflows_are_written_once_and_never_over_others() {
    let world = written();
    let names: Vec<String> =
        workflows(world.path()).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, ["vso-check.yml", "vso-comment.yml", "vso-nightly.yml", "vso-sync.yml"]);
    world.write(".github/workflows/vso-sync.yml", "mine");
    let ran = world.vso(&[&["init", "--github"][..], &PINNED].concat()).exits(0);
    assert!(ran.err.contains("kept") && world.read(".github/workflows/vso-sync.yml") == "mine", "{}", ran.err);
}

#[test]
fn a_workflow_is_pinned_or_not_written() {
    let world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    let ran = world.vso(&["init", "--github"]).exits(2);
    assert!(ran.err.contains("hint: name it: --action"), "{}", ran.err);
    let ran = world.vso(&["init", "--github", "--action", "acme/vso@main", "--sha256", PINNED[3]]).exits(2);
    assert!(ran.err.contains("pinned by commit"), "{}", ran.err);
    assert!(!world.has(".github"));
}
