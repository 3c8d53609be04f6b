//! What vso's hooks do, driven by real commits, pushes, rebases and merges.

use std::fs;
use std::path::Path;

use vso::ledger::{Filter, Ledger};

use crate::world::{Ran, World};

/// A project in a repository, cut into slices, with hooks, all in one commit.
fn project() -> World {
    let world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    world.vso(&["init"]).exits(0);
    world.vso(&["decompose"]).exits(0);
    world.vso(&["hook", "install"]).exits(0);
    world.git(&["add", "."]);
    assert_eq!(git(&world, &["commit", "-q", "-m", "one"]).code, 0);
    world
}

/// git in a world; what hooks say is on stderr.
fn git(world: &World, arguments: &[&str]) -> Ran {
    git_in(world, ".", &[], arguments)
}

fn git_in(world: &World, folder: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
    let mut command = world.command("git");
    command.current_dir(world.path().join(folder)).args(arguments).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*world.path().to_string_lossy(), "[WORLD]");
    Ran { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

fn edit(world: &World, path: &str, from: &str, to: &str) {
    let text = world.read(path);
    assert!(text.contains(from), "{path} has no {from:?}");
    world.write(path, text.replace(from, to));
}

/// Writes a file that is none of vso's business, and commits everything.
fn commit(world: &World, name: &str) -> Ran {
    world.write(name, name);
    world.git(&["add", "-A"]);
    git(world, &["commit", "-q", "-m", name])
}

/// What is queued: kind and key of each job.
fn queued(root: &Path) -> Vec<(String, Option<String>)> {
    let Some(ledger) = Ledger::existing(root).unwrap() else { return Vec::new() };
    let jobs = ledger.jobs(&Filter::default()).unwrap();
    jobs.into_iter().map(|job| (job.work.kind, job.work.key)).collect()
}

fn seen(world: &World) -> String {
    world.read(".git/vso-seen").trim().to_owned()
}

fn head(world: &World) -> String {
    world.git(&["rev-parse", "HEAD"]).trim().to_owned()
}

const MASTER: &str = "master-spec.md";

#[test]
fn a_commit_that_touches_nothing_of_vso_costs_no_word_and_no_ledger() {
    let world = project();
    fs::remove_dir_all(world.path().join(".slice-orchestrator")).unwrap();
    let ran = commit(&world, "code.rs");
    assert_eq!((ran.code, ran.err.as_str(), ran.out.as_str()), (0, "", ""));
    assert!(!world.has(".slice-orchestrator"));
    assert_eq!(seen(&world), head(&world));
}

/// Without a `git` on the path, the hook does all it has to do: there is no child process.
#[test]
fn the_hook_starts_no_git() {
    let world = project();
    edit(&world, MASTER, "120 characters", "130 characters");
    commit(&world, "code.rs");
    fs::remove_file(world.path().join(".git/vso-seen")).unwrap();
    let link = world.path().join(".git/hooks/post-commit");
    let ran = world.command(link.to_str().unwrap()).env("PATH", "").output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success() && said.contains("FR-002 changed"), "{said}");
}

#[test]
fn an_edit_of_the_master_is_said_and_queued_once() {
    let world = project();
    edit(&world, MASTER, "120 characters", "130 characters");
    edit(&world, MASTER, "- **FR-003**", "- **FR-031** [component: Search] A user can sort hits.\n- **FR-003**");
    let ran = commit(&world, "code.rs");
    insta::assert_snapshot!(ran.err);
    assert_eq!(ran.code, 0);
    let jobs = queued(world.path());
    assert_eq!(jobs.last(), Some(&("sync".to_owned(), Some(".".to_owned()))));
    let count = jobs.len();
    fs::write(world.path().join(".git/vso-seen"), world.git(&["rev-parse", "HEAD~1"])).unwrap();
    let again = world.vso(&["hook", "run", "post-commit"]).exits(0);
    assert!(again.err.contains("FR-031 new"), "{}", again.err);
    assert_eq!(queued(world.path()).len(), count, "the same commit handled twice has the effect of once");
}

