//! Input that can't be used gives one clear error with file, line and hint, and nothing is written. Odd input that can
//! be used is made safe.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::world::World;

const COMPONENT: &str = "# A System\n\n## Architecture\n\n### Components\n\n- **Members**: People.\n";

/// Everything that no slices can be made from, by name: the master's bytes.
fn unusable() -> Vec<(&'static str, Vec<u8>)> {
    let text = |text: &str| text.as_bytes().to_vec();
    let bomb: String =
        (1..10).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","))).collect();
    vec![
        ("empty", Vec::new()),
        ("only white space", text("\u{feff} \n\n")),
        ("50 MB", vec![b'a'; 50 << 20]),
        ("not UTF-8", [&b"# A\n\nCaf"[..], b"\xe9\n"].concat()),
        ("UTF-16", b"\xff\xfe#\0 \0A\0".to_vec()),
        ("front matter that does not close", text("---\ntitle: A\nversion: 1.0.0\n\n# A\n")),
        ("front matter that is no mapping", text("---\n- a\n- b\n---\n# A\n")),
        ("front matter that repeats a key", text("---\ntitle: A\ntitle: B\n---\n# A\n")),
        ("front matter that is an alias bomb", text(&format!("---\na0: &a0 x\n{bomb}---\n# A\n"))),
        ("nested too deep", text(&format!("# A\n\n{} x\n", ">".repeat(10_050)))),
        ("no component", text("# A\n\nNothing here.\n")),
        ("component without a usable name", text(&COMPONENT.replace("Members", "\u{200b}"))),
        (
            "circle",
            text(&format!(
                "{COMPONENT}- **Loans**: Lends. Depends on: Members.\n\n### Dependencies\n\n- Members → Loans\n"
            )),
        ),
    ]
}

