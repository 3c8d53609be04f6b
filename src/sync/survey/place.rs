//! Where a project is looked at: the files on disk, or a commit of its repository. Planning asks the same of both.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::fault::Fault;
use crate::git::{Id, Kind, Repo};
use crate::merge::{Entry, Tree};
use crate::worktree::{files_below, folders, read_entry, read_folder, read_text, shown};

/// A project as it stands somewhere.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    /// The files on disk.
    Disk(&'a Path),
    /// The project's tree in a commit; none where the commit has no such folder.
    Commit(&'a Repo, Option<Id>),
}

/// A folder below the folder of the slices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// The id of its tree, where a commit is looked at.
    pub id: Option<Id>,
}

impl Place<'_> {
    /// The text of a file; none when there is no such file.
    ///
    /// # Errors
    /// When it can't be read or is not UTF-8 (exit 2 or 3).
    pub fn text(&self, path: &str) -> Result<Option<String>, Fault> {
        match self {
            Self::Disk(root) => {
                let path = root.join(path);
                if path.is_file() { read_text(&path).map(Some) } else { Ok(None) }
            }
            Self::Commit(repo, tree) => {
                let Some(bytes) = tree.map(|tree| repo.file(tree, path)).transpose()?.flatten() else {
                    return Ok(None);
                };
                let text = String::from_utf8(bytes);
                text.map(Some).map_err(|_| Fault::usage(format!("{path} is not UTF-8")).hint("save it as UTF-8"))
            }
        }
    }

    /// What stands at a path, a file or a link; none when there is nothing.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn entry(&self, path: &str) -> Result<Option<Entry>, Fault> {
        match self {
            Self::Disk(root) => read_entry(&root.join(path)),
            Self::Commit(repo, tree) => {
                let Some(tree) = tree else { return Ok(None) };
                let Some((id, kind)) = repo.entry(*tree, path)? else { return Ok(None) };
                kind.mode().map(|mode| Ok(Entry { bytes: repo.blob(id)?, mode })).transpose()
            }
        }
    }

    /// How messages call a file.
    #[must_use]
    pub fn name(&self, path: &str) -> PathBuf {
        match self {
            Self::Disk(root) => root.join(path),
            Self::Commit(..) => PathBuf::from(path),
        }
    }

    /// The folders directly below a folder, in order.
    ///
    /// # Errors
    /// When the disk or git does not say (exit 3).
    pub fn folders(&self, path: &str) -> Result<Vec<Seen>, Fault> {
        match self {
            Self::Disk(root) => {
                Ok(folders(&root.join(path))?.into_iter().map(|name| Seen { name, id: None }).collect())
            }
            Self::Commit(repo, tree) => {
                let Some(tree) = tree else { return Ok(Vec::new()) };
                let rows = repo.list(*tree, path)?;
                let folders = rows.into_iter().filter(|(_, _, kind)| *kind == Kind::Folder);
                Ok(folders.map(|(name, id, _)| Seen { name, id: Some(id) }).collect())
            }
        }
    }

    /// Everything below a folder; nothing when there is no such folder.
    ///
    /// # Errors
    /// When the disk or git does not say (exit 3), or a path can't be kept (exit 1).
    pub fn read(&self, path: &str) -> Result<Tree, Fault> {
        match self {
            Self::Disk(root) => read_folder(&root.join(path)),
            Self::Commit(repo, tree) => tree.map_or_else(|| Ok(Tree::new()), |tree| repo.read(tree, path)),
        }
    }

    /// The project's own templates: path below the folder, text.
    ///
    /// # Errors
    /// When one of them can't be read or is not UTF-8 (exit 2).
    pub fn templates(&self) -> Result<Vec<(String, String)>, Fault> {
        let folder = crate::sync::templates::FOLDER;
        match self {
            Self::Disk(root) => {
                let below = root.join(folder);
                let read = |path: String| read_text(&below.join(&path)).map(|text| (path, text));
                files_below(&below)?.into_iter().map(read).collect()
            }
            Self::Commit(..) => {
                let text = |(path, entry): (String, Entry)| {
                    let text = String::from_utf8(entry.bytes);
                    text.map(|text| (path.clone(), text))
                        .map_err(|_| Fault::usage(format!("{folder}/{path} is not UTF-8")).hint("save it as UTF-8"))
                };
                self.read(folder)?.into_iter().map(text).collect()
            }
        }
    }

    /// The master's text.
    ///
    /// # Errors
    /// When there is none or it can't be read (exit 2).
    pub fn master(&self, config: &Config) -> Result<String, Fault> {
        match (self, self.text(&config.project.master)?) {
            (_, Some(text)) => Ok(text),
            (Self::Disk(root), None) => read_text(&root.join(&config.project.master)),
            (Self::Commit(..), None) => Err(Fault::usage(format!(
                "{} is in no commit of this branch yet",
                shown(Path::new(&config.project.master))
            ))
            .hint("commit it first: vso plans and proposes from what is committed")),
        }
    }
}
