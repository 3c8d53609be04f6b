//! Where vso may write: relative paths that mean the same on every system and stay inside the project.
//!
//! A path is checked twice: its spelling, and what stands on disk along it. A symbolic link to a folder is followed
//! only if it ends inside the project.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// Why a path can't be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum PathError {
    /// Its spelling is not safe on every system.
    #[error("the path {0:?} is not safe to write: {1}")]
    Unsafe(String, &'static str),
    /// A symbolic link along it leaves the project.
    #[error("{0} is a symbolic link that leaves the project")]
    Leaves(String),
    /// A file stands where a folder has to be.
    #[error("{0} is in the way: a folder has to be there")]
    NotAFolder(String),
    /// The disk does not say.
    #[error("can't look at {0}")]
    Unknown(String, #[source] io::Error),
}

impl PathError {
    /// As people see it: what is in the way is for them to move (exit 3, nothing written).
    pub(super) fn fault(&self) -> Fault {
        let fault = match self {
            Self::Unknown(_, source) => Fault::unfinished(self.to_string()).because(source),
            _ => Fault::unfinished(self.to_string()),
        };
        match self {
            Self::Unsafe(..) => fault,
            Self::Leaves(_) => fault.hint("nothing was written; replace the link by a folder"),
            Self::NotAFolder(_) => fault.hint("nothing was written; move that file away"),
            Self::Unknown(..) => fault.hint("nothing was written"),
        }
    }
}

/// Longest part of a path, in bytes: what the common file systems take.
const MAX_PART: usize = 255;

/// Names that Windows keeps for devices, with any extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Checks the spelling of a path with `/` between its parts.
pub(super) fn check(path: &str) -> Result<(), PathError> {
    path.split('/').try_for_each(check_part).map_err(|why| PathError::Unsafe(path.to_owned(), why))
}

fn check_part(part: &str) -> Result<(), &'static str> {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 1 && rest.chars().all(|digit| digit.is_ascii_digit()))
    };
    match part {
        "" | "." | ".." => Err("a part is empty or leads upwards"),
        _ if part.eq_ignore_ascii_case(".git") => Err("it leads into .git"),
        _ if part.len() > MAX_PART => Err("a part is longer than 255 bytes"),
        _ if part.ends_with(['.', ' ']) => Err("a part ends with a dot or a space"),
        _ if part.chars().any(|letter| letter.is_control() || "\\:<>\"|?*".contains(letter)) => {
            Err("a part has a character that not every system takes")
        }
        _ if DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt") => {
            Err("a part is the name of a device on Windows")
        }
        _ => Ok(()),
    }
}

/// Looks at the folders of many paths, each folder once.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    root: &'a Path,
    real_root: Option<PathBuf>,
    seen: BTreeMap<String, bool>,
}

impl<'a> Walk<'a> {
    /// A walk that starts at a project's root.
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, real_root: None, seen: BTreeMap::new() }
    }

    /// Walks the folders above a file.
    ///
    /// # Errors
    /// When a part is no folder or a link that leaves the project.
    pub(super) fn above(&mut self, path: &str) -> Result<(), PathError> {
        path.rsplit_once('/').map_or(Ok(true), |(folder, _)| self.enter(folder)).map(|_| ())
    }

    /// Walks down to a folder and says whether it is there.
    ///
    /// # Errors
    /// When a part is no folder or a link that leaves the project.
    pub(super) fn enter(&mut self, folder: &str) -> Result<bool, PathError> {
        if let Some(known) = self.seen.get(folder) {
            return Ok(*known);
        }
        let above = folder.rsplit_once('/').map_or(Ok(true), |(above, _)| self.enter(above))?;
        let there = above && self.look(folder)?;
        self.seen.insert(folder.to_owned(), there);
        Ok(there)
    }

    /// The folders walked through that are missing, upper ones first.
    pub(super) fn missing(&self) -> Vec<String> {
        self.seen.iter().filter(|(_, there)| !**there).map(|(folder, _)| folder.clone()).collect()
    }

    fn look(&mut self, folder: &str) -> Result<bool, PathError> {
        let path = self.root.join(folder);
        let unknown = |error| PathError::Unknown(folder.to_owned(), error);
        let about = match fs::symlink_metadata(&path) {
            Ok(about) => about,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(unknown(error)),
        };
        if about.is_dir() {
            return Ok(true);
        }
        if !about.is_symlink() {
            return Err(PathError::NotAFolder(folder.to_owned()));
        }
        let real = path.canonicalize().map_err(|_| PathError::Leaves(folder.to_owned()))?;
        if !real.starts_with(self.real_root().map_err(unknown)?) {
            return Err(PathError::Leaves(folder.to_owned()));
        }
        if real.is_dir() { Ok(true) } else { Err(PathError::NotAFolder(folder.to_owned())) }
    }

    fn real_root(&mut self) -> io::Result<&Path> {
        let real = match self.real_root.take() {
            Some(known) => known,
            None => self.root.canonicalize()?,
        };
        Ok(self.real_root.insert(real))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_safe_on_every_system() {
        let bad = "/x x/ ../x a/../x a//b a/./b .git/x a/.GIT/b a\\b c:x a* CON a/nul.txt com1 LPT9.md a. a/b.";
        for path in bad.split(' ').chain(["", "a\n", "a/b ", "x\u{7f}"]) {
            assert!(check(path).is_err(), "{path:?}");
        }
        assert!(check(&"a".repeat(256)).is_err());
        for path in [".gitignore", "a/console.md", "com10/x", "vertical-slices/slice-001-auth/spec.md", "日本/x"] {
            assert!(check(path).is_ok(), "{path:?}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn links_are_followed_only_inside() {
        let outside = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("real")).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join("out")).unwrap();
        std::os::unix::fs::symlink("real", root.path().join("in")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.path().join("dangling")).unwrap();
        fs::write(root.path().join("file"), "x").unwrap();
        let mut walk = Walk::new(root.path());
        assert!(walk.above("in/a/b.md").is_ok());
        assert!(matches!(walk.above("out/b.md"), Err(PathError::Leaves(_))));
        assert!(matches!(walk.above("dangling/b.md"), Err(PathError::Leaves(_))));
        assert!(matches!(walk.above("file/b.md"), Err(PathError::NotAFolder(_))));
        assert_eq!(walk.missing(), ["in/a"]);
    }
}
