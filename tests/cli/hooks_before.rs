//! The hooks that can say no, driven by real pushes to a repository on disk and by real commits.

use std::fs;
use std::path::PathBuf;

use crate::world::{Ran, World};

const MASTER: &str = "master-spec.md";

/// A project with hooks, one commit that is pushed already, and the bare repository that it was pushed to.
struct Pushing {
    world: World,
    remote: World,
}

impl Pushing {
    fn new(install: &[&str]) -> Self {
        let (world, remote) = (World::new(), World::new());
        remote.git(&["init", "-q", "--bare", "-b", "main"]);
        world.git(&["init", "-q", "-b", "main"]);
        world.git(&["remote", "add", "origin", remote.path().to_str().unwrap()]);
        world.vso(&["init"]).exits(0);
        world.vso(&["decompose"]).exits(0);
        world.vso(&[&["hook", "install"], install].concat()).exits(0);
        let pushing = Self { world, remote };
        pushing.commit();
        assert_eq!(pushing.push(&["main"]).code, 0);
        pushing
    }

    fn git(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.world.command("git");
        let output = command.args(arguments).envs(variables.iter().copied()).output().unwrap();
        let clean = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace(&*self.world.path().to_string_lossy(), "[WORLD]");
            text.replace(&*self.remote.path().to_string_lossy(), "[REMOTE]")
        };
        Ran { code: output.status.code().unwrap_or(-1), out: clean(&output.stdout), err: clean(&output.stderr) }
    }

    fn commit(&self) {
        self.world.git(&["add", "-A"]);
        assert_eq!(self.git(&[], &["commit", "-q", "--no-verify", "--allow-empty", "-m", "x"]).code, 0);
    }

    fn push(&self, arguments: &[&str]) -> Ran {
        self.git(&[], &[&["push", "-q", "origin"], arguments].concat())
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.world.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.world.write(path, text.replace(from, to));
    }

    /// Two requirements with one id: an error.
    fn break_master(&self) {
        self.edit(MASTER, "- **FR-002**", "- **FR-001**");
        self.commit();
    }

    /// What the remote has, by ref.
    fn refs(&self, below: &str) -> Vec<String> {
        let text = self.remote.git(&["for-each-ref", "--format=%(refname)", below]);
        text.lines().map(str::to_owned).collect()
    }

    /// Puts one more commit on a ref, which may be new.
    fn advance(&self, name: &str) {
        let there = self.git(&[], &["rev-parse", "-q", "--verify", name]).out;
        let parent: Vec<&str> = if there.is_empty() { Vec::new() } else { vec!["-p", there.trim()] };
        let arguments = [&["commit-tree", "-m", "x"], &parent[..], &["HEAD^{tree}"]].concat();
        self.world.git(&["update-ref", name, self.world.git(&arguments).trim()]);
    }
}

