//! What a sync would do, as a value: slice by slice, with its items, versions, conflicts and reach.
//!
//! `vso plan --json` prints it as it stands here; the keys stay. [`words`] is the same for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::counted;
use super::slices::columns;
use crate::merge::Conflict;
use crate::slicing::slice::ItemKind;

/// The version of this format.
pub const FORMAT: u32 = 1;

/// What becomes of one slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The master makes it, and the target branch does not have it.
    New,
    /// The master, a template or a setting changed something in it, and all of it goes together with what people did.
    Update,
    /// Nothing.
    Unchanged,
    /// Something in it was changed on both sides differently; the rest of the change is proposed.
    Conflict,
    /// People changed items in it that the master states: they are proposed for the master.
    Upstream,
    /// The master no longer makes it.
    Retired,
}

impl Change {
    /// `new`, `update`, `unchanged`, `conflict`, `upstream` or `retired`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Update => "update",
            Self::Unchanged => "unchanged",
            Self::Conflict => "conflict",
            Self::Upstream => "upstream",
            Self::Retired => "retired",
        }
    }
}

/// A version before and after.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Versions {
    /// Before; null for what is new.
    pub from: Option<String>,
    /// After; null for what goes.
    pub to: Option<String>,
}

/// The ids of the items that a change touches. A criterion that vso makes from a requirement does not count beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Items {
    /// New ones.
    pub added: Vec<String>,
    /// Those with another text.
    pub changed: Vec<String>,
    /// Those that went.
    pub removed: Vec<String>,
}

impl Items {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// `+FR-031 ~FR-003 -FR-007`; at most `most` of them are named.
    #[must_use]
    pub fn words(&self, most: usize) -> String {
        let marked = |mark: char, ids: &[String]| ids.iter().map(|id| format!("{mark}{id}")).collect::<Vec<_>>();
        let all = [marked('+', &self.added), marked('~', &self.changed), marked('-', &self.removed)].concat();
        let rest = all.len().saturating_sub(most);
        let named = all.into_iter().take(most).collect::<Vec<_>>().join(" ");
        if rest == 0 { named } else { format!("{named} and {rest} more") }
    }
}

/// Where an item of a plan comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The item.
    pub id: String,
    /// Its kind.
    pub kind: ItemKind,
    /// The line of the master on which it stands now, from 1; null for what went.
    pub line: Option<usize>,
    /// Its text now; its last one for what went.
    pub text: String,
}

/// One item that both sides changed differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConflictView {
    /// The file, from the slice's folder.
    pub path: String,
    /// The item, as `vso resolve --item` takes it.
    pub item: String,
    /// Hash of the three texts; a decision is remembered by it.
    pub key: String,
    /// What vso generated last; null where it was not there.
    pub base: Option<String>,
    /// What the slice says; null where people removed it.
    pub slice: Option<String>,
    /// What the master makes of it now; null where it went.
    pub master: Option<String>,
}

impl ConflictView {
    /// A conflict in a file of a slice.
    #[must_use]
    pub fn of(path: &str, conflict: &Conflict) -> Self {
        Self {
            path: path.to_owned(),
            item: conflict.item.clone(),
            key: conflict.key(),
            base: conflict.base.clone(),
            slice: conflict.ours.clone(),
            master: conflict.theirs.clone(),
        }
    }
}

/// What becomes of one slice, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SlicePlan {
    /// `slice-001-auth`.
    pub id: String,
    /// The component's name.
    pub name: String,
    /// What becomes of it.
    pub change: Change,
    /// Its version.
    pub version: Versions,
    /// The items that the master changes in it.
    pub items: Items,
    /// Where these items stand.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// What a person has to decide.
    pub conflicts: Vec<ConflictView>,
    /// Its old id, where its component was renamed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed_from: Option<String>,
    /// Its files that change, from its folder.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// What else is to be said: an unknown base, a template that changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// An item that goes up from slices to the master.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Upstream {
    /// The item.
    pub item: String,
    /// The slices in which people changed it.
    pub slices: Vec<String>,
    /// The master's text; null for a new item.
    pub from: Option<String>,
    /// The slices' text.
    pub to: String,
    /// Why it can't be carried up, where that is so: it then stays in the slice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What becomes of the master.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct MasterPlan {
    /// Its version.
    pub version: Versions,
    /// Items that go up.
    pub edits: Vec<Upstream>,
    /// Whether the index under "Vertical Slices" is written anew.
    pub index: bool,
    /// Files that all slices share and that change.
    pub shared: Vec<String>,
}

