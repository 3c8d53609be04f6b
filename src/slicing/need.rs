//! Why one component needs another: what the text states, what its items speak of, what a language model proposed.
//!
//! A conclusion that was possible before and not drawn (it would have closed a circle) is not drawn later either, unless
//! an item of its own changes: or else changing a requirement of one slice could give another a dependency (law 5).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::dependency::Edge;
use super::identity::{Known, Lasting};
use super::owner::{Mentions, Placed};
use super::plan::Subject;
use super::slice::{PROPOSED, Source};
use crate::spec::item::{Answer, Endpoint, Model, RequirementKind, Rung};
use crate::spec::text::name_key;

/// A mention of a model from which a dependency follows: its own name, not as who acts, and no common word.
const SPEAKS: f64 = 0.5;

/// Who needs whom, and which models of others each component's items speak of.
pub(super) struct Need {
    /// Edges between components: stated ones first, then in the order in which they may count.
    pub(super) edges: Vec<Edge>,
    /// For each component, places of foreign models, in the order of the text.
    pub(super) foreign: Vec<BTreeSet<usize>>,
}

/// An item of a component speaks of a model.
struct Word {
    from: usize,
    model: usize,
    /// Whether the item or the model is new or reworded since the last generation.
    fresh: bool,
    why: String,
}

/// Finds all needs.
pub(super) fn find(subject: &Subject<'_>, placed: &Placed, known: &[Known]) -> Need {
    let words = Words { subject, placed, models: by_name(&subject.reading.models) }.all();
    let mut edges = stated(subject);
    edges.extend(inferred(subject, placed, known, &words));
    edges.extend(proposed(subject, known));
    let mut foreign = vec![BTreeSet::new(); subject.components.len()];
    for word in &words {
        if placed.models[word.model].owner.is_some_and(|owner| owner != word.from) {
            foreign[word.from].insert(word.model);
        }
    }
    Need { edges, foreign }
}

/// Dependencies that the text states. Names that nobody has are lint's business.
fn stated(subject: &Subject<'_>) -> Vec<Edge> {
    let edges = subject.reading.dependencies.iter().filter_map(|dependency| {
        let (from, to) = (subject.names.find(&dependency.from)?, subject.names.find(&dependency.to)?);
        let drawn = (dependency.origin.rung == Rung::Fence).then_some(dependency.origin.line);
        Some(Edge { from, to, source: Source::Stated, why: dependency.why.clone(), drawn })
    });
    edges.collect()
}

/// Dependencies that a language model proposes, and those that it proposed before: once generated they hold without it.
fn proposed(subject: &Subject<'_>, known: &[Known]) -> Vec<Edge> {
    let now =
        subject.settings.refinements.dependencies.iter().filter_map(|dependency| {
            Some((subject.names.find(&dependency.from)?, subject.names.find(&dependency.to)?))
        });
    let before = remembered(subject, known).filter(|(_, source)| *source == Source::Refined).map(|(pair, _)| pair);
    let edge = |(from, to)| Edge { from, to, source: Source::Refined, why: PROPOSED.into(), drawn: None };
    before.chain(now).map(edge).collect()
}

/// The dependencies that slices on record had, between components of now.
fn remembered<'a>(subject: &'a Subject<'_>, known: &'a [Known]) -> impl Iterator<Item = ((usize, usize), Source)> + 'a {
    let records = known.iter().enumerate().filter_map(|(at, known)| Some((at, known.record(subject.registry)?)));
    let places: HashMap<&str, usize> = records.clone().map(|(at, record)| (record.slice_id.as_str(), at)).collect();
    let needs = records.flat_map(|(from, record)| record.dependencies.iter().map(move |need| (from, need)));
    needs.filter_map(move |(from, need)| Some(((from, *places.get(need.slice.as_str())?), need.source)))
}

