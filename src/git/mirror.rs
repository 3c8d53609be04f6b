//! Bare mirrors that a server keeps of other people's repositories. Nothing of them is ever checked out, so no filter,
//! hook or submodule of theirs can run.

use std::path::Path;
use std::time::Duration;

use git2::{Config, Repository, RepositoryInitOptions};

use super::remote::Ended;
use super::{Repo, failed};
use crate::fault::Fault;

/// What every mirror is set to: no hooks, no collection in the background, and objects are checked as they come in.
const SETTINGS: &[(&str, &str)] = &[
    ("core.hooksPath", "/dev/null"),
    ("core.logAllRefUpdates", "false"),
    ("fetch.fsckObjects", "true"),
    ("fetch.recurseSubmodules", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("transfer.fsckObjects", "true"),
];

impl Repo {
    /// Opens the bare mirror in a folder, made if it is not there, with its remote `origin` at `url` and the settings.
    /// Nothing is fetched. What a killed run left half made is finished.
    ///
    /// # Errors
    /// When something else stands there, or the disk fails (exit 3).
    pub fn mirror(folder: &Path, url: &str, settings: &[(&str, &str)]) -> Result<Self, Fault> {
        set_up(folder, url, settings).map_err(|error| failed("the mirror can't be made", &error))?;
        Self::at(folder)?.ok_or_else(|| Fault::unfinished(format!("{} is no repository", folder.display())))
    }

    /// Whether it is such a mirror: whose branches are another place's.
    ///
    /// # Errors
    /// When its settings can't be read (exit 3).
    pub fn is_mirror(&self) -> Result<bool, Fault> {
        Ok(self.worktree().is_none() && self.setting("vso.installation")?.is_some())
    }

    /// Packs what lies loose and removes what nothing has named for two weeks.
    ///
    /// # Errors
    /// When git can't be run, takes longer than that, or finds the repository broken (exit 3).
    pub fn collect(&self, patience: Duration) -> Result<(), Fault> {
        let words = ["gc", "--quiet", "--prune=2.weeks.ago"].map(str::to_owned);
        match self.run_git(&words, patience)? {
            Ended::Said { success: true, .. } => Ok(()),
            Ended::Late => Err(Fault::unfinished("git takes too long to put the mirror in order")),
            Ended::Said { complaint, .. } => {
                Err(Fault::unfinished(format!("git can't put the mirror in order: {}", complaint.trim())))
            }
        }
    }

    /// Says which branch HEAD is on; it need not have a commit.
    ///
    /// # Errors
    /// When the name is none, or the disk fails (exit 3).
    pub fn turn_head(&self, branch: &str) -> Result<(), Fault> {
        let named = self.inner.set_head(&format!("refs/heads/{branch}"));
        named.map_err(|error| failed(&format!("HEAD can't be on {branch:?}"), &error))
    }
}

fn set_up(folder: &Path, url: &str, settings: &[(&str, &str)]) -> Result<(), git2::Error> {
    let mut options = RepositoryInitOptions::new();
    options.bare(true).mkpath(true).external_template(false).initial_head("main");
    let repo = match Repository::open_bare(folder) {
        Ok(repo) => repo,
        Err(_) => Repository::init_opts(folder, &options)?,
    };
    let mut config: Config = repo.config()?;
    for (key, value) in SETTINGS.iter().chain(settings) {
        if config.get_string(key).ok().as_deref() != Some(value) {
            config.set_str(key, value)?;
        }
    }
    if config.get_string("remote.origin.url").ok().as_deref() != Some(url) {
        config.set_str("remote.origin.url", url)?;
        config.set_str("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_made_once_and_moved_with_its_url() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("1.git");
        let made = Repo::mirror(&place, "https://github.example/o/n.git", &[("vso.repository", "o/n")]).unwrap();
        assert!(made.worktree().is_none());
        assert_eq!(made.setting("core.hookspath").unwrap().as_deref(), Some("/dev/null"));
        made.turn_head("trunk").unwrap();
        let again = Repo::mirror(&place, "https://github.example/o/m.git", &[("vso.repository", "o/m")]).unwrap();
        assert_eq!(again.remote_url("origin").unwrap().as_deref(), Some("https://github.example/o/m.git"));
        assert_eq!(again.setting("vso.repository").unwrap().as_deref(), Some("o/m"));
        assert_eq!(again.branch().as_deref(), Some("trunk"));
        assert!(again.turn_head("no such..name").is_err());
    }

    #[test]
    fn what_is_half_made_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("1.git");
        std::fs::create_dir_all(place.join("objects")).unwrap();
        assert!(Repo::mirror(&place, "https://github.example/o/n.git", &[]).unwrap().head().unwrap().is_none());
    }
}
