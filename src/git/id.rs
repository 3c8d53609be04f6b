//! Names of objects, and the object of a folder as git makes it, with or without a repository.
//!
//! A tree object is written here byte by byte, so that [`tree_id`] and what lands in a repository can't differ.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use git2::{ObjectType, Oid};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::merge::{Entry, Mode, Tree};

/// The name of an object: the SHA-1 of its kind and content, as 40 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(pub(super) Oid);

/// A text that is no name of an object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no object id of 40 hex digits")]
pub struct NoId(pub String);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Takes 40 hex digits, not all of them 0: git writes that for "nothing".
impl FromStr for Id {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        let whole = text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = whole.then(|| Oid::from_str(text).ok()).flatten().filter(|id| !id.is_zero());
        id.map(Self).ok_or_else(|| NoId(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Id {
    type Error = NoId;

    fn try_from(text: String) -> Result<Self, NoId> {
        text.parse()
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.to_string()
    }
}

/// What stands at a path of a git tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A file.
    File,
    /// A file that may be run.
    Executable,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// A commit of another repository; what is in it is not in this one.
    Submodule,
}

impl Kind {
    /// The mode that git writes into a tree for it.
    pub(super) fn bits(self) -> u32 {
        match self {
            Self::File => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Link => 0o120_000,
            Self::Folder => 0o040_000,
            Self::Submodule => 0o160_000,
        }
    }

    /// What a mode in a tree says. Old gits wrote more rights than the two that count (`100664`).
    pub(super) fn of_bits(bits: u32) -> Option<Self> {
        Some(match bits & 0o170_000 {
            0o100_000 if bits & 0o100 != 0 => Self::Executable,
            0o100_000 => Self::File,
            0o120_000 => Self::Link,
            0o040_000 => Self::Folder,
            0o160_000 => Self::Submodule,
            _ => return None,
        })
    }

    /// As an entry of a folder; none for what holds no content of its own.
    #[must_use]
    pub fn mode(self) -> Option<Mode> {
        match self {
            Self::File => Some(Mode::File),
            Self::Executable => Some(Mode::Executable),
            Self::Link => Some(Mode::Link),
            Self::Folder | Self::Submodule => None,
        }
    }
}

impl From<Mode> for Kind {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::File => Self::File,
            Mode::Executable => Self::Executable,
            Mode::Link => Self::Link,
        }
    }
}

/// What can be put at a path of a tree: an object that is there already, and what it is.
pub type Planted = (Id, Kind);

/// Where objects go: into a repository, or only through the hash.
pub(super) type Put<'a> = dyn FnMut(ObjectType, &[u8]) -> Result<Id, Fault> + 'a;

/// The name of the tree that git makes of a folder. Needs no repository.
///
/// # Errors
/// When the folder can't be a git tree: a path is absolute, has empty, `.`, `..` or `.git` parts, or is both a file
/// and a folder (exit 3).
pub fn tree_id(tree: &Tree) -> Result<Id, Fault> {
    put_tree(tree, &mut |kind, bytes| {
        Oid::hash_object(kind, bytes).map(Id).map_err(|error| super::failed("an object can't be hashed", &error))
    })
}

/// The name of the tree with nothing in it.
#[must_use]
pub fn empty_tree() -> Id {
    Id(Oid::from_bytes(&EMPTY_TREE).expect("20 bytes are an id"))
}

/// `4b825dc642cb6eb9a060e54bf8d69288fbee4904`, the same in every repository.
const EMPTY_TREE: [u8; 20] = [
    0x4b, 0x82, 0x5d, 0xc6, 0x42, 0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92, 0x88, 0xfb, 0xee, 0x49,
    0x04,
];

/// How many folders may stand in each other. Paths on disk end long before.
const MAX_DEPTH: usize = 256;

/// Puts a folder with everything in it.
pub(super) fn put_tree(tree: &Tree, put: &mut Put<'_>) -> Result<Id, Fault> {
    let entries: Vec<(&str, &Entry)> = tree.iter().collect();
    put_level(&entries, 0, put)
}

fn put_level(entries: &[(&str, &Entry)], depth: usize, put: &mut Put<'_>) -> Result<Id, Fault> {
    let mut rows = Rows::default();
    let mut rest = entries;
    while let Some(((path, entry), others)) = rest.split_first() {
        let Some((name, _)) = path.split_once('/') else {
            let id = put(ObjectType::Blob, &entry.bytes)?;
            rows.add(path, (id, entry.mode.into()))?;
            rest = others;
            continue;
        };
        if depth == MAX_DEPTH {
            return Err(unfit(path));
        }
        // Paths are sorted as bytes, so what begins with `name/` stands together.
        let is_below = |path: &str| path.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
        let count = rest.iter().take_while(|(path, _)| is_below(path)).count();
        let inner: Vec<(&str, &Entry)> =
            rest[..count].iter().map(|(path, entry)| (&path[name.len() + 1..], *entry)).collect();
        let id = put_level(&inner, depth + 1, put)?;
        rows.add(name, (id, Kind::Folder))?;
        rest = &rest[count..];
    }
    put(ObjectType::Tree, &rows.object())
}

