//! Mirrors within their bounds: how large, how old, and packed now and then. What GitHub does not have is never removed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::member::REMOTE;
use super::{Fleet, Member, Told};
use crate::fault::Fault;
use crate::forge::github::{Access, Hub};
use crate::forge::local;
use crate::git::{GENERATED, Repo};

/// A mirror is packed when so many loose objects lie in it, as git itself does.
const LOOSE: usize = 6700;

/// How long packing may take.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// Bytes of a MiB.
const MIB: u64 = 1 << 20;

/// Says that a mirror is needed now. Without the file it is as old as its folder.
pub(super) fn used(member: &Member) {
    let now = SystemTime::now();
    let touched = File::create(marker(member)).and_then(|file| file.set_modified(now));
    if let Err(error) = touched {
        tracing::warn!(%error, repository = member.full_name(), "it can't be written down that the mirror is used");
    }
}

fn marker(member: &Member) -> PathBuf {
    member.root.join("vso-used")
}

/// When a mirror was needed last.
fn last_used(member: &Member) -> SystemTime {
    let modified = |path: &Path| fs::metadata(path).and_then(|about| about.modified());
    modified(&marker(member)).or_else(|_| modified(&member.root)).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// Bytes of a folder's files; what can't be read counts nothing.
fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let one = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => bytes(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |about| about.len()),
        _ => 0,
    };
    entries.map(one).sum()
}

/// What a mirror takes of git's, in bytes.
fn size(member: &Member) -> u64 {
    bytes(&member.root.join("objects"))
}

/// Refuses a mirror that alone is larger than all may be together, and empties it.
pub(super) fn bounded(fleet: &Fleet, member: &Member) -> Result<(), Fault> {
    let (size, most) = (size(member) / MIB, fleet.bounds().most_mb);
    if size <= most {
        return Ok(());
    }
    fleet.empty(member)?;
    Err(too_large(member, size, most))
}

/// Refuses a repository that GitHub says to be too large, before it is fetched.
///
/// # Errors
/// When it is (exit 1).
pub fn fits(fleet: &Fleet, member: &Member, kib: u64) -> Result<(), Fault> {
    let (size, most) = (kib / 1024, fleet.bounds().most_mb);
    if size > most { Err(too_large(member, size, most)) } else { Ok(()) }
}

fn too_large(member: &Member, size: u64, most: u64) -> Fault {
    Fault::refused(format!("{} has {size} MiB, and all mirrors together may have {most}", member.full_name()))
        .hint("`most-mb` under [mirrors] in the server's settings lets it in")
}

/// Which mirrors are to be emptied: those that nobody needed for too long, and of what is too much together those first
/// that were needed longest ago. What GitHub told to be gone is among them only when it is old.
#[must_use]
pub fn overdue(fleet: &Fleet, now: SystemTime) -> Vec<Member> {
    let age = Duration::from_secs(fleet.bounds().days.saturating_mul(86_400));
    let mut all: Vec<(SystemTime, u64, Member)> =
        fleet.members().into_iter().map(|member| (last_used(&member), size(&member), member)).collect();
    all.sort_by_key(|(used, _, member)| (std::cmp::Reverse(*used), member.id));
    let (mut total, mut found) = (0_u64, Vec::new());
    for (used, size, member) in all {
        total = total.saturating_add(size);
        let is_old = now.duration_since(used).is_ok_and(|since| since > age);
        if size > 0 && (is_old || total > fleet.bounds().most_mb.saturating_mul(MIB)) {
            total -= size;
            found.push(member);
        }
    }
    found
}

/// Removes the mirrors of repositories that are not the App's any more, once they are old: with their ledgers. Their
/// folders.
///
/// # Errors
/// When the disk fails (exit 3).
pub fn bury(fleet: &Fleet, now: SystemTime) -> Result<Vec<PathBuf>, Fault> {
    let age = Duration::from_secs(fleet.bounds().days.saturating_mul(86_400));
    let mut gone = Vec::new();
    for root in fleet.left_behind()? {
        let used =
            fs::metadata(root.join("vso-used")).or_else(|_| fs::metadata(&root)).and_then(|about| about.modified());
        if used.is_ok_and(|used| now.duration_since(used).is_ok_and(|since| since > age)) {
            fs::remove_dir_all(&root)
                .map_err(|error| Fault::unfinished(format!("{} can't be removed", root.display())).because(&error))?;
            gone.push(root);
        }
    }
    Ok(gone)
}

