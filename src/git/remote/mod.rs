//! Other repositories: fetching from them and pushing to them through the git binary, with what came of it as a value.
//!
//! A push says what it believes every ref to be there (`--force-with-lease=REF:OID`) and moves all refs or none where
//! the other side can do that. Names are checked before they become arguments.

mod child;
mod credentials;

use std::time::Duration;

use git2::ErrorCode;

pub(in crate::git) use child::Ended;
pub use credentials::Credentials;

use super::id::Id;
use super::refs::check_ref;
use super::{Repo, failed};
use crate::crash;
use crate::fault::Fault;

/// How long an exchange may take unless [`Repo::set_patience`] says otherwise.
pub(in crate::git) const PATIENCE: Duration = Duration::from_secs(120);

/// How an exchange with another repository ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Exchange {
    /// Everything was moved, or was there already.
    Done,
    /// Somebody else moved these refs meanwhile; nothing was moved (but see [`Repo::push`] for old servers).
    Rejected(Vec<String>),
    /// The other side's rules forbid it (a protected branch, a hook), in its own words.
    Refused(String),
    /// The other side has no such ref.
    Absent(String),
    /// It could not be reached, or the time was up, in git's own words without passwords.
    Unreachable(String),
    /// No remote of this name is set up here.
    NoSuchRemote,
}

/// One ref to move on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The ref's full name there.
    pub name: String,
    /// What it is believed to name now; none when it should not exist.
    pub expected: Option<Id>,
    /// What it shall name; none to delete it.
    pub to: Option<Id>,
}

/// How much of a history to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// What is new since the last time.
    New,
    /// All of it, also where this clone is shallow.
    Whole,
}

impl Repo {
    /// How long a fetch or push may take.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// The names of the remotes that are set up, in order.
    ///
    /// # Errors
    /// When the configuration can't be read (exit 3).
    pub fn remotes(&self) -> Result<Vec<String>, Fault> {
        let names = self.inner.remotes().map_err(|error| failed("the remotes can't be listed", &error))?;
        Ok(names.iter().flatten().flatten().map(str::to_owned).collect())
    }

    /// The address that git uses for a remote, with `url.*.insteadOf` applied; none when there is no such remote, or its
    /// address is no text.
    ///
    /// # Errors
    /// When the configuration can't be read (exit 3).
    pub fn remote_url(&self, name: &str) -> Result<Option<String>, Fault> {
        match self.inner.find_remote(name) {
            Ok(remote) => Ok(remote.url().ok().map(str::to_owned)),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => Ok(None),
            Err(error) => Err(failed("the remotes can't be read", &error)),
        }
    }

    /// Fetches by refspecs (`+refs/heads/main:refs/remotes/origin/main`, an id, `refs/vso/*:…`); no tags, and nothing
    /// else than what they name.
    ///
    /// # Errors
    /// When a refspec is none (exit 2), or git can't be run (exit 3).
    pub fn fetch(&self, remote: &str, refspecs: &[&str]) -> Result<Exchange, Fault> {
        self.fetch_deep(remote, refspecs, Reach::New)
    }

    /// As [`Repo::fetch`], saying how much of the history.
    ///
    /// # Errors
    /// As [`Repo::fetch`].
    pub fn fetch_deep(&self, remote: &str, refspecs: &[&str], reach: Reach) -> Result<Exchange, Fault> {
        refspecs.iter().try_for_each(|refspec| check_refspec(refspec))?;
        if !self.has_remote(remote)? {
            return Ok(Exchange::NoSuchRemote);
        }
        let mut arguments =
            words(&["fetch", "--no-progress", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]);
        if reach == Reach::Whole && self.is_shallow() {
            // What `--unshallow` does, which insists on all refs.
            arguments.push("--depth=2147483647".into());
        }
        arguments.extend(words(&["--", remote]));
        arguments.extend(words(refspecs));
        crash::point("git.fetch.before");
        let ended = self.run_git(&arguments, self.patience)?;
        crash::point("git.fetch.after");
        Ok(match ended {
            Ended::Late => self.late(),
            Ended::Said { success: true, .. } => Exchange::Done,
            Ended::Said { complaint, .. } => fetch_failed(&complaint),
        })
    }

