//! The items in which two versions of a master differ, and the slices that hold them.
//!
//! The older version is cut into slices first, and the newer one with what that gave out: so an item that was reworded is
//! the same item, also one without an id.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::slicing::registry::{self, Registry};
use crate::slicing::slice::{ItemKind, Slicing};
use crate::slicing::{self};
use crate::spec::item::Reading;
use crate::spec::lint::{Facts, Subject};
use crate::spec::text::Fingerprint;
use crate::spec::{Document, read, rules};

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Its text is another.
    Changed,
    /// It was not there before.
    New,
    /// It is there no more.
    Gone,
}

/// What two versions of a master differ in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The items, by id.
    pub items: Vec<(String, Fate)>,
    /// Slices with other items than before, by id; new ones too.
    pub touched: Vec<String>,
    /// Slices that the newer version no longer makes, by id.
    pub retired: Vec<String>,
    /// How many slices the newer version makes.
    pub count: usize,
}

/// Compares two versions of a master.
///
/// # Errors
/// Why slices can't be made from the newer one, in a sentence.
pub fn change(config: &Config, registry: &Registry, old: Option<&[u8]>, new: Option<&[u8]>) -> Result<Change, String> {
    let new = new.ok_or("it is gone")?;
    let empty = (Slicing::default(), Items::new());
    // A version that could not be cut had no slices to compare with but the recorded ones.
    let (before, old_items) = match old {
        Some(old) => cut(config, registry, old).unwrap_or_else(|_| recorded(registry)),
        None => empty,
    };
    let mut between = Registry { slices: before.slices.iter().map(registry::record).collect() };
    let kept: BTreeSet<u32> = between.slices.iter().map(|record| record.number).collect();
    between.slices.extend(registry.slices.iter().filter(|record| !kept.contains(&record.number)).cloned());
    between.slices.sort_by_key(|record| record.number);
    let (after, new_items) = cut(config, &between, new)?;
    let mut change = Change { count: after.slices.len(), ..Change::default() };
    let ids: BTreeSet<&(ItemKind, String)> = old_items.keys().chain(new_items.keys()).collect();
    for id in ids {
        let (old, new) = (old_items.get(id), new_items.get(id));
        let fate = match (old, new) {
            (Some(old), Some(new)) if old.print == new.print => None,
            (Some(_), Some(_)) => Some(Fate::Changed),
            (None, _) => Some(Fate::New),
            (_, None) => Some(Fate::Gone),
        };
        change.items.extend(fate.map(|fate| (id.1.clone(), fate)));
    }
    let held = |items: &Items, number: u32| -> BTreeSet<(ItemKind, String, Option<Fingerprint>)> {
        let held = items.iter().filter(|(_, item)| item.slices.contains(&number));
        held.map(|((kind, id), item)| (*kind, id.clone(), item.print.clone())).collect()
    };
    let by_slice = after.slices.iter().filter(|slice| held(&old_items, slice.number) != held(&new_items, slice.number));
    change.touched = by_slice.map(|slice| slice.id.clone()).collect();
    change.touched.sort();
    let known: BTreeSet<&String> =
        registry.slices.iter().filter(|record| !record.retired).map(|record| &record.slice_id).collect();
    change.retired = after.retired.iter().filter(|id| known.contains(id)).cloned().collect();
    Ok(change)
}

/// The items of a version, by kind and id.
type Items = BTreeMap<(ItemKind, String), Item>;

#[derive(Debug, Clone, Default)]
struct Item {
    /// Hash of its wording; none for what no slice holds and has no text of its own to compare.
    print: Option<Fingerprint>,
    /// The numbers of the slices that hold it.
    slices: BTreeSet<u32>,
}

