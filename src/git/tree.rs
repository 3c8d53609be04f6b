//! Trees of a repository: read into values, written from them, changed at single paths without an index.
//!
//! Objects are only ever added. What nothing names in the end is git's to collect.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use git2::{ErrorCode, ObjectType, Odb};

use super::id::{self, Id, Kind, Planted, Put, Row, Rows};
use super::{Repo, failed};
use crate::crash;
use crate::fault::Fault;
use crate::merge::{Entry, Tree};

/// Trees up to this width are kept by libgit2 itself (4 KiB).
const NARROW: usize = 64;

/// How many wide trees are kept at once.
const MOST_WIDE: usize = 64;

/// Wide trees that were looked into: none after the first time, their entries from the second on.
pub(super) type Wide = RefCell<HashMap<Id, Option<Arc<Rows>>>>;

/// Something in a folder that is no file of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Odd {
    /// Its path from the folder that was read.
    pub path: String,
    /// What is odd.
    pub what: Oddity,
}

/// What can be odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    /// A submodule at this commit; it is not among the entries.
    Submodule(Id),
    /// A mode that git no longer writes, such as `100664`; the file is among the entries with the nearest mode.
    Mode(u32),
}

impl Repo {
    /// Whether the object is here. Looks at packs that came in meanwhile, too.
    #[must_use]
    pub fn has(&self, id: Id) -> bool {
        id == id::empty_tree() || self.inner.odb().is_ok_and(|objects| objects.exists(id.0))
    }

    /// The tree of a commit.
    ///
    /// # Errors
    /// When there is no such commit here (exit 3).
    pub fn tree_of(&self, commit: Id) -> Result<Id, Fault> {
        let found = self.inner.find_commit(commit.0).map(|commit| Id(commit.tree_id()));
        found.map_err(|error| failed(&format!("the commit {commit} can't be read"), &error))
    }

    /// The project's part of a commit's tree: the folder [`Repo::prefix`]; none when the commit does not have it.
    ///
    /// # Errors
    /// As [`Repo::tree_of`].
    pub fn project_of(&self, commit: Id) -> Result<Option<Id>, Fault> {
        let found = self.entry(self.tree_of(commit)?, self.prefix())?;
        Ok(found.and_then(|(id, kind)| (kind == Kind::Folder).then_some(id)))
    }

