//! What was understood of a document, for people as one short table per kind, and for scripts as JSON.
//!
//! The keys of the JSON are documented here, and stay: a change that breaks a reader raises [`FORMAT`].

use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;

use super::finding::visible;
use crate::spec::Reading;
use crate::spec::item::{
    Answer, Component, Endpoint, Field, Model, Payload, Requirement, RequirementKind, Rung, StatedCriterion, Target,
    Voice,
};

/// The version of this format.
pub const FORMAT: u32 = 1;

/// What `vso items --json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ItemsReport {
    /// The version of this format: 1.
    pub format: u32,
    /// The document's path as named, with `/`.
    pub document: String,
    /// The system's name.
    pub title: Option<String>,
    /// The document's version as written.
    pub version: Option<String>,
    /// Components.
    pub components: Vec<ComponentView>,
    /// Requirements.
    pub requirements: Vec<RequirementView>,
    /// Data models.
    pub models: Vec<ModelView>,
    /// Endpoints.
    pub endpoints: Vec<EndpointView>,
    /// Acceptance criteria that the text itself states.
    pub criteria: Vec<CriterionView>,
    /// Stated dependencies.
    pub dependencies: Vec<DependencyView>,
    /// Sections that nothing was read from.
    pub unread: Vec<UnreadView>,
}

/// A component.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComponentView {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// What the author says it is.
    pub description: String,
    /// `hetzner` or `modal`, where the author says so.
    pub platform: Option<String>,
    /// The line (from 1) on which it is named.
    pub line: usize,
    /// Where on the ladder it was found.
    pub rung: Rung,
}

/// A requirement.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RequirementView {
    /// The id that the text gives.
    pub id: Option<String>,
    /// `functional` or `non_functional`.
    pub kind: RequirementKind,
    /// Its text, without id, tag and label.
    pub text: String,
    /// The label before a colon.
    pub category: Option<String>,
    /// The component that the author names for it.
    pub component: Option<String>,
    /// The component whose section it stands in.
    pub section: Option<String>,
    /// Its measurable limits.
    pub targets: Vec<Target>,
    /// Detail below it.
    pub details: Vec<String>,
    /// The line (from 1) on which it begins.
    pub line: usize,
    /// Where on the ladder it was found.
    pub rung: Rung,
}

/// A data model.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ModelView {
    /// Its name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What the author says it is.
    pub description: String,
    /// The component that the author names as its owner.
    pub component: Option<String>,
    /// The component whose section it stands in.
    pub section: Option<String>,
    /// The line (from 1) on which it begins.
    pub line: usize,
    /// Where on the ladder it was found.
    pub rung: Rung,
}

/// An endpoint.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EndpointView {
    /// The id that the text gives.
    pub id: Option<String>,
    /// The method in capitals; null where the text names only a path.
    pub method: Option<String>,
    /// The path as written, without host and query.
    pub path: String,
    /// Parameters that the text describes.
    pub parameters: Vec<Field>,
    /// What the author says it does.
    pub description: String,
    /// The body of the request.
    pub request: Option<Payload>,
    /// The answers, the successful one first.
    pub responses: Vec<Answer>,
    /// The component that the author names for it.
    pub component: Option<String>,
    /// The component whose section it stands in.
    pub section: Option<String>,
    /// The line (from 1) on which it begins.
    pub line: usize,
    /// Where on the ladder it was found.
    pub rung: Rung,
}

/// An acceptance criterion that the text states.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CriterionView {
    /// The id that the text gives.
    pub id: Option<String>,
    /// Who speaks.
    pub voice: Voice,
    /// Its text.
    pub text: String,
    /// The requirements that it names.
    pub requirements: Vec<String>,
    /// The component that the author names for it.
    pub component: Option<String>,
    /// The component whose section it stands in.
    pub section: Option<String>,
    /// The line (from 1) on which it begins.
    pub line: usize,
    /// Where on the ladder it was found.
    pub rung: Rung,
}

/// A stated dependency.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DependencyView {
    /// Who needs.
    pub from: String,
    /// Who is needed.
    pub to: String,
    /// The words or the notation that say so.
    pub why: String,
    /// The line (from 1) on which it stands.
    pub line: usize,
    /// Where on the ladder it was found.
    pub rung: Rung,
}

