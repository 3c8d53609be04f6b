//! `vso items` as people and scripts see it.

use crate::world::World;

const MASTER: &str = "# Tool Library\n\n**Version:** 1.2.0\n\n## Requirements\n\n- **FR-001** A member can borrow a tool.\n\n## Components\n\n- **Loans**: Lends tools. Depends on: Members.\n- **Members**: Knows people.\n\n## Odd Things\n\nNothing that binds.\n";

#[test]
fn a_person_sees_what_was_understood_and_what_was_not() {
    insta::assert_snapshot!(World::with_master(MASTER).vso(&["items"]).all());
}

#[test]
fn a_script_gets_the_keys_of_the_labels() {
    let ran = World::with_master(MASTER).vso(&["items", "master-spec.md", "--json"]).exits(0);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["requirements"][0]["id"], "FR-001");
    assert_eq!(report["requirements"][0]["kind"], "functional");
    assert_eq!(report["components"][0]["line"], 11);
    assert_eq!(report["dependencies"][0]["to"], "Members");
    assert_eq!(report["document"], "master-spec.md");
}

#[test]
fn echo_prints_every_byte_back() {
    let odd = "\u{feff}# A\r\n\r\n```\nx\n\n- b\u{1b}[0m\n| c |";
    let world = World::with_master(odd);
    assert_eq!(world.vso(&["items", "--echo"]).exits(0).out, odd);
}

#[test]
fn the_schema_describes_the_report() {
    let ran = World::new().vso(&["items", "--schema"]).exits(0);
    let schema: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert!(schema["properties"]["requirements"].is_object());
}

#[test]
fn bad_input_is_one_clear_error() {
    let world = World::new();
    assert!(world.vso(&["items"]).exits(2).err.contains("hint: "));
    world.write("master-spec.md", b"# A\nb\xe9c\n");
    assert!(world.vso(&["items"]).exits(2).err.contains("master-spec.md:2"));
    world.write("deep.md", "> ".repeat(12_000));
    assert!(world.vso(&["items", "deep.md"]).exits(2).err.contains("line 1"));
}
