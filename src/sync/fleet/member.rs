//! Which repositories there are: a folder each, whose git settings say the name and the installation.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, PoisonError, RwLock};

use crate::config::server::MirrorConfig;
use crate::config::{self, RefineConfig, Settings};
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::sync::checks::settings_at;
use crate::worktree::{Lock, STATE};

/// The folder of the mirrors, below the server's.
const FOLDER: &str = "repositories";

/// The name of a mirror's only remote.
pub(super) const REMOTE: &str = "origin";

/// What a mirror's folder is called after its number.
const ENDING: &str = ".git";

/// A mirror's settings: `owner/name`, and the installation's number.
const NAME: &str = "vso.repository";
const INSTALLATION: &str = "vso.installation";

/// One repository that an App is installed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// GitHub's number.
    pub id: u64,
    /// Who owns it.
    pub owner: String,
    /// What it is called.
    pub name: String,
    /// The installation that it belongs to.
    pub installation: u64,
    /// Its mirror, a bare repository; its ledger is in there too.
    pub root: PathBuf,
}

impl Member {
    /// `owner/name`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// What stands for it in a server's addresses: `owner.name`. An owner holds no dot, so no two are alike.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}.{}", self.owner, self.name)
    }

    /// Its settings: `vso.toml` in the newest commit of its branch that the mirror has, and where that is.
    ///
    /// # Errors
    /// When there is no mirror, or the settings can't be understood (exit 2); when git fails (exit 3).
    pub fn settings(&self) -> Result<(Settings, Option<Id>), Fault> {
        let repo = Repo::at(&self.root)?
            .ok_or_else(|| Fault::unfinished(format!("the mirror of {} is not there", self.full_name())))?;
        let commit = match repo.branch() {
            Some(branch) => repo.find_ref(&format!("refs/heads/{branch}"))?,
            None => None,
        };
        Ok((settings_of(&repo, commit)?, commit))
    }
}

/// The settings in a commit, as they count for a server: a mirror has one remote, and nobody's words are sent to a
/// language model with the server's key.
pub(super) fn settings_of(repo: &Repo, commit: Option<Id>) -> Result<Settings, Fault> {
    let text = commit.map(|commit| settings_at(repo, commit)).transpose()?.flatten();
    let mut settings = config::load_text(text.as_deref(), &[])?;
    settings.config.sync.remote = REMOTE.to_owned();
    settings.config.refine = RefineConfig::default();
    Ok(settings)
}

/// All of them.
#[derive(Debug)]
pub struct Fleet {
    data: PathBuf,
    /// Where repositories are fetched from: `https://github.com/`, with `/` at the end.
    server: String,
    bounds: MirrorConfig,
    members: RwLock<BTreeMap<u64, Member>>,
    /// What vso is called on GitHub, once it is known.
    me: OnceLock<String>,
}

