//! `vso` itself: version, help, wrong words.

use crate::world::World;

#[test]
fn the_version_is_printed_to_stdout() {
    let ran = World::new().vso(&["--version"]).exits(0);
    assert_eq!(ran.out, "vso [VERSION]\n");
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    World::new().vso(&["frobnicate"]).exits(2);
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let world = World::new();
    let help = world.vso(&["--help"]).exits(0).out;
    let listed = help.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next()).unwrap();
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<&str> =
        names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        let help = world.vso(&[name, "--help"]).exits(0).out;
        assert!(help.contains(&format!("  vso {name}")) || help.contains(&format!("vso {name} ")), "{name}:\n{help}");
        assert!(help.contains("Example"), "{name}:\n{help}");
    }
}
