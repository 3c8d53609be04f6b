//! Names that a text speaks: of components, of their synonyms, of the models and paths that they own.
//!
//! All names are looked up at once in one walk over the words, so an item costs its own length however many components
//! there are.

use std::collections::{BTreeMap, HashMap};

use super::names::core_words;
use super::stem::{root, singular};
use super::stop;
use crate::spec::text::words;

/// Weights of what can be mentioned; a mention counts at most 1.
pub(super) const NAME: f64 = 1.0;
/// An alias or a synonym.
pub(super) const ALIAS: f64 = 0.9;
/// A model that the component owns.
pub(super) const MODEL: f64 = 0.6;
/// A path that the component owns.
pub(super) const PATH: f64 = 0.9;

/// A name that only shares its root with the text ("borrowing" for "Borrowers") counts this much less.
const BY_ROOT: f64 = 0.6;
/// A name that is a common word.
const BY_COMMON_WORD: f64 = 0.4;
/// "A member can …" names who acts, and seldom the component that does it.
const AS_ACTOR: f64 = 0.2;
/// What a second mention adds, as a part of its weight.
const SECOND: f64 = 0.2;

/// Names by their first word.
#[derive(Debug, Default)]
pub(in crate::slicing) struct Mentions {
    phrases: HashMap<String, Vec<Phrase>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Phrase {
    words: Vec<String>,
    component: usize,
    weight: f64,
    by_root: bool,
}

/// Words of a text, ready for looking up.
struct Said {
    singulars: Vec<String>,
    roots: Vec<String>,
}

impl Mentions {
    /// Adds a component's name, with and without words such as "service".
    pub(super) fn add_name(&mut self, name: &str, component: usize, weight: f64) {
        let all: Vec<String> = words(name).iter().map(|word| singular(word).into_owned()).collect();
        let core = core_words(name);
        if all != core {
            self.add(all, component, weight, false);
        }
        self.add_words(core, component, weight);
    }

    /// Adds the name of something that a component owns.
    pub(in crate::slicing) fn add_thing(&mut self, name: &str, component: usize, weight: f64) {
        self.add_words(words(name).iter().map(|word| singular(word).into_owned()).collect(), component, weight);
    }

    fn add_words(&mut self, words: Vec<String>, component: usize, weight: f64) {
        let [only] = &words[..] else {
            let roots = words.iter().map(|word| root(word)).collect();
            self.add(roots, component, weight * BY_ROOT, true);
            return self.add(words, component, weight, false);
        };
        // A node of a diagram called "A" is in every sentence.
        let too_short = only.is_ascii() && only.len() < 3;
        if too_short || stop::is_empty(only) && !stop::is_common(only) {
            return;
        }
        let weight = if stop::is_common(only) { weight * BY_COMMON_WORD } else { weight };
        self.add(vec![root(only)], component, weight * BY_ROOT, true);
        self.add(words, component, weight, false);
    }

    fn add(&mut self, words: Vec<String>, component: usize, weight: f64, by_root: bool) {
        let Some(first) = words.first() else { return };
        let held = self.phrases.entry(first.clone()).or_default();
        let phrase = Phrase { words, component, weight, by_root };
        if !held.contains(&phrase) {
            held.push(phrase);
        }
    }

    /// How strongly a text speaks of each component, from 0 to 1; those that it does not speak of are left out.
    pub(in crate::slicing) fn score(&self, text: &str) -> BTreeMap<usize, f64> {
        let said = Said::new(text);
        let mut found: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
        for at in 0..said.singulars.len() {
            for (words, by_root) in [(&said.singulars, false), (&said.roots, true)] {
                for phrase in self.phrases.get(&words[at]).into_iter().flatten() {
                    if phrase.by_root == by_root && words[at..].starts_with(&phrase.words) {
                        let end = at + phrase.words.len();
                        let weight = if said.acts(at, end) { phrase.weight * AS_ACTOR } else { phrase.weight };
                        found.entry(phrase.component).or_default().push((at, weight));
                    }
                }
            }
        }
        found.into_iter().map(|(component, hits)| (component, total(hits))).collect()
    }
}

/// The strongest mention, and a little for the next one elsewhere in the text.
fn total(mut hits: Vec<(usize, f64)>) -> f64 {
    hits.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    let (first, best) = hits[0];
    let second = hits.iter().find(|(at, _)| *at != first).map_or(0.0, |(_, weight)| weight * SECOND);
    (best + second).min(1.0)
}

impl Said {
    fn new(text: &str) -> Self {
        let words = words(text);
        Self {
            singulars: words.iter().map(|word| singular(word).into_owned()).collect(),
            roots: words.iter().map(|word| root(word)).collect(),
        }
    }

    /// Whether the words from `start` to `end` are who acts: "a member can", "as a member, i", "members may".
    fn acts(&self, start: usize, end: usize) -> bool {
        let word = |at: usize| self.singulars.get(at).map_or("", String::as_str);
        let before = start.checked_sub(1).map_or("", word);
        let article = ["a", "an", "any", "each", "every", "the", "registered", "new", ""].contains(&before);
        let allowed = ["can", "may", "could", "want", "must", "should", "shall", "is", "i", "who"].contains(&word(end));
        let story = start >= 2 && word(start - 2) == "as";
        story || (article && start < 4 && allowed && !(before == "the" && word(end) != "can"))
    }
}

/// The paths that a text speaks of: words that begin with a slash.
pub(super) fn paths(text: &str) -> impl Iterator<Item = &str> {
    let edges: &[char] = &['`', '"', '\'', '(', ')', ',', ';', '.', '“', '”', '*'];
    let words = text.split_whitespace().map(move |word| word.trim_matches(edges));
    words.filter(|word| word.len() > 1 && word.starts_with('/') && !word.starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<usize>) {
        let mut mentions = Mentions::default();
        for (at, name) in ["Members", "Payment Service", "TokenStore", "Notifications"].iter().enumerate() {
            mentions.add_name(name, at, NAME);
        }
        mentions.add_thing("LoanReminder", 3, MODEL);
        mentions.add_name("A", 1, ALIAS);
        let scores = mentions.score(text);
        let best = scores.iter().max_by(|one, other| one.1.total_cmp(other.1)).map(|(component, _)| *component);
        assert_eq!(best, expected, "{text}: {scores:?}");
    }

    #[test]
    fn names_in_many_forms() {
        check("The payment of a fee", Some(1));
        check("Every token store is encrypted", Some(2));
        check("A member can be notified by email", Some(3));
        check("A loan reminder is sent", Some(3));
        check("Members are archived after two years of silence", Some(0));
        check("A tool is on loan", None);
    }

    #[test]
    fn paths_in_prose() {
        assert_eq!(paths("Call `/members/{id}`, then (/loans).").collect::<Vec<_>>(), ["/members/{id}", "/loans"]);
    }
}
