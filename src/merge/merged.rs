//! The result of merging one text: what is settled, and the conflicts with the places where they stand.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Kind;
use super::endings::Endings;
use super::split::json;
use crate::spec::span::Span;

/// One item that both sides changed differently, or that one side deleted and the other edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Its name for people and for `--item`: `FR-003`, `front matter: status`, `test_ac_fr_003`, `hcloud_server.slice`,
    /// `lines`.
    pub item: String,
    /// The whole text of the item in base, with `\n` as line end; none if it is not there.
    pub base: Option<String>,
    /// The same in ours.
    pub ours: Option<String>,
    /// The same in theirs.
    pub theirs: Option<String>,
}

impl Conflict {
    /// Names this conflict by its content: a hex hash over base, ours and theirs. A decision is kept under it.
    #[must_use]
    pub fn key(&self) -> String {
        let mut hash = Sha256::new();
        for side in [&self.base, &self.ours, &self.theirs] {
            match side {
                // Lengths keep the three apart.
                Some(text) => {
                    hash.update(format!("{} ", text.len()));
                    hash.update(text);
                }
                None => hash.update("- "),
            }
        }
        hex::encode(hash.finalize())
    }

    /// The text that a decision puts in the item's place; none when the item goes.
    #[must_use]
    pub fn taken(&self, take: Take) -> Option<String> {
        match take {
            Take::Base => self.base.clone(),
            Take::Ours => self.ours.clone(),
            Take::Theirs => self.theirs.clone(),
            Take::Text(text) => Some(text),
        }
    }
}

/// How a conflict is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Take {
    /// As it was.
    Base,
    /// As the slice has it.
    Ours,
    /// As the master has it.
    Theirs,
    /// Something else; a text that misses its final newline gets one where the item needs it.
    Text(String),
}

/// What stands beside the markers of a conflict, and how long they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    /// Beside `<<<<<<<`.
    pub ours: String,
    /// Beside `|||||||`.
    pub base: String,
    /// Beside `>>>>>>>`.
    pub theirs: String,
    /// Letters in a marker; 7 everywhere in git.
    pub size: usize,
}

impl Default for Labels {
    fn default() -> Self {
        Self { ours: "slice".into(), base: "base".into(), theirs: "master".into(), size: 7 }
    }
}

/// A stretch of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Settled text.
    Text(String),
    /// A conflict by its number, with what stands before it if anything is put there.
    Conflict(usize, String),
}

/// Where a conflict's item stands in theirs, and what base has there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Patch {
    /// The item in theirs with what stands before it; empty where theirs does not have it.
    pub(super) span: Span,
    /// Which conflict.
    pub(super) conflict: usize,
    /// What stands before base's text when it is put there.
    pub(super) lead: String,
}

/// A result while it is made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Draft {
    pub(super) pieces: Vec<Piece>,
    pub(super) conflicts: Vec<Conflict>,
    pub(super) patches: Vec<Patch>,
}

impl Draft {
    /// Adds settled text.
    pub(super) fn push(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }

    /// Puts something in front, which goes with the first conflict if that comes first.
    pub(super) fn lead_with(&mut self, lead: &str, base: &str) {
        match self.pieces.first_mut() {
            Some(Piece::Text(text) | Piece::Conflict(_, text)) => text.insert_str(0, lead),
            None => {}
        }
        if let Some(patch) = self.patches.first_mut() {
            patch.lead.insert_str(0, base);
        }
    }

    /// Adds another result behind this one.
    pub(super) fn append(&mut self, other: Self) {
        let count = self.conflicts.len();
        for piece in other.pieces {
            match piece {
                Piece::Text(text) => self.push(&text),
                Piece::Conflict(number, lead) => self.pieces.push(Piece::Conflict(number + count, lead)),
            }
        }
        let patches = other.patches.into_iter();
        self.patches.extend(patches.map(|patch| Patch { conflict: patch.conflict + count, ..patch }));
        self.conflicts.extend(other.conflicts);
    }

