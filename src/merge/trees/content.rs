//! What becomes of one file, once it is known which file it is on each side.

use sha2::{Digest, Sha256};

use crate::merge::folder::{Entry, Mode};
use crate::merge::merged::{Conflict, Labels, Merged, Take};
use crate::merge::{Kind, merge};

/// A file in the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Nothing to decide: what is there, and what theirs has.
    Settled { entry: Option<Entry>, theirs: Option<Entry> },
    /// A text that was merged.
    Text { merged: Box<Merged>, mode: Mode, theirs: Mode },
    /// One decision for the whole file.
    Whole(Box<Whole>),
}

/// A file that can only be taken from one side, with its place there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whole {
    conflict: Conflict,
    /// Base, ours, theirs: where, if not where the file goes; and what.
    sides: [Option<(Option<String>, Entry)>; 3],
}

/// A file after decisions: where, if not where the file goes; and what.
#[derive(Debug, Default)]
pub(super) struct Decided {
    pub(super) entry: Option<(Option<String>, Entry)>,
    pub(super) next: Option<(Option<String>, Entry)>,
    pub(super) open: Vec<Conflict>,
}

/// Merges the three versions of a file.
pub(super) fn merged(path: &str, base: Option<&Entry>, ours: Option<&Entry>, theirs: Option<&Entry>) -> Content {
    let settled = |entry: Option<&Entry>| Content::Settled { entry: entry.cloned(), theirs: theirs.cloned() };
    if theirs == base || ours == theirs {
        return settled(ours);
    }
    if ours == base {
        return settled(theirs);
    }
    let (Some(o), Some(t)) = (ours, theirs) else { return whole(base, ours, theirs) };
    let mode = match base {
        Some(base) if base.mode == o.mode => t.mode,
        _ => o.mode,
    };
    if o.bytes == t.bytes || base.is_some_and(|base| base.bytes == t.bytes) {
        return settled(Some(&Entry { mode, ..o.clone() }));
    }
    if base.is_some_and(|base| base.bytes == o.bytes) {
        return settled(Some(&Entry { mode, ..t.clone() }));
    }
    let texts = [base.map_or(Some(""), text), text(o), text(t)];
    let is_link = [base, ours, theirs].into_iter().flatten().any(|entry| entry.mode == Mode::Link);
    match texts {
        [Some(b), Some(o), Some(t_text)] if !is_link => {
            let merged = Box::new(merge(Kind::of(path), b, o, t_text));
            Content::Text { merged, mode, theirs: t.mode }
        }
        _ => whole(base, ours, theirs),
    }
}

/// A file on which the sides can't be brought together.
pub(super) fn whole(base: Option<&Entry>, ours: Option<&Entry>, theirs: Option<&Entry>) -> Content {
    let sides = [base, ours, theirs];
    let [b, o, t] = sides.map(|entry| entry.map(shown));
    let conflict = Conflict { item: "file".into(), base: b, ours: o, theirs: t };
    Content::Whole(Box::new(Whole { conflict, sides: sides.map(|entry| Some((None, entry?.clone()))) }))
}

/// A file that one side moved away from `path` and the other deleted.
pub(super) fn moved_or_deleted(path: &str, base: &Entry, ours: Option<&Entry>, theirs: Option<&Entry>) -> Content {
    let mut content = whole(Some(base), ours, theirs);
    if let Content::Whole(whole) = &mut content {
        // In the next base it stands where it stood, or the move would look settled.
        whole.sides[0] = Some((Some(path.to_owned()), base.clone()));
    }
    content
}

