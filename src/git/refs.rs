//! Refs: read, and moved by compare-and-swap only.
//!
//! A move takes git's own lock on the ref, looks at what it names now, and writes only when that is what the caller
//! believes. So two processes, whether vso or git, never lose each other's moves.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use git2::{ErrorCode, Reference};

use super::commit::Author;
use super::id::Id;
use super::{Repo, failed};
use crate::crash;
use crate::fault::Fault;

/// How a move ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Moved {
    /// The ref names what it should.
    Done,
    /// Somebody else moved it; this is what it names now (nothing: it is gone). Nothing was changed.
    Elsewhere(Option<Id>),
}

/// How often a locked ref is tried. With the pauses this is 2 to 4 seconds; git's own default is 0.1 (a ref) to 1
/// (`packed-refs`), and a slow disk holds a lock for a few milliseconds.
const TRIES: u32 = 40;

/// The longest pause between two tries, in milliseconds; the first ones are shorter.
const LONGEST_PAUSE: u64 = 100;

impl Repo {
    /// What a ref (`refs/…`) names; none when there is none. Symbolic ones are followed.
    ///
    /// # Errors
    /// When it can't be read (exit 3).
    pub fn find_ref(&self, name: &str) -> Result<Option<Id>, Fault> {
        match self.inner.refname_to_id(name) {
            Ok(id) => Ok(Some(Id(id))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch) => Ok(None),
            Err(error) => Err(failed(&format!("the ref {name} can't be read"), &error)),
        }
    }

    /// All refs whose name begins with a folder of refs (`refs/heads/`), with what they name, by name. Names that are
    /// no text and symbolic refs that lead nowhere are left out.
    ///
    /// # Errors
    /// When they can't be read (exit 3).
    pub fn refs(&self, folder: &str) -> Result<Vec<(String, Id)>, Fault> {
        let read = || -> Result<Vec<(String, Id)>, git2::Error> {
            let folder = folder.trim_end_matches('/');
            let mut found = Vec::new();
            for reference in self.inner.references_glob(&format!("{}/*", escaped(folder)))? {
                let reference = reference?;
                let Ok(name) = reference.name().map(str::to_owned) else { continue };
                if let Some(id) = reference.resolve().ok().and_then(|reference| reference.target()) {
                    found.push((name, Id(id)));
                }
            }
            found.sort();
            Ok(found)
        };
        read().map_err(|error| failed(&format!("the refs below {folder} can't be read"), &error))
    }

    /// Moves a ref from what it is believed to name to something else: creates it (`from` none: it must not exist),
    /// deletes it (`to` none), or changes it. `reason` goes to its log, if it has one. When it already names `to` and
    /// `from` says otherwise, the answer is [`Moved::Elsewhere`].
    ///
    /// A lock that another process holds is waited for.
    ///
    /// # Errors
    /// When the name is no full ref name or names a symbolic ref (exit 2), `to` is not here, the lock stays held, or
    /// the disk fails (exit 3). The ref is then as it was.
    pub fn move_ref(&self, name: &str, from: Option<Id>, to: Option<Id>, reason: &str) -> Result<Moved, Fault> {
        check_ref(name)?;
        if let Some(missing) = to.filter(|id| !self.has(*id)) {
            return Err(Fault::unfinished(format!("{name} can't name {missing}: it is not in this repository")));
        }
        crash::point("git.ref.before");
        let moved = self.try_moving(name, from, to, reason)?;
        crash::point("git.ref.after");
        Ok(moved)
    }

    fn try_moving(&self, name: &str, from: Option<Id>, to: Option<Id>, reason: &str) -> Result<Moved, Fault> {
        let mut last = None;
        for attempt in 0..TRIES {
            if attempt > 0 {
                sleep(pause(attempt));
            }
            match self.move_once(name, from, to, reason)? {
                Ok(moved) => return Ok(moved),
                Err(error) if error.code() == ErrorCode::Locked => last = Some(error),
                Err(error) => return Err(failed(&format!("the ref {name} can't be moved"), &error)),
            }
        }
        let lock = self.common_dir().join(format!("{name}.lock"));
        let fault = Fault::unfinished(format!("the ref {name} stays locked by another process"));
        let fault = last.map_or(fault.clone(), |error| fault.because(&error));
        Err(fault.hint(format!("if no git is running here, remove {} (or packed-refs.lock)", lock.display())))
    }

