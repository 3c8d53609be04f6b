//! Reads stated dependencies: labelled words at a component, sections of dependencies, arrows in pictures, and
//! sentences that say what one component does to another.

use std::collections::{HashMap, HashSet};

use super::super::document::NodeKind;
use super::super::item::{Component, Dependency, Rung};
use super::super::span::Span;
use super::components::attributes::{self, Attribute};
use super::components::{self, key};
use super::diagrams::{Diagram, DiagramKind, Relation};
use super::ground::Ground;
use super::lexicon::Topic;
use super::list;

/// The dependencies of a document, each pair once, in the order of the text.
#[must_use]
pub fn read(ground: &Ground<'_>, diagrams: &[Diagram], components: &[Component]) -> Vec<Dependency> {
    let mut found = Found { ground, names: Names::of(components), pairs: HashMap::new(), all: Vec::new() };
    labelled(&mut found, components);
    sections(&mut found);
    drawn(&mut found, diagrams);
    found.all.sort_by_key(|dependency| dependency.origin.span.start);
    found.all
}

/// Components by all of their names.
struct Names(HashMap<String, String>);

impl Names {
    fn of(components: &[Component]) -> Self {
        let mut names = HashMap::new();
        for component in components {
            names.insert(key(&component.name), component.name.clone());
        }
        for component in components {
            for alias in &component.aliases {
                names.entry(key(alias)).or_insert_with(|| component.name.clone());
            }
        }
        Self(names)
    }

    fn find(&self, name: &str) -> Option<&str> {
        let direct = self.0.get(&key(name));
        direct.or_else(|| self.0.get(&key(&components::name::clean(name).0))).map(String::as_str)
    }
}

struct Found<'a> {
    ground: &'a Ground<'a>,
    names: Names,
    pairs: HashMap<(String, String), usize>,
    all: Vec<Dependency>,
}

impl Found<'_> {
    /// Takes a dependency in. Names that no component has are kept as written: that is a finding for lint.
    fn take(&mut self, from: &str, to: &str, why: &str, span: Span, rung: Rung) {
        let from = self.names.find(from).unwrap_or(from).trim().to_owned();
        let to = self.names.find(to).unwrap_or(to).trim().to_owned();
        let pair = (key(&from), key(&to));
        // An author who says in so many words that a component needs itself made a slip, which lint points at.
        let is_noise = pair.0 == pair.1 && rung != Rung::Section;
        if pair.0.is_empty() || pair.1.is_empty() || is_noise {
            return;
        }
        let origin = self.ground.origin(span, rung);
        match self.pairs.get(&pair).copied() {
            Some(at) if self.all[at].origin.span.start <= span.start => {}
            Some(at) => self.all[at].origin = origin,
            None => {
                self.pairs.insert(pair, self.all.len());
                self.all.push(Dependency { from, to, why: why.to_owned(), origin });
            }
        }
    }
}

/// `Depends on: A, B` in what an author says of a component.
fn labelled(found: &mut Found<'_>, components: &[Component]) {
    for component in components {
        let row = [component.origin.span];
        let body: &[Span] = if component.body.is_empty() { &row } else { &component.body };
        for (span, words) in components::spoken(found.ground, body) {
            for clause in attributes::clauses(words) {
                let why = clause.label.to_lowercase();
                for value in &clause.values {
                    match clause.attribute {
                        Attribute::DependsOn if is_name(found, value) => {
                            found.take(&component.name, value, &why, span, Rung::Section)
                        }
                        Attribute::UsedBy if is_name(found, value) => {
                            found.take(value, &component.name, &why, span, Rung::Section)
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

/// A component, or at least something that could be the name of one.
fn is_name(found: &Found<'_>, value: &str) -> bool {
    found.names.find(value).is_some()
        || (value.split_whitespace().count() <= 4 && value.starts_with(char::is_uppercase))
}

/// Lists in a section of dependencies: `Loans → Members, Catalogue`, `Loans depends on Members`, `Loans: Members`.
fn sections(found: &mut Found<'_>) {
    let ground = found.ground;
    let document = ground.document();
    let parts = ground.parts().iter().filter(|part| part.topic == Some(Topic::Dependencies) && !part.skipped);
    for part in parts {
        for block in &part.blocks {
            let entries = list::entries(document, *block);
            let lines = entries.iter().filter_map(|entry| entry.text);
            let plain = Some(*block).filter(|block| document.node(*block).kind == NodeKind::Paragraph);
            for text in lines.chain(plain) {
                let span = document.node(text).span;
                statement(found, document.plain(text), span, part.announced.is_some());
            }
        }
    }
}

/// Words and arrows between the one who needs and what is needed.
const LINKS: &[&str] = &[
    "→",
    "->",
    "=>",
    "⟶",
    " depends on ",
    " depends upon ",
    " uses ",
    " relies on ",
    " requires ",
    " calls ",
    " needs ",
    " hängt ab von ",
    " benötigt ",
    " nutzt ",
    " dépend de ",
    " utilise ",
    " depende de ",
    " usa ",
    "依赖于",
    "依赖",
    "调用",
    ":",
];

fn statement(found: &mut Found<'_>, text: &str, span: Span, announced: bool) {
    let Some((at, link)) = LINKS.iter().filter_map(|link| Some((text.find(link)?, *link))).min_by_key(|(at, _)| *at)
    else {
        return;
    };
    let (from, to) = (text[..at].trim(), text[at + link.len()..].trim());
    let to = to.split([';', '(', '（']).next().unwrap_or_default();
    let to = to.split(". ").next().unwrap_or_default();
    let known = found.names.find(from).is_some();
    if from.split_whitespace().count() > 5 || !(known || announced) {
        return;
    }
    let why = if link == ":" { "dependency section" } else { link.trim() };
    for name in attributes::values(to) {
        let target_known = found.names.find(&name).is_some();
        if target_known || (known && is_name(found, &name)) {
            found.take(from, &name, why, span, Rung::Section);
        }
    }
}

/// Arrows between components in pictures. Answers and plain lines say nothing.
fn drawn(found: &mut Found<'_>, diagrams: &[Diagram]) {
    for diagram in diagrams.iter().filter(|diagram| components::shows_components(diagram)) {
        let names: Vec<String> = diagram.nodes.iter().map(|node| components::label_name(&node.label)).collect();
        let known: HashSet<usize> = (0..names.len()).filter(|at| found.names.find(&names[*at]).is_some()).collect();
        let why = match diagram.kind {
            DiagramKind::Flow => "arrow in a diagram",
            DiagramKind::Sequence => "message in a diagram",
            DiagramKind::Structured => "relation in a diagram",
        };
        for edge in diagram.edges.iter().filter(|edge| edge.relation == Relation::Uses) {
            if known.contains(&edge.from) && known.contains(&edge.to) {
                found.take(&names[edge.from], &names[edge.to], why, edge.span, Rung::Fence);
            }
        }
    }
}
