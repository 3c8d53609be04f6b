//! Getting the binary: only what has the right sum is run, and nothing that stands in an input becomes code.

use serde_json::json;
use sha2::{Digest, Sha256};

use super::runner::Job;
use crate::world::World;

const MASTER: &str = crate::world::project::MASTER;

fn world() -> World {
    let world = World::with_master(MASTER);
    world.git(&["init", "-q", "-b", "main"]);
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "-m", "master"]);
    world
}

fn job<'a>(world: &'a World, variables: &[(&str, &str)]) -> Job<'a> {
    Job {
        world,
        workspace: world.path().to_owned(),
        event_name: "push",
        event: json!({}),
        token: String::new(),
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}

/// A `curl` that copies the real binary and writes down what it was asked for.
fn curl(world: &World) -> String {
    let text = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$HOME/asked\"\nwhile [ \"$1\" != --output ]; do shift; done\ncp '{}' \"$2\"\n",
        env!("CARGO_BIN_EXE_vso")
    );
    let path = world.write("bin/curl", text);
    let (done, words) = super::runner::said(std::process::Command::new("chmod").arg("+x").arg(&path));
    assert!(done, "{words}");
    format!("{}:{}", world.path().join("bin").display(), std::env::var("PATH").unwrap())
}

fn sum() -> String {
    hex::encode(Sha256::digest(std::fs::read(env!("CARGO_BIN_EXE_vso")).unwrap()))
}

#[test]
fn a_release_is_run_when_its_sum_is_right() {
    let world = world();
    let path = curl(&world);
    let done =
        job(&world, &[("PATH", &path)]).run(&[("command", "plan"), ("version", "0.1.0"), ("sha256", &sum())]).exits(0);
    assert!(
        world
            .read("asked")
            .contains("https://github.com/acme/vso/releases/download/v0.1.0/vso-x86_64-unknown-linux-musl\n")
    );
    let slices: Vec<String> = serde_json::from_str(&done.outputs["slices-changed"]).unwrap();
    assert_eq!(slices.len(), 5);
    assert_eq!((done.outputs["conflicts"].as_str(), done.outputs["pull-requests"].as_str()), ("0", "[]"));
    assert!(done.summary.starts_with("## vso plan: 5 slices change\n"), "{}", done.summary);
}

#[test]
fn what_has_another_sum_is_not_run() {
    let world = world();
    let path = curl(&world);
    let done = job(&world, &[("PATH", &path)])
        .run(&[("command", "sync"), ("version", "0.1.0"), ("sha256", &"0".repeat(64))])
        .exits(2);
    assert!(done.annotations("error")[0].contains("it was not run"), "{}", done.log);
    assert!(!world.has("_runner/temp/vso-x86_64-unknown-linux-musl"));
    // The same for one that is given.
    let own = [("VSO_BINARY", env!("CARGO_BIN_EXE_vso"))];
    job(&world, &own).run(&[("command", "sync"), ("sha256", &"0".repeat(64))]).exits(2);
    job(&world, &own).run(&[("command", "plan"), ("sha256", &sum())]).exits(0);
}

#[test]
fn without_a_version_and_a_sum_nothing_is_got() {
    let world = world();
    let path = curl(&world);
    for inputs in [
        vec![("command", "sync")],
        vec![("command", "sync"), ("version", "0.1.0")],
        vec![("command", "sync"), ("version", "$(touch x)/../..")],
        vec![("command", "sync"), ("version", "0.1.0\n9"), ("sha256", "$(touch x)")],
        vec![("command", "sync"), ("binary", "no/such/file")],
    ] {
        let done = job(&world, &[("PATH", &path)]).run(&inputs).exits(2);
        assert_eq!(done.annotations("error").len(), 1, "{}", done.log);
    }
    assert!(!world.has("asked") && !world.has("x"));
}

#[test]
fn inputs_are_data() {
    let world = world();
    let own = [("VSO_BINARY", env!("CARGO_BIN_EXE_vso"))];
    let hostile = "$(touch x)`touch x`;touch x #\n::set-output name=conflicts::9\n";
    for inputs in [
        vec![("command", hostile)],
        vec![("command", "plan"), ("working-directory", hostile)],
        vec![("command", "plan"), ("args", hostile)],
        vec![("command", "sync"), ("args", hostile), ("token", hostile)],
        vec![("command", "lint"), ("args", hostile)],
        vec![("command", "plan\nsync")],
    ] {
        let done = job(&world, &own).run(&inputs);
        assert_eq!(done.code, 2, "{inputs:?}: {}", done.log);
        assert!(done.commands.iter().all(|(name, _)| name == "error"), "{inputs:?}: {:?}", done.commands);
        assert!(!world.has("x"), "{inputs:?}");
        assert_eq!(done.outputs["conflicts"], "", "{inputs:?}");
    }
}

#[test]
fn findings_fail_the_step_as_they_fail_the_command() {
    let world = world();
    let own = [("VSO_BINARY", env!("CARGO_BIN_EXE_vso"))];
    world.write("master-spec.md", MASTER.replace("Registers people.", "Registers people. Depends on: Loans."));
    let done = job(&world, &own).run(&[("command", "lint")]);
    let plain = world.vso(&["lint"]);
    assert_eq!(done.code, plain.code, "{}", done.log);
    assert_eq!(plain.code, 1);
    assert!(done.annotations("error").iter().any(|one| one.contains("file=master-spec.md")), "{:?}", done.commands);
}

#[test]
fn text_of_a_specification_is_no_command_to_the_runner() {
    let world = world();
    let own = [("VSO_BINARY", env!("CARGO_BIN_EXE_vso"))];
    let poison = "::error::x\n::set-output name=conflicts::9\n##[error]y";
    world
        .write("master-spec.md", MASTER.replace("A visitor can register", &format!("{poison} A visitor can register")));
    world.write("vso.toml", format!("[sync]\nbranch = \"{}\"\n", "::error::z"));
    world.git(&["add", "-A"]);
    world.git(&["commit", "-q", "-m", "::error::m"]);
    for command in ["plan", "sync", "nightly"] {
        let done = job(&world, &own).run(&[("command", command)]);
        assert_eq!(done.commands, [], "{command}: {}", done.log);
    }
    std::fs::remove_file(world.path().join("vso.toml")).unwrap();
    for command in ["plan", "sync", "nightly", "lint"] {
        let done = job(&world, &own).run(&[("command", command)]);
        let odd: Vec<_> =
            done.commands.iter().filter(|(name, text)| name == "set-output" || text.starts_with("::")).collect();
        assert!(odd.is_empty(), "{command}: {odd:?}");
    }
}