impl MasterPlan {
    /// Whether there is nothing to propose for it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.iter().all(|edit| edit.refused.is_some()) && !self.index && self.shared.is_empty()
    }
}

/// How far a plan reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// Slices that change.
    pub slices: usize,
    /// Slices that there are.
    pub of: usize,
    /// Requirements that are new, changed or gone.
    pub requirements: usize,
    /// Endpoints.
    pub endpoints: usize,
    /// Data models.
    pub models: usize,
    /// Criteria that the master states itself.
    pub criteria: usize,
    /// "2 of 14 slices, 3 requirements, 1 endpoint".
    pub words: String,
}

impl Reach {
    /// Counts what the slices of a plan name; an item in several slices counts once.
    #[must_use]
    pub fn of(slices: &[SlicePlan]) -> Self {
        Self::within(slices, slices.len())
    }

    /// The same for some of `of` slices.
    #[must_use]
    pub fn within(slices: &[SlicePlan], of: usize) -> Self {
        let mut seen = std::collections::BTreeSet::new();
        seen.extend(slices.iter().flat_map(|slice| &slice.sources).map(|source| (source.kind, source.id.clone())));
        let count = |kind: ItemKind| seen.iter().filter(|(found, _)| *found == kind).count();
        let mut reach = Self {
            slices: slices.iter().filter(|slice| slice.change != Change::Unchanged).count(),
            of,
            requirements: count(ItemKind::Requirement),
            endpoints: count(ItemKind::Endpoint),
            models: count(ItemKind::Model),
            criteria: count(ItemKind::Criterion),
            words: String::new(),
        };
        let kinds = [
            (reach.requirements, "requirement", "requirements"),
            (reach.endpoints, "endpoint", "endpoints"),
            (reach.models, "model", "models"),
            (reach.criteria, "criterion", "criteria"),
        ];
        let named = kinds.iter().filter(|(count, ..)| *count > 0);
        let named = named.map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }));
        let slices = format!("{} of {}", reach.slices, counted(reach.of, "slice"));
        reach.words = std::iter::once(slices).chain(named).collect::<Vec<_>>().join(", ");
        reach
    }
}

/// What a sync would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The version of this format: 1.
    pub format: u32,
    /// The branch that it is made for.
    pub branch: String,
    /// The commit that was looked at; null where there is none yet.
    pub target: Option<String>,
    /// Every slice, dependencies first, then the retired ones.
    pub slices: Vec<SlicePlan>,
    /// What becomes of the master.
    pub master: MasterPlan,
    /// How far it reaches.
    pub reach: Reach,
    /// Whether it changes more than half of the slices that there are, or changes them without a word of the master:
    /// one draft for all then waits for a person.
    pub wide: bool,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.master.is_empty() && self.slices.iter().all(|slice| slice.change == Change::Unchanged)
    }

    /// How many conflicts wait for a person.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.slices.iter().map(|slice| slice.conflicts.len()).sum()
    }
}

/// So many items of one slice are named on its line.
const NAMED: usize = 6;

/// A plan with nothing to do, for people.
#[must_use]
pub fn nothing(slices: usize) -> String {
    format!("nothing to do: {} in step with the master\n", counted(slices, "slice"))
}