    /// Adds a conflict and where it stands in theirs.
    pub(super) fn conflict(&mut self, conflict: Conflict, lead: &str, span: Span, base_lead: &str) {
        let number = self.conflicts.len();
        self.pieces.push(Piece::Conflict(number, lead.to_owned()));
        self.patches.push(Patch { span, conflict: number, lead: base_lead.to_owned() });
        self.conflicts.push(conflict);
    }
}

/// The merge of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    draft: Draft,
    kind: Kind,
    /// Theirs with `\n` only, which the patches speak of.
    theirs: String,
    /// Theirs as it came.
    source: String,
    endings: Option<Endings>,
    /// Whether commas are to be set right once a member is taken out.
    has_commas: bool,
}

/// A merge with the decisions that there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// The result; what is open is as in ours.
    pub text: String,
    /// What the next merge takes as its base.
    pub next_base: String,
    /// What is open.
    pub open: Vec<Conflict>,
}

impl Merged {
    /// A result without conflicts, byte for byte, and the text of theirs.
    pub(super) fn settled(text: &str, theirs: &str) -> Self {
        let mut draft = Draft::default();
        draft.push(text);
        Self {
            draft,
            kind: Kind::Lines,
            theirs: theirs.to_owned(),
            source: String::new(),
            endings: None,
            has_commas: false,
        }
    }

    /// A result that is one conflict from the first byte to the last.
    pub(super) fn undecided(kind: Kind, base: &str, ours: &str, theirs: &str) -> Self {
        let mut draft = Draft::default();
        let [b, o, t] = [base, ours, theirs].map(|text| Some(text.to_owned()));
        let conflict = Conflict { item: "file".into(), base: b, ours: o, theirs: t };
        draft.conflict(conflict, "", Span::new(0, theirs.len()), "");
        Self { draft, kind, theirs: theirs.to_owned(), source: theirs.to_owned(), endings: None, has_commas: false }
    }

    pub(super) fn new(
        draft: Draft,
        kind: Kind,
        [theirs, source]: [&str; 2],
        endings: Endings,
        has_commas: bool,
    ) -> Self {
        let source = if draft.conflicts.is_empty() { String::new() } else { source.to_owned() };
        Self { draft, kind, theirs: theirs.to_owned(), source, endings: Some(endings), has_commas }
    }

    /// The result with the decisions that there are; none leaves a conflict open. The result keeps ours there and the
    /// next base keeps base, so that merging again asks for exactly the open conflicts and changes nothing. Where
    /// repeated text would be read in another way then, all conflicts of the text stay open until all are decided.
    #[must_use]
    pub fn resolve(&self, decide: &dyn Fn(&Conflict) -> Option<Take>) -> Decided {
        let is_open = |conflict: &Conflict| decide(conflict).is_none();
        let open = self.conflicts().filter(|conflict| is_open(conflict)).count();
        if open == 0 || open == self.draft.conflicts.len() {
            return self.decided(decide);
        }
        self.is_asked_again(decide).unwrap_or_else(|| self.decided(&|_| None))
    }

    fn decided(&self, decide: &dyn Fn(&Conflict) -> Option<Take>) -> Decided {
        let is_open = |conflict: &Conflict| decide(conflict).is_none();
        Decided {
            text: self.text(&|conflict| decide(conflict).unwrap_or(Take::Ours)),
            next_base: self.next_base(&is_open),
            open: self.conflicts().filter(|conflict| is_open(conflict)).cloned().collect(),
        }
    }

    /// The result with some decisions, if a merge from its next base comes to the same again.
    pub(super) fn is_asked_again(&self, decide: &dyn Fn(&Conflict) -> Option<Take>) -> Option<Decided> {
        let decided = self.decided(decide);
        let again = super::attempt(self.kind, &decided.next_base, &decided.text, &self.source);
        (again.decided(&|_| None) == decided).then_some(decided)
    }

    /// The conflicts in the order of the result.
    pub fn conflicts(&self) -> impl Iterator<Item = &Conflict> {
        self.draft.conflicts.iter()
    }

