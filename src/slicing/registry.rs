//! Who has which number and id: what earlier generations gave out, as a value.
//!
//! It is read from the slices' own `metadata.json` (and, later, from the generation history). Its records are what
//! `metadata.json` holds, so these types are that file's format; every key is documented here.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::identity::{Known, wording};
use super::slice::{Ground, Held, ItemKind, PlatformKind, Slice, Slicing, Source, Status};
use super::slug;
use crate::spec::item::Component;
use crate::spec::text::Fingerprint;

/// The format of `metadata.json`, raised when a reader of the old one would go wrong.
pub const SCHEMA: u32 = 1;

/// What a slice remembers of one of its items.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRecord {
    /// Lasting id.
    pub id: String,
    /// Its kind.
    pub kind: ItemKind,
    /// Whether the master's text gives the id.
    pub explicit: bool,
    /// Hash of its normalised text.
    pub fingerprint: Fingerprint,
    /// Its text when it was last generated; identity compares with it when an item was reworded.
    pub text: String,
    /// Whether it binds every slice.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    /// Why it is in this slice (`tag`, `section`, `mention`, `words`, `everyone`); decides how sticky it is.
    #[serde(default)]
    pub ground: Ground,
    /// For a criterion, the ids of the requirements that it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origin: Vec<String>,
}

impl ItemRecord {
    /// Whether it is a criterion that vso made from a requirement, so that no text states it.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        let from = |requirement: &String| self.id.strip_prefix("AC-").and_then(|rest| rest.strip_prefix(requirement));
        let rest = self.origin.first().and_then(from);
        self.kind == ItemKind::Criterion && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

/// A dependency as a slice remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedRecord {
    /// Id of the slice that is needed.
    pub slice: String,
    /// Where that was learnt.
    pub source: Source,
}

/// Which side a person took where master and slice had changed one item differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Hash of the item's three texts: base, slice, master. Other texts are another question.
    pub key: String,
    /// The item as people know it: `FR-003`.
    pub item: String,
    /// `master`, `slice`, `base` or `edit`.
    pub take: String,
    /// What stands there now, where a person wrote something else than either side had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An item that people took out of a slice although the master binds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Waiver {
    /// Its kind.
    pub kind: ItemKind,
    /// Its lasting id.
    pub id: String,
}

/// `metadata.json` of one slice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceRecord {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The slice's id and folder.
    pub slice_id: String,
    /// Its number.
    pub number: u32,
    /// The component's name.
    pub name: String,
    /// Lasting id of the component.
    pub component: String,
    /// What the author said the component is when it was last generated; identity compares with it after a rename.
    #[serde(default)]
    pub description: String,
    /// The slice's version.
    pub version: String,
    /// The master's version when an item of this slice last changed.
    pub master_version: String,
    /// Where it runs.
    pub platform: PlatformKind,
    /// Why it runs there.
    #[serde(default)]
    pub platform_reason: String,
    /// How far it has come.
    pub status: Status,
    /// The slices it needs.
    #[serde(default)]
    pub dependencies: Vec<NeedRecord>,
    /// The id of the git tree of what vso generated for this slice when this branch last took a generation, without this
    /// file; none where that is not known.
    #[serde(default)]
    pub base: Option<String>,
    /// Its items.
    #[serde(default)]
    pub items: Vec<ItemRecord>,
    /// What people decided where both sides had changed one item differently; nothing of it is asked twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<Decision>,
    /// Items that people took out of this slice on purpose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
    /// Whether the master no longer has this component; the folder then holds this file alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retired: bool,
}

/// Everything that earlier generations gave out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Registry {
    /// One record a slice, by number.
    pub slices: Vec<SliceRecord>,
}

impl Registry {
    /// The next number that nobody ever had.
    #[must_use]
    pub fn next_number(&self) -> u32 {
        self.slices.iter().map(|slice| slice.number).max().unwrap_or(0) + 1
    }

    /// Ids of requirements, endpoints, models and stated criteria that slices still name and the master no longer has,
    /// each with the slice that names it, in the order of the slices.
    #[must_use]
    pub fn vanished(&self, slicing: &Slicing) -> Vec<(String, String)> {
        let there: HashSet<(ItemKind, &str)> =
            slicing.assignments.iter().map(|found| (found.kind, found.id.as_str())).collect();
        let named = self.slices.iter().filter(|slice| !slice.retired).flat_map(|slice| {
            let items = slice.items.iter().filter(|item| !item.is_derived());
            items.map(|item| (item.kind, &item.id, &slice.slice_id))
        });
        let gone = named.filter(|(kind, id, _)| !there.contains(&(*kind, id.as_str())));
        gone.map(|(_, id, slice)| (id.clone(), slice.clone())).collect()
    }
}