    /// What the other side's refs name, by name; patterns such as `refs/vso/*`.
    ///
    /// # Errors
    /// When a pattern is none (exit 2), or git can't be run (exit 3). The inner one says why there is no answer.
    pub fn remote_refs(&self, remote: &str, patterns: &[&str]) -> Result<Result<Vec<(String, Id)>, Exchange>, Fault> {
        patterns.iter().try_for_each(|pattern| check_refspec(pattern))?;
        if !self.has_remote(remote)? {
            return Ok(Err(Exchange::NoSuchRemote));
        }
        let mut arguments = words(&["ls-remote", "--quiet", "--refs", "--", remote]);
        arguments.extend(words(patterns));
        Ok(match self.run_git(&arguments, self.patience)? {
            Ended::Late => Err(self.late()),
            Ended::Said { success: true, out, .. } => {
                let row =
                    |line: &str| line.split_once('\t').and_then(|(id, name)| Some((name.to_owned(), id.parse().ok()?)));
                Ok(out.lines().filter_map(row).collect())
            }
            Ended::Said { complaint, .. } => Err(Exchange::Unreachable(reason(&complaint))),
        })
    }

    /// The branch that the other side's HEAD is on, and its commit; none where there is nothing yet.
    ///
    /// # Errors
    /// When git can't be run (exit 3). The inner one says why there is no answer.
    pub fn remote_head(&self, remote: &str) -> Result<Result<Option<(String, Id)>, Exchange>, Fault> {
        if !self.has_remote(remote)? {
            return Ok(Err(Exchange::NoSuchRemote));
        }
        let arguments = words(&["ls-remote", "--quiet", "--symref", "--", remote, "HEAD"]);
        Ok(match self.run_git(&arguments, self.patience)? {
            Ended::Late => Err(self.late()),
            Ended::Said { success: true, out, .. } => {
                let branch = out.lines().find_map(|line| line.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"));
                let id = out.lines().find_map(|line| line.strip_suffix("\tHEAD")?.parse::<Id>().ok());
                Ok(branch.map(str::to_owned).zip(id))
            }
            Ended::Said { complaint, .. } => Err(Exchange::Unreachable(reason(&complaint))),
        })
    }

    /// Moves refs on the other side, all or none, each only from what it is believed to be. A ref that already is what
    /// it shall be counts as moved. A server that can't move several refs at once moves them one by one; then those
    /// that are not in [`Exchange::Rejected`] were moved.
    ///
    /// # Errors
    /// When a name is no full ref name (exit 2), or git can't be run (exit 3).
    pub fn push(&self, remote: &str, updates: &[Update]) -> Result<Exchange, Fault> {
        updates.iter().try_for_each(|update| check_ref(&update.name))?;
        if !self.has_remote(remote)? {
            return Ok(Exchange::NoSuchRemote);
        }
        if updates.is_empty() {
            return Ok(Exchange::Done);
        }
        crash::point("git.push.before");
        let mut ended = self.push_once(remote, updates, true)?;
        if matches!(&ended, Ended::Said { complaint, .. } if complaint.contains("does not support --atomic push")) {
            ended = self.push_once(remote, updates, false)?;
        }
        crash::point("git.push.after");
        Ok(match ended {
            Ended::Late => self.late(),
            Ended::Said { success: true, .. } => Exchange::Done,
            Ended::Said { out, complaint, .. } => push_failed(&out, &complaint),
        })
    }

    fn push_once(&self, remote: &str, updates: &[Update], atomic: bool) -> Result<Ended, Fault> {
        let mut arguments =
            words(&["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]);
        arguments.extend(atomic.then(|| "--atomic".to_owned()));
        let id = |id: Option<Id>| id.map_or_else(String::new, |id| id.to_string());
        let leases = updates.iter().map(|update| format!("--force-with-lease={}:{}", update.name, id(update.expected)));
        arguments.extend(leases);
        arguments.extend(words(&["--", remote]));
        arguments.extend(updates.iter().map(|update| format!("{}:{}", id(update.to), update.name)));
        self.run_git(&arguments, self.patience)
    }

    fn late(&self) -> Exchange {
        Exchange::Unreachable(format!("no answer within {} s", self.patience.as_secs_f32()))
    }

    fn has_remote(&self, name: &str) -> Result<bool, Fault> {
        match self.inner.find_remote(name) {
            Ok(_) => Ok(!name.starts_with('-')),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => Ok(false),
            Err(error) => Err(failed("the remotes can't be read", &error)),
        }
    }
}

fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// `[+]source[:target]`: full ref names, with one `*` each, or an id as source.
fn check_refspec(refspec: &str) -> Result<(), Fault> {
    let plain = refspec.strip_prefix('+').unwrap_or(refspec);
    let (source, target) = plain.split_once(':').unwrap_or((plain, ""));
    let name = |name: &str| check_ref(&name.replacen('*', "x", 1));
    if source.parse::<Id>().is_err() {
        name(source)?;
    }
    if target.is_empty() { Ok(()) } else { name(target) }
}

fn fetch_failed(complaint: &str) -> Exchange {
    let absent = complaint.lines().find_map(|line| line.split_once("couldn't find remote ref ")).map(|(_, name)| name);
    if let Some(name) = absent {
        return Exchange::Absent(name.trim().to_owned());
    }
    let rejected: Vec<String> = complaint
        .lines()
        .filter(|line| line.trim_start().starts_with("! [rejected]"))
        .filter_map(|line| Some(line.split_once("-> ")?.1.split(' ').next()?.to_owned()))
        .collect();
    if rejected.is_empty() { Exchange::Unreachable(reason(complaint)) } else { Exchange::Rejected(rejected) }
}

/// What the other side says when its ref was not what the push believed: seen before the transfer, or at its end.
const RACES: &[&str] = &[
    "stale info",
    "fetch first",
    "non-fast-forward",
    "cannot lock ref",
    "failed to update ref",
    "failed to lock",
    "reference already exists",
    "incorrect old value",
    "remote ref updated since checkout",
];

/// Reads the lines `!<tab>from:to<tab>[what] (why)` of `push --porcelain`.
fn push_failed(out: &str, complaint: &str) -> Exchange {
    let row = |line: &str| {
        let mut parts = line.strip_prefix("!\t")?.splitn(2, '\t');
        let name = parts.next()?.rsplit_once(':')?.1.to_owned();
        Some((name, parts.next()?.to_owned()))
    };
    let failed: Vec<(String, String)> = out.lines().filter_map(row).collect();
    let is_race = |why: &str| RACES.iter().any(|word| why.contains(word));
    let is_follower = |why: &str| why.contains("atomic push fail") || why.contains("atomic transaction failed");
    let moved: Vec<String> = failed.iter().filter(|(_, why)| is_race(why)).map(|(name, _)| name.clone()).collect();
    if let Some((name, why)) = failed.iter().find(|(_, why)| !is_race(why) && !is_follower(why)) {
        return Exchange::Refused(format!("{name}: {}", reason(&format!("{why}\n{}", remote_words(complaint)))));
    }
    if moved.is_empty() { Exchange::Unreachable(reason(complaint)) } else { Exchange::Rejected(moved) }
}

/// What a hook of the other side printed.
fn remote_words(complaint: &str) -> String {
    let said = complaint.lines().filter_map(|line| line.strip_prefix("remote:")).map(str::trim);
    said.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The lines that say why, in one line of at most 400 letters; the whole complaint when none is marked.
fn reason(complaint: &str) -> String {
    let is_marked = |line: &&str| ["fatal:", "error:", "ssh:", "remote:"].iter().any(|mark| line.starts_with(mark));
    let lines = || complaint.lines().map(str::trim).filter(|line| !line.is_empty());
    let marked: Vec<&str> = lines().filter(is_marked).collect();
    let told = if marked.is_empty() { lines().collect::<Vec<_>>() } else { marked };
    let text: String = told.join("; ").chars().filter(|letter| !letter.is_control()).take(400).collect();
    if text.is_empty() { "git failed and said nothing".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::{Sample, tree};
    use crate::git::{Author, Moved};

    const NAME: &str = "refs/vso/generated";

    /// A repository with a bare remote `origin` and two commits in one line that no ref names.
    fn with_remote() -> (Sample, std::path::PathBuf, Id, Id) {
        let sample = Sample::new();
        let bare = sample.bare();
        sample.git(&["remote", "add", "origin", &bare.display().to_string()]);
        let repo = sample.repo();
        let one = repo.commit(repo.write(&tree(&[("a", "1")])).unwrap(), &[], "one", &Author::vso(1)).unwrap();
        let two = repo.commit(repo.write(&tree(&[("a", "2")])).unwrap(), &[one], "two", &Author::vso(2)).unwrap();
        (sample, bare, one, two)
    }

    fn update(name: &str, expected: Option<Id>, to: Option<Id>) -> Update {
        Update { name: name.into(), expected, to }
    }

    #[test]
    fn refs_are_pushed_only_from_where_they_are_believed_to_be() {
        let (sample, bare, one, two) = with_remote();
        let repo = sample.repo();
        let push = |updates: &[Update]| repo.push("origin", updates).unwrap();
        let there = || Repo::at(&bare).unwrap().unwrap().refs("refs/").unwrap();
        let rejected = |name: &str| Exchange::Rejected(vec![name.to_owned()]);
        assert_eq!(push(&[update(NAME, Some(one), Some(two))]), rejected(NAME), "it is not there yet");
        assert_eq!(push(&[update(NAME, None, Some(one))]), Exchange::Done);
        assert_eq!(push(&[update(NAME, None, Some(two))]), rejected(NAME));
        assert_eq!(push(&[update(NAME, None, Some(one))]), Exchange::Done, "it is what it shall be");
        let both = [update("refs/heads/x", None, Some(two)), update(NAME, Some(two), Some(one))];
        assert_eq!(push(&both), Exchange::Done, "the second one is there already");
        let both = [update("refs/heads/y", None, Some(two)), update(NAME, Some(two), None)];
        assert_eq!(push(&both), rejected(NAME), "all or none");
        assert_eq!(there(), [("refs/heads/x".to_owned(), two), (NAME.to_owned(), one)]);
        let back = [update("refs/heads/x", Some(two), Some(one)), update(NAME, Some(one), None)];
        assert_eq!(push(&back), Exchange::Done);
        assert_eq!(there(), [("refs/heads/x".to_owned(), one)]);
        assert_eq!(push(&[]), Exchange::Done);
    }

    #[test]
    fn hostile_names_never_become_options() {
        let (sample, bare, one, _) = with_remote();
        let repo = sample.repo();
        let mark = sample.path("mark");
        let evil = format!("--upload-pack=touch {}", mark.display());
        assert!(repo.push("origin", &[update(&evil, None, Some(one))]).is_err());
        assert!(repo.fetch("origin", &[&evil]).is_err() && repo.fetch("origin", &["--all"]).is_err());
        for remote in [evil.as_str(), "--all", "", "none", "ext::sh -c true", "/tmp"] {
            assert_eq!(
                repo.push(remote, &[update(NAME, None, Some(one))]).unwrap(),
                Exchange::NoSuchRemote,
                "{remote}"
            );
            assert_eq!(repo.fetch(remote, &[NAME]).unwrap(), Exchange::NoSuchRemote, "{remote}");
        }
        let branch = "refs/heads/--upload-pack=x";
        assert_eq!(repo.push("origin", &[update(branch, None, Some(one))]).unwrap(), Exchange::Done);
        assert_eq!(Repo::at(&bare).unwrap().unwrap().find_ref(branch).unwrap(), Some(one));
        let refspec = format!("{branch}:refs/remotes/origin/--upload-pack=x");
        assert_eq!(repo.fetch("origin", &[&refspec]).unwrap(), Exchange::Done);
        assert!(!mark.exists());
    }

    #[test]
    fn the_address_of_a_remote_is_the_one_that_git_uses() {
        let (sample, ..) = with_remote();
        sample.git(&["remote", "add", "short", "gh:o/n"]);
        sample.git(&["config", "url.https://github.com/.insteadOf", "gh:"]);
        let url = |name: &str| sample.repo().remote_url(name).unwrap();
        assert_eq!((url("short").as_deref(), url("none")), (Some("https://github.com/o/n"), None));
    }

    #[test]
    fn fetching_brings_what_is_named_and_nothing_else() {
        let (sample, bare, one, two) = with_remote();
        let there = Repo::at(&bare).unwrap().unwrap();
        let repo = sample.repo();
        assert_eq!(repo.fetch("origin", &["refs/vso/generated:refs/vso/x"]).unwrap(), Exchange::Absent(NAME.into()));
        assert_eq!(
            repo.push("origin", &[update(NAME, None, Some(two)), update("refs/tags/t", None, Some(two))]).unwrap(),
            Exchange::Done
        );
        let clone = Sample::new();
        clone.git(&["remote", "add", "origin", &bare.display().to_string()]);
        let other = clone.repo();
        assert_eq!(other.fetch("origin", &["+refs/vso/*:refs/vso/origin/*"]).unwrap(), Exchange::Done);
        assert_eq!(other.refs("refs/").unwrap(), [("refs/vso/origin/generated".to_owned(), two)]);
        assert!(other.has(one) && !clone.path(".git/FETCH_HEAD").exists());
        assert_eq!(other.remote_head("origin").unwrap(), Ok(None), "its HEAD is on a branch without a commit");
        let main = [update("refs/heads/main", None, Some(one))];
        assert_eq!(repo.push("origin", &main).unwrap(), Exchange::Done);
        there.turn_head("main").unwrap();
        assert_eq!(other.remote_head("origin").unwrap(), Ok(Some(("main".into(), one))));
        let named = other.remote_refs("origin", &["refs/vso/*"]).unwrap().unwrap();
        assert_eq!(named, [(NAME.to_owned(), two)]);
        assert_eq!(there.move_ref(NAME, Some(two), Some(one), "back").unwrap(), Moved::Done);
        let refused = other.fetch("origin", &["refs/vso/generated:refs/vso/origin/generated"]).unwrap();
        assert_eq!(refused, Exchange::Rejected(vec!["refs/vso/origin/generated".into()]));
    }

    #[test]
    fn what_can_not_be_reached_is_said_without_passwords() {
        let (sample, _, one, _) = with_remote();
        sample.git(&["remote", "add", "gone", "/nowhere/at/all.git"]);
        sample.git(&["remote", "add", "closed", "http://me:secret@127.0.0.1:1/x.git"]);
        let repo = sample.repo();
        for remote in ["gone", "closed"] {
            let pushed = repo.push(remote, &[update(NAME, None, Some(one))]).unwrap();
            let fetched = repo.fetch(remote, &[NAME]).unwrap();
            let asked = repo.remote_refs(remote, &[NAME]).unwrap().unwrap_err();
            for said in [pushed, fetched, asked] {
                let Exchange::Unreachable(why) = said else { panic!("{said:?}") };
                assert!(!why.contains("secret") && !why.is_empty(), "{why}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_other_sides_no_is_told_and_own_hooks_do_not_run() {
        use std::os::unix::fs::PermissionsExt;
        let (sample, bare, one, _) = with_remote();
        let hook = |path: std::path::PathBuf, text: &str| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        let mark = sample.path("mark");
        for name in ["pre-push", "reference-transaction", "post-merge"] {
            hook(sample.path(&format!(".git/hooks/{name}")), &format!("#!/bin/sh\ntouch {}\nexit 1\n", mark.display()));
        }
        let repo = sample.repo();
        assert_eq!(repo.push("origin", &[update(NAME, None, Some(one))]).unwrap(), Exchange::Done);
        assert_eq!(repo.fetch("origin", &["refs/vso/*:refs/vso/origin/*"]).unwrap(), Exchange::Done);
        assert!(!mark.exists());
        hook(bare.join("hooks/pre-receive"), "#!/bin/sh\necho no entry today\nexit 1\n");
        let said = repo.push("origin", &[update(NAME, Some(one), None)]).unwrap();
        let Exchange::Refused(why) = said else { panic!("{said:?}") };
        assert!(why.contains(NAME) && why.contains("no entry today"), "{why}");
    }

    #[cfg(unix)]
    #[test]
    fn a_remote_that_hangs_is_given_up() {
        let (sample, _, one, _) = with_remote();
        sample.git(&["config", "remote.origin.receivepack", "sleep 600; true"]);
        let mut repo = sample.repo();
        repo.set_patience(Duration::from_millis(300));
        let said = repo.push("origin", &[update(NAME, None, Some(one))]).unwrap();
        assert!(matches!(said, Exchange::Unreachable(why) if why.contains("0.3 s")));
    }

    #[test]
    fn refspecs_are_full_names() {
        let id = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        for good in [NAME, "+refs/heads/*:refs/remotes/o/*", id, &format!("{id}:refs/heads/x")] {
            assert!(check_refspec(good).is_ok(), "{good}");
        }
        for bad in
            ["", "main", "-x", "+", ":refs/heads/x", "refs/heads/*:x", "refs/**", "refs/a:refs/b:refs/c", "--all"]
        {
            assert!(check_refspec(bad).is_err(), "{bad}");
        }
    }
}