    /// One try under the lock. The outer fault is final; the inner error may be a lock that is held.
    fn move_once(
        &self,
        name: &str,
        from: Option<Id>,
        to: Option<Id>,
        reason: &str,
    ) -> Result<Result<Moved, git2::Error>, Fault> {
        let signature = Author::vso(seconds_now()).signature()?;
        let locked = self.inner.transaction().and_then(|mut lock| lock.lock_ref(name).map(|()| lock));
        let mut lock = match locked {
            Ok(lock) => lock,
            Err(error) => return Ok(Err(error)),
        };
        let now = match self.inner.find_reference(name) {
            Ok(reference) => Some(direct(name, &reference)?),
            Err(error) if error.code() == ErrorCode::NotFound => None,
            Err(error) => return Ok(Err(error)),
        };
        if now != from {
            return Ok(Ok(Moved::Elsewhere(now)));
        }
        let set = match to {
            _ if now == to => return Ok(Ok(Moved::Done)),
            Some(id) => lock.set_target(name, id.0, Some(&signature), &one_line(reason)),
            None => lock.remove(name),
        };
        Ok(set.and_then(|()| lock.commit()).map(|()| Moved::Done))
    }

    /// The worktree in which a branch (`refs/heads/…`) is checked out; none when it is nowhere. Whoever moves such a
    /// branch makes that worktree look changed.
    ///
    /// # Errors
    /// When the worktrees can't be listed (exit 3).
    pub fn checked_out(&self, name: &str) -> Result<Option<PathBuf>, Fault> {
        let is_here = |repository: &git2::Repository| {
            let head = repository.find_reference("HEAD").ok()?;
            let target = head.symbolic_target().ok().flatten()?;
            (target == name).then(|| repository.workdir().map(PathBuf::from))?
        };
        if let Some(found) = is_here(&self.inner) {
            return Ok(Some(found));
        }
        if let Ok(main) = git2::Repository::open(self.common_dir())
            && let Some(found) = is_here(&main)
        {
            return Ok(Some(found));
        }
        let names = self.inner.worktrees().map_err(|error| failed("the worktrees can't be listed", &error))?;
        let found = names.iter().flatten().flatten().find_map(|name| {
            let worktree = self.inner.find_worktree(name).ok()?;
            is_here(&git2::Repository::open_from_worktree(&worktree).ok()?)
        });
        Ok(found)
    }
}

/// Checks that a text is a full name of a ref: it begins with `refs/`, so that it is never taken for an option, and
/// git would take it.
///
/// # Errors
/// When it is not (exit 2).
pub fn check_ref(name: &str) -> Result<(), Fault> {
    if name.starts_with("refs/") && Reference::is_valid_name(name) {
        return Ok(());
    }
    let shown: String = name.chars().take(200).collect();
    Err(Fault::usage(format!("{shown:?} is no full name of a ref")).hint("such as refs/heads/main"))
}

fn direct(name: &str, reference: &Reference<'_>) -> Result<Id, Fault> {
    reference.target().map(Id).ok_or_else(|| {
        Fault::usage(format!("{name} is a symbolic ref; vso moves only direct ones"))
            .hint(format!("`git symbolic-ref {name}` says what it points at"))
    })
}

/// A log has one line an entry.
fn one_line(reason: &str) -> String {
    reason.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Letters that would be a pattern.
fn escaped(folder: &str) -> String {
    folder
        .chars()
        .flat_map(|letter| matches!(letter, '*' | '?' | '[' | '\\').then_some('\\').into_iter().chain([letter]))
        .collect()
}

/// Up to 1, 2, 4, … milliseconds, half of it by chance, so that processes that wait for each other part.
fn pause(attempt: u32) -> Duration {
    let longest = LONGEST_PAUSE.min(1 << attempt.min(16)).max(2);
    let chance = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |age| u64::from(age.subsec_nanos()) / 64);
    let chance = chance ^ u64::from(std::process::id()).wrapping_mul(0x9e37_79b9);
    Duration::from_millis(longest / 2 + chance % (longest / 2 + 1))
}

