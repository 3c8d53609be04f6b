//! Answers that cost something, kept under `.slice-orchestrator/cache/` by the hash of what was asked.
//!
//! A cache is never needed: what is missing, torn or unreadable counts as not there, and whoever reads an answer
//! checks it as if it had just come.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::{shown, state};
use crate::fault::Fault;

/// Longest entry that is read, in bytes (8 MiB).
const MAX_BYTES: u64 = 8 << 20;

/// The entry of a name, when there is a readable one.
#[must_use]
pub fn cached(root: &Path, name: &str) -> Option<Vec<u8>> {
    let path = place(root, name)?;
    let folders = [root.join(state::STATE), root.join(state::STATE).join("cache")];
    let is_file = fs::symlink_metadata(&path).is_ok_and(|about| about.is_file() && about.len() <= MAX_BYTES);
    if !is_file || !folders.iter().all(|folder| is_folder(folder)) {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(&path).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Keeps an entry under a name, in place of an earlier one; readers see the old or the new one, never a part.
///
/// # Errors
/// When the disk fails (exit 3), or the name is no plain file name.
pub fn cache(root: &Path, name: &str, bytes: &[u8]) -> Result<(), Fault> {
    let failed = |error: &io::Error| {
        Fault::unfinished(format!("can't keep {}", shown(&root.join(state::STATE).join("cache")))).because(error)
    };
    let path = place(root, name).ok_or_else(|| failed(&io::Error::from(ErrorKind::InvalidFilename)))?;
    let folder = state::open(root)?.join("cache");
    let written = make(&folder).and_then(|()| {
        let mut file = tempfile::NamedTempFile::new_in(&folder)?;
        file.write_all(bytes)?;
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    });
    written.map_err(|error| failed(&error))
}

/// Where an entry lies. Names are hashes with a few words around them; nothing else is taken.
fn place(root: &Path, name: &str) -> Option<PathBuf> {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let plain = !name.is_empty() && name.len() <= 100 && name.chars().all(is_plain);
    plain.then(|| root.join(state::STATE).join("cache").join(format!("{name}.json")))
}

fn make(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if is_folder(folder) {
                Ok(())
            } else {
                Err(io::Error::from(ErrorKind::NotADirectory))
            }
        }
        made => made,
    }
}

/// Whether a folder is there and no link to one: a link that came with a repository must not lead out of it.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|about| about.is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_comes_back_until_another_takes_its_place() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(cached(root.path(), "refine-0a"), None);
        cache(root.path(), "refine-0a", b"one").unwrap();
        cache(root.path(), "refine-0a", b"two").unwrap();
        assert_eq!(cached(root.path(), "refine-0a").as_deref(), Some(&b"two"[..]));
        assert_eq!(fs::read_dir(root.path().join(state::STATE).join("cache")).unwrap().count(), 1);
    }

    #[test]
    fn a_name_never_leaves_the_folder() {
        let root = tempfile::tempdir().unwrap();
        for name in ["", "../x", "a/b", ".git", "a\\b", "A"] {
            assert!(cache(root.path(), name, b"").is_err() && cached(root.path(), name).is_none(), "{name:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_its_place_is_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(state::STATE)).unwrap();
        std::os::unix::fs::symlink(outside.path(), root.path().join(state::STATE).join("cache")).unwrap();
        assert!(cache(root.path(), "refine-0a", b"x").is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
