//! Which item of this version is which item of the one before: by id, then by equal text, then by best similarity over
//! all that is left. A reword, a move or a rename keeps its id; identity by title alone would lose it.

mod component;
mod item;
mod matching;
mod similarity;
pub(super) mod wording;

use std::collections::{HashMap, HashSet};

pub(super) use component::{Known, components};
pub(super) use item::Seen;

use super::criteria;
use super::registry::{ItemRecord, Registry, SliceRecord};
use super::slice::{Held, ItemKind};
use crate::spec::item::Requirement;
use crate::spec::text::Fingerprint;

/// An item of an earlier version.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earlier<'a> {
    /// What its slice remembers of it.
    pub(super) record: &'a ItemRecord,
    /// The slice, as a place in the registry; the first one for what binds everyone.
    pub(super) slice: usize,
}

/// An item with its lasting identity.
#[derive(Debug, Clone)]
pub(super) struct Lasting<'a> {
    /// Its lasting id, unlike all others of its kind.
    pub(super) id: String,
    /// Whether the text gives the id.
    pub(super) explicit: bool,
    /// Hash of its wording.
    pub(super) fingerprint: Fingerprint,
    /// What it was before.
    pub(super) before: Option<Earlier<'a>>,
}

impl Lasting<'_> {
    /// Whether its wording is what it was before.
    pub(super) fn is_unchanged(&self) -> bool {
        self.before.is_some_and(|before| before.record.fingerprint == self.fingerprint)
    }
}

/// Ids of details that are criteria of their own, by requirement and text.
pub(super) type DetailIds = HashMap<(String, String), String>;

/// Gives details that are criteria of their own the ids that they had.
pub(super) fn details(requirements: &[Held<Requirement>], record: &SliceRecord) -> DetailIds {
    let mut ids = DetailIds::new();
    for held in requirements {
        let details: Vec<&String> = held.item.details.iter().filter(|detail| criteria::is_check(detail)).collect();
        let whole = criteria::id(&held.id);
        let was_detail =
            |item: &&ItemRecord| item.id != whole && item.origin.first() == Some(&held.id) && item.is_derived();
        if details.is_empty() {
            continue;
        }
        let earlier: Vec<Earlier<'_>> =
            record.items.iter().filter(was_detail).map(|record| Earlier { record, slice: 0 }).collect();
        let seen: Vec<Seen> = details.iter().map(|detail| Seen::detail(&held.id, detail)).collect();
        let lasting = recognise(&seen, &earlier);
        ids.extend(details.into_iter().zip(lasting).map(|(text, it)| ((held.id.clone(), text.clone()), it.id)));
    }
    ids
}

/// The items of one kind that slices remember. What binds everyone stands in each of them and counts once.
pub(super) fn earlier(registry: &Registry, kind: ItemKind) -> Vec<Earlier<'_>> {
    let mut found = Vec::new();
    let mut shared = HashSet::new();
    for (slice, record) in registry.slices.iter().enumerate() {
        for record in record.items.iter().filter(|item| item.kind == kind && !item.is_derived()) {
            if !record.shared || shared.insert(&record.id) {
                found.push(Earlier { record, slice });
            }
        }
    }
    found
}

/// Gives every item its lasting identity.
pub(super) fn recognise<'a>(items: &[Seen], earlier: &[Earlier<'a>]) -> Vec<Lasting<'a>> {
    let mut pairs = Pairs { found: vec![None; items.len()], free: vec![true; earlier.len()] };
    let by_id = group(earlier.iter().map(|old| old.record.id.clone()));
    pairs.join(items.iter().map(|item| item.given.clone()), &by_id);
    let keys = group(earlier.iter().map(|old| item::address_of(old.record).unwrap_or_default()));
    pairs.join(items.iter().map(|item| item.address.clone()), &keys);
    let prints = group(earlier.iter().map(|old| old.record.fingerprint.as_str().to_owned()));
    pairs.join(items.iter().map(|item| Some(item.fingerprint.as_str().to_owned())), &prints);
    pairs.rest(items, earlier);
    name(items, earlier, &pairs.found)
}

/// What a pair of texts is worth to the assignment: two good pairs must not beat one that is all but equal.
fn worth(degree: f64) -> f64 {
    let above = (degree - similarity::LEAST) / (1.0 - similarity::LEAST) + 0.01;
    above * above
}

/// Who was paired so far.
struct Pairs {
    /// For each item, its earlier self.
    found: Vec<Option<usize>>,
    /// For each earlier item, whether nobody has it yet.
    free: Vec<bool>,
}

