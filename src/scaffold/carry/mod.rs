//! The way back through the templates: what people changed in a slice's `spec.md`, as edits of the master.
//!
//! Templates print the text of an item word for word, so that this can be undone exactly. [`edits`] says item by item
//! what differs from what vso printed; [`carry`] puts that into the master in place, every other byte staying. Nothing
//! is believed: each edit is read back, and what the reader would not understand as it was meant is refused.

mod added;
mod alike;
mod difference;
mod index;
mod master;
mod page;
mod raised;
mod sides;
mod tokens;
mod weave;

pub use difference::{edits, states, without};
pub use index::{index, indexed_as};
pub use master::carry;
pub use raised::raise_version;
pub use sides::{Sides, sides};

use crate::slicing::slice::ItemKind;
use crate::spec::item::Voice;

/// What people changed in one slice's `spec.md`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpecEdits {
    /// Items whose wording is another one now.
    pub changed: Vec<ItemEdit>,
    /// Items whose line is gone, by kind and id. In the slice that is a waiver; it never goes up.
    pub removed: Vec<(ItemKind, String)>,
    /// Criteria and requirements that only the slice has, with an id or a component's tag.
    pub added: Vec<NewItem>,
    /// Items that stand twice in the slice (requirement and criterion) and were changed differently.
    pub split: Vec<Split>,
}

impl SpecEdits {
    /// Whether there is nothing that could go up.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.split.is_empty()
    }
}

/// Which part of an item was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Its text: a requirement's sentence, the whole line of a criterion, an endpoint or a model.
    Text,
    /// The label before a requirement ("Performance").
    Category,
    /// A detail below a requirement.
    Detail,
}

/// One item whose wording was changed. Texts are plain: escapes of Markdown are undone, white space is folded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemEdit {
    /// Its kind.
    pub kind: ItemKind,
    /// Its lasting id; for endpoints method and path, for models the name, as vso printed them.
    pub id: String,
    /// What of it.
    pub part: Part,
    /// What vso printed.
    pub before: String,
    /// What stands there now.
    pub after: String,
}

/// A criterion or requirement that only a slice has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NewItem {
    /// [`ItemKind::Criterion`] or [`ItemKind::Requirement`].
    pub kind: ItemKind,
    /// The id that the text gives.
    pub id: Option<String>,
    /// The component that the text names.
    pub tag: Option<String>,
    /// The label before a requirement.
    pub category: Option<String>,
    /// Its text, plain, without id and tag; of a criterion with its references.
    pub text: String,
    /// For a criterion, under which heading it stands.
    pub system: bool,
    /// Whether a requirement stands among the non-functional ones.
    pub quality: bool,
    /// Its whole line as plain text, by which it is found on the slice's page again.
    pub line: String,
    /// Whether something stands below it that only the slice has.
    pub noted: bool,
}

impl NewItem {
    /// Who speaks in a criterion.
    #[must_use]
    pub fn voice(&self) -> Voice {
        if self.system { Voice::System } else { Voice::User }
    }
}

/// An item that stands twice in a slice, with two new wordings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Its kind.
    pub kind: ItemKind,
    /// Its lasting id.
    pub id: String,
    /// What of it.
    pub part: Part,
    /// What vso printed in both places.
    pub before: String,
    /// What stands there now, in the order of the file.
    pub wordings: Vec<String>,
}

/// What went up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An item's wording.
    Edit(ItemEdit),
    /// A new item.
    New(NewItem),
}

impl Change {
    /// The id for people: the item's own, else the first words of a new one.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Edit(edit) => &edit.id,
            Self::New(new) => new.id.as_deref().unwrap_or(&new.text),
        }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ItemKind {
        match self {
            Self::Edit(edit) => edit.kind,
            Self::New(new) => new.kind,
        }
    }
}

/// A change with the slices that ask for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// What.
    pub change: Change,
    /// The slices, by id, in order.
    pub slices: Vec<String>,
    /// The lasting id of the master's item; none for a new one.
    pub lasting: Option<String>,
}

/// One item that slices want differently, or that the master has changed differently since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Its kind.
    pub kind: ItemKind,
    /// Its id, as in [`ItemEdit::id`].
    pub id: String,
    /// What of it.
    pub part: Part,
    /// What vso printed.
    pub before: String,
    /// Each new wording with the slices that have it, in order.
    pub sides: Vec<(String, Vec<String>)>,
    /// What the master says by now, where that is neither the old wording nor a new one.
    pub master: Option<String>,
}

/// What carrying up comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Carried {
    /// The master's text afterwards.
    pub text: String,
    /// What is in it.
    pub applied: Vec<Asked>,
    /// What stays in its slices, each with the reason.
    pub refused: Vec<(Asked, String)>,
    /// What somebody has to decide.
    pub conflicts: Vec<Disagreement>,
}
