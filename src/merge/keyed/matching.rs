//! Which part of one side is which of the other: by equal content in order, then by key, then by likeness in the same
//! place.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::merge::line;
use crate::merge::part::{Class, Part};

/// One part with its places in base, ours and theirs, and whether its key alone names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot(pub(super) [Option<usize>; 3], pub(super) bool);

/// A place in the second list for each in the first.
type Pairs = Vec<Option<usize>>;

/// Every part of the three lists once. Those of base come first, in their order.
pub(super) fn slots(texts: &[&str; 3], parts: &[Vec<Part>; 3]) -> Vec<Slot> {
    let [base, ours, theirs] = [0, 1, 2].map(|side| Side::of(texts[side], &parts[side]));
    let (in_ours, in_theirs) = (pairs(&base, &ours), pairs(&base, &theirs));
    let mut slots: Vec<Slot> =
        (0..parts[0].len()).map(|at| Slot([Some(at), in_ours[at], in_theirs[at]], parts[0][at].strict)).collect();
    let free = |taken: &Pairs, count: usize| {
        let mut free = vec![true; count];
        taken.iter().flatten().for_each(|at| free[*at] = false);
        (0..count).filter(|at| free[*at]).collect::<Vec<_>>()
    };
    let (new_ours, new_theirs) = (free(&in_ours, parts[1].len()), free(&in_theirs, parts[2].len()));
    let (only_ours, only_theirs) = (ours.only(&new_ours), theirs.only(&new_theirs));
    let both = if parts[0].is_empty() {
        pairs(&only_ours, &only_theirs)
    } else {
        let mut found = vec![None; new_ours.len()];
        by_key(&only_ours, &only_theirs, &mut found);
        by_content(&only_ours, &only_theirs, &mut found);
        found
    };
    let of_both: HashMap<usize, usize> =
        both.iter().enumerate().filter_map(|(one, other)| Some((new_theirs[(*other)?], new_ours[one]))).collect();
    for (one, at) in new_ours.iter().enumerate() {
        let there = both[one].map(|other| new_theirs[other]);
        slots.push(Slot([None, Some(*at), there], parts[1][*at].strict));
    }
    for at in new_theirs.into_iter().filter(|at| !of_both.contains_key(at)) {
        slots.push(Slot([None, None, Some(at)], parts[2][at].strict));
    }
    slots
}

/// The parts of one side, with what they are compared by.
struct Side<'a> {
    parts: Vec<&'a Part>,
    /// Hash of class and form.
    forms: Vec<u64>,
    texts: Vec<&'a str>,
}

impl<'a> Side<'a> {
    fn of(text: &'a str, parts: &'a [Part]) -> Self {
        let forms = parts.iter().map(|part| {
            let mut hash = DefaultHasher::new();
            (part.class, part.form(text), part.key.as_deref()).hash(&mut hash);
            hash.finish()
        });
        Self {
            forms: forms.collect(),
            texts: parts.iter().map(|part| part.span.of(text)).collect(),
            parts: parts.iter().collect(),
        }
    }

    fn only(&self, places: &[usize]) -> Self {
        Self {
            parts: places.iter().map(|at| self.parts[*at]).collect(),
            forms: places.iter().map(|at| self.forms[*at]).collect(),
            texts: places.iter().map(|at| self.texts[*at]).collect(),
        }
    }
}

fn pairs(from: &Side<'_>, to: &Side<'_>) -> Pairs {
    let mut numbers: HashMap<u64, u32> = HashMap::new();
    let mut number = |form: &u64| {
        let next = numbers.len() as u32;
        *numbers.entry(*form).or_insert(next)
    };
    let one: Vec<u32> = from.forms.iter().map(&mut number).collect();
    let other: Vec<u32> = to.forms.iter().map(&mut number).collect();
    let mut found = line::matches(&one, &other);
    by_key(from, to, &mut found);
    by_content(from, to, &mut found);
    by_place(from, to, &mut found);
    found
}

fn taken(found: &Pairs, count: usize) -> Vec<bool> {
    let mut taken = vec![false; count];
    found.iter().flatten().for_each(|at| taken[*at] = true);
    taken
}

