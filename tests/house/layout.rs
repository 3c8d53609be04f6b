//! The layout: what stands at the top of the repository, and that the map (`src/ARCHITECTURE.md`) is true.

use std::collections::BTreeSet;

use super::source::{relative, root, sources};

/// All that may stand at the top; what is not here is either misplaced or a decision to be made in the open.
const TOP: &[&str] = &[
    ".ci",
    ".config",
    ".editorconfig",
    ".gitattributes",
    ".github",
    ".gitignore",
    ".pre-commit-hooks.yaml",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "action.yml",
    "app-manifest",
    "benches",
    "clippy.toml",
    "deployment",
    "fuzz",
    "hooks",
    "rustfmt.toml",
    "slices",
    "src",
    "templates",
    "tests",
];

/// The files that git tracks, with `/`; none outside of a git checkout.
pub fn tracked() -> Option<Vec<String>> {
    let ran = std::process::Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().ok()?;
    let text = String::from_utf8(ran.stdout).ok()?;
    let files: Vec<String> = text.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect();
    (ran.status.success() && !files.is_empty()).then_some(files)
}

fn architecture() -> String {
    std::fs::read_to_string(root().join("src/ARCHITECTURE.md")).expect("src/ARCHITECTURE.md is there")
}

#[test]
fn nothing_unknown_stands_at_the_top() {
    // A source archive has no git; then there is nothing that could have been added by mistake.
    let Some(files) = tracked() else { return };
    let tops: BTreeSet<&str> = files.iter().filter_map(|path| path.split('/').next()).collect();
    let unknown: Vec<_> = tops.into_iter().filter(|top| !TOP.contains(top)).collect();
    assert!(unknown.is_empty(), "wall `layout`: {unknown:?} at the top of the repository");
}

#[test]
fn what_the_design_fixes_is_there() {
    for path in ["Cargo.toml", "Cargo.lock", "src", "slices/README.md", "templates", "tests", "CHANGELOG.md"] {
        assert!(root().join(path).exists(), "wall `layout`: {path} is missing");
    }
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml is there");
    let manifest: toml::Table = manifest.parse().expect("Cargo.toml is TOML");
    assert!(
        manifest.contains_key("workspace") && manifest.contains_key("package"),
        "the root is workspace and package"
    );
    assert_eq!(manifest["lints"]["workspace"].as_bool(), Some(true), "the root takes the workspace's lints");
    assert_eq!(manifest["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
}

#[test]
fn every_folder_of_the_source_is_on_the_map() {
    let map = architecture();
    let top = root().join("src");
    for source in sources("src") {
        let path = top.join(&source.path);
        let folder = relative(path.parent().expect("a file has a folder"), &top);
        assert!(folder.is_empty() || map.contains(&format!("`{folder}/`")), "wall `map`: src/{folder}/ has no line");
    }
}

#[test]
fn every_test_that_the_map_names_is_there() {
    let map = architecture();
    let tests: String = sources("tests").into_iter().map(|source| source.text).collect();
    let named: Vec<&str> =
        map.split('`').filter(|word| word.contains('_') && !word.contains([' ', '/', '.'])).collect();
    assert!(named.len() >= 5, "the map names the tests of its walls: {named:?}");
    for name in named {
        assert!(tests.contains(&format!("fn {name}(")), "wall `map`: there is no test `{name}`");
    }
}
