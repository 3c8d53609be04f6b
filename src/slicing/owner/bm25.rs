//! Retrieval: which component's own text an item shares telling words with. Okapi BM25 over an inverted index, so that
//! an item costs what its words' postings cost and not a look at every component.

use std::collections::{BTreeMap, HashMap};

use super::stem::root;
use super::stop;
use crate::spec::text::words;

/// Saturation of repeated words and weight of text length: the usual values (Robertson and Zaragoza 2009, 3.4).
const SATURATION: f64 = 1.2;
const LENGTH_WEIGHT: f64 = 0.75;

/// Words that more components than this share tell too little to be worth following.
const MOST_POSTINGS: usize = 64;

/// A score at which shared words count half of what they can.
const HALF: f64 = 4.0;

/// The index over the texts of components.
#[derive(Debug, Default)]
pub(super) struct Index {
    postings: HashMap<String, Vec<(usize, f64)>>,
    components: usize,
}

impl Index {
    /// Indexes one text a component.
    pub(super) fn new(texts: &[String]) -> Self {
        let counts: Vec<BTreeMap<String, usize>> = texts.iter().map(|text| count(&terms(text))).collect();
        let lengths: Vec<f64> = counts.iter().map(|counts| to_float(counts.values().sum())).collect();
        let mean = (lengths.iter().sum::<f64>() / to_float(texts.len().max(1))).max(1.0);
        let mut postings: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
        for (component, counts) in counts.into_iter().enumerate() {
            let norm = SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths[component] / mean);
            for (term, count) in counts {
                let count = to_float(count);
                postings.entry(term).or_default().push((component, count * (SATURATION + 1.0) / (count + norm)));
            }
        }
        let most = (texts.len() / 2).clamp(1, MOST_POSTINGS);
        postings.retain(|_, found| found.len() <= most);
        Self { postings, components: texts.len() }
    }

    /// How much each component's text shares with this one, from 0 to 1; components that share nothing are left out.
    pub(super) fn score(&self, text: &str) -> BTreeMap<usize, f64> {
        let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
        for term in count(&terms(text)).keys() {
            let Some(found) = self.postings.get(term) else { continue };
            let (all, holders) = (to_float(self.components), to_float(found.len()));
            let rarity = (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln();
            for (component, weight) in found {
                *scores.entry(*component).or_default() += rarity * weight;
            }
        }
        scores.into_iter().map(|(component, score)| (component, score / (score + HALF))).collect()
    }
}

/// What is indexed of a text: roots of its telling words; Han and Kana by pairs.
fn terms(text: &str) -> Vec<String> {
    let words = words(text);
    let is_wide = |word: &String| !word.is_ascii() && word.chars().count() == 1;
    let pairs = words.windows(2).filter(|pair| is_wide(&pair[0]) && is_wide(&pair[1])).map(|pair| pair.concat());
    let pairs: Vec<String> = pairs.collect();
    let single = words.iter().filter(|word| !is_wide(word) && !stop::is_empty(&super::stem::singular(word)));
    single.map(|word| root(word)).chain(pairs).collect()
}

fn count(terms: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for term in terms {
        *counts.entry(term.clone()).or_default() += 1;
    }
    counts
}

#[expect(clippy::cast_precision_loss, reason = "counts of words and components are far below 2^52")]
fn to_float(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<usize>) {
        let texts = [
            "Members: registers people and their membership",
            "Loans: lends tools, keeps due dates and returns",
            "Notifications: sends email about overdue loans",
            "数据源管理：创建数据源",
        ]
        .map(str::to_owned);
        let scores = Index::new(&texts).score(text);
        let best = scores.iter().max_by(|one, other| one.1.total_cmp(other.1)).map(|(component, _)| *component);
        assert_eq!(best, expected, "{text}: {scores:?}");
        assert!(scores.values().all(|score| (0.0..1.0).contains(score)));
    }

    #[test]
    fn shared_words_find_the_component() {
        check("A visitor can be registered", Some(0));
        check("The due date of what is lent can be moved once", Some(1));
        check("An email goes out two days before", Some(2));
        check("用户可以创建数据源", Some(3));
        check("Nothing of this is known", None);
    }
}
