//! What stands on disk against what is to be written, file by file.

use std::fs;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use super::{Standing, shown, standing};
use crate::fault::Fault;

/// How a file on disk compares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// Nothing stands there.
    Missing,
    /// A file with the same bytes.
    Same,
    /// Something else.
    Different(Standing),
}

/// Compares files, given as their path from the root and the bytes they should have; answers in the same order.
///
/// # Errors
/// When the disk does not say (exit 3).
pub fn compare(root: &Path, files: &[(&str, &[u8])]) -> Result<Vec<Compared>, Fault> {
    let one = |(path, bytes): &(&str, &[u8])| {
        let path = root.join(path);
        compare_one(&path, bytes)
            .map_err(|error| Fault::unfinished(format!("can't read {}", shown(&path))).because(&error))
    };
    files.par_iter().map(one).collect()
}

/// The length is looked at first: most files that differ are never read for the comparison itself.
fn compare_one(path: &Path, bytes: &[u8]) -> io::Result<Compared> {
    let same_length =
        fs::symlink_metadata(path).is_ok_and(|about| about.is_file() && about.len() == bytes.len() as u64);
    if same_length && fs::read(path)? == bytes {
        return Ok(Compared::Same);
    }
    Ok(match standing(path)? {
        Standing::Nothing => Compared::Missing,
        other => Compared::Different(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_missing_same_or_different() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("same"), "a").unwrap();
        fs::write(root.path().join("other"), "b").unwrap();
        fs::create_dir(root.path().join("folder")).unwrap();
        let files: Vec<(&str, &[u8])> =
            ["same", "other", "folder", "none", "same/below"].map(|path| (path, &b"a"[..])).to_vec();
        let expected = [
            Compared::Same,
            Compared::Different(Standing::file(b"b")),
            Compared::Different(Standing::Folder),
            Compared::Missing,
            Compared::Missing,
        ];
        assert_eq!(compare(root.path(), &files).unwrap(), expected);
    }
}