/// The plan for people: one line a slice that changes, then what goes up, then the reach.
#[must_use]
pub fn words(plan: &Plan) -> String {
    if plan.is_empty() {
        return nothing(plan.slices.len());
    }
    let rows: Vec<Vec<String>> =
        plan.slices.iter().filter(|slice| slice.change != Change::Unchanged).map(row).collect();
    let mut text = columns(&rows);
    for slice in &plan.slices {
        for conflict in &slice.conflicts {
            text.push_str(&format!("  conflict  {} {}: {}\n", slice.id, conflict.path, conflict.item));
            let sides = [("base", &conflict.base), ("slice", &conflict.slice), ("master", &conflict.master)];
            sides.iter().for_each(|(name, side)| text.push_str(&format!("    {name:6}  {}\n", first_line(side))));
        }
        for note in &slice.notes {
            text.push_str(&format!("  note      {}: {note}\n", slice.id));
        }
    }
    text.push_str(&master_words(&plan.master));
    text.push_str(&format!("\n{}\n", plan.reach.words));
    if plan.wide {
        text.push_str(
            "wide: one draft for all of it waits for a person (`vso sync --wide` proposes it slice by slice)\n",
        );
    }
    text
}

/// So much of one side's text is shown; `--json` has all of it.
const SHOWN: usize = 90;

/// The first line of a side, as far as it is shown.
fn first_line(side: &Option<String>) -> String {
    let Some(text) = side else { return "(not there)".to_owned() };
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let cut = line.chars().count() > SHOWN || text.trim_end().lines().count() > 1;
    let mut shown: String = line.chars().take(SHOWN).collect();
    if cut {
        shown.push('…');
    }
    shown
}

fn row(slice: &SlicePlan) -> Vec<String> {
    let version = match (&slice.version.from, &slice.version.to) {
        (Some(from), Some(to)) if from != to => format!("{from} → {to}"),
        (_, Some(version)) | (Some(version), None) => version.clone(),
        (None, None) => String::new(),
    };
    let was = slice.renamed_from.as_ref().map(|was| format!("(was {was}) ")).unwrap_or_default();
    vec![slice.change.word().to_owned(), slice.id.clone(), version, format!("{was}{}", slice.items.words(NAMED))]
}

fn master_words(master: &MasterPlan) -> String {
    let mut text = String::new();
    for edit in &master.edits {
        let why = edit.refused.as_ref().map(|why| format!(" stays in the slice: {why}")).unwrap_or_default();
        text.push_str(&format!("upstream  {} from {}{why}\n", edit.item, edit.slices.join(", ")));
    }
    if master.index {
        text.push_str("master    the index under \"Vertical Slices\"\n");
    }
    for path in &master.shared {
        text.push_str(&format!("shared    {path}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(id: &str, change: Change, changed: &[&str]) -> SlicePlan {
        let changed: Vec<String> = changed.iter().map(|id| (*id).to_owned()).collect();
        let source =
            |id: &String| Source { id: id.clone(), kind: ItemKind::Requirement, line: Some(1), text: String::new() };
        SlicePlan {
            id: id.into(),
            name: id.into(),
            change,
            version: Versions { from: Some("1.0.0".into()), to: Some("1.0.1".into()) },
            sources: changed.iter().map(source).collect(),
            items: Items { changed, ..Items::default() },
            conflicts: Vec::new(),
            renamed_from: None,
            files: Vec::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn an_item_in_several_slices_counts_once() {
        let slices = [
            slice("slice-001-a", Change::Update, &["FR-001", "NFR-1"]),
            slice("slice-002-b", Change::Update, &["NFR-1"]),
            slice("slice-003-c", Change::Unchanged, &[]),
        ];
        assert_eq!(Reach::of(&slices).words, "2 of 3 slices, 2 requirements");
    }

    #[test]
    fn a_plan_reads_well() {
        let slices =
            vec![slice("slice-001-a", Change::Update, &["FR-001"]), slice("slice-002-b", Change::Unchanged, &[])];
        let mut plan = Plan {
            format: FORMAT,
            branch: "main".into(),
            target: None,
            reach: Reach::of(&slices),
            slices,
            master: MasterPlan::default(),
            wide: false,
        };
        assert_eq!(words(&plan), "update  slice-001-a  1.0.0 → 1.0.1  ~FR-001\n\n1 of 2 slices, 1 requirement\n");
        plan.slices.remove(0);
        assert_eq!(words(&plan), "nothing to do: 1 slice in step with the master\n");
    }
}
