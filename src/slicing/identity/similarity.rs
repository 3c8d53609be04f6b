//! How alike two texts are: the share of character triples that they have in common, rare ones counting more. It needs
//! no word list and takes typing errors, inflection and languages without blanks as they come.

use std::collections::HashMap;

use crate::spec::text::{normal, words};

/// Below this, two texts are not the same item reworded. On the histories under `tests/fixtures/history/` true pairs
/// lie above it and false ones below, but for single words.
pub(super) const LEAST: f64 = 0.45;

/// Of a text's rarest words this many are followed to find texts to compare it with.
const LEADS: usize = 8;

/// A word that more texts than this share leads nowhere in particular.
const CROWD: usize = 48;

/// At most this many texts are compared with one.
const MOST_COMPARED: usize = 24;

/// Pairs of texts, as places in the two lists, with how alike they are (from [`LEAST`] to 1).
///
/// Only texts that share a telling word are compared, so that ten times the texts cost about ten times the time.
pub(super) fn alike(left: &[String], right: &[String]) -> Vec<(usize, usize, f64)> {
    let few = left.len().saturating_mul(right.len()) <= 4_096;
    let weights = Weights::new(left.iter().chain(right));
    let profiles: Vec<Profile> = right.iter().map(|text| weights.profile(text)).collect();
    let leads = (!few).then(|| Leads::new(right));
    let mut found = Vec::new();
    for (at, text) in left.iter().enumerate() {
        let profile = weights.profile(text);
        let candidates = leads.as_ref().map_or_else(|| (0..right.len()).collect(), |leads| leads.follow(text));
        for other in candidates {
            let degree = profile.dice(&profiles[other]);
            if degree >= LEAST {
                found.push((at, other, degree));
            }
        }
    }
    found
}

/// How alike two single texts are, from 0 to 1, without anything to tell rare from common.
pub(super) fn degree(one: &str, other: &str) -> f64 {
    let flat = Weights { rarity: HashMap::new() };
    flat.profile(one).dice(&flat.profile(other))
}

type Triple = [char; 3];

/// How rare each triple is in all texts.
struct Weights {
    rarity: HashMap<Triple, f64>,
}

/// The triples of one text with their weights, in order.
struct Profile {
    triples: Vec<(Triple, f64)>,
    total: f64,
}

impl Weights {
    fn new<'a>(texts: impl Iterator<Item = &'a String>) -> Self {
        let mut holders: HashMap<Triple, u32> = HashMap::new();
        let mut count = 0_u32;
        for text in texts {
            count += 1;
            let mut triples = triples(text);
            triples.dedup();
            triples.into_iter().for_each(|triple| *holders.entry(triple).or_default() += 1);
        }
        let rarity = |held: u32| (1.0 + f64::from(count) / f64::from(held)).ln();
        Self { rarity: holders.into_iter().map(|(triple, held)| (triple, rarity(held))).collect() }
    }

    fn profile(&self, text: &str) -> Profile {
        let weigh = |triple: Triple| (triple, self.rarity.get(&triple).copied().unwrap_or(1.0));
        let triples: Vec<(Triple, f64)> = triples(text).into_iter().map(weigh).collect();
        let total = triples.iter().map(|(_, weight)| weight).sum();
        Profile { triples, total }
    }
}

impl Profile {
    /// Twice what both have, over what there is: 1 for equal texts.
    fn dice(&self, other: &Self) -> f64 {
        let (mut one, mut two) = (self.triples.iter().peekable(), other.triples.iter().peekable());
        let mut common = 0.0;
        while let (Some((left, weight)), Some((right, _))) = (one.peek(), two.peek()) {
            let order = left.cmp(right);
            if order.is_eq() {
                common += weight;
            }
            if order.is_le() {
                one.next();
            }
            if order.is_ge() {
                two.next();
            }
        }
        let all = self.total + other.total;
        if all > 0.0 { 2.0 * common / all } else { 0.0 }
    }
}

/// The triples of a text in order, with repetitions; blanks stand around words.
fn triples(text: &str) -> Vec<Triple> {
    let folded: Vec<char> = format!(" {} ", normal(text)).chars().flat_map(char::to_lowercase).collect();
    let mut triples: Vec<Triple> = folded.windows(3).map(|window| [window[0], window[1], window[2]]).collect();
    triples.sort_unstable();
    triples
}

/// Texts by their words.
struct Leads {
    places: HashMap<String, Vec<usize>>,
}

impl Leads {
    fn new(texts: &[String]) -> Self {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, text) in texts.iter().enumerate() {
            distinct(text).into_iter().for_each(|word| places.entry(word).or_default().push(at));
        }
        Self { places }
    }

    /// The texts that share the rarest words, those that share most first.
    fn follow(&self, text: &str) -> Vec<usize> {
        let mut held: Vec<&Vec<usize>> = distinct(text).iter().filter_map(|word| self.places.get(word)).collect();
        held.sort_by_key(|places| places.len());
        let mut votes: HashMap<usize, usize> = HashMap::new();
        for places in held.into_iter().take(LEADS).filter(|places| places.len() <= CROWD) {
            places.iter().for_each(|place| *votes.entry(*place).or_default() += 1);
        }
        let mut found: Vec<(usize, usize)> = votes.into_iter().collect();
        found.sort_unstable_by_key(|(place, votes)| (usize::MAX - votes, *place));
        found.into_iter().take(MOST_COMPARED).map(|(place, _)| place).collect()
    }
}

/// The distinct words of a text, in order; wide characters by pairs.
fn distinct(text: &str) -> Vec<String> {
    let words = words(text);
    let wide = |word: &String| !word.is_ascii() && word.chars().count() == 1;
    let pairs = words.windows(2).filter(|pair| wide(&pair[0]) && wide(&pair[1])).map(|pair| pair.concat());
    let mut distinct: Vec<String> = pairs.chain(words.iter().filter(|word| !wide(word)).cloned()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, is_alike: bool) {
        let degree = degree(one, other);
        assert_eq!(degree >= LEAST, is_alike, "{one:?} and {other:?}: {degree}");
    }

    #[test]
    fn rewords_are_alike_and_others_are_not() {
        check("A member can borrow a tool", "A member may borrow any tool that is free", true);
        check("The registry recieves the blob", "The registry MUST receive the blob.", true);
        check("用户可以创建数据源", "用户可以新建数据源", true);
        check("A member can borrow a tool", "Overdue loans are reported every night", false);
        assert!((degree("same", "same") - 1.0).abs() < 1e-9);
        assert!(degree("", "x") < 1e-9);
    }

    #[test]
    fn many_texts_are_compared_by_their_telling_words() {
        let text = |at: usize, verb: &str| format!("The system shall {verb} feature{at} for topic{}", at % 97);
        let left: Vec<String> = (0..300).map(|at| text(at, "support")).collect();
        let right: Vec<String> = (0..300).rev().map(|at| text(at, "offer")).collect();
        let pairs = alike(&left, &right);
        assert!((0..300).all(|at| pairs.iter().any(|pair| (pair.0, pair.1) == (at, 299 - at))));
        assert!(pairs.len() < 300 * MOST_COMPARED + 1);
    }
}
