//! What lint rules get and give. A rule is a value with an id, a reason and a hint; it returns findings and prints none.
//!
//! Rules need facts that the reader alone does not know (who owns a requirement, which ids there were). They get them
//! as plain values in [`Facts`], made by the rooms above: this room never sees slicing, git or the clock.

use super::document::Document;
use super::edit::{self, Edit};
use super::item::Reading;
use super::span::Span;

pub mod anchors;
pub mod circles;
pub mod names;
pub mod nearest;
pub mod prose;
pub mod redact;
pub mod secret;
pub mod suppress;

/// How serious a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Not reported.
    Off,
    /// Worth knowing.
    Note,
    /// Probably a mistake; fails under `--strict`.
    Warning,
    /// Slices can't be made well from this; lint exits with 1.
    Error,
}

/// Something a rule has to say about a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id, kebab-case.
    pub rule: &'static str,
    /// As the rule or `vso.toml` sets it.
    pub severity: Severity,
    /// One sentence without a full stop.
    pub message: String,
    /// What it is about.
    pub span: Span,
    /// Other places that explain it, each with a few words.
    pub related: Vec<(Span, String)>,
    /// What the author can do.
    pub hint: Option<String>,
    /// Edits that settle it without changing what the text means; empty when a person has to decide.
    pub fix: Vec<Edit>,
}

/// A component that an item could belong to.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Candidate {
    /// Its name.
    pub component: String,
    /// From 0 to 1.
    pub score: f64,
}

/// How an item found its component, as far as lint rules need it.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Ownership {
    /// Which requirement, as a place in [`Reading::requirements`].
    pub requirement: usize,
    /// The component, when one was found.
    pub owner: Option<String>,
    /// Whether it binds every slice.
    pub shared: bool,
    /// From 0 to 1.
    pub confidence: f64,
    /// The best candidates, best first.
    pub candidates: Vec<Candidate>,
}

/// What the rooms above know and rules may use.
#[derive(Debug, Clone, PartialEq, Default, serde::Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Who owns each requirement; empty when the slices could not be planned.
    pub ownership: Vec<Ownership>,
    /// Endpoints that no component owns, as places in [`Reading::endpoints`], with the best candidates, best first.
    pub stray_endpoints: Vec<(usize, Vec<Candidate>)>,
    /// Names of the components that slices would be cut by, whether the text names them or not; empty when none can.
    pub cut_by: Vec<String>,
    /// A cycle of dependencies, as component names; the first one is repeated at the end.
    pub cycle: Vec<String>,
    /// Ids that the slices on disk still name, with the slice, and that the master no longer has.
    pub vanished: Vec<(String, String)>,
    /// Names of components whose slug had to be changed to be safe or unique, with the slug that they got.
    pub slugs: Vec<(String, String)>,
    /// Other names of components, as the project gives them: the component's name with the other name.
    pub synonyms: Vec<(String, String)>,
    /// Which of [`anchors::file_links`] lead to a file or folder that is there; none when that is not known.
    pub files: Option<Vec<String>>,
}

/// All that a rule may look at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The text.
    pub document: &'a Document,
    /// What was understood of it.
    pub reading: &'a Reading,
    /// What the rooms above know.
    pub facts: &'a Facts,
}

/// A lint rule.
pub struct Rule {
    /// Its id, kebab-case, as in `vso.toml`.
    pub id: &'static str,
    /// One line that says what it finds.
    pub summary: &'static str,
    /// Why that matters.
    pub reason: &'static str,
    /// What the author can do about it in general.
    pub hint: &'static str,
    /// Its severity unless `vso.toml` says otherwise.
    pub severity: Severity,
    /// Finds. The engine sets `rule`, `severity` and, where a finding has none, the hint; a rule builds findings with
    /// [`Finding::at`].
    pub check: fn(&Subject<'_>) -> Vec<Finding>,
}

impl Finding {
    /// A finding at a place; the engine puts the rule's id and severity in.
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self {
            rule: "",
            severity: Severity::Off,
            message: message.into(),
            span,
            related: Vec::new(),
            hint: None,
            fix: Vec::new(),
        }
    }

    /// Adds what the author can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds another place that explains it.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }

    /// Adds a safe edit.
    #[must_use]
    pub fn fix(mut self, edit: Edit) -> Self {
        self.fix.push(edit);
        self
    }
}

/// Runs rules over a subject; findings come in the order of the text. Those that a `<!-- vso-ignore: rule -->` in the
/// text covers are left out.
#[must_use]
pub fn run(rules: &[&Rule], severity_of: &dyn Fn(&Rule) -> Severity, subject: &Subject<'_>) -> Vec<Finding> {
    let ignored = suppress::Suppressions::of(subject.document);
    let mut findings = Vec::new();
    for rule in rules {
        let severity = severity_of(rule);
        if severity == Severity::Off {
            continue;
        }
        let found = (rule.check)(subject).into_iter().map(|finding| {
            let hint = finding.hint.or_else(|| Some(rule.hint.to_owned()));
            Finding { rule: rule.id, severity, hint, ..finding }
        });
        findings.extend(found.filter(|finding| !ignored.covers(finding.rule, finding.span.start)));
    }
    findings.sort_by_key(|finding| (finding.span.start, std::cmp::Reverse(finding.severity), finding.rule));
    findings
}

/// Applies the safe edits of findings to a text. Where two findings want to change the same bytes, the first one in
/// the order of the text wins; the other is settled by the next round, if it still stands.
///
/// Gives the new text and how many findings were settled; none when there is nothing to apply.
#[must_use]
pub fn fixed(text: &str, findings: &[Finding]) -> Option<(String, usize)> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut taken: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    let mut settled = 0;
    for finding in findings.iter().filter(|finding| !finding.fix.is_empty()) {
        let free = finding.fix.iter().all(|edit| {
            let before = taken.range(..=edit.span.end).next_back();
            before.is_none_or(|(start, end)| *end < edit.span.start || (*end == edit.span.start && *start < *end))
        });
        if free {
            taken.extend(finding.fix.iter().map(|edit| (edit.span.start, edit.span.end)));
            edits.extend(finding.fix.iter().cloned());
            settled += 1;
        }
    }
    let changed = edit::apply(text, &edits).ok().filter(|changed| changed != text)?;
    Some((changed, settled))
}
