//! The guard in front of wide plans: what changes more than half of the existing slices, or comes from a new engine or
//! new templates alone, becomes one draft for all and waits for a person.

use sha2::{Digest, Sha256};

use crate::forge::local::Board;
use crate::forge::{Proposal, Subject};
use crate::sync::plan::FEW;
use crate::sync::wanted::{self, Wanted};

/// What is to be proposed after the guard, and whether the wide one is a draft.
#[derive(Debug, Clone)]
pub struct Guarded {
    /// One a proposal.
    pub wanted: Vec<Wanted>,
    /// Whether the wide one waits for a person.
    pub draft: bool,
}

/// How far a plan reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Existing slices that change.
    pub changed: usize,
    /// Existing slices.
    pub existing: usize,
    /// Whether all slices go into one proposal, however far it reaches (`sync.together`).
    pub together: bool,
}

/// Gathers what has to wait into one proposal. A slice that has an open proposal of its own stays there: people may
/// already be at work on it.
#[must_use]
pub fn guard(wanted: Vec<Wanted>, reach: Reach, version: &str, target: &str, board: &Board, asked: bool) -> Guarded {
    if asked {
        return Guarded { wanted, draft: false };
    }
    let open = |subject: &Subject| {
        board.all_open().find(|proposal| proposal.target == target && proposal.subject.is_same(subject))
    };
    // A person said yes to the wide one: what it holds goes on there.
    let ready = reach.together || open(&Subject::All).is_some_and(|proposal: &Proposal| !proposal.draft);
    let is_wide = reach.changed > FEW && reach.changed * 2 > reach.existing;
    let waits = |one: &Wanted| {
        let subject = subject(&one.subject);
        matches!(subject, Subject::Slice { .. }) && open(&subject).is_none() && (ready || is_wide || one.wide_cause)
    };
    let (held, mut others): (Vec<Wanted>, Vec<Wanted>) = wanted.into_iter().partition(waits);
    if !held.is_empty() {
        others.push(all(held, version, reach));
    }
    Guarded { wanted: others, draft: !ready }
}

/// One proposal that holds several slices.
fn all(held: Vec<Wanted>, version: &str, Reach { changed, existing, .. }: Reach) -> Wanted {
    let mut hash = Sha256::new();
    held.iter().for_each(|one| hash.update(format!("{}\0", one.key)));
    let slices = crate::report::finding::counted(held.len(), "slice");
    let body: Vec<String> = held.iter().map(|one| format!("## {}\n\n{}", one.title, one.body.trim())).collect();
    let mut one = Wanted {
        subject: wanted::Subject::All,
        version: version.to_owned(),
        title: format!("{slices} at once"),
        body: format!("Reach: {slices}; {changed} of {existing} existing ones.\n\n{}\n", body.join("\n\n")),
        folders: Vec::new(),
        files: Vec::new(),
        conflicts: Vec::new(),
        key: hex::encode(&hash.finalize()[..16]),
        wide_cause: held.iter().all(|one| one.wide_cause),
    };
    for next in held {
        one.folders.extend(next.folders);
        one.conflicts.extend(next.conflicts);
        let known = |path: &str, files: &[(String, _)]| files.iter().any(|(other, _)| other == path);
        for file in next.files {
            if !known(&file.0, &one.files) {
                one.files.push(file);
            }
        }
    }
    one
}

/// What a proposal is about, as a forge says it.
#[must_use]
pub fn subject(subject: &wanted::Subject) -> Subject {
    match subject {
        wanted::Subject::Slice { number, id } => Subject::Slice { number: *number, id: id.clone() },
        wanted::Subject::Master => Subject::Master,
        wanted::Subject::All => Subject::All,
    }
}
