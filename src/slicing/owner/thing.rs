//! Endpoints and models: an endpoint belongs to the component whose resource its path addresses, a model to the one
//! that it is named after or that creates it.
//!
//! They explain each other, so they are settled in turns: endpoints by paths, then models, then the endpoints that only
//! a model explains, then the models that only an endpoint or another model explains.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::bm25::Index;
use super::names::core_words;
use super::score::Evidence;
use super::stem::{root, singular};
use super::{Mentions, Place, Settler, names_of, own_texts};
use crate::slicing::component::static_segments;
use crate::slicing::identity::Lasting;
use crate::slicing::slice::Ground;
use crate::spec::item::{Answer, Component, Endpoint, Model, Payload};
use crate::spec::text::{name_key, words};

/// A path's last resource names the component; the ones before it say in whose context.
const LAST_SEGMENT: f64 = 1.0;
const EARLIER_SEGMENT: f64 = 0.7;
/// A segment that names a model of a component.
const SEGMENT_OF_MODEL: f64 = 0.8;
/// A model that an endpoint answers with or takes.
const BODY: f64 = 0.5;
/// What stands in an endpoint's description, against what its path says.
const DESCRIPTION: f64 = 0.5;
/// Endpoints below a path that a component owns.
const NEIGHBOUR: f64 = 0.6;
/// The component whose endpoint creates a model.
const CREATES: f64 = 0.95;
/// The only component whose description speaks of the model.
const DESCRIBED: f64 = 0.8;
/// A component that the model's name begins with or ends with: "LoanItem".
const PART_OF_NAME: f64 = 0.7;
/// A model that a component's model is made of.
const PART_OF_MODEL: f64 = 0.5;

/// What both kinds are judged by.
struct Judge<'a> {
    settler: &'a Settler<'a>,
    names: Mentions,
    /// Components by the singular words of their names, joined.
    resources: HashMap<String, Vec<usize>>,
    words: Index,
    endpoints: &'a [Endpoint],
    models: &'a [Model],
    /// Models by the key of their name.
    by_name: HashMap<String, usize>,
    /// Models as path segments would call them.
    segments: HashSet<String>,
    /// Components by the roots of the words in their descriptions.
    described: HashMap<String, Vec<usize>>,
}

/// Places of endpoints and of models.
pub(super) fn assign(settler: &Settler<'_>) -> (Vec<Place>, Vec<Place>) {
    let judge = Judge::new(settler);
    let unknown = vec![None; judge.models.len()];
    let early = judge.endpoints(&unknown, true);
    let models = judge.models(&early, &unknown);
    let endpoints = judge.endpoints(&models, false);
    let models = judge.models(&endpoints, &models);
    let endpoints = judge.endpoints(&models, false);
    (judge.settled(&endpoints, true), judge.settled(&models, false))
}

