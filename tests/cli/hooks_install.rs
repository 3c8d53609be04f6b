//! `vso hook install|uninstall|status`: beside whatever stands there, twice as once, and out again without a trace.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::world::{Ran, World};

const USUAL: [&str; 4] = ["post-commit", "pre-push", "post-merge", "post-rewrite"];

/// A repository with one commit and a hooks folder with git's samples left out, so that every entry counts.
fn repository() -> World {
    let world = World::with_master("# One\n");
    world.git(&["init", "-q", "-b", "main"]);
    for entry in fs::read_dir(world.path().join(".git/hooks")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    world.write(".git/hooks/update.sample", "#!/bin/sh\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "one"]);
    world
}

/// Everything below a folder: link targets, modes and bytes.
fn picture(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(here) = folders.pop() {
        for entry in fs::read_dir(&here).unwrap() {
            let path = entry.unwrap().path();
            let about = fs::symlink_metadata(&path).unwrap();
            let name = path.strip_prefix(folder).unwrap().display().to_string();
            if about.is_dir() {
                folders.push(path);
                found.insert(name, "folder".to_owned());
            } else if about.is_symlink() {
                found.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
            } else {
                found.insert(name, format!("{:?} {:?}", about.permissions(), fs::read(&path).unwrap()));
            }
        }
    }
    found
}

/// What install may touch.
fn git_folder(world: &World) -> BTreeMap<String, String> {
    let kept = |name: &String| ["hooks", "config", "info"].iter().any(|start| name.starts_with(start));
    picture(&world.path().join(".git")).into_iter().filter(|(name, _)| kept(name)).collect()
}

fn states(world: &World, arguments: &[&str]) -> (i32, BTreeMap<String, String>) {
    let ran = world.vso(&[&["hook"], arguments, &["--json"]].concat());
    let value: Value = serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {}", ran.all()));
    let rows = value["hooks"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (ran.code, rows.map(|row| (text(&row["name"]), text(&row["state"]))).collect())
}

fn hook(world: &World, path: &str, text: &str) {
    executable(&world.write(path, text));
}

#[cfg(unix)]
fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// `git commit`, which may be stopped by a hook.
fn commit(world: &World, name: &str) -> Ran {
    world.write(name, name);
    world.git(&["add", "."]);
    let output = world.command("git").args(["commit", "-q", "-m", name]).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

#[test]
fn install_links_and_twice_is_once() {
    let world = repository();
    let before = git_folder(&world);
    insta::assert_snapshot!(shown(&world.vso(&["hook", "install"]).exits(0)));
    let once = git_folder(&world);
    for name in USUAL {
        let target = fs::read_link(world.path().join(".git/hooks").join(name)).unwrap();
        assert_eq!(target.canonicalize().unwrap(), Path::new(env!("CARGO_BIN_EXE_vso")).canonicalize().unwrap());
    }
    assert!(!world.has(".git/hooks/pre-commit"));
    world.vso(&["hook", "install"]).exits(0);
    assert_eq!(git_folder(&world), once);
    world.vso(&["hook", "install", "--pre-commit"]).exits(0);
    assert!(world.has(".git/hooks/pre-commit"));
    assert_eq!(states(&world, &["status"]).0, 0);
    world.vso(&["hook", "uninstall"]).exits(0);
    assert_eq!(git_folder(&world), before);
    assert_eq!(states(&world, &["status"]).0, 1);
    world.vso(&["hook", "uninstall"]).exits(0);
    assert_eq!(git_folder(&world), before);
}

/// The binary's path is this machine's.
fn shown(ran: &Ran) -> String {
    ran.all().replace(env!("CARGO_BIN_EXE_vso"), "[VSO]")
}

#[test]
fn scripts_and_links_take_each_others_place() {
    let world = repository();
    let before = git_folder(&world);
    let (_, scripts) = states(&world, &["install", "--scripts"]);
    assert!(scripts.values().all(|state| state == "shim"), "{scripts:?}");
    let text = world.read(".git/hooks/pre-push");
    assert!(text.contains(env!("CARGO_BIN_EXE_vso")) && text.starts_with("#!/bin/sh\n"), "{text}");
    let (_, again) = states(&world, &["install"]);
    assert!(again.values().all(|state| state == "shim"), "{again:?}");
    world.vso(&["hook", "uninstall"]).exits(0);
    assert_eq!(git_folder(&world), before);
}

#[test]
fn hooks_that_stand_there_run_first_and_come_back() {
    let world = repository();
    hook(&world, ".git/hooks/post-commit", "#!/bin/sh\necho \"$0\" >> \"$(git rev-parse --git-dir)/ran\"\n");
    hook(&world, ".git/hooks/pre-commit", "#!/bin/sh\ntest ! -e refuse || exit 7\n");
    world.write(".git/hooks/post-merge", "not executable, so git passes it over");
    std::os::unix::fs::symlink("../../tool/hook.sh", world.path().join(".git/hooks/post-rewrite")).unwrap();
    let before = git_folder(&world);
    let (code, found) = states(&world, &["install", "--pre-commit"]);
    assert_eq!(code, 0);
    let chained = ["post-commit", "pre-commit", "post-merge", "post-rewrite"];
    assert!(chained.iter().all(|name| found[*name] == "chained"), "{found:?}");
    assert_eq!(found["pre-push"], "linked");
    let once = git_folder(&world);
    world.vso(&["hook", "install", "--pre-commit"]).exits(0);
    assert_eq!(git_folder(&world), once);
    assert_eq!(commit(&world, "two").code, 0);
    assert!(world.read(".git/ran").contains("post-commit.before-vso"));
    assert_ne!(commit(&world, "refuse").code, 0, "the hook that stood there says no, and that counts");
    world.vso(&["hook", "uninstall"]).exits(0);
    assert_eq!(git_folder(&world), before);
}

#[test]
fn a_hook_written_over_vso_loses_nothing() {
    let world = repository();
    hook(&world, ".git/hooks/pre-push", "#!/bin/sh\n# first\n");
    world.vso(&["hook", "install"]).exits(0);
    hook(&world, ".git/hooks/pre-push", "#!/bin/sh\n# second\n");
    let (code, found) = states(&world, &["install"]);
    assert_eq!((code, found["pre-push"].as_str()), (1, "other"));
    world.vso(&["hook", "uninstall"]).exits(0);
    assert_eq!(world.read(".git/hooks/pre-push"), "#!/bin/sh\n# second\n");
    assert_eq!(world.read(".git/hooks/pre-push.before-vso"), "#!/bin/sh\n# first\n");
}

/// What a kill between the two renames leaves: the hook moved aside, and nothing in its place.
#[test]
fn a_half_done_install_is_finished_or_undone() {
    for finish in [true, false] {
        let world = repository();
        let before = git_folder(&world);
        hook(&world, ".git/hooks/pre-push.before-vso", "#!/bin/sh\nexit 3\n");
        if finish {
            assert_eq!(states(&world, &["install"]).1["pre-push"], "chained");
        }
        world.vso(&["hook", "uninstall"]).exits(0);
        assert_eq!(world.read(".git/hooks/pre-push"), "#!/bin/sh\nexit 3\n");
        fs::remove_file(world.path().join(".git/hooks/pre-push")).unwrap();
        assert_eq!(git_folder(&world), before);
    }
}

/// Killed at every numbered point: another install finishes it, and uninstall leaves things as they were.
#[test]
fn killed_anywhere_it_is_finished_or_undone() {
    let begun = || {
        let world = repository();
        hook(&world, ".git/hooks/pre-push", "#!/bin/sh\nexit 3\n");
        world.write(".git/info/attributes", "*.png binary\n");
        world
    };
    let world = begun();
    let count = world.path().join("points");
    world.vso_with(&[("VSO_TEST_CRASH_COUNT", count.to_str().unwrap())], &["hook", "install"]).exits(0);
    let points = world.read("points").lines().count();
    assert!(points >= 10, "{points} points");
    println!("killed at {points} points");
    for point in 1..=points {
        for finish in [true, false] {
            let world = begun();
            let before = git_folder(&world);
            let ran = world.vso_with(&[("VSO_TEST_CRASH_AT", &point.to_string())], &["hook", "install"]);
            assert_eq!(ran.code, -1, "point {point}");
            if finish {
                let (code, found) = states(&world, &["install"]);
                assert_eq!((code, found["pre-push"].as_str()), (0, "chained"), "point {point}");
                assert_eq!(states(&world, &["status"]).0, 0, "point {point}");
            }
            world.vso(&["hook", "uninstall"]).exits(0);
            assert_eq!(git_folder(&world), before, "point {point}");
        }
    }
}

#[test]
fn managed_hooks_are_left_alone_and_the_lines_are_printed() {
    let cases = [
        ("pre-commit", "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n"),
        ("prek", "#!/bin/sh\n# File generated by prek: https://github.com/j178/prek\n"),
        ("lefthook", "#!/bin/sh\n\ncall_lefthook()\n{\n  :\n}\n\ncall_lefthook run \"pre-push\" \"$@\"\n"),
        ("overcommit", "#!/usr/bin/env ruby\nif ENV['OVERCOMMIT_DISABLE']\n"),
        ("simple-git-hooks", "#!/bin/sh\n\nif [ \"$SKIP_SIMPLE_GIT_HOOKS\" = \"1\" ]; then exit 0; fi\n"),
        ("husky-4", "#!/bin/sh\n# husky\n\n# Hook created by Husky v4.3.8\n"),
    ];
    for (tool, text) in cases {
        let world = repository();
        hook(&world, ".git/hooks/pre-push", text);
        let ran = world.vso(&["hook", "install", "pre-push", "post-commit"]).exits(1);
        assert_eq!(world.read(".git/hooks/pre-push"), text);
        assert!(world.has(".git/hooks/post-commit"), "what is free is taken");
        insta::assert_snapshot!(format!("managed-{tool}"), shown(&ran));
    }
}

#[test]
fn lines_added_by_hand_count() {
    let world = repository();
    hook(&world, ".git/hooks/pre-push", "#!/bin/sh\ncall_lefthook run \"pre-push\" \"$@\"\n");
    world.write("lefthook.yml", "pre-push:\n  commands:\n    vso:\n      run: vso hook run pre-push {0}\n");
    hook(&world, ".git/hooks/post-merge", "#!/bin/sh\nvso hook run post-merge \"$@\"\n");
    let (code, found) = states(&world, &["install"]);
    assert_eq!((code, found["pre-push"].as_str(), found["post-merge"].as_str()), (0, "called", "called"));
    let ran = world.vso(&["hook", "uninstall"]).exits(1);
    assert!(
        ran.err.contains("post-merge still runs vso") && ran.err.contains("pre-push still runs vso"),
        "{}",
        ran.err
    );
}

#[test]
fn husky_gets_its_own_files() {
    let world = repository();
    world.write(".husky/_/h", "");
    world.write(".husky/pre-push", "npm test\n");
    world.git(&["config", "core.hooksPath", ".husky/_"]);
    let before = (git_folder(&world), picture(&world.path().join(".husky")));
    let ran = world.vso(&["hook", "install"]).exits(1);
    insta::assert_snapshot!(shown(&ran));
    assert_eq!(world.read(".husky/pre-push"), "npm test\n");
    let text = world.read(".husky/post-commit");
    assert_eq!(text, include_str!("../../hooks/post-commit"), "no path of this machine is committed");
    world.vso(&["hook", "uninstall"]).exits(0);
    assert_eq!((git_folder(&world), picture(&world.path().join(".husky"))), before);
}

#[test]
fn a_folder_of_the_work_tree_gets_scripts_and_a_shared_one_nothing() {
    let world = repository();
    world.git(&["config", "core.hooksPath", ".my hooks"]);
    assert_eq!(states(&world, &["install"]), (0, USUAL.map(|name| (name.into(), "shim".into())).into()));
    assert_eq!(world.read(".my hooks/pre-push"), include_str!("../../hooks/pre-push"));
    world.vso(&["hook", "uninstall"]).exits(0);
    assert!(!world.has(".my hooks"), "the folder was not there before");

    let shared = World::new();
    world.git(&["config", "core.hooksPath", &shared.path().display().to_string()]);
    let ran = world.vso(&["hook", "install", "post-commit"]).exits(1);
    assert!(ran.out.contains("is not this repository's own") && ran.out.contains("vso hook run post-commit"));
    assert!(shared.files().is_empty());

    world.git(&["config", "core.hooksPath", "/dev/null"]);
    let ran = world.vso(&["hook", "install", "post-commit"]).exits(1);
    assert!(ran.out.contains("switches hooks off"), "{}", ran.out);
}

#[test]
fn linked_worktrees_and_submodules_have_hooks_too() {
    let world = repository();
    world.git(&["worktree", "add", "-q", "side"]);
    let in_side = |arguments: &[&str]| {
        let mut command = world.command(env!("CARGO_BIN_EXE_vso"));
        command.current_dir(world.path().join("side")).args(arguments).status().unwrap().code()
    };
    assert_eq!(in_side(&["hook", "install"]), Some(0));
    assert!(world.path().join(".git/hooks/post-commit").is_symlink(), "all work trees share the hooks");
    assert_eq!(states(&world, &["status"]).0, 0);
    assert_eq!(in_side(&["hook", "uninstall"]), Some(0));
    assert!(!world.path().join(".git/hooks/post-commit").is_symlink());

    let above = repository();
    let url = world.path().display().to_string();
    above.git(&["-c", "protocol.file.allow=always", "submodule", "-q", "add", &url, "sub"]);
    above.vso(&["--project-root", "sub", "hook", "install"]).exits(0);
    assert!(above.path().join(".git/modules/sub/hooks/pre-push").is_symlink());
    assert!(!above.has(".git/hooks/pre-push"));
}

#[test]
fn projects_of_one_repository_share_the_hooks() {
    let world = repository();
    let before = git_folder(&world);
    let projects = ["one", "the \"other\" one"];
    for project in projects {
        world.write(&format!("{project}/master-spec.md"), "# Two\n");
        world.vso(&["--project-root", project, "hook", "install"]).exits(0);
    }
    for project in projects {
        let path = format!("{project}/vertical-slices/slice-001-a/spec.md");
        let found = world.git(&["check-attr", "-z", "merge", "--", &path, &format!("{project}/master-spec.md")]);
        assert_eq!(found.matches("merge\0vso\0").count(), 2, "{found:?}");
    }
    assert!(!world.git(&["check-attr", "merge", "--", "master-spec.md"]).contains("vso"));
    world.vso(&["--project-root", projects[0], "hook", "uninstall"]).exits(0);
    assert!(world.path().join(".git/hooks/pre-push").is_symlink(), "the other project needs it");
    world.vso(&["--project-root", projects[1], "hook", "uninstall"]).exits(0);
    assert_eq!(git_folder(&world), before);
}

#[test]
fn attributes_of_people_stay_and_win() {
    let world = repository();
    world.write("vso.toml", "[project]\nslices = \"my slices [v1]\"\n");
    world.write(".git/info/attributes", "*.json merge=union");
    let before = git_folder(&world);
    world.vso(&["hook", "install"]).exits(0);
    let found = world.git(&["check-attr", "merge", "--", "my slices [v1]/a/spec.md", "my slices [v1]/a/b.json"]);
    assert!(found.contains("spec.md: merge: vso\n") && found.contains("b.json: merge: union\n"), "{found}");
    world.vso(&["hook", "uninstall"]).exits(0);
    assert_eq!(git_folder(&world), before);
}

#[test]
fn what_can_not_be_done_is_said() {
    let world = World::with_master("# One\n");
    let ran = world.vso(&["hook", "install"]).exits(2);
    assert!(ran.err.contains("no git repository") && ran.err.contains("hint:"), "{}", ran.err);
    world.vso(&["hook", "install", "post-receive"]).exits(2);
    let world = repository();
    fs::remove_dir_all(world.path().join(".git/hooks")).unwrap();
    world.write(".git/hooks", "a file");
    let ran = world.vso(&["hook", "install"]).exits(3);
    assert!(ran.err.contains(".git/hooks"), "{}", ran.err);
    assert_eq!(world.read(".git/hooks"), "a file");
    fs::remove_file(world.path().join(".git/hooks")).unwrap();
    assert_eq!(states(&world, &["install"]).0, 0);
    world.vso(&["hook", "uninstall"]).exits(0);
    assert!(!world.has(".git/hooks"), "vso made that folder");
}

/// A folder that may not be written. Root may write everywhere, so there it is left out.
#[test]
fn a_read_only_folder_is_left_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let world = repository();
    hook(&world, ".git/hooks/pre-push", "#!/bin/sh\n");
    let hooks = world.path().join(".git/hooks");
    fs::set_permissions(&hooks, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(hooks.join("probe"), "").is_ok() {
        println!("left out: root may write into a read-only folder");
        return;
    }
    let before = picture(&hooks);
    let ran = world.vso(&["hook", "install"]).exits(3);
    assert!(ran.err.contains("can't put the hook"), "{}", ran.err);
    assert_eq!(picture(&hooks), before);
    fs::set_permissions(&hooks, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A binary that is gone, as a link and as a script: commits and pushes go through.
#[test]
fn a_vanished_binary_stops_nobody() {
    for options in [&["hook", "install", "--pre-commit"][..], &["hook", "install", "--pre-commit", "--scripts"]] {
        let world = repository();
        let binary = world.path().join("it's here/vso");
        fs::create_dir_all(binary.parent().unwrap()).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_vso"), &binary).unwrap();
        let ran = world.command(binary.to_str().unwrap()).args(options).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        fs::remove_dir_all(binary.parent().unwrap()).unwrap();
        let remote = World::new();
        remote.git(&["init", "-q", "--bare"]);
        world.git(&["remote", "add", "origin", remote.path().to_str().unwrap()]);
        let ran = commit(&world, "two");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        world.git(&["push", "-q", "origin", "main"]);
        assert_eq!(states(&world, &["status"]).1["pre-push"], if options.len() == 3 { "linked" } else { "shim" });
    }
}

/// What stands in `hooks/` is good for copying by hand, as a whole and under the real shellcheck.
#[test]
fn the_scripts_are_all_there_and_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks");
    let names: Vec<String> = picture(&folder).into_keys().collect();
    assert_eq!(names, ["post-commit", "post-merge", "post-rewrite", "pre-commit", "pre-push"]);
    let texts: String = names.iter().map(|name| fs::read_to_string(folder.join(name)).unwrap()).collect();
    assert!(texts.lines().count() < 100, "a few lines each");
    let command = std::process::Command::new("shellcheck").args(&names).current_dir(&folder).output();
    let Ok(ran) = command else {
        println!("left out: there is no shellcheck");
        return;
    };
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}

/// What people who use pre-commit get: it parses, and each entry is a command that exists.
#[test]
fn the_hooks_for_pre_commit_name_commands_that_exist() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".pre-commit-hooks.yaml")).unwrap();
    let hooks: Vec<BTreeMap<String, Value>> = serde_saphyr::from_str(&text).unwrap();
    let world = World::new();
    let mut ids = Vec::new();
    for hook in &hooks {
        let entry =
            |key: &str| hook.get(key).and_then(Value::as_str).unwrap_or_else(|| panic!("{hook:?} has no {key}"));
        ids.push(entry("id").to_owned());
        assert!(entry("id").starts_with("vso-") && !entry("name").is_empty() && entry("language") == "system");
        let words: Vec<&str> = entry("entry").split(' ').collect();
        match words.as_slice() {
            ["vso", "hook", "run", name] => {
                assert_eq!(entry("id"), format!("vso-{name}"));
                assert_eq!(hook["stages"], serde_json::json!([name]));
                world.vso(&["hook", "run", name]).exits(0);
            }
            ["vso", command] => drop(world.vso(&[command, "--help"]).exits(0)),
            other => panic!("{other:?} is no command of vso"),
        }
        let files = hook.get("files").and_then(Value::as_str);
        assert!(files.is_none_or(|files| regex::Regex::new(files).is_ok()), "{files:?}");
    }
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
    for name in USUAL.iter().chain(&["pre-commit"]) {
        assert!(ids.contains(&format!("vso-{name}")), "{name}");
    }
}
