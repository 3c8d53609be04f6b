//! To which component an item belongs, and why: tag, section, what it was before, mention, shared words.
//!
//! Endpoints and models are settled first, from components alone, so that changing a requirement moves no other item
//! (law 5). Nothing is guessed in silence: every place carries its ground, its confidence and the second best.

mod bm25;
mod mention;
mod names;
mod score;
pub(in crate::slicing) mod stem;
mod stop;
mod thing;

pub(in crate::slicing) use mention::Mentions;
pub(in crate::slicing) use names::Names;
use score::Evidence;

use rayon::prelude::*;

use super::identity::{Known, Lasting};
use super::plan::Subject;
use super::slice::Ground;
use crate::spec::item::{Component, Origin, Requirement, RequirementKind, StatedCriterion};
use crate::spec::lint::Candidate;
use crate::spec::span::Span;

/// The most bytes of a component's sections that are read: enough to know it by, whatever the document's size.
const MOST_BODY: usize = 20_000;

/// Where an item goes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::slicing) struct Place {
    /// The component, by place; none for what binds everyone and for what nobody owns.
    pub(in crate::slicing) owner: Option<usize>,
    /// Why.
    pub(in crate::slicing) ground: Ground,
    /// From 0 to 1.
    pub(in crate::slicing) confidence: f64,
    /// The two best, best first.
    pub(in crate::slicing) candidates: Vec<Candidate>,
    /// Why it came there in the first place: the same as `ground` unless that is [`Ground::Sticky`].
    pub(in crate::slicing) first: Ground,
}

impl Place {
    /// A place that somebody named outright.
    fn certain(owner: Option<usize>, ground: Ground) -> Self {
        Self { owner, ground, confidence: 1.0, candidates: Vec::new(), first: ground }
    }

    /// No place.
    fn nowhere(candidates: Vec<Candidate>) -> Self {
        Self { owner: None, ground: Ground::Nothing, confidence: 0.0, candidates, first: Ground::Nothing }
    }

    /// Whether it binds every slice.
    pub(in crate::slicing) fn binds_everyone(&self) -> bool {
        self.first == Ground::Everyone
    }
}

/// Where all items went, in the order of the reading.
#[derive(Debug, Default)]
pub(in crate::slicing) struct Placed {
    /// Requirements.
    pub(in crate::slicing) requirements: Vec<Place>,
    /// Endpoints.
    pub(in crate::slicing) endpoints: Vec<Place>,
    /// Models.
    pub(in crate::slicing) models: Vec<Place>,
    /// Stated criteria.
    pub(in crate::slicing) criteria: Vec<Place>,
}

/// Assigns all items.
pub(in crate::slicing) fn assign(subject: &Subject<'_>, known: &[Known]) -> Placed {
    let settler = Settler::new(subject, known);
    let (endpoints, models) = thing::assign(&settler);
    let ears = Ears::new(subject, &endpoints, &models);
    let requirements: Vec<Place> = subject
        .reading
        .requirements
        .par_iter()
        .zip(&subject.items.requirements)
        .map(|(item, lasting)| requirement(&settler, &ears, item, lasting))
        .collect();
    let owners: std::collections::HashMap<&str, &Place> =
        subject.items.requirements.iter().map(|lasting| lasting.id.as_str()).zip(&requirements).collect();
    let criteria = subject.reading.criteria.iter().zip(&subject.items.criteria);
    let criteria = criteria.map(|(item, lasting)| criterion(&settler, &ears, &owners, item, lasting)).collect();
    Placed { requirements, endpoints, models, criteria }
}

fn requirement(settler: &Settler<'_>, ears: &Ears<'_>, item: &Requirement, lasting: &Lasting<'_>) -> Place {
    if let Some(place) = settler.named(item.tag.as_deref(), item.section.as_deref(), item.origin) {
        return place;
    }
    let text = [&item.text].into_iter().chain(&item.details).cloned().collect::<Vec<_>>().join("\n");
    if item.kind == RequirementKind::Functional {
        return settler.settle(lasting, &ears.evidence(&text));
    }
    // It binds every slice unless somebody said otherwise: whom it speaks of is a candidate, and no more.
    let mut spoken = Evidence::default();
    spoken.speaks_of(ears.names.score(&text), 1.0);
    let place = settler.settle(lasting, &spoken);
    if matches!(place.ground, Ground::Sticky | Ground::Refined) {
        place
    } else {
        Place { candidates: place.candidates, ..Place::certain(None, Ground::Everyone) }
    }
}