/// The entries of one tree object, by name.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub(super) struct Rows(pub(super) BTreeMap<Vec<u8>, Row>);

/// One entry: the object and the mode as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) id: Id,
    pub(super) bits: u32,
}

impl From<Planted> for Row {
    fn from((id, kind): Planted) -> Self {
        Self { id, bits: kind.bits() }
    }
}

impl Row {
    pub(super) fn is_folder(self) -> bool {
        Kind::of_bits(self.bits) == Some(Kind::Folder)
    }
}

impl Rows {
    fn add(&mut self, name: &str, planted: Planted) -> Result<(), Fault> {
        check_name(name)?;
        match self.0.insert(name.as_bytes().to_vec(), planted.into()) {
            None => Ok(()),
            Some(_) => Err(Fault::unfinished(format!("{name:?} would be a file and a folder at once"))),
        }
    }

    /// The bytes of the tree object. git sorts a folder as if its name ended with `/`.
    pub(super) fn object(&self) -> Vec<u8> {
        let mut rows: Vec<(&Vec<u8>, &Row)> = self.0.iter().collect();
        let key = |(name, row): (&Vec<u8>, &Row)| {
            let mut key = name.clone();
            key.extend(row.is_folder().then_some(b'/'));
            key
        };
        rows.sort_by_cached_key(|row| key(*row));
        let mut bytes = Vec::new();
        for (name, row) in rows {
            bytes.extend_from_slice(format!("{:o} ", row.bits).as_bytes());
            bytes.extend_from_slice(name);
            bytes.push(0);
            bytes.extend_from_slice(row.id.0.as_bytes());
        }
        bytes
    }
}

/// Checks one part of a path: what git itself would refuse to check out is never written.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let bad = matches!(name, "" | "." | "..") || name.eq_ignore_ascii_case(".git") || name.contains(['\0', '/']);
    if bad { Err(unfit(name)) } else { Ok(()) }
}

fn unfit(path: &str) -> Fault {
    let shown: String = path.chars().take(200).collect();
    Fault::unfinished(format!("the path {shown:?} can't stand in a git tree"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::{Sample, tree};
    use proptest::prelude::*;

    #[test]
    fn an_id_is_forty_digits() {
        let text = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        assert_eq!(text.parse::<Id>().unwrap().to_string(), text);
        assert_eq!(tree_id(&Tree::new()).unwrap(), empty_tree());
        assert_eq!(serde_json::to_string(&empty_tree()).unwrap(), format!("\"{text}\""));
        for bad in ["", "4b82", &"0".repeat(40), &"g".repeat(40), &format!("{text}0"), "HEAD", &"é".repeat(20)] {
            assert!(bad.parse::<Id>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_git_refuses_is_no_tree() {
        for bad in ["", "/a", "a/", "a//b", "../a", "a/./b", ".git/config", "a/.GIT/b", "a\0b"] {
            assert!(tree_id(&tree(&[(bad, "x")])).is_err(), "{bad:?}");
        }
        assert!(tree_id(&tree(&[("a", "x"), ("a-b", "x"), ("a/c", "x")])).is_err(), "a file and a folder at once");
        assert!(tree_id(&tree(&[(&"a/".repeat(300), "x")])).is_err(), "too deep");
    }

    /// Names whose order differs between paths, tree entries and folders.
    fn any_tree() -> impl Strategy<Value = Tree> {
        let name =
            prop::sample::select(vec!["a", "a-", "a.b", "a0", "A", "b", "ä", "a b", "-x", "文", ":(glob)", "\\"]);
        let path = prop::collection::vec(name, 1..4).prop_map(|parts| parts.join("/"));
        let mode = prop::sample::select(vec![Mode::File, Mode::Executable, Mode::Link]);
        let entry = (prop::collection::vec(1u8.., 1..8), mode).prop_map(|(bytes, mode)| Entry { bytes, mode });
        prop::collection::btree_map(path, entry, 0..12).prop_map(|all| {
            let is_folder = |path: &str| all.keys().any(|other| other.starts_with(&format!("{path}/")));
            all.iter().filter(|(path, _)| !is_folder(path)).map(|(path, entry)| (path.clone(), entry.clone())).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// The oracle is git's own index.
        #[test]
        fn a_tree_is_the_one_that_git_makes(tree in any_tree()) {
            let sample = Sample::new();
            let mut index = String::new();
            for (path, entry) in tree.iter() {
                let blob = sample.git_with(&["hash-object", "-w", "--stdin"], &entry.bytes);
                index += &format!("{:o} {} 0\t{path}\0", Kind::from(entry.mode).bits(), blob.trim());
            }
            sample.git_with(&["update-index", "-z", "--index-info"], index.as_bytes());
            let expected = sample.git(&["write-tree"]);
            prop_assert_eq!(tree_id(&tree).unwrap().to_string(), expected.trim());
            let repo = sample.repo();
            prop_assert_eq!(repo.write(&tree).unwrap().to_string(), expected.trim());
            prop_assert_eq!(repo.read(expected.trim().parse().unwrap(), "").unwrap(), tree);
        }
    }
}
