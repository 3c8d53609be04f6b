//! Which files of a folder were renamed or moved: by equal content, then by most of their lines, then with their folder.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::content::text;
use crate::merge::folder::{Entry, Tree};

/// A file that shares fewer of its lines, in thousandths, is another file. Half, as in git.
const ALIKE: usize = 500;

/// More pairs than this are not compared by their lines.
const MOST_PAIRS: usize = 250_000;

/// The new path of each file of `base` that `side` has elsewhere.
pub(super) fn find(base: &Tree, side: &Tree) -> BTreeMap<String, String> {
    let gone: Vec<(&str, &Entry)> = base.iter().filter(|(path, _)| side.get(path).is_none()).collect();
    let new: Vec<(&str, &Entry)> = side.iter().filter(|(path, _)| base.get(path).is_none()).collect();
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut taken: HashSet<&str> = HashSet::new();
    let mut by_bytes: HashMap<&[u8], Vec<&str>> = HashMap::new();
    for (path, entry) in &new {
        by_bytes.entry(&entry.bytes).or_default().push(path);
    }
    for (path, entry) in gone.iter().filter(|(_, entry)| !entry.bytes.is_empty()) {
        let places = by_bytes.get(entry.bytes.as_slice()).into_iter().flatten();
        let free = places.filter(|place| !taken.contains(**place));
        if let Some(place) = free.max_by_key(|place| (shared_end(path, place), std::cmp::Reverse(**place))) {
            taken.insert(place);
            found.insert((*path).to_owned(), (*place).to_owned());
        }
    }
    let gone: Vec<_> = gone.into_iter().filter(|(path, _)| !found.contains_key(*path)).collect();
    let new: Vec<_> = new.into_iter().filter(|(path, _)| !taken.contains(path)).collect();
    found.extend(alike(&gone, &new));
    found
}

/// Pairs of files that share most of their lines, the most alike first.
fn alike(gone: &[(&str, &Entry)], new: &[(&str, &Entry)]) -> Vec<(String, String)> {
    if gone.len().saturating_mul(new.len()) > MOST_PAIRS {
        return Vec::new();
    }
    let lines: Vec<Option<Lines<'_>>> = new.iter().map(|(_, entry)| Lines::of(entry)).collect();
    let mut scored = Vec::new();
    for (one, (path, entry)) in gone.iter().enumerate() {
        let Some(own) = Lines::of(entry) else { continue };
        for (other, (place, there)) in new.iter().enumerate() {
            let alike = lines[other].as_ref().filter(|_| there.mode == entry.mode || !own.counts.is_empty());
            let score = alike.map_or(0, |lines| own.likeness(lines));
            if score >= ALIKE {
                scored.push((score, shared_end(path, place), one, other));
            }
        }
    }
    scored.sort_by(|one, other| (other.0, other.1, one.2, one.3).cmp(&(one.0, one.1, other.2, other.3)));
    let (mut used, mut found) = ((HashSet::new(), HashSet::new()), Vec::new());
    for (_, _, one, other) in scored {
        if !used.0.contains(&one) && !used.1.contains(&other) {
            used.0.insert(one);
            used.1.insert(other);
            found.push((gone[one].0.to_owned(), new[other].0.to_owned()));
        }
    }
    found
}

/// How many parts two paths share at their end: a moved file keeps its name more often than not.
fn shared_end(one: &str, other: &str) -> usize {
    one.rsplit('/').zip(other.rsplit('/')).take_while(|(one, other)| one == other).count()
}

/// The lines of a text with how often each is there, weighed by their bytes.
struct Lines<'a> {
    counts: HashMap<&'a str, usize>,
    bytes: usize,
}

impl<'a> Lines<'a> {
    fn of(entry: &'a Entry) -> Option<Self> {
        let text = text(entry)?;
        let mut counts = HashMap::new();
        for line in text.lines() {
            *counts.entry(line.trim_end()).or_default() += 1;
        }
        Some(Self { counts, bytes: text.lines().map(|line| line.trim_end().len()).sum() })
    }

    /// Shared bytes in thousandths of those of the longer text.
    fn likeness(&self, other: &Self) -> usize {
        let shared =
            self.counts.iter().map(|(line, count)| line.len() * count.min(other.counts.get(line).unwrap_or(&0)));
        shared.sum::<usize>() * 1_000 / self.bytes.max(other.bytes).max(1)
    }
}
