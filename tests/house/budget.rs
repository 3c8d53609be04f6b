//! The dependency budget: how much of other people's code vso takes in. The numbers are raised in the open only,
//! with the reason in the commit that raises them.

use super::source::root;

/// Most direct dependencies of the root package, without those of its tests.
const DIRECT: usize = 43;
/// Most packages in `Cargo.lock`, those of tests and of other platforms included.
const LOCKED: usize = 355;

fn table(path: &str) -> toml::Table {
    let text = std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_dependency_budget_holds() {
    let direct = table("Cargo.toml")["dependencies"].as_table().expect("a table").len();
    let locked = table("Cargo.lock")["package"].as_array().expect("an array").len();
    assert!(direct <= DIRECT, "wall `budget`: {direct} direct dependencies; the budget is {DIRECT}");
    assert!(locked <= LOCKED, "wall `budget`: {locked} packages in Cargo.lock; the budget is {LOCKED}");
}

#[test]
fn every_dependency_takes_its_version_from_the_workspace() {
    let manifest = table("Cargo.toml");
    for kind in ["dependencies", "dev-dependencies"] {
        for (name, wanted) in manifest[kind].as_table().expect("a table") {
            assert_eq!(wanted["workspace"].as_bool(), Some(true), "{kind}.{name}");
        }
    }
}

#[test]
fn there_is_one_tls_stack() {
    let locked = table("Cargo.lock");
    let packages = locked["package"].as_array().expect("an array");
    let names: Vec<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    for unwanted in ["openssl-sys", "openssl", "native-tls"] {
        assert!(!names.contains(&unwanted), "wall `budget`: {unwanted}");
    }
}