/// What a slice's `metadata.json` says, but for the base, which only a generation history knows.
#[must_use]
pub fn record(slice: &Slice) -> SliceRecord {
    let mut items = Vec::new();
    items.extend(slice.requirements.iter().map(|held| item(held, ItemKind::Requirement, wording::requirement)));
    items.extend(slice.endpoints.iter().map(|held| item(held, ItemKind::Endpoint, wording::endpoint)));
    items.extend(slice.models.iter().map(|held| item(held, ItemKind::Model, wording::model)));
    let shared: HashSet<&str> =
        slice.requirements.iter().filter(|held| held.shared).map(|held| held.id.as_str()).collect();
    items.extend(slice.criteria.iter().map(|criterion| ItemRecord {
        id: criterion.id.clone(),
        kind: ItemKind::Criterion,
        explicit: false,
        fingerprint: Fingerprint::of(&criterion.text),
        text: criterion.text.clone(),
        shared: criterion.origin.first().is_some_and(|origin| shared.contains(origin.as_str())),
        ground: Ground::Nothing,
        origin: criterion.origin.clone(),
    }));
    let needs = slice.needs.iter();
    SliceRecord {
        schema: SCHEMA,
        slice_id: slice.id.clone(),
        number: slice.number,
        name: slice.name.clone(),
        component: slice.component.clone(),
        description: slice.description.clone(),
        version: slice.version.to_string(),
        master_version: slice.master_version.clone(),
        platform: slice.platform.kind,
        platform_reason: slice.platform.reason.clone(),
        status: slice.status,
        dependencies: needs.map(|need| NeedRecord { slice: need.slice.clone(), source: need.source }).collect(),
        base: None,
        items,
        decisions: Vec::new(),
        waivers: Vec::new(),
        retired: false,
    }
}

fn item<T>(held: &Held<T>, kind: ItemKind, wording: fn(&T) -> String) -> ItemRecord {
    ItemRecord {
        id: held.id.clone(),
        kind,
        explicit: held.explicit,
        fingerprint: held.fingerprint.clone(),
        text: wording(&held.item),
        shared: held.shared,
        ground: held.ground,
        origin: Vec::new(),
    }
}

/// A component with its number and slug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    /// Its lasting id.
    pub(super) component: String,
    /// Its number.
    pub(super) number: u32,
    /// Its slug.
    pub(super) slug: String,
    /// Whether the slug is not what the name suggests.
    pub(super) changed: bool,
}

impl Named {
    /// `slice-001-members`.
    pub(super) fn id(&self) -> String {
        format!("slice-{:03}-{}", self.number, self.slug)
    }
}

/// Gives every component its number and slug. Known ones keep their number, and their slug as long as their name stays;
/// new ones get the numbers after the highest that was ever given, in the order of dependencies.
pub(super) fn name(components: &[Component], known: &[Known], order: &[usize], registry: &Registry) -> Vec<Named> {
    let mut next = registry.next_number();
    let mut named: Vec<Option<Named>> = vec![None; components.len()];
    let mut taken = HashSet::new();
    for (place, component) in components.iter().enumerate() {
        let Some(record) = known[place].record(registry).filter(|record| record.name == component.name) else {
            continue;
        };
        let Some(kept) = slug_of(record) else { continue };
        let fresh = slug::slug(&component.name, &known[place].component, &HashSet::new());
        taken.insert(kept.to_owned());
        named[place] = Some(Named {
            component: known[place].component.clone(),
            number: record.number,
            slug: kept.to_owned(),
            changed: fresh.changed || fresh.text != kept,
        });
    }
    for place in order {
        if named[*place].is_some() {
            continue;
        }
        let made = slug::slug(&components[*place].name, &known[*place].component, &taken);
        taken.insert(made.text.clone());
        let number = known[*place].record(registry).map(|record| record.number).unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        let component = known[*place].component.clone();
        named[*place] = Some(Named { component, number, slug: made.text, changed: made.changed });
    }
    named.into_iter().flatten().collect()
}

/// The slug in a record's id, when it has the form that vso gives: nothing else may become a path again.
fn slug_of(record: &SliceRecord) -> Option<&str> {
    let slug = record.slice_id.strip_prefix(&format!("slice-{:03}-", record.number))?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (!slug.is_empty() && slug.len() <= 64 && slug.bytes().all(plain)).then_some(slug)
}
