//! Reads requirements. Named sections and tables come first; what they take is not read again as prose, where only
//! sentences count that bind ([`normative`]).

mod ids;
mod listed;
pub mod normative;
mod prose;
mod quality;
mod story;
mod tabled;
pub mod targets;
pub mod verbs;

use super::super::document::NodeId;
use super::super::item::{Component, Requirement, Rung};
use super::super::span::Span;
use super::ground::Ground;
use super::lexicon::Topic;

pub use ids::{Front, LeadingId, Names, front, leading};

/// The requirements of a document, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, components: &[Component]) -> Vec<Requirement> {
    let mut reader = Reader::new(ground, components);
    tabled::read(&mut reader);
    listed::read(&mut reader);
    prose::read(&mut reader);
    reader.finish()
}

/// What the ways of reading share: what was found, and which blocks are spent.
struct Reader<'a> {
    ground: &'a Ground<'a>,
    names: Names,
    /// Which blocks were read, by node.
    spent: Vec<bool>,
    found: Vec<Requirement>,
    /// Places in `found` of what counts only where nothing better was found.
    features: Vec<usize>,
    style: prose::Style,
    bodies: Vec<(Span, String)>,
    /// Which sections have a title that names a quality, by part.
    qualities: Vec<bool>,
}

impl<'a> Reader<'a> {
    fn new(ground: &'a Ground<'a>, components: &[Component]) -> Self {
        let named = |component: &Component| {
            component.body.iter().map(|span| (*span, component.name.clone())).collect::<Vec<_>>()
        };
        let mut bodies: Vec<(Span, String)> = components.iter().flat_map(named).collect();
        bodies.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        Self {
            ground,
            names: Names::of(components),
            spent: vec![false; ground.document().nodes().len()],
            found: Vec::new(),
            features: Vec::new(),
            style: prose::Style::of(ground),
            bodies,
            qualities: ground.parts().iter().map(|part| quality::names_quality(&part.title)).collect(),
        }
    }

    fn is_spent(&self, node: NodeId) -> bool {
        self.spent[node.index()]
    }

    fn spend(&mut self, node: NodeId) {
        self.spent[node.index()] = true;
    }

    /// Marks a block and everything in it as read.
    fn spend_all(&mut self, node: NodeId) {
        self.spend(node);
        for below in self.ground.document().descendants(node) {
            self.spend(below);
        }
    }

    /// Takes a requirement in. Text that says nothing is left out.
    fn take(&mut self, draft: Draft<'_>) {
        let text = tidy(draft.text);
        if text.chars().filter(|letter| letter.is_alphanumeric()).count() < 3 {
            return;
        }
        let part = self.ground.part_at(draft.span.start);
        let is_quality = self.is_quality_section(part);
        let category = draft.front.category.clone();
        let kind = quality::kind(draft.topic, is_quality, &draft.front.prefix, category.as_deref(), &text);
        if draft.topic == Some(Topic::Features) && draft.front.id.is_none() {
            self.features.push(self.found.len());
        }
        self.found.push(Requirement {
            id: draft.front.id,
            kind,
            targets: targets::find_labelled(category.as_deref(), &text),
            text,
            category,
            tag: draft.front.tag,
            section: None,
            details: draft.details,
            origin: self.ground.origin(draft.span, draft.rung),
        });
    }

    /// Whether the heading of a section, or one above it below the requirements, names a quality.
    fn is_quality_section(&self, part: usize) -> bool {
        let parts = self.ground.parts();
        let within = matches!(parts[part].topic, Some(Topic::Requirements | Topic::NonFunctional));
        within && (self.qualities[part] || self.ground.above(part).take(2).any(|at| self.qualities[at]))
    }

    fn finish(mut self) -> Vec<Requirement> {
        if self.features.len() < self.found.len() {
            for at in self.features.iter().rev() {
                self.found.remove(*at);
            }
        }
        self.found.sort_by_key(|requirement| (requirement.origin.span.start, requirement.origin.span.end));
        self.found.dedup_by(|later, earlier| later.origin.span == earlier.origin.span);
        let mut bodies = Enclosing::new(&self.bodies);
        for requirement in &mut self.found {
            requirement.section = bodies.around(requirement.origin.span).map(str::to_owned);
        }
        self.found
    }
}

/// A requirement on its way in.
struct Draft<'t> {
    text: &'t str,
    front: Front,
    details: Vec<String>,
    topic: Option<Topic>,
    span: Span,
    rung: Rung,
}

/// White space folded, closing semicolon dropped.
fn tidy(text: &str) -> String {
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    folded.trim_end_matches(';').trim_end().to_owned()
}

/// Finds the innermost named span around places that are asked in the order of the text.
pub struct Enclosing<'b> {
    bodies: &'b [(Span, String)],
    next: usize,
    open: Vec<usize>,
}

impl<'b> Enclosing<'b> {
    /// Over spans sorted by start, outer ones first.
    #[must_use]
    pub fn new(bodies: &'b [(Span, String)]) -> Self {
        Self { bodies, next: 0, open: Vec::new() }
    }

    /// The name of the innermost span around a place.
    pub fn around(&mut self, place: Span) -> Option<&'b str> {
        while let Some((span, _)) = self.bodies.get(self.next).filter(|(span, _)| span.start <= place.start) {
            while self.open.pop_if(|last| self.bodies[*last].0.end <= span.start).is_some() {}
            self.open.push(self.next);
            self.next += 1;
        }
        while self.open.pop_if(|last| self.bodies[*last].0.end <= place.start).is_some() {}
        self.open.last().map(|at| self.bodies[*at].1.as_str())
    }
}