/// A stated criterion: it also goes where the requirement goes that it names.
fn criterion(
    settler: &Settler<'_>,
    ears: &Ears<'_>,
    owners: &std::collections::HashMap<&str, &Place>,
    item: &StatedCriterion,
    lasting: &Lasting<'_>,
) -> Place {
    if let Some(place) = settler.named(item.tag.as_deref(), item.section.as_deref(), item.origin) {
        return place;
    }
    let found = item.requirements.iter().filter_map(|id| owners.get(id.as_str()));
    let mut placed = found.filter(|place| place.owner.is_some() || place.binds_everyone());
    if let Some(place) = placed.next() {
        let ground = if place.binds_everyone() { Ground::Everyone } else { Ground::Mention };
        return Place::certain(place.owner, ground);
    }
    settler.settle(lasting, &ears.evidence(&item.text))
}

/// What settles an item before and after evidence is weighed.
struct Settler<'a> {
    subject: &'a Subject<'a>,
    /// For each slice of the registry, the component that it is now.
    components: Vec<Option<usize>>,
}

impl<'a> Settler<'a> {
    fn new(subject: &'a Subject<'a>, known: &[Known]) -> Self {
        let mut components = vec![None; subject.registry.slices.len()];
        for (at, known) in known.iter().enumerate() {
            if let Some(slice) = known.slice {
                components[slice] = Some(at);
            }
        }
        Self { subject, components }
    }

    /// The place that the author names: by tag, else by the section it stands in.
    fn named(&self, tag: Option<&str>, section: Option<&str>, origin: Origin) -> Option<Place> {
        let find = |said: &str| self.subject.names.find(said);
        let by_tag = tag.and_then(find).map(|owner| (owner, Ground::Tag));
        let found = by_tag
            .or_else(|| section.and_then(find).or_else(|| self.around(origin)).map(|owner| (owner, Ground::Section)));
        found.map(|(owner, ground)| Place::certain(Some(owner), ground))
    }

    /// The group of requirements that an item stands in, where such groups are what is cut by: the reader knows the
    /// sections of components that are named, and no others.
    fn around(&self, origin: Origin) -> Option<usize> {
        let groups: &[Component] = if self.subject.reading.names_parts() { &[] } else { self.subject.components };
        let holds = |span: &Span| span.start <= origin.span.start && origin.span.end <= span.end;
        groups.iter().position(|group| group.body.iter().any(holds))
    }

    /// What it was before, else what a language model says, else what the evidence allows. The evidence is kept as
    /// candidates in any case, so that a better one than the sticky one can be shown.
    fn settle(&self, lasting: &Lasting<'_>, evidence: &Evidence) -> Place {
        let components = self.subject.components;
        if let Some((owner, first)) = self.before(lasting) {
            let candidates = evidence.candidates(components);
            return Place { owner: Some(owner), ground: Ground::Sticky, confidence: 1.0, candidates, first };
        }
        let proposed = self.subject.settings.refinements.owners.get(&lasting.id);
        if let Some(owner) = proposed.and_then(|name| self.subject.names.find(name)) {
            let candidates = evidence.candidates(components);
            let first = Ground::Refined;
            return Place { owner: Some(owner), ground: first, confidence: 0.5, candidates, first };
        }
        evidence.place(components)
    }

    /// The owner that an item had, when its text is the same, what put it there was no tag or section that is gone now,
    /// and the owner is still there.
    fn before(&self, lasting: &Lasting<'_>) -> Option<(usize, Ground)> {
        let before = lasting.before.filter(|_| lasting.is_unchanged())?;
        let first = before.record.ground;
        let by_judgement = matches!(first, Ground::Mention | Ground::Words | Ground::Refined | Ground::Sticky);
        let owner = self.components[before.slice].filter(|_| by_judgement && !before.record.shared)?;
        Some((owner, first))
    }
}

