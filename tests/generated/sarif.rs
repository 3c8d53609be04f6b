//! `vso lint --format sarif` against the schema of the standard, over every example of every rule.

use std::path::Path;
use std::process::Command;

use super::bench::{python, said};
use crate::world::World;

/// Validates a log against a schema and insists that it holds results.
const VALIDATE: &str = r"
import json, sys
from jsonschema import Draft7Validator, FormatChecker
schema, log = (json.load(open(path, encoding='utf-8')) for path in sys.argv[1:])
errors = list(Draft7Validator(schema, format_checker=FormatChecker()).iter_errors(log))
for error in errors:
    print(list(error.absolute_path), error.message)
run = log['runs'][0]
rules = run['tool']['driver']['rules']
for result in run['results']:
    if rules[result['ruleIndex']]['id'] != result['ruleId']:
        errors.append(result)
        print('the index does not lead to the rule', result['ruleId'])
sys.exit(1 if errors or len(run['results']) < len(rules) else 0)
";

#[test]
fn sarif_is_valid() {
    let Some(python) = python(&["jsonschema"]) else { return };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let world = World::new();
    let ran = world.vso(&["lint", "--format", "sarif", &fixtures.join("lint").to_string_lossy()]);
    let log = world.write("log.sarif", &ran.out);
    let schema = fixtures.join("sarif/sarif-schema-2.1.0.json");
    let output =
        Command::new(python).args(["-c", VALIDATE]).arg(schema).arg(log).output().expect("Python can be started");
    assert!(output.status.success(), "{}", said(&output));
}