    /// What stands at a path of a tree; the tree itself for the empty path.
    ///
    /// # Errors
    /// When a tree on the way is missing or broken (exit 3).
    pub fn entry(&self, tree: Id, path: &str) -> Result<Option<Planted>, Fault> {
        let mut found = (tree, Kind::Folder);
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if found.1 != Kind::Folder {
                return Ok(None);
            }
            let Some(row) = self.row(found.0, part)? else { return Ok(None) };
            let Some(kind) = Kind::of_bits(row.bits) else { return Ok(None) };
            found = (row.id, kind);
        }
        Ok(Some(found))
    }

    /// One entry of a tree object. libgit2 reads a wide tree anew each time; one that is looked into twice is kept.
    fn row(&self, tree: Id, name: &str) -> Result<Option<Row>, Fault> {
        if tree == id::empty_tree() {
            return Ok(None);
        }
        if self.wide.borrow().contains_key(&tree) {
            return Ok(self.rows(tree)?.0.get(name.as_bytes()).copied());
        }
        let found = self.inner.find_tree(tree.0).map_err(|error| self.unread(tree, &error))?;
        if found.len() > NARROW {
            let mut wide = self.wide.borrow_mut();
            if wide.len() >= MOST_WIDE {
                wide.clear();
            }
            wide.insert(tree, None);
        }
        let row = found.get_name_bytes(name.as_bytes());
        Ok(row.map(|row| Row { id: Id(row.id()), bits: row.filemode_raw().cast_unsigned() }))
    }

    /// What stands directly in a folder of a tree, by name; nothing when there is no such folder. Names that are not
    /// UTF-8 and modes that git does not know are left out.
    ///
    /// # Errors
    /// When a tree on the way is missing or broken (exit 3).
    pub fn list(&self, tree: Id, path: &str) -> Result<Vec<(String, Id, Kind)>, Fault> {
        let Some((id, Kind::Folder)) = self.entry(tree, path)? else { return Ok(Vec::new()) };
        let rows = self.rows(id)?;
        let named = rows.0.iter().filter_map(|(name, row)| {
            let name = std::str::from_utf8(name).ok()?.to_owned();
            Some((name, row.id, Kind::of_bits(row.bits)?))
        });
        Ok(named.collect())
    }

    /// The content of a file.
    ///
    /// # Errors
    /// When there is no such file here (exit 3).
    pub fn blob(&self, id: Id) -> Result<Vec<u8>, Fault> {
        let found = self.inner.find_blob(id.0).map(|blob| blob.content().to_vec());
        found.map_err(|error| self.unread(id, &error))
    }

    /// The file at a path of a tree; none when no file stands there.
    ///
    /// # Errors
    /// When an object is missing or broken (exit 3).
    pub fn file(&self, tree: Id, path: &str) -> Result<Option<Vec<u8>>, Fault> {
        match self.entry(tree, path)? {
            Some((id, kind)) if kind.mode().is_some() => self.blob(id).map(Some),
            _ => Ok(None),
        }
    }

    /// Everything below a folder of a tree; nothing when there is no such folder.
    ///
    /// # Errors
    /// When it holds a submodule or a path that is not UTF-8, a file stands there (exit 1), or an object is missing
    /// (exit 3).
    pub fn read(&self, tree: Id, path: &str) -> Result<Tree, Fault> {
        let (found, odd) = self.read_all(tree, path)?;
        match odd.iter().find(|odd| matches!(odd.what, Oddity::Submodule(_))) {
            None => Ok(found),
            Some(odd) => Err(Fault::refused(format!("{} is a submodule", joined(path, &odd.path)))
                .hint("vso can't merge into another repository: move it out of this folder")),
        }
    }

    /// As [`Repo::read`], and beside it what is odd: submodules, and modes that git no longer writes.
    ///
    /// # Errors
    /// When a path is not UTF-8, a file stands there (exit 1), or an object is missing (exit 3).
    pub fn read_all(&self, tree: Id, path: &str) -> Result<(Tree, Vec<Odd>), Fault> {
        let mut into = (Tree::new(), Vec::new());
        match self.entry(tree, path)? {
            None => {}
            Some((id, Kind::Folder)) => self.read_level(id, "", path, &mut into)?,
            Some((commit, Kind::Submodule)) => {
                into.1.push(Odd { path: String::new(), what: Oddity::Submodule(commit) });
            }
            Some(_) => return Err(Fault::refused(format!("{path} is a file where a folder should be"))),
        }
        Ok(into)
    }

    fn read_level(&self, tree: Id, above: &str, top: &str, into: &mut (Tree, Vec<Odd>)) -> Result<(), Fault> {
        if tree == id::empty_tree() {
            return Ok(());
        }
        let tree = self.inner.find_tree(tree.0).map_err(|error| self.unread(tree, &error))?;
        for row in &tree {
            let Ok(name) = std::str::from_utf8(row.name_bytes()) else {
                let place = joined(top, &joined(above, &String::from_utf8_lossy(row.name_bytes())));
                return Err(Fault::refused(format!("the path {place} is not UTF-8")).hint("rename it"));
            };
            let path = joined(above, name);
            let (id, bits) = (Id(row.id()), row.filemode_raw().cast_unsigned());
            match Kind::of_bits(bits) {
                Some(Kind::Folder) => self.read_level(id, &path, top, into)?,
                Some(Kind::Submodule) => into.1.push(Odd { path, what: Oddity::Submodule(id) }),
                kind => {
                    let mode = kind.and_then(Kind::mode);
                    if kind.map(Kind::bits) != Some(bits) {
                        into.1.push(Odd { path: path.clone(), what: Oddity::Mode(bits) });
                    }
                    let Some(mode) = mode else { continue };
                    into.0.insert(path, Entry { bytes: self.blob(id)?, mode });
                }
            }
        }
        Ok(())
    }

    /// Writes a folder into the object database. What is there already is not written again.
    ///
    /// # Errors
    /// When it can't be a git tree ([`super::tree_id`]) or the disk fails (exit 3).
    pub fn write(&self, tree: &Tree) -> Result<Id, Fault> {
        self.writing(|put| id::put_tree(tree, put))
    }

    /// Writes one file's content.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn write_blob(&self, bytes: &[u8]) -> Result<Id, Fault> {
        self.writing(|put| put(ObjectType::Blob, bytes))
    }

    /// The tree with other things at some paths: each is replaced by a file or folder that is here already, or removed
    /// (none). Later edits win over and reach into earlier ones. Folders that end up empty vanish. The cost follows the
    /// number of paths and the width of the folders above them.
    ///
    /// # Errors
    /// When a path can't stand in a tree, an edit leads through a file that stays, a planted object is not here, or the
    /// disk fails (exit 3).
    pub fn graft(&self, tree: Id, edits: &[(String, Option<Planted>)]) -> Result<Id, Fault> {
        let mut root = Edit::default();
        for (path, planted) in edits {
            root.add(path, *planted)?;
            if let Some((id, kind)) = planted
                && *kind != Kind::Submodule
                && !self.has(*id)
            {
                return Err(Fault::unfinished(format!("the object {id} for {path} is not in this repository")));
            }
        }
        self.writing(|put| {
            let grown = self.grow(&root, Some((tree, Kind::Folder).into()), put)?;
            match grown {
                Some(row) if row.is_folder() => Ok(row.id),
                _ => put(ObjectType::Tree, &[]),
            }
        })
    }

    fn grow(&self, edit: &Edit, current: Option<Row>, put: &mut Put<'_>) -> Result<Option<Row>, Fault> {
        let start = edit.planted.map_or(current, |planted| planted.map(Row::from));
        if edit.below.is_empty() {
            return Ok(start);
        }
        let before = match start {
            Some(row) if row.is_folder() => self.rows(row.id)?,
            _ => Arc::default(),
        };
        let mut after = Rows::clone(&before);
        for (name, edit) in &edit.below {
            match self.grow(edit, before.0.get(name.as_bytes()).copied(), put)? {
                Some(row) => after.0.insert(name.as_bytes().to_vec(), row),
                None => after.0.remove(name.as_bytes()),
            };
        }
        if after == *before {
            // Nothing was there to take away; a file in its place stays.
            return Ok(start);
        }
        match start {
            Some(row) if !row.is_folder() => {
                let name = edit.below.keys().next().map_or("", String::as_str);
                Err(Fault::unfinished(format!("a file stands where the folder of {name} should be")))
            }
            _ if after.0.is_empty() => Ok(None),
            _ => Ok(Some((put(ObjectType::Tree, &after.object())?, Kind::Folder).into())),
        }
    }

    /// The entries of one tree object.
    pub(super) fn rows(&self, tree: Id) -> Result<Arc<Rows>, Fault> {
        if tree == id::empty_tree() {
            return Ok(Arc::default());
        }
        if let Some(Some(kept)) = self.wide.borrow().get(&tree) {
            return Ok(Arc::clone(kept));
        }
        let found = self.inner.find_tree(tree.0).map_err(|error| self.unread(tree, &error))?;
        let row = |row: git2::TreeEntry<'_>| {
            (row.name_bytes().to_vec(), Row { id: Id(row.id()), bits: row.filemode_raw().cast_unsigned() })
        };
        let rows = Arc::new(Rows(found.iter().map(row).collect()));
        if let Some(place) = self.wide.borrow_mut().get_mut(&tree) {
            *place = Some(Arc::clone(&rows));
        }
        Ok(rows)
    }

    /// Runs something that puts objects, between two crash points.
    fn writing(&self, work: impl FnOnce(&mut Put<'_>) -> Result<Id, Fault>) -> Result<Id, Fault> {
        let objects = self.inner.odb().map_err(|error| failed("the object database can't be opened", &error))?;
        crash::point("git.objects.before");
        let written = work(&mut |kind, bytes| put_into(&objects, kind, bytes))?;
        crash::point("git.objects.after");
        Ok(written)
    }

    /// The names of the files that differ between two commits or trees, in order, of the whole repository. With `paths`
    /// (files or folders, taken literally) only those at and below them; looking at two paths costs two walks down.
    ///
    /// # Errors
    /// When an object is missing (exit 3), or a name is not UTF-8 (exit 1).
    pub fn changed_paths(&self, before: Id, after: Id, paths: &[&str]) -> Result<Vec<String>, Fault> {
        let mut options = git2::DiffOptions::new();
        options.disable_pathspec_match(true).include_typechange(true).skip_binary_check(true);
        for path in paths.iter().filter(|path| !path.is_empty()) {
            options.pathspec(path.trim_end_matches('/'));
        }
        let (one, other) = (self.treeish(before)?, self.treeish(after)?);
        let diff = self.inner.diff_tree_to_tree(one.as_ref(), other.as_ref(), Some(&mut options));
        let diff = diff.map_err(|error| failed("the difference of two trees can't be made", &error))?;
        let mut names = Vec::new();
        for delta in diff.deltas() {
            let bytes = delta.new_file().path_bytes().or_else(|| delta.old_file().path_bytes()).unwrap_or_default();
            let name = std::str::from_utf8(bytes).map_err(|_| {
                let shown = String::from_utf8_lossy(bytes);
                Fault::refused(format!("the path {shown} is not UTF-8")).hint("rename it")
            })?;
            names.push(name.to_owned());
        }
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn unread(&self, id: Id, error: &git2::Error) -> Fault {
        let fault = failed(&format!("the object {id} can't be read"), error);
        match error.code() {
            ErrorCode::NotFound if self.is_partial() => fault.hint(
                "this is a partial clone, and only git itself brings what it left out: clone without `--filter`, or \
                 `git fetch --refetch --no-filter`",
            ),
            ErrorCode::NotFound => fault.hint("`git fetch` may bring it; `git fsck` says what else is missing"),
            _ => fault.hint("`git fsck` says what is broken"),
        }
    }

    /// Whether a remote promised objects that are not here (`git clone --filter`).
    fn is_partial(&self) -> bool {
        let promised = || -> Result<bool, git2::Error> {
            let config = self.inner.config()?;
            let mut found = config.entries(Some("remote\\..*\\.promisor"))?;
            Ok(found.next().is_some_and(|entry| entry.is_ok()))
        };
        promised().unwrap_or(false)
    }

    /// The tree of a commit or tree; none for the empty one, which need not be here.
    fn treeish(&self, id: Id) -> Result<Option<git2::Tree<'_>>, Fault> {
        if id == id::empty_tree() {
            return Ok(None);
        }
        let found = match self.inner.find_tree(id.0) {
            Err(error) if error.code() == ErrorCode::NotFound => {
                self.inner.find_commit(id.0).and_then(|commit| commit.tree())
            }
            found => found,
        };
        found.map(Some).map_err(|error| self.unread(id, &error))
    }
}