/// A section that nothing was read from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UnreadView {
    /// Its heading.
    pub title: String,
    /// Why nothing was read from it.
    pub reason: String,
    /// The line (from 1) of its heading.
    pub line: usize,
}

impl ItemsReport {
    /// The report of a reading of the document at `path`.
    #[must_use]
    pub fn new(path: &str, reading: Reading) -> Self {
        let dependencies = reading.dependencies.into_iter().map(|found| DependencyView {
            from: found.from,
            to: found.to,
            why: found.why,
            line: found.origin.line,
            rung: found.origin.rung,
        });
        let unread = reading.unread.into_iter().map(|found| UnreadView {
            title: found.title,
            reason: found.reason,
            line: found.line,
        });
        Self {
            format: FORMAT,
            document: path.to_owned(),
            title: reading.title,
            version: reading.version,
            components: reading.components.into_iter().map(ComponentView::from).collect(),
            requirements: reading.requirements.into_iter().map(RequirementView::from).collect(),
            models: reading.models.into_iter().map(ModelView::from).collect(),
            endpoints: reading.endpoints.into_iter().map(EndpointView::from).collect(),
            criteria: reading.criteria.into_iter().map(CriterionView::from).collect(),
            dependencies: dependencies.collect(),
            unread: unread.collect(),
        }
    }

    /// The report as JSON, with a newline at the end.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).map(|text| text + "\n").expect("the report holds only text and numbers")
    }

    /// The schema of [`ItemsReport::json`], with a newline at the end.
    #[must_use]
    pub fn schema() -> String {
        let schema = super::json::schema_of::<Self>();
        serde_json::to_string_pretty(&schema).map(|text| text + "\n").expect("a schema is plain JSON")
    }
}

impl From<Component> for ComponentView {
    fn from(found: Component) -> Self {
        let Component { name, aliases, description, platform, around: _, body: _, origin } = found;
        Self { name, aliases, description, platform, line: origin.line, rung: origin.rung }
    }
}

impl From<Requirement> for RequirementView {
    fn from(found: Requirement) -> Self {
        Self {
            id: found.id,
            kind: found.kind,
            text: found.text,
            category: found.category,
            component: found.tag,
            section: found.section,
            targets: found.targets,
            details: found.details,
            line: found.origin.line,
            rung: found.origin.rung,
        }
    }
}

impl From<Model> for ModelView {
    fn from(found: Model) -> Self {
        let Model { name, fields, description, tag, section, origin } = found;
        Self { name, fields, description, component: tag, section, line: origin.line, rung: origin.rung }
    }
}

impl From<Endpoint> for EndpointView {
    fn from(found: Endpoint) -> Self {
        Self {
            id: found.id,
            method: found.method,
            path: found.path,
            parameters: found.parameters,
            description: found.description,
            request: found.request,
            responses: found.answers,
            component: found.tag,
            section: found.section,
            line: found.origin.line,
            rung: found.origin.rung,
        }
    }
}

impl From<StatedCriterion> for CriterionView {
    fn from(found: StatedCriterion) -> Self {
        Self {
            id: found.id,
            voice: found.voice,
            text: found.text,
            requirements: found.requirements,
            component: found.tag,
            section: found.section,
            line: found.origin.line,
            rung: found.origin.rung,
        }
    }
}

/// Widest line of the table for people, in characters.
const WIDTH: usize = 110;

/// A row for people: line, rung, id, words.
type Row = (usize, Rung, String, String);

/// Renders a report for people: counts, one line per item, then what was not read.
#[must_use]
pub fn human(report: &ItemsReport) -> String {
    let mut text = String::new();
    let name = report.title.as_deref().unwrap_or("(no title)");
    let version = report.version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    line(&mut text, &format!("{}: {name}{version}", report.document));
    let kinds = [
        ("components", components(report)),
        ("requirements", requirements(report)),
        ("models", models(report)),
        ("endpoints", endpoints(report)),
        ("criteria", criteria(report)),
        ("dependencies", dependencies(report)),
    ];
    for (kind, rows) in &kinds {
        group(&mut text, kind, rows);
    }
    if !report.unread.is_empty() {
        line(&mut text, &format!("\nnot read ({})", report.unread.len()));
        for unread in &report.unread {
            line(&mut text, &format!("{:>6}  {}: {}", unread.line, unread.title, unread.reason));
        }
    }
    text
}

