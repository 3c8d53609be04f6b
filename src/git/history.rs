//! The generation history: `refs/vso/generated` as values.
//!
//! A chain of commits, each with everything that was generated: `generated/` as in the project, `bases/<slice>/` and
//! `bases/shared/` (so that git keeps every tree that a `metadata.json` may name), `registry.json`, and the inputs. A
//! commit is grafted onto the one before, so its cost follows the slices that changed.

use std::collections::BTreeSet;

use git2::ObjectType;

use super::commit::Author;
use super::generation::{self, Generation, SHARED};
use super::id::{Id, Kind, Planted, check_name, empty_tree};
use super::refs::Moved;
use super::remote::{Exchange, Reach, Update};
use super::{Repo, failed};
use crate::fault::Fault;
use crate::merge::Tree;
use crate::slicing::registry::Registry;

/// The ref of the history.
pub const GENERATED: &str = "refs/vso/generated";

/// The trailer that names the engine's version.
pub const ENGINE: &str = "Vso-Engine";

/// What came of recording a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Recording {
    /// The tip holds exactly this already.
    Same(Id),
    /// This is the new tip.
    New(Id),
    /// Somebody else moved the history meanwhile; it is there now. Nothing of this is in it.
    Elsewhere(Option<Id>),
}

/// What a generation was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inputs {
    /// The master's text.
    pub master: String,
    /// The settings, as JSON.
    pub settings: String,
    /// The project's own templates.
    pub templates: Vec<(String, String)>,
}

/// The history of one repository.
#[derive(Debug, Clone, Copy)]
pub struct History<'r> {
    repo: &'r Repo,
}

/// One generation of it; what it holds is read when it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Tip<'r> {
    repo: &'r Repo,
    /// The commit.
    pub commit: Id,
    tree: Id,
}

impl<'r> History<'r> {
    /// The history of a repository. Costs nothing.
    #[must_use]
    pub fn open(repo: &'r Repo) -> Self {
        Self { repo }
    }