/// All that requirements can speak of.
struct Ears<'a> {
    /// Names of components only.
    names: Mentions,
    /// Names of components and of what they own.
    all: Mentions,
    paths: Vec<(&'a str, usize)>,
    words: bm25::Index,
}

impl<'a> Ears<'a> {
    fn new(subject: &Subject<'a>, endpoints: &[Place], models: &[Place]) -> Self {
        let names = names_of(subject);
        let mut all = names_of(subject);
        let mut texts = own_texts(subject);
        for (model, place) in subject.reading.models.iter().zip(models) {
            if let Some(owner) = place.owner {
                all.add_thing(&model.name, owner, mention::MODEL);
                push(&mut texts[owner], &[&model.name, &model.description]);
                model.fields.iter().for_each(|field| push(&mut texts[owner], &[&field.name]));
            }
        }
        let mut paths = Vec::new();
        for (endpoint, place) in subject.reading.endpoints.iter().zip(endpoints) {
            if let Some(owner) = place.owner {
                push(&mut texts[owner], &[&endpoint.path, &endpoint.description]);
                paths.push((endpoint.path.as_str(), owner));
            }
        }
        paths.sort_unstable();
        Self { names, all, paths, words: bm25::Index::new(&texts) }
    }

    fn evidence(&self, text: &str) -> Evidence {
        let mut evidence = Evidence::default();
        evidence.speaks_of(self.all.score(text), 1.0);
        for path in mention::paths(text) {
            let from = self.paths.partition_point(|(known, _)| *known < path);
            for (known, owner) in self.paths[from..].iter().take_while(|(known, _)| known.starts_with(path)) {
                evidence.speaks(*owner, if *known == path { mention::PATH } else { mention::PATH / 2.0 });
            }
        }
        evidence.shares(self.words.score(text));
        evidence
    }
}

/// The names of components, their aliases and synonyms.
fn names_of(subject: &Subject<'_>) -> Mentions {
    let mut mentions = Mentions::default();
    for (at, component) in subject.components.iter().enumerate() {
        mentions.add_name(&component.name, at, mention::NAME);
        component.aliases.iter().for_each(|alias| mentions.add_name(alias, at, mention::ALIAS));
    }
    for (component, others) in &subject.settings.synonyms {
        if let Some(at) = subject.names.find(component) {
            others.iter().for_each(|other| mentions.add_name(other, at, mention::ALIAS));
        }
    }
    mentions
}

/// What each component is known by before it owns anything: names, description, the prose of its sections.
fn own_texts(subject: &Subject<'_>) -> Vec<String> {
    let mut items: Vec<Span> = Vec::new();
    items.extend(subject.reading.requirements.iter().map(|item| item.origin.span));
    items.extend(subject.reading.criteria.iter().map(|item| item.origin.span));
    items.sort_unstable_by_key(|span| span.start);
    let text = |component: &Component| {
        let mut text = format!("{}\n{}\n{}", component.name, component.aliases.join("\n"), component.description);
        prose(subject.settings.text, &component.body, &items, &mut text);
        text
    };
    let mut texts: Vec<String> = subject.components.iter().map(text).collect();
    for (component, others) in &subject.settings.synonyms {
        if let Some(at) = subject.names.find(component) {
            others.iter().for_each(|other| push(&mut texts[at], &[other]));
        }
    }
    texts
}

/// The text of spans without the requirements and criteria in them: what a component is must not hang on these.
fn prose(source: &str, body: &[Span], items: &[Span], text: &mut String) {
    for span in body {
        let mut at = span.start;
        let first = items.partition_point(|item| item.end <= span.start);
        let inside = items[first.min(items.len())..].iter().take_while(|item| item.start < span.end);
        let ends = inside.map(|item| (item.start, item.end)).chain([(span.end, span.end)]);
        for (end, next) in ends {
            if let Some(piece) = source.get(at..end.max(at)) {
                push(text, &[piece]);
            }
            at = at.max(next);
        }
        if text.len() > MOST_BODY {
            return;
        }
    }
}

fn push(text: &mut String, pieces: &[&str]) {
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        text.push('\n');
        text.push_str(piece);
    }
}
