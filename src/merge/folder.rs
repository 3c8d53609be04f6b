//! What people may have in a folder, as a value: files, executables and symbolic links by their path.
//!
//! It is what is merged, and what a git tree is read into and written from. Paths are relative to the folder, with `/`.

use std::collections::BTreeMap;
use std::collections::btree_map;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A file.
    File,
    /// A file that may be run.
    Executable,
    /// A symbolic link; its bytes are what it points at.
    Link,
}

/// One file or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its content; of a link, its target.
    pub bytes: Vec<u8>,
    /// What it is.
    pub mode: Mode,
}

impl Entry {
    /// A file that is not run.
    #[must_use]
    pub fn file(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), mode: Mode::File }
    }
}

/// A folder with everything below it, by path. Empty folders are not in it, as in git.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// An empty folder.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts an entry at a path, and gives the one that was there.
    pub fn insert(&mut self, path: impl Into<String>, entry: Entry) -> Option<Entry> {
        self.0.insert(path.into(), entry)
    }

    /// The entry at a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.0.get(path)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, path: &str) -> Option<Entry> {
        self.0.remove(path)
    }

    /// The entries in the order of their paths, as bytes.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Entry)> + ExactSizeIterator {
        self.0.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// How many files and links there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Entry)> for Tree {
    fn from_iter<I: IntoIterator<Item = (String, Entry)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl IntoIterator for Tree {
    type Item = (String, Entry);
    type IntoIter = btree_map::IntoIter<String, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_in_the_order_of_their_paths() {
        let mut tree = Tree::new();
        for path in ["b", "a/c", "a"] {
            assert_eq!(tree.insert(path, Entry::file(path)), None);
        }
        assert_eq!(tree.iter().map(|(path, _)| path).collect::<Vec<_>>(), ["a", "a/c", "b"]);
        assert_eq!(tree.remove("a").map(|entry| entry.bytes), Some(b"a".to_vec()));
        assert_eq!((tree.len(), tree.get("a").is_some(), tree.is_empty()), (2, false, false));
    }
}
