//! Which slices a master specification makes: assignment, dependencies, identity, platform, versions.
//!
//! Pure: the registry (who has which number and id) comes in as a value, and so does what a language model proposed.
//! [`plan`] is the way in; it is a pipeline of the files of this room, each of which answers one question.

mod component;
mod criteria;
mod dependency;
mod identity;
mod need;
mod owner;
mod plan;
mod platform;
pub mod registry;
pub mod slice;
mod slug;
pub mod version;

use std::collections::BTreeMap;

pub use plan::{plan, requirement_ids};
pub use registry::Registry;
pub use slice::{Slice, Slicing};
pub use version::{criteria_changed, settle};

use crate::slicing::slice::PlatformKind;

/// What a project says about its slices. The default is what an empty `vso.toml` says.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings<'a> {
    /// The platform where neither word nor evidence decides.
    pub platform: PlatformKind,
    /// Other names of components, by component.
    pub synonyms: BTreeMap<String, Vec<String>>,
    /// What a language model proposed; empty without one.
    pub refinements: Refinements,
    /// The master's text, into which the spans of the reading point. Components are then known by the prose of their
    /// sections too; empty when it is not at hand.
    pub text: &'a str,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            platform: PlatformKind::Hetzner,
            synonyms: BTreeMap::new(),
            refinements: Refinements::default(),
            text: "",
        }
    }
}

/// What a language model proposed. It never overrules a tag, a section or what was settled before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refinements {
    /// Component names by the lasting id of an item.
    pub owners: BTreeMap<String, String>,
    /// Dependencies between components, by name.
    pub dependencies: Vec<ProposedDependency>,
}

/// A dependency that a language model proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedDependency {
    /// Who needs.
    pub from: String,
    /// Who is needed.
    pub to: String,
}

/// Why no slices could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlicingError {
    /// The text names no component, and there are neither groups of requirements nor endpoints that could stand
    /// for some.
    #[error("no component was found, so there is nothing to cut slices by")]
    NoComponent,
    /// A component's name has no letter, digit or sign that can be seen.
    #[error("line {line}: a component has no usable name")]
    UnnamedComponent {
        /// Where it stands, from 1.
        line: usize,
    },
    /// Stated dependencies go round in a circle.
    #[error("components depend on each other in a circle: {}", path.join(" → "))]
    Cycle {
        /// The components on the way; the first one is repeated at the end.
        path: Vec<String>,
    },
}

impl SlicingError {
    /// What the author can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoComponent => {
                "name the components under a heading \"Components\", one a line: - **Members**: what it does"
            }
            Self::UnnamedComponent { .. } => "give the component a name of letters or digits",
            Self::Cycle { .. } => "take one of these dependencies out, or join two of the components",
        }
    }
}