    /// The newest generation; none when there is no history here.
    ///
    /// # Errors
    /// When the ref or its commit can't be read (exit 3).
    pub fn tip(&self) -> Result<Option<Tip<'r>>, Fault> {
        self.repo.find_ref(GENERATED)?.map(|commit| self.at(commit)).transpose()
    }

    /// The generation of a commit of this history, or of another clone's.
    ///
    /// # Errors
    /// When the commit can't be read (exit 3).
    pub fn at(&self, commit: Id) -> Result<Tip<'r>, Fault> {
        Ok(Tip { repo: self.repo, commit, tree: self.repo.tree_of(commit)? })
    }

    /// Whether recording this upon a tip would move the history. Moves nothing; objects that nothing names may be written.
    ///
    /// # Errors
    /// As [`History::record`].
    pub fn is_news(&self, made: &Generation, tip: Option<Id>) -> Result<bool, Fault> {
        let before = tip.map(|commit| self.at(commit)).transpose()?;
        let base = before.as_ref().map_or_else(empty_tree, |tip| tip.tree);
        let (tree, _) = generation::plant(self.repo, base, made)?;
        Ok(before.is_none_or(|tip| tip.tree != tree))
    }

    /// Records a generation upon the tip that its maker saw; none: there was no history. When the tip holds the same
    /// already nothing is written.
    ///
    /// # Errors
    /// When a slice's id or a path can't stand in a tree, a slice is said to be the same and is not in the tip, or the
    /// disk fails (exit 3).
    pub fn record(&self, made: &Generation, tip: Option<Id>, author: &Author) -> Result<Recording, Fault> {
        let before = tip.map(|commit| self.at(commit)).transpose()?;
        let base = before.map_or_else(empty_tree, |tip| tip.tree);
        let (tree, changed) = generation::plant(self.repo, base, made)?;
        if let Some(tip) = before.filter(|tip| tip.tree == tree) {
            return Ok(match self.repo.find_ref(GENERATED)? {
                now if now == Some(tip.commit) => Recording::Same(tip.commit),
                now => Recording::Elsewhere(now),
            });
        }
        let message = format!("generation: {changed} of {} slices\n\n{ENGINE}: {}\n", made.slices.len(), made.engine);
        let parents: Vec<Id> = tip.into_iter().collect();
        let commit = self.repo.commit(tree, &parents, &message, author)?;
        Ok(match self.repo.move_ref(GENERATED, tip, Some(commit), "vso: generation")? {
            Moved::Done => Recording::New(commit),
            Moved::Elsewhere(now) => Recording::Elsewhere(now),
        })
    }

    /// The files of a base by its name. When it is not here, `fetch` is asked to bring the history, first what is new
    /// and then all of it; it says whether it brought anything. None when the base is nowhere.
    ///
    /// # Errors
    /// When the base is here and can't be read, or `fetch` fails (exit 3).
    pub fn find_base(
        &self,
        base: Id,
        fetch: &mut dyn FnMut(Reach) -> Result<bool, Fault>,
    ) -> Result<Option<Tree>, Fault> {
        if self.is_tree(base)? {
            return self.repo.read(base, "").map(Some);
        }
        for reach in [Reach::New, Reach::Whole] {
            if fetch(reach)? && self.is_tree(base)? {
                return self.repo.read(base, "").map(Some);
            }
        }
        Ok(None)
    }

    /// Whether an id that a file named is a tree that is here: it may be anything.
    fn is_tree(&self, id: Id) -> Result<bool, Fault> {
        if !self.repo.has(id) || id == empty_tree() {
            return Ok(id == empty_tree());
        }
        let objects = self.repo.inner.odb().map_err(|error| failed("the object database can't be opened", &error))?;
        let header = objects.read_header(id.0);
        Ok(header.map_err(|error| failed(&format!("the object {id} can't be read"), &error))?.1 == ObjectType::Tree)
    }

    /// Where the history of a remote is kept here after [`History::fetch`].
    #[must_use]
    pub fn tracked(remote: &str) -> String {
        format!("refs/vso/remotes/{remote}/generated")
    }

    /// Fetches a remote's history beside the own one ([`History::tracked`]).
    ///
    /// # Errors
    /// When git can't be run (exit 3).
    pub fn fetch(&self, remote: &str, reach: Reach) -> Result<Exchange, Fault> {
        if !self.repo.remotes()?.iter().any(|name| name == remote) {
            return Ok(Exchange::NoSuchRemote);
        }
        self.repo.fetch_deep(remote, &[&format!("+{GENERATED}:{}", Self::tracked(remote))], reach)
    }

    /// Moves a remote's history to the own tip, from what [`History::fetch`] last saw there.
    ///
    /// # Errors
    /// When git can't be run (exit 3).
    pub fn push(&self, remote: &str) -> Result<Exchange, Fault> {
        let Some(tip) = self.repo.find_ref(GENERATED)? else { return Ok(Exchange::Absent(GENERATED.to_owned())) };
        let tracked = Self::tracked(remote);
        let seen = match super::check_ref(&tracked) {
            Ok(()) => self.repo.find_ref(&tracked)?,
            Err(_) => return Ok(Exchange::NoSuchRemote),
        };
        let update = Update { name: GENERATED.to_owned(), expected: seen, to: Some(tip) };
        let pushed = self.repo.push(remote, &[update])?;
        if pushed == Exchange::Done {
            // A loss only means that the next push asks once more.
            let _ = self.repo.move_ref(&tracked, seen, Some(tip), "vso: pushed")?;
        }
        Ok(pushed)
    }

    /// Every base that the chain below a commit has ever named. The cost follows the length of the chain.
    ///
    /// # Errors
    /// When the chain can't be read (exit 3).
    pub fn known_bases(&self, tip: Id) -> Result<BTreeSet<Id>, Fault> {
        let mut found = BTreeSet::new();
        let mut looked_at = BTreeSet::new();
        for commit in self.repo.commits(None, tip)? {
            let bases = self.repo.entry(self.repo.tree_of(commit)?, "bases")?;
            let Some((bases, Kind::Folder)) = bases else { continue };
            if looked_at.insert(bases) {
                found.extend(self.repo.rows(bases)?.0.values().map(|row| row.id));
            }
        }
        Ok(found)
    }
}

