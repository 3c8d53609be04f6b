//! Commits: made without a branch, an index or a worktree, and read as values.
//!
//! vso's commits carry vso's own identity and are not signed: `commit.gpgsign` and `user.*` are a person's, and a key
//! that asks for its pass phrase would stop a hook. `[git]` settings of the project may give another name.

use git2::{ErrorCode, ObjectType, Oid, Signature, Sort, Time};

use super::id::Id;
use super::{Repo, failed};
use crate::crash;
use crate::fault::Fault;

/// Who makes a commit, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The name, without `<`, `>` and line ends.
    pub name: String,
    /// The address.
    pub email: String,
    /// Seconds since 1970-01-01 UTC.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub offset: i32,
}

impl Author {
    /// vso itself, at a time in seconds since 1970. The address reaches nobody.
    #[must_use]
    pub fn vso(seconds: i64) -> Self {
        Self { name: "vso".into(), email: "vso@localhost".into(), seconds, offset: 0 }
    }

    pub(super) fn signature(&self) -> Result<Signature<'static>, Fault> {
        Signature::new(&self.name, &self.email, &Time::new(self.seconds, self.offset)).map_err(|error| {
            Fault::usage(format!("{:?} <{}> can't be an author: {}", self.name, self.email, error.message()))
        })
    }
}

/// A commit as a value. Text that is not UTF-8 has its strange bytes replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: Id,
    /// Its tree.
    pub tree: Id,
    /// What it follows, the line it stands on first.
    pub parents: Vec<Id>,
    /// Its whole message.
    pub message: String,
    /// Who wrote the change, and when.
    pub author: Author,
}

