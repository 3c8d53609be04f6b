//! Hostile text of a specification in generated files, judged by the tools that will read them (law 10).

use std::process::Command;

use super::bench::{decomposed, python, said, slices};

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
            print(node.value)
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