/// The edits of a graft as a tree of names.
#[derive(Debug, Default)]
struct Edit {
    planted: Option<Option<Planted>>,
    below: BTreeMap<String, Edit>,
}

impl Edit {
    fn add(&mut self, path: &str, planted: Option<Planted>) -> Result<(), Fault> {
        let mut here = self;
        for part in path.split('/') {
            id::check_name(part)?;
            here = here.below.entry(part.to_owned()).or_default();
        }
        *here = Self { planted: Some(planted), below: BTreeMap::new() };
        Ok(())
    }
}

/// libgit2 freshens an object that is there, so that a collection going on at the same time leaves it alone.
fn put_into(objects: &Odb<'_>, kind: ObjectType, bytes: &[u8]) -> Result<Id, Fault> {
    objects.write(kind, bytes).map(Id).map_err(|error| failed("an object can't be written", &error))
}

fn joined(above: &str, name: &str) -> String {
    match (above, name) {
        ("", name) => name.to_owned(),
        (above, "") => above.to_owned(),
        (above, name) => format!("{above}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::{Sample, tree};
    use crate::merge::Mode;

    #[test]
    fn a_folder_is_read_with_modes_links_and_what_is_odd() {
        let sample = Sample::new();
        sample.commit(&[("a/spec.md", "one"), ("a/deep/run.sh", "two"), ("b.md", "three")], "one");
        let blob = sample.git(&["rev-parse", "HEAD:b.md"]).trim().to_owned();
        let head = sample.git(&["rev-parse", "HEAD"]).trim().to_owned();
        for row in [("100755", &blob, "a/deep/run.sh"), ("120000", &blob, "a/link"), ("160000", &head, "a/sub")] {
            sample.git(&["update-index", "--add", "--cacheinfo", &format!("{},{},{}", row.0, row.1, row.2)]);
        }
        sample.git(&["commit", "-qm", "odd"]);
        let repo = sample.repo();
        let top = repo.tree_of(repo.head().unwrap().unwrap()).unwrap();
        let (found, odd) = repo.read_all(top, "a").unwrap();
        let rows: Vec<_> = found.iter().map(|(path, entry)| (path, entry.mode, entry.bytes.as_slice())).collect();
        let expected = [
            ("deep/run.sh", Mode::Executable, &b"three"[..]),
            ("link", Mode::Link, b"three"),
            ("spec.md", Mode::File, b"one"),
        ];
        assert_eq!(rows, expected);
        assert_eq!(odd, [Odd { path: "sub".into(), what: Oddity::Submodule(head.parse().unwrap()) }]);
        assert!(repo.read(top, "a").unwrap_err().message().contains("a/sub is a submodule"));
        assert_eq!(repo.read(top, "a/deep").unwrap().len(), 1);
        assert!(repo.read(top, "none").unwrap().is_empty() && repo.read(top, "b.md/x").unwrap().is_empty());
        assert!(repo.read(top, "b.md").is_err());
        assert_eq!(repo.file(top, "b.md").unwrap().as_deref(), Some(&b"three"[..]));
        assert_eq!(repo.entry(top, "a/sub").unwrap().map(|(_, kind)| kind), Some(Kind::Submodule));
    }

    #[test]
    fn old_modes_and_names_that_are_no_text_are_reported() {
        let sample = Sample::new();
        let blob = sample.git_with(&["hash-object", "-w", "--stdin"], b"x");
        let row = format!("100664 blob {}\told\0", blob.trim());
        let made = sample.git_with(&["mktree", "-z"], row.as_bytes());
        let (found, odd) = sample.repo().read_all(made.trim().parse().unwrap(), "").unwrap();
        // git's own mktree writes today's mode; then nothing is odd.
        assert_eq!(found.len(), 1);
        assert!(odd.iter().all(|odd| odd.what == Oddity::Mode(0o100_664)));
        let mut row = format!("100644 blob {}\t", blob.trim()).into_bytes();
        row.extend_from_slice(b"caf\xe9\0");
        let made = sample.git_with(&["mktree", "-z"], &row).trim().parse().unwrap();
        assert!(sample.repo().read(made, "").unwrap_err().message().contains("not UTF-8"));
        assert!(sample.repo().changed_paths(id::empty_tree(), made, &[]).is_err());
    }

    #[test]
    fn grafts_replace_add_and_remove() {
        let sample = Sample::new();
        let repo = sample.repo();
        let base = repo.write(&tree(&[("a/x", "1"), ("a/y", "2"), ("b/c/d", "3"), ("e", "4")])).unwrap();
        let blob = |text: &str| (repo.write_blob(text.as_bytes()).unwrap(), Kind::File);
        let folder = (repo.write(&tree(&[("n/o", "5")])).unwrap(), Kind::Folder);
        let check = |edits: &[(&str, Option<Planted>)], expected: &[(&str, &str)]| {
            let edits: Vec<_> = edits.iter().map(|(path, planted)| ((*path).to_owned(), *planted)).collect();
            let made = repo.graft(base, &edits).unwrap();
            assert_eq!(repo.read(made, "").unwrap(), tree(expected), "{edits:?}");
            assert_eq!(made, crate::git::tree_id(&tree(expected)).unwrap());
        };
        let all = [("a/x", "1"), ("a/y", "2"), ("b/c/d", "3"), ("e", "4")];
        check(&[], &all);
        check(&[("none/at/all", None), ("e/below", None)], &all);
        check(&[("a/x", Some(blob("9"))), ("e", None)], &[("a/x", "9"), ("a/y", "2"), ("b/c/d", "3")]);
        check(&[("b/c/d", None)], &[("a/x", "1"), ("a/y", "2"), ("e", "4")]);
        check(&[("a", Some(folder))], &[("a/n/o", "5"), ("b/c/d", "3"), ("e", "4")]);
        check(
            &[("a", Some(folder)), ("a/m", Some(blob("6"))), ("b", None), ("e", None)],
            &[("a/m", "6"), ("a/n/o", "5")],
        );
        check(&[("a/m", Some(blob("6"))), ("a", Some(folder)), ("b", None)], &[("a/n/o", "5"), ("e", "4")]);
        check(&[("a", None), ("b", None), ("e", None)], &[]);
        assert!(repo.graft(base, &[("e/below".into(), Some(folder))]).is_err(), "through a file");
        for bad in ["", "/a", "a//b", "../x", "a/.git/x"] {
            assert!(repo.graft(base, &[(bad.into(), Some(folder))]).is_err(), "{bad:?}");
        }
        let missing = crate::git::tree_id(&tree(&[("never", "written")])).unwrap();
        assert!(repo.graft(base, &[("z".into(), Some((missing, Kind::Folder)))]).is_err());
    }

    #[test]
    fn changed_paths_are_taken_literally() {
        let sample = Sample::new();
        let repo = sample.repo();
        let one = repo.write(&tree(&[("a/x", "1"), ("a*/x", "1"), ("ab/x", "1"), ("keep", "1")])).unwrap();
        let other = repo.write(&tree(&[("a/x", "2"), ("a*/x", "2"), ("ab/y", "1"), ("keep", "1")])).unwrap();
        let check = |paths: &[&str], expected: &[&str]| {
            assert_eq!(repo.changed_paths(one, other, paths).unwrap(), expected, "{paths:?}");
        };
        check(&[], &["a*/x", "a/x", "ab/x", "ab/y"]);
        check(&["a"], &["a/x"]);
        check(&["a/"], &["a/x"]);
        check(&["a*"], &["a*/x"]);
        check(&["keep", "none", "ab/y"], &["ab/y"]);
        assert_eq!(repo.changed_paths(one, one, &[]).unwrap(), [""; 0]);
        assert_eq!(repo.changed_paths(id::empty_tree(), one, &["keep"]).unwrap(), ["keep"]);
    }

    #[test]
    fn a_folder_called_like_the_project_is_its_part() {
        let sample = Sample::new();
        let commit = sample.commit(&[("sub/dir/a.md", "x"), ("b.md", "y")], "one");
        let repo = Repo::at(&sample.path("sub/dir")).unwrap().unwrap();
        let part = repo.project_of(commit).unwrap().unwrap();
        assert_eq!(repo.read(part, "").unwrap(), tree(&[("a.md", "x")]));
        assert!(!repo.has(crate::git::tree_id(&tree(&[("q", "q")])).unwrap()));
    }
}