#[test]
fn an_edit_of_slices_settings_and_templates_is_said() {
    let world = project();
    world.write("vertical-slices/slice-001-notes/notes.md", "mine");
    edit(&world, "vertical-slices/slice-002-search/spec.md", "#", "##");
    world.write("vertical-slices/slice-002-search/more.md", "mine");
    world.write(".vso/templates/slice/spec.md", "");
    edit(&world, "vso.toml", "[project]", "# [project]");
    insta::assert_snapshot!(commit(&world, "code.rs").err);
}

#[test]
fn the_first_commit_and_a_project_without_slices_are_said_too() {
    let world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    world.vso(&["init"]).exits(0);
    world.vso(&["hook", "install"]).exits(0);
    let ran = commit(&world, "code.rs");
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("FR-001 new") && ran.err.contains("`vso decompose` makes the slices"), "{}", ran.err);
    assert!(queued(world.path()).is_empty());
}

#[test]
fn an_amended_commit_says_what_the_amendment_did() {
    let world = project();
    edit(&world, MASTER, "120 characters", "130 characters");
    commit(&world, "a");
    edit(&world, MASTER, "a word of their text", "two words of their text");
    world.git(&["add", "-A"]);
    let ran = git(&world, &["commit", "-q", "--amend", "-m", "b"]);
    assert!(ran.err.contains("FR-003 changed") && !ran.err.contains("FR-002"), "{}", ran.err);
    assert_eq!(ran.err.matches("queued").count(), 1, "{}", ran.err);
}

#[test]
fn what_a_missed_hook_left_is_covered_by_the_next() {
    let world = project();
    edit(&world, MASTER, "120 characters", "130 characters");
    world.git(&["add", "-A"]);
    let ran = git_in(&world, ".", &[("VSO_SKIP", "1")], &["commit", "-q", "-m", "missed"]);
    assert_eq!(ran.err, "");
    let ran = git_in(&world, ".", &[("CI", "true")], &["commit", "-q", "--allow-empty", "-m", "ci"]);
    assert_eq!(ran.err, "");
    let asked = [("CI", "true"), ("VSO_HOOKS", "1")];
    let ran = git_in(&world, ".", &asked, &["commit", "-q", "--allow-empty", "-m", "asked"]);
    assert!(ran.err.contains("FR-002 changed"), "{}", ran.err);
}