impl Fleet {
    /// Those whose mirrors are below a server's folder. `server` is GitHub's address for people and git, with `/` at its end.
    ///
    /// # Errors
    /// When the folder can't be made or read (exit 3).
    pub fn open(data: &Path, server: &str) -> Result<Self, Fault> {
        let folder = data.join(FOLDER);
        let failed = |error: std::io::Error| {
            Fault::unfinished(format!("the mirrors in {} can't be read", folder.display())).because(&error)
        };
        fs::create_dir_all(&folder).map_err(failed)?;
        let mut members = BTreeMap::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let root = entry.map_err(failed)?.path();
            let name = root.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(ENDING));
            let Some(id) = name.and_then(|name| name.parse::<u64>().ok()) else { continue };
            // One that was not finished is made anew when it is asked for.
            if let Some(member) = known(id, &root)? {
                members.insert(id, member);
            }
        }
        let (data, server) = (data.to_owned(), server.to_owned());
        let (members, bounds, me) = (RwLock::new(members), MirrorConfig::default(), OnceLock::new());
        Ok(Self { data, server, bounds, members, me })
    }

    /// The same with other bounds of the mirrors.
    #[must_use]
    pub fn bounded(self, bounds: MirrorConfig) -> Self {
        Self { bounds, ..self }
    }

    /// How much is kept of mirrors.
    #[must_use]
    pub fn bounds(&self) -> &MirrorConfig {
        &self.bounds
    }

    /// What vso is called on GitHub (`name[bot]`), as far as a turn has found out.
    #[must_use]
    pub fn me(&self) -> Option<&str> {
        self.me.get().map(String::as_str)
    }

    /// A turn found out what vso is called.
    pub(super) fn is_called(&self, me: String) {
        // It stays the same while the server runs.
        let _ = self.me.set(me);
    }

    /// The server's folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// All of them, by number.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        self.members.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// One by its number.
    #[must_use]
    pub fn member(&self, id: u64) -> Option<Member> {
        self.members.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// One by `owner/name`, whatever the letters' case.
    #[must_use]
    pub fn find(&self, full_name: &str) -> Option<Member> {
        self.members().into_iter().find(|member| member.full_name().eq_ignore_ascii_case(full_name))
    }

    /// Takes a repository in, or takes over its new name or installation. Nothing is fetched.
    ///
    /// # Errors
    /// When a name is none (exit 2), or the disk fails (exit 3).
    pub fn admit(&self, id: u64, (owner, name): (&str, &str), installation: u64) -> Result<Member, Fault> {
        if !is_name(owner) || owner.contains('.') || !is_name(name) {
            return Err(Fault::usage(format!("{owner:?}/{name:?} is no repository's name")));
        }
        let root = self.data.join(FOLDER).join(format!("{id}{ENDING}"));
        let member = Member { id, owner: owner.to_owned(), name: name.to_owned(), installation, root };
        let mut members = self.members.write().unwrap_or_else(PoisonError::into_inner);
        if members.get(&id) != Some(&member) || !member.root.is_dir() {
            let url = format!("{}{owner}/{name}.git", self.server);
            // The name last: a mirror without it is one that was not finished.
            let settings = [(INSTALLATION, &*installation.to_string()), (NAME, &*member.full_name())];
            Repo::mirror(&member.root, &url, &settings)?;
            members.insert(id, member.clone());
        }
        Ok(member)
    }

    /// Empties a mirror: what GitHub has is fetched again when it is needed. Its ledger and logs stay.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn empty(&self, member: &Member) -> Result<(), Fault> {
        let failed = |error: std::io::Error| {
            Fault::unfinished(format!("the mirror of {} can't be removed", member.full_name())).because(&error)
        };
        // Nobody else writes in it meanwhile.
        let _lock = Lock::take(&member.root, &|| ())?;
        for entry in fs::read_dir(&member.root).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Without its settings it would be nobody's mirror.
            if entry.file_name() == STATE || entry.file_name() == "config" {
                continue;
            }
            let is_folder = entry.file_type().map_err(failed)?.is_dir();
            let removed = if is_folder { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
            removed.map_err(failed)?;
        }
        let url = format!("{}{}.git", self.server, member.full_name());
        let settings = [(INSTALLATION, &*member.installation.to_string()), (NAME, &*member.full_name())];
        Repo::mirror(&member.root, &url, &settings).map(|_| ())
    }

    /// The folders of mirrors that are no member's.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub(super) fn left_behind(&self) -> Result<Vec<PathBuf>, Fault> {
        let folder = self.data.join(FOLDER);
        let failed = |error: std::io::Error| {
            Fault::unfinished(format!("the mirrors in {} can't be read", folder.display())).because(&error)
        };
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let root = entry.map_err(failed)?.path();
            let is_mirror = root.extension().is_some_and(|ending| ending == "git") && root.is_dir();
            if is_mirror && !self.members().iter().any(|member| member.root == root) {
                found.push(root);
            }
        }
        found.sort();
        Ok(found)
    }

    /// Forgets all repositories of an installation, as [`Fleet::dismiss`] does. Their numbers.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn leave(&self, installation: u64) -> Result<Vec<u64>, Fault> {
        let left: Vec<u64> = self
            .members()
            .iter()
            .filter(|member| member.installation == installation)
            .map(|member| member.id)
            .collect();
        left.iter().try_for_each(|id| self.dismiss(*id))?;
        Ok(left)
    }

    /// Forgets a repository that is not the App's any more. Its mirror and ledger stay until they are old.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn dismiss(&self, id: u64) -> Result<(), Fault> {
        let mut members = self.members.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(member) = members.remove(&id) {
            Repo::mirror(&member.root, &format!("{}{}.git", self.server, member.full_name()), &[(NAME, "")])?;
        }
        Ok(())
    }
}

/// A repository's or owner's name as GitHub allows them; never a way out of a folder or an address.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=100).contains(&name.len()) && name.bytes().all(is_plain) && !matches!(name, "." | "..")
}

/// What a mirror's settings say; none where they say nothing.
fn known(id: u64, root: &Path) -> Result<Option<Member>, Fault> {
    let repo = match Repo::at(root) {
        Ok(Some(repo)) if repo.git_dir().canonicalize().ok() == root.canonicalize().ok() => repo,
        _ if matches!(fs::metadata(root), Err(error) if error.kind() != ErrorKind::NotFound) => {
            return Err(Fault::unfinished(format!("{} can't be read", root.display())));
        }
        _ => return Ok(None),
    };
    let (name, installation) = (repo.setting(NAME)?, repo.setting(INSTALLATION)?);
    let name = name.as_deref().and_then(|name| name.split_once('/'));
    let installation = installation.and_then(|number| number.parse().ok());
    let (Some((owner, name)), Some(installation)) = (name, installation) else { return Ok(None) };
    Ok(Some(Member { id, owner: owner.to_owned(), name: name.to_owned(), installation, root: root.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Fleet::open(folder.path(), "https://github.example/").unwrap();
        let fleet = open();
        let first = fleet.admit(7, ("acme", "design"), 3).unwrap();
        assert_eq!(fleet.admit(7, ("acme", "design"), 3).unwrap(), first);
        fleet.admit(9, ("acme", "other.site"), 3).unwrap();
        let renamed = fleet.admit(7, ("acme", "plans"), 4).unwrap();
        assert_eq!((renamed.key(), renamed.root.clone()), ("acme.plans".into(), first.root));
        fleet.dismiss(9).unwrap();
        for fleet in [fleet, open()] {
            assert_eq!(fleet.members(), std::slice::from_ref(&renamed));
            assert_eq!(fleet.find("ACME/Plans").map(|member| member.id), Some(7));
            let url = Repo::at(&renamed.root).unwrap().unwrap().remote_url("origin").unwrap();
            assert_eq!(url.as_deref(), Some("https://github.example/acme/plans.git"));
        }
        assert!(renamed.settings().unwrap().1.is_none(), "nothing is fetched yet");
    }

    #[test]
    fn hostile_names_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let fleet = Fleet::open(folder.path(), "https://github.example/").unwrap();
        for (owner, name) in
            [("..", "x"), ("a", ".."), ("a/b", "c"), ("a", "b/../c"), ("", "x"), ("a", "x y"), ("a.b", "c")]
        {
            assert!(fleet.admit(1, (owner, name), 1).is_err(), "{owner}/{name}");
        }
        assert!(fleet.members().is_empty());
    }
}