    /// Whether nothing is left to decide.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.draft.conflicts.is_empty()
    }

    /// The result with every conflict decided.
    #[must_use]
    pub fn text(&self, decide: &dyn Fn(&Conflict) -> Take) -> String {
        let mut text = String::with_capacity(self.theirs.len() + 64);
        for piece in &self.draft.pieces {
            match piece {
                Piece::Text(settled) => text.push_str(settled),
                Piece::Conflict(number, lead) => {
                    let conflict = &self.draft.conflicts[*number];
                    if let Some(taken) = conflict.taken(decide(conflict)) {
                        text.push_str(lead);
                        // A text that is one conflict as a whole keeps its missing newline.
                        text.push_str(&if self.endings.is_some() { whole(taken, conflict) } else { taken });
                    }
                }
            }
        }
        let text = self.with_commas(text);
        match self.endings {
            Some(endings) => endings.merged(text),
            None => text,
        }
    }

    /// The result with markers around what both sides and base have of each conflict. The line end of the text is also
    /// that of the markers, and a marker always begins a line.
    #[must_use]
    pub fn marked(&self, labels: &Labels) -> String {
        let mut text = String::with_capacity(self.theirs.len() + 256);
        let mut ends_with_marker = false;
        for piece in &self.draft.pieces {
            ends_with_marker = matches!(piece, Piece::Conflict(..));
            match piece {
                Piece::Text(settled) => text.push_str(settled),
                Piece::Conflict(number, lead) => {
                    text.push_str(lead);
                    mark(&mut text, &self.draft.conflicts[*number], labels);
                }
            }
        }
        match self.endings {
            Some(endings) => endings.marked(text, ends_with_marker),
            None => text,
        }
    }

    /// What the next merge takes as its base: theirs, with the open conflicts as base has them. Nothing is settled by
    /// silence: merging again gives exactly the open conflicts again.
    #[must_use]
    pub fn next_base(&self, open: &dyn Fn(&Conflict) -> bool) -> String {
        let mut patches: Vec<&Patch> = self.draft.patches.iter().collect();
        patches.sort_by_key(|patch| (patch.span.start, patch.conflict));
        let (mut text, mut at) = (String::with_capacity(self.theirs.len()), 0);
        for patch in patches {
            let conflict = &self.draft.conflicts[patch.conflict];
            if !open(conflict) {
                continue;
            }
            text.push_str(&self.theirs[at..patch.span.start.max(at)]);
            if let Some(base) = &conflict.base {
                text.push_str(&patch.lead);
                text.push_str(base);
            }
            at = patch.span.end.max(at);
        }
        text.push_str(&self.theirs[at..]);
        let text = self.with_commas(text);
        match self.endings {
            Some(endings) => endings.theirs(text),
            None => text,
        }
    }

    fn with_commas(&self, text: String) -> String {
        if self.has_commas && !self.is_clean() { json::without_stray_commas(&text) } else { text }
    }
}

/// Whole lines stay whole lines.
fn whole(mut taken: String, conflict: &Conflict) -> String {
    let sides = [&conflict.base, &conflict.ours, &conflict.theirs];
    let lines = sides.into_iter().flatten().any(|side| side.ends_with('\n'));
    if lines && !taken.is_empty() && !taken.ends_with('\n') {
        taken.push('\n');
    }
    taken
}

fn mark(text: &mut String, conflict: &Conflict, labels: &Labels) {
    let sides = [
        ('<', Some(&labels.ours), &conflict.ours),
        ('|', Some(&labels.base), &conflict.base),
        ('=', None, &conflict.theirs),
    ];
    for (letter, label, side) in sides {
        marker(text, letter, label, labels.size);
        text.push_str(side.as_deref().unwrap_or(""));
    }
    marker(text, '>', Some(&labels.theirs), labels.size);
}

fn marker(text: &mut String, letter: char, label: Option<&String>, size: usize) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.extend(std::iter::repeat_n(letter, size));
    if let Some(label) = label.filter(|label| !label.is_empty()) {
        // Writing to a string can't fail.
        let _ = write!(text, " {label}");
    }
    text.push('\n');
}
