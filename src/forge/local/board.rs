//! All proposals of a repository as one value, read from a commit of [`REF`] and written as the next one.

use std::collections::BTreeMap;

use super::{Intent, REF};
use crate::fault::Fault;
use crate::forge::{Proposal, State, Subject};
use crate::git::{Author, Id, Kind, Moved, Planted, Repo};
use crate::merge::Entry;

const FOLDER: &str = "proposals";
const FINISHED: &str = "finished";
const LAST: &str = "last";
const WANTED: &str = "wanted";
const INTENT: &str = "intent.json";

/// The proposals at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Board {
    /// The commit that it was read from; none while there never was a proposal.
    pub at: Option<Id>,
    /// Those that are open or closed by people, by number; the merged and superseded ones only after
    /// [`Board::full`], so that a sync does not read all that ever was.
    pub proposals: BTreeMap<u32, Proposal>,
    /// The highest number that was given.
    pub last: u32,
    /// Moves that an earlier run wrote down and may not have finished.
    pub intent: Option<Intent>,
    /// Files of that commit that can't be read or are not sound, with the reason. They stay as they are.
    pub unread: Vec<(String, String)>,
}

impl Board {
    /// Reads the state that [`REF`] names.
    ///
    /// # Errors
    /// When git fails (exit 3).
    pub fn read(repo: &Repo) -> Result<Self, Fault> {
        Self::at(repo, repo.find_ref(REF)?)
    }

    /// Reads the state of a commit; none is the empty state.
    ///
    /// # Errors
    /// When git fails (exit 3).
    pub fn at(repo: &Repo, at: Option<Id>) -> Result<Self, Fault> {
        let mut board = Self { at, ..Self::default() };
        let Some(commit) = at else { return Ok(board) };
        let tree = repo.tree_of(commit)?;
        board.load(repo, tree, FOLDER)?;
        let last = repo.file(tree, LAST)?.and_then(|bytes| String::from_utf8(bytes).ok());
        board.last = last.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        if let Some((id, Kind::File)) = repo.entry(tree, INTENT)? {
            match serde_json::from_slice(&repo.blob(id)?) {
                Ok(intent) => board.intent = Some(intent),
                Err(error) => board.unread.push((INTENT.to_owned(), error.to_string())),
            }
        }
        Ok(board)
    }

    /// The same with those that are over.
    ///
    /// # Errors
    /// When git fails (exit 3).
    pub fn full(mut self, repo: &Repo) -> Result<Self, Fault> {
        if let Some(commit) = self.at {
            self.load(repo, repo.tree_of(commit)?, FINISHED)?;
        }
        Ok(self)
    }

    fn load(&mut self, repo: &Repo, tree: Id, folder: &str) -> Result<(), Fault> {
        for (name, entry) in repo.read(tree, folder)?.iter() {
            match understood(name, entry) {
                Ok(proposal) => {
                    self.proposals.insert(proposal.number, proposal);
                }
                Err(reason) => self.unread.push((format!("{folder}/{name}"), reason)),
            }
        }
        Ok(())
    }

