//! Evidence for components, added up, and the choice that it allows.

use std::collections::BTreeMap;

use super::Place;
use crate::slicing::slice::Ground;
use crate::spec::item::Component;
use crate::spec::lint::Candidate;

/// What shared words can add to mentions.
const WORDS: f64 = 0.8;

/// The least evidence for a choice: about one word that only this component has. Below it an item stays without an
/// owner, which is a finding for the author and never a guess.
const LEAST: f64 = 0.18;

/// Evidence for one item.
#[derive(Debug, Clone, Default)]
pub(super) struct Evidence {
    spoken: BTreeMap<usize, f64>,
    shared: BTreeMap<usize, f64>,
}

impl Evidence {
    /// Adds that the item speaks of a component; the strongest of several counts.
    pub(super) fn speaks(&mut self, component: usize, weight: f64) {
        let held = self.spoken.entry(component).or_default();
        *held = held.max(weight);
    }

    /// Adds mentions, each counting `part` of its weight.
    pub(super) fn speaks_of(&mut self, scores: BTreeMap<usize, f64>, part: f64) {
        scores.into_iter().for_each(|(component, weight)| self.speaks(component, weight * part));
    }

    /// Adds shared words.
    pub(super) fn shares(&mut self, scores: BTreeMap<usize, f64>) {
        self.shared = scores;
    }

    /// The two best components with their totals, best first; of equals the one that the author names first.
    fn best(&self) -> Vec<(usize, f64)> {
        let mut totals = self.spoken.clone();
        for (component, weight) in &self.shared {
            *totals.entry(*component).or_default() += weight * WORDS;
        }
        let mut totals: Vec<(usize, f64)> = totals.into_iter().filter(|(_, total)| *total > 0.0).collect();
        totals.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        totals.truncate(2);
        totals
    }

    /// The two best components, best first.
    pub(super) fn candidates(&self, components: &[Component]) -> Vec<Candidate> {
        let best = self.best().into_iter();
        best.map(|(at, score)| Candidate { component: components[at].name.clone(), score: score.min(1.0) }).collect()
    }

    /// The place that the evidence allows.
    pub(super) fn place(&self, components: &[Component]) -> Place {
        let candidates = self.candidates(components);
        let best = self.best();
        let Some((owner, first)) = best.first().copied().filter(|(_, total)| *total >= LEAST) else {
            return Place::nowhere(candidates);
        };
        let second = best.get(1).map_or(0.0, |(_, total)| *total);
        let is_spoken = self.spoken.get(&owner).is_some_and(|weight| *weight >= LEAST);
        let ground = if is_spoken { Ground::Mention } else { Ground::Words };
        let confidence = ((first - second) / first).clamp(0.0, 1.0);
        Place { owner: Some(owner), ground, confidence, candidates, first: ground }
    }
}