impl Commit {
    /// The value of the last trailer of this name (`Vso-Engine: 0.1.0`) in the message's last paragraph.
    #[must_use]
    pub fn trailer(&self, name: &str) -> Option<&str> {
        let last = self.message.trim_end().rsplit("\n\n").next()?;
        let rows = last.lines().rev().filter_map(|line| line.split_once(':'));
        rows.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

impl Repo {
    /// Makes a commit that no ref names yet.
    ///
    /// # Errors
    /// When the author can't be one (exit 2), the tree or a parent is not here, or the disk fails (exit 3).
    pub fn commit(&self, tree: Id, parents: &[Id], message: &str, author: &Author) -> Result<Id, Fault> {
        let signature = author.signature()?;
        crash::point("git.commit.before");
        let make = || -> Result<Id, git2::Error> {
            let tree = match self.inner.find_tree(tree.0) {
                Err(error) if error.code() == ErrorCode::NotFound && tree == super::empty_tree() => {
                    self.inner.find_tree(self.inner.treebuilder(None)?.write()?)?
                }
                found => found?,
            };
            let parents: Vec<git2::Commit<'_>> =
                parents.iter().map(|id| self.inner.find_commit(id.0)).collect::<Result<_, _>>()?;
            let parents: Vec<&git2::Commit<'_>> = parents.iter().collect();
            self.inner.commit(None, &signature, &signature, message, &tree, &parents).map(Id)
        };
        let made = make().map_err(|error| failed("the commit can't be made", &error))?;
        crash::point("git.commit.after");
        Ok(made)
    }

    /// Writes the object of a commit that was made elsewhere, from what was signed and the signature. False when no way
    /// of putting the two together has that name: then it must be fetched.
    ///
    /// # Errors
    /// When the disk fails (exit 3).
    pub fn write_commit_object(&self, payload: &str, signature: Option<&str>, id: Id) -> Result<bool, Fault> {
        for object in signed(payload, signature) {
            if Oid::hash_object(ObjectType::Commit, &object).is_ok_and(|oid| oid == id.0) {
                crash::point("git.object.before");
                let written = self.inner.odb().and_then(|odb| odb.write(ObjectType::Commit, &object));
                written.map_err(|error| failed("the commit can't be written", &error))?;
                crash::point("git.object.after");
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads a commit.
    ///
    /// # Errors
    /// When there is no such commit here (exit 3).
    pub fn commit_at(&self, id: Id) -> Result<Commit, Fault> {
        let found =
            self.inner.find_commit(id.0).map_err(|error| failed(&format!("the commit {id} can't be read"), &error))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let author = found.author();
        Ok(Commit {
            id,
            tree: Id(found.tree_id()),
            parents: found.parent_ids().map(Id).collect(),
            message: text(found.message_bytes()),
            author: Author {
                name: text(author.name_bytes()),
                email: text(author.email_bytes()),
                seconds: author.when().seconds(),
                offset: author.when().offset_minutes(),
            },
        })
    }

    /// The commits that `to` has and `from` does not, newest first, children before their parents; all when there is no
    /// `from`. The cost follows their number.
    ///
    /// # Errors
    /// When one of the two is not here, or the history is broken (exit 3).
    pub fn commits(&self, from: Option<Id>, to: Id) -> Result<Vec<Id>, Fault> {
        let walk = || -> Result<Vec<Id>, git2::Error> {
            let mut walk = self.inner.revwalk()?;
            walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
            walk.push(to.0)?;
            from.map_or(Ok(()), |from| walk.hide(from.0))?;
            walk.map(|id| id.map(Id)).collect()
        };
        walk().map_err(|error| failed("the history can't be read", &error))
    }

    /// Whether `above` is `below` or one of the commits that it follows.
    ///
    /// # Errors
    /// When one of the two is not here (exit 3).
    pub fn ancestor(&self, above: Id, below: Id) -> Result<bool, Fault> {
        let found = if above == below {
            self.inner.find_commit(above.0).map(|_| true)
        } else {
            self.inner.graph_descendant_of(below.0, above.0)
        };
        found.map_err(|error| failed("the history can't be read", &error))
    }

    /// The best common ancestor of two commits; none when they have none.
    ///
    /// # Errors
    /// When one of the two is not here (exit 3).
    pub fn merge_base(&self, one: Id, other: Id) -> Result<Option<Id>, Fault> {
        match self.inner.merge_base(one.0, other.0) {
            Ok(id) => Ok(Some(Id(id))),
            Err(error) if error.code() == ErrorCode::NotFound && self.has(one) && self.has(other) => Ok(None),
            Err(error) => Err(failed("the history can't be read", &error)),
        }
    }
}

/// The objects that a payload and its signature can be: the signature stands after the other headers, each further line
/// behind a space. Whether its last line end counts as one more line differs between those who sign.
fn signed(payload: &str, signature: Option<&str>) -> Vec<Vec<u8>> {
    let Some(signature) = signature else { return vec![payload.into()] };
    let Some((headers, message)) = payload.split_once("\n\n") else { return Vec::new() };
    let object = |signature: &str| {
        let lines = signature.replace("\r\n", "\n").replace('\n', "\n ");
        format!("{headers}\ngpgsig {lines}\n\n{message}").into_bytes()
    };
    let plain = signature.trim_end_matches('\n');
    vec![object(signature), object(plain), object(&format!("{plain}\n"))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::{Sample, tree};

    #[test]
    fn commits_are_made_and_read() {
        let sample = Sample::new();
        let repo = sample.repo();
        let made = repo.write(&tree(&[("a", "1")])).unwrap();
        let first = repo.commit(made, &[], "one\n\nVso-Engine: 0.1.0\nvso-engine: 0.2.0\n", &Author::vso(7)).unwrap();
        let second = repo.commit(crate::git::empty_tree(), &[first], "two: b\n\nx", &Author::vso(8)).unwrap();
        let read = repo.commit_at(first).unwrap();
        assert_eq!((read.tree, read.author.clone(), read.trailer("Vso-Engine")), (made, Author::vso(7), Some("0.2.0")));
        assert_eq!(repo.commit_at(second).unwrap().parents, [first]);
        assert_eq!(repo.commit_at(second).unwrap().trailer("two"), None);
        assert_eq!(repo.commits(None, second).unwrap(), [second, first]);
        assert_eq!(repo.commits(Some(first), second).unwrap(), [second]);
        assert_eq!(
            sample.git(&["log", "-1", "--format=%an <%ae> %at", &first.to_string()]).trim(),
            "vso <vso@localhost> 7"
        );
        assert!(sample.git(&["status", "--porcelain"]).is_empty() && repo.head().unwrap().is_none());
        sample.git(&["fsck", "--strict"]);
    }

    #[test]
    fn a_signed_commit_is_put_together_from_payload_and_signature() {
        let sample = Sample::new();
        let repo = sample.repo();
        let first = sample.commit(&[("a", "1")], "one");
        let payload = sample.git(&["cat-file", "commit", &first.to_string()]);
        assert!(repo.write_commit_object(&payload, None, first).unwrap());
        let signature = "-----BEGIN PGP SIGNATURE-----\n\nwsBc\n=abcd\n-----END PGP SIGNATURE-----\n";
        // git's own and GitHub's way to end it.
        for end in ["", " \n"] {
            let lines = signature.trim_end().replace('\n', "\n ");
            let object = payload.replacen("\n\n", &format!("\ngpgsig {lines}\n{end}\n"), 1);
            let named = sample.git_with(&["hash-object", "-t", "commit", "--stdin"], object.as_bytes());
            let id: Id = named.trim().parse().unwrap();
            assert!(!repo.has(id));
            for given in [signature, signature.trim_end()] {
                assert!(repo.write_commit_object(&payload, Some(given), id).unwrap());
            }
            assert_eq!(repo.commit_at(id).unwrap().message, "one\n");
            assert!(!repo.write_commit_object(&payload, Some("other"), id).unwrap());
            assert!(!repo.write_commit_object("nonsense", Some(signature), id).unwrap());
        }
        sample.git(&["fsck", "--strict"]);
    }

    #[test]
    fn what_can_not_be_committed_is_a_fault() {
        let sample = Sample::new();
        let repo = sample.repo();
        let made = repo.write(&tree(&[("a", "1")])).unwrap();
        let gone = crate::git::tree_id(&tree(&[("b", "2")])).unwrap();
        assert!(repo.commit(gone, &[], "x", &Author::vso(0)).is_err());
        assert!(repo.commit(made, &[gone], "x", &Author::vso(0)).is_err());
        assert!(repo.commit(made, &[], "x\0y", &Author::vso(0)).is_err());
        let nobody = Author { name: "<>".into(), ..Author::vso(0) };
        assert!(repo.commit(made, &[], "x", &nobody).is_err());
    }

    #[test]
    fn ancestors_and_merge_bases_are_found() {
        let sample = Sample::new();
        let one = sample.commit(&[("a", "1")], "one");
        sample.git(&["checkout", "-q", "-b", "side"]);
        let side = sample.commit(&[("b", "1")], "side");
        sample.git(&["checkout", "-q", "main"]);
        let main = sample.commit(&[("c", "1")], "main");
        sample.git(&["checkout", "-q", "--orphan", "other"]);
        let other = sample.commit(&[("d", "1")], "other");
        let repo = sample.repo();
        assert_eq!(repo.merge_base(side, main).unwrap(), Some(one));
        assert_eq!(repo.merge_base(side, other).unwrap(), None);
        let answers = [(one, side), (one, one), (side, one), (side, main)].map(|(a, b)| repo.ancestor(a, b).unwrap());
        assert_eq!(answers, [true, true, false, false]);
        let gone = crate::git::tree_id(&tree(&[("q", "q")])).unwrap();
        assert!(repo.ancestor(gone, gone).is_err() && repo.merge_base(gone, one).is_err());
    }
}
