//! The values that slicing makes and everything above works with.
//!
//! A slice holds copies of its items. Their spans point into the master and must not reach any generated file: a
//! change elsewhere in the master moves lines, and must not touch this slice (law 5).

use schemars::JsonSchema;
use semver::Version;
use serde::{Deserialize, Serialize};

use crate::spec::item::{Endpoint, Model, Requirement, Voice};
use crate::spec::lint::{Candidate, Ownership};
use crate::spec::text::Fingerprint;

/// An item as a slice holds it, with its lasting id.
#[derive(Debug, Clone, PartialEq)]
pub struct Held<T> {
    /// `FR-003` where the text gives one, else derived from the item's first-seen content (`R-3f9a2c`).
    pub id: String,
    /// Whether the text gives the id.
    pub explicit: bool,
    /// Hash of its normalised text.
    pub fingerprint: Fingerprint,
    /// Whether it binds every slice (a non-functional requirement without a component).
    pub shared: bool,
    /// Why it came to this slice in the first place: never [`Ground::Sticky`].
    pub ground: Ground,
    /// The item.
    pub item: T,
}

/// An acceptance criterion of a slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// `AC-FR-003`, from the requirement it comes from, or as the master states it (`AC-004`).
    pub id: String,
    /// "As a user, I can" or "As a system, I must".
    pub voice: Voice,
    /// The requirement's text word for word, or the criterion as the master states it.
    pub text: String,
    /// Ids of the requirements that it comes from.
    pub origin: Vec<String>,
}

impl Criterion {
    /// The name of the test function that checks it: `test_ac_fr_003` for `AC-FR-003`.
    #[must_use]
    pub fn test_name(&self) -> String {
        test_name(&self.id)
    }
}

/// The name of the test function for a criterion's id: `test_ac_fr_003` for `AC-FR-003`.
///
/// Always a Python name of ASCII letters, digits and underscores.
#[must_use]
pub fn test_name(criterion: &str) -> String {
    let plain = any_ascii::any_ascii(criterion);
    let words = plain.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold("test".to_owned(), |name, word| name + "_" + &word.to_ascii_lowercase())
}

/// Where a dependency was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The text says so.
    Stated,
    /// Concluded from items: a requirement of one speaks of a model that the other owns.
    Inferred,
    /// Proposed by a language model.
    Refined,
}

/// Why a slice needs another where a language model proposed that. The model's own words differ from answer to answer,
/// and a generated file must not.
pub const PROPOSED: &str = "proposed by a language model";

/// A slice that must be there before this one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Needs {
    /// Id of the slice that is needed.
    pub slice: String,
    /// Its component's name.
    pub name: String,
    /// Where that was learnt.
    pub source: Source,
    /// The words that say so.
    pub why: String,
}

/// A dependency that is only drawn and was left out, because with it components would need each other in a circle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The component that would have needed, by name.
    pub from: String,
    /// The component that would have been needed, by name.
    pub to: String,
    /// The notation that says so ("mermaid edge").
    pub why: String,
    /// The line on which it is drawn, from 1.
    pub line: usize,
}

/// Where a slice runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlatformKind {
    /// A Hetzner Cloud server, by Terraform.
    Hetzner,
    /// Modal, for compute-intensive Python.
    Modal,
}

/// A platform with the reason for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Which one.
    pub kind: PlatformKind,
    /// Why: the author's word or the evidence.
    pub reason: String,
}

/// How far a slice has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Specified.
    #[default]
    Draft,
    /// Built.
    Implemented,
    /// Its tests are green.
    Tested,
    /// It runs.
    Deployed,
}

/// One vertical slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// Number for people: given once, never re-used.
    pub number: u32,
    /// `slice-001-auth`: number and slug; the folder's name.
    pub id: String,
    /// The component's name as the author wrote it.
    pub name: String,
    /// Lasting id of the component: derived from its first-seen name, kept over renames.
    pub component: String,
    /// What the author says it is.
    pub description: String,
    /// Its requirements: own ones first, then those that bind every slice.
    pub requirements: Vec<Held<Requirement>>,
    /// Its acceptance criteria.
    pub criteria: Vec<Criterion>,
    /// Its endpoints.
    pub endpoints: Vec<Held<Endpoint>>,
    /// Its own models.
    pub models: Vec<Held<Model>>,
    /// Models of other slices that its endpoints and requirements speak of.
    pub foreign_models: Vec<Held<Model>>,
    /// Slices that must be there first, by id.
    pub needs: Vec<Needs>,
    /// Where it runs.
    pub platform: Platform,
    /// Its version, raised by what changed since the registry's record.
    pub version: Version,
    /// The master's version when an item of this slice last changed.
    pub master_version: String,
    /// How far it has come.
    pub status: Status,
}

/// How an item came to its slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Ground {
    /// The author's tag or column.
    Tag,
    /// It stands in the component's own section.
    Section,
    /// It was there before, and nothing that decides has changed.
    Sticky,
    /// It names the component, or a model or path that the component owns.
    Mention,
    /// It shares words with the component's own text (BM25).
    Words,
    /// It binds every slice.
    Everyone,
    /// A language model proposed it.
    Refined,
    /// Nothing says where it belongs.
    #[default]
    Nothing,
}

/// What kind of item an assignment speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// A requirement.
    Requirement,
    /// An endpoint.
    Endpoint,
    /// A data model.
    Model,
    /// A stated criterion.
    Criterion,
}

/// Where an item went and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Its kind.
    pub kind: ItemKind,
    /// Its place in the reading's list of that kind.
    pub index: usize,
    /// Its lasting id.
    pub id: String,
    /// The component's name; none for what binds everyone and for what nobody owns.
    pub component: Option<String>,
    /// Why.
    pub ground: Ground,
    /// From 0 to 1: the margin to the second best candidate.
    pub confidence: f64,
    /// The best candidates, best first; two at most.
    pub candidates: Vec<Candidate>,
}

/// All slices of a master specification.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Slicing {
    /// The system's name.
    pub title: String,
    /// The master's version.
    pub master_version: String,
    /// The slices, dependencies first.
    pub slices: Vec<Slice>,
    /// Where every item went and why.
    pub assignments: Vec<Assignment>,
    /// Slices that the registry knows and the master no longer makes, by id.
    pub retired: Vec<String>,
    /// Component names whose slug had to be made safe or unique, with the slug.
    pub slugs: Vec<(String, String)>,
    /// Dependencies that are drawn and would have closed a circle, in the order of the text.
    pub left_out: Vec<LeftOut>,
}

impl Slicing {
    /// A slice by its id.
    #[must_use]
    pub fn slice(&self, id: &str) -> Option<&Slice> {
        self.slices.iter().find(|slice| slice.id == id)
    }

    /// What lint rules need to know of the assignments of requirements.
    #[must_use]
    pub fn ownership(&self) -> Vec<Ownership> {
        let requirements = self.assignments.iter().filter(|found| found.kind == ItemKind::Requirement);
        requirements
            .map(|found| Ownership {
                requirement: found.index,
                owner: found.component.clone(),
                shared: found.ground == Ground::Everyone,
                confidence: found.confidence,
                candidates: found.candidates.clone(),
            })
            .collect()
    }
}
