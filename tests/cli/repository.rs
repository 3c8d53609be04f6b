//! Repositories that vso can't work in: said by `doctor` with what to do, never guessed at.

use crate::world::World;

fn check(world: &World, words: &[&str]) {
    let said = world.vso(&["doctor"]).exits(1);
    for word in words {
        assert!(said.out.contains(word) || said.err.contains(word), "no {word:?} in\n{}", said.all());
    }
}

/// An older git does not know them all; what it can't make is left out by name.
#[test]
fn other_formats_are_refused_with_a_hint() {
    let cases =
        [("--ref-format=reftable", ["reftable", "git refs migrate"]), ("--object-format=sha256", ["SHA-256", "SHA-1"])];
    for (option, words) in cases {
        let world = World::with_master("# A\n");
        let made = world.command("git").args(["init", "-q", option]).output().unwrap();
        if made.status.success() {
            check(&world, &words);
        } else {
            println!("left out: this git can't make a repository with {option}");
        }
    }
}

/// Only root can make a repository that belongs to somebody else.
#[cfg(unix)]
#[test]
fn a_repository_of_somebody_else_is_refused() {
    let world = World::with_master("# A\n");
    world.git(&["init", "-q"]);
    let given = [".git/config", ".git", ""]
        .iter()
        .try_for_each(|path| std::os::unix::fs::chown(world.path().join(path), Some(12345), None));
    if given.is_err() {
        println!("left out: only root can give files away");
        return;
    }
    check(&world, &["belongs to somebody else", "safe.directory"]);
}
