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