/// The clock, for the log's lines only.
fn seconds_now() -> i64 {
    SystemTime::UNIX_EPOCH.elapsed().ok().and_then(|age| i64::try_from(age.as_secs()).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::{Sample, tree};
    use std::sync::Barrier;

    fn two(sample: &Sample) -> (Id, Id) {
        let repo = sample.repo();
        let one = repo.commit(repo.write(&tree(&[("a", "1")])).unwrap(), &[], "one", &Author::vso(1)).unwrap();
        let two = repo.commit(repo.write(&tree(&[("a", "2")])).unwrap(), &[one], "two", &Author::vso(2)).unwrap();
        (one, two)
    }

    const NAME: &str = "refs/vso/generated";

    #[test]
    fn a_ref_moves_only_from_where_it_is_believed_to_be() {
        let sample = Sample::new();
        let (one, two) = two(&sample);
        let repo = sample.repo();
        for packed in [false, true] {
            let pack = || {
                if packed {
                    sample.git(&["pack-refs", "--all", "--prune"]);
                }
            };
            let moved = |from, to| repo.move_ref(NAME, from, to, "why\nand so on").unwrap();
            assert_eq!(moved(Some(one), Some(two)), Moved::Elsewhere(None), "it is not there yet");
            assert_eq!(moved(Some(one), None), Moved::Elsewhere(None));
            assert_eq!(moved(None, Some(one)), Moved::Done);
            pack();
            assert_eq!(moved(None, Some(two)), Moved::Elsewhere(Some(one)));
            assert_eq!(moved(Some(two), Some(one)), Moved::Elsewhere(Some(one)));
            assert_eq!(moved(Some(one), Some(one)), Moved::Done);
            assert_eq!(moved(Some(one), Some(two)), Moved::Done);
            pack();
            assert_eq!(sample.git(&["rev-parse", NAME]).trim(), two.to_string());
            assert_eq!(moved(Some(one), None), Moved::Elsewhere(Some(two)));
            assert_eq!(moved(Some(two), None), Moved::Done);
            assert_eq!(repo.find_ref(NAME).unwrap(), None);
            assert!(!sample.try_git(&["rev-parse", "-q", "--verify", NAME]).status.success());
        }
        sample.git(&["fsck", "--strict"]);
    }

    #[test]
    fn the_reason_is_in_the_log_where_there_is_one() {
        let sample = Sample::new();
        let (one, two) = two(&sample);
        sample.git(&["config", "core.logAllRefUpdates", "always"]);
        let repo = sample.repo();
        assert_eq!(repo.move_ref(NAME, None, Some(one), "sync: first").unwrap(), Moved::Done);
        assert_eq!(repo.move_ref(NAME, Some(one), Some(two), "sync:\nsecond").unwrap(), Moved::Done);
        let log = sample.git(&["reflog", "show", "--format=%gn %gs", NAME]);
        assert_eq!(log, "vso sync: second\nvso sync: first\n");
    }

    #[test]
    fn names_that_are_no_refs_are_refused() {
        let sample = Sample::new();
        let (one, _) = two(&sample);
        let repo = sample.repo();
        for bad in [
            "HEAD",
            "main",
            "",
            "--upload-pack=x",
            "refs/",
            "refs/heads/",
            "refs/heads/a..b",
            "refs/heads/a b",
            "refs/../x",
            "refs/a.lock",
        ] {
            assert!(repo.move_ref(bad, None, Some(one), "x").is_err(), "{bad:?}");
        }
        assert_eq!(repo.move_ref("refs/heads/--upload-pack=x", None, Some(one), "x").unwrap(), Moved::Done);
        let gone = crate::git::tree_id(&tree(&[("q", "q")])).unwrap();
        assert!(repo.move_ref(NAME, None, Some(gone), "x").is_err());
        // A folder of refs in the way.
        assert_eq!(repo.move_ref("refs/vso/a/b", None, Some(one), "x").unwrap(), Moved::Done);
        assert!(repo.move_ref("refs/vso/a", None, Some(one), "x").is_err());
        assert!(repo.move_ref("refs/vso/a/b/c", None, Some(one), "x").is_err());
    }

    #[test]
    fn symbolic_refs_are_read_and_not_moved() {
        let sample = Sample::new();
        let (one, two) = two(&sample);
        let repo = sample.repo();
        assert_eq!(repo.move_ref("refs/vso/real", None, Some(one), "x").unwrap(), Moved::Done);
        sample.git(&["symbolic-ref", "refs/vso/alias", "refs/vso/real"]);
        sample.git(&["symbolic-ref", "refs/vso/nowhere", "refs/vso/none"]);
        assert_eq!(repo.find_ref("refs/vso/alias").unwrap(), Some(one));
        assert_eq!(repo.find_ref("refs/vso/nowhere").unwrap(), None);
        assert!(repo.move_ref("refs/vso/alias", Some(one), Some(two), "x").is_err());
        let names: Vec<String> = repo.refs("refs/vso/").unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["refs/vso/alias", "refs/vso/real"]);
        assert!(repo.refs("refs/vs").unwrap().is_empty() && repo.refs("refs/v*").unwrap().is_empty());
    }

    #[test]
    fn a_lock_is_waited_for_and_named_in_the_end() {
        let sample = Sample::new();
        let (one, two) = two(&sample);
        let repo = sample.repo();
        assert_eq!(repo.move_ref(NAME, None, Some(one), "x").unwrap(), Moved::Done);
        let lock = sample.path(".git/refs/vso/generated.lock");
        std::fs::write(&lock, "").unwrap();
        let fault = repo.move_ref(NAME, Some(one), Some(two), "x").unwrap_err();
        assert!(fault.message().contains("stays locked") && fault.hints()[0].contains("generated.lock"), "{fault}");
        assert_eq!(repo.find_ref(NAME).unwrap(), Some(one));
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| sample.repo().move_ref(NAME, Some(one), Some(two), "x").unwrap());
            sleep(Duration::from_millis(150));
            std::fs::remove_file(&lock).unwrap();
            assert_eq!(waits.join().unwrap(), Moved::Done);
        });
    }

    #[test]
    fn a_checked_out_branch_is_found_in_every_worktree() {
        let sample = Sample::new();
        sample.commit(&[("a", "1")], "one");
        sample.git(&["worktree", "add", "-q", "-b", "side", "../linked"]);
        sample.git(&["branch", "free"]);
        let linked = Repo::at(&sample.path("../linked")).unwrap().unwrap();
        for repo in [&sample.repo(), &linked] {
            let place = |name: &str| repo.checked_out(name).unwrap().map(|path| path.canonicalize().unwrap());
            assert_eq!(place("refs/heads/main"), Some(sample.path("").canonicalize().unwrap()));
            assert_eq!(place("refs/heads/side"), Some(sample.path("../linked").canonicalize().unwrap()));
            assert_eq!(place("refs/heads/free"), None);
        }
    }

    /// Two threads with a repository each and git itself as a third, a process for every move, append to one chain 200
    /// times each, while git packs the refs. A lost update would be a commit that the chain does not have.
    #[test]
    fn those_that_move_one_ref_lose_nothing() {
        let sample = Sample::new();
        let (one, _) = two(&sample);
        assert_eq!(sample.repo().move_ref(NAME, None, Some(one), "x").unwrap(), Moved::Done);
        let start = Barrier::new(4);
        let by_git = |repo: &Repo, from: Id, to: Id| {
            let ran = sample.try_git(&["update-ref", NAME, &to.to_string(), &from.to_string()]);
            let elsewhere = || Moved::Elsewhere(repo.find_ref(NAME).unwrap());
            if ran.status.success() { Moved::Done } else { elsewhere() }
        };
        let append = |who: &str| {
            let repo = sample.repo();
            start.wait();
            let mut made = Vec::new();
            for number in 0..200 {
                let mut tip = repo.find_ref(NAME).unwrap().unwrap();
                loop {
                    let tree = repo.tree_of(tip).unwrap();
                    let commit = repo.commit(tree, &[tip], &format!("{who} {number}"), &Author::vso(number)).unwrap();
                    let moved = match who {
                        "git" => by_git(&repo, tip, commit),
                        _ => repo.move_ref(NAME, Some(tip), Some(commit), who).unwrap(),
                    };
                    match moved {
                        Moved::Done => break made.push(commit),
                        Moved::Elsewhere(now) => tip = now.expect("nobody deletes it"),
                    }
                }
            }
            made
        };
        let made: Vec<Id> = std::thread::scope(|scope| {
            let all = ["left", "right", "git"].map(|who| scope.spawn(move || append(who)));
            start.wait();
            for _ in 0..20 {
                let packed = sample.try_git(&["pack-refs", "--all", "--prune"]);
                assert!(packed.status.success() || String::from_utf8_lossy(&packed.stderr).contains("lock"));
            }
            all.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        let repo = sample.repo();
        let chain = repo.commits(Some(one), repo.find_ref(NAME).unwrap().unwrap()).unwrap();
        assert_eq!((made.len(), chain.len()), (600, 600));
        assert!(made.iter().all(|id| chain.contains(id)));
    }

    #[test]
    fn refs_of_all_worktrees_are_the_same() {
        let sample = Sample::new();
        let one = sample.commit(&[("a", "1")], "one");
        sample.git(&["worktree", "add", "-q", "-b", "side", "../linked"]);
        let linked = Repo::at(&sample.path("../linked")).unwrap().unwrap();
        assert_eq!(linked.move_ref(NAME, None, Some(one), "x").unwrap(), Moved::Done);
        assert_eq!(sample.repo().find_ref(NAME).unwrap(), Some(one));
        let lock = sample.path(".git/refs/vso/generated.lock");
        std::fs::write(&lock, "").unwrap();
        let fault = linked.move_ref(NAME, Some(one), None, "x").unwrap_err();
        assert!(fault.hints()[0].contains(".git/refs/vso/generated.lock"), "{fault}");
    }
}