fn cut(config: &Config, registry: &Registry, text: &[u8]) -> Result<(Slicing, Items), String> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned())?;
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    let reading = read::read(&document);
    check_front_matter(&document, &reading)?;
    let settings = slicing::Settings {
        platform: config.slicing.platform,
        synonyms: config.slicing.synonyms.clone(),
        text: document.text(),
        ..slicing::Settings::default()
    };
    let slicing = slicing::plan(&reading, registry, &settings).map_err(|error| error.to_string())?;
    let mut items = Items::new();
    for slice in &slicing.slices {
        for record in registry::record(slice).items.into_iter().filter(|record| !record.is_derived()) {
            let item = items.entry((record.kind, record.id)).or_default();
            item.print = Some(record.fingerprint);
            item.slices.insert(slice.number);
        }
    }
    // What nobody owns yet is an item too; requirements have a text to compare.
    for found in slicing.assignments.iter().filter(|found| found.kind == ItemKind::Requirement) {
        let text = reading.requirements.get(found.index).map(|requirement| Fingerprint::of(&requirement.text));
        items.entry((found.kind, found.id.clone())).or_insert(Item { print: text, slices: BTreeSet::new() });
    }
    Ok((slicing, items))
}

/// What the slices remember, where the older version itself can't be cut.
fn recorded(registry: &Registry) -> (Slicing, Items) {
    let mut items = Items::new();
    for slice in registry.slices.iter().filter(|slice| !slice.retired) {
        for record in slice.items.iter().filter(|record| !record.is_derived()) {
            let item = items.entry((record.kind, record.id.clone())).or_default();
            item.print = Some(record.fingerprint.clone());
            item.slices.insert(slice.number);
        }
    }
    (Slicing::default(), items)
}

fn check_front_matter(document: &Document, reading: &Reading) -> Result<(), String> {
    let facts = Facts::default();
    let Some(rule) = rules::find("invalid-front-matter") else { return Ok(()) };
    let found = (rule.check)(&Subject { document, reading, facts: &facts });
    found.into_iter().next().map_or(Ok(()), |finding| Err(finding.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MASTER: &str = "# S\n\n## Requirements\n\n- **FR-001** [component: A] A user can log in.\n\
        - **FR-002** [component: B] A user can find notes.\n- [component: B] A user can print a note on paper.\n\n\
        ## Components\n\n- **A**: one\n- **B**: two\n";

    fn check(edit: impl Fn(&str) -> String, items: &[(&str, Fate)], touched: &[&str]) {
        let config = Config::default();
        let (before, _) = cut(&config, &Registry::default(), MASTER.as_bytes()).unwrap();
        let registry = Registry { slices: before.slices.iter().map(registry::record).collect() };
        let new = edit(MASTER);
        let change = change(&config, &registry, Some(MASTER.as_bytes()), Some(new.as_bytes())).unwrap();
        let found: Vec<(&str, Fate)> = change.items.iter().map(|(id, fate)| (id.as_str(), *fate)).collect();
        assert_eq!(found, items);
        assert_eq!(change.touched, touched);
    }

    #[test]
    fn items_and_the_slices_that_hold_them() {
        let one = "slice-001-a";
        let two = "slice-002-b";
        check(|text| text.replace("log in", "log in twice"), &[("FR-001", Fate::Changed)], &[one]);
        check(
            |text| text.replace("\n## Comp", "- **FR-003** [component: B] A user can sort notes.\n\n## Comp"),
            &[("FR-003", Fate::New)],
            &[two],
        );
        check(
            |text| text.replace("- **FR-002** [component: B] A user can find notes.\n", ""),
            &[("FR-002", Fate::Gone)],
            &[two],
        );
        check(|text| text.replace("component: A", "component: B"), &[], &[one, two]);
        check(|text| format!("{text}\nSome prose.\n"), &[], &[]);
    }

    /// A requirement without an id is the same one after it was reworded.
    #[test]
    fn a_reworded_item_without_an_id_is_changed_and_not_new() {
        let config = Config::default();
        let new = MASTER.replace("print a note on paper", "print every note on paper");
        let change = change(&config, &Registry::default(), Some(MASTER.as_bytes()), Some(new.as_bytes())).unwrap();
        assert_eq!(change.items.iter().map(|(_, fate)| *fate).collect::<Vec<_>>(), [Fate::Changed]);
    }

    #[test]
    fn what_can_not_be_cut_says_why() {
        let config = Config::default();
        let check = |text: Option<&[u8]>, expected: &str| {
            let error = change(&config, &Registry::default(), Some(MASTER.as_bytes()), text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(None, "gone");
        check(Some(b"\xff\xfe"), "UTF-8");
        check(Some(b"nothing"), "no component");
        check(Some(b"---\ntitle: [\n---\n# S\n"), "front matter");
    }
}
