//! Findings as JSON. The keys are documented here, and stay: a change that breaks a reader raises [`FORMAT`].

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::{Linted, Tally, severity_word};
use crate::spec::lint::Finding;
use crate::spec::span::Span;

/// The version of this format.
pub const FORMAT: u32 = 1;

/// What `vso lint --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LintReport {
    /// The version of this format: 1.
    pub format: u32,
    /// The linted documents, by path.
    pub files: Vec<FileFindings>,
    /// How many findings there are.
    pub summary: Tally,
}

/// One document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileFindings {
    /// Its path as named, with `/`.
    pub path: String,
    /// Its findings, in the order of the text.
    pub findings: Vec<FindingView>,
}

/// One finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingView {
    /// The rule's id.
    pub rule: String,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// One sentence.
    pub message: String,
    /// What the author can do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where it stands.
    #[serde(flatten)]
    pub place: PlaceView,
    /// Other places that explain it.
    pub related: Vec<RelatedView>,
    /// The edits that `vso lint --fix` makes; empty when a person has to decide.
    pub fix: Vec<EditView>,
}

/// A place in a document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlaceView {
    /// First line, from 1.
    pub line: usize,
    /// First column in characters, from 1.
    pub column: usize,
    /// Last line, from 1.
    pub end_line: usize,
    /// One past the last column.
    pub end_column: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A place that explains a finding.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RelatedView {
    /// A few words.
    pub message: String,
    /// Where it stands.
    #[serde(flatten)]
    pub place: PlaceView,
}

/// One replacement of bytes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EditView {
    /// First byte that is replaced.
    pub start: usize,
    /// One past the last byte that is replaced.
    pub end: usize,
    /// What stands there afterwards.
    pub text: String,
}

/// The report as a value.
#[must_use]
pub fn report(linted: &[Linted]) -> LintReport {
    let files = linted.iter().map(|document| FileFindings {
        path: document.path.clone(),
        findings: document.findings.iter().map(|finding| view(document, finding)).collect(),
    });
    LintReport { format: FORMAT, files: files.collect(), summary: Tally::of(linted) }
}

/// The report as indented text with a final newline.
#[must_use]
pub fn render(linted: &[Linted]) -> String {
    pretty(&report(linted))
}

/// The JSON Schema of the report.
#[must_use]
pub fn schema() -> String {
    pretty(&schema_of::<LintReport>())
}

/// The JSON Schema of a value as it is written: a key that is left out where it would be empty is not required.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

fn pretty(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("texts, numbers and lists always serialise");
    text + "\n"
}

fn view(document: &Linted, finding: &Finding) -> FindingView {
    let related = finding.related.iter();
    FindingView {
        rule: finding.rule.to_owned(),
        severity: severity_word(finding.severity).to_owned(),
        message: document.words(&finding.message),
        hint: finding.hint.as_ref().map(|hint| document.words(hint)),
        place: place(document, finding.span),
        related: related
            .map(|(span, words)| RelatedView { message: document.words(words), place: place(document, *span) })
            .collect(),
        fix: finding.fix.iter().map(edit).collect(),
    }
}

fn edit(edit: &crate::spec::edit::Edit) -> EditView {
    EditView { start: edit.span.start, end: edit.span.end, text: edit.text.clone() }
}

fn place(document: &Linted, span: Span) -> PlaceView {
    let seen = document.place(span);
    PlaceView {
        line: seen.line,
        column: seen.column,
        end_line: seen.end_line,
        end_column: seen.end_column,
        start: span.start,
        end: span.end,
    }
}
