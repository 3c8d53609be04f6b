//! What a specification speaks of: the typed things that readers find in a document.
//!
//! An item keeps the span it was read from, so that findings can point at it and edits can change it in place.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::span::Span;

/// Where on the ladder an item was found: the lower the rung, the more the author said in so many words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// Rung 1: under a section whose name says what stands there ("Requirements", "Components", "API Endpoints").
    Section,
    /// Rung 2: in a typed heading, table or labelled line anywhere ("Slice 3: Memory", "| ID | Requirement |").
    Typed,
    /// Rung 3: in a fenced block (SQL, JSON, OpenAPI, Mermaid, code).
    Fence,
    /// Rung 4: in a normative sentence, or derived from what other items have in common.
    Sentence,
}

/// Where an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// The bytes of the item: a list item's text, a table row, a heading line, a sentence, a line of a fence.
    pub span: Span,
    /// The line (from 1) on which it begins.
    pub line: usize,
    /// The rung on which it was found.
    pub rung: Rung,
}

/// The two kinds of requirements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequirementKind {
    /// What the system does.
    Functional,
    /// How well it does it, or under which constraints.
    NonFunctional,
}

/// How a measured value relates to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// `<`, under, below, within
    Less,
    /// `<=`, at most, up to, no more than
    AtMost,
    /// `>`, over, above
    More,
    /// `>=`, at least, no less than, or a bare figure such as "99.9 %"
    AtLeast,
}

/// A measurable limit in a requirement, such as "p95 < 200 ms" or "99.9 %".
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Target {
    /// What is measured: `latency`, `availability`, `throughput`, `count`, `size`, `duration`, `ratio`.
    pub metric: String,
    /// The percentile when one is named: 95 for "p95", "95th percentile".
    pub percentile: Option<f64>,
    /// How the measured value relates to the limit.
    pub comparison: Comparison,
    /// The limit, in `unit`.
    pub value: f64,
    /// Unit as normalised: `ms`, `s`, `min`, `h`, `d`, `%`, `requests/s`, `B`, `KiB`, `MiB`, `GiB`, or a counted noun.
    pub unit: String,
    /// The words it was read from.
    pub text: String,
}

/// A requirement: a sentence, list item or table row that binds the system.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    /// The id that the text gives (`FR-003`), without brackets.
    pub id: Option<String>,
    /// Functional or not.
    pub kind: RequirementKind,
    /// Its text as plain text, without id, tag and list marker.
    pub text: String,
    /// The label before a colon in lists such as "- Performance: p95 < 200 ms".
    pub category: Option<String>,
    /// The component that the author names for it (`[component: Auth]`, `(Auth)` before the text, a column).
    pub tag: Option<String>,
    /// The component whose section it stands in.
    pub section: Option<String>,
    /// Its measurable limits.
    pub targets: Vec<Target>,
    /// Detail below it: sub-bullets, in order.
    pub details: Vec<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A component: what becomes a vertical slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    /// The name as the author wrote it, without numbering, markup and generic prefix ("Slice 3:").
    pub name: String,
    /// Other names for it in the text: abbreviations, code names in backticks, node ids of diagrams.
    pub aliases: Vec<String>,
    /// What the author says it is.
    pub description: String,
    /// The platform when the author names one for it.
    pub platform: Option<String>,
    /// Whether the text only names it as something that the system stands on or speaks to, such as a database.
    pub around: bool,
    /// The sections and list items that speak of it alone.
    pub body: Vec<Span>,
    /// Where it stands.
    pub origin: Origin,
}

/// A field of a model, a request or a response.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type as written, without the marks that follow.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// Whether it must be there, when the text says so (`required`, `?`, `NOT NULL`, `PRIMARY KEY`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// What else the text says of it: constraint, default, description.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The model that it refers to: a foreign key, `Loan[]`, `Tool.id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refers_to: Option<String>,
}