/// Dependencies that follow from words: those that held before come first, then those on components that the author
/// names earlier.
fn inferred(subject: &Subject<'_>, placed: &Placed, known: &[Known], words: &[Word]) -> Vec<Edge> {
    let mut pairs: BTreeMap<(usize, usize), (bool, &str)> = BTreeMap::new();
    for word in words {
        if let Some(to) = placed.models[word.model].owner.filter(|to| *to != word.from) {
            let held = pairs.entry((word.from, to)).or_insert((false, &word.why));
            held.0 |= word.fresh;
        }
    }
    let before: BTreeSet<(usize, usize)> = remembered(subject, known).map(|(pair, _)| pair).collect();
    let is_new = |place: usize| known[place].slice.is_none();
    let mut found: Vec<((usize, usize), &str)> = pairs
        .into_iter()
        .filter(|(pair, (fresh, _))| *fresh || before.contains(pair) || is_new(pair.0) || is_new(pair.1))
        .map(|(pair, (_, why))| (pair, why))
        .collect();
    found.sort_by_key(|((from, to), _)| (!before.contains(&(*from, *to)), to > from, *from, *to));
    let source = Source::Inferred;
    let edge = |((from, to), why): ((usize, usize), &str)| Edge { from, to, source, why: why.into(), drawn: None };
    found.into_iter().map(edge).collect()
}

fn by_name(models: &[Model]) -> HashMap<String, usize> {
    models.iter().enumerate().rev().map(|(at, model)| (name_key(&model.name), at)).collect()
}

/// Looks for models in what components own.
struct Words<'a> {
    subject: &'a Subject<'a>,
    placed: &'a Placed,
    models: HashMap<String, usize>,
}

impl Words<'_> {
    /// All of them: first what is built in (fields, bodies), then what requirements say.
    fn all(&self) -> Vec<Word> {
        let mut words = Vec::new();
        self.in_models(&mut words);
        self.in_endpoints(&mut words);
        self.in_requirements(&mut words);
        words
    }

    fn word(&self, from: usize, model: usize, said_by: &Lasting<'_>, why: String) -> Word {
        let fresh = !said_by.is_unchanged() || self.subject.items.models[model].before.is_none();
        Word { from, model, fresh, why }
    }

    fn in_models(&self, words: &mut Vec<Word>) {
        let items = self.subject.reading.models.iter().zip(&self.subject.items.models);
        for ((model, lasting), place) in items.zip(&self.placed.models) {
            let Some(from) = place.owner else { continue };
            for field in &model.fields {
                let other = field.refers_to.as_deref().and_then(|name| self.models.get(&name_key(name)));
                if let Some(other) = other {
                    let why = format!("{}.{} refers to {}", model.name, field.name, self.name(*other));
                    words.push(self.word(from, *other, lasting, why));
                }
            }
        }
    }

    fn in_endpoints(&self, words: &mut Vec<Word>) {
        let items = self.subject.reading.endpoints.iter().zip(&self.subject.items.endpoints);
        for ((endpoint, lasting), place) in items.zip(&self.placed.endpoints) {
            let Some(from) = place.owner else { continue };
            for name in names_in(endpoint) {
                if let Some(model) = self.models.get(&name_key(name)) {
                    let address = super::identity::wording::address(endpoint);
                    let why = format!("{address} speaks of {}", self.name(*model));
                    words.push(self.word(from, *model, lasting, why));
                }
            }
        }
    }

    fn in_requirements(&self, words: &mut Vec<Word>) {
        let mut mentions = Mentions::default();
        for (at, model) in self.subject.reading.models.iter().enumerate() {
            mentions.add_thing(&model.name, at, 1.0);
        }
        let items = self.subject.reading.requirements.iter().zip(&self.subject.items.requirements);
        for ((requirement, lasting), place) in items.zip(&self.placed.requirements) {
            let Some(from) = place.owner else { continue };
            if requirement.kind != RequirementKind::Functional {
                continue;
            }
            let spoken = mentions.score(&requirement.text);
            for (model, _) in spoken.into_iter().filter(|(_, weight)| *weight > SPEAKS) {
                let why = format!("{} speaks of {}", lasting.id, self.name(model));
                words.push(self.word(from, model, lasting, why));
            }
        }
    }

    fn name(&self, model: usize) -> &str {
        &self.subject.reading.models[model].name
    }
}

/// Names of models in an endpoint's bodies and their fields.
fn names_in(endpoint: &Endpoint) -> Vec<&str> {
    let answers = endpoint.answers.iter().filter_map(|answer: &Answer| answer.body.as_ref());
    let mut names = Vec::new();
    for body in endpoint.request.iter().chain(answers) {
        names.extend(body.model.as_deref());
        names.extend(body.fields.iter().filter_map(|field| field.refers_to.as_deref()));
    }
    names
}
