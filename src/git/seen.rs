//! The commit that hooks last looked at: `vso-seen` in git's folder of this worktree, one line.
//!
//! It is a memory, not a truth: a file that is missing or torn counts as "never looked".

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::Repo;
use super::id::Id;
use crate::crash;
use crate::fault::Fault;

/// The file's name below [`Repo::git_dir`].
pub const SEEN: &str = "vso-seen";

impl Repo {
    /// The commit that was last looked at; none when none was, or the file is no good.
    #[must_use]
    pub fn seen(&self) -> Option<Id> {
        let text = fs::read(self.seen_file()).ok().filter(|bytes| bytes.len() < 100)?;
        std::str::from_utf8(&text).ok()?.trim_end().parse().ok()
    }

    /// Remembers a commit as looked at. Readers see the old or the new one, never a part.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn set_seen(&self, commit: Id) -> Result<(), Fault> {
        crash::point("git.seen.before");
        let written = || -> std::io::Result<()> {
            let mut file = tempfile::Builder::new().prefix(SEEN).tempfile_in(self.git_dir())?;
            writeln!(file, "{commit}")?;
            file.persist(self.seen_file()).map(|_| ()).map_err(|refused| refused.error)
        };
        written().map_err(|error| {
            Fault::unfinished(format!("can't write {}", self.seen_file().display())).because(&error)
        })?;
        crash::point("git.seen.after");
        Ok(())
    }

    fn seen_file(&self) -> PathBuf {
        self.git_dir().join(SEEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::empty_tree;
    use crate::git::sample::Sample;

    #[test]
    fn what_was_seen_is_remembered_for_each_worktree() {
        let sample = Sample::new();
        let one = sample.commit(&[("a", "1")], "one");
        sample.git(&["worktree", "add", "-q", "-b", "side", "../linked"]);
        let (repo, linked) = (sample.repo(), Repo::at(&sample.path("../linked")).unwrap().unwrap());
        assert_eq!((repo.seen(), linked.seen()), (None, None));
        repo.set_seen(empty_tree()).unwrap();
        repo.set_seen(one).unwrap();
        linked.set_seen(empty_tree()).unwrap();
        assert_eq!((repo.seen(), linked.seen()), (Some(one), Some(empty_tree())));
        let left = fs::read_dir(repo.git_dir()).unwrap();
        let names = left.map(|entry| entry.unwrap().file_name()).filter(|name| name.to_string_lossy().contains("vso"));
        assert_eq!(names.count(), 1);
        for garbage in ["", "x", "\u{0}", &"4".repeat(41), &"4".repeat(4000)] {
            fs::write(repo.git_dir().join(SEEN), garbage).unwrap();
            assert_eq!(repo.seen(), None, "{garbage:?}");
        }
    }
}
