//! A slice's version, master version and status, by what changed since its record.
//!
//! Removed or changed endpoint or model field: major. Added item: minor. Text: patch. Nothing: nothing, so that raising
//! the master's version alone touches nobody.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::identity::wording::PROSE;
use super::registry::{self, ItemRecord, SliceRecord};
use super::slice::{ItemKind, Slice, Status};

/// The version of a new slice.
pub(super) const FIRST: Version = Version::new(1, 0, 0);

/// How much a change means to those who use a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Words only.
    Patch,
    /// Something came.
    Minor,
    /// Something that others rely on went or changed.
    Major,
}

/// Sets version, master version and status of a slice by the record that its branch has of it; without one it is new.
pub fn settle(slice: &mut Slice, record: Option<&SliceRecord>, master_version: &str) {
    master_version.clone_into(&mut slice.master_version);
    match record {
        Some(record) => follow(slice, record),
        None => (slice.version, slice.status) = (FIRST, Status::Draft),
    }
}

/// Whether a slice is judged by other criteria than its record says.
#[must_use]
pub fn criteria_changed(record: &SliceRecord, slice: &Slice) -> bool {
    criteria(record) != criteria(&registry::record(slice))
}

/// Sets version, master version and status of a slice that has a record.
pub(super) fn follow(slice: &mut Slice, record: &SliceRecord) {
    let fresh = registry::record(slice);
    let before = Version::parse(&record.version).unwrap_or(FIRST);
    let reach = reach(record, &fresh);
    slice.version = reach.map_or_else(|| before.clone(), |reach| raise(&before, reach));
    if reach.is_none() && !record.retired {
        slice.master_version.clone_from(&record.master_version);
    }
    slice.status = if criteria(record) == criteria(&fresh) { record.status } else { Status::Draft };
}

/// The next version after a change.
#[must_use]
pub fn raise(version: &Version, reach: Reach) -> Version {
    match reach {
        Reach::Major => Version::new(version.major.saturating_add(1), 0, 0),
        Reach::Minor => Version::new(version.major, version.minor.saturating_add(1), 0),
        Reach::Patch => Version::new(version.major, version.minor, version.patch.saturating_add(1)),
    }
}

/// The greatest change between two records of one slice.
#[must_use]
pub fn reach(old: &SliceRecord, new: &SliceRecord) -> Option<Reach> {
    let (before, after) = (items(old), items(new));
    let removed = before.iter().filter(|(key, _)| !after.contains_key(*key)).map(|(_, item)| match item.kind {
        ItemKind::Endpoint | ItemKind::Model => Reach::Major,
        ItemKind::Requirement | ItemKind::Criterion => Reach::Minor,
    });
    let added = after.keys().filter(|key| !before.contains_key(*key)).map(|_| Reach::Minor);
    let changed = before.iter().filter_map(|(key, item)| reword(item, after.get(key)?));
    let needed = |record: &SliceRecord| -> BTreeSet<String> {
        record.dependencies.iter().map(|need| number_of(&need.slice)).collect()
    };
    let (needed_before, needed_after) = (needed(old), needed(new));
    let more = (!needed_after.is_subset(&needed_before)).then_some(Reach::Minor);
    let words = (old.name != new.name
        || old.description != new.description
        || old.platform != new.platform
        || needed_before != needed_after)
        .then_some(Reach::Patch);
    removed.chain(added).chain(changed).chain(more).chain(words).max()
}

/// `slice-001`: a slice that is only called otherwise now is the same one.
fn number_of(slice: &str) -> String {
    slice.splitn(3, '-').take(2).collect::<Vec<_>>().join("-")
}

fn items(record: &SliceRecord) -> BTreeMap<(ItemKind, &str), &ItemRecord> {
    record.items.iter().map(|item| ((item.kind, item.id.as_str()), item)).collect()
}

/// What a new wording of one item means.
fn reword(old: &ItemRecord, new: &ItemRecord) -> Option<Reach> {
    if old.fingerprint == new.fingerprint {
        return None;
    }
    let contract = |item: &ItemRecord| -> BTreeSet<String> {
        let skipped = usize::from(item.kind == ItemKind::Model);
        let lines = item.text.lines().skip(skipped).filter(|line| !line.starts_with(PROSE));
        lines.map(str::to_owned).collect()
    };
    match new.kind {
        ItemKind::Requirement | ItemKind::Criterion => Some(Reach::Patch),
        ItemKind::Endpoint | ItemKind::Model => {
            let (before, after) = (contract(old), contract(new));
            let asks_more = |line: &&String| {
                (line.starts_with("request ") || line.starts_with("parameter ")) && line.contains(" required")
            };
            if !before.is_subset(&after) || after.difference(&before).any(|line| asks_more(&line)) {
                Some(Reach::Major)
            } else if before == after {
                Some(Reach::Patch)
            } else {
                Some(Reach::Minor)
            }
        }
    }
}

/// What a slice is judged by.
fn criteria(record: &SliceRecord) -> BTreeSet<(&str, &str)> {
    let criteria = record.items.iter().filter(|item| item.kind == ItemKind::Criterion);
    criteria.map(|item| (item.id.as_str(), item.fingerprint.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slicing::slice::Ground;
    use crate::spec::text::Fingerprint;

    fn item(kind: ItemKind, text: &str) -> ItemRecord {
        let fingerprint = Fingerprint::of(text);
        ItemRecord {
            id: "x".into(),
            kind,
            explicit: true,
            fingerprint,
            text: text.into(),
            shared: false,
            ground: Ground::Tag,
            origin: Vec::new(),
        }
    }

    fn check(kind: ItemKind, old: &str, new: &str, expected: Option<Reach>) {
        assert_eq!(reword(&item(kind, old), &item(kind, new)), expected, "{old:?} -> {new:?}");
    }

    #[test]
    fn what_a_reword_means() {
        use ItemKind::{Endpoint, Model, Requirement};
        check(Requirement, "a", "a", None);
        check(Requirement, "a", "b", Some(Reach::Patch));
        check(Model, "Member\nid: uuid", "Member\nid: uuid\nphone: string", Some(Reach::Minor));
        check(Model, "Member\nid: uuid", "Member\nid: int", Some(Reach::Major));
        check(Model, "Member\nid: uuid", "Person\nid: uuid", Some(Reach::Patch));
        check(Model, "Member\nid: uuid", "Member\nid: uuid\n— who may borrow", Some(Reach::Patch));
        check(Endpoint, "GET /a", "GET /a\nparameter page: int optional", Some(Reach::Minor));
        check(Endpoint, "POST /a", "POST /a\nrequest name: string required", Some(Reach::Major));
        check(Endpoint, "GET /a", "GET /b", Some(Reach::Major));
    }

    #[test]
    fn versions_rise() {
        let version = Version::new(1, 2, 3);
        assert_eq!(raise(&version, Reach::Patch), Version::new(1, 2, 4));
        assert_eq!(raise(&version, Reach::Minor), Version::new(1, 3, 0));
        assert_eq!(raise(&version, Reach::Major), Version::new(2, 0, 0));
    }
}
