//! Hostile text of a specification in generated files, judged by the tools that will read them (law 10).

use std::process::Command;

use super::bench::{decomposed, program, python, said, slices};
use crate::poison::{EXAMPLE, SHARDS, poisoned, slicing_of, tree_of};
use crate::world::World;

/// What must arrive as text: marks of templates, Terraform, shells, Python and HTML.
const HOSTILE: &str =
    r#"{{ 7*7 }} {% raw %} ${var.hcloud_token} %{ if true } $(reboot) `reboot` """ ''' \ \" </script> {# x #} "#;

const MASTER: &str = "# Evil\n\n## Components\n\n- **Shop**: Sells HOSTILE things. Platform: modal.\n- **Store**: Keeps HOSTILE things.\n\n\
## Requirements\n\n### Functional\n\n- **FR-1** [component: Shop] A visitor can buy HOSTILE and go.\n\
- **FR-2** [component: Store] The system must keep HOSTILE safe.\n\n## Data Models\n\n- Thing: {id: uuid, name: string}\n\n\
## API Endpoints\n\n- POST /things → {name: string} → 201 Thing; 409 when HOSTILE is taken — Add HOSTILE\n";

/// Parses every Python file and prints all the strings in it: literals and docstrings.
const STRINGS: &str = r#"
import ast, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            sys.stdout.buffer.write(node.value.encode() + b"\n")
"#;

#[test]
fn hostile_text_is_text_for_every_reader() {
    let world = decomposed(&MASTER.replace("HOSTILE", HOSTILE));
    let text = HOSTILE.split_whitespace().collect::<Vec<_>>().join(" ");
    for folder in slices(&world) {
        let metadata = std::fs::read_to_string(folder.join("metadata.json")).expect("it can be read");
        serde_json::from_str::<serde_json::Value>(&metadata).expect("metadata is JSON");
        let ran = Command::new("bash").arg("-n").arg(folder.join("terraform/user-data.sh")).output();
        assert!(ran.is_ok_and(|ran| ran.status.success()), "user-data.sh of {} is a script", folder.display());
    }
    let Some(python) = python(&[]) else { return };
    let ran = Command::new(python).args(["-c", STRINGS]).arg(world.path()).output().expect("Python can be started");
    assert!(ran.status.success(), "{}", said(&ran));
    assert!(said(&ran).contains(r#"${var.hcloud_token} %{ if true } $(reboot)"#), "{text}: {}", said(&ran));
    assert!(said(&ran).contains("{{ 7*7 }}") && said(&ran).contains("</script>"), "{}", said(&ran));
}

/// Texts of every pair of neighbouring shards: the shards are few, what they do to each other is what breaks things.
fn texts() -> Vec<String> {
    let after = SHARDS.iter().cycle().skip(1);
    SHARDS.iter().zip(after).map(|(one, other)| format!("{one}{other} {one}")).collect()
}

/// Every file of slices whose every text is hostile: Python compiles and holds the text, Terraform and bash parse.
#[test]
fn every_reader_parses_every_poisoned_file() {
    let world = World::new();
    let slicing = slicing_of(EXAMPLE);
    for (number, text) in texts().iter().enumerate() {
        for (path, file) in tree_of(&poisoned(slicing.clone(), text)).iter() {
            if !path.ends_with("interface.py") && !path.ends_with("load.py") {
                world.write(&format!("{number}/{path}"), &file.bytes);
            }
        }
    }
    let scripts = "find . -name '*.sh' -print0 | xargs -0 -n 1 bash -n";
    let ran =
        Command::new("bash").args(["-c", scripts]).current_dir(world.path()).output().expect("bash can be started");
    assert!(ran.status.success(), "{}", said(&ran));
    if let Some(terraform) = program("terraform") {
        let mut command = Command::new(terraform);
        command.args(["fmt", "-check", "-recursive", "."]).current_dir(world.path()).env("CHECKPOINT_DISABLE", "1");
        let ran = command.env("TF_CLI_CONFIG_FILE", "/dev/null").output().expect("terraform can be started");
        assert!(ran.status.success(), "{}", said(&ran));
    }
    let Some(python) = python(&[]) else { return };
    let ran = Command::new(python).args(["-W", "error", "-c", STRINGS]).arg(world.path()).output().expect("it starts");
    assert!(ran.status.success(), "{}", said(&ran));
    for text in texts() {
        let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('\0', "\u{fffd}");
        assert!(said(&ran).contains(&line), "{line:?} is in no string of any Python file");
    }
}