/// Whether a mirror is worth packing.
#[must_use]
pub fn is_loose(member: &Member) -> bool {
    // One folder of 256 stands for all, as for git.
    let some = fs::read_dir(member.root.join("objects").join("17"));
    some.map_or(0, |entries| entries.count()) * 256 > LOOSE
}

/// Packs a mirror.
pub(super) fn pack(member: &Member) -> Result<Told, Fault> {
    let Some(repo) = Repo::at(&member.root)? else { return Ok(Told::nothing("there is no mirror")) };
    repo.collect(PATIENCE)?;
    Ok(Told::nothing("packed the mirror"))
}

/// Empties a mirror, unless it has something that GitHub has not.
pub(super) fn evict(fleet: &Fleet, member: &Member, hub: &Hub<'_>, repo: &mut Repo) -> Result<Told, Fault> {
    repo.set_credentials(hub.git_credentials()?);
    let names = [GENERATED, local::REF];
    let there = repo.remote_refs(REMOTE, &names)?;
    let there = there.map_err(|_| Fault::unfinished(format!("{} can't be reached", member.full_name())))?;
    for name in names {
        let Some(ours) = repo.find_ref(name)? else { continue };
        let theirs = there.iter().find(|(found, _)| found == name).map(|(_, id)| *id);
        let is_there = theirs
            .is_some_and(|theirs| theirs == ours || (repo.has(theirs) && repo.ancestor(ours, theirs).unwrap_or(false)));
        if !is_there {
            return Ok(Told::nothing(format!("the mirror stays: GitHub has not all of {name}")));
        }
    }
    fleet.empty(member)?;
    Ok(Told::nothing("emptied the mirror, which nobody needed for long"))
}

/// The way to GitHub of a mirror that is not refreshed.
pub(super) fn access(repo: &Repo) -> Result<Access, Fault> {
    Access::find(repo.remote_url(REMOTE)?.as_deref())?.ok_or_else(|| Fault::usage("there is no way to GitHub"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::server::MirrorConfig;

    #[test]
    fn the_oldest_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let fleet = Fleet::open(folder.path(), "https://github.example/").unwrap();
        let fleet = fleet.bounded(MirrorConfig { most_mb: 5, days: 30 });
        let now = SystemTime::now();
        let day = Duration::from_secs(86_400);
        for (id, days) in [(1_u64, 3_u32), (2, 1), (3, 40), (4, 2)] {
            let member = fleet.admit(id, ("acme", &format!("r{id}")), 9).unwrap();
            fs::write(member.root.join("objects/x"), vec![0; 2 << 20]).unwrap();
            used(&member);
            File::options().write(true).open(marker(&member)).unwrap().set_modified(now - day * days).unwrap();
        }
        let ids = || overdue(&fleet, now).iter().map(|member| member.id).collect::<Vec<_>>();
        assert_eq!(ids(), [1, 3], "the third is old, and of 6 MiB the oldest go");
        let member = fleet.member(3).unwrap();
        fleet.empty(&member).unwrap();
        assert_eq!((size(&member), ids()), (0, vec![1]));
        assert!(fits(&fleet, &member, 6 * 1024).is_err() && fits(&fleet, &member, 5 * 1024).is_ok());
        assert!(bounded(&fleet, &member).is_ok());
        fs::write(member.root.join("objects/x"), vec![0; 7 << 20]).unwrap();
        assert_eq!(bounded(&fleet, &member).unwrap_err().kind().exit_code(), 1);
        assert_eq!(size(&member), 0, "what is too large does not stay");
        fleet.dismiss(2).unwrap();
        assert!(bury(&fleet, now).unwrap().is_empty(), "it was needed a day ago");
        assert_eq!(bury(&fleet, now + day * 30).unwrap(), [folder.path().join("repositories/2.git")]);
        assert_eq!(fleet.members().len(), 3);
    }
}
