//! `vso ids`: what is shown, what is written, and that nothing is written twice.

use crate::world::World;

const TEXT: &str = "# Tool Library\n\n## Requirements\n\n### Functional\n\n\
    - **FR-001** A member can borrow a tool that is available.\n\
    - A member can return a tool.\n\
    - [component: Fees] A member can pay an open fee.\n\n\
    ### Non-Functional\n\n\
    - Availability: 99.9 % of requests per month.\n\n\
    ## Notes\n\nThe server MUST log every request.\n";

#[test]
fn derived_ids_are_shown_with_those_that_could_be_written() {
    insta::assert_snapshot!(World::with_master(TEXT).vso(&["ids"]).exits(0).all());
}

#[test]
fn ids_are_written_in_place_and_never_twice() {
    let world = World::with_master(TEXT);
    insta::assert_snapshot!(world.vso(&["ids", "--write"]).exits(0).all());
    let written = world.read("master-spec.md");
    let wanted = TEXT
        .replace("- A member can return", "- **FR-002** A member can return")
        .replace("- [component", "- **FR-003** [component")
        .replace("Availability: ", "Availability: **NFR-1** ");
    assert_eq!(written, wanted);
    world.vso(&["ids", "--write"]).exits(0);
    assert_eq!(world.read("master-spec.md"), written);
}

#[test]
fn json_has_the_keys_of_its_schema() {
    let world = World::with_master(TEXT);
    let report: serde_json::Value = serde_json::from_str(&world.vso(&["ids", "--json"]).exits(0).out).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&world.vso(&["ids", "--schema"]).exits(0).out).unwrap();
    for key in report["requirements"][1].as_object().unwrap().keys() {
        assert!(schema["$defs"]["IdView"]["properties"].get(key).is_some(), "{key}");
    }
    assert_eq!(report["requirements"][0]["id"], "FR-001");
    assert_eq!(report["requirements"][1]["proposed"], "FR-002");
}
