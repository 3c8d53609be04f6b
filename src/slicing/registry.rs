//! Who has which number and id: what earlier generations gave out, as a value.
//!
//! It is read from the slices' own `metadata.json` (and, later, from the generation history). Its records are what
//! `metadata.json` holds, so these types are that file's format; every key is documented here.

use serde::{Deserialize, Serialize};

use super::slice::{ItemKind, PlatformKind, Source, Status};
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
    pub ground: String,
}

/// A dependency as a slice remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedRecord {
    /// Id of the slice that is needed.
    pub slice: String,
    /// Where that was learnt.
    pub source: Source,
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
    /// The generated tree this slice was last brought up to; none before there is a generation history.
    #[serde(default)]
    pub base: Option<String>,
    /// Its items.
    #[serde(default)]
    pub items: Vec<ItemRecord>,
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
}