/// Runs a command that has to refuse, and insists on one error, a hint, and a folder as it was.
fn refuse(world: &World, arguments: &[&str], told: &mut String, name: &str) {
    let before = world.files();
    let ran = world.vso(arguments);
    assert!(matches!(ran.code, 1 | 2), "{name}: exit {}\n{}", ran.code, ran.err);
    assert_eq!(ran.err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{name}:\n{}", ran.err);
    assert!(ran.err.contains("\nhint: "), "{name} has no hint:\n{}", ran.err);
    assert_eq!(ran.out, "", "{name}");
    assert!(world.files() == before, "{name}: something was written");
    write!(told, "== {name}: vso {}, exit {}\n{}\n", arguments.join(" "), ran.code, ran.err).unwrap();
}

#[test]
fn what_no_slices_can_be_made_from_gives_one_error() {
    let mut told = String::new();
    refuse(&World::new(), &["decompose"], &mut told, "no master");
    for (name, bytes) in unusable() {
        let world = World::new();
        world.write("master-spec.md", bytes);
        refuse(&world, &["decompose"], &mut told, name);
        let same = world.vso(&["status"]);
        assert!(matches!(same.code, 1 | 2) && same.err.contains("error: "), "{name}: {}", same.err);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn other_commands_end_in_order_on_the_same_input() {
    for (name, bytes) in unusable() {
        let world = World::new();
        world.write("master-spec.md", bytes);
        for arguments in [&["items", "master-spec.md"][..], &["lint"], &["graph"], &["trace"], &["ids"], &["doctor"]] {
            let ran = world.vso(arguments);
            assert!((0..=2).contains(&ran.code), "{name}: vso {arguments:?}: exit {}\n{}", ran.code, ran.err);
            assert!(!ran.err.contains("panicked"), "{name}: vso {arguments:?}\n{}", ran.err);
        }
    }
}

#[test]
fn surroundings_that_cant_be_used_give_one_error() {
    let mut told = String::new();
    let with = |path: &str, text: &str| {
        let world = World::with_master(COMPONENT);
        world.write(path, text);
        world
    };
    let folder = World::new();
    folder.write("master-spec.md/x", "");
    refuse(&folder, &["decompose"], &mut told, "the master is a folder");
    refuse(&with("vso.toml", "[project]\nmastr = \"x\"\n"), &["decompose"], &mut told, "unknown setting");
    refuse(&with("vso.toml", "[project]\nslices = \"../x\"\n"), &["decompose"], &mut told, "slices outside");
    refuse(&with("vso.toml", "[deploy\n"), &["decompose"], &mut told, "settings are no TOML");
    let broken = with("vertical-slices/slice-001-members/metadata.json", "{\n<<<<<<< HEAD\n");
    refuse(&broken, &["decompose"], &mut told, "a record with conflict markers");
    let template = with(".vso/templates/slice/spec.md", "# {{ slice.nmae }}\n");
    refuse(&template, &["decompose"], &mut told, "a template that names nothing");
    let template = with(".vso/templates/slice/spec.md", "# {% if %}\n");
    refuse(&template, &["decompose"], &mut told, "a template that is none");
    refuse(&World::with_master(COMPONENT), &["decompose", "--slice-id", "slice-9-x"], &mut told, "no such slice");
    refuse(&World::with_master(COMPONENT), &["decompose", "--config", "deploy.prt=1"], &mut told, "no such key");
    insta::assert_snapshot!(told);
}

#[test]
fn five_thousand_levels_work() {
    let world = World::with_master(&format!("{COMPONENT}\n{} deep\n", ">".repeat(5_000)));
    world.vso(&["items", "master-spec.md"]).exits(0);
    world.vso(&["decompose"]).exits(0);
}

#[test]
fn odd_names_get_safe_folders() {
    let long = "Very Long Name ".repeat(20);
    let names = [
        "../../etc",
        "CON",
        ".git",
        "🚀",
        long.trim(),
        "المكتبة",
        "图书馆",
        "Café",
        "Cafe",
        "a/b\\c",
        "$(reboot)",
        "Nul.txt",
    ];
    let list: String = names.iter().map(|name| format!("- **{name}**: Does things.\n")).collect();
    let world = World::with_master(&format!("# A System\n\n## Architecture\n\n### Components\n\n{list}"));
    let ran = world.vso(&["decompose", "--json"]).exits(0);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let slices = report["slices"].as_array().unwrap();
    assert_eq!(slices.len(), names.len());
    let ids: BTreeSet<&str> = slices.iter().map(|slice| slice["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), names.len(), "{ids:?}");
    let safe = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    assert!(ids.iter().all(|id| id.chars().all(safe) && id.len() <= 60), "{ids:?}");
    let fits = |path: &String| {
        let inside = ids.iter().any(|id| path.starts_with(&format!("vertical-slices/{id}/")));
        let shared = path.starts_with("deployments/") || path.matches('/').count() == 1;
        inside || shared || path == "master-spec.md" || path.starts_with(".slice-orchestrator/")
    };
    let files = world.files();
    assert!(files.keys().all(fits), "{:?}", files.keys().filter(|path| !fits(path)).collect::<Vec<_>>());
    let lint = world.vso(&["lint"]).out;
    assert!(
        ["../../etc", "CON", ".git", "🚀"].iter().all(|name| lint.contains(&format!("component {name:?}"))),
        "{lint}"
    );
    world.vso(&["decompose"]).exits(0);
    assert!(world.files() == files, "a second run changed something");
    insta::assert_snapshot!(ids.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn hostile_text_stays_text() {
    let hostile = [
        "{{ 7*7 }}",
        "{% include '/etc/passwd' %}",
        "${var.hcloud_token}",
        "$(reboot)",
        "`id`",
        "\"\"\"",
        "</script>",
        "'; DROP TABLE x",
    ];
    let list: String = hostile
        .iter()
        .enumerate()
        .map(|(n, text)| format!("- **FR-{n:03}** [component: Members] Show {text} here.\n"))
        .collect();
    let master = format!("# A System\n\n## Requirements\n\n### Functional\n\n{list}\n{}", &COMPONENT[12..]);
    let world = World::with_master(&master);
    world.vso(&["decompose"]).exits(0);
    // Markdown's own backslashes keep the text from being markup; a reader sees the text without them.
    let spec = world.read("vertical-slices/slice-001-members/spec.md").replace('\\', "");
    for text in hostile {
        let plain = text.trim_matches('`');
        assert!(spec.contains(plain), "{text} did not arrive:\n{spec}");
    }
    assert!(!spec.contains("49"), "a template ran");
}
