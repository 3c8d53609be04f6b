//! A tree of generated files: safe relative paths and their bytes.

use std::collections::BTreeMap;

/// One generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it may be run (`user-data.sh`).
    pub executable: bool,
}

/// Files by their path with `/`, relative to the project's root, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileTree {
    files: BTreeMap<String, File>,
}

/// Why a path can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path {0:?} does not stay inside the project")]
pub struct UnsafePath(pub String);

impl FileTree {
    /// Adds a file.
    ///
    /// # Errors
    /// When the path is absolute, empty, has `..`, `.` or empty parts, a backslash, a colon or a control character, or
    /// leads into `.git`.
    pub fn insert(&mut self, path: impl Into<String>, bytes: Vec<u8>, executable: bool) -> Result<(), UnsafePath> {
        let path = path.into();
        if !is_safe(&path) {
            return Err(UnsafePath(path));
        }
        self.files.insert(path, File { bytes, executable });
        Ok(())
    }

    /// The files in the order of their paths.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// A file by its path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// Adds all files of another tree; its files win.
    pub fn extend(&mut self, other: Self) {
        self.files.extend(other.files);
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

fn is_safe(path: &str) -> bool {
    let part_is_safe =
        |part: &str| !part.is_empty() && part != "." && part != ".." && !part.eq_ignore_ascii_case(".git");
    !path.contains(|letter: char| letter.is_control() || matches!(letter, '\\' | ':'))
        && path.split('/').all(part_is_safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside() {
        for bad in
            ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", ".git/config", "a/.GIT/x", "c:x", "a\\b", "a\n"]
        {
            assert!(FileTree::default().insert(bad, Vec::new(), false).is_err(), "{bad:?}");
        }
        let mut tree = FileTree::default();
        tree.insert("vertical-slices/slice-001-auth/spec.md", b"x".to_vec(), false).unwrap();
        assert_eq!(tree.len(), 1);
    }
}