/// A data model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The name as written.
    pub name: String,
    /// Its fields, in order.
    pub fields: Vec<Field>,
    /// What the author says it is.
    pub description: String,
    /// The component that the author names as its owner.
    pub tag: Option<String>,
    /// The component whose section it stands in.
    pub section: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A request or response body.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Payload {
    /// The model it is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whether it is a list of them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    /// Its own fields where they are named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// The words, where neither model nor fields could be read.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// One of the answers of an endpoint.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Answer {
    /// The status code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Payload>,
    /// What the text says of it ("when the tool is on loan").
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// An endpoint of an HTTP interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// The id that the text gives (`end-7a`).
    pub id: Option<String>,
    /// The method in capitals; none where the text names only a path.
    pub method: Option<String>,
    /// The path as written, without host and query; placeholders as written.
    pub path: String,
    /// Query parameters and path parameters that the text describes.
    pub parameters: Vec<Field>,
    /// What the author says it does.
    pub description: String,
    /// The body of the request.
    pub request: Option<Payload>,
    /// The answers, the successful one first.
    pub answers: Vec<Answer>,
    /// The component that the author names for it.
    pub tag: Option<String>,
    /// The component whose section it stands in.
    pub section: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// Who is speaking in an acceptance criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Voice {
    /// "As a user, I can …"
    User,
    /// "As a system, I must …"
    System,
}

impl Voice {
    /// The words with which such a criterion begins.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::User => "As a user, I can",
            Self::System => "As a system, I must",
        }
    }
}

/// An acceptance criterion or user story that the master itself states.
#[derive(Debug, Clone, PartialEq)]
pub struct StatedCriterion {
    /// The id that the text gives (`AC-004`).
    pub id: Option<String>,
    /// User or system.
    pub voice: Voice,
    /// Its text as plain text.
    pub text: String,
    /// The requirements that it names (`[FR-003]`).
    pub requirements: Vec<String>,
    /// The component that the author names for it.
    pub tag: Option<String>,
    /// The component whose section it stands in.
    pub section: Option<String>,
    /// Where it stands.
    pub origin: Origin,
}

/// A stated dependency between two components, by their names in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Dependency {
    /// Who needs.
    pub from: String,
    /// Who is needed.
    pub to: String,
    /// The words or the notation that say so ("depends on", "mermaid edge").
    pub why: String,
    /// Where it stands.
    pub origin: Origin,
}

/// A section that was not understood as anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its heading.
    pub title: String,
    /// The line of its heading.
    pub line: usize,
    /// Its bytes.
    pub span: Span,
    /// Why nothing was read from it.
    pub reason: String,
    /// Whether nothing was to be expected: contents, background, people, how to install, pictures.
    pub expected: bool,
}

/// A section that holds functional requirements, such as "5.1 Authentication and identity".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementGroup {
    /// Its heading, without numbering.
    pub title: String,
    /// Its bytes, with its subsections.
    pub span: Span,
    /// The line of its heading.
    pub line: usize,
    /// How many functional requirements stand in it.
    pub count: usize,
}

/// All that was understood of a document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The system's name: front matter, else the first heading of level 1.
    pub title: Option<String>,
    /// The master's version as written in the front matter (or in a "Version:" line at the top).
    pub version: Option<String>,
    /// Components, in the order of the text.
    pub components: Vec<Component>,
    /// Requirements, in the order of the text.
    pub requirements: Vec<Requirement>,
    /// Data models, in the order of the text.
    pub models: Vec<Model>,
    /// Endpoints, in the order of the text.
    pub endpoints: Vec<Endpoint>,
    /// Acceptance criteria that the text states, in its order.
    pub criteria: Vec<StatedCriterion>,
    /// Stated dependencies, in the order of the text.
    pub dependencies: Vec<Dependency>,
    /// The sections that functional requirements stand in, in the order of the text.
    pub groups: Vec<RequirementGroup>,
    /// Sections that nothing was read from, with the reason.
    pub unread: Vec<Unread>,
}

impl Reading {
    /// Whether the text names parts of the system, and not only what is around it.
    #[must_use]
    pub fn names_parts(&self) -> bool {
        self.components.iter().any(|component| !component.around)
    }
}