/// A file that both sides renamed, each in its own way. The names are what is in question.
pub(super) fn renamed_twice(
    path: &str,
    base: &Entry,
    (ours_path, ours): (&str, Option<&Entry>),
    (theirs_path, theirs): (&str, Option<&Entry>),
) -> Content {
    let sides = [(path, Some(base)), (ours_path, ours), (theirs_path, theirs)];
    let named = |(path, entry): (&str, Option<&Entry>)| Some(format!("{path}\n\n{}", shown(entry?)));
    let [b, o, t] = sides.map(named);
    let conflict = Conflict { item: "file name".into(), base: b, ours: o, theirs: t };
    let sides = sides.map(|(path, entry)| Some((Some(path.to_owned()), entry?.clone())));
    Content::Whole(Box::new(Whole { conflict, sides }))
}

/// The text of a file, unless it is binary.
pub(super) fn text(entry: &Entry) -> Option<&str> {
    std::str::from_utf8(&entry.bytes).ok().filter(|text| !text.contains('\0'))
}

/// What people see of a whole file.
fn shown(entry: &Entry) -> String {
    match (text(entry), entry.mode) {
        (Some(text), Mode::Link) => format!("link to {text}\n"),
        (Some(text), _) => text.to_owned(),
        (None, _) => {
            let hash = hex::encode(Sha256::digest(&entry.bytes));
            format!("binary, {} bytes, sha256 {hash}\n", entry.bytes.len())
        }
    }
}

impl Content {
    pub(super) fn conflicts(&self) -> impl Iterator<Item = &Conflict> {
        let (whole, inside) = match self {
            Self::Settled { .. } => (None, None),
            Self::Whole(whole) => (Some(&whole.conflict), None),
            Self::Text { merged, .. } => (None, Some(merged.conflicts())),
        };
        whole.into_iter().chain(inside.into_iter().flatten())
    }

    /// Whether the result has nothing there, whatever is decided.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Settled { entry: None, .. })
    }

    /// Whether the next base can have something there.
    pub(super) fn is_in_theirs(&self) -> bool {
        !matches!(self, Self::Settled { theirs: None, .. })
    }

    pub(super) fn resolve(&self, decide: &dyn Fn(&Conflict) -> Option<Take>) -> Decided {
        match self {
            Self::Settled { entry, theirs } => {
                let place = |entry: &Option<Entry>| Some((None, entry.clone()?));
                Decided { entry: place(entry), next: place(theirs), open: Vec::new() }
            }
            Self::Text { merged, mode, theirs } => {
                let decided = merged.resolve(decide);
                let entry = |text: String, mode| Some((None, Entry { bytes: text.into_bytes(), mode }));
                Decided {
                    entry: entry(decided.text, *mode),
                    next: entry(decided.next_base, *theirs),
                    open: decided.open,
                }
            }
            Self::Whole(whole) => whole.resolve(decide(&whole.conflict)),
        }
    }

    pub(super) fn marked(&self, labels: &Labels) -> Option<Entry> {
        match self {
            Self::Settled { entry, .. } => entry.clone(),
            Self::Text { merged, mode, .. } => Some(Entry { bytes: merged.marked(labels).into_bytes(), mode: *mode }),
            Self::Whole(whole) => {
                let [_, ours, theirs] = &whole.sides;
                ours.as_ref().or(theirs.as_ref()).map(|(_, entry)| entry.clone())
            }
        }
    }
}

impl Whole {
    fn resolve(&self, take: Option<Take>) -> Decided {
        let [base, ours, theirs] = &self.sides;
        let entry = match take {
            Some(Take::Base) => base.clone(),
            Some(Take::Ours) => ours.clone(),
            Some(Take::Theirs) => theirs.clone(),
            Some(Take::Text(text)) => {
                let mode = ours.as_ref().or(theirs.as_ref()).map_or(Mode::File, |(_, entry)| entry.mode);
                let mode = if mode == Mode::Link { Mode::File } else { mode };
                Some((None, Entry { bytes: text.into_bytes(), mode }))
            }
            None => {
                return Decided { entry: ours.clone(), next: base.clone(), open: vec![self.conflict.clone()] };
            }
        };
        Decided { entry, next: theirs.clone(), open: Vec::new() }
    }
}