#[test]
fn an_error_in_the_master_stops_the_push_and_says_how_to_go_on() {
    let pushing = Pushing::new(&[]);
    pushing.break_master();
    let ran = pushing.push(&["main"]);
    assert_ne!(ran.code, 0);
    let said: Vec<&str> = ran.err.lines().filter(|line| !line.contains("failed to push")).collect();
    insta::assert_snapshot!(said.join("\n"));
    assert_eq!(pushing.git(&[("VSO_SKIP", "1")], &["push", "-q", "origin", "main"]).code, 0);

    let pushing = Pushing::new(&["--scripts"]);
    pushing.break_master();
    assert_ne!(pushing.push(&["main:refs/heads/new"]).code, 0, "a new branch is looked at too");
    assert_eq!(pushing.push(&["--no-verify", "main"]).code, 0);
    fs::write(pushing.world.path().join("code"), "x").unwrap();
    pushing.commit();
    let ran = pushing.push(&["main"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "what the remote has already holds up nobody");
    let ran = pushing.push(&["main:refs/heads/other"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn the_commit_is_looked_at_and_not_the_work_tree() {
    let pushing = Pushing::new(&[]);
    pushing.edit(MASTER, "- **FR-002**", "- **FR-001**");
    fs::write(pushing.world.path().join("code"), "x").unwrap();
    pushing.world.git(&["add", "code"]);
    pushing.world.git(&["commit", "-q", "-m", "x"]);
    assert_eq!(pushing.push(&["main"]).code, 0, "the error is not committed");
    pushing.commit();
    pushing.edit(MASTER, "- **FR-001** [component: Notes] A title", "- **FR-002** [component: Notes] A title");
    assert_ne!(pushing.push(&["main"]).code, 0, "it is mended, but not in what is pushed");
    pushing.commit();
    assert_eq!(pushing.push(&["main"]).code, 0);
}

#[test]
fn an_unsettled_conflict_in_a_slice_stops_the_push() {
    let pushing = Pushing::new(&[]);
    let conflict = "<<<<<<< slice\na\n||||||| base\nb\n=======\nc\n>>>>>>> master\n";
    let spec = "vertical-slices/slice-001-notes/spec.md";
    let test = "vertical-slices/slice-002-search/tests/unit/test_mine.py";
    pushing.world.write(spec, pushing.world.read(spec) + "\nSetext\n=======\n\n```text\n" + conflict + "```\n");
    pushing.commit();
    assert_eq!(pushing.push(&["main"]).code, 0, "neither a heading nor an example is a conflict");
    pushing.world.write(spec, pushing.world.read(spec) + "\n" + conflict);
    pushing.world.write(test, conflict);
    pushing.commit();
    let ran = pushing.push(&["main"]);
    assert_ne!(ran.code, 0);
    assert!(ran.err.contains("slice-001-notes/spec.md:") && ran.err.contains("test_mine.py:1:"), "{}", ran.err);
}

#[test]
fn slices_left_behind_are_said_and_stop_nobody() {
    let pushing = Pushing::new(&[]);
    pushing.edit(MASTER, "120 characters", "130 characters");
    pushing.commit();
    let ran = pushing.push(&["main"]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("behind the master: slice-001-notes; `vso sync`"), "{}", ran.err);
    pushing.world.vso(&["decompose"]).exits(0);
    pushing.commit();
    let ran = pushing.push(&["main"]);
    assert_eq!((ran.code, ran.err.contains("behind")), (0, false), "{}", ran.err);
}

#[test]
fn several_refs_tags_and_deletions_at_once() {
    let pushing = Pushing::new(&[]);
    assert_eq!(pushing.push(&["main:refs/heads/old"]).code, 0);
    pushing.world.git(&["tag", "-a", "v1", "-m", "one"]);
    pushing.world.git(&["branch", "good"]);
    pushing.break_master();
    pushing.world.git(&["tag", "bad-tag"]);
    assert_eq!(pushing.push(&["v1", "bad-tag", ":old", "good"]).code, 0, "neither a tag nor a deletion is looked at");
    assert_eq!(pushing.refs("refs/heads"), ["refs/heads/good", "refs/heads/main"]);
    assert_eq!(pushing.refs("refs/tags"), ["refs/tags/bad-tag", "refs/tags/v1"]);
    let ran = pushing.push(&["good:refs/heads/better", "main:refs/heads/$(touch${IFS}x);'`"]);
    assert_ne!(ran.code, 0);
    assert!(ran.err.contains("$(touch${IFS}x);'` is not pushed") && !ran.err.contains("better is not"), "{}", ran.err);
    assert!(!pushing.world.has("x"));
}

#[test]
fn vsos_own_refs_go_along_forwards_only() {
    let pushing = Pushing::new(&[]);
    let refs = ["refs/vso/generated", "refs/vso/proposals"];
    let here = |name: &str| pushing.world.git(&["rev-parse", name]);
    let there = |name: &str| pushing.remote.git(&["rev-parse", name]);
    let push = || {
        pushing.commit();
        let ran = pushing.push(&["main"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    };
    refs.iter().for_each(|name| pushing.advance(name));
    push();
    assert_eq!(refs.map(there), refs.map(here));
    refs.iter().for_each(|name| pushing.advance(name));
    // Somebody else was there meanwhile: it is not moved back.
    let other = pushing.remote.git(&["commit-tree", "-m", "theirs", "main^{tree}"]);
    pushing.remote.git(&["update-ref", refs[1], other.trim()]);
    push();
    assert_eq!((there(refs[0]), there(refs[1])), (here(refs[0]), other));
    // A remote is asked again only when ours have moved: asking is a second connection.
    pushing.remote.git(&["update-ref", "-d", refs[0]]);
    push();
    assert!(!pushing.refs("refs/vso").contains(&refs[0].to_owned()), "nothing has moved here, so nobody was asked");
    pushing.advance(refs[0]);
    push();
    assert_eq!(there(refs[0]), here(refs[0]));
}

/// A hook that stood there before gets the refs and the arguments, and its no is a no.
#[test]
fn a_chained_hook_hears_what_is_pushed() {
    let pushing = Pushing::new(&[]);
    pushing.world.vso(&["hook", "uninstall"]).exits(0);
    let text = "#!/bin/sh\necho \"$1\" >> heard\ncat >> heard\ntest ! -e no || exit 9\n";
    executable(&pushing.world.write(".git/hooks/pre-push", text));
    pushing.world.vso(&["hook", "install"]).exits(0);
    pushing.commit();
    assert_eq!(pushing.push(&["main"]).code, 0);
    let heard = pushing.world.read("heard");
    assert!(heard.starts_with("origin\nrefs/heads/main ") && heard.lines().count() == 2, "{heard}");
    pushing.world.write("no", "");
    pushing.commit();
    assert_ne!(pushing.push(&["main"]).code, 0);
    fs::remove_file(pushing.world.path().join("no")).unwrap();
    pushing.break_master();
    let ran = pushing.push(&["main"]);
    assert!(ran.code != 0 && ran.err.contains("[duplicate-id]"), "{}", ran.err);
}

fn executable(path: &PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Under the pre-commit tool, the refs come in its variables.
#[test]
fn what_the_pre_commit_tool_says_is_heard() {
    let pushing = Pushing::new(&[]);
    pushing.break_master();
    let (to, from) = (pushing.world.git(&["rev-parse", "HEAD"]), pushing.world.git(&["rev-parse", "HEAD~1"]));
    let variables = [
        ("PRE_COMMIT_TO_REF", to.trim()),
        ("PRE_COMMIT_FROM_REF", from.trim()),
        ("PRE_COMMIT_LOCAL_BRANCH", "refs/heads/main"),
        ("PRE_COMMIT_REMOTE_BRANCH", "refs/heads/main"),
    ];
    let ran = pushing.world.vso_with(&variables, &["hook", "run", "pre-push"]).exits(1);
    assert!(ran.err.contains("[duplicate-id]"), "{}", ran.err);
}

#[test]
fn pushing_from_a_repository_without_a_project_says_nothing() {
    let pushing = Pushing::new(&[]);
    pushing.world.git(&["rm", "-rq", "--cached", "."]);
    pushing.world.git(&["commit", "-q", "-m", "x"]);
    let ran = pushing.push(&["main"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn what_is_staged_is_linted_and_not_the_work_tree() {
    let pushing = Pushing::new(&["--pre-commit"]);
    pushing.edit(MASTER, "- **FR-002**", "- **FR-001**");
    pushing.world.git(&["add", MASTER]);
    pushing.edit(MASTER, "- **FR-001** [component: Notes] A title", "- **FR-002** [component: Notes] A title");
    let ran = pushing.git(&[], &["commit", "-q", "-m", "x"]);
    assert_ne!(ran.code, 0);
    insta::assert_snapshot!(ran.err);
    assert_eq!(pushing.git(&[("VSO_SKIP", "1")], &["commit", "-q", "--dry-run", "-m", "x"]).code, 0);
    // `commit -a` has an index of its own, with what stands in the work tree.
    pushing.edit(MASTER, "120 characters", "130 characters");
    assert_eq!(pushing.git(&[], &["commit", "-q", "-a", "-m", "x"]).code, 0);

    let spec = "vertical-slices/slice-001-notes/spec.md";
    pushing.world.write(spec, "<<<<<<< slice\na\n=======\nb\n>>>>>>> master\n");
    assert_eq!(pushing.git(&[], &["commit", "-q", "--allow-empty", "-m", "x"]).code, 0, "it is not staged");
    let ran = pushing.git(&[], &["commit", "-q", "-a", "-m", "x"]);
    assert!(ran.code != 0 && ran.err.contains("slice-001-notes/spec.md:1:"), "{}", ran.err);
    assert_eq!(pushing.git(&[], &["commit", "-q", "-a", "--no-verify", "-m", "x"]).code, 0);
}

#[test]
fn the_very_first_commit_is_linted_too() {
    let world = World::with_master("---\ntitle: [\n---\n# x\n");
    world.git(&["init", "-q"]);
    world.vso(&["hook", "install", "pre-commit"]).exits(0);
    world.git(&["add", "."]);
    let ran = world.command("git").args(["commit", "-q", "-m", "x"]).output().unwrap();
    assert!(!ran.status.success());
    assert!(String::from_utf8_lossy(&ran.stderr).contains("[invalid-front-matter]"));
}