impl<'a> Judge<'a> {
    fn new(settler: &'a Settler<'a>) -> Self {
        let subject = settler.subject;
        let mut resources: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, component) in subject.components.iter().enumerate() {
            for name in [&component.name].into_iter().chain(&component.aliases) {
                let held = resources.entry(core_words(name).concat()).or_default();
                if !held.contains(&at) {
                    held.push(at);
                }
            }
        }
        let models = &subject.reading.models;
        Self {
            settler,
            names: names_of(subject),
            resources,
            words: Index::new(&own_texts(subject)),
            endpoints: &subject.reading.endpoints,
            models,
            segments: models.iter().map(|model| segment_key(&model.name)).collect(),
            described: described(subject.components),
            by_name: models.iter().enumerate().rev().map(|(at, model)| (name_key(&model.name), at)).collect(),
        }
    }

    /// Endpoints, as far as the models known so far explain them. In the first turn those wait that may well be
    /// another's: without a margin, or with a model at the end of their path.
    fn endpoints(&self, models: &[Option<Place>], first_turn: bool) -> Vec<Option<Place>> {
        let resources = self.resources_with(models);
        let place = |(endpoint, lasting): (&Endpoint, &Lasting<'_>)| {
            let named = self.settler.named(endpoint.tag.as_deref(), endpoint.section.as_deref(), endpoint.origin);
            let place =
                named.unwrap_or_else(|| self.settler.settle(lasting, &self.endpoint(endpoint, models, &resources)));
            let waits = first_turn && (place.confidence <= 0.0 || self.addresses_a_model(endpoint, &place));
            Some(place).filter(|place| place.owner.is_some() && !waits)
        };
        let lasting = &self.settler.subject.items.endpoints;
        let mut places: Vec<Option<Place>> = self.endpoints.par_iter().zip(lasting).map(place).collect();
        if !first_turn {
            self.neighbours(&mut places);
        }
        places
    }

    /// Whether the last resource of a path is a model and no component: then the model's owner has a word in it.
    fn addresses_a_model(&self, endpoint: &Endpoint, place: &Place) -> bool {
        let judged = matches!(place.ground, Ground::Mention | Ground::Words);
        let last = static_segments(&endpoint.path).next_back().map(segment_key).unwrap_or_default();
        judged && !self.resources.contains_key(&last) && self.segments.contains(&last)
    }

    fn endpoint(
        &self,
        endpoint: &Endpoint,
        models: &[Option<Place>],
        resources: &HashMap<String, Vec<(usize, f64)>>,
    ) -> Evidence {
        let mut evidence = Evidence::default();
        let segments: Vec<&str> = static_segments(&endpoint.path).collect();
        let mut weight = LAST_SEGMENT;
        for segment in segments.iter().rev() {
            let found = resources.get(&segment_key(segment)).into_iter().flatten();
            let mut any = false;
            for (component, strength) in found {
                evidence.speaks(*component, strength * weight);
                any = true;
            }
            weight = if any { EARLIER_SEGMENT } else { weight };
        }
        evidence.speaks_of(self.names.score(&endpoint.description), DESCRIPTION);
        for model in self.bodies(endpoint) {
            if let Some(owner) = models[model].as_ref().and_then(|place| place.owner) {
                evidence.speaks(owner, BODY);
            }
        }
        let said = format!("{} {}", segments.join(" "), endpoint.description);
        evidence.shares(self.words.score(&said));
        evidence
    }

    /// What a path segment can name: a component, or a model that one owns.
    fn resources_with(&self, models: &[Option<Place>]) -> HashMap<String, Vec<(usize, f64)>> {
        let names = self.resources.iter();
        let mut found: HashMap<String, Vec<(usize, f64)>> =
            names.map(|(key, held)| (key.clone(), held.iter().map(|at| (*at, 1.0)).collect())).collect();
        for (model, place) in self.models.iter().zip(models) {
            if let Some(owner) = place.as_ref().and_then(|place| place.owner) {
                found.entry(segment_key(&model.name)).or_default().push((owner, SEGMENT_OF_MODEL));
            }
        }
        found
    }

    /// Endpoints that nothing explains go with those below the same first resource.
    fn neighbours(&self, places: &mut [Option<Place>]) {
        let mut votes: HashMap<String, HashMap<usize, usize>> = HashMap::new();
        for (endpoint, place) in self.endpoints.iter().zip(places.iter()) {
            if let (Some(owner), Some(first)) =
                (place.as_ref().and_then(|place| place.owner), static_segments(&endpoint.path).next())
            {
                *votes.entry(segment_key(first)).or_default().entry(owner).or_default() += 1;
            }
        }
        for (endpoint, place) in self.endpoints.iter().zip(places.iter_mut()).filter(|(_, place)| place.is_none()) {
            let votes = static_segments(&endpoint.path).next().and_then(|first| votes.get(&segment_key(first)));
            let winner =
                votes.and_then(|votes| votes.iter().max_by_key(|(owner, count)| (**count, usize::MAX - **owner)));
            if let Some((owner, _)) = winner {
                let mut evidence = Evidence::default();
                evidence.speaks(*owner, NEIGHBOUR);
                *place = Some(evidence.place(self.settler.subject.components));
            }
        }
    }

    /// Models, as far as the endpoints and models known so far explain them.
    fn models(&self, endpoints: &[Option<Place>], models: &[Option<Place>]) -> Vec<Option<Place>> {
        let mut creators: HashMap<usize, Vec<(usize, f64)>> = HashMap::new();
        for (endpoint, place) in self.endpoints.iter().zip(endpoints) {
            let Some(owner) = place.as_ref().and_then(|place| place.owner) else { continue };
            for model in self.bodies(endpoint) {
                let weight = if self.creates(endpoint, model) { CREATES } else { BODY };
                creators.entry(model).or_default().push((owner, weight));
            }
        }
        for (at, model) in self.models.iter().enumerate() {
            let Some(owner) = models[at].as_ref().and_then(|place| place.owner) else { continue };
            for part in model.fields.iter().filter(|field| is_made_of(field.type_name.as_deref())) {
                let part = part.refers_to.as_deref().and_then(|name| self.by_name.get(&name_key(name)));
                if let Some(part) = part.filter(|part| **part != at) {
                    creators.entry(*part).or_default().push((owner, PART_OF_MODEL));
                }
            }
        }
        let lasting = &self.settler.subject.items.models;
        let place = |(at, model): (usize, &Model)| {
            let place =
                self.settler.named(model.tag.as_deref(), model.section.as_deref(), model.origin).unwrap_or_else(|| {
                    let evidence = self.model(model, creators.get(&at).map_or(&[][..], Vec::as_slice));
                    self.settler.settle(&lasting[at], &evidence)
                });
            Some(place).filter(|place| place.owner.is_some())
        };
        self.models.par_iter().enumerate().map(place).collect()
    }

    fn model(&self, model: &Model, creators: &[(usize, f64)]) -> Evidence {
        let mut evidence = Evidence::default();
        let words: Vec<String> = words(&model.name).iter().map(|word| singular(word).into_owned()).collect();
        for at in self.resources.get(&words.concat()).into_iter().flatten() {
            evidence.speaks(*at, 1.0);
        }
        for at in words.iter().filter_map(|word| self.resources.get(word)).flatten() {
            evidence.speaks(*at, PART_OF_NAME);
        }
        if let Some(only) = self.described_by(&words) {
            evidence.speaks(only, DESCRIBED);
        }
        evidence.speaks_of(self.names.score(&model.description), DESCRIPTION);
        creators.iter().for_each(|(owner, weight)| evidence.speaks(*owner, *weight));
        let fields: Vec<&str> = model.fields.iter().map(|field| field.name.as_str()).collect();
        evidence.shares(self.words.score(&format!("{} {} {}", model.name, model.description, fields.join(" "))));
        evidence
    }

    /// The only component whose description speaks of all these words.
    fn described_by(&self, words: &[String]) -> Option<usize> {
        let mut holders = words.iter().map(|word| self.described.get(&root(word)).map_or(&[][..], Vec::as_slice));
        let first = holders.next()?.to_vec();
        let all = holders.fold(first, |all, other| all.into_iter().filter(|at| other.contains(at)).collect());
        if let [only] = all[..] { Some(only) } else { None }
    }

    /// Models in the request and in the successful answers of an endpoint.
    fn bodies(&self, endpoint: &Endpoint) -> Vec<usize> {
        let good = |answer: &&Answer| answer.status.is_none_or(|status| (200..300).contains(&status));
        let answers = endpoint.answers.iter().filter(good).filter_map(|answer| answer.body.as_ref());
        let bodies = answers.chain(endpoint.request.as_ref());
        bodies.filter_map(|body| self.model_of(body)).collect()
    }

    fn model_of(&self, body: &Payload) -> Option<usize> {
        body.model.as_ref().and_then(|name| self.by_name.get(&name_key(name)).copied())
    }

    /// A POST that answers with one of it, or a PUT that takes it.
    fn creates(&self, endpoint: &Endpoint, model: usize) -> bool {
        let is_one = |body: &Payload| !body.list && self.model_of(body) == Some(model);
        match endpoint.method.as_deref() {
            Some("POST") => endpoint.answers.iter().filter_map(|answer| answer.body.as_ref()).any(is_one),
            Some("PUT") => endpoint.request.as_ref().is_some_and(is_one),
            _ => false,
        }
    }

    /// Final places: for what stayed open, the evidence's candidates.
    fn settled(&self, places: &[Option<Place>], endpoints: bool) -> Vec<Place> {
        let open = |at: usize| {
            let said = if endpoints {
                format!("{} {}", self.endpoints[at].path, self.endpoints[at].description)
            } else {
                format!("{} {}", self.models[at].name, self.models[at].description)
            };
            let mut evidence = Evidence::default();
            evidence.shares(self.words.score(&said));
            Place { ground: Ground::Nothing, ..Place::nowhere(evidence.candidates(self.settler.subject.components)) }
        };
        places.iter().enumerate().map(|(at, place)| place.clone().unwrap_or_else(|| open(at))).collect()
    }
}

/// Components by the roots of the words in their descriptions.
fn described(components: &[Component]) -> HashMap<String, Vec<usize>> {
    let mut found: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, component) in components.iter().enumerate() {
        for word in words(&component.description) {
            let held = found.entry(root(&word)).or_default();
            if held.last() != Some(&at) {
                held.push(at);
            }
        }
    }
    found
}

/// Segments and names meet in the singular, whatever joins their words.
fn segment_key(segment: &str) -> String {
    words(segment).iter().map(|word| singular(word).into_owned()).collect::<Vec<_>>().concat()
}

/// Whether a field holds the other model itself ("Item[]"), rather than a reference to it ("Tool.id").
fn is_made_of(type_name: Option<&str>) -> bool {
    type_name.is_some_and(|name| !name.contains('.') && !name.to_lowercase().contains("ref"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_meet_names() {
        for (segment, name) in [("tool-photos", "ToolPhoto"), ("members", "Member"), ("categories", "Category")] {
            assert_eq!(segment_key(segment), segment_key(name));
        }
        assert!(is_made_of(Some("Item[]")) && !is_made_of(Some("Tool.id")) && !is_made_of(None));
    }
}