    /// The commit and tree of the next state: what this board holds beyond what it was read from, put onto that. Moves
    /// no ref.
    ///
    /// # Errors
    /// When git fails (exit 3).
    pub fn commit(&self, repo: &Repo, message: &str, author: &Author) -> Result<Id, Fault> {
        let before = Self::at(repo, self.at)?;
        let old = match self.at {
            Some(commit) => repo.tree_of(commit)?,
            None => crate::git::empty_tree(),
        };
        let mut changes: Vec<(String, Option<Planted>)> = Vec::new();
        for (number, proposal) in &self.proposals {
            if before.proposals.get(number) == Some(proposal) {
                continue;
            }
            let is_over = matches!(proposal.state, State::Merged | State::Superseded);
            let (here, other) = if is_over { (FINISHED, FOLDER) } else { (FOLDER, FINISHED) };
            changes.push((format!("{here}/{number}.json"), Some(json(repo, proposal)?)));
            if repo.entry(old, &format!("{other}/{number}.json"))?.is_some() {
                changes.push((format!("{other}/{number}.json"), None));
            }
            // What is over needs no tree to be merged with.
            let wanted = proposal.wanted.parse::<Id>().ok().filter(|_| proposal.is_open());
            let kept = repo.entry(old, &format!("{WANTED}/{number}"))?;
            if wanted.is_some() || kept.is_some() {
                changes.push((format!("{WANTED}/{number}"), wanted.map(|id| (id, Kind::Folder))));
            }
        }
        let gone = before.proposals.keys().filter(|number| !self.proposals.contains_key(number));
        for number in gone {
            changes.push((format!("{FOLDER}/{number}.json"), None));
            if repo.entry(old, &format!("{WANTED}/{number}"))?.is_some() {
                changes.push((format!("{WANTED}/{number}"), None));
            }
        }
        let last = self.last.max(self.proposals.keys().copied().max().unwrap_or(0));
        if before.last != last {
            changes.push((LAST.to_owned(), Some((repo.write_blob(format!("{last}\n").as_bytes())?, Kind::File))));
        }
        if before.intent != self.intent {
            let planted = self.intent.as_ref().map(|intent| json(repo, intent)).transpose()?;
            changes.push((INTENT.to_owned(), planted));
        }
        let tree = repo.graft(old, &changes)?;
        repo.commit(tree, self.at.as_slice(), message, author)
    }

    /// Writes this as the next state, if nobody wrote one since it was read. Gives the board as it then stands; none
    /// when somebody did.
    ///
    /// # Errors
    /// When git fails (exit 3).
    pub fn save(mut self, repo: &Repo, message: &str, author: &Author) -> Result<Option<Self>, Fault> {
        let next = self.commit(repo, message, author)?;
        match repo.move_ref(REF, self.at, Some(next), message)? {
            Moved::Done => {
                self.at = Some(next);
                self.last = self.last.max(self.proposals.keys().copied().max().unwrap_or(0));
                Ok(Some(self))
            }
            Moved::Elsewhere(_) => Ok(None),
        }
    }

    /// The number for the next new proposal. Numbers that an unfinished run gave count too.
    #[must_use]
    pub fn next_number(&self) -> u32 {
        let planned = self.intent.iter().flat_map(|intent| &intent.steps).map(|step| step.after.number);
        let unread = self.unread.iter().filter_map(|(path, _)| number_of(path.split_once('/')?.1));
        let given = self.proposals.keys().copied().chain(planned).chain(unread).chain([self.last]);
        given.max().unwrap_or(0).saturating_add(1)
    }

    /// All that are open, by number.
    pub fn all_open(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals.values().filter(|proposal| proposal.is_open())
    }

    /// The one about this, for this branch and with this content, that people closed.
    #[must_use]
    pub fn was_refused(&self, subject: &Subject, target: &str, key: &str) -> Option<&Proposal> {
        let refused = |proposal: &&Proposal| {
            proposal.state == State::Closed
                && proposal.key == key
                && proposal.target == target
                && proposal.subject.is_same(subject)
        };
        self.proposals.values().rev().find(refused)
    }
}

fn json(repo: &Repo, value: &impl serde::Serialize) -> Result<Planted, Fault> {
    let mut text = serde_json::to_vec_pretty(value)
        .map_err(|error| Fault::unfinished("a proposal can't be written as JSON").because(&error))?;
    text.push(b'\n');
    Ok((repo.write_blob(&text)?, Kind::File))
}

fn number_of(name: &str) -> Option<u32> {
    name.strip_suffix(".json").and_then(|number| number.parse().ok())
}

/// What a file of the state says; it may come from a remote, so it is checked as data.
fn understood(name: &str, entry: &Entry) -> Result<Proposal, String> {
    let proposal: Proposal = serde_json::from_slice(&entry.bytes).map_err(|error| error.to_string())?;
    if number_of(name) != Some(proposal.number) {
        return Err(format!("it says that it is number {}", proposal.number));
    }
    if proposal.schema > crate::forge::proposal::SCHEMA {
        return Err(format!("its format {} is newer than this vso", proposal.schema));
    }
    if !proposal.is_sound() {
        return Err("it names a branch or a path that vso does not make".to_owned());
    }
    Ok(proposal)
}