impl Pairs {
    /// Pairs what has the same key, in the order of the text where several have it.
    fn join(&mut self, keys: impl Iterator<Item = Option<String>>, places: &HashMap<String, Vec<usize>>) {
        for (at, key) in keys.enumerate() {
            let Some(key) = key.filter(|key| !key.is_empty() && self.found[at].is_none()) else { continue };
            let place = places.get(&key).and_then(|places| places.iter().copied().find(|place| self.free[*place]));
            if let Some(place) = place {
                self.found[at] = Some(place);
                self.free[place] = false;
            }
        }
    }
}

impl Pairs {
    /// Pairs what is left by likeness, all at once.
    fn rest(&mut self, items: &[Seen], earlier: &[Earlier<'_>]) {
        let open: Vec<usize> = (0..items.len()).filter(|at| self.found[*at].is_none()).collect();
        let free: Vec<usize> = (0..earlier.len()).filter(|place| self.free[*place]).collect();
        if open.is_empty() || free.is_empty() {
            return;
        }
        let texts: Vec<String> = open.iter().map(|at| items[*at].text.clone()).collect();
        let old: Vec<String> = free.iter().map(|place| earlier[*place].record.text.clone()).collect();
        let mut pairs = similarity::alike(&texts, &old);
        pairs.iter_mut().for_each(|pair| pair.2 = worth(pair.2));
        for (at, place) in matching::assign(open.len(), free.len(), &pairs).into_iter().enumerate() {
            if let Some(place) = place {
                self.found[open[at]] = Some(free[place]);
                self.free[free[place]] = false;
            }
        }
    }
}

fn group(keys: impl Iterator<Item = String>) -> HashMap<String, Vec<usize>> {
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, key) in keys.enumerate() {
        places.entry(key).or_default().push(at);
    }
    places
}

/// Ids: the one in the text, else the one it had, else one derived from its content that nobody has or had.
fn name<'a>(items: &[Seen], earlier: &[Earlier<'a>], found: &[Option<usize>]) -> Vec<Lasting<'a>> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut ids: Vec<Option<String>> = items.iter().map(|item| item.given.clone()).collect();
    for id in &mut ids {
        *id = id.take().filter(|id| taken.insert(id.clone()));
    }
    // Also one whose id in the text was another's first: it keeps what it was given instead.
    for (at, id) in ids.iter_mut().enumerate().filter(|(_, id)| id.is_none()) {
        *id = found[at].map(|place| earlier[place].record.id.clone()).filter(|id| taken.insert(id.clone()));
    }
    let gone = earlier.iter().map(|old| old.record.id.clone());
    let mut taken: HashSet<String> = taken.into_iter().chain(gone).collect();
    let finish = |(at, id): (usize, Option<String>)| {
        let item = &items[at];
        Lasting {
            explicit: item.given.is_some() && id.is_some(),
            id: id.unwrap_or_else(|| fresh(item, &mut taken)),
            fingerprint: item.fingerprint.clone(),
            before: found[at].map(|place| earlier[place]),
        }
    };
    ids.into_iter().enumerate().map(finish).collect()
}

/// The shortest id derived from the item's content that is free.
fn fresh(item: &Seen, taken: &mut HashSet<String>) -> String {
    let lengths = item.natural.iter().cloned();
    let longest = item.natural.last().cloned().unwrap_or_default();
    let numbered = (2..).map(|count| format!("{longest}-{count}"));
    let id = lengths.chain(numbered).find(|id| !taken.contains(id)).expect("the numbers never end");
    taken.insert(id.clone());
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slicing::slice::Ground;

    fn seen(method: &str) -> Seen {
        let text = format!("{method} /blobs/<digest>");
        let address = item::blanked(&text);
        let natural = vec![format!("endpoint:{address}")];
        let fingerprint = Fingerprint::of(&text);
        Seen { given: Some("end-2".into()), natural, address: Some(address), text, fingerprint }
    }

    fn record(item: &Seen, id: &str) -> ItemRecord {
        ItemRecord {
            id: id.to_owned(),
            kind: ItemKind::Endpoint,
            explicit: false,
            fingerprint: item.fingerprint.clone(),
            text: item.text.clone(),
            shared: false,
            ground: Ground::Nothing,
            origin: Vec::new(),
        }
    }

    #[test]
    fn the_second_item_of_one_id_keeps_what_it_was_given_instead() {
        let items = [seen("GET"), seen("HEAD")];
        let ids = |earlier: &[ItemRecord]| -> Vec<String> {
            let earlier: Vec<Earlier<'_>> = earlier.iter().map(|record| Earlier { record, slice: 0 }).collect();
            recognise(&items, &earlier).into_iter().map(|lasting| lasting.id).collect()
        };
        let first = ids(&[]);
        assert_eq!(first, ["end-2", "endpoint:HEAD /blobs/{}"]);
        let records: Vec<ItemRecord> = items.iter().zip(&first).map(|(item, id)| record(item, id)).collect();
        assert_eq!(ids(&records), first);
    }
}