fn components(report: &ItemsReport) -> Vec<Row> {
    let row = |found: &ComponentView| {
        let aliases = if found.aliases.is_empty() { String::new() } else { format!(" ({})", found.aliases.join(", ")) };
        let platform = found.platform.as_deref().map(|platform| format!(" [{platform}]")).unwrap_or_default();
        let about = if found.description.is_empty() { String::new() } else { format!(": {}", found.description) };
        (found.line, found.rung, String::new(), format!("{}{aliases}{platform}{about}", found.name))
    };
    report.components.iter().map(row).collect()
}

fn requirements(report: &ItemsReport) -> Vec<Row> {
    let row = |found: &RequirementView| {
        let kind = if found.kind == RequirementKind::Functional { "" } else { "[quality] " };
        let category = found.category.as_deref().map(|category| format!("{category}: ")).unwrap_or_default();
        (found.line, found.rung, found.id.clone().unwrap_or_default(), format!("{kind}{category}{}", found.text))
    };
    report.requirements.iter().map(row).collect()
}

fn models(report: &ItemsReport) -> Vec<Row> {
    let row = |found: &ModelView| {
        let fields: Vec<&str> = found.fields.iter().map(|field| field.name.as_str()).collect();
        (found.line, found.rung, String::new(), format!("{} {{{}}}", found.name, fields.join(", ")))
    };
    report.models.iter().map(row).collect()
}

fn endpoints(report: &ItemsReport) -> Vec<Row> {
    let row = |found: &EndpointView| {
        let method = found.method.as_deref().unwrap_or("*");
        let answers: Vec<String> =
            found.responses.iter().filter_map(|answer| answer.status).map(|code| code.to_string()).collect();
        let answers = if answers.is_empty() { String::new() } else { format!(" → {}", answers.join(", ")) };
        let about = if found.description.is_empty() { String::new() } else { format!(" — {}", found.description) };
        (
            found.line,
            found.rung,
            found.id.clone().unwrap_or_default(),
            format!("{method} {}{answers}{about}", found.path),
        )
    };
    report.endpoints.iter().map(row).collect()
}

fn criteria(report: &ItemsReport) -> Vec<Row> {
    let row =
        |found: &CriterionView| (found.line, found.rung, found.id.clone().unwrap_or_default(), found.text.clone());
    report.criteria.iter().map(row).collect()
}

fn dependencies(report: &ItemsReport) -> Vec<Row> {
    let row = |found: &DependencyView| {
        (found.line, found.rung, String::new(), format!("{} → {} ({})", found.from, found.to, found.why))
    };
    report.dependencies.iter().map(row).collect()
}

fn group(text: &mut String, kind: &str, rows: &[Row]) {
    line(text, &format!("\n{kind} ({})", rows.len()));
    let ids = rows.iter().map(|(_, _, id, _)| id.chars().count()).max().unwrap_or(0).min(16);
    for (number, rung, id, words) in rows {
        let gap = if ids == 0 { "" } else { "  " };
        line(text, &format!("{number:>6}  {:<8}{gap}{id:<ids$}  {words}", rung_word(*rung)));
    }
}

/// The rung as one word.
fn rung_word(rung: Rung) -> &'static str {
    match rung {
        Rung::Section => "section",
        Rung::Typed => "typed",
        Rung::Fence => "fence",
        Rung::Sentence => "sentence",
    }
}

/// One line of at most [`WIDTH`] characters, with control characters made visible.
fn line(text: &mut String, words: &str) {
    let start = words.len() - words.trim_start_matches('\n').len();
    // Nearly all lines are printable ASCII, where characters are bytes and nothing is hidden.
    if words[start..].bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let (before, plain) = words.split_at(start);
        let (plain, end) = if plain.len() > WIDTH { (&plain[..WIDTH - 1], "…\n") } else { (plain.trim_end(), "\n") };
        text.extend([before, plain, end]);
        return;
    }
    let shown = visible(&words[start..]);
    let mut short: String = shown.chars().take(WIDTH).collect();
    if shown.chars().count() > WIDTH {
        short.pop();
        short.push('…');
    }
    let _ = writeln!(text, "{}{}", &words[..start], short.trim_end());
}