impl Tip<'_> {
    /// Who has which number and id.
    ///
    /// # Errors
    /// When it can't be read or understood (exit 3).
    pub fn registry(&self) -> Result<Registry, Fault> {
        let bytes = self.needed("registry.json")?;
        serde_json::from_slice(&bytes).map_err(|error| self.broken("registry.json").because(&error))
    }

    /// What the generation was made from.
    ///
    /// # Errors
    /// When it can't be read (exit 3).
    pub fn inputs(&self) -> Result<Inputs, Fault> {
        let text = |bytes: Vec<u8>, path: &str| String::from_utf8(bytes).map_err(|_| self.broken(path));
        let templates = self.repo.read(self.tree, "inputs/templates")?.into_iter();
        let templates = templates.map(|(path, entry)| text(entry.bytes, &path).map(|text| (path, text)));
        Ok(Inputs {
            master: text(self.needed("inputs/master-spec.md")?, "inputs/master-spec.md")?,
            settings: text(self.needed("inputs/settings.json")?, "inputs/settings.json")?,
            templates: templates.collect::<Result<_, _>>()?,
        })
    }

    /// The object of one input or of the registry, for a comparison without reading (`inputs/master-spec.md`).
    ///
    /// # Errors
    /// When the commit's trees can't be read (exit 3).
    pub fn entry(&self, path: &str) -> Result<Option<Planted>, Fault> {
        self.repo.entry(self.tree, path)
    }

    /// The name of a slice's base; none when the generation has no such slice.
    ///
    /// # Errors
    /// When the commit's trees can't be read (exit 3).
    pub fn base_of(&self, slice: &str) -> Result<Option<Id>, Fault> {
        check_name(slice)?;
        Ok(self.repo.entry(self.tree, &format!("bases/{slice}"))?.map(|(id, _)| id))
    }

    /// The name of the tree of the shared files.
    ///
    /// # Errors
    /// When the commit's trees can't be read (exit 3).
    pub fn shared(&self) -> Result<Option<Id>, Fault> {
        self.base_of(SHARED)
    }

    /// The ids of the slices that have a base, in order.
    ///
    /// # Errors
    /// When the commit's trees can't be read (exit 3).
    pub fn slices(&self) -> Result<Vec<String>, Fault> {
        let Some((bases, Kind::Folder)) = self.entry("bases")? else { return Ok(Vec::new()) };
        let rows = self.repo.rows(bases)?;
        let names = rows.0.keys().map(|name| String::from_utf8_lossy(name).into_owned());
        Ok(names.filter(|name| name != SHARED).collect())
    }

    /// Everything that was generated below a path of the project, `metadata.json` too.
    ///
    /// # Errors
    /// When it can't be read (exit 3).
    pub fn generated(&self, path: &str) -> Result<Tree, Fault> {
        self.repo.read(self.tree, format!("generated/{path}").trim_end_matches('/'))
    }

    /// The version of the engine that made it; none when the commit does not say.
    ///
    /// # Errors
    /// When the commit can't be read (exit 3).
    pub fn engine(&self) -> Result<Option<String>, Fault> {
        Ok(self.repo.commit_at(self.commit)?.trailer(ENGINE).map(str::to_owned))
    }

    fn needed(&self, path: &str) -> Result<Vec<u8>, Fault> {
        self.repo.file(self.tree, path)?.ok_or_else(|| self.broken(path))
    }

    fn broken(&self, path: &str) -> Fault {
        Fault::unfinished(format!("the generation history is broken: {path} of {}", self.commit))
            .hint(format!("take it from another clone, or start it anew: git update-ref -d {GENERATED}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::{Sample, tree};
    use crate::git::{Part, Recorded, tree_id};

    fn files(text: &str) -> Tree {
        tree(&[("spec.md", text), ("tests/unit/test_a.py", "def test_a(): ...\n")])
    }

    fn new(text: &str) -> Recorded {
        Recorded::New { metadata: text.into(), generated: Part::Files(files(text)), base: None }
    }

    fn made(slices: &[(&str, Recorded)]) -> Generation {
        Generation {
            registry: Registry::default(),
            master: "# A\n".into(),
            settings: "{}".into(),
            templates: vec![("slice/spec.md".into(), "# B\n".into())],
            folder: "vertical-slices".into(),
            slices: slices.iter().map(|(id, recorded)| ((*id).to_owned(), recorded.clone())).collect(),
            shared: tree(&[("vertical-slices/steps.py", "s"), ("deployments/test/terraform.tfvars", "t")]),
            engine: "0.1.0".into(),
        }
    }

    #[track_caller]
    fn record(repo: &Repo, made: &Generation, tip: Option<Id>) -> Id {
        match History::open(repo).record(made, tip, &Author::vso(7)).unwrap() {
            Recording::New(id) => id,
            other => panic!("{other:?}"),
        }
    }

    /// No fetch is possible.
    fn alone(_: Reach) -> Result<bool, Fault> {
        Ok(false)
    }

    #[test]
    fn a_generation_is_recorded_and_read_back() {
        let sample = Sample::new();
        let repo = sample.repo();
        let history = History::open(&repo);
        assert!(history.tip().unwrap().is_none());
        let first = record(&repo, &made(&[("slice-001-a", new("one")), ("slice-002-b", new("two"))]), None);
        let tip = history.tip().unwrap().unwrap();
        assert_eq!((tip.commit, tip.slices().unwrap()), (first, vec!["slice-001-a".into(), "slice-002-b".into()]));
        assert_eq!(tip.registry().unwrap(), Registry::default());
        let inputs = tip.inputs().unwrap();
        assert_eq!((inputs.master.as_str(), inputs.settings.as_str(), inputs.templates.len()), ("# A\n", "{}", 1));
        assert_eq!(tip.base_of("slice-001-a").unwrap(), Some(tree_id(&files("one")).unwrap()));
        assert_eq!(tip.base_of("slice-003-c").unwrap(), None);
        assert_eq!(tip.engine().unwrap().as_deref(), Some("0.1.0"));
        let generated = tip.generated("").unwrap();
        assert_eq!(generated.get("vertical-slices/slice-001-a/metadata.json").unwrap().bytes, b"one");
        assert_eq!(generated.len(), 2 * 3 + 2);
        sample.git(&["fsck", "--strict"]);
    }

    #[test]
    fn only_what_changed_is_written_and_nothing_when_nothing_did() {
        let sample = Sample::new();
        let repo = sample.repo();
        let history = History::open(&repo);
        let both = made(&[("slice-001-a", new("one")), ("slice-002-b", new("two"))]);
        let first = record(&repo, &both, None);
        assert_eq!(history.record(&both, Some(first), &Author::vso(8)).unwrap(), Recording::Same(first));
        let same = made(&[("slice-001-a", Recorded::Same), ("slice-002-b", Recorded::Same)]);
        assert_eq!(history.record(&same, Some(first), &Author::vso(8)).unwrap(), Recording::Same(first));
        let known = Part::Known(tree_id(&files("two")).unwrap());
        let settled =
            Recorded::New { metadata: "three".into(), generated: Part::Files(files("three")), base: Some(known) };
        let mut next = made(&[("slice-001-a", Recorded::Same), ("slice-002-b", settled)]);
        next.shared = tree(&[("deployments/test/terraform.tfvars", "u")]);
        let second = record(&repo, &next, Some(first));
        let tip = history.tip().unwrap().unwrap();
        assert_eq!(
            tip.base_of("slice-002-b").unwrap(),
            Some(tree_id(&files("two")).unwrap()),
            "not what was generated"
        );
        assert_eq!(tip.generated("vertical-slices/slice-002-b").unwrap().get("spec.md").unwrap().bytes, b"three");
        assert!(tip.generated("vertical-slices").unwrap().get("steps.py").is_none());
        let subject = repo.commit_at(second).unwrap();
        assert!(subject.message.starts_with("generation: 1 of 2 slices\n") && subject.parents == [first]);
        let third = record(&repo, &made(&[("slice-001-a", Recorded::Same)]), Some(second));
        assert_eq!(history.tip().unwrap().unwrap().slices().unwrap(), ["slice-001-a"]);
        let known = history.known_bases(third).unwrap();
        let expected = [files("one"), files("two"), made(&[]).shared, next.shared];
        assert_eq!(known, expected.iter().map(|tree| tree_id(tree).unwrap()).collect());
        assert!(history.record(&made(&[("slice-009-x", Recorded::Same)]), Some(third), &Author::vso(9)).is_err());
        for bad in ["shared", "a/b", "..", ""] {
            assert!(history.record(&made(&[(bad, new("x"))]), Some(third), &Author::vso(9)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn whoever_generates_upon_an_old_tip_is_told() {
        let sample = Sample::new();
        let repo = sample.repo();
        let history = History::open(&repo);
        let first = record(&repo, &made(&[("slice-001-a", new("one"))]), None);
        let second = record(&repo, &made(&[("slice-001-a", new("two"))]), Some(first));
        let late = history.record(&made(&[("slice-001-a", new("three"))]), Some(first), &Author::vso(8)).unwrap();
        assert_eq!(late, Recording::Elsewhere(Some(second)));
        let late = history.record(&made(&[("slice-001-a", new("one"))]), Some(first), &Author::vso(8)).unwrap();
        assert_eq!(late, Recording::Elsewhere(Some(second)), "also when it is what the old tip held");
        let late = history.record(&made(&[("slice-001-a", new("three"))]), None, &Author::vso(8)).unwrap();
        assert_eq!(late, Recording::Elsewhere(Some(second)));
    }

    /// A project with two generations, each committed with its base's name in `metadata.json`: the first on `main`, the
    /// second on `proposal`. Gives both names.
    fn project(sample: &Sample) -> (Id, Id) {
        let repo = sample.repo();
        let (one, two) = (tree_id(&files("one")).unwrap(), tree_id(&files("two")).unwrap());
        let first = record(&repo, &made(&[("slice-001-a", new("one"))]), None);
        sample.commit(&[("slice/metadata.json", &one.to_string()), ("slice/spec.md", "mine")], "first");
        record(&repo, &made(&[("slice-001-a", new("two"))]), Some(first));
        sample.git(&["checkout", "-q", "-b", "proposal"]);
        sample.commit(&[("slice/spec.md", "mine too")], "second");
        sample.commit(&[("slice/metadata.json", &two.to_string())], "third");
        sample.git(&["checkout", "-q", "main"]);
        sample.commit(&[("other.md", "x")], "beside");
        (one, two)
    }

    /// The base that HEAD's `metadata.json` names, found without a remote.
    fn base_at_head(sample: &Sample) -> Option<Tree> {
        let repo = sample.repo();
        let head = repo.tree_of(repo.head().unwrap().unwrap()).unwrap();
        let named = repo.file(head, "slice/metadata.json").unwrap().unwrap();
        let id = String::from_utf8(named).unwrap().trim().parse().unwrap();
        History::open(&repo).find_base(id, &mut alone).unwrap()
    }

    #[test]
    fn the_base_survives_every_way_of_merging_and_collection() {
        let ways: [(&str, &[&[&str]]); 4] = [
            ("merge", &[&["merge", "-q", "--no-ff", "-m", "m", "proposal"]]),
            ("squash", &[&["merge", "-q", "--squash", "proposal"], &["commit", "-qm", "s"]]),
            ("rebase", &[&["checkout", "-q", "proposal"], &["rebase", "-q", "main"]]),
            ("cherry-pick", &[&["cherry-pick", "proposal~1", "proposal"]]),
        ];
        for (way, commands) in ways {
            let sample = Sample::new();
            let (one, two) = project(&sample);
            assert_eq!(base_at_head(&sample), Some(files("one")), "{way}: before");
            for command in commands {
                sample.git(command);
            }
            sample.git(&["checkout", "-q", "--detach"]);
            for branch in ["main", "proposal"] {
                sample.git(&["branch", "-q", "-D", branch]);
            }
            sample.git(&["pack-refs", "--all", "--prune"]);
            sample.git(&["reflog", "expire", "--expire=now", "--all"]);
            sample.git(&["gc", "-q", "--prune=now"]);
            assert_eq!(base_at_head(&sample), Some(files("two")), "{way}: after");
            let repo = sample.repo();
            let history = History::open(&repo);
            let known = history.known_bases(history.tip().unwrap().unwrap().commit).unwrap();
            assert!(known.contains(&one) && known.contains(&two));
            for base in known {
                assert!(history.find_base(base, &mut alone).unwrap().is_some(), "{way}: {base}");
            }
        }
    }

    #[test]
    fn a_base_that_is_missing_is_fetched() {
        let sample = Sample::new();
        let bare = sample.bare();
        sample.git(&["remote", "add", "origin", &bare.display().to_string()]);
        let (one, two) = project(&sample);
        sample.git(&["push", "-q", "origin", "main"]);
        let repo = sample.repo();
        let history = History::open(&repo);
        assert_eq!(history.push("origin").unwrap(), Exchange::Done);
        assert_eq!(history.push("origin").unwrap(), Exchange::Done);
        let url = format!("file://{}", bare.display());
        let depth: [&[&str]; 3] = [&[], &["--depth=1"], &["--depth=1", "--single-branch"]];
        for (number, options) in depth.into_iter().enumerate() {
            let place = format!("../clone-{number}");
            sample.git(&[&["clone", "-q"], options, &[url.as_str(), place.as_str()]].concat());
            if number == 2 {
                // As a pipeline does: only the newest generation, so the old base is below the cut.
                let refspec = format!("{GENERATED}:{}", History::tracked("origin"));
                sample.git(&["-C", &place, "fetch", "-q", "--depth=1", "origin", &refspec]);
            }
            let clone = Repo::at(&sample.path(&place)).unwrap().unwrap();
            let there = History::open(&clone);
            assert_eq!(there.find_base(one, &mut alone).unwrap(), None);
            let mut asked = Vec::new();
            let mut fetch = |reach| {
                asked.push(reach);
                Ok(there.fetch("origin", reach)? == Exchange::Done)
            };
            assert_eq!(there.find_base(one, &mut fetch).unwrap(), Some(files("one")));
            assert_eq!(asked.len(), if number == 2 { 2 } else { 1 }, "{options:?}");
            assert_eq!(there.find_base(two, &mut alone).unwrap(), Some(files("two")));
        }
        let clone = Repo::at(&sample.path("../clone-0")).unwrap().unwrap();
        let never = tree_id(&files("never")).unwrap();
        let there = History::open(&clone);
        let mut fetch = |reach| Ok(there.fetch("origin", reach)? == Exchange::Done);
        assert_eq!(there.find_base(never, &mut fetch).unwrap(), None);
        assert_eq!(there.fetch("nobody", Reach::New).unwrap(), Exchange::NoSuchRemote);
    }

    #[test]
    fn two_clones_that_push_at_once_are_told() {
        let sample = Sample::new();
        let bare = sample.bare();
        sample.git(&["remote", "add", "origin", &bare.display().to_string()]);
        let repo = sample.repo();
        let first = record(&repo, &made(&[("slice-001-a", new("one"))]), None);
        assert_eq!(History::open(&repo).push("origin").unwrap(), Exchange::Done);
        sample.git(&["clone", "-q", &bare.display().to_string(), "../other"]);
        let other = Repo::at(&sample.path("../other")).unwrap().unwrap();
        let there = History::open(&other);
        assert_eq!(there.push("origin").unwrap(), Exchange::Absent(GENERATED.into()));
        assert_eq!(there.fetch("origin", Reach::New).unwrap(), Exchange::Done);
        assert_eq!(other.move_ref(GENERATED, None, Some(first), "x").unwrap(), Moved::Done);
        let theirs = record(&other, &made(&[("slice-001-a", new("theirs"))]), Some(first));
        let _ = record(&repo, &made(&[("slice-001-a", new("ours"))]), Some(first));
        assert_eq!(there.push("origin").unwrap(), Exchange::Done);
        let rejected = Exchange::Rejected(vec![GENERATED.into()]);
        assert_eq!(History::open(&repo).push("origin").unwrap(), rejected);
        assert_eq!(History::open(&repo).fetch("origin", Reach::New).unwrap(), Exchange::Done);
        assert_eq!(repo.find_ref(&History::tracked("origin")).unwrap(), Some(theirs));
    }

    #[test]
    fn an_id_that_names_no_tree_is_no_base() {
        let sample = Sample::new();
        let commit = sample.commit(&[("a", "1")], "one");
        let repo = sample.repo();
        let history = History::open(&repo);
        assert_eq!(history.find_base(commit, &mut alone).unwrap(), None);
        assert_eq!(history.find_base(repo.write_blob(b"x").unwrap(), &mut alone).unwrap(), None);
        assert_eq!(history.find_base(empty_tree(), &mut alone).unwrap(), Some(Tree::new()));
    }
}
