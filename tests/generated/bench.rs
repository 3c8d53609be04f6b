//! The workbench of these tests: the example's slices on disk, and the tools that run on them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::world::World;

/// The example specification.
pub const EXAMPLE: &str = include_str!("../../templates/demo/master-spec.md");

/// A world in which the real binary has made slices of a specification.
pub fn decomposed(master: &str) -> World {
    let world = World::with_master(master);
    world.vso(&["decompose"]).exits(0);
    world
}

/// The folder of the slice whose name ends so.
pub fn slice(world: &World, end: &str) -> PathBuf {
    let slices = std::fs::read_dir(world.path().join("vertical-slices")).expect("there are slices");
    let mut paths = slices.map(|entry| entry.expect("an entry can be read").path());
    paths.find(|path| path.to_string_lossy().ends_with(end)).unwrap_or_else(|| panic!("no slice ends with {end}"))
}

/// All slices' folders, in order.
pub fn slices(world: &World) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(world.path().join("vertical-slices")).expect("there are slices");
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry can be read").path()).collect();
    found.retain(|path| path.is_dir());
    found.sort();
    found
}

/// A Python with these packages; none, said aloud, where there is none and nobody insists.
pub fn python(packages: &[&str]) -> Option<PathBuf> {
    let named = std::env::var_os("VSO_TEST_PYTHON");
    let program = PathBuf::from(named.clone().unwrap_or_else(|| "python3".into()));
    let imports = packages.iter().map(|package| format!("import {package}\n")).collect::<String>();
    let ran = Command::new(&program).args(["-c", &imports]).output();
    if ran.is_ok_and(|output| output.status.success()) {
        return Some(program);
    }
    let promised = named.is_some() || std::env::var_os("CI").is_some();
    missing(&format!("{} with {}", program.display(), packages.join(", ")), promised)
}

/// A program on the path; none, said aloud, where it is missing and nobody insists.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    match std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file()) {
        Some(path) => Some(path),
        // No package of Debian, PyPI or npm brings Terraform, so that `tests/run` can't promise it.
        None => missing(name, name != "terraform" && std::env::var_os("CI").is_some()),
    }
}

/// Says that a tool is missing; fails where `tests/run` promised it. `tests/run` prints what was left out, from the files
/// that this writes.
#[expect(clippy::print_stderr, reason = "who runs one test sees why it did nothing")]
pub fn missing<T>(tool: &str, promised: bool) -> Option<T> {
    assert!(!promised, "{tool}: missing; run tests/run, which installs it");
    eprintln!("left out: {tool} not found");
    let name: String = tool.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("left-out-{name}"));
    std::fs::write(path, format!("{tool} not found\n")).expect("the folder for test files can be written");
    None
}

/// Runs pytest in a slice's folder; no byte code is written, and nothing of the caller's environment is seen.
pub fn pytest(python: &Path, folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-p", "no:cacheprovider", "-q"]).args(arguments).current_dir(folder);
    command.env_remove("BASE_URL").env_remove("API_TOKEN").env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null());
    // one machine talks to itself here; a proxy of the environment has no place between
    command.env("NO_PROXY", "*").envs(environment.iter().copied());
    command.output().expect("Python can be started")
}

/// What a run said, for messages.
pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