#[test]
fn a_rebase_speaks_once_at_its_end() {
    let world = project();
    world.git(&["checkout", "-q", "-b", "side"]);
    for number in 0..4 {
        commit(&world, &format!("side-{number}"));
    }
    edit(&world, MASTER, "under 200 ms", "under 300 ms");
    commit(&world, "side-master");
    world.git(&["checkout", "-q", "main"]);
    edit(&world, MASTER, "120 characters", "130 characters");
    commit(&world, "main-master");
    world.git(&["checkout", "-q", "side"]);
    commit(&world, "settled");
    let count = queued(world.path()).len();
    let ran = git(&world, &["rebase", "-q", "main"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("FR-002 changed") && !ran.err.contains("NFR-001"), "{}", ran.err);
    assert_eq!((ran.err.matches("queued").count(), queued(world.path()).len()), (1, count + 1), "{}", ran.err);
    assert_eq!(seen(&world), head(&world));
}

#[test]
fn merges_speak_forwards_and_with_a_commit() {
    for options in [&["--ff-only"][..], &["--no-ff", "--no-edit"]] {
        let world = project();
        world.git(&["checkout", "-q", "-b", "side"]);
        edit(&world, MASTER, "120 characters", "130 characters");
        world.git(&["commit", "-q", "-a", "-m", "two"]);
        world.git(&["checkout", "-q", "main"]);
        git(&world, &["commit", "-q", "--allow-empty", "--amend", "-m", "one"]);
        world.git(&["update-ref", "refs/heads/main", "side~1"]);
        fs::write(world.path().join(".git/vso-seen"), head(&world)).unwrap();
        let ran = git(&world, &[&["merge", "-q"], options, &["side"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.err.contains("FR-002 changed; touches 1 of 2 slices: slice-001-notes"), "{options:?}: {}", ran.err);
        assert_eq!(seen(&world), head(&world));
    }
}

#[test]
fn a_squashed_merge_waits_for_its_commit_and_a_cherry_pick_speaks() {
    let world = project();
    world.git(&["checkout", "-q", "-b", "side"]);
    edit(&world, MASTER, "120 characters", "130 characters");
    world.git(&["commit", "-q", "-a", "-m", "two"]);
    world.git(&["checkout", "-q", "main"]);
    fs::write(world.path().join(".git/vso-seen"), head(&world)).unwrap();
    let ran = git(&world, &["merge", "--squash", "side"]);
    assert!(!ran.err.contains("vso:"), "{}", ran.err);
    assert!(git(&world, &["commit", "-q", "-m", "squashed"]).err.contains("FR-002 changed"));
    world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    fs::write(world.path().join(".git/vso-seen"), head(&world)).unwrap();
    assert!(git(&world, &["cherry-pick", "side"]).err.contains("FR-002 changed"));
}

#[test]
fn a_detached_head_is_left_alone() {
    let world = project();
    let before = seen(&world);
    world.git(&["checkout", "-q", "--detach"]);
    edit(&world, MASTER, "120 characters", "130 characters");
    assert_eq!(commit(&world, "a").err, "");
    assert_eq!(seen(&world), before);
}

#[test]
fn linked_worktrees_and_submodules_speak_for_themselves() {
    let world = project();
    world.git(&["worktree", "add", "-q", "-b", "side", "../side of it"]);
    let side = world.path().join("../side of it");
    let text = fs::read_to_string(side.join(MASTER)).unwrap();
    fs::write(side.join(MASTER), text.replace("120 characters", "130 characters")).unwrap();
    let ran = git_in(&world, "../side of it", &[], &["commit", "-q", "-a", "-m", "two"]);
    assert!(ran.err.contains("FR-002 changed"), "{}", ran.err);
    assert_eq!(queued(&side).len(), 1);
    assert_ne!(seen(&world), world.git(&["rev-parse", "side"]).trim(), "each work tree has its own memory");
    fs::remove_dir_all(side).unwrap();

    let above = World::new();
    above.git(&["init", "-q", "-b", "main"]);
    let url = world.path().display().to_string();
    above.git(&["-c", "protocol.file.allow=always", "submodule", "-q", "add", &url, "sub"]);
    above.vso(&["--project-root", "sub", "hook", "install"]).exits(0);
    edit(&above, "sub/master-spec.md", "120 characters", "130 characters");
    let ran = git_in(&above, "sub", &[], &["commit", "-q", "-a", "-m", "two"]);
    assert!(ran.err.contains("FR-002 changed"), "{}", ran.err);
    assert!(above.has("sub/.slice-orchestrator/queue.db"));
}

#[test]
fn a_project_in_a_folder_speaks_and_its_neighbours_do_not() {
    let world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    fs::create_dir_all(world.path().join("services/the notes")).unwrap();
    for command in ["init", "decompose"] {
        world.vso(&["--project-root", "services/the notes", command]).exits(0);
    }
    world.vso(&["--project-root", "services/the notes", "hook", "install"]).exits(0);
    commit(&world, "one");
    assert_eq!(commit(&world, "master-spec.md").err, "");
    edit(&world, "services/the notes/master-spec.md", "120 characters", "130 characters");
    let ran = commit(&world, "code");
    assert!(ran.err.contains("services/the notes: master-spec.md: FR-002 changed"), "{}", ran.err);
    assert_eq!(queued(&world.path().join("services/the notes")).len(), 2);
    assert!(!world.has(".slice-orchestrator"));
}

#[test]
fn a_broken_master_never_stops_a_commit() {
    let cases: [(&[u8], &str); 6] = [
        (b"---\ntitle: [\n---\n# x\n", "slices can't be made from it"),
        (b"", "slices can't be made from it"),
        (b"\xff\xfe\x00broken", "not UTF-8"),
        (b"```\nnever closed\n\x1b[2J", "slices can't be made from it"),
        (
            b"# x\n\n## Components\n\n- **A**: one. Depends on: B.\n- **B**: two. Depends on: A.\n",
            "slices can't be made",
        ),
        (b"> > > > >\n\n| a | b\n|--\n<<<<<<< HEAD\n", "slices can't be made"),
    ];
    for (text, expected) in cases {
        let world = project();
        world.write(MASTER, text);
        let ran = commit(&world, "a");
        assert_eq!(ran.code, 0);
        assert!(ran.err.contains(expected) && ran.err.contains("`vso lint`"), "{text:?}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
        assert!(!ran.err.contains('\u{1b}'));
        world.write(MASTER, "# x\n\n## Components\n\n- **Notes**: one\n");
        assert!(commit(&world, "b").err.contains("slice-001-notes"), "it can be cut again");
    }
    let world = project();
    fs::remove_file(world.path().join(MASTER)).unwrap();
    assert!(commit(&world, "a").err.contains("it is gone"));
}

#[test]
fn trouble_of_vso_is_one_line_and_stops_nobody() {
    let world = project();
    world.write("vso.toml", "[project\n");
    let ran = commit(&world, "a");
    assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{}", ran.err);
    assert!(ran.err.contains("post-commit was passed over") && ran.err.contains("vso.toml"), "{}", ran.err);

    let world = project();
    let before = seen(&world);
    world.write(".slice-orchestrator/queue.db", "this is no database".repeat(500));
    edit(&world, MASTER, "120 characters", "130 characters");
    let ran = commit(&world, "a");
    assert_eq!((ran.code, ran.err.lines().count()), (0, 1), "{}", ran.err);
    assert_eq!(seen(&world), before, "what was not queued is looked at again");
    fs::remove_dir_all(world.path().join(".slice-orchestrator")).unwrap();
    assert!(commit(&world, "b").err.contains("FR-002 changed"));

    let world = project();
    world.write(".git/vso-seen", "garbage");
    edit(&world, MASTER, "120 characters", "130 characters");
    assert!(commit(&world, "a").err.contains("FR-002 changed"));
    world.write(".git/vso-seen", "1".repeat(40));
    edit(&world, MASTER, "130 characters", "140 characters");
    assert!(commit(&world, "b").err.contains("FR-002 changed"), "a commit that is gone counts as none");
}

/// The seed's way: the scripts copied by hand, and a vso on the path.
#[test]
fn scripts_copied_by_hand_work() {
    let world = World::new();
    world.git(&["init", "-q", "-b", "main"]);
    world.vso(&["init"]).exits(0);
    world.vso(&["decompose"]).exits(0);
    for name in ["post-commit", "pre-push", "post-merge", "post-rewrite", "pre-commit"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("hooks").join(name);
        fs::copy(from, world.path().join(".git/hooks").join(name)).unwrap();
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_vso")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let run = |arguments: &[&str]| git_in(&world, ".", &[("PATH", &path)], arguments);
    run(&["add", "."]);
    assert!(run(&["commit", "-q", "-m", "one"]).err.contains("FR-001 new"));
    edit(&world, MASTER, "- **FR-002**", "- **FR-001**");
    let ran = run(&["commit", "-q", "-a", "-m", "two"]);
    assert_ne!(ran.code, 0);
    assert!(ran.err.contains("[duplicate-id]"), "{}", ran.err);
}

#[test]
fn names_from_texts_and_branches_are_only_data() {
    let world = project();
    world.git(&["checkout", "-q", "-b", "$(touch${IFS}x);'`--\"|%n"]);
    edit(&world, MASTER, "- **Search**: Finds", "- **$(touch y) `id` \u{1b}[31m**: Evil.\n- **Search**: Finds");
    let ran = commit(&world, "--help");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.err.contains('\u{1b}') && !world.has("x") && !world.has("y"), "{}", ran.err);
    assert!(ran.err.contains("queued"), "{}", ran.err);
}