fn by<K: Hash + Eq>(from: &Side<'_>, to: &Side<'_>, found: &mut Pairs, key: impl Fn(&Side<'_>, usize) -> Option<K>) {
    let taken = taken(found, to.parts.len());
    let mut free: HashMap<K, VecDeque<usize>> = HashMap::new();
    for at in (0..to.parts.len()).filter(|at| !taken[*at]) {
        if let Some(key) = key(to, at) {
            free.entry(key).or_default().push_back(at);
        }
    }
    for (at, place) in found.iter_mut().enumerate().filter(|(_, place)| place.is_none()) {
        *place = key(from, at).and_then(|key| free.get_mut(&key)?.pop_front());
    }
}

fn by_key(from: &Side<'_>, to: &Side<'_>, found: &mut Pairs) {
    by(from, to, found, |side, at| Some((side.parts[at].class, side.parts[at].key.clone()?)));
}

/// Equal parts that stand elsewhere.
fn by_content(from: &Side<'_>, to: &Side<'_>, found: &mut Pairs) {
    by(from, to, found, |side, at| Some(side.forms[at]));
}

/// What stands between the same neighbours: the most alike, or the only one.
fn by_place(from: &Side<'_>, to: &Side<'_>, found: &mut Pairs) {
    let is_taken = taken(found, to.parts.len());
    let mut at = 0;
    while at < found.len() {
        let end = (at..found.len()).find(|next| found[*next].is_some()).unwrap_or(found.len());
        let after = at.checked_sub(1).and_then(|before| found[before]).map_or(0, |before| before + 1);
        let before = found.get(end).copied().flatten().unwrap_or(to.parts.len());
        let there: Vec<usize> = (after..before).filter(|place| !is_taken[*place]).collect();
        for (one, other) in likely(from, at..end, to, &there) {
            found[one] = Some(other);
        }
        at = end + 1;
    }
}

fn likely(from: &Side<'_>, here: std::ops::Range<usize>, to: &Side<'_>, there: &[usize]) -> Vec<(usize, usize)> {
    let may = |one: usize, other: usize| {
        let (one, other) = (from.parts[one], to.parts[other]);
        one.class == other.class && !(one.strict || other.strict)
    };
    let mut scored: Vec<(u32, usize, usize)> = Vec::new();
    for one in here.clone().filter(|_| here.len() * there.len() <= 10_000) {
        for other in there.iter().copied().filter(|other| may(one, *other)) {
            let class = from.parts[one].class;
            let alike = likeness(from.texts[one], to.texts[other]);
            if alike >= if class == Class::Statement { 600 } else { 500 } {
                scored.push((alike, one, other));
            }
        }
    }
    scored.sort_by_key(|(alike, one, other)| (std::cmp::Reverse(*alike), one.abs_diff(*other), *one));
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (_, one, other) in scored {
        if !found.iter().any(|(a, b)| *a == one || *b == other) {
            found.push((one, other));
        }
    }
    let left: Vec<usize> = here.filter(|one| !found.iter().any(|(a, _)| a == one)).collect();
    let free: Vec<usize> = there.iter().copied().filter(|other| !found.iter().any(|(_, b)| b == other)).collect();
    for one in &left {
        let alone = |class: Class| left.iter().filter(|other| from.parts[**other].class == class).count() == 1;
        let class = from.parts[*one].class;
        let mut others = free.iter().filter(|other| to.parts[**other].class == class);
        if let (Some(other), None) = (others.next(), others.next())
            && class.is_placed()
            && alone(class)
            && may(*one, *other)
        {
            found.push((*one, *other));
        }
    }
    found
}

/// Shared words of two texts, in thousandths of all their words.
fn likeness(one: &str, other: &str) -> u32 {
    let words = |text: &str| {
        let mut counts: HashMap<String, i32> = HashMap::new();
        let mut all = 0;
        for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).take(400) {
            *counts.entry(word.to_lowercase()).or_default() += 1;
            all += 1;
        }
        (counts, all)
    };
    let ((one, in_one), (other, in_other)) = (words(one), words(other));
    let shared: i32 = one.iter().map(|(word, count)| *count.min(other.get(word).unwrap_or(&0))).sum();
    if in_one + in_other == 0 { 0 } else { (2_000 * shared / (in_one + in_other)).unsigned_abs() }
}
