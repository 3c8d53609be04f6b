//! The README shows real output: what stands in it is what the binary prints.

use crate::world::World;

const README: &str = include_str!("../../README.md");

/// The fenced text blocks of the README that begin with some words.
fn shown(beginning: &str) -> String {
    let start =
        README.find(&format!("```text\n{beginning}")).unwrap_or_else(|| panic!("no block begins {beginning:?}"));
    let block = &README[start + "```text\n".len()..];
    block[..block.find("\n```").expect("the block ends")].to_owned()
}

/// Insists that output has these lines one after the other.
#[track_caller]
fn check(block: &str, output: &str) {
    let lines: Vec<&str> = output.lines().map(str::trim_end).collect();
    let wanted: Vec<&str> = block.lines().map(str::trim_end).collect();
    assert!(
        lines.windows(wanted.len()).any(|window| window == wanted),
        "README shows:\n{block}\nbut it prints:\n{output}"
    );
}

#[test]
fn the_demo_prints_what_the_readme_shows() {
    let ran = World::new().vso(&["demo"]).exits(0);
    check(&shown("2  It becomes vertical slices"), &ran.out);
    check(&shown("5  A requirement changes"), &ran.out);
    check(&shown("7  Both sides change"), &ran.out);
    check(&shown("8  Both sides change the same words"), &ran.out);
}

#[test]
fn the_demo_on_github_prints_what_the_readme_shows() {
    let ran = World::new().vso(&["demo", "--github"]).exits(0);
    check(&shown("5  A button of the dashboard settles it"), &ran.out);
}

#[test]
fn lint_prints_what_the_readme_shows() {
    let world = World::with_master(include_str!("../fixtures/readme/master-spec.md"));
    check(&shown("error[unknown-dependency]"), &world.vso(&["lint"]).exits(1).out);
}

#[test]
fn every_exit_code_of_the_readme_is_real() {
    for code in ["| 0 |", "| 1 |", "| 2 |", "| 3 |", "| 130 |"] {
        assert!(README.contains(code), "{code}");
    }
    let world = World::with_master(include_str!("../fixtures/readme/master-spec.md"));
    world.vso(&["decompose", "--no-such-flag"]).exits(2);
    world.vso(&["decompose"]).exits(0);
    world.write("vertical-slices/slice-001-orders/spec.md", "mine\n");
    world.write("master-spec.md", include_str!("../fixtures/readme/master-spec.md").replace("place an", "send an"));
    world.vso(&["decompose"]).exits(1);
    World::new().vso(&["decompose"]).exits(2);
}
