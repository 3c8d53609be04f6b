//! What commands print for scripts, held against the schema that the same command prints, by the real validator.

use std::process::Command;

use super::bench::{python, said};
use crate::world::World;

const VALIDATE: &str = r"
import json, sys
from jsonschema import Draft202012Validator
schema, value = (json.load(open(path, encoding='utf-8')) for path in sys.argv[1:])
Draft202012Validator.check_schema(schema)
errors = list(Draft202012Validator(schema).iter_errors(value))
for error in errors:
    print(list(error.absolute_path), error.message)
sys.exit(1 if errors else 0)
";

#[test]
fn what_scripts_read_is_what_the_schema_says() {
    let Some(python) = python(&["jsonschema"]) else { return };
    let world = World::new();
    world.git(&["init", "-q"]);
    world.write("master-spec.md", include_str!("../../templates/demo/master-spec.md"));
    world.vso(&["decompose"]).exits(0);
    for (command, format) in [
        ("items", "--json"),
        ("lint", "--json"),
        ("ids", "--json"),
        ("status", "--json"),
        ("decompose", "--json"),
        ("doctor", "--json"),
        ("trace", "--format=json"),
        ("graph", "--format=json"),
        ("hook status", "--json"),
        ("queue list", "--json"),
        ("queue drain", "--json"),
        ("queue gc", "--json"),
    ] {
        let words: Vec<&str> = command.split(' ').collect();
        let value = world.write("value.json", &world.vso(&[&words[..], &[format]].concat()).out);
        let schema = world.write("schema.json", &world.vso(&[&words[..], &["--schema"]].concat()).exits(0).out);
        let output = Command::new(&python).args(["-c", VALIDATE]).arg(schema).arg(value).output().unwrap();
        assert!(output.status.success(), "{command}: {}", said(&output));
    }
}
