//! action.yml held against the command line, against the workflows and against the release.

use std::collections::BTreeSet;

use serde_json::Value;

use super::runner::{action, source, yaml};
use crate::world::World;

fn steps() -> Vec<Value> {
    action()["runs"]["steps"].as_array().unwrap().clone()
}

fn script(id: &str) -> String {
    let steps = steps();
    let step = steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id}"));
    step["run"].as_str().unwrap().to_owned()
}

/// The words that the input `command` may be: the patterns of the script's `case`.
fn commands() -> BTreeSet<String> {
    let script = script("run");
    let begin = script.find("case $COMMAND in").unwrap();
    let lines = script[begin..].lines().skip(1).take_while(|line| line.trim() != "esac");
    let patterns = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let words = patterns.filter_map(|line| line.trim().split_once(')')).flat_map(|(words, _)| words.split('|'));
    words.map(|word| word.trim().to_owned()).filter(|word| word != "*").collect()
}

#[test]
fn every_command_is_one_of_the_command_line_and_takes_what_the_action_gives() {
    let world = World::new();
    let given: &[(&str, &[&str])] = &[
        ("sync", &["--json"]),
        ("lint", &["--format"]),
        ("plan", &["--json"]),
        ("check", &["--format", "--summary", "--commit", "--settings-from"]),
        ("nightly", &["--json"]),
        ("comment", &["--json"]),
    ];
    let known: BTreeSet<String> = given.iter().map(|(command, _)| (*command).to_owned()).collect();
    assert_eq!(commands(), known);
    let text = source("action.yml");
    for (command, options) in given {
        let help = world.vso(&[command, "--help"]).exits(0).out;
        for option in *options {
            assert!(help.contains(option), "vso {command} does not take {option}");
            assert!(text.contains(option), "action.yml does not give {option}");
        }
        assert!(action()["inputs"]["command"]["description"].as_str().unwrap().contains(&format!("`{command}`")));
    }
    world.vso(&["action-report", "--help"]).exits(0);
}

#[test]
fn inputs_come_in_through_the_environment_only() {
    let action = action();
    let declared: BTreeSet<String> = action["inputs"].as_object().unwrap().keys().cloned().collect();
    let mut used = BTreeSet::new();
    for step in steps() {
        assert!(!step["run"].as_str().unwrap().contains("${{"), "{}: an expression in a script", step["name"]);
        for value in step["env"].as_object().unwrap().values() {
            let words = value.as_str().unwrap().split(|letter: char| letter.is_whitespace() || "{}$".contains(letter));
            used.extend(words.filter_map(|word| word.strip_prefix("inputs.")).map(str::to_owned));
        }
    }
    assert_eq!(declared, used);
    for (name, input) in action["inputs"].as_object().unwrap() {
        let is_text = input["default"].is_string();
        assert!(is_text || input["required"] == true, "{name}: a default is a string");
        assert!(input["description"].is_string(), "{name}");
    }
}

#[test]
fn outputs_are_those_that_a_report_gives() {
    let action = action();
    let declared: BTreeSet<String> = action["outputs"].as_object().unwrap().keys().cloned().collect();
    let written = vso::report::run::Run::default().outputs();
    let written: BTreeSet<String> = written.lines().map(|line| line.split_once('=').unwrap().0.to_owned()).collect();
    assert_eq!(declared, written);
    for (name, output) in action["outputs"].as_object().unwrap() {
        assert_eq!(output["value"], format!("${{{{ steps.run.outputs.{name} }}}}"));
    }
}

#[test]
fn the_release_makes_what_the_action_gets() {
    let script = script("get");
    let wanted: BTreeSet<&str> =
        script.split(|letter: char| letter.is_whitespace()).filter_map(|word| word.strip_prefix("name=vso-")).collect();
    let release = yaml(&source(".github/workflows/release.yml"));
    let matrix = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().unwrap().clone();
    let made: BTreeSet<String> = matrix
        .iter()
        .map(|row| row["target"].as_str().unwrap())
        .map(|target| if target.contains("windows") { format!("{target}.exe") } else { target.to_owned() })
        .collect();
    assert_eq!(wanted, made.iter().map(String::as_str).collect());
    let count = format!("= {} ]", made.len());
    let draft = &release["jobs"]["draft"]["steps"];
    assert!(draft.as_array().unwrap().iter().any(|step| step["run"].as_str().is_some_and(|run| run.contains(&count))));
    let manifest: toml::Table = source("Cargo.toml").parse().unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    assert!(binstall["pkg-url"].as_str().unwrap().ends_with("/v{ version }/vso-{ target }{ binary-ext }"));
    for (target, rule) in binstall["overrides"].as_table().unwrap() {
        let name = rule["pkg-url"].as_str().unwrap().rsplit("/vso-").next().unwrap();
        assert!(made.contains(name), "{target}: {name}");
    }
}

#[test]
fn workflows_give_only_inputs_that_there_are() {
    let declared = action()["inputs"].as_object().unwrap().clone();
    for name in ["sync", "check", "comment", "nightly"] {
        let workflow = yaml(&source(&format!("templates/init/github/vso-{name}.yml")));
        let given = workflow["jobs"][name]["steps"][1]["with"].as_object().unwrap().clone();
        for (input, _) in &given {
            assert!(declared.contains_key(input), "vso-{name}.yml gives {input}");
        }
        assert_eq!(given["command"], name);
        assert!(commands().contains(name));
    }
}
